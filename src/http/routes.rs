//! The addresses there are: their methods, and the parameters of each.
//!
//! Filled from the OpenAPI document and from the pages. Requests are checked against
//! it, so the document cannot promise less or more than what is taken.

use super::problem::{ApiError, Kind};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use std::collections::HashMap;
use utoipa::openapi::PathItem;
use utoipa::openapi::path::Operation;

/// The addresses.
#[derive(Debug, Default)]
pub struct Routes {
    /// By address, then by method.
    parameters: HashMap<String, Vec<(Method, Vec<String>)>>,
    /// Each address with its methods.
    methods: Vec<(String, Vec<Method>)>,
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
    /// Adds an address with a method and its query parameters.
    pub fn add(&mut self, method: Method, pattern: &str, parameters: Vec<String>) {
        match self.methods.iter_mut().find(|(known, _)| known == pattern) {
            Some((_, methods)) => methods.push(method.clone()),
            None => self.methods.push((pattern.to_owned(), vec![method.clone()])),
        }
        self.parameters.entry(pattern.to_owned()).or_default().push((method, parameters));
    }

    /// The query parameters of an address with a method.
    pub fn parameters(&self, method: &Method, pattern: &str) -> &[String] {
        let of_address = self.parameters.get(pattern).map(Vec::as_slice).unwrap_or_default();
        of_address.iter().find(|(known, _)| known == method).map(|(_, names)| names.as_slice()).unwrap_or_default()
    }

    /// The methods of the address that a path belongs to; none where there is none.
    pub fn allowed(&self, path: &str) -> Option<String> {
        let (_, methods) = self.methods.iter().find(|(address, _)| is_at(address, path))?;
        let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        names.sort_unstable();
        Some(names.join(", "))
    }
}

/// Whether a path belongs to an address, of which a part in braces stands for any. (Another
/// set of the framework's compiled patterns would cost megabytes for what is rarely asked.)
fn is_at(address: &str, path: &str) -> bool {
    let is_same = |(part, given): (&str, &str)| part == given || (part.starts_with('{') && !given.is_empty());
    address.split('/').count() == path.split('/').count() && address.split('/').zip(path.split('/')).all(is_same)
}

/// Answers what no address answered: it has other methods, or nothing is there.
pub(crate) async fn not_found(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let routes = request.app_data::<web::Data<Routes>>();
    match routes.and_then(|r| r.allowed(request.uri().path())) {
        Some(allow) => Err(ApiError::method_not_allowed(allow)),
        None => Err(ApiError::new(Kind::NoSuchAddress, "there is nothing at this address")),
    }
}
