//! The two files of a result: what is changed in them is found and named, what is hidden is
//! in none that is public, and another program reads them with other libraries.

pub mod command;
mod privacy;
pub mod python;
mod tampering;

use crate::support::at;
use greenzone::domain::time::parse_day;
use greenzone::domain::{Day, Instant};
use greenzone::pack::{self, Files};
use greenzone::scoring::awards::Decided;
use greenzone::service::awards::AwardDecision;
use greenzone::service::proof::{Draft, Nonce, Proofs, Report, ResultKeys, build, verify};
use serde_json::{Value, json};
use std::path::Path;

/// A result of a pack as of a day, as known long after.
pub fn draft(files: Files, as_of: Day) -> Draft {
    Draft {
        files,
        issue: 2,
        issued_at: Instant::parse("2021-07-28T01:00:00Z").unwrap(),
        as_of,
        known_at: Instant::parse("2099-01-01T00:00:00Z").unwrap(),
        revision: 412,
        policy_version: 1,
        reason: Some("Phường 03 chuyển một ca sang ngày 12".to_owned()),
        decisions: vec![decision(as_of)],
        difference: json!({"boards": [{"kind": "ward", "moved": 2}]}),
        overrides: json!([{"blocker": "flags_unanswered", "reason": "trả lời sau"}]),
        nonce: Nonce::of([7; 32]),
    }
}

/// A decision about a tie that does not stand: it is shown as stale, where there are awards.
fn decision(as_of: Day) -> AwardDecision {
    AwardDecision {
        id: "1".to_owned(),
        decided: Decided {
            award: "first".to_owned(),
            block: None,
            as_of,
            tied: vec!["27379".to_owned(), "27382".to_owned()],
            winners: vec!["27379".to_owned()],
        },
        reason: "nhiều cách làm mới".to_owned(),
        decided_by: "user:hoi-dong".to_owned(),
        decided_at: Instant::parse("2021-07-27T01:00:00Z").unwrap(),
        withdrawn: None,
    }
}

/// The result of District 6 on 12 July, with three awards, one of them by another order.
pub fn q6() -> Draft {
    let mut files = pack::bundled()[0].files();
    let mut campaign = parsed(files.get("campaign.json").unwrap());
    let award = |code: &str, by: &str, from: u32, to: u32| {
        json!({"code": code, "name": {"vi": "Giải", "en": "Prize"}, "form": {"vi": "Giấy khen"}, "kind": "ward",
            "track": "improvement", "by": by, "places": {"from": from, "to": to}, "coefficient": 0.3})
    };
    let list = [award("first", "points", 1, 1), award("second", "points", 2, 3), award("fall", "reduction", 1, 1)];
    campaign["awards"] = json!({"base_salary": 1_490_000, "rounding_step": 10_000, "list": list});
    let text = serde_json::to_string_pretty(&campaign).unwrap();
    files.0.insert("campaign.json".to_owned(), text.into_bytes());
    draft(files, parse_day("2021-07-12").unwrap())
}

/// The files of a pack in the repository as they are written again, and its last day.
pub fn files_of(folder: &Path) -> (Files, Day) {
    let contest = pack::read_path(folder).expect("a sound pack");
    (pack::files(&contest), contest.campaign.window.to)
}

pub fn built(draft: &Draft, keys: &ResultKeys) -> Proofs {
    build(draft, keys).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// Where a check found something.
pub fn places(report: &Report) -> Vec<String> {
    let line = |line: Option<u64>| line.map(|line| format!(":{line}")).unwrap_or_default();
    report.findings.iter().map(|f| format!("{}{}", f.place, line(f.line))).collect()
}

pub fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn results_of_every_pack_hold_and_show_what_was_expected() {
    let keys = ResultKeys::random().unwrap();
    let mut folders: Vec<_> = ["cases", "random", "hamlets"]
        .into_iter()
        .flat_map(|part| std::fs::read_dir(at("tests/packs").join(part)).expect("packs").flatten())
        .map(|entry| entry.path())
        .filter(|path| path.join("campaign.json").exists())
        .collect();
    folders.sort();
    folders.extend(["q6-2021", "vinh-phuc-239-2021", "vn-provinces-2021"].map(|code| at("packs").join(code)));
    assert!(folders.len() > 300);
    // every third one: all of them take a minute
    for folder in folders.iter().step_by(3) {
        let (files, last) = files_of(folder);
        let proofs = built(&draft(files, last), &keys);
        let report = verify(&proofs.whole, None, Some(&proofs.public));
        assert!(
            report.holds && report.recomputed && report.public.is_some(),
            "{}: {:#?}",
            folder.display(),
            report.findings
        );
        let public = verify(&proofs.public, None, None);
        assert!(public.holds, "{}: {:#?}", folder.display(), public.findings);
        assert_eq!(public.whole_sha256.as_deref(), Some(proofs.sha256.as_str()));
    }
}

#[test]
fn the_boards_of_a_result_are_those_that_score_prints() {
    let proofs = built(&q6(), &ResultKeys::random().unwrap());
    let whole = parsed(&proofs.whole);
    let ward = whole["boards"]
        .as_array()
        .unwrap()
        .iter()
        .find(|b| b["kind"] == "ward" && b["track"] == "improvement" && b["by"] == "points");
    let contest = pack::read(&pack::bundled()[0].files()).unwrap();
    let ask = json!({"as_of": "2021-07-12", "known_at": "2099-01-01T00:00:00Z"});
    let expected = crate::support::known_boards::score(&contest, &ask).unwrap();
    assert_eq!(ward.unwrap()["items"], expected["items"]);
    assert_eq!((&ward.unwrap()["status"], &ward.unwrap()["revision"]), (&json!("final"), &json!(412)));
    assert_eq!(ward.unwrap()["items"][0]["points"]["total"], 15.79);
    let awards = &whole["awards"];
    assert_eq!(
        (&awards["status"], &awards["stale_decisions"][0]["decided_by"]),
        (&json!("final"), &json!("user:hoi-dong"))
    );
    assert_eq!(
        (&awards["items"][0]["winners"][0]["unit"]["code"], &awards["items"][0]["money"]),
        (&json!("27382"), &json!(900_000))
    );
    let by_reduction = whole["boards"].as_array().unwrap().iter().filter(|board| board["by"] == "reduction");
    assert_eq!(by_reduction.count(), 1, "the order of an award has its board");
}

#[test]
fn a_public_result_has_no_reason_no_author_no_override_and_no_input() {
    let proofs = built(&q6(), &ResultKeys::random().unwrap());
    let text = String::from_utf8(proofs.public.clone()).unwrap();
    for word in [
        "chuyển một ca",
        "cách làm",
        "hoi-dong",
        "decided_by",
        "flags_unanswered",
        "trả lời",
        "reason",
        "figures.csv",
        "nonce",
        "override",
    ] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let names: Vec<String> = parsed(&proofs.public).as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["awards", "boards", "manifest", "signature"]);
}
