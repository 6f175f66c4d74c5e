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
use super::access::{Grant, Results};
use super::awards::decisions::at_revision;
use super::awards::{About, awards_of};
use super::fault::{Code, Fault};
use super::live::Snapshot;
use crate::domain::Instant;
use crate::pack;
use crate::service::rendered::Key;
use crate::store::results::ResultRow;
use crate::store::{archives, campaigns};
use report::{Report, ReportDecision, ReportIssue};
use std::sync::Arc;

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

/// Of what an export is made.
#[derive(Clone, Debug)]
pub enum Source {
    /// A campaign as it stands, as of a day by its index in the calendar.
    Live {
        /// The facts.
        snapshot: Arc<Snapshot>,
        /// The day.
        as_of: usize,
    },
    /// An issue of its result, of the facts as they were known when it was made.
    Issue {
        /// Code of the campaign.
        campaign: String,
        /// The issue.
        row: Box<ResultRow>,
    },
}

impl Source {
    /// The day of its boards.
    pub fn day(&self) -> String {
        match self {
            Self::Live { snapshot, as_of } => snapshot.ledger().calendar.day(*as_of).to_string(),
            Self::Issue { row, .. } => row.as_of().to_string(),
        }
    }

    /// What an export of it is kept under.
    pub fn key(&self, what: What, format: Format) -> Key {
        match self {
            Self::Live { snapshot, as_of } => Key::of(snapshot, ("export", as_of, what, format)),
            Self::Issue { campaign, row } => Key::new(("export of an issue", campaign, row.issue, what, format)),
        }
    }
}

impl Service {
    /// Makes an export. May block for long.
    ///
    /// # Errors
    /// As [`write()`], or what the database says.
    pub fn write_export(
        &self,
        _grant: &Grant<Results>,
        source: &Source,
        what: What,
        format: Format,
    ) -> Result<Vec<u8>, Fault> {
        match source {
            Source::Live { snapshot, .. } if format == Format::Pack => {
                Ok(pack::write_zip(&self.export(&snapshot.campaign().code)?))
            }
            Source::Live { snapshot, as_of } => write(&self.report_of_live(snapshot, *as_of)?, what, format),
            Source::Issue { campaign, row } if format == Format::Pack => self.read(|conn| {
                let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
                archives::pack(conn, stored.id, row.archive)?.ok_or_else(|| no_archive(row))
            }),
            Source::Issue { campaign, row } => write(&self.report_of_issue(campaign, row)?, what, format),
        }
    }

    fn report_of_live(&self, snapshot: &Snapshot, as_of: usize) -> Result<Report, Fault> {
        let campaign = &snapshot.campaign().code;
        let stood_at = match snapshot.known_at {
            Some(at) => at,
            None => {
                let found = self.read(|conn| Ok(campaigns::instant_of(conn, campaign, snapshot.revision)?))?;
                found.unwrap_or(Instant::BEGINNING)
            }
        };
        let decisions = self.award_decisions_at(snapshot)?;
        let about = About { status: "provisional", revision: Some(snapshot.revision) };
        let given = awards_of(&snapshot.boards, as_of, &decisions, about);
        let report = Report::of_snapshot(snapshot, as_of, stood_at);
        Ok(report.with_awards(awards::of_view(&given, snapshot.register())))
    }

    /// The report of an issue, of the facts, rules and decisions by which it was made.
    fn report_of_issue(&self, campaign: &str, row: &ResultRow) -> Result<Report, Fault> {
        let (facts, decisions) = self.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))?;
            let facts = archives::facts(conn, stored.id, row.archive)?.ok_or_else(|| no_archive(row))?;
            Ok((facts, at_revision(conn, stored.id, row.revision)?))
        })?;
        let snapshot = archives::open(&facts)?.read(|conn| {
            let stored = campaigns::find_opt(conn, campaign)?.ok_or_else(|| no_archive(row))?;
            Ok::<_, Fault>(Snapshot::load(conn, &stored)?)
        })?;
        let as_of = snapshot.ledger().calendar.index(row.as_of()).ok_or_else(|| no_archive(row))?;
        let about = About { status: "final", revision: Some(row.revision) };
        let given = awards_of(&snapshot.boards, as_of, &decisions, about);
        let issue =
            ReportIssue { number: row.issue, sha256: row.whole_sha256.clone(), decision: ReportDecision::default() };
        let report = Report::of_snapshot(&snapshot, as_of, row.created_at()).of_issue(issue);
        Ok(report.with_awards(awards::of_view(&given, snapshot.register())))
    }
}

fn no_archive(row: &ResultRow) -> Fault {
    Fault::internal(format!("issue {} lacks the facts that it was made of", row.issue))
}
