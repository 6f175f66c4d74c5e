//! Official papers as a list of blocks (Decree 30/2020/NĐ-CP), before anybody draws them: the
//! PDF and the DOCX are two drawings of the same list.
//!
//! Rows of tables are asked for one by one, so that no paper holds them all as text.

use super::phrases::{
    self, day_or_dots, decimal, is_committee, kind_name, money, notes, number_and_day, organiser, place, remark,
    short_day, status, title, track,
};
use super::report::{Report, ReportAward, ReportDecision, ReportSection, ReportWinner};

/// A paper of one or more parts; each begins on a page of its own and counts its own pages.
#[derive(Debug)]
pub(super) struct Paper<'a> {
    /// What it is, for the properties of the file.
    pub(super) title: String,
    /// Its parts.
    pub(super) parts: Vec<Part<'a>>,
}

/// A part with head and signature.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Who issues it, under whom, and where and when.
    pub(super) head: Head,
    /// What it says.
    pub(super) blocks: Vec<Block<'a>>,
    /// Who signs it and who receives it.
    pub(super) foot: Foot,
}

/// The head of a paper.
#[derive(Debug)]
pub(super) struct Head {
    /// The organ above, where there is one.
    pub(super) above: Option<String>,
    /// The organ.
    pub(super) organ: String,
    /// `Số: …`.
    pub(super) number: String,
    /// Place and date.
    pub(super) dated: String,
}

/// The end of a paper.
#[derive(Debug)]
pub(super) struct Foot {
    /// Who receives it, a line each.
    pub(super) receivers: Vec<String>,
    /// On whose behalf and in which office, a line each.
    pub(super) signers: Vec<String>,
}

/// A block.
#[derive(Debug)]
pub(super) enum Block<'a> {
    /// The kind of paper, centred, bold.
    Title(String),
    /// What it is about, centred, bold, with a short rule below.
    About(String),
    /// Centred, in italics.
    Annex(String),
    /// Centred, bold.
    Centred(String),
    /// The head of a table.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph in italics: what a paper is based on.
    Ground(String),
    /// A remark in small italics.
    Note(String),
    /// A table.
    Table(Rows<'a>),
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// A column: its head, its share of the width in thousandths, how it is set.
pub(super) struct Column(pub(super) &'static str, pub(super) u16, pub(super) Align);

/// The columns of every table of units.
pub(super) const COLUMNS: [Column; 7] = [
    Column("STT", 62, Align::Centre),
    Column("Đơn vị", 286, Align::Left),
    Column("Điểm", 106, Align::Right),
    Column("Điểm thưởng", 106, Align::Right),
    Column("Xếp hạng", 90, Align::Centre),
    Column("Hình thức khen thưởng", 174, Align::Left),
    Column("Ghi chú", 176, Align::Left),
];

/// Where the rows of a table come from.
#[derive(Debug)]
pub(super) enum Rows<'a> {
    /// A board's, or those of one of its blocks.
    Board { section: &'a ReportSection, places: Vec<usize>, shows_parents: bool },
    /// Those who won an award.
    Winners { award: &'a ReportAward, shows_parents: bool },
}

impl Rows<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Board { places, .. } => places.len(),
            Self::Winners { award, .. } => award.winners.len(),
        }
    }

    /// The cells of a row, in the order of [`COLUMNS`].
    pub(super) fn cells(&self, at: usize) -> Option<[String; 7]> {
        let name = |name: &str, parent: Option<&String>, shows: &bool| match parent {
            Some(parent) if *shows => format!("{name}, {parent}"),
            _ => name.to_owned(),
        };
        let place = |rank: Option<u64>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
        match self {
            Self::Board { section, places, shows_parents } => {
                let row = section.rows.get(*places.get(at)?)?;
                let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
                let beside = beside.filter_map(|at| section.rows.get(*places.get(at)?));
                let is_tied = row.rank.is_some() && beside.map(|row| row.rank).any(|rank| rank == row.rank);
                Some([
                    (at + 1).to_string(),
                    name(&row.name, row.parent_name.as_ref(), shows_parents),
                    decimal(row.points),
                    decimal(row.bonus),
                    place(row.rank),
                    row.award.as_ref().and_then(|award| award.vietnamese()).unwrap_or_default().to_owned(),
                    remark(row, is_tied),
                ])
            }
            Self::Winners { award, shows_parents } => {
                let winner = award.winners.get(at)?;
                let sum = winner.money.map(|sum| format!("Tiền thưởng {}", money(sum)));
                let said: Vec<String> = sum.into_iter().chain(winner.note.clone()).collect();
                Some([
                    (at + 1).to_string(),
                    name(&winner.name, winner.parent_name.as_ref(), shows_parents),
                    decimal(winner.points),
                    decimal(winner.bonus),
                    place(winner.rank),
                    award.form.vietnamese().unwrap_or(&award.code).to_owned(),
                    said.join("; "),
                ])
            }
        }
    }
}

/// The board of all kinds and tracks, as an annex.
pub(super) fn leaderboard(report: &Report) -> Paper<'_> {
    let mut blocks = vec![
        Block::Title("BẢNG XẾP HẠNG".to_owned()),
        Block::About(format!("Phong trào thi đua “{}”", title(report))),
        Block::Annex(annex_line(report)),
        Block::Annex(format!("Kết quả {} tính đến ngày {}", status(report), short_day(&report.as_of))),
    ];
    for (_, section) in report.boards() {
        boards_of(report, section, &mut blocks);
    }
    blocks.extend(notes(report).into_iter().map(Block::Note));
    let part = Part { head: head(report, DECISION), blocks, foot: foot(report) };
    Paper { title: format!("Bảng xếp hạng – {}", title(report)), parts: vec![part] }
}

/// Those who are awarded, by class and quota.
pub(super) fn awards(report: &Report) -> Paper<'_> {
    let part = Part { head: head(report, DECISION), blocks: award_list(report), foot: foot(report) };
    Paper { title: format!("Danh sách khen thưởng – {}", title(report)), parts: vec![part] }
}

/// The submission, the draft of the decision, and the list as its annex.
pub(super) fn decision(report: &Report) -> Paper<'_> {
    let annex = Part { head: head(report, DECISION), blocks: award_list(report), foot: foot(report) };
    let parts = vec![submission(report), draft(report), annex];
    Paper { title: format!("Hồ sơ khen thưởng – {}", title(report)), parts }
}

const DECISION: &str = "QĐ-UBND";

fn head(report: &Report, symbol: &str) -> Head {
    let decision = report.issue.as_ref().map(|issue| &issue.decision);
    let number = decision.and_then(|d| d.number.clone()).unwrap_or_else(|| format!("………/{symbol}"));
    Head {
        above: None,
        organ: organiser(report).to_uppercase(),
        number: format!("Số: {number}"),
        dated: format!("{}, {}", place(report), day_or_dots(decision.and_then(|d| d.date.as_deref()))),
    }
}

fn foot(report: &Report) -> Foot {
    let signers = if is_committee(report) {
        vec!["TM. ỦY BAN NHÂN DÂN".to_owned(), "CHỦ TỊCH".to_owned()]
    } else {
        vec!["THỦ TRƯỞNG CƠ QUAN".to_owned()]
    };
    let receivers = ["- Như trên;", "- Các đơn vị có tên;", "- Lưu: VT, TĐKT."];
    Foot { receivers: receivers.map(str::to_owned).into(), signers }
}

fn annex_line(report: &Report) -> String {
    let none = ReportDecision::default();
    let decision = report.issue.as_ref().map_or(&none, |issue| &issue.decision);
    format!("(Kèm theo Quyết định {} của {})", number_and_day(decision), organiser(report))
}

/// Whether rows need the unit above to be told apart.
fn shows_parents<'a>(mut parents: impl Iterator<Item = Option<&'a String>>) -> bool {
    let first = parents.next().flatten();
    parents.any(|parent| parent != first)
}

/// The tables of a section: one, or one a block where blocks are ranked apart.
fn boards_of<'a>(report: &Report, section: &'a ReportSection, blocks: &mut Vec<Block<'a>>) {
    let shows_parents = shows_parents(section.rows.iter().map(|row| row.parent_name.as_ref()));
    let name = format!("{} – bảng {}", kind_name(section), track(&section.track));
    let mut groups: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    if report.rules.rank_within_blocks {
        let mut of_block: std::collections::BTreeMap<Option<&str>, Vec<usize>> = std::collections::BTreeMap::new();
        for (at, row) in section.rows.iter().enumerate() {
            of_block.entry(row.block.as_deref()).or_default().push(at);
        }
        groups.extend(of_block);
    } else {
        groups.push((None, (0..section.rows.len()).collect()));
    }
    for (block, places) in groups {
        let of_block = block.map(|block| format!(", {}", phrases::block(block))).unwrap_or_default();
        blocks.push(Block::Heading(format!("{name}{of_block} ({} đơn vị)", places.len())));
        blocks.push(Block::Table(Rows::Board { section, places, shows_parents }));
    }
}

fn award_list(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = vec![
        Block::Title("DANH SÁCH KHEN THƯỞNG".to_owned()),
        Block::About(format!("Phong trào thi đua “{}”", title(report))),
        Block::Annex(annex_line(report)),
    ];
    for award in &report.awards {
        blocks.push(Block::Heading(award_heading(award)));
        if award.winners.is_empty() {
            blocks.push(Block::Note("Không có đơn vị nào đạt.".to_owned()));
        } else {
            let shows_parents = shows_parents(award.winners.iter().map(|winner| winner.parent_name.as_ref()));
            blocks.push(Block::Table(Rows::Winners { award, shows_parents }));
        }
        blocks.extend(award.remarks.iter().cloned().map(Block::Note));
    }
    blocks.push(Block::Note(format!("Kết quả {} tính đến ngày {}.", status(report), short_day(&report.as_of))));
    blocks
}

/// Award, class and quota.
pub(super) fn award_heading(award: &ReportAward) -> String {
    format!("{} – {} ({})", award.name.vietnamese().unwrap_or(&award.code), award_class(award), award.quota)
}

/// Among whom an award is given.
pub(super) fn award_class(award: &ReportAward) -> String {
    let kind = award.kind_name.vietnamese().unwrap_or(&award.kind);
    let block = award.block.as_deref().map(|block| format!(", {}", phrases::block(block))).unwrap_or_default();
    format!("{kind}, bảng {}{block}", track(&award.track))
}

fn winners(report: &Report) -> impl Iterator<Item = (&ReportAward, &ReportWinner)> {
    report.awards.iter().flat_map(|award| award.winners.iter().map(move |winner| (award, winner)))
}

/// What papers are based on.
fn grounds(report: &Report) -> Vec<Block<'_>> {
    let is_new_law = report.window.to.as_str() >= "2024-01-01";
    let mut grounds = Vec::new();
    if is_committee(report) && !is_new_law {
        grounds.push("Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015; Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Chính phủ và Luật Tổ chức chính quyền địa phương ngày 22 tháng 11 năm 2019;".to_owned());
    }
    if is_new_law {
        grounds.push("Luật Thi đua, khen thưởng ngày 15 tháng 6 năm 2022;".to_owned());
        grounds.push("Nghị định số 98/2023/NĐ-CP ngày 31 tháng 12 năm 2023 của Chính phủ quy định chi tiết thi hành một số điều của Luật Thi đua, khen thưởng;".to_owned());
    } else {
        grounds.push("Luật Thi đua, Khen thưởng ngày 26 tháng 11 năm 2003; Luật sửa đổi, bổ sung một số điều của Luật Thi đua, Khen thưởng ngày 14 tháng 6 năm 2005 và ngày 16 tháng 11 năm 2013;".to_owned());
        grounds.push("Nghị định số 91/2017/NĐ-CP ngày 31 tháng 7 năm 2017 của Chính phủ quy định chi tiết thi hành một số điều của Luật Thi đua, Khen thưởng;".to_owned());
    }
    let plan = format!("{} {}", plan_kind(report), number_and_day(&report.plan));
    grounds.push(format!("{plan} của {} về phong trào thi đua “{}”;", organiser(report), title(report)));
    grounds.into_iter().map(|ground| Block::Ground(format!("Căn cứ {ground}"))).collect()
}

/// What the campaign was started by, as its number says.
fn plan_kind(report: &Report) -> &'static str {
    match report.plan.number.as_deref().unwrap_or_default() {
        number if number.contains("KH") => "Kế hoạch",
        number if number.contains("QĐ") => "Quyết định",
        _ => "Văn bản",
    }
}

fn submission(report: &Report) -> Part<'_> {
    let (count, result) = (winners(report).count(), result_in_words(report));
    let mut blocks = vec![
        Block::Title("TỜ TRÌNH".to_owned()),
        Block::About(format!("Về việc khen thưởng trong phong trào thi đua “{}”", title(report))),
        Block::Centred(format!("Kính gửi: {}", addressee(report))),
    ];
    blocks.extend(grounds(report));
    blocks.push(Block::Text(format!(
        "Sau khi tổng hợp số liệu từ ngày {} đến ngày {} và xếp hạng theo quy tắc đã ban hành, Hội đồng Thi đua - Khen thưởng báo cáo {result} và kính trình {} xem xét, quyết định khen thưởng {count} lượt đơn vị, cụ thể:",
        short_day(&report.window.from),
        short_day(&report.as_of),
        addressee(report),
    )));
    for award in &report.awards {
        blocks.push(Block::Text(format!("- {}: {} đơn vị.", award_heading(award), award.winners.len())));
        blocks.extend(award.remarks.iter().map(|remark| Block::Note(format!("+ {remark}"))));
    }
    let total: i64 = winners(report).filter_map(|(_, winner)| winner.money).sum();
    if total > 0 {
        blocks.push(Block::Text(format!("Tổng tiền thưởng dự kiến: {}.", money(total))));
    }
    blocks.push(Block::Text("(Gửi kèm dự thảo Quyết định và danh sách.)".to_owned()));
    if let Some(issue) = &report.issue {
        blocks.push(Block::Note(format!("Mã SHA-256 của hồ sơ kết quả lần {}: {}", issue.number, issue.sha256)));
    }
    blocks.push(Block::Text(format!("Kính trình {} xem xét, quyết định./.", addressee(report))));
    let head = Head {
        above: Some(organiser(report).to_uppercase()),
        organ: "HỘI ĐỒNG THI ĐUA - KHEN THƯỞNG".to_owned(),
        number: "Số: ………/TTr-HĐTĐKT".to_owned(),
        dated: format!("{}, {}", place(report), day_or_dots(None)),
    };
    let signers = ["TM. HỘI ĐỒNG", "CHỦ TỊCH HỘI ĐỒNG"].map(str::to_owned).into();
    let receivers = ["- Như trên;", "- Lưu: VT, HĐTĐKT."].map(str::to_owned).into();
    Part { head, blocks, foot: Foot { receivers, signers } }
}

/// What the submission reports of: the numbered result, or that it is provisional.
fn result_in_words(report: &Report) -> String {
    match &report.issue {
        Some(issue) => format!("kết quả chính thức lần {}", issue.number),
        None => format!("kết quả {}", status(report)),
    }
}

fn addressee(report: &Report) -> String {
    if is_committee(report) { format!("Chủ tịch {}", organiser(report)) } else { organiser(report).to_owned() }
}

fn draft(report: &Report) -> Part<'_> {
    let (count, who) = (winners(report).count(), addressee(report));
    let total: i64 = winners(report).filter_map(|(_, winner)| winner.money).sum();
    let sum = if total > 0 { format!(" Tổng tiền thưởng: {}.", money(total)) } else { String::new() };
    let mut blocks = vec![
        Block::Title("QUYẾT ĐỊNH".to_owned()),
        Block::About(format!("Về việc khen thưởng trong phong trào thi đua “{}”", title(report))),
        Block::Centred(who.to_uppercase()),
    ];
    blocks.extend(grounds(report));
    blocks.push(Block::Ground(
        "Theo đề nghị của Hội đồng Thi đua - Khen thưởng tại Tờ trình số …… ngày …… tháng …… năm …….".to_owned(),
    ));
    blocks.push(Block::Centred("QUYẾT ĐỊNH:".to_owned()));
    let articles = [
        format!(
            "Điều 1. Khen thưởng {count} lượt đơn vị có thành tích trong phong trào thi đua “{}” từ ngày {} đến ngày {} (danh sách kèm theo).",
            title(report),
            short_day(&report.window.from),
            short_day(&report.window.to),
        ),
        format!("Điều 2. Tiền thưởng kèm theo thực hiện theo quy định hiện hành về thi đua, khen thưởng.{sum}"),
        "Điều 3. Các cơ quan có liên quan và các đơn vị có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này. Quyết định có hiệu lực kể từ ngày ký./.".to_owned(),
    ];
    blocks.extend(articles.map(Block::Text));
    let mut foot = foot(report);
    foot.receivers = ["- Như Điều 3;", "- Lưu: VT, TĐKT."].map(str::to_owned).into();
    if is_committee(report) {
        foot.signers = vec!["CHỦ TỊCH".to_owned()];
    }
    Part { head: head(report, DECISION), blocks, foot }
}
