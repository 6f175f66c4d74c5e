//! Whole boards with known answers: from packs, and through the API on both databases.

use crate::support::app::TestApp;
use crate::support::at;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::domain::time::parse_day;
use greenzone::domain::{Contest, Instant};
use greenzone::pack;
use greenzone::scoring::appraisal::Track;
use greenzone::scoring::board::By;
use greenzone::scoring::{Ledger, Register};
use greenzone::service::boards::{AsOf, Ask, Boards, Show, board_view, resolve};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Fields that differ by where a board comes from.
const LEFT_OUT: [&str; 7] = ["campaign", "known_at", "revision", "policy_version", "status", "next_cursor", "limit"];

fn packs(part: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(at("tests/packs").join(part)).expect("packs").flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// Packs with their cases: `{ask, board}`.
fn cases() -> Vec<(PathBuf, Vec<Value>)> {
    let kit = ["cases", "random"].into_iter().flat_map(packs).map(|pack| (pack.join("expected.json"), pack));
    let real = ["q6-2021", "vn-provinces-2021"];
    let real = real.map(|code| (at("tests/packs/real").join(format!("{code}.json")), at("packs").join(code)));
    let all: Vec<(PathBuf, Vec<Value>)> =
        kit.chain(real).map(|(expected, pack)| (pack, json(&expected).as_array().expect("a list").clone())).collect();
    assert!(all.len() > 300, "the packs are read");
    all
}

/// Where two documents differ by meaning: numbers as numbers, absent as null.
fn difference(expected: &Value, actual: &Value, path: &str) -> Option<String> {
    match (expected, actual) {
        (Value::Object(e), Value::Object(a)) => {
            let names = e.keys().chain(a.keys().filter(|k| !e.contains_key(*k)));
            names.filter(|n| !(path.is_empty() && LEFT_OUT.contains(&n.as_str()))).find_map(|name| {
                let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
                difference(&of(e), &of(a), &format!("{path}/{name}"))
            })
        }
        (Value::Array(e), Value::Array(a)) if e.len() == a.len() => {
            e.iter().zip(a).enumerate().find_map(|(i, (e, a))| difference(e, a, &format!("{path}/{i}")))
        }
        (Value::Number(e), Value::Number(a)) if e.as_f64() == a.as_f64() => None,
        (e, a) if e == a => None,
        (e, a) => Some(format!("{path}: expected {e}, got {a}")),
    }
}

fn text<'a>(ask: &'a Value, name: &str) -> Option<&'a str> {
    ask[name].as_str()
}

fn ask_of(ask: &Value) -> Ask {
    Ask {
        kind: text(ask, "kind").map(str::to_owned),
        track: text(ask, "track").map(|t| Track::parse(t).expect("a track")),
        by: text(ask, "by").map(|t| By::parse(t).expect("an order")),
        as_of: text(ask, "as_of").map(|t| match t {
            "live" => AsOf::Live,
            day => AsOf::Day(parse_day(day).expect("a day")),
        }),
        within: text(ask, "within").map(str::to_owned),
        block: text(ask, "block").map(str::to_owned),
    }
}

/// The board of a contest, as `score` makes it; none where it is refused.
fn score(contest: &Contest, ask: &Value) -> Option<Value> {
    let known_at = text(ask, "known_at").map(|t| Instant::parse(t).expect("an instant"));
    let ledger = Ledger::build(contest, Arc::new(Register::new(contest)), known_at);
    let boards = Boards::new(Arc::new(ledger));
    let now = known_at.unwrap_or(Instant::parse("2099-01-01T00:00:00Z").expect("an instant"));
    let query = resolve(&boards.ledger, &ask_of(ask), now).ok()?;
    let view = board_view(&boards, &query, &Show::default(), |_| true);
    Some(serde_json::to_value(view).expect("JSON"))
}

fn compare(case: &Value, actual: Option<Value>, name: &str, failures: &mut Vec<String>) {
    let expected = case.get("board").filter(|b| !b.is_null());
    let found = match (expected, &actual) {
        (None, None) => None,
        (Some(expected), Some(actual)) => difference(expected, actual, ""),
        (None, Some(_)) => Some("a board where it must be refused".to_owned()),
        (Some(_), None) => Some("refused where there is a board".to_owned()),
    };
    failures.extend(found.map(|difference| format!("{name} {}: {difference}", case["ask"])));
}

#[track_caller]
fn report(asked: usize, failures: &[String]) {
    assert!(asked > 1_000, "only {asked} boards were asked for");
    let first: Vec<&String> = failures.iter().take(5).collect();
    assert!(failures.is_empty(), "{} of {asked} differ: {first:#?}", failures.len());
}

#[test]
fn every_board_of_every_pack_is_right_to_the_digit() {
    let (mut asked, mut failures) = (0, Vec::new());
    for (path, cases) in cases() {
        let contest = pack::read_path(&path).expect("a sound pack");
        for case in &cases {
            asked += 1;
            compare(case, score(&contest, &case["ask"]), &path.display().to_string(), &mut failures);
        }
    }
    report(asked, &failures);
}

#[test]
fn every_pack_is_written_and_read_back_equal() {
    for (path, _) in cases() {
        let contest = pack::read_path(&path).expect("a sound pack");
        let again = pack::read(&pack::files(&contest)).expect("what was written is sound");
        assert_eq!(again, contest, "{}", path.display());
    }
}

#[test]
fn every_wrong_pack_is_refused_with_each_of_its_errors() {
    let packs = packs("refused");
    assert!(packs.len() > 70);
    for path in packs {
        let refusal = match pack::read_path(&path) {
            Err(pack::ReadError::Refused(refusal)) => refusal,
            other => panic!("{}: {other:?}", path.display()),
        };
        let expected = json(&path.join("errors.json"));
        if let Some(total) = expected["total"].as_u64() {
            assert_eq!(refusal.total, total, "{}: {:#?}", path.display(), refusal.errors);
        }
        for wanted in expected["errors"].as_array().expect("errors") {
            let is_there = refusal.errors.iter().any(|e| {
                wanted["file"].as_str() == Some(&e.file)
                    && (wanted["line"].is_null() || wanted["line"].as_u64() == e.line)
                    && (wanted["column"].is_null() || wanted["column"].as_str() == e.column.as_deref())
            });
            assert!(is_there, "{}: no error at {wanted}; got {:#?}", path.display(), refusal.errors);
        }
    }
}

fn query_of(ask: &Value) -> String {
    let names = ["kind", "track", "by", "as_of", "known_at", "within", "block"];
    let pairs = names.iter().filter_map(|name| {
        let value = ask[*name].as_str()?;
        Some(format!("{name}={}", greenzone::service::figures::escape(value)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

on_both! {
    fn every_board_is_the_same_through_the_api(app: TestApp) {
        app.set_clock("2099-01-01T00:00:00Z");
        let (mut asked, mut failures) = (0, Vec::new());
        for (number, (path, cases)) in cases().into_iter().enumerate() {
            let mut contest = pack::read_path(&path).expect("a sound pack");
            let mut campaign = (*contest.campaign).clone();
            campaign.code = format!("pack-{number}");
            contest.campaign = Arc::new(campaign);
            app.import(&contest);
            for case in &cases {
                asked += 1;
                let address = format!("/api/v1/campaigns/pack-{number}/leaderboard?limit=1000&{}", query_of(&case["ask"]));
                let answer = app.get_as_admin(&address);
                assert!(answer.status == 200 || (400..500).contains(&answer.status), "{}", answer.text());
                let board = (answer.status == 200).then(|| answer.json());
                compare(case, board, &path.display().to_string(), &mut failures);
            }
            // and back: what is exported gives the same boards
            let exported = app.service.export(&format!("pack-{number}")).expect("an export");
            if let Some(case) = cases.first() {
                compare(case, score(&exported, &case["ask"]), &format!("{} exported", path.display()), &mut failures);
            }
        }
        report(asked, &failures);
    }
}

#[test]
fn names_in_vietnamese_order_whatever_the_database() {
    let names = [
        "Ấp 2",
        "Ấp 10",
        "Ấp An",
        "Ấp Ăn",
        "Ấp Ân",
        "Ấp Dân",
        "Ấp đông",
        "Ấp Đông",
        "Ấp E",
        "Ấp Ê",
        "Ấp Hoa",
        "Ấp Hòa",
        "Ấp Hỏa",
        "Ấp Oai",
        "Ấp Ông",
        "Ấp Ơn",
        "Ấp Út",
        "Ấp Ươm",
    ];
    let databases = [Some(TestDatabase::sqlite()), TestDatabase::postgres()];
    for database in databases.into_iter().flatten() {
        let app = TestApp::at(database, "2021-07-24T06:00:00Z", Some(crate::support::app::TOKEN));
        let contest = pack::read_path(&at("tests/packs/hamlets")).expect("a sound pack");
        app.import(&contest);
        let code = &contest.campaign.code;
        let board =
            app.get_as_admin(&format!("/api/v1/campaigns/{code}/leaderboard?track=kept_clean&as_of=2021-07-15")).ok();
        let items = board["items"].as_array().expect("rows");
        assert!(items.iter().all(|row| row["rank"] == 1), "{board}");
        let shown: Vec<&str> = items.iter().filter_map(|row| row["unit"]["name"].as_str()).collect();
        assert_eq!(shown, names);
    }
}
