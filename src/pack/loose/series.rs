//! What rows of counts become: one figure for a unit and day.

use super::values::A_COUNT;
use crate::domain::{Day, Indicator};
use std::collections::BTreeMap;

/// The counts of one row, of one day or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Where it stands.
    pub line: u64,
    /// Index of the unit.
    pub unit: u32,
    /// The first day that it counts.
    pub from: Day,
    /// The last day that it counts.
    pub to: Day,
    /// The six counts; the first is there.
    pub values: [Option<u32>; 6],
    /// What was noted.
    pub note: Option<String>,
}

/// A mistake of a row: line, column, value, expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where the row stands.
    pub line: u64,
    /// The column.
    pub column: &'static str,
    /// What stands there.
    pub value: String,
    /// What is expected.
    pub expected: String,
}

/// One row for each unit and days: those that repeat others with the same values are left
/// out, and their lines given.
///
/// # Errors
/// Days of a unit with several values, and days that overlap.
pub fn without_repeats(rows: Vec<Entered>) -> Result<(Vec<Entered>, Vec<u64>), Vec<Wrong>> {
    let mut kept: BTreeMap<(u32, Day), Vec<Entered>> = BTreeMap::new();
    let mut repeated = Vec::new();
    let mut clashes: Vec<(u32, Day, Vec<Entered>)> = Vec::new();
    for row in rows {
        let same = kept.entry((row.unit, row.to)).or_default();
        match same.first() {
            Some(first) if first.from == row.from && first.values == row.values && first.note == row.note => {
                repeated.push(row.line);
            }
            _ => same.push(row),
        }
    }
    let mut last: Option<Entered> = None;
    let mut single = Vec::new();
    for ((unit, day), mut same) in kept {
        if let Some(before) = last.take().filter(|b| b.unit == unit)
            && let Some(over) = same.iter().find(|r| r.from <= before.to)
        {
            clashes.push((unit, before.to, vec![before, over.clone()]));
        }
        last = same.iter().max_by_key(|r| r.line).cloned();
        match same.len() {
            1 => single.append(&mut same),
            _ => clashes.push((unit, day, same)),
        }
    }
    if clashes.is_empty() {
        single.sort_by_key(|r| r.line);
        return Ok((single, repeated));
    }
    Err(clashes.into_iter().flat_map(|(_, day, rows)| clash(day, &rows)).collect())
}

/// How many of the rows of one unit and day a message lists.
const LISTED: usize = 10;

/// A mistake for each of the rows, which names the others.
fn clash(day: Day, rows: &[Entered]) -> Vec<Wrong> {
    let listed = rows.iter().take(LISTED).map(|row| format!("{} on line {}", said(row), row.line));
    let list = listed.collect::<Vec<_>>().join(", ");
    let more = match rows.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and others on {more} more"),
    };
    let expected = format!("one row for a unit and day: {day} has {list}{more}");
    let wrong = |row: &Entered| {
        let (column, value) = (Indicator::CommunityF0.code(), said(row));
        Wrong { line: row.line, column, value, expected: expected.clone() }
    };
    rows.iter().map(wrong).collect()
}

/// The values of a row, for messages.
fn said(row: &Entered) -> String {
    let shown = |v: &Option<u32>| v.map(|v| v.to_string()).unwrap_or_default();
    let values = row.values.iter().map(shown).collect::<Vec<_>>().join("/");
    values.trim_end_matches('/').to_owned()
}

/// The daily counts of cumulative ones: what each day has more than the day before. The
/// first day of a unit has none.
///
/// # Errors
/// A day that has less than the one before, and days between that are missing.
pub fn differences(mut rows: Vec<Entered>) -> Result<Vec<Entered>, Vec<Wrong>> {
    rows.sort_by_key(|r| (r.unit, r.to));
    let mut wrong = Vec::new();
    let mut daily = Vec::new();
    for pair in rows.windows(2) {
        let [before, row] = pair else { continue };
        if before.unit != row.unit {
            continue;
        }
        if before.to.succ_opt() != Some(row.to) {
            let expected = format!(
                "a cumulative count of each day: the one before is of {}, and what lies between is of several days",
                before.to
            );
            let value = row.to.to_string();
            wrong.push(Wrong { line: row.line, column: "date", value, expected });
            continue;
        }
        let mut values = [None; 6];
        for ((value, indicator), (old, new)) in
            values.iter_mut().zip(Indicator::ALL).zip(before.values.iter().zip(&row.values))
        {
            let (Some(old), Some(new)) = (*old, *new) else { continue };
            *value = new.checked_sub(old);
            if value.is_none() {
                let expected = format!(
                    "at least {old}, the cumulative count of the day before on line {}; correct the day the cases belong to",
                    before.line
                );
                wrong.push(Wrong { line: row.line, column: indicator.code(), value: new.to_string(), expected });
            }
        }
        daily.push(Entered { values, ..row.clone() });
    }
    if wrong.is_empty() { Ok(daily) } else { Err(wrong) }
}

/// The days of a row, each with its share in whole numbers; what is left over is on the
/// latest days, and each day's note says what it is a share of.
pub fn spread(row: &Entered) -> Vec<Entered> {
    let days: Vec<Day> = row.from.iter_days().take_while(|d| *d <= row.to).collect();
    let Some(n) = u32::try_from(days.len()).ok().filter(|n| *n > 1) else { return vec![row.clone()] };
    let total = row.values.first().copied().flatten().unwrap_or_default();
    let share = format!("share of {total} over {n} days, {} to {}", row.from, row.to);
    let note = row.note.as_ref().map_or_else(|| share.clone(), |note| format!("{note} ({share})"));
    let of_day = |(at, day): (u32, &Day)| {
        // the last `value % n` of the days have one more
        let part = |value: u32| value / n + u32::from(at >= n - value % n);
        let values = row.values.map(|value| value.map(part));
        Entered { from: *day, to: *day, values, note: Some(note.clone()), ..row.clone() }
    };
    (0u32..).zip(&days).map(of_day).collect()
}

/// Compares a count in a row of totals with the sum of the rows; none where they agree.
pub fn against_sum(line: u64, indicator: Indicator, told: u32, sum: u64) -> Option<Wrong> {
    (u64::from(told) != sum).then(|| Wrong {
        line,
        column: indicator.code(),
        value: told.to_string(),
        expected: format!("{A_COUNT}: {sum}, the sum of the rows that this row is the total of"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> Day {
        Day::from_ymd_opt(2021, 7, d).unwrap_or_default()
    }

    fn row(line: u64, unit: u32, d: u32, value: u32) -> Entered {
        let values = [Some(value), None, None, None, None, None];
        Entered { line, unit, from: day(d), to: day(d), values, note: None }
    }

    #[test]
    fn equal_rows_are_one_and_others_name_all_lines() {
        let kept = without_repeats(vec![row(2, 7, 13, 2), row(3, 6, 13, 0), row(4, 7, 13, 2), row(5, 7, 13, 2)]);
        assert_eq!(kept, Ok((vec![row(2, 7, 13, 2), row(3, 6, 13, 0)], vec![4, 5])));
        let wrong = without_repeats(vec![row(2, 7, 13, 21), row(3, 6, 13, 0), row(4, 7, 13, 2)]).unwrap_err();
        let of_rows: Vec<(u64, &str)> = wrong.iter().map(|w| (w.line, w.value.as_str())).collect();
        assert_eq!(of_rows, [(2, "21"), (4, "2")]);
        assert!(wrong.iter().all(|w| w.expected.ends_with("21 on line 2, 2 on line 4")), "{wrong:?}");
    }

    #[test]
    fn many_rows_of_one_unit_and_day_are_each_named_and_no_message_grows_with_them() {
        let wrong = without_repeats((0..5_000).map(|at| row(at + 2, 7, 13, at as u32)).collect()).unwrap_err();
        assert_eq!(wrong.len(), 5_000);
        assert!(wrong.iter().all(|w| w.expected.ends_with("9 on line 11 and others on 4990 more")), "{:?}", wrong[0]);
    }

    #[test]
    fn days_that_overlap_are_refused() {
        let long = Entered { from: day(13), ..row(2, 7, 15, 7) };
        for (line, d) in [(3, 14), (3, 13), (3, 15)] {
            assert!(without_repeats(vec![long.clone(), row(line, 7, d, 1)]).is_err(), "{d}");
        }
        assert!(without_repeats(vec![long.clone(), row(3, 7, 12, 1), row(4, 7, 16, 1), row(5, 8, 14, 1)]).is_ok());
    }

    #[test]
    fn the_rest_of_a_spread_is_on_the_latest_days() {
        for (total, shares) in [(7, [2, 2, 3]), (2, [0, 1, 1]), (3, [1, 1, 1]), (0, [0, 0, 0])] {
            let days = spread(&Entered { from: day(13), ..row(2, 7, 15, total) });
            let values: Vec<_> = days.iter().filter_map(|d| d.values.first().copied().flatten()).collect();
            assert_eq!(values, shares);
            let note = format!("share of {total} over 3 days, 2021-07-13 to 2021-07-15");
            assert!(days.iter().all(|d| d.note.as_ref() == Some(&note)));
        }
        assert_eq!(spread(&row(2, 7, 15, 7)), [row(2, 7, 15, 7)]);
    }

    #[test]
    fn a_cumulative_series_is_told_by_day_and_its_first_day_has_no_figure() {
        let daily = differences(vec![row(2, 7, 14, 9), row(3, 7, 13, 5), row(4, 8, 13, 1), row(5, 7, 15, 9)]);
        assert_eq!(daily, Ok(vec![row(2, 7, 14, 4), row(5, 7, 15, 0)]));
        let wrong = differences(vec![row(2, 7, 13, 5), row(3, 7, 14, 3)]).unwrap_err();
        assert!(wrong.iter().any(|w| w.line == 3 && w.value == "3" && w.expected.contains("at least 5")));
        assert!(differences(vec![row(2, 7, 13, 5), row(3, 7, 15, 6)]).is_err());
    }

    #[test]
    fn sums_that_do_not_hold_tell_both() {
        assert_eq!(against_sum(9, Indicator::CommunityF0, 5, 5), None);
        let wrong = against_sum(9, Indicator::CommunityF0, 5, 6);
        assert!(wrong.is_some_and(|w| w.value == "5" && w.expected.contains('6')));
    }
}
