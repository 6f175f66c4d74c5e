//! Bodies of requests, read strictly: every wrong field is named.

use crate::domain::contest::AdjustmentKind;
use crate::domain::figure::MAX_COUNT;
use crate::domain::json::{FieldError, Fields, Json, Reader};
use crate::domain::text::{parse_code, parse_name, parse_note, parse_reason};
use crate::domain::time::parse_day;
use crate::domain::unit::{MAX_POPULATION, Point, UnitState};
use crate::domain::{Campaign, Counts, Day, Indicator};
use crate::http::problem::{ApiError, Kind};
use crate::service::figures::{FigureFor, NewFigure};
use crate::service::units::NewUnit;
use crate::service::{Code, Fault};
use utoipa::ToSchema;

/// Instants that a client may not send.
pub(super) const INSTANTS: [&str; 2] = ["recorded_at", "withdrawn_at"];

/// The most points of one bonus or deduction, in hundredths.
const MAX_POINTS: i64 = 10_000_000;

/// The body as a JSON document.
pub(super) fn document(bytes: &[u8]) -> Result<Json, ApiError> {
    Json::parse(bytes)
        .map_err(|place| ApiError::new(Kind::MalformedBody, format!("the body is no JSON: it breaks at {place}")))
}

/// Reads a document whole; all that is wrong is told together.
pub(super) fn read<T>(bytes: &[u8], read: impl FnOnce(&mut Reader, &Json) -> Option<T>) -> Result<T, ApiError> {
    let json = document(bytes)?;
    let mut reader = Reader::default();
    let value = read(&mut reader, &json);
    match value {
        Some(value) if reader.errors.is_empty() => Ok(value),
        _ => Err(fault_of(reader.errors).into()),
    }
}

/// Wrong fields as a refusal.
pub(super) fn fault_of(errors: Vec<FieldError>) -> Fault {
    let is_told = |e: &FieldError| INSTANTS.iter().any(|name| e.path == *name || e.path.ends_with(&format!(".{name}")));
    let tells_time = errors.iter().any(is_told);
    let fault = Fault::of_document(errors);
    if tells_time { Fault { code: Code::TimeIsToldByTheService, ..fault } } else { fault }
}

/// A figure of a day, with the columns of `figures.csv`.
#[derive(Debug, ToSchema)]
pub(super) struct FigureRequest {
    /// Must be the unit of the address, where it is given.
    pub(super) unit_code: Option<String>,
    /// Must be the day of the address, where it is given.
    #[schema(value_type = Option<String>, format = Date)]
    pub(super) date: Option<Day>,
    /// Cases found outside quarantine and locked-down areas; 0 if there was none.
    #[schema(maximum = 10_000_000)]
    pub(super) community_f0: u32,
    /// Cases found in quarantine, locked-down areas, at entry.
    pub(super) contained_f0: Option<u32>,
    /// Community cases of unknown source, at most `community_f0`.
    pub(super) unknown_source_f0: Option<u32>,
    /// Community cases from settings of high risk, at most `community_f0`.
    pub(super) high_risk_setting_f0: Option<u32>,
    /// Households with their first case.
    pub(super) households_f0: Option<u32>,
    /// Those of them linked to other households.
    pub(super) linked_households_f0: Option<u32>,
    /// A note, at most 500 characters; never public.
    pub(super) note: Option<String>,
    /// Why it is recorded or corrected, 1 to 500 characters; never public.
    pub(super) reason: Option<String>,
}

const FIGURE_FIELDS: &[&str] = &[
    "unit_code",
    "date",
    "community_f0",
    "contained_f0",
    "unknown_source_f0",
    "high_risk_setting_f0",
    "households_f0",
    "linked_households_f0",
    "note",
    "reason",
    "recorded_at",
    "withdrawn_at",
];

impl FigureRequest {
    /// Reads a figure at a path of the document; in a list it also needs unit and day.
    pub(super) fn read(reader: &mut Reader, path: &str, json: &Json, required: &[&str]) -> Option<Self> {
        let of = reader.object(path, json, FIGURE_FIELDS)?;
        refuse_instants(reader, &of);
        for name in required {
            reader.required(&of, name);
        }
        let count = |reader: &mut Reader, indicator: Indicator| {
            let value = of.get(indicator.code())?;
            reader.whole(&of.path(indicator.code()), value, 0, u64::from(MAX_COUNT)).and_then(|n| u32::try_from(n).ok())
        };
        let before = reader.errors.len();
        let values = Indicator::ALL.map(|i| count(reader, i));
        // a missing community_f0 was named by whoever needs it
        if reader.errors.len() == before
            && community_is_given(&values)
            && let Err(wrong) = Counts::new(values)
        {
            for error in wrong {
                let name = error.indicator.code();
                reader.wrong(of.path(name), of.get(name), error.expected);
            }
        }
        let [community, contained, unknown, high_risk, households, linked] = values;
        Some(Self {
            unit_code: text(reader, &of, "unit_code", parse_code),
            date: text(reader, &of, "date", parse_day),
            community_f0: community.unwrap_or_default(),
            contained_f0: contained,
            unknown_source_f0: unknown,
            high_risk_setting_f0: high_risk,
            households_f0: households,
            linked_households_f0: linked,
            note: text(reader, &of, "note", parse_note).filter(|n| !n.is_empty()),
            reason: text(reader, &of, "reason", parse_reason),
        })
    }

    /// The figure.
    pub(super) fn into_figure(self) -> Result<NewFigure, ApiError> {
        let values = [
            Some(self.community_f0),
            self.contained_f0,
            self.unknown_source_f0,
            self.high_risk_setting_f0,
            self.households_f0,
            self.linked_households_f0,
        ];
        let counts = Counts::new(values).map_err(|_| ApiError::internal("counts were checked before"))?;
        Ok(NewFigure { counts, note: self.note, reason: self.reason })
    }
}

/// Reads a list of figures, each with its unit and day.
pub(super) fn read_figures(bytes: &[u8]) -> Result<Vec<FigureFor>, ApiError> {
    let requests = read(bytes, |reader, json| {
        let list = reader.list("", json)?.to_vec();
        let read = |(at, item): (usize, &Json)| read_figure_for(reader, &at.to_string(), item);
        Some(list.iter().enumerate().map(read).collect::<Vec<_>>())
    })?;
    requests.into_iter().enumerate().map(|(at, request)| figure_for(request, format!("/{at}"))).collect()
}

/// Reads one figure with its unit and day at a path.
pub(super) fn read_figure_for(reader: &mut Reader, path: &str, json: &Json) -> Option<FigureRequest> {
    FigureRequest::read(reader, path, json, &["unit_code", "date", "community_f0"])
}

/// A figure with its unit and day.
pub(super) fn figure_for(request: Option<FigureRequest>, at: String) -> Result<FigureFor, ApiError> {
    let lost = || ApiError::internal("unit and day were checked before");
    let mut request = request.ok_or_else(lost)?;
    let unit_code = request.unit_code.take().ok_or_else(lost)?;
    let day = request.date.ok_or_else(lost)?;
    Ok(FigureFor { unit_code, day, figure: request.into_figure()?, at })
}

/// A unit, with the columns of `units.csv`.
#[derive(Debug, ToSchema)]
pub(super) struct UnitRequest {
    /// Its code; in a PUT it must be the one of the address, where it is given.
    pub(super) code: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// Code of its kind.
    pub(super) kind: String,
    /// Code of the unit above.
    pub(super) parent_code: Option<String>,
    /// Block that it is ranked in.
    pub(super) block: Option<String>,
    /// People, more than 0.
    pub(super) population: Option<u64>,
    /// Households, more than 0.
    pub(super) households: Option<u64>,
    /// Latitude in degrees.
    pub(super) lat: Option<f64>,
    /// Longitude in degrees.
    pub(super) lng: Option<f64>,
    /// Must be its state, where it is given; it is changed under `/state`.
    #[schema(value_type = Option<String>)]
    pub(super) state: Option<UnitState>,
}

impl UnitRequest {
    const FIELDS: [&str; 10] =
        ["code", "name", "kind", "parent_code", "block", "population", "households", "lat", "lng", "state"];

    /// Reads a unit at a path of the document; in a list it needs its code.
    pub(super) fn read(reader: &mut Reader, path: &str, json: &Json, needs_code: bool) -> Option<Self> {
        let of = reader.object(path, json, &Self::FIELDS)?;
        if needs_code {
            reader.required(&of, "code");
        }
        let required = |reader: &mut Reader, name: &str, parse: fn(&str) -> Result<String, &'static str>| {
            reader.required(&of, name)?;
            text(reader, &of, name, parse)
        };
        let name = required(reader, "name", parse_name);
        let kind = required(reader, "kind", parse_code);
        let number = |reader: &mut Reader, name: &str| {
            of.get(name).and_then(|v| reader.whole(&of.path(name), v, 1, MAX_POPULATION))
        };
        let degrees = |reader: &mut Reader, name: &str, limit: f64| {
            let json = of.get(name)?;
            let value = match json {
                Json::Number(n) => n.as_f64().filter(|d| d.is_finite() && d.abs() <= limit),
                _ => None,
            };
            if value.is_none() {
                reader.wrong(of.path(name), Some(json), format!("degrees from -{limit} to {limit}"));
            }
            value
        };
        let request = Self {
            code: text(reader, &of, "code", parse_code),
            name: name.unwrap_or_default(),
            kind: kind.unwrap_or_default(),
            parent_code: text(reader, &of, "parent_code", parse_code),
            block: text(reader, &of, "block", parse_name),
            population: number(reader, "population"),
            households: number(reader, "households"),
            lat: degrees(reader, "lat", 90.0),
            lng: degrees(reader, "lng", 180.0),
            state: text(reader, &of, "state", |t| UnitState::parse(t).ok_or("active, withdrawn or disqualified")),
        };
        if request.lat.is_some() != request.lng.is_some() {
            reader.wrong(of.path("lat"), of.get("lat"), "latitude and longitude together, or none");
        }
        Some(request)
    }

    /// The unit.
    pub(super) fn into_unit(self, code: String, at: String) -> NewUnit {
        NewUnit {
            code,
            name: self.name,
            kind: self.kind,
            parent_code: self.parent_code,
            block: self.block,
            population: self.population,
            households: self.households,
            point: self.lat.zip(self.lng).map(|(lat, lng)| Point { lat, lng }),
            state: self.state,
            at,
        }
    }
}

/// Reads a list of units.
pub(super) fn read_units(bytes: &[u8]) -> Result<Vec<NewUnit>, ApiError> {
    let requests = read(bytes, |reader, json| {
        let list = reader.list("", json)?.to_vec();
        if list.is_empty() {
            reader.wrong("", None, "at least one unit");
        }
        Some(
            list.iter()
                .enumerate()
                .map(|(at, item)| UnitRequest::read(reader, &at.to_string(), item, true))
                .collect::<Vec<_>>(),
        )
    })?;
    requests.into_iter().enumerate().map(|(at, unit)| coded_unit(unit, format!("/{at}"))).collect()
}

/// A unit with its code.
pub(super) fn coded_unit(request: Option<UnitRequest>, at: String) -> Result<NewUnit, ApiError> {
    let lost = || ApiError::internal("the code was checked before");
    let mut request = request.ok_or_else(lost)?;
    let code = request.code.take().ok_or_else(lost)?;
    Ok(request.into_unit(code, at))
}

/// A pair of neighbours.
#[derive(Debug, ToSchema)]
pub(super) struct NeighboursRequest {
    /// Code of one.
    pub(super) a: String,
    /// Code of the other, of the same kind.
    pub(super) b: String,
}

/// Reads pairs of neighbours: a list, or the object that reading them answers.
pub(super) fn read_neighbours(bytes: &[u8]) -> Result<Vec<(String, String)>, ApiError> {
    let pairs = read(bytes, |reader, json| {
        let list = match json {
            Json::Object(_) => {
                let of = reader.object("", json, &["items", "total"])?;
                reader.required(&of, "items").cloned()?
            }
            other => other.clone(),
        };
        let list = reader.list("", &list)?.to_vec();
        let mut pairs = Vec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            let of = reader.object(&at.to_string(), item, &["a", "b"])?;
            reader.required(&of, "a");
            reader.required(&of, "b");
            let (a, b) = (text(reader, &of, "a", parse_code), text(reader, &of, "b", parse_code));
            pairs.extend(a.zip(b).map(|(a, b)| NeighboursRequest { a, b }));
        }
        Some(pairs)
    })?;
    Ok(pairs.into_iter().map(|pair| (pair.a, pair.b)).collect())
}

/// A unit's state.
#[derive(Debug, ToSchema)]
pub(super) struct StateRequest {
    /// `active`, `withdrawn` or `disqualified`.
    #[schema(value_type = String)]
    pub(super) state: UnitState,
    /// Why, 1 to 500 characters.
    pub(super) reason: String,
}

impl StateRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["state", "reason", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let state =
                required(reader, &of, "state", |t| UnitState::parse(t).ok_or("active, withdrawn or disqualified"));
            let reason = required(reader, &of, "reason", parse_reason);
            Some(Self { state: state?, reason: reason? })
        })
    }
}

/// A declared start level.
#[derive(Debug, ToSchema)]
pub(super) struct StartLevelRequest {
    /// Code of a level of the scheme.
    pub(super) level: String,
    /// Why, 1 to 500 characters.
    pub(super) reason: String,
}

impl StartLevelRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["level", "reason", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let level = required(reader, &of, "level", parse_code);
            let reason = required(reader, &of, "reason", parse_reason);
            Some(Self { level: level?, reason: reason? })
        })
    }
}

/// Why something is done.
#[derive(Debug, ToSchema)]
pub(super) struct ReasonRequest {
    /// 1 to 500 characters.
    pub(super) reason: String,
}

impl ReasonRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["reason", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let reason = required(reader, &of, "reason", parse_reason);
            Some(Self { reason: reason? })
        })
    }
}

/// A bonus or deduction.
#[derive(Debug, ToSchema)]
pub(super) struct AdjustmentRequest {
    /// Code of the unit.
    pub(super) unit_code: String,
    /// `bonus` or `deduction`.
    #[schema(value_type = String)]
    pub(super) kind: AdjustmentKind,
    /// Points, more than 0, at most two decimals; in hundredths once read.
    #[schema(value_type = f64)]
    pub(super) points: i64,
    /// Why, 1 to 500 characters.
    pub(super) reason: String,
}

impl AdjustmentRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let known = ["unit_code", "kind", "points", "reason", "recorded_at", "withdrawn_at"];
            let of = reader.object("", json, &known)?;
            refuse_instants(reader, &of);
            let unit_code = required(reader, &of, "unit_code", parse_code);
            let kind = required(reader, &of, "kind", |t| AdjustmentKind::parse(t).ok_or("bonus or deduction"));
            let points = reader.required(&of, "points").cloned();
            let points = points.and_then(|v| reader.hundredths("points", &v, 1, MAX_POINTS));
            let reason = required(reader, &of, "reason", parse_reason);
            Some(Self { unit_code: unit_code?, kind: kind?, points: points?, reason: reason? })
        })
    }
}

/// Reads a campaign document.
pub(super) fn read_campaign(bytes: &[u8]) -> Result<Campaign, ApiError> {
    let json = document(bytes)?;
    Campaign::read(&json).map_err(|errors| Fault::of_document(errors).into())
}

fn community_is_given(values: &[Option<u32>; 6]) -> bool {
    values.first().is_some_and(Option::is_some)
}

pub(super) fn refuse_instants(reader: &mut Reader, of: &Fields<'_>) {
    for name in INSTANTS {
        if let Some(value) = of.get(name) {
            reader.wrong(of.path(name), Some(value), "nothing here: the service tells the time");
        }
    }
}

pub(super) fn text<T, E: Into<String>>(
    reader: &mut Reader,
    of: &Fields<'_>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    reader.text(&of.path(name), of.get(name)?, parse)
}

pub(super) fn required<T, E: Into<String>>(
    reader: &mut Reader,
    of: &Fields<'_>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    reader.required(of, name)?;
    text(reader, of, name, parse)
}
