//! What does not fit together: a unit's own figure beside the sum of the units below it, and
//! what two sources say of one day. Whole numbers only; nothing here changes a score, it is
//! for a person to look at.

use super::ledger::{Ledger, is_counted};
use super::register::Register;
use crate::domain::{Counts, Indicator};
use std::ops::Range;

/// A reported unit's community cases of a day beside those of the reported units below it.
/// The units below are the nearest that report and are parts of it, so no businesses and households: where a ward reports and its neighbourhoods
/// and their groups do, the ward is compared with the neighbourhoods, and they with the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParentGap {
    /// Place of the unit above.
    pub parent: u32,
    /// Index of the day.
    pub day: usize,
    /// What the unit above reported.
    pub own: u32,
    /// How many units below are compared.
    pub children: u32,
    /// How many of them have a figure that counts; an excused day has none.
    pub reported: u32,
    /// The sum of what they reported.
    pub sum: u64,
}

impl ParentGap {
    /// Whether all units below have a figure: only then is a difference one.
    pub fn is_complete(&self) -> bool {
        self.reported == self.children
    }

    /// The own figure less the sum, where the comparison is complete.
    pub fn difference(&self) -> Option<i64> {
        let sum = i64::try_from(self.sum).ok()?;
        self.is_complete().then(|| i64::from(self.own) - sum)
    }
}

/// Kinds whose units are no part of the place that they stand in: their cases are counted in
/// a neighbourhood, too, and nobody expects all of them to take part.
const IN_A_PLACE: [&str; 6] = ["agency", "organisation", "business", "cooperative", "household", "individual"];

/// Of each unit the nearest units below it that report and are parts of it, in the order of
/// the register; empty for derived units, which are the sum by definition (domain.md section
/// 2, Kind).
pub fn reported_children(register: &Register) -> Vec<Vec<u32>> {
    let mut children = vec![Vec::new(); register.len()];
    let is_part = |unit: &u32| {
        let kind = register.unit(*unit).and_then(|u| register.campaign.kind(u.kind));
        !register.is_derived(*unit) && kind.is_none_or(|kind| !IN_A_PLACE.contains(&kind.code.as_str()))
    };
    for unit in (0u32..).take(register.len()).filter(is_part) {
        let mut above = register.unit(unit).and_then(|u| u.parent);
        while let Some(at) = above.filter(|at| register.is_derived(*at)) {
            above = register.unit(at).and_then(|u| u.parent);
        }
        if let Some(of) = above.and_then(|at| children.get_mut(at as usize)) {
            of.push(unit);
        }
    }
    children
}

/// Every comparison of a parent that reported with units below it of which at least one did,
/// by unit and day; `children` are those of [`reported_children`]. Those without a difference
/// are among them.
pub fn parent_gaps(ledger: &Ledger, children: &[Vec<u32>], days: Range<usize>) -> Vec<ParentGap> {
    let mut gaps = Vec::new();
    for (parent, below) in (0u32..).zip(children).filter(|(_, below)| !below.is_empty()) {
        let own = ledger.days(parent);
        for day in days.clone() {
            let counted = |flags: &[u8]| flags.get(day).is_some_and(|flags| is_counted(*flags));
            if !counted(own.flags) {
                continue;
            }
            let (mut reported, mut sum) = (0, 0u64);
            for child in below {
                let of_child = ledger.days(*child);
                if counted(of_child.flags) {
                    reported += 1;
                    sum += of_child.community.get(day).copied().map_or(0, u64::from);
                }
            }
            if reported > 0 {
                let own = own.community.get(day).copied().unwrap_or_default();
                let children = u32::try_from(below.len()).unwrap_or(u32::MAX);
                gaps.push(ParentGap { parent, day, own, children, reported, sum });
            }
        }
    }
    gaps
}

/// By indicator, what another source says less what the leading one says, where both say
/// something.
pub fn differences(leading: &Counts, other: &Counts) -> impl Iterator<Item = (Indicator, i64)> {
    let (leading, other) = (*leading, *other);
    Indicator::ALL.into_iter().filter_map(move |indicator| {
        let (a, b) = leading.get(indicator).zip(other.get(indicator))?;
        Some((indicator, i64::from(b) - i64::from(a)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Contest;
    use crate::pack;
    use std::sync::Arc;

    /// A ward that reports over a derived quarter with two groups that report, and one beside it.
    fn contest(figures: &str) -> Contest {
        let campaign = r#"{
            "code": "t", "time_zone": "Asia/Ho_Chi_Minh",
            "window": {"from": "2021-07-09", "to": "2021-07-15"}, "baseline": {"from": "2021-07-02", "to": "2021-07-08"},
            "kinds": [{"code": "ward", "figures": "reported"}, {"code": "group", "figures": "reported"},
                      {"code": "quarter", "figures": "derived", "derived_from": "group"},
                      {"code": "business", "figures": "reported"}],
            "level_scheme": "counts-14d",
            "scoring": {"components": [{"measure": "case_reduction", "max_points": 100}]}
        }"#;
        let units = "code,name,kind,parent_code\nw,W,ward,\nq,Q,quarter,w\na,A,group,q\nb,B,group,q\nc,C,group,w\nd,D,business,w\n";
        let figures = format!("unit_code,date,community_f0\n{figures}");
        let excused = "unit_code,date,reason\nc,2021-07-12,x\n";
        let files =
            [("campaign.json", campaign), ("units.csv", units), ("figures.csv", &figures), ("excused.csv", excused)];
        let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        pack::read(&pack::Files(files.into())).unwrap_or_else(|e| panic!("{:#?}", e.errors))
    }

    #[test]
    fn a_parent_is_compared_with_the_nearest_that_report_and_only_where_all_did() {
        let contest = contest(
            "w,2021-07-09,9\na,2021-07-09,4\nb,2021-07-09,3\nc,2021-07-09,1\n\
             w,2021-07-10,5\na,2021-07-10,7\n\
             w,2021-07-11,2\na,2021-07-11,1\nb,2021-07-11,0\nc,2021-07-11,1\n\
             w,2021-07-12,1\na,2021-07-12,1\nb,2021-07-12,0\nc,2021-07-12,8\n\
             a,2021-07-13,6\nw,2021-07-14,3\n",
        );
        let ledger = Ledger::build(&contest, Arc::new(Register::new(&contest)), None);
        let children = reported_children(&ledger.register);
        assert_eq!(children, [vec![2, 3, 4], vec![], vec![], vec![], vec![], vec![]]);
        let gaps = parent_gaps(&ledger, &children, 0..ledger.calendar.len);
        let seen: Vec<_> = gaps.iter().map(|g| (g.own, g.reported, g.sum, g.difference())).collect();
        // an excused child has no figure that counts; a silent parent or silence below compares nothing
        assert_eq!(seen, [(9, 3, 8, Some(1)), (5, 1, 7, None), (2, 3, 2, Some(0)), (1, 2, 1, None)]);
    }

    #[test]
    fn sources_differ_only_where_both_say_something() {
        let counts = |values| Counts::new(values).unwrap_or_else(|e| panic!("{e:?}"));
        let leading = counts([Some(5), Some(2), None, Some(1), None, None]);
        let other = counts([Some(7), Some(2), Some(3), None, None, None]);
        let found: Vec<_> = differences(&leading, &other).collect();
        assert_eq!(found, [(Indicator::CommunityF0, 2), (Indicator::ContainedF0, 0)]);
    }
}
