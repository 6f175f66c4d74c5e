//! Residuals by unit and day: what sources say differently of one day, and units whose own
//! figure is not the sum of those below. For a person to look at, never a penalty.

use super::Service;
use super::access::Audience;
use super::boards::named;
use super::fault::Fault;
use super::figures::FigureFilter;
use super::live::{Sight, Snapshot};
use super::sources::{Standing, by_day};
use super::views::{CountsView, UnitRef};
use crate::scoring::reconcile::{ParentGap, differences, parent_gaps, reported_children};
use crate::store::campaigns::StoredCampaign;
use crate::store::source_figures::{self, Filter};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// A day of a unit whose figures do not fit together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResidualView {
    /// `sources`: sources say different things of the day. `parent_children`: the figure is
    /// not the sum of those below.
    pub what: &'static str,
    /// Which unit.
    pub unit: UnitRef,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// Community F0 that stands.
    pub community_f0: u64,
    /// Code of the source that stands; null where sources are not compared.
    pub source: Option<String>,
    /// What the other sources say, each against the one that stands.
    pub against: Vec<AgainstView>,
    /// The units below; null where sources are compared.
    pub children: Option<ChildrenView>,
}

/// What another source says, against the one that stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgainstView {
    /// Code of the source.
    pub source: String,
    /// What it says.
    pub counts: CountsView,
    /// By count, what it says less what stands, where both say something.
    pub difference: BTreeMap<&'static str, i64>,
}

/// The nearest units below that report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChildrenView {
    /// How many there are.
    pub units: u64,
    /// How many of them have a figure that counts.
    pub reported: u64,
    /// Community F0 that they reported together.
    pub community_f0: u64,
    /// Whether all have reported; else nothing can be said yet.
    pub complete: bool,
    /// The own figure less the sum; null where not all have reported.
    pub difference: Option<i64>,
}

impl Service {
    /// The residuals of the units and days asked for, by day, name and what differs. A
    /// reader without the right sees no source but the one that stands, and a sum only of
    /// units whose figures are public. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or unit, or what the database says.
    pub fn reconciliation(
        &self,
        campaign: &str,
        filter: &FigureFilter,
        audience: &Audience,
    ) -> Result<(i64, Vec<ResidualView>), Fault> {
        let snapshot = self.seen(campaign, audience)?;
        let sight = snapshot.sight(audience);
        let units = filter.units(&snapshot, sight)?;
        let (stored, said) = self.read_of(campaign, audience, |conn, stored| {
            let asked = Filter { unit_id: None, from: filter.from, to: filter.to };
            let said = match stored.campaign.sources.is_empty() {
                true => Vec::new(),
                false => source_figures::list(conn, stored.id, asked)?,
            };
            Ok((stored.clone(), said))
        })?;
        let mut found = Vec::new();
        let places: HashMap<i64, u32> = units.iter().map(|unit| (snapshot.key(*unit), *unit)).collect();
        for ((key, day), standing) in by_day(said) {
            let unit = places.get(&key).copied().filter(|unit| snapshot.is_confided(*unit, sight));
            if let Some((unit, against)) = unit.zip(differing(&stored, &standing)) {
                found.push((day, unit, of_sources(&snapshot, &stored, unit, &standing, against, sight)));
            }
        }
        found.extend(of_parents(&snapshot, &units, filter, sight));
        found.sort_by_key(|(day, unit, view)| {
            (std::cmp::Reverse(*day), snapshot.register().name_rank(*unit), view.what == "sources")
        });
        Ok((stored.revision, found.into_iter().map(|(_, _, view)| view).collect()))
    }
}

type Found = (crate::domain::Day, u32, ResidualView);

/// What other sources say, where any says anything else than the one that stands.
fn differing(stored: &StoredCampaign, standing: &Standing) -> Option<Vec<AgainstView>> {
    let (_, leading) = standing.first_key_value()?;
    let against: Vec<AgainstView> = standing
        .iter()
        .skip(1)
        .map(|(source, said)| AgainstView {
            source: stored.campaign.sources.code(*source).to_owned(),
            counts: CountsView::of(&said.figure.counts),
            difference: differences(&leading.figure.counts, &said.figure.counts)
                .map(|(indicator, difference)| (indicator.code(), difference))
                .collect(),
        })
        .collect();
    against.iter().any(|a| a.difference.values().any(|d| *d != 0)).then_some(against)
}

fn of_sources(
    snapshot: &Snapshot,
    stored: &StoredCampaign,
    unit: u32,
    standing: &Standing,
    against: Vec<AgainstView>,
    sight: Sight,
) -> ResidualView {
    let leading = standing.first_key_value();
    ResidualView {
        what: "sources",
        unit: named(snapshot.ledger(), unit, |above| snapshot.is_visible(above, sight)),
        date: leading.map_or_else(String::new, |(_, said)| said.figure.day.to_string()),
        community_f0: leading.map_or(0, |(_, said)| u64::from(said.figure.counts.community_f0())),
        source: leading.map(|(source, _)| stored.campaign.sources.code(*source).to_owned()),
        against,
        children: None,
    }
}

/// Parents whose figure differs from the sum below, and those of which not all below have
/// reported; none that would tell of a unit whose figures the reader does not see.
fn of_parents<'s>(
    snapshot: &'s Snapshot,
    units: &[u32],
    filter: &FigureFilter,
    sight: Sight,
) -> impl Iterator<Item = Found> + use<'s> {
    let ledger = snapshot.ledger();
    let mut children = reported_children(snapshot.register());
    let asked: HashSet<u32> = units.iter().copied().collect();
    for (unit, below) in (0u32..).zip(&mut children) {
        let is_open = asked.contains(&unit) && below.iter().all(|child| snapshot.shows_figures(*child, sight));
        if !is_open {
            below.clear();
        }
    }
    let (from, to) = (filter.from, filter.to);
    let gaps = parent_gaps(ledger, &children, 0..ledger.calendar.len).into_iter();
    gaps.filter(|gap| gap.difference() != Some(0)).filter_map(move |gap: ParentGap| {
        let day = ledger.calendar.day(gap.day);
        let is_asked = from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
        let view = || ResidualView {
            what: "parent_children",
            unit: named(ledger, gap.parent, |above| snapshot.is_visible(above, sight)),
            date: day.to_string(),
            community_f0: u64::from(gap.own),
            source: None,
            against: Vec::new(),
            children: Some(ChildrenView {
                units: u64::from(gap.children),
                reported: u64::from(gap.reported),
                community_f0: gap.sum,
                complete: gap.is_complete(),
                difference: gap.difference(),
            }),
        };
        is_asked.then(|| (day, gap.parent, view()))
    })
}
