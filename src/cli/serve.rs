//! `serve` and `migrate`: the service, and its database's schema.

use super::Failure;
use super::database::{DatabaseOptions, operator};
use super::security::{KeyOptions, PasswordOptions};
use crate::clock::Clock;
use crate::config::without_password;
use crate::http::Metrics;
use crate::service::{Security, Service};
use crate::{app, store, telemetry};
use clap::Args;
use std::net::TcpListener;
use std::sync::Arc;

/// The service.
#[derive(Clone, Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    listen: ListenOptions,
    #[command(flatten)]
    passwords: PasswordOptions,
    #[command(flatten)]
    keys: KeyOptions,
    /// Leave the database's schema as it is, and refuse to serve another one
    #[arg(long)]
    no_migrate: bool,
}

/// Where the service listens.
#[derive(Clone, Debug, Args)]
pub(super) struct ListenOptions {
    /// Address of the API and the pages
    #[arg(long, value_name = "ADDRESS", env = "GREENZONE_ADDR", default_value = "127.0.0.1:8080")]
    addr: String,
    /// Address of the metrics; off when empty
    #[arg(long, value_name = "ADDRESS", env = "GREENZONE_METRICS_ADDR", default_value = "127.0.0.1:9464")]
    metrics_addr: String,
}

impl Serve {
    pub(super) fn run(&self) -> Result<(), Failure> {
        telemetry::start();
        let listener = bind(&self.listen.addr)?;
        let metrics = match self.listen.metrics_addr.as_str() {
            "" => None,
            address => Some(bind(address)?),
        };
        let database = self.database.address()?;
        let security = Security { passwords: self.passwords.passwords()?, keys: Some(self.keys.load(&database)?) };
        let service = app::open(database, Clock::System, !self.no_migrate, security)?;
        if service.accounts(&operator()?, "", 1)?.0 == 0 {
            tracing::warn!("there is no account yet: `greenzone user add NAME --role admin` makes the first one");
        }
        let address = listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
        tracing::info!(address, "serving");
        serve(service, listener, metrics)
    }
}

/// Takes an address.
pub(super) fn bind(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|e| Failure::Environment(format!("cannot listen on {address}: {e}")))
}

/// Serves until the process is told to stop.
pub(super) fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
) -> Result<(), Failure> {
    let metrics = Metrics::new().map_err(|e| Failure::Environment(e.to_string()))?;
    let failed = |e: std::io::Error| Failure::Environment(e.to_string());
    actix_web::rt::System::new().block_on(async {
        if let Some(listener) = metrics_listener {
            actix_web::rt::spawn(app::metrics_server(metrics.clone(), listener).map_err(failed)?);
        }
        app::server(service, metrics, listener, None).map_err(failed)?.await.map_err(failed)
    })
}

/// Brings a database to the current schema.
#[derive(Clone, Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseOptions,
}

impl Migrate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut conn = address.connect()?;
        let applied = store::migrate(&mut conn)?;
        let shown = match &address {
            store::Address::Sqlite(path) => path.display().to_string(),
            store::Address::Postgres(url) => without_password(url),
        };
        match applied.as_slice() {
            [] => anstream::println!("{shown} is current"),
            names => anstream::println!("{shown} is current; applied {}", names.join(", ")),
        }
        Ok(())
    }
}
