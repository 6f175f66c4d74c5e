//! What the forms of those who run a contest share: the key by which one that is sent twice
//! writes once, the field for a reason, and where a refusal is said.

use super::account::token_field;
use super::problems::Refused;
use super::words::Language;
use crate::domain::text::parse_reason;
use crate::http::call::Call;
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::sessions::form_key;
use crate::service::{Code, Fault};
use maud::{Markup, html};

/// What is said above a form that was refused.
pub(super) fn alert(l: Language, refused: Option<&Refused>) -> Markup {
    html! { @if let Some(refused) = refused { (refused.told(l)) } }
}

/// What is said of a form that was taken.
pub(super) fn receipt(words: Option<&str>) -> Markup {
    html! { @if let Some(words) = words { div.ribbon.final role="status" { b { (words) } } } }
}

/// The fields that nobody sees: that the form is ours, and that it is sent once.
pub(super) fn hidden(call: &Call) -> Result<Markup, ApiError> {
    let key = form_key()?;
    Ok(html! { (token_field(call)) input type="hidden" name="key" value=(key); })
}

/// A text as it was typed. Browsers end the lines of a text with two characters, which its
/// length does not mean.
pub(super) fn typed(form: &Form, name: &str) -> String {
    form.get(name).unwrap_or_default().replace("\r\n", "\n")
}

/// The reason that a form gives.
///
/// # Errors
/// 422 where there is none, or it is too long.
pub(super) fn reason(form: &Form, name: &str) -> Result<String, Fault> {
    let text = typed(form, name);
    parse_reason(&text)
        .map_err(|expected| Fault::of_field(Code::ReasonRequired, format!("/{name}"), format!("expected {expected}")))
}

/// The field for a reason.
pub(super) fn reason_field(l: Language, id: &str, value: &str) -> Markup {
    html! {
        label for=(id) { (l.pick("Lý do (không công khai)", "Reason (never public)")) }
        textarea id=(id) name="reason" rows="2" maxlength="500" required { (value) }
    }
}

/// A field of one line.
pub(super) fn field(id: &str, label: &str, value: &str, max: u32) -> Markup {
    html! {
        label for=(id) { (label) }
        input id=(id) name=(id) value=(value) maxlength=(max);
    }
}

/// A table that scrolls by itself on a narrow page.
pub(super) fn scrolling(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="group" aria-label=(label) { (table) } }
}
