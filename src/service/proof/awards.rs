//! The awards of a result, computed from its boards and from the council's decisions about
//! ties, which are among its parts.

use super::boards::{Facts, Stand};
use crate::domain::Instant;
use crate::domain::time::parse_day;
use crate::scoring::awards::Decided;
use crate::scoring::board::board_day;
use crate::service::awards::public::public;
use crate::service::awards::{About, AwardDecision, awards_of};
use crate::service::fault::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A decision that stood, as a result holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionPart {
    as_of: String,
    award: String,
    block: Option<String>,
    decided_at: String,
    decided_by: String,
    id: String,
    reason: String,
    tied: Vec<String>,
    winners: Vec<String>,
}

/// The decisions that stand, as a part of a result.
///
/// # Errors
/// A value that JSON cannot hold.
pub(super) fn to_part(decisions: &[AwardDecision]) -> Result<Value, Fault> {
    let part = |decision: &AwardDecision| DecisionPart {
        as_of: decision.decided.as_of.to_string(),
        award: decision.decided.award.clone(),
        block: decision.decided.block.clone(),
        decided_at: decision.decided_at.to_rfc3339().unwrap_or_default(),
        decided_by: decision.decided_by.clone(),
        id: decision.id.clone(),
        reason: decision.reason.clone(),
        tied: decision.decided.tied.clone(),
        winners: decision.decided.winners.clone(),
    };
    let standing = decisions.iter().filter(|decision| decision.withdrawn.is_none());
    serde_json::to_value(standing.map(part).collect::<Vec<_>>()).map_err(Fault::internal)
}

/// The decisions of a part.
///
/// # Errors
/// What is expected of it.
pub(super) fn of_part(part: &Value) -> Result<Vec<AwardDecision>, String> {
    let parts = Vec::<DecisionPart>::deserialize(part).map_err(|e| format!("decisions about ties ({e})"))?;
    let decision = |part: DecisionPart| -> Result<_, String> {
        Ok(AwardDecision {
            id: part.id,
            decided: Decided {
                award: part.award,
                block: part.block,
                as_of: parse_day(&part.as_of)?,
                tied: part.tied,
                winners: part.winners,
            },
            reason: part.reason,
            decided_by: part.decided_by,
            decided_at: Instant::parse(&part.decided_at)?,
            withdrawn: None,
        })
    };
    parts.into_iter().map(decision).collect()
}

/// Awards as those with the right see them, and as the public does.
pub(super) struct Both {
    pub(super) whole: Value,
    pub(super) public: Value,
}

impl Facts {
    /// The awards of a day; null where the campaign gives none. None outside the window.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn awards(&self, stand: &Stand, decisions: &[AwardDecision]) -> Result<Option<Both>, Fault> {
        let ledger = &self.boards.ledger;
        let Some(as_of) = board_day(ledger, stand.as_of) else { return Ok(None) };
        if ledger.register.campaign.awards.list.is_empty() {
            return Ok(Some(Both { whole: Value::Null, public: Value::Null }));
        }
        let about = About { status: "final", revision: Some(stand.revision) };
        let whole = awards_of(&self.boards, as_of, decisions, about);
        let public = public(&whole, &ledger.register, &self.privacy);
        let value = |view| serde_json::to_value(view).map_err(Fault::internal);
        Ok(Some(Both { whole: value(&whole)?, public: value(&public)? }))
    }
}
