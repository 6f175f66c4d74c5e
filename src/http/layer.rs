//! The outermost layer: request ids, HEAD, language of problems, the log, metrics.

use super::call::wants_vietnamese;
use super::metrics::Metrics;
use super::problem::{ApiError, Kind};
use super::routes::Address;
use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What log and measures know a request by.
#[derive(Debug)]
pub(super) struct Traced {
    /// Its id.
    pub(super) id: Arc<str>,
    /// The address that it was found to belong to.
    pub(super) address: Option<Arc<Address>>,
}

/// Wraps every request.
pub(crate) async fn outermost(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let asked = Asked::of(&request);
    request.extensions_mut().insert(Traced { id: asked.id.clone(), address: None });
    let method = request.method().clone();
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    if method == Method::HEAD {
        // answered as GET; the server sends no body to a HEAD
        request.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!("request", id = %asked.id, method = %method, path = %request.uri().path());
    let is_encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|v| v.as_bytes() != b"identity");
    let mut response = if is_encoded {
        let error = ApiError::new(Kind::UnsupportedMediaType, "a request with Content-Encoding is not taken");
        request.into_response(asked.tell(&error))
    } else {
        let response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
        let response = if method == Method::HEAD { without_stream(response) } else { response };
        span.in_scope(|| in_our_words(response, &asked))
    };
    if let Ok(value) = HeaderValue::from_str(&asked.id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    // a 304 has no body that they could be about: who kept the answer kept them with it (RFC 9110, 15.4.5)
    if status != StatusCode::NOT_MODIFIED {
        guard(response.headers_mut());
    }
    let took = begun.elapsed();
    if let Some(metrics) = metrics {
        let extensions = response.request().extensions();
        let address = extensions.get::<Traced>().and_then(|traced| traced.address.as_deref());
        metrics.count(&method, address, status, took);
    }
    // the path without its query: reasons stand there
    let duration_ms = u64::try_from(took.as_micros()).unwrap_or(u64::MAX) as f64 / 1000.0;
    span.in_scope(|| tracing::info!(status = status.as_u16(), duration_ms, "answered"));
    Ok(response)
}

/// A stream is not begun for somebody who only asks for its head.
fn without_stream(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    response.map_body(|_, whole| match whole.size() {
        BodySize::Stream => BoxBody::new(body::None::new()),
        _ => whole,
    })
}

/// What every answer says to browsers: take it for what it is called, show it in nobody's
/// frame, tell nobody where one came from, load nothing. Pages have said more themselves.
fn guard(headers: &mut HeaderMap) {
    static OF_ALL: [(HeaderName, HeaderValue); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    ];
    for (name, value) in &OF_ALL {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

/// Refusals – ours without language and id, others in their own words – as problem
/// details, or as a page for who reads pages.
fn in_our_words(response: ServiceResponse<BoxBody>, caller: &Asked) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let ours = match response.response().error() {
        Some(error) => match error.as_error::<ApiError>() {
            Some(error) => caller.tell(error),
            None => caller.tell(&of_framework(status, &error.to_string())),
        },
        None => caller.tell(&of_framework(status, "answered without a reason")),
    };
    // what was said to another origin's page stays said
    let of_cors = response.headers().iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
    let of_cors: Vec<_> = of_cors.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut ours = response.into_response(ours);
    for (name, value) in of_cors {
        ours.headers_mut().insert(name, value);
    }
    ours
}

/// What of a request its refusal needs.
struct Asked {
    id: Arc<str>,
    vietnamese: bool,
    wants_page: bool,
}

impl Asked {
    fn of(request: &ServiceRequest) -> Self {
        let header = |name| request.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        let accepts_html = || header(header::ACCEPT).is_some_and(|a| a.contains("text/html"));
        Self {
            id: request_id(request),
            vietnamese: wants_vietnamese(header(header::ACCEPT_LANGUAGE)),
            wants_page: !request.uri().path().starts_with("/api/") && accepts_html(),
        }
    }

    fn tell(&self, error: &ApiError) -> HttpResponse {
        if self.wants_page {
            error.respond_page(&self.id, self.vietnamese)
        } else {
            error.respond(&self.id, self.vietnamese)
        }
    }
}

fn of_framework(status: StatusCode, error: &str) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::new(Kind::NoSuchAddress, "there is nothing at this address"),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Kind::TooLarge, "the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::new(Kind::UnsupportedMediaType, "the body is of another type"),
        status if status.is_client_error() => ApiError::new(Kind::MalformedBody, "the request cannot be read"),
        _ => ApiError::internal(error),
    }
}

/// The id that a proxy gave, where it is one, else a new one.
fn request_id(request: &ServiceRequest) -> Arc<str> {
    let given = request.headers().get(&REQUEST_ID).and_then(|v| v.to_str().ok());
    let is_sound = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if let Some(id) = given.filter(is_sound) {
        return id.into();
    }
    new_id().into()
}

/// An id that no two requests share, but by a rare chance: a random number of this process,
/// then one after another. Asking the system for random bytes each time would cost more than the rest.
fn new_id() -> String {
    static OF_PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}", *OF_PROCESS << 32 | u64::from(number))
}
