//! Packs with known answers, for the unit tests of the library and for the suite.

#![allow(dead_code, unreachable_pub, clippy::expect_used)]

use greenzone::domain::time::parse_day;
use greenzone::domain::{Contest, Instant};
use greenzone::scoring::appraisal::Track;
use greenzone::scoring::board::By;
use greenzone::scoring::{Ledger, Register};
use greenzone::service::boards::{AsOf, Ask, Boards, Show, board_view, resolve};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A path in the repository.
fn at(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Fields that differ by where a board comes from.
const LEFT_OUT: [&str; 7] = ["campaign", "known_at", "revision", "policy_version", "status", "next_cursor", "limit"];

pub fn packs(part: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(at("tests/packs").join(part)).expect("packs").flatten().map(|e| e.path()).collect();
    found.sort();
    found
}

pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// Packs with their cases: `{ask, board}`.
pub fn cases() -> Vec<(PathBuf, Vec<Value>)> {
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
pub fn score(contest: &Contest, ask: &Value) -> Option<Value> {
    let known_at = text(ask, "known_at").map(|t| Instant::parse(t).expect("an instant"));
    let ledger = Ledger::build(contest, Arc::new(Register::new(contest)), known_at);
    let boards = Boards::new(Arc::new(ledger));
    let now = known_at.unwrap_or(Instant::parse("2099-01-01T00:00:00Z").expect("an instant"));
    let query = resolve(&boards.ledger, &ask_of(ask), now).ok()?;
    let view = board_view(&boards, &query, &Show::default(), |_| greenzone::service::privacy::Shown::ALL);
    Some(serde_json::to_value(view).expect("JSON"))
}

pub fn compare(case: &Value, actual: Option<Value>, name: &str, failures: &mut Vec<String>) {
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
pub fn report(asked: usize, failures: &[String]) {
    assert!(asked > 1_000, "only {asked} boards were asked for");
    let first: Vec<&String> = failures.iter().take(5).collect();
    assert!(failures.is_empty(), "{} of {asked} differ: {first:#?}", failures.len());
}
