//! `import` and `export`: packs and tables into the database and back.

use super::Failure;
use super::database::{DatabaseOptions, operator};
use super::impact;
use super::loose::TableOptions;
use super::output::Format;
use crate::domain::text::{nfc, parse_reason};
use crate::pack;
use crate::service::live::Snapshot;
use crate::service::packs::{FigureSource, LooseFile, is_strict, may_be_loose, read_loose, read_units};
use crate::service::writer::{WriteRequest, Written};
use crate::service::{Audience, Service};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Import.
#[derive(Clone, Debug, Args)]
pub(super) struct Import {
    /// Folder or .zip of a campaign pack, a .csv of figures or units, or a .xlsx of figures
    file: PathBuf,
    /// The campaign that a table is for; of a pack, the code that it must have
    #[arg(long, value_name = "CODE")]
    campaign: Option<String>,
    /// Say what would happen, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for all rows: late figures and corrections need it where the campaign says so
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    table: TableOptions,
    #[command(flatten)]
    database: DatabaseOptions,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Import {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    pub(super) fn run(&self) -> Result<(), Failure> {
        let is_table = self.file.is_file() && (self.has_ending("csv") || self.has_ending("xlsx"));
        let written = if is_table { self.table()? } else { self.pack()? };
        self.print(&written);
        Ok(())
    }

    fn pack(&self) -> Result<Written, Failure> {
        let bar = spinner("reading the pack");
        let contest = pack::read_path(&self.file)?;
        if let Some(wanted) = self.campaign.as_deref().map(nfc).filter(|c| *c != contest.campaign.code) {
            let detail = format!("the pack is of campaign {}, not of {wanted}", contest.campaign.code);
            return Err(Failure::of_request("invalid_pack", Some("campaign"), detail));
        }
        bar.set_message(format!("storing {} figures of {} units", contest.figures.len(), contest.units.len()));
        let service = self.database.open()?;
        let written = service.import_pack(&operator()?, contest, self.dry_run, self.request()).wait()?;
        bar.finish_and_clear();
        Ok(written)
    }

    fn table(&self) -> Result<Written, Failure> {
        let campaign = self.campaign.as_deref().map(nfc).ok_or_else(|| {
            Failure::of_request("campaign_needed", Some("campaign"), "a table needs --campaign, which it is for")
        })?;
        let bar = spinner("reading the table");
        let failed = |e: std::io::Error| Failure::Environment(format!("{}: {e}", self.file.display()));
        let mut file = std::io::BufReader::new(std::fs::File::open(&self.file).map_err(failed)?);
        let is_of_units = names_units(file.fill_buf().map_err(failed)?);
        let service = self.database.open_existing()?;
        let snapshot = service.snapshot(&campaign)?;
        let request = self.request();
        let pending = if is_of_units {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(failed)?;
            let units = read_units(snapshot.campaign(), &bytes)?;
            service.import_units(&operator()?, &campaign, units, self.dry_run, request)
        } else {
            bar.set_message("storing the figures");
            return self.figures(&service, &snapshot, file).inspect(|_| bar.finish_and_clear());
        };
        let written = pending.wait()?;
        bar.finish_and_clear();
        Ok(written)
    }

    /// Stores a table of figures: as a strict one while it is read, where it is one; else as
    /// people send them.
    fn figures(
        &self,
        service: &Service,
        snapshot: &Snapshot,
        mut file: impl BufRead + Send + 'static,
    ) -> Result<Written, Failure> {
        let failed = |e: std::io::Error| Failure::Environment(format!("{}: {e}", self.file.display()));
        let campaign = &snapshot.campaign().code;
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (is_workbook, sheet, figures) = (self.has_ending("xlsx"), self.table.sheet(), self.table.figures());
        let head = file.fill_buf().map_err(failed)?.to_vec().into();
        let mut loose = LooseFile { name, bytes: head, is_workbook, sheet, figures };
        if is_strict(&loose) {
            let table = FigureSource::Table { source: Box::new(file), audience: Audience::Full };
            match service.import_figures(&operator()?, campaign, table, self.dry_run, self.request()).wait() {
                Err(refused) if may_be_loose(snapshot.campaign(), &loose, &refused) => {}
                answer => return Ok(answer?),
            }
        }
        loose.bytes = std::fs::read(&self.file).map_err(failed)?.into();
        let read = read_loose(snapshot, &Audience::Full, &loose)?;
        let read = FigureSource::Loose(read);
        Ok(service.import_figures(&operator()?, campaign, read, self.dry_run, self.request()).wait()?)
    }

    fn has_ending(&self, wanted: &str) -> bool {
        self.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(wanted))
    }

    fn request(&self) -> WriteRequest {
        WriteRequest { reason: self.reason.clone(), ..WriteRequest::on_this_machine() }
    }

    fn print(&self, written: &Written) {
        let text = String::from_utf8_lossy(&written.body).into_owned();
        if self.format == Format::Json {
            anstream::println!("{text}");
            return;
        }
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let number = |name: &str| answer.pointer(&format!("/rows/{name}")).and_then(|v| v.as_u64()).unwrap_or_default();
        if written.status == 202 {
            let text = |name: &str| answer.get(name).map(|v| v.to_string().replace('"', "")).unwrap_or_default();
            anstream::println!(
                "nothing is stored yet: {} rows wait for a second person as approval {}",
                text("unit_days"),
                text("id")
            );
            return;
        }
        let done = if self.dry_run { "would be" } else { "were" };
        let (new, changed, same) = (number("new"), number("changed"), number("same"));
        anstream::println!(
            "{new} rows {done} new, {changed} changed, {same} already so; revision {}",
            written.revision
        );
        for remark in answer.pointer("/reading/remarks").and_then(|v| v.as_array()).into_iter().flatten() {
            anstream::println!("{}", remark.as_str().unwrap_or_default());
        }
        if answer.get("needs_approval") == Some(&true.into()) {
            anstream::println!("rows of closed days among them need a second person, so all would wait for one");
        }
        let silent = answer.pointer("/silent_units").and_then(|v| v.as_array()).map(Vec::len).unwrap_or_default();
        if silent > 0 {
            anstream::println!("{silent} reporting units have no figure in it");
        }
        for line in impact::lines(&answer, self.dry_run) {
            anstream::println!("{line}");
        }
    }
}

/// Whether a table is one of units: its header has `kind`, which figures have not.
fn names_units(bytes: &[u8]) -> bool {
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(first).split(',').any(|column| column.trim().trim_matches('"') == "kind")
}

/// Export.
#[derive(Clone, Debug, Args)]
pub(super) struct Export {
    /// Code of the campaign
    campaign: String,
    /// Folder, or .zip file, to write
    #[arg(long, value_name = "DIR|FILE")]
    out: PathBuf,
    #[command(flatten)]
    database: DatabaseOptions,
}

impl Export {
    pub(super) fn run(&self) -> Result<(), Failure> {
        refuse_to_overwrite(&self.out)?;
        let bar = spinner("reading the campaign");
        let contest = self.database.open_existing()?.export(&nfc(&self.campaign))?;
        bar.set_message(format!("writing {} figures", contest.figures.len()));
        pack::write_path(&contest, &self.out)?;
        bar.finish_and_clear();
        anstream::println!("{} is written to {}", contest.campaign.code, self.out.display());
        Ok(())
    }
}

/// What stands there may be somebody's only copy.
pub(super) fn refuse_to_overwrite(out: &Path) -> Result<(), Failure> {
    let is_filled = out.is_file() || std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if is_filled {
        let detail = format!("{} exists and is not empty", out.display());
        return Err(Failure::of_request("file_exists", Some("out"), detail));
    }
    Ok(())
}

/// A sign of life on a terminal; nothing elsewhere.
pub(super) fn spinner(message: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
