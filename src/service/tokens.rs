//! Tokens of machines: made by an administrator, told once, ending by themselves.

use super::Service;
use super::access::{Accounts, Grant};
use super::accounts::{check_scope, once};
use super::audit::Note;
use super::fault::{Code, Fault};
use super::figures::done;
use super::secrets;
use super::sessions::MACHINE_PREFIX;
use super::writer::{Pending, WriteRequest};
use crate::domain::Instant;
use crate::domain::account::{Mandate, Role};
use crate::store::accounts::{self, ApiToken};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest that a machine's token is taken, in days.
pub const MAX_DAYS: i64 = 366;

/// A token as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// Role and scope.
    pub mandate: Mandate,
    /// For how many days, from 1 to [`MAX_DAYS`].
    pub days: i64,
}

/// A machine's token as it is shown; its secret is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenView {
    /// Its key, the first part of the token.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What its machine is here to do.
    pub role: &'static str,
    /// Code of the campaign that the role is for; null for all.
    pub campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; null for all.
    pub unit: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Until when it is taken.
    #[schema(value_type = String, format = DateTime)]
    pub until: Instant,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Instant>,
}

/// A new token, told this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewTokenView {
    /// What it is.
    #[serde(flatten)]
    pub view: TokenView,
    /// The token; null where the same request is answered again, since it is told once.
    pub token: Option<String>,
}

fn view_of(token: &ApiToken) -> TokenView {
    TokenView {
        id: token.id.clone(),
        name: token.name.clone(),
        role: token.mandate.role.code(),
        campaign: token.mandate.scope.campaign().map(str::to_owned),
        unit: token.mandate.scope.unit().map(str::to_owned),
        created_by: token.created_by.clone(),
        created_at: token.created_at,
        until: token.until,
        revoked_at: token.revoked_at,
    }
}

fn note(action: &'static str, view: &TokenView) -> Note {
    let target = format!("tokens/{}", view.id);
    Note { action, target, before: None, after: serde_json::to_value(view).ok() }
}

impl Service {
    /// Makes a machine's token.
    pub fn create_token(&self, grant: &Grant<Accounts>, new: NewToken, request: WriteRequest) -> Pending {
        self.write_accounts(grant.proof(), request, move |work| {
            if new.mandate.role == Role::Admin {
                let message = "expected another role: accounts are made by people who sign in";
                return Err(Fault::of_field(Code::InvalidRequest, "/role", message));
            }
            if !(1..=MAX_DAYS).contains(&new.days) {
                let message = format!("expected a number of days from 1 to {MAX_DAYS}");
                return Err(Fault::of_field(Code::InvalidRequest, "/days", message));
            }
            check_scope(work.conn()?, &new.mandate.scope)?;
            let (id, secret) = (secrets::key()?, secrets::secret()?);
            let token = ApiToken {
                secret_hash: secrets::hash_of(&secret),
                name: new.name,
                mandate: new.mandate,
                created_by: work.actor().to_owned(),
                created_at: work.now,
                until: Instant::from_micros(work.now.micros() + new.days * 86_400_000_000),
                revoked_at: None,
                id,
            };
            accounts::insert_token(work.conn()?, &token)?;
            let view = view_of(&token);
            work.note(note("token.create", &view));
            let told = |token| NewTokenView { view: view.clone(), token };
            let text = format!("{MACHINE_PREFIX}{}.{secret}", token.id);
            let mut answer = once(201, &told(Some(text)), &told(None))?;
            answer.location = Some(format!("/tokens/{}", token.id));
            Ok(answer)
        })
    }

    /// Revokes a machine's token; it is taken no more from now on.
    pub fn revoke_token(&self, grant: &Grant<Accounts>, id: String, request: WriteRequest) -> Pending {
        self.write_accounts(grant.proof(), request, move |work| {
            let mut token = accounts::find_token(work.conn()?, &id)?.ok_or_else(|| no_token(&id))?;
            if token.revoked_at.is_none() {
                token.revoked_at = Some(work.now);
                let now = work.now;
                accounts::revoke_token(work.conn()?, &id, now)?;
                work.note(note("token.revoke", &view_of(&token)));
            }
            done(200, &view_of(&token))
        })
    }

    /// All tokens of machines. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn tokens_of_machines(&self, _grant: &Grant<Accounts>) -> Result<Vec<TokenView>, Fault> {
        self.read(|conn| Ok(accounts::list_tokens(conn)?.iter().map(view_of).collect()))
    }

    /// The machine's token of a key. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn token_of_machine(&self, _grant: &Grant<Accounts>, id: &str) -> Result<TokenView, Fault> {
        self.read(|conn| Ok(view_of(&accounts::find_token(conn, id)?.ok_or_else(|| no_token(id))?)))
    }
}

fn no_token(id: &str) -> Fault {
    Fault::new(Code::TokenNotFound, format!("there is no machine's token {id:?}"))
}
