use crate::api::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::on_both;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;

on_both! {
    fn a_machine_has_a_token_told_once_bound_and_ending(app: TestApp) {
        let app = app.with_q6();
        app.make_account("quan-tri", Role::Admin, Scope::All);
        let admin = app.sign_in("quan-tri");
        let json = [("content-type", "application/json"), ("idempotency-key", "t-1")];
        let body = json!({"name": "Cổng 07", "role": "reporter", "campaign": "q6-2021", "unit": "27382", "days": 30}).to_string();
        let make = || app.send("POST", "/api/v1/tokens", Some(&admin), &json, Some(body.as_bytes()));
        let made = make();
        assert_eq!(made.status, 201);
        let (address, made) = (made.header("location").expect("where").to_owned(), made.json());
        let token = made["token"].as_str().expect("told once").to_owned();
        let again = make().ok();
        assert_eq!((&again["id"], &again["token"]), (&made["id"], &json!(null)), "a retry is told which, not what");
        let secret = token.split('.').nth(1).expect("two parts");
        let told = app.send("GET", &address, Some(&admin), &[], None);
        assert!(told.status == 200 && !told.text().contains(secret));
        let listed = app.send("GET", "/api/v1/tokens", Some(&admin), &[], None);
        assert!(!listed.text().contains(secret));

        let put = |unit: &str| {
            let json = [("content-type", "application/json")];
            app.send("PUT", &figure(unit, "2021-07-13"), Some(&token), &json, Some(br#"{"community_f0":1}"#))
        };
        put("27382").ok();
        put("27379").refused(403, "forbidden");
        let me = app.send("GET", "/api/v1/me", Some(&token), &[], None).ok();
        assert_eq!((&me["display_name"], &me["role"]), (&json!("Cổng 07"), &json!("reporter")));
        app.set_clock("2021-08-23T05:59:59Z");
        put("27382").ok();
        app.set_clock("2021-08-23T06:00:00Z");
        put("27382").refused(401, "invalid_token");
        app.set_clock("2021-07-24T06:00:00Z");
        app.send("DELETE", &address, Some(&admin), &[], None).ok();
        put("27382").refused(401, "invalid_token");
        for forged in ["gzt_", "gzt_x", "gzt_x.y", &token[..token.len() - 1], &format!("{token}x")] {
            app.send("GET", Q6, Some(forged), &[], None).refused(401, "invalid_token");
        }
    }
}

on_both! {
    fn no_machine_makes_accounts(app: TestApp) {
        app.make_account("quan-tri", Role::Admin, Scope::All);
        let admin = app.sign_in("quan-tri");
        let json = [("content-type", "application/json")];
        for (role, days) in [("admin", 1), ("council", 0), ("council", 367)] {
            let body = json!({"name": "X", "role": role, "days": days}).to_string();
            app.send("POST", "/api/v1/tokens", Some(&admin), &json, Some(body.as_bytes())).refused(422, "invalid_request");
        }
    }
}
