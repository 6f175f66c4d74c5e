//! Whatever is changed in a result is found, and its place is named.

use super::{built, parsed, places, q6};
use greenzone::service::proof::{Pin, ResultKeys, canonical, verify};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Every text and number of a document, by its pointer.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{}", escaped(name)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), found));
        }
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => found.push(path.to_owned()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Changes one character of a text, or one digit of a number.
fn change(value: &mut Value, at: usize) {
    *value = match value {
        Value::String(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = at % letters.len();
            letters[at] = match letters[at] {
                digit @ '0'..='8' => char::from(digit as u8 + 1),
                '9' => '0',
                'A' => 'B',
                _ => 'A',
            };
            Value::String(letters.into_iter().collect())
        }
        Value::Number(number) => {
            let text = number.to_string();
            let digits: Vec<usize> =
                text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
            let at = digits[at % digits.len()];
            let digit = if text.as_bytes()[at] == b'9' {
                "1".to_owned()
            } else {
                char::from(text.as_bytes()[at] + 1).to_string()
            };
            let mut changed = text.clone();
            changed.replace_range(at..=at, &digit);
            serde_json::from_str(&changed).unwrap_or_else(|_| panic!("{changed}"))
        }
        other => panic!("{other}"),
    };
}

/// The part of a document that a pointer leads to, as findings name it.
fn part_of(document: &Value, pointer: &str) -> Vec<String> {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    match steps[..] {
        ["manifest", "format"] => vec!["file".into()],
        ["manifest", ..] | ["signature"] => vec!["manifest and signature".into()],
        ["boards", at, ..] => vec![format!("boards/{}", name(&document["boards"][at.parse::<usize>().unwrap()]))],
        ["inputs", file] => vec![format!("inputs/{file}")],
        _ => vec![steps[0].to_owned()],
    }
}

fn name(board: &Value) -> String {
    format!("{}/{}", board["kind"].as_str().unwrap(), board["track"].as_str().unwrap())
}

/// A file with one character changed, and the part that it was changed in.
fn changed(original: &[u8], which: usize, at: usize) -> (Vec<u8>, String, Vec<String>) {
    let mut document = parsed(original);
    let mut found = Vec::new();
    leaves(&document, "", &mut found);
    let pointer = found[which % found.len()].clone();
    let parts = part_of(&document, &pointer);
    change(document.pointer_mut(&pointer).unwrap(), at);
    (canonical(&document).unwrap(), pointer, parts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_changed_character_anywhere_is_found_and_its_part_is_named(which in any::<prop::sample::Index>(), at in any::<u16>(), part in 0..9usize, is_public in any::<bool>()) {
        let keys = ResultKeys::random().unwrap();
        let proofs = built(&q6(), &keys);
        let original = if is_public { &proofs.public } else { &proofs.whole };
        let mut found = Vec::new();
        leaves(&parsed(original), "", &mut found);
        // inputs are few and long, boards have many numbers: each part has its turn
        let starts = ["/awards", "/boards", "/difference", "/inputs", "/manifest", "/overrides", "/signature", "/manifest/sha256", "/inputs/figures.csv"];
        let of_part: Vec<usize> = (0..found.len()).filter(|at| found[*at].starts_with(starts[part])).collect();
        if !of_part.is_empty() {
            let (bytes, pointer, parts) = changed(original, *which.get(&of_part), usize::from(at));
            let report = verify(&bytes, None, None);
            let places = places(&report);
            prop_assert!(!report.holds && report.total > 0, "{pointer}");
            for part in parts {
                prop_assert!(places.iter().any(|place| place.starts_with(&part)), "{pointer}: {places:?}");
            }
        }
    }
}

#[test]
fn a_changed_digit_of_an_input_is_named_with_its_file_and_line_and_what_follows_from_it() {
    let proofs = built(&q6(), &ResultKeys::random().unwrap());
    let mut whole = parsed(&proofs.whole);
    let figures = whole["inputs"]["figures.csv"].as_str().unwrap();
    let (at, line) = figures.lines().enumerate().find(|(_, line)| line.starts_with("27382,2021-07-12,")).unwrap();
    let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
    fields[2] = (fields[2].parse::<u64>().unwrap() + 1).to_string();
    let other = figures.replacen(line, &fields.join(","), 1);
    whole["inputs"]["figures.csv"] = other.into();
    let report = verify(&canonical(&whole).unwrap(), None, None);
    let places = places(&report);
    assert_eq!(places[0], format!("inputs/figures.csv:{}", at + 1));
    assert!(
        places.iter().any(|p| p.starts_with("boards/ward/improvement row") && p.contains("(27382 Phường 07)")),
        "{places:#?}"
    );
    let without = |name: &str| {
        let mut whole = parsed(&proofs.whole);
        whole["inputs"].as_object_mut().unwrap().remove(name);
        verify(&canonical(&whole).unwrap(), None, None)
    };
    assert!(super::places(&without("units.csv")).contains(&"inputs/units.csv".to_owned()));
    let mut more = parsed(&proofs.whole);
    more["inputs"]["adjustments.csv"] = "unit_code,kind,points,reason\n27382,bonus,5,x\n".into();
    let report = verify(&canonical(&more).unwrap(), None, None);
    assert!(super::places(&report).contains(&"inputs/adjustments.csv".to_owned()));
}

#[test]
fn a_changed_number_of_a_board_is_named_with_what_it_is_when_computed_again() {
    let proofs = built(&q6(), &ResultKeys::random().unwrap());
    let mut whole = parsed(&proofs.whole);
    let boards = whole["boards"].as_array_mut().unwrap();
    let ward = boards.iter_mut().find(|b| b["kind"] == "ward" && b["track"] == "improvement").unwrap();
    ward["items"][0]["points"]["total"] = json!(15.97);
    let report = verify(&canonical(&whole).unwrap(), None, None);
    let found: Vec<_> =
        report.findings.iter().map(|f| (f.place.as_str(), f.found.as_deref(), f.expected.as_str())).collect();
    let row = "boards/ward/improvement row 1 (27382 Phường 07) points.total";
    assert!(found.contains(&(row, Some("15.97"), "15.79, recomputed from the inputs")), "{found:#?}");
    assert!(found.iter().any(|f| f.0 == "boards/ward/improvement"), "{found:#?}");
    assert_eq!(report.total, 2);
}

#[test]
fn a_result_that_somebody_signed_anew_is_found_by_computing_and_by_the_pinned_key() {
    let (keys, forger) = (ResultKeys::random().unwrap(), ResultKeys::random().unwrap());
    let pin = Pin::parse(&serde_json::to_string(&keys.public()).unwrap()).unwrap();
    let own = built(&q6(), &keys);
    let report = verify(&own.whole, Some(&pin), Some(&own.public));
    assert!(report.holds && report.key.as_ref().is_some_and(|key| key.is_pinned && key.id == keys.id()));
    assert!(verify(&own.whole, None, None).key.is_some_and(|key| !key.is_pinned));
    // the forger's own result holds in itself
    let forged = built(&q6(), &forger);
    assert!(verify(&forged.whole, None, None).holds);
    assert_eq!(places(&verify(&forged.whole, Some(&pin), None)), ["key"]);
    assert_eq!(places(&verify(&forged.public, Some(&pin), None)), ["key"]);
    // a signature of another manifest
    let (mut whole, other) = (parsed(&own.whole), parsed(&forged.whole));
    whole["signature"] = other["signature"].clone();
    assert!(verify(&canonical(&whole).unwrap(), None, None).holds, "both say the same, so that it fits");
    assert_eq!(places(&verify(&canonical(&whole).unwrap(), Some(&pin), None)), ["key"]);
    // the public file's signature is for another purpose
    whole["signature"] = parsed(&own.public)["signature"].clone();
    assert_eq!(places(&verify(&canonical(&whole).unwrap(), None, None)), ["manifest and signature"]);
}

#[test]
fn two_files_that_do_not_belong_together_are_told() {
    let keys = ResultKeys::random().unwrap();
    let first = built(&q6(), &keys);
    let second = built(&greenzone::service::proof::Draft { issue: 3, ..q6() }, &keys);
    let report = verify(&first.whole, None, Some(&second.public));
    assert_eq!(places(&report), ["public: manifest whole_sha256", "public: manifest issue"]);
    let swapped = verify(&first.public, None, Some(&first.whole));
    assert!(!swapped.holds && swapped.findings[0].expected.contains("--public"));
    let twice = verify(&first.whole, None, Some(&first.whole));
    assert_eq!(places(&twice), ["public: file"]);
}

#[test]
fn what_is_no_result_or_was_written_otherwise_is_told() {
    let proofs = built(&q6(), &ResultKeys::random().unwrap());
    for wrong in [&b""[..], b"{}", b"[1]", b"\xff", br#"{"manifest":{"format":"greenzone-result/2"}}"#] {
        let report = verify(wrong, None, None);
        assert_eq!((report.holds, places(&report)), (false, vec!["file".to_owned()]));
    }
    let pretty = serde_json::to_vec_pretty(&parsed(&proofs.public)).unwrap();
    assert_eq!(places(&verify(&pretty, None, None)), ["file"]);
    // a name that stands twice is read otherwise by others
    let text = String::from_utf8(proofs.public.clone()).unwrap();
    let twice = text.replacen("\"as_of\":", "\"as_of\":\"2021-07-01\",\"as_of\":", 1);
    assert_ne!(text, twice);
    assert!(!verify(twice.as_bytes(), None, None).holds);
    let more = text.replacen("{\"awards\":", "{\"aaa\":1,\"awards\":", 1);
    assert!(!verify(more.as_bytes(), None, None).holds);
}
