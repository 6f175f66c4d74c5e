//! What commands print: tables aligned by what the eye sees, JSON, CSV.

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr;

/// How a board is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// The object of the API.
    Json,
    /// One line a row.
    Csv,
}

/// Language of texts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// Vietnamese
    Vi,
    /// English
    En,
}

impl Language {
    /// Vietnamese where the environment says so, else English.
    pub(super) fn from_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default();
        if locale.starts_with("vi") { Self::Vi } else { Self::En }
    }

    /// One of two texts.
    pub(super) fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

/// A cell of a table: its text, and the escape codes that colour it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    style: anstyle::Style,
    right: bool,
}

impl Cell {
    /// Words, to the left.
    pub(super) fn left(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Numbers, to the right.
    pub(super) fn right(text: impl Into<String>) -> Self {
        Self { text: text.into(), right: true, ..Self::default() }
    }

    /// The same cell in a style.
    pub(super) fn styled(self, style: anstyle::Style) -> Self {
        Self { style, ..self }
    }
}

/// Lines of cells, each column as wide as its widest cell. Colours are for
/// terminals only: `anstream` takes them out elsewhere.
pub(super) fn aligned(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.text.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - cell.text.width());
            let gap = if at == 0 { "" } else { "  " };
            let styled = format!("{}{}{}", cell.style.render(), cell.text, cell.style.render_reset());
            line += gap;
            line += &if cell.right { padding + &styled } else { styled + &padding };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_the_eye_sees() {
        let rows = [vec![Cell::left("Phường 07"), Cell::right("1")], vec![Cell::left("Quận"), Cell::right("-13.33")]];
        assert_eq!(aligned(&rows), "Phường 07       1\nQuận       -13.33\n");
    }
}
