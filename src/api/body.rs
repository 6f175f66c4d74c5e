//! Bodies of requests, read strictly: every wrong field is named.

use crate::domain::contest::{AdjustmentKind, CriterionType, MAX_CRITERION_POINTS, WEIGHT_DECIMALS};
use crate::domain::figure::MAX_COUNT;
use crate::domain::json::{FieldError, Fields, Json, Reader};
use crate::domain::text::{nfc, parse_code, parse_name, parse_note, parse_reason};
use crate::domain::time::parse_day;
use crate::domain::unit::{MAX_POPULATION, Point, UnitState};
use crate::domain::{Campaign, Counts, Day, Indicator};
use crate::http::problem::{ApiError, Kind};
use crate::service::criteria::{AssessmentFor, CriterionFor, Given, Verdict};
use crate::service::figures::{FigureFor, NewFigure};
use crate::service::flag_answers::{FlagAnswerFor, FlagVerdict};
use crate::service::lifetimes::Lifetime;
use crate::service::results::{FinaliseFor, Override};
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
    /// Code of the source that says so; needed where the campaign declares sources, and only there.
    pub(super) source: Option<String>,
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
    "source",
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
            source: text(reader, &of, "source", parse_code),
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
        Ok(NewFigure { counts, note: self.note, reason: self.reason, source: self.source })
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

/// An issue of a result.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct FinaliseRequest {
    /// Why it is made, 1 to 500 characters; never public.
    reason: String,
    /// What stands in the way and is set aside.
    #[schema(required = false)]
    overrides: Vec<OverrideRequest>,
}

/// Something that stands in the way and is set aside.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct OverrideRequest {
    /// Code of a blocker that can be overridden.
    code: String,
    /// Why, 1 to 500 characters; never public.
    reason: String,
}

impl FinaliseRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<FinaliseFor, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["reason", "overrides", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let reason = required(reader, &of, "reason", parse_reason);
            let given = of.get("overrides").filter(|given| **given != Json::Null);
            let given = given.and_then(|given| reader.list("overrides", given)).unwrap_or_default();
            let overrides = given.iter().enumerate().map(|(at, json)| {
                let of = reader.object(&format!("overrides.{at}"), json, &["code", "reason"])?;
                let code = required(reader, &of, "code", parse_code);
                let reason = required(reader, &of, "reason", parse_reason);
                Some(Override { code: code?, reason: reason? })
            });
            let overrides: Vec<Option<Override>> = overrides.collect();
            Some(FinaliseFor { reason: reason?, overrides: overrides.into_iter().collect::<Option<_>>()? })
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

/// A criterion, with the columns of `criteria.csv`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct CriterionRequest {
    /// Must be the kind of the address, where it is given.
    kind: Option<String>,
    /// Must be the code of the address, where it is given.
    code: Option<String>,
    /// Name in Vietnamese.
    name_vi: Option<String>,
    /// Name in English.
    name_en: Option<String>,
    /// `yes_no`, `percent` or `points`; a number from 0 to 100 without.
    #[schema(rename = "type")]
    value_type: Option<String>,
    /// Its weight beside the other criteria of the kind: above 0, at most six decimals.
    weight: f64,
    /// Whether green status needs it at 100; false without.
    required: Option<bool>,
    /// The day by which it should be met.
    #[schema(format = Date)]
    due: Option<String>,
    /// The most points, above 0; of type `points` alone, 100 without.
    max_points: Option<f64>,
    /// What a unit should bring to support its value, at most 500 characters.
    evidence: Option<String>,
    /// Why, 1 to 500 characters; needed once the window has begun; never public.
    reason: Option<String>,
}

impl CriterionRequest {
    /// Reads the body; kind and code are those of the address.
    pub(super) fn read(bytes: &[u8], (kind, code): &(String, String)) -> Result<CriterionFor, ApiError> {
        read(bytes, |reader, json| {
            let known = [
                "kind",
                "code",
                "name_vi",
                "name_en",
                "type",
                "weight",
                "required",
                "due",
                "max_points",
                "evidence",
                "reason",
                "recorded_at",
                "withdrawn_at",
            ];
            let of = reader.object("", json, &known)?;
            refuse_instants(reader, &of);
            for (name, at_address) in [("kind", kind), ("code", code)] {
                let same =
                    |t: &str| if nfc(t) == *at_address { Ok(()) } else { Err("that of the address, or nothing") };
                text(reader, &of, name, same);
            }
            if let Err(expected) = parse_code(code) {
                reader.wrong("code", Some(&Json::Text(code.clone())), expected);
            }
            let value_type =
                text(reader, &of, "type", |t| CriterionType::parse(t).ok_or("yes_no, percent, points or nothing"));
            let weight = reader.required(&of, "weight").cloned();
            let weight = weight.and_then(|w| reader.positive_decimal("weight", &w, WEIGHT_DECIMALS));
            let max_points =
                of.get("max_points").and_then(|p| reader.hundredths("max_points", p, 1, MAX_CRITERION_POINTS));
            if max_points.is_some() && value_type != Some(CriterionType::Points) {
                reader.wrong("max_points", of.get("max_points"), "nothing: only the type points has a maximum");
            }
            Some(CriterionFor {
                name_vi: text(reader, &of, "name_vi", parse_name),
                name_en: text(reader, &of, "name_en", parse_name),
                value_type,
                weight: weight?,
                required: of.get("required").and_then(|v| reader.flag("required", v)),
                due: text(reader, &of, "due", parse_day),
                max_points,
                evidence: text(reader, &of, "evidence", parse_note).filter(|n| !n.is_empty()),
                reason: text(reader, &of, "reason", parse_reason),
            })
        })
    }
}

/// A built-in set of criteria, for some kinds.
#[derive(Debug, ToSchema)]
pub(super) struct CriteriaSetRequest {
    /// Code of the set.
    pub(super) set: String,
    /// Codes of the kinds.
    pub(super) kinds: Vec<String>,
    /// Why, 1 to 500 characters; needed once the window has begun; never public.
    pub(super) reason: Option<String>,
}

impl CriteriaSetRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["set", "kinds", "reason", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let set = required(reader, &of, "set", parse_code);
            let list = reader.required(&of, "kinds").cloned();
            let list = list.and_then(|list| reader.list("kinds", &list).map(<[_]>::to_vec)).unwrap_or_default();
            let mut kinds: Vec<String> = Vec::new();
            for (at, item) in list.iter().enumerate() {
                kinds.extend(reader.text(&format!("kinds.{at}"), item, parse_code));
            }
            if list.is_empty() && of.get("kinds").is_some() {
                reader.wrong("kinds", of.get("kinds"), "at least one kind");
            }
            kinds.sort();
            kinds.dedup();
            Some(Self { set: set?, kinds, reason: text(reader, &of, "reason", parse_reason) })
        })
    }
}

/// What a unit says of itself.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct AssessmentRequest {
    /// In the criterion's measure: true or false, percent, or points.
    #[schema(value_type = AssessedValue)]
    value: Given,
    /// The day that it speaks of; not after today.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// What supports it: a text or a link, at most 500 characters; never public.
    evidence: Option<String>,
}

/// A value in the measure of its criterion.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the variants are read by the derives alone")]
pub(super) enum AssessedValue {
    /// Of type `yes_no`.
    Flag(bool),
    /// Percent, or points.
    Number(f64),
}

impl AssessmentRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<AssessmentFor, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["value", "date", "evidence", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            reader.required(&of, "value");
            let value = given(reader, &of);
            let date = required(reader, &of, "date", parse_day);
            let evidence = text(reader, &of, "evidence", parse_note).filter(|n| !n.is_empty());
            Some(AssessmentFor { value: value?, date: date?, evidence })
        })
    }
}

/// What the council makes of an assessment.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct VerdictRequest {
    /// The day that the assessment speaks of; null for one of no day.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// `verified` or `returned`.
    decision: String,
    /// Another value in the criterion's measure, where it is verified with that.
    #[schema(value_type = Option<AssessedValue>)]
    value: Option<Given>,
    /// Why, 1 to 500 characters; needed where it is returned or changed; never public.
    reason: Option<String>,
}

impl VerdictRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Verdict, ApiError> {
        read(bytes, |reader, json| {
            let known = ["date", "decision", "value", "reason", "recorded_at", "withdrawn_at"];
            let of = reader.object("", json, &known)?;
            refuse_instants(reader, &of);
            let decision = required(reader, &of, "decision", |t| match t {
                "verified" => Ok(true),
                "returned" => Ok(false),
                _ => Err("verified or returned"),
            });
            let value = given(reader, &of);
            if decision == Some(false) && value.is_some() {
                reader.wrong("value", of.get("value"), "nothing: what is returned keeps its value");
            }
            let date = text(reader, &of, "date", parse_day);
            Some(Verdict { date, is_verified: decision?, value, reason: text(reader, &of, "reason", parse_reason) })
        })
    }
}

/// An answer to a flag.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct FlagAnswerRequest {
    /// What was found, 1 to 500 characters; never public.
    answer: String,
    /// `as_reported`, `corrected`, `booked_late` or `excused`.
    verdict: String,
}

impl FlagAnswerRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<FlagAnswerFor, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["answer", "verdict", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let answer = required(reader, &of, "answer", parse_reason);
            let verdict = required(reader, &of, "verdict", |text| {
                FlagVerdict::of(text).ok_or("as_reported, corrected, booked_late or excused")
            });
            Some(FlagAnswerFor { answer: answer?, verdict: verdict? })
        })
    }
}

/// The level that a unit acts at.
#[derive(Debug, ToSchema)]
pub(super) struct DeclaredLevelRequest {
    /// Code of a level of the scheme.
    pub(super) level: String,
    /// Why, 1 to 500 characters; never public.
    pub(super) reason: Option<String>,
}

impl DeclaredLevelRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        read(bytes, |reader, json| {
            let of = reader.object("", json, &["level", "reason", "recorded_at", "withdrawn_at"])?;
            refuse_instants(reader, &of);
            let level = required(reader, &of, "level", parse_code);
            Some(Self { level: level?, reason: text(reader, &of, "reason", parse_reason) })
        })
    }
}

/// When a unit opened or closed, and who goes on in its place.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct LifetimeRequest {
    /// Its first day, where it opened during the campaign.
    #[schema(value_type = Option<String>, format = Date)]
    opens: Option<Day>,
    /// Its last day, where it closed during the campaign.
    #[schema(value_type = Option<String>, format = Date)]
    closes: Option<Day>,
    /// Codes of the units of its kind that go on in its place.
    successors: Option<Vec<String>>,
    /// Why, 1 to 500 characters; never public.
    reason: String,
}

impl LifetimeRequest {
    /// Reads the body.
    pub(super) fn read(bytes: &[u8]) -> Result<Lifetime, ApiError> {
        read(bytes, |reader, json| {
            let known = ["opens", "closes", "successors", "reason", "recorded_at", "withdrawn_at"];
            let of = reader.object("", json, &known)?;
            refuse_instants(reader, &of);
            let (opens, closes) = (text(reader, &of, "opens", parse_day), text(reader, &of, "closes", parse_day));
            if of.get("opens").is_none() && of.get("closes").is_none() {
                reader.wrong("closes", None, "a first day in opens, a last day in closes, or both");
            }
            let mut successors = Vec::new();
            if let Some(list) = of.get("successors").and_then(|list| reader.list("successors", list).map(<[_]>::to_vec))
            {
                for (at, item) in list.iter().enumerate() {
                    successors.extend(reader.text(&format!("successors.{at}"), item, parse_code));
                }
                if !successors.is_empty() && of.get("closes").is_none() {
                    reader.wrong("successors", None, "nothing: only a unit that closes has successors");
                }
            }
            let reason = required(reader, &of, "reason", parse_reason);
            Some(Lifetime { opens, closes, successors, reason: reason? })
        })
    }
}

/// A value in the measure of its criterion, where one is given.
fn given(reader: &mut Reader, of: &Fields<'_>) -> Option<Given> {
    match of.get("value")? {
        Json::Bool(yes) => Some(Given::Flag(*yes)),
        other => reader.hundredths(&of.path("value"), other, 0, MAX_CRITERION_POINTS).map(Given::Number),
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
