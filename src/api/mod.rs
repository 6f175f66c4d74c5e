//! The REST API (contract.md section 3): who, what, one call, reply.
//!
//! Handlers read a request ([`crate::http::call`]), call one use case of [`crate::service`] and give
//! its view back as bytes. Each is written once with its description, from which the
//! OpenAPI document is made; requests are checked against that document. Start reading
//! at [`document`] and at `leaderboard`.

mod appeals;
mod approvals;
mod audit;
mod auth;
mod awards;
mod body;
mod bounds;
mod campaigns;
mod completeness;
mod course;
mod criteria;
mod days;
mod decisions;
mod dry_run;
mod events;
mod exports;
mod figures;
mod firmness;
mod flags;
mod freeze;
mod history;
mod import;
mod imports;
mod leaderboard;
mod levels;
mod paging;
mod params;
mod policies;
mod reconciliation;
mod results;
mod system;
mod units;
mod users;
mod webhooks;

use crate::http::problem::Problem;
use crate::http::{Handler, Handles, RouteError, Routes, operations};
use crate::service::rendered::Rendered;
use actix_web::web;
use std::collections::HashMap;
use system::Document;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, InfoBuilder, License, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

macro_rules! operations {
    ($($module:ident::$name:ident),+ $(,)?) => {
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($module::$name),+))]
        struct Operations;

        /// Who answers each operation, by its id.
        fn handlers() -> HashMap<&'static str, Handler> {
            [$((stringify!($name), $module::$name.handler())),+].into()
        }
    };
}

// every operation, written once
operations! {
    leaderboard::get_leaderboard,
    figures::put_figure,
    campaigns::get_status,
    leaderboard::get_leaderboard_around,
    leaderboard::get_standing,
    events::get_events,
    history::get_history,
    history::get_green_share,
    firmness::get_certainty,
    firmness::get_sensitivity,
    campaigns::list_campaigns,
    campaigns::create_campaign,
    campaigns::get_campaign,
    campaigns::put_campaign,
    policies::list_policies,
    policies::create_policy,
    policies::get_policy,
    dry_run::create_dry_run,
    levels::list_level_schemes,
    levels::get_level_scheme,
    levels::get_level_history,
    levels::get_levels,
    figures::get_figure_history,
    figures::get_figure,
    figures::delete_figure,
    figures::list_unit_figures,
    figures::list_figures,
    figures::create_figures,
    completeness::get_completeness,
    days::list_days,
    days::get_day,
    days::close_day,
    webhooks::list_webhooks,
    webhooks::create_webhook,
    webhooks::get_webhook,
    webhooks::put_webhook,
    webhooks::delete_webhook,
    webhooks::ping_webhook,
    webhooks::list_deliveries,
    completeness::get_completeness_days,
    flags::list_flags,
    flags::get_flag,
    flags::put_flag,
    flags::delete_flag,
    freeze::get_freeze,
    freeze::put_freeze,
    freeze::delete_freeze,
    figures::get_figure_sources,
    reconciliation::get_reconciliation,
    decisions::put_state,
    decisions::delete_state,
    decisions::put_start_level,
    decisions::delete_start_level,
    decisions::put_excuse,
    decisions::delete_excuse,
    decisions::list_excuses,
    decisions::list_start_levels,
    decisions::list_adjustments,
    decisions::create_adjustment,
    decisions::get_adjustment,
    decisions::delete_adjustment,
    criteria::list_criteria_sets,
    criteria::adopt_criteria,
    criteria::list_criteria,
    criteria::get_criterion,
    criteria::get_criterion_history,
    criteria::put_criterion,
    criteria::delete_criterion,
    criteria::list_assessments,
    criteria::list_unit_assessments,
    criteria::get_assessment,
    criteria::put_assessment,
    criteria::verify_assessment,
    course::list_declared_levels,
    course::put_declared_level,
    course::delete_declared_level,
    course::list_lifetimes,
    course::get_lifetime,
    course::put_lifetime,
    course::delete_lifetime,
    course::get_roll_up,
    units::list_units,
    units::create_units,
    units::get_unit,
    units::put_unit,
    units::delete_unit,
    units::get_neighbours,
    units::put_neighbours,
    import::import,
    imports::list_imports,
    imports::get_import,
    imports::undo_import,
    results::get_blockers,
    results::finalise,
    results::list_results,
    results::get_result,
    results::get_result_document,
    results::revoke_result,
    results::get_result_board,
    appeals::list_appeals,
    appeals::create_appeal,
    appeals::get_appeal,
    appeals::put_appeal,
    appeals::delete_appeal,
    approvals::list_approvals,
    approvals::get_approval,
    approvals::approve_request,
    approvals::reject_request,
    approvals::delete_approval,
    exports::get_export,
    awards::get_awards,
    awards::list_award_decisions,
    awards::create_award_decision,
    awards::delete_award_decision,
    auth::login,
    auth::refresh,
    auth::logout,
    auth::get_me,
    auth::put_password,
    users::list_users,
    users::create_user,
    users::create_reset_code,
    users::get_user,
    users::put_user,
    users::list_tokens,
    users::create_token,
    users::get_token,
    users::delete_token,
    audit::get_audit,
    system::get_keys,
    system::get_result_keys,
    system::get_health,
    system::get_readiness,
    system::get_openapi,
    system::get_problem,
}

/// The OpenAPI 3.1 document.
pub fn document() -> OpenApi {
    let mut document = Operations::openapi();
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

/// Adds the document that the API serves to an application.
pub(crate) fn configure(config: &mut web::ServiceConfig, document: &ServedDocument) {
    config.app_data(document.0.clone());
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

/// The addresses of the document, with who answers there.
///
/// # Errors
/// Two that cannot be told apart.
pub fn routes(document: &OpenApi) -> Result<Routes, RouteError> {
    let mut routes = Routes::default();
    let handlers = handlers();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if let Some(handler) = handlers.get(id) {
                routes.add(method, path, query_parameters(operation), handler.clone())?;
            }
        }
    }
    Ok(routes)
}

fn query_parameters(operation: &Operation) -> Vec<String> {
    let of_query = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(p) if p.parameter_in == ParameterIn::Query => Some(p.name.clone()),
        _ => None,
    });
    of_query.collect()
}
