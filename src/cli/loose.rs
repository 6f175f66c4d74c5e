//! How a table of figures is to be read, where the reader must not decide.

use crate::pack::loose::SheetOptions;
use crate::pack::loose::figures::{FigureOptions, Layout};
use crate::pack::loose::values::DateOrder;
use clap::{Args, ValueEnum};

/// What the sender says of a table of figures.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Tables of figures")]
pub(super) struct TableOptions {
    /// Encoding of a text: utf-8, utf-16le, utf-16be or windows-1258
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What stands between two cells of a text
    #[arg(long, value_enum)]
    separator: Option<Separator>,
    /// The mark before decimals; the other one groups thousands
    #[arg(long, value_enum)]
    decimal: Option<Decimal>,
    /// The sheet of a workbook; the first without
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// A row for a unit and day, or a column for a day
    #[arg(long, value_enum)]
    layout: Option<LayoutName>,
    /// How days are written
    #[arg(long, value_enum)]
    date_order: Option<Order>,
    /// Cases of the day, or sums since the beginning
    #[arg(long, value_enum)]
    counts: Option<Counts>,
    /// How many rows there must be
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Separator {
    Comma,
    Semicolon,
    Tab,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decimal {
    Point,
    Comma,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LayoutName {
    Long,
    Wide,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Dmy,
    Mdy,
    Ymd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Counts {
    Daily,
    Cumulative,
}

impl TableOptions {
    /// What is said of the file.
    pub(super) fn sheet(&self) -> SheetOptions {
        let separator = self.separator.map(|separator| match separator {
            Separator::Comma => ',',
            Separator::Semicolon => ';',
            Separator::Tab => '\t',
        });
        SheetOptions { encoding: self.encoding.clone(), separator, sheet: self.sheet.clone() }
    }

    /// What is said of the figures.
    pub(super) fn figures(&self) -> FigureOptions {
        FigureOptions {
            date_order: self.date_order.map(|order| match order {
                Order::Dmy => DateOrder::Dmy,
                Order::Mdy => DateOrder::Mdy,
                Order::Ymd => DateOrder::Ymd,
            }),
            decimal: self.decimal.map(|mark| match mark {
                Decimal::Point => '.',
                Decimal::Comma => ',',
            }),
            layout: self.layout.map(|layout| match layout {
                LayoutName::Long => Layout::Long,
                LayoutName::Wide => Layout::Wide,
            }),
            cumulative: self.counts == Some(Counts::Cumulative),
            rows: self.rows,
        }
    }
}
