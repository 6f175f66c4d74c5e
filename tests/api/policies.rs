//! Versions of the rules: made, read, and old boards by the rules of their time.

use super::{Q6, figure};
use crate::support::app::{TestApp, machine_token, security};
use crate::support::at;
use crate::support::database::TestDatabase;
use crate::support::on_both;
use diesel::connection::SimpleConnection;
use greenzone::domain::account::{Role, Scope};
use greenzone::service::{Audience, Moment};
use greenzone::store::{Address, DbConn};
use serde_json::{Value, json};

/// Boards of q6-2021 that differ under nearly any change of rules.
const BOARDS: [&str; 5] = [
    "as_of=2021-07-12",
    "as_of=2021-07-12&include=days",
    "as_of=2021-07-12&by=level_drop&track=kept_clean",
    "kind=district&as_of=2021-07-11",
    "as_of=2021-07-10&by=reduction",
];

/// Boards and other answers at a past moment, without what tells which moment was asked for.
fn boards(app: &TestApp, moment: &str) -> Vec<Value> {
    let mut addresses: Vec<String> = BOARDS.iter().map(|board| format!("{Q6}/leaderboard?{board}")).collect();
    addresses.push(format!("{Q6}/units/27382/standing?as_of=2021-07-12"));
    let read = |address: String| {
        let mut answer = app.get_as_council(&format!("{address}&{moment}")).ok();
        let fields = answer.as_object_mut().expect("an object");
        fields.remove("known_at");
        fields.remove("revision");
        answer
    };
    addresses.into_iter().map(read).collect()
}

fn harder() -> Value {
    json!({
        "scoring": {"components": [{"measure": "green_days", "max_points": 70}, {"measure": "case_reduction", "max_points": 30}], "closing_days": 3},
        "level_scheme": "qd-2686-2021",
        "allowances": {"ward": 0},
        "reason": "theo kết luận họp ngày 20",
        "legal_reference": "Quyết định 12/QĐ-UBND"
    })
}

on_both! {
    fn a_change_of_rules_is_a_version_and_old_boards_keep_theirs(app: TestApp) {
        let app = app.with_q6();
        app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 3})).ok();
        app.put(&format!("{Q6}/units/27379/start-level"), &json!({"level": "red", "reason": "x"})).ok();
        let first = app.get(&format!("{Q6}/policies")).ok();
        assert_eq!((&first["total"], &first["items"][0]["version"]), (&json!(1), &json!(1)));
        assert_eq!(first["items"][0]["scoring"], app.get(Q6).ok()["scoring"]);
        let before = boards(&app, "revision=3");
        assert!(before.iter().all(|board| board.get("policy_version").is_none_or(|version| *version == 1)));
        let known_at = app.get(&format!("{Q6}/leaderboard?revision=3")).ok()["known_at"].clone();

        app.set_clock("2021-07-24T08:00:00Z");
        let made = app.post(&format!("{Q6}/policies"), &harder());
        assert_eq!((made.status, made.header("location")), (201, Some("/api/v1/campaigns/q6-2021/policies/2")), "{}", made.text());
        let made = made.json();
        assert_eq!((&made["version"], &made["revision"], &made["since_revision"]), (&json!(2), &json!(4), &json!(4)));
        assert_eq!((&made["reason"], &made["level_scheme"]), (&json!("theo kết luận họp ngày 20"), &json!("qd-2686-2021")));
        assert_eq!((&made["allowances"], &made["scoring"]["min_baseline_days"]), (&json!({"ward": 0}), &json!(7)));

        // the document and the boards follow
        let document = app.get(Q6).ok();
        assert_eq!((&document["level_scheme"], &document["scoring"]["closing_days"]), (&json!("qd-2686-2021"), &json!(3)));
        assert_eq!(document["kinds"][1]["small_number_allowance"], 0);
        let board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12")).ok();
        assert_eq!((&board["policy_version"], &board["level_scheme"]), (&json!(2), &json!("qd-2686-2021")));
        assert_eq!(board["items"][0]["points"]["components"][0]["measure"], "green_days");
        let after = boards(&app, "min_revision=4");
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "everything is another");

        // what was announced is printed again, by revision and by instant
        assert_eq!(boards(&app, "revision=3"), before);
        assert_eq!(boards(&app, &format!("known_at={}", known_at.as_str().expect("an instant"))), before);
        assert_eq!(boards(&app, "known_at=2021-07-24T07:59:59Z"), before);
        assert_eq!(boards(&app, "known_at=2021-07-24T08:00:00Z"), after);
        assert_eq!(boards(&app, "revision=4"), after);

        // and back again: a third version, and both stretches stay as they were
        let back = json!({"scoring": first["items"][0]["scoring"], "level_scheme": first["items"][0]["level_scheme"], "allowances": {"ward": 5}, "reason": "nhầm"});
        assert_eq!(app.post(&format!("{Q6}/policies"), &back).ok()["version"], 3);
        assert_eq!((boards(&app, "revision=3"), boards(&app, "revision=4")), (before.clone(), after));
        let mut now = boards(&app, "min_revision=5");
        now.iter_mut().filter(|board| board.get("policy_version").is_some()).for_each(|board| board["policy_version"] = json!(1));
        assert_eq!(now, before, "the same rules over the same facts");
        let read = |version: u8| app.get_as_council(&format!("{Q6}/policies/{version}"));
        assert_eq!(read(2).ok()["legal_reference"], "Quyết định 12/QĐ-UBND");
        read(4).refused(404, "policy_not_found");
        app.get(&format!("{Q6}/policies/x")).refused(404, "policy_not_found");
    }
}

on_both! {
    fn the_rules_in_force_make_no_version_and_if_match_is_honoured(app: TestApp) {
        let app = app.with_q6();
        let path = format!("{Q6}/policies");
        let first = app.get_as_council(&format!("{path}/1"));
        let same = json!({"level_scheme": "counts-14d", "scoring": first.json()["scoring"], "reason": "x"});
        let answer = app.post(&path, &same);
        assert_eq!((answer.status, &answer.json()["version"], app.revision("q6-2021")), (200, &json!(1), 1));
        let tag = first.header("etag").expect("a tag").to_owned();
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
        let with = |tag: &str, body: &Value| app.with_json("POST", &path, &[("if-match", tag)], body);
        with("\"other\"", &harder()).refused(412, "precondition_failed");
        assert_eq!(with(&tag, &harder()).status, 201);
        with(&tag, &same).refused(412, "precondition_failed");
        // a key replays
        let keyed = |body: &Value| app.with_json("POST", &path, &[("idempotency-key", "k")], body);
        let once = keyed(&same);
        assert_eq!((once.status, keyed(&same).body), (201, once.body));
        assert_eq!(app.get(&path).ok()["total"], 3);
    }
}

on_both! {
    fn wrong_rules_are_refused_by_their_places(app: TestApp) {
        let app = app.with_q6();
        let path = format!("{Q6}/policies");
        let pointers = |body: Value| {
            let problem = app.post(&path, &body).refused(422, "invalid_request");
            let errors = problem["errors"].as_array().expect("errors").clone();
            errors.iter().map(|e| e["pointer"].as_str().expect("a pointer").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(pointers(json!({"level_scheme": "counts-14d"})), ["/reason"]);
        assert_eq!(pointers(json!({"reason": "x"})), ["/scoring"]);
        assert_eq!(pointers(json!({"allowances": {"hamlet": 1}, "reason": "x"})), ["/allowances/hamlet"]);
        assert_eq!(pointers(json!({"scoring": {"components": [], "closing_days": 0}, "level_scheme": 1, "x": 1, "reason": ""})), ["/x", "/scoring/components", "/scoring/closing_days", "/level_scheme", "/reason"]);
        // a kind without rules where the policy needs levels
        assert_eq!(pointers(json!({"level_scheme": "hcmc-2716-2021", "reason": "x"})), ["/kinds/0/code", "/kinds/1/code"]);
        app.post(&path, &json!({"allowances": {}, "reason": "x", "recorded_at": "2021-07-01T00:00:00Z"})).refused(422, "time_is_told_by_the_service");
        assert_eq!(app.revision("q6-2021"), 1);
        // once figures exist, the document's own way is closed, and says which is open
        let read = app.get(Q6);
        let mut document = read.json();
        document["scoring"]["closing_days"] = json!(5);
        let problem = app.put_with(Q6, &[("if-match", read.header("etag").expect("a tag"))], &document).refused(409, "locked_field");
        assert!(problem["errors"][0]["message"].as_str().expect("a message").contains("/policies"), "{problem}");
    }
}

/// A scheme with other level codes.
fn two_levels() -> Value {
    json!({
        "code": "two", "levels": [{"code": "good", "colour": "#0FA57F"}, {"code": "red", "colour": "#DA4711"}],
        "rules": [{"kinds": ["*"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 21, "at_least": 4}}]}]
    })
}

on_both! {
    fn a_scheme_knows_the_declared_starts_that_stand_and_old_boards_the_others(app: TestApp) {
        let app = app.with_q6();
        let start = |unit: &str| format!("{Q6}/units/{unit}/start-level");
        app.put(&start("27382"), &json!({"level": "red", "reason": "x"})).ok();
        app.put(&start("27382"), &json!({"level": "orange", "reason": "x"})).ok();
        app.put(&start("27379"), &json!({"level": "red", "reason": "x"})).ok();
        let change = json!({"level_scheme": two_levels(), "reason": "x"});
        let problem = app.post(&format!("{Q6}/policies"), &change).refused(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], "/level_scheme");
        assert!(problem["detail"].as_str().expect("words").ends_with("27382 (orange)"), "{problem}");
        app.delete(&format!("{}?reason=x", start("27382"))).ok();
        let before = [boards(&app, "revision=2"), boards(&app, "revision=3"), boards(&app, "revision=5")];
        app.post(&format!("{Q6}/policies"), &change).ok();
        assert_eq!([boards(&app, "revision=2"), boards(&app, "revision=3"), boards(&app, "revision=5")], before);
        let rows = boards(&app, "min_revision=6").remove(0);
        let row = |code: &str| rows["items"].as_array().expect("rows").iter().find(|r| r["unit"]["code"] == code).expect("a row").clone();
        assert_eq!((&row("27379")["level"]["start"], &row("27382")["level"]["start"]), (&json!("red"), &json!("red")));
        // the pack that is given back has no level that its scheme does not know
        let exported = app.service.export("q6-2021").expect("an export");
        let again = greenzone::pack::read(&greenzone::pack::files(&exported)).expect("a sound pack");
        assert_eq!(again.start_levels.iter().filter(|row| row.stamp.stands()).count(), 1);
    }
}

on_both! {
    fn before_figures_exist_the_document_makes_versions_by_itself(app: TestApp) {
        let document = json!({
            "code": "trial", "time_zone": "Asia/Saigon",
            "window": {"from": "2021-07-20", "to": "2021-07-30"}, "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
            "kinds": [{"code": "ward", "figures": "reported"}], "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
        });
        let base = "/api/v1/campaigns/trial";
        app.post("/api/v1/campaigns", &document).ok();
        let put = |document: &Value| {
            let tag = app.get(base).header("etag").expect("a tag").to_owned();
            app.put_with(base, &[("if-match", &tag)], document).ok()
        };
        let mut changed = document.clone();
        changed["title"] = json!({"en": "Trial"});
        put(&changed);
        assert_eq!(app.get(&format!("{base}/policies")).ok()["total"], 1, "a title is no rule");
        changed["kinds"][0]["small_number_allowance"] = json!(2);
        put(&changed);
        changed["scoring"]["max_missing_days"] = json!(4);
        put(&changed);
        let list = app.get_as_council(&format!("{base}/policies")).ok();
        let told: Vec<Value> = list["items"].as_array().expect("items").iter().map(|v| json!([v["version"], v["since_revision"], v["reason"]])).collect();
        assert_eq!(told, [json!([1, 1, null]), json!([2, 3, null]), json!([3, 4, null])]);
        assert!(list["items"][2]["author"].as_str().is_some_and(|a| a.starts_with("token:")), "{list}");
        assert_eq!((&list["items"][1]["allowances"], &list["items"][2]["scoring"]["max_missing_days"]), (&json!({"ward": 2}), &json!(4)));
    }
}

#[test]
fn a_pack_brings_its_history_under_its_own_rules() {
    let app = TestApp::on(TestDatabase::sqlite());
    let [q6, ..] = greenzone::pack::bundled();
    let contest = greenzone::pack::read(&q6.files()).expect("the bundled pack");
    let mut document = contest.campaign.to_json();
    document["scoring"]["closing_days"] = json!(2);
    app.post("/api/v1/campaigns", &document).ok();
    app.import(&contest);
    assert_eq!(app.get(&format!("{Q6}/policies")).ok()["total"], 2);
    // the pack's figures were known from the beginning, and so are the rules that they came with
    let board = app.get(&format!("{Q6}/leaderboard?as_of=2021-07-12&known_at=2021-07-13T06:00:00Z")).ok();
    assert_eq!(board["policy_version"], 2);
}

#[test]
fn who_and_why_are_never_public() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.post(&format!("{Q6}/policies"), &harder()).ok();
    let ward = Scope::Unit { campaign: "q6-2021".into(), unit: "27382".into() };
    let reporter = machine_token(&app.service, Role::Reporter, ward);
    let committee = machine_token(&app.service, Role::Committee, Scope::All);
    for address in ["/policies/2", "/policies"] {
        let path = format!("{Q6}{address}");
        for token in [None, Some(reporter.as_str())] {
            let text = app.send("GET", &path, token, &[], None).text();
            assert!(text.contains("12/QĐ-UBND") && !text.contains("kết luận") && !text.contains("token:"), "{text}");
        }
        let text = app.send("GET", &path, Some(&committee), &[], None).text();
        assert!(text.contains("kết luận") && text.contains("token:"), "{text}");
    }
}

#[test]
fn a_change_of_rules_is_in_the_log_with_what_stood_and_stands() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    app.post(&format!("{Q6}/policies"), &harder()).ok();
    let auditor = machine_token(&app.service, Role::Auditor, Scope::All);
    let log = app.send("GET", "/api/v1/audit?campaign=q6-2021&action=policy.create", Some(&auditor), &[], None).ok();
    let entry = &log["items"][0];
    assert_eq!((&log["total"], &entry["target"]), (&json!(1), &json!("policies/2")));
    assert_eq!((&entry["before"]["version"], &entry["before"]["level_scheme"]), (&json!(1), &json!("counts-14d")));
    assert_eq!(
        (&entry["after"]["reason"], &entry["after"]["revision"]),
        (&json!("theo kết luận họp ngày 20"), &json!(2))
    );
    assert_eq!(entry["after"]["scoring"]["closing_days"], 3);
}

on_both! {
    fn another_process_follows_a_change_of_rules(app: TestApp) {
        let app = app.with_q6();
        let other = greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let look = |revision| {
            let look = other.look("q6-2021", Moment::Now, Some(revision), &Audience::Full);
            runtime.block_on(look).expect("the campaign").snapshot
        };
        assert_eq!(look(1).policy_version, 1);
        app.post(&format!("{Q6}/policies"), &harder()).ok();
        let followed = look(2);
        assert_eq!((followed.policy_version, followed.campaign().scheme.code.as_str()), (2, "qd-2686-2021"));
        // a figure after it is followed by the day alone, and the version stays
        app.put(&figure("27382", "2021-07-13"), &json!({"community_f0": 3})).ok();
        assert_eq!(look(3).policy_version, 2);
        let past = other.at("q6-2021", Moment::Revision(1), &Audience::Full).expect("a past moment").snapshot;
        assert_eq!((past.policy_version, past.campaign().scheme.code.as_str()), (1, "counts-14d"));
    }
}

fn execute(address: &Address, sql: &str) {
    match &mut address.connect().expect("the database") {
        DbConn::Pg(c) => c.batch_execute(sql).expect(sql),
        DbConn::Sqlite(c) => c.batch_execute(sql).expect(sql),
    }
}

on_both! {
    fn campaigns_of_the_time_before_have_the_rules_of_their_document(app: TestApp) {
        let app = app.with_q6();
        let plain = json!({
            "code": "trial", "time_zone": "Asia/Saigon",
            "window": {"from": "2021-07-20", "to": "2021-07-30"}, "baseline": {"from": "2021-07-06", "to": "2021-07-19"},
            "kinds": [{"code": "ward", "figures": "reported"}], "level_scheme": two_levels(),
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 99.5}, {"measure": "green_days", "max_points": 0.5}], "max_bonus": 0.25}
        });
        app.post("/api/v1/campaigns", &plain).ok();
        let read = || ["q6-2021", "trial"].map(|c| {
            let mut list = app.get_as_council(&format!("/api/v1/campaigns/{c}/policies")).ok();
            list["items"].as_array_mut().expect("items").iter_mut().for_each(|v| ["author", "recorded_at"].iter().for_each(|f| v[f] = json!(null)));
            list
        });
        let before = read();
        let engine = if matches!(app.address, Address::Sqlite(_)) { "sqlite" } else { "postgres" };
        let script = |name: &str| std::fs::read_to_string(at("migrations").join(engine).join("0005_policies").join(name)).expect("a script");
        execute(&app.address, &script("down.sql"));
        execute(&app.address, &script("up.sql"));
        assert_eq!(read(), before);
        let other = greenzone::app::open(app.address.clone(), app.clock.clone(), false, security()).expect("a service");
        assert_eq!(other.at("q6-2021", Moment::Revision(1), &Audience::Full).expect("a past moment").snapshot.policy_version, 1);
    }
}
