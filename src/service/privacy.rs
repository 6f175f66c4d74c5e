//! What the public sees of whom (domain.md section 6), decided here for API, pages,
//! exports and boards alike.
//!
//! Private units do not exist to the public; of small ones it sees name, rank, track and
//! the level of the board's own day, on the default day alone. A total over one or two
//! hidden units tells of them, so its unit counts as small, and so on up the tree. A level
//! that was made from hidden ones (by rules about children or neighbours) tells of them as
//! well on every day but the board's own. Start reading at [`Privacy::of`].

use crate::domain::Unit;
use crate::domain::campaign::Campaign;
use crate::scoring::Register;
use std::collections::HashMap;

/// A unit as the public meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Open,
    Small,
    Private,
}

/// What of a unit's row a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// That it is there: code, name, kind, where it stands in the tree.
    pub row: bool,
    /// Its rank, its movement where numbers are shown, and the reasons for having no rank.
    pub rank: bool,
    /// The level of the board's own day.
    pub day_level: bool,
    /// Counts and everything computed from them.
    pub numbers: bool,
    /// Levels of other days, and what is computed from those.
    pub levels: bool,
}

impl Shown {
    /// Everything.
    pub const ALL: Self = Self { row: true, rank: true, day_level: true, numbers: true, levels: true };
    /// Nothing at all.
    pub const NOTHING: Self = Self { row: false, rank: false, day_level: false, numbers: false, levels: false };
}

/// What the public sees of each unit of a contest.
#[derive(Debug, Default)]
pub struct Privacy {
    class: Vec<Class>,
    /// Whether a unit's levels were made from hidden ones.
    follows_hidden: Vec<bool>,
}

/// So many hidden units in one sum tell of one another, and none of one (domain.md
/// section 6: "at least three hidden units of the same parent").
const ENOUGH: u32 = 3;

/// Whether a number over so many hidden units tells of one of them.
pub(super) fn tells(hidden: u32) -> bool {
    (1..ENOUGH).contains(&hidden)
}

impl Privacy {
    /// Decides for every unit of a contest.
    pub fn of(register: &Register) -> Self {
        let mut class: Vec<Class> = register.units.iter().map(|u| class_of(&register.campaign, u)).collect();
        hide_telling_totals(register, &mut class);
        let follows_hidden = find_followers(register, &class);
        Self { class, follows_hidden }
    }

    fn class(&self, unit: u32) -> Class {
        self.class.get(unit as usize).copied().unwrap_or(Class::Private)
    }

    /// Whether the public may know of a unit at all.
    pub fn exists(&self, unit: u32) -> bool {
        self.class(unit) != Class::Private
    }

    /// Whether nothing is hidden at all.
    pub fn is_open(&self) -> bool {
        self.class.iter().all(|class| *class == Class::Open)
    }

    /// What the public sees of a unit, on the default board's day or elsewhere.
    pub fn shown(&self, unit: u32, is_default_day: bool) -> Shown {
        let levels = !self.follows_hidden.get(unit as usize).copied().unwrap_or(true);
        match self.class(unit) {
            Class::Private => Shown::NOTHING,
            Class::Small => Shown { row: true, rank: is_default_day, day_level: is_default_day, ..Shown::NOTHING },
            Class::Open => Shown { levels, day_level: levels || is_default_day, ..Shown::ALL },
        }
    }

    /// Whether numbers over these units – how many have a level, what all had together –
    /// tell nobody of one that is hidden: of each parent none is hidden, or three are.
    pub fn total_is_public(&self, register: &Register, units: &[u32], is_hidden: impl Fn(Shown) -> bool) -> bool {
        let mut by_parent: HashMap<Option<u32>, u32> = HashMap::new();
        for unit in units.iter().filter(|unit| is_hidden(self.shown(**unit, false))) {
            *by_parent.entry(register.unit(*unit).and_then(|u| u.parent)).or_default() += 1;
        }
        !by_parent.values().any(|hidden| tells(*hidden))
    }
}

/// domain.md section 6: the two classes of hidden units.
fn class_of(campaign: &Campaign, unit: &Unit) -> Class {
    match campaign.kind(unit.kind) {
        None => Class::Private,
        Some(kind) if kind.private => Class::Private,
        Some(kind) if unit.population.map_or(kind.small, |p| p < campaign.small_cell_population) => Class::Small,
        Some(_) => Class::Open,
    }
}

/// Makes small every derived unit whose sum tells of a hidden one. Deepest first, since
/// a sum that is hidden is one more hidden part of the sum above.
fn hide_telling_totals(register: &Register, class: &mut [Class]) {
    let mut derived: Vec<u32> = (0..register.len() as u32).filter(|u| register.is_derived(*u)).collect();
    let depth = |unit: u32| register.depth.get(unit as usize).copied().unwrap_or_default();
    derived.sort_by_key(|unit| std::cmp::Reverse(depth(*unit)));
    for unit in derived {
        let is_hidden = |u: u32| class.get(u as usize).is_none_or(|class| *class != Class::Open);
        if !is_hidden(unit) && tells(hidden_parts(register, unit, is_hidden)) {
            class[unit as usize] = Class::Small;
        }
    }
}

/// How many parts of a unit's sum, one step below it in the tree, are hidden: units whose
/// own figures are, and those under which the sum tells of one.
fn hidden_parts(register: &Register, unit: u32, is_hidden: impl Fn(u32) -> bool) -> u32 {
    let parent = |u: u32| register.unit(u).and_then(|u| u.parent);
    let mut levels: HashMap<u32, HashMap<u32, u32>> = HashMap::new();
    let depth = |unit: u32| register.depth.get(unit as usize).copied().unwrap_or_default();
    for leaf in register.leaves.of(unit).iter().filter(|leaf| is_hidden(**leaf)) {
        if let Some(above) = parent(*leaf) {
            *levels.entry(depth(above)).or_default().entry(above).or_default() += 1;
        }
    }
    let own = depth(unit);
    let mut at = levels.keys().copied().max().unwrap_or(own);
    while at > own {
        for (inner, hidden) in levels.remove(&at).unwrap_or_default() {
            if (tells(hidden) || is_hidden(inner))
                && let Some(above) = parent(inner)
            {
                *levels.entry(at - 1).or_default().entry(above).or_default() += 1;
            }
        }
        at -= 1;
    }
    levels.get(&own).and_then(|counts| counts.get(&unit)).copied().unwrap_or_default()
}

/// Finds the units whose levels were made from levels that are hidden, by rules about
/// children or about neighbours.
fn find_followers(register: &Register, class: &[Class]) -> Vec<bool> {
    let mut follows = vec![false; register.len()];
    if class.iter().all(|class| *class == Class::Open) {
        return follows;
    }
    let is_open = |unit: u32| class.get(unit as usize) == Some(&Class::Open);
    for kinds in &register.kind_order {
        let members = || kinds.iter().filter_map(|kind| register.of_kind.get(usize::from(*kind))).flatten().copied();
        let mut deepest_first: Vec<u32> = members().filter(|u| reads_children(register, *u)).collect();
        deepest_first.sort_by_key(|u| std::cmp::Reverse(register.depth.get(*u as usize).copied()));
        for unit in deepest_first {
            let hides = |child: &&u32| !is_open(**child) || follows.get(**child as usize) == Some(&true);
            let counted = register.children.of(unit).iter().filter(|child| register.counts_for_parent(**child));
            let hidden = u32::try_from(counted.filter(hides).count()).unwrap_or(u32::MAX);
            follows[unit as usize] = tells(hidden);
        }
        // a pass for each level that a neighbour can give: it reads as far and no further
        for _ in 0..passes(register, kinds) {
            let hides = |unit: &u32| !is_open(*unit) || follows.get(*unit as usize) == Some(&true);
            let reached: Vec<u32> = members()
                .filter(|u| reads_neighbours(register, *u) && register.neighbours.of(*u).iter().any(hides))
                .collect();
            reached.into_iter().for_each(|unit| follows[unit as usize] = true);
        }
    }
    follows
}

fn reads_children(register: &Register, unit: u32) -> bool {
    register.rules_of(unit).is_some_and(|rules| !rules.children.is_empty())
}

fn reads_neighbours(register: &Register, unit: u32) -> bool {
    register.rules_of(unit).is_some_and(|rules| !rules.neighbours.is_empty())
}

fn passes(register: &Register, kinds: &[u16]) -> usize {
    let rules = kinds.iter().filter_map(|kind| register.rules.get(usize::from(*kind)));
    let mut levels: Vec<u8> = rules.flat_map(|rules| rules.neighbours.iter().map(|c| c.level)).collect();
    levels.sort_unstable();
    levels.dedup();
    levels.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack;

    fn register(kinds: &str, scheme: &str, units: &str, neighbours: &str) -> Register {
        let campaign = format!(
            r#"{{"code": "t", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {{"from": "2021-07-09", "to": "2021-07-15"}}, "baseline": {{"from": "2021-07-02", "to": "2021-07-08"}},
            "kinds": [{kinds}], "level_scheme": {scheme},
            "scoring": {{"components": [{{"measure": "case_reduction", "max_points": 100}}]}}}}"#
        );
        let mut files = vec![
            ("campaign.json".to_owned(), campaign.into_bytes()),
            ("units.csv".to_owned(), format!("code,name,kind,parent_code,population\n{units}").into_bytes()),
            ("figures.csv".to_owned(), b"unit_code,date,community_f0\n".to_vec()),
        ];
        if !neighbours.is_empty() {
            files.push(("neighbours.csv".to_owned(), format!("a,b\n{neighbours}").into_bytes()));
        }
        let contest = pack::read(&pack::Files(files.into_iter().collect()));
        Register::new(&contest.unwrap_or_else(|e| panic!("{:#?}", e.errors)))
    }

    const KINDS: &str = r#"{"code": "district", "figures": "derived", "derived_from": "group"},
        {"code": "ward", "figures": "derived", "derived_from": "group"},
        {"code": "group", "figures": "reported"}, {"code": "household", "figures": "reported"}"#;
    const NO_RULES: &str = r#"{"code": "s", "levels": [{"code": "green", "colour": "\u00230FA57F"}, {"code": "red", "colour": "\u0023DA4711"}], "rules": []}"#;

    fn class(register: &Register, code: &str) -> (bool, bool) {
        let privacy = Privacy::of(register);
        let shown = privacy.shown(register.find(code).expect(code), false);
        (shown.row, shown.numbers)
    }

    #[test]
    fn private_kinds_are_not_there_and_small_units_are_names() {
        let units = "d,D,district,,\nw,W,ward,d,900\ng,G,group,w,499\nh,H,group,w,500\nx,X,household,w,900\n";
        let register = register(KINDS, NO_RULES, units, "");
        assert_eq!(class(&register, "g"), (true, false));
        assert_eq!(class(&register, "h"), (true, true));
        assert_eq!(class(&register, "x"), (false, false));
        let privacy = Privacy::of(&register);
        let small = register.find("g").expect("g");
        assert_eq!(
            privacy.shown(small, true),
            Shown { row: true, rank: true, day_level: true, numbers: false, levels: false }
        );
        assert_eq!(privacy.shown(small, false), Shown { row: true, ..Shown::NOTHING });
        assert!(!privacy.is_open() && !privacy.exists(register.find("x").expect("x")));
    }

    #[test]
    fn a_total_over_one_or_two_hidden_units_is_hidden_and_over_three_is_not() {
        for (small, is_public) in [(0, true), (1, false), (2, false), (3, true), (4, true)] {
            let mut units = "d,D,district,,\nw,W,ward,d,\n".to_owned();
            for n in 0..6 {
                units += &format!("g{n},G{n},group,w,{}\n", if n < small { 100 } else { 900 });
            }
            let register = register(KINDS, NO_RULES, &units, "");
            assert_eq!(class(&register, "w"), (true, is_public), "{small}");
            // one hidden total below: whoever knows the district's has it
            assert_eq!(class(&register, "d"), (true, is_public), "{small}");
        }
    }

    #[test]
    fn three_hidden_totals_of_one_parent_make_a_public_one_and_other_parents_do_not_help() {
        let ward = |n: usize, small: usize| {
            let groups = (0..4).map(|g| format!("w{n}g{g},G,group,w{n},{}\n", if g < small { 100 } else { 900 }));
            format!("w{n},W{n},ward,d,\n{}", groups.collect::<String>())
        };
        let district = |small: &[usize]| {
            let wards: String = small.iter().enumerate().map(|(n, small)| ward(n, *small)).collect();
            let register = register(KINDS, NO_RULES, &format!("d,D,district,,\n{wards}"), "");
            class(&register, "d").1
        };
        assert!(!district(&[1, 0, 0]));
        assert!(!district(&[1, 2, 0]), "two hidden totals: who has one has the other");
        assert!(district(&[1, 1, 2]));
        assert!(district(&[3, 4, 0]), "no ward's total is hidden");
        assert!(!district(&[3, 1, 0]), "the ward's total is public, so the other's would be told");
    }

    const SHARES: &str = r#"{"code": "s", "levels": [{"code": "green", "colour": "\u00230FA57F"}, {"code": "yellow", "colour": "\u0023FFDD00"}, {"code": "red", "colour": "\u0023DA4711"}],
        "rules": [
            {"kinds": ["group"], "level": "red", "any": [{"sum": {"indicator": "community_f0", "days": 7, "at_least": 1}}]},
            {"kinds": ["group"], "level": "yellow", "any": [{"neighbour": {"level": "red"}}]},
            {"kinds": ["ward"], "level": "red", "any": [{"children": {"level": "red", "share_at_least": 30}}]}]}"#;

    #[test]
    fn a_level_made_from_hidden_ones_is_hidden_on_other_days() {
        let kinds = r#"{"code": "ward", "figures": "reported"}, {"code": "group", "figures": "reported"}"#;
        let units = |small: usize| {
            let groups = (0..5).map(|g| format!("g{g},G,group,w,{}\n", if g < small { 100 } else { 900 }));
            format!("w,W,ward,,9000\n{}", groups.collect::<String>())
        };
        let levels = |small: usize, neighbours: &str, code: &str| {
            let register = register(kinds, SHARES, &units(small), neighbours);
            let shown = Privacy::of(&register).shown(register.find(code).expect(code), false);
            assert!(shown.row && (shown.numbers || code.starts_with('g')), "its own numbers stay");
            (shown.levels, shown.day_level)
        };
        assert_eq!(levels(0, "", "w"), (true, true));
        assert_eq!(levels(1, "", "w"), (false, false));
        assert_eq!(levels(2, "", "w"), (false, false));
        assert_eq!(levels(3, "", "w"), (true, true));
        // by neighbours: one pass reads one step far
        assert_eq!(levels(1, "g0,g1\ng1,g2\n", "g1"), (false, false));
        assert_eq!(levels(1, "g0,g1\ng1,g2\n", "g2"), (true, true));
        assert_eq!(levels(0, "g0,g1\n", "g1"), (true, true));
        // the ward counts a follower as it counts the hidden one
        assert_eq!(levels(2, "g1,g2\n", "w"), (true, true));
    }
}
