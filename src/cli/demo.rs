//! `demo`: real figures to a leaderboard, with one command.

use super::Failure;
use super::board_table;
use super::database::{DatabaseOptions, operator};
use super::output::{Format, Language};
use super::security::{KeyOptions, PasswordOptions, ResultKeyOptions};
use super::serve::{bind, serve};
use crate::config::{DEFAULT_LISTENERS, DEFAULT_RATES, Edges, random_password};
use crate::domain::account::{Mandate, Role, Scope};
use crate::pack::{self, Bundled};
use crate::service::accounts::NewAccount;
use crate::service::boards::{Ask, Show, board_view, resolve};
use crate::service::privacy::Shown;
use crate::service::writer::WriteRequest;
use crate::service::{Audience, Code, Moment, Security, Service};
use clap::Args;

/// The unit that the demo's reporter reports for: Phường 07.
const REPORTERS_UNIT: &str = "27382";

/// The demo.
#[derive(Clone, Debug, Args)]
pub(super) struct Demo {
    /// Port to serve on, on this machine only
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    passwords: PasswordOptions,
    #[command(flatten)]
    keys: KeyOptions,
    #[command(flatten)]
    result_keys: ResultKeyOptions,
    /// Language of the table
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value_t = Language::from_environment())]
    lang: Language,
}

impl Demo {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let listener = bind(&format!("127.0.0.1:{}", self.port))?;
        let port = listener.local_addr().map_or(self.port, |a| a.port());
        let address = self.database.address()?;
        let (keys, result_keys) = (Some(self.keys.load(&address)?), self.result_keys.load(&address)?);
        let service = self.database.open_with(Security {
            passwords: self.passwords.passwords()?,
            keys,
            result_keys,
            private_webhooks: false,
        })?;
        let [first, others @ ..] = pack::bundled();
        load(&service, first)?;
        self.print_board(&service, first.code)?;
        for bundled in others {
            load(&service, bundled)?;
        }
        let accounts = accounts(&service, first.code)?;
        let base = format!("http://127.0.0.1:{port}");
        anstream::println!();
        for (what, value) in [
            ("page", format!("{base}/c/{}", first.code)),
            ("API", format!("{base}/api/v1/campaigns/{}/leaderboard", first.code)),
            ("API's guide", format!("{base}/docs")),
        ] {
            anstream::println!("{what:>20}  {value}");
        }
        anstream::println!();
        for (username, password) in accounts {
            anstream::println!("{username:>20}  {password}");
        }
        let stop = self.lang.pick("Nhấn Ctrl-C để dừng.", "Press Ctrl-C to stop.");
        anstream::println!("\n{stop}");
        serve(
            service,
            &Edges { rates: DEFAULT_RATES, listeners: DEFAULT_LISTENERS, ..Edges::default() },
            listener,
            None,
        )
    }

    fn print_board(&self, service: &Service, campaign: &str) -> Result<(), Failure> {
        let view = service.at(campaign, Moment::Now, &Audience::Full)?;
        let snapshot = &view.snapshot;
        let query = resolve(snapshot.ledger(), &Ask::default(), view.judged_at)?;
        let show = Show {
            revision: Some(snapshot.revision),
            policy_version: Some(snapshot.policy_version),
            ..Show::default()
        };
        let board = board_view(&snapshot.boards, &query, &show, |_| Shown::ALL);
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
    service.import_pack(&operator()?, contest, false, WriteRequest::on_this_machine()).wait()?;
    Ok(())
}

/// One account of each role, named after it, each with a new password at every start:
/// a demo is not where anybody keeps one.
fn accounts(service: &Service, campaign: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut made = Vec::new();
    for role in Role::ALL {
        let username = format!("demo-{}", role.code());
        let password = random_password().map_err(|e| Failure::Environment(e.to_string()))?;
        let scope = match role {
            Role::Reporter => Scope::Unit { campaign: campaign.to_owned(), unit: REPORTERS_UNIT.to_owned() },
            _ => Scope::All,
        };
        let mandate = Mandate::new(role, scope).map_err(|e| Failure::Environment(e.to_owned()))?;
        let new = NewAccount { username: username.clone(), display_name: username.clone(), mandate };
        match service.create_account_with_password(&operator()?, new, &password) {
            Err(fault) if fault.code == Code::CodeTaken => service.set_password(&operator()?, &username, &password)?,
            other => other?,
        }
        made.push((username, password));
    }
    Ok(made)
}
