//! Results as files for people: workbooks, official papers to print and to edit, tables,
//! certificates.
//!
//! A [`report::Report`] is made once, of a snapshot or of what an issue keeps; each writer
//! makes bytes of it and of nothing else, so that the same result is the same file, to the
//! byte. [`What`] and [`Format`] say what can be had as what. Start reading at
//! [`Service::write_export`].

pub mod awards;
mod certificates;
mod csv;
mod docx;
mod fonts;
mod names;
mod paper;
mod pdf;
mod phrases;
pub mod report;
#[cfg(test)]
mod tests;
mod xlsx;

use super::Service;
use super::access::{Exports, Grant};
use super::awards::{About, awards_of};
use super::fault::{Code, Fault};
use super::live::Snapshot;
use crate::domain::Instant;
use crate::pack;
use crate::store::campaigns;
use report::Report;

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The boards of all kinds and both tracks, all rows.
    Leaderboard,
    /// Those who are awarded, by class and quota.
    Awards,
    /// The decision pack: submission, draft of the decision, list as its annex.
    Decision,
    /// A page for each winner.
    Certificates,
}

/// As what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A workbook.
    Xlsx,
    /// A paper that can be edited.
    Docx,
    /// A paper that can be printed.
    Pdf,
    /// A table for spreadsheets.
    Csv,
    /// The report itself.
    Json,
    /// The campaign's pack.
    Pack,
}

impl What {
    /// All.
    pub const ALL: [Self; 4] = [Self::Leaderboard, Self::Awards, Self::Decision, Self::Certificates];

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Leaderboard => "leaderboard",
            Self::Awards => "awards",
            Self::Decision => "decision",
            Self::Certificates => "certificates",
        }
    }

    /// What has this name.
    ///
    /// # Errors
    /// 404 with the names that there are.
    pub fn parse(code: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|what| what.code() == code).ok_or_else(|| {
            let names = Self::ALL.map(Self::code).join(", ");
            Fault::new(Code::ExportNotFound, format!("{code:?} is no export; there are {names}"))
        })
    }

    /// As what it can be had; the first where nobody asks for one.
    pub fn formats(self) -> &'static [Format] {
        use Format::{Csv, Docx, Json, Pack, Pdf, Xlsx};
        match self {
            Self::Leaderboard => &[Json, Xlsx, Docx, Pdf, Csv, Pack],
            Self::Awards => &[Json, Xlsx, Docx, Pdf, Csv],
            Self::Decision => &[Docx, Pdf],
            Self::Certificates => &[Pdf],
        }
    }

    /// The names of its formats.
    pub fn format_codes(self) -> String {
        let codes: Vec<&str> = self.formats().iter().map(|format| format.code()).collect();
        codes.join(", ")
    }
}

impl Format {
    const ALL: [Self; 6] = [Self::Xlsx, Self::Docx, Self::Pdf, Self::Csv, Self::Json, Self::Pack];

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Pack => "pack",
        }
    }

    /// The format of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
    }

    /// Its type on the wire.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::Pack => "application/zip",
        }
    }

    /// Its type without parameters.
    pub fn media_type(self) -> &'static str {
        self.content_type().split(';').next().unwrap_or_default()
    }

    fn ending(self) -> &'static str {
        if self == Self::Pack { "zip" } else { self.code() }
    }
}

/// The name of a file.
pub fn file_name(campaign: &str, what: What, as_of: &str, format: Format) -> String {
    let what = if format == Format::Pack { "pack" } else { what.code() };
    names::file_name(&[campaign, what, as_of], format.ending())
}

/// Makes the bytes of a report. The pack is none of it.
///
/// # Errors
/// 409 where nothing is awarded, or where a file cannot be put aside.
pub fn write(report: &Report, what: What, format: Format) -> Result<Vec<u8>, Fault> {
    if what != What::Leaderboard && report.awards.is_empty() {
        return Err(nothing("this campaign has no awards"));
    }
    let has_winners = report.awards.iter().any(|award| !award.winners.is_empty());
    if what == What::Certificates && !has_winners {
        return Err(nothing("nobody has won an award yet"));
    }
    let paper = || match what {
        What::Leaderboard => paper::leaderboard(report),
        What::Awards => paper::awards(report),
        What::Decision | What::Certificates => paper::decision(report),
    };
    match (what, format) {
        (What::Certificates, _) => certificates::certificates(report),
        (_, Format::Xlsx) => xlsx::workbook(report, what),
        (_, Format::Docx) => docx::paper(report, &paper()),
        (_, Format::Pdf) => pdf::paper(report, &paper()),
        (_, Format::Csv) => csv::table(report, what),
        (_, Format::Json | Format::Pack) => report.document(),
    }
}

fn nothing(detail: &'static str) -> Fault {
    Fault::new(Code::NothingToExport, detail)
}

impl Service {
    /// Makes an export of a campaign as it stands in a snapshot, as of a day of it. May block.
    ///
    /// # Errors
    /// As [`write`], or what the database says.
    pub fn write_export(
        &self,
        _grant: &Grant<Exports>,
        snapshot: &Snapshot,
        as_of: usize,
        what: What,
        format: Format,
    ) -> Result<Vec<u8>, Fault> {
        let campaign = &snapshot.campaign().code;
        if format == Format::Pack {
            return Ok(pack::write_zip(&self.export(campaign)?));
        }
        let stood_at = match snapshot.known_at {
            Some(at) => at,
            None => self
                .read(|conn| Ok(campaigns::instant_of(conn, campaign, snapshot.revision)?))?
                .unwrap_or(Instant::BEGINNING),
        };
        let about = About { status: "provisional", revision: Some(snapshot.revision) };
        let given = awards_of(&snapshot.boards, as_of, &self.award_decisions_at(snapshot)?, about);
        let report = Report::of_snapshot(snapshot, as_of, stood_at);
        write(&report.with_awards(awards::of_view(&given, snapshot.register())), what, format)
    }
}
