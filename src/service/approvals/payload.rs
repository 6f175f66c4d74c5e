//! What is asked for, as it is kept until somebody decides: whole, so that nothing of it
//! needs to be sent again.

use crate::domain::json::Json;
use crate::domain::time::parse_day;
use crate::domain::{Campaign, Counts, Day, Indicator, Rules};
use crate::service::fault::Fault;
use crate::service::figures::{FigureFor, NewFigure};
use crate::service::policies::Words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request that waits for a second person.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) enum Payload {
    /// One figure.
    Figure(Box<FigureFor>),
    /// A figure taken back.
    TakeBack {
        /// Code of the unit.
        unit_code: String,
        /// The day.
        day: Day,
        /// Why.
        reason: String,
    },
    /// Figures that were sent together.
    Figures(Vec<FigureFor>),
    /// Figures of an imported table.
    Import(Vec<FigureFor>),
    /// Other rules.
    Rules(Box<Rules>, Words),
    /// Another document of the campaign.
    Campaign(Box<Campaign>),
}

#[derive(Serialize, Deserialize)]
struct Row {
    unit_code: String,
    date: String,
    counts: [Option<u32>; 6],
    note: Option<String>,
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TakenBack {
    unit_code: String,
    date: String,
    reason: String,
}

impl Payload {
    /// Its word.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Figure(_) => "figure",
            Self::TakeBack { .. } => "take_back",
            Self::Figures(_) => "figures",
            Self::Import(_) => "import",
            Self::Rules(..) => "policy",
            Self::Campaign(_) => "campaign",
        }
    }

    /// The unit-days that it is about.
    pub(super) fn unit_days(&self) -> Vec<(&str, Day)> {
        match self {
            Self::TakeBack { unit_code, day, .. } => vec![(unit_code.as_str(), *day)],
            _ => self.figures().iter().map(|row| (row.unit_code.as_str(), row.day)).collect(),
        }
    }

    /// The figures that would be recorded.
    pub(super) fn figures(&self) -> &[FigureFor] {
        match self {
            Self::Figure(row) => std::slice::from_ref(row),
            Self::Figures(rows) | Self::Import(rows) => rows,
            _ => &[],
        }
    }

    /// Why, where one reason is given for all of it.
    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::TakeBack { reason, .. } => Some(reason.clone()),
            Self::Rules(_, words) => words.reason.clone(),
            _ => {
                let (first, rest) = self.figures().split_first()?;
                let is_same = rest.iter().all(|row| row.figure.reason == first.figure.reason);
                first.figure.reason.clone().filter(|_| is_same)
            }
        }
    }

    /// As it is stored: JSON with its keys in order, so that equal requests are equal texts.
    pub(super) fn to_text(&self) -> String {
        let row = |row: &FigureFor| Row {
            unit_code: row.unit_code.clone(),
            date: row.day.to_string(),
            counts: Indicator::ALL.map(|indicator| row.figure.counts.get(indicator)),
            note: row.figure.note.clone(),
            reason: row.figure.reason.clone(),
        };
        let json = match self {
            Self::TakeBack { unit_code, day, reason } => {
                json!(TakenBack { unit_code: unit_code.clone(), date: day.to_string(), reason: reason.clone() })
            }
            Self::Rules(rules, Words { reason, legal_reference }) => {
                json!({"rules": rules.to_json(), "reason": reason, "legal_reference": legal_reference})
            }
            Self::Campaign(campaign) => campaign.to_json(),
            _ => json!(self.figures().iter().map(row).collect::<Vec<_>>()),
        };
        json.to_string()
    }

    /// Reads what was stored under a word.
    ///
    /// # Errors
    /// It is none of this version.
    pub(super) fn parse(what: &str, text: &str) -> Result<Self, Fault> {
        let found = match what {
            "take_back" => read_taken_back(text),
            "policy" => read_rules(text),
            "campaign" => Json::parse(text.as_bytes())
                .ok()
                .and_then(|json| Campaign::read(&json).ok())
                .map(Box::new)
                .map(Self::Campaign),
            "figure" => read_rows(text).and_then(|mut rows| rows.pop()).map(Box::new).map(Self::Figure),
            "figures" => read_rows(text).map(Self::Figures),
            "import" => read_rows(text).map(Self::Import),
            _ => None,
        };
        found.ok_or_else(|| Fault::internal(format!("a stored request cannot be read: {what} {text}")))
    }
}

fn read_rows(text: &str) -> Option<Vec<FigureFor>> {
    let rows: Vec<Row> = serde_json::from_str(text).ok()?;
    let read = |row: Row| {
        let figure =
            NewFigure { counts: Counts::new(row.counts).ok()?, note: row.note, reason: row.reason, source: None };
        Some(FigureFor { unit_code: row.unit_code, day: parse_day(&row.date).ok()?, figure, at: String::new() })
    };
    rows.into_iter().map(read).collect()
}

fn read_taken_back(text: &str) -> Option<Payload> {
    let TakenBack { unit_code, date, reason } = serde_json::from_str(text).ok()?;
    Some(Payload::TakeBack { unit_code, day: parse_day(&date).ok()?, reason })
}

fn read_rules(text: &str) -> Option<Payload> {
    let stored: Value = serde_json::from_str(text).ok()?;
    let word = |name: &str| stored.get(name).and_then(Value::as_str).map(str::to_owned);
    let words = Words { reason: word("reason"), legal_reference: word("legal_reference") };
    let rules = Rules::parse(&stored.get("rules")?.to_string()).ok()?;
    Some(Payload::Rules(Box::new(rules), words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: &str, reason: Option<&str>) -> FigureFor {
        let counts = Counts::new([Some(3), None, Some(1), None, None, Some(0)]).unwrap();
        let figure =
            NewFigure { counts, note: Some("ghi chú".into()), reason: reason.map(str::to_owned), source: None };
        FigureFor { unit_code: "27382".into(), day: parse_day(day).unwrap(), figure, at: String::new() }
    }

    #[test]
    fn what_is_kept_comes_back_whole() {
        let [q6, ..] = crate::pack::bundled();
        let campaign = crate::pack::read(&q6.files()).unwrap().campaign;
        let words = Words { reason: Some("x".into()), legal_reference: None };
        for payload in [
            Payload::Figure(Box::new(row("2021-07-09", None))),
            Payload::Figures(vec![row("2021-07-09", Some("a")), row("2021-07-10", Some("b"))]),
            Payload::Import(vec![row("2021-07-09", Some("a"))]),
            Payload::TakeBack { unit_code: "a/b".into(), day: parse_day("2021-07-09").unwrap(), reason: "x".into() },
            Payload::Rules(Box::new(Rules::of(&campaign)), words),
            Payload::Campaign(Box::new(Campaign::clone(&campaign))),
        ] {
            assert_eq!(Payload::parse(payload.what(), &payload.to_text()).unwrap(), payload);
        }
        assert!(Payload::parse("figure", "[]").is_err() && Payload::parse("other", "{}").is_err());
    }

    #[test]
    fn one_reason_is_told_where_all_rows_share_it() {
        let rows = |second| Payload::Figures(vec![row("2021-07-09", Some("a")), row("2021-07-10", Some(second))]);
        assert_eq!((rows("a").reason().as_deref(), rows("b").reason()), (Some("a"), None));
    }
}
