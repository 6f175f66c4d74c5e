//! The addresses there are: their methods, the parameters of each, and who answers.
//!
//! Filled from the OpenAPI document and from the pages. Requests are checked against
//! it, so the document cannot promise less or more than what is taken. One tree of all
//! addresses finds the one of a request, for all workers; the framework's own way, which
//! tries compiled patterns one after another and holds them once a worker, cost a
//! microsecond for each address before it, and 58 kB.

use super::call::{Answer, Call};
use super::identity::{data, identify};
use super::layer::Traced;
use super::metrics::Measured;
use super::problem::{ApiError, Kind};
use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, web};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use utoipa::openapi::PathItem;
use utoipa::openapi::path::Operation;

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

/// Who answers requests: a function of the call, and of its body where it takes one.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Call, web::Payload) -> Answering + Send + Sync>);

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handler")
    }
}

/// What can be a handler; `Takes` tells the shapes of functions apart.
pub trait Handles<Takes> {
    /// The handler.
    fn handler(self) -> Handler;
}

impl<F, A> Handles<(Call,)> for F
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + 'static,
{
    fn handler(self) -> Handler {
        Handler(Arc::new(move |call, _| Box::pin(self(call))))
    }
}

impl<F, A> Handles<(Call, web::Payload)> for F
where
    F: Fn(Call, web::Payload) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + 'static,
{
    fn handler(self) -> Handler {
        Handler(Arc::new(move |call, payload| Box::pin(self(call, payload))))
    }
}

/// What is answered at an address for one method.
#[derive(Debug)]
struct Route {
    method: Method,
    /// The query parameters that it knows.
    parameters: Vec<String>,
    handler: Handler,
}

/// An address with what is answered there.
#[derive(Debug)]
pub(super) struct Address {
    /// As the document writes it.
    pub(super) pattern: String,
    /// Parts that stand for any, by name, with their places in a path.
    parts: Vec<(String, usize)>,
    routes: Vec<Route>,
    /// Its measures.
    pub(super) measured: Measured,
}

impl Address {
    fn new(pattern: &str) -> Self {
        let name = |part: &str| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned());
        let parts = pattern.split('/').enumerate().filter_map(|(at, part)| Some((name(part)?, at))).collect();
        Self { pattern: pattern.to_owned(), parts, routes: Vec::new(), measured: Measured::default() }
    }

    /// The place of a part in a path; none where the address has none of this name.
    pub(super) fn part(&self, name: &str) -> Option<usize> {
        self.parts.iter().find(|(of, _)| of == name).map(|(_, at)| *at)
    }

    fn route(&self, method: &Method) -> Option<&Route> {
        self.routes.iter().find(|route| route.method == *method)
    }

    fn allowed(&self) -> String {
        let mut names: Vec<&str> = self.routes.iter().map(|route| route.method.as_str()).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        names.sort_unstable();
        names.join(", ")
    }
}

/// The addresses.
#[derive(Debug, Default)]
pub struct Routes {
    addresses: Vec<Arc<Address>>,
    /// Their places by the paths that belong to them.
    tree: matchit::Router<usize>,
}

/// Two addresses cannot be told apart.
#[derive(Debug, thiserror::Error)]
#[error("{pattern} cannot be an address: {cause}")]
pub struct RouteError {
    pattern: String,
    cause: matchit::InsertError,
}

/// The operations of an address with their methods.
pub fn operations(item: &PathItem) -> Vec<(Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter_map(|(method, op)| op.as_ref().map(|op| (method, op))).collect()
}

impl Routes {
    /// Adds who answers at an address to a method, with the query parameters that are known
    /// there. A part of the address in braces stands for any that is not empty.
    ///
    /// # Errors
    /// It cannot be told from another address.
    pub fn add(
        &mut self,
        method: Method,
        pattern: &str,
        parameters: Vec<String>,
        handler: Handler,
    ) -> Result<(), RouteError> {
        let place = match self.addresses.iter().position(|address| address.pattern == pattern) {
            Some(place) => place,
            None => {
                let place = self.addresses.len();
                let told = |cause| RouteError { pattern: pattern.to_owned(), cause };
                self.tree.insert(pattern, place).map_err(told)?;
                self.addresses.push(Arc::new(Address::new(pattern)));
                place
            }
        };
        // nobody has an address before all are there
        if let Some(address) = self.addresses.get_mut(place).and_then(Arc::get_mut) {
            address.routes.push(Route { method, parameters, handler });
        }
        Ok(())
    }

    fn at(&self, path: &str) -> Option<&Arc<Address>> {
        self.tree.at(path).ok().and_then(|found| self.addresses.get(*found.value))
    }
}

/// Answers a request: by the handler of its address and method; else it has other methods,
/// or nothing is there.
pub(crate) async fn answer(request: HttpRequest, payload: web::Payload) -> Answer {
    let asker = identify(&request).await?;
    let routes = data::<Routes>(&request)?.clone();
    let nothing = || ApiError::new(Kind::NoSuchAddress, "there is nothing at this address");
    let address = routes.at(request.uri().path()).ok_or_else(nothing)?;
    if let Some(traced) = request.extensions_mut().get_mut::<Traced>() {
        traced.address = Some(address.clone());
    }
    let other = || ApiError::method_not_allowed(address.allowed());
    let route = address.route(request.method()).ok_or_else(other)?;
    let call = Call::read(request, asker, address.clone(), &route.parameters)?;
    (route.handler.0)(call, payload).await
}
