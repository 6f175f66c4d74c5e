use super::Q6;
use crate::support::app::TestApp;
use crate::support::on_both;
use greenzone::service::access::Provable;
use greenzone::service::writer::{WriteRequest, Written};
use greenzone::service::{Caller, Code, Fault, Grant};
use greenzone::store::imports::ImportRow;
use serde_json::{Value, json};

// the figure of the 12th is changed, that of the 13th is new
const FILE: &str = "unit_code,date,community_f0\n27382,2021-07-12,9\n27382,2021-07-13,4\n";

fn grant<R: Provable>() -> Grant<R> {
    Caller::Operator.may(None).expect("the operator may")
}

fn import(app: &TestApp, query: &str, file: &str) -> Value {
    let headers = [("content-type", "text/csv")];
    app.send("POST", &format!("{Q6}/import{query}"), Some(&app.token), &headers, Some(file.as_bytes())).ok()
}

fn imports(app: &TestApp) -> Vec<ImportRow> {
    app.service.imports(&grant(), "q6-2021").expect("imports")
}

fn undo(app: &TestApp, id: i64) -> Result<Written, Fault> {
    app.service.undo_import(&grant(), "q6-2021", id, "nhầm tệp".to_owned(), WriteRequest::default()).wait()
}

fn board(app: &TestApp) -> Value {
    let mut board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-13&include=days")).ok();
    board.as_object_mut().expect("a board").remove("revision");
    board
}

fn q6(app: TestApp) -> TestApp {
    let app = app.with_q6();
    app.set_clock("2021-07-14T08:00:00Z");
    app
}

on_both! {
    fn an_undone_import_leaves_the_board_as_it_was_and_its_history(app: TestApp) {
        let app = q6(app);
        let before = board(&app);
        assert_eq!(imports(&app).len(), 1, "the pack");
        import(&app, "?dry_run=true", FILE);
        assert_eq!(imports(&app).len(), 1, "a dry run leaves none");
        import(&app, "", FILE);
        import(&app, "", FILE);
        let listed = imports(&app);
        assert_eq!(listed.len(), 2, "the same file again leaves none");
        let row = &listed[1];
        assert_eq!((row.import_id, row.what.as_str(), row.new_rows, row.changed_rows), (2, "figures", 1, 1));
        assert_ne!(board(&app), before);
        let undone: Value = serde_json::from_slice(&undo(&app, 2).expect("undone").body).expect("JSON");
        assert_eq!((&undone["revision"], &undone["reason"]), (&json!(3), &json!("nhầm tệp")));
        assert_eq!(board(&app), before);
        let history = app.get_as_council(&format!("{Q6}/units/27382/figures/2021-07-12/history")).ok();
        let counts: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|i| &i["community_f0"]).collect();
        assert_eq!((counts.len(), counts[0], counts[1]), (3, counts[2], &json!(9)));
        let history = app.get_as_council(&format!("{Q6}/units/27382/figures/2021-07-13/history")).ok();
        assert_eq!(history["items"][0]["withdrawn_reason"], "nhầm tệp");
        assert_eq!(undo(&app, 2).expect_err("once").code, Code::ImportUndone);
        assert_eq!(undo(&app, 7).expect_err("none").code, Code::ImportNotFound);
        assert_eq!(undo(&app, 1).expect_err("a pack").code, Code::NotUndoable);
        assert_eq!(app.revision("q6-2021"), 3);
    }
}

on_both! {
    fn an_import_that_was_changed_since_is_not_undone_in_part(app: TestApp) {
        let app = q6(app);
        import(&app, "", FILE);
        app.put(&crate::api::figure("27382", "2021-07-13"), &json!({"community_f0": 5})).ok();
        let before = board(&app);
        let fault = undo(&app, 2).expect_err("changed");
        assert_eq!((fault.code, fault.total), (Code::ChangedSince, Some(1)));
        assert_eq!(fault.errors[0].pointer, "27382/2021-07-13");
        assert_eq!(board(&app), before);
        assert_eq!((app.revision("q6-2021"), imports(&app)[1].undone_us), (3, None));
    }
}
