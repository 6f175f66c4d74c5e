//! What an export shows, in the program's own types: read once from a snapshot, or again from
//! the document that a stored issue keeps of it.
//!
//! Writers take a [`Report`] and nothing else, so that what they write depends on nothing but
//! it: neither clock, nor language of the machine, nor order of a map. Start reading at
//! [`Report::of_snapshot`].

use crate::domain::Instant;
use crate::domain::number::Hundredths;
use crate::domain::scheme::Texts;
use crate::scoring::appraisal::Track;
use crate::scoring::board::{By, Query};
use crate::service::boards::shown_rows;
use crate::service::fault::Fault;
use crate::service::live::Snapshot;
use crate::service::privacy::Shown;
use crate::service::views::RowView;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A text in Vietnamese and English; either may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportTexts {
    /// Vietnamese.
    pub vi: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl ReportTexts {
    /// The Vietnamese text, else the English one.
    pub fn vietnamese(&self) -> Option<&str> {
        self.vi.as_deref().or(self.en.as_deref())
    }
}

impl From<&Texts> for ReportTexts {
    fn from(texts: &Texts) -> Self {
        Self { vi: texts.vi.clone(), en: texts.en.clone() }
    }
}

/// A decision: its number and its day, where they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportDecision {
    /// Its number.
    pub number: Option<String>,
    /// Its day.
    #[schema(format = Date)]
    pub date: Option<String>,
}

/// Days from the first to the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportSpan {
    /// First day.
    #[schema(format = Date)]
    pub from: String,
    /// Last day.
    #[schema(format = Date)]
    pub to: String,
}

/// The numbered result that a report shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportIssue {
    /// Its number.
    pub number: i64,
    /// SHA-256 of its whole proof, in hexadecimal digits.
    pub sha256: String,
    /// The decision that it was awarded by, once there is one.
    pub decision: ReportDecision,
}

/// A component of the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportComponent {
    /// `case_reduction`, `level_drop`, `green_days`, `reporting` or `criteria`.
    pub measure: String,
    /// The most it gives.
    #[schema(value_type = f64)]
    pub max_points: Hundredths,
}

/// How points come about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportRules {
    /// Code of the level scheme.
    pub level_scheme: String,
    /// Version of the policy.
    pub policy_version: i64,
    /// The components, in the order of the policy.
    pub components: Vec<ReportComponent>,
    /// How many due days at the end are compared with the baseline.
    pub closing_days: u32,
    /// Cases of luck that decide nothing.
    pub small_number_allowance: u32,
    /// Whether getting worse costs points.
    pub negative_points: bool,
    /// What separates equal totals, first to last.
    pub tie_break: Vec<String>,
    /// Whether each block has ranks of its own.
    pub rank_within_blocks: bool,
}

/// A row of a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportRow {
    /// Place; null without one.
    pub rank: Option<u64>,
    /// Places won since the day before.
    pub rank_change: Option<i64>,
    /// Code of the unit.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Code of the unit above.
    pub parent_code: Option<String>,
    /// Name of the unit above.
    pub parent_name: Option<String>,
    /// Its block.
    pub block: Option<String>,
    /// Total of the points.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// What each component gave, in the order of the rules.
    #[schema(value_type = Vec<Option<f64>>)]
    pub components: Vec<Option<Hundredths>>,
    /// Bonus after its cap.
    #[schema(value_type = Option<f64>)]
    pub bonus: Option<Hundredths>,
    /// Deduction after its cap, positive.
    #[schema(value_type = Option<f64>)]
    pub deduction: Option<Hundredths>,
    /// The plain reduction in percent.
    #[schema(value_type = Option<f64>)]
    pub reduction_percent: Option<Hundredths>,
    /// The adjusted reduction in percent: the number that ranks.
    #[schema(value_type = Option<f64>)]
    pub change_percent: Option<Hundredths>,
    /// Mean community F0 of the baseline.
    #[schema(value_type = Option<f64>)]
    pub baseline_mean: Option<Hundredths>,
    /// Mean community F0 of the closing days.
    #[schema(value_type = Option<f64>)]
    pub closing_mean: Option<Hundredths>,
    /// Name of the start level, as people read it in Vietnamese.
    pub level_start: Option<String>,
    /// Name of the current level.
    pub level_current: Option<String>,
    /// Levels dropped.
    pub levels_dropped: Option<i64>,
    /// Community F0 reported in S…D.
    pub community_f0: Option<u64>,
    /// What silence added.
    pub imputed_f0: Option<u64>,
    /// Green days of S…D.
    pub green_days: Option<u64>,
    /// Missing days of S…D.
    pub missing_days: Option<u64>,
    /// Since when it is green, where the campaign asks.
    #[schema(format = Date)]
    pub green_on: Option<String>,
    /// Why it has no rank.
    pub unranked: Vec<String>,
    /// What it is awarded.
    pub award: Option<ReportTexts>,
}

/// One kind and track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportSection {
    /// Code of the kind.
    pub kind: String,
    /// Name of the kind.
    pub kind_name: ReportTexts,
    /// `improvement` or `kept_clean`.
    pub track: String,
    /// How many rows have a rank.
    pub ranked: u64,
    /// All rows, in the order of the board.
    pub rows: Vec<ReportRow>,
}

/// Who won an award.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportWinner {
    /// Place on its board.
    pub rank: Option<u64>,
    /// Code of the unit.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Name of the unit above.
    pub parent_name: Option<String>,
    /// Its block.
    pub block: Option<String>,
    /// Total of the points.
    #[schema(value_type = Option<f64>)]
    pub points: Option<Hundredths>,
    /// Bonus after its cap.
    #[schema(value_type = Option<f64>)]
    pub bonus: Option<Hundredths>,
    /// Money in đồng, where the award brings some.
    pub money: Option<i64>,
    /// What is to be said: a tie, a decision of the council.
    pub note: Option<String>,
}

/// An award with those who won it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportAward {
    /// Code of the award.
    pub code: String,
    /// Its name.
    pub name: ReportTexts,
    /// Its form (hình thức khen thưởng).
    pub form: ReportTexts,
    /// Code of the kind.
    pub kind: String,
    /// Name of the kind.
    pub kind_name: ReportTexts,
    /// `improvement` or `kept_clean`.
    pub track: String,
    /// The block that it is given in; null: all of the kind.
    pub block: Option<String>,
    /// Its quota, in words.
    pub quota: String,
    /// Ties, overflow and what is undecided, in words; none where nothing is to be said.
    pub remarks: Vec<String>,
    /// Who won it.
    pub winners: Vec<ReportWinner>,
}

/// All that an export shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Code of the campaign.
    pub campaign: String,
    /// Its title.
    pub title: ReportTexts,
    /// Who runs it.
    pub organiser: ReportTexts,
    /// The plan or decision that it was started by.
    pub plan: ReportDecision,
    /// Its time zone.
    pub time_zone: String,
    /// S…E.
    pub window: ReportSpan,
    /// Bs…Be.
    pub baseline: ReportSpan,
    /// The day D of the boards.
    #[schema(format = Date)]
    pub as_of: String,
    /// `provisional`, `frozen` or `final`.
    pub status: String,
    /// S…D has fewer days than there are closing days.
    pub early: bool,
    /// Revision of the campaign.
    pub revision: i64,
    /// When what is shown came to stand: of the issue, else of the revision. All times inside
    /// the files are this one.
    #[schema(value_type = String, format = DateTime)]
    pub stood_at: Option<String>,
    /// The numbered result; null of a live board.
    pub issue: Option<ReportIssue>,
    /// How points come about.
    pub rules: ReportRules,
    /// The boards, by kind and track.
    pub sections: Vec<ReportSection>,
    /// The awards; none where the campaign has no catalogue.
    pub awards: Vec<ReportAward>,
}

/// Rows are read from a board in pages of so many, so that what boards and reports both hold
/// of them stays little.
const PAGE: usize = 5_000;

impl Report {
    /// The boards of all kinds and both tracks as of a day, as those see them to whom everything
    /// is confided. `stood_at` is the instant of the snapshot's revision.
    pub fn of_snapshot(snapshot: &Snapshot, as_of: usize, stood_at: Instant) -> Self {
        let campaign = snapshot.campaign();
        let calendar = &snapshot.ledger().calendar;
        let policy = &campaign.policy;
        let component = |c: &crate::domain::policy::Component| ReportComponent {
            measure: c.measure.code().to_owned(),
            max_points: Hundredths(c.max_points),
        };
        let rules = ReportRules {
            level_scheme: campaign.scheme.code.clone(),
            policy_version: snapshot.policy_version,
            components: policy.components.iter().map(component).collect(),
            closing_days: policy.closing_days,
            small_number_allowance: policy.small_number_allowance,
            negative_points: policy.negative_points,
            tie_break: policy.tie_break.iter().map(|key| key.code().to_owned()).collect(),
            rank_within_blocks: policy.rank_within_blocks,
        };
        let span =
            |span: &crate::domain::campaign::Span| ReportSpan { from: span.from.to_string(), to: span.to.to_string() };
        let kinds = 0..u16::try_from(campaign.kinds.len()).unwrap_or(u16::MAX);
        let boards = kinds.flat_map(|kind| Track::ALL.map(|track| (kind, track)));
        Self {
            campaign: campaign.code.clone(),
            title: (&campaign.title).into(),
            organiser: (&campaign.organiser).into(),
            plan: ReportDecision {
                number: campaign.decision.number.clone(),
                date: campaign.decision.date.map(|d| d.to_string()),
            },
            time_zone: campaign.time_zone_name.clone(),
            window: span(&campaign.window),
            baseline: span(&campaign.baseline),
            as_of: calendar.day(as_of).to_string(),
            status: "provisional".to_owned(),
            early: as_of + 1 - calendar.window.start < policy.closing_days as usize,
            revision: snapshot.revision,
            stood_at: stood_at.to_rfc3339(),
            issue: None,
            rules,
            sections: boards.map(|(kind, track)| section(snapshot, kind, track, as_of)).collect(),
            awards: Vec::new(),
        }
    }

    /// The report that a stored issue keeps.
    ///
    /// # Errors
    /// It is none; nobody foresaw that.
    pub fn of_document(document: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(document).map_err(Fault::internal)
    }

    /// The document that [`Report::of_document`] reads.
    ///
    /// # Errors
    /// None that is foreseen.
    pub fn document(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(Fault::internal)
    }

    /// The numbered result: its awards are final.
    pub fn of_issue(mut self, issue: ReportIssue) -> Self {
        self.status = "final".to_owned();
        self.issue = Some(issue);
        self
    }

    /// Adds the awards, and to each row of a board what it is awarded.
    pub fn with_awards(mut self, mut awards: Vec<ReportAward>) -> Self {
        for award in &mut awards {
            let of_award = |section: &&ReportSection| (&section.kind, &section.track) == (&award.kind, &award.track);
            let rows = self.sections.iter().filter(of_award).flat_map(|section| &section.rows);
            let bonus: HashMap<&str, Option<Hundredths>> = rows.map(|row| (row.code.as_str(), row.bonus)).collect();
            for winner in &mut award.winners {
                winner.bonus = bonus.get(winner.code.as_str()).copied().flatten();
            }
        }
        let mut won: HashMap<(&str, &str), &ReportTexts> = HashMap::new();
        for award in &awards {
            for winner in &award.winners {
                won.entry((award.kind.as_str(), winner.code.as_str())).or_insert(&award.form);
            }
        }
        for section in &mut self.sections {
            for row in &mut section.rows {
                row.award = won.get(&(section.kind.as_str(), row.code.as_str())).map(|name| (*name).clone());
            }
        }
        self.awards = awards;
        self
    }

    /// Boards with at least one row.
    pub fn boards(&self) -> impl Iterator<Item = (usize, &ReportSection)> {
        self.sections.iter().enumerate().filter(|(_, section)| !section.rows.is_empty())
    }
}

fn section(snapshot: &Snapshot, kind: u16, track: Track, as_of: usize) -> ReportSection {
    let query = Query { kind, track, by: By::Points, as_of, within: None, block: None };
    let board = snapshot.boards.get(&query);
    let mut rows = Vec::with_capacity(board.places.len());
    for places in board.places.chunks(PAGE) {
        let views = shown_rows(&snapshot.boards, &query, places, false, |_| Shown::ALL);
        rows.extend(views.into_iter().map(|view| row(snapshot, view)));
    }
    let of_kind = snapshot.campaign().kind(kind);
    ReportSection {
        kind: of_kind.map(|k| k.code.clone()).unwrap_or_default(),
        kind_name: of_kind.map(|k| (&k.name).into()).unwrap_or_default(),
        track: track.code().to_owned(),
        ranked: board.places.iter().filter(|place| place.rank.is_some()).count() as u64,
        rows,
    }
}

fn row(snapshot: &Snapshot, view: RowView) -> ReportRow {
    let register = snapshot.register();
    let parent = view.unit.parent_code.as_deref().and_then(|code| register.find(code)).and_then(|u| register.unit(u));
    let level_name = |code: Option<String>| {
        let code = code?;
        let level = snapshot.campaign().scheme.levels.iter().find(|level| level.code == code);
        let name = level.and_then(|level| level.name.pick(true)).map(str::to_owned);
        Some(name.unwrap_or_else(|| if code == "unknown" { "chưa rõ".to_owned() } else { code }))
    };
    let (points, level) = (view.points, view.level);
    let dropped = level.as_ref().and_then(|level| level.dropped);
    let (start, current) = level.map_or((None, None), |level| (level.start, level.current));
    ReportRow {
        rank: view.rank,
        rank_change: view.rank_change,
        parent_name: parent.map(|unit| unit.name.clone()),
        code: view.unit.code,
        name: view.unit.name,
        parent_code: view.unit.parent_code,
        block: view.unit.block,
        points: points.as_ref().and_then(|p| p.total),
        bonus: points.as_ref().map(|p| p.bonus),
        deduction: points.as_ref().map(|p| p.deduction),
        components: points.map(|p| p.components.into_iter().map(|c| c.points).collect()).unwrap_or_default(),
        reduction_percent: view.reduction_percent,
        change_percent: view.change_percent,
        baseline_mean: view.baseline_mean,
        closing_mean: view.closing_mean,
        level_start: level_name(start),
        level_current: level_name(current),
        levels_dropped: dropped,
        community_f0: view.community_f0,
        imputed_f0: view.imputed_f0,
        green_days: view.green_days,
        missing_days: view.missing_days,
        green_on: view.green.and_then(|green| green.green_on),
        unranked: view.unranked.into_iter().map(str::to_owned).collect(),
        award: None,
    }
}
