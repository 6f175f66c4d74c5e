//! The REST API (contract.md section 3): who, what, one call, reply.
//!
//! Handlers read a request ([`crate::http::call`]), call one use case of [`crate::service`] and give
//! its view back as bytes. Each is written once with its description, from which the
//! OpenAPI document is made; requests are checked against that document. Start reading
//! at [`document`] and at `leaderboard`.

mod audit;
mod auth;
mod body;
mod bounds;
mod campaigns;
mod course;
mod criteria;
mod decisions;
mod dry_run;
mod figures;
mod firmness;
mod history;
mod import;
mod leaderboard;
mod levels;
mod paging;
mod params;
mod policies;
mod system;
mod units;
mod users;

use crate::http::problem::Problem;
use crate::http::{Routes, operations};
use crate::service::rendered::Rendered;
use actix_web::web;
use system::Document;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, InfoBuilder, License, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation, written once.
fn operations_of(config: &mut ServiceConfig<'_>) {
    config
        // addresses are tried one after another: what everybody asks for stands first
        .service(leaderboard::get_leaderboard)
        .service(figures::put_figure)
        .service(campaigns::get_status)
        .service(leaderboard::get_leaderboard_around)
        .service(leaderboard::get_standing)
        .service(history::get_history)
        .service(history::get_green_share)
        .service(firmness::get_certainty)
        .service(firmness::get_sensitivity)
        .service(campaigns::list_campaigns)
        .service(campaigns::create_campaign)
        .service(campaigns::get_campaign)
        .service(campaigns::put_campaign)
        .service(policies::list_policies)
        .service(policies::create_policy)
        .service(policies::get_policy)
        .service(dry_run::create_dry_run)
        .service(levels::list_level_schemes)
        .service(levels::get_level_scheme)
        .service(levels::get_level_history)
        .service(levels::get_levels)
        .service(figures::get_figure_history)
        .service(figures::get_figure)
        .service(figures::delete_figure)
        .service(figures::list_unit_figures)
        .service(figures::list_figures)
        .service(figures::create_figures)
        .service(decisions::put_state)
        .service(decisions::delete_state)
        .service(decisions::put_start_level)
        .service(decisions::delete_start_level)
        .service(decisions::put_excuse)
        .service(decisions::delete_excuse)
        .service(decisions::list_excuses)
        .service(decisions::list_start_levels)
        .service(decisions::list_adjustments)
        .service(decisions::create_adjustment)
        .service(decisions::get_adjustment)
        .service(decisions::delete_adjustment)
        .service(criteria::list_criteria_sets)
        .service(criteria::adopt_criteria)
        .service(criteria::list_criteria)
        .service(criteria::get_criterion)
        .service(criteria::put_criterion)
        .service(criteria::delete_criterion)
        .service(criteria::list_assessments)
        .service(criteria::list_unit_assessments)
        .service(criteria::get_assessment)
        .service(criteria::put_assessment)
        .service(criteria::verify_assessment)
        .service(course::list_declared_levels)
        .service(course::put_declared_level)
        .service(course::delete_declared_level)
        .service(course::list_lifetimes)
        .service(course::get_lifetime)
        .service(course::put_lifetime)
        .service(course::delete_lifetime)
        .service(course::get_roll_up)
        .service(units::list_units)
        .service(units::create_units)
        .service(units::get_unit)
        .service(units::put_unit)
        .service(units::delete_unit)
        .service(units::get_neighbours)
        .service(units::put_neighbours)
        .service(import::import)
        .service(auth::login)
        .service(auth::refresh)
        .service(auth::logout)
        .service(auth::get_me)
        .service(auth::put_password)
        .service(users::list_users)
        .service(users::create_user)
        .service(users::create_reset_code)
        .service(users::get_user)
        .service(users::put_user)
        .service(users::list_tokens)
        .service(users::create_token)
        .service(users::get_token)
        .service(users::delete_token)
        .service(audit::get_audit)
        .service(system::get_keys)
        .service(system::get_health)
        .service(system::get_readiness)
        .service(system::get_openapi)
        .service(system::get_problem);
}

/// The OpenAPI 3.1 document.
pub fn document() -> OpenApi {
    let (_, mut document) = actix_web::App::new().into_utoipa_app().configure(operations_of).split_for_parts();
    document.info = InfoBuilder::new()
        .title("greenzone")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Scoring service for green-zone emulation campaigns: daily F0 figures in, exact leaderboards out.",
        ))
        .license(Some(License::new("MIT")))
        .build();
    let components = document.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("bearer", bearer);
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    components.schemas.extend(nested);
    for item in document.paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for operation in all.into_iter().flatten() {
            for status in ["4XX", "default"] {
                operation.responses.responses.insert(status.to_owned(), RefOr::T(problem_response()));
            }
        }
    }
    bounds::bound(&mut document);
    document
}

fn problem_response() -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    let content: Content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description("A problem").content("application/problem+json", content).build()
}

/// The document as it is printed and committed.
pub fn document_text() -> String {
    text_of(&document())
}

fn text_of(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Adds the API to an application, with the document that it serves.
pub(crate) fn configure(config: &mut web::ServiceConfig, document: &ServedDocument) {
    config.app_data(document.0.clone());
    operations_of(&mut ServiceConfig::new(config));
}

/// The document as it is served, made once for all workers.
#[derive(Clone, Debug)]
pub(crate) struct ServedDocument(web::Data<Document>);

impl ServedDocument {
    /// Prints it.
    pub(crate) fn of(document: &OpenApi) -> Self {
        Self(web::Data::new(Document(Rendered::new(text_of(document).into_bytes()))))
    }
}

/// The addresses of the document.
pub fn routes(document: &OpenApi) -> Routes {
    let mut routes = Routes::default();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            routes.add(method, path, query_parameters(operation));
        }
    }
    routes
}

fn query_parameters(operation: &Operation) -> Vec<String> {
    let of_query = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(p) if p.parameter_in == ParameterIn::Query => Some(p.name.clone()),
        _ => None,
    });
    of_query.collect()
}
