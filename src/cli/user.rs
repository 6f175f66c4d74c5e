//! `user`: accounts, by who runs the program on the machine of the database.

use super::Failure;
use super::database::{DatabaseOptions, operator};
use super::security::PasswordOptions;
use crate::domain::account::{Mandate, Role, Scope, parse_display_name, parse_username};
use crate::service::Service;
use crate::service::accounts::{AccountChange, AccountView, NewAccount};
use crate::service::writer::WriteRequest;
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

/// Accounts.
#[derive(Clone, Debug, Args)]
pub(super) struct User {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    passwords: PasswordOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Make an account; its password is asked for, or read from standard input
    Add {
        /// 3 to 64 of a-z, 0-9, '.', '_' and '-'
        #[arg(value_parser = parse_username)]
        username: String,
        /// Name for people; the username without
        #[arg(long, value_name = "NAME", value_parser = parse_display_name)]
        name: Option<String>,
        #[command(flatten)]
        mandate: MandateOptions,
    },
    /// Print all accounts
    List,
    /// Set an account's password, asked for or read from standard input; signs its owner out everywhere
    Passwd {
        /// The account
        username: String,
    },
    /// Let nobody sign in with an account, and sign its owner out everywhere
    Disable {
        /// The account
        username: String,
    },
    /// Let the owner of an account sign in again
    Enable {
        /// The account
        username: String,
    },
    /// Give an account another role and scope, and sign its owner out everywhere
    Role {
        /// The account
        username: String,
        #[command(flatten)]
        mandate: MandateOptions,
    },
}

#[derive(Clone, Debug, Args)]
struct MandateOptions {
    /// admin, council, reporter, committee or auditor
    #[arg(long, value_name = "ROLE", value_parser = parse_role)]
    role: Role,
    /// The campaign that it is for; all without
    #[arg(long, value_name = "CODE")]
    campaign: Option<String>,
    /// The unit that it is for, with all below it; all of the campaign without
    #[arg(long, value_name = "CODE", requires = "campaign")]
    unit: Option<String>,
}

fn parse_role(text: &str) -> Result<Role, String> {
    let names = Role::ALL.map(Role::code).join(", ");
    Role::parse(text).ok_or_else(|| format!("expected one of {names}"))
}

impl MandateOptions {
    fn mandate(&self) -> Result<Mandate, Failure> {
        let refused = |expected: &str| Failure::of_request("invalid_request", None, format!("expected {expected}"));
        let nfc = |code: &Option<String>| code.as_deref().map(crate::domain::text::nfc);
        let scope = Scope::new(nfc(&self.campaign), nfc(&self.unit)).map_err(refused)?;
        Mandate::new(self.role, scope).map_err(refused)
    }
}

impl User {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let service = self.database.open_with(self.passwords.without_keys()?)?;
        match &self.what {
            What::List => list(&service),
            What::Add { username, name, mandate } => {
                let display_name = name.clone().unwrap_or_else(|| username.clone());
                let new = NewAccount { username: username.clone(), display_name, mandate: mandate.mandate()? };
                service.create_account_with_password(&operator()?, new, &password(username)?)?;
                anstream::println!("{username} is made");
                Ok(())
            }
            What::Passwd { username } => {
                service.set_password(&operator()?, username, &password(username)?)?;
                anstream::println!("{username} has a new password and is signed out everywhere");
                Ok(())
            }
            What::Disable { username } => change(&service, username, |c| c.is_active = false),
            What::Enable { username } => change(&service, username, |c| c.is_active = true),
            What::Role { username, mandate } => {
                let mandate = mandate.mandate()?;
                change(&service, username, |c| c.mandate = mandate)
            }
        }
    }
}

fn list(service: &Service) -> Result<(), Failure> {
    let mut after = String::new();
    loop {
        let (_, accounts) = service.accounts(&operator()?, &after, 1_000)?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = last.username.clone();
        accounts.iter().for_each(print);
    }
}

fn print(account: &AccountView) {
    let scope = match (&account.campaign, &account.unit) {
        (Some(campaign), Some(unit)) => format!("{campaign}, {unit}"),
        (Some(campaign), None) => campaign.clone(),
        _ => "everything".to_owned(),
    };
    let state = if account.has_password { account.state } else { "without password" };
    anstream::println!(
        "{:24} {:10} {:24} {:16} {}",
        account.username,
        account.role,
        scope,
        state,
        account.display_name
    );
}

fn change(service: &Arc<Service>, username: &str, with: impl FnOnce(&mut AccountChange)) -> Result<(), Failure> {
    let grant = operator()?;
    let mut change = service.account_change(&grant, username)?;
    with(&mut change);
    let request = WriteRequest::on_this_machine();
    service.put_account(&grant, username.to_owned(), change, request).wait()?;
    anstream::println!("{username} is changed");
    Ok(())
}

/// A password: asked for twice on a terminal, else the first line of standard input.
/// Never a flag, which others on the machine could read.
fn password(username: &str) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::Environment(format!("the password cannot be read: {e}"));
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password(format!("Password of {username}: ")).map_err(failed)?;
    let again = rpassword::prompt_password("Once more: ").map_err(failed)?;
    if first != again {
        return Err(Failure::of_request("invalid_request", None, "the two passwords differ"));
    }
    Ok(first)
}
