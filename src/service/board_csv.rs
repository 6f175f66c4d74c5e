//! A board as CSV: one line a row, for spreadsheets and scripts.

use super::views::{BoardView, RowView};

/// For whom a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A script: LF, texts as they are.
    Script,
    /// A spreadsheet: BOM, CRLF, texts that it would take for formulas neutralised;
    /// numbers are never touched.
    Spreadsheet,
}

const FIXED: [&str; 8] = ["rank", "rank_change", "code", "name", "kind", "parent_code", "block", "points"];
const REST: [&str; 15] = [
    "bonus",
    "deduction",
    "reduction_percent",
    "change_percent",
    "baseline_mean",
    "closing_mean",
    "level_start",
    "level_current",
    "levels_dropped",
    "community_f0",
    "imputed_f0",
    "imputed_days",
    "green_days",
    "missing_days",
    "unranked",
];

/// Columns of boards that tell since when units are green.
const GREEN: [&str; 2] = ["green_on", "green_by_kept"];

/// Writes a board.
pub fn board_csv(board: &BoardView, reader: Reader) -> String {
    let terminator = match reader {
        Reader::Script => csv::Terminator::Any(b'\n'),
        Reader::Spreadsheet => csv::Terminator::CRLF,
    };
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    let measures: Vec<&str> = board
        .items
        .iter()
        .find_map(|r| r.points.as_ref())
        .map(|p| p.components.iter().map(|c| c.measure).collect())
        .unwrap_or_default();
    // writing into memory does not fail
    let has_green = board.items.iter().any(|row| row.green.is_some());
    let green: &[&str] = if has_green { &GREEN } else { &[] };
    let _ = writer.write_record(FIXED.iter().chain(&measures).chain(&REST).chain(green));
    for row in &board.items {
        let _ = writer.write_record(cells(row, measures.len(), reader));
    }
    let table = String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default();
    match reader {
        Reader::Script => table,
        Reader::Spreadsheet => format!("\u{FEFF}{table}"),
    }
}

fn cells(row: &RowView, measures: usize, reader: Reader) -> Vec<String> {
    fn number<T: ToString>(value: Option<T>) -> String {
        value.map(|v| v.to_string()).unwrap_or_default()
    }
    let text = |text: &str| match reader {
        Reader::Script => text.to_owned(),
        Reader::Spreadsheet => neutralised(text),
    };
    let optional = |value: &Option<String>| value.as_deref().map(text).unwrap_or_default();
    let points = row.points.as_ref();
    let level = row.level.as_ref();
    let mut cells = vec![
        number(row.rank),
        number(row.rank_change),
        text(&row.unit.code),
        text(&row.unit.name),
        text(&row.unit.kind),
        optional(&row.unit.parent_code),
        optional(&row.unit.block),
        number(points.and_then(|p| p.total)),
    ];
    cells.extend((0..measures).map(|i| number(points.and_then(|p| p.components.get(i)).and_then(|c| c.points))));
    cells.extend([
        number(points.map(|p| p.bonus)),
        number(points.map(|p| p.deduction)),
        number(row.reduction_percent),
        number(row.change_percent),
        number(row.baseline_mean),
        number(row.closing_mean),
        level.map(|l| optional(&l.start)).unwrap_or_default(),
        level.map(|l| optional(&l.current)).unwrap_or_default(),
        number(level.and_then(|l| l.dropped)),
        number(row.community_f0),
        number(row.imputed_f0),
        number(row.imputed_days),
        number(row.green_days),
        number(row.missing_days),
        row.unranked.join(" "),
    ]);
    if let Some(green) = &row.green {
        cells.extend([optional(&green.green_on), number(green.green_by_kept.flatten())]);
    }
    cells
}

/// A text that no spreadsheet takes for a formula (OWASP, CSV injection; the full-width
/// signs are taken for theirs by some).
pub fn neutralised(text: &str) -> String {
    let is_dangerous = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if is_dangerous { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_formulas_are_neutralised() {
        for text in ["=1+1", "+84", "-x", "@a", "\tx", "＝1"] {
            assert_eq!(neutralised(text), format!("'{text}"));
        }
        assert_eq!(neutralised("Phường 07"), "Phường 07");
        assert_eq!(neutralised("1=1"), "1=1");
    }
}
