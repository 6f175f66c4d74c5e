//! The pages in a real browser: every role walks through them with Playwright and Chromium,
//! on a phone and on a desk, in both languages, while axe-core looks for what keeps people out.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::at;
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;
use std::process::Command;

const UNIT: &str = "27382";

#[test]
fn every_role_walks_through_the_pages_and_nothing_keeps_anybody_out() {
    let folder = at("tests/browser");
    let is_needed = std::env::var_os("GREENZONE_REQUIRE_BROWSER").is_some();
    let found = folder.join("node_modules/playwright-core").exists() && at("/usr/bin/chromium").exists();
    assert!(found || !is_needed, "Chromium and tests/browser's tools are required here; .ci/run installs them");
    if !found {
        eprintln!("\n*** SKIPPED: Chromium or Playwright is not installed; .ci/run says how ***\n");
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
        "base": app.base, "browser": "/usr/bin/chromium", "campaign": "q6-2021", "people": accounts,
        "folder": pictures, "entry": {"unit": UNIT, "day": "2021-07-13"},
    });
    let mut node = Command::new("node");
    let output = node.arg("walk.mjs").current_dir(folder).env("WALK", walk.to_string()).output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
