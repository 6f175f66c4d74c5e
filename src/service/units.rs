//! Units and neighbours: registered, replaced, found, taken out.

use super::Service;
use super::access::{Contest, Grant, Units};
use super::audit::{Note, Rows};
use super::fault::{Code, Fault};
use super::figures::{done, escape, visible_unit};
use super::live::{Sight, Snapshot};
use super::recording::Faults;
use super::rendered::etag_of;
use super::views::{NeighbourListView, NeighboursView, UnitView, UnitsView, WrittenView};
use super::writer::{Pending, Work, WriteRequest, outside};
use crate::domain::campaign::Campaign;
use crate::domain::text::fold;
use crate::domain::unit::{Point, Unit, UnitState};
use crate::pack::on_rings;
use crate::store::appeals;
use crate::store::approvals::{self, ApprovalState};
use crate::store::campaigns::StoredCampaign;
use crate::store::units::{self, StoredUnit};
use crate::store::{decisions, figures};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A unit as somebody sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewUnit {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Code of its kind.
    pub kind: String,
    /// Code of the unit above.
    pub parent_code: Option<String>,
    /// Block that it is ranked in.
    pub block: Option<String>,
    /// People.
    pub population: Option<u64>,
    /// Households.
    pub households: Option<u64>,
    /// Where it lies.
    pub point: Option<Point>,
    /// Its state, where the sender says it; it is changed elsewhere.
    pub state: Option<UnitState>,
    /// Where it stands in what was sent, for errors.
    pub at: String,
}

/// Which units are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnitFilter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only direct children of this unit.
    pub parent: Option<String>,
    /// Only units below this one, at any depth.
    pub within: Option<String>,
    /// Only of this block.
    pub block: Option<String>,
    /// Only in this state.
    pub state: Option<UnitState>,
    /// Only with this in code or name, as a search sees it.
    pub q: Option<String>,
}

/// The index of a kind that somebody names.
///
/// # Errors
/// There is none of this code.
pub(super) fn kind_of(campaign: &Campaign, code: &str) -> Result<u16, Fault> {
    campaign.kind_index(code).ok_or_else(|| {
        let known = campaign.kind_codes();
        Fault::of_field(Code::UnknownKind, "kind", format!("no kind {code:?}; expected one of: {known}"))
    })
}

impl UnitFilter {
    /// The units that may be seen and match, in the order of names.
    ///
    /// # Errors
    /// A kind or unit that does not exist.
    pub fn find(&self, snapshot: &Snapshot, sight: Sight) -> Result<Vec<u32>, Fault> {
        let register = snapshot.register();
        let kind = match &self.kind {
            None => None,
            Some(code) => Some(kind_of(&register.campaign, code)?),
        };
        let unit_of = |code: &Option<String>| match code {
            None => Ok(None),
            Some(code) => visible_unit(snapshot, code, sight).map(Some),
        };
        let (parent, within) = (unit_of(&self.parent)?, unit_of(&self.within)?);
        let q = self.q.as_deref().map(fold);
        let matches = |index: &u32| {
            let Some(unit) = register.unit(*index) else { return false };
            snapshot.is_visible(*index, sight)
                && kind.is_none_or(|k| unit.kind == k)
                && (parent.is_none() || unit.parent == parent)
                && within.is_none_or(|above| register.is_below(*index, above))
                && self.block.is_none_or_eq(&unit.block)
                && self.state.is_none_or(|s| snapshot.ledger().state(*index) == s)
                && q.as_ref().is_none_or(|q| fold(&unit.code).contains(q) || fold(&unit.name).contains(q))
        };
        let in_order = (0..register.len() as u32).filter_map(|rank| register.at_name_rank(rank));
        Ok(in_order.filter(matches).collect())
    }
}

/// `None` asks for nothing; else it must be equal.
trait NoneOrEq {
    fn is_none_or_eq(&self, other: &Self) -> bool;
}

impl NoneOrEq for Option<String> {
    fn is_none_or_eq(&self, other: &Self) -> bool {
        self.is_none() || self == other
    }
}

impl Service {
    /// Registers units, all or none: a code that is taken is a conflict.
    pub fn register_units(
        &self,
        grant: &Grant<Units>,
        campaign: &str,
        new: Vec<NewUnit>,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            check_state(new.iter().map(|unit| (unit, UnitState::Active)))?;
            let changes = plan(work, &stored, new, false)?;
            let (revision, _) = work.accept("units")?;
            units::insert(work.conn()?, stored.id, &stored.campaign, &changes.new)?;
            work.reload();
            let view = |u| changes.view(&stored.campaign, u, UnitState::Active);
            let items: Vec<UnitView> = changes.new.iter().map(view).collect();
            let note = Note { action: "units.register", target: "units".to_owned(), ..Note::default() };
            work.note(changes.rows(&stored.campaign).keep_in(note.with("revision", revision)));
            done(201, &WrittenView { written: UnitsView { items }, revision })
        })
    }

    /// Creates a unit, or replaces it whole.
    pub fn put_unit(&self, grant: &Grant<Units>, campaign: &str, new: NewUnit, request: WriteRequest) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let code = new.code.clone();
            let campaign = &stored.campaign;
            let before = units::find_opt(work.conn()?, stored.id, campaign, &code)?;
            let state = match &before {
                Some(unit) => decisions::latest_state(work.conn()?, stored.id, unit.id)?.map(|s| s.state()),
                None => None,
            };
            let state = state.unwrap_or_default();
            check_state(std::iter::once((&new, state)))?;
            let changes = plan(work, &stored, vec![new], true)?;
            let etag = |unit: &StoredUnit| etag_of(&unit_json(&changes.view(campaign, unit, state)));
            request.check_if_match(before.as_ref().map(etag).as_deref(), !changes.changed.is_empty())?;
            let (status, unit) = match (changes.new.first(), changes.changed.first()) {
                (Some(unit), _) => (201, unit),
                (None, Some(unit)) => (200, unit),
                (None, None) => (200, before.as_ref().ok_or_else(|| Fault::no_unit(&code))?),
            };
            if !(changes.new.is_empty() && changes.changed.is_empty()) {
                work.accept("unit")?;
                units::insert(work.conn()?, stored.id, campaign, &changes.new)?;
                for unit in &changes.changed {
                    units::update(work.conn()?, stored.id, campaign, unit)?;
                }
                work.reload();
                let view = |unit: &StoredUnit| changes.view(campaign, unit, state);
                let (was, is) = (before.as_ref().map(view), view(unit));
                work.note(Note::of("unit.put", format!("units/{code}"), was.as_ref(), Some(&is)));
            }
            let view = changes.view(campaign, unit, state);
            let etag = etag_of(&unit_json(&view));
            let mut answer = done(status, &WrittenView { written: view, revision: work.revision() })?;
            answer.etag = Some(etag);
            answer.location =
                (status == 201).then(|| format!("/campaigns/{}/units/{}", escape(&campaign.code), escape(&code)));
            Ok(answer)
        })
    }

    /// Takes a unit out that has no figures and no units below it.
    pub fn delete_unit(&self, grant: &Grant<Units>, campaign: &str, code: String, request: WriteRequest) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let unit = work.unit(&stored, &code)?;
            let keys = units::codes(work.conn()?, stored.id)?;
            let state = decisions::latest_state(work.conn()?, stored.id, unit.id)?.map(|s| s.state());
            let view = view_of(&stored.campaign, &unit, |id| keys.get(&id).cloned(), state.unwrap_or_default());
            request.check_if_match(Some(&etag_of(&unit_json(&view))), false)?;
            if figures::any(work.conn()?, stored.id, Some(unit.id))? {
                let detail = format!("{code} has figures; withdraw it from the contest instead");
                return Err(Fault::new(Code::UnitInUse, detail));
            }
            let waits = approvals::about(work.conn()?, stored.id, (unit.id, None), ApprovalState::Pending)?;
            if let Some(approval) = waits.first() {
                let detail = format!("approval {} about {code} waits for a second person", approval.number);
                return Err(Fault::new(Code::UnitInUse, detail));
            }
            if appeals::any_of(work.conn()?, stored.id, unit.id)? {
                let detail = format!("{code} has appealed; withdraw it from the contest instead");
                return Err(Fault::new(Code::UnitInUse, detail));
            }
            if units::has_children(work.conn()?, stored.id, unit.id)? {
                return Err(Fault::new(Code::UnitInUse, format!("{code} has units below it")));
            }
            let (revision, _) = work.accept("unit taken out")?;
            units::delete(work.conn()?, stored.id, unit.id)?;
            work.reload();
            work.note(Note::of("unit.delete", format!("units/{code}"), Some(&view), None));
            done(200, &serde_json::json!({ "code": code, "revision": revision }))
        })
    }

    /// Replaces all pairs of neighbours.
    pub fn put_neighbours(
        &self,
        grant: &Grant<Contest>,
        campaign: &str,
        pairs: Vec<(String, String)>,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let stored = work.campaign()?;
            let before = units::list_neighbours(work.conn()?, stored.id)?;
            let known = units::list_for(work.conn()?, stored.id, &stored.campaign)?;
            let codes: HashMap<i64, String> = known.iter().map(|u| (u.id, u.unit.code.clone())).collect();
            let view = |pairs: &[(i64, i64)]| {
                let code = |id: &i64| codes.get(id).cloned().unwrap_or_default();
                neighbour_list(pairs.iter().map(|(a, b)| (code(a), code(b))))
            };
            let wanted = read_pairs(&known, &pairs)?;
            let is_changed = wanted != before;
            request.check_if_match(Some(&etag_of(&list_json(&view(&before)))), is_changed)?;
            if is_changed {
                work.accept("neighbours")?;
                units::replace_neighbours(work.conn()?, stored.id, &wanted)?;
                work.reload();
                work.note(Note::of("neighbours.put", "neighbours", Some(&view(&before)), Some(&view(&wanted))));
            }
            let written = view(&wanted);
            let etag = etag_of(&list_json(&written));
            let mut answer = done(200, &WrittenView { written, revision: work.revision() })?;
            answer.etag = Some(etag);
            Ok(answer)
        })
    }
}

/// Refuses a state that is not the unit's own: it is changed with a reason, elsewhere.
fn check_state<'a>(units: impl Iterator<Item = (&'a NewUnit, UnitState)>) -> Result<(), Fault> {
    let mut faults = Faults::default();
    for (unit, state) in units.filter(|(unit, state)| unit.state.is_some_and(|s| s != *state)) {
        let detail = format!("{} is {}; its state is changed under /state, with a reason", unit.code, state.code());
        faults.add(&unit.at, "state", Fault::new(Code::InvalidRequest, detail));
    }
    faults.into_result()
}

/// A unit as a reader sees it.
pub fn unit_view(snapshot: &Snapshot, index: u32, sight: Sight) -> Option<UnitView> {
    let register = snapshot.register();
    let unit = register.unit(index)?;
    let parent = unit.parent.filter(|p| snapshot.is_visible(*p, sight));
    let parent = parent.and_then(|p| register.unit(p)).map(|p| p.code.clone());
    let mut view = view_with(&register.campaign, unit, parent, snapshot.ledger().state(index));
    if !snapshot.shows_figures(index, sight) {
        (view.population, view.households) = (None, None);
    }
    Some(view)
}

/// The bytes of a unit as it is read, by which its entity tag is made.
pub fn unit_json(view: &UnitView) -> Vec<u8> {
    serde_json::to_vec(view).unwrap_or_default()
}

/// All pairs of neighbours as they are shown; pairs with a hidden unit are left out.
pub fn neighbours(snapshot: &Snapshot, sight: Sight) -> NeighbourListView {
    let register = snapshot.register();
    let code = |unit: u32| register.unit(unit).map(|u| u.code.clone()).unwrap_or_default();
    let visible = |unit: &u32| snapshot.is_visible(*unit, sight);
    let of_unit = |a: u32| {
        let others = register.neighbours.of(a).iter().copied().filter(move |b| a < *b);
        others.map(move |b| (a, b))
    };
    let pairs = (0..register.len() as u32).flat_map(of_unit).filter(|(a, b)| visible(a) && visible(b));
    neighbour_list(pairs.map(|(a, b)| (code(a), code(b))))
}

/// The bytes of the neighbours as they are read.
pub fn list_json(view: &NeighbourListView) -> Vec<u8> {
    serde_json::to_vec(view).unwrap_or_default()
}

fn neighbour_list(pairs: impl Iterator<Item = (String, String)>) -> NeighbourListView {
    let ordered = pairs.map(|(a, b)| if a <= b { (a, b) } else { (b, a) });
    let sorted: BTreeSet<(String, String)> = ordered.collect();
    let items: Vec<NeighboursView> = sorted.into_iter().map(|(a, b)| NeighboursView { a, b }).collect();
    NeighbourListView { total: items.len() as u64, items }
}

fn read_pairs(known: &[StoredUnit], pairs: &[(String, String)]) -> Result<Vec<(i64, i64)>, Fault> {
    let by_code: HashMap<&str, &StoredUnit> = known.iter().map(|u| (u.unit.code.as_str(), u)).collect();
    let mut faults = Faults::default();
    let mut found = BTreeSet::new();
    for (at, (a, b)) in pairs.iter().enumerate() {
        let at = format!("/{at}");
        let (Some(a_unit), Some(b_unit)) = (by_code.get(a.as_str()), by_code.get(b.as_str())) else {
            let (field, code) = if by_code.contains_key(a.as_str()) { ("b", b) } else { ("a", a) };
            faults.add(&at, field, Fault::no_unit(code));
            continue;
        };
        if a_unit.id == b_unit.id {
            faults.add(&at, "b", Fault::new(Code::InvalidRequest, "expected another unit than itself"));
        } else if a_unit.unit.kind != b_unit.unit.kind {
            faults.add(&at, "b", Fault::new(Code::InvalidRequest, "expected a unit of the same kind"));
        } else {
            found.insert((a_unit.id.min(b_unit.id), a_unit.id.max(b_unit.id)));
        }
    }
    faults.into_result()?;
    Ok(found.into_iter().collect())
}

fn view_of(
    campaign: &Campaign,
    stored: &StoredUnit,
    code_of: impl Fn(i64) -> Option<String>,
    state: UnitState,
) -> UnitView {
    view_with(campaign, &stored.unit, stored.parent_id.and_then(code_of), state)
}

fn view_with(campaign: &Campaign, unit: &Unit, parent_code: Option<String>, state: UnitState) -> UnitView {
    UnitView {
        code: unit.code.clone(),
        name: unit.name.clone(),
        kind: campaign.kind(unit.kind).map(|k| k.code.clone()).unwrap_or_default(),
        parent_code,
        block: unit.block.clone(),
        population: unit.population,
        households: unit.households,
        lat: unit.point.map(|p| p.lat),
        lng: unit.point.map(|p| p.lng),
        state: state.code(),
    }
}

/// What registering or replacing units would do.
#[derive(Debug, Default)]
pub(super) struct UnitChanges {
    /// Units that are new.
    pub(super) new: Vec<StoredUnit>,
    /// Units that become others.
    pub(super) changed: Vec<StoredUnit>,
    /// What those were.
    replaced: Vec<StoredUnit>,
    /// Units that are as they were.
    pub(super) same: u64,
    codes: HashMap<i64, String>,
}

impl UnitChanges {
    /// What the changes leave in the log: each unit as it was and as it is.
    pub(super) fn rows(&self, campaign: &Campaign) -> Rows {
        let mut rows = Rows::default();
        // their states stay as they are, and are kept where they change
        let view = |unit: &StoredUnit| self.view(campaign, unit, UnitState::Active);
        self.new.iter().for_each(|unit| rows.add(&(None::<UnitView>, view(unit))));
        self.replaced.iter().zip(&self.changed).for_each(|(was, is)| rows.add(&(Some(view(was)), view(is))));
        rows
    }

    fn view(&self, campaign: &Campaign, unit: &StoredUnit, state: UnitState) -> UnitView {
        view_of(campaign, unit, |id| self.codes.get(&id).cloned(), state)
    }
}

/// Checks units against those that exist: parents, kinds, and that the tree stays one.
pub(super) fn plan(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    new: Vec<NewUnit>,
    may_replace: bool,
) -> Result<UnitChanges, Fault> {
    let campaign = &stored.campaign;
    let known = units::list_for(work.conn()?, stored.id, campaign)?;
    let reach = work.reach(&known);
    let mut ids: HashMap<String, i64> = known.iter().map(|u| (u.unit.code.clone(), u.id)).collect();
    let mut next = known.last().map_or(0, |u| u.id + 1);
    let before: HashMap<i64, StoredUnit> = known.into_iter().map(|u| (u.id, u)).collect();
    let mut faults = Faults::default();
    let mut places: HashMap<i64, String> = HashMap::new();
    for unit in &new {
        let id = *ids.entry(unit.code.clone()).or_insert_with(|| {
            next += 1;
            next - 1
        });
        if let Some(first) = places.insert(id, unit.at.clone()) {
            let detail = format!("each code once; {first} has it already");
            faults.add(&unit.at, "code", Fault::new(Code::InvalidRequest, detail));
        } else if !may_replace && before.contains_key(&id) {
            faults.add(&unit.at, "code", Fault::new(Code::CodeTaken, format!("{} exists already", unit.code)));
        }
    }
    let reach = reach.map(|reach| with_new(reach, &new, &ids, &before));
    let mut changes = UnitChanges { codes: ids.iter().map(|(c, i)| (*i, c.clone())).collect(), ..Default::default() };
    for unit in new {
        let at = unit.at.clone();
        match draft(campaign, &ids, unit) {
            Err((field, detail)) => faults.add(&at, field, Fault::new(Code::InvalidRequest, detail)),
            Ok(unit) if !is_reached(reach.as_ref(), before.get(&unit.id), &unit) => {
                let place = before.get(&unit.id).unwrap_or(&unit);
                faults.add(&at, "code", outside(stored, &place.unit));
            }
            Ok(unit) => match before.get(&unit.id) {
                None => changes.new.push(unit),
                Some(old) if old.unit == unit.unit && old.parent_id == unit.parent_id => changes.same += 1,
                Some(old) => {
                    if old.unit.kind != unit.unit.kind && figures::any(work.conn()?, stored.id, Some(old.id))? {
                        let detail = "the kind of a unit that has figures can no longer be changed";
                        faults.add(&at, "kind", Fault::new(Code::LockedField, detail));
                    }
                    changes.replaced.push(old.clone());
                    changes.changed.push(unit);
                }
            },
        }
    }
    find_rings(&before, &changes, &places, &mut faults);
    faults.into_result()?;
    Ok(changes)
}

/// A reach with the new units of a batch that will stand in it, at any depth.
fn with_new(
    mut reach: HashSet<i64>,
    new: &[NewUnit],
    ids: &HashMap<String, i64>,
    before: &HashMap<i64, StoredUnit>,
) -> HashSet<i64> {
    let id = |code: &String| ids.get(code).copied();
    let mut below: HashMap<i64, Vec<i64>> = HashMap::new();
    for unit in new {
        let place = unit.parent_code.as_ref().and_then(id).zip(id(&unit.code));
        if let Some((parent, unit)) = place.filter(|(_, unit)| !before.contains_key(unit)) {
            below.entry(parent).or_default().push(unit);
        }
    }
    let mut reached: Vec<i64> = reach.iter().copied().collect();
    while let Some(unit) = reached.pop() {
        // taken out, so that a ring is walked once
        let new = below.remove(&unit).unwrap_or_default();
        reach.extend(&new);
        reached.extend(new);
    }
    reach
}

/// Whether a write may touch a unit: it lies in reach, and so does where it will stand. The
/// unit that the reach begins at stays where it is.
fn is_reached(reach: Option<&HashSet<i64>>, before: Option<&StoredUnit>, after: &StoredUnit) -> bool {
    let Some(reach) = reach else { return true };
    let stays = before.is_some_and(|before| before.parent_id == after.parent_id);
    let was_in_reach = before.is_none_or(|before| reach.contains(&before.id));
    was_in_reach && (stays || after.parent_id.is_some_and(|parent| reach.contains(&parent)))
}

fn draft(campaign: &Campaign, ids: &HashMap<String, i64>, new: NewUnit) -> Result<StoredUnit, (&'static str, String)> {
    let kind = campaign.kind_index(&new.kind);
    let kind =
        kind.ok_or_else(|| ("kind", format!("no kind {:?}; expected one of: {}", new.kind, campaign.kind_codes())))?;
    let id = ids.get(&new.code).copied().unwrap_or_default();
    let parent_id = match &new.parent_code {
        None => None,
        Some(code) => {
            Some(*ids.get(code).ok_or_else(|| ("parent_code", format!("there is no unit {code:?} in this campaign")))?)
        }
    };
    let unit = Unit {
        code: new.code,
        name: new.name,
        kind,
        parent: None,
        block: new.block,
        population: new.population,
        households: new.households,
        point: new.point,
    };
    Ok(StoredUnit { id, parent_id, unit })
}

fn find_rings(
    before: &HashMap<i64, StoredUnit>,
    changes: &UnitChanges,
    places: &HashMap<i64, String>,
    faults: &mut Faults,
) {
    let mut parents: HashMap<i64, Option<i64>> = before.iter().map(|(id, u)| (*id, u.parent_id)).collect();
    parents.extend(changes.new.iter().chain(&changes.changed).map(|u| (u.id, u.parent_id)));
    let mut ids: Vec<i64> = parents.keys().copied().collect();
    ids.sort_unstable();
    let place: HashMap<i64, u32> = ids.iter().copied().zip(0u32..).collect();
    let parent_of = |id: &i64| parents.get(id).copied().flatten().and_then(|p| place.get(&p).copied());
    let rings = on_rings(&ids.iter().map(parent_of).collect::<Vec<_>>());
    let on_ring = rings.iter().filter_map(|i| ids.get(*i as usize));
    for at in on_ring.filter_map(|id| places.get(id)) {
        let detail = "expected a tree: this unit would stand below itself";
        faults.add(at, "parent_code", Fault::new(Code::InvalidRequest, detail));
    }
}
