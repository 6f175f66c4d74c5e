//! The boards of an issue: which there are, and how each is stored and read again.
//!
//! A board is stored as lines – its head, then a row each – so that a page of it is made
//! without the rest, and two boards are compared row by row.

use super::Reader;
use super::{pack, unpack};
use crate::domain::Campaign;
use crate::scoring::appraisal::Track;
use crate::scoring::board::{By, Query};
use crate::service::boards::{Show, board_view};
use crate::service::fault::Fault;
use crate::service::live::{Sight, Snapshot};
use crate::service::views::BoardView;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::ops::Range;

/// Before the name of every part that is a board.
const PREFIX: &str = "board ";

/// Which board of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssueBoard {
    /// Code of the kind.
    pub kind: String,
    /// The track.
    pub track: Track,
    /// What it is ordered by.
    pub by: By,
    /// The block; none for all.
    pub block: Option<String>,
}

impl IssueBoard {
    /// The name of its part of an issue: a list, since codes and blocks may hold any sign.
    pub(super) fn part(&self) -> String {
        let parts = (&self.kind, self.track.code(), self.by.code(), &self.block);
        // texts in a list always have a form in JSON
        format!("{PREFIX}{}", serde_json::to_string(&parts).unwrap_or_default())
    }

    /// The board of a part, where it is one.
    pub(super) fn of_part(part: &str) -> Option<Self> {
        let (kind, track, by, block) =
            serde_json::from_str::<(String, String, String, Option<String>)>(part.strip_prefix(PREFIX)?).ok()?;
        Some(Self { kind, track: Track::parse(&track)?, by: By::parse(&by)?, block })
    }

    /// Whether it is one that ranks a kind whole by points.
    pub(super) fn is_main(&self) -> bool {
        self.by == By::Points && self.block.is_none()
    }
}

/// The boards that an issue of a campaign consists of: of every kind that has units and both
/// tracks, by points and by whatever else an award goes by; of each block too where
/// ranks are those within blocks or an award is one block's.
pub(super) fn all(snapshot: &Snapshot) -> Vec<(IssueBoard, Query)> {
    let (register, campaign) = (snapshot.register(), snapshot.campaign());
    let as_of = last_day(snapshot);
    let mut boards = Vec::new();
    for (kind, units) in (0u16..).zip(register.of_kind.iter()).filter(|(_, units)| !units.is_empty()) {
        let Some(code) = campaign.kind(kind).map(|kind| kind.code.clone()) else { continue };
        let of_unit = |unit: &u32| register.unit(*unit).and_then(|unit| unit.block.clone());
        let blocks: BTreeSet<String> = units.iter().filter_map(of_unit).collect();
        let of_award = |block: &String| {
            campaign.awards.list.iter().any(|award| award.kind == code && award.block.as_ref() == Some(block))
        };
        let blocks = blocks.into_iter().filter(|block| campaign.policy.rank_within_blocks || of_award(block)).map(Some);
        for block in std::iter::once(None).chain(blocks) {
            let pairs =
                Track::ALL.into_iter().flat_map(|track| orders(campaign, &code).into_iter().map(move |by| (track, by)));
            for (track, by) in pairs {
                let query = Query { kind, track, by, as_of, within: None, block: block.clone() };
                boards.push((IssueBoard { kind: code.clone(), track, by, block: block.clone() }, query));
            }
        }
    }
    boards
}

/// The orders of an issue's boards of a kind: by points, and what its awards go by.
fn orders(campaign: &Campaign, kind: &str) -> Vec<By> {
    let of_awards = |by: &By| campaign.awards.list.iter().any(|award| award.kind == kind && award.by == *by);
    By::ALL.into_iter().filter(|by| *by == By::Points || of_awards(by)).collect()
}

/// The index of the day of a final board: the window's last.
pub(super) fn last_day(snapshot: &Snapshot) -> usize {
    snapshot.ledger().calendar.window.end.saturating_sub(1)
}

/// A board of an issue as a reader sees it, packed; none where the public may not know of
/// its kind. Of a final board the public sees rank and level of small units too (domain.md
/// section 6).
pub(super) fn packed(
    snapshot: &Snapshot,
    query: &Query,
    show: &Show,
    reader: Reader,
) -> Result<Option<Vec<u8>>, Fault> {
    let sight = match reader {
        Reader::Whole => Sight::Full,
        Reader::Public if snapshot.is_private_kind(query.kind) => return Ok(None),
        Reader::Public => Sight::Public,
    };
    let board = board_view(&snapshot.boards, query, show, |unit| snapshot.shown(unit, sight, true));
    lines(board).and_then(|lines| pack(&lines)).map(Some)
}

fn lines(mut board: BoardView) -> Result<Vec<u8>, Fault> {
    let rows = std::mem::take(&mut board.items);
    let mut lines = serde_json::to_vec(&board).map_err(Fault::internal)?;
    for row in rows {
        lines.push(b'\n');
        serde_json::to_writer(&mut lines, &row).map_err(Fault::internal)?;
    }
    Ok(lines)
}

/// What a head says of its rows.
#[derive(Deserialize)]
struct Head {
    total: usize,
}

/// Where the rows stand in a head. A quotation mark inside a text is escaped, so no name or
/// code can say this.
const NO_ROWS: &str = r#""items":[],"next_cursor":null"#;

/// A page of a packed board as JSON; `next` says how the next one is found, of so many rows.
pub(super) fn page(
    packed: &[u8],
    rows: Range<usize>,
    next: impl FnOnce(usize) -> Option<String>,
) -> Result<Vec<u8>, Fault> {
    let mut lines = BufReader::new(flate2::read::GzDecoder::new(packed)).lines();
    let head = lines.next().transpose().map_err(Fault::internal)?.unwrap_or_default();
    let Head { total } = serde_json::from_str(&head).map_err(Fault::internal)?;
    let rows: Vec<String> =
        lines.skip(rows.start).take(rows.len()).collect::<Result<_, _>>().map_err(Fault::internal)?;
    let next = serde_json::to_string(&next(total)).map_err(Fault::internal)?;
    let filled = format!(r#""items":[{}],"next_cursor":{next}"#, rows.join(","));
    Ok(head.replacen(NO_ROWS, &filled, 1).into_bytes())
}

/// The rows of a packed board, a line each, without what its head says of revision and time.
pub(super) fn rows(packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let lines = unpack(packed)?;
    let head = lines.iter().position(|byte| *byte == b'\n').unwrap_or(lines.len());
    Ok(lines.get(head..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_one_name_and_its_name_says_which_board_it_is() {
        let board = |block: Option<&str>| IssueBoard {
            kind: "khu phố \"1\"".into(),
            track: Track::KeptClean,
            by: By::GreenOn,
            block: block.map(str::to_owned),
        };
        for board in [board(None), board(Some("Khối 1  ")), board(Some("improvement"))] {
            assert_eq!(IssueBoard::of_part(&board.part()), Some(board));
        }
        assert_eq!(IssueBoard::of_part("document"), None);
    }

    #[test]
    fn a_page_is_cut_out_of_the_lines_whatever_their_texts_say() {
        let head = format!(r#"{{"campaign":"\"items\":[],\"next_cursor\":null",{NO_ROWS},"total":3}}"#);
        let packed = pack(format!("{head}\n{{\"a\":1}}\n{{\"a\":2}}\n{{\"a\":3}}").as_bytes()).unwrap();
        let page = |rows, next: Option<&str>| {
            let bytes = page(&packed, rows, |total| next.filter(|_| total == 3).map(str::to_owned)).unwrap();
            serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()
        };
        let first = page(0..2, Some("x"));
        assert_eq!((first["items"].to_string().as_str(), &first["next_cursor"]), (r#"[{"a":1},{"a":2}]"#, &"x".into()));
        assert_eq!(first["campaign"], r#""items":[],"next_cursor":null"#);
        assert_eq!(page(2..4, None)["items"].to_string(), r#"[{"a":3}]"#);
        assert_eq!(page(7..9, None)["items"].to_string(), "[]");
        assert_eq!(rows(&packed).unwrap(), b"\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}");
    }
}
