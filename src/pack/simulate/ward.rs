//! A ward in rows: itself and everybody below it, from what happened to how it was told.

use super::dice::Dice;
use super::epidemic::{Series, Temper, outbreak, sum};
use super::members::{self, Member};
use super::places::{Below, Ward};
use super::reports::Habit;
use super::tables::{Sink, Tables, UnitLine};
use super::words::marked;
use super::{DAYS, Plan};
use std::io::Result;

/// From so many F0 in 14 days a unit is yellow, orange, red (`counts-14d`).
const WARD_CUTS: [u16; 3] = [1, 6, 16];
const GROUP_CUTS: [u16; 3] = [1, 2, 3];
/// Invented businesses of a neighbourhood, and households of a group that take part.
const BUSINESSES: usize = 5;
const HOUSEHOLDS: usize = 3;
/// How many people of a group live together, on the average.
const A_HOUSEHOLD: u32 = 4;
const BRANCHES: [&str; 4] = ["Chợ", "Xưởng may", "Cửa hàng", "Kho hàng"];

/// A ward while it is written.
pub(super) struct Scene<'a> {
    ward: &'a Ward,
    dice: Dice,
    temper: Temper,
    is_orderly: bool,
    is_first: bool,
}

/// A group or a household: how many live there and what happened to them.
#[derive(Clone, Copy, Debug)]
struct Group {
    population: u32,
    series: Series,
}

impl<'a> Scene<'a> {
    /// Ward number so and so of all, which is the first at 0.
    pub(super) fn new(plan: &Plan, ward: &'a Ward, number: u64) -> Self {
        let mut dice = Dice::new(plan.seed, number);
        let temper = Temper::draw(&mut dice);
        let is_orderly = dice.happens(600_000);
        Self { ward, dice, temper, is_orderly, is_first: number == 0 }
    }

    /// Writes the ward and all below it; gives its population.
    pub(super) fn write<S: Sink>(mut self, tables: &mut Tables<'_, S>) -> Result<u32> {
        let all = outbreak(self.ward.below.groups(), &self.temper, &mut self.dice);
        let groups = all.into_iter().map(|series| Group { population: self.dice.between(110, 246), series });
        let groups: Vec<Group> = groups.collect();
        let population = groups.iter().map(|g| g.population).sum();
        self.ward_itself(population, &groups, tables)?;
        match &self.ward.below {
            Below::Groups(_) => self.groups(&self.ward.code, &groups, tables)?,
            Below::Neighbourhoods(sizes) => {
                let mut rest = groups.as_slice();
                for (number, size) in (1..).zip(sizes) {
                    let (own, others) = rest.split_at_checked(*size as usize).unwrap_or((rest, &[]));
                    rest = others;
                    self.neighbourhood(number, own, tables)?;
                }
            }
        }
        Ok(population)
    }

    fn ward_itself<S: Sink>(&mut self, population: u32, groups: &[Group], tables: &mut Tables<'_, S>) -> Result<()> {
        let ward = self.ward;
        tables.unit(&UnitLine {
            code: &ward.code,
            name: &marked(&ward.name),
            kind: "ward",
            parent: &ward.district,
            population,
            point: ward.point,
            ..UnitLine::default()
        })?;
        if let Below::Groups(_) = ward.below {
            return Ok(());
        }
        let series = sum(groups.iter().map(|g| &g.series));
        self.report(&ward.code, &series, WARD_CUTS, true, tables)
    }

    fn neighbourhood<S: Sink>(&mut self, number: u32, groups: &[Group], tables: &mut Tables<'_, S>) -> Result<()> {
        let code = format!("{}-KP{number}", self.ward.code);
        tables.unit(&UnitLine {
            code: &code,
            name: &marked(&format!("Khu phố {number}, {}", self.ward.name)),
            kind: "neighbourhood",
            parent: &self.ward.code,
            block: &self.ward.block,
            population: groups.iter().map(|g| g.population).sum(),
            ..UnitLine::default()
        })?;
        self.groups(&code, groups, tables)?;
        self.businesses(&code, tables)
    }

    /// The groups under a parent, each the neighbour of the next.
    fn groups<S: Sink>(&mut self, parent: &str, groups: &[Group], tables: &mut Tables<'_, S>) -> Result<()> {
        let mut before: Option<String> = None;
        for (number, group) in (1..).zip(groups) {
            let code = format!("{parent}-T{number:02}");
            tables.unit(&UnitLine {
                code: &code,
                name: &marked(&format!("Tổ dân phố {number:02}, {}", self.ward.name)),
                kind: "residential_group",
                parent,
                block: &self.ward.block,
                population: group.population,
                households: Some(group.population / A_HOUSEHOLD),
                ..UnitLine::default()
            })?;
            if let Some(before) = &before {
                tables.neighbours(before, &code)?;
            }
            self.report(&code, &group.series, GROUP_CUTS, true, tables)?;
            if let Below::Neighbourhoods(_) = self.ward.below {
                self.households(&code, group, tables)?;
            }
            before = Some(code);
        }
        Ok(())
    }

    /// Those households of a group that take part; its cases fall on any of them.
    fn households<S: Sink>(&mut self, parent: &str, group: &Group, tables: &mut Tables<'_, S>) -> Result<()> {
        let homes = self.homes(group);
        for (number, Group { population, series }) in (1..).zip(&homes) {
            let code = format!("{parent}-H{number}");
            tables.unit(&UnitLine {
                code: &code,
                name: &marked(&format!("Hộ {number}")),
                kind: "household",
                parent,
                population: *population,
                ..UnitLine::default()
            })?;
            self.report(&code, series, GROUP_CUTS, false, tables)?;
        }
        Ok(())
    }

    fn homes(&mut self, group: &Group) -> [Group; HOUSEHOLDS] {
        let mut homes = [0; HOUSEHOLDS].map(|_| Group { population: self.dice.between(2, 7), series: [0; DAYS] });
        let mut well = homes.map(|home| home.population);
        let all = group.population / A_HOUSEHOLD;
        let mut home = self.dice.below(all) as usize;
        for (day, count) in group.series.iter().enumerate() {
            for _ in 0..*count {
                // who lives with a case is often the next
                if !self.dice.happens(400_000) {
                    home = self.dice.below(all) as usize;
                }
                let count = homes.get_mut(home).and_then(|h| h.series.get_mut(day));
                if let (Some(count), Some(well)) = (count, well.get_mut(home).filter(|well| **well > 0)) {
                    *count += 1;
                    *well -= 1;
                }
            }
        }
        homes
    }

    fn businesses<S: Sink>(&mut self, parent: &str, tables: &mut Tables<'_, S>) -> Result<()> {
        let all = outbreak(BUSINESSES, &self.temper, &mut self.dice);
        for (number, series) in (1..).zip(&all) {
            let code = format!("{parent}-DN{number}");
            let branch = self.dice.pick(&BRANCHES).unwrap_or_default();
            tables.unit(&UnitLine {
                code: &code,
                name: &marked(&format!("{branch} {number}, {}", self.ward.name)),
                kind: "business",
                parent,
                block: branch,
                population: self.dice.between(60, 400),
                ..UnitLine::default()
            })?;
            self.report(&code, series, GROUP_CUTS, true, tables)?;
        }
        Ok(())
    }

    fn report<S: Sink>(
        &mut self,
        code: &str,
        series: &Series,
        cuts: [u16; 3],
        classifies: bool,
        tables: &mut Tables<'_, S>,
    ) -> Result<()> {
        let is_steady = std::mem::take(&mut self.is_first);
        let habit = if is_steady { Habit::Exact } else { Habit::draw(self.is_orderly, &mut self.dice) };
        members::write(&Member { code, series, cuts, classifies, habit, is_steady }, &mut self.dice, tables)
    }
}
