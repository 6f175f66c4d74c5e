//! The pages of the result, the log, set-up and accounts: who sees what, what the forms
//! write, and that nothing hidden is on them.

use crate::api::awards::contest;
use crate::forms::{Browser, form, form_from, hidden_fields};
use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::{Value, json};

const API: &str = "/api/v1/campaigns/awards";
const RESULT: &str = "/c/awards/result?lang=en";

/// After the window: five wards, of which two are tied, one is small; two households.
fn app() -> TestApp {
    let app = TestApp::on(TestDatabase::sqlite());
    app.import(&contest());
    app
}

fn somebody(app: &TestApp, role: Role) -> Browser<'_> {
    let scope = if role == Role::Admin { Scope::All } else { Scope::Campaign("awards".into()) };
    app.make_account(role.code(), role, scope);
    Browser::of(app, role.code())
}

/// Fills in and sends the form of a page that goes to an address.
fn send(app: &TestApp, browser: &Browser<'_>, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
    let html = page.text().replace("&amp;", "&");
    let of =
        html.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_else(|| panic!("no form to {action}: {html}"));
    let hidden = hidden_fields(of.split("</form>").next().unwrap_or_default());
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
    form(app, action, Some(&browser.cookie), &all)
}

fn act(name: &str) -> String {
    format!("/c/awards/result/{name}?lang=en")
}

/// Decides the tie and makes an issue, all on the page.
fn publish(app: &TestApp, council: &Browser<'_>) {
    let page = council.get(RESULT);
    let tied = send(app, council, &page, &act("tie"), &[("winner-0", "b"), ("reason", "drawn by lot")]);
    assert_eq!(tied.status, 303, "{}", tied.text());
    let page = council.get(RESULT);
    let html = page.text();
    let aside: Vec<String> =
        html.split("name=\"aside-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let aside: Vec<String> = aside.into_iter().map(|code| format!("aside-{code}")).collect();
    let mut fields = vec![("reason", "meeting of 24 July")];
    fields.extend(aside.iter().map(|name| (name.as_str(), "looked into")));
    let done = send(app, council, &page, &act("finalise"), &fields);
    assert_eq!(done.status, 303, "{}", done.text());
}

#[test]
fn before_a_result_the_public_reads_that_there_is_none_and_nothing_else() {
    let app = app();
    app.put(&format!("{API}/freeze"), &json!({"reason": "until the meeting"})).ok();
    for (language, words) in [("en", "There is no final result yet"), ("vi", "Chưa có kết quả chính thức")] {
        let page = app.get(&format!("/c/awards/result?lang={language}"));
        let html = page.text();
        assert!(page.status == 200 && html.contains(words), "{html}");
        assert!(html.contains(&format!("<html lang=\"{language}\"")), "{html}");
        for hidden in ["<form", "until the meeting", "Đơn vị", "Prize", "Giải", "files/", "style="] {
            assert!(!html.contains(hidden), "{hidden}: {html}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "{html}");
    }
    assert_eq!(app.get("/c/none/result").status, 404);
}

#[test]
fn the_council_sees_what_stands_in_the_way_decides_the_tie_and_publishes_once() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let page = council.get(RESULT);
    let html = page.text();
    for words in
        ["Publish the result:", "#awards-h", "2 units share rank 2, 1 can win", "Freeze", "Over, no result yet"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let vi = council.get("/c/awards/result?lang=vi").text();
    assert!(vi.contains("vướng mắc") && vi.contains("2 đơn vị đồng hạng 2, còn 1 suất"), "{vi}");
    let none = send(&app, &council, &page, &act("tie"), &[("winner-0", "b"), ("reason", " ")]);
    let html = none.text();
    assert!(none.status == 200 && html.contains("role=\"alert\"") && html.contains("checked"), "{html}");
    let stopped = send(&app, &council, &page, &act("finalise"), &[("reason", "we want it now")]);
    let html = stopped.text();
    assert!(stopped.status == 200 && html.contains("undecided_ties") && html.contains("we want it now"), "{html}");
    publish(&app, &council);
    let before = app.revision("awards");
    let page = council.get(RESULT);
    let html = page.text();
    assert!(html.contains("The result is final") && html.contains("Issue again after corrections"), "{html}");
    for _ in 0..2 {
        let fields = [("reason", "a slip"), ("issue", "1")];
        assert_eq!(send(&app, &council, &page, &act("revoke"), &fields).status, 303);
    }
    assert_eq!(app.revision("awards"), before + 1, "sent twice, written once");
    assert!(council.get(RESULT).text().contains("The result was revoked"));
    let gone = app.get(RESULT).text();
    assert!(gone.contains("none counts at present") && !gone.contains("a slip"), "{gone}");
    assert!(app.get(&format!("{RESULT}&issue=1")).text().contains("REVOKED"));
}

#[test]
fn the_public_reads_ranks_and_awards_of_the_result_and_nothing_that_is_hidden() {
    let app = app();
    let council = somebody(&app, Role::Council);
    publish(&app, &council);
    let row = app.get(&format!("{API}/results/1")).ok();
    let hash = row["whole_sha256"].as_str().unwrap();
    for language in ["en", "vi"] {
        let html = app.get(&format!("/c/awards/result?lang={language}")).text();
        for words in [hash, "Đơn vị a", "Đơn vị b", "50"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(html.contains(if language == "en" { "Prize second" } else { "Giải second" }), "{html}");
        for hidden in
            ["Đơn vị h1", "household", "family", "drawn by lot", "meeting of", "looked into", "<form", "user:"]
        {
            assert!(!html.contains(hidden), "{hidden}: {html}");
        }
    }
    let html = app.get(RESULT).text();
    let small = html.split("Đơn vị a</th>").nth(1).and_then(|rest| rest.split("</tr>").next()).expect("its row");
    assert!(
        small.contains("Prize first") && !small.chars().any(|c| c.is_ascii_digit()),
        "rank, level, award alone: {small}"
    );
    assert!(html.contains("are equal on all keys and share rank 2; rank 3 stays empty"), "{html}");
    let proof = app.get("/c/awards/result/1/proof");
    assert_eq!(proof.body, app.get(&format!("{API}/results/1/document")).body);
    let whole = council.get("/c/awards/result/1/proof");
    assert_eq!(whole.body, app.get_as_council(&format!("{API}/results/1/document")).body);
    assert_ne!(whole.body, proof.body);
    assert!(council.get(RESULT).text().contains("Đơn vị h1"), "who may sees them");
    let as_public = council.get(&format!("{RESULT}&audience=public")).text();
    assert!(!as_public.contains("Đơn vị h1") && as_public.contains("As it stands"), "{as_public}");
}

#[test]
fn a_further_issue_says_what_became_different() {
    let app = app();
    let council = somebody(&app, Role::Council);
    publish(&app, &council);
    let figure = json!({"community_f0": 5, "reason": "counted twice"});
    app.put(&format!("{API}/units/e/figures/2021-07-12"), &figure).ok();
    let page = council.get(RESULT);
    let html = page.text();
    let mut names: Vec<String> =
        html.split("name=\"aside-").skip(1).map(|r| format!("aside-{}", r.split('"').next().unwrap())).collect();
    names.dedup();
    let mut all: Vec<(&str, &str)> = vec![("reason", "after corrections")];
    all.extend(names.iter().map(|name| (name.as_str(), "seen")));
    let done = send(&app, &council, &page, &act("finalise"), &all);
    assert_eq!(done.status, 303, "{}", done.text());
    let html = council.get(RESULT).text();
    assert!(
        html.contains("What issue 2 changed from issue 1") && html.contains("The result was issued again"),
        "{html}"
    );
    let public = app.get(RESULT).text();
    assert!(public.contains("What issue 2 changed from issue 1") && !public.contains("after corrections"), "{public}");
}

#[test]
fn the_council_freezes_and_thaws_and_looks_as_the_public_does() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let page = council.get(RESULT);
    let wrong = send(&app, &council, &page, &act("freeze"), &[("from", "20/7"), ("reason", "the last days")]);
    let html = wrong.text();
    assert!(
        html.contains("value=\"20/7\"") && html.contains("the last days") && html.contains("role=\"alert\""),
        "{html}"
    );
    assert_eq!(send(&app, &council, &page, &act("freeze"), &[("reason", "the last days")]).status, 303);
    let page = council.get(&format!("{RESULT}&sent=frozen"));
    let html = page.text();
    assert!(html.contains("The public sees a frozen board") && html.contains("the last days"), "{html}");
    assert!(!council.get(&format!("{RESULT}&audience=public")).text().contains("the last days"));
    assert_eq!(send(&app, &council, &page, &act("thaw"), &[("reason", "over")]).status, 303);
    assert!(council.get(RESULT).text().contains("The public sees the campaign as it stands"));
}

#[test]
fn each_role_does_and_sees_what_is_its_own() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let committee = somebody(&app, Role::Committee);
    let auditor = somebody(&app, Role::Auditor);
    let reporter = somebody(&app, Role::Reporter);
    let admin = somebody(&app, Role::Admin);
    for browser in [&committee, &auditor] {
        let html = browser.get(RESULT).text();
        assert!(html.contains("Publish the result:") && html.contains("Prize second"), "{html}");
        assert!(!html.contains("method=\"post\""), "{html}");
    }
    for browser in [&reporter, &admin] {
        assert!(!browser.get(RESULT).text().contains("Publish the result:"));
    }
    for (path, allowed) in [
        ("/c/awards/log", vec!["auditor"]),
        ("/c/awards/setup", vec!["council", "admin"]),
        ("/c/awards/setup/units", vec!["council"]),
        ("/c/awards/setup/rules", vec!["council"]),
        ("/accounts", vec!["admin"]),
        ("/c/awards/files/leaderboard?format=csv", vec!["council", "committee", "auditor"]),
    ] {
        let all = [
            ("council", &council),
            ("committee", &committee),
            ("auditor", &auditor),
            ("reporter", &reporter),
            ("admin", &admin),
        ];
        for (name, browser) in all {
            let expected = if allowed.contains(&name) { 200 } else { 403 };
            assert_eq!(browser.get(path).status, expected, "{name} at {path}");
        }
        let nobody = app.get(path).status;
        assert!(nobody == 303 || nobody == 401, "{path}: {nobody}");
    }
    let token = hidden_fields(&committee.get("/me?lang=en").text());
    let token = token.iter().find(|(name, _)| name == "form").map(|(_, value)| value.as_str()).unwrap();
    for path in [
        "result/freeze",
        "result/thaw",
        "result/finalise",
        "result/revoke",
        "result/tie",
        "result/untie",
        "setup",
        "setup/units",
        "setup/rules",
    ] {
        let answer =
            form(&app, &format!("/c/awards/{path}"), Some(&committee.cookie), &[("form", token), ("reason", "x")]);
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    for path in ["/accounts", "/accounts/council/state", "/accounts/council/reset"] {
        assert_eq!(form(&app, path, Some(&committee.cookie), &[("form", token)]).status, 403, "{path}");
    }
    let nav = council.get(RESULT).text();
    assert!(nav.contains("/c/awards/setup?lang=en") && !nav.contains("/c/awards/log"), "{nav}");
    assert!(auditor.get(RESULT).text().contains("/c/awards/log?lang=en"));
}

#[test]
fn a_form_that_is_not_ours_writes_nothing() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let before = app.revision("awards");
    for path in [
        "/c/awards/result/freeze",
        "/c/awards/result/finalise",
        "/c/awards/setup",
        "/c/awards/setup/units",
        "/c/awards/setup/rules",
    ] {
        assert_eq!(form(&app, path, Some(&council.cookie), &[("reason", "x")]).status, 403, "{path}");
        let page = hidden_fields(&council.get(RESULT).text());
        let fields: Vec<(&str, &str)> =
            page.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain([("reason", "x")]).collect();
        let other = form_from(&app, path, Some(&council.cookie), &fields, &[("sec-fetch-site", "cross-site")]);
        assert_eq!(other.status, 403, "{path}");
    }
    assert_eq!(app.revision("awards"), before);
}

#[test]
fn files_come_with_the_cookie_as_with_the_token() {
    let app = app();
    let council = somebody(&app, Role::Council);
    publish(&app, &council);
    let html = council.get(RESULT).text().replace("&amp;", "&");
    let links: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.contains("/files/") && link.contains("issue=1"))
        .collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let file = council.get(link);
        assert_eq!(file.status, 200, "{link}: {}", file.text());
        assert!(file.header("content-disposition").unwrap().starts_with("attachment"), "{link}");
        let api = link.replace("/c/awards/files", &format!("{API}/exports"));
        assert!(file.body == app.get_as_council(&api).body, "{link} differs from {api}");
    }
}

#[test]
fn an_auditor_looks_through_the_log_and_checks_its_chain() {
    let app = app();
    let auditor = somebody(&app, Role::Auditor);
    for n in 1..=60 {
        let figure = json!({"community_f0": n, "reason": "<b>corrected</b>"});
        app.put(&format!("{API}/units/b/figures/2021-07-11"), &figure).ok();
    }
    let html = auditor.get("/c/awards/log?lang=en").text();
    assert!(html.contains("Last entry:") && html.contains("rel=\"next\"") && html.contains("figure"), "{html}");
    assert!(!html.contains("<b>corrected</b>"), "what people typed is text");
    let next = html
        .split("rel=\"next\" href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .replace("&amp;", "&");
    assert!(!auditor.get(&next).text().contains("rel=\"next\""), "the second page is the last");
    let action = app.send("GET", "/api/v1/audit?campaign=awards&limit=1", Some(&app_auditor(&app)), &[], None).ok();
    let (action, total) = (action["items"][0]["action"].as_str().unwrap().to_owned(), &action["total"]);
    assert!(total.as_i64().unwrap() >= 60);
    let found = auditor.get(&format!("/c/awards/log?lang=en&action={action}&day=2021-07-24&actor=&target=")).text();
    assert!(found.contains("60 entries"), "{found}");
    assert!(auditor.get("/c/awards/log?lang=en&day=2021-07-23").text().contains("0 entries"));
    assert!(auditor.get("/c/awards/log?lang=en&check=1").text().contains("the chain holds"));
    assert!(auditor.get("/c/awards/log?lang=vi&check=1").text().contains("liền mạch"));
    assert_eq!(auditor.get("/c/awards/log?day=x").status, 422);
}

fn app_auditor(app: &TestApp) -> String {
    crate::support::app::machine_token(&app.service, Role::Auditor, Scope::All)
}

#[test]
fn the_council_sets_a_campaign_up_on_forms() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let address = "/c/awards/setup?lang=en";
    let page = council.get(address);
    let stands = [
        ("window-from", "2021-07-09"),
        ("window-to", "2021-07-12"),
        ("baseline-from", "2021-07-07"),
        ("baseline-to", "2021-07-08"),
        ("day-closes", "12:00"),
        ("small-cells", "500"),
    ];
    for (name, value) in stands {
        assert!(page.text().contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {}", page.text());
    }
    let with = |more: &[(&'static str, &'static str)]| [&stands[..], more].concat();
    let before = app.revision("awards");
    for _ in 0..2 {
        let sent =
            send(&app, &council, &page, address, &with(&[("title-vi", "Vùng xanh"), ("title-en", "Green zone")]));
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    assert_eq!(app.revision("awards"), before + 1);
    assert_eq!(app.get(API).ok()["title"], json!({"vi": "Vùng xanh", "en": "Green zone"}));
    let old = hidden_fields(&page.text());
    let old: Vec<(&str, &str)> = old
        .iter()
        .filter(|(name, _)| name != "key")
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .chain(with(&[("title-vi", "Khác")]))
        .collect();
    let stale = form(&app, address, Some(&council.cookie), &old);
    assert!(
        stale.status == 200 && stale.text().contains("role=\"alert\"") && stale.text().contains("value=\"Khác\""),
        "{}",
        stale.text()
    );
    let page = council.get(address);
    let wrong = send(&app, &council, &page, address, &[("window-from", "9/7"), ("title-vi", "Tên")]);
    assert!(wrong.text().contains("window.from") && wrong.text().contains("value=\"9/7\""), "{}", wrong.text());
    assert_eq!(app.revision("awards"), before + 1);
    assert!(council.get("/c/awards/setup?lang=vi").text().contains("Ngày đầu thi đua"));
}

#[test]
fn units_are_registered_and_changed_on_a_form_and_the_register_has_pages() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let many: Vec<Value> =
        (10..70).map(|n| json!({"code": format!("w{n}"), "name": format!("Phường {n}"), "kind": "ward"})).collect();
    app.post(&format!("{API}/units"), &Value::Array(many)).ok();
    let address = "/c/awards/setup/units?lang=en";
    let page = council.get(address);
    assert!(page.text().contains("67 units") && page.text().contains("1 / 2"), "{}", page.text());
    assert!(council.get(&format!("{address}&page=2")).text().contains("2 / 2"));
    assert!(council.get(&format!("{address}&q=phuong+12&kind=ward")).text().contains("1 units"));
    let wrong = send(
        &app,
        &council,
        &page,
        address,
        &[("code", "n1"), ("name", "Phường mới"), ("kind", "ward"), ("population", "1.229")],
    );
    assert!(
        wrong.text().contains("population")
            && wrong.text().contains("value=\"1.229\"")
            && wrong.text().contains("Phường mới"),
        "{}",
        wrong.text()
    );
    let before = app.revision("awards");
    for _ in 0..2 {
        let sent = send(
            &app,
            &council,
            &page,
            address,
            &[("code", "n1"), ("name", "Phường mới"), ("kind", "ward"), ("population", "1229")],
        );
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    assert_eq!(app.revision("awards"), before + 1);
    let page = council.get(&format!("{address}&unit=n1"));
    assert!(page.text().contains("Change a unit") && page.text().contains("value=\"1229\""), "{}", page.text());
    let sent =
        send(&app, &council, &page, address, &[("name", "Phường khác"), ("kind", "ward"), ("population", "2000")]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let unit = app.get_as_council(&format!("{API}/units/n1")).ok();
    assert_eq!((&unit["name"], &unit["population"]), (&json!("Phường khác"), &json!(2000)));
    let taken =
        send(&app, &council, &council.get(address), address, &[("code", "n1"), ("name", "X"), ("kind", "ward")]);
    assert!(taken.status == 200 && taken.text().contains("role=\"alert\""), "{}", taken.text());
}

#[test]
fn rules_are_tried_before_they_are_changed() {
    let app = app();
    let council = somebody(&app, Role::Council);
    let address = "/c/awards/setup/rules?lang=en";
    let page = council.get(address);
    assert!(page.text().contains("case_reduction") && !page.text().contains("value=\"make\""), "{}", page.text());
    let broken = send(&app, &council, &page, address, &[("rules", "{\"scoring\": "), ("do", "try")]);
    assert!(broken.text().contains("expected JSON") && broken.text().contains("role=\"alert\""), "{}", broken.text());
    let rules = json!({"allowances": {"ward": 5}}).to_string();
    let rules = rules.as_str();
    let before = app.revision("awards");
    let tried = send(&app, &council, &page, address, &[("rules", rules), ("do", "try")]);
    let html = tried.text();
    assert!(tried.status == 200 && html.contains("What it would do") && html.contains("Đơn vị b"), "{html}");
    assert_eq!(app.revision("awards"), before, "a trial writes nothing");
    let vi = "/c/awards/setup/rules?lang=vi";
    assert!(
        send(&app, &council, &council.get(vi), vi, &[("rules", rules), ("do", "try")]).text().contains("Nếu áp dụng")
    );
    let silent = send(&app, &council, &tried, address, &[("rules", rules), ("do", "make")]);
    assert!(silent.status == 200 && silent.text().contains("reason: expected"), "{}", silent.text());
    for _ in 0..2 {
        let made =
            send(&app, &council, &tried, address, &[("rules", rules), ("do", "make"), ("reason", "small wards")]);
        assert_eq!(made.status, 303, "{}", made.text());
    }
    assert_eq!(app.revision("awards"), before + 1);
    assert!(council.get(address).text().contains("small wards"));
}

#[test]
fn an_administrator_makes_disables_and_resets_accounts() {
    let app = app();
    let admin = somebody(&app, Role::Admin);
    let address = "/accounts?lang=en";
    let page = admin.get(address);
    let fields = [
        ("username", "ward-01"),
        ("display_name", "Phường 01"),
        ("role", "reporter"),
        ("campaign", "awards"),
        ("unit", "b"),
    ];
    let wrong = send(
        &app,
        &admin,
        &page,
        address,
        &[("username", "Ward 01"), ("display_name", "Phường 01"), ("role", "reporter")],
    );
    assert!(
        wrong.status == 200 && wrong.text().contains("value=\"Ward 01\"") && wrong.text().contains("role=\"alert\""),
        "{}",
        wrong.text()
    );
    let made = send(&app, &admin, &page, address, &fields).text();
    let code = |html: &str| html.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned);
    let first = code(&made).expect("the code is shown");
    let again = send(&app, &admin, &page, address, &fields).text();
    assert!(again.contains("was shown already") && !again.contains(&first), "{again}");
    assert!(!admin.get(address).text().contains(&first), "and nowhere else");
    let chosen = [("username", "ward-01"), ("code", first.as_str()), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(form(&app, "/sign-in/code?lang=en", None, &chosen).status, 303);
    let ward = Browser::of(&app, "ward-01");
    assert_eq!(ward.get("/me?lang=en").status, 200);
    let page = admin.get(address);
    assert_eq!(send(&app, &admin, &page, "/accounts/ward-01/state?lang=en", &[]).status, 303);
    assert_eq!(ward.get("/me?lang=en").status, 303, "signed out at once");
    let html = admin.get(&format!("{address}&sent=disabled")).text();
    assert!(html.contains("The account is disabled") && html.contains("Make active"), "{html}");
    let reset = send(&app, &admin, &page, "/accounts/ward-01/reset?lang=en", &[]).text();
    assert!(code(&reset).is_some_and(|second| second != first), "{reset}");
    let own = send(&app, &admin, &page, "/accounts/admin/state?lang=en", &[]);
    assert!(own.status == 200 && own.text().contains("role=\"alert\""), "the last administrator stays: {}", own.text());
    assert!(admin.get("/accounts?lang=vi").text().contains("Tạo tài khoản"));
}
