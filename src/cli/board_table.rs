//! A board on the terminal.

use super::output::{Cell, Format, Language, aligned};
use crate::domain::number::Hundredths;
use crate::domain::{Campaign, Scheme};
use crate::service::board_csv::{Reader, board_csv};
use crate::service::views::{BoardView, RowView};
use crate::service::words::unranked_reason;
use anstyle::{AnsiColor, RgbColor, Style};

/// Prints a board.
pub(super) fn print(board: &BoardView, campaign: &Campaign, format: Format, language: Language) {
    match format {
        Format::Json => anstream::println!("{}", serde_json::to_string_pretty(board).unwrap_or_default()),
        Format::Csv => anstream::print!("{}", board_csv(board, Reader::Script)),
        Format::Table => anstream::print!("{}", table(board, campaign, language)),
    }
}

fn table(board: &BoardView, campaign: &Campaign, language: Language) -> String {
    let vietnamese = language == Language::Vi;
    let painter = Painter { scheme: &campaign.scheme, symbols: campaign.scheme.symbols(vietnamese), language };
    let mut out = heading(board, campaign, language);
    let (ranked, unranked): (Vec<&RowView>, Vec<&RowView>) = board.items.iter().partition(|r| r.rank.is_some());
    let mut rows = vec![painter.header()];
    rows.extend(ranked.iter().map(|row| painter.row(row)));
    if ranked.is_empty() {
        out += language.pick("Chưa có đơn vị nào được xếp hạng.\n", "Nobody is ranked.\n");
    } else {
        out += &aligned(&rows);
    }
    if !unranked.is_empty() {
        out += language.pick("\nChưa xếp hạng\n", "\nUnranked\n");
        let line = |row: &&RowView| {
            let reasons: Vec<&str> = row.unranked.iter().map(|r| unranked_reason(r, vietnamese)).collect();
            vec![
                Cell::left(format!("  {}", row.unit.name)),
                Cell::left(row.unit.code.clone()),
                Cell::left(reasons.join("; ")),
            ]
        };
        out += &aligned(&unranked.iter().map(line).collect::<Vec<_>>());
    }
    out
}

fn heading(board: &BoardView, campaign: &Campaign, language: Language) -> String {
    let vietnamese = language == Language::Vi;
    let bold = Style::new().bold();
    let title = campaign.title.pick(vietnamese).unwrap_or(&campaign.code);
    let kind = campaign.kinds.iter().find(|k| k.code == board.kind);
    let kind = kind.and_then(|k| k.name.pick(vietnamese)).unwrap_or(&board.kind);
    let track = match board.track {
        "kept_clean" => language.pick("nhánh giữ sạch", "kept clean"),
        _ => language.pick("nhánh kéo giảm", "improvement"),
    };
    let status = language.pick("tạm tính", "provisional");
    let early = if board.early {
        language.pick(" · còn sớm: chưa đủ ngày chấm", " · early: fewer days than closing days")
    } else {
        ""
    };
    let to = language.pick("số liệu đến hết", "figures to the end of");
    let of = language.pick("được xếp hạng", "ranked");
    format!(
        "{}{title}{}\n{kind} · {track} · {to} {} · {status}{early} · {}/{} {of}\n\n",
        bold.render(),
        bold.render_reset(),
        board.as_of,
        board.ranked,
        board.total
    )
}

struct Painter<'a> {
    scheme: &'a Scheme,
    symbols: Vec<String>,
    language: Language,
}

impl Painter<'_> {
    fn header(&self) -> Vec<Cell> {
        let dim = Style::new().dimmed();
        let words = [
            Cell::right(self.language.pick("hạng", "rank")),
            Cell::right(self.language.pick("đổi", "move")),
            Cell::left(self.language.pick("đơn vị", "unit")),
            Cell::left(self.language.pick("cấp độ", "level")),
            Cell::right(self.language.pick("F0", "F0")),
            Cell::right(self.language.pick("giảm hiệu chỉnh ▼", "adjusted ▼")),
            Cell::right(self.language.pick("giảm thường", "plain")),
            Cell::right(self.language.pick("điểm", "points")),
            Cell::left(self.language.pick("gồm", "made of")),
            Cell::right(self.language.pick("thiếu", "missing")),
        ];
        words.into_iter().map(|c| c.styled(dim)).collect()
    }

    fn row(&self, row: &RowView) -> Vec<Cell> {
        let movement = match row.rank_change {
            Some(0) => Cell::right("="),
            Some(n) if n > 0 => Cell::right(format!("▲{n}")).styled(AnsiColor::Green.on_default()),
            Some(n) => Cell::right(format!("▼{}", -n)).styled(AnsiColor::Red.on_default()),
            None => Cell::right(""),
        };
        let percent = |value: Option<Hundredths>| value.map_or_else(|| "–".to_owned(), |p| format!("{}%", p.fixed()));
        let parts = row.points.as_ref().map(|points| {
            let mut parts: Vec<String> =
                points.components.iter().map(|c| c.points.unwrap_or_default().fixed()).collect();
            let extra = [("+", points.bonus), ("−", points.deduction)];
            parts.extend(extra.iter().filter(|(_, p)| p.0 != 0).map(|(sign, p)| format!("{sign}{}", p.fixed())));
            parts.join(" | ")
        });
        let community = row.community_f0.unwrap_or_default();
        let f0 = match row.imputed_f0.unwrap_or_default() {
            0 => community.to_string(),
            imputed => format!("{community}+{imputed}"),
        };
        vec![
            Cell::right(row.rank.map(|r| r.to_string()).unwrap_or_default()).styled(Style::new().bold()),
            movement,
            Cell::left(row.unit.name.clone()),
            self.levels(row),
            Cell::right(f0),
            Cell::right(percent(row.change_percent)),
            Cell::right(percent(row.reduction_percent)),
            Cell::right(row.points.as_ref().and_then(|p| p.total).map(|total| total.fixed()).unwrap_or_default())
                .styled(Style::new().bold()),
            Cell::left(parts.unwrap_or_default()),
            Cell::right(row.missing_days.filter(|days| *days > 0).map(|days| days.to_string()).unwrap_or_default()),
        ]
    }

    /// `Đ đỏ → C cam`, in the colour of the current level.
    fn levels(&self, row: &RowView) -> Cell {
        let Some(level) = &row.level else { return Cell::left("–") };
        let start = level.start_used.as_deref().or(level.start.as_deref()).unwrap_or_default();
        let current = level.current_used.as_deref().or(level.current.as_deref()).unwrap_or_default();
        let known = if level.current.as_deref() == Some("unknown") { "?" } else { "" };
        let text = format!("{} → {}{known}", self.level(start, false), self.level(current, true));
        Cell::left(text).styled(self.colour(current))
    }

    fn level(&self, code: &str, with_name: bool) -> String {
        let Some(index) = self.scheme.level_index(code) else { return "?".to_owned() };
        let symbol = self.symbols.get(usize::from(index)).map_or("", String::as_str);
        let level = self.scheme.levels.get(usize::from(index));
        let name = level.and_then(|l| l.name.pick(self.language == Language::Vi)).unwrap_or(code);
        if with_name { format!("{symbol} {}", name.to_lowercase()) } else { symbol.to_owned() }
    }

    fn colour(&self, code: &str) -> Style {
        let level = self.scheme.levels.iter().find(|l| l.code == code);
        let rgb = level.and_then(|l| u32::from_str_radix(l.colour.trim_start_matches('#'), 16).ok());
        let [_, r, g, b] = rgb.map_or([0; 4], u32::to_be_bytes);
        if rgb.is_some() { Style::new().fg_color(Some(RgbColor(r, g, b).into())) } else { Style::new() }
    }
}
