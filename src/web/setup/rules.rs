//! The rules of a campaign: their versions, and a change of them, which is tried first – what
//! ranks and levels it would move – and made with a reason after that was seen.

use super::super::forms::{alert, hidden, reason, receipt, scrolling, typed};
use super::super::frame::level_word;
use super::super::language;
use super::super::problems::Refused;
use super::super::words::Language;
use super::{Part, sent_words, shown, to_sign_in};
use crate::domain::json::{Json, Reader};
use crate::domain::text::parse_note;
use crate::domain::{Campaign, Rules as AllRules, RulesChange};
use crate::http::call::{Answer, Call};
use crate::http::form::Form;
use crate::http::problem::ApiError;
use crate::service::access::Rules;
use crate::service::boards::Ask;
use crate::service::dry_run::{DryRun, DryRunView, Trial, resolved};
use crate::service::effects::{MoveView, PlaceView};
use crate::service::figures::escape;
use crate::service::policies::{PolicyView, Words};
use crate::service::words::{track, unranked_reason};
use crate::service::{Audience, Code, Fault, Moment};
use actix_web::web;
use maud::{Markup, html};

/// So many changed units are listed.
const LISTED: usize = 100;

/// The page.
pub(in crate::web) async fn get_rules(call: Call) -> Answer {
    let l = language(&call)?;
    if let Some(answer) = to_sign_in(&call, l, "setup/rules")? {
        return Ok(answer);
    }
    call.may::<Rules>()?;
    page(&call, l, Tried::default()).await
}

/// A change on its way: what was typed, what it would do, why it was refused.
#[derive(Default)]
struct Tried {
    typed: Option<Form>,
    effect: Option<Effect>,
    refused: Option<Refused>,
}

/// What a change would do.
enum Effect {
    /// To the boards.
    Of(Box<DryRunView>),
    /// There is no board yet that it could do anything to.
    NoBoard,
}

/// Tries a change, or makes it.
pub(in crate::web) async fn post_rules(call: Call, payload: web::Payload) -> Answer {
    let l = language(&call)?;
    let grant = call.may::<Rules>()?;
    let form = call.form(payload).await?;
    let code = call.path("campaign")?;
    let is_made = form.get("do") == Some("make");
    let change = change_of(&form);
    if is_made {
        let asked = change.and_then(|change| Ok((change, words_of(&form)?)));
        let written = match asked {
            Ok((change, words)) => {
                call.service.create_policy(&grant, &code, change, words, call.form_write(&form, None)).answer().await
            }
            Err(fault) => Err(fault),
        };
        return match written {
            Ok(written) => {
                let sent = match written.status {
                    202 => "waiting",
                    201 => "saved",
                    _ => "unchanged",
                };
                call.see_other(&format!("/c/{}/setup/rules?lang={}&sent={sent}", escape(&code), l.code()))
            }
            Err(fault) => {
                let effect = try_change(&call, change_of(&form)).await.ok();
                page(&call, l, Tried { typed: Some(form), effect, refused: Some(Refused::of(fault)?) }).await
            }
        };
    }
    match try_change(&call, change).await {
        Ok(effect) => page(&call, l, Tried { typed: Some(form), effect: Some(effect), refused: None }).await,
        Err(fault) => {
            page(&call, l, Tried { typed: Some(form), effect: None, refused: Some(Refused::of(fault)?) }).await
        }
    }
}

async fn try_change(call: &Call, change: Result<RulesChange, Fault>) -> Result<Effect, Fault> {
    let unforeseen = |error: ApiError| Fault::internal(error);
    let grant = call.caller.may::<Rules>(Some(&call.path("campaign").map_err(unforeseen)?))?;
    let asked = DryRun { trial: Trial::Policy(change?), ask: Ask::default(), offset: 0, limit: LISTED };
    let view = call.look_live(Moment::Now).await.map_err(unforeseen)?;
    let kind = match resolved(&view, &asked) {
        Ok(query) => query.kind,
        Err(fault) if fault.code == Code::NotStarted => return Ok(Effect::NoBoard),
        Err(fault) => return Err(fault),
    };
    let is_private = view.snapshot.is_private_kind(kind);
    call.note_private_read(&view.snapshot, is_private).await.map_err(unforeseen)?;
    let effect = call.service.blocking(move |service| service.dry_run(&grant, &view, asked)).await?;
    Ok(Effect::Of(Box::new(effect)))
}

/// The change that a form's document holds.
fn change_of(form: &Form) -> Result<RulesChange, Fault> {
    let text = typed(form, "rules");
    let json = Json::parse(text.as_bytes()).map_err(|place| {
        Fault::of_field(Code::InvalidRequest, "/rules", format!("expected JSON; it breaks at {place}"))
    })?;
    let mut reader = Reader::default();
    let change = reader.object("", &json, &RulesChange::FIELDS).map(|of| RulesChange::read(&mut reader, &of));
    match change {
        Some(change) if reader.errors.is_empty() => Ok(change),
        _ => Err(Fault::of_document(reader.errors)),
    }
}

fn words_of(form: &Form) -> Result<Words, Fault> {
    let wrong = |expected| Fault::of_field(Code::InvalidRequest, "/legal_reference", format!("expected {expected}"));
    let legal_reference = parse_note(&typed(form, "legal_reference")).map_err(wrong)?;
    Ok(Words {
        reason: Some(reason(form, "reason")?),
        legal_reference: Some(legal_reference).filter(|text| !text.is_empty()),
    })
}

async fn page(call: &Call, l: Language, tried: Tried) -> Answer {
    let snapshot = call.look_live(Moment::Now).await?.snapshot;
    let campaign = snapshot.campaign();
    let code = campaign.code.clone();
    let read = move |service: &crate::service::Service| service.policies(&code, &Audience::Full);
    let (_, versions) = call.service.blocking(read).await?;
    let desk = Desk { l, campaign };
    let sent = call.get("sent").filter(|_| tried.typed.is_none());
    let content = html! {
        (receipt(sent_words(l, sent)))
        (desk.form(call, &tried)?)
        (desk.versions(&versions))
    };
    Ok(shown(call, l, (campaign, Part::Rules), &content))
}

struct Desk<'a> {
    l: Language,
    campaign: &'a Campaign,
}

impl Desk<'_> {
    fn form(&self, call: &Call, tried: &Tried) -> Result<Markup, ApiError> {
        let l = self.l;
        let value = |name: &str| tried.typed.as_ref().map(|form| typed(form, name)).unwrap_or_default();
        let in_force = || serde_json::to_string_pretty(&AllRules::of(self.campaign).to_json()).unwrap_or_default();
        let rules = if tried.typed.is_some() { value("rules") } else { in_force() };
        Ok(html! {
            form.act.panel method="post" action=(Part::Rules.address(self.campaign, l)) {
                h2 { (l.pick("Sửa thể lệ", "Change the rules")) }
                p.note { (l.pick("Sửa văn bản dưới đây rồi chạy thử: trang sẽ cho thấy hạng và cấp độ nào thay đổi, chưa ghi gì. Xác nhận sau đó, kèm lý do.", "Change the text below and try it: the page shows which ranks and levels would move, and writes nothing. Confirm after that, with a reason.")) }
                (alert(l, tried.refused.as_ref()))
                (hidden(call)?)
                label for="rules" { (l.pick("Thể lệ (JSON)", "Rules (JSON)")) }
                textarea.code id="rules" name="rules" rows="18" maxlength="50000" spellcheck="false" required { (rules) }
                button.btn.main name="do" value="try" { (l.pick("Chạy thử", "Try it")) }
                @if let Some(effect) = &tried.effect {
                    (self.effect(effect))
                    label for="reason" { (l.pick("Lý do (không công khai)", "Reason (never public)")) }
                    textarea id="reason" name="reason" rows="2" maxlength="500" { (value("reason")) }
                    label for="legal_reference" { (l.pick("Căn cứ", "What it rests on")) }
                    input id="legal_reference" name="legal_reference" maxlength="500" value=(value("legal_reference"));
                    button.btn name="do" value="make" { (l.pick("Xác nhận thể lệ mới", "Confirm the new rules")) }
                }
            }
        })
    }

    fn effect(&self, effect: &Effect) -> Markup {
        let l = self.l;
        let Effect::Of(view) = effect else {
            return html! { p { b { (l.pick("Chưa có bảng nào để so sánh.", "There is no board yet to compare.")) } } };
        };
        let changed = &view.changed;
        let whole = |number: u64| l.whole(number);
        let words = match l {
            Language::Vi => format!(
                "Nếu áp dụng, trên bảng ngày {}: {} đơn vị đổi hạng, {} đổi nhánh, {} đổi điểm, {} đổi cấp độ. Số đơn vị được xếp hạng: {} → {}.",
                view.as_of,
                whole(changed.ranks),
                whole(changed.tracks),
                whole(changed.points),
                whole(changed.levels),
                whole(view.ranked.before),
                whole(view.ranked.after)
            ),
            Language::En => format!(
                "On the board of {} this would change the rank of {} units, the track of {}, the points of {}, the levels of {}. Ranked units: {} → {}.",
                view.as_of,
                whole(changed.ranks),
                whole(changed.tracks),
                whole(changed.points),
                whole(changed.levels),
                whole(view.ranked.before),
                whole(view.ranked.after)
            ),
        };
        html! {
            h3 { (l.pick("Nếu áp dụng", "What it would do")) }
            p { b { (words) } }
            @for warning in &view.warnings { p.note lang="en" { (warning.detail) } }
            @if !view.items.is_empty() { (scrolling(l.pick("Đơn vị thay đổi", "Units that would change"), &self.moves(&view.items))) }
            @if view.total > view.items.len() as u64 {
                p.note { (match l {
                    Language::Vi => format!("Còn {} đơn vị nữa.", whole(view.total - view.items.len() as u64)),
                    Language::En => format!("And {} more.", whole(view.total - view.items.len() as u64)),
                }) }
            }
        }
    }

    fn moves(&self, items: &[MoveView]) -> Markup {
        let l = self.l;
        html! {
            table.days-table {
                caption.vh { (l.pick("Đơn vị thay đổi", "Units that would change")) }
                thead { tr {
                    th scope="col" { (l.pick("Đơn vị", "Unit")) }
                    th scope="col" { (l.pick("Hiện nay", "As it stands")) }
                    th scope="col" { (l.pick("Nếu áp dụng", "After the change")) }
                } }
                tbody {
                    @for item in items {
                        tr { th scope="row" { (item.unit.name) } td { (self.place(&item.before)) } td { (self.place(&item.after)) } }
                    }
                }
            }
        }
    }

    fn place(&self, place: &PlaceView) -> String {
        let l = self.l;
        let rank = match place.rank {
            Some(rank) => format!("{} {rank}", l.pick("hạng", "rank")),
            None => place.unranked.iter().map(|why| unranked_reason(why, l.is_vi())).collect::<Vec<_>>().join(", "),
        };
        let points = place.points.map(|points| format!("{} {}", l.two_decimals(points), l.pick("điểm", "points")));
        let level = place.level.as_ref().map(|level| {
            let word = |code: &str| level_word(&self.campaign.scheme, l, code).to_lowercase();
            format!("{} → {}", word(&level.start), word(&level.current))
        });
        let all = [Some(format!("{rank} ({})", track(place.track, l.is_vi()))), points, level];
        all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    fn versions(&self, versions: &[PolicyView]) -> Markup {
        let l = self.l;
        let table = html! {
            table.days-table {
                caption.vh { (l.pick("Các bản thể lệ", "Versions of the rules")) }
                thead { tr {
                    th scope="col" { (l.pick("Bản", "Version")) }
                    th scope="col" { (l.pick("Từ lúc", "Since")) }
                    th scope="col" { (l.pick("Ai", "Who")) }
                    th scope="col" { (l.pick("Lý do", "Reason")) }
                    th scope="col" { (l.pick("Căn cứ", "Rests on")) }
                } }
                tbody {
                    @for version in versions.iter().rev() {
                        tr {
                            th scope="row" { (version.version) }
                            td { (l.moment(version.recorded_at, self.campaign.time_zone)) }
                            td { (version.author.as_deref().unwrap_or("–")) }
                            td { (version.reason.as_deref().unwrap_or("–")) }
                            td { (version.legal_reference.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        };
        html! {
            section { h2 { (l.pick("Các bản thể lệ", "Versions of the rules")) } (scrolling(l.pick("Các bản thể lệ", "Versions of the rules"), &table)) }
        }
    }
}
