//! Tables as people send them, through the API: every file right or refused by name, and
//! nothing of a refused one stored. The files stand for reports in public issue trackers:
//! <https://github.com/covid19india/api/issues/420> (F1),
//! <https://github.com/CSSEGISandData/COVID-19/issues/1999> (F3),
//! <https://github.com/CSSEGISandData/COVID-19/issues/1940> (F5),
//! <https://github.com/dannymcc/may/issues/250> (F7),
//! <https://github.com/tomwhite/covid-19-uk-data/issues/35> (F9),
//! <https://github.com/tafia/calamine/issues/629> (F11),
//! <https://github.com/owid/covid-19-data/issues/153> (F15).

use super::Q6;
use crate::support::app::{Answer, TestApp};
use crate::support::on_both;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/files/loose/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn send(app: &TestApp, name: &str, query: &str) -> Answer {
    let content_type = if name.ends_with("xlsx") { XLSX } else { "text/csv" };
    let headers = [("content-type", content_type)];
    app.send("POST", &format!("{Q6}/import?what=figures{query}"), Some(&app.token), &headers, Some(&file(name)))
}

/// The lines that a refusal names.
fn lines(problem: &Value) -> BTreeSet<u64> {
    problem["errors"].as_array().expect("errors").iter().filter_map(|e| e["line"].as_u64()).collect()
}

fn q6(app: TestApp) -> TestApp {
    let app = app.with_q6();
    app.set_clock("2021-07-16T08:00:00Z");
    app
}

fn standing(app: &TestApp, unit: &str, day: &str) -> Value {
    app.get_as_council(&format!("{Q6}/units/{unit}/figures/{day}")).json()
}

on_both! {
    fn what_cannot_be_read_is_refused_by_line_and_nothing_is_stored(app: TestApp) {
        let app = q6(app);
        let refused: [(&str, &str, &[u64]); 7] = [
            ("F1-figures.csv", "", &[3, 4, 5, 6, 7, 8, 9, 10]),
            ("F3-figures.csv", "", &[2, 4]),
            ("F7-figures-both.csv", "", &[2, 3]),
            ("F9-figures-refused.csv", "", &[2, 3, 4, 5, 6, 7, 8, 9]),
            ("F9.xlsx", "", &[2]),
            ("F13.xlsx", "", &[3, 4, 5, 6]),
            ("F18-names-refused.csv", "", &[2, 3, 4, 5]),
        ];
        for (name, query, wanted) in refused {
            let problem = send(&app, name, query).refused(422, "invalid_pack");
            assert_eq!(lines(&problem), wanted.iter().copied().collect(), "{name}: {problem}");
        }
        let twice = send(&app, "F3-figures.csv", "").refused(422, "invalid_pack").to_string();
        assert!(twice.contains("21 on line 2, 2 on line 4"), "each line names both, and both values: {twice}");
        let ambiguous = send(&app, "F7-figures.csv", "").refused(422, "invalid_pack").to_string();
        assert!(ambiguous.contains("date_order"), "the way out is named: {ambiguous}");
        send(&app, "F3-figures.csv", "&rows=7").refused(422, "invalid_pack");
        send(&app, "F3-figures.csv", "&date_order=ydm").refused(422, "invalid_parameter");
        assert_eq!(app.revision("q6-2021"), 1);
    }
}

on_both! {
    fn what_can_be_read_is_stored_and_the_answer_says_how_it_was_read(app: TestApp) {
        let app = q6(app);
        let same = send(&app, "F3-figures-same.csv", "&dry_run=true").ok();
        assert_eq!((&same["rows"]["new"], &same["rows"]["repeated"]), (&json!(2), &json!(2)), "{same}");
        let order = send(&app, "F7-figures.csv", "&date_order=dmy").ok();
        assert_eq!((&order["rows"]["same"], &order["reading"]["date_order"]), (&json!(4), &json!("dmy")), "{order}");
        let names = send(&app, "F18-names.csv", "&dry_run=true").ok();
        assert_eq!(names["reading"]["names"]["P.7"], "27382", "{names}");
        let clear = send(&app, "F7-figures-clear.csv", "&dry_run=true").ok();
        assert_eq!((&clear["rows"]["new"], &clear["reading"]["date_order"]), (&json!(1), &json!("dmy")), "{clear}");
        let thousands = send(&app, "F9-figures.csv", "&dry_run=true").ok();
        assert_eq!(thousands["reading"]["separator"], "semicolon", "{thousands}");
        let old = send(&app, "F11.xlsx", "&dry_run=true").ok();
        assert_eq!((&old["rows"]["new"], &old["days"]), (&json!(3), &json!(1)), "{old}");
        assert_eq!(app.revision("q6-2021"), 1, "dry runs, and what stood so already");
        let windows = send(&app, "F20.csv", "").ok();
        assert_eq!(windows["reading"]["encoding"], "windows-1258", "{windows}");
        let note = standing(&app, "27382", "2021-07-13")["note"].as_str().expect("a note").to_owned();
        assert!(!note.chars().any(|c| ('\u{300}'..='\u{323}').contains(&c)), "composed: {note}");
        let numbers = send(&app, "F5.xlsx", "").ok();
        assert_eq!(numbers["rows"]["new"], 4, "{numbers}");
        assert_eq!(standing(&app, "27349", "2021-07-13")["community_f0"], 2);
    }
}

on_both! {
    fn a_figure_of_several_days_is_spread_by_declaration(app: TestApp) {
        let app = q6(app);
        let spread = send(&app, "F15-figures.csv", "").ok();
        assert_eq!(spread["rows"]["new"], 6, "{spread}");
        let of = |unit: &str| ["13", "14", "15"].map(|day| standing(&app, unit, &format!("2021-07-{day}"))["community_f0"].clone());
        assert_eq!(of("27379"), [json!(2), json!(2), json!(3)]);
        assert_eq!(of("27382"), [json!(0), json!(1), json!(1)]);
        assert!(standing(&app, "27379", "2021-07-15")["note"].as_str().is_some_and(|note| note.contains('7')));
        // one revision, which can be undone
        assert_eq!((&spread["revision"], &spread["import"]), (&json!(2), &json!("2")));
        app.post(&format!("{Q6}/imports/2/undo"), &json!({"reason": "nhầm tệp"})).ok();
        assert_eq!(standing(&app, "27379", "2021-07-15")["code"], "figure_not_found");
    }
}
