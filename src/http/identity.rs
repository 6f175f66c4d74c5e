//! Who a request is from: its bearer token is looked at once, before anything of it is read.

use super::limits::Limits;
use super::problem::ApiError;
use crate::service::{Caller, Fault, Service};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use std::net::IpAddr;

/// Who a request is from, or why its token is not taken; absent where it has none.
pub(super) struct Identified(pub(super) Result<Caller, Fault>);

/// The request, as the log names it.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Who a request is from, to the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// Address of the client; unknown where there is no network.
pub(super) fn client_of(request: &HttpRequest) -> Option<IpAddr> {
    request.extensions().get::<Client>().map(|client| client.0)
}

/// The request's id.
pub(super) fn request_id_of(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(|id| id.0.clone())
}

/// Finds out who a request is from. Handlers decide what that is worth: an address that
/// nobody answers says the same to everybody.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let limits = request.app_data::<web::Data<Limits>>().cloned();
    let limits = limits.ok_or_else(|| ApiError::internal("the application was built without its data"))?;
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok());
    let forwarded: Vec<&str> = forwarded.collect();
    let client = limits.client(request.peer_addr().map(|a| a.ip()), &forwarded);
    if let Some(client) = client {
        limits.request_of(client).map_err(ApiError::too_many)?;
        request.extensions_mut().insert(Client(client));
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        let service = request.app_data::<web::Data<Service>>().cloned().map(web::Data::into_inner);
        let service = service.ok_or_else(|| ApiError::internal("the application was built without its data"))?;
        let found = match bearer(&request) {
            Some(token) => service.blocking(move |service| service.identify(&token)).await,
            None => Err(Fault::token_ended()),
        };
        if let Ok(caller) = &found {
            limits.request_by(&caller.name(), client).map_err(ApiError::too_many)?;
        }
        request.extensions_mut().insert(Identified(found));
    }
    next.call(request).await
}

/// The bearer token, where the header is one of that scheme and stands once.
fn bearer(request: &ServiceRequest) -> Option<String> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim().to_owned())
}
