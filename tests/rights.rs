//! Who may do what: every operation of the OpenAPI document, tried by every role inside
//! and outside its scope, against a table written down here. An operation without a row
//! fails.

use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Mandate, Role, Scope};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who may use an operation.
pub enum Who {
    /// Everybody; what they see is another matter.
    Anyone,
    /// Who is known.
    Known,
    /// These roles, where their scope holds the unit of the address.
    OfUnit(&'static [Role]),
    /// These roles, where their scope holds any part of the campaign; what they see is another matter.
    InCampaign(&'static [Role]),
    /// These roles, where their scope holds the whole campaign.
    OfCampaign(&'static [Role]),
    /// These roles, where their scope is everything.
    OfService(&'static [Role]),
}
use Role::{Admin, Auditor, Committee, Council, Reporter};
use Who::{Anyone, InCampaign, Known, OfCampaign, OfService, OfUnit};

const C: &str = "/api/v1/campaigns/{campaign}";

/// The table: method, address, who, and something sound to send.
fn table() -> Vec<(&'static str, String, Who, Value)> {
    let figure = json!({"community_f0": 3});
    let reason = json!({"reason": "x"});
    let unit = json!({"name": "Phường 07", "kind": "ward", "parent_code": "775"});
    let webhook = json!({"url": "https://example.vn/hook", "events": ["day.closed"]});
    let account = json!({"username": "new-one", "display_name": "X", "role": "council"});
    let change = json!({"display_name": "X", "role": "council", "state": "active"});
    let api = |path: &str| format!("/api/v1{path}");
    let of = |path: &str| format!("{C}{path}");
    let none = Value::Null;
    vec![
        ("GET", api("/campaigns"), Anyone, none.clone()),
        ("POST", api("/campaigns"), OfService(&[Admin, Council]), json!({})),
        ("GET", of(""), Anyone, none.clone()),
        ("PUT", of(""), OfCampaign(&[Admin, Council]), json!({})),
        ("GET", of("/status"), Anyone, none.clone()),
        ("GET", of("/policies"), Anyone, none.clone()),
        ("POST", of("/policies"), OfCampaign(&[Council]), json!({"allowances": {}, "reason": "x"})),
        ("GET", of("/policies/{version}"), Anyone, none.clone()),
        ("POST", of("/dry-run"), OfCampaign(&[Council]), json!({"policy": {"allowances": {}}})),
        ("GET", api("/level-schemes"), Anyone, none.clone()),
        ("GET", api("/level-schemes/{scheme}"), Anyone, none.clone()),
        ("GET", of("/levels"), Anyone, none.clone()),
        ("GET", of("/levels/history"), Anyone, none.clone()),
        ("GET", of("/leaderboard"), Anyone, none.clone()),
        ("GET", of("/events"), Anyone, none.clone()),
        ("GET", of("/leaderboard/around/{code}"), Anyone, none.clone()),
        ("GET", of("/units/{code}/standing"), Anyone, none.clone()),
        ("GET", of("/units/{code}/history"), Anyone, none.clone()),
        ("GET", of("/green-share"), Anyone, none.clone()),
        ("GET", of("/certainty"), OfCampaign(&[Council, Auditor]), none.clone()),
        ("GET", of("/sensitivity"), OfCampaign(&[Council, Auditor]), none.clone()),
        ("GET", of("/units/{code}/figures"), Anyone, none.clone()),
        ("GET", of("/units/{code}/figures/{date}"), Anyone, none.clone()),
        ("GET", of("/units/{code}/figures/{date}/history"), Anyone, none.clone()),
        ("PUT", of("/units/{code}/figures/{date}"), OfUnit(&[Council, Reporter]), figure.clone()),
        ("DELETE", of("/units/{code}/figures/{date}"), OfUnit(&[Council, Reporter]), none.clone()),
        ("GET", of("/figures"), Anyone, none.clone()),
        (
            "POST",
            of("/figures"),
            OfUnit(&[Council, Reporter]),
            json!([{"unit_code": "27382", "date": "2021-07-12", "community_f0": 3}]),
        ),
        ("PUT", of("/units/{code}/state"), OfUnit(&[Council]), json!({"state": "withdrawn", "reason": "x"})),
        ("DELETE", of("/units/{code}/state"), OfUnit(&[Council]), none.clone()),
        ("PUT", of("/units/{code}/start-level"), OfUnit(&[Council]), json!({"level": "red", "reason": "x"})),
        ("DELETE", of("/units/{code}/start-level"), OfUnit(&[Council]), none.clone()),
        ("PUT", of("/units/{code}/excuses/{date}"), OfUnit(&[Council]), reason.clone()),
        ("DELETE", of("/units/{code}/excuses/{date}"), OfUnit(&[Council]), none.clone()),
        ("GET", of("/excuses"), Anyone, none.clone()),
        ("GET", of("/start-levels"), Anyone, none.clone()),
        ("GET", of("/adjustments"), Anyone, none.clone()),
        (
            "POST",
            of("/adjustments"),
            OfUnit(&[Council]),
            json!({"unit_code": "27382", "kind": "bonus", "points": 1, "reason": "x"}),
        ),
        ("GET", of("/adjustments/{id}"), Anyone, none.clone()),
        ("DELETE", of("/adjustments/{id}"), OfUnit(&[Council]), none.clone()),
        ("GET", of("/completeness"), Anyone, none.clone()),
        ("GET", of("/days"), Anyone, none.clone()),
        ("GET", of("/days/{date}"), Anyone, none.clone()),
        ("POST", of("/days/{date}/close"), OfCampaign(&[Council]), reason.clone()),
        ("GET", of("/freeze"), OfCampaign(&[Council, Committee, Auditor]), none.clone()),
        ("PUT", of("/freeze"), OfCampaign(&[Council]), reason.clone()),
        ("DELETE", of("/freeze"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/webhooks"), OfCampaign(&[Council]), none.clone()),
        ("POST", of("/webhooks"), OfCampaign(&[Council]), webhook.clone()),
        ("GET", of("/webhooks/{id}"), OfCampaign(&[Council]), none.clone()),
        ("PUT", of("/webhooks/{id}"), OfCampaign(&[Council]), webhook),
        ("DELETE", of("/webhooks/{id}"), OfCampaign(&[Council]), none.clone()),
        ("POST", of("/webhooks/{id}/ping"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/webhooks/{id}/deliveries"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/awards"), OfCampaign(&[Auditor, Committee, Council]), none.clone()),
        ("GET", of("/awards/decisions"), OfCampaign(&[Auditor, Committee, Council]), none.clone()),
        (
            "POST",
            of("/awards/decisions"),
            OfCampaign(&[Council]),
            json!({"award": "first", "winners": ["27382"], "reason": "x"}),
        ),
        ("DELETE", of("/awards/decisions/{id}"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/completeness/days"), Anyone, none.clone()),
        ("GET", of("/flags"), InCampaign(&[Auditor, Committee, Reporter, Council]), none.clone()),
        ("GET", of("/flags/{id}"), InCampaign(&[Auditor, Committee, Reporter, Council]), none.clone()),
        ("PUT", of("/flags/{id}"), OfUnit(&[Council, Reporter]), json!({"answer": "x", "verdict": "as_reported"})),
        ("DELETE", of("/flags/{id}"), OfUnit(&[Council]), none.clone()),
        ("GET", of("/reconciliation"), Anyone, none.clone()),
        ("GET", of("/units/{code}/figures/{date}/sources"), Anyone, none.clone()),
        ("GET", api("/criteria-sets"), Anyone, none.clone()),
        ("GET", of("/criteria"), Anyone, none.clone()),
        (
            "POST",
            of("/criteria"),
            OfCampaign(&[Council]),
            json!({"set": "q6-259-contents", "kinds": ["ward"], "reason": "x"}),
        ),
        ("GET", of("/criteria/{kind}/{code}"), Anyone, none.clone()),
        ("GET", of("/criteria/{kind}/{code}/history"), Anyone, none.clone()),
        ("PUT", of("/criteria/{kind}/{code}"), OfCampaign(&[Council]), json!({"weight": 1, "reason": "x"})),
        ("DELETE", of("/criteria/{kind}/{code}"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/assessments"), Anyone, none.clone()),
        ("GET", of("/units/{code}/assessments"), Anyone, none.clone()),
        ("GET", of("/units/{code}/assessments/{criterion}"), Anyone, none.clone()),
        (
            "PUT",
            of("/units/{code}/assessments/{criterion}"),
            OfUnit(&[Council, Reporter]),
            json!({"value": true, "date": "2021-07-12"}),
        ),
        (
            "POST",
            of("/units/{code}/assessments/{criterion}/verify"),
            OfUnit(&[Council]),
            json!({"date": "2021-07-12", "decision": "verified"}),
        ),
        ("GET", of("/units/{code}/declared-levels"), Anyone, none.clone()),
        ("PUT", of("/units/{code}/declared-levels/{date}"), OfUnit(&[Council, Reporter]), json!({"level": "red"})),
        ("DELETE", of("/units/{code}/declared-levels/{date}"), OfUnit(&[Council, Reporter]), none.clone()),
        ("GET", of("/lifetimes"), Anyone, none.clone()),
        ("GET", of("/units/{code}/lifetime"), Anyone, none.clone()),
        ("PUT", of("/units/{code}/lifetime"), OfUnit(&[Council]), json!({"closes": "2021-07-12", "reason": "x"})),
        ("DELETE", of("/units/{code}/lifetime"), OfUnit(&[Council]), none.clone()),
        ("GET", of("/units/{code}/roll-up"), Anyone, none.clone()),
        ("GET", of("/units"), Anyone, none.clone()),
        (
            "POST",
            of("/units"),
            OfUnit(&[Council]),
            json!([{"code": "kp1", "name": "Khu phố 1", "kind": "ward", "parent_code": "27382"}]),
        ),
        ("GET", of("/units/{code}"), Anyone, none.clone()),
        ("PUT", of("/units/{code}"), OfUnit(&[Council]), unit),
        ("DELETE", of("/units/{code}"), OfUnit(&[Council]), none.clone()),
        ("GET", of("/neighbours"), Anyone, none.clone()),
        ("PUT", of("/neighbours"), OfCampaign(&[Council]), json!([])),
        ("POST", of("/import"), OfUnit(&[Council, Reporter]), none.clone()),
        ("GET", of("/imports"), OfCampaign(&[Council]), none.clone()),
        ("GET", of("/imports/{id}"), OfCampaign(&[Council]), none.clone()),
        ("POST", of("/imports/{id}/undo"), OfCampaign(&[Council]), reason.clone()),
        ("GET", of("/appeals"), InCampaign(&[Auditor, Committee, Reporter, Council]), none.clone()),
        ("POST", of("/appeals"), OfUnit(&[Council, Reporter]), json!({"unit_code": "27382", "text": "x"})),
        ("GET", of("/appeals/{id}"), InCampaign(&[Auditor, Committee, Reporter, Council]), none.clone()),
        ("PUT", of("/appeals/{id}"), InCampaign(&[Council]), json!({"state": "rejected", "answer": "x"})),
        ("DELETE", of("/appeals/{id}"), InCampaign(&[Council, Reporter]), none.clone()),
        ("GET", of("/blockers"), OfCampaign(&[Auditor, Committee, Council]), none.clone()),
        ("POST", of("/finalise"), OfCampaign(&[Council]), reason.clone()),
        ("GET", of("/results"), Anyone, none.clone()),
        ("GET", of("/results/{issue}"), Anyone, none.clone()),
        ("GET", of("/results/{issue}/document"), Anyone, none.clone()),
        ("POST", of("/results/{issue}/revoke"), OfCampaign(&[Council]), reason.clone()),
        ("GET", of("/boards/{issue}"), Anyone, none.clone()),
        ("GET", of("/approvals"), Known, none.clone()),
        ("GET", of("/approvals/{id}"), Known, none.clone()),
        ("POST", of("/approvals/{id}/approve"), OfUnit(&[Council]), json!({})),
        ("POST", of("/approvals/{id}/reject"), OfUnit(&[Council]), reason.clone()),
        ("DELETE", of("/approvals/{id}"), Known, none.clone()),
        ("POST", api("/auth/login"), Anyone, json!({"username": "nobody", "password": "nothing"})),
        ("POST", api("/auth/refresh"), Anyone, json!({"refresh_token": "nothing"})),
        ("POST", api("/auth/logout"), Known, json!({})),
        ("GET", api("/me"), Known, none.clone()),
        (
            "PUT",
            api("/me/password"),
            Anyone,
            json!({"username": "nobody", "reset_code": "0000", "new_password": "mật khẩu mới tinh"}),
        ),
        ("GET", api("/users"), OfService(&[Admin]), none.clone()),
        ("POST", api("/users"), OfService(&[Admin]), account),
        ("GET", api("/users/{username}"), OfService(&[Admin]), none.clone()),
        ("PUT", api("/users/{username}"), OfService(&[Admin]), change),
        ("POST", api("/users/{username}/reset-code"), OfService(&[Admin]), none.clone()),
        ("GET", api("/tokens"), OfService(&[Admin]), none.clone()),
        ("POST", api("/tokens"), OfService(&[Admin]), json!({"name": "X", "role": "council", "days": 1})),
        ("GET", api("/tokens/{id}"), OfService(&[Admin]), none.clone()),
        ("DELETE", api("/tokens/{id}"), OfService(&[Admin]), none.clone()),
        ("GET", of("/exports/{what}"), OfCampaign(&[Auditor, Committee, Council]), none.clone()),
        ("GET", api("/audit"), OfCampaign(&[Auditor]), none.clone()),
        ("GET", "/.well-known/jwks.json".to_owned(), Anyone, none.clone()),
        ("GET", "/.well-known/result-keys.json".to_owned(), Anyone, none.clone()),
        ("GET", "/healthz".to_owned(), Anyone, none.clone()),
        ("GET", "/readyz".to_owned(), Anyone, none.clone()),
        ("GET", "/openapi.json".to_owned(), Anyone, none.clone()),
        ("GET", "/problems/{code}".to_owned(), Anyone, none),
    ]
}

/// The role that may use an operation, for tests of other things.
pub fn role_for(method: &str, path: &str) -> Option<Role> {
    let row = table().into_iter().find(|(m, p, ..)| *m == method && p == path).expect("a row in the table of rights");
    match row.2 {
        Anyone => None,
        Known => Some(Council),
        OfUnit(roles) | InCampaign(roles) | OfCampaign(roles) | OfService(roles) => roles.last().copied(),
    }
}

/// A flag that the bundled figures raise: ward 27382 had 6 after four days of 0.
pub const FLAG: &str = "zero_streak.2021-07-01.6ad26a20123ba583.27382";

/// The path with something in place of each parameter.
pub fn filled(path: &str) -> String {
    let code = if path.contains("problems") { "behind" } else { "27382" };
    [
        ("{campaign}", "q6-2021"),
        ("{code}", code),
        ("{date}", "2021-07-12"),
        ("{scheme}", "counts-14d"),
        ("{version}", "1"),
        ("{id}", "1"),
        ("{issue}", "1"),
        ("{kind}", "ward"),
        ("{criterion}", "committee"),
        ("{what}", "leaderboard"),
        ("{username}", "somebody"),
    ]
    .iter()
    .fold(path.replace("flags/{id}", &format!("flags/{FLAG}")), |path, (name, value)| path.replace(name, value))
}

fn scopes() -> [(&'static str, Scope); 5] {
    let campaign = |code: &str| Scope::Campaign(code.to_owned());
    let unit = |code: &str| Scope::Unit { campaign: "q6-2021".to_owned(), unit: code.to_owned() };
    [
        ("everything", Scope::All),
        ("the campaign", campaign("q6-2021")),
        ("another campaign", campaign("vn-provinces-2021")),
        ("the unit", unit("27382")),
        ("another unit", unit("27379")),
    ]
}

/// Whether a role in a scope may use an operation on unit 27382 of q6-2021.
fn is_allowed(who: &Who, role: Role, scope: &str) -> bool {
    match who {
        Anyone | Known => true,
        OfUnit(roles) => roles.contains(&role) && ["everything", "the campaign", "the unit"].contains(&scope),
        InCampaign(roles) => roles.contains(&role) && scope != "another campaign",
        OfCampaign(roles) => roles.contains(&role) && ["everything", "the campaign"].contains(&scope),
        OfService(roles) => roles.contains(&role) && scope == "everything",
    }
}

/// Lets corrections of closed days in q6-2021 wait for a second person.
pub fn ask_for_care(app: &TestApp) {
    let now = app.get("/api/v1/campaigns/q6-2021");
    let mut document = now.json();
    document["reporting"] = json!({"corrections": "approval"});
    let seen = [("if-match", now.header("etag").expect("a tag"))];
    app.put_with("/api/v1/campaigns/q6-2021", &seen, &document).ok();
}

/// Id of a correction of unit 27382 that nobody has decided.
fn one_that_waits(app: &TestApp) -> String {
    let list = app.get_as_council("/api/v1/campaigns/q6-2021/approvals?state=pending&unit=27382").ok();
    if let Some(id) = list["items"][0]["id"].as_str() {
        return id.to_owned();
    }
    let correction = json!({"community_f0": 9, "reason": "x"});
    let waits = app.put("/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-11", &correction);
    assert_eq!(waits.status, 202, "{}", waits.text());
    waits.json()["id"].as_str().expect("an id").to_owned()
}

/// Id of an appeal of unit 27382 that nobody has answered.
fn one_that_is_open(app: &TestApp) -> String {
    let list = app.get_as_council("/api/v1/campaigns/q6-2021/appeals?state=open").ok();
    if let Some(id) = list["items"][0]["id"].as_str() {
        return id.to_owned();
    }
    let made = app.post("/api/v1/campaigns/q6-2021/appeals", &json!({"unit_code": "27382", "text": "x"})).ok();
    made["id"].as_str().expect("an id").to_owned()
}

fn send(app: &TestApp, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, String) {
    let mut address = filled(path);
    if path.ends_with("/adjustments/{id}") {
        // one that stands, each time
        let bonus = json!({"unit_code": "27382", "kind": "bonus", "points": 1, "reason": "x"});
        let made = app.post("/api/v1/campaigns/q6-2021/adjustments", &bonus).ok();
        address = path.replace("{campaign}", "q6-2021").replace("{id}", made["id"].as_str().expect("an id"));
    }
    if path.contains("/approvals/{id}") {
        address = address.replace("approvals/1", &format!("approvals/{}", one_that_waits(app)));
    }
    if path.contains("/appeals/{id}") {
        address = address.replace("appeals/1", &format!("appeals/{}", one_that_is_open(app)));
    }
    if method == "DELETE" && path.contains("{campaign}") && !path.ends_with("units/{code}") {
        address.push_str("?reason=x");
    }
    if path == "/api/v1/audit" {
        address.push_str("?campaign=q6-2021");
    }
    let csv = b"unit_code,date,community_f0\n27382,2021-07-12,3\n";
    let answer = match (path.ends_with("/import"), body) {
        (true, _) => app.send(method, &address, token, &[("content-type", "text/csv")], Some(csv)),
        (_, Value::Null) => app.send(method, &address, token, &[], None),
        (_, body) => {
            let json = [("content-type", "application/json")];
            app.send(method, &address, token, &json, Some(body.to_string().as_bytes()))
        }
    };
    let code = if answer.status < 400 { String::new() } else { answer.problem()["code"].to_string() };
    (answer.status, code.replace('"', ""))
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let document: Value = serde_json::from_str(&greenzone::api::document_text()).expect("JSON");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            described.insert((method.to_uppercase(), path.clone()));
            let who = role_for(&method.to_uppercase(), path);
            let asks = operation["security"].as_array().is_some_and(|all| !all.iter().any(|one| *one == json!({})));
            assert_eq!(asks, who.is_some(), "{method} {path}: what the document says of security");
        }
    }
    let rows = table().into_iter().map(|(method, path, ..)| (method.to_owned(), path)).collect();
    assert_eq!(described, rows);
}

#[test]
fn every_operation_is_open_to_its_roles_inside_their_scope_and_to_nobody_else() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let [_, other, _] = greenzone::pack::bundled();
    app.import(&greenzone::pack::read(&other.files()).expect("the other bundled pack"));
    app.make_account("somebody", Role::Committee, Scope::All);
    ask_for_care(&app);
    let mut callers = Vec::new();
    for role in Role::ALL {
        for (place, scope) in scopes() {
            if Mandate::new(role, scope.clone()).is_err() {
                continue;
            }
            let username = format!("{}-{}", role.code(), place.replace(' ', "-"));
            app.make_account(&username, role, scope);
            callers.push((role, place, username));
        }
    }
    let mut tried = 0;
    for (method, path, who, body) in table() {
        let (_, code) = send(&app, method, &path, None, &body);
        let is_refused = code == "unauthenticated";
        assert_eq!(is_refused, !matches!(who, Anyone), "{method} {path}, a stranger: {code}");
        for (role, place, username) in &callers {
            let token = app.sign_in(username);
            let (status, code) = send(&app, method, &path, Some(&token), &body);
            let case = format!("{method} {path}, {role:?} of {place}: {status} {code}");
            assert!(status < 500 && code != "unauthenticated" && code != "unit_not_found", "{case}");
            assert_eq!(code != "forbidden", is_allowed(&who, *role, place), "{case}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}
