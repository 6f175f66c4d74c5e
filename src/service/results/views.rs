//! Issues of a result as people see them.

use super::difference::DifferenceView;
use super::{Issues, Reader};
use crate::domain::Instant;
use crate::service::fault::Fault;
use crate::service::figures::escape;
use crate::store::results::ResultRow;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// An issue of a campaign's result.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResultRowView {
    /// Its number, from 1.
    pub issue: i64,
    /// `valid` (the one that counts), `superseded` (a later one counts) or `revoked`.
    pub status: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// The day of its boards: the window's last.
    #[schema(format = Date)]
    pub as_of: String,
    /// The revision of the campaign that it was computed of; the issue itself is a later one.
    pub revision: i64,
    /// It holds what was known by then.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Instant,
    /// Version of the program that computed it.
    pub program: String,
    /// SHA-256 of the public document.
    pub sha256: String,
    /// The hash by which the public document names the whole one.
    pub whole_sha256: String,
    /// Number of the issue that its difference is told from; null where there was none.
    pub against: Option<i64>,
    /// Why it was made; never public.
    pub reason: Option<String>,
    /// By whom; never public.
    pub author: Option<String>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Instant>,
    /// Why it was revoked; never public.
    pub revoked_reason: Option<String>,
    /// By whom; never public.
    pub revoked_by: Option<String>,
    /// Where more of it is.
    pub links: ResultLinks,
}

/// Addresses of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultLinks {
    /// The issue.
    pub result: String,
    /// Its document, byte for byte.
    pub document: String,
    /// Its boards.
    pub boards: String,
}

impl ResultRowView {
    /// What a reader sees of an issue.
    pub(super) fn of(campaign: &str, row: &ResultRow, status: &'static str, reader: Reader) -> Self {
        let told = |text: &Option<String>| text.clone().filter(|_| reader == Reader::Whole);
        let base = format!("/api/v1/campaigns/{}", escape(campaign));
        let issue = row.issue;
        Self {
            issue,
            status,
            created_at: row.created_at(),
            as_of: row.as_of().to_string(),
            revision: row.revision,
            known_at: row.known_at(),
            program: row.program.clone(),
            sha256: row.public_sha256.clone(),
            whole_sha256: row.whole_sha256.clone(),
            against: row.against,
            reason: told(&Some(row.reason.clone())),
            author: told(&Some(row.author.clone())),
            revoked_at: row.revoked_at(),
            revoked_reason: told(&row.revoked_reason),
            revoked_by: told(&row.revoked_by),
            links: ResultLinks {
                result: format!("{base}/results/{issue}"),
                document: format!("{base}/results/{issue}/document"),
                boards: format!("{base}/boards/{issue}"),
            },
        }
    }
}

/// Something that stood in the way of an issue and was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverrideView {
    /// Code of the blocker.
    pub code: String,
    /// Why.
    pub reason: String,
    /// How much of it there was.
    pub count: u64,
}

/// What was set aside for an issue.
pub(super) fn overrides_of(row: &ResultRow) -> Result<Vec<OverrideView>, Fault> {
    serde_json::from_str(&row.overrides).map_err(Fault::internal)
}

/// An issue, with what became different and its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// The issue.
    #[serde(flatten)]
    pub result: ResultRowView,
    /// What stood in the way and was set aside, with reasons; never public.
    pub overrides: Option<Vec<OverrideView>>,
    /// What became different; null where no issue was before it.
    pub difference: Option<DifferenceView>,
    /// The document as it was made: whole to those with the right, else the public one.
    #[schema(value_type = Object)]
    pub document: IssueDocument,
}

/// Where the document's own bytes are put in.
#[derive(Clone, Copy, Debug)]
pub struct IssueDocument;

impl Serialize for IssueDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl ResultView {
    /// The view as JSON, with the document's own bytes: it may be large, and is not read again.
    pub(super) fn with_document(&self, document: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut json = serde_json::to_vec(self).map_err(Fault::internal)?;
        // the document is the last field, and written as null
        json.truncate(json.len().saturating_sub(b"null}".len()));
        json.extend_from_slice(document);
        json.push(b'}');
        Ok(json)
    }
}

/// The result of a campaign, as its status tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusResultView {
    /// Number of the latest issue.
    pub latest: i64,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// Number of the issue that counts, whose boards the public sees; null: all were revoked,
    /// and boards are provisional again.
    pub standing: Option<i64>,
}

impl Issues {
    /// What a campaign's status tells of its result; none where it has none.
    pub fn status_view(&self) -> Option<StatusResultView> {
        let latest = self.latest()?;
        Some(StatusResultView {
            latest: latest.issue,
            is_revoked: latest.revoked_at().is_some(),
            standing: self.standing().map(|row| row.issue),
        })
    }
}
