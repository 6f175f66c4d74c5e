//! What a change would do, before anybody decides it: the boards under other rules, or with
//! one figure other than it is, beside those that stand.
//!
//! Nothing is written. The facts in memory are shared with the copy that the change is tried
//! on, so that it costs one board before and one after. What the real change would be refused
//! for is refused here, by the same checks.

use super::Service;
use super::View;
use super::access::{Grant, Rules as ChangeRules};
use super::boards::{Ask, resolve};
use super::effects::{BeforeAfterView, ChangedView, Comparison, MoveView, Wanted, compare};
use super::fault::Fault;
use super::figures::{NewFigure, check_figure, entry_with, entry_without, no_figure};
use super::live::{Sight, Snapshot};
use super::policies::check_declared_starts;
use crate::domain::{Day, Instant, RulesChange};
use crate::scoring::appraisal::Track;
use crate::scoring::board::Query;
use crate::scoring::check::{Warning, check_standing};
use crate::scoring::ledger::DayEntry;
use crate::scoring::{Ledger, Register};
use crate::store::{DbConn, campaigns, decisions, figures};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A change that is tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// Other rules.
    Policy(RulesChange),
    /// One day of one unit.
    Figure {
        /// Code of the unit.
        unit_code: String,
        /// The day.
        day: Day,
        /// What would be recorded; none where the figure would be taken back.
        figure: Option<NewFigure>,
    },
}

/// What is asked of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRun {
    /// The change.
    pub trial: Trial,
    /// The board that is looked at; both tracks where none is named.
    pub ask: Ask,
    /// How many changed units are left out at the beginning.
    pub offset: usize,
    /// How many changed units are listed.
    pub limit: usize,
}

/// What a change would do to a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DryRunView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the kind that is ranked.
    pub kind: String,
    /// Only units that are on this track before or after; null: on both.
    pub track: Option<&'static str>,
    /// `points`, `reduction` or `level_drop`.
    pub by: &'static str,
    /// Only units strictly below this one.
    pub within: Option<String>,
    /// Only units of this block.
    pub block: Option<String>,
    /// The day D of the boards.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign that the change was tried on.
    pub revision: i64,
    /// Version of the rules in force there.
    pub policy_version: i64,
    /// Codes of the level schemes that the levels are of.
    pub level_scheme: SchemesView,
    /// Rows with a rank.
    pub ranked: BeforeAfterView,
    /// How many units would change, in what.
    pub changed: ChangedView,
    /// Units that would change in anything.
    pub total: u64,
    /// Those of them that are listed, in the order of the new boards: improvement, then
    /// kept_clean; of one track, those that leave it come last.
    pub items: Vec<MoveView>,
    /// What the campaign check would say of the contest under other rules.
    pub warnings: Vec<WarningView>,
}

/// The codes of two level schemes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SchemesView {
    /// The one in force.
    pub before: String,
    /// The one after the change.
    pub after: String,
}

/// Something that a council should look at (domain.md section 4, Campaign check).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// Its stable name.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Service {
    /// What a change would do to the boards of a view. May block.
    ///
    /// # Errors
    /// What the board, or the change itself, would be refused for.
    pub fn dry_run(&self, _grant: &Grant<ChangeRules>, view: &View, asked: DryRun) -> Result<DryRunView, Fault> {
        let before = &view.snapshot;
        let query = resolved(view, &asked)?;
        let after = match &asked.trial {
            Trial::Policy(change) => {
                let (mut ledger, looks_further) = under(before, change)?;
                if looks_further {
                    self.read(|conn| enter_days_before(conn, before, &mut ledger))?;
                }
                ledger
            }
            Trial::Figure { unit_code, day, figure } => {
                with_figure(before, unit_code, *day, figure.as_ref(), self.clock.now())?
            }
        };
        Ok(view_of(before, &after, query, &asked))
    }
}

/// The facts under other rules, and whether these look back to days that are stored and not
/// in memory ([`enter_days_before`]).
pub(super) fn under(before: &Snapshot, change: &RulesChange) -> Result<(Ledger, bool), Fault> {
    let campaign = change.put_on(before.campaign(), "policy").map_err(Fault::of_document)?;
    check_declared_starts(before.ledger(), &campaign, "/policy")?;
    let register = Arc::new(Register::under(before.register(), Arc::new(campaign)));
    let ledger = before.ledger().under(register);
    let looks_further = ledger.calendar.first < before.ledger().calendar.first;
    let has_more = looks_further && before.ledger().has_days_before();
    Ok((ledger, has_more))
}

/// Enters what stands on days that the rules in force do not look back to.
pub(super) fn enter_days_before(conn: &mut DbConn, before: &Snapshot, ledger: &mut Ledger) -> Result<(), Fault> {
    let places: HashMap<i64, u32> = (0..before.register().len() as u32).map(|unit| (before.key(unit), unit)).collect();
    let (first, last) = (ledger.calendar.first, before.ledger().calendar.first.pred_opt());
    let code = &before.campaign().code;
    let stored = campaigns::find_opt(conn, code)?.ok_or_else(|| Fault::no_campaign(code))?;
    let figures = figures::standing_between(conn, stored.id, None, Some(first), last)?;
    let excuses = decisions::list_excuses(conn, stored.id)?;
    let mut set = |unit_id: i64, day: Day, change: &dyn Fn(DayEntry) -> DayEntry| {
        let place = places.get(&unit_id).copied().zip(ledger.calendar.index(day));
        if let Some((unit, at)) = place.filter(|_| last.is_some_and(|last| day <= last)) {
            ledger.set_day(unit, at, change(ledger.entry(unit, at)));
        }
    };
    // in the order of their instants: the last of a day stands
    for row in excuses {
        set(row.unit_id, row.day(), &|entry| DayEntry { excused: row.stamp().stands(), ..entry });
    }
    for row in figures {
        // days before the baseline are due to nobody, and none is late
        set(row.unit_id, row.day, &|entry| DayEntry { counts: Some(row.counts), ..entry });
    }
    Ok(())
}

/// The board that is looked at; without a kind, that of the unit whose figure is tried.
///
/// # Errors
/// What of it does not exist.
pub fn resolved(view: &View, asked: &DryRun) -> Result<Query, Fault> {
    let register = view.snapshot.register();
    let mut ask = asked.ask.clone();
    if let (None, Trial::Figure { unit_code, .. }) = (&ask.kind, &asked.trial) {
        let unit = register.find(unit_code).and_then(|unit| register.unit(unit));
        ask.kind = unit.and_then(|unit| register.campaign.kind(unit.kind)).map(|kind| kind.code.clone());
    }
    Ok(resolve(view.snapshot.ledger(), &ask, view.judged_at)?)
}

/// The facts with another figure of a day, or without it.
fn with_figure(
    before: &Snapshot,
    unit_code: &str,
    day: Day,
    figure: Option<&NewFigure>,
    now: Instant,
) -> Result<Ledger, Fault> {
    let (register, campaign) = (before.register(), before.campaign());
    let place = register.find(unit_code).ok_or_else(|| Fault::no_unit(unit_code))?;
    let unit = register.unit(place).ok_or_else(|| Fault::no_unit(unit_code))?;
    let mut ledger = Ledger::clone(before.ledger());
    let at = ledger.calendar.index(day);
    let standing = at.map(|at| ledger.entry(place, at)).unwrap_or_default();
    let entry = match figure {
        Some(new) => {
            check_figure(campaign, unit, day, now)?;
            entry_with(campaign, day, standing, new.counts, new.note.is_some(), now)
        }
        None if standing.counts.is_none() => return Err(no_figure(unit_code, day)),
        None => entry_without(standing),
    };
    if let Some(at) = at {
        ledger.set_day(place, at, entry);
    }
    Ok(ledger)
}

/// A trial's boards beside those that stand.
fn view_of(before: &Snapshot, after: &Ledger, query: Query, asked: &DryRun) -> DryRunView {
    let register = before.register();
    let kind_code = |index: u16| register.campaign.kind(index).map_or_else(String::new, |kind| kind.code.clone());
    let within = query.within.and_then(|unit| register.unit(unit)).map(|unit| unit.code.clone());
    let wanted = Wanted { track: asked.ask.track, offset: asked.offset, limit: asked.limit, sight: Sight::Full };
    let Comparison { ranked, changed, total, items } = compare(before, after, &query, &wanted);
    DryRunView {
        campaign: register.campaign.code.clone(),
        kind: kind_code(query.kind),
        track: asked.ask.track.map(Track::code),
        by: query.by.code(),
        within,
        as_of: before.ledger().calendar.day(query.as_of).to_string(),
        block: query.block,
        revision: before.revision,
        policy_version: before.policy_version,
        level_scheme: SchemesView {
            before: register.campaign.scheme.code.clone(),
            after: after.register.campaign.scheme.code.clone(),
        },
        ranked,
        changed,
        total,
        items,
        warnings: warnings(after, &asked.trial),
    }
}

/// One figure gives the whole contest no reason to be looked at.
fn warnings(after: &Ledger, trial: &Trial) -> Vec<WarningView> {
    let view = |warning: Warning| WarningView { code: warning.code(), detail: warning.to_string() };
    match trial {
        Trial::Policy(_) => check_standing(after).into_iter().map(view).collect(),
        Trial::Figure { .. } => Vec::new(),
    }
}
