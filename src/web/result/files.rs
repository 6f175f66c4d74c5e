//! The files of a result for who is signed in to pages: the same as the API's, which takes
//! no cookie.

use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use crate::service::access::Results;
use crate::service::boards::{Ask, resolve};
use crate::service::exports::{Format, Source, What, file_name};
use crate::service::rendered::Rendered;
use crate::service::results::Reader;
use crate::service::{Fault, Moment, Service};
use actix_web::http::header::{HeaderValue, VARY};

/// A result as a file.
pub(in crate::web) async fn get_file(call: Call) -> Answer {
    let grant = call.may::<Results>()?;
    let what = What::parse(&call.path("what")?)?;
    let format = format_of(&call, what)?;
    let issue = call.number("issue", 1, i64::MAX as u64)?;
    let view = call.look_live(Moment::Now).await?;
    call.note_private_read(&view.snapshot, view.snapshot.has_private(None)).await?;
    let (revision, campaign) = (view.snapshot.revision, call.path("campaign")?);
    let source = match issue {
        Some(number) => {
            let code = campaign.clone();
            let find = move |service: &Service| {
                let row = Box::new(service.issue(&code, &number.to_string())?);
                Ok(Source::Issue { campaign: code, row })
            };
            call.service.blocking(find).await?
        }
        None => {
            let query = resolve(view.snapshot.ledger(), &Ask::default(), view.judged_at).map_err(Fault::from)?;
            Source::Live { snapshot: view.snapshot, as_of: query.as_of }
        }
    };
    let name = file_name(&campaign, what, &source.day(), format);
    let (key, service) = (source.key(what, format), call.service.clone());
    let make = move || service.turns.take(|| service.write_export(&grant, &source, what, format));
    let file = call.service.answers.get(key, make).await?;
    let response = call.reply_file(&file, format.content_type(), &name, issue.is_none().then_some(revision));
    Ok(told_by_cookie(response))
}

/// The document that proves an issue: whole to those with the right, else the public one.
pub(in crate::web) async fn get_proof(call: Call) -> Answer {
    let snapshot = call.look(Moment::Now).await?.snapshot;
    let (campaign, issue) = (call.path("campaign")?, call.path("issue")?);
    let is_whole = call.reader().may::<Results>(Some(&campaign)).is_ok();
    let reader = if is_whole { Reader::Whole } else { Reader::Public };
    call.note_private_read(&snapshot, is_whole && snapshot.has_private(None)).await?;
    let (code, number) = (campaign.clone(), issue.clone());
    let document = call.service.blocking(move |service| service.result_document(&code, &number, reader)).await?;
    let kind = if is_whole { "whole" } else { "public" };
    let name: String = format!("{campaign}-issue-{issue}-{kind}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
        .collect();
    Ok(told_by_cookie(call.reply_file(&Rendered::new(document), "application/json", &format!("{name}.json"), None)))
}

/// The format that is asked for; the first that can be had without.
fn format_of(call: &Call, what: What) -> Result<Format, ApiError> {
    let Some(asked) = call.get("format") else { return Ok(what.formats().first().copied().unwrap_or(Format::Json)) };
    let can_be_had = |format: &Format| what.formats().contains(format);
    Format::parse(asked).filter(can_be_had).ok_or_else(|| {
        let message = format!("format: {} can be had as {}, not as {asked:?}", what.code(), what.format_codes());
        ApiError::of_parameter(Kind::InvalidParameter, "format", message)
    })
}

/// Says that who reads is told from a cookie.
fn told_by_cookie(mut response: actix_web::HttpResponse) -> actix_web::HttpResponse {
    response.headers_mut().insert(VARY, HeaderValue::from_static(super::super::PAGE_VARY));
    response
}
