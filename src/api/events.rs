//! Who listens is told of each new board.

use super::params::{AudienceQuery, CampaignPath};
use crate::http::call::{Answer, Call};
use crate::http::listening::EVENTS;
use crate::service::events::EventView;

/// Server-sent events: `board` each time when another board is shown by default. `data` is the
/// object described here, `id` names it; with `Last-Event-ID` the first one is left out where it
/// was heard already. A comment comes every 15 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{campaign}/events",
    tag = "boards",
    params(CampaignPath, AudienceQuery),
    responses((status = 200, description = "Events without end", body = EventView, content_type = "text/event-stream"))
)]
pub(super) async fn get_events(call: Call) -> Answer {
    call.accepts(&[EVENTS])?;
    call.listen().await
}
