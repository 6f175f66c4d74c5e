//! Law 9 for results: figures that are hidden move nothing that is public.

use super::{built, draft, parsed};
use greenzone::domain::time::parse_day;
use greenzone::pack::Files;
use greenzone::service::proof::{Nonce, ResultKeys, verify};
use serde_json::Value;

const CAMPAIGN: &str = r##"{
    "code": "law", "time_zone": "Asia/Ho_Chi_Minh",
    "window": {"from": "2021-07-20", "to": "2021-07-26"}, "baseline": {"from": "2021-07-10", "to": "2021-07-19"},
    "kinds": [
        {"code": "residential_group", "figures": "reported"}, {"code": "ward", "figures": "derived", "derived_from": "residential_group"},
        {"code": "household", "figures": "reported"}],
    "level_scheme": "counts-14d",
    "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}}"##;

/// Three small groups, an open one and a household; the second group has so many cases on
/// the last day.
fn world(of_small: u64, of_household: u64) -> Files {
    let units = "code,name,kind,parent_code,population\nw,Phường,ward,,9000\n\
                 a,Tổ 1,residential_group,w,100\nb,Tổ 2,residential_group,w,100\nc,Tổ 3,residential_group,w,900\nh,Hộ,household,a,\n";
    let mut figures = "unit_code,date,community_f0\n".to_owned();
    for day in 10..=26 {
        let last = day == 26;
        let rows =
            [("a", 1), ("b", if last { of_small } else { 3 }), ("c", 2), ("h", if last { of_household } else { 0 })];
        rows.iter().for_each(|(unit, cases)| figures += &format!("{unit},2021-07-{day},{cases}\n"));
    }
    let files = [("campaign.json", CAMPAIGN), ("units.csv", units), ("figures.csv", &figures)];
    Files(files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into())
}

#[test]
fn hidden_figures_move_nothing_of_a_public_result_but_the_hash_of_the_whole_one() {
    let keys = ResultKeys::random().unwrap();
    let last = parse_day("2021-07-26").unwrap();
    let result = |files: Files| built(&draft(files, last), &keys);
    let (one, other) = (result(world(3, 0)), result(world(4, 2)));
    let counts = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_ne!(counts(&one.whole), counts(&other.whole), "the whole one tells");
    assert_ne!(one.sha256, other.sha256);
    let masked = |bytes: &[u8]| {
        let mut public = parsed(bytes);
        public["manifest"]["whole_sha256"] = Value::Null;
        public["signature"] = Value::Null;
        public
    };
    assert_eq!(masked(&one.public), masked(&other.public));
    let public = parsed(&one.public);
    let boards = public["boards"].as_array().unwrap();
    assert!(boards.iter().all(|board| board["kind"] != "household"), "a private kind has no board");
    let board = |kind: &str| boards.iter().find(|b| b["kind"] == kind && b["track"] == "improvement").unwrap();
    let row = |code: &str| {
        board("residential_group")["items"].as_array().unwrap().iter().find(|r| r["unit"]["code"] == code).unwrap()
    };
    // rank and level of the day are what small units show on a final board
    assert!(row("b")["rank"].is_u64() && row("b")["level"]["current"].is_string());
    assert!(row("b")["points"].is_null() && row("b")["community_f0"].is_null());
    assert!(row("c")["points"]["total"].is_number());
    assert!(board("ward")["items"][0]["community_f0"].is_null(), "a sum over two small units tells of them");
    let report = verify(&one.whole, None, Some(&other.public));
    assert!(!report.holds && report.findings.iter().any(|f| f.place == "public: manifest whole_sha256"));
}

/// Who knows everything but one count could build the whole result for each count and see
/// whose hash is the public one – if nothing in it were random.
#[test]
fn the_public_hash_answers_no_guesses_of_hidden_counts() {
    let keys = ResultKeys::random().unwrap();
    let last = parse_day("2021-07-26").unwrap();
    let issued = built(&draft(world(4, 2), last), &keys);
    let guess = |nonce: Nonce| {
        let of = |cases: u64| {
            built(&greenzone::service::proof::Draft { nonce: nonce.clone(), ..draft(world(cases, 2), last) }, &keys)
                .sha256
        };
        (0..8).find(|cases| of(*cases) == issued.sha256)
    };
    assert_eq!(guess(Nonce::of([7; 32])), Some(4), "with the nonce, the count is found");
    assert_eq!(guess(Nonce::random().unwrap()), None);
    assert_ne!(Nonce::random().unwrap(), Nonce::random().unwrap());
}
