//! `leaderboard`: as `score`, from the database.

use super::ask::BoardOptions;
use super::database::DatabaseOptions;
use super::output::Format;
use super::{Failure, board_table};
use crate::domain::text::nfc;
use crate::service::boards::{Show, board_view, resolve};
use crate::service::privacy::Shown;
use crate::service::{Audience, Moment};
use clap::Args;

/// The command.
#[derive(Clone, Debug, Args)]
pub(super) struct Leaderboard {
    /// Code of the campaign
    campaign: String,
    #[command(flatten)]
    options: BoardOptions,
    #[command(flatten)]
    database: DatabaseOptions,
}

impl Leaderboard {
    pub(super) fn is_json(&self) -> bool {
        self.options.format == Format::Json
    }

    pub(super) fn run(&self) -> Result<(), Failure> {
        let service = self.database.open_existing()?;
        let moment = self.options.known_at.map_or(Moment::Now, Moment::KnownAt);
        let view = service.at(&nfc(&self.campaign), moment, &Audience::Full)?;
        let snapshot = &view.snapshot;
        let query = resolve(snapshot.ledger(), &self.options.ask(), view.judged_at)?;
        let (known_at, revision) = (snapshot.known_at, Some(snapshot.revision));
        let show = Show { known_at, revision, policy_version: Some(snapshot.policy_version), ..Show::default() };
        let board = board_view(&snapshot.boards, &query, &show, |_| Shown::ALL);
        board_table::print(&board, snapshot.campaign(), self.options.format, self.options.lang);
        Ok(())
    }
}
