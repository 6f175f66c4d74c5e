//! `/docs`: the API's guide, from files inside the program.

use crate::http::call::{Answer, Call};
use crate::http::problem::{ApiError, Kind};
use actix_web::HttpResponse;
use actix_web::http::header;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::{Config, serve};

/// The guide's own scripts and styles may run there, and only there.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

/// The way to the guide.
pub(super) async fn to_guide(_: Call) -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish())
}

/// The guide's page.
pub(super) async fn get_guide(_: Call) -> Answer {
    file("index.html")
}

/// A file of the guide.
pub(super) async fn get_file(call: Call) -> Answer {
    file(&call.path("file")?)
}

fn file(name: &str) -> Answer {
    let found = serve(name, CONFIG.clone()).map_err(ApiError::internal)?;
    let found = found.ok_or_else(|| ApiError::new(Kind::NoSuchAddress, "the guide has no such file"))?;
    let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(HttpResponse::Ok().content_type(found.content_type).insert_header(policy).body(found.bytes.into_owned()))
}
