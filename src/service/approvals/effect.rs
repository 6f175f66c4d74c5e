//! What a request would do to the boards if it were approved now: whose rank, points and
//! level would move, kind by kind and on both tracks.

use super::payload::Payload;
use crate::domain::{Day, Instant, RulesChange};
use crate::scoring::Ledger;
use crate::scoring::board;
use crate::service::boards::{AsOf, Ask, resolve};
use crate::service::dry_run::{
    BeforeAfterView, ChangedView, DryRun, MoveView, Trial, compare, enter_days_before, under,
};
use crate::service::fault::Fault;
use crate::service::figures::{entry_with, entry_without};
use crate::service::live::{Sight, Snapshot};
use crate::store::DbConn;
use serde::Serialize;
use utoipa::ToSchema;

/// What a request would do, as the campaign stands.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EffectView {
    /// The day of the boards: the one shown by default before or after, whichever is later;
    /// null before the first board.
    #[schema(format = Date)]
    pub as_of: Option<String>,
    /// The boards by points of the kinds in which something would move.
    pub boards: Vec<BoardEffectView>,
}

/// What a request would do to the boards of a kind, both tracks together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoardEffectView {
    /// Code of the kind.
    pub kind: String,
    /// Rows with a rank.
    pub ranked: BeforeAfterView,
    /// How many units would change, in what.
    pub changed: ChangedView,
    /// Units that would change in anything.
    pub total: u64,
    /// The first of them, in the order of the new boards.
    pub items: Vec<MoveView>,
}

/// How many units of a kind are listed.
const LISTED: usize = 50;

/// What a request would do to the boards; of units that the reader may not see nothing is told.
pub(super) fn effect(
    conn: &mut DbConn,
    before: &Snapshot,
    payload: &Payload,
    sight: Sight,
    now: Instant,
) -> Result<EffectView, Fault> {
    let Some(after) = after(conn, before, payload, now)? else { return Ok(EffectView::default()) };
    let day = |ledger: &Ledger| board::default_day(ledger, now).ok().map(|day| ledger.calendar.day(day));
    let Some(as_of) = day(before.ledger()).max(day(&after)) else { return Ok(EffectView::default()) };
    let mut boards = Vec::new();
    for kind in &before.campaign().kinds {
        boards.extend(of_kind((before, &after), (&kind.code, as_of), sight, now)?);
    }
    Ok(EffectView { as_of: Some(as_of.to_string()), boards })
}

/// The facts as they would be; none where a request is about no facts.
fn after(conn: &mut DbConn, before: &Snapshot, payload: &Payload, now: Instant) -> Result<Option<Ledger>, Fault> {
    match payload {
        // neither what a document asks for nor its words are on any board
        Payload::Campaign(_) => Ok(None),
        Payload::Rules(rules, _) => {
            let kinds = before.campaign().kinds.iter();
            let allowances = kinds.map(|kind| (kind.code.clone(), rules.allowances.get(&kind.code).copied()));
            let (policy, scheme) = (Some(rules.policy.clone()), Some(rules.scheme.clone()));
            let change = RulesChange { policy, scheme, allowances: allowances.collect() };
            let (mut ledger, looks_further) = under(before, &change)?;
            if looks_further {
                enter_days_before(conn, before, &mut ledger)?;
            }
            Ok(Some(ledger))
        }
        _ => {
            let (register, campaign) = (before.register(), before.campaign());
            let mut ledger = Ledger::clone(before.ledger());
            let place = |ledger: &Ledger, unit: &str, day: Day| register.find(unit).zip(ledger.calendar.index(day));
            for row in payload.figures() {
                let Some((unit, at)) = place(&ledger, &row.unit_code, row.day) else { continue };
                let (counts, noted) = (row.figure.counts, row.figure.note.is_some());
                let entry = entry_with(campaign, row.day, ledger.entry(unit, at), counts, noted, now);
                ledger.set_day(unit, at, entry);
            }
            if let Payload::TakeBack { unit_code, day, .. } = payload
                && let Some((unit, at)) = place(&ledger, unit_code, *day)
            {
                let entry = entry_without(ledger.entry(unit, at));
                ledger.set_day(unit, at, entry);
            }
            Ok(Some(ledger))
        }
    }
}

fn of_kind(
    (before, after): (&Snapshot, &Ledger),
    (kind, as_of): (&str, Day),
    sight: Sight,
    now: Instant,
) -> Result<Option<BoardEffectView>, Fault> {
    let ask = Ask { kind: Some(kind.to_owned()), as_of: Some(AsOf::Day(as_of)), ..Ask::default() };
    let query = resolve(before.ledger(), &ask, now)?;
    let is_full = sight == Sight::Full;
    let limit = if is_full { LISTED } else { usize::MAX };
    // one other figure gives the whole contest no reason to be looked at, so nothing warns
    let trial = Trial::Figure { unit_code: String::new(), day: as_of, figure: None };
    let asked = DryRun { trial, ask, offset: 0, limit };
    let found = compare(before, after, query, &asked);
    let mut board = BoardEffectView {
        kind: found.kind,
        ranked: found.ranked,
        changed: found.changed,
        total: found.total,
        items: found.items,
    };
    if !is_full {
        let is_shown = |code: &str| before.register().find(code).is_some_and(|unit| before.shows_figures(unit, sight));
        board.items.retain(|item| is_shown(&item.unit.code));
        board.changed = counted(&board.items);
        board.total = board.items.len() as u64;
        board.items.truncate(LISTED);
    }
    Ok((board.total > 0).then_some(board))
}

fn counted(moves: &[MoveView]) -> ChangedView {
    let count = |differs: fn(&MoveView) -> bool| moves.iter().filter(|item| differs(item)).count() as u64;
    ChangedView {
        ranks: count(|item| {
            let (before, after) = (&item.before, &item.after);
            before.rank != after.rank || (before.track != after.track && before.rank.is_some())
        }),
        tracks: count(|item| item.before.track != item.after.track),
        points: count(|item| item.before.points != item.after.points),
        levels: count(|item| item.before.level != item.after.level),
    }
}
