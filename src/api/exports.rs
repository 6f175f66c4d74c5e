//! Results as files: workbooks, papers, tables, certificates.

use super::leaderboard::{key, resolved};
use super::params::ExportPath;
use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use crate::service::access::Exports;
use crate::service::boards::Ask;
use crate::service::exports::report::Report;
use crate::service::exports::{Format, What, file_name};
use crate::service::live::Snapshot;
use crate::service::{Grant, Moment};
use std::sync::Arc;

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
    let grant = call.may::<Exports>()?;
    let what = What::parse(&call.path("what")?)?;
    let format = format_of(&call, what)?;
    call.accepts(&[format.media_type()])?;
    let issue = call.number("issue", 1, i64::MAX as u64)?;
    let view = call.look(Moment::Now).await?;
    if let Some(issue) = issue {
        return export_of_issue(&call, grant, view.snapshot, issue, (what, format)).await;
    }
    let sight = call.sight(&view.snapshot);
    let as_of = resolved(&view, &Ask::default(), sight)?.as_of;
    let snapshot = view.snapshot;
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let (revision, service) = (snapshot.revision, call.service.clone());
    let day = snapshot.ledger().calendar.day(as_of).to_string();
    let name = file_name(&snapshot.campaign().code, what, &day, format);
    let key = key(&snapshot, sight, &format!("export {what:?} {format:?} {day}"));
    let make = move || service.turns.take(|| service.write_export(&grant, &snapshot, as_of, what, format));
    let file = call.service.answers.get(key, make).await?;
    Ok(call.reply_file(&file, format.content_type(), &name, Some(revision)))
}

/// An issue as a file, which never changes.
async fn export_of_issue(
    call: &Call,
    grant: Grant<Exports>,
    snapshot: Arc<Snapshot>,
    issue: u64,
    (what, format): (What, Format),
) -> Answer {
    call.note_private_read(&snapshot, snapshot.has_private(None)).await?;
    let (campaign, service) = (snapshot.campaign().code.clone(), call.service.clone());
    let name = file_name(&campaign, what, &snapshot.campaign().window.to.to_string(), format);
    let key = format!("{campaign}|export of issue {issue} {what:?} {format:?}");
    let make = move || {
        let number = issue.to_string();
        service.turns.take(|| service.write_issue_export(&grant, &campaign, &number, (what, format)))
    };
    let file = call.service.answers.get(key, make).await?;
    Ok(call.reply_file(&file, format.content_type(), &name, None))
}
