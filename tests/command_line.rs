//! The command line: what it prints, and its exit statuses.

use crate::support::at;
use std::path::Path;
use std::process::{Command, Output};

fn greenzone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_greenzone"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn path(path: &str) -> String {
    at(path).display().to_string()
}

#[test]
fn a_pack_is_imported_shown_exported_and_gives_the_same_board() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let said = done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    assert!(said.contains("revision 1"), "{said}");
    let again = done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    assert!(again.contains("0 rows were new, 0 changed") && again.contains("revision 1"), "{again}");
    done(&greenzone(here, &["export", "q6-2021", "--out", "back.zip"]));
    let board = |output: Output| {
        let mut board: serde_json::Value = serde_json::from_str(&done(&output)).expect("JSON");
        for name in ["revision", "policy_version"] {
            board[name] = serde_json::Value::Null;
        }
        board
    };
    let ask = ["--as-of", "2021-07-12", "--format", "json"];
    let scored = board(greenzone(here, &[&["score", &path("packs/q6-2021")], &ask[..]].concat()));
    let stored = board(greenzone(here, &[&["leaderboard", "q6-2021"], &ask[..]].concat()));
    let back = board(greenzone(here, &[&["score", "back.zip"], &ask[..]].concat()));
    assert_eq!(scored["items"].as_array().map(Vec::len), Some(13));
    assert_eq!(scored, stored);
    assert_eq!(scored, back);
    let refused = greenzone(here, &["export", "q6-2021", "--out", "back.zip"]);
    assert_eq!(refused.status.code(), Some(1), "an export overwrites nothing");
}

#[test]
fn exit_statuses_tell_refusal_usage_and_environment_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let status = |arguments: &[&str]| greenzone(here, arguments).status.code();
    assert_eq!(status(&["score", &path("packs/q6-2021")]), Some(0));
    assert_eq!(status(&["score", &path("packs/q6-2021"), "--kind", "no_such"]), Some(1));
    assert_eq!(status(&["score", &path("tests/packs/refused/unit-point-out-of-range")]), Some(1));
    assert_eq!(status(&["score", &path("packs/q6-2021"), "--track", "sideways"]), Some(2));
    assert_eq!(status(&["no-such-command"]), Some(2));
    assert_eq!(status(&["score", "no/such/pack"]), Some(3));
    assert_eq!(status(&["leaderboard", "q6-2021"]), Some(3), "there is no database");
    assert_eq!(status(&["import", &path("packs/q6-2021"), "--database-url", "mysql://h/d"]), Some(3));
    assert!(!here.join("greenzone.db").exists(), "nothing was made on the way");
    let lost = ["import", &path("packs/q6-2021"), "--database-url", "postgres://127.0.0.1:1/none"];
    assert_eq!(status(&lost), Some(3));
}

#[test]
fn a_refusal_is_one_object_on_standard_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = path("tests/packs/refused/unit-point-out-of-range");
    for command in [&["score", &wrong, "--format", "json"][..], &["import", &wrong, "--format", "json"][..]] {
        let output = greenzone(folder.path(), command);
        assert_eq!(output.status.code(), Some(1));
        let refusal: serde_json::Value = serde_json::from_slice(&output.stderr).expect("one object");
        assert_eq!(refusal["code"], "invalid_pack");
        assert_eq!(refusal["total"], 2);
        assert_eq!(refusal["errors"][0]["file"], "units.csv");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_dry_run_stores_nothing_and_a_table_finds_its_units() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    std::fs::write(here.join("day.csv"), "unit_code,date,community_f0\n27382,2021-07-13,2\n27379,2021-07-13,0\n")
        .unwrap();
    let dry = done(&greenzone(here, &["import", "day.csv", "--campaign", "q6-2021", "--dry-run"]));
    assert!(dry.contains("2 rows would be new") && dry.contains("revision 1"), "{dry}");
    let wet = done(&greenzone(here, &["import", "day.csv", "--campaign", "q6-2021"]));
    assert!(wet.contains("2 rows were new") && wet.contains("revision 2"), "{wet}");
    std::fs::write(here.join("bad.csv"), "unit_code,date,community_f0\n27382,2021-07-13,-2\n1,2021-07-13,0\n").unwrap();
    let refused = greenzone(here, &["import", "bad.csv", "--campaign", "q6-2021"]);
    assert_eq!(refused.status.code(), Some(1));
    let why = text(&refused.stderr);
    assert!(why.contains("figures.csv:2 community_f0") && why.contains("figures.csv:3 unit_code"), "{why}");
}

#[test]
fn the_table_speaks_both_languages_and_has_no_colours_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = |lang: &str| done(&greenzone(folder.path(), &["score", &path("packs/q6-2021"), "--lang", lang]));
    let (vi, en) = (table("vi"), table("en"));
    assert!(vi.contains("Chưa xếp hạng") && vi.contains("giảm hiệu chỉnh"), "{vi}");
    assert!(en.contains("Unranked") && en.contains("26.32%"), "{en}");
    assert!(!vi.contains('\u{1b}') && !en.contains('\u{1b}'));
}
