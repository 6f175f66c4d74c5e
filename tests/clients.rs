//! Other people's tools against the real server: Schemathesis with each role's token, and a
//! TypeScript client generated from the OpenAPI document.

use crate::support::app::{PASSWORD, TestApp, machine_token};
use crate::support::at;
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use std::path::PathBuf;
use std::process::{Command, Output};

/// Whether a tool is there; where it is not, that is said loudly, and fails where the
/// environment demands that nothing is skipped.
fn is_there(tool: &str, found: bool) -> bool {
    let is_needed = std::env::var_os("GREENZONE_REQUIRE_CLIENTS").is_some();
    assert!(found || !is_needed, "{tool} is required here and is not installed; .ci/run installs it");
    if !found {
        eprintln!("\n*** SKIPPED: {tool} is not installed; .ci/run says how ***\n");
    }
    found
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Schemathesis, where `.ci/run` or the developer put it.
fn schemathesis() -> Option<PathBuf> {
    let own = at("target/tools/schemathesis/bin/st");
    if own.exists() {
        return Some(own);
    }
    let runs = Command::new("st").arg("--version").output().is_ok_and(|output| text(&output).contains("Schemathesis"));
    runs.then(|| "st".into())
}

/// A bounded number of cases, the same each time: no 5xx, no undocumented status, no
/// violation of a schema.
fn examine(role: Option<Role>) {
    let tool = schemathesis();
    let (true, Some(tool)) = (is_there("Schemathesis", tool.is_some()), tool) else { return };
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let token = role.map(|role| match role {
        // no machine is an administrator
        Role::Admin => {
            app.make_account("quan-tri", Role::Admin, Scope::All);
            app.sign_in("quan-tri")
        }
        role => machine_token(&app.service, role, Scope::All),
    });
    let mut command = Command::new(tool);
    let config = at("tests/schemathesis.toml").display().to_string();
    command.current_dir(app.folder()).args(["--config-file", &config, "run", &format!("{}/openapi.json", app.base)]);
    if let Some(token) = token {
        command.args(["-H", &format!("Authorization: Bearer {token}")]);
    }
    command.args([
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance",
        "--phases",
        "coverage,fuzzing",
        "--max-examples",
        "4",
        "--generation-deterministic",
        "--no-color",
        "--warnings",
        "off",
        // it would end the session that the other cases use
        "--exclude-path",
        "/api/v1/auth/logout",
        // it has no end
        "--exclude-path",
        "/api/v1/campaigns/{campaign}/events",
    ]);
    let output = command.output().expect("Schemathesis runs");
    let said = text(&output);
    assert!(output.status.success() && said.contains("No issues found"), "{said}");
}

#[test]
fn schemathesis_finds_nothing_as_a_stranger() {
    examine(None);
}

#[test]
fn schemathesis_finds_nothing_as_admin() {
    examine(Some(Role::Admin));
}

#[test]
fn schemathesis_finds_nothing_as_council() {
    examine(Some(Role::Council));
}

#[test]
fn schemathesis_finds_nothing_as_reporter() {
    examine(Some(Role::Reporter));
}

#[test]
fn schemathesis_finds_nothing_as_committee() {
    examine(Some(Role::Committee));
}

#[test]
fn schemathesis_finds_nothing_as_auditor() {
    examine(Some(Role::Auditor));
}

#[test]
fn a_typescript_client_made_from_the_document_walks_through_the_api() {
    let folder = at("tests/client");
    if !is_there("the TypeScript compiler of tests/client (npm ci)", folder.join("node_modules/.bin/tsc").exists()) {
        return;
    }
    let run = |command: &mut Command| {
        let output = command.current_dir(&folder).output().expect("node runs");
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    };
    run(Command::new("npm").args(["run", "build"]));
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("hoi-dong", Role::Council, Scope::All);
    let mut walk = Command::new("node");
    walk.arg("generated/js/walk.js").env("BASE", &app.base).env("USERNAME", "hoi-dong").env("PASSWORD", PASSWORD);
    assert!(run(&mut walk).contains("the walk is done"));
}
