//! Pages from the same services and views as the API (the design: one table is the
//! story; a level is never only a colour; every control is a link or a form).
//!
//! Nothing needs JavaScript. One small script of our own (`app.js`) tells of a new board and
//! keeps a form on a bad line; the content security policy allows no other. Start reading at
//! [`leaderboard`].

mod account;
mod charts;
mod colours;
mod console;
mod docs;
mod entry;
mod forms;
mod frame;
mod help;
mod home;
mod leaderboard;
mod log;
mod map;
mod people;
mod problems;
mod result;
mod rules;
mod setup;
mod unit;
mod words;

use crate::http::call::{Answer, Call, wants_vietnamese};
use crate::http::listening::EVENTS;
use crate::http::problem::ApiError;
use crate::http::{Handles, RouteError, Routes};
use crate::service::board_csv::{Reader, board_csv};
use crate::service::boards::{AskError, Show, board_view, resolve};
use crate::service::events::EventView;
use crate::service::figures::{escape, visible_unit};
use crate::service::levels::Lens;
use crate::service::rendered::{Key, Rendered};
use crate::service::{Fault, Moment};
use actix_web::HttpResponse;
use actix_web::http::{Method, header};
use frame::Visitor;
use leaderboard::Asked;
use maud::Markup;
use words::Language;

const HTML: &str = "text/html; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8; header=present";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What a page may load: its own stylesheets and script, and that may ask this host.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Who reads a page is told from a cookie.
const PAGE_VARY: &str = "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language";

static STYLE: &str = include_str!("style.css");

/// Adds the pages' addresses.
///
/// # Errors
/// One that cannot be told from another.
pub(crate) fn add_routes(routes: &mut Routes) -> Result<(), RouteError> {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let of_board = ["kind", "track", "by", "as_of", "within", "block", "lang", "page"];
    let of_csv = ["kind", "track", "by", "as_of", "within", "block"];
    routes.add(Method::GET, "/", names(&["lang"]), get_home.handler())?;
    routes.add(Method::GET, "/c/{campaign}", names(&of_board), get_leaderboard_page.handler())?;
    routes.add(Method::GET, "/c/{campaign}/board.csv", names(&of_csv), get_board_csv.handler())?;
    routes.add(Method::GET, "/c/{campaign}/levels.css", Vec::new(), get_levels_css.handler())?;
    routes.add(
        Method::GET,
        "/c/{campaign}/enter",
        names(&["unit", "day", "q", "sent", "source", "lang"]),
        entry::get_entry.handler(),
    )?;
    routes.add(Method::POST, "/c/{campaign}/enter", names(&["lang"]), entry::post_entry.handler())?;
    console::add_routes(routes)?;
    let of_unit = ["by", "as_of", "lang"];
    routes.add(Method::GET, "/c/{campaign}/u/{code}", names(&of_unit), unit::get_unit_page.handler())?;
    let of_map = ["kind", "date", "lang"];
    let of_map_page = ["kind", "date", "lang", "page"];
    routes.add(Method::GET, "/c/{campaign}/map", names(&of_map_page), map::get_map_page.handler())?;
    routes.add(Method::GET, "/c/{campaign}/map.svg", names(&of_map), map::get_map_svg.handler())?;
    routes.add(Method::GET, "/c/{campaign}/levels.geojson", names(&of_map), map::get_levels_geojson.handler())?;
    routes.add(Method::GET, "/c/{campaign}/rules", names(&["lang"]), rules::get_rules_page.handler())?;
    routes.add(Method::GET, "/help", names(&["lang"]), help::get_help.handler())?;
    routes.add(Method::GET, "/help/{guide}", names(&["lang"]), help::get_guide.handler())?;
    routes.add(Method::GET, "/help/images/{image}", Vec::new(), help::get_image.handler())?;
    add_result_routes(routes)?;
    add_set_up_routes(routes)?;
    routes.add(Method::GET, "/sign-in", names(&["next", "lang"]), account::get_sign_in.handler())?;
    routes.add(Method::POST, "/sign-in", names(&["lang"]), account::post_sign_in.handler())?;
    routes.add(Method::GET, "/sign-in/code", names(&["lang"]), account::get_code.handler())?;
    routes.add(Method::POST, "/sign-in/code", names(&["lang"]), account::post_code.handler())?;
    routes.add(Method::GET, "/me", names(&["lang"]), account::get_me_page.handler())?;
    routes.add(Method::POST, "/sign-out", Vec::new(), account::post_sign_out.handler())?;
    routes.add(Method::GET, "/assets/style.css", Vec::new(), get_style.handler())?;
    routes.add(Method::GET, "/assets/app.js", Vec::new(), get_script.handler())?;
    routes.add(Method::GET, "/c/{campaign}/events", Vec::new(), get_page_events.handler())?;
    routes.add(Method::GET, "/docs", Vec::new(), docs::to_guide.handler())?;
    routes.add(Method::GET, "/docs/", Vec::new(), docs::get_guide.handler())?;
    routes.add(Method::GET, "/docs/{file}", Vec::new(), docs::get_file.handler())
}

/// The addresses of a campaign's result.
fn add_result_routes(routes: &mut Routes) -> Result<(), RouteError> {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let of_page = names(&["audience", "issue", "sent", "lang"]);
    routes.add(Method::GET, "/c/{campaign}/result", of_page, result::get_result.handler())?;
    let lang = || names(&["lang"]);
    routes.add(Method::POST, "/c/{campaign}/result/freeze", lang(), result::post_freeze.handler())?;
    routes.add(Method::POST, "/c/{campaign}/result/thaw", lang(), result::post_thaw.handler())?;
    routes.add(Method::POST, "/c/{campaign}/result/finalise", lang(), result::post_finalise.handler())?;
    routes.add(Method::POST, "/c/{campaign}/result/revoke", lang(), result::post_revoke.handler())?;
    routes.add(Method::POST, "/c/{campaign}/result/tie", lang(), result::post_tie.handler())?;
    routes.add(Method::POST, "/c/{campaign}/result/untie", lang(), result::post_untie.handler())?;
    let proof = names(&["audience"]);
    routes.add(Method::GET, "/c/{campaign}/result/{issue}/proof", proof, result::get_proof.handler())?;
    routes.add(Method::GET, "/c/{campaign}/files/{what}", names(&["format", "issue"]), result::get_file.handler())
}

/// The addresses of the log, of setting a campaign up, and of accounts.
fn add_set_up_routes(routes: &mut Routes) -> Result<(), RouteError> {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let of_log = names(&["actor", "action", "day", "target", "before", "check", "lang"]);
    routes.add(Method::GET, "/c/{campaign}/log", of_log, log::get_log.handler())?;
    let sent = || names(&["sent", "lang"]);
    let lang = || names(&["lang"]);
    routes.add(Method::GET, "/c/{campaign}/setup", sent(), setup::get_campaign.handler())?;
    routes.add(Method::POST, "/c/{campaign}/setup", lang(), setup::post_campaign.handler())?;
    let of_units = names(&["q", "kind", "unit", "page", "sent", "lang"]);
    routes.add(Method::GET, "/c/{campaign}/setup/units", of_units, setup::get_units.handler())?;
    routes.add(Method::POST, "/c/{campaign}/setup/units", lang(), setup::post_unit.handler())?;
    routes.add(Method::GET, "/c/{campaign}/setup/rules", sent(), setup::get_rules.handler())?;
    routes.add(Method::POST, "/c/{campaign}/setup/rules", lang(), setup::post_rules.handler())?;
    routes.add(Method::GET, "/accounts", names(&["after", "sent", "lang"]), people::get_accounts.handler())?;
    routes.add(Method::POST, "/accounts", lang(), people::post_account.handler())?;
    routes.add(Method::POST, "/accounts/{username}/state", lang(), people::post_state.handler())?;
    routes.add(Method::POST, "/accounts/{username}/reset", lang(), people::post_reset.handler())
}

fn language(call: &Call) -> Result<Language, ApiError> {
    let read = |text: &str| match text {
        "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    };
    let asked = call.parse("lang", "vi or en", read)?;
    // Vietnamese first; English for who asks for it and not for Vietnamese
    let preferred = call.accept_language();
    let is_english = preferred.is_some_and(|p| p.to_ascii_lowercase().contains("en") && !wants_vietnamese(Some(p)));
    Ok(asked.unwrap_or(if is_english { Language::En } else { Language::Vi }))
}

fn page(call: &Call, rendered: &Rendered, revision: Option<i64>) -> HttpResponse {
    let mut response = call.reply(rendered, HTML, revision);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, header::HeaderValue::from_static(PAGE_VARY));
    response
}

/// What a page is in the other language: itself, whatever is asked of it, but for what was said
/// of a form. A page that a form was sent to is read at another address.
fn in_other_language(call: &Call, l: Language, read_at: String) -> String {
    call.address_with(("lang", l.other().code()), &["done", "sent"]).unwrap_or(read_at)
}

/// A page that is made anew for each reader and kept by nobody: its forms are of one session.
fn own_page(call: &Call, html: Markup) -> HttpResponse {
    let mut response = page(call, &Rendered::new(html.into_string().into_bytes()), None);
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
    response
}

/// The campaigns.
async fn get_home(call: Call) -> Answer {
    let language = language(&call)?;
    let caller = call.reader();
    let campaigns = call.service.blocking(move |service| service.campaigns(&caller)).await?;
    let html = home::page(language, &campaigns, Visitor::of(&call, None)).into_string();
    Ok(page(&call, &Rendered::new(html.into_bytes()), None))
}

/// The leaderboard.
async fn get_leaderboard_page(call: Call) -> Answer {
    let language = language(&call)?;
    let view = call.look(Moment::Now).await?;
    let sight = call.sight(&view.snapshot);
    let ask = call.board()?;
    let number = call.number("page", 1, 1_000_000)?.unwrap_or(1) as usize;
    if let Some(code) = &ask.within {
        visible_unit(&view.snapshot, code, sight)?;
    }
    let default_day = view.default_day(Moment::Now);
    let version = EventView::of(&view).id();
    let (snapshot, now) = (view.snapshot, view.judged_at);
    let revision = Some(snapshot.revision);
    let query = match resolve(snapshot.ledger(), &ask, now) {
        Ok(query) => query,
        Err(AskError::NotStarted) => {
            let visitor = Visitor::of(&call, Some(&snapshot.campaign().code));
            let html = leaderboard::empty_page(&snapshot, language, visitor, Some(&version)).into_string();
            return Ok(page(&call, &Rendered::new(html.into_bytes()), revision));
        }
        Err(error) => return Err(Fault::from(error).into()),
    };
    call.note_private_read(&snapshot, snapshot.is_private_kind(query.kind)).await?;
    let is_closed = now >= snapshot.campaign().cut_off(snapshot.ledger().calendar.day(query.as_of));
    let visitor = Visitor::of(&call, Some(&snapshot.campaign().code));
    let asked = Asked { language, query, page: number, now, lens: Lens { sight, default_day }, visitor, version };
    let key = Key::of(&snapshot, ("page", &asked.query, language, number, asked.lens, is_closed, &asked.visitor));
    let make = move || Ok(leaderboard::page(&snapshot, &asked)?.into_string().into_bytes());
    Ok(page(&call, &*call.service.answers.get(key, make).await?, revision))
}

/// Tells a page when another board is shown. As `/events` of the API, for who is known by the
/// cookie of a page: browsers send no token with what they listen to.
async fn get_page_events(call: Call) -> Answer {
    call.accepts(&[EVENTS])?;
    call.listen().await
}

/// The same board as a table for spreadsheets.
async fn get_board_csv(call: Call) -> Answer {
    let view = call.look(Moment::Now).await?;
    let sight = call.sight(&view.snapshot);
    let ask = call.board()?;
    if let Some(code) = &ask.within {
        visible_unit(&view.snapshot, code, sight)?;
    }
    let default_day = view.default_day(Moment::Now);
    let snapshot = view.snapshot;
    let revision = snapshot.revision;
    let query = resolve(snapshot.ledger(), &ask, view.judged_at).map_err(Fault::from)?;
    call.note_private_read(&snapshot, snapshot.is_private_kind(query.kind)).await?;
    let day = snapshot.ledger().calendar.day(query.as_of);
    let kind = snapshot.campaign().kind(query.kind).map(|k| escape(&k.code)).unwrap_or_default();
    let file = format!("{}-{kind}-{}-{day}.csv", escape(&snapshot.campaign().code), query.track.code());
    let is_default = default_day == Some(query.as_of);
    let key = Key::of(&snapshot, ("csv", &query, sight, is_default));
    let make = move || {
        let show = Show {
            revision: Some(snapshot.revision),
            policy_version: Some(snapshot.policy_version),
            status: Some(snapshot.status()),
            ..Show::default()
        };
        let board = board_view(&snapshot.boards, &query, &show, |unit| snapshot.shown(unit, sight, is_default));
        Ok(board_csv(&board, Reader::Spreadsheet).into_bytes())
    };
    let mut response = call.reply(&*call.service.answers.get(key, make).await?, CSV, Some(revision));
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static(PAGE_VARY));
    let disposition = header::HeaderValue::from_str(&format!("attachment; filename=\"{file}\""));
    if let Ok(disposition) = disposition {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The colours of a campaign's levels.
async fn get_levels_css(call: Call) -> Answer {
    let view = call.look(Moment::Now).await?;
    let campaign = view.snapshot.campaign();
    let css = colours::stylesheet(&campaign.scheme, campaign.window.days() as usize + 1);
    let mut response = call.reply(&Rendered::new(css.into_bytes()), CSS, None);
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static(PAGE_VARY));
    Ok(response)
}

/// The stylesheet of all pages.
async fn get_style(call: Call) -> Answer {
    static RENDERED: std::sync::LazyLock<Rendered> =
        std::sync::LazyLock::new(|| Rendered::new(STYLE.as_bytes().to_vec()));
    Ok(call.reply(&RENDERED, CSS, None))
}

/// The script of all pages.
async fn get_script(call: Call) -> Answer {
    static RENDERED: std::sync::LazyLock<Rendered> =
        std::sync::LazyLock::new(|| Rendered::new(include_bytes!("app.js").to_vec()));
    Ok(call.reply(&RENDERED, SCRIPT, None))
}
