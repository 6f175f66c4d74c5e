//! What pages say of a refusal: its title in the reader's language, from the one table of
//! codes, and what the service says of it.

use super::words::Language;
use crate::http::problem::{ApiError, Kind};
use crate::service::fault::FieldFault;
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
        let is_of_the_page = match Kind::Of(fault.code).row().status {
            401 | 403 | 500.. => false,
            404 => fault.code == Code::UnitNotFound,
            _ => true,
        };
        if is_of_the_page { Ok(Self { fault }) } else { Err(fault.into()) }
    }

    /// The refusal with its title; of a form what is wrong of each field, of a file its first
    /// wrong lines.
    pub(super) fn told(&self, l: Language) -> Markup {
        let row = Kind::Of(self.fault.code).row();
        let errors = &self.fault.errors;
        let is_file = errors.iter().any(|error| error.place.is_some());
        html! {
            div.ribbon.stop id="told" role="alert" {
                b { (l.pick(row.vi, row.en)) }
                // the service says in English what exactly it is
                @if is_file || errors.is_empty() { span lang="en" { (self.fault.detail) } }
                @if is_file { (self.lines(l)) } @else {
                    @for error in errors { span lang="en" { (field(error)) } }
                }
            }
        }
    }

    fn lines(&self, l: Language) -> Markup {
        let errors = &self.fault.errors;
        let total = self.fault.total.unwrap_or(errors.len() as u64);
        let more = total.saturating_sub(errors.len().min(LISTED) as u64);
        html! {
            ul.lines lang="en" {
                @for error in errors.iter().take(LISTED) {
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

/// What is wrong of a field, by its name.
fn field(error: &FieldFault) -> String {
    let name = error.pointer.trim_start_matches('/').replace('/', ".");
    let is_named = error.message.starts_with(&format!("{name}: "));
    if is_named { error.message.clone() } else { format!("{name}: {}", error.message) }
}
