//! `/c/{campaign}/map`: the units coloured by level on the day chosen, and the same for
//! others to embed, as `map.svg` and `levels.geojson`.
//!
//! A level is a letter beside its colour, everywhere; the same data stand in a table. Start
//! reading at [`get_map_page`]; [`cells`] says where each unit lies, [`picture`] draws it.

mod cells;
mod page;
mod picture;

use super::frame::Visitor;
use super::words::Language;
use super::{PAGE_VARY, language, leaderboard};
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::scoring::board;
use crate::service::levels::{Lens, level_day};
use crate::service::live::{Sight, Snapshot};
use crate::service::map::{MapUnitView, MapView, levels_geojson, map};
use crate::service::rendered::Key;
use crate::service::units::UnitFilter;
use crate::service::{Audience, Code, Fault, Moment, Service};
use actix_web::HttpResponse;
use actix_web::http::header;
use cells::{Drawn, Layout, Place, Rings, Spot};
use serde_json::Value;
use std::hash::Hash;
use std::sync::Arc;

const SVG: &str = "image/svg+xml";
const GEOJSON: &str = "application/geo+json";

/// More cells than this nobody can tell apart; such a kind has its table alone.
const MAX_CELLS: usize = 1_500;

/// A kind on the map's tabs, with how many of its units the reader knows of.
struct KindTab {
    code: String,
    name: String,
    units: usize,
}

/// What a map is asked for, resolved.
struct Asked {
    service: Arc<Service>,
    snapshot: Arc<Snapshot>,
    audience: Audience,
    lens: Lens,
    language: Language,
    kind: String,
    day: usize,
    /// The last day that has figures.
    upto: usize,
    is_closed: bool,
}

impl Asked {
    /// None before the first day with a report.
    async fn read(call: &Call) -> Result<Result<Self, Arc<Snapshot>>, ApiError> {
        let language = language(call)?;
        let (audience, view) = (call.audience()?, call.look(Moment::Now).await?);
        let default_day = view.default_day(Moment::Now);
        let (snapshot, now) = (view.snapshot, view.judged_at);
        let lens = Lens { sight: call.sight(&snapshot), default_day };
        let campaign = snapshot.campaign();
        let kind = match call.text("kind")? {
            Some(kind) => kind,
            None => default_kind(&snapshot, lens.sight),
        };
        let index = campaign.kind_index(&kind).filter(|kind| has_reader(&snapshot, *kind, lens.sight));
        let Some(index) = index else {
            let message = format!("no kind {kind:?} that has levels here");
            return Err(Fault::of_field(Code::UnknownKind, "kind", message).into());
        };
        let live = board::live_day(snapshot.ledger()).ok();
        let Some(upto) = live.or(default_day) else { return Ok(Err(snapshot)) };
        let day = match call.day("date")? {
            Some(date) => level_day(&snapshot, Some(date), now)?,
            None => default_day.unwrap_or(upto),
        };
        call.note_private_read(&snapshot, snapshot.is_private_kind(index)).await?;
        let is_closed = now >= campaign.cut_off(snapshot.ledger().calendar.day(day));
        let service = call.service.clone();
        Ok(Ok(Self { service, snapshot, audience, lens, language, kind, day, upto, is_closed }))
    }

    fn key(&self, what: impl Hash) -> Key {
        let Self { language, kind, day, upto, lens, is_closed, .. } = self;
        Key::of(&self.snapshot, (what, kind, day, upto, lens, is_closed, language))
    }

    fn view(&self) -> Result<MapView, Fault> {
        let boundaries = self.service.boundaries(&self.snapshot.campaign().code, &self.audience)?;
        map(&self.snapshot, (self.day, self.upto), &self.kind, self.lens, boundaries.as_deref())
    }

    fn tabs(&self) -> Vec<KindTab> {
        let campaign = self.snapshot.campaign();
        let tab = |(index, kind): (u16, &crate::domain::Kind)| {
            let units = units_of(&self.snapshot, &kind.code, self.lens.sight);
            let name = kind.name.pick(self.language.is_vi()).unwrap_or(&kind.code).to_owned();
            let has_map = units > 0 && has_reader(&self.snapshot, index, self.lens.sight);
            has_map.then(|| KindTab { code: kind.code.clone(), name, units })
        };
        (0u16..).zip(&campaign.kinds).filter_map(tab).collect()
    }
}

fn units_of(snapshot: &Snapshot, kind: &str, sight: Sight) -> usize {
    let filter = UnitFilter { kind: Some(kind.to_owned()), ..UnitFilter::default() };
    filter.find(snapshot, sight).map_or(0, |units| units.len())
}

/// Whether a kind has levels, and the reader may know of it.
fn has_reader(snapshot: &Snapshot, kind: u16, sight: Sight) -> bool {
    let has_rules = snapshot.register().rules.get(usize::from(kind)).is_some_and(|rules| rules.has_rules);
    has_rules && (sight != Sight::Public || !snapshot.is_private_kind(kind))
}

/// The kind of the boards where it has levels, else the first that has.
fn default_kind(snapshot: &Snapshot, sight: Sight) -> String {
    let campaign = snapshot.campaign();
    let kinds = 0..u16::try_from(campaign.kinds.len()).unwrap_or(u16::MAX);
    let mut order = std::iter::once(campaign.default_kind()).chain(kinds);
    let found = order.find(|kind| has_reader(snapshot, *kind, sight)).unwrap_or_else(|| campaign.default_kind());
    campaign.kind(found).map(|kind| kind.code.clone()).unwrap_or_default()
}

/// Where the units of a view lie.
fn layout(view: &MapView) -> Layout {
    let place =
        |item: &MapUnitView| Place { point: item.point, rings: item.boundary.as_ref().map(rings).unwrap_or_default() };
    cells::lay_out(&view.units.iter().map(place).collect::<Vec<_>>())
}

/// The rings of a polygon or of several; nothing else has an outline.
fn rings(geometry: &Value) -> Rings {
    let coordinates = geometry.get("coordinates").and_then(Value::as_array);
    let polygons: Vec<&Value> = match (geometry.get("type").and_then(Value::as_str), coordinates) {
        (Some("Polygon"), Some(rings)) => rings.iter().collect(),
        (Some("MultiPolygon"), Some(polygons)) => polygons.iter().filter_map(Value::as_array).flatten().collect(),
        _ => Vec::new(),
    };
    let spot = |position: &Value| -> Option<Spot> {
        let (lng, lat) = (position.get(0)?.as_f64()?, position.get(1)?.as_f64()?);
        ((-180.0..=180.0).contains(&lng) && (-90.0..=90.0).contains(&lat)).then_some((lng, lat))
    };
    let ring = |ring: &Value| -> Vec<Spot> { ring.as_array().into_iter().flatten().filter_map(spot).collect() };
    polygons.into_iter().map(ring).filter(|ring| ring.len() > 2).collect()
}

/// The page.
pub(super) async fn get_map_page(call: Call) -> Answer {
    let number = call.number("page", 1, 1_000_000)?.unwrap_or(1) as usize;
    let asked = match Asked::read(&call).await? {
        Ok(asked) => asked,
        Err(snapshot) => return not_yet(&call, &snapshot),
    };
    let visitor = Visitor::of(&call, Some(&asked.snapshot.campaign().code));
    let key = asked.key(("map page", number, &visitor));
    let revision = Some(asked.snapshot.revision);
    let make = move || Ok(page::page(&asked, &asked.view()?, visitor, number).into_string().into_bytes());
    Ok(super::page(&call, &*call.service.answers.get(key, make).await?, revision))
}

/// Before the first report there is no map, as there is no board.
fn not_yet(call: &Call, snapshot: &Snapshot) -> Answer {
    let visitor = Visitor::of(call, Some(&snapshot.campaign().code));
    let html = leaderboard::empty_page(snapshot, language(call)?, visitor, None).into_string();
    let rendered = crate::service::rendered::Rendered::new(html.into_bytes());
    Ok(super::page(call, &rendered, Some(snapshot.revision)))
}

/// The picture, which stands alone.
pub(super) async fn get_map_svg(call: Call) -> Answer {
    let asked = started(Asked::read(&call).await?)?;
    if units_of(&asked.snapshot, &asked.kind, asked.lens.sight) > MAX_CELLS {
        let message = format!("more than {MAX_CELLS} units; their levels are in levels.geojson");
        return Err(Fault::of_field(Code::InvalidRequest, "kind", message).into());
    }
    let (key, revision) = (asked.key("map svg"), Some(asked.snapshot.revision));
    let make = move || Ok(picture::alone(&asked, &asked.view()?).into_bytes());
    let rendered = call.service.answers.get(key, make).await?;
    Ok(varied(call.reply(&rendered, SVG, revision)))
}

/// The levels of a day, with where each unit lies.
pub(super) async fn get_levels_geojson(call: Call) -> Answer {
    let asked = started(Asked::read(&call).await?)?;
    let (key, revision) = (asked.key("levels geojson"), Some(asked.snapshot.revision));
    let make = move || serde_json::to_vec(&levels_geojson(&asked.snapshot, &asked.view()?)).map_err(Fault::internal);
    let rendered = call.service.answers.get(key, make).await?;
    Ok(varied(call.reply(&rendered, GEOJSON, revision)))
}

fn started(asked: Result<Asked, Arc<Snapshot>>) -> Result<Asked, Fault> {
    asked.map_err(|_| crate::service::boards::AskError::NotStarted.into())
}

/// Who reads is told from a cookie here, as on every page.
fn varied(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static(PAGE_VARY));
    response
}

/// What the map is said to be, under it.
fn said_of(drawn: Drawn, l: Language) -> &'static str {
    match drawn {
        Drawn::Boundaries => l.pick("Ranh giới do ban tổ chức đợt thi đua cung cấp.", "Boundaries as given by the campaign."),
        Drawn::Schematic => l.pick(
            "Bản đồ giản lược; ranh giới là ước lệ, không phải ranh giới hành chính: mỗi ô là vùng gần điểm trung tâm của đơn vị ấy nhất.",
            "Schematic; boundaries are not official: each cell is what lies nearest to that unit's centre.",
        ),
        Drawn::Tiles => l.pick(
            "Sơ đồ ô, xếp theo tên: đợt thi đua chưa cho biết vị trí các đơn vị, nên đây không phải vị trí thật.",
            "Tiles in the order of names: the campaign does not say where its units lie, so this is no geography.",
        ),
    }
}
