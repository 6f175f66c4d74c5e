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

/// A step of the life of a key of sign-ins. A rotation is announce, restart every process, promote,
/// restart, and after ten minutes retire: nobody is signed out.
#[derive(Clone, Debug, Subcommand)]
enum What {
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
    /// The keys that results are signed with
    Results(Results),
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
        let failed = Failure::Environment;
        let place = match &self.what {
            What::Results(results) => return results.run(),
            What::New(place) | What::List(place) | What::Announce(place) | What::Promote(place) => place,
            What::Retire(place) => place,
        };
        let path = place.keys.path(&place.database.address()?)?;
        let change = |step: fn(KeyRing) -> Result<KeyRing, String>| {
            let refused = |e| Failure::of_request("keys", None, e);
            let ring = step(KeyRing::load(&path).map_err(failed)?).map_err(refused)?;
            ring.save(&path).map_err(failed).map(|()| ring)
        };
        let ring = match &self.what {
            What::New(_) => {
                is_free(&path)?;
                KeyRing::load_or_create(&path).map_err(failed)?
            }
            What::List(_) | What::Results(_) => KeyRing::load(&path).map_err(failed)?,
            What::Announce(_) => change(KeyRing::announce)?,
            What::Promote(_) => change(KeyRing::promote)?,
            What::Retire(_) => change(KeyRing::retire)?,
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
