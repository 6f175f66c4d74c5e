use super::Q6;
use crate::support::app::{Answer, TestApp};
use crate::support::database::TestDatabase;
use crate::support::on_all;
use greenzone::pack;
use serde_json::json;
use std::sync::Arc;

fn send(app: &TestApp, query: &str, content_type: &str, body: &[u8]) -> Answer {
    app.send("POST", &format!("{Q6}/import{query}"), Some(&app.token), &[("content-type", content_type)], Some(body))
}

on_all! {
    fn a_pack_keeps_its_history_once_and_then_only_differences_are_stamped(app: TestApp) {
        let [q6, ..] = pack::bundled();
        let mut contest = pack::read(&q6.files()).expect("the pack");
        let zip = pack::write_zip(&contest);
        let dry = send(&app, "?dry_run=true", "application/zip", &zip).ok();
        assert_eq!((&dry["dry_run"], &dry["revision"]), (&json!(true), &json!(0)));
        app.get(Q6).refused(404, "campaign_not_found");
        let first = send(&app, "", "application/zip", &zip);
        assert_eq!(first.status, 201, "{}", first.text());
        let first = first.json();
        assert_eq!((&first["read_as"], &first["silent_units"]), (&json!("pack"), &json!(["27385"])));
        assert!(first["rows"]["new"].as_u64().unwrap() > 200);
        let again = send(&app, "", "application/zip", &zip).ok();
        assert_eq!((&again["rows"]["new"], &again["rows"]["changed"], &again["revision"]), (&json!(0), &json!(0), &json!(1)));
        // one correction in the pack is one difference, stamped by the service
        app.set_clock("2021-07-25T00:00:00Z");
        let last = contest.figures.last_mut().expect("a figure");
        last.counts = greenzone::domain::Counts::new([Some(99), None, None, None, None, None]).expect("counts");
        let (unit, day) = (contest.units[last.unit as usize].code.clone(), last.day);
        let changed = send(&app, "", "application/zip", &pack::write_zip(&contest)).ok();
        assert_eq!((&changed["rows"]["changed"], &changed["revision"]), (&json!(1), &json!(2)));
        let history = app.get_as_council(&format!("{Q6}/units/{unit}/figures/{day}/history")).ok();
        assert_eq!(history["items"][0]["recorded_at"], json!(null), "known from the beginning");
        assert_eq!(history["items"][1]["recorded_at"], "2021-07-25T00:00:00Z");
        assert_eq!((&history["items"][0]["source"], &history["items"][1]["source"]), (&json!("pack"), &json!("pack")));
        let mut campaign = (*contest.campaign).clone();
        campaign.policy.closing_days = 5;
        contest.campaign = Arc::new(campaign);
        send(&app, "", "application/zip", &pack::write_zip(&contest)).refused(409, "locked_field");
        assert_eq!(app.revision("q6-2021"), 2);
    }
}

on_all! {
    fn tables_are_read_strictly_whole_or_not_at_all(app: TestApp) {
        let app = app.with_q6();
        let wrong = "unit_code,date,community_f0\n27382,2021-07-13,1\nx,2021-07-13,1\n27379,2021-07-13,one\n";
        let problem = send(&app, "", "text/csv", wrong.as_bytes()).refused(422, "invalid_pack");
        assert_eq!((&problem["total"], &problem["errors"][0]["line"], &problem["errors"][1]["column"]), (&json!(2), &json!(3), &json!("community_f0")));
        let told = "unit_code,date,community_f0,recorded_at\n27382,2021-07-13,1,2021-07-13T00:00:00Z\n";
        send(&app, "", "text/csv", told.as_bytes()).refused(422, "time_is_told_by_the_service");
        let both = format!("{told}27379,2021-07-13,one,2021-07-13T00:00:00Z\n");
        let problem = send(&app, "", "text/csv", both.as_bytes()).refused(422, "invalid_pack");
        let error = &problem["errors"][0];
        assert_eq!((&error["line"], &error["column"]), (&json!(3), &json!("community_f0")), "as a strict table: {problem}");
        assert_eq!(app.revision("q6-2021"), 1);
        let right = "\u{feff}unit_code,date,community_f0\r\n27382,2021-07-13,1\r\n27379,2021-07-12,0\r\n";
        let dry = send(&app, "?dry_run=true", "text/csv", right.as_bytes()).ok();
        assert_eq!((&dry["rows"]["new"], &dry["revision"]), (&json!(1), &json!(1)), "{dry}");
        let done = send(&app, "", "text/csv", right.as_bytes()).ok();
        assert_eq!((&done["read_as"], &done["rows"]["new"], &done["revision"]), (&json!("figures"), &json!(1), &json!(2)));
        let lines = "{\"unit_code\":\"27382\",\"date\":\"2021-07-13\",\"community_f0\":2}\n\n{\"unit_code\":\"27379\",\"date\":\"2021-07-13\",\"community_f0\":0}\n";
        let done = send(&app, "", "application/x-ndjson", lines.as_bytes()).ok();
        assert_eq!((&done["rows"]["new"], &done["rows"]["changed"]), (&json!(1), &json!(1)));
        send(&app, "", "application/x-ndjson", b"{\"unit_code\":1}\nnot json\n").refused(422, "invalid_request");
        let units = "code,name,kind,parent_code\nu1,Quận X,district,\nu2,Phường X,ward,u1\n";
        let done = send(&app, "?what=units", "text/csv", units.as_bytes()).ok();
        assert_eq!((&done["read_as"], &done["rows"]["new"]), (&json!("units"), &json!(2)));
    }
}

#[test]
fn what_is_no_file_of_ours_is_refused_by_type_and_size() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    send(&app, "", "multipart/form-data; boundary=x", b"--x\r\nContent-Disp").refused(415, "unsupported_media_type");
    send(&app, "", "application/pdf", b"%PDF").refused(415, "unsupported_media_type");
    send(&app, "?what=units", "application/zip", b"PK").refused(422, "invalid_parameter");
    send(&app, "", "application/zip", b"PK\x03\x04 cut").refused(422, "invalid_pack");
    send(&app, "?dry_run=maybe", "text/csv", b"").refused(422, "invalid_parameter");
    let huge = vec![b' '; 100 << 20];
    send(&app, "", "text/csv", &huge[..(65 << 20)]).refused(413, "too_large");
    let json = app.send(
        "POST",
        &format!("{Q6}/figures"),
        Some(&app.token),
        &[("content-type", "application/json")],
        Some(&huge),
    );
    json.refused(413, "too_large");
    assert_eq!(app.revision("q6-2021"), 1);
}

#[test]
fn a_pack_of_another_campaign_is_not_taken_here() {
    let app = TestApp::on(TestDatabase::sqlite()).with_q6();
    let [_, provinces, _] = pack::bundled();
    let zip = pack::write_zip(&pack::read(&provinces.files()).expect("the pack"));
    send(&app, "", "application/zip", &zip).refused(422, "invalid_pack");
}
