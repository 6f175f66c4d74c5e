//! What the corrections made since an appeal was lodged did to its unit and to others: the
//! boards as they were known then beside those known now, of the same day.

use crate::domain::{Day, Instant};
use crate::scoring::board;
use crate::service::Service;
use crate::service::boards::{AsOf, Ask, named, resolve};
use crate::service::effects::{BoardEffectView, MoveView, PlaceView, effect_on, place_of};
use crate::service::fault::Fault;
use crate::service::live::{Sight, Snapshot};
use crate::service::past::Moment;
use crate::store::appeals::AppealRow;
use serde::Serialize;
use utoipa::ToSchema;

/// What has moved since an appeal was lodged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealEffectView {
    /// The day of the boards: the one shown by default when it was lodged.
    #[schema(format = Date)]
    pub as_of: String,
    /// Revision of the campaign when it was lodged: `before` is as known then.
    pub from_revision: i64,
    /// Revision of the campaign that it was counted at: `after` is as known then.
    pub revision: i64,
    /// The unit itself, whether it moved or not.
    pub own: MoveView,
    /// The boards by points of the kinds in which something moved.
    pub boards: Vec<BoardEffectView>,
}

/// What has moved, as two readers see it.
#[derive(Clone, Debug)]
pub struct Counted {
    whole: AppealEffectView,
    /// As the unit's own side sees it.
    within: AppealEffectView,
}

impl Counted {
    /// The revision that it was counted at.
    pub(super) fn revision(&self) -> i64 {
        self.whole.revision
    }

    /// As a reader sees it. Whoever sees a part of a campaign sees here what the unit's own
    /// side does, since the answer keeps no other part.
    pub(super) fn seen(&self, sight: Sight) -> &AppealEffectView {
        if sight == Sight::Full { &self.whole } else { &self.within }
    }

    /// What is kept of it: the whole, and the part of the unit's own side where that is less.
    pub(super) fn into_json(self) -> Result<(Option<String>, Option<String>), Fault> {
        let json = |view: &AppealEffectView| serde_json::to_string(view).map_err(Fault::internal);
        let (whole, within) = (json(&self.whole)?, json(&self.within)?);
        let within = Some(within).filter(|within| *within != whole);
        Ok((Some(whole), within))
    }
}

/// The day that is shown by default, and where a unit stands on its boards; none before the
/// first.
pub(super) fn stands(snapshot: &Snapshot, unit_code: &str, now: Instant) -> Option<(Day, PlaceView)> {
    let day = board::default_day(snapshot.ledger(), now).ok()?;
    let as_of = snapshot.ledger().calendar.day(day);
    Some((as_of, place_on(snapshot, unit_code, as_of, now)?))
}

fn place_on(snapshot: &Snapshot, unit_code: &str, as_of: Day, now: Instant) -> Option<PlaceView> {
    let register = snapshot.register();
    let place = register.find(unit_code)?;
    let kind = register.unit(place).and_then(|unit| register.campaign.kind(unit.kind))?;
    let ask = Ask { kind: Some(kind.code.clone()), as_of: Some(AsOf::Day(as_of)), ..Ask::default() };
    place_of(snapshot.ledger(), resolve(snapshot.ledger(), &ask, now).ok()?, place)
}

impl Service {
    /// What has moved since an appeal was lodged; none where there was no board then.
    ///
    /// Both sides come out of one history, so that they hold the same units.
    pub(super) fn count(&self, appeal: &AppealRow, campaign: &str, unit_code: &str) -> Result<Option<Counted>, Fault> {
        let Some(as_of) = appeal.board_day() else { return Ok(None) };
        let history = self.history(campaign)?;
        let at = |moment| self.past.snapshot(campaign, &history, history.resolve(moment)?.1);
        let (before, after) = (at(Moment::Revision(appeal.revision))?, at(Moment::Now)?);
        let now = self.clock.now();
        let place = |snapshot: &Snapshot| place_on(snapshot, unit_code, as_of, now);
        let found = before.register().find(unit_code).zip(place(&before).zip(place(&after)));
        let Some((unit, (was, is))) = found else { return Ok(None) };
        let view = |sight| {
            let boards = effect_on((&before, after.ledger()), as_of, sight, now)?;
            let unit = named(after.ledger(), unit, |above| after.is_visible(above, sight));
            let own = MoveView { unit, before: was.clone(), after: is.clone() };
            let (from_revision, revision) = (appeal.revision, after.revision);
            Ok::<_, Fault>(AppealEffectView { as_of: as_of.to_string(), from_revision, revision, own, boards })
        };
        Ok(Some(Counted { whole: view(Sight::Full)?, within: view(Sight::Within(unit))? }))
    }
}
