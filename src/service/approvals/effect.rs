//! What a request would do to the boards if it were approved now: whose rank, points and
//! level would move, kind by kind and on both tracks.

use super::payload::Payload;
use crate::domain::{Day, Instant, RulesChange};
use crate::scoring::Ledger;
use crate::service::dry_run::{enter_days_before, under};
use crate::service::effects::{self, EffectView};
use crate::service::fault::Fault;
use crate::service::figures::{entry_with, entry_without};
use crate::service::live::{Sight, Snapshot};
use crate::store::DbConn;

/// What a request would do to the boards; of units that the reader may not see nothing is told.
pub(super) fn effect(
    conn: &mut DbConn,
    before: &Snapshot,
    payload: &Payload,
    sight: Sight,
    now: Instant,
) -> Result<EffectView, Fault> {
    let Some(after) = after(conn, before, payload, now)? else { return Ok(EffectView::default()) };
    effects::effect(before, &after, |_| true, sight, now)
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
