//! `demo`: real figures to a leaderboard, with one command.

use super::Failure;
use super::board_table;
use super::database::{DatabaseOptions, operator};
use super::output::{Format, Language};
use super::serve::{admin_token, bind, serve};
use crate::config::{AdminToken, random_token};
use crate::pack::{self, Bundled};
use crate::service::boards::{Ask, Show, board_view, resolve};
use crate::service::writer::WriteRequest;
use crate::service::{Moment, Service};
use clap::Args;

/// The demo.
#[derive(Clone, Debug, Args)]
pub(super) struct Demo {
    /// Port to serve on, on this machine only
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    database: DatabaseOptions,
    /// Language of the table
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Language::from_environment())]
    lang: Language,
}

impl Demo {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let listener = bind(&format!("127.0.0.1:{}", self.port))?;
        let port = listener.local_addr().map_or(self.port, |a| a.port());
        let service = self.database.open()?;
        let [first, others @ ..] = pack::bundled();
        load(&service, first)?;
        self.print_board(&service, first.code)?;
        for bundled in others {
            load(&service, bundled)?;
        }
        let (token, shown) = token()?;
        let base = format!("http://127.0.0.1:{port}");
        anstream::println!();
        for (what, value) in [
            ("page", format!("{base}/c/{}", first.code)),
            ("API", format!("{base}/api/v1/campaigns/{}/leaderboard", first.code)),
            ("API's guide", format!("{base}/docs")),
            ("token to write with", shown),
        ] {
            anstream::println!("{what:>20}  {value}");
        }
        let stop = self.lang.pick("Nhấn Ctrl-C để dừng.", "Press Ctrl-C to stop.");
        anstream::println!("\n{stop}");
        serve(service, token, listener, None)
    }

    fn print_board(&self, service: &Service, campaign: &str) -> Result<(), Failure> {
        let view = service.at(campaign, Moment::Now)?;
        let snapshot = &view.snapshot;
        let query = resolve(snapshot.ledger(), &Ask::default(), view.judged_at)?;
        let show = Show { revision: Some(snapshot.revision), policy_version: Some(1), ..Show::default() };
        let board = board_view(&snapshot.boards, &query, &show, |_| true);
        board_table::print(&board, snapshot.campaign(), Format::Table, self.lang);
        Ok(())
    }
}

/// Loads a bundled campaign, unless it is there already.
fn load(service: &Service, bundled: Bundled) -> Result<(), Failure> {
    if service.campaign_codes()?.iter().any(|code| code == bundled.code) {
        return Ok(());
    }
    let contest = pack::read(&bundled.files()).map_err(|refusal| Failure::Refused(Box::new(refusal)))?;
    service.import_pack(&operator()?, contest, false, WriteRequest::default()).wait()?;
    Ok(())
}

/// The token of the environment, else a new one; and how it is told.
fn token() -> Result<(AdminToken, String), Failure> {
    let set = admin_token(None)?;
    if set.is_set() {
        return Ok((set, "the one in GREENZONE_ADMIN_TOKEN".to_owned()));
    }
    let text = random_token().map_err(|e| Failure::Environment(e.to_string()))?;
    let token = AdminToken::new(&text).map_err(Failure::Environment)?;
    Ok((token, text))
}
