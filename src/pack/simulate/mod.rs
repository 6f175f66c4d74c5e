//! Simulated packs, for trials and load: an invented epidemic with its gaps, late,
//! corrected and withdrawn reports, marked as invented wherever it shows.
//!
//! Pure: the same plan gives the same bytes on every machine, so chance comes from a
//! seed and arithmetic is in integers. Streamed: one ward at a time is in memory,
//! whatever the size. Start reading at [`simulate`]; then `places` (who there is),
//! `epidemic` (what happened), `reports` (how it was told), `ward` (all of them in rows).

mod dice;
mod epidemic;
mod members;
mod places;
mod reports;
mod tables;
mod ward;
mod words;

pub use tables::Sink;

use crate::domain::Day;
use places::District;
use std::io::Result;
use tables::{Tables, UnitLine, write_whole};
use ward::Scene;

/// Days told: baseline and window.
const DAYS: usize = 29;
/// Days of the baseline, with which they begin.
const BASELINE_DAYS: usize = 14;
/// The first of them; District 6's own campaign had the same days.
const FIRST_DAY: Day = match Day::from_ymd_opt(2021, 6, 25) {
    Some(day) => day,
    None => Day::MIN,
};

/// The most reporting units of a plan.
pub const MAX_UNITS: u32 = 10_000_000;

/// Who competes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// District 6 in full: wards, neighbourhoods, residential groups, businesses, households.
    District6,
    /// So many residential groups that report, from 1 to [`MAX_UNITS`], in invented wards and districts.
    Groups(u32),
}

/// What is simulated. The same plan gives the same bytes, of one version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Another seed, another epidemic.
    pub seed: u64,
    /// Who competes.
    pub size: Size,
}

impl Plan {
    /// The code of the campaign.
    pub fn code(&self) -> String {
        match self.size {
            Size::District6 => format!("simulated-{}", self.seed),
            Size::Groups(groups) => format!("simulated-{}-{groups}", self.seed),
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Rows of `units.csv`: all units, those with derived figures included.
    pub units: u64,
    /// Rows of `figures.csv`.
    pub figures: u64,
}

/// Writes a simulated pack into a sink, and tells after each ward how far it is.
/// `campaign.json` comes last: without it nothing is taken for a pack.
///
/// # Errors
/// What the sink refuses.
pub fn simulate<S: Sink>(plan: &Plan, sink: &mut S, mut tell: impl FnMut(Simulated)) -> Result<Simulated> {
    let mut tables = Tables::begin(sink, FIRST_DAY)?;
    let mut part = 0;
    for district in places::districts(plan.size)? {
        write_district(plan, &district, &mut part, &mut tables, &mut tell)?;
    }
    let written = Simulated { units: tables.unit_rows, figures: tables.figure_rows };
    tables.finish()?;
    write_whole(sink, "SOURCE.md", words::source(plan).as_bytes())?;
    write_whole(sink, "campaign.json", &words::campaign(plan))?;
    Ok(written)
}

/// A district's wards, then the district itself: only then is its population known.
fn write_district<S: Sink>(
    plan: &Plan,
    district: &District,
    part: &mut u64,
    tables: &mut Tables<'_, S>,
    tell: &mut impl FnMut(Simulated),
) -> Result<()> {
    let mut population = 0;
    for ward in district.wards() {
        population += Scene::new(plan, &ward, *part).write(tables)?;
        *part += 1;
        tell(Simulated { units: tables.unit_rows, figures: tables.figure_rows });
    }
    let (code, name) = (&district.code, words::marked(&district.name));
    tables.unit(&UnitLine { code, name: &name, kind: "district", population, ..UnitLine::default() })
}

#[cfg(test)]
mod tests;
