use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};

fn refresh(app: &TestApp, token: &Value) -> Answer {
    app.with_json("POST", "/api/v1/auth/refresh", &[], &json!({ "refresh_token": token }))
}

fn is_known(app: &TestApp, tokens: &Value) -> bool {
    let token = tokens["access_token"].as_str().expect("a token");
    app.send("GET", "/api/v1/me", Some(token), &[], None).status == 200
}

fn signed_in(app: &TestApp) -> Value {
    app.make_account("to-truong", Role::Reporter, Scope::All);
    app.tokens("to-truong")
}

on_both! {
    fn two_tabs_that_refresh_at_once_are_both_served(app: TestApp) {
        let tokens = signed_in(&app);
        let together: Vec<Value> = std::thread::scope(|scope| {
            let ask = || refresh(&app, &tokens["refresh_token"]).ok();
            let asked: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        for pair in &together {
            assert!(is_known(&app, pair));
        }
        let next = refresh(&app, &together[0]["refresh_token"]).ok();
        refresh(&app, &together[0]["refresh_token"]).ok();
        // after the grace a spent token was stolen, by or from its owner: all of it ends
        app.set_clock("2021-07-24T06:00:31Z");
        refresh(&app, &tokens["refresh_token"]).refused(401, "invalid_token");
        assert!(!is_known(&app, &next));
        refresh(&app, &next["refresh_token"]).refused(401, "invalid_token");
        // and nobody else's
        assert!(is_known(&app, &app.tokens("to-truong")));
    }
}

#[test]
fn a_sign_in_is_over_after_its_time() {
    let app = TestApp::on(TestDatabase::sqlite());
    let mut tokens = signed_in(&app);
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(600)));
    app.set_clock("2021-07-24T06:10:04Z");
    assert!(is_known(&app, &tokens));
    app.set_clock("2021-07-24T06:10:05Z");
    assert!(!is_known(&app, &tokens));
    // kept going for ninety days and no longer
    for day in ["2021-08-06", "2021-08-19", "2021-09-01", "2021-09-14", "2021-09-27", "2021-10-10", "2021-10-22"] {
        app.set_clock(&format!("{day}T05:00:00Z"));
        tokens = refresh(&app, &tokens["refresh_token"]).ok();
        assert!(is_known(&app, &tokens), "{day}");
    }
    app.set_clock("2021-10-22T06:00:01Z");
    refresh(&app, &tokens["refresh_token"]).refused(401, "invalid_token");
    assert!(!is_known(&app, &tokens));
    // one that nobody uses ends earlier
    let tokens = app.tokens("to-truong");
    app.set_clock("2021-11-05T06:00:01Z");
    refresh(&app, &tokens["refresh_token"]).refused(401, "invalid_token");
}

#[test]
fn signing_out_ends_this_session_or_all() {
    let app = TestApp::on(TestDatabase::sqlite());
    let first = signed_in(&app);
    let others = [app.tokens("to-truong"), app.tokens("to-truong")];
    let logout = |tokens: &Value, body: &Value| {
        let token = tokens["access_token"].as_str().expect("a token");
        let json = [("content-type", "application/json")];
        app.send("POST", "/api/v1/auth/logout", Some(token), &json, Some(body.to_string().as_bytes()))
    };
    assert_eq!(logout(&first, &json!({})).ok()["ended"], 1);
    assert!(!is_known(&app, &first));
    refresh(&app, &first["refresh_token"]).refused(401, "invalid_token");
    assert!(is_known(&app, &others[0]) && is_known(&app, &others[1]));
    assert_eq!(logout(&others[0], &json!({"everywhere": true})).ok()["ended"], 2);
    assert!(!is_known(&app, &others[0]) && !is_known(&app, &others[1]));
}

#[test]
fn what_is_wrong_with_a_sign_in_is_not_said_and_costs_the_same() {
    let app = TestApp::on(TestDatabase::sqlite());
    signed_in(&app);
    app.make_account("khoa", Role::Reporter, Scope::All);
    let admin = {
        app.make_account("quan-tri", Role::Admin, Scope::All);
        app.sign_in("quan-tri")
    };
    let json = [("content-type", "application/json")];
    let body = json!({"display_name": "X", "role": "reporter", "state": "disabled"}).to_string();
    app.send("PUT", "/api/v1/users/khoa", Some(&admin), &json, Some(body.as_bytes())).ok();
    let body = json!({"username": "chua-co", "display_name": "X", "role": "reporter"}).to_string();
    app.send("POST", "/api/v1/users", Some(&admin), &json, Some(body.as_bytes())).ok();
    let ask = |username: &str, password: &str| {
        let before = app.service.passwords.made();
        let answer =
            app.with_json("POST", "/api/v1/auth/login", &[], &json!({"username": username, "password": password}));
        let mut problem = answer.refused(401, "invalid_credentials");
        problem["request_id"] = Value::Null;
        (problem, app.service.passwords.made() - before)
    };
    let wrong = ask("to-truong", "sai mật khẩu rồi");
    assert_eq!(wrong.1, 1);
    for (username, password) in [
        ("nobody", PASSWORD),
        ("khoa", PASSWORD),
        ("chua-co", PASSWORD),
        ("TO-TRUONG", PASSWORD),
        ("a' OR 1=1 --", PASSWORD),
    ] {
        assert_eq!(ask(username, password), wrong, "{username}");
    }
}

#[test]
fn a_very_long_password_is_refused_before_it_is_hashed() {
    let app = TestApp::on(TestDatabase::sqlite());
    signed_in(&app);
    let before = app.service.passwords.made();
    let body = json!({"username": "to-truong", "password": "x".repeat(100_000)});
    app.with_json("POST", "/api/v1/auth/login", &[], &body).refused(422, "invalid_request");
    assert_eq!(app.service.passwords.made(), before);
    let token = app.sign_in("to-truong");
    let before = app.service.passwords.made();
    let body = json!({"current_password": "x".repeat(100_000), "new_password": "mười hai con giáp"}).to_string();
    let json = [("content-type", "application/json")];
    let refused = app.send("PUT", "/api/v1/me/password", Some(&token), &json, Some(body.as_bytes()));
    assert_eq!(refused.refused(422, "invalid_request")["errors"][0]["pointer"], "/current_password");
    assert_eq!(app.service.passwords.made(), before);
}

#[test]
fn parameters_that_rise_are_taken_over_with_the_next_sign_in() {
    let app = TestApp::on(TestDatabase::sqlite());
    signed_in(&app);
    let kept = |app: &TestApp| {
        let mut conn = app.address.connect().expect("the database");
        let account = greenzone::store::accounts::find_opt(&mut conn, "to-truong").expect("readable");
        account.and_then(|a| a.password_hash).expect("a hash")
    };
    assert!(kept(&app).contains("m=8,t=1"));
    let parameters = argon2::Params::new(16, 2, 1, None).expect("parameters");
    let passwords = greenzone::service::passwords::Passwords::new(parameters, 1);
    let security = greenzone::service::Security { passwords, ..crate::support::app::security() };
    let other = greenzone::app::open(app.address.clone(), app.clock.clone(), false, security).expect("a service");
    let request = greenzone::service::writer::WriteRequest::default();
    let login = other.login("to-truong".into(), PASSWORD.into(), request);
    actix_web::rt::System::new().block_on(login).expect("signed in");
    assert!(kept(&app).contains("m=16,t=2"));
    app.sign_in("to-truong");
}

#[test]
fn the_public_keys_are_there_for_all() {
    let app = TestApp::on(TestDatabase::sqlite());
    let keys = app.get("/.well-known/jwks.json").ok();
    let key = &keys["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert_eq!(key["x"].as_str().map(str::len), Some(43));
    assert!(key["d"].is_null(), "the secret half stays here");
}
