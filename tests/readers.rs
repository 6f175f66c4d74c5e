//! Random bytes at every reader: an error or a value, never a crash, never a hang.

use crate::support::at;
use greenzone::domain::json::Json;
use greenzone::domain::{Campaign, Instant};
use greenzone::pack::{self, Files, Limits};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FILES: [&str; 10] = [
    "campaign.json",
    "units.csv",
    "states.csv",
    "neighbours.csv",
    "figures.csv",
    "excused.csv",
    "start_levels.csv",
    "criteria.csv",
    "assessments.csv",
    "adjustments.csv",
];

/// A sound pack with one file of each kind.
fn sound() -> BTreeMap<String, Vec<u8>> {
    let mut files = pack::bundled()[0].files().0;
    let add = |files: &mut BTreeMap<String, Vec<u8>>, name: &str, text: &str| {
        files.insert(name.to_owned(), text.as_bytes().to_vec());
    };
    add(&mut files, "states.csv", "unit_code,state,reason\n27382,withdrawn,x\n");
    add(&mut files, "neighbours.csv", "a,b\n27382,27379\n");
    add(&mut files, "excused.csv", "unit_code,date,reason\n27382,2021-07-09,x\n");
    add(&mut files, "start_levels.csv", "unit_code,level,reason\n27382,red,x\n");
    add(&mut files, "criteria.csv", "code,kind,weight\nc,ward,1\n");
    add(&mut files, "assessments.csv", "unit_code,criterion_code,value,verified\n27382,c,50,true\n");
    add(&mut files, "adjustments.csv", "unit_code,kind,points,reason\n27382,bonus,1,x\n");
    files
}

/// What is done to a file.
#[derive(Clone, Debug)]
enum Harm {
    Replace(Vec<u8>),
    Cut(usize),
    Set(usize, u8),
    Insert(usize, Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        prop::sample::select(vec![
            "\"",
            ",",
            "\n",
            "\r\n",
            "\0",
            "\u{feff}",
            "-1",
            "1e9",
            "NaN",
            "[[[[",
            "{\"a\":",
            "é",
            "🏠",
            "'; DROP TABLE units; --",
            "../",
            "=1+1"
        ])
        .prop_map(|t| t.as_bytes().to_vec()),
    ];
    prop_oneof![
        bytes.clone().prop_map(Harm::Replace),
        any::<usize>().prop_map(Harm::Cut),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        (any::<usize>(), bytes).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
    ]
}

fn apply(harm: &Harm, file: &mut Vec<u8>) {
    let len = file.len();
    match harm {
        Harm::Replace(bytes) => *file = bytes.clone(),
        Harm::Cut(at) => file.truncate(at % (len + 1)),
        Harm::Set(at, byte) => {
            if len > 0 {
                file[at % len] = *byte;
            }
        }
        Harm::Insert(at, bytes) => {
            let at = at % (len + 1);
            file.splice(at..at, bytes.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_harmed_pack_is_read_or_refused_with_places(which in 0..FILES.len(), harms in prop::collection::vec(harm(), 1..4)) {
        let mut files = sound();
        let file = files.get_mut(FILES[which]).expect("the file");
        harms.iter().for_each(|harm| apply(harm, file));
        match pack::read(&Files(files)) {
            // what is taken can be written and read again
            Ok(contest) => prop_assert_eq!(&pack::read(&pack::files(&contest)).expect("sound"), &contest),
            Err(refusal) => {
                prop_assert!(refusal.total >= 1 && !refusal.errors.is_empty());
                prop_assert!(refusal.errors.iter().all(|e| !e.file.is_empty() && !e.expected.is_empty()));
            }
        }
    }

    #[test]
    fn random_bytes_are_no_zip_no_document_and_no_instant(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = pack::read_zip(&bytes, Limits { bytes: 1 << 20, expansion: 100, entries: 16 });
        let _ = Json::parse(&bytes);
        let _ = Campaign::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Instant::parse(&text);
        let _ = greenzone::domain::time::parse_day(&text);
        let _ = greenzone::domain::number::parse_decimal(&text, 2);
        let _ = greenzone::domain::text::fold(&text);
    }

    #[test]
    fn a_harmed_zip_is_read_or_refused(harms in prop::collection::vec(harm(), 1..4)) {
        let contest = pack::read_path(&at("packs/q6-2021")).expect("the bundled pack");
        let mut zip = pack::write_zip(&contest);
        harms.iter().for_each(|harm| apply(harm, &mut zip));
        let _ = pack::read_zip(&zip, Limits { bytes: 1 << 20, expansion: 100, entries: 64 });
    }
}

#[test]
fn the_sound_pack_is_sound() {
    pack::read(&Files(sound())).expect("the pack that is harmed is sound");
}
