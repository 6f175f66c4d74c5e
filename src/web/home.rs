//! `/`: the campaigns.

use super::frame::{Frame, Here, Visitor};
use super::words::Language;
use crate::domain::Campaign;
use crate::service::figures::escape;
use maud::{Markup, html};
use std::sync::Arc;

/// The page.
pub(super) fn page(language: Language, campaigns: &[Arc<Campaign>], visitor: Visitor) -> Markup {
    let l = language;
    let content = html! {
        div.head {
            h1 { (l.pick("Các đợt thi đua vùng xanh", "Green-zone campaigns")) }
        }
        @if campaigns.is_empty() {
            div.panel.empty { p { (l.pick("Chưa có đợt thi đua nào.", "There is no campaign yet.")) } }
        }
        ul.campaigns {
            @for campaign in campaigns {
                li.panel {
                    h2 { a href=(format!("/c/{}?lang={}", escape(&campaign.code), l.code())) { (title(campaign, l)) } }
                    @if let Some(organiser) = campaign.organiser.pick(l.is_vi()) { p { (organiser) } }
                    p { (dates(campaign, l)) }
                }
            }
        }
    };
    let frame = Frame {
        language,
        title: "greenzone".to_owned(),
        other: format!("/?lang={}", l.other().code()),
        campaign: None,
        scheme: None,
        visitor,
        here: Some(Here::Home),
    };
    frame.page(&content)
}

/// The campaign's title, else its code.
pub(super) fn title(campaign: &Campaign, language: Language) -> &str {
    campaign.title.pick(language.is_vi()).unwrap_or(&campaign.code)
}

/// From when to when it runs.
pub(super) fn dates(campaign: &Campaign, language: Language) -> String {
    let (from, to) = (language.long_day(campaign.window.from), language.long_day(campaign.window.to));
    match language {
        Language::Vi => format!("từ {from} đến {to}"),
        Language::En => format!("{from} to {to}"),
    }
}
