//! The boards of a result, made from the files of a pack by the code that serves boards.

use super::canonical::{BoardPart, Canonical};
use crate::domain::{Day, Instant};
use crate::pack::{self, Files, Refusal};
use crate::scoring::appraisal::Track;
use crate::scoring::board::{By, Query, board_day};
use crate::scoring::{Ledger, Register};
use crate::service::boards::{Boards, Show, board_view};
use crate::service::fault::Fault;
use crate::service::privacy::{Privacy, Shown};
use serde_json::Value;
use std::sync::Arc;

/// What boards say of the moment that they show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    pub(super) as_of: Day,
    pub(super) known_at: Instant,
    pub(super) revision: i64,
    pub(super) policy_version: i64,
}

/// The facts of a pack as they were known at an instant.
pub(super) struct Facts {
    boards: Boards,
    privacy: Privacy,
}

impl Facts {
    /// Reads the files of a pack.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(files: &Files, known_at: Instant) -> Result<Self, Refusal> {
        let contest = pack::read(files)?;
        let register = Arc::new(Register::new(&contest));
        let privacy = Privacy::of(&register);
        Ok(Self { boards: Boards::new(Arc::new(Ledger::build(&contest, register, Some(known_at)))), privacy })
    }

    /// Code of the campaign.
    pub(super) fn campaign_code(&self) -> String {
        self.boards.ledger.register.campaign.code.clone()
    }

    /// Every board by points; none where the day lies outside the window.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn boards(&self, stand: &Stand) -> Result<Option<Vec<BoardPart>>, Fault> {
        self.all(stand, |_| true, |_| Shown::ALL)
    }

    /// The boards as the public sees them: final ones show of small units rank and level
    /// (domain.md section 6), and private kinds have none.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn public_boards(&self, stand: &Stand) -> Result<Option<Vec<BoardPart>>, Fault> {
        let kinds = &self.boards.ledger.register.campaign.kinds;
        let is_public = |kind: u16| kinds.get(usize::from(kind)).is_some_and(|kind| !kind.private);
        self.all(stand, is_public, |unit| self.privacy.shown(unit, true))
    }

    /// Ranks inside blocks stand on the board of all blocks, so that no block needs one.
    fn all(
        &self,
        stand: &Stand,
        is_shown: impl Fn(u16) -> bool,
        shown: impl Fn(u32) -> Shown,
    ) -> Result<Option<Vec<BoardPart>>, Fault> {
        let ledger = &self.boards.ledger;
        let Some(as_of) = board_day(ledger, stand.as_of) else { return Ok(None) };
        let kinds = (0..ledger.register.campaign.kinds.len()).filter_map(|kind| u16::try_from(kind).ok());
        let mut parts = Vec::new();
        for kind in kinds.filter(|kind| is_shown(*kind)) {
            for track in [Track::Improvement, Track::KeptClean] {
                let query = Query { kind, track, by: By::Points, as_of, within: None, block: None };
                parts.push(self.part(&query, stand, &shown)?);
            }
        }
        Ok(Some(parts))
    }

    fn part(&self, query: &Query, stand: &Stand, shown: impl Fn(u32) -> Shown) -> Result<BoardPart, Fault> {
        let show = Show {
            known_at: Some(stand.known_at),
            revision: Some(stand.revision),
            policy_version: Some(stand.policy_version),
            ..Show::default()
        };
        let mut view = board_view(&self.boards, query, &show, shown);
        view.status = "final";
        let items: Result<Vec<_>, Fault> = std::mem::take(&mut view.items).iter().map(Canonical::of).collect();
        let mut head = match serde_json::to_value(&view).map_err(Fault::internal)? {
            Value::Object(head) => head,
            _ => return Err(Fault::internal("a board that is no object")),
        };
        head.remove("items");
        Ok(BoardPart { items: items?, head })
    }
}
