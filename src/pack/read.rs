//! A whole pack read: campaign, units, then all that is said about them.

use super::criteria::{read_assessments, read_criteria};
use super::decisions::{Against, read_adjustments, read_declared_levels, read_excuses, read_start_levels, read_states};
use super::figures::read_figures;
use super::source::{Files, Limits};
use super::source_figures::read_source_figures;
use super::units::{read_neighbours, read_units};
use super::{Errors, PackError, ReadError, Refusal};
use crate::domain::json::{Json, Reader};
use crate::domain::{Campaign, Contest};
use std::path::Path;
use std::sync::Arc;

/// Reads a pack from a folder or a zip file.
///
/// # Errors
/// Everything that is wrong with it, or that it cannot be read at all.
pub fn read_path(path: &Path) -> Result<Contest, ReadError> {
    let io = |cause| ReadError::Io { path: path.display().to_string(), cause };
    let meta = std::fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        return Ok(read(&Files::of_folder(path)?)?);
    }
    let limits = Limits::default();
    if meta.len() > limits.bytes {
        let mut errors = Errors::default();
        errors.in_file(&path.display().to_string(), format!("a zip of at most {} bytes", limits.bytes));
        errors.into_result()?;
    }
    read_zip(&std::fs::read(path).map_err(io)?, limits)
}

/// Reads a pack from the bytes of a zip.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_zip(bytes: &[u8], limits: Limits) -> Result<Contest, ReadError> {
    Ok(read(&Files::of_zip(bytes, limits)?)?)
}

/// Reads a pack from its files.
///
/// # Errors
/// Everything that is wrong with it; of a pack whose `campaign.json` is wrong
/// nothing else can be checked.
pub fn read(files: &Files) -> Result<Contest, Refusal> {
    let mut errors = Errors::default();
    let campaign = read_campaign(files, &mut errors);
    let Some(campaign) = campaign else {
        errors.into_result()?;
        // unreachable in words: without a campaign there is an error
        return Err(Refusal { code: "invalid_pack", detail: "no campaign".to_owned(), total: 1, errors: Vec::new() });
    };
    let contest = read_contest(Arc::new(campaign), files, &mut errors);
    errors.into_result()?;
    Ok(contest)
}

fn read_campaign(files: &Files, errors: &mut Errors) -> Option<Campaign> {
    let Some(bytes) = files.get("campaign.json") else {
        errors.in_file("campaign.json", "this file: it is required");
        return None;
    };
    match Campaign::parse(bytes) {
        Ok(campaign) => Some(campaign),
        Err(wrong) => {
            for error in wrong {
                let column = (!error.path.is_empty()).then_some(error.path);
                let file = "campaign.json".to_owned();
                errors.push(PackError { file, line: None, column, value: error.value, expected: error.expected });
            }
            None
        }
    }
}

fn read_contest(campaign: Arc<Campaign>, files: &Files, errors: &mut Errors) -> Contest {
    let mut required = |name| {
        let found = files.get(name);
        if found.is_none() {
            errors.in_file(name, "this file: it is required");
        }
        found
    };
    let (unit_bytes, figure_bytes) = (required("units.csv"), required("figures.csv"));
    let (units, index) = unit_bytes.map(|b| read_units(&campaign, b, errors)).unwrap_or_default();
    let against = Against { campaign: &campaign, units: &units, index: &index };
    let mut contest = Contest::new(campaign.clone());
    if let Some(bytes) = files.get("states.csv") {
        contest.states = read_states(against, bytes, errors);
    }
    if let Some(bytes) = files.get("neighbours.csv") {
        contest.neighbours = read_neighbours(&units, &index, bytes, errors);
    }
    if let Some(bytes) = figure_bytes {
        contest.figures = read_figures(&campaign, &units, &index, bytes, errors);
    }
    if let Some(bytes) = files.get("source_figures.csv") {
        contest.source_figures = read_source_figures(against, &contest.figures, bytes, errors);
    }
    if let Some(bytes) = files.get("excused.csv") {
        contest.excuses = read_excuses(against, bytes, errors);
    }
    if let Some(bytes) = files.get("start_levels.csv") {
        contest.start_levels = read_start_levels(against, bytes, errors);
    }
    if let Some(bytes) = files.get("declared_levels.csv") {
        contest.declared_levels = read_declared_levels(against, bytes, errors);
    }
    if let Some(bytes) = files.get("criteria.csv") {
        contest.criteria = read_criteria(against, bytes, errors);
    }
    if let Some(bytes) = files.get("assessments.csv") {
        contest.assessments = read_assessments(against, &contest.criteria, bytes, errors);
    }
    if let Some(bytes) = files.get("adjustments.csv") {
        contest.adjustments = read_adjustments(against, bytes, errors);
    }
    if let Some(bytes) = files.get("boundaries.geojson") {
        contest.boundaries = read_boundaries(against, bytes, errors);
    }
    contest.units = units;
    contest
}

/// Boundaries are kept as they are; each feature must name a unit by `code`.
fn read_boundaries(against: Against<'_>, bytes: &[u8], errors: &mut Errors) -> Option<Arc<str>> {
    const FILE: &str = "boundaries.geojson";
    let mut wrong = |column: Option<String>, value: Option<String>, expected: &str| {
        let expected = expected.to_owned();
        errors.push(PackError { file: FILE.to_owned(), line: None, column, value, expected });
    };
    let (Ok(text), Ok(json)) = (std::str::from_utf8(bytes), Json::parse(bytes)) else {
        wrong(None, None, "GeoJSON in UTF-8");
        return None;
    };
    let field = |json: &Json, key: &str| match json {
        Json::Object(fields) => fields.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone()),
        _ => None,
    };
    let features = field(&json, "features");
    let mut reader = Reader::default();
    let list = features.as_ref().and_then(|f| reader.list("features", f)).unwrap_or_default();
    if features.is_none() || !reader.errors.is_empty() {
        wrong(Some("features".to_owned()), None, "a list of features");
    }
    for (at, feature) in list.iter().enumerate() {
        let properties = field(feature, "properties");
        let code = field(feature, "code").or_else(|| properties.as_ref().and_then(|p| field(p, "code")));
        let is_known = matches!(&code, Some(Json::Text(c)) if against.index.contains_key(&crate::domain::text::nfc(c)));
        if !is_known {
            let value = code.as_ref().map(Json::excerpt);
            wrong(Some(format!("features.{at}.properties.code")), value, "the code of a unit");
        }
    }
    Some(text.into())
}
