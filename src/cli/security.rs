//! The options of commands that know people: how passwords are hashed, what signs.

use super::Failure;
use crate::service::Security;
use crate::service::keys::KeyRing;
use crate::service::passwords::{DEFAULT_PARAMETERS, Passwords, parse_parameters};
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
        Ok(Security { passwords: self.passwords()?, keys: None, private_webhooks: false })
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
    /// The keys of a service over a database.
    pub(super) fn load(&self, address: &Address) -> Result<KeyRing, Failure> {
        match (&self.signing_keys_file, address) {
            (Some(path), _) => KeyRing::load(path),
            (None, Address::Sqlite(database)) => KeyRing::load_or_create(&beside(database)),
            (None, Address::Postgres(_)) => Err(NEEDED.to_owned()),
        }
        .map_err(Failure::Environment)
    }

    /// The file of the keys.
    pub(super) fn path(&self, address: &Address) -> Result<PathBuf, Failure> {
        match (&self.signing_keys_file, address) {
            (Some(path), _) => Ok(path.clone()),
            (None, Address::Sqlite(database)) => Ok(beside(database)),
            (None, Address::Postgres(_)) => Err(Failure::Environment(NEEDED.to_owned())),
        }
    }
}

/// Several processes on one PostgreSQL must sign with the same keys, so none makes its own.
const NEEDED: &str = "on PostgreSQL, GREENZONE_SIGNING_KEYS_FILE must name the file of the keys that sign-ins are \
                      signed with; `greenzone keys new --signing-keys-file FILE` makes one";

/// Beside the database, so that who copies one copies the other.
fn beside(database: &std::path::Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".keys.pem");
    name.into()
}
