//! The awards as they are computed now, their ties, and the council's decisions about them.

use super::super::forms::{alert, hidden, reason_field, scrolling};
use super::super::words::Language;
use super::{Desk, Matter, Said};
use crate::http::call::Call;
use crate::http::problem::ApiError;
use crate::service::awards::views::{AwardDecisionView, AwardTieView, AwardView};
use crate::service::flags::WordsView;
use maud::{Markup, html};

fn words(l: Language, words: &WordsView) -> &str {
    l.pick(&words.vi, &words.en)
}

/// The awards with their ties.
pub(super) fn awards(desk: &Desk, call: &Call, matter: &Matter, said: &Said<'_>) -> Result<Markup, ApiError> {
    let l = desk.l;
    let Some(view) = matter.awards.as_ref().filter(|view| !view.items.is_empty()) else { return Ok(html! {}) };
    let table = html! {
        table.days-table {
            caption.vh { (l.pick("Ai được giải nào", "Who wins what")) }
            thead { tr {
                th scope="col" { (l.pick("Giải", "Award")) }
                th scope="col" { (l.pick("Đơn vị được", "Winners")) }
                th scope="col" { (l.pick("Vì sao", "Why")) }
            } }
            tbody { @for award in &view.items { (row(l, award)) } }
        }
    };
    let open: Vec<(&AwardView, &AwardTieView)> =
        view.items.iter().filter_map(|award| Some((award, award.tie.as_ref().filter(|tie| tie.is_open)?))).collect();
    Ok(html! {
        section aria-labelledby="awards-h" {
            h2 id="awards-h" { (l.pick("Khen thưởng theo bảng hiện nay", "Awards on the board as it stands")) }
            (scrolling(l.pick("Khen thưởng", "Awards"), &table))
            (alert(l, said.of("tie").or_else(|| said.of("untie"))))
            @for (at, (award, tie)) in open.iter().enumerate() {
                h3 { (tie_words(l, award, tie)) }
                @if desk.may_act { (decide(desk, call, (at, award, tie), &view.as_of, said)?) }
            }
            @if !matter.decisions.is_empty() {
                h3 { (l.pick("Quyết định của Hội đồng về đồng hạng", "The council's decisions about ties")) }
                ul.plain { @for decision in &matter.decisions { li { (decision_words(desk, decision)) @if desk.may_act && decision.withdrawn_at.is_none() { (take_back(desk, call, decision)?) } } } }
            }
        }
    })
}

fn row(l: Language, award: &AwardView) -> Markup {
    html! {
        tr {
            th scope="row" { (words(l, &award.name)) @if let Some(block) = &award.block { " · " (block) } }
            td {
                @for winner in &award.winners { div { (winner.rank) ". " (winner.unit.name) @if let Some(money) = winner.money { " · " (l.whole(money)) " đ" } } }
                @if award.winners.is_empty() { "–" }
            }
            td {
                @for winner in &award.winners { div { (words(l, &winner.note.text)) } }
                @for note in &award.notes { div { (words(l, &note.text)) } }
            }
        }
    }
}

fn tie_words(l: Language, award: &AwardView, tie: &AwardTieView) -> String {
    let (name, left, all) = (words(l, &award.name), tie.places_left, tie.units.len());
    let block = award.block.as_ref().map(|block| format!(" ({block})")).unwrap_or_default();
    match l {
        Language::Vi => format!("{name}{block}: {all} đơn vị đồng hạng {}, còn {left} suất", tie.rank),
        Language::En => format!("{name}{block}: {all} units share rank {}, {left} can win", tie.rank),
    }
}

/// The form that decides a tie.
fn decide(
    desk: &Desk,
    call: &Call,
    (at, award, tie): (usize, &AwardView, &AwardTieView),
    as_of: &str,
    said: &Said<'_>,
) -> Result<Markup, ApiError> {
    let l = desk.l;
    let is_this = said.typed("tie", "award") == award.code;
    let typed = |field: &str| if is_this { said.typed("tie", field) } else { String::new() };
    let legend = match l {
        Language::Vi => format!("Chọn {} đơn vị được giải", tie.places_left),
        Language::En => format!("Choose the {} that win", tie.places_left),
    };
    Ok(html! {
        form.act.panel method="post" action=(desk.action("tie")) {
            (hidden(call)?)
            input type="hidden" name="award" value=(award.code);
            @if let Some(block) = &award.block { input type="hidden" name="block" value=(block); }
            input type="hidden" name="as_of" value=(as_of);
            fieldset {
                legend { (legend) }
                @for (place, unit) in tie.units.iter().enumerate().take(super::acts::MOST_WINNERS) {
                    @let field = format!("winner-{place}");
                    label.check {
                        input type="checkbox" name=(field) value=(unit.code) checked[typed(&field) == unit.code];
                        " " (unit.name)
                    }
                }
            }
            (reason_field(l, &format!("tie-reason-{at}"), &typed("reason")))
            button.btn { (l.pick("Ghi quyết định", "Record the decision")) }
        }
    })
}

fn decision_words(desk: &Desk, decision: &AwardDecisionView) -> String {
    let l = desk.l;
    let state = match decision.state {
        "standing" => l.pick("có hiệu lực", "stands"),
        "stale" => l.pick("không còn khớp: đồng hạng đã thay đổi", "decides nothing: the tie has changed"),
        _ => l.pick("đã rút", "taken back"),
    };
    let winners = decision.winners.join(", ");
    let (at, who, why, award) =
        (desk.moment(decision.decided_at), &decision.decided_by, &decision.reason, &decision.award);
    match l {
        Language::Vi => format!("{award}: {winners} được giải ({state}); {who}, {at}: {why}"),
        Language::En => format!("{award}: {winners} win ({state}); {who}, {at}: {why}"),
    }
}

fn take_back(desk: &Desk, call: &Call, decision: &AwardDecisionView) -> Result<Markup, ApiError> {
    let l = desk.l;
    Ok(html! {
        details {
            summary { (l.pick("Rút quyết định này", "Take this decision back")) }
            form.act method="post" action=(desk.action("untie")) {
                (hidden(call)?)
                input type="hidden" name="id" value=(decision.id);
                (reason_field(l, &format!("untie-{}", decision.id), ""))
                button.btn { (l.pick("Rút quyết định", "Take it back")) }
            }
        }
    })
}
