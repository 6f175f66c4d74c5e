//! What the council does to a result: each form one write, after which the browser is sent
//! back to the page; a refusal is shown at its form with what was typed.

use super::super::forms::{reason, typed};
use super::super::problems::Refused;
use super::{Desk, Said};
use crate::domain::time::parse_day;
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::Contest;
use crate::service::awards::decisions::AwardDecisionFor;
use crate::service::figures::escape;
use crate::service::results::{FinaliseFor, Override};
use crate::service::writer::Written;
use crate::service::{Code, Fault, Moment};
use actix_web::web;

/// What stands in the way and can be set aside; each has a field of its own.
pub(super) const CAN_BE_SET_ASIDE: [&str; 4] =
    ["unanswered_flags", "pending_approvals", "open_appeals", "undecided_ties"];

/// So many winners of a tie are read from a form.
pub(super) const MOST_WINNERS: usize = 500;

/// Freezes the boards, at once or from a day on.
pub(in crate::web) async fn post_freeze(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let from = form.get("from").map(|text| {
        parse_day(text)
            .map_err(|expected| Fault::of_field(Code::InvalidRequest, "/from", format!("expected {expected}")))
    });
    let asked = reason(&form, "reason").and_then(|why| Ok((why, from.transpose()?)));
    let written = match asked {
        Ok(asked) => {
            let request = call.form_write(&form, None);
            call.service.freeze(&grant, &call.path("campaign")?, asked, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "freeze", "frozen", written).await
}

/// Thaws the boards.
pub(in crate::web) async fn post_thaw(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let written = match reason(&form, "reason") {
        Ok(why) => {
            // what the public will see is loaded here, and not while the first of it waits
            call.look_live(Moment::Now).await?;
            let request = call.form_write(&form, None);
            call.service.thaw(&grant, &call.path("campaign")?, why, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "thaw", "thawed", written).await
}

/// Makes an issue of the result.
pub(in crate::web) async fn post_finalise(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let written = match finalise_for(&form) {
        Ok(ask) => {
            let request = call.form_write(&form, None);
            call.service.finalise(&grant, &call.path("campaign")?, ask, request).await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "finalise", "issued", written).await
}

/// What a form sets aside: those whose reason was filled in.
fn finalise_for(form: &Form) -> Result<FinaliseFor, Fault> {
    let mut overrides = Vec::new();
    for code in CAN_BE_SET_ASIDE {
        let field = format!("aside-{code}");
        if form.get(&field).is_some() {
            overrides.push(Override { code: code.to_owned(), reason: reason(form, &field)? });
        }
    }
    Ok(FinaliseFor { reason: reason(form, "reason")?, overrides })
}

/// Revokes an issue.
pub(in crate::web) async fn post_revoke(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let written = match reason(&form, "reason") {
        Ok(why) => {
            let (campaign, issue) = (call.path("campaign")?, typed(&form, "issue"));
            let request = call.form_write(&form, None);
            call.service.revoke_result(&grant, &campaign, issue, why, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "revoke", "revoked", written).await
}

/// Decides a tie for the last places of an award.
pub(in crate::web) async fn post_tie(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let written = match tie_of(&form) {
        Ok(new) => {
            let request = call.form_write(&form, None);
            call.service.decide_tie(&grant, &call.path("campaign")?, new, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "tie", "decided", written).await
}

fn tie_of(form: &Form) -> Result<AwardDecisionFor, Fault> {
    let winners = (0..MOST_WINNERS).filter_map(|at| form.get(&format!("winner-{at}")).map(str::to_owned));
    let wrong = |expected| Fault::of_field(Code::InvalidRequest, "/as_of", format!("expected {expected}"));
    Ok(AwardDecisionFor {
        award: typed(form, "award"),
        block: form.get("block").map(str::to_owned),
        as_of: form.get("as_of").map(parse_day).transpose().map_err(wrong)?,
        winners: winners.collect(),
        reason: reason(form, "reason")?,
    })
}

/// Takes a decision about a tie back.
pub(in crate::web) async fn post_untie(call: Call, payload: web::Payload) -> Answer {
    let grant = call.may::<Contest>()?;
    let form = call.form(payload).await?;
    let written = match reason(&form, "reason") {
        Ok(why) => {
            let (campaign, id) = (call.path("campaign")?, typed(&form, "id"));
            let request = call.form_write(&form, None);
            call.service.take_back_tie(&grant, &campaign, id, why, request).answer().await
        }
        Err(fault) => Err(fault),
    };
    done(&call, form, "untie", "taken_back", written).await
}

/// Sends the browser back to the page, or shows it again with why nothing was written.
async fn done(
    call: &Call,
    form: Form,
    name: &'static str,
    sent: &'static str,
    written: Result<Written, Fault>,
) -> Answer {
    let l = super::language(call)?;
    match written {
        Ok(_) => {
            let code = escape(&call.path("campaign")?);
            call.see_other(&format!("/c/{code}/result?lang={}&sent={sent}", l.code()))
        }
        Err(fault) => refused(call, form, name, Refused::of(fault)?).await,
    }
}

async fn refused(
    call: &Call,
    form: Form,
    name: &'static str,
    refused: Refused,
) -> Result<actix_web::HttpResponse, ApiError> {
    let desk = Desk::open(call).await?;
    desk.shown(call, &Said { sent: None, form: name, refused: Some(refused), typed: form }).await
}
