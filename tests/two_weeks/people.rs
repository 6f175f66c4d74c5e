//! Quận Sen, its people, and what they do: the words that the diary is written in.

use crate::support::app::{Answer, PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use crate::webhooks::Receiver;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::audit::HeadView;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

pub const SEN: &str = "/api/v1/campaigns/sen";

/// Awards committee, secretary, auditor; a reporter for each ward; the health centre of the district.
const PEOPLE: [(&str, &str, Option<&str>); 9] = [
    ("hoi-dong", "committee", None),
    ("thu-ky", "council", None),
    ("kiem-tra", "auditor", None),
    ("phuong-1", "reporter", Some("w1")),
    ("phuong-2", "reporter", Some("w2")),
    ("phuong-3", "reporter", Some("w3")),
    ("phuong-4", "reporter", Some("w4")),
    ("phuong-5", "reporter", Some("w5")),
    ("y-te", "reporter", Some("sen")),
];

/// The campaign on a clock that is moved by hand.
pub struct District {
    pub app: TestApp,
    /// Who listens to what the service tells.
    pub listener: Receiver,
    /// What the log's chains ended with, day by day.
    pub heads: RefCell<Vec<HeadView>>,
    /// Entries of the campaign's log that were read already.
    pub read: RefCell<usize>,
    tokens: RefCell<BTreeMap<String, String>>,
}

impl District {
    /// Founded on the afternoon of 4 July, the last day of the baseline.
    pub fn found(database: TestDatabase) -> Self {
        let app = TestApp::calling_private(database, "2021-07-04T15:00:00+07:00");
        app.make_account("quan-tri", Role::Admin, Scope::All);
        let listener = Receiver::answering(&[]);
        let (heads, read, tokens) = (RefCell::default(), RefCell::default(), RefCell::default());
        let sen = Self { app, listener, heads, read, tokens };
        sen.employ("chu-tich", "council", None, None);
        sen.post("chu-tich", "/api/v1/campaigns", &campaign()).ok();
        let ward = |n: u32| json!({"code": format!("w{n}"), "name": format!("Phường {n}"), "kind": "ward", "parent_code": "sen", "population": 9000});
        let units: Vec<Value> = [json!({"code": "sen", "name": "Quận Sen", "kind": "district"})]
            .into_iter()
            .chain((1..=5).map(ward))
            .collect();
        sen.post("chu-tich", &format!("{SEN}/units"), &json!(units)).ok();
        let read = sen.sends_file("chu-tich", "", &baseline()).ok();
        assert_eq!((&read["rows"]["new"], &read["reading"]["layout"]), (&json!(70), &json!("wide")), "{read}");
        for (name, role, unit) in PEOPLE {
            sen.employ(name, role, Some("sen"), unit);
        }
        let url = sen.listener.url.clone();
        sen.post(
            "chu-tich",
            &format!("{SEN}/webhooks"),
            &json!({"url": url, "events": ["day.closed", "day.not_reported"]}),
        )
        .ok();
        sen
    }

    /// The administrator makes an account; its owner chooses a password.
    fn employ(&self, name: &str, role: &str, campaign: Option<&str>, unit: Option<&str>) {
        let mut body = json!({"username": name, "display_name": name, "role": role});
        for (field, value) in [("campaign", campaign), ("unit", unit)] {
            if let Some(value) = value {
                body[field] = json!(value);
            }
        }
        let made = self.post("quan-tri", "/api/v1/users", &body).ok();
        let chosen = json!({"username": name, "reset_code": made["reset_code"], "new_password": PASSWORD});
        let json = [("content-type", "application/json")];
        self.app.send("PUT", "/api/v1/me/password", None, &json, Some(chosen.to_string().as_bytes())).ok();
    }

    /// It is so late on a day of July, in Quận Sen; sessions of an hour ago are over.
    pub fn at(&self, day: u32, time: &str) {
        self.app.set_clock(&format!("2021-07-{day:02}T{time}:00+07:00"));
        self.tokens.borrow_mut().clear();
    }

    pub fn token(&self, who: &str) -> String {
        self.tokens.borrow_mut().entry(who.to_owned()).or_insert_with(|| self.app.sign_in(who)).clone()
    }

    pub fn send(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.app.send(method, path, Some(&self.token(who)), &headers, Some(body.to_string().as_bytes()))
    }

    pub fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.send(who, "POST", path, &[], body)
    }

    pub fn reads(&self, who: &str, path: &str) -> Answer {
        self.app.send("GET", &format!("{SEN}{path}"), Some(&self.token(who)), &[], None)
    }

    /// A reporter says how many cases a ward had on a day, in whatever words.
    pub fn says(&self, who: &str, ward: &str, day: u32, body: &Value) -> Answer {
        self.send(who, "PUT", &figure(ward, day), &[], body)
    }

    /// A ward reports a day.
    #[track_caller]
    pub fn reports(&self, ward: u32, day: u32, cases: u32) {
        let answer = self.says(&format!("phuong-{ward}"), &format!("w{ward}"), day, &json!({"community_f0": cases}));
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// The wards report the day they are in, each its cases; none: silent.
    #[track_caller]
    pub fn all_report(&self, day: u32, cases: [Option<u32>; 5]) {
        self.at(day, "20:00");
        for (ward, cases) in (1..).zip(cases) {
            if let Some(cases) = cases {
                self.reports(ward, day, cases);
            }
        }
    }

    /// The same, once the wards are one source among others.
    #[track_caller]
    pub fn all_report_as_a_source(&self, day: u32, cases: [Option<u32>; 5]) {
        self.at(day, "20:00");
        for (ward, cases) in (1..).zip(cases) {
            if let Some(cases) = cases {
                assert_eq!(
                    self.says(&format!("phuong-{ward}"), &format!("w{ward}"), day, &of("ward_report", cases)).status,
                    201
                );
            }
        }
    }

    /// Figures in a file, as people send them.
    pub fn sends_file(&self, who: &str, query: &str, file: &str) -> Answer {
        let path = format!("{SEN}/import?what=figures{query}");
        self.app.send("POST", &path, Some(&self.token(who)), &[("content-type", "text/csv")], Some(file.as_bytes()))
    }

    /// What waits for a second person, as somebody reads it, and its tag.
    pub fn looks_at(&self, who: &str, approval: &str) -> (Value, String) {
        let answer = self.reads(who, &format!("/approvals/{approval}"));
        let tag = answer.header("etag").unwrap_or_default().to_owned();
        (answer.ok(), tag)
    }

    pub fn approves(&self, who: &str, approval: &str, tag: &str) -> Answer {
        let path = format!("{SEN}/approvals/{approval}/approve");
        self.send(who, "POST", &path, &[("if-match", tag)], &json!({"reason": "đã đối chiếu"}))
    }

    #[track_caller]
    pub fn looks_and_approves(&self, who: &str, approval: &str) {
        let (_, tag) = self.looks_at(who, approval);
        assert_eq!(self.approves(who, approval, &tag).ok()["state"], "approved");
    }

    /// The council changes a field of the campaign's document.
    pub fn changes_campaign(&self, who: &str, field: &str, value: Value) -> Answer {
        let now = self.reads(who, "");
        let tag = now.header("etag").expect("a tag").to_owned();
        let mut document = now.json();
        document[field] = value;
        self.send(who, "PUT", SEN, &[("if-match", &tag)], &document)
    }

    pub fn revision(&self) -> i64 {
        self.app.revision("sen")
    }
}

/// The id of what waits.
#[track_caller]
pub fn waits(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// What one of several sources says.
pub fn of(source: &str, cases: u32) -> Value {
    json!({"community_f0": cases, "source": source})
}

/// Cases with a reason.
pub fn because(cases: u32, reason: &str) -> Value {
    json!({"community_f0": cases, "reason": reason})
}

pub fn figure(ward: &str, day: u32) -> String {
    format!("{SEN}/units/{ward}/figures/2021-07-{day:02}")
}

/// One place for wards; with so many base salaries, doubled for what people do together.
fn award(code: &str, track: &str, place: u32, coefficient: f64) -> Value {
    json!({
        "code": code, "name": {"vi": format!("Giải {code}")}, "form": {"vi": "Giấy khen"}, "kind": "ward", "track": track,
        "places": {"from": place, "to": place}, "coefficient": coefficient, "collective": true,
    })
}

fn campaign() -> Value {
    json!({
        "code": "sen", "title": {"vi": "Vùng xanh Quận Sen"}, "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-05", "to": "2021-07-19"}, "baseline": {"from": "2021-06-21", "to": "2021-07-04"},
        "kinds": [{"code": "district", "figures": "derived", "derived_from": "ward"}, {"code": "ward", "figures": "reported"}],
        "level_scheme": "counts-14d",
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 80}, {"measure": "reporting", "max_points": 20}]},
        "reporting": {"late_figures": "approval", "corrections": "approval", "rule_changes": "approval"},
        "appeals": {"until": "2021-07-22"},
        "awards": {"base_salary": 1_490_000, "rounding_step": 10_000, "list": [
            award("nhat", "improvement", 1, 0.3), award("nhi", "improvement", 2, 0.2), award("giu-sach", "kept_clean", 1, 0.15),
        ]}
    })
}

/// The baseline as the statistician keeps it: a column a day, blanks nowhere, a row of sums.
fn baseline() -> String {
    let day = |n: u32| if n < 10 { format!("{}/06/2021", 21 + n) } else { format!("{:02}/07/2021", n - 9) };
    let row = |name: &str, odd: u32, even: u32| {
        let cases = (0..14).map(|n| if n % 2 == 0 { odd } else { even }.to_string());
        format!("{name};{}\r\n", cases.collect::<Vec<_>>().join(";"))
    };
    let header = format!("\u{feff}Phường/Xã;{}\r\n", (0..14).map(day).collect::<Vec<_>>().join(";"));
    let rows =
        [("P.1", 3, 1), ("P.2", 2, 0), ("P.3", 4, 2), ("phuong 04", 1, 3), ("Phường 5", 0, 0), ("Tổng cộng", 10, 6)];
    header + &rows.map(|(name, odd, even)| row(name, odd, even)).concat()
}
