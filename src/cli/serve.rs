//! `serve` and `migrate`: the service, and its database's schema.

use super::Failure;
use super::database::{DatabaseOptions, operator};
use super::security::{KeyOptions, PasswordOptions, ResultKeyOptions};
use crate::clock::Clock;
use crate::config::{DEFAULT_LISTENERS, DEFAULT_RATES, Edges, Rates, parse_networks, parse_origins, without_password};
use crate::http::Metrics;
use crate::service::scheduler::{LONGEST_PAUSE, Running};
use crate::service::{Security, Service};
use crate::store::partitions::{self, PartitionError};
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
    #[command(flatten)]
    result_keys: ResultKeyOptions,
    #[command(flatten)]
    edges: EdgeOptions,
    /// Let webhooks lead to addresses that are not public, and to this machine without TLS
    #[arg(long, env = "GREENZONE_WEBHOOKS_ALLOW_PRIVATE")]
    webhooks_allow_private: bool,
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

/// How the service meets the network.
#[derive(Clone, Debug, Args)]
pub(super) struct EdgeOptions {
    /// Proxies that are believed when they say in X-Forwarded-For whom they speak for, such as 10.0.0.0/8
    #[arg(long, value_name = "NETWORKS", env = "GREENZONE_TRUSTED_PROXIES", default_value = "", value_parser = parse_networks)]
    trusted_proxies: std::vec::Vec<ipnet::IpNet>,
    /// Origins whose pages may use the API, such as https://example.vn; none without
    #[arg(long, value_name = "ORIGINS", env = "GREENZONE_CORS_ORIGINS", default_value = "", value_parser = parse_origins)]
    cors_origins: std::vec::Vec<String>,
    /// Requests a second from one address, on the average; 0 for any number
    #[arg(long, value_name = "N", env = "GREENZONE_RATE_ADDRESS", default_value_t = DEFAULT_RATES.address_per_second)]
    rate_address: u32,
    /// Requests a second of one account or token, on the average; 0 for any number
    #[arg(long, value_name = "N", env = "GREENZONE_RATE_ACCOUNT", default_value_t = DEFAULT_RATES.account_per_second)]
    rate_account: u32,
    /// Sign-ins a minute to one account from one address; 0 for any number
    #[arg(long, value_name = "N", env = "GREENZONE_RATE_LOGIN", default_value_t = DEFAULT_RATES.login_per_minute)]
    rate_login: u32,
    /// Sign-ins a minute from one address; 0 for any number
    #[arg(long, value_name = "N", env = "GREENZONE_RATE_LOGINS", default_value_t = DEFAULT_RATES.logins_per_minute)]
    rate_logins: u32,
    /// Listeners to events at a time in this process; 0 for any number
    #[arg(long, value_name = "N", env = "GREENZONE_LISTENERS", default_value_t = DEFAULT_LISTENERS)]
    listeners: usize,
}

impl EdgeOptions {
    pub(super) fn edges(&self) -> Edges {
        let rates = Rates {
            address_per_second: self.rate_address,
            account_per_second: self.rate_account,
            login_per_minute: self.rate_login,
            logins_per_minute: self.rate_logins,
        };
        let (trusted_proxies, cors_origins) = (self.trusted_proxies.clone(), self.cors_origins.clone());
        Edges { trusted_proxies, cors_origins, rates, listeners: self.listeners }
    }
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
        let (passwords, keys) = (self.passwords.passwords()?, Some(self.keys.load(&database)?));
        let result_keys = self.result_keys.load(&database)?;
        let security = Security { passwords, keys, result_keys, private_webhooks: self.webhooks_allow_private };
        let service = app::open(database, Clock::System, !self.no_migrate, security)?;
        if service.accounts(&operator()?, "", 1)?.0 == 0 {
            tracing::warn!("there is no account yet: `greenzone user add NAME --role admin` makes the first one");
        }
        let address = listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
        tracing::info!(address, "serving");
        serve(service, &self.edges.edges(), listener, metrics)
    }
}

/// Takes an address.
pub(super) fn bind(address: &str) -> Result<TcpListener, Failure> {
    app::listen(address).map_err(|e| Failure::Environment(format!("cannot listen on {address}: {e}")))
}

/// Serves, and does what is due at its hour, until the process is told to stop.
pub(super) fn serve(
    service: Arc<Service>,
    edges: &Edges,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
) -> Result<(), Failure> {
    let metrics = Metrics::new().map_err(|e| Failure::Environment(e.to_string()))?;
    let failed = |e: std::io::Error| Failure::Environment(e.to_string());
    let _scheduler = Running::start(service.clone(), LONGEST_PAUSE).map_err(failed)?;
    actix_web::rt::System::new().block_on(async {
        if let Some(listener) = metrics_listener {
            actix_web::rt::spawn(app::metrics_server(service.clone(), metrics.clone(), listener).map_err(failed)?);
        }
        app::server(service, edges, metrics, listener, None).map_err(failed)?.await.map_err(failed)
    })
}

/// Brings a database to the current schema.
#[derive(Clone, Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseOptions,
    /// Spread the campaigns of an empty PostgreSQL database over so many partitions
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=256))]
    partitions: Option<u16>,
}

impl Migrate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut conn = address.connect()?;
        if let Some(number) = self.partitions {
            partitions::prepare(&mut conn, number)?;
        }
        let applied = store::migrate(&mut conn)?;
        let shown = match &address {
            store::Address::Sqlite(path) => path.display().to_string(),
            store::Address::Postgres(url) => without_password(url),
        };
        match applied.as_slice() {
            [] => anstream::println!("{shown} is current"),
            names => anstream::println!("{shown} is current; applied {}", names.join(", ")),
        }
        match partitions::count(&mut conn)? {
            0 => {}
            number => anstream::println!("its campaigns are spread over {number} partitions"),
        }
        Ok(())
    }
}

impl From<PartitionError> for Failure {
    fn from(error: PartitionError) -> Self {
        let code = match error {
            PartitionError::NotPostgres => "not_postgresql",
            PartitionError::NotEmpty(_) => "database_not_empty",
            PartitionError::Otherwise(_) => "partitioned_otherwise",
            PartitionError::Store(error) => return error.into(),
        };
        Self::of_request(code, Some("partitions"), error.to_string())
    }
}
