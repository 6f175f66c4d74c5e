//! What API and pages share of HTTP: who asks (`identity`, [`call`]), forms ([`form`]), refusals as problem details
//! ([`problem`]), how often somebody may ask
//! ([`limits`]), streams of events ([`listening`]), addresses and their parameters ([`routes`]), the outermost layer
//! ([`layer`]) and metrics. Knows no use case but the service's name.

pub mod call;
pub mod form;
mod identity;
mod layer;
pub mod limits;
pub mod listening;
mod metrics;
pub mod problem;
mod routes;

pub(crate) use layer::outermost;
pub(crate) use listening::Listeners;
pub use metrics::Metrics;
pub(crate) use routes::answer;
pub use routes::{Handler, Handles, RouteError, Routes, operations};
