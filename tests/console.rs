//! The council's pages: what is missing, what asks for an answer, what waits for a second
//! person, appeals, and files that are tried before they count.

use crate::api::{Q6, figure};
use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use greenzone::domain::account::{Role, Scope};
use serde_json::json;

const PAGES: &str = "/c/q6-2021";
const WARD: &str = "27382";

/// Who is there, and what they are.
const PEOPLE: [(&str, Role, Option<&str>); 6] = [
    ("chu-tich", Role::Council, None),
    ("thu-ky", Role::Council, None),
    ("phuong-07", Role::Reporter, Some(WARD)),
    ("khen-thuong", Role::Committee, None),
    ("kiem-tra", Role::Auditor, None),
    ("quan-tri", Role::Admin, None),
];

/// District 6 an hour after 12 July closed.
fn app() -> TestApp {
    let app = TestApp::at(TestDatabase::sqlite(), "2021-07-13T06:00:00Z").with_q6();
    for (name, role, unit) in PEOPLE {
        let campaign = "q6-2021".to_owned();
        let scope = match (unit, role) {
            (Some(unit), _) => Scope::Unit { campaign, unit: unit.to_owned() },
            (None, Role::Admin) => Scope::All,
            (None, _) => Scope::Campaign(campaign),
        };
        app.make_account(name, role, scope);
    }
    app
}

/// Who records figures or changes rules of closed days needs a second person.
fn with_approvals(app: &TestApp) {
    let now = app.get(Q6);
    let tag = now.header("etag").expect("a tag").to_owned();
    let mut document = now.json();
    document["reporting"] = json!({"late_figures": "approval", "corrections": "approval"});
    let token = app.sign_in("chu-tich");
    let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
    let changed = app.send("PUT", Q6, Some(&token), &headers, Some(document.to_string().as_bytes()));
    assert_eq!(changed.status, 200, "{}", changed.text());
}

/// A browser that somebody is signed in with.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

/// A form of a page: where it goes, and what stands in its hidden fields.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn of(app: &'a TestApp, username: &str) -> Self {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
        let body = format!("username={username}&password={}", greenzone::service::figures::escape(PASSWORD));
        let answer = app.send("POST", "/sign-in?lang=en", None, &headers, Some(body.as_bytes()));
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie");
        Self { app, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    fn get(&self, page: &str) -> Answer {
        self.app.send("GET", page, None, &[("cookie", &self.cookie), ("accept", "text/html")], None)
    }

    /// A page that is there.
    fn page(&self, page: &str) -> String {
        let answer = self.get(&format!("{PAGES}{page}"));
        assert_eq!(answer.status, 200, "{page}: {}", answer.text());
        answer.text()
    }

    fn send(&self, form: &Form, fields: &[(&str, &str)]) -> Answer {
        let escape = greenzone::service::figures::escape;
        let pairs = form.all(fields);
        let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
            ("cookie", self.cookie.as_str()),
        ];
        self.app.send("POST", &form.action, None, &headers, Some(body.join("&").as_bytes()))
    }

    /// Sends a form with a file, as browsers do.
    fn send_file(&self, form: &Form, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in form.all(fields) {
            let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some((name, bytes)) = file {
            let head = format!(
                "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let headers = [
            ("content-type", "multipart/form-data; boundary=edge"),
            ("accept", "text/html"),
            ("cookie", self.cookie.as_str()),
        ];
        self.app.send("POST", &form.action, None, &headers, Some(&body))
    }
}

impl Form {
    /// The first form of a page whose text holds some words.
    fn of(html: &str, words: &str) -> Self {
        let forms = html.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap_or_default());
        let form = forms.into_iter().find(|form| form.contains(words)).unwrap_or_else(|| panic!("{words}: {html}"));
        let attribute = |text: &str, name: &str| {
            let after = text.split(&format!("{name}=\"")).nth(1)?;
            after.split('"').next().map(|value| value.replace("&amp;", "&"))
        };
        let inputs = form.split("<input ").skip(1).filter(|input| input.starts_with("type=\"hidden\""));
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
        Self { action: attribute(form, "action").expect("an action"), fields: fields.collect() }
    }

    fn all(&self, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.fields.iter().cloned().chain(own).collect()
    }
}

fn follow(browser: &Browser<'_>, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let page = browser.get(answer.header("location").expect("where to"));
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

fn assert_all(html: &str, words: &[&str]) {
    for words in words {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn the_console_shows_what_is_missing_and_what_is_to_be_done() {
    let app = app();
    let council = Browser::of(&app, "chu-tich");
    let html = council.page("/console?lang=vi");
    assert_all(
        &html,
        &["<h1>Điều hành: Thứ Ba 13/7", "Đủ số liệu chưa", "Phường 10", "thiếu", "đang chờ", "chưa đến hạn"],
    );
    let (worst, next) = (html.find(">Phường 10<").expect("ward 10"), html.find(">Phường 01<").expect("ward 01"));
    assert!(worst < next, "the worst row comes first");
    let html = council.page("/console?lang=en");
    assert_all(&html, &["<h1>Console: Tuesday 13 Jul", "Reported today", "0/14", "Remind 14 units", "Open flags"]);
    assert_eq!(html.matches("<h1").count(), 1);
    assert!(!html.contains("style=") && html.matches("<script").count() == 1, "{html}");
    app.put(&figure(WARD, "2021-07-13"), &json!({"community_f0": 7})).ok();
    assert_all(&council.page("/console?lang=en"), &["1/14", "Remind 13 units", "<td class=\"o n\">7"]);
    // whoever has no such right is told so, and a stranger where to sign in
    for name in ["phuong-07", "quan-tri"] {
        assert_eq!(Browser::of(&app, name).get(&format!("{PAGES}/console")).status, 403, "{name}");
    }
    for name in ["khen-thuong", "kiem-tra"] {
        let html = Browser::of(&app, name).page("/console?lang=en");
        assert!(html.contains("Is everything there?") && !html.contains("/console/close"), "{name}: {html}");
    }
    let stranger = app.send("GET", &format!("{PAGES}/console?lang=en"), None, &[("accept", "text/html")], None);
    assert_eq!(stranger.status, 303);
    assert!(stranger.header("location").is_some_and(|to| to.starts_with("/sign-in?lang=en&next=")));
}

#[test]
fn a_day_is_closed_once_with_a_reason_and_only_by_the_council() {
    let app = app();
    // 12 July is over and closes at noon of the 13th
    app.set_clock("2021-07-13T01:00:00Z");
    let council = Browser::of(&app, "chu-tich");
    let html = council.page("/console?lang=en");
    let form = Form::of(&html, "Close this day");
    let unsaid = council.send(&form, &[("reason", " ")]);
    assert_eq!(unsaid.status, 200);
    assert_all(&unsaid.text(), &["role=\"alert\"", "expected a reason"]);
    let stolen = Form {
        action: form.action.clone(),
        fields: form.fields.iter().filter(|(name, _)| name != "form").cloned().collect(),
    };
    assert_eq!(council.send(&stolen, &[("reason", "all are here")]).status, 403);
    assert_eq!(Browser::of(&app, "kiem-tra").send(&form, &[("reason", "all are here")]).status, 403);
    for _ in 0..2 {
        let html = follow(&council, &council.send(&form, &[("reason", "all are here")]));
        assert!(html.contains("The day is closed.") && !html.contains("Close this day"), "{html}");
    }
    let fresh = Form {
        action: form.action,
        fields: form
            .fields
            .into_iter()
            .map(|(n, v)| if n == "key" { (n, "another".to_owned()) } else { (n, v) })
            .collect(),
    };
    let again = council.send(&fresh, &[("reason", "all are here")]);
    assert_all(&again.text(), &["role=\"alert\"", "closed for reporting already"]);
}

#[test]
fn a_flag_is_explained_by_the_ward_and_closed_by_the_council() {
    let app = app();
    let token = app.sign_in("phuong-07");
    let body = json!({"community_f0": 505, "reason": "mass testing of the market"}).to_string();
    let json = [("content-type", "application/json")];
    let put = app.send("PUT", &figure(WARD, "2021-07-13"), Some(&token), &json, Some(body.as_bytes()));
    assert!(put.status < 300, "{}", put.text());
    let ward = Browser::of(&app, "phuong-07");
    let html = ward.page("/console/flags?lang=en");
    assert!(html.contains("Phường 07") && !html.contains("Phường 04"), "only its own: {html}");
    let sent = ward
        .send(&Form::of(&html, "Send the explanation"), &[("verdict", "as_reported"), ("answer", "Market, 505 found")]);
    assert_all(&follow(&ward, &sent), &["Explained;", "Market, 505 found"]);
    let council = Browser::of(&app, "chu-tich");
    let html = council.page("/console/flags?lang=vi");
    assert_all(&html, &["Cảnh báo về số liệu", "Market, 505 found", "Trả lời và đóng"]);
    let of_ward = html.split("<section").find(|part| part.contains("Market, 505 found")).expect("the flag");
    let form = Form::of(of_ward, "Trả lời và đóng");
    let empty = council.send(&form, &[("verdict", "corrected"), ("answer", "")]).text();
    assert!(empty.contains("role=\"alert\"") && empty.contains("value=\"corrected\" selected"), "{empty}");
    let before = app.revision("q6-2021");
    for _ in 0..2 {
        let sent = council.send(&form, &[("verdict", "as_reported"), ("answer", "Checked by telephone")]);
        assert!(follow(&council, &sent).contains("cảnh báo đã đóng"));
    }
    assert_eq!(app.revision("q6-2021"), before + 1, "sent twice, answered once");
    let closed = council.page("/console/flags?state=closed&lang=en");
    assert!(closed.contains("Checked by telephone") && closed.contains("?state=closed&amp;lang=vi\" lang=\"vi\""));
    let back =
        Form::of(closed.split("<section").find(|part| part.contains("by telephone")).expect("it"), "Open it again");
    assert!(council.send(&back, &[("reason", "")]).text().contains("role=\"alert\""));
    let html = follow(&council, &council.send(&back, &[("reason", "The wrong ward was called")]));
    assert_all(&html, &["The flag is open again.", "Reopened: The wrong ward was called"]);
    let committee = Browser::of(&app, "khen-thuong");
    assert!(!committee.page("/console/flags?lang=en").contains("name=\"answer\""));
    assert_eq!(committee.send(&form, &[("verdict", "as_reported"), ("answer", "x")]).status, 403);
    assert_eq!(Browser::of(&app, "quan-tri").get(&format!("{PAGES}/console/flags")).status, 403);
}

#[test]
fn a_day_is_excused_and_a_figure_taken_back_where_all_that_was_said_of_it_stands() {
    let app = app();
    let council = Browser::of(&app, "chu-tich");
    let page = "/console/day?unit=27385&date=2021-07-11&lang=en";
    let console = council.page("/console?lang=en");
    assert!(console.contains(&format!("href=\"{PAGES}{}\"", page.replace('&', "&amp;"))), "the grid leads there");
    let html = council.page(page);
    assert_all(&html, &["Phường 10, 11 July 2021", "No figure, no excuse."]);
    let form = Form::of(&html, "value=\"excuse\"");
    assert_all(&council.send(&form, &[("reason", " ")]).text(), &["role=\"alert\"", "No figure, no excuse."]);
    let html = follow(&council, &council.send(&form, &[("reason", "The station burned down")]));
    assert_all(&html, &["The day is excused.", "The station burned down"]);
    let excuses = app.get_as_council(&format!("{Q6}/excuses")).ok();
    assert_eq!(excuses["items"][0]["unit_code"], "27385");
    let html = follow(&council, &council.send(&Form::of(&html, "value=\"due\""), &[("reason", "It did not")]));
    assert_all(&html, &["The excuse is taken back.", "No figure, no excuse."]);

    let page = format!("/console/day?unit={WARD}&date=2021-07-12&lang=en");
    let html = council.page(&page);
    assert_all(&html, &["<b>1 F0</b>", "Everything that was recorded for the day"]);
    let form = Form::of(&html, "value=\"take_back\"");
    let committee = Browser::of(&app, "khen-thuong");
    assert!(!committee.page(&page).contains("name=\"reason\""));
    assert_eq!(committee.send(&form, &[("reason", "x")]).status, 403);
    let html = follow(&council, &council.send(&form, &[("reason", "Of another ward")]));
    assert_all(&html, &["The figure is taken back.", "No figure, no excuse.", "taken back at", "Of another ward"]);
    app.get(&figure(WARD, "2021-07-12")).refused(404, "figure_not_found");
    // who reports may take the own figure back, but this page is not theirs: nothing of it is told
    let ward = Browser::of(&app, "phuong-07");
    assert_eq!(ward.get(&format!("{PAGES}{page}")).status, 403);
    let own = Form::of(&ward.page("/appeals?lang=en"), "name=\"text\"");
    let fields: Vec<_> = own.fields.into_iter().filter(|(name, _)| name == "form").collect();
    let forged = Form { action: form.action.clone(), fields };
    let asked = [("unit", WARD), ("date", "2021-07-12"), ("act", "take_back"), ("reason", "")];
    assert_eq!(ward.send(&forged, &asked).status, 403);
    let unknown = council.get(&format!("{PAGES}/console/day?unit=99999&date=2021-07-12"));
    assert_eq!(unknown.status, 404, "{}", unknown.text());
}

#[test]
fn a_figure_that_is_taken_back_after_its_day_waits_where_the_campaign_says_so() {
    let app = app();
    with_approvals(&app);
    let council = Browser::of(&app, "chu-tich");
    let html = council.page(&format!("/console/day?unit={WARD}&date=2021-07-12&lang=vi"));
    let form = Form::of(&html, "value=\"take_back\"");
    let html = follow(&council, &council.send(&form, &[("reason", "Của phường khác")]));
    assert_all(&html, &["một người khác của Hội đồng duyệt", "Có đề nghị chờ duyệt", "<b>1 F0</b>"]);
}

#[test]
fn what_waits_is_approved_by_another_who_has_seen_its_effect() {
    let app = app();
    with_approvals(&app);
    let token = app.sign_in("chu-tich");
    let headers = [("content-type", "application/json")];
    let body = json!({"community_f0": 0, "reason": "counted twice"}).to_string();
    let asked = app.send("PUT", &figure(WARD, "2021-07-12"), Some(&token), &headers, Some(body.as_bytes()));
    assert_eq!(asked.status, 202, "{}", asked.text());
    let (own, other) = (Browser::of(&app, "chu-tich"), Browser::of(&app, "thu-ky"));
    let html = own.page("/console/approvals/1?lang=en");
    assert_all(&html, &["If it is approved", "You asked for this yourself", "“counted twice”"]);
    assert!(!html.contains("value=\"approve\""), "{html}");
    let html = other.page("/console/approvals?state=pending&lang=vi");
    assert_all(&html, &["Chờ người khác duyệt", "Số liệu: ", "đang chờ"]);
    let html = other.page("/console/approvals/1?lang=en");
    assert_all(&html, &["On the boards at the end of 12 July 2021", "→ <b>0</b>", "value=\"approve\""]);
    let form = Form::of(&html, "value=\"approve\"");
    let unsaid = other.send(&form, &[("reason", ""), ("verdict", "reject")]).text();
    assert_all(&unsaid, &["role=\"alert\"", "refusing needs a reason"]);
    assert_eq!(own.send(&form, &[("verdict", "approve")]).status, 403, "the token is another session's");
    for _ in 0..2 {
        let html = follow(&other, &other.send(&form, &[("reason", ""), ("verdict", "approve")]));
        assert!(html.contains("Approved.") && !html.contains("value=\"approve\""), "{html}");
    }
    assert_eq!(app.get_as_council(&figure(WARD, "2021-07-12")).json()["community_f0"], 0);
    // what it was asked against has changed
    let body = json!({"community_f0": 1, "reason": "one more"}).to_string();
    let asked = app.send("PUT", &figure(WARD, "2021-07-12"), Some(&token), &headers, Some(body.as_bytes()));
    assert_eq!(asked.status, 202, "{}", asked.text());
    let form = Form::of(&other.page("/console/approvals/2?lang=en"), "value=\"approve\"");
    let refused = other.send(&form, &[("reason", "no such case"), ("verdict", "reject")]);
    assert!(follow(&other, &refused).contains("no such case"));
    // who asked thinks better of it
    let asked = app.send("PUT", &figure(WARD, "2021-07-12"), Some(&token), &headers, Some(body.as_bytes()));
    assert_eq!(asked.status, 202, "{}", asked.text());
    assert!(!other.page("/console/approvals/3?lang=en").contains("value=\"withdraw\""));
    let form = Form::of(&own.page("/console/approvals/3?lang=en"), "value=\"withdraw\"");
    let html = follow(&own, &own.send(&form, &[("reason", "It was right")]));
    assert_all(&html, &["The request is taken back.", "It was right"]);
    let auditor = Browser::of(&app, "kiem-tra");
    assert!(!auditor.page("/console/approvals/1?lang=en").contains("name=\"verdict\""));
    let committee = Browser::of(&app, "khen-thuong");
    assert_eq!(committee.get(&format!("{PAGES}/console/approvals/1")).status, 404);
}

#[test]
fn a_ward_appeals_and_the_council_answers() {
    let app = app();
    let ward = Browser::of(&app, "phuong-07");
    let html = ward.page("/appeals?lang=vi");
    assert_all(&html, &["<h1>Khiếu nại", "value=\"27382\"", "Gửi khiếu nại"]);
    let form = Form::of(&html, "Gửi khiếu nại");
    let empty = ward.send(&form, &[("unit", WARD), ("what", "rank"), ("date", "2021-07-12"), ("text", " ")]).text();
    assert!(empty.contains("role=\"alert\"") && empty.contains("value=\"2021-07-12\""), "{empty}");
    let fields = [("unit", WARD), ("what", "rank"), ("date", ""), ("text", "Our rank is not right.")];
    for _ in 0..2 {
        let html = follow(&ward, &ward.send(&form, &fields));
        assert_all(&html, &["Đã nhận khiếu nại.", "Our rank is not right."]);
        assert!(!html.contains("name=\"answer\""), "who reports answers no appeal");
    }
    assert_eq!(ward.get(&format!("{PAGES}/appeals/2")).status, 404, "sent twice, lodged once");
    let other = [("unit", "27379"), ("what", ""), ("date", ""), ("text", "Theirs is not right either.")];
    assert_eq!(ward.send(&Form::of(&ward.page("/appeals?lang=vi"), "Gửi khiếu nại"), &other).status, 403);
    let council = Browser::of(&app, "chu-tich");
    assert!(council.page("/console?lang=en").contains("appeals without an answer"));
    let html = council.page("/appeals/1?lang=en");
    assert_all(&html, &["What has moved since", "Our rank is not right."]);
    let sent = council.send(
        &Form::of(&html, "name=\"answer\""),
        &[("answer", "It is right."), ("corrections", ""), ("state", "rejected")],
    );
    assert_all(&follow(&council, &sent), &["Answered.", "Rejected", "It is right."]);
    let html = ward.page("/appeals/1?lang=en");
    assert!(html.contains("It is right.") && !html.contains("value=\"withdrawn\""), "what was answered stays");
    let lodged = ward.send(&Form::of(&ward.page("/appeals?lang=vi"), "Gửi khiếu nại"), &fields);
    let form = Form::of(&follow(&ward, &lodged), "value=\"withdrawn\"");
    let html = follow(&ward, &ward.send(&form, &[("reason", "Tổ đã xem lại")]));
    assert_all(&html, &["Đã rút khiếu nại.", "Tổ đã xem lại"]);
    assert_eq!(Browser::of(&app, "quan-tri").get(&format!("{PAGES}/appeals")).status, 403);
}

#[test]
fn a_file_is_tried_before_it_counts_and_is_undone() {
    let app = app();
    let council = Browser::of(&app, "chu-tich");
    let form = Form::of(&council.page("/files?lang=en"), "name=\"file\"");
    let file = "Đơn vị;Ngày;F0 cộng đồng\nPhường 07;13/07/2021;3\nPhường 06;13/07/2021;0\n".as_bytes();
    let before = app.revision("q6-2021");
    let tried = council.send_file(&form, &[("what", "figures")], Some(("bao-cao.csv", file)));
    assert_eq!(tried.status, 200, "{}", tried.text());
    let html = tried.text();
    assert_all(
        &html,
        &[
            "Trial of bao-cao.csv",
            "How the file was read",
            "semicolon",
            "day/month/year",
            "Phường 07 → <b>27382</b>",
            "Record this very file",
        ],
    );
    assert_eq!(app.revision("q6-2021"), before, "a trial records nothing");
    let confirm = Form::of(&html, "name=\"tried\"");
    // other bytes than those that were tried do not count
    let swapped: Vec<(String, String)> = confirm.fields.iter().filter(|(name, _)| name != "content").cloned().collect();
    let swapped = Form { action: confirm.action.clone(), fields: swapped };
    let another = council.send_file(
        &swapped,
        &[("reason", "")],
        Some(("x.csv", b"unit_code,date,community_f0\n27382,2021-07-13,9\n")),
    );
    assert_all(&another.text(), &["role=\"alert\"", "not the file that was tried"]);
    assert_eq!(app.revision("q6-2021"), before);
    for _ in 0..2 {
        let html = follow(&council, &council.send_file(&confirm, &[("reason", "")], None));
        assert_all(&html, &["The file was recorded.", "2 new, 0 changed"]);
    }
    let seven = |app: &TestApp| app.get_as_council(&figure(WARD, "2021-07-13"));
    assert_eq!(seven(&app).json()["community_f0"], 3);
    let html = council.page("/files?lang=vi");
    let undo = Form::of(&html, "files/undo");
    assert!(council.send(&undo, &[("reason", "")]).text().contains("role=\"alert\""));
    assert!(follow(&council, &council.send(&undo, &[("reason", "nhầm tệp")])).contains("nhầm tệp"));
    assert_eq!(seven(&app).status, 404);
}

#[test]
fn a_wrong_file_is_told_by_its_lines_and_a_form_without_its_token_is_refused() {
    let app = app();
    let ward = Browser::of(&app, "phuong-07");
    let html = ward.page("/files?lang=vi");
    assert!(!html.contains("value=\"units\"") && !html.contains("files/undo"), "not a ward's: {html}");
    let form = Form::of(&html, "name=\"file\"");
    let wrong = "unit_code,date,community_f0\n27382,2021-07-13,three\n27382,2021-07-12,-4\n";
    let told = ward.send_file(&form, &[], Some(("bao-cao.csv", wrong.as_bytes()))).text();
    assert_all(&told, &["role=\"alert\"", "Dòng 2", "Dòng 3", "three"]);
    assert_all(&ward.send_file(&form, &[], None).text(), &["role=\"alert\"", "choose a file"]);
    let fields = form.fields.iter().filter(|(name, _)| name != "form").cloned().collect();
    let stolen = Form { action: form.action.clone(), fields };
    let good = b"unit_code,date,community_f0\n27382,2021-07-13,3\n";
    assert_eq!(ward.send_file(&stolen, &[], Some(("x.csv", good))).status, 403);
    for name in ["khen-thuong", "kiem-tra", "quan-tri"] {
        assert_eq!(Browser::of(&app, name).get(&format!("{PAGES}/files")).status, 403, "{name}");
    }
    // another ward's figures are not a ward's to send
    let theirs = b"unit_code,date,community_f0\n27379,2021-07-13,3\n";
    let answer = ward.send_file(&form, &[], Some(("x.csv", theirs)));
    assert!(answer.status == 403 || answer.text().contains("role=\"alert\""), "{}", answer.text());
    let units = "code,name,kind\n99999,Phường mới,ward\n";
    let council = Browser::of(&app, "chu-tich");
    let form = Form::of(&council.page("/files?lang=en"), "name=\"file\"");
    let told = council.send_file(&form, &[("what", "units")], Some(("units.csv", units.as_bytes()))).text();
    assert!(told.contains("Trial of units.csv") || told.contains("role=\"alert\""), "{told}");
}
