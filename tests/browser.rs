//! The pages in a real browser: every role walks through them with Playwright and Chromium,
//! on a phone and on a desk, in both languages, while axe-core looks for what keeps people out.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::at;
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const CHROMIUM: &str = "/usr/bin/chromium";
const UNIT: &str = "27382";

/// Whether Chromium and Playwright are here; where they must be, they are.
fn has_browser() -> bool {
    let is_needed = std::env::var_os("GREENZONE_REQUIRE_BROWSER").is_some();
    let found = at("tests/browser/node_modules/playwright-core").exists() && at(CHROMIUM).exists();
    assert!(found || !is_needed, "Chromium and tests/browser's tools are required here; .ci/run installs them");
    if !found {
        eprintln!("\n*** SKIPPED: Chromium or Playwright is not installed; .ci/run says how ***\n");
    }
    found
}

/// Runs a program of `tests/browser`, which is told what to do by a variable; what it printed.
fn run(program: &str, variable: &str, told: &Value) -> String {
    let mut node = Command::new("node");
    let node = node.arg(program).current_dir(at("tests/browser")).env(variable, told.to_string());
    let output = node.output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn every_role_walks_through_the_pages_and_nothing_keeps_anybody_out() {
    if !has_browser() {
        return;
    }
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let campaign = || Scope::Campaign("q6-2021".into());
    let unit = Scope::Unit { campaign: "q6-2021".into(), unit: UNIT.into() };
    let people = [
        ("reporter", Role::Reporter, unit),
        ("council", Role::Council, campaign()),
        ("committee", Role::Committee, campaign()),
        ("auditor", Role::Auditor, campaign()),
        ("admin", Role::Admin, Scope::All),
    ];
    let mut accounts = json!({});
    for (name, role, scope) in people {
        app.make_account(name, role, scope);
        accounts[name] = json!([name, PASSWORD]);
    }
    let pictures = std::env::var("GREENZONE_PICTURES").ok();
    let walk = json!({
        "base": app.base, "browser": CHROMIUM, "campaign": "q6-2021", "people": accounts,
        "folder": pictures, "entry": {"unit": UNIT, "day": "2021-07-13"},
    });
    run("walk.mjs", "WALK", &walk);
}

/// A picture that differs from its page is found by what the page is drawn from, so that it does not matter
/// which fonts a machine has. With `GREENZONE_UPDATE_PICTURES` the pictures are made anew.
#[test]
fn the_pictures_of_the_guides_show_the_pages_as_they_are() {
    if !has_browser() {
        return;
    }
    let is_update = std::env::var_os("GREENZONE_UPDATE_PICTURES").is_some();
    let kept = at("docs/guides/images");
    let app = TestApp::at(TestDatabase::sqlite(), "2021-07-13T07:00:00Z").with_q6();
    let (campaign, unit) = ("q6-2021".to_owned(), UNIT.to_owned());
    app.make_account("reporter", Role::Reporter, Scope::Unit { campaign: campaign.clone(), unit });
    app.make_account("council", Role::Council, Scope::Campaign(campaign));
    app.make_account("admin", Role::Admin, Scope::All);
    let shot = |name: &str, address: &str, (width, height): (u32, u32), person: Option<&str>| {
        json!({"name": name, "address": address, "width": width, "height": height,
            "person": person.map(|name| [name, PASSWORD])})
    };
    let desk = (1_200, 900);
    let shots = [
        shot("board.png", "/c/q6-2021?lang=vi", (1_200, 1_300), None),
        shot("map.png", "/c/q6-2021/map?lang=vi", desk, None),
        shot("unit.png", &format!("/c/q6-2021/u/{UNIT}?lang=vi"), desk, None),
        shot("entry.png", "/c/q6-2021/enter?lang=vi", (390, 1_060), Some("reporter")),
        shot("console.png", "/c/q6-2021/console?lang=vi", desk, Some("council")),
        shot("result.png", "/c/q6-2021/result?lang=vi", desk, Some("council")),
        shot("accounts.png", "/accounts?lang=vi", desk, Some("admin")),
    ];
    let folder = if is_update { kept.clone() } else { app.folder() };
    let told = json!({"base": app.base, "browser": CHROMIUM, "folder": folder, "shots": shots});
    let taken: Value = serde_json::from_str(&run("pictures.mjs", "PICTURES", &told)).expect("JSON");
    let stamps = kept.join("pictures.json");
    if is_update {
        std::fs::write(&stamps, format!("{taken:#}\n")).expect("written");
    }
    let known: Value = serde_json::from_str(&read(&stamps)).expect("JSON");
    for shot in &shots {
        let name = shot["name"].as_str().expect("a name");
        let picture = std::fs::read(kept.join(name)).expect("the picture");
        assert_eq!(known[name]["picture"], sha256(&picture), "{name} is not the picture that was taken");
        let again = "make the pictures again: GREENZONE_UPDATE_PICTURES=1 cargo test --test suite pictures";
        assert_eq!(known[name]["page"], taken[name]["page"], "{name} shows a page that has changed since; {again}");
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the stamps of the pictures")
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
