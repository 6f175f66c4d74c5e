//! What the OpenAPI document says of each address: its methods and their parameters.
//! Requests are checked against it, so the document cannot promise less or more.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use std::collections::HashMap;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

/// The addresses of the API.
#[derive(Debug)]
pub struct Routes {
    parameters: HashMap<(Method, String), Vec<String>>,
    /// Each address with its methods.
    methods: Vec<(ResourceDef, String)>,
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
    /// The addresses of a document.
    pub fn of(document: &OpenApi) -> Self {
        let mut parameters = HashMap::new();
        let mut methods = Vec::new();
        for (path, item) in &document.paths.paths {
            let mut allow = Vec::new();
            for (method, operation) in operations(item) {
                let of_query = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
                    RefOr::T(p) if p.parameter_in == ParameterIn::Query => Some(p.name.clone()),
                    _ => None,
                });
                parameters.insert((method.clone(), path.clone()), of_query.collect());
                if method == Method::GET {
                    allow.push("HEAD".to_owned());
                }
                allow.push(method.to_string());
            }
            allow.sort();
            methods.push((ResourceDef::new(path.as_str()), allow.join(", ")));
        }
        Self { parameters, methods }
    }

    /// The query parameters of an operation.
    pub(super) fn parameters(&self, method: &Method, pattern: &str) -> &[String] {
        self.parameters.get(&(method.clone(), pattern.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The methods of the address that a path belongs to; none where there is none.
    pub(super) fn allowed(&self, path: &str) -> Option<&str> {
        self.methods.iter().find(|(address, _)| address.is_match(path)).map(|(_, allow)| allow.as_str())
    }
}
