//! How certain and how firm ranks are: for the council, beside the official board.

use super::leaderboard::resolved;
use super::params::{BoardQuery, CampaignPath, DrawsQuery, MomentQuery};
use crate::http::call::{Answer, Call, JSON};
use crate::http::problem::ApiError;
use crate::scoring::board::Query;
use crate::service::access::{Certainty, Grant};
use crate::service::firmness::{CertaintyView, MAX_DRAWS, MIN_DRAWS, SensitivityView, certainty, sensitivity};
use crate::service::live::{Sight, Snapshot};
use crate::service::rendered::Key;
use crate::service::{Fault, Service};
use std::hash::Hash;
use std::sync::Arc;

/// A board that a report is asked of, and the right to ask.
struct Asked {
    grant: Grant<Certainty>,
    service: Arc<Service>,
    snapshot: Arc<Snapshot>,
    sight: Sight,
    query: Query,
}

impl Asked {
    async fn read(call: &Call) -> Result<Self, ApiError> {
        let grant = call.may::<Certainty>()?;
        call.accepts(&[JSON])?;
        let view = call.look_live(call.moment()?).await?;
        let sight = call.sight(&view.snapshot);
        let query = resolved(&view, &call.board()?, sight)?;
        call.note_private_read(&view.snapshot, view.snapshot.is_private_kind(query.kind)).await?;
        Ok(Self { grant, service: call.service.clone(), snapshot: view.snapshot, sight, query })
    }

    fn key(&self, what: impl Hash) -> Key {
        Key::of(&self.snapshot, (what, &self.query, self.sight))
    }
}

/// For each ranked unit, between which ranks it stands under chance in the counts.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/certainty",
    tag = "boards",
    params(CampaignPath, BoardQuery, MomentQuery, DrawsQuery),
    responses((status = 200, description = "Intervals beside the official ranks", body = CertaintyView)),
    security(("bearer" = []))
)]
pub(super) async fn get_certainty(call: Call) -> Answer {
    let asked = Asked::read(&call).await?;
    let draws = call.number("draws", MIN_DRAWS, MAX_DRAWS)?;
    let seed = call.number("seed", 0, (1 << 53) - 1)?.unwrap_or(1);
    let (key, revision) = (asked.key(("certainty", draws, seed)), asked.snapshot.revision);
    let make = move || {
        let work = || certainty(&asked.grant, &asked.snapshot, &asked.query, draws, seed);
        serde_json::to_vec(&asked.service.turns.take(work)?).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}

/// Which places change when a weight moves by a tenth, a day is dropped, one unit withdraws.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/sensitivity",
    tag = "boards",
    params(CampaignPath, BoardQuery, MomentQuery),
    responses((status = 200, description = "Changes beside the official ranks", body = SensitivityView)),
    security(("bearer" = []))
)]
pub(super) async fn get_sensitivity(call: Call) -> Answer {
    let asked = Asked::read(&call).await?;
    let (key, revision) = (asked.key("sensitivity"), asked.snapshot.revision);
    let make = move || {
        let work = || sensitivity(&asked.grant, &asked.snapshot, &asked.query);
        serde_json::to_vec(&asked.service.turns.take(work)?).map_err(Fault::internal)
    };
    Ok(call.reply(&*call.service.answers.get(key, make).await?, JSON, Some(revision)))
}
