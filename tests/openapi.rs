//! The document: committed as it is printed, sound in itself, and true of every operation.

use crate::rights::{ask_for_care, filled, role_for};
use crate::support::app::{TestApp, machine_token};
use crate::support::at;
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(&greenzone::api::document_text()).expect("JSON")
}

struct Operation {
    method: String,
    path: String,
    value: Value,
}

/// A token of each role.
struct Tokens {
    by_role: Vec<(Role, String)>,
    id_of_a_token: String,
    id_of_a_webhook: String,
}

impl Tokens {
    fn new(app: &TestApp) -> Self {
        app.make_account("somebody", Role::Admin, Scope::All);
        let machine = |role| (role, machine_token(&app.service, role, Scope::All));
        let mut by_role: Vec<_> = [Role::Council, Role::Reporter, Role::Committee, Role::Auditor].map(machine).into();
        let id_of_a_token = by_role[0].1["gzt_".len()..].split('.').next().expect("an id").to_owned();
        // tokens of machines are never an administrator's; who signs out is a person
        by_role[0].1 = {
            app.make_account("councillor", Role::Council, Scope::All);
            app.sign_in("councillor")
        };
        by_role.push((Role::Admin, app.sign_in("somebody")));
        let webhook = serde_json::json!({"url": "https://example.vn/hook", "events": ["day.closed"]});
        let made = app.post("/api/v1/campaigns/q6-2021/webhooks", &webhook).ok();
        let id_of_a_webhook = made["id"].as_str().expect("an id").to_owned();
        Self { by_role, id_of_a_token, id_of_a_webhook }
    }

    fn of(&self, role: Role) -> &str {
        &self.by_role.iter().find(|(r, _)| *r == role).expect("a token of each role").1
    }

    /// An address that is there.
    fn address(&self, path: &str) -> String {
        let path = path.replace("tokens/{id}", &format!("tokens/{}", self.id_of_a_token));
        filled(&path.replace("webhooks/{id}", &format!("webhooks/{}", self.id_of_a_webhook)))
    }
}

fn operations() -> Vec<Operation> {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, value) in item.as_object().expect("operations") {
            found.push(Operation { method: method.to_uppercase(), path: path.clone(), value: value.clone() });
        }
    }
    assert!(found.len() > 35, "the document describes the operations");
    found
}

#[test]
fn the_committed_document_is_what_the_program_prints() {
    let committed = std::fs::read_to_string(at("openapi/openapi.json")).expect("openapi/openapi.json");
    let is_same = committed == greenzone::api::document_text();
    assert!(is_same, "run `cargo run -- openapi > openapi/openapi.json` and look at the difference");
}

#[test]
fn operation_ids_are_unique_and_references_resolve() {
    let ids: Vec<String> =
        operations().iter().map(|o| o.value["operationId"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[test]
fn every_operation_is_described_and_no_delete_has_a_body() {
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        assert!(operation.value["summary"].is_string(), "{name} has no summary");
        let default = &operation.value["responses"]["default"]["content"]["application/problem+json"];
        assert!(default.is_object(), "{name} does not describe its problems");
        assert!(operation.method != "DELETE" || operation.value["requestBody"].is_null(), "{name} has a body");
    }
}

#[test]
fn every_write_without_a_token_is_401_and_with_garbage_a_clients_mistake() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let tokens = Tokens::new(&app);
    let before = app.revision("q6-2021");
    for operation in operations().iter().filter(|o| o.method != "GET" && role_for(&o.method, &o.path).is_some()) {
        let path = filled(&operation.path);
        let body = (operation.method != "DELETE").then_some(&b"{"[..]);
        let json = [("content-type", "application/json")];
        let stranger = app.send(&operation.method, &path, None, &json, body);
        stranger.refused(401, "unauthenticated");
        assert!(stranger.header("www-authenticate").is_some_and(|v| v.starts_with("Bearer")));
        let forger = app.send(&operation.method, &path, Some("another-token-than-ours"), &json, body);
        forger.refused(401, "invalid_token");
        let token = role_for(&operation.method, &operation.path).map(|role| tokens.of(role));
        let garbage = app.send(&operation.method, &path, token, &json, body);
        assert!((400..500).contains(&garbage.status), "{} {path}: {}", operation.method, garbage.text());
        garbage.problem();
    }
    assert_eq!(app.revision("q6-2021"), before);
}

/// The bundled campaign, and one of what else an address can name.
fn with_everything() -> TestApp {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let bonus = serde_json::json!({"unit_code": "27382", "kind": "bonus", "points": 1, "reason": "x"});
    app.post("/api/v1/campaigns/q6-2021/adjustments", &bonus).ok();
    let criterion = serde_json::json!({"weight": 1, "reason": "x"});
    app.put(&filled("/api/v1/campaigns/{campaign}/criteria/{kind}/{code}"), &criterion).ok();
    let lifetime = serde_json::json!({"closes": "2021-07-20", "reason": "x"});
    app.put(&filled("/api/v1/campaigns/{campaign}/units/{code}/lifetime"), &lifetime).ok();
    app.post(&filled("/api/v1/campaigns/{campaign}/appeals"), &serde_json::json!({"unit_code": "27382", "text": "x"}))
        .ok();
    ask_for_care(&app);
    let correction = serde_json::json!({"community_f0": 2, "reason": "x"});
    let waits = app.put(&filled("/api/v1/campaigns/{campaign}/units/{code}/figures/{date}"), &correction);
    assert_eq!(waits.status, 202, "{}", waits.text());
    app.report_all("q6-2021");
    app.finalise("q6-2021", "x").ok();
    app
}

#[test]
fn every_read_is_found_and_refuses_parameters_that_are_not_described() {
    let app = with_everything();
    let tokens = Tokens::new(&app);
    for operation in operations().iter().filter(|o| o.method == "GET") {
        let path = tokens.address(&operation.path);
        let token = role_for("GET", &operation.path).map(|role| tokens.of(role));
        let get = |path: &str| app.send("GET", path, token, &[], None);
        let answer = get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let head = app.send("HEAD", &path, token, &[], None);
        assert_eq!((head.status, head.body.len()), (200, 0), "HEAD {path}");
        get(&format!("{path}?no_such=1")).refused(422, "invalid_parameter");
        let other = app.send("PATCH", &path, None, &[], None);
        other.refused(405, "method_not_allowed");
        assert!(other.header("allow").is_some_and(|a| a.contains("GET") && a.contains("HEAD")), "{path}");
        let encoded = app.send("GET", &path, None, &[("content-encoding", "gzip")], None);
        encoded.refused(415, "unsupported_media_type");
    }
}

#[test]
fn every_described_parameter_is_taken() {
    let app = with_everything();
    let tokens = Tokens::new(&app);
    for operation in operations().iter().filter(|o| o.method == "GET") {
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().expect("a name");
            let value = match name {
                "from" | "to" if operation.path.ends_with("audit") => "2021-07-12T00:00:00Z",
                "campaign" => "q6-2021",
                "actor" | "action" | "target" | "request_id" => "x",
                "limit" | "span" | "revision" | "min_revision" | "seed" => "1",
                "draws" => "100",
                "known_at" => "2099-01-01T00:00:00Z",
                "audience" => "public",
                "kind" => "ward",
                "track" => "improvement",
                "by" if operation.path.ends_with("/boards/{issue}") => "points",
                "by" => "reduction",
                "as_of" | "date" | "from" | "to" => "2021-07-12",
                "within" | "parent" => "775",
                "include" => "days",
                "format" => "json",
                "issue" => "1",
                "state" if operation.path.ends_with("/approvals") => "pending",
                "state" if operation.path.ends_with("flags") || operation.path.ends_with("appeals") => "open",
                "rule" => "zero_streak",
                "state" => "active",
                "unit" => "27382",
                "status" => "verified",
                "q" => "phuong",
                // no ward has a block; a cursor is made by the service
                "block" | "cursor" => continue,
                other => panic!("{other} is not tried"),
            };
            let path = format!("{}?{name}={value}", tokens.address(&operation.path));
            let token = role_for("GET", &operation.path).map(|role| tokens.of(role));
            let answer = app.send("GET", &path, token, &[], None);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        }
    }
}
