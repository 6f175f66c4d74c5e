//! `/docs`: the API's guide, from files inside the program.

use crate::http::call::{Answer, Call};
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{Error, HttpResponse, body, dev, middleware, web};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The guide's own scripts and styles may run there, and only there.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the guide to an application.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    let guide = SwaggerUi::new("/{_:.*}").config(Config::from("/openapi.json").validator_url("none"));
    config.service(web::scope("/docs").wrap(from_fn(guard)).service(guide));
}

/// The way to the guide.
pub(super) async fn to_guide(_: Call) -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish())
}

async fn guard(
    request: dev::ServiceRequest,
    next: middleware::Next<impl body::MessageBody>,
) -> Result<dev::ServiceResponse<impl body::MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    Ok(response)
}
