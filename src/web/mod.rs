//! Pages from the same services and views as the API.

use actix_web::web;

/// Adds the pages to an application.
pub(crate) fn configure(_config: &mut web::ServiceConfig) {}
