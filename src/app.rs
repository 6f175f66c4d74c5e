//! The application, built once for the program and for tests.

use crate::api;
use crate::clock::Clock;
use crate::config::Edges;
use crate::http::limits::Limits;
use crate::http::{self, Listeners, Metrics};
use crate::service::{Security, Service};
use crate::store::{self, Address, Database, StoreError};
use crate::web as pages;
use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use socket2::{Domain, Socket, Type};
use std::net::{TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// Readers of the database at a time.
const READERS: u32 = 8;

/// How long requests that are being answered may take once the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;

/// Opens the service over a database, brought to the current schema first where `migrate` says so.
///
/// # Errors
/// Where the database cannot be reached or has another schema.
pub fn open(address: Address, clock: Clock, migrate: bool, security: Security) -> Result<Arc<Service>, StoreError> {
    let database = Database::new(address, READERS);
    let mut conn = database.connect()?;
    if migrate {
        store::migrate(&mut conn)?;
    } else if !store::is_current(&mut conn)? {
        let detail = "the database does not have the current schema; run `greenzone migrate`";
        return Err(StoreError::Unreadable(detail.to_owned()));
    }
    drop(conn);
    Service::start(database, clock, security).map_err(|e| StoreError::Unreachable(e.to_string()))
}

/// Connections that may wait to be taken: a thousand pages that reload at once are not to wait
/// a second for their next try. The system's own limit is a smaller one on some machines.
const BACKLOG: i32 = 4_096;

/// Takes an address to listen at, the first of its name that is free.
///
/// # Errors
/// Where it is no address, or none is free.
pub fn listen(address: &str) -> std::io::Result<TcpListener> {
    let mut refused = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        let listen = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            // as std does: an address is free again as soon as the server before has ended
            #[cfg(unix)]
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            Ok(socket.into())
        };
        match listen() {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// The server on a socket that is bound already.
///
/// # Errors
/// Where the socket cannot be listened on.
pub fn server(
    service: Arc<Service>,
    edges: &Edges,
    metrics: Metrics,
    listener: TcpListener,
    workers: Option<usize>,
) -> std::io::Result<Server> {
    let service = web::Data::from(service);
    let metrics = web::Data::new(metrics);
    let limits = web::Data::new(Limits::new(edges));
    let listeners = web::Data::new(Listeners::new(edges));
    actix_web::rt::spawn(end_at_signal(listeners.clone().into_inner()));
    let origins = edges.cors_origins.clone();
    let document = api::document();
    let mut routes = api::routes(&document).map_err(std::io::Error::other)?;
    let document = api::ServedDocument::of(&document);
    pages::add_routes(&mut routes).map_err(std::io::Error::other)?;
    let routes = web::Data::new(routes);
    let build = move || {
        App::new()
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(http::outermost))
            .app_data(service.clone())
            .app_data(metrics.clone())
            .app_data(limits.clone())
            .app_data(listeners.clone())
            .app_data(routes.clone())
            .configure(|config| api::configure(config, &document))
            .default_service(web::to(http::answer))
    };
    let server = HttpServer::new(build)
        // the head of a request; its body is timed where it is read
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(30))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .workers(workers.unwrap_or_else(default_workers));
    Ok(server.listen(listener)?.run())
}

/// Ends the streams once the process is told to stop: they have no end of their own, and the
/// server waits for what is being answered.
async fn end_at_signal(listeners: Arc<Listeners>) {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()];
    let signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    if signals.is_empty() {
        return;
    }
    futures_util::future::select_all(
        signals.into_iter().map(|mut signal| Box::pin(async move { signal.recv().await })),
    )
    .await;
    listeners.end();
}

/// What pages of other origins may do: what the API does, with a token in the header. No
/// cookie is ever asked for.
fn cors(origins: &[String]) -> Cors {
    let exposed = ["etag", "location", "retry-after", "greenzone-revision", "x-request-id"];
    let sent = [
        "authorization",
        "content-type",
        "accept",
        "accept-language",
        "if-match",
        "if-none-match",
        "idempotency-key",
        "last-event-id",
    ];
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers(sent)
        .expose_headers(exposed)
        .max_age(3_600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 16)
}

/// The server of the metrics.
///
/// # Errors
/// Where the socket cannot be listened on.
pub fn metrics_server(service: Arc<Service>, metrics: Metrics, listener: TcpListener) -> std::io::Result<Server> {
    let (metrics, service) = (web::Data::new(metrics), web::Data::from(service));
    let text = |metrics: web::Data<Metrics>, service: web::Data<Service>| async move {
        HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.text(&service))
    };
    let build =
        move || App::new().app_data(metrics.clone()).app_data(service.clone()).route("/metrics", web::get().to(text));
    Ok(HttpServer::new(build).workers(1).disable_signals().listen(listener)?.run())
}
