//! `keys`: what sign-ins are signed with, and how one key takes over from another.

use super::Failure;
use super::database::DatabaseOptions;
use super::security::KeyOptions;
use crate::service::keys::KeyRing;
use clap::{Args, Subcommand};

/// The keys that sign-ins are signed with.
#[derive(Clone, Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
}

/// A step of a key's life. A rotation is announce, restart every process, promote,
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
}

#[derive(Clone, Debug, Args)]
struct Where {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    keys: KeyOptions,
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let failed = Failure::Environment;
        let (What::New(place) | What::List(place) | What::Announce(place) | What::Promote(place) | What::Retire(place)) =
            &self.what;
        let path = place.keys.path(&place.database.address()?)?;
        let change = |step: fn(KeyRing) -> Result<KeyRing, String>| {
            let refused = |e| Failure::of_request("keys", None, e);
            let ring = step(KeyRing::load(&path).map_err(failed)?).map_err(refused)?;
            ring.save(&path).map_err(failed).map(|()| ring)
        };
        let ring = match &self.what {
            What::New(_) if path.exists() => {
                let detail = format!("{} is there already", path.display());
                return Err(Failure::of_request("file_exists", None, detail));
            }
            What::New(_) => KeyRing::load_or_create(&path).map_err(failed)?,
            What::List(_) => KeyRing::load(&path).map_err(failed)?,
            What::Announce(_) => change(KeyRing::announce)?,
            What::Promote(_) => change(KeyRing::promote)?,
            What::Retire(_) => change(KeyRing::retire)?,
        };
        for (at, id) in ring.ids().into_iter().enumerate() {
            anstream::println!("{id}  {}", if at == 0 { "signs" } else { "is known" });
        }
        Ok(())
    }
}
