use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};

const NEW: &str = "mười hai con giáp";

fn as_admin(app: &TestApp) -> String {
    app.make_account("quan-tri", Role::Admin, Scope::All);
    app.sign_in("quan-tri")
}

fn send(app: &TestApp, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    app.send(method, &format!("/api/v1{path}"), Some(token), &json, Some(body.to_string().as_bytes()))
}

fn choose(app: &TestApp, token: Option<&str>, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    app.send("PUT", "/api/v1/me/password", token, &json, Some(body.to_string().as_bytes()))
}

on_both! {
    fn an_account_is_made_gets_its_password_by_a_code_and_signs_in(app: TestApp) {
        let app = app.with_q6();
        let admin = as_admin(&app);
        let body = json!({"username": "to-truong", "display_name": "Tổ trưởng", "role": "reporter", "campaign": "q6-2021", "unit": "27382"});
        let made = send(&app, &admin, "POST", "/users", &body);
        assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/users/to-truong")));
        let made = made.json();
        assert_eq!((&made["state"], &made["has_password"], &made["unit"]), (&json!("active"), &json!(false), &json!("27382")));
        send(&app, &admin, "POST", "/users", &body).refused(409, "code_taken");
        let code = made["reset_code"].as_str().expect("a code");
        let with = |code: &str, new: &str| json!({"username": "to-truong", "reset_code": code, "new_password": new});
        choose(&app, None, &with("0000-0000-0000-0000", NEW)).refused(401, "invalid_credentials");
        let weak = choose(&app, None, &with(code, "password12345")).refused(422, "weak_password");
        assert_eq!(weak["errors"][0]["pointer"], "/new_password");
        assert!(!weak.to_string().contains("password12345"), "a password is not said again");
        // as it was written down
        choose(&app, None, &with(&code.to_lowercase().replace('-', " "), NEW)).ok();
        choose(&app, None, &with(code, NEW)).refused(401, "invalid_credentials");
        let login = json!({"username": "to-truong", "password": NEW});
        let tokens = app.with_json("POST", "/api/v1/auth/login", &[], &login);
        assert_eq!(tokens.header("cache-control"), Some("no-store"));
        let token = tokens.json()["access_token"].as_str().expect("a token").to_owned();
        let me = app.send("GET", "/api/v1/me", Some(&token), &[], None).ok();
        assert_eq!((&me["name"], &me["role"], &me["unit"]), (&json!("user:to-truong"), &json!("reporter"), &json!("27382")));
    }
}

#[test]
fn a_code_is_over_after_a_day() {
    let app = TestApp::on(TestDatabase::sqlite());
    app.make_account("to-truong", Role::Council, Scope::All);
    let admin = as_admin(&app);
    let code = app.send("POST", "/api/v1/users/to-truong/reset-code", Some(&admin), &[], None).ok();
    // the password so far is taken until the code is redeemed
    app.sign_in("to-truong");
    let body = json!({"username": "to-truong", "reset_code": code["reset_code"], "new_password": NEW});
    app.set_clock("2021-07-25T06:00:00Z");
    choose(&app, None, &body).refused(401, "invalid_credentials");
    app.set_clock("2021-07-25T05:59:59Z");
    choose(&app, None, &body).ok();
}

#[test]
fn a_password_is_changed_by_its_owner_and_signs_everybody_out() {
    let app = TestApp::on(TestDatabase::sqlite());
    app.make_account("hoi-dong", Role::Council, Scope::All);
    let (here, there) = (app.sign_in("hoi-dong"), app.sign_in("hoi-dong"));
    let body = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    choose(&app, None, &body(PASSWORD, NEW)).refused(401, "unauthenticated");
    choose(&app, Some(&app.token), &body(PASSWORD, NEW)).refused(403, "forbidden");
    choose(&app, Some(&here), &body("another one of mine", NEW)).refused(401, "invalid_credentials");
    choose(&app, Some(&here), &body(PASSWORD, "short")).refused(422, "weak_password");
    choose(&app, Some(&here), &json!({"new_password": NEW})).refused(422, "invalid_request");
    assert_eq!(choose(&app, Some(&here), &body(PASSWORD, NEW)).ok()["ended"], 2);
    for token in [here, there] {
        app.send("GET", "/api/v1/me", Some(&token), &[], None).refused(401, "invalid_token");
    }
}

on_both! {
    fn a_change_of_role_scope_or_state_holds_at_once(app: TestApp) {
        let app = app.with_q6();
        app.make_account("hoi-dong", Role::Council, Scope::All);
        let admin = as_admin(&app);
        let change = |role: &str, campaign: Value, state: &str| {
            let body = json!({"display_name": "Hội đồng", "role": role, "campaign": campaign, "state": state});
            send(&app, &admin, "PUT", "/users/hoi-dong", &body)
        };
        let is_known = |token: &str| app.send("GET", "/api/v1/me", Some(token), &[], None).status == 200;
        let steps = [("committee", Value::Null, "active"), ("committee", json!("q6-2021"), "active"), ("committee", json!("q6-2021"), "disabled")];
        for (role, campaign, state) in steps {
            let tokens = app.tokens("hoi-dong");
            let token = tokens["access_token"].as_str().expect("a token");
            assert!(is_known(token));
            assert_eq!(change(role, campaign, state).ok()["role"], role);
            assert!(!is_known(token), "{role} {state}");
            let refresh = json!({"refresh_token": tokens["refresh_token"]});
            app.with_json("POST", "/api/v1/auth/refresh", &[], &refresh).refused(401, "invalid_token");
        }
        let login = json!({"username": "hoi-dong", "password": PASSWORD});
        app.with_json("POST", "/api/v1/auth/login", &[], &login).refused(401, "invalid_credentials");
        change("committee", Value::Null, "active").ok();
        // what is no change of rights leaves people signed in
        let token = app.sign_in("hoi-dong");
        change("committee", Value::Null, "active").ok();
        let body = json!({"display_name": "Hội đồng thi đua", "role": "committee", "state": "active"});
        send(&app, &admin, "PUT", "/users/hoi-dong", &body).ok();
        assert!(is_known(&token));
    }
}

#[test]
fn accounts_are_listed_page_by_page_and_replaced_as_they_were_read() {
    let app = TestApp::on(TestDatabase::sqlite());
    let admin = as_admin(&app);
    for n in 0..5 {
        app.make_account(&format!("user-{n}"), Role::Committee, Scope::All);
    }
    let get = |path: &str| app.send("GET", path, Some(&admin), &[], None);
    let mut names = Vec::new();
    let mut next = String::new();
    loop {
        let page = get(&format!("/api/v1/users?limit=2{next}")).ok();
        assert_eq!(page["total"], 6);
        names.extend(page["items"].as_array().expect("items").iter().map(|a| a["username"].to_string()));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names.len(), 6);
    assert!(names.is_sorted());
    get("/api/v1/users?cursor=!").refused(422, "invalid_cursor");
    get("/api/v1/users/nobody").refused(404, "account_not_found");
    let etag = get("/api/v1/users/user-0").header("etag").expect("a tag").to_owned();
    let put = |tag: &str, name: &str| {
        let body = json!({"display_name": name, "role": "committee", "state": "active"}).to_string();
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        app.send("PUT", "/api/v1/users/user-0", Some(&admin), &headers, Some(body.as_bytes()))
    };
    put(&etag, "Một").ok();
    put(&etag, "Hai").refused(412, "precondition_failed");
}

#[test]
fn wrong_accounts_are_refused_field_by_field() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let admin = as_admin(&app);
    let sound = json!({"username": "to-truong", "display_name": "X", "role": "reporter"});
    let with = |name: &str, value: Value| {
        let mut body = sound.clone();
        body[name] = value;
        send(&app, &admin, "POST", "/users", &body).refused(422, "invalid_request")["errors"][0]["pointer"].clone()
    };
    for (field, value) in [
        ("username", json!("Tổ trưởng")),
        ("username", json!("a' OR 1=1 --")),
        ("display_name", json!("a\r\nb")),
        ("role", json!("root")),
        ("campaign", json!("no-such")),
        ("password", json!("chosen by somebody else")),
        ("state", json!("active")),
        ("generation", json!(7)),
    ] {
        assert_eq!(with(field, value.clone()), format!("/{field}"), "{value}");
    }
    assert_eq!(with("unit", json!("27382")), "/campaign");
    let of = |role: &str, unit: Value| {
        let body = json!({"username": "xyz", "display_name": "X", "role": role, "campaign": "q6-2021", "unit": unit});
        send(&app, &admin, "POST", "/users", &body)
    };
    of("admin", Value::Null).refused(422, "invalid_request");
    of("auditor", json!("27382")).refused(422, "invalid_request");
    of("reporter", json!("99999")).refused(422, "invalid_request");
}

#[test]
fn the_last_administrator_stays() {
    let app = TestApp::on(TestDatabase::sqlite());
    let admin = as_admin(&app);
    let change = |username: &str, role: &str, state: &str| {
        let body = json!({"display_name": "X", "role": role, "state": state});
        send(&app, &admin, "PUT", &format!("/users/{username}"), &body)
    };
    change("quan-tri", "admin", "disabled").refused(409, "last_administrator");
    change("quan-tri", "council", "active").refused(409, "last_administrator");
    app.make_account("quan-tri-2", Role::Admin, Scope::All);
    change("quan-tri-2", "admin", "disabled").ok();
    change("quan-tri", "council", "active").refused(409, "last_administrator");
    change("quan-tri-2", "admin", "active").ok();
    change("quan-tri", "council", "active").ok();
}
