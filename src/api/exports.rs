//! Results as files: workbooks, papers, tables, certificates.

use super::leaderboard::resolved;
use super::params::ExportPath;
use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use crate::service::access::Results;
use crate::service::boards::Ask;
use crate::service::exports::report::Report;
use crate::service::exports::{Format, Source, What, file_name};
use crate::service::{Moment, Service};

/// The format that is asked for; the first that can be had without.
fn format_of(call: &Call, what: What) -> Result<Format, ApiError> {
    let Some(asked) = call.get("format") else { return Ok(what.formats().first().copied().unwrap_or(Format::Json)) };
    let can_be_had = |format: &Format| what.formats().contains(format);
    Format::parse(asked).filter(can_be_had).ok_or_else(|| {
        let message = format!("format: {} can be had as {}, not as {asked:?}", what.code(), what.format_codes());
        ApiError::of_parameter(Kind::InvalidParameter, "format", message)
    })
}

/// A result as a file: `leaderboard`, `awards`, `decision` (submission, draft of the decision
/// and list) or `certificates`. The same result gives the same bytes.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/exports/{what}",
    tag = "awards",
    params(
        ExportPath,
        ("format" = Option<String>, Query, description = "`json`, `xlsx`, `docx`, `pdf`, `csv` or `pack`, as far as it can be had; without, `json`, else `docx`, else `pdf`"),
        ("issue" = Option<i64>, Query, description = "Number of the result; the campaign as it stands without", minimum = 1)
    ),
    responses((status = 200, description = "The file", content(
        (Report = "application/json"),
        (String = "text/csv"),
        (String = "application/pdf"),
        (String = "application/zip"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (String = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ))),
    security(("bearer" = []))
)]
pub(super) async fn get_export(call: Call) -> Answer {
    let grant = call.may::<Results>()?;
    let what = What::parse(&call.path("what")?)?;
    let format = format_of(&call, what)?;
    call.accepts(&[format.media_type()])?;
    let issue = call.number("issue", 1, i64::MAX as u64)?;
    let view = call.look_live(Moment::Now).await?;
    call.note_private_read(&view.snapshot, view.snapshot.has_private(None)).await?;
    let (revision, campaign) = (view.snapshot.revision, call.path("campaign")?);
    let source = match issue {
        Some(issue) => issue_of(&call, campaign.clone(), issue).await?,
        None => {
            let as_of = resolved(&view, &Ask::default(), call.sight(&view.snapshot))?.as_of;
            Source::Live { snapshot: view.snapshot, as_of }
        }
    };
    let name = file_name(&campaign, what, &source.day(), format);
    let (key, service) = (source.key(what, format), call.service.clone());
    let make = move || service.turns.take(|| service.write_export(&grant, &source, what, format));
    let file = call.service.answers.get(key, make).await?;
    Ok(call.reply_file(&file, format.content_type(), &name, issue.is_none().then_some(revision)))
}

async fn issue_of(call: &Call, campaign: String, number: u64) -> Result<Source, ApiError> {
    let find = move |service: &Service| {
        let row = service.issue(&campaign, &number.to_string())?;
        Ok(Source::Issue { campaign, row: Box::new(row) })
    };
    Ok(call.service.blocking(find).await?)
}
