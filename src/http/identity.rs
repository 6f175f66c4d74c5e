//! Who a request is from: its bearer token is looked at once, before anything of it is read.

use super::layer::Traced;
use super::limits::Limits;
use super::problem::ApiError;
use crate::service::{Caller, Fault, Service};
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, web};
use std::net::IpAddr;

/// Who a request is from.
#[derive(Debug)]
pub(super) struct Asker {
    /// To us: the caller, or why the token that was sent is not taken.
    pub(super) caller: Result<Caller, Fault>,
    /// To the network; unknown where there is none.
    pub(super) client: Option<IpAddr>,
    /// The token of the page session, where that is how we know.
    pub(super) page_token: Option<String>,
}

/// The cookie of a page session. Its prefix holds browsers to `Secure`, to this host alone
/// and to the whole of it.
pub(super) const COOKIE: &str = "__Host-greenzone";

/// The request's id.
pub(super) fn request_id_of(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<Traced>().map(|traced| traced.id.to_string())
}

/// Finds out who a request is from. Whoever answers decides what that is worth: an address
/// that nobody answers says the same to everybody.
///
/// # Errors
/// They ask too often.
pub(super) async fn identify(request: &HttpRequest) -> Result<Asker, ApiError> {
    let limits = data::<Limits>(request)?;
    let forwarded = request.headers().get_all(header::X_FORWARDED_FOR).filter_map(|v| v.to_str().ok());
    let forwarded: Vec<&str> = forwarded.collect();
    let client = limits.client(request.peer_addr().map(|a| a.ip()), &forwarded);
    if let Some(client) = client {
        limits.request_of(client).map_err(ApiError::too_many)?;
    }
    if !request.headers().contains_key(header::AUTHORIZATION) {
        let asker = Asker { caller: Ok(Caller::Anonymous), client, page_token: None };
        return match page_cookie(request) {
            // strangers have none, and what asks for it is large
            Some(token) => Box::pin(of_page(request, asker, token)).await,
            None => Ok(asker),
        };
    }
    let service = data::<Service>(request)?.clone().into_inner();
    let caller = match bearer(request) {
        Some(token) => Box::pin(service.blocking(move |service| service.identify(&token))).await,
        None => Err(Fault::token_ended()),
    };
    if let Ok(caller) = &caller {
        limits.request_by(&caller.name(), client).map_err(ApiError::too_many)?;
    }
    Ok(Asker { caller, client, page_token: None })
}

/// Who a page's cookie is; a cookie that is not taken, or no longer, is nobody.
async fn of_page(request: &HttpRequest, nobody: Asker, token: String) -> Result<Asker, ApiError> {
    let service = data::<Service>(request)?.clone().into_inner();
    let of_token = token.clone();
    let caller = service.blocking(move |service| service.identify_page(&of_token)).await;
    match caller {
        Ok(Caller::Anonymous) => Ok(nobody),
        Ok(caller) => {
            data::<Limits>(request)?.request_by(&caller.name(), nobody.client).map_err(ApiError::too_many)?;
            Ok(Asker { caller: Ok(caller), page_token: Some(token), ..nobody })
        }
        fault => Ok(Asker { caller: fault, ..nobody }),
    }
}

/// The page session's cookie. The API takes none, so that no other site's page can have a
/// browser write there; what never shows who reads needs none.
fn page_cookie(request: &HttpRequest) -> Option<String> {
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/assets/") {
        return None;
    }
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found =
        pairs.filter(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value.to_owned());
    found.next().filter(|_| found.next().is_none())
}

/// Something that the application holds for all requests.
///
/// # Errors
/// It was built without.
pub(super) fn data<T: 'static>(request: &HttpRequest) -> Result<&web::Data<T>, ApiError> {
    request.app_data().ok_or_else(|| ApiError::internal("the application was built without its data"))
}

/// The bearer token, where the header is one of that scheme and stands once.
fn bearer(request: &HttpRequest) -> Option<String> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim().to_owned())
}
