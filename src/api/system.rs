//! The process itself: health, readiness, the document, explanations of problems.

use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::{ApiError, Kind};
use crate::service::keys::PublicKeys;
use crate::service::rendered::Rendered;
use crate::service::{Code, Fault};
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use utoipa::ToSchema;

/// How the process is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthView {
    /// `ok`.
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, description = "It does", body = HealthView)))]
pub(super) async fn get_health(_: Call) -> Answer {
    Ok(no_store(&HealthView { status: "ok" }))
}

/// Whether requests can be served: the database answers and its schema is current.
#[utoipa::path(get, path = "/readyz", tag = "system", responses((status = 200, description = "They can", body = HealthView)))]
pub(super) async fn get_readiness(call: Call) -> Answer {
    let is_ready = call.service.blocking(|service| Ok(service.is_ready()?)).await?;
    if is_ready {
        return Ok(no_store(&HealthView { status: "ok" }));
    }
    Err(Fault::new(Code::Unavailable, "the database does not have the current schema").into())
}

fn no_store(view: &HealthView) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view)
}

/// The public keys that access tokens are verified with (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "system", responses((status = 200, description = "A key set", body = PublicKeys)))]
pub(super) async fn get_keys(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.reply_json(&call.service.keys()?.public(), None)
}

/// The public keys that results are verified with: the one that signs, and every one that
/// ever did (RFC 7517).
#[utoipa::path(get, path = "/.well-known/result-keys.json", tag = "system", responses((status = 200, description = "A key set", body = PublicKeys)))]
pub(super) async fn get_result_keys(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.reply_json(&call.service.public_result_keys(), None)
}

/// The OpenAPI document as it is served.
#[derive(Debug)]
pub(super) struct Document(pub(super) Rendered);

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "system", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(super) async fn get_openapi(call: Call) -> Answer {
    Ok(call.reply(&call.data::<Document>()?.0, JSON, None))
}

/// What a problem's code means, as a page.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    tag = "system",
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "A page", content((String = "text/html"))))
)]
pub(super) async fn get_problem(call: Call) -> Answer {
    let code = call.path("code")?;
    let row = Kind::all().find(|row| row.code == code);
    let row = row.ok_or_else(|| ApiError::new(Kind::NoSuchAddress, "there is no problem of this code"))?;
    let page = maud::html! {
        (maud::DOCTYPE)
        html lang="vi" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (row.code) }
            }
            body {
                h1 { (row.vi) }
                p lang="en" { (row.en) "." }
                p { "HTTP " (row.status) " · " code { (row.code) } }
            }
        }
    };
    Ok(call.reply(&Rendered::new(page.into_string().into_bytes()), "text/html; charset=utf-8", None))
}
