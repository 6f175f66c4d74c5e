//! What an import does to the boards and which flags it raises, in words.

use serde_json::Value;

/// How many units, and how many flags, are named on a terminal; the JSON has more.
const SHOWN: usize = 10;

/// The lines that tell an answer's `effects` and `flags`; none where it has none to tell of.
pub(super) fn lines(answer: &Value, is_dry: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let (effects, flags) = (&answer["effects"], &answer["flags"]);
    for board in list(&effects["boards"]) {
        let changed = |name: &str| board["changed"][name].as_u64().unwrap_or_default();
        let (total, as_of) = (board["total"].as_u64().unwrap_or_default(), word(&effects["as_of"]));
        let (ranks, tracks, points, levels) =
            (changed("ranks"), changed("tracks"), changed("points"), changed("levels"));
        let verb = if is_dry { "would change" } else { "changed" };
        lines.push(format!(
            "board of {} on {as_of}: {} {verb}: {ranks} in rank, {points} in points, {levels} in level, {tracks} in track",
            word(&board["kind"]),
            count(total, "unit")
        ));
        lines.extend(list(&board["items"]).iter().take(SHOWN).map(moved));
        lines.extend(more(total));
    }
    if effects["boards"].as_array().is_some_and(Vec::is_empty) {
        lines.push(format!("nobody {} on the boards", if is_dry { "would change" } else { "changed" }));
    }
    let total = flags["total"].as_u64().unwrap_or_default();
    if total > 0 {
        let of_rule = |(rule, count): (&String, &Value)| format!("{rule} {count}");
        let by_rule: Vec<_> = flags["by_rule"].as_object().into_iter().flatten().map(of_rule).collect();
        let verb = if is_dry { "would be" } else { "were" };
        lines.push(format!("{} {verb} raised for somebody to look at: {}", count(total, "flag"), by_rule.join(", ")));
        lines.extend(list(&flags["items"]).iter().take(SHOWN).map(|flag| {
            format!(
                "  {} {}: {} ({})",
                named(flag),
                word(&flag["date"]),
                word(&flag["says"]["en"]),
                word(&flag["rule"])
            )
        }));
        lines.extend(more(total));
    }
    lines
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn more(total: u64) -> Option<String> {
    let left = total.saturating_sub(SHOWN as u64);
    (left > 0).then(|| format!("  and {left} more"))
}

/// A value as people read it.
fn word(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn named(of: &Value) -> String {
    format!("{} {}", word(&of["unit"]["code"]), word(&of["unit"]["name"]))
}

/// A unit that moves: what of it is other than it was.
fn moved(item: &Value) -> String {
    let (before, after) = (&item["before"], &item["after"]);
    let places = [
        ("rank", &before["rank"], &after["rank"]),
        ("track", &before["track"], &after["track"]),
        ("points", &before["points"], &after["points"]),
        ("start level", &before["level"]["start"], &after["level"]["start"]),
        ("level", &before["level"]["current"], &after["level"]["current"]),
    ];
    let differs = places.iter().filter(|(_, was, is)| was != is);
    let said: Vec<_> = differs.map(|(what, was, is)| format!("{what} {} -> {}", word(was), word(is))).collect();
    format!("  {}: {}", named(item), said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn board(total: u64) -> Value {
        let place = |rank: Option<u64>, level: &str| json!({"track": "improvement", "rank": rank, "points": 50.5, "level": {"start": "red", "current": level}});
        let unit = json!({"code": "27382", "name": "Phường 07"});
        json!({
            "kind": "ward", "total": total, "changed": {"ranks": 1, "points": 0, "levels": 1, "tracks": 0},
            "items": [{"unit": unit, "before": place(Some(3), "green"), "after": place(None, "yellow")}],
        })
    }

    #[test]
    fn who_moves_is_told_by_what_differs_and_the_rest_is_counted() {
        let said = lines(&json!({"effects": {"as_of": "2021-07-12", "boards": [board(12)]}}), true);
        let wanted = [
            "board of ward on 2021-07-12: 12 units would change: 1 in rank, 0 in points, 1 in level, 0 in track",
            "  27382 Phường 07: rank 3 -> none, level green -> yellow",
            "  and 2 more",
        ];
        assert_eq!(said, wanted);
        assert_eq!(lines(&json!({"effects": {"as_of": null, "boards": []}}), false), ["nobody changed on the boards"]);
        assert!(lines(&json!({"effects": null, "flags": null}), true).is_empty());
    }

    #[test]
    fn flags_are_told_by_rule_and_one_by_one() {
        let flag = json!({
            "unit": {"code": "27382", "name": "Phường 07"}, "date": "2021-07-13", "rule": "unusual",
            "says": {"en": "90 F0, far above 4"},
        });
        let flags = json!({"total": 1, "by_rule": {"unusual": 1}, "items": [flag]});
        let wanted = [
            "1 flag would be raised for somebody to look at: unusual 1",
            "  27382 Phường 07 2021-07-13: 90 F0, far above 4 (unusual)",
        ];
        assert_eq!(lines(&json!({"flags": flags}), true), wanted);
    }
}
