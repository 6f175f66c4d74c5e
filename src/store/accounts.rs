//! Accounts and the tokens of machines.

use super::StoreError;
use super::conn::{DbConn, on_each};
use super::schema::{accounts, api_tokens};
use crate::domain::Instant;
use crate::domain::account::{Mandate, Role, Scope};
use diesel::prelude::*;

/// An account as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, given once.
    pub username: String,
    /// Its owner's name, for people.
    pub display_name: String,
    /// Role and scope.
    pub mandate: Mandate,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Rises with each change of password, role, scope or state.
    pub generation: i64,
    /// argon2id as a PHC string; none until the owner has chosen a password.
    pub password_hash: Option<String>,
    /// SHA-256 of a one-time code in hex, and until when it may be redeemed.
    pub reset_code: Option<(String, Instant)>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
}

#[derive(Clone, Debug, Insertable, Queryable, AsChangeset, Selectable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct AccountRow {
    username: String,
    display_name: String,
    role: String,
    campaign: Option<String>,
    unit: Option<String>,
    is_active: bool,
    generation: i64,
    password_hash: Option<String>,
    reset_code_hash: Option<String>,
    reset_code_until_us: Option<i64>,
    created_us: i64,
    changed_us: i64,
}

impl AccountRow {
    fn of(account: &Account) -> Self {
        let scope = &account.mandate.scope;
        Self {
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            role: account.mandate.role.code().to_owned(),
            campaign: scope.campaign().map(str::to_owned),
            unit: scope.unit().map(str::to_owned),
            is_active: account.is_active,
            generation: account.generation,
            password_hash: account.password_hash.clone(),
            reset_code_hash: account.reset_code.as_ref().map(|(hash, _)| hash.clone()),
            reset_code_until_us: account.reset_code.as_ref().map(|(_, until)| until.micros()),
            created_us: account.created_at.micros(),
            changed_us: account.changed_at.micros(),
        }
    }

    pub(super) fn read(self) -> Result<Account, StoreError> {
        let mandate = mandate(&self.role, self.campaign, self.unit)?;
        let until = self.reset_code_until_us.map(Instant::from_micros);
        Ok(Account {
            username: self.username,
            display_name: self.display_name,
            mandate,
            is_active: self.is_active,
            generation: self.generation,
            password_hash: self.password_hash,
            reset_code: self.reset_code_hash.zip(until),
            created_at: Instant::from_micros(self.created_us),
            changed_at: Instant::from_micros(self.changed_us),
        })
    }
}

/// A role that this version does not know gives no rights, ever: it is an error.
fn mandate(role: &str, campaign: Option<String>, unit: Option<String>) -> Result<Mandate, StoreError> {
    let unreadable = || StoreError::Unreadable(format!("an account or token of role {role:?} and its scope"));
    let role = Role::parse(role).ok_or_else(unreadable)?;
    let scope = Scope::new(campaign, unit).map_err(|_| unreadable())?;
    Mandate::new(role, scope).map_err(|_| unreadable())
}

/// The account of a name.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, username: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<AccountRow> =
        accounts::table.filter(accounts::username.eq(username)).get_result(conn).optional()?;
    row.map(AccountRow::read).transpose()
}

/// Accounts in the order of their names, after one, no more than `limit`.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, after: &str, limit: i64) -> Result<Vec<Account>, StoreError> {
    let query = accounts::table.filter(accounts::username.gt(after)).order(accounts::username.asc()).limit(limit);
    let rows: Vec<AccountRow> = on_each!(conn, |c| query.load(c))?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// How many accounts there are.
///
/// # Errors
/// What the database says.
pub fn count(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(accounts::table.count().get_result(conn)?)
}

/// How many administrators may sign in.
///
/// # Errors
/// What the database says.
pub fn count_administrators(conn: &mut DbConn) -> Result<i64, StoreError> {
    let active = accounts::table.filter(accounts::is_active.eq(true));
    Ok(active.filter(accounts::role.eq(Role::Admin.code())).count().get_result(conn)?)
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::Taken`] where the name is, or what the database says.
pub fn insert(conn: &mut DbConn, account: &Account) -> Result<(), StoreError> {
    diesel::insert_into(accounts::table).values(AccountRow::of(account)).execute(conn)?;
    Ok(())
}

/// Replaces an account.
///
/// # Errors
/// What the database says.
pub fn update(conn: &mut DbConn, account: &Account) -> Result<(), StoreError> {
    let row = accounts::table.filter(accounts::username.eq(&account.username));
    let values = AccountRow::of(account);
    on_each!(conn, |c| diesel::update(row).set(values).execute(c))?;
    Ok(())
}

/// A machine's token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its key, part of the token itself.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Role and scope.
    pub mandate: Mandate,
    /// SHA-256 of its secret in hex.
    pub secret_hash: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Instant,
    /// Until when it is taken.
    pub until: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl ApiToken {
    /// Whether it is still taken.
    pub fn is_taken(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.until
    }
}

#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = api_tokens, treat_none_as_default_value = false)]
struct ApiTokenRow {
    id: String,
    name: String,
    role: String,
    campaign: Option<String>,
    unit: Option<String>,
    secret_hash: String,
    created_by: String,
    created_us: i64,
    until_us: i64,
    revoked_us: Option<i64>,
}

impl ApiTokenRow {
    fn of(token: &ApiToken) -> Self {
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            role: token.mandate.role.code().to_owned(),
            campaign: token.mandate.scope.campaign().map(str::to_owned),
            unit: token.mandate.scope.unit().map(str::to_owned),
            secret_hash: token.secret_hash.clone(),
            created_by: token.created_by.clone(),
            created_us: token.created_at.micros(),
            until_us: token.until.micros(),
            revoked_us: token.revoked_at.map(Instant::micros),
        }
    }

    fn read(self) -> Result<ApiToken, StoreError> {
        let mandate = mandate(&self.role, self.campaign, self.unit)?;
        Ok(ApiToken {
            id: self.id,
            name: self.name,
            mandate,
            secret_hash: self.secret_hash,
            created_by: self.created_by,
            created_at: Instant::from_micros(self.created_us),
            until: Instant::from_micros(self.until_us),
            revoked_at: self.revoked_us.map(Instant::from_micros),
        })
    }
}

/// The machine's token of a key.
///
/// # Errors
/// What the database says.
pub fn find_token(conn: &mut DbConn, id: &str) -> Result<Option<ApiToken>, StoreError> {
    let row: Option<ApiTokenRow> = api_tokens::table.filter(api_tokens::id.eq(id)).get_result(conn).optional()?;
    row.map(ApiTokenRow::read).transpose()
}

/// The machines' tokens of some keys.
///
/// # Errors
/// What the database says.
pub fn find_tokens(conn: &mut DbConn, ids: &[&str]) -> Result<Vec<ApiToken>, StoreError> {
    // the statement for one is prepared once
    if let [one] = ids {
        return Ok(find_token(conn, one)?.into_iter().collect());
    }
    let rows: Vec<ApiTokenRow> = api_tokens::table.filter(api_tokens::id.eq_any(ids)).load(conn)?;
    rows.into_iter().map(ApiTokenRow::read).collect()
}

/// All machines' tokens, in the order of their keys.
///
/// # Errors
/// What the database says.
pub fn list_tokens(conn: &mut DbConn) -> Result<Vec<ApiToken>, StoreError> {
    let rows: Vec<ApiTokenRow> = api_tokens::table.order(api_tokens::id.asc()).load(conn)?;
    rows.into_iter().map(ApiTokenRow::read).collect()
}

/// Adds a machine's token.
///
/// # Errors
/// What the database says.
pub fn insert_token(conn: &mut DbConn, token: &ApiToken) -> Result<(), StoreError> {
    diesel::insert_into(api_tokens::table).values(ApiTokenRow::of(token)).execute(conn)?;
    Ok(())
}

/// Revokes a machine's token.
///
/// # Errors
/// What the database says.
pub fn revoke_token(conn: &mut DbConn, id: &str, at: Instant) -> Result<(), StoreError> {
    let row = api_tokens::table.filter(api_tokens::id.eq(id));
    diesel::update(row).set(api_tokens::revoked_us.eq(Some(at.micros()))).execute(conn)?;
    Ok(())
}
