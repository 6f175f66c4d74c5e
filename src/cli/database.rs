//! The options of commands that need a database, and how they open it.

use super::Failure;
use crate::app;
use crate::clock::Clock;
use crate::service::access::Provable;
use crate::service::passwords::{DEFAULT_PARAMETERS, Passwords, parse_parameters};
use crate::service::{Caller, Code, Fault, Grant, Security, Service};
use crate::store::{Address, StoreError};
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the database is.
#[derive(Clone, Debug, Args)]
pub(super) struct DatabaseOptions {
    /// sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        default_value = "sqlite:greenzone.db",
        hide_env_values = true
    )]
    database_url: String,
    /// File that holds the URL, such as a mounted secret; it stands before the other
    #[arg(long, value_name = "FILE", env = "DATABASE_URL_FILE")]
    database_url_file: Option<PathBuf>,
}

impl DatabaseOptions {
    /// The address.
    pub(super) fn address(&self) -> Result<Address, Failure> {
        let url = match &self.database_url_file {
            None => self.database_url.clone(),
            Some(path) => {
                let text = std::fs::read_to_string(path);
                text.map_err(|e| Failure::Environment(format!("{}: {e}", path.display())))?.trim().to_owned()
            }
        };
        Address::parse(&url).map_err(|expected| {
            let shown = crate::config::without_password(&url);
            Failure::Environment(format!("DATABASE_URL is {shown:?}; expected {expected}"))
        })
    }

    /// Opens the service, and brings the database to the current schema.
    pub(super) fn open(&self) -> Result<Arc<Service>, Failure> {
        self.open_with(no_people()?)
    }

    /// Opens the service with what people are known by.
    pub(super) fn open_with(&self, security: Security) -> Result<Arc<Service>, Failure> {
        Ok(app::open(self.address()?, Clock::System, true, security)?)
    }

    /// The address of a database that must exist already; a SQLite file is not made on the way.
    pub(super) fn existing_address(&self) -> Result<Address, Failure> {
        let address = self.address()?;
        if let Address::Sqlite(path) = &address
            && !path.exists()
        {
            return Err(Failure::Environment(format!("there is no database {}", path.display())));
        }
        Ok(address)
    }

    /// Opens the service over a database that must exist already.
    pub(super) fn open_existing(&self) -> Result<Arc<Service>, Failure> {
        self.existing_address()?;
        self.open()
    }
}

/// What people are known by in a process that knows nobody.
fn no_people() -> Result<Security, Failure> {
    let parameters = parse_parameters(DEFAULT_PARAMETERS).map_err(Failure::Environment)?;
    Ok(Security { passwords: Passwords::new(parameters, 1), keys: None, result_keys: None, private_webhooks: false })
}

/// Who runs the program on the machine of the database may do everything.
pub(super) fn operator<R: Provable>() -> Result<Grant<R>, Failure> {
    Ok(Caller::Operator.may(None)?)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        if matches!(fault.code, Code::Internal | Code::Unavailable | Code::Behind) {
            let cause = fault.cause.as_deref().map(|c| format!(": {c}")).unwrap_or_default();
            return Self::Environment(format!("{}{cause}", fault.detail));
        }
        let error = |e: crate::service::FieldFault| {
            let place = e.place.unwrap_or_default();
            let file = if place.file.is_empty() { "request".to_owned() } else { place.file };
            let column = place.column.or(Some(e.pointer).filter(|p| !p.is_empty()));
            let expected = e.message.trim_start_matches("expected ").to_owned();
            crate::pack::PackError { file, line: place.line, column, value: place.value, expected }
        };
        let errors: Vec<_> = fault.errors.into_iter().map(error).collect();
        let total = fault.total.unwrap_or(errors.len().max(1) as u64);
        let (code, detail) = (fault.code.name(), fault.detail.into_owned());
        Self::Refused(Box::new(crate::pack::Refusal { code, detail, total, errors }))
    }
}
