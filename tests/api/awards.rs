//! Awards: who wins what, ties and the council's decisions about them, and who may read it.

use crate::support::app::{Answer, TestApp};
use crate::support::{on_all, on_both};
use greenzone::domain::Contest;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use greenzone::service::awards::{About, awards_of, public::public};
use serde_json::{Value, json};

const BASE: &str = "/api/v1/campaigns/awards";

/// A contest by case reduction alone with nothing to break ties: wards a to e with 100, 50,
/// 50, 0 and −50 points, and two households. Ward a is small.
pub fn contest() -> Contest {
    let award = |code: &str, kind: &str, place: u32, coefficient: f64| {
        json!({
            "code": code, "name": {"vi": format!("Giải {code}"), "en": format!("Prize {code}")},
            "form": {"vi": "Giấy khen"}, "kind": kind, "track": "improvement",
            "places": {"from": place, "to": place}, "coefficient": coefficient, "collective": kind == "ward",
        })
    };
    let list = [
        award("first", "ward", 1, 1.5),
        award("second", "ward", 2, 1.0),
        award("third", "ward", 3, 0.15),
        award("family", "household", 1, 0.3),
    ];
    let campaign = json!({
        "code": "awards", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-09", "to": "2021-07-12"}, "baseline": {"from": "2021-07-07", "to": "2021-07-08"},
        "kinds": [{"code": "ward", "figures": "reported"}, {"code": "household", "figures": "reported"}],
        "level_scheme": "counts-14d",
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}], "closing_days": 4,
            "small_number_allowance": 0, "min_baseline_days": 1, "tie_break": []},
        "awards": {"base_salary": 1_490_000, "rounding_step": 10_000,
            "legal_reference": "Nghị định 91/2017/NĐ-CP", "list": list},
    });
    let units = [("a", 10, 0), ("b", 10, 10), ("c", 20, 20), ("d", 10, 20), ("e", 10, 40), ("h1", 4, 0), ("h2", 4, 4)];
    let (mut table, mut figures) =
        ("code,name,kind,parent_code,population\n".to_owned(), "unit_code,date,community_f0\n".to_owned());
    for (code, before, after) in units {
        let (kind, parent) = if code.starts_with('h') { ("household", "a") } else { ("ward", "") };
        let population = if code == "a" { "100" } else { "" };
        table += &format!("{code},Đơn vị {code},{kind},{parent},{population}\n");
        for day in 7..=12 {
            let cases = match day {
                7 => before,
                12 => after,
                _ => 0,
            };
            figures += &format!("{code},2021-07-{day:02},{cases}\n");
        }
    }
    let files = [("campaign.json", campaign.to_string()), ("units.csv", table), ("figures.csv", figures)];
    let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    pack::read(&pack::Files(files.into())).expect("a pack")
}

fn awards(app: &TestApp) -> Value {
    app.get_as_council(&format!("{BASE}/awards")).ok()
}

/// Code of an award, its winners, and why others in reach do not win it.
fn shown(view: &Value, at: usize) -> (String, Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let item = &view["items"][at];
    let list = |name: &str| item[name].as_array().expect("a list").clone();
    let winners = list("winners").iter().map(|winner| text(&winner["unit"]["code"])).collect();
    let passed =
        list("passed_over").into_iter().map(|p| format!("{} {}", text(&p["unit"]["code"]), text(&p["note"]["code"])));
    (text(&item["code"]), winners, passed.collect())
}

fn is(code: &str, winners: &[&str], passed: &[&str]) -> (String, Vec<String>, Vec<String>) {
    let owned = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    (code.to_owned(), owned(winners), owned(passed))
}

fn decide(app: &TestApp, winners: &[&str]) -> Answer {
    let decision = json!({"award": "second", "winners": winners, "reason": "nhiều cách làm mới"});
    app.post(&format!("{BASE}/awards/decisions"), &decision)
}

fn report(app: &TestApp, unit: &str, cases: u32) {
    let figure = json!({"community_f0": cases, "reason": "đính chính"});
    app.put(&format!("{BASE}/units/{unit}/figures/2021-07-12"), &figure).ok();
}

on_all! {
    fn an_open_tie_waits_for_the_council_and_its_decision_holds_while_exactly_that_tie_stands(app: TestApp) {
        app.import(&contest());
        let open = awards(&app);
        assert_eq!((&open["as_of"], &open["undecided"], &open["status"]), (&json!("2021-07-12"), &json!(1), &json!("provisional")));
        assert_eq!(shown(&open, 0), is("first", &["a"], &[]));
        assert_eq!(shown(&open, 1), is("second", &[], &["b tie_open", "c tie_open"]));
        assert_eq!(shown(&open, 2), is("third", &[], &["b waits", "c waits"]));
        let tie = &open["items"][1]["tie"];
        assert_eq!((&tie["rank"], &tie["places_left"], &tie["is_open"]), (&json!(2), &json!(1), &json!(true)));
        // 1.5 × 1,490,000 × 2, 0.15 × 1,490,000 × 2 = 447,000, 0.3 × 1,490,000 = 447,000
        let money = |at: usize| open["items"][at]["money"].clone();
        assert_eq!([money(0), money(2), money(3)], [json!(4_470_000), json!(450_000), json!(450_000)]);
        assert_eq!((&open["total_winners"], &open["total_money"]), (&json!(2), &json!(4_920_000)));

        let before = app.get(&format!("{BASE}/leaderboard")).ok();
        let made = decide(&app, &["c"]);
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert_eq!((&made["id"], &made["tied"], &made["winners"], &made["state"]), (&json!("1"), &json!(["b", "c"]), &json!(["c"]), &json!("standing")));
        let revision = made["revision"].as_i64().unwrap();
        let decided = awards(&app);
        assert_eq!(shown(&decided, 1), is("second", &["c"], &["b tie_lost"]));
        assert_eq!(shown(&decided, 2), is("third", &["b"], &[]), "the place after it is the other's");
        assert_eq!((&decided["undecided"], &decided["revision"]), (&json!(0), &json!(revision)));
        assert_eq!(decided["items"][1]["winners"][0]["note"]["code"], "tie_decided");
        let mut after = app.get(&format!("{BASE}/leaderboard")).ok();
        after["revision"] = before["revision"].clone();
        assert_eq!(after, before, "a decision moves no rank");

        report(&app, "c", 19);
        let changed = awards(&app);
        assert_eq!(shown(&changed, 1), is("second", &["c"], &[]), "by its place now");
        assert_eq!(changed["items"][1]["winners"][0]["note"]["code"], "place");
        assert_eq!((&changed["stale_decisions"][0]["id"], &changed["stale_decisions"][0]["state"]), (&json!("1"), &json!("stale")));
        let list = app.get_as_council(&format!("{BASE}/awards/decisions")).ok();
        assert_eq!((&list["total"], &list["items"][0]["state"]), (&json!(1), &json!("stale")));
        decide(&app, &["c"]).refused(409, "no_open_tie");
        report(&app, "c", 20);
        assert_eq!(shown(&awards(&app), 1), is("second", &["c"], &["b tie_lost"]), "the tie stands again, and so does the decision");
        report(&app, "d", 10);
        assert_eq!(shown(&awards(&app), 1), is("second", &[], &["b tie_open", "c tie_open", "d tie_open"]), "another tie");
        report(&app, "d", 20);

        let one = format!("{BASE}/awards/decisions/1");
        app.delete(&one).refused(422, "reason_required");
        app.delete(&format!("{one}?reason=x")).ok();
        app.delete(&format!("{one}?reason=x")).refused(404, "award_decision_not_found");
        assert_eq!(shown(&awards(&app), 1), is("second", &[], &["b tie_open", "c tie_open"]));
        let list = app.get_as_council(&format!("{BASE}/awards/decisions")).ok();
        assert_eq!((&list["items"][0]["state"], &list["items"][0]["withdrawn_reason"]), (&json!("withdrawn"), &json!("x")));
        let then = app.get_as_council(&format!("{BASE}/awards?revision={revision}")).ok();
        assert_eq!(shown(&then, 1), is("second", &["c"], &["b tie_lost"]), "as it stood at that revision");
        assert_eq!(decide(&app, &["b"]).ok()["id"], "2");
        app.make_account("kiem-toan", Role::Auditor, Scope::All);
        let auditor = app.sign_in("kiem-toan");
        let log = app.send("GET", "/api/v1/audit?campaign=awards&limit=100", Some(&auditor), &[], None).ok();
        let count = |action: &str| log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == action).count();
        assert_eq!((count("award.decide"), count("award.take_back")), (2, 1));
        assert!(count("private.read") > 0, "households are among the winners");
    }
}

on_both! {
    fn a_decision_is_refused_unless_exactly_such_a_tie_is_open(app: TestApp) {
        app.import(&contest());
        let revision = app.revision("awards");
        let send = |award: &str, winners: Value| {
            app.post(&format!("{BASE}/awards/decisions"), &json!({"award": award, "winners": winners, "reason": "x"}))
        };
        send("none", json!(["b"])).refused(422, "invalid_request");
        send("first", json!(["a"])).refused(409, "no_open_tie");
        send("third", json!(["b"])).refused(409, "no_open_tie");
        for wrong in [json!(["a"]), json!(["b", "c"]), json!([]), json!(["b", "b"]), json!("b"), json!([1])] {
            send("second", wrong).refused(422, "invalid_request");
        }
        let address = format!("{BASE}/awards/decisions");
        app.post(&address, &json!({"award": "second", "winners": ["b"]})).refused(422, "invalid_request");
        let on = |day: &str| json!({"award": "second", "winners": ["b"], "reason": "x", "as_of": day});
        app.post(&address, &on("2021-07-30")).refused(422, "day_outside_window");
        app.post(&address, &on("2021-07-11")).refused(409, "no_open_tie");
        app.post(&address, &json!({"award": "second", "block": "x", "winners": ["b"], "reason": "x"})).refused(409, "no_open_tie");
        assert_eq!(app.revision("awards"), revision);
        app.post(&address, &on("2021-07-12")).ok();
        decide(&app, &["c"]).refused(409, "no_open_tie");
    }
}

on_both! {
    fn awards_are_for_council_committee_and_auditor_until_a_result_is_final(app: TestApp) {
        app.import(&contest());
        let campaign = || Scope::Campaign("awards".into());
        let unit = Scope::Unit { campaign: "awards".into(), unit: "a".into() };
        let people = [
            ("to-cong-tac", Role::Committee, campaign()), ("kiem-toan", Role::Auditor, campaign()),
            ("phuong", Role::Reporter, unit), ("hoi-dong", Role::Council, campaign()),
        ];
        for (name, role, scope) in people {
            app.make_account(name, role, scope);
        }
        let [committee, auditor, reporter, council] =
            ["to-cong-tac", "kiem-toan", "phuong", "hoi-dong"].map(|name| app.sign_in(name));
        for path in ["/awards", "/awards/decisions"] {
            let path = format!("{BASE}{path}");
            app.get(&path).refused(401, "unauthenticated");
            app.send("GET", &path, Some(&reporter), &[], None).refused(403, "forbidden");
            for token in [&committee, &auditor, &council] {
                app.send("GET", &path, Some(token), &[], None).ok();
            }
        }
        let decision = json!({"award": "second", "winners": ["b"], "reason": "x"}).to_string();
        let json = [("content-type", "application/json")];
        for token in [&committee, &auditor, &reporter] {
            let sent = app.send("POST", &format!("{BASE}/awards/decisions"), Some(token), &json, Some(decision.as_bytes()));
            sent.refused(403, "forbidden");
        }
    }
}

on_both! {
    fn what_is_public_of_awards_names_no_private_unit_and_hides_small_ones_points(app: TestApp) {
        app.import(&contest());
        let snapshot = app.service.snapshot("awards").unwrap();
        let last = snapshot.ledger().calendar.window.end - 1;
        let whole = awards_of(&snapshot.boards, last, &[], About { status: "final", revision: None });
        assert_eq!((whole.items.len(), whole.total_winners), (4, 2));
        let seen = public(&whole, snapshot.register(), &snapshot.privacy);
        let text = serde_json::to_string(&seen).unwrap();
        for hidden in ["h1", "h2", "household", "family", "tie_open"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        assert_eq!((seen.items.len(), seen.total_winners, seen.total_money), (3, 1, 4_470_000));
        let winner = &seen.items[0].winners[0];
        assert_eq!((winner.unit.code.as_str(), winner.rank, winner.points), ("a", 1, None), "ward a is small");
        assert!(seen.items.iter().all(|item| item.notes.is_empty() && item.passed_over.is_empty() && item.tie.is_none()));
    }
}

on_both! {
    fn the_catalogue_changes_by_the_document_and_by_two_persons_where_rules_do(app: TestApp) {
        app.import(&contest());
        let put = |change: &dyn Fn(&mut Value)| {
            let now = app.get(BASE);
            let mut document = now.json();
            change(&mut document);
            app.put_with(BASE, &[("if-match", now.header("etag").expect("a tag"))], &document)
        };
        let same = put(&|_| {}).ok();
        let salary = |salary: u64| move |document: &mut Value| document["awards"]["base_salary"] = json!(salary);
        let changed = put(&salary(1_800_000)).ok();
        assert_eq!(changed["revision"].as_i64(), same["revision"].as_i64().map(|n| n + 1));
        assert_eq!(awards(&app)["items"][0]["money"], 5_400_000);
        let wrong = put(&|document| document["awards"]["list"][1]["kind"] = json!("hamlet"));
        let problem = wrong.refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], "/awards/list/1/kind");
        put(&|document| document["reporting"] = json!({"rule_changes": "approval"})).ok();
        let waits = put(&salary(2_340_000));
        assert_eq!(waits.status, 202, "{}", waits.text());
        assert_eq!(awards(&app)["items"][0]["money"], 5_400_000, "nobody has approved it");
    }
}
