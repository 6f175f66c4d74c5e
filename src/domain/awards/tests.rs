use super::*;
use serde_json::json;

/// A campaign's document with awards.
fn document(awards: Value) -> Value {
    json!({
        "code": "c", "time_zone": "Asia/Ho_Chi_Minh",
        "window": {"from": "2021-07-09", "to": "2021-07-23"},
        "baseline": {"from": "2021-06-25", "to": "2021-07-08"},
        "kinds": [{"code": "ward", "figures": "reported"}],
        "level_scheme": "counts-14d",
        "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]},
        "awards": awards,
    })
}

fn read(awards: Value) -> Result<Awards, Vec<String>> {
    let read = Campaign::parse(document(awards).to_string().as_bytes());
    read.map(|campaign| campaign.awards).map_err(|errors| errors.into_iter().map(|error| error.path).collect())
}

fn award(code: &str, more: Value) -> Value {
    let mut award = json!({"code": code, "name": {"vi": "Giải"}, "form": {"vi": "Giấy khen"}, "kind": "ward", "track": "improvement"});
    if let (Some(fields), Value::Object(more)) = (award.as_object_mut(), more) {
        fields.extend(more);
    }
    award
}

fn full() -> Value {
    let first = award("first", json!({"places": {"from": 1, "to": 1}, "coefficient": 1.5, "ties": "all"}));
    let effort = json!({
        "by": "reduction", "block": "Khối 1", "collective": false, "coefficient": 0.3,
        "threshold": {"points_at_least": 50.25, "reduction_percent_at_least": 30, "change_percent_at_least": 0.01},
        "quota": {"at_most": 5, "percent_of_ranked": 12.5},
    });
    let clean = award("clean", json!({"track": "kept_clean", "by": "green_on", "places": {"from": 1, "to": 3}}));
    json!({
        "base_salary": 1_490_000, "rounding_step": 10_000, "legal_reference": "Nghị định 91/2017/NĐ-CP, Điều 69–73",
        "list": [first, award("effort", effort), clean],
    })
}

#[test]
fn a_catalogue_is_written_back_as_it_was_read() {
    let read = read(full()).unwrap();
    assert_eq!(read.list.len(), 3);
    let again = self::read(read.to_json()).unwrap();
    assert_eq!(again, read);
    assert_eq!(again.to_json(), read.to_json());
    let effort = read.find("effort").unwrap();
    assert_eq!(effort.to, Given::Threshold { points: Some(5_025), reduction: Some(3_000), change: Some(1) });
    assert_eq!(effort.quota, Quota { at_most: Some(5), percent_of_ranked: Some(1_250) });
    assert_eq!((effort.ties, effort.coefficient_text().as_deref()), (Ties::Decide, Some("0.3")));
}

#[test]
fn a_campaign_without_awards_says_nothing_of_them() {
    let campaign = Campaign::parse(document(json!(null)).to_string().as_bytes()).unwrap();
    assert!(campaign.awards.is_empty());
    assert_eq!(campaign.to_json().get("awards"), None);
}

#[test]
fn every_coefficient_with_four_decimals_survives_a_round_trip() {
    for ten_thousandths in (1..=20_000).chain([9_999_999, 10_000_000]) {
        let (whole, part) = (ten_thousandths / 10_000, ten_thousandths % 10_000);
        let written: Value = format!("{whole}.{part:04}").parse::<f64>().unwrap().into();
        let award = award("a", json!({"places": {"from": 1, "to": 1}, "coefficient": written}));
        let mut reader = Reader::default();
        let json = Json::parse(award.to_string().as_bytes()).unwrap();
        let read = Award::read(&mut reader, "", &json).unwrap();
        assert_eq!(read.coefficient, Some(ten_thousandths));
        let json = Json::parse(read.to_json().to_string().as_bytes()).unwrap();
        assert_eq!(Award::read(&mut reader, "", &json), Some(read));
    }
}

#[test]
fn all_mistakes_are_named_by_path() {
    let wrong = json!({
        "base_salary": 0, "rounding_step": 1.5, "more": 1,
        "list": [
            award("a", json!({"places": {"from": 2, "to": 1}})),
            award("b", json!({"places": {"from": 1, "to": 1}, "threshold": {"points_at_least": 1}})),
            award("c", json!({})),
            award("d", json!({"threshold": {}, "ties": "lots", "extra": 1, "coefficient": -1, "name": {}})),
            award("e", json!({"track": "kept_clean", "by": "reduction", "threshold": {"change_percent_at_least": 5}})),
            award("f", json!({"places": {"from": 1, "to": 1}, "quota": {}, "coefficient": 1000.0001})),
        ],
    });
    let in_list = [
        "0.places.to",
        "1.threshold",
        "2.places",
        "3.extra",
        "3.name",
        "3.threshold",
        "3.ties",
        "3.coefficient",
        "4.by",
        "4.threshold",
        "5.quota",
        "5.coefficient",
    ];
    let mut expected =
        vec!["awards.more".to_owned(), "awards.base_salary".to_owned(), "awards.rounding_step".to_owned()];
    expected.extend(in_list.map(|path| format!("awards.list.{path}")));
    assert_eq!(read(wrong), Err(expected));
}

#[test]
fn codes_kinds_and_money_must_fit_the_rest() {
    let one = json!({"places": {"from": 1, "to": 1}, "coefficient": 1});
    let twice = json!({"list": [award("a", one.clone()), award("a", one)]});
    let paths = ["awards.list.0.coefficient", "awards.list.1.code", "awards.list.1.coefficient"];
    assert_eq!(read(twice), Err(paths.map(str::to_owned).to_vec()));
    let other = json!({"list": [award("a", json!({"kind": "hamlet", "places": {"from": 1, "to": 1}}))]});
    assert_eq!(read(other), Err(vec!["awards.list.0.kind".to_owned()]));
}

#[test]
fn money_is_exact_and_rounded_up_once() {
    let mut awards = read(full()).unwrap();
    let of = |awards: &Awards, coefficient: u64, collective: bool| {
        let mut award = awards.list[0].clone();
        (award.coefficient, award.collective) = (Some(coefficient), collective);
        awards.money(&award)
    };
    // by hand: 0.3 × 1,490,000 = 447,000; twice that is 894,000; 0.15 × 1,490,000 × 2 = 447,000
    assert_eq!(of(&awards, 3_000, false), Some(450_000));
    assert_eq!(of(&awards, 3_000, true), Some(900_000));
    assert_eq!(of(&awards, 1_500, true), Some(450_000));
    assert_eq!(of(&awards, 10_000, false), Some(1_490_000));
    assert_eq!(of(&awards, 1, false), Some(10_000));
    awards.rounding_step = 1;
    assert_eq!(of(&awards, 1, false), Some(149));
    assert_eq!(of(&awards, 15_001, false), Some(2_235_149));
    // against whole numbers of any size
    for (salary, step, coefficient) in [(1, 1, 1), (2_340_000, 10_000, 12_345), (MAX_MONEY, 7, MAX_COEFFICIENT)] {
        (awards.base_salary, awards.rounding_step) = (Some(salary), step);
        for persons in [1u128, 2] {
            let money = u128::from(of(&awards, coefficient, persons == 2).unwrap());
            let exact = u128::from(coefficient) * u128::from(salary) * persons;
            let unit = 10_000 * u128::from(step);
            assert!(money * 10_000 >= exact && money * 10_000 < exact + unit && money.is_multiple_of(step.into()));
        }
    }
}

#[test]
fn a_quota_rounds_down_and_the_smaller_one_counts() {
    let quota = |at_most, percent_of_ranked| Quota { at_most, percent_of_ranked }.of(14);
    assert_eq!(quota(None, None), None);
    assert_eq!(quota(None, Some(2_000)), Some(2));
    assert_eq!(quota(Some(1), Some(2_000)), Some(1));
    assert_eq!(quota(Some(5), Some(2_500)), Some(3));
    assert_eq!(quota(None, Some(700)), Some(0));
}
