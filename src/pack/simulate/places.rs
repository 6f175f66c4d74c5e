//! Who there is: District 6 as it stood in 2021, or as many invented places as asked for.

use super::{MAX_UNITS, Size};
use crate::domain::unit::Point;
use crate::pack::{bundled, read};
use std::io::{Error, Result};

/// Neighbourhoods and residential groups of District 6 (domain.md section 1).
const NEIGHBOURHOODS: u32 = 74;
const GROUPS: u32 = 1_311;
/// Fan-out of invented places, about that of District 6.
const GROUPS_A_WARD: u32 = 94;
const WARDS_A_DISTRICT: u32 = 14;

/// A district and what is in it.
#[derive(Clone, Debug)]
pub(super) struct District {
    pub(super) code: String,
    pub(super) name: String,
    inside: Inside,
}

#[derive(Clone, Debug)]
enum Inside {
    Real(Vec<Ward>),
    /// Wards number so and so of all, with so many groups in all.
    Invented {
        wards: std::ops::Range<u32>,
        of: u32,
        groups: u32,
    },
}

/// A ward and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Ward {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) block: String,
    pub(super) point: Option<Point>,
    pub(super) below: Below,
}

/// What stands right under a ward.
#[derive(Clone, Debug)]
pub(super) enum Below {
    /// Neighbourhoods, each with so many groups; businesses and households as well.
    Neighbourhoods(Vec<u32>),
    /// So many groups.
    Groups(u32),
}

impl Below {
    /// How many groups stand below the ward at any depth.
    pub(super) fn groups(&self) -> usize {
        match self {
            Self::Neighbourhoods(groups) => groups.iter().sum::<u32>() as usize,
            Self::Groups(groups) => *groups as usize,
        }
    }
}

impl District {
    /// Its wards, made one at a time.
    pub(super) fn wards(&self) -> Box<dyn Iterator<Item = Ward> + '_> {
        match &self.inside {
            Inside::Real(wards) => Box::new(wards.iter().cloned()),
            Inside::Invented { wards, of, groups } => {
                Box::new(wards.clone().map(|number| self.invented(number, share(*groups, *of, number))))
            }
        }
    }

    fn invented(&self, number: u32, groups: u32) -> Ward {
        let number = number % WARDS_A_DISTRICT + 1;
        Ward {
            code: format!("{}-P{number:02}", self.code),
            name: format!("Phường {number:02}, {}", self.name),
            district: self.code.clone(),
            block: block(number),
            point: None,
            below: Below::Groups(groups),
        }
    }
}

/// Units are ranked apart in three blocks.
fn block(number: u32) -> String {
    format!("Cụm thi đua {}", number % 3 + 1)
}

/// The part of a whole that falls to one of so many, as even as can be.
fn share(whole: u32, parts: u32, number: u32) -> u32 {
    let parts = parts.max(1);
    whole / parts + u32::from(number < whole % parts)
}

/// The districts of a size, made one at a time.
///
/// # Errors
/// A bundled pack that cannot be read, which a test rules out.
pub(super) fn districts(size: Size) -> Result<Box<dyn Iterator<Item = District>>> {
    Ok(match size {
        Size::District6 => Box::new(std::iter::once(district_6()?)),
        Size::Groups(groups) => Box::new(invented_districts(groups.clamp(1, MAX_UNITS))),
    })
}

fn invented_districts(groups: u32) -> impl Iterator<Item = District> {
    let of = groups.div_ceil(GROUPS_A_WARD);
    (0..of.div_ceil(WARDS_A_DISTRICT)).map(move |number| {
        let first = number * WARDS_A_DISTRICT;
        let wards = first..of.min(first + WARDS_A_DISTRICT);
        let code = format!("MP{:04}", number + 1);
        District { name: format!("Quận {code}"), code, inside: Inside::Invented { wards, of, groups } }
    })
}

/// The real district and its real wards, from the bundled pack; the rest is told by number alone.
fn district_6() -> Result<District> {
    let [q6, ..] = bundled();
    let contest = read(&q6.files()).map_err(Error::other)?;
    let top = contest.units.iter().find(|u| u.parent.is_none());
    let top = top.ok_or_else(|| Error::other("the bundled pack has no district"))?;
    let real: Vec<_> = contest.units.iter().filter(|u| u.parent.is_some()).collect();
    let count = u32::try_from(real.len()).unwrap_or_default();
    let mut before = 0;
    let wards = (0u32..).zip(real).map(|(number, unit)| {
        let neighbourhoods = share(NEIGHBOURHOODS, count, number);
        let all = before..before + neighbourhoods;
        before = all.end;
        Ward {
            code: unit.code.clone(),
            name: unit.name.clone(),
            district: top.code.clone(),
            block: block(number),
            point: unit.point,
            below: Below::Neighbourhoods(all.map(|n| share(GROUPS, NEIGHBOURHOODS, n)).collect()),
        }
    });
    Ok(District { code: top.code.clone(), name: top.name.clone(), inside: Inside::Real(wards.collect()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wards(size: Size) -> Vec<Ward> {
        districts(size).unwrap().flat_map(|d| d.wards().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn district_6_has_14_wards_74_neighbourhoods_and_1311_groups() {
        let wards = wards(Size::District6);
        assert_eq!(wards.len(), 14);
        let neighbourhoods = wards.iter().map(|w| match &w.below {
            Below::Neighbourhoods(groups) => groups.len(),
            Below::Groups(_) => 0,
        });
        assert_eq!(neighbourhoods.sum::<usize>(), 74);
        assert_eq!(wards.iter().map(|w| w.below.groups()).sum::<usize>(), 1_311);
        assert!(wards.iter().any(|w| w.code == "27385" && w.name == "Phường 10" && w.district == "775"));
    }

    #[test]
    fn any_number_of_groups_is_met_in_wards_of_like_size() {
        for groups in [1, 93, 94, 95, 1_316, 1_317, 60_000] {
            let wards = wards(Size::Groups(groups));
            let sizes: Vec<usize> = wards.iter().map(|w| w.below.groups()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), groups as usize);
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            assert!(*least > 0 && most - least <= 1 && *most <= 94, "{groups}: {least} to {most}");
            let codes: std::collections::BTreeSet<_> = wards.iter().map(|w| &w.code).collect();
            assert_eq!(codes.len(), wards.len());
        }
    }
}
