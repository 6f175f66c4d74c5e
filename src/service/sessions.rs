//! Signing in, staying signed in, signing out; and who a bearer token is.
//!
//! An access token lives for minutes and says only whose it is; role, scope and state are
//! read from the database at each request, so that what was taken away is gone at once.
//! A refresh token is used once and gives its successor; one that comes back after a grace
//! of seconds was stolen, from or by the owner, and the whole family ends.

use super::Service;
use super::access::{Caller, Grant, Identity, Own, Principal, Proof};
use super::accounts::principal;
use super::audit::Note;
use super::fault::{Code, Fault};
use super::figures::done;
use super::keys::{ACCESS_SECONDS, Access, KeyRing};
use super::passwords::{self, Match};
use super::secrets;
use super::writer::{Done, Work, WriteRequest};
use crate::domain::Instant;
use crate::domain::account::parse_username;
use crate::store::accounts::{self, Account};
use crate::store::sessions::{self, RefreshToken, Session};
use crate::store::{DbConn, StoreError};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

const SECOND_US: i64 = 1_000_000;
/// How long after its first use a refresh token still gives a successor: two tabs at once,
/// or an answer that was lost on a bad line. In microseconds.
const GRACE_US: i64 = 30 * SECOND_US;
/// How long a refresh token that is not used lives, in microseconds: 14 days.
const IDLE_US: i64 = 14 * 86_400 * SECOND_US;
/// How long a session lives at most, in microseconds: 90 days.
const SESSION_US: i64 = 90 * 86_400 * SECOND_US;

/// What a machine's token begins with; what follows is its key, `.`, and its secret.
pub(super) const MACHINE_PREFIX: &str = "gzt_";

/// What a client gets to be known by.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokensView {
    /// For the `Authorization` header.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How long the access token is taken, in seconds.
    #[schema(minimum = 1, maximum = 3_600)]
    pub expires_in: i64,
    /// Gives the next pair, once.
    pub refresh_token: String,
}

/// How much is signed out of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logout {
    /// The session that is used.
    Here,
    /// All sessions of the account.
    Everywhere,
}

/// A key that no other form of a page has, so that it is taken once.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn form_key() -> Result<String, Fault> {
    secrets::key()
}

impl Service {
    /// Signs in. What is wrong – no such name, another password, a locked account – is said
    /// in the same words and takes the same time.
    ///
    /// # Errors
    /// 401 where name and password do not go together, 422 where the password is too long
    /// to be one, 503 where too many wait.
    pub async fn login(
        self: &Arc<Self>,
        username: String,
        password: String,
        request: WriteRequest,
    ) -> Result<TokensView, Fault> {
        passwords::check_length(&password, "/password")?;
        let account = self.blocking(move |service| service.account_of_name(&username)).await?;
        let turn = self.passwords.turn().await?;
        let compared = self.blocking(move |service| {
            let _turn = turn;
            service.compare(account, &password)
        });
        let (account, outdated) = compared.await?.ok_or_else(|| {
            tracing::warn!(origin = request.origin.address, "a sign-in was refused");
            no_match()
        })?;
        let (session, refresh) = (secrets::key()?, secrets::secret()?);
        let access = access_of(&account, &session);
        let hash = secrets::hash_of(&refresh);
        let proof = Proof::by_itself(&account.username, account.mandate.role);
        let written = self.write_accounts(proof, request, move |work| open(work, &account, session, hash, outdated));
        written.answer().await?;
        self.tokens(&access, refresh)
    }

    fn account_of_name(&self, username: &str) -> Result<Option<Account>, Fault> {
        match parse_username(username) {
            Ok(username) => self.read(|conn| Ok(accounts::find_opt(conn, &username)?)),
            Err(_) => Ok(None),
        }
    }

    /// The account, if the password is its own and it may sign in, with what is to be kept
    /// in place of an outdated hash.
    fn compare(&self, account: Option<Account>, password: &str) -> Result<Option<(Account, Option<String>)>, Fault> {
        let kept = account.as_ref().and_then(|a| a.password_hash.as_deref());
        let matched = self.passwords.compare(password, kept);
        let Some(account) = account.filter(|a| a.is_active && matched != Match::No) else { return Ok(None) };
        let outdated = if matched == Match::Outdated { Some(self.passwords.hash(password)?) } else { None };
        Ok(Some((account, outdated)))
    }

    /// Gives the next pair of tokens for a refresh token.
    ///
    /// # Errors
    /// 401 where it is none, or spent for longer than the grace: then its family ends.
    pub async fn refresh(self: &Arc<Self>, token: String, request: WriteRequest) -> Result<TokensView, Fault> {
        let refused = || Fault::new(Code::InvalidToken, "this refresh token is not taken, or no longer; sign in again");
        let hash = secrets::hash_of(&token);
        let now = self.clock.now();
        let of_hash = hash.clone();
        let found = self.blocking(move |service| service.read(|conn| family(conn, &of_hash, now))).await?;
        let (session, account) = found.ok_or_else(refused)?;
        let access = access_of(&account, &session.id);
        let next = secrets::secret()?;
        let next_hash = secrets::hash_of(&next);
        let proof = Proof::by_itself(&account.username, account.mandate.role);
        let generation = account.generation;
        let written = self.write_accounts(proof, request, move |work| rotate(work, &hash, next_hash, generation));
        if written.answer().await?.status != 200 {
            return Err(refused());
        }
        self.tokens(&access, next)
    }

    /// Signs out; answers how many sessions ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn logout(
        self: &Arc<Self>,
        grant: &Grant<Own>,
        owner: Access,
        what: Logout,
        request: WriteRequest,
    ) -> Result<u64, Fault> {
        let written = self.write_accounts(grant.proof(), request, move |work| {
            let Access { username, session, .. } = owner;
            let count = match what {
                Logout::Everywhere => sessions::end_all(work.conn()?, &username)?,
                Logout::Here => {
                    sessions::end(work.conn()?, &session)?;
                    1
                }
            };
            let action = if what == Logout::Everywhere { "session.end_all" } else { "session.end" };
            work.note(session_note(action, &username, &session));
            done(200, &count)
        });
        let written = written.answer().await?;
        serde_json::from_slice(&written.body).map_err(Fault::internal)
    }

    /// Who a bearer token is. May block.
    ///
    /// # Errors
    /// 401, in the same words for whatever is wrong with it, or what the database says.
    pub fn identify(&self, token: &str) -> Result<Caller, Fault> {
        let now = self.clock.now();
        let found = match token.strip_prefix(MACHINE_PREFIX) {
            Some(rest) => self.machine(rest, now)?,
            None => {
                let access = self.keys()?.verify(token, now)?;
                let found = self.ask(|conn| signed_in(conn, &access, now))?;
                found.map(|account| principal(&account, access))
            }
        };
        found.map(|who| Caller::Known(Arc::new(who))).ok_or_else(Fault::token_ended)
    }

    /// Who a page's cookie is: it holds the session's refresh token, which pages never spend,
    /// so that two tabs cannot end each other. Anything that is not taken is nobody. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn identify_page(&self, token: &str) -> Result<Caller, Fault> {
        let (hash, now) = (secrets::hash_of(token), self.clock.now());
        let found = self.read(|conn| match sessions::find_refresh(conn, &hash)? {
            Some(token) if token.spent_at.is_none() => family(conn, &hash, now),
            _ => Ok(None),
        })?;
        Ok(found.map_or(Caller::Anonymous, |(session, account)| {
            let access = access_of(&account, &session.id);
            Caller::Known(Arc::new(principal(&account, access)))
        }))
    }

    fn machine(&self, rest: &str, now: Instant) -> Result<Option<Principal>, Fault> {
        // a key has no '.'
        let Some((id, secret)) = rest.split_once('.') else { return Ok(None) };
        let found = self.ask(|conn| accounts::find_token(conn, id))?;
        let is_taken =
            |token: &accounts::ApiToken| secrets::is_secret(secret, &token.secret_hash) && token.is_taken(now);
        Ok(found.filter(is_taken).map(|token| Principal {
            identity: Identity::Machine { id: token.id },
            display_name: token.name,
            mandate: token.mandate,
            until: Some(token.until),
        }))
    }

    fn tokens(&self, access: &Access, refresh_token: String) -> Result<TokensView, Fault> {
        let access_token = self.keys()?.sign(access, self.clock.now())?;
        Ok(TokensView { access_token, token_type: "Bearer", expires_in: ACCESS_SECONDS, refresh_token })
    }

    /// The keys that access tokens are signed with.
    ///
    /// # Errors
    /// Where this process was started without.
    pub fn keys(&self) -> Result<&KeyRing, Fault> {
        self.keys.as_ref().ok_or_else(|| Fault::internal("this process has no signing keys"))
    }
}

/// The account that is signed in: its session is open, and nothing of its rights or its
/// password has changed since.
pub(super) fn signed_in(conn: &mut DbConn, access: &Access, now: Instant) -> Result<Option<Account>, StoreError> {
    let found = sessions::find_open(conn, &access.session, now)?.map(|(_, account)| account);
    Ok(found.filter(|account| is_as_signed(account, access)))
}

/// Whether nothing of an account's rights or its password has changed since a token was signed.
pub(super) fn is_as_signed(account: &Account, access: &Access) -> bool {
    account.is_active && account.generation == access.generation && account.username == access.username
}

fn access_of(account: &Account, session: &str) -> Access {
    Access { username: account.username.clone(), generation: account.generation, session: session.to_owned() }
}

fn session_note(action: &'static str, username: &str, session: &str) -> Note {
    Note { action, target: format!("users/{username}/sessions/{session}"), ..Note::default() }
}

fn after(now: Instant, micros: i64) -> Instant {
    Instant::from_micros(now.micros().saturating_add(micros))
}

/// One answer for whatever is wrong with a sign-in.
fn no_match() -> Fault {
    Fault::new(Code::InvalidCredentials, "username and password do not go together")
}

/// Opens a session, if the account is still as it was when the password was compared.
fn open(
    work: &mut Work<'_>,
    known: &Account,
    session: String,
    hash: String,
    outdated: Option<String>,
) -> Result<Done, Fault> {
    let mut account = accounts::find_opt(work.conn()?, &known.username)?.ok_or_else(no_match)?;
    if account.generation != known.generation || !account.is_active {
        return Err(no_match());
    }
    if let Some(password_hash) = outdated {
        account.password_hash = Some(password_hash);
        accounts::update(work.conn()?, &account)?;
        work.note(Note { action: "account.rehash", target: format!("users/{}", account.username), ..Note::default() });
    }
    let now = work.now;
    sessions::forget_old(work.conn()?, now)?;
    let opened = Session { id: session, username: account.username.clone(), until: after(now, SESSION_US) };
    sessions::insert(work.conn()?, &opened, now)?;
    let token = RefreshToken { hash, session: opened.id.clone(), until: after(now, IDLE_US), spent_at: None };
    sessions::insert_refresh(work.conn()?, &token)?;
    work.note(session_note("session.open", &account.username, &opened.id));
    done(200, &())
}

/// The open session and the account of a refresh token.
fn family(conn: &mut DbConn, hash: &str, now: Instant) -> Result<Option<(Session, Account)>, Fault> {
    let Some(token) = sessions::find_refresh(conn, hash)? else { return Ok(None) };
    let found = sessions::find_open(conn, &token.session, now)?;
    Ok(found.filter(|(_, account)| account.is_active && now < token.until))
}

/// Spends a refresh token and adds its successor; 401 where it came back too late, and
/// then the family has ended.
fn rotate(work: &mut Work<'_>, hash: &str, next: String, generation: i64) -> Result<Done, Fault> {
    let now = work.now;
    let (Some(token), Some((session, account))) =
        (sessions::find_refresh(work.conn()?, hash)?, family(work.conn()?, hash, now)?)
    else {
        return Err(Fault::token_ended());
    };
    if account.generation != generation {
        return Err(Fault::token_ended());
    }
    match token.spent_at {
        Some(spent) if now > after(spent, GRACE_US) => {
            sessions::end(work.conn()?, &session.id)?;
            work.note(session_note("session.reuse", &session.username, &session.id));
            tracing::warn!(username = session.username, "a spent refresh token came back; its session was ended");
            return done(401, &());
        }
        Some(_) => {}
        None => sessions::spend_refresh(work.conn()?, hash, now)?,
    }
    let until = after(now, IDLE_US).min(session.until);
    let successor = RefreshToken { hash: next, session: session.id, until, spent_at: None };
    sessions::insert_refresh(work.conn()?, &successor)?;
    done(200, &())
}
