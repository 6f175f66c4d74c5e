//! The log: lines for people on a terminal, JSON elsewhere; `RUST_LOG` says how much.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts the log on standard error.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // telling standard error that nothing can be written to it would panic in the midst of a
    // request: where the log shares a full disk with the database, answers matter more
    let builder = builder.log_internal_errors(false);
    // a second start, as in tests, changes nothing
    let _ = if std::io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
}
