//! Accounts and the tokens of machines, for administrators.

use super::body::{self, required, text};
use super::paging::{Cursor, Page, limit_of};
use super::params::{PageQuery, TokenPath, UserPath};
use crate::domain::account::{Mandate, Role, Scope, parse_display_name, parse_username};
use crate::domain::json::{Fields, Reader};
use crate::domain::text::parse_code;
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::{ApiError, Kind};
use crate::service::access::Accounts;
use crate::service::accounts::{AccountChange, AccountView, NewAccount, NewAccountView, ResetCodeView, account_json};
use crate::service::rendered::Rendered;
use crate::service::tokens::{MAX_DAYS, NewToken, NewTokenView, TokenView};
use crate::service::{Code, Fault, views};
use actix_web::web;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use utoipa::ToSchema;

/// A new account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive alone")]
pub(super) struct NewUserRequest {
    /// 3 to 64 of a-z, 0-9, `.`, `_` and `-`, a letter or digit first.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]{2,63}$")]
    username: String,
    /// Name for people.
    display_name: String,
    /// `admin`, `council`, `reporter`, `committee` or `auditor`.
    role: String,
    /// Code of the campaign that the role is for; all without.
    campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; needs a campaign.
    unit: Option<String>,
}

/// What an account becomes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive alone")]
pub(super) struct UserRequest {
    /// Name for people.
    display_name: String,
    /// `admin`, `council`, `reporter`, `committee` or `auditor`.
    role: String,
    /// Code of the campaign that the role is for; all without.
    campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; needs a campaign.
    unit: Option<String>,
    /// `active`, or `disabled`: nobody signs in with it.
    state: String,
}

/// A new token of a machine.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive alone")]
pub(super) struct NewTokenRequest {
    /// What it is for.
    name: String,
    /// `council`, `reporter`, `committee` or `auditor`.
    role: String,
    /// Code of the campaign that the role is for; all without.
    campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; needs a campaign.
    unit: Option<String>,
    /// For how many days it is taken.
    #[schema(minimum = 1, maximum = 366)]
    days: i64,
}

/// Reads role and scope.
fn mandate(reader: &mut Reader, of: &Fields<'_>) -> Option<Mandate> {
    let role = |text: &str| Role::parse(text).ok_or("admin, council, reporter, committee or auditor");
    let role = required(reader, of, "role", role);
    let (campaign, unit) = (text(reader, of, "campaign", parse_code), text(reader, of, "unit", parse_code));
    match Scope::new(campaign, unit).and_then(|scope| role.map(|role| Mandate::new(role, scope)).transpose()) {
        Ok(mandate) => mandate,
        Err(expected) => {
            reader.wrong(of.path("campaign"), of.get("campaign"), expected);
            None
        }
    }
}

/// The accounts, in the order of their names.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    tag = "people",
    params(PageQuery),
    responses((status = 200, description = "Accounts", body = crate::service::views::Page<AccountView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_users(call: Call) -> Answer {
    let grant = call.may::<Accounts>()?;
    call.accepts(&[JSON])?;
    let limit = limit_of(&call)?;
    let after = match call.get("cursor") {
        None => String::new(),
        Some(text) => {
            let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let invalid = || Fault::of_field(Code::InvalidCursor, "cursor", "this cursor belongs to another list");
            read.filter(|name| parse_username(name).is_ok()).ok_or_else(invalid)?
        }
    };
    let count = i64::try_from(limit).unwrap_or(i64::MAX);
    let (total, mut items) = call.service.blocking(move |service| service.accounts(&grant, &after, count + 1)).await?;
    let is_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(&last.username));
    let total = u64::try_from(total).unwrap_or_default();
    call.reply_json(&views::Page { items, next_cursor, total, revision: None }, None)
}

/// Makes an account, with a one-time code for its first password, told this once.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    tag = "people",
    request_body = NewUserRequest,
    responses((status = 201, description = "Made", body = NewAccountView)),
    security(("bearer" = []))
)]
pub(super) async fn create_user(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Accounts>()?;
    let bytes = call.json_body(payload).await?;
    let new = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["username", "display_name", "role", "campaign", "unit"])?;
        let username = required(reader, &of, "username", parse_username);
        let display_name = required(reader, &of, "display_name", parse_display_name);
        let mandate = mandate(reader, &of);
        Some(NewAccount { username: username?, display_name: display_name?, mandate: mandate? })
    })?;
    let request = call.write_request(&bytes)?;
    Ok(call.written(call.service.create_account(&grant, new, request).answer().await?))
}

/// An account.
#[utoipa::path(
    get,
    path = "/api/v1/users/{username}",
    tag = "people",
    params(UserPath),
    responses((status = 200, description = "The account", body = AccountView)),
    security(("bearer" = []))
)]
pub(super) async fn get_user(call: Call) -> Answer {
    let grant = call.may::<Accounts>()?;
    call.accepts(&[JSON])?;
    let username = call.path("username")?;
    let account = call.service.blocking(move |service| service.account(&grant, &username)).await?;
    Ok(call.reply(&Rendered::new(account_json(&account)), JSON, None))
}

/// Changes an account. What its owner was signed in with is over where role, scope or
/// state change.
#[utoipa::path(
    put,
    path = "/api/v1/users/{username}",
    tag = "people",
    params(UserPath),
    request_body = UserRequest,
    responses((status = 200, description = "The account", body = AccountView)),
    security(("bearer" = []))
)]
pub(super) async fn put_user(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Accounts>()?;
    let bytes = call.json_body(payload).await?;
    let change = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["display_name", "role", "campaign", "unit", "state"])?;
        let display_name = required(reader, &of, "display_name", parse_display_name);
        let state = |text: &str| match text {
            "active" => Ok(true),
            "disabled" => Ok(false),
            _ => Err("active or disabled"),
        };
        let is_active = required(reader, &of, "state", state);
        let mandate = mandate(reader, &of);
        Some(AccountChange { display_name: display_name?, mandate: mandate?, is_active: is_active? })
    })?;
    let (username, request) = (call.path("username")?, call.write_request(&bytes)?);
    Ok(call.written(call.service.put_account(&grant, username, change, request).answer().await?))
}

/// Gives out a one-time code that sets an account's password, told this once.
#[utoipa::path(
    post,
    path = "/api/v1/users/{username}/reset-code",
    tag = "people",
    params(UserPath),
    responses((status = 201, description = "The code", body = ResetCodeView)),
    security(("bearer" = []))
)]
pub(super) async fn create_reset_code(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Accounts>()?;
    // clients send a POST without a body in more than one way
    if !matches!(call.body(payload, 16).await?.as_ref(), b"" | b"{}") {
        return Err(ApiError::new(Kind::BodyNotAllowed, "this takes no body"));
    }
    let (username, request) = (call.path("username")?, call.write_request(&[])?);
    Ok(call.written(call.service.create_reset_code(&grant, username, request).answer().await?))
}

/// The tokens of machines.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "people",
    params(PageQuery),
    responses((status = 200, description = "Tokens", body = crate::service::views::Page<TokenView>)),
    security(("bearer" = []))
)]
pub(super) async fn list_tokens(call: Call) -> Answer {
    let grant = call.may::<Accounts>()?;
    call.accepts(&[JSON])?;
    let cursor = Cursor::of(&call)?;
    let tokens = call.service.blocking(move |service| service.tokens_of_machines(&grant)).await?;
    let page = Page::of(&call, cursor.as_ref(), "tokens", 0, None)?;
    call.reply_json(&views::Page { revision: None, ..page.cut(tokens) }, None)
}

/// Makes a machine's token, told this once.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "people",
    request_body = NewTokenRequest,
    responses((status = 201, description = "Made", body = NewTokenView)),
    security(("bearer" = []))
)]
pub(super) async fn create_token(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Accounts>()?;
    let bytes = call.json_body(payload).await?;
    let new = body::read(&bytes, |reader, json| {
        let of = reader.object("", json, &["name", "role", "campaign", "unit", "days"])?;
        let name = required(reader, &of, "name", parse_display_name);
        let mandate = mandate(reader, &of);
        let days = reader.required(&of, "days").cloned();
        let days = days.and_then(|days| reader.whole(&of.path("days"), &days, 1, MAX_DAYS.unsigned_abs()));
        let days = days.and_then(|days| i64::try_from(days).ok());
        Some(NewToken { name: name?, mandate: mandate?, days: days? })
    })?;
    let request = call.write_request(&bytes)?;
    Ok(call.written(call.service.create_token(&grant, new, request).answer().await?))
}

/// A machine's token.
#[utoipa::path(
    get,
    path = "/api/v1/tokens/{id}",
    tag = "people",
    params(TokenPath),
    responses((status = 200, description = "The token", body = TokenView)),
    security(("bearer" = []))
)]
pub(super) async fn get_token(call: Call) -> Answer {
    let grant = call.may::<Accounts>()?;
    call.accepts(&[JSON])?;
    let id = call.path("id")?;
    let token = call.service.blocking(move |service| service.token_of_machine(&grant, &id)).await?;
    call.reply_json(&token, None)
}

/// Revokes a machine's token.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    tag = "people",
    params(TokenPath),
    responses((status = 200, description = "Revoked", body = TokenView)),
    security(("bearer" = []))
)]
pub(super) async fn delete_token(call: Call) -> Result<actix_web::HttpResponse, ApiError> {
    let grant = call.may::<Accounts>()?;
    call.no_body()?;
    let (id, request) = (call.path("id")?, call.write_request(&[])?);
    Ok(call.written(call.service.revoke_token(&grant, id, request).answer().await?))
}
