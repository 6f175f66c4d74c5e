//! Who competes: the tree, neighbours, sums and orders of a contest's units.
//!
//! Everything here follows from the campaign and the units alone, so it is
//! computed once and shared by every board.

use super::rules::KindRules;
use crate::domain::campaign::Figures;
use crate::domain::text::NameOrder;
use crate::domain::{Campaign, Contest, Unit};
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

/// Lists of indexes, one list per unit, in one allocation.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    starts: Arc<[u32]>,
    items: Arc<[u32]>,
}

impl Lists {
    fn collect(pairs: &[(u32, u32)], len: usize) -> Self {
        let mut starts = vec![0u32; len + 1];
        for (owner, _) in pairs {
            starts[*owner as usize + 1] += 1;
        }
        for i in 0..len {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut items = vec![0u32; pairs.len()];
        for (owner, item) in pairs {
            let at = &mut next[*owner as usize];
            items[*at as usize] = *item;
            *at += 1;
        }
        Self { starts: starts.into(), items: items.into() }
    }

    /// The list of a unit; empty for an unknown one.
    pub fn of(&self, unit: u32) -> &[u32] {
        let bounds = (self.starts.get(unit as usize), self.starts.get(unit as usize + 1));
        let (Some(from), Some(to)) = bounds else { return &[] };
        self.items.get(*from as usize..*to as usize).unwrap_or_default()
    }
}

/// The units of a contest and everything that follows from them and the campaign alone.
/// What does not follow from the rules is shared between registers ([`Register::under`]).
#[derive(Clone, Debug)]
pub struct Register {
    /// The campaign.
    pub campaign: Arc<Campaign>,
    /// The units.
    pub units: Arc<[Unit]>,
    /// Direct children in the tree.
    pub children: Lists,
    /// Neighbours, both ways.
    pub neighbours: Lists,
    /// Of a derived unit: the reported units that its figures are the sum of
    /// (domain.md section 2, Kind: at any depth; section 4: "children that are
    /// derived count through theirs").
    pub leaves: Lists,
    /// The rules of each kind.
    pub rules: Vec<KindRules>,
    /// Units of each kind.
    pub of_kind: Arc<[Vec<u32>]>,
    /// Groups of kinds, those below before those above (domain.md section 3, Order).
    pub kind_order: Vec<Vec<u16>>,
    /// Depth in the tree, roots at 0.
    pub depth: Arc<[u32]>,
    /// Kinds of the units, close together: boards ask for them unit after unit.
    kind_of_unit: Arc<[u16]>,
    is_kind_derived: Vec<bool>,
    /// Indexes by the hashes of codes, which are held once, in the units.
    by_code: Arc<HashTable<u32>>,
    hasher: RandomState,
    name_rank: Arc<[u32]>,
    by_name: Arc<[u32]>,
    is_empty: Arc<[bool]>,
    walk: Arc<Walk>,
}

/// A walk through the tree: when each unit was entered and left, and who came when.
#[derive(Debug, Default)]
struct Walk {
    enter: Vec<u32>,
    leave: Vec<u32>,
    tour: Vec<u32>,
}

impl Register {
    /// Reads the structure of a contest.
    pub fn new(contest: &Contest) -> Self {
        Self::of(contest.campaign.clone(), contest.units.clone(), &contest.neighbours)
    }

    /// The same units under other rules of their campaign: its kinds are the same.
    pub fn under(&self, campaign: Arc<Campaign>) -> Self {
        let has_scheme = campaign.scheme == self.campaign.scheme;
        let mut register = Self { campaign, ..self.clone() };
        if !has_scheme {
            register.rules = rules_of(&register.campaign);
            register.is_empty = register.find_empty();
        }
        register
    }

    /// The structure of a campaign with these units and pairs of neighbours.
    pub fn of(campaign: Arc<Campaign>, units: Vec<Unit>, neighbours: &[(u32, u32)]) -> Self {
        let units: Arc<[Unit]> = units.into();
        let len = units.len();
        let parents: Vec<(u32, u32)> = units
            .iter()
            .zip(0u32..)
            .filter_map(|(u, i)| u.parent.map(|p| (p, i)))
            .filter(|(p, _)| (*p as usize) < len)
            .collect();
        let children = Lists::collect(&parents, len);
        let both: Vec<(u32, u32)> = neighbours.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
        let neighbours = Lists::collect(&both, len);
        let mut of_kind = vec![Vec::new(); campaign.kinds.len()];
        for (unit, index) in units.iter().zip(0u32..) {
            if let Some(list) = of_kind.get_mut(usize::from(unit.kind)) {
                list.push(index);
            }
        }
        let hasher = RandomState::new();
        let hash = |index: &u32| hasher.hash_one(units.get(*index as usize).map_or("", |unit| &unit.code));
        let mut by_code = HashTable::with_capacity(len);
        for index in 0..len as u32 {
            by_code.insert_unique(hash(&index), index, hash);
        }
        let (by_name, name_rank) = name_order(&units);
        let mut register = Self {
            kind_of_unit: units.iter().map(|u| u.kind).collect(),
            is_kind_derived: campaign.kinds.iter().map(|k| k.figures != Figures::Reported).collect(),
            rules: rules_of(&campaign),
            campaign,
            units,
            children,
            neighbours,
            leaves: Lists::default(),
            of_kind: of_kind.into(),
            kind_order: Vec::new(),
            depth: Arc::default(),
            by_code: Arc::new(by_code),
            hasher,
            name_rank: name_rank.into(),
            by_name: by_name.into(),
            is_empty: Arc::default(),
            walk: Arc::default(),
        };
        register.walk_tree();
        register.kind_order = register.order_kinds();
        register.leaves = register.collect_leaves();
        register.is_empty = register.find_empty();
        register
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The index of a unit's code (NFC).
    pub fn find(&self, code: &str) -> Option<u32> {
        let is_it = |index: &u32| self.units.get(*index as usize).is_some_and(|unit| unit.code == code);
        self.by_code.find(self.hasher.hash_one(code), is_it).copied()
    }

    /// A unit by its index.
    pub fn unit(&self, index: u32) -> Option<&Unit> {
        self.units.get(index as usize)
    }

    /// The rules of a unit's kind.
    pub fn rules_of(&self, unit: u32) -> Option<&KindRules> {
        self.rules.get(usize::from(*self.kind_of_unit.get(unit as usize)?))
    }

    /// Where a unit stands when all are ordered by name, then code.
    pub fn name_rank(&self, unit: u32) -> u32 {
        self.name_rank.get(unit as usize).copied().unwrap_or(u32::MAX)
    }

    /// The unit at a place of the order by name, then code.
    pub fn at_name_rank(&self, rank: u32) -> Option<u32> {
        self.by_name.get(rank as usize).copied()
    }

    /// Whether a unit lies strictly below another, at any depth.
    pub fn is_below(&self, unit: u32, above: u32) -> bool {
        let at = |list: &[u32], u: u32| list.get(u as usize).copied();
        match (at(&self.walk.enter, unit), at(&self.walk.enter, above), at(&self.walk.leave, above)) {
            (Some(unit), Some(from), Some(to)) => from < unit && unit < to,
            _ => false,
        }
    }

    /// All units strictly below one, parents before their children.
    pub fn below(&self, unit: u32) -> &[u32] {
        let bounds = (self.walk.enter.get(unit as usize), self.walk.leave.get(unit as usize));
        let (Some(from), Some(to)) = bounds else { return &[] };
        self.walk.tour.get(*from as usize + 1..*to as usize).unwrap_or_default()
    }

    /// Whether a unit is empty: its level is unknown and it counts for nobody
    /// (domain.md section 3, "A unit is empty").
    pub fn is_empty_unit(&self, unit: u32) -> bool {
        self.is_empty.get(unit as usize).copied().unwrap_or(true)
    }

    /// Whether a child counts for its parent's rules: its kind has rules and it is not empty.
    pub fn counts_for_parent(&self, unit: u32) -> bool {
        self.rules_of(unit).is_some_and(|r| r.has_rules) && !self.is_empty_unit(unit)
    }

    /// Whether a unit's figures are the sum of others.
    pub fn is_derived(&self, unit: u32) -> bool {
        let kind = self.kind_of_unit.get(unit as usize);
        kind.and_then(|k| self.is_kind_derived.get(usize::from(*k))).copied().unwrap_or_default()
    }

    fn walk_tree(&mut self) {
        let len = self.units.len();
        let mut walk = Walk { enter: vec![0; len], leave: vec![0; len], tour: Vec::with_capacity(len) };
        let mut depth = vec![0; len];
        let roots: Vec<u32> =
            self.units.iter().zip(0u32..).filter(|(u, _)| u.parent.is_none()).map(|(_, i)| i).collect();
        // (unit, whether its subtree is done), a stack so that depth costs no recursion
        let mut stack: Vec<(u32, bool)> = roots.into_iter().rev().map(|r| (r, false)).collect();
        while let Some((unit, done)) = stack.pop() {
            let at = unit as usize;
            if done {
                walk.leave[at] = walk.tour.len() as u32;
                continue;
            }
            walk.enter[at] = walk.tour.len() as u32;
            walk.tour.push(unit);
            stack.push((unit, true));
            for child in self.children.of(unit).iter().rev() {
                depth[*child as usize] = depth[at] + 1;
                stack.push((*child, false));
            }
        }
        (self.walk, self.depth) = (Arc::new(walk), depth.into());
    }

    /// Kinds in groups, each after all kinds that stand below it in the tree.
    /// Kinds that stand below each other in turn form one group.
    fn order_kinds(&self) -> Vec<Vec<u16>> {
        let kinds = self.campaign.kinds.len();
        let mut below = vec![vec![false; kinds]; kinds];
        for unit in self.units.iter() {
            let parent = unit.parent.and_then(|p| self.unit(p)).map(|p| usize::from(p.kind));
            if let Some(above) = parent.filter(|above| *above != usize::from(unit.kind)) {
                below[above][usize::from(unit.kind)] = true;
            }
        }
        for via in 0..kinds {
            let through = below[via].clone();
            for row in below.iter_mut().filter(|row| row[via]) {
                row.iter_mut().zip(&through).for_each(|(to, more)| *to |= more);
            }
        }
        let mut left: Vec<usize> = (0..kinds).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let is_next = |k: &usize| left.iter().all(|other| !below[*k][*other] || below[*other][*k]);
            let first = left.iter().copied().find(is_next).unwrap_or(left[0]);
            let together = |k: &usize| *k == first || (below[first][*k] && below[*k][first]);
            order.push(left.iter().copied().filter(together).map(|k| k as u16).collect());
            left.retain(|k| !together(k));
        }
        order
    }

    fn collect_leaves(&self) -> Lists {
        let mut pairs = Vec::new();
        let mut found = Vec::new();
        for unit in 0..self.len() as u32 {
            found.clear();
            self.leaves_below(unit, &mut found);
            pairs.extend(found.iter().map(|leaf| (unit, *leaf)));
        }
        Lists::collect(&pairs, self.len())
    }

    /// Adds the reported units under a derived unit's sum. Kinds never derive
    /// from each other in a ring, so the recursion is as deep as kinds are many.
    fn leaves_below(&self, unit: u32, found: &mut Vec<u32>) {
        let kind = self.unit(unit).and_then(|u| self.campaign.kind(u.kind));
        let Some(Figures::Derived(from)) = kind.map(|k| k.figures) else { return };
        let is_leaf_kind = self.campaign.kind(from).is_some_and(|k| k.figures == Figures::Reported);
        for below in self.below(unit) {
            if self.unit(*below).is_some_and(|u| u.kind == from) {
                if is_leaf_kind { found.push(*below) } else { self.leaves_below(*below, found) }
            }
        }
    }

    fn find_empty(&self) -> Arc<[bool]> {
        let mut is_empty = vec![false; self.len()];
        for unit in self.walk.tour.iter().rev() {
            let sums_nobody = self.is_derived(*unit) && self.leaves.of(*unit).is_empty();
            let counts = |child: &u32| self.rules_of(*child).is_some_and(|r| r.has_rules) && !is_empty[*child as usize];
            let children_only = self.rules_of(*unit).is_some_and(KindRules::reads_children_only);
            is_empty[*unit as usize] = sums_nobody || (children_only && !self.children.of(*unit).iter().any(counts));
        }
        is_empty.into()
    }
}

fn rules_of(campaign: &Campaign) -> Vec<KindRules> {
    campaign.kinds.iter().map(|k| KindRules::of(&campaign.scheme, &k.code)).collect()
}

fn name_order(units: &[Unit]) -> (Vec<u32>, Vec<u32>) {
    let order = NameOrder::new();
    let mut by_name: Vec<u32> = (0..units.len() as u32).collect();
    by_name.sort_by(|a, b| {
        let (a, b) = (&units[*a as usize], &units[*b as usize]);
        order.compare(&a.name, &b.name).then_with(|| a.code.cmp(&b.code))
    });
    let mut name_rank = vec![0u32; units.len()];
    for (rank, unit) in (0u32..).zip(&by_name) {
        name_rank[*unit as usize] = rank;
    }
    (by_name, name_rank)
}

/// The campaign's days as indexes from the earliest day that a look-back reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The day with index 0.
    pub first: crate::domain::Day,
    /// How many days there are, to the window's last.
    pub len: usize,
    /// Bs…Be.
    pub baseline: Range<usize>,
    /// S…E.
    pub window: Range<usize>,
}

impl Calendar {
    /// The days of a campaign.
    pub fn new(campaign: &Campaign) -> Self {
        let first = campaign.earliest_day();
        let index = |day: crate::domain::Day| usize::try_from((day - first).num_days()).unwrap_or(0);
        let (start, end) = (index(campaign.window.from), index(campaign.window.to));
        Self { first, len: end + 1, baseline: index(campaign.baseline.from)..start, window: start..end + 1 }
    }

    /// The index of a day, where it can enter anything.
    pub fn index(&self, day: crate::domain::Day) -> Option<usize> {
        usize::try_from((day - self.first).num_days()).ok().filter(|i| *i < self.len)
    }

    /// The day of an index.
    pub fn day(&self, index: usize) -> crate::domain::Day {
        self.first.checked_add_days(chrono::Days::new(index as u64)).unwrap_or(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};

    #[test]
    fn below_a_unit_stand_its_children_and_theirs_but_not_itself() {
        let mut tree = contest(4, RED_FROM_ONE);
        tree.units[1].parent = Some(0);
        tree.units[2].parent = Some(1);
        let register = Register::new(&tree);
        assert_eq!(register.below(0), [1, 2]);
        assert_eq!(register.below(1), [2]);
        assert!(register.below(2).is_empty() && register.below(3).is_empty());
        assert_eq!(*register.depth, [0, 1, 2, 0]);
        assert!(!register.is_empty());
        assert!(Register::new(&contest(0, RED_FROM_ONE)).is_empty());
    }

    #[test]
    fn a_calendar_ends_with_the_window() {
        let calendar = Calendar::new(&contest(0, RED_FROM_ONE).campaign);
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(calendar.index(day("2021-07-12")), Some(calendar.len - 1));
        assert_eq!(calendar.index(day("2021-07-13")), None);
        assert_eq!(calendar.index(calendar.first), Some(0));
    }
}
