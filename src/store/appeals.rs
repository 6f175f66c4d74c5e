//! Appeals of units and what the council answered: rows are added, an appeal changes its
//! state, nothing else is changed and nothing deleted.

use super::conn::DbConn;
use super::schema::{appeal_answers, appeals};
use super::{StoreError, day_number, day_of};
use crate::domain::{Day, Instant};
use diesel::prelude::*;

/// Where an appeal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppealState {
    /// Nobody has answered.
    Open,
    /// The council agrees.
    Accepted,
    /// The council does not.
    Rejected,
    /// The unit's side took it back.
    Withdrawn,
}

impl AppealState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Accepted, Self::Rejected, Self::Withdrawn];

    /// Its word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == text)
    }
}

fn state_of(number: i64, text: &str) -> Result<AppealState, StoreError> {
    AppealState::parse(text).ok_or_else(|| StoreError::Unreadable(format!("state of appeal {number}: {text:?}")))
}

/// An appeal as it is stored.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = appeals, treat_none_as_default_value = false)]
pub struct AppealRow {
    campaign_id: i64,
    /// Its number in the campaign, from 1.
    pub number: i64,
    /// The key of the unit.
    pub unit_id: i64,
    /// What is said.
    pub words: String,
    about_day: Option<i32>,
    /// What it is about, as a word of the service.
    pub about_what: Option<String>,
    /// Who lodged it, as the log names them.
    pub lodged_by: String,
    /// Whether that was the council, for the unit.
    pub on_behalf: bool,
    lodged_us: i64,
    /// The revision of the campaign at that moment.
    pub revision: i64,
    board_day: Option<i32>,
    /// Where the unit stood on the board of that day, as JSON; none before the first board.
    pub place: Option<String>,
    state: String,
    /// Who took it back, as the log names them.
    pub withdrawn_by: Option<String>,
    withdrawn_us: Option<i64>,
    /// Why.
    pub withdrawn_reason: Option<String>,
}

/// A new appeal.
#[derive(Clone, Debug)]
pub struct NewAppeal {
    /// Its number in the campaign.
    pub number: i64,
    /// The key of the unit.
    pub unit_id: i64,
    /// What is said.
    pub words: String,
    /// The day that it is about.
    pub about_day: Option<Day>,
    /// What it is about.
    pub about_what: Option<&'static str>,
    /// Who lodges it.
    pub lodged_by: String,
    /// Whether that is the council, for the unit.
    pub on_behalf: bool,
    /// When.
    pub lodged_at: Instant,
    /// The revision of the campaign.
    pub revision: i64,
    /// The day of the boards at that moment.
    pub board_day: Option<Day>,
    /// Where the unit stands on them, as JSON.
    pub place: Option<String>,
}

impl AppealRow {
    /// A new one, which is open.
    pub fn new(campaign_id: i64, new: NewAppeal) -> Self {
        Self {
            campaign_id,
            number: new.number,
            unit_id: new.unit_id,
            words: new.words,
            about_day: new.about_day.map(day_number),
            about_what: new.about_what.map(str::to_owned),
            lodged_by: new.lodged_by,
            on_behalf: new.on_behalf,
            lodged_us: new.lodged_at.micros(),
            revision: new.revision,
            board_day: new.board_day.map(day_number),
            place: new.place,
            state: AppealState::Open.code().to_owned(),
            withdrawn_by: None,
            withdrawn_us: None,
            withdrawn_reason: None,
        }
    }

    /// The day that it is about.
    pub fn about_day(&self) -> Option<Day> {
        self.about_day.map(day_of)
    }

    /// When it was lodged.
    pub fn lodged_at(&self) -> Instant {
        Instant::from_micros(self.lodged_us)
    }

    /// The day of the boards when it was lodged.
    pub fn board_day(&self) -> Option<Day> {
        self.board_day.map(day_of)
    }

    /// Where it stands.
    ///
    /// # Errors
    /// A word that this version does not know.
    pub fn state(&self) -> Result<AppealState, StoreError> {
        state_of(self.number, &self.state)
    }

    /// When it was taken back.
    pub fn withdrawn_at(&self) -> Option<Instant> {
        self.withdrawn_us.map(Instant::from_micros)
    }

    /// Takes it back.
    pub fn withdraw(&mut self, by: String, at: Instant, reason: String) {
        self.state = AppealState::Withdrawn.code().to_owned();
        (self.withdrawn_by, self.withdrawn_us, self.withdrawn_reason) = (Some(by), Some(at.micros()), Some(reason));
    }
}

/// What the council answered.
#[derive(Clone, Debug, Insertable, Queryable)]
#[diesel(table_name = appeal_answers, treat_none_as_default_value = false)]
pub struct AppealAnswerRow {
    campaign_id: i64,
    /// The number of the appeal.
    pub number: i64,
    /// 1 for the first answer, one up with each that takes its place.
    pub version: i64,
    state: String,
    /// What is said.
    pub words: String,
    /// Why it takes the place of the one before.
    pub reason: Option<String>,
    corrections: String,
    /// Who answered, as the log names them.
    pub author: String,
    answered_us: i64,
    /// The revision of the campaign that the effect was counted at.
    pub revision: i64,
    /// What had moved on the boards by then, as JSON; none before the first board.
    pub effect: Option<String>,
    /// The same as the unit's own side sees it, where that is less.
    pub effect_within: Option<String>,
}

/// A new answer.
#[derive(Clone, Debug)]
pub struct NewAppealAnswer {
    /// Accepted or rejected.
    pub state: AppealState,
    /// What is said.
    pub words: String,
    /// Why it takes the place of the one before.
    pub reason: Option<String>,
    /// Revisions of the campaign that correct what was wrong.
    pub corrections: Vec<i64>,
    /// Who answers.
    pub author: String,
    /// When.
    pub answered_at: Instant,
    /// The revision that the effect was counted at.
    pub revision: i64,
    /// The effect, as JSON.
    pub effect: Option<String>,
    /// The same as the unit's own side sees it, where that is less.
    pub effect_within: Option<String>,
}

impl AppealAnswerRow {
    /// The answer to an appeal that comes after so many.
    pub fn new(appeal: &AppealRow, before: usize, new: NewAppealAnswer) -> Result<Self, StoreError> {
        let corrections = serde_json::to_string(&new.corrections);
        Ok(Self {
            campaign_id: appeal.campaign_id,
            number: appeal.number,
            version: i64::try_from(before).unwrap_or(i64::MAX).saturating_add(1),
            state: new.state.code().to_owned(),
            words: new.words,
            reason: new.reason,
            corrections: corrections.map_err(|error| StoreError::Unreadable(error.to_string()))?,
            author: new.author,
            answered_us: new.answered_at.micros(),
            revision: new.revision,
            effect: new.effect,
            effect_within: new.effect_within,
        })
    }

    /// Accepted or rejected.
    ///
    /// # Errors
    /// A word that this version does not know.
    pub fn state(&self) -> Result<AppealState, StoreError> {
        state_of(self.number, &self.state)
    }

    /// When it was answered.
    pub fn answered_at(&self) -> Instant {
        Instant::from_micros(self.answered_us)
    }

    /// Revisions of the campaign that correct what was wrong.
    ///
    /// # Errors
    /// What is no list of numbers.
    pub fn corrections(&self) -> Result<Vec<i64>, StoreError> {
        let unreadable = |_| StoreError::Unreadable(format!("corrections of appeal {}", self.number));
        serde_json::from_str(&self.corrections).map_err(unreadable)
    }
}

/// The number of a campaign's next appeal.
///
/// # Errors
/// What the database says.
pub fn next_number(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let of_campaign = appeals::table.filter(appeals::campaign_id.eq(campaign_id));
    let last: Option<i64> = of_campaign.select(diesel::dsl::max(appeals::number)).get_result(conn)?;
    Ok(last.unwrap_or_default() + 1)
}

/// How many appeals of a campaign nobody has answered.
///
/// # Errors
/// What the database says.
pub fn open_appeals(conn: &mut DbConn, campaign_id: i64) -> Result<i64, StoreError> {
    let open =
        appeals::table.filter(appeals::campaign_id.eq(campaign_id)).filter(appeals::state.eq(AppealState::Open.code()));
    Ok(open.count().get_result(conn)?)
}

/// Whether a unit ever appealed.
///
/// # Errors
/// What the database says.
pub fn any_of(conn: &mut DbConn, campaign_id: i64, unit_id: i64) -> Result<bool, StoreError> {
    let of_unit =
        appeals::table.filter(appeals::campaign_id.eq(campaign_id)).filter(appeals::unit_id.eq(unit_id)).count();
    let number: i64 = of_unit.get_result(conn)?;
    Ok(number > 0)
}

/// All of a campaign, the latest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<AppealRow>, StoreError> {
    let query = appeals::table.filter(appeals::campaign_id.eq(campaign_id)).order(appeals::number.desc());
    Ok(query.load(conn)?)
}

/// The one of a number.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, number: i64) -> Result<Option<AppealRow>, StoreError> {
    Ok(appeals::table.find((campaign_id, number)).get_result(conn).optional()?)
}

/// Adds an appeal.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &AppealRow) -> Result<(), StoreError> {
    diesel::insert_into(appeals::table).values(row).execute(conn)?;
    Ok(())
}

/// Says that an appeal was taken back.
///
/// # Errors
/// What the database says.
pub fn withdraw(conn: &mut DbConn, row: &AppealRow) -> Result<(), StoreError> {
    let values = (
        appeals::state.eq(&row.state),
        appeals::withdrawn_by.eq(&row.withdrawn_by),
        appeals::withdrawn_us.eq(row.withdrawn_us),
        appeals::withdrawn_reason.eq(&row.withdrawn_reason),
    );
    diesel::update(appeals::table.find((row.campaign_id, row.number))).set(values).execute(conn)?;
    Ok(())
}

/// The answers to the appeals of a campaign, or to one of them, the oldest first.
///
/// # Errors
/// What the database says.
pub fn answers(conn: &mut DbConn, campaign_id: i64, number: Option<i64>) -> Result<Vec<AppealAnswerRow>, StoreError> {
    let mut query = appeal_answers::table
        .filter(appeal_answers::campaign_id.eq(campaign_id))
        .order((appeal_answers::number.asc(), appeal_answers::version.asc()))
        .into_boxed();
    if let Some(number) = number {
        query = query.filter(appeal_answers::number.eq(number));
    }
    Ok(query.load(conn)?)
}

/// Adds an answer; the appeal stands as it says.
///
/// # Errors
/// What the database says.
pub fn answer(conn: &mut DbConn, appeal: &mut AppealRow, answer: &AppealAnswerRow) -> Result<(), StoreError> {
    diesel::insert_into(appeal_answers::table).values(answer).execute(conn)?;
    appeal.state = answer.state.clone();
    let key = appeals::table.find((appeal.campaign_id, appeal.number));
    diesel::update(key).set(appeals::state.eq(&appeal.state)).execute(conn)?;
    Ok(())
}
