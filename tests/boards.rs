//! Whole boards with known answers through the API on both databases. That the library
//! gives them from packs is a unit test of `service::boards`.

use crate::support::app::{TestApp, machine_token};
use crate::support::at;
use crate::support::database::TestDatabase;
use crate::support::known_boards::{cases, compare, report, score};
use crate::support::on_all;
use greenzone::domain::account::{Role, Scope};
use greenzone::pack;
use serde_json::Value;
use std::sync::Arc;

fn query_of(ask: &Value) -> String {
    let names = ["kind", "track", "by", "as_of", "known_at", "within", "block"];
    let pairs = names.iter().filter_map(|name| {
        let value = ask[*name].as_str()?;
        Some(format!("{name}={}", greenzone::service::figures::escape(value)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

on_all! {
    fn every_board_is_the_same_through_the_api(app: TestApp) {
        app.set_clock("2099-01-01T00:00:00Z");
        let token = machine_token(&app.service, Role::Committee, Scope::All);
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
                let answer = app.send("GET", &address, Some(&token), &[], None);
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
    for database in TestDatabase::each() {
        let app = TestApp::at(database, "2021-07-24T06:00:00Z");
        let contest = pack::read_path(&at("tests/packs/hamlets")).expect("a sound pack");
        app.import(&contest);
        let code = &contest.campaign.code;
        let board =
            app.get_as_council(&format!("/api/v1/campaigns/{code}/leaderboard?track=kept_clean&as_of=2021-07-15")).ok();
        let items = board["items"].as_array().expect("rows");
        assert!(items.iter().all(|row| row["rank"] == 1), "{board}");
        let shown: Vec<&str> = items.iter().filter_map(|row| row["unit"]["name"].as_str()).collect();
        assert_eq!(shown, names);
    }
}
