//! `/c/{campaign}/setup`: a campaign's document, its register of units, its rules; each a
//! page of forms for the council over the same service functions as the API.

mod campaign;
mod rules;
mod units;

pub(super) use campaign::{get_campaign, post_campaign};
pub(super) use rules::{get_rules, post_rules};
pub(super) use units::{get_units, post_unit};

use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use super::{in_other_language, own_page};
use crate::domain::Campaign;
use crate::http::call::Call;
use crate::http::problem::ApiError;
use crate::service::access::{Campaigns, Rules, Units};
use crate::service::figures::escape;
use actix_web::HttpResponse;
use maud::{Markup, html};

/// The parts of setting up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Campaign,
    Units,
    Rules,
}

impl Part {
    fn address(self, campaign: &Campaign, l: Language) -> String {
        let page = match self {
            Self::Campaign => "setup",
            Self::Units => "setup/units",
            Self::Rules => "setup/rules",
        };
        format!("/c/{}/{page}?lang={}", escape(&campaign.code), l.code())
    }
}

/// A page of setting up around its content.
fn shown(call: &Call, l: Language, (campaign, part): (&Campaign, Part), content: &Markup) -> HttpResponse {
    let code = Some(campaign.code.as_str());
    let parts = [
        (call.caller.may::<Campaigns>(code).is_ok(), Part::Campaign, l.pick("Đợt thi đua", "Campaign")),
        (call.caller.may::<Units>(code).is_ok(), Part::Units, l.pick("Đơn vị", "Units")),
        (call.caller.may::<Rules>(code).is_ok(), Part::Rules, l.pick("Thể lệ", "Rules")),
    ];
    let content = html! {
        div.head {
            h1 { (l.pick("Thiết lập", "Set-up")) }
            p { (super::home::title(campaign, l)) }
        }
        nav.links aria-label=(l.pick("Các phần", "Parts")) {
            @for (_, at, name) in parts.into_iter().filter(|(may, ..)| *may) {
                a.btn href=(at.address(campaign, l)) aria-current=[(at == part).then_some("page")] { (name) }
            }
        }
        (content)
    };
    let frame = Frame {
        language: l,
        title: format!("{} · {}", l.pick("Thiết lập", "Set-up"), super::home::title(campaign, l)),
        other: in_other_language(call, l, part.address(campaign, l.other())),
        campaign: Some(&campaign.code),
        scheme: Some(&campaign.scheme),
        visitor: Visitor::of(call, Some(&campaign.code)),
        here: Some(Here::SetUp),
    };
    own_page(call, frame.page(&content))
}

/// Leads to where one signs in, and from there back.
fn to_sign_in(call: &Call, l: Language, page: &str) -> Result<Option<HttpResponse>, ApiError> {
    if !call.caller.is_anonymous() {
        return Ok(None);
    }
    let here = format!("/c/{}/{page}?lang={}", escape(&call.path("campaign")?), l.code());
    call.see_other(&format!("/sign-in?lang={}&next={}", l.code(), escape(&here))).map(Some)
}

/// What is said of a form that was taken.
fn sent_words(l: Language, sent: Option<&str>) -> Option<&'static str> {
    let (vi, en) = match sent? {
        "saved" => ("Đã lưu.", "Saved."),
        "waiting" => ("Đã ghi; đang chờ người thứ hai duyệt.", "Recorded; it waits for a second person."),
        "registered" => ("Đã đăng ký đơn vị.", "The unit is registered."),
        "unchanged" => ("Không có gì thay đổi.", "Nothing changed."),
        _ => return None,
    };
    Some(if l.is_vi() { vi } else { en })
}
