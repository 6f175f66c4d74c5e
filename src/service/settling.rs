//! Provisional days: from when on a campaign's figures stay as they are, learned from its
//! own delays ([`crate::scoring::settling`]). For orientation; no rank reads it.

use super::fault::{Code, Fault};
use super::live::{Sight, Snapshot};
use super::{Service, View};
use crate::domain::time::local_instant;
use crate::domain::{Day, Instant};
use crate::scoring::settling::Delays;
use crate::store::{DbConn, campaigns, figures};
use chrono::NaiveTime;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// From when on figures stay as they are, and how that was learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettlingView {
    /// Figures up to this day are not expected to move; null: not known, too little history.
    #[schema(format = Date)]
    pub settled_through: Option<String>,
    /// The days from Bs to E that have begun after that day; null: not known.
    pub provisional_days: Option<Vec<String>>,
    /// After so many days at least 95 of 100 unit-days had their final figure.
    pub days_to_settle: Option<u64>,
    /// How many unit-days had their last change on the day itself, one day later, and so on;
    /// the last number holds all longer delays.
    pub delays: Vec<u64>,
}

/// The delays of a campaign as they are known on a day.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    today: Day,
    /// Of units whose figures are public: what the public sees must not tell of others.
    public: Delays,
    all: Delays,
}

/// What was learned, by campaign: it changes at midnight, there, and not before.
#[derive(Debug, Default)]
pub(super) struct Kept {
    learned: Mutex<HashMap<String, Learned>>,
    /// Whoever reads a history: the others wait, and find what was learned.
    turn: Mutex<()>,
}

impl Kept {
    fn of(&self, campaign: &str, today: Day) -> Option<Learned> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get(campaign).filter(|learned| learned.today == today).copied()
    }
}

impl Service {
    /// The delays of a campaign as they are known today. May block.
    ///
    /// # Errors
    /// What the database says.
    pub fn learned(&self, view: &View) -> Result<Learned, Fault> {
        let (snapshot, campaign) = (&view.snapshot, view.snapshot.campaign());
        let kept_here = view.frozen.as_ref().map_or(&self.settling, |frozen| &frozen.settling);
        let today = view.judged_at.day_in(campaign.time_zone).unwrap_or_default();
        if let Some(learned) = kept_here.of(&campaign.code, today) {
            return Ok(learned);
        }
        let _turn = kept_here.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(learned) = kept_here.of(&campaign.code, today) {
            return Ok(learned);
        }
        let midnight = local_instant(campaign.time_zone, today, NaiveTime::MIN);
        let read = |conn: &mut DbConn| match campaigns::find_opt(conn, &campaign.code)? {
            Some(stored) if stored.pinning != snapshot.pinning => {
                self.live.drop_older(&campaign.code, stored.revision);
                Err(Fault::new(Code::Behind, "the boards were frozen or thawed just now; ask again"))
            }
            Some(stored) => Ok(figures::last_changes(conn, stored.id, midnight)?),
            None => Ok(Vec::new()),
        };
        let changes = match &view.frozen {
            Some(frozen) => frozen.read(read)?,
            None => self.read(read)?,
        };
        let learned = learn(snapshot, today, &changes);
        // to a campaign without figures a pack may still bring a history, to no other
        let has_figures = (0..snapshot.ledger().calendar.len).any(|day| snapshot.ledger().reports_on(day) > 0);
        if has_figures {
            let mut kept = kept_here.learned.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(campaign.code.clone(), learned);
        }
        Ok(learned)
    }

    /// [`Service::learned`], where nothing may block.
    ///
    /// # Errors
    /// What the database says.
    pub async fn settling(self: &Arc<Self>, view: &View) -> Result<Learned, Fault> {
        let view = view.clone();
        self.blocking(move |service| service.learned(&view)).await
    }
}

fn learn(snapshot: &Snapshot, today: Day, changes: &[(i64, Day, Instant)]) -> Learned {
    let (register, zone) = (snapshot.register(), snapshot.campaign().time_zone);
    let first = snapshot.campaign().baseline.from;
    let places: HashMap<i64, u32> = (0..register.len() as u32).map(|unit| (snapshot.key(unit), unit)).collect();
    let mut learned = Learned { today, public: Delays::default(), all: Delays::default() };
    for (key, day, changed_at) in changes.iter().filter(|(_, day, _)| *day >= first) {
        let Some((unit, changed_on)) = places.get(key).copied().zip(changed_at.day_in(zone)) else { continue };
        learned.all.add(*day, changed_on, today);
        if snapshot.shows_figures(unit, Sight::Public) {
            learned.public.add(*day, changed_on, today);
        }
    }
    learned
}

impl Learned {
    /// What a reader sees of it: who sees everything, all delays.
    pub fn view(&self, snapshot: &Snapshot, sight: Sight) -> SettlingView {
        let delays = if sight == Sight::Full { &self.all } else { &self.public };
        let campaign = snapshot.campaign();
        let (first, last) = (campaign.baseline.from, campaign.window.to);
        let through = delays.settled_through(self.today).map(|day| day.min(last));
        let provisional = |through: Day| {
            let days = first.iter_days().take_while(|day| *day <= last.min(self.today));
            days.filter(|day| *day > through).map(|day| day.to_string()).collect()
        };
        SettlingView {
            settled_through: through.filter(|day| *day >= first).map(|day| day.to_string()),
            provisional_days: through.map(provisional),
            days_to_settle: delays.days_to_settle(),
            delays: delays.counts().to_vec(),
        }
    }
}
