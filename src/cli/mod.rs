//! The command line (contract.md section 2): one file a subcommand.
//!
//! Exit status: 0 done; 1 the input or the state refuses it, with the reasons on
//! standard error; 2 wrong usage; 3 the environment failed. Start reading at [`run`].

mod ask;
mod audit;
mod backup;
mod board_table;
mod database;
mod demo;
mod keys;
mod leaderboard;
mod loose;
mod output;
mod packs;
mod score;
mod security;
mod serve;
mod simulate;
mod user;
mod verify;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Scores green-zone emulation campaigns: daily F0 figures in, exact leaderboards out.
#[derive(Debug, Parser)]
#[command(name = "greenzone", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load the bundled real campaigns, print the leaderboard and serve it
    Demo(demo::Demo),
    /// Run the service
    Serve(serve::Serve),
    /// Bring the database to the current schema
    Migrate(serve::Migrate),
    /// Print the board of a pack: no server, no database
    Score(score::Score),
    /// Print the board of a campaign in the database
    Leaderboard(leaderboard::Leaderboard),
    /// Take a pack, or a table of figures or units, into the database, all or nothing
    Import(packs::Import),
    /// Write a campaign of the database as a pack
    Export(packs::Export),
    /// Write a simulated pack, for trials and load
    Simulate(simulate::Simulate),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Make and change accounts
    User(user::User),
    /// Check the log of what was done
    Audit(audit::Audit),
    /// Make and change the keys that sign-ins and results are signed with
    Keys(keys::Keys),
    /// Check a final result: its signature, and every rank from its inputs; no server, no database
    Verify(verify::Verify),
    /// Print the OpenAPI document
    Openapi,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input or the state refuses it: exit status 1.
    Refused(Box<crate::pack::Refusal>),
    /// The environment failed: exit status 3.
    Environment(String),
}

impl From<crate::pack::ReadError> for Failure {
    fn from(error: crate::pack::ReadError) -> Self {
        match error {
            crate::pack::ReadError::Refused(refusal) => Self::Refused(Box::new(refusal)),
            error @ crate::pack::ReadError::Io { .. } => Self::Environment(error.to_string()),
        }
    }
}

impl Failure {
    /// A refusal of what was asked for.
    pub(crate) fn of_request(code: &'static str, column: Option<&str>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = crate::pack::PackError {
            file: "request".to_owned(),
            line: None,
            column: column.map(str::to_owned),
            value: None,
            expected: format!("{code}: {detail}"),
        };
        Self::Refused(Box::new(crate::pack::Refusal { code, detail, total: 1, errors: vec![error] }))
    }

    fn report(&self, as_json: bool) -> ExitCode {
        match self {
            Self::Refused(refusal) if as_json => {
                eprintln!("{}", serde_json::to_string(refusal).unwrap_or_default());
                ExitCode::from(1)
            }
            Self::Refused(refusal) => {
                anstream::eprintln!("greenzone: {}", refusal.detail);
                for error in refusal.errors.iter().filter(|e| e.file != "request") {
                    anstream::eprintln!("  {error}");
                }
                let listed = refusal.errors.len() as u64;
                if refusal.total > listed {
                    anstream::eprintln!("  … and {} more", refusal.total - listed);
                }
                ExitCode::from(1)
            }
            Self::Environment(cause) => {
                anstream::eprintln!("greenzone: {cause}");
                ExitCode::from(3)
            }
        }
    }
}

/// Runs the command line of the process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let (done, as_json) = match cli.command {
        Command::Demo(command) => (command.run(), false),
        Command::Serve(command) => (command.run(), false),
        Command::Migrate(command) => (command.run(), false),
        Command::Score(command) => (command.run(), command.is_json()),
        Command::Leaderboard(command) => (command.run(), command.is_json()),
        Command::Import(command) => (command.run(), command.is_json()),
        Command::Export(command) => (command.run(), false),
        Command::Simulate(command) => (command.run(), false),
        Command::Backup(command) => (command.run(), false),
        Command::Restore(command) => (command.run(), false),
        Command::User(command) => (command.run(), false),
        Command::Audit(command) => (command.run(), command.is_json()),
        Command::Keys(command) => (command.run(), false),
        Command::Verify(command) => (command.run(), command.is_json()),
        Command::Openapi => {
            anstream::print!("{}", crate::api::document_text());
            (Ok(()), false)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(as_json),
    }
}
