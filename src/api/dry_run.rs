//! What a change would do, before it is made.

use super::body::{FigureRequest, figure_for, read, read_figure_for, required, text};
use super::params::{CampaignPath, MinRevision};
use super::policies::read_change;
use crate::domain::json::{Fields, Json, Reader};
use crate::domain::text::{parse_code, parse_name};
use crate::domain::time::parse_day;
use crate::domain::{Day, RulesChange};
use crate::http::call::{Answer, Call};
use crate::http::problem::ApiError;
use crate::scoring::appraisal::Track;
use crate::scoring::board::By;
use crate::service::boards::{AsOf, Ask};
use crate::service::dry_run::{DryRun, DryRunView, Trial, resolved};
use crate::service::writer::Written;
use crate::service::{Fault, Moment, access};
use actix_web::web;
use serde_json::Value;
use utoipa::ToSchema;

/// A change to be tried: either `policy` or `figure`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
pub(super) struct DryRunRequest {
    /// Other rules: `scoring`, `level_scheme`, `allowances` as for a new version; what is left out stays.
    #[schema(value_type = Option<Object>)]
    policy: Option<Value>,
    /// A figure with `unit_code` and `date` as it would be recorded; or these two and
    /// `withdrawn: true` as it would be taken back.
    #[schema(value_type = Option<Object>)]
    figure: Option<Value>,
    /// Code of the kind; the unit's of a figure, else the campaign's first reported kind.
    kind: Option<String>,
    /// `improvement` or `kept_clean`; both without.
    track: Option<String>,
    /// `points`, `reduction` or `level_drop`; points without.
    by: Option<String>,
    /// Day of the boards or `live`; the latest closed day with a report without.
    as_of: Option<String>,
    /// Only units below this one.
    within: Option<String>,
    /// Only units of this block.
    block: Option<String>,
    /// How many changed units are listed, 1 to 1000; 50 without.
    #[schema(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
    /// How many changed units are left out before; none without.
    #[schema(minimum = 0, maximum = 10_000_000)]
    offset: Option<u64>,
}

const FIELDS: [&str; 10] = ["policy", "figure", "kind", "track", "by", "as_of", "within", "block", "limit", "offset"];

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 1_000;
const MAX_OFFSET: u64 = 10_000_000;

/// A trial as it was read; a figure's counts are checked with it.
enum TrialRequest {
    Policy(RulesChange),
    Recorded(Option<FigureRequest>),
    TakenBack { unit_code: String, day: Day },
}

impl TrialRequest {
    fn read(reader: &mut Reader, of: &Fields<'_>) -> Option<Self> {
        match (of.get("policy"), of.get("figure")) {
            (Some(policy), None) => {
                let of = reader.object("policy", policy, &RulesChange::FIELDS)?;
                Some(Self::Policy(read_change(reader, &of)))
            }
            (None, Some(figure)) if has_field(figure, "withdrawn") => Self::read_taken_back(reader, figure),
            (None, Some(figure)) => Some(Self::Recorded(read_figure_for(reader, "figure", figure))),
            (_, both) => {
                reader.wrong("policy", both, "either policy or figure");
                None
            }
        }
    }

    fn read_taken_back(reader: &mut Reader, figure: &Json) -> Option<Self> {
        let of = reader.object("figure", figure, &["unit_code", "date", "withdrawn"])?;
        let is_withdrawn = of.get("withdrawn").and_then(|flag| reader.flag("figure.withdrawn", flag));
        if is_withdrawn == Some(false) {
            reader.wrong("figure.withdrawn", of.get("withdrawn"), "true, or the counts in its place");
        }
        let unit_code = required(reader, &of, "unit_code", parse_code);
        let day = required(reader, &of, "date", parse_day);
        Some(Self::TakenBack { unit_code: unit_code?, day: day? })
    }

    fn into_trial(self) -> Result<Trial, ApiError> {
        Ok(match self {
            Self::Policy(change) => Trial::Policy(change),
            Self::TakenBack { unit_code, day } => Trial::Figure { unit_code, day, figure: None },
            Self::Recorded(request) => {
                let new = figure_for(request, "/figure".to_owned())?;
                Trial::Figure { unit_code: new.unit_code, day: new.day, figure: Some(new.figure) }
            }
        })
    }
}

fn has_field(json: &Json, name: &str) -> bool {
    matches!(json, Json::Object(fields) if fields.iter().any(|(key, _)| key == name))
}

fn read_ask(reader: &mut Reader, of: &Fields<'_>) -> Ask {
    let as_of = |text: &str| match text {
        "live" => Ok(AsOf::Live),
        day => parse_day(day).map(AsOf::Day).map_err(|_| "a day written YYYY-MM-DD, or live"),
    };
    Ask {
        kind: text(reader, of, "kind", parse_code),
        track: text(reader, of, "track", |t| Track::parse(t).ok_or("improvement or kept_clean")),
        by: text(reader, of, "by", |t| By::parse(t).ok_or("points, reduction or level_drop")),
        as_of: text(reader, of, "as_of", as_of),
        within: text(reader, of, "within", parse_code),
        block: text(reader, of, "block", parse_name),
    }
}

fn read_dry_run(bytes: &[u8]) -> Result<DryRun, ApiError> {
    let (trial, ask, limit, offset) = read(bytes, |reader, json| {
        let of = reader.object("", json, &FIELDS)?;
        let trial = TrialRequest::read(reader, &of);
        let ask = read_ask(reader, &of);
        let mut number = |name: &str, min, max, default| {
            of.get(name).map_or(Some(default), |value| reader.whole(name, value, min, max))
        };
        let limit = number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT);
        let offset = number("offset", 0, MAX_OFFSET, 0);
        Some((trial?, ask, limit?, offset?))
    })?;
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(DryRun { trial: trial.into_trial()?, ask, offset: size(offset), limit: size(limit) })
}

/// Tells which ranks and levels other rules, or one other figure, would change; writes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/campaigns/{campaign}/dry-run",
    tag = "policies",
    params(CampaignPath, MinRevision),
    request_body = DryRunRequest,
    responses((status = 200, description = "What would change", body = DryRunView)),
    security(("bearer" = []))
)]
pub(super) async fn create_dry_run(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<access::Rules>()?;
    let body = call.json_body(payload).await?;
    let asked = read_dry_run(&body)?;
    let view = call.look_live(Moment::Now).await?;
    let snapshot = view.snapshot.clone();
    let kind = resolved(&view, &asked)?.kind;
    call.note_private_read(&snapshot, snapshot.is_private_kind(kind)).await?;
    let found = call.service.blocking(move |service| service.dry_run(&grant, &view, asked)).await?;
    let body = serde_json::to_vec(&found).map_err(Fault::internal)?;
    Ok(call.written(Written { status: 200, revision: found.revision, body, etag: None, location: None }))
}
