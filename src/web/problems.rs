//! What pages say of a refusal: its title in the reader's language, from the one table of
//! codes, and what the service says of it.

use super::words::Language;
use crate::http::problem::{ApiError, Kind};
use crate::service::{Code, Fault};
use maud::{Markup, html};

/// A refusal that is told on the page where it happened.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    fault: Fault,
}

/// How many wrong fields or lines are listed.
const LISTED: usize = 50;

impl Refused {
    /// What people can mend, or should know, on the page that they sent; anything else – who
    /// may not, what is not there, what nobody foresaw – is an error of its own.
    ///
    /// # Errors
    /// The refusal, where it is no matter of the page.
    pub(super) fn of(fault: Fault) -> Result<Self, ApiError> {
        match fault.code {
            Code::Forbidden
            | Code::Unauthenticated
            | Code::InvalidToken
            | Code::CampaignNotFound
            | Code::FlagNotFound
            | Code::ApprovalNotFound
            | Code::AppealNotFound
            | Code::ImportNotFound
            | Code::Unavailable
            | Code::Busy
            | Code::Internal => Err(fault.into()),
            _ => Ok(Self { fault }),
        }
    }

    /// The refusal with its title; of a file its first wrong lines.
    pub(super) fn told(&self, l: Language) -> Markup {
        let row = Kind::Of(self.fault.code).row();
        let errors = &self.fault.errors;
        let listed = errors.iter().take(LISTED);
        let total = self.fault.total.unwrap_or(errors.len() as u64);
        let more = total.saturating_sub(errors.len().min(LISTED) as u64);
        html! {
            div.ask id="told" role="alert" {
                b { (l.pick(row.vi, row.en)) }
                // the service says in English what exactly it is
                p lang="en" { (self.fault.detail) }
                @if errors.iter().any(|error| error.place.is_some()) {
                    ul.lines lang="en" {
                        @for error in listed {
                            li {
                                @if let Some(place) = &error.place {
                                    @if let Some(line) = place.line { b { (l.pick("Dòng", "Line")) " " (l.whole(line)) } " " }
                                    @if let Some(column) = &place.column { (column) ": " }
                                    (error.message)
                                    @if let Some(value) = &place.value { " (" (value) ")" }
                                } @else { (error.message) }
                            }
                        }
                    }
                    @if more > 0 {
                        p { @if l.is_vi() { "và " (l.whole(more)) " lỗi nữa" } @else { "and " (l.whole(more)) " more" } }
                    }
                }
            }
        }
    }
}
