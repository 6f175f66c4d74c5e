//! Why a unit has the level it has: the rule that gave it, and what the rule saw.
//!
//! The same windows, the same maps and the same conditions as in [`super::levels`],
//! asked once more for one unit and day; so the explanation cannot say anything
//! else than what the board was made from.

use super::ledger::Ledger;
use super::levels::{children_at_or_worse, worlds_on, worst_neighbour};
use super::rules::KindRules;
use super::window::{Reading, Windows, World};
use crate::domain::scheme::Condition;

/// The level of a unit on a day in one world, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The level.
    pub level: u8,
    /// The first condition that holds, from the worst level down; none where the
    /// best level stands because no rule matches.
    pub because: Option<Seen>,
}

/// A condition that holds and what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The condition as the scheme has it.
    pub condition: Condition,
    /// The sum of the window, the children at the level or worse, or the worst
    /// neighbour's level.
    pub value: u64,
    /// Whether the sum has no limit: a day of the window is open.
    pub is_open: bool,
    /// Of so many children that count.
    pub of: Option<u32>,
}

/// The level of a unit on a day in the low and in the high world, each with its
/// reason. Where they agree, the level is known (domain.md section 3).
pub fn level_reasons(ledger: &Ledger, unit: u32, day: usize, reading: Reading) -> Option<(Reason, Reason)> {
    let kind = ledger.register.unit(unit)?.kind;
    let rules = ledger.register.rules.get(usize::from(kind)).filter(|r| r.has_rules)?;
    if ledger.register.is_empty_unit(unit) {
        return None;
    }
    let mut windows = Windows::default();
    windows.fill(ledger, unit, rules, day, reading);
    let maps = rules.reads_other_units().then(|| worlds_on(ledger, kind, day, reading));
    let reason = |world: World| {
        let map = maps.as_ref().map(|(low, high)| if world == World::Low { low } else { high });
        reason_in(ledger, unit, day, rules, &windows, world, map.map(Vec::as_slice))
    };
    Some((reason(World::Low), reason(World::High)))
}

fn reason_in(
    ledger: &Ledger,
    unit: u32,
    day: usize,
    rules: &KindRules,
    windows: &Windows,
    world: World,
    map: Option<&[u8]>,
) -> Reason {
    let own = rules.own.iter().find(|c| windows.holds(c, day, world));
    let own_level = own.map_or(0, |c| c.level);
    let level = map.and_then(|m| m.get(unit as usize).copied()).unwrap_or(own_level);
    if level == own_level {
        let seen = own.map(|c| {
            let (value, is_open) = windows.sum(c, day, world);
            Seen { condition: c.source, value, is_open, of: None }
        });
        return Reason { level, because: seen };
    }
    let because = map.and_then(|map| raised_by(ledger, unit, level, rules, map));
    Reason { level, because }
}

/// The condition on children or neighbours that raised a unit to a level.
fn raised_by(ledger: &Ledger, unit: u32, level: u8, rules: &KindRules, map: &[u8]) -> Option<Seen> {
    let register = &ledger.register;
    let by_children = rules.children.iter().filter(|c| c.level == level).find_map(|c| {
        let (count, of) = children_at_or_worse(register, unit, c.at_level, map);
        let condition = Condition::Children { level: c.at_level, enough: c.enough };
        c.holds(count, of).then_some(Seen { condition, value: u64::from(count), is_open: false, of: Some(of) })
    });
    by_children.or_else(|| {
        let worst = worst_neighbour(register, unit, map)?;
        let condition = rules.neighbours.iter().find(|c| c.level == level && worst >= c.at_level)?;
        let condition = Condition::Neighbour { level: condition.at_level };
        Some(Seen { condition, value: u64::from(worst), is_open: false, of: None })
    })
}
