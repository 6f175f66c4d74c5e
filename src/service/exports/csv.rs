//! A report as CSV for spreadsheets: BOM, CRLF, texts that would be taken for formulas
//! neutralised, numbers never touched.

use super::What;
use super::report::{Report, ReportRow, ReportSection, ReportTexts};
use crate::service::board_csv::neutralised;
use crate::service::fault::Fault;

/// Columns of a row before its components, and behind them.
const BEFORE: [&str; 9] = ["kind", "track", "rank", "rank_change", "code", "name", "parent_code", "block", "points"];
const BEHIND: [&str; 17] = [
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
    "green_days",
    "missing_days",
    "green_on",
    "unranked",
    "award",
    "parent_name",
];
const AWARDS: [&str; 14] = [
    "award", "name", "form", "kind", "track", "block", "quota", "rank", "code", "unit", "points", "bonus", "money",
    "note",
];

/// Writes a table.
///
/// # Errors
/// None that is foreseen.
pub(super) fn table(report: &Report, what: What) -> Result<Vec<u8>, Fault> {
    let mut bytes = "\u{FEFF}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    if what == What::Awards {
        writer.write_record(AWARDS).map_err(Fault::internal)?;
        for cells in award_rows(report) {
            writer.write_record(cells).map_err(Fault::internal)?;
        }
    } else {
        let components: Vec<&str> = report.rules.components.iter().map(|c| c.measure.as_str()).collect();
        writer.write_record(BEFORE.iter().chain(&components).chain(&BEHIND)).map_err(Fault::internal)?;
        for (section, row) in
            report.sections.iter().flat_map(|section| section.rows.iter().map(move |row| (section, row)))
        {
            writer.write_record(cells(section, row, components.len())).map_err(Fault::internal)?;
        }
    }
    writer.flush().map_err(Fault::internal)?;
    drop(writer);
    Ok(bytes)
}

fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn text(value: Option<&str>) -> String {
    value.map(neutralised).unwrap_or_default()
}

fn cells(section: &ReportSection, row: &ReportRow, components: usize) -> Vec<String> {
    let mut cells = vec![
        text(Some(&section.kind)),
        section.track.clone(),
        number(row.rank),
        number(row.rank_change),
        text(Some(&row.code)),
        text(Some(&row.name)),
        text(row.parent_code.as_deref()),
        text(row.block.as_deref()),
        number(row.points),
    ];
    cells.extend((0..components).map(|at| number(row.components.get(at).copied().flatten())));
    cells.extend([
        number(row.bonus),
        number(row.deduction),
        number(row.reduction_percent),
        number(row.change_percent),
        number(row.baseline_mean),
        number(row.closing_mean),
        text(row.level_start.as_deref()),
        text(row.level_current.as_deref()),
        number(row.levels_dropped),
        number(row.community_f0),
        number(row.imputed_f0),
        number(row.green_days),
        number(row.missing_days),
        text(row.green_on.as_deref()),
        row.unranked.join(" "),
        text(row.award.as_ref().and_then(ReportTexts::vietnamese)),
        text(row.parent_name.as_deref()),
    ]);
    cells
}

fn award_rows(report: &Report) -> impl Iterator<Item = [String; 14]> + '_ {
    report.awards.iter().flat_map(|award| {
        award.winners.iter().map(move |winner| {
            [
                text(Some(&award.code)),
                text(award.name.vietnamese()),
                text(award.form.vietnamese()),
                text(Some(&award.kind)),
                award.track.clone(),
                text(award.block.as_deref()),
                text(Some(&award.quota)),
                number(winner.rank),
                text(Some(&winner.code)),
                text(Some(&winner.name)),
                number(winner.points),
                number(winner.bonus),
                number(winner.money),
                text(winner.note.as_deref()),
            ]
        })
    })
}
