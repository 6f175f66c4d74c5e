//! How a table of figures is to be read, where the reader must not decide.

use crate::pack::loose::options::{
    CUMULATIVE, Choice, DATE_ORDER, DECIMAL, FigureOptions, LAYOUT, Layout, SEPARATOR, SheetOptions,
};
use crate::pack::loose::values::DateOrder;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// What the sender says of a table of figures.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Tables of figures")]
pub(super) struct TableOptions {
    /// Encoding of a text: utf-8, utf-16le, utf-16be or windows-1258
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What stands between two cells of a text
    #[arg(long, value_parser = word(SEPARATOR))]
    separator: Option<char>,
    /// The mark before decimals; the other one groups thousands
    #[arg(long, value_parser = word(DECIMAL))]
    decimal: Option<char>,
    /// The sheet of a workbook; the first without
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// A row for a unit and day, or a column for a day
    #[arg(long, value_parser = word(LAYOUT))]
    layout: Option<Layout>,
    /// How days are written
    #[arg(long, value_parser = word(DATE_ORDER))]
    date_order: Option<DateOrder>,
    /// Cases of the day, or sums since the beginning
    #[arg(long, value_parser = word(CUMULATIVE))]
    counts: Option<bool>,
    /// How many rows there must be
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
}

/// Reads one of the words of a choice.
fn word<T: Copy + PartialEq + Send + Sync + 'static>(choice: Choice<T>) -> impl TypedValueParser<Value = T> {
    let expected = move |word: String| choice.parse(&word).ok_or_else(|| format!("expected {}", choice.expected()));
    PossibleValuesParser::new(choice.words()).try_map(expected)
}

impl TableOptions {
    /// What is said of the file.
    pub(super) fn sheet(&self) -> SheetOptions {
        SheetOptions { encoding: self.encoding.clone(), separator: self.separator, sheet: self.sheet.clone() }
    }

    /// What is said of the figures.
    pub(super) fn figures(&self) -> FigureOptions {
        FigureOptions {
            date_order: self.date_order,
            decimal: self.decimal,
            layout: self.layout,
            cumulative: self.counts.unwrap_or_default(),
            rows: self.rows,
        }
    }
}
