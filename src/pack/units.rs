//! `units.csv` and `neighbours.csv`: who competes.

use super::Errors;
use super::table::{Columns, Row, read_table};
use crate::domain::campaign::Campaign;
use crate::domain::number::parse_whole;
use crate::domain::text::{parse_code, parse_name};
use crate::domain::unit::{MAX_POPULATION, Point, Unit, parse_block, parse_degrees};
use std::collections::{HashMap, HashSet};

const UNITS: Columns = Columns {
    file: "units.csv",
    names: &["code", "name", "kind", "parent_code", "block", "population", "households", "lat", "lng"],
    required: 3,
};
const CODE: usize = 0;
const NAME: usize = 1;
const KIND: usize = 2;
const PARENT: usize = 3;
const BLOCK: usize = 4;
const POPULATION: usize = 5;
const HOUSEHOLDS: usize = 6;
const LAT: usize = 7;
const LNG: usize = 8;

/// Units by code (NFC).
pub type UnitIndex = HashMap<String, u32>;

/// A unit whose parent is still a code.
struct Draft {
    unit: Unit,
    parent: String,
    line: u64,
}

/// Reads units; parents may stand anywhere in the file. A unit that is wrong
/// elsewhere than in its code stays in the index, so that who points at it makes
/// no second mistake.
pub fn read_units(campaign: &Campaign, bytes: &[u8], errors: &mut Errors) -> (Vec<Unit>, UnitIndex) {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut index = UnitIndex::new();
    read_table(&UNITS, bytes, errors, |row, errors| {
        let code = row.required(errors, CODE, parse_code);
        let draft = read_unit(campaign, row, code, errors);
        let before = index.get(&draft.unit.code).and_then(|i| drafts.get(*i as usize));
        if let Some(before) = before {
            row.wrong(errors, CODE, format!("each code once; line {} has it already", before.line));
        } else if !draft.unit.code.is_empty() {
            index.insert(draft.unit.code.clone(), drafts.len() as u32);
            drafts.push(draft);
        }
    });
    let units = connect(drafts, &index, errors);
    (units, index)
}

/// Reads a record; what is wrong in it is reported and stands empty in the draft.
fn read_unit(campaign: &Campaign, row: &Row<'_>, code: Option<String>, errors: &mut Errors) -> Draft {
    let name = row.required(errors, NAME, parse_name);
    let kind = row.required(errors, KIND, |t| {
        campaign
            .kind_index(&crate::domain::text::nfc(t))
            .ok_or_else(|| format!("a kind of this campaign: {}", campaign.kind_codes()))
    });
    let block = row.required(errors, BLOCK, parse_block);
    let positive = |t: &str| {
        let number = parse_whole(t, MAX_POPULATION).filter(|n| *n > 0);
        number.ok_or("a whole number above 0, or nothing")
    };
    let population = row.optional(errors, POPULATION, positive);
    let households = row.optional(errors, HOUSEHOLDS, positive);
    let degrees = |limit: f64, expected: &'static str| move |t: &str| parse_degrees(t, limit).ok_or(expected);
    let lat = row.optional(errors, LAT, degrees(90.0, "degrees from -90 to 90, or nothing"));
    let lng = row.optional(errors, LNG, degrees(180.0, "degrees from -180 to 180, or nothing"));
    // half a point is no point: both columns may be empty, each by itself
    let point = lat.flatten().zip(lng.flatten()).map(|(lat, lng)| Point { lat, lng });
    let mut parent = row.nfc_at(PARENT).into_owned();
    if !parent.is_empty() && code.as_ref() == Some(&parent) {
        row.wrong(errors, PARENT, "another unit than itself");
        parent.clear();
    }
    let unit = Unit {
        code: code.unwrap_or_default(),
        name: name.unwrap_or_default(),
        kind: kind.unwrap_or_else(|| campaign.default_kind()),
        parent: None,
        block: block.flatten(),
        population: population.flatten(),
        households: households.flatten(),
        point,
    };
    Draft { unit, parent, line: row.line }
}

/// Turns parent codes into indexes and looks for rings.
fn connect(drafts: Vec<Draft>, index: &UnitIndex, errors: &mut Errors) -> Vec<Unit> {
    let wrong = |errors: &mut Errors, draft: &Draft, expected: &str| {
        errors.push(super::PackError {
            file: UNITS.file.to_owned(),
            line: Some(draft.line),
            column: Some("parent_code".to_owned()),
            value: Some(draft.parent.clone()),
            expected: expected.to_owned(),
        });
    };
    let mut parents: Vec<Option<u32>> = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        let parent = index.get(&draft.parent).copied();
        if parent.is_none() && !draft.parent.is_empty() {
            wrong(errors, draft, "the code of a unit of this file, or nothing");
        }
        parents.push(parent);
    }
    for unit in on_rings(&parents) {
        if let Some(draft) = drafts.get(unit as usize) {
            wrong(errors, draft, "a tree: this unit stands below itself");
        }
    }
    let connected = drafts.into_iter().zip(parents);
    connected.map(|(draft, parent)| Unit { parent, ..draft.unit }).collect()
}

/// The units that stand below themselves.
pub(crate) fn on_rings(parents: &[Option<u32>]) -> Vec<u32> {
    const NEW: u8 = 0;
    const ON_PATH: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![NEW; parents.len()];
    let mut found = Vec::new();
    for start in 0..parents.len() {
        let mut path = Vec::new();
        let mut at = Some(start as u32);
        while let Some(unit) = at.filter(|u| state.get(*u as usize) == Some(&NEW)) {
            state[unit as usize] = ON_PATH;
            path.push(unit);
            at = parents[unit as usize];
        }
        if let Some(ring) = at.filter(|u| state.get(*u as usize) == Some(&ON_PATH)) {
            found.extend(path.iter().skip_while(|u| **u != ring));
        }
        path.iter().for_each(|u| state[*u as usize] = DONE);
    }
    found.sort_unstable();
    found
}

const NEIGHBOURS: Columns = Columns { file: "neighbours.csv", names: &["a", "b"], required: 2 };

/// Reads pairs of neighbours. Being neighbours is symmetric: a pair written both
/// ways is one.
pub(super) fn read_neighbours(units: &[Unit], index: &UnitIndex, bytes: &[u8], errors: &mut Errors) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    let mut seen = HashSet::new();
    read_table(&NEIGHBOURS, bytes, errors, |row, errors| {
        let mut find = |column| {
            let unit = index.get(&*row.nfc_at(column)).copied();
            if unit.is_none() {
                row.wrong(errors, column, "the code of a unit");
            }
            unit
        };
        let (Some(a), Some(b)) = (find(0), find(1)) else { return };
        let kind = |u: u32| units.get(u as usize).map(|u| u.kind);
        if a == b {
            row.wrong(errors, 1, "another unit than itself");
        } else if kind(a) != kind(b) {
            row.wrong(errors, 1, "a unit of the same kind");
        } else if seen.insert((a.min(b), a.max(b))) {
            pairs.push((a, b));
        }
    });
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_units_on_a_ring_are_named() {
        assert_eq!(on_rings(&[Some(1), Some(0), Some(0), None]), [0, 1]);
        assert_eq!(on_rings(&[None, Some(0), Some(1)]), [] as [u32; 0]);
        assert_eq!(on_rings(&[Some(0)]), [0]);
        assert_eq!(on_rings(&[Some(1), Some(2), Some(3), Some(1)]), [1, 2, 3]);
    }
}
