use super::Q6;
use crate::support::app::{Answer, TestApp};
use crate::support::on_both;
use serde_json::{Value, json};

// the figure of the 12th is changed, that of the 13th is new
const FILE: &str = "unit_code,date,community_f0\n27382,2021-07-12,9\n27382,2021-07-13,4\n";

fn import(app: &TestApp, query: &str, file: &str) -> Value {
    let headers = [("content-type", "text/csv")];
    app.send("POST", &format!("{Q6}/import{query}"), Some(&app.token), &headers, Some(file.as_bytes())).ok()
}

fn imports(app: &TestApp) -> Vec<Value> {
    app.get_as_council(&format!("{Q6}/imports")).ok()["items"].as_array().expect("a list").clone()
}

fn undo(app: &TestApp, id: i64) -> Answer {
    app.post(&format!("{Q6}/imports/{id}/undo"), &json!({"reason": "nhầm tệp"}))
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
        assert_eq!(import(&app, "?dry_run=true", FILE)["import"], Value::Null);
        assert_eq!(imports(&app).len(), 1, "a dry run leaves none");
        assert_eq!(import(&app, "", FILE)["import"], "2");
        assert_eq!(import(&app, "", FILE)["import"], Value::Null);
        let listed = imports(&app);
        assert_eq!(listed.len(), 2, "the same file again leaves none");
        let found = app.get_as_council(&format!("{Q6}/imports/2")).ok();
        assert_eq!(found, listed[0], "the latest first");
        assert_eq!((&found["what"], &found["new"], &found["changed"]), (&json!("figures"), &json!(1), &json!(1)));
        assert_eq!((&found["revision"], &found["undone"]), (&json!(2), &Value::Null));
        assert_ne!(board(&app), before);
        let undone = undo(&app, 2).ok();
        assert_eq!((&undone["revision"], &undone["undone"]["reason"]), (&json!(3), &json!("nhầm tệp")));
        assert_eq!(board(&app), before);
        let history = app.get_as_council(&format!("{Q6}/units/27382/figures/2021-07-12/history")).ok();
        let counts: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|i| &i["community_f0"]).collect();
        assert_eq!((counts.len(), counts[0], counts[1]), (3, counts[2], &json!(9)));
        let history = app.get_as_council(&format!("{Q6}/units/27382/figures/2021-07-13/history")).ok();
        assert_eq!(history["items"][0]["withdrawn_reason"], "nhầm tệp");
        undo(&app, 2).refused(409, "import_undone");
        undo(&app, 7).refused(404, "import_not_found");
        undo(&app, 1).refused(409, "not_undoable");
        assert_eq!(app.revision("q6-2021"), 3);
    }
}

on_both! {
    fn an_import_that_was_changed_since_is_not_undone_in_part(app: TestApp) {
        let app = q6(app);
        import(&app, "", FILE);
        app.put(&crate::api::figure("27382", "2021-07-13"), &json!({"community_f0": 5})).ok();
        let before = board(&app);
        let problem = undo(&app, 2).refused(409, "changed_since");
        assert_eq!((&problem["total"], &problem["errors"][0]["pointer"]), (&json!(1), &json!("27382/2021-07-13")));
        assert_eq!(board(&app), before);
        assert_eq!((app.revision("q6-2021"), &imports(&app)[0]["undone"]), (3, &Value::Null));
    }
}
