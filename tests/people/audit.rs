use crate::api::{Q6, figure};
use crate::support::app::TestApp;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use diesel::connection::SimpleConnection;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::Caller;
use greenzone::service::audit::{HeadView, Report};
use greenzone::store::DbConn;
use serde_json::{Value, json};

fn auditor(app: &TestApp) -> String {
    app.make_account("kiem-tra", Role::Auditor, Scope::All);
    app.sign_in("kiem-tra")
}

fn log(app: &TestApp, token: &str, query: &str) -> Value {
    app.send("GET", &format!("/api/v1/audit?{query}"), Some(token), &[], None).ok()
}

fn verify(app: &TestApp, published: &[HeadView]) -> Report {
    let grant = Caller::Operator.may(None).expect("the operator may");
    app.service.verify_audit(&grant, published).expect("readable")
}

fn execute(app: &TestApp, sql: &str) {
    match &mut app.address.connect().expect("the database") {
        DbConn::Pg(c) => c.batch_execute(sql).expect(sql),
        DbConn::Sqlite(c) => c.batch_execute(sql).expect(sql),
    }
}

on_both! {
    fn every_write_is_kept_with_who_from_where_before_and_after(app: TestApp) {
        let app = app.with_q6();
        app.make_account("to-truong", Role::Reporter, Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() });
        let (auditor, reporter) = (auditor(&app), app.sign_in("to-truong"));
        let json = [("content-type", "application/json"), ("x-request-id", "r-1")];
        let day = figure("27382", "2021-07-12");
        app.send("PUT", &day, Some(&reporter), &json, Some(r#"{"community_f0":4,"reason":"nhầm"}"#.as_bytes())).ok();
        app.send("DELETE", &format!("{day}?reason=l%C3%BD%20do"), Some(&reporter), &[], None).ok();
        let kept = log(&app, &auditor, "campaign=q6-2021");
        let [taken_back, recorded, imported] = kept["items"].as_array().expect("items").as_slice() else { panic!("{kept}") };
        assert_eq!((&recorded["actor"], &recorded["role"]), (&json!("user:to-truong"), &json!("reporter")));
        assert_eq!((&recorded["action"], &recorded["request_id"]), (&json!("figure.record"), &json!("r-1")));
        assert_eq!((&recorded["origin"], &recorded["target"]), (&json!("127.0.0.1"), &json!("units/27382/figures/2021-07-12")));
        assert_eq!((&recorded["before"]["community_f0"], &recorded["after"]["community_f0"]), (&json!(1), &json!(4)));
        assert_eq!((&recorded["after"]["reason"], &recorded["after"]["revision"]), (&json!("nhầm"), &json!(2)));
        assert_eq!((&taken_back["before"]["community_f0"], &taken_back["after"]["reason"]), (&json!(4), &json!("lý do")));
        assert_eq!((&imported["actor"], &imported["action"]), (&json!("operator"), &json!("pack.import")));
        assert_eq!((&imported["after"]["rows_total"], imported["after"]["rows_sha256"].as_str().map(str::len)), (&json!(234), Some(64)));
        assert_eq!(kept["head"]["number"], 3);
        // filters
        let count = |query: &str| log(&app, &auditor, &format!("campaign=q6-2021&{query}"))["total"].clone();
        assert_eq!(count("actor=user:to-truong"), 2);
        assert_eq!(count("actor=user:to-truong&action=figure.record"), 1);
        assert_eq!(count("target=units/27382/figures/2021-07-12&request_id=r-1"), 1);
        assert_eq!(count("from=2021-07-24T06:00:00Z&to=2021-07-24T06:00:00Z"), 0);
        assert_eq!(count("from=2021-07-24T06:00:00Z"), 3);
        let first = log(&app, &auditor, "campaign=q6-2021&limit=2");
        let rest = log(&app, &auditor, &format!("campaign=q6-2021&limit=2&cursor={}", first["next_cursor"].as_str().expect("more")));
        assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next_cursor"]), (Some(1), &json!(null)));
        // what was refused or changed nothing left nothing
        app.send("PUT", &figure("27379", "2021-07-12"), Some(&reporter), &json, Some(br#"{"community_f0":4}"#)).refused(403, "forbidden");
        assert_eq!(log(&app, &auditor, "campaign=q6-2021")["total"], 3);
        let accounts = log(&app, &auditor, "limit=1000");
        let actions: Vec<_> = accounts["items"].as_array().expect("items").iter().map(|e| e["action"].as_str().expect("text")).collect();
        assert!(actions.contains(&"session.open") && actions.contains(&"account.create") && actions.contains(&"token.create"));
        assert!(!accounts.to_string().contains("argon2"), "no hash of a password is shown");
        assert_eq!(verify(&app, &[]).broken, []);
    }
}

on_both! {
    fn every_kind_of_tampering_is_found_with_its_place(app: TestApp) {
        let app = app.with_q6();
        for cases in 0..6 {
            app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": cases})).ok();
        }
        let whole = verify(&app, &[]);
        assert_eq!(whole.broken, []);
        let published = whole.heads.iter().find(|head| head.chain == "campaigns/q6-2021").expect("a head").clone();
        assert_eq!(published.number, 7);
        assert_eq!(HeadView::parse(&published.to_string()), Ok(published.clone()));
        execute(&app, "CREATE TABLE kept AS SELECT * FROM audit_entries; CREATE TABLE kept_heads AS SELECT * FROM audit_heads");
        let of = "chain = 'campaigns/q6-2021' AND number";
        let cases = [
            ("changed", format!("UPDATE audit_entries SET after = '{{\"community_f0\":99}}' WHERE {of} = 4"), 4),
            ("another actor", format!("UPDATE audit_entries SET actor = 'user:x' WHERE {of} = 1"), 1),
            ("another time", format!("UPDATE audit_entries SET at_us = at_us + 1 WHERE {of} = 7"), 7),
            ("removed", format!("DELETE FROM audit_entries WHERE {of} = 3"), 3),
            ("the last removed", format!("DELETE FROM audit_entries WHERE {of} = 7"), 7),
            ("removed and closed up", format!("DELETE FROM audit_entries WHERE {of} = 3; UPDATE audit_entries SET number = 3 WHERE {of} = 4; UPDATE audit_entries SET number = 4 WHERE {of} = 5; UPDATE audit_entries SET number = 5 WHERE {of} = 6; UPDATE audit_entries SET number = 6 WHERE {of} = 7"), 3),
            ("inserted", format!("INSERT INTO audit_entries SELECT chain, 8, at_us, actor, role, origin, request_id, action, target, before, after, previous_hash, hash FROM audit_entries WHERE {of} = 7"), 8),
            ("two in each other's place", format!("UPDATE audit_entries SET number = 100 WHERE {of} = 2; UPDATE audit_entries SET number = 2 WHERE {of} = 3; UPDATE audit_entries SET number = 3 WHERE {of} = 100"), 2),
            ("all removed", "DELETE FROM audit_entries".to_owned(), 1),
            ("head and all removed", "DELETE FROM audit_entries; DELETE FROM audit_heads".to_owned(), 1),
        ];
        for (what, sql, place) in cases {
            execute(&app, &sql);
            let found = verify(&app, std::slice::from_ref(&published)).broken;
            let place_of = found.iter().find(|b| b.chain == "campaigns/q6-2021").map(|b| b.number);
            assert_eq!(place_of, Some(place), "{what}: {found:?}");
            execute(&app, "DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept; DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM kept_heads");
            assert_eq!(verify(&app, &[]).broken, [], "{what}: put back");
        }
    }
}

#[test]
fn a_chain_that_was_rewritten_whole_is_found_by_a_published_head() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 5})).ok();
    let published = verify(&app, &[]).heads;
    let published: Vec<HeadView> = published.into_iter().filter(|head| head.chain.starts_with("campaigns/")).collect();
    // whoever has the database can begin again: the service itself writes the new chain
    execute(&app, "DELETE FROM audit_entries; DELETE FROM audit_heads");
    app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 0})).ok();
    app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 1})).ok();
    assert_eq!(verify(&app, &[]).broken, [], "in itself it is whole");
    let found = verify(&app, &published).broken;
    assert_eq!((found[0].number, found.len()), (2, 1), "{found:?}");
    assert!(found[0].what.contains("published"));
}

#[test]
fn reads_of_private_figures_are_kept_before_they_are_answered() {
    let app = TestApp::on(TestDatabase::sqlite());
    let base = crate::api::hidden(&app);
    let auditor = auditor(&app);
    let revision = app.revision("hidden");
    let count = || log(&app, &auditor, "campaign=hidden&action=private.read")["total"].as_i64().expect("a number");
    for path in [
        "/units/h1/figures",
        "/units/h1/figures/2021-07-20",
        "/units/h1/figures/2021-07-20/history",
        "/units/h1/standing",
        "/leaderboard?kind=household",
        "/leaderboard/around/h1",
        "/levels?kind=household",
        "/levels/history",
        "/figures",
    ] {
        let before = count();
        assert_eq!(app.get_as_council(&format!("{base}{path}")).status, 200, "{path}");
        assert_eq!(count(), before + 1, "{path}");
        // and again, out of memory
        assert_eq!(app.get_as_council(&format!("{base}{path}")).status, 200);
        assert_eq!(count(), before + 2, "{path}");
        app.get(&format!("{base}{path}"));
        assert_eq!(count(), before + 2, "{path}: the public reads none");
    }
    for path in ["/c/hidden?kind=household", "/c/hidden/board.csv?kind=household"] {
        let before = count();
        assert_eq!(app.get_as_council(path).status, 200);
        assert_eq!(count(), before + 1, "{path}");
    }
    let before = count();
    for path in ["/units/w1/figures", "/leaderboard?kind=ward", "/units", "/units/h1"] {
        assert_eq!(app.get_as_council(&format!("{base}{path}")).status, 200, "{path}");
    }
    assert_eq!(count(), before, "no figures of private units");
    let entry = &log(&app, &auditor, "campaign=hidden&action=private.read&limit=1")["items"][0];
    assert!(
        entry["actor"].as_str().is_some_and(|a| a.starts_with("token:"))
            && entry["target"].as_str().is_some_and(|t| t.contains("household"))
    );
    assert_eq!(app.revision("hidden"), revision, "a read is no change");
}

#[test]
fn an_auditor_of_a_campaign_reads_its_log_and_no_other() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.make_account("kiem-tra-q6", Role::Auditor, Scope::Campaign("q6-2021".into()));
    let token = app.sign_in("kiem-tra-q6");
    let ask = |query: &str| app.send("GET", &format!("/api/v1/audit{query}"), Some(&token), &[], None);
    assert_eq!(ask("?campaign=q6-2021").ok()["total"], 1);
    ask("").refused(403, "forbidden");
    ask("?campaign=another").refused(403, "forbidden");
    let all = auditor(&app);
    app.send("GET", "/api/v1/audit?campaign=another", Some(&all), &[], None).refused(404, "campaign_not_found");
    app.send("GET", "/api/v1/audit?cursor=x", Some(&all), &[], None).refused(422, "invalid_cursor");
    app.get_as_council(&format!("{Q6}/status")).ok();
}

#[test]
fn a_write_of_many_rows_keeps_them_or_their_hash() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let auditor = auditor(&app);
    let entry = |action: &str| log(&app, &auditor, &format!("campaign=q6-2021&action={action}"))["items"][0].clone();
    let rows = json!([{"unit_code": "27382", "date": "2021-07-12", "community_f0": 9}, {"unit_code": "27382", "date": "2021-07-13", "community_f0": 2}]);
    app.post(&format!("{Q6}/figures"), &rows).ok();
    let kept = entry("figures.record");
    let nothing = Value::Null;
    let expected = json!([
        [
            "27382",
            "2021-07-12",
            [1, nothing, nothing, nothing, nothing, nothing],
            [9, nothing, nothing, nothing, nothing, nothing]
        ],
        ["27382", "2021-07-13", nothing, [2, nothing, nothing, nothing, nothing, nothing]]
    ]);
    assert_eq!(kept["after"]["rows"], expected, "{kept}");
    assert_eq!((&kept["after"]["rows_total"], &kept["after"]["changed"]), (&json!(2), &json!(1)));
    let csv = "code,name,kind,parent_code\n775,Quận 6,district,\n27382,Phường Bảy,ward,775\nkp,Khu phố,ward,775\n";
    let file = [("content-type", "text/csv")];
    app.send("POST", &format!("{Q6}/import?what=units"), Some(&app.token), &file, Some(csv.as_bytes())).ok();
    let kept = entry("units.import");
    let rows = kept["after"]["rows"].as_array().expect("rows");
    let ward = rows.iter().find(|row| row[1]["code"] == "27382").expect("the ward");
    assert_eq!((&ward[0]["name"], &ward[1]["name"]), (&json!("Phường 07"), &json!("Phường Bảy")));
    // the same file again changes nothing, and leaves nothing
    app.send("POST", &format!("{Q6}/import?what=units"), Some(&app.token), &file, Some(csv.as_bytes())).ok();
    assert_eq!(log(&app, &auditor, "campaign=q6-2021&action=units.import")["total"], 1);
}
