//! Where the units of a kind lie and what level each had on a day: what the map page, its
//! picture and `levels.geojson` are made from.
//!
//! What the reader does not see is not in it: units of hidden kinds are left out with their
//! boundaries, and counts and levels are those of the boards. Start reading at [`map`].

use super::Service;
use super::access::Audience;
use super::boards::{named, shown_day};
use super::fault::Fault;
use super::levels::{Lens, level_history};
use super::live::Snapshot;
use super::units::UnitFilter;
use super::views::{LevelDayView, UnitRef};
use crate::domain::text::nfc;
use crate::domain::unit::Point;
use crate::store::campaigns;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The units of a kind on the days of a campaign.
#[derive(Clone, Debug)]
pub struct MapView {
    /// Code of the kind.
    pub kind: String,
    /// Index of the day that is shown.
    pub day: usize,
    /// The days from the eve of the window on, with the units by level of each.
    pub days: Vec<LevelDayView>,
    /// The units, in the order of names.
    pub units: Vec<MapUnitView>,
}

/// A unit on the map.
#[derive(Clone, Debug)]
pub struct MapUnitView {
    /// Which.
    pub unit: UnitRef,
    /// Its centre.
    pub point: Option<Point>,
    /// The geometry of its boundary, as GeoJSON.
    pub boundary: Option<Value>,
    /// Its level on each of the days; null where that is not public.
    pub levels: Vec<Option<String>>,
    /// Community F0 of the day; null where there is none or it is not public.
    pub community_f0: Option<u64>,
    /// `reported`, `missing`, `excused` or `not_due` on the day; null where it is not public.
    pub state: Option<&'static str>,
}

impl MapUnitView {
    /// Its level on the day at this place of the map's days.
    pub fn level(&self, at: usize) -> Option<&str> {
        self.levels.get(at)?.as_deref()
    }
}

impl MapView {
    /// The place of the day shown among its days.
    pub fn at(&self, snapshot: &Snapshot) -> usize {
        (self.day + 1).saturating_sub(snapshot.ledger().calendar.window.start)
    }
}

/// The units of a kind on a day; `upto` is the last day that has figures. `boundaries` is
/// the campaign's GeoJSON.
///
/// # Errors
/// A kind that does not exist, or no day with a report yet.
pub fn map(
    snapshot: &Snapshot,
    (day, upto): (usize, usize),
    kind: &str,
    lens: Lens,
    boundaries: Option<&str>,
) -> Result<MapView, Fault> {
    let (ledger, register) = (snapshot.ledger(), snapshot.register());
    let history = level_history(snapshot, day.max(upto), Some(kind), 0..usize::MAX, lens)?;
    let mut outlines = boundaries.map(geometries).transpose()?.unwrap_or_default();
    let filter = UnitFilter { kind: Some(kind.to_owned()), ..UnitFilter::default() };
    let mut levels: HashMap<String, Vec<Option<String>>> =
        history.items.into_iter().map(|item| (item.unit.code, item.levels)).collect();
    let shown = |unit: u32| snapshot.shown(unit, lens.sight, lens.default_day == Some(day));
    let view = |index: u32| {
        let unit = named(ledger, index, |above| snapshot.is_visible(above, lens.sight));
        let (state, community_f0) = shown_day(ledger, index, day, day, shown);
        let sees_numbers = shown(index).numbers;
        MapUnitView {
            point: register.unit(index).and_then(|unit| unit.point),
            boundary: outlines.remove(&unit.code),
            levels: levels.remove(&unit.code).unwrap_or_default(),
            community_f0: community_f0.filter(|_| sees_numbers),
            state: sees_numbers.then(|| state.code()),
            unit,
        }
    };
    let units = filter.find(snapshot, lens.sight)?.into_iter().map(view).collect();
    Ok(MapView { kind: kind.to_owned(), day, days: history.days, units })
}

/// The geometries of a collection of features by the codes of their units.
fn geometries(text: &str) -> Result<HashMap<String, Value>, Fault> {
    let mut collection: Value = serde_json::from_str(text).map_err(Fault::internal)?;
    let features = collection.get_mut("features").and_then(Value::as_array_mut);
    let outline = |feature: &mut Value| {
        let code = feature.get("code").or_else(|| feature.pointer("/properties/code")).and_then(Value::as_str);
        let code = nfc(code?);
        let geometry = feature.get_mut("geometry").map(Value::take).filter(Value::is_object)?;
        Some((code, geometry))
    };
    Ok(features.into_iter().flatten().filter_map(outline).collect())
}

/// The units and their levels on the day as GeoJSON: the campaign's own boundaries, else the
/// centres. What a schematic map draws is nobody's boundary and is not in it.
pub fn levels_geojson(snapshot: &Snapshot, view: &MapView) -> Value {
    let scheme = &snapshot.campaign().scheme;
    let at = view.at(snapshot);
    let feature = |item: &MapUnitView| {
        let centre = item.point.map(|point| json!({"type": "Point", "coordinates": [point.lng, point.lat]}));
        let level = item.level(at);
        let known = level.and_then(|code| scheme.level_index(code)).and_then(|i| scheme.levels.get(usize::from(i)));
        json!({
            "type": "Feature",
            "geometry": item.boundary.clone().or(centre),
            "properties": {
                "code": item.unit.code,
                "name": item.unit.name,
                "kind": item.unit.kind,
                "parent_code": item.unit.parent_code,
                "level": level,
                "level_name": known.map(|level| level.name.to_json()),
                "colour": known.map(|level| level.colour.as_str()),
                "state": item.state,
                "community_f0": item.community_f0,
            },
        })
    };
    json!({
        "type": "FeatureCollection",
        "campaign": snapshot.campaign().code,
        "date": snapshot.ledger().calendar.day(view.day).to_string(),
        "kind": view.kind,
        "level_scheme": scheme.code,
        "status": snapshot.status(),
        "revision": snapshot.revision,
        "features": view.units.iter().map(feature).collect::<Vec<_>>(),
    })
}

impl Service {
    /// Where a campaign's units lie, as GeoJSON; none where nobody said so. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn boundaries(&self, campaign: &str, audience: &Audience) -> Result<Option<String>, Fault> {
        self.read_of(campaign, audience, |conn, stored| Ok(campaigns::boundaries(conn, stored.id)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_found_by_its_own_code_or_that_of_its_properties() {
        let text = r#"{"type": "FeatureCollection", "features": [
            {"type": "Feature", "code": "a", "geometry": {"type": "Point", "coordinates": [1, 2]}},
            {"type": "Feature", "properties": {"code": "b"}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
            {"type": "Feature", "properties": {"code": "c"}, "geometry": null}]}"#;
        let mut codes: Vec<String> = geometries(text).expect("a collection").into_keys().collect();
        codes.sort();
        assert_eq!(codes, ["a", "b"]);
    }
}
