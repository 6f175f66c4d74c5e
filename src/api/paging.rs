//! Pages of a list: cursors are bound to the revision and the list of their first page.

use crate::http::call::Call;
use crate::http::problem::ApiError;
use crate::service::live::Snapshot;
use crate::service::rendered::etag_of;
use crate::service::{Code, Fault, Moment, View};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt::Display;
use std::ops::Range;

/// Where a page starts, and which walk it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Revision of the first page.
    pub(super) revision: i64,
    /// The day of the list, so that a day that closes does not change the walk.
    pub(super) day: Option<usize>,
    offset: usize,
    list: String,
}

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 1_000;

impl Cursor {
    /// The cursor of a request, if it has one.
    pub(super) fn of(call: &Call) -> Result<Option<Self>, ApiError> {
        let Some(text) = call.get("cursor") else { return Ok(None) };
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let mut parts = text.split('.');
            let cursor = Self {
                revision: parts.next()?.parse().ok()?,
                offset: parts.next()?.parse().ok()?,
                day: parts.next().filter(|d| !d.is_empty()).map(str::parse).transpose().ok()?,
                list: parts.next()?.to_owned(),
            };
            parts.next().is_none().then_some(cursor)
        };
        read().map(Some).ok_or_else(|| invalid().into())
    }

    fn text(&self) -> String {
        let day = self.day.map(|d| d.to_string()).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{day}.{}", self.revision, self.offset, self.list))
    }
}

fn invalid() -> Fault {
    Fault::of_field(Code::InvalidCursor, "cursor", "this cursor belongs to another list; start again without it")
}

fn stale() -> Fault {
    Fault::new(Code::CursorStale, "the campaign has changed since this walk began; start again without the cursor")
}

/// The revision that a walk is bound to: the one that the campaign was read at, or the one
/// that is pinned, whatever came after it.
pub(super) fn walk_of(snapshot: &Snapshot, moment: Moment) -> i64 {
    if moment.is_pinned() { snapshot.revision } else { snapshot.read_at }
}

/// The campaign at the moment of the first page of the walk.
pub(super) async fn look(call: &Call, moment: Moment, cursor: Option<&Cursor>) -> Result<View, ApiError> {
    at_cursor(call, call.look(moment).await?, moment, cursor)
}

/// A campaign that was looked at, at the moment of the first page of the walk.
pub(super) fn at_cursor(call: &Call, view: View, moment: Moment, cursor: Option<&Cursor>) -> Result<View, ApiError> {
    let walk = walk_of(&view.snapshot, moment);
    let Some(cursor) = cursor.filter(|c| c.revision != walk) else { return Ok(view) };
    // a frozen board has one revision: no other one is found by a cursor that somebody made
    if moment != Moment::Now || view.frozen.is_some() {
        return Err(stale().into());
    }
    let kept = call.service.kept(&call.path("campaign")?, cursor.revision);
    Ok(View { snapshot: kept.ok_or_else(stale)?, ..view })
}

/// How many members a page has.
pub(super) fn limit_of(call: &Call) -> Result<usize, ApiError> {
    let limit = call.number("limit", 1, MAX_LIMIT)?;
    Ok(usize::try_from(limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(usize::MAX))
}

/// What tells one list from another, short enough for an address.
fn short(list: &impl Display) -> String {
    etag_of(list.to_string().as_bytes()).chars().take(8).collect()
}

/// A page of a list. Which list is a text, or what writes it where a cursor needs it.
#[derive(Clone, Debug)]
pub(super) struct Page<L = String> {
    /// Its rows.
    pub(super) rows: Range<usize>,
    revision: i64,
    day: Option<usize>,
    list: L,
}

impl<L: Display> Page<L> {
    /// The page that is asked for of a list; `list` says which, in resolved parameters.
    pub(super) fn of(
        call: &Call,
        cursor: Option<&Cursor>,
        list: &(impl ToOwned<Owned = L> + ?Sized),
        revision: i64,
        day: Option<usize>,
    ) -> Result<Self, ApiError> {
        let limit = limit_of(call)?;
        if let Some(cursor) = cursor {
            if cursor.list != short(&list.to_owned()) {
                return Err(invalid().into());
            }
            if cursor.revision != revision {
                return Err(stale().into());
            }
        }
        let from = cursor.map_or(0, |c| c.offset);
        let list = list.to_owned();
        Ok(Self { rows: from..from.saturating_add(limit), revision, day, list })
    }

    /// The cursor of the next page, where there is one.
    pub(super) fn next(&self, total: usize) -> Option<String> {
        let (revision, day, list) = (self.revision, self.day, short(&self.list));
        let offset = self.rows.end;
        (offset < total).then(|| Cursor { revision, day, offset, list }.text())
    }

    /// The members of a whole list that are on this page.
    pub(super) fn cut<T>(&self, list: Vec<T>) -> crate::service::views::Page<T> {
        let total = list.len();
        let items = list.into_iter().skip(self.rows.start).take(self.rows.len()).collect();
        let revision = Some(self.revision);
        crate::service::views::Page { items, next_cursor: self.next(total), total: total as u64, revision }
    }
}
