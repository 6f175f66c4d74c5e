//! The pages that people sign in to and enter figures on: plain forms, the rights of the API,
//! and nothing that another site could have a browser send.

use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};

/// The open afternoon of 13 July 2021 in Ho Chi Minh City.
const AFTERNOON: &str = "2021-07-13T07:00:00Z";
const ENTER: &str = "/c/q6-2021/enter?lang=en";

fn app() -> TestApp {
    let app = TestApp::at(TestDatabase::sqlite(), "2021-07-13T06:00:00Z").with_q6();
    app.set_clock(AFTERNOON);
    app
}

fn ward(app: &TestApp) -> Browser<'_> {
    let scope = Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() };
    app.make_account("ward-07", Role::Reporter, scope);
    Browser::of(app, "ward-07")
}

/// A browser that keeps one cookie.
pub struct Browser<'a> {
    app: &'a TestApp,
    pub cookie: String,
}

impl<'a> Browser<'a> {
    pub fn of(app: &'a TestApp, username: &str) -> Self {
        let answer = form(app, "/sign-in?lang=en", None, &[("username", username), ("password", PASSWORD)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        for part in ["__Host-greenzone=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        Self { app, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.app.send("GET", path, None, &[("cookie", &self.cookie)], None)
    }

    /// Sends the form of a page with some fields filled in.
    fn send(&self, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
        let html = page.text();
        let hidden = hidden_fields(&html);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        form(self.app, path, Some(&self.cookie), &all)
    }
}

pub fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let inputs = html.split("<input ").skip(1).filter(|input| input.starts_with("type=\"hidden\""));
    let attribute = |input: &str, name: &str| {
        let after = input.split(&format!("{name}=\"")).nth(1)?;
        after.split('"').next().map(str::to_owned)
    };
    inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}

pub fn form(app: &TestApp, path: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    form_from(app, path, cookie, fields, &[])
}

pub fn form_from(
    app: &TestApp,
    path: &str,
    cookie: Option<&str>,
    fields: &[(&str, &str)],
    more: &[(&str, &str)],
) -> Answer {
    let escape = greenzone::service::figures::escape;
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    headers.extend(cookie.map(|cookie| ("cookie", cookie)));
    headers.extend(more);
    app.send("POST", path, None, &headers, Some(pairs.join("&").as_bytes()))
}

fn figure(app: &TestApp, date: &str) -> Option<u64> {
    let answer = app.get_as_council(&format!("/api/v1/campaigns/q6-2021/units/27382/figures/{date}"));
    (answer.status == 200).then(|| answer.json()["community_f0"].as_u64().expect("a count"))
}

#[test]
fn somebody_signs_in_enters_a_figure_and_signs_out() {
    let app = app();
    let browser = ward(&app);
    let page = browser.get(ENTER);
    let html = page.text();
    for words in ["Phường 07", "Tuesday 13 Jul: how many community F0 today?", "12:00, 14 July 2021", "not reported"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(figure(&app, "2021-07-13"), None);
    let sent = browser.send(&page, ENTER, &[("community_f0", "3")]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(figure(&app, "2021-07-13"), Some(3));
    let receipt = browser.get(sent.header("location").expect("where to")).text();
    assert!(receipt.contains("Recorded 3 for 13 Jul") && receipt.contains("14:00, 13 July 2021"), "{receipt}");
    let me = browser.get("/me?lang=en");
    assert!(me.text().contains("Reporter") && me.text().contains("/c/q6-2021/enter"), "{}", me.text());
    let out = browser.send(&me, "/sign-out", &[]);
    assert_eq!((out.status, out.header("location")), (303, Some("/")));
    assert_eq!(browser.get(ENTER).status, 303, "the cookie is worth nothing any more");
}

#[test]
fn a_form_that_is_sent_twice_writes_once_and_zero_is_not_empty() {
    let app = app();
    let browser = ward(&app);
    let page = browser.get(ENTER);
    let before = app.revision("q6-2021");
    for _ in 0..2 {
        assert_eq!(browser.send(&page, ENTER, &[("zero", "1")]).status, 303);
    }
    assert_eq!((figure(&app, "2021-07-13"), app.revision("q6-2021")), (Some(0), before + 1));
    let gone_back = browser.send(&page, ENTER, &[("community_f0", "4")]).text();
    assert!(gone_back.contains("Meanwhile 0 was recorded for this day"), "{gone_back}");
    let page = browser.get(&format!("{ENTER}&day=2021-07-11"));
    let empty = browser.send(&page, ENTER, &[("community_f0", " ")]).text();
    assert!(empty.contains("Type the number"), "{empty}");
    for (typed, words) in [("3,5", "digits only"), ("-1", "digits only"), ("1.229", "digits only")] {
        let answer = browser.send(&page, ENTER, &[("community_f0", typed)]).text();
        assert!(answer.contains(words) && answer.contains(&format!("value=\"{typed}\"")), "{typed}: {answer}");
    }
    let part = browser.send(&page, ENTER, &[("community_f0", "1"), ("unknown_source_f0", "2")]).text();
    assert!(part.contains("cannot be more than community F0"), "{part}");
    let long = "x".repeat(501);
    let noted = browser.send(&page, ENTER, &[("community_f0", "1"), ("note", long.as_str())]).text();
    assert!(noted.contains("too long"), "{noted}");
    assert_eq!(app.revision("q6-2021"), before + 1, "nothing else was written");
}

#[test]
fn an_unusual_figure_asks_for_a_reason_and_keeps_what_was_typed() {
    let app = app();
    let browser = ward(&app);
    let page = browser.get(ENTER);
    let asked = browser.send(&page, ENTER, &[("community_f0", "505")]);
    let html = asked.text();
    assert!(asked.status == 200 && html.contains("505 is far above every day before"), "{html}");
    assert!(html.contains("value=\"505\"") && html.contains("name=\"reason\""), "{html}");
    assert_eq!(figure(&app, "2021-07-13"), None);
    let sent = browser.send(&asked, ENTER, &[("community_f0", "505"), ("reason", "mass testing of the market")]);
    assert_eq!((sent.status, figure(&app, "2021-07-13")), (303, Some(505)), "{}", sent.text());
}

#[test]
fn nobody_writes_over_what_somebody_else_sent_without_seeing_it() {
    let app = app();
    let browser = ward(&app);
    let page = browser.get(ENTER);
    let path = "/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-13";
    assert_eq!(app.put(path, &serde_json::json!({ "community_f0": 2 })).status, 201);
    let conflict = browser.send(&page, ENTER, &[("community_f0", "1")]);
    let html = conflict.text();
    assert!(html.contains("Meanwhile 2 was recorded for this day") && html.contains("You typed 1"), "{html}");
    assert_eq!(figure(&app, "2021-07-13"), Some(2));
    let sent = browser.send(&conflict, ENTER, &[("community_f0", "1"), ("reason", "one was counted twice")]);
    assert_eq!((sent.status, figure(&app, "2021-07-13")), (303, Some(1)), "{}", sent.text());
}

#[test]
fn a_page_session_has_the_rights_of_the_api_and_no_more() {
    let app = app();
    let browser = ward(&app);
    let elsewhere = browser.get("/c/q6-2021/enter?unit=27379&lang=en");
    let sent = browser.send(&elsewhere, ENTER, &[("community_f0", "1")]);
    assert_eq!(sent.status, 403, "{}", sent.text());
    app.make_account("judge", Role::Committee, Scope::All);
    assert_eq!(Browser::of(&app, "judge").get(ENTER).status, 403);
    // the API takes no cookie, so no other site can have a browser write there
    let path = "/api/v1/campaigns/q6-2021/units/27382/figures/2021-07-13";
    let body = serde_json::json!({ "community_f0": 2 }).to_string();
    let headers = [("cookie", browser.cookie.as_str()), ("content-type", "application/json")];
    assert_eq!(app.send("PUT", path, None, &headers, Some(body.as_bytes())).status, 401);
    assert_eq!(browser.get(ENTER).header("cache-control"), Some("private, no-store"), "a form is of one session");
    let page = browser.get("/c/q6-2021");
    assert_eq!(page.header("cache-control"), Some("private, no-cache"));
    assert!(page.header("vary").is_some_and(|vary| vary.contains("Cookie")));
    assert!(page.text().contains("ward-07") && !app.get("/c/q6-2021").text().contains("ward-07"));
}

#[test]
fn a_form_of_another_site_or_session_is_refused() {
    let app = app();
    let browser = ward(&app);
    let page = browser.get(ENTER);
    let fields = hidden_fields(&page.text());
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("community_f0", "3"));
    for from in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        assert_eq!(form_from(&app, ENTER, Some(&browser.cookie), &fields, &[from]).status, 403, "{from:?}");
    }
    let without: Vec<(&str, &str)> = fields.iter().copied().filter(|(name, _)| *name != "form").collect();
    assert_eq!(form(&app, ENTER, Some(&browser.cookie), &without).status, 403);
    app.make_account("other", Role::Reporter, Scope::Campaign("q6-2021".into()));
    let other = Browser::of(&app, "other");
    assert_eq!(form(&app, ENTER, Some(&other.cookie), &fields).status, 403, "the token of another session");
    assert_eq!(figure(&app, "2021-07-13"), None);
    let from_here = [("sec-fetch-site", "same-origin")];
    assert_eq!(form_from(&app, ENTER, Some(&browser.cookie), &fields, &from_here).status, 303);
    // whoever is signed in can sign in anew
    let names = [("username", "ward-07"), ("password", PASSWORD)];
    assert_eq!(form(&app, "/sign-in", Some(&browser.cookie), &names).status, 403, "without the token");
    assert_eq!(browser.send(&browser.get("/sign-in"), "/sign-in", &names).status, 303);
}

#[test]
fn a_wrong_password_says_so_in_the_readers_language_and_leads_nowhere_else() {
    let app = app();
    app.make_account("ward-07", Role::Reporter, Scope::Campaign("q6-2021".into()));
    let wrong = form(&app, "/sign-in?lang=vi", None, &[("username", "ward-07"), ("password", "not this one, no")]);
    assert!(wrong.status == 200 && wrong.header("set-cookie").is_none());
    assert!(wrong.text().contains("không khớp") && wrong.text().contains("value=\"ward-07\""), "{}", wrong.text());
    let fields = [("username", "ward-07"), ("password", PASSWORD), ("next", "//evil.example/")];
    let answer = form(&app, "/sign-in", None, &fields);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/me?lang=vi")));
    let html = app.get("/sign-in?next=%2F%2Fevil.example").text();
    assert!(!html.contains("evil"), "{html}");
}

#[test]
fn who_may_report_for_many_chooses_one_by_name() {
    let app = app();
    app.make_account("council", Role::Council, Scope::All);
    let browser = Browser::of(&app, "council");
    let html = browser.get(ENTER).text();
    assert!(html.contains("Which unit do you report for?") && html.contains("unit=27382"), "{html}");
    let found = browser.get("/c/q6-2021/enter?q=phuong%207&lang=en").text();
    assert!(found.contains("Phường 07") && !found.contains("Phường 08"), "{found}");
    assert!(browser.get("/c/q6-2021/enter?q=nowhere&lang=en").text().contains("No unit matches"));
}

#[test]
fn a_first_password_is_chosen_with_a_code() {
    let app = app();
    app.make_account("root", Role::Admin, Scope::All);
    let token = app.sign_in("root");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let new = serde_json::json!({ "username": "ward-11", "display_name": "Phường 11", "role": "reporter", "campaign": "q6-2021", "unit": "27370" });
    let made = app.send("POST", "/api/v1/users", None, &headers, Some(new.to_string().as_bytes()));
    assert_eq!(made.status, 201, "{}", made.text());
    let code = made.json()["reset_code"].as_str().expect("a code").to_owned();
    let chosen = "một mật khẩu đủ dài";
    let mut fields =
        vec![("username", "ward-11"), ("code", code.as_str()), ("password", chosen), ("again", "another one entirely")];
    let page = form(&app, "/sign-in/code?lang=en", None, &fields).text();
    assert!(page.contains("typed twice the same"), "{page}");
    fields[3].1 = chosen;
    assert_eq!(form(&app, "/sign-in/code?lang=en", None, &fields).status, 303);
    let signed_in = form(&app, "/sign-in", None, &[("username", "ward-11"), ("password", chosen)]);
    assert_eq!(signed_in.status, 303, "{}", signed_in.text());
    let again = form(&app, "/sign-in/code?lang=en", None, &fields).text();
    assert!(again.contains("not right, or no longer"), "{again}");
}

#[test]
fn the_form_says_where_its_script_keeps_what_was_typed_and_what_it_says_of_the_line() {
    let app = app();
    let ward = ward(&app);
    let form = ward.get(&format!("{ENTER}&unit=27382&day=2021-07-13")).text();
    assert!(form.contains("data-keep=\"q6-2021 27382 2021-07-13\""), "{form}");
    assert!(form.contains("class=\"net\" role=\"status\"") && form.contains("data-offline=\"Offline."), "{form}");
    let vi = ward.get("/c/q6-2021/enter?lang=vi&unit=27382&day=2021-07-13").text();
    assert!(vi.contains("data-offline=\"Mất mạng. Số được giữ trên máy này và tự gửi khi có mạng.\""), "{vi}");
}
