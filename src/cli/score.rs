//! `score`: the board of a pack, with no server and no database.

use super::ask::BoardOptions;
use super::output::Format;
use super::{Failure, board_table};
use crate::clock::Clock;
use crate::domain::Contest;
use crate::pack;
use crate::scoring::{Ledger, Register, check};
use crate::service::boards::{Boards, Show, board_view, resolve};
use crate::service::privacy::Shown;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

/// The command.
#[derive(Clone, Debug, Args)]
pub(super) struct Score {
    /// Folder or .zip of a campaign pack
    pack: PathBuf,
    #[command(flatten)]
    options: BoardOptions,
}

impl Score {
    pub(super) fn is_json(&self) -> bool {
        self.options.format == Format::Json
    }

    pub(super) fn run(&self) -> Result<(), Failure> {
        let contest = pack::read_path(&self.pack)?;
        let register = Arc::new(Register::new(&contest));
        let ledger = Ledger::build(&contest, register, self.options.known_at);
        if self.options.format == Format::Table {
            print_warnings(&contest, &ledger);
        }
        let boards = Boards::new(Arc::new(ledger));
        let now = self.options.known_at.unwrap_or_else(|| Clock::System.now());
        let query = resolve(&boards.ledger, &self.options.ask(), now)?;
        let show = Show { known_at: self.options.known_at, ..Show::default() };
        let board = board_view(&boards, &query, &show, |_| Shown::ALL);
        board_table::print(&board, &contest.campaign, self.options.format, self.options.lang);
        Ok(())
    }
}

/// What the campaign check found, beside the board and not in it.
fn print_warnings(contest: &Contest, ledger: &Ledger) {
    for warning in check::check(contest, ledger) {
        anstream::eprintln!("greenzone: warning: {warning}");
    }
}
