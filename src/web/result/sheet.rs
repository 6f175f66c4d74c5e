//! The official sheet of an issue, to be read and printed on A4: heading, number, place and
//! date, the boards with awards, ties in words, recipients and signature, hash.
//!
//! It is made from the boards and awards that are stored for its reader and from nothing
//! else, so it tells the public no more than the issue's public part does.

use super::super::forms::scrolling;
use super::super::words::Language;
use crate::domain::number::Hundredths;
use crate::domain::time::parse_day;
use crate::domain::{Campaign, Day};
use crate::scoring::board::By;
use crate::service::boards::Ask;
use crate::service::live::Snapshot;
use crate::service::policies::PolicyView;
use crate::service::results::{Reader, ResultRowView};
use crate::service::words::{key, measure_name, unranked_reason};
use crate::service::{Audience, Fault, Service};
use chrono::Datelike;
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// So many rows of a board are printed; the files hold them all.
const MOST_ROWS: usize = 500;

/// What sheet is asked for.
pub(super) struct Order {
    pub(super) l: Language,
    pub(super) reader: Reader,
    pub(super) row: ResultRowView,
    pub(super) audience: Audience,
    /// Code of the campaign.
    pub(super) code: String,
}

/// A board as it is stored.
#[derive(Deserialize)]
struct Board {
    kind: String,
    track: String,
    total: usize,
    ranked: usize,
    policy_version: Option<i64>,
    items: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    rank: Option<u64>,
    unit: Unit,
    points: Option<Points>,
    reduction_percent: Option<Hundredths>,
    change_percent: Option<Hundredths>,
    baseline_mean: Option<Hundredths>,
    closing_mean: Option<Hundredths>,
    level: Option<Level>,
    imputed_days: Option<u64>,
    unranked: Vec<String>,
}

#[derive(Deserialize)]
struct Unit {
    code: String,
    name: String,
    block: Option<String>,
}

#[derive(Deserialize)]
struct Points {
    total: Option<Hundredths>,
}

#[derive(Deserialize)]
struct Level {
    start: Option<String>,
    current: Option<String>,
}

/// The awards as they are stored; null where the campaign gives none.
#[derive(Default, Deserialize)]
struct Awards {
    items: Vec<Award>,
}

#[derive(Deserialize)]
struct Award {
    name: Name,
    kind: String,
    winners: Vec<Winner>,
}

#[derive(Deserialize)]
struct Name {
    vi: String,
    en: String,
}

#[derive(Deserialize)]
struct Winner {
    unit: Unit,
    #[serde(rename = "note")]
    _note: IgnoredAny,
}

/// Reads what is stored and writes the sheet.
///
/// # Errors
/// What the database says.
pub(super) fn sheet(service: &Service, snapshot: &Snapshot, order: &Order) -> Result<Markup, Fault> {
    let (code, issue) = (&order.code, order.row.issue);
    let mut boards = Vec::new();
    for of in service.result_boards(code, issue, order.reader)? {
        if of.by != By::Points || of.block.is_some() {
            continue;
        }
        let ask = Ask { kind: Some(of.kind), track: Some(of.track), by: Some(of.by), ..Ask::default() };
        let bytes = service.result_board(code, (&issue.to_string(), &ask), order.reader, 0..MOST_ROWS, |_| None)?;
        boards.push(serde_json::from_slice::<Board>(&bytes).map_err(Fault::internal)?);
    }
    let campaign = snapshot.campaign();
    boards.sort_by_key(|board| (campaign.kind_index(&board.kind), board.track == "kept_clean"));
    let given = service.result_awards(code, issue, order.reader)?;
    let given: Option<Awards> = serde_json::from_value(given).map_err(Fault::internal)?;
    let version = boards.iter().find_map(|board| board.policy_version);
    let policy = version.map(|version| service.policy(code, version, &order.audience)).transpose()?;
    let policy = policy.map(|(_, policy)| policy);
    let sheet = Sheet { l: order.l, campaign, row: &order.row, won: won(order.l, &given.unwrap_or_default()), policy };
    Ok(sheet.page(&boards))
}

/// Who won what, by kind and code.
fn won(l: Language, awards: &Awards) -> HashMap<(String, String), String> {
    let mut won: HashMap<(String, String), String> = HashMap::new();
    for award in &awards.items {
        for winner in &award.winners {
            let name = l.pick(&award.name.vi, &award.name.en);
            let of_unit = won.entry((award.kind.clone(), winner.unit.code.clone())).or_default();
            if !of_unit.is_empty() {
                of_unit.push_str("; ");
            }
            of_unit.push_str(name);
        }
    }
    won
}

struct Sheet<'a> {
    l: Language,
    campaign: &'a Campaign,
    row: &'a ResultRowView,
    won: HashMap<(String, String), String>,
    policy: Option<PolicyView>,
}

impl Sheet<'_> {
    fn page(&self, boards: &[Board]) -> Markup {
        let l = self.l;
        let organiser = self.campaign.organiser.pick(l.is_vi()).unwrap_or_default();
        html! {
            article.paper lang=(l.code()) {
                @if self.row.status == "revoked" { p.stamp { (l.pick("ĐÃ THU HỒI", "REVOKED")) } }
                div.letterhead {
                    div {
                        p.organ { (organiser.to_uppercase()) }
                        p { (l.pick("Số: ………/TB-HĐTĐKT", "No.: ………")) }
                    }
                    div {
                        p.organ { (l.pick("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM")) }
                        p.motto { (l.pick("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness")) }
                        p.dated { (self.dated()) }
                    }
                }
                h2.doc { (l.pick("THÔNG BÁO", "ANNOUNCEMENT")) }
                p.about { (l.pick("Kết quả phong trào thi đua", "Result of the emulation campaign")) br; "“" (super::super::home::title(self.campaign, l)) "”" }
                p { (self.grounds(organiser)) }
                @for (at, board) in boards.iter().filter(|board| board.total > 0).enumerate() { (self.board(at + 1, board)) }
                div.closing {
                    div.receivers {
                        p { b { (l.pick("Nơi nhận:", "Recipients:")) } }
                        @for line in self.receivers() { p { (line) } }
                    }
                    div.signature {
                        p { b { (l.pick("TM. HỘI ĐỒNG", "FOR THE COUNCIL")) } }
                        p { b { (l.pick("CHỦ TỊCH", "THE CHAIR")) } }
                        p.space { (l.pick("(Ký tên, đóng dấu)", "(Signature and seal)")) }
                    }
                }
                p.imprint { (self.imprint()) }
            }
        }
    }

    fn receivers(&self) -> [&'static str; 3] {
        match self.l {
            Language::Vi => ["- Cơ quan tổ chức phong trào;", "- Các đơn vị tham gia;", "- Lưu: VT, HĐTĐKT."],
            Language::En => ["- The organiser;", "- The units that took part;", "- Archive."],
        }
    }

    /// Day and month are filled in by hand with the number; the year is known.
    fn dated(&self) -> String {
        let year = self.row.created_at.day_in(self.campaign.time_zone).map(|day| day.year()).unwrap_or_default();
        match self.l {
            Language::Vi => format!("………, ngày …… tháng …… năm {year}"),
            Language::En => format!("………, …… ………… {year}"),
        }
    }

    fn grounds(&self, organiser: &str) -> String {
        let l = self.l;
        let day = |day: Day| l.long_day(day);
        let (from, to) = (day(self.campaign.baseline.from), day(self.campaign.window.to));
        let decision = &self.campaign.decision;
        let number = decision.number.as_deref();
        let dated = decision.date.map(day);
        let whom =
            |vi: &str, en: &str| if organiser.is_empty() { l.pick(vi, en).to_owned() } else { organiser.to_owned() };
        match (l, number, dated) {
            (Language::Vi, Some(number), Some(date)) => format!(
                "Căn cứ văn bản số {number} ngày {date}; trên cơ sở số liệu các đơn vị báo cáo từ ngày {from} đến ngày {to}, {} thông báo kết quả như sau:",
                whom("Hội đồng", "the council")
            ),
            (Language::Vi, ..) => format!(
                "Trên cơ sở số liệu các đơn vị báo cáo từ ngày {from} đến ngày {to}, {} thông báo kết quả như sau:",
                whom("Hội đồng", "the council")
            ),
            (Language::En, Some(number), Some(date)) => format!(
                "By document {number} of {date}, and on the figures reported from {from} to {to}, {} announces the result:",
                whom("Hội đồng", "the council")
            ),
            (Language::En, ..) => {
                format!(
                    "On the figures reported from {from} to {to}, {} announces the result:",
                    whom("Hội đồng", "the council")
                )
            }
        }
    }

    fn board(&self, number: usize, board: &Board) -> Markup {
        let l = self.l;
        let kind = self.campaign.kind_index(&board.kind).and_then(|kind| self.campaign.kind(kind));
        let kind = kind.and_then(|kind| kind.name.pick(l.is_vi())).unwrap_or(&board.kind);
        let clean = board.track == "kept_clean";
        let title = match (l, clean) {
            (Language::Vi, false) => {
                format!("{number}. {kind}: nhánh kéo giảm ({} đơn vị được xếp hạng)", board.ranked)
            }
            (Language::Vi, true) => format!("{number}. {kind}: nhánh giữ sạch ({} đơn vị được xếp hạng)", board.ranked),
            (Language::En, false) => format!("{number}. {kind}: improvement ({} ranked)", board.ranked),
            (Language::En, true) => format!("{number}. {kind}: kept clean ({} ranked)", board.ranked),
        };
        let ranked: Vec<&Row> = board.items.iter().filter(|row| row.rank.is_some()).collect();
        let unranked: Vec<&Row> = board.items.iter().filter(|row| row.rank.is_none()).collect();
        html! {
            section {
                h3 { (title) }
                @if !ranked.is_empty() { (self.table(&title, &board.kind, &ranked)) }
                @for line in self.ties(&ranked) { p { (line) } }
                @if ranked.iter().any(|row| row.imputed_days.is_some_and(|days| days > 0)) {
                    p.small { (l.pick("(*) Có ngày thiếu báo cáo, được tính theo quy định về ngày thiếu.", "(*) Days without a report are counted as the rules say.")) }
                }
                @if !unranked.is_empty() {
                    p { b { (l.pick("Không xếp hạng: ", "Unranked: ")) } (self.unranked(&unranked)) }
                }
                @if board.total > board.items.len() {
                    p.small { (match l {
                        Language::Vi => format!("Ở đây in {} đơn vị đầu trong {}; danh sách đầy đủ có trong tệp kèm theo.", l.whole(board.items.len() as u64), l.whole(board.total as u64)),
                        Language::En => format!("The first {} of {} units; the files hold the whole list.", l.whole(board.items.len() as u64), l.whole(board.total as u64)),
                    }) }
                }
            }
        }
    }

    fn table(&self, title: &str, kind: &str, rows: &[&Row]) -> Markup {
        let l = self.l;
        let has_blocks = rows.iter().any(|row| row.unit.block.is_some());
        let has_awards = rows.iter().any(|row| self.award(kind, row).is_some());
        html! {
            (scrolling(title, &html! {
                table {
                    caption.vh { (title) }
                    thead { tr {
                        th scope="col" { (l.pick("Hạng", "Rank")) }
                        th.l scope="col" { (l.pick("Đơn vị", "Unit")) }
                        @if has_blocks { th.l scope="col" { (l.pick("Khối", "Block")) } }
                        th scope="col" { (l.pick("F0/ngày kỳ gốc", "F0/day baseline")) }
                        th scope="col" { (l.pick("F0/ngày cuối kỳ", "F0/day closing")) }
                        th scope="col" { (l.pick("Kéo giảm", "Reduction")) }
                        th scope="col" { (l.pick("Kéo giảm hiệu chỉnh", "Adjusted reduction")) }
                        th scope="col" { (l.pick("Cấp độ đầu → cuối", "Level start → end")) }
                        th scope="col" { (l.pick("Điểm", "Points")) }
                        @if has_awards { th.l scope="col" { (l.pick("Giải", "Award")) } }
                    } }
                    tbody {
                        @for row in rows {
                            tr {
                                td { (row.rank.map(|rank| rank.to_string()).unwrap_or_default()) }
                                th.l scope="row" { (row.unit.name) }
                                @if has_blocks { td.l { (row.unit.block.as_deref().unwrap_or_default()) } }
                                td { (self.number(row.baseline_mean)) }
                                td { (self.number(row.closing_mean)) @if row.imputed_days.is_some_and(|days| days > 0) { "*" } }
                                td { (self.change(row.reduction_percent)) }
                                td { (self.change(row.change_percent)) }
                                td.lvls { (self.levels(row.level.as_ref())) }
                                td { b { (self.number(row.points.as_ref().and_then(|points| points.total))) } }
                                @if has_awards { td.l { (self.award(kind, row).unwrap_or_default()) } }
                            }
                        }
                    }
                }
            }))
        }
    }

    fn award(&self, kind: &str, row: &Row) -> Option<&str> {
        self.won.get(&(kind.to_owned(), row.unit.code.clone())).map(String::as_str)
    }

    fn number(&self, number: Option<Hundredths>) -> String {
        number.map_or_else(|| "–".to_owned(), |number| self.l.two_decimals(number))
    }

    fn change(&self, percent: Option<Hundredths>) -> String {
        percent.map_or_else(|| "–".to_owned(), |percent| self.l.change(percent))
    }

    fn levels(&self, level: Option<&Level>) -> String {
        let word = |code: &Option<String>| {
            code.as_ref().map(|code| super::super::frame::level_word(&self.campaign.scheme, self.l, code))
        };
        match level.map(|level| (word(&level.start), word(&level.current))) {
            Some((Some(start), Some(current))) => format!("{start} → {current}"),
            Some((None, Some(current))) => current,
            _ => "–".to_owned(),
        }
    }

    /// Equal ranks and equal points in words.
    fn ties(&self, rows: &[&Row]) -> Vec<String> {
        let mut lines = Vec::new();
        let same = |a: &&Row, b: &&Row| a.rank == b.rank && a.unit.block == b.unit.block;
        for tied in rows.chunk_by(|a, b| same(a, b)).filter(|tied| tied.len() > 1) {
            let names: Vec<&str> = tied.iter().map(|row| row.unit.name.as_str()).collect();
            let names = names.join(", ");
            let rank = tied.first().and_then(|row| row.rank).unwrap_or_default();
            let (first, last) = (rank + 1, rank + tied.len() as u64 - 1);
            lines.push(match (self.l, first == last) {
                (Language::Vi, true) => {
                    format!("{names} bằng nhau ở mọi tiêu chí nên đồng hạng {rank}; hạng {first} để trống.")
                }
                (Language::Vi, false) => format!(
                    "{names} bằng nhau ở mọi tiêu chí nên đồng hạng {rank}; các hạng {first} đến {last} để trống."
                ),
                (Language::En, true) => {
                    format!("{names} are equal on all keys and share rank {rank}; rank {first} stays empty.")
                }
                (Language::En, false) => {
                    format!("{names} are equal on all keys and share rank {rank}; ranks {first} to {last} stay empty.")
                }
            });
        }
        let total = |row: &Row| row.points.as_ref().and_then(|points| points.total);
        let equal = |a: &&Row, b: &&Row| total(a).is_some() && total(a) == total(b) && a.unit.block == b.unit.block;
        for group in rows
            .chunk_by(|a, b| equal(a, b))
            .filter(|group| group.first().map(|r| r.rank) != group.last().map(|r| r.rank))
        {
            let names: Vec<&str> = group.iter().map(|row| row.unit.name.as_str()).collect();
            let points = self.number(group.first().and_then(|row| total(row)));
            let (names, keys) = (names.join(", "), self.keys());
            lines.push(match self.l {
                Language::Vi => format!("{names} cùng {points} điểm, xếp theo thứ tự tiêu chí: {keys}."),
                Language::En => format!("{names} all have {points} points and are separated by, in order: {keys}."),
            });
        }
        lines
    }

    /// What separates equal points, in order.
    fn keys(&self) -> String {
        let chain = self.policy.as_ref().and_then(|policy| policy.scoring["tie_break"].as_array());
        let words = chain.into_iter().flatten().filter_map(|code| code.as_str()).map(|code| key(code, self.l.is_vi()));
        words.collect::<Vec<_>>().join(", ")
    }

    fn unranked(&self, rows: &[&Row]) -> String {
        let row = |row: &&Row| {
            let why: Vec<&str> = row.unranked.iter().map(|code| unranked_reason(code, self.l.is_vi())).collect();
            format!("{} ({})", row.unit.name, why.join(", "))
        };
        format!("{}.", rows.iter().map(row).collect::<Vec<_>>().join("; "))
    }

    /// The rules, what was known, and the hash by which anybody can check.
    fn imprint(&self) -> String {
        let l = self.l;
        let empty = Vec::new();
        let scoring = self.policy.as_ref().map(|policy| &policy.scoring);
        let components = scoring.and_then(|scoring| scoring["components"].as_array()).unwrap_or(&empty);
        let component = |part: &serde_json::Value| {
            let measure = measure_name(part["measure"].as_str().unwrap_or_default(), l.is_vi()).to_owned();
            format!("{measure} {} {}", part["max_points"], l.pick("điểm", "points"))
        };
        let rules = components.iter().map(component).collect::<Vec<_>>().join(", ");
        let version = self.policy.as_ref().map(|policy| policy.version).unwrap_or_default();
        let known = l.moment(self.row.known_at, self.campaign.time_zone);
        let day = parse_day(&self.row.as_of).map(|day| l.long_day(day)).unwrap_or_default();
        let (issue, revision, hash) = (self.row.issue, self.row.revision, &self.row.whole_sha256);
        match l {
            Language::Vi => format!(
                "Lần công bố {issue}. Thể lệ bản {version}: tối đa {rules}. Bảng ngày {day}, theo số liệu ghi nhận đến {known}, bản số {revision}. Mã kiểm tra SHA-256 của bản đầy đủ: {hash}"
            ),
            Language::En => format!(
                "Issue {issue}. Rules version {version}: at most {rules}. Board of {day}, on what was recorded by {known}, revision {revision}. SHA-256 of the whole result: {hash}"
            ),
        }
    }
}
