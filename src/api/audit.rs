//! The log of what was done and seen, for auditors.

use super::paging::limit_of;
use super::params::{AuditQuery, PageQuery};
use crate::domain::Instant;
use crate::http::call::{Answer, Call, JSON};
use crate::service::access::Audit;
use crate::service::audit::{AuditView, read_cursor};
use crate::store::audit::EntryFilter;

/// Entries of a campaign's log, or of the accounts' without a campaign, the latest first;
/// and where its chain ends just now.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "people",
    params(AuditQuery, PageQuery),
    responses((status = 200, description = "Entries", body = AuditView)),
    security(("bearer" = []))
)]
pub(super) async fn get_audit(call: Call) -> Answer {
    let campaign = call.text("campaign")?;
    let grant = call.caller.may::<Audit>(campaign.as_deref())?;
    call.accepts(&[JSON])?;
    let instant = |name: &str| {
        let read = |text: &str| Instant::parse(text).ok().map(Instant::micros);
        call.parse(name, "an instant, RFC 3339 with seconds and offset", read)
    };
    let filter = EntryFilter {
        actor: call.text("actor")?,
        action: call.text("action")?,
        target: call.text("target")?,
        request_id: call.text("request_id")?,
        from_us: instant("from")?,
        to_us: instant("to")?,
    };
    let before = call.get("cursor").map(read_cursor).transpose()?.unwrap_or(i64::MAX);
    let limit = i64::try_from(limit_of(&call)?).unwrap_or(i64::MAX);
    let read =
        move |service: &crate::service::Service| service.audit(&grant, campaign.as_deref(), &filter, before, limit);
    call.reply_json(&call.service.blocking(read).await?, None)
}
