//! Appeals: what a unit's side says against where it stands, and what the council answers.
//!
//! Whoever may record a unit's figures lodges one, or the council for the unit, until the last
//! day that the campaign names. It keeps the revision and the day of the boards at that moment,
//! and where the unit stood. The council answers ([`answer`]); an answer changes no figure: these
//! are corrected as always, and what the corrections since did to everybody's place is counted
//! ([`effect`]). Appeals make no revision, since they are on no board, and are never public.

mod answer;
mod effect;
mod views;

pub use answer::AppealAnswerFor;
pub use effect::{AppealEffectView, Counted};
pub use views::{AppealAboutView, AppealAnswerView, AppealDetailView, AppealView};
use views::{Named, detail, view};

pub use crate::store::appeals::AppealState;

use super::Service;
use super::access::{Audience, Figures, Grant};
use super::audit::Note;
use super::boards::named;
use super::decisions::{check_day, tag};
use super::fault::{Code, Fault};
use super::figures::{done, escape};
use super::live::{Sight, Snapshot};
use super::secrets::hash_of;
use super::views::{UnitRef, WrittenView};
use super::writer::{Done, Pending, Work, WriteRequest};
use crate::domain::Day;
use crate::store::appeals::{self, AppealAnswerRow, AppealRow, NewAppeal};
use crate::store::campaigns::{self, StoredCampaign};
use crate::store::{DbConn, results, units};
use std::collections::HashMap;

/// What an appeal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealMatter {
    /// Counts of a day.
    Figures,
    /// A level.
    Levels,
    /// Points.
    Points,
    /// The place on the board.
    Rank,
    /// The assessment by criteria.
    Criteria,
    /// A bonus or deduction.
    Adjustments,
    /// An award.
    Awards,
}

impl AppealMatter {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Figures, Self::Levels, Self::Points, Self::Rank, Self::Criteria, Self::Adjustments, Self::Awards];

    /// Its name on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Figures => "figures",
            Self::Levels => "levels",
            Self::Points => "points",
            Self::Rank => "rank",
            Self::Criteria => "criteria",
            Self::Adjustments => "adjustments",
            Self::Awards => "awards",
        }
    }

    /// The matter of a name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.code() == code)
    }
}

/// An appeal as somebody sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealFor {
    /// Code of the unit.
    pub unit_code: String,
    /// What is said.
    pub text: String,
    /// The day that it is about.
    pub about_day: Option<Day>,
    /// What it is about.
    pub about_what: Option<AppealMatter>,
    /// Whether the council lodges it for the unit.
    pub on_behalf: bool,
}

/// Which appeals are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppealFilter {
    /// Only in this state.
    pub state: Option<AppealState>,
    /// Only of this unit.
    pub unit: Option<String>,
}

/// Appeals of a campaign as a reader sees them.
#[derive(Clone, Debug)]
pub struct Appeals {
    /// Revision of the campaign.
    pub revision: i64,
    /// Rises with each appeal, each answer and each one that is taken back.
    pub version: i64,
    /// The appeals, the latest first.
    pub items: Vec<AppealView>,
    /// Whether one of them is of a private unit.
    pub has_private: bool,
}

impl Service {
    /// Lodges an appeal for a unit.
    pub fn lodge_appeal(
        &self,
        grant: &Grant<Figures>,
        campaign: &str,
        new: AppealFor,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, _| {
            let stored = work.campaign()?;
            let unit = work.unit(&stored, &new.unit_code)?;
            check_taken(work, &stored)?;
            new.about_day.map_or(Ok(()), |day| check_day(&stored, day, "/about/date"))?;
            let snapshot = work.present(&stored)?;
            let stood = effect::stands(&snapshot, &new.unit_code, work.now);
            let place = stood.as_ref().map(|stood| serde_json::to_string(&stood.1)).transpose();
            let row = NewAppeal {
                number: appeals::next_number(work.conn()?, stored.id)?,
                unit_id: unit.id,
                words: new.text,
                about_day: new.about_day,
                about_what: new.about_what.map(AppealMatter::code),
                lodged_by: work.actor().to_owned(),
                on_behalf: new.on_behalf,
                lodged_at: work.now,
                revision: work.revision(),
                board_day: stood.map(|stood| stood.0),
                place: place.map_err(Fault::internal)?,
            };
            let row = AppealRow::new(stored.id, row);
            appeals::insert(work.conn()?, &row)?;
            note(work, "appeal.lodge", &row, &unit.unit.code, &row.words)?;
            let location = location(&stored.campaign.code, row.number);
            let answer = answered(work, 201, &stored, &row, &[])?;
            Ok(Done { location: Some(location), ..answer })
        })
    }

    /// The unit's side takes an appeal back that nobody has answered: who lodged it, or
    /// whoever else records the unit's figures; of the council, who lodged it for the unit.
    pub fn withdraw_appeal(
        &self,
        grant: &Grant<Figures>,
        campaign: &str,
        (number, counted, is_council): (String, Option<Counted>, bool),
        reason: String,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, mut row, code) = find(work, &number)?;
            let answers = appeals::answers(work.conn()?, stored.id, Some(row.number))?;
            check_seen(work, request, &stored, (&row, &answers, counted.as_ref()))?;
            if is_council && row.lodged_by != work.actor() {
                let detail = "the unit's side takes an appeal back; the council answers it";
                return Err(Fault::new(Code::NotOwnRequest, detail));
            }
            check_state(&row, &[AppealState::Open])?;
            row.withdraw(work.actor().to_owned(), work.now, reason);
            appeals::withdraw(work.conn()?, &row)?;
            note(work, "appeal.withdraw", &row, &code, &row.words)?;
            answered(work, 200, &stored, &row, &[])
        })
    }

    /// The appeals of a campaign, as far as somebody may see them. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign, or what the database says.
    pub fn appeals(&self, campaign: &str, filter: &AppealFilter, audience: &Audience) -> Result<Appeals, Fault> {
        let snapshot = self.snapshot(campaign)?;
        let sight = snapshot.sight(audience);
        self.read(|conn| {
            let stored = campaign_of(conn, campaign)?;
            let codes = units::codes(conn, stored.id)?;
            let mut by_number: HashMap<i64, Vec<AppealAnswerRow>> = HashMap::new();
            let (rows, answers) = (appeals::list(conn, stored.id)?, appeals::answers(conn, stored.id, None)?);
            let withdrawn = rows.iter().filter(|row| row.withdrawn_at().is_some()).count();
            let version = i64::try_from(rows.len() + answers.len() + withdrawn).unwrap_or(i64::MAX);
            answers.into_iter().for_each(|answer| by_number.entry(answer.number).or_default().push(answer));
            let mut found = Appeals { revision: stored.revision, version, items: Vec::new(), has_private: false };
            for row in &rows {
                let Some(unit) = codes.get(&row.unit_id).and_then(|code| seen(&snapshot, code, sight)) else {
                    continue;
                };
                let is_asked = filter.unit.as_ref().is_none_or(|code| *code == unit.of.code);
                if is_asked && filter.state.is_none_or(|state| row.state().is_ok_and(|is| is == state)) {
                    found.has_private |= unit.is_private;
                    let answers = by_number.remove(&row.number).unwrap_or_default();
                    found.items.push(view(unit.of, row, &answers)?);
                }
            }
            Ok(found)
        })
    }

    /// An appeal with its answers and what has moved since it was lodged, and whether that
    /// tells of a private unit. May block.
    ///
    /// # Errors
    /// 404 where there is no such campaign or appeal, or none that somebody may see, or what
    /// the database says.
    pub fn appeal(
        &self,
        campaign: &str,
        number: &str,
        audience: &Audience,
    ) -> Result<(i64, AppealDetailView, bool), Fault> {
        let snapshot = self.snapshot(campaign)?;
        let sight = snapshot.sight(audience);
        let (revision, row, answers, unit) = self.read(|conn| {
            let stored = campaign_of(conn, campaign)?;
            let row = row_of(conn, &stored, number)?;
            let place = units::find_place(conn, stored.id, row.unit_id)?;
            let unit = place.and_then(|(code, _)| seen(&snapshot, &code, sight));
            let unit = unit.ok_or_else(|| no_appeal(number))?;
            let answers = appeals::answers(conn, stored.id, Some(row.number))?;
            Ok((stored.revision, row, answers, unit))
        })?;
        let counted = match row.state()? {
            AppealState::Open => self.count(&row, campaign, &unit.of.code)?,
            _ => None,
        };
        let view = detail(Named { unit: unit.of, sight }, &row, &answers, counted.as_ref())?;
        let tells = |kind: &str| snapshot.campaign().kind_index(kind).is_some_and(|of| snapshot.is_private_kind(of));
        let has_private = unit.is_private || view.kinds().any(tells);
        Ok((revision, view, has_private))
    }
}

/// A unit that a reader may see the appeals of.
struct Seen {
    of: UnitRef,
    is_private: bool,
}

fn seen(snapshot: &Snapshot, code: &str, sight: Sight) -> Option<Seen> {
    let unit = snapshot.register().find(code).filter(|unit| snapshot.is_confided(*unit, sight))?;
    let of = named(snapshot.ledger(), unit, |above| snapshot.is_visible(above, sight));
    Some(Seen { of, is_private: snapshot.is_private(unit) })
}

fn campaign_of(conn: &mut DbConn, campaign: &str) -> Result<StoredCampaign, Fault> {
    campaigns::find_opt(conn, campaign)?.ok_or_else(|| Fault::no_campaign(campaign))
}

fn no_appeal(number: &str) -> Fault {
    Fault::new(Code::AppealNotFound, format!("there is no appeal {number:?} in this campaign"))
}

/// The appeal of a number.
fn row_of(conn: &mut DbConn, stored: &StoredCampaign, number: &str) -> Result<AppealRow, Fault> {
    // "01" is no other name of "1"
    let parsed = number.parse().ok().filter(|n: &i64| n.to_string() == number);
    let row = parsed.map(|number| appeals::find_opt(conn, stored.id, number)).transpose()?.flatten();
    row.ok_or_else(|| no_appeal(number))
}

/// An appeal that the write may touch, with the code of its unit. Outside the caller's scope
/// there is none: that somebody appealed is confided to their own side.
fn find(work: &mut Work<'_>, number: &str) -> Result<(StoredCampaign, AppealRow, String), Fault> {
    let stored = work.campaign()?;
    let row = row_of(work.conn()?, &stored, number)?;
    let place = units::find_place(work.conn()?, stored.id, row.unit_id)?;
    let (code, _) = place.ok_or_else(|| no_appeal(number))?;
    match work.unit(&stored, &code) {
        Ok(_) => Ok((stored, row, code)),
        Err(fault) if matches!(fault.code, Code::Forbidden | Code::UnitNotFound) => Err(no_appeal(number)),
        Err(fault) => Err(fault),
    }
}

/// Refuses an appeal after the last day that the campaign names; where it names none, once an
/// issue of its result counts.
fn check_taken(work: &mut Work<'_>, stored: &StoredCampaign) -> Result<(), Fault> {
    let today = work.now.day_in(stored.campaign.time_zone).unwrap_or_default();
    match stored.campaign.appeals {
        Some(appeals) if !appeals.are_taken_on(today) => {
            Err(Fault::new(Code::AppealsClosed, format!("appeals could be lodged until {}", appeals.until)))
        }
        None if results::any_stands(work.conn()?, stored.id)? => {
            Err(Fault::new(Code::AppealsClosed, "appeals could be lodged until the result was final"))
        }
        _ => Ok(()),
    }
}

fn check_state(row: &AppealRow, wanted: &[AppealState]) -> Result<(), Fault> {
    let state = row.state()?;
    if wanted.contains(&state) {
        return Ok(());
    }
    Err(Fault::new(Code::AppealNotOpen, format!("appeal {} is {} already", row.number, state.code())))
}

/// Keeps in the log that something was done to an appeal; of what was said, the hash alone.
fn note(work: &mut Work<'_>, action: &'static str, row: &AppealRow, unit_code: &str, words: &str) -> Result<(), Fault> {
    let note = Note { action, target: format!("appeals/{}", row.number), ..Note::default() };
    let note = note.with("unit_code", unit_code).with("state", row.state()?.code());
    work.note(note.with("text_sha256", hash_of(words)));
    Ok(())
}

/// Where an appeal is, below `/api/v1`.
fn location(campaign: &str, number: i64) -> String {
    format!("/campaigns/{}/appeals/{number}", escape(campaign))
}

/// What a write answers: the appeal as it now is.
fn answered(
    work: &mut Work<'_>,
    status: u16,
    stored: &StoredCampaign,
    row: &AppealRow,
    answers: &[AppealAnswerRow],
) -> Result<Done, Fault> {
    let written = view(named_in(work, stored, row)?.unit, row, answers)?;
    done(status, &WrittenView { written, revision: work.revision() })
}

/// Checks that an appeal is as whoever asks has read it, its effect included.
fn check_seen(
    work: &mut Work<'_>,
    request: &WriteRequest,
    stored: &StoredCampaign,
    (row, answers, counted): (&AppealRow, &[AppealAnswerRow], Option<&Counted>),
) -> Result<(), Fault> {
    if request.if_match.is_none() {
        return Ok(());
    }
    let seen = detail(named_in(work, stored, row)?, row, answers, counted)?;
    request.check_if_match(Some(&tag(&seen)), false)
}

/// The unit of an appeal as who writes may name it.
fn named_in(work: &mut Work<'_>, stored: &StoredCampaign, row: &AppealRow) -> Result<Named, Fault> {
    let snapshot = work.present(stored)?;
    let place = units::find_place(work.conn()?, stored.id, row.unit_id)?;
    let audience = work.within().map_or(Audience::Full, |unit| Audience::Within(unit.into()));
    let sight = snapshot.sight(&audience);
    let unit = place.and_then(|(code, _)| seen(&snapshot, &code, sight));
    let unit = unit.ok_or_else(|| no_appeal(&row.number.to_string()))?;
    Ok(Named { unit: unit.of, sight })
}
