//! Accounts: made, changed, locked; their passwords, and the codes that reset them.

use super::Service;
use super::access::{Accounts, Caller, Grant, Identity, Own, Principal, Proof};
use super::audit::Note;
use super::fault::{Code, Fault};
use super::figures::{done, escape};
use super::keys::Access;
use super::passwords::{self, Match};
use super::rendered::etag_of;
use super::secrets;
use super::writer::{Done, Pending, Work, WriteRequest};
use crate::domain::Instant;
use crate::domain::account::{Mandate, Role, Scope};
use crate::store::accounts::{self, Account};
use crate::store::{DbConn, StoreError, sessions, units};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How long a one-time code can be redeemed, in microseconds: 24 hours.
const CODE_US: i64 = 24 * 3_600 * 1_000_000;

/// An account as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Its name.
    pub username: String,
    /// Its owner's name, for people.
    pub display_name: String,
    /// Role and scope.
    pub mandate: Mandate,
}

/// What an account becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// Its owner's name, for people.
    pub display_name: String,
    /// Role and scope.
    pub mandate: Mandate,
    /// Whether it may sign in.
    pub is_active: bool,
}

/// What opens an account to a new password.
#[derive(Debug)]
pub enum Opening {
    /// Its owner, signed in, and the password so far.
    Current(Grant<Own>, String),
    /// A one-time code.
    Code(String),
}

/// An account as it is shown; what is secret is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountView {
    /// Its name.
    pub username: String,
    /// Its owner's name, for people.
    pub display_name: String,
    /// What its owner is here to do.
    pub role: &'static str,
    /// Code of the campaign that the role is for; null for all.
    pub campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; null for all.
    pub unit: Option<String>,
    /// `active`, or `disabled`: nobody signs in with it.
    pub state: &'static str,
    /// Whether its owner has chosen a password.
    pub has_password: bool,
    /// Until when a one-time code that was given out can be redeemed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reset_code_until: Option<Instant>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// A code that sets a password, told this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResetCodeView {
    /// The account.
    pub username: String,
    /// The code; null where the same request is answered again, since it is told once.
    pub reset_code: Option<String>,
    /// Until when it can be redeemed.
    #[schema(value_type = String, format = DateTime)]
    pub reset_code_until: Instant,
}

/// A new account with the code that sets its password.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewAccountView {
    /// The account.
    #[serde(flatten)]
    pub account: AccountView,
    /// The code; null where the same request is answered again, since it is told once.
    pub reset_code: Option<String>,
}

/// Who asks, as they see themselves.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MeView {
    /// `user:` and a username, or `token:` and its id: the name in the log.
    pub name: String,
    /// Name for people; of a machine what its token is for.
    pub display_name: String,
    /// What they are here to do.
    pub role: &'static str,
    /// Code of the campaign that the role is for; null for all.
    pub campaign: Option<String>,
    /// Code of the unit that the role is for, with all below it; null for all.
    pub unit: Option<String>,
    /// Until when a machine's token is taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
}

/// Who asks.
///
/// # Errors
/// 401 where nobody knows them.
pub fn me(caller: &Caller) -> Result<MeView, Fault> {
    let Caller::Known(who) = caller else { return Err(Fault::unauthenticated()) };
    Ok(MeView {
        name: who.identity.name(),
        display_name: who.display_name.clone(),
        role: who.mandate.role.code(),
        campaign: who.mandate.scope.campaign().map(str::to_owned),
        unit: who.mandate.scope.unit().map(str::to_owned),
        until: who.until,
    })
}

/// An account as it is shown.
pub fn account_view(account: &Account) -> AccountView {
    AccountView {
        username: account.username.clone(),
        display_name: account.display_name.clone(),
        role: account.mandate.role.code(),
        campaign: account.mandate.scope.campaign().map(str::to_owned),
        unit: account.mandate.scope.unit().map(str::to_owned),
        state: if account.is_active { "active" } else { "disabled" },
        has_password: account.password_hash.is_some(),
        reset_code_until: account.reset_code.as_ref().map(|(_, until)| *until),
        created_at: account.created_at,
        changed_at: account.changed_at,
    }
}

/// The bytes of an account as it is read, by which its entity tag is made.
pub fn account_json(account: &AccountView) -> Vec<u8> {
    serde_json::to_vec(account).unwrap_or_default()
}

impl Service {
    /// Makes an account, with a one-time code for its first password.
    pub fn create_account(&self, grant: &Grant<Accounts>, new: NewAccount, request: WriteRequest) -> Pending {
        self.write_accounts(grant.proof(), request, move |work| {
            let mut account = draft(new, work.now);
            let (code, _) = give_code(&mut account, work.now)?;
            let view = insert(work, &account)?;
            let etag = etag_of(&account_json(&view));
            let told = |reset_code| NewAccountView { account: view.clone(), reset_code };
            let mut answer = once(201, &told(Some(code)), &told(None))?;
            answer.etag = Some(etag);
            answer.location = Some(format!("/users/{}", escape(&view.username)));
            Ok(answer)
        })
    }

    /// Makes an account with a password, for who runs the program. Slow.
    ///
    /// # Errors
    /// A weak password, a name that is taken, or what the database says.
    pub fn create_account_with_password(
        &self,
        grant: &Grant<Accounts>,
        new: NewAccount,
        password: &str,
    ) -> Result<(), Fault> {
        check_password(password, &new.username, "password")?;
        let hash = self.passwords.hash(password)?;
        let written = self.write_accounts(grant.proof(), WriteRequest::on_this_machine(), move |work| {
            let account = Account { password_hash: Some(hash), ..draft(new, work.now) };
            done(201, &insert(work, &account)?)
        });
        written.wait().map(drop)
    }

    /// Changes an account. What its owner was signed in with is over where role, scope or
    /// state change.
    pub fn put_account(
        &self,
        grant: &Grant<Accounts>,
        username: String,
        change: AccountChange,
        request: WriteRequest,
    ) -> Pending {
        self.write_accounts(grant.proof(), request, move |work| {
            let before = find(work.conn()?, &username)?;
            let etag = etag_of(&account_json(&account_view(&before)));
            work.request().check_if_match(Some(&etag), false)?;
            check_scope(work.conn()?, &change.mandate.scope)?;
            let AccountChange { display_name, mandate, is_active } = change;
            let mut account = Account { display_name, mandate, is_active, ..before.clone() };
            if account == before {
                return account_done(&account);
            }
            if (&account.mandate, account.is_active) != (&before.mandate, before.is_active) {
                check_an_administrator_is_left(work.conn()?, &before, &account)?;
                account.generation += 1;
                sessions::end_all(work.conn()?, &username)?;
            }
            account.changed_at = work.now;
            accounts::update(work.conn()?, &account)?;
            work.note(account_note("account.change", Some(&account_view(&before)), Some(&account_view(&account))));
            account_done(&account)
        })
    }

    /// Gives out a one-time code that sets an account's password. The password so far is
    /// taken until the code is redeemed.
    pub fn create_reset_code(&self, grant: &Grant<Accounts>, username: String, request: WriteRequest) -> Pending {
        self.write_accounts(grant.proof(), request, move |work| {
            let mut account = find(work.conn()?, &username)?;
            let (code, until) = give_code(&mut account, work.now)?;
            account.changed_at = work.now;
            accounts::update(work.conn()?, &account)?;
            work.note(Note { action: "account.reset_code", target: target(&username), ..Note::default() });
            let told = |reset_code| ResetCodeView { username: username.clone(), reset_code, reset_code_until: until };
            once(201, &told(Some(code)), &told(None))
        })
    }

    /// Sets an account's password, for who runs the program: with this one everybody is
    /// signed out. Slow.
    ///
    /// # Errors
    /// A weak password, no such account, or what the database says.
    pub fn set_password(&self, grant: &Grant<Accounts>, username: &str, password: &str) -> Result<(), Fault> {
        check_password(password, username, "password")?;
        let hash = self.passwords.hash(password)?;
        let username = username.to_owned();
        let written = self.write_accounts(grant.proof(), WriteRequest::on_this_machine(), move |work| {
            let account = find(work.conn()?, &username)?;
            change_password(work, account, hash, "account.password")
        });
        written.wait().map(drop)
    }

    /// Sets an account's password by what opens it; everybody is signed out, and how many
    /// sessions that ended is answered.
    ///
    /// # Errors
    /// 401 where the password so far or the code is another, 422 where the new one is weak.
    pub async fn choose_password(
        self: &Arc<Self>,
        username: String,
        opening: Opening,
        new: String,
        request: WriteRequest,
    ) -> Result<u64, Fault> {
        let wrong = || Fault::new(Code::InvalidCredentials, "the password so far, or the code, is another");
        check_password(&new, &username, "/new_password")?;
        if let Opening::Current(_, current) = &opening {
            passwords::check_length(current, "/current_password")?;
        }
        let name = username.clone();
        let account = self.blocking(move |service| service.read(|conn| Ok(accounts::find_opt(conn, &name)?))).await?;
        let turn = self.passwords.turn().await?;
        let now = self.clock.now();
        let role = account.as_ref().map_or(Role::Reporter, |a| a.mandate.role);
        let known = account.filter(|a| a.is_active);
        let (opened, proof, hash) = self
            .blocking(move |service| {
                let _turn = turn;
                let (is_open, proof) = match opening {
                    Opening::Current(grant, current) => {
                        let kept = known.as_ref().and_then(|a| a.password_hash.as_deref());
                        (service.passwords.compare(&current, kept) != Match::No, grant.proof())
                    }
                    Opening::Code(code) => {
                        let is_open = known.as_ref().is_some_and(|account| is_code_of(account, &code, now));
                        (is_open, Proof::by_itself(&username, role))
                    }
                };
                // hashed in any case, so that a wrong code takes as long as a right one
                let hash = service.passwords.hash(&new)?;
                Ok((known.filter(|_| is_open), proof, hash))
            })
            .await?;
        let opened = opened.ok_or_else(wrong)?;
        let written = self.write_accounts(proof, request, move |work| {
            let account = find(work.conn()?, &opened.username)?;
            // a code is redeemed once, a password so far is the one that was compared
            if account != opened {
                return Err(wrong());
            }
            change_password(work, account, hash, "account.password")
        });
        serde_json::from_slice(&written.answer().await?.body).map_err(Fault::internal)
    }

    /// Accounts in the order of their names, after one, and how many there are. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn accounts(
        &self,
        _grant: &Grant<Accounts>,
        after: &str,
        limit: i64,
    ) -> Result<(i64, Vec<AccountView>), Fault> {
        self.read(|conn| {
            let listed = accounts::list(conn, after, limit)?;
            Ok((accounts::count(conn)?, listed.iter().map(account_view).collect()))
        })
    }

    /// Name, role and scope, and state of an account, for who changes one of them. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn account_change(&self, _grant: &Grant<Accounts>, username: &str) -> Result<AccountChange, Fault> {
        let account = self.read(|conn| find(conn, username))?;
        let Account { display_name, mandate, is_active, .. } = account;
        Ok(AccountChange { display_name, mandate, is_active })
    }

    /// The account of a name. May block.
    ///
    /// # Errors
    /// 404 where there is none, or what the database says.
    pub fn account(&self, _grant: &Grant<Accounts>, username: &str) -> Result<AccountView, Fault> {
        self.read(|conn| Ok(account_view(&find(conn, username)?)))
    }

    pub(super) fn write_accounts(
        &self,
        proof: Proof,
        request: WriteRequest,
        task: impl FnOnce(&mut Work<'_>) -> Result<Done, Fault> + Send + 'static,
    ) -> Pending {
        let subject = super::writer::Subject::Accounts;
        self.writer.write(super::writer::Ask { subject, proof, within: None, about: None, request }, task)
    }
}

/// The owner of an account in a session.
pub(super) fn principal(account: &Account, access: Access) -> Principal {
    let identity = Identity::Account(access);
    Principal { identity, display_name: account.display_name.clone(), mandate: account.mandate.clone(), until: None }
}

fn find(conn: &mut DbConn, username: &str) -> Result<Account, Fault> {
    let none = || Fault::new(Code::AccountNotFound, format!("there is no account {username:?}"));
    accounts::find_opt(conn, username)?.ok_or_else(none)
}

/// A new account, which nobody can sign in to yet.
fn draft(new: NewAccount, now: Instant) -> Account {
    Account {
        username: new.username,
        display_name: new.display_name,
        mandate: new.mandate,
        is_active: true,
        generation: 1,
        password_hash: None,
        reset_code: None,
        created_at: now,
        changed_at: now,
    }
}

/// Adds an account, and keeps that in the log.
fn insert(work: &mut Work<'_>, account: &Account) -> Result<AccountView, Fault> {
    check_scope(work.conn()?, &account.mandate.scope)?;
    match accounts::insert(work.conn()?, account) {
        Err(StoreError::Taken) => {
            Err(Fault::new(Code::CodeTaken, format!("there is an account {} already", account.username)))
        }
        other => {
            other?;
            let view = account_view(account);
            work.note(account_note("account.create", None, Some(&view)));
            Ok(view)
        }
    }
}

/// Gives an account a one-time code: what is told, and until when it can be redeemed.
fn give_code(account: &mut Account, now: Instant) -> Result<(String, Instant), Fault> {
    let (code, until) = (secrets::spoken_code()?, Instant::from_micros(now.micros() + CODE_US));
    account.reset_code = Some((secrets::hash_of(&secrets::normal_code(&code)), until));
    Ok((code, until))
}

fn is_code_of(account: &Account, code: &str, now: Instant) -> bool {
    let code = secrets::normal_code(code);
    account.reset_code.as_ref().is_some_and(|(hash, until)| secrets::is_secret(&code, hash) && now < *until)
}

fn change_password(work: &mut Work<'_>, before: Account, hash: String, action: &'static str) -> Result<Done, Fault> {
    let account = Account {
        password_hash: Some(hash),
        reset_code: None,
        generation: before.generation + 1,
        changed_at: work.now,
        ..before
    };
    accounts::update(work.conn()?, &account)?;
    let ended = sessions::end_all(work.conn()?, &account.username)?;
    work.note(Note { action, target: target(&account.username), ..Note::default() });
    done(200, &ended)
}

fn account_done(account: &Account) -> Result<Done, Fault> {
    let view = account_view(account);
    let etag = etag_of(&account_json(&view));
    Ok(Done { etag: Some(etag), ..done(200, &view)? })
}

/// An answer that tells a secret, and what a retry is told.
pub(super) fn once(status: u16, told: &impl Serialize, again: &impl Serialize) -> Result<Done, Fault> {
    let kept_body = Some(serde_json::to_vec(again).map_err(Fault::internal)?);
    Ok(Done { kept_body, ..done(status, told)? })
}

fn target(username: &str) -> String {
    format!("users/{username}")
}

fn account_note(action: &'static str, before: Option<&AccountView>, after: Option<&AccountView>) -> Note {
    let username = after.or(before).map(|view| view.username.as_str()).unwrap_or_default();
    Note::of(action, target(username), before, after)
}

fn check_password(password: &str, username: &str, field: &str) -> Result<(), Fault> {
    let refused = |expected: &str| Fault::of_field(Code::WeakPassword, field, format!("expected {expected}"));
    passwords::check(password, username).map_err(refused)
}

/// Refuses a scope of something that is not there.
pub(super) fn check_scope(conn: &mut DbConn, scope: &Scope) -> Result<(), Fault> {
    let Some(code) = scope.campaign() else { return Ok(()) };
    let no = |field: &str, fault: Fault| Fault::of_field(Code::InvalidRequest, field, fault.detail);
    let stored = crate::store::campaigns::find_opt(conn, code)?;
    let stored = stored.ok_or_else(|| no("/campaign", Fault::no_campaign(code)))?;
    if let Some(unit) = scope.unit() {
        let found = units::find_opt(conn, stored.id, &stored.campaign, unit)?;
        found.ok_or_else(|| no("/unit", Fault::no_unit(unit)))?;
    }
    Ok(())
}

/// Keeps the last administrator from locking the door from inside.
fn check_an_administrator_is_left(conn: &mut DbConn, before: &Account, after: &Account) -> Result<(), Fault> {
    let is_admin = |account: &Account| account.is_active && account.mandate.role == Role::Admin;
    if !is_admin(before) || is_admin(after) || accounts::count_administrators(conn)? > 1 {
        return Ok(());
    }
    Err(Fault::new(Code::LastAdministrator, "this is the last administrator; make another one first"))
}
