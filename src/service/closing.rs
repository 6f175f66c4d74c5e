//! Days that have closed, and what a change on them needs (domain.md section 2: "A late
//! booking is entered … as revisions with a reason").
//!
//! The campaign says it in its object `reporting`. Two kinds of figures are exempt, since
//! nothing that people compete by can move yet: everything that is loaded into a campaign
//! without any figure, and the days before the window as long as no figure of the window
//! exists.

use super::fault::{Code, Fault};
use super::writer::Work;
use crate::domain::{Care, Day};
use crate::store::campaigns::StoredCampaign;
use crate::store::{days, figures};
use std::collections::HashMap;

/// Whether a day takes figures only as late ones: it is past its cut-off, or the council
/// closed it before.
///
/// # Errors
/// What the database says.
pub(super) fn is_closed(work: &mut Work<'_>, stored: &StoredCampaign, day: Day) -> Result<bool, Fault> {
    // as a figure is late: at the very instant it still is in time
    Ok(work.now > stored.campaign.cut_off(day) || days::find_opt(work.conn()?, stored.id, day)?.is_some())
}

/// What is exempt, before the contest is under way.
#[derive(Clone, Copy, Debug)]
enum Preparing {
    /// The campaign has no figure at all.
    Everything,
    /// The window has none.
    BeforeWindow,
    /// The contest is under way.
    Nothing,
}

impl Preparing {
    fn look_up(work: &mut Work<'_>, stored: &StoredCampaign) -> Result<Self, Fault> {
        if !figures::any(work.conn()?, stored.id, None)? {
            return Ok(Self::Everything);
        }
        let in_window = figures::any_from(work.conn()?, stored.id, stored.campaign.window.from)?;
        Ok(if in_window { Self::Nothing } else { Self::BeforeWindow })
    }

    fn exempts(self, stored: &StoredCampaign, day: Day) -> bool {
        match self {
            Self::Everything => true,
            Self::BeforeWindow => day < stored.campaign.window.from,
            Self::Nothing => false,
        }
    }
}

/// What the figures of one write need; looked at before anything of it is stored.
#[derive(Debug)]
pub(super) struct Gate {
    stored: StoredCampaign,
    preparing: Preparing,
    closed: HashMap<Day, bool>,
}

impl Gate {
    /// The gate of a write of many figures; none where all of them are free.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn of(work: &mut Work<'_>, stored: &StoredCampaign) -> Result<Option<Self>, Fault> {
        if is_free(work, stored) {
            return Ok(None);
        }
        let preparing = Preparing::look_up(work, stored)?;
        Ok(Some(Self { stored: stored.clone(), preparing, closed: HashMap::new() }))
    }

    /// What a figure of a day needs; `is_correction` where one stands.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn care(&mut self, work: &mut Work<'_>, day: Day, is_correction: bool) -> Result<Care, Fault> {
        let care = self.stored.campaign.reporting.of_figure(is_correction);
        if care == Care::Open || self.preparing.exempts(&self.stored, day) {
            return Ok(Care::Open);
        }
        let is_closed = match self.closed.get(&day) {
            Some(known) => *known,
            None => {
                let found = is_closed(work, &self.stored, day)?;
                *self.closed.entry(day).or_insert(found)
            }
        };
        Ok(if is_closed { care } else { Care::Open })
    }
}

/// What one figure needs: as [`Gate::care`], and the database is asked only where it matters.
///
/// # Errors
/// What the database says, and 422 where the reason is missing that is needed.
pub(super) fn care_of_one(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    (day, is_correction): (Day, bool),
    reason: Option<&str>,
) -> Result<Care, Fault> {
    let care = stored.campaign.reporting.of_figure(is_correction);
    if care == Care::Open || is_free(work, stored) || !is_closed(work, stored, day)? {
        return Ok(Care::Open);
    }
    if Preparing::look_up(work, stored)?.exempts(stored, day) {
        return Ok(Care::Open);
    }
    if reason.is_none() { Err(no_reason(day, is_correction, "/reason")) } else { Ok(care) }
}

fn is_free(work: &Work<'_>, stored: &StoredCampaign) -> bool {
    let reporting = &stored.campaign.reporting;
    work.is_approved() || [reporting.late_figures, reporting.corrections] == [Care::Open; 2]
}

/// The refusal of a figure that comes without the reason that it needs.
pub(super) fn no_reason(day: Day, is_correction: bool, pointer: &str) -> Fault {
    let what = if is_correction { "a correction" } else { "a late figure" };
    let message = format!("{day} has closed, and {what} needs a reason in this campaign: 1 to 500 characters");
    Fault::of_field(Code::ReasonRequired, pointer, message)
}

/// The refusal of what would have to wait for a second person and cannot.
pub(super) fn cannot_wait(what: &str) -> Fault {
    let detail = format!(
        "{what} needs a second person in this campaign, and cannot wait for one this way; send it figure by figure"
    );
    Fault::new(Code::ApprovalNeeded, detail)
}

/// Whether other rules need a second person now: the campaign wants it, and the contest has
/// begun by its clock or by its figures.
///
/// # Errors
/// What the database says.
pub(super) fn rules_need_two(work: &mut Work<'_>, stored: &StoredCampaign) -> Result<bool, Fault> {
    let campaign = &stored.campaign;
    if campaign.reporting.rule_changes != Care::Approval || work.is_approved() {
        return Ok(false);
    }
    let has_begun = work.now.day_in(campaign.time_zone).is_some_and(|today| today >= campaign.window.from);
    Ok(has_begun || figures::any_from(work.conn()?, stored.id, campaign.window.from)?)
}

/// Whether another document of a campaign needs a second person: it asks for less care than
/// the one that stands, or lets days close later, while that one asks for two persons and
/// figures exist; or it holds other rules or awards, and these need one.
///
/// # Errors
/// What the database says.
pub(super) fn document_needs_two(
    work: &mut Work<'_>,
    stored: &StoredCampaign,
    new: &crate::domain::Campaign,
) -> Result<bool, Fault> {
    use crate::domain::Rules;
    let before = &stored.campaign;
    if !before.reporting.asks_for_two() || work.is_approved() {
        return Ok(false);
    }
    let is_looser = new.reporting.is_looser_than(&before.reporting) || new.day_closes > before.day_closes;
    if is_looser && figures::any(work.conn()?, stored.id, None)? {
        return Ok(true);
    }
    // what is given for which place is a rule of the contest as well
    let has_other_rules = Rules::of(new) != Rules::of(before) || new.awards != before.awards;
    Ok(has_other_rules && rules_need_two(work, stored)?)
}
