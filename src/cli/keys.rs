//! `keys`: what sign-ins and results are signed with, and how one key takes over from another.

use super::Failure;
use super::database::DatabaseOptions;
use super::security::{KeyOptions, ResultKeyOptions};
use crate::service::keys::KeyRing;
use crate::service::proof::ResultKeys;
use clap::{Args, Subcommand};
use std::path::Path;

/// The keys that sign-ins and results are signed with.
#[derive(Clone, Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    #[command(flatten)]
    SignIns(Step),
    /// The keys that results are signed with
    Results(Results),
}

/// A step of the life of a key of sign-ins. A rotation is announce, restart every process, promote,
/// restart, and after ten minutes retire: nobody is signed out.
#[derive(Clone, Debug, Subcommand)]
enum Step {
    /// Make the file with a first key
    New(Where),
    /// Print the ids of the keys; the first one signs
    List(Where),
    /// Make another key known, which does not sign yet
    Announce(Where),
    /// Let the other key sign
    Promote(Where),
    /// Take out the key that does not sign
    Retire(Where),
}

#[derive(Clone, Debug, Args)]
struct Where {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    keys: KeyOptions,
}

/// The keys that results are signed with: one signs for years, and every one that ever
/// signed stays known, since a result is checked as long as somebody keeps it.
#[derive(Clone, Debug, Args)]
struct Results {
    #[command(subcommand)]
    what: ResultStep,
}

/// A step of the life of a key of results. After it, every process is restarted.
#[derive(Clone, Debug, Subcommand)]
enum ResultStep {
    /// Make the file with a first key
    New(WhereResults),
    /// Print the thumbprints of the keys; the first one signs
    List(WhereResults),
    /// Let a new key sign; of the one so far the public key alone stays
    Rotate(WhereResults),
}

#[derive(Clone, Debug, Args)]
struct WhereResults {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    keys: ResultKeyOptions,
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.what {
            What::SignIns(step) => step.run(),
            What::Results(results) => results.run(),
        }
    }
}

impl Step {
    fn run(&self) -> Result<(), Failure> {
        let failed = Failure::Environment;
        let (Self::New(place) | Self::List(place) | Self::Announce(place) | Self::Promote(place) | Self::Retire(place)) =
            self;
        let path = place.keys.path(&place.database.address()?)?;
        let change = |step: fn(KeyRing) -> Result<KeyRing, String>| {
            let refused = |e| Failure::of_request("keys", None, e);
            let ring = step(KeyRing::load(&path).map_err(failed)?).map_err(refused)?;
            ring.save(&path).map_err(failed).map(|()| ring)
        };
        let ring = match self {
            Self::New(_) => {
                is_free(&path)?;
                KeyRing::load_or_create(&path).map_err(failed)?
            }
            Self::List(_) => KeyRing::load(&path).map_err(failed)?,
            Self::Announce(_) => change(KeyRing::announce)?,
            Self::Promote(_) => change(KeyRing::promote)?,
            Self::Retire(_) => change(KeyRing::retire)?,
        };
        print(ring.ids());
        Ok(())
    }
}

impl Results {
    fn run(&self) -> Result<(), Failure> {
        let failed = Failure::Environment;
        let (ResultStep::New(place) | ResultStep::List(place) | ResultStep::Rotate(place)) = &self.what;
        let path = place.keys.path(&place.database.address()?)?;
        let keys = match &self.what {
            ResultStep::New(_) => {
                is_free(&path)?;
                ResultKeys::load_or_create(&path).map_err(failed)?
            }
            ResultStep::List(_) => ResultKeys::load(&path).map_err(failed)?,
            ResultStep::Rotate(_) => {
                let keys = ResultKeys::load(&path).and_then(ResultKeys::rotate).map_err(failed)?;
                keys.save(&path).map_err(failed).map(|()| keys)?
            }
        };
        let keys = keys.public().keys;
        print(keys.iter().map(|key| key.kid.as_str()).collect());
        Ok(())
    }
}

/// Refuses to write where something is.
fn is_free(path: &Path) -> Result<(), Failure> {
    let taken = || Failure::of_request("file_exists", None, format!("{} is there already", path.display()));
    if path.exists() { Err(taken()) } else { Ok(()) }
}

fn print(ids: Vec<&str>) {
    for (at, id) in ids.into_iter().enumerate() {
        anstream::println!("{id}  {}", if at == 0 { "signs" } else { "is known" });
    }
}
