//! Signing in, staying signed in, signing out; one's own account.

use super::body;
use crate::domain::account::parse_username;
use crate::domain::json::{Fields, Json, Reader};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::service::accounts::{MeView, Opening, me};
use crate::service::sessions::{Logout, TokensView};
use crate::service::{Code, Fault};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

/// A username and its password.
#[derive(ToSchema)]
pub(super) struct LoginRequest {
    /// The account's name.
    #[schema(min_length = 1, max_length = 64)]
    username: String,
    /// Its password.
    #[schema(min_length = 1, max_length = 1024, format = Password)]
    password: String,
}

/// A refresh token.
#[derive(ToSchema)]
pub(super) struct RefreshRequest {
    /// As the last sign-in or refresh answered it.
    #[schema(min_length = 1, max_length = 200, format = Password)]
    refresh_token: String,
}

/// How much is signed out of.
#[derive(ToSchema)]
pub(super) struct LogoutRequest {
    /// All sessions of the account, not this one alone.
    #[schema(default = false)]
    #[expect(dead_code, reason = "read by the derive alone")]
    everywhere: Option<bool>,
}

/// A new password, and what opens the account to it: the password so far of who is signed
/// in, or username and one-time code of who is not.
#[derive(ToSchema)]
pub(super) struct PasswordRequest {
    /// The password so far; needs a bearer token.
    #[schema(max_length = 1024, format = Password)]
    current_password: Option<String>,
    /// The account's name, with a code.
    #[schema(max_length = 64)]
    username: Option<String>,
    /// A one-time code that an administrator gave out.
    #[schema(max_length = 64, format = Password)]
    reset_code: Option<String>,
    /// At least 12 characters, none that many people have.
    #[schema(min_length = 12, max_length = 1024, format = Password)]
    new_password: String,
}

/// How many sessions ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoggedOutView {
    /// How many.
    #[schema(minimum = 0)]
    ended: u64,
}

/// A text that is never said again, in no error.
fn secret(reader: &mut Reader, of: &Fields<'_>, name: &str) -> Option<String> {
    match of.get(name)? {
        Json::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => {
            reader.wrong(of.path(name), None, "a text that is not empty");
            None
        }
    }
}

fn required_secret(reader: &mut Reader, of: &Fields<'_>, name: &str) -> Option<String> {
    reader.required(of, name)?;
    secret(reader, of, name)
}

/// An answer that nobody keeps.
fn untold(view: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view)
}

/// Signs in: gives an access token for ten minutes, and a refresh token for the next one.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "people",
    request_body = LoginRequest,
    responses((status = 200, description = "Signed in", body = TokensView))
)]
pub(super) async fn login(call: Call, payload: web::Payload) -> Answer {
    let bytes = call.json_body(payload).await?;
    let request = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["username", "password"])?;
        let username = required_secret(reader, &of, "username");
        let password = required_secret(reader, &of, "password");
        Some(LoginRequest { username: username?, password: password? })
    })?;
    call.limit_login(&request.username)?;
    let write = call.write_once()?;
    Ok(untold(&call.service.login(request.username, request.password, write).await?))
}

/// Gives the next access and refresh token; the refresh token that was used is spent. One
/// that comes back later than 30 seconds after its use ends the session.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "people",
    request_body = RefreshRequest,
    responses((status = 200, description = "The next tokens", body = TokensView))
)]
pub(super) async fn refresh(call: Call, payload: web::Payload) -> Answer {
    let bytes = call.json_body(payload).await?;
    let request = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["refresh_token"])?;
        Some(RefreshRequest { refresh_token: required_secret(reader, &of, "refresh_token")? })
    })?;
    let write = call.write_once()?;
    Ok(untold(&call.service.refresh(request.refresh_token, write).await?))
}

/// Signs out: this session, or all of the account's.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "people",
    request_body = LogoutRequest,
    responses((status = 200, description = "Signed out", body = LoggedOutView)),
    security(("bearer" = []))
)]
pub(super) async fn logout(call: Call, payload: web::Payload) -> Answer {
    let (grant, owner) = call.caller.may_own()?;
    let bytes = call.json_body(payload).await?;
    let what = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["everywhere"])?;
        let everywhere = of.get("everywhere").and_then(|v| reader.flag(&of.path("everywhere"), v));
        Some(if everywhere == Some(true) { Logout::Everywhere } else { Logout::Here })
    })?;
    let write = call.write_once()?;
    let ended = call.service.logout(&grant, owner, what, write).await?;
    Ok(untold(&LoggedOutView { ended }))
}

/// Who asks, in which role and scope.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "people",
    responses((status = 200, description = "Who asks", body = MeView)),
    security(("bearer" = []))
)]
pub(super) async fn get_me(call: Call) -> Answer {
    call.accepts(&[JSON])?;
    call.reply_json(&me(&call.caller)?, None)
}

/// Chooses a password; everybody is signed out of the account.
#[utoipa::path(
    put,
    path = "/api/v1/me/password",
    tag = "people",
    request_body = PasswordRequest,
    responses((status = 200, description = "Chosen; sign in with it", body = LoggedOutView)),
    security((), ("bearer" = []))
)]
pub(super) async fn put_password(call: Call, payload: web::Payload) -> Answer {
    let bytes = call.json_body(payload).await?;
    let request = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["current_password", "username", "reset_code", "new_password"])?;
        let new_password = required_secret(reader, &of, "new_password");
        Some(PasswordRequest {
            current_password: secret(reader, &of, "current_password"),
            username: of.get("username").and_then(|v| reader.text("username", v, parse_username)),
            reset_code: secret(reader, &of, "reset_code"),
            new_password: new_password?,
        })
    })?;
    let write = call.write_once()?;
    let (username, opening) = match (request.current_password, request.username, request.reset_code) {
        (Some(current), None, None) => {
            let (grant, owner) = call.caller.may_own()?;
            call.limit_login(&owner.username)?;
            (owner.username, Opening::Current(grant, current))
        }
        (None, Some(username), Some(code)) => {
            call.limit_login(&username)?;
            (username, Opening::Code(code))
        }
        _ => {
            let message = "expected current_password of who is signed in, or username and reset_code";
            return Err(ApiError::from(Fault::new(Code::InvalidRequest, message)));
        }
    };
    let ended = call.service.choose_password(username, opening, request.new_password, write).await?;
    Ok(untold(&LoggedOutView { ended }))
}
