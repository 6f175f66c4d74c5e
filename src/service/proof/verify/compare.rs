//! Where two boards differ, named so that people find the place.

use super::super::canonical::BoardPart;
use super::report::Findings;
use serde_json::Value;

/// Says where boards differ from those made again.
pub(super) fn compare_boards(place: &str, found: &[BoardPart], again: &[BoardPart], findings: &mut Findings) {
    for board in again {
        let place = format!("{place}/{}", board.name());
        match found.iter().find(|other| other.name() == board.name()) {
            Some(other) => compare_board(&place, other, board, findings),
            None => findings.add(place, "this board: the inputs give it"),
        }
    }
    for board in found {
        if !again.iter().any(|other| other.name() == board.name()) {
            findings.add(format!("{place}/{}", board.name()), "no such board: the inputs give none");
        }
    }
}

fn compare_board(place: &str, found: &BoardPart, again: &BoardPart, findings: &mut Findings) {
    let names = again.head.keys().chain(found.head.keys().filter(|name| !again.head.contains_key(*name)));
    for name in names {
        compare_values(&format!("{place} {name}"), found.head.get(name), again.head.get(name), AGAIN, findings);
    }
    for (at, row) in again.items.iter().enumerate() {
        match found.items.get(at) {
            Some(other) if other == row => {}
            Some(other) => {
                let (other, row) = (other.value(), row.value());
                let place = format!("{place} row {} ({})", at + 1, unit_of(&row));
                compare_values(&place, Some(&other), Some(&row), AGAIN, findings);
            }
            None => findings.add(format!("{place} row {} ({})", at + 1, unit_of(&row.value())), "this row"),
        }
    }
    for (at, row) in found.items.iter().enumerate().skip(again.items.len()) {
        findings.add(format!("{place} row {} ({})", at + 1, unit_of(&row.value())), "no such row");
    }
}

/// Where what is expected comes from.
const AGAIN: &str = "recomputed from the inputs";

fn unit_of(row: &Value) -> String {
    let text = |name: &str| row.pointer(&format!("/unit/{name}")).and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{} {}", text("code"), text("name"))
}

/// Says where two values differ, down to each number and text.
pub(super) fn compare_values(
    place: &str,
    found: Option<&Value>,
    expected: Option<&Value>,
    origin: &str,
    findings: &mut Findings,
) {
    let inner = |name: &str| if place.ends_with(')') { format!("{place} {name}") } else { format!("{place}.{name}") };
    match (found, expected) {
        _ if found == expected => {}
        (Some(Value::Object(found)), Some(Value::Object(expected))) => {
            let names = expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name)));
            for name in names {
                compare_values(&inner(name), found.get(name), expected.get(name), origin, findings);
            }
        }
        (Some(Value::Array(found)), Some(Value::Array(expected))) => {
            for at in 0..found.len().max(expected.len()) {
                compare_values(&inner(&at.to_string()), found.get(at), expected.get(at), origin, findings);
            }
        }
        (found, expected) => {
            let word = |value: Option<&Value>| match value {
                None => "nothing".to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            };
            findings.found(place, Some(word(found)), format!("{}, {origin}", word(expected)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_named_down_to_its_number() {
        let board = |total: f64, name: &str| -> BoardPart {
            let row = json!({"rank": 1, "unit": {"code": "27382", "name": name}, "points": {"total": total, "components": [{"points": total}]}});
            serde_json::from_value(
                json!({"kind": "ward", "track": "improvement", "by": "points", "total": 1, "items": [row]}),
            )
            .unwrap()
        };
        let places = |found: &BoardPart, again: &[BoardPart]| {
            let mut findings = Findings::default();
            compare_boards("boards", std::slice::from_ref(found), again, &mut findings);
            findings
                .finish()
                .1
                .into_iter()
                .map(|f| format!("{} is {:?}: {}", f.place, f.found, f.expected))
                .collect::<Vec<_>>()
        };
        let right = board(15.78, "Phường 07");
        assert!(places(&right, std::slice::from_ref(&right)).is_empty());
        let wrong = places(&board(15.79, "Phường 07"), std::slice::from_ref(&right));
        let row = "boards/ward/improvement row 1 (27382 Phường 07)";
        let expected = [
            format!("{row} points.components.0.points is Some(\"15.79\"): 15.78, recomputed from the inputs"),
            format!("{row} points.total is Some(\"15.79\"): 15.78, recomputed from the inputs"),
        ];
        assert_eq!(wrong, expected);
        let mut short = right.clone();
        short.items.clear();
        assert_eq!(places(&short, std::slice::from_ref(&right)).len(), 1);
        assert_eq!(places(&right, std::slice::from_ref(&short)).len(), 1);
        assert_eq!(places(&right, &[]), ["boards/ward/improvement is None: no such board: the inputs give none"]);
    }
}
