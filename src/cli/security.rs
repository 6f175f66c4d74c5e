//! The options of commands that know people: how passwords are hashed, what signs.

use super::Failure;
use crate::service::Security;
use crate::service::keys::KeyRing;
use crate::service::passwords::{DEFAULT_PARAMETERS, Passwords, parse_parameters};
use crate::service::proof::ResultKeys;
use crate::store::Address;
use clap::Args;
use std::path::PathBuf;

/// How passwords are hashed.
#[derive(Clone, Debug, Args)]
pub(super) struct PasswordOptions {
    /// Parameters of argon2id, no weaker than OWASP asks
    #[arg(long, value_name = "m=KIB,t=N,p=N", env = "GREENZONE_ARGON2", default_value = DEFAULT_PARAMETERS)]
    argon2: String,
}

impl PasswordOptions {
    /// What hashes: as many at once as there are cores.
    pub(super) fn passwords(&self) -> Result<Passwords, Failure> {
        let failed = |e: String| Failure::Environment(format!("GREENZONE_ARGON2 is {:?}; expected {e}", self.argon2));
        let parameters = parse_parameters(&self.argon2).map_err(failed)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Passwords::new(parameters, cores))
    }

    /// What people are known by in a process that signs nobody in.
    pub(super) fn without_keys(&self) -> Result<Security, Failure> {
        Ok(Security { passwords: self.passwords()?, keys: None, result_keys: None, private_webhooks: false })
    }
}

/// What signs.
#[derive(Clone, Debug, Args)]
pub(super) struct KeyOptions {
    /// File of the keys that sign-ins are signed with; made beside a SQLite database where there is none
    #[arg(long, value_name = "FILE", env = "GREENZONE_SIGNING_KEYS_FILE")]
    signing_keys_file: Option<PathBuf>,
}

impl KeyOptions {
    /// The keys of sign-ins of a service over a database.
    pub(super) fn load(&self, address: &Address) -> Result<KeyRing, Failure> {
        match (&self.signing_keys_file, address) {
            (Some(path), _) => KeyRing::load(path),
            (None, Address::Sqlite(database)) => KeyRing::load_or_create(&beside(database, KEYS)),
            (None, Address::Postgres(_)) => Err(NEEDED.to_owned()),
        }
        .map_err(Failure::Environment)
    }

    /// The file of the keys.
    pub(super) fn path(&self, address: &Address) -> Result<PathBuf, Failure> {
        match (&self.signing_keys_file, address) {
            (Some(path), _) => Ok(path.clone()),
            (None, Address::Sqlite(database)) => Ok(beside(database, KEYS)),
            (None, Address::Postgres(_)) => Err(Failure::Environment(NEEDED.to_owned())),
        }
    }
}

/// Several processes on one PostgreSQL must sign with the same keys, so none makes its own.
const NEEDED: &str = "on PostgreSQL, GREENZONE_SIGNING_KEYS_FILE must name the file of the keys that sign-ins are \
                      signed with; `greenzone keys new --signing-keys-file FILE` makes one";

/// What signs results: a key of its own, which lives for years.
#[derive(Clone, Debug, Args)]
pub(super) struct ResultKeyOptions {
    /// File of the keys that results are signed with; made beside a SQLite database where there is none
    #[arg(long, value_name = "FILE", env = "GREENZONE_RESULT_KEYS_FILE")]
    result_keys_file: Option<PathBuf>,
}

impl ResultKeyOptions {
    /// The keys of results of a service over a database; on PostgreSQL none where no file is
    /// named, since several processes must have the same.
    pub(super) fn load(&self, address: &Address) -> Result<Option<ResultKeys>, Failure> {
        match (&self.result_keys_file, address) {
            (Some(path), _) => ResultKeys::load(path).map(Some),
            (None, Address::Sqlite(database)) => ResultKeys::load_or_create(&beside(database, RESULT_KEYS)).map(Some),
            (None, Address::Postgres(_)) => {
                tracing::warn!("GREENZONE_RESULT_KEYS_FILE names no file of keys, so no result can be issued");
                Ok(None)
            }
        }
        .map_err(Failure::Environment)
    }

    /// The file of the keys.
    pub(super) fn path(&self, address: &Address) -> Result<PathBuf, Failure> {
        match (&self.result_keys_file, address) {
            (Some(path), _) => Ok(path.clone()),
            (None, Address::Sqlite(database)) => Ok(beside(database, RESULT_KEYS)),
            (None, Address::Postgres(_)) => Err(Failure::Environment(RESULT_KEYS_NEEDED.to_owned())),
        }
    }
}

const RESULT_KEYS_NEEDED: &str = "on PostgreSQL, GREENZONE_RESULT_KEYS_FILE must name the file of the keys that \
                                  results are signed with";

/// What is hung on a database's name for the keys of sign-ins.
const KEYS: &str = ".keys.pem";
/// And for those of results.
const RESULT_KEYS: &str = ".result-keys.pem";

/// Beside the database, so that who copies one copies the other.
fn beside(database: &std::path::Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
