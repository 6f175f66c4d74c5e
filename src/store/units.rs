//! Units and neighbours. A unit's key is given once; its place in a contest is its
//! rank among the campaign's keys.

use super::conn::{DbConn, on_each};
use super::schema::{neighbours, units};
use super::{BATCH, StoreError};
use crate::domain::Campaign;
use crate::domain::unit::{Point, Unit};
use diesel::prelude::*;
use std::collections::HashMap;

/// A unit with its keys.
#[derive(Clone, Debug)]
pub struct StoredUnit {
    /// Its key in the campaign.
    pub id: i64,
    /// The key of the unit above.
    pub parent_id: Option<i64>,
    /// The unit; its `parent` is only set in a whole contest.
    pub unit: Unit,
}

#[derive(Clone, Debug, Insertable, Queryable, AsChangeset, Selectable)]
#[diesel(table_name = units, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct UnitRow {
    campaign_id: i64,
    unit_id: i64,
    code: String,
    name: String,
    kind: String,
    parent_id: Option<i64>,
    block: Option<String>,
    population: Option<i64>,
    households: Option<i64>,
    lat: Option<f64>,
    lng: Option<f64>,
}

impl UnitRow {
    fn of(campaign_id: i64, campaign: &Campaign, stored: &StoredUnit) -> Self {
        let unit = &stored.unit;
        let number = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
        Self {
            campaign_id,
            unit_id: stored.id,
            code: unit.code.clone(),
            name: unit.name.clone(),
            kind: campaign.kind(unit.kind).map(|k| k.code.clone()).unwrap_or_default(),
            parent_id: stored.parent_id,
            block: unit.block.clone(),
            population: number(unit.population),
            households: number(unit.households),
            lat: unit.point.map(|p| p.lat),
            lng: unit.point.map(|p| p.lng),
        }
    }

    fn read(self, campaign: &Campaign) -> Result<StoredUnit, StoreError> {
        let kind = campaign.kind_index(&self.kind);
        let kind =
            kind.ok_or_else(|| StoreError::Unreadable(format!("unit {} is of kind {}", self.code, self.kind)))?;
        let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        let unit = Unit {
            code: self.code,
            name: self.name,
            kind,
            parent: None,
            block: self.block,
            population: number(self.population),
            households: number(self.households),
            point: self.lat.zip(self.lng).map(|(lat, lng)| Point { lat, lng }),
        };
        Ok(StoredUnit { id: self.unit_id, parent_id: self.parent_id, unit })
    }
}

/// All units of a campaign in the order of their keys.
///
/// # Errors
/// What the database says.
pub fn list_for(conn: &mut DbConn, campaign_id: i64, campaign: &Campaign) -> Result<Vec<StoredUnit>, StoreError> {
    let query = units::table.filter(units::campaign_id.eq(campaign_id)).order(units::unit_id.asc());
    let rows: Vec<UnitRow> = on_each!(conn, |c| query.load(c))?;
    rows.into_iter().map(|r| r.read(campaign)).collect()
}

/// The unit of a code.
///
/// # Errors
/// What the database says.
pub fn find_opt(
    conn: &mut DbConn,
    campaign_id: i64,
    campaign: &Campaign,
    code: &str,
) -> Result<Option<StoredUnit>, StoreError> {
    let query = units::table.filter(units::campaign_id.eq(campaign_id)).filter(units::code.eq(code));
    let row: Option<UnitRow> = query.get_result(conn).optional()?;
    row.map(|r| r.read(campaign)).transpose()
}

/// Code of the unit of a key, and the key of the unit above it.
///
/// # Errors
/// What the database says.
pub fn find_place(conn: &mut DbConn, campaign_id: i64, id: i64) -> Result<Option<(String, Option<i64>)>, StoreError> {
    let row = units::table.filter(units::campaign_id.eq(campaign_id)).filter(units::unit_id.eq(id));
    Ok(row.select((units::code, units::parent_id)).get_result(conn).optional()?)
}

/// How many of some units stand above each other, from one of them up.
fn depth(of: &StoredUnit, parents: &HashMap<i64, Option<i64>>) -> usize {
    let above = |id: &i64| parents.get(id).copied().flatten();
    // no further than there are units, whatever they say
    std::iter::successors(of.parent_id, above).take(parents.len()).filter(|id| parents.contains_key(id)).count()
}

/// Adds units, those above before those below: while a parent is missing, SQLite looks at
/// every unit with each new one, whether it is the parent of any.
///
/// # Errors
/// [`StoreError::Taken`] where a code is, or what the database says.
pub fn insert(conn: &mut DbConn, campaign_id: i64, campaign: &Campaign, new: &[StoredUnit]) -> Result<(), StoreError> {
    let parents: HashMap<i64, Option<i64>> = new.iter().map(|u| (u.id, u.parent_id)).collect();
    let mut ordered: Vec<&StoredUnit> = new.iter().collect();
    ordered.sort_by_cached_key(|unit| depth(unit, &parents));
    let rows: Vec<UnitRow> = ordered.into_iter().map(|u| UnitRow::of(campaign_id, campaign, u)).collect();
    for batch in rows.chunks(BATCH) {
        on_each!(conn, |c| diesel::insert_into(units::table).values(batch).execute(c))?;
    }
    Ok(())
}

/// Replaces a unit.
///
/// # Errors
/// What the database says.
pub fn update(conn: &mut DbConn, campaign_id: i64, campaign: &Campaign, unit: &StoredUnit) -> Result<(), StoreError> {
    let row = units::table.filter(units::campaign_id.eq(campaign_id)).filter(units::unit_id.eq(unit.id));
    let values = UnitRow::of(campaign_id, campaign, unit);
    let values = (
        units::name.eq(values.name),
        units::kind.eq(values.kind),
        units::parent_id.eq(values.parent_id),
        units::block.eq(values.block),
        units::population.eq(values.population),
        units::households.eq(values.households),
        units::lat.eq(values.lat),
        units::lng.eq(values.lng),
    );
    diesel::update(row).set(values).execute(conn)?;
    Ok(())
}

/// Takes a unit out.
///
/// # Errors
/// What the database says; the database refuses where figures are.
pub fn delete(conn: &mut DbConn, campaign_id: i64, unit_id: i64) -> Result<(), StoreError> {
    let row = units::table.filter(units::campaign_id.eq(campaign_id)).filter(units::unit_id.eq(unit_id));
    diesel::delete(row).execute(conn)?;
    Ok(())
}

/// Whether a unit has units below it.
///
/// # Errors
/// What the database says.
pub fn has_children(conn: &mut DbConn, campaign_id: i64, unit_id: i64) -> Result<bool, StoreError> {
    let children = units::table.filter(units::campaign_id.eq(campaign_id)).filter(units::parent_id.eq(unit_id));
    let count: i64 = children.count().get_result(conn)?;
    Ok(count > 0)
}

/// Pairs of neighbours by keys.
///
/// # Errors
/// What the database says.
pub fn list_neighbours(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    let query = neighbours::table
        .filter(neighbours::campaign_id.eq(campaign_id))
        .order((neighbours::a_id.asc(), neighbours::b_id.asc()))
        .select((neighbours::a_id, neighbours::b_id));
    Ok(on_each!(conn, |c| query.load(c))?)
}

/// Replaces all pairs of neighbours.
///
/// # Errors
/// What the database says.
pub fn replace_neighbours(conn: &mut DbConn, campaign_id: i64, pairs: &[(i64, i64)]) -> Result<(), StoreError> {
    diesel::delete(neighbours::table.filter(neighbours::campaign_id.eq(campaign_id))).execute(conn)?;
    let row = |(a, b): &(i64, i64)| {
        (neighbours::campaign_id.eq(campaign_id), neighbours::a_id.eq(*a), neighbours::b_id.eq(*b))
    };
    for batch in pairs.chunks(BATCH) {
        let rows: Vec<_> = batch.iter().map(row).collect();
        on_each!(conn, |c| diesel::insert_into(neighbours::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Units as a contest holds them: parents as places. The second part finds the
/// place of a key.
pub(super) fn as_contest(stored: Vec<StoredUnit>) -> (Vec<Unit>, HashMap<i64, u32>) {
    let places: HashMap<i64, u32> = stored.iter().map(|u| u.id).zip(0u32..).collect();
    let place = |u: StoredUnit| {
        let parent = u.parent_id.and_then(|id| places.get(&id).copied());
        Unit { parent, ..u.unit }
    };
    (stored.into_iter().map(place).collect(), places)
}

/// The codes of a campaign's units by their keys.
///
/// # Errors
/// What the database says.
pub fn codes(conn: &mut DbConn, campaign_id: i64) -> Result<HashMap<i64, String>, StoreError> {
    let query = units::table.filter(units::campaign_id.eq(campaign_id)).select((units::unit_id, units::code));
    let rows: Vec<(i64, String)> = on_each!(conn, |c| query.load(c))?;
    Ok(rows.into_iter().collect())
}
