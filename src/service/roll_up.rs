//! How many of the units below one are green, by kind and day (domain.md section 3, Green
//! status: "a roll-up says for any unit how many of the units below it, by kind, are green,
//! and by when").

use super::live::{Sight, Snapshot};
use crate::scoring::green::GreenReader;
use crate::scoring::levels::{LevelReader, UnitLevels};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many of the units below one are green, by kind and day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RollUpView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the unit.
    pub unit_code: String,
    /// The last day that is told of.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign.
    pub revision: i64,
    /// The kinds below it that can be green, in the campaign's order.
    pub kinds: Vec<KindRollUpView>,
}

/// How many units of one kind are green.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindRollUpView {
    /// Code of the kind.
    pub kind: String,
    /// How many such units there are.
    pub units: u64,
    /// How many of them are green on the last day; null where that tells of a hidden one.
    pub green: Option<u64>,
    /// Each day of the window up to the last.
    pub days: Vec<RollUpDayView>,
}

/// How many units are green on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RollUpDayView {
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// How many units are green on it; null where that tells of a hidden one.
    pub green: Option<u64>,
    /// How many are green since this day, without a break up to the last; null likewise.
    pub green_since: Option<u64>,
}

/// Counts the green units below one, on each day from S to D.
pub fn roll_up(snapshot: &Snapshot, above: u32, as_of: usize, sight: Sight) -> RollUpView {
    let ledger = snapshot.ledger();
    let register = snapshot.register();
    let mut members: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    let below = (0..register.len() as u32).filter(|unit| register.is_below(*unit, above));
    for unit in below.filter(|unit| snapshot.is_visible(*unit, sight)) {
        if let Some(found) = register.unit(unit) {
            members.entry(found.kind).or_default().push(unit);
        }
    }
    let kinds = members.into_iter().filter_map(|(kind, members)| of_kind(snapshot, kind, &members, as_of, sight));
    RollUpView {
        campaign: snapshot.campaign().code.clone(),
        unit_code: register.unit(above).map(|unit| unit.code.clone()).unwrap_or_default(),
        as_of: ledger.calendar.day(as_of).to_string(),
        revision: snapshot.revision,
        kinds: kinds.collect(),
    }
}

fn of_kind(snapshot: &Snapshot, kind: u16, members: &[u32], as_of: usize, sight: Sight) -> Option<KindRollUpView> {
    let ledger = snapshot.ledger();
    let reader = GreenReader::new(ledger, kind);
    if reader.is_void() {
        return None;
    }
    let first = ledger.calendar.window.start;
    let levels = LevelReader::new(ledger, kind, first, as_of);
    let (mut green, mut since) = (vec![0u64; as_of + 1 - first], vec![0u64; as_of + 1 - first]);
    let mut of_unit = UnitLevels::default();
    for unit in members {
        levels.read(*unit, &mut of_unit);
        let by_day = of_unit.by_day.get(first - levels.first_day()..).unwrap_or_default();
        for ((day, level), count) in (first..).zip(by_day).zip(&mut green) {
            *count += u64::from(reader.is_green(*unit, day, *level));
        }
        if let Some(count) = reader.green_on(*unit, by_day).and_then(|day| since.get_mut(day - first)) {
            *count += 1;
        }
    }
    let is_public = is_public(snapshot, members, sight);
    let told = |count: u64| Some(count).filter(|_| is_public);
    let day = |((day, green), since): ((usize, u64), u64)| RollUpDayView {
        date: ledger.calendar.day(day).to_string(),
        green: told(green),
        green_since: told(since),
    };
    Some(KindRollUpView {
        kind: snapshot.campaign().kind(kind).map(|k| k.code.clone()).unwrap_or_default(),
        units: members.len() as u64,
        green: green.last().copied().and_then(told),
        days: (first..).zip(green).zip(since).map(day).collect(),
    })
}

/// Whether numbers over these units tell the reader of no hidden one: status is made of levels
/// of many days and of assessments, so a hidden unit's is public on no day.
fn is_public(snapshot: &Snapshot, members: &[u32], sight: Sight) -> bool {
    let others: Vec<u32> = members.iter().copied().filter(|unit| !snapshot.is_confided(*unit, sight)).collect();
    snapshot.privacy.total_is_public(snapshot.register(), &others, |shown| !shown.levels)
}
