//! Passwords: which are taken, how they are kept, and how many are hashed at a time.
//!
//! Hashing is slow by design, so it happens in turns: as many at once as there are cores,
//! a bounded number waiting, the rest told to come back. A flood of sign-ins takes the
//! turns and nothing else.

use super::fault::{Code, Fault};
use crate::domain::text::nfc;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The fewest characters of a password.
pub const MIN_CHARS: usize = 12;
/// The most bytes of a password (contract.md section 3, People and rights).
pub const MAX_BYTES: usize = 1_024;
/// The fewest different characters.
const MIN_DIFFERENT: usize = 5;

/// What OWASP's Password Storage Cheat Sheet asks of argon2id: memory in KiB and passes,
/// any of these, with one lane.
const OWASP: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// The parameters that are used where none are configured.
pub const DEFAULT_PARAMETERS: &str = "m=19456,t=2,p=1";

/// Hashes passwords.
#[derive(Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a password that nobody has, for accounts that are not there; made with
    /// the first comparison, whatever that is of.
    nobodys: OnceLock<String>,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    may_wait: usize,
    made: AtomicU64,
}

/// How a password compares with what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is another.
    No,
    /// It is the one.
    Yes,
    /// It is the one, and is kept with parameters that are no longer used.
    Outdated,
}

/// Reads parameters such as `m=19456,t=2,p=1`, no weaker than OWASP asks.
///
/// # Errors
/// What is expected of them.
pub fn parse_parameters(text: &str) -> Result<Params, String> {
    const EXPECTED: &str = "m=KIB,t=PASSES,p=LANES, no weaker than m=19456,t=2,p=1 or another row of OWASP's table";
    let mut values = [None; 3];
    for part in text.split(',') {
        let (name, value) = part.trim().split_once('=').ok_or(EXPECTED)?;
        let at = ["m", "t", "p"].iter().position(|n| *n == name).ok_or(EXPECTED)?;
        let value: u32 = value.parse().map_err(|_| EXPECTED)?;
        if let Some(slot) = values.get_mut(at) {
            *slot = Some(value);
        }
    }
    let [Some(m), Some(t), Some(p)] = values else { return Err(EXPECTED.to_owned()) };
    if !OWASP.iter().any(|(memory, passes)| m >= *memory && t >= *passes) {
        return Err(EXPECTED.to_owned());
    }
    Params::new(m, t, p, None).map_err(|e| e.to_string())
}

/// A turn to hash; given back when it is dropped.
#[derive(Debug)]
pub struct Turn(#[allow(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl Passwords {
    /// Hashes with these parameters, as many at once as `at_once`.
    pub fn new(parameters: Params, at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters),
            nobodys: OnceLock::new(),
            turns: Arc::new(Semaphore::new(at_once)),
            waiting: Arc::default(),
            may_wait: at_once * 64,
            made: AtomicU64::new(0),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// 503 where too many wait already.
    pub async fn turn(&self) -> Result<Turn, Fault> {
        let _place = Place::take(&self.waiting, self.may_wait)?;
        let permit = self.turns.clone().acquire_owned().await.map_err(Fault::internal)?;
        Ok(Turn(permit))
    }

    /// How many hashes were made, for comparisons too.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// What is kept of a password, as a PHC string. Slow.
    ///
    /// # Errors
    /// What the library says.
    pub fn hash(&self, password: &str) -> Result<String, Fault> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(self.argon2.hash_password(nfc(password).as_bytes()).map_err(Fault::internal)?.to_string())
    }

    /// Whether a password is the one that is kept; takes as long where there is none. Slow.
    pub fn compare(&self, password: &str, kept: Option<&str>) -> Match {
        let password = nfc(password);
        let nobodys = self.nobodys.get_or_init(|| {
            let hash = super::secrets::secret().ok().and_then(|s| self.argon2.hash_password(s.as_bytes()).ok());
            hash.map(|hash| hash.to_string()).unwrap_or_default()
        });
        let Ok(hash) = PasswordHash::new(kept.unwrap_or(nobodys)) else { return Match::No };
        self.made.fetch_add(1, Ordering::Relaxed);
        let is_same = self.argon2.verify_password(password.as_bytes(), &hash).is_ok();
        match (is_same && kept.is_some(), Params::try_from(&hash)) {
            (false, _) => Match::No,
            (true, Ok(used)) if cost(&used) == cost(self.argon2.params()) => Match::Yes,
            (true, _) => Match::Outdated,
        }
    }
}

fn cost(parameters: &Params) -> (u32, u32, u32) {
    (parameters.m_cost(), parameters.t_cost(), parameters.p_cost())
}

/// A place among those who wait.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>, may_wait: usize) -> Result<Self, Fault> {
        let place = Self(waiting.clone());
        if waiting.fetch_add(1, Ordering::Relaxed) >= may_wait {
            return Err(Fault::new(Code::Busy, "too many are signing in just now; try again in a moment"));
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Passwords that many people have, in small letters and in the order of their bytes:
/// the 20,000 most frequent of the Pwned Passwords, as Django bundles them (BSD licence;
/// list by Royce Williams).
const COMMON: &[u8] = include_bytes!("common.txt.gz");

/// Refuses what is too long to be a password, before anything is made of it.
///
/// # Errors
/// 422, naming the field.
pub fn check_length(password: &str, field: &str) -> Result<(), Fault> {
    if password.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(Fault::of_field(Code::InvalidRequest, field, format!("expected a password of at most {MAX_BYTES} bytes")))
}

/// Whether a password may be chosen by the owner of an account.
///
/// # Errors
/// What is expected of it.
pub fn check(password: &str, username: &str) -> Result<(), &'static str> {
    if password.len() > MAX_BYTES {
        return Err("a password of at most 1024 bytes");
    }
    let password = nfc(password);
    if password.chars().count() < MIN_CHARS {
        return Err("a password of at least 12 characters");
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT {
        return Err("a password of at least 5 different characters");
    }
    let small = password.to_lowercase();
    if small.chars().all(|c| c.is_ascii_digit()) {
        return Err("a password of more than digits");
    }
    let known = [username, "greenzone"].into_iter().map(str::to_lowercase);
    if known.filter(|word| word.chars().count() >= 4).any(|word| small.contains(&word)) {
        return Err("a password without the username and without \"greenzone\"");
    }
    if is_common(&small) {
        return Err("a password that is not among those that many people have");
    }
    Ok(())
}

/// Whether a password is a common one: as it is, without what was hung on before and
/// behind, or said more than once.
fn is_common(small: &str) -> bool {
    let mut list = String::new();
    if GzDecoder::new(COMMON).read_to_string(&mut list).is_err() {
        return false;
    }
    let words: Vec<&str> = list.lines().collect();
    let is_known = |word: &str| words.binary_search(&word).is_ok();
    let bare = small.trim_matches(|c: char| !c.is_alphabetic());
    is_known(small) || is_known(bare) || is_known(once(small)) || is_known(once(bare))
}

/// What a text says, where it says it more than once.
fn once(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, _)| at).skip(1).take_while(|at| *at <= text.len() / 2);
    let mut parts = ends.filter_map(|at| text.get(..at)).filter(|part| part.repeat(text.len() / part.len()) == text);
    parts.next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap(memory: u32) -> Passwords {
        Passwords::new(Params::new(memory, 1, 1, None).unwrap(), 1)
    }

    #[test]
    fn a_password_is_known_and_another_is_not() {
        let passwords = cheap(8);
        let kept = passwords.hash("một mật khẩu dài").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{kept}");
        assert_ne!(kept, passwords.hash("một mật khẩu dài").unwrap(), "salted");
        assert_eq!(passwords.compare("một mật khẩu dài", Some(&kept)), Match::Yes);
        assert_eq!(passwords.compare("một mật khẩu dai", Some(&kept)), Match::No);
        // a keyboard that types NFD
        let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("một mật khẩu dài").collect();
        assert_eq!(passwords.compare(&decomposed, Some(&kept)), Match::Yes);
        assert_eq!(passwords.compare("", None), Match::No);
        assert_eq!(passwords.compare("x", Some("no PHC string")), Match::No);
    }

    #[test]
    fn what_was_kept_with_other_parameters_is_known_and_outdated() {
        let kept = cheap(8).hash("một mật khẩu dài").unwrap();
        assert_eq!(cheap(16).compare("một mật khẩu dài", Some(&kept)), Match::Outdated);
        assert_eq!(cheap(16).compare("another password", Some(&kept)), Match::No);
    }

    #[test]
    fn parameters_weaker_than_owasps_are_refused() {
        assert!(parse_parameters(DEFAULT_PARAMETERS).is_ok());
        assert!(parse_parameters("t=1, m=47104, p=1").is_ok());
        for weak in ["m=19455,t=2,p=1", "m=19456,t=1,p=1", "m=7168,t=4,p=1", "m=19456,t=2", "x=1", "", "m=a,t=2,p=1"] {
            assert!(parse_parameters(weak).is_err(), "{weak}");
        }
    }

    #[test]
    fn common_short_and_telling_passwords_are_refused() {
        for weak in [
            "short",
            "mười-một-ch",
            "passwordpassword",
            "Password123456!",
            "1qaz2wsx3edc",
            "!!!iloveyou2021",
            "aaaabbbbccccdddd",
            "902183475610293",
            "to-truong.p07-bí-mật",
            "GreenZone-Quận-6",
            &"mật khẩu ".repeat(200),
        ] {
            assert!(check(weak, "to-truong.p07").is_err(), "{weak}");
        }
        for strong in ["con mèo nằm trên mái", "vx7-Kdq!mmp2w", "correct horse battery staple"] {
            assert_eq!(check(strong, "to-truong.p07"), Ok(()), "{strong}");
        }
    }

    #[tokio::test]
    async fn no_more_hash_at_once_than_may_and_no_more_wait_than_may() {
        let passwords = cheap(8);
        let turn = passwords.turn().await.unwrap();
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), passwords.turn()).await.is_err());
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0, "who gave up waits no more");
        drop(turn);
        assert!(passwords.turn().await.is_ok());
        passwords.waiting.store(64, Ordering::Relaxed);
        assert_eq!(passwords.turn().await.err().map(|f| f.code), Some(Code::Busy));
    }
}
