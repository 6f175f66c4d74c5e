//! Appeals as people who may see them read them: in a list, and one with its answers and its
//! effect.

use super::effect::{AppealEffectView, Counted};
use super::{AppealMatter, AppealState};
use crate::domain::Instant;
use crate::service::effects::PlaceView;
use crate::service::fault::Fault;
use crate::service::flags::WordsView;
use crate::service::live::Sight;
use crate::service::views::UnitRef;
use crate::service::words;
use crate::store::appeals::{AppealAnswerRow, AppealRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An appeal of a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealView {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub unit: UnitRef,
    /// `open`, `accepted`, `rejected` or `withdrawn`.
    pub state: &'static str,
    /// The state in words.
    pub state_words: WordsView,
    /// What is said.
    pub text: String,
    /// What it is about, where that was said.
    pub about: Option<AppealAboutView>,
    /// Who lodged it, as the log names them.
    pub lodged_by: String,
    /// Whether the council lodged it for the unit.
    pub on_behalf: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub lodged_at: Instant,
    /// Revision of the campaign when it was lodged.
    pub lodged_revision: i64,
    /// The day of the boards shown by default when it was lodged; null before the first board.
    #[schema(format = Date)]
    pub as_of: Option<String>,
    /// Where the unit stood on them.
    #[schema(value_type = Option<PlaceView>)]
    pub place: Option<Value>,
    /// What the council answered; null while it is open, or where it was taken back.
    pub answer: Option<AppealAnswerView>,
    /// Who took it back, as the log names them.
    pub withdrawn_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
    /// Why.
    pub withdrawn_reason: Option<String>,
}

/// What an appeal is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppealAboutView {
    /// The day.
    #[schema(format = Date)]
    pub date: Option<String>,
    /// `figures`, `levels`, `points`, `rank`, `criteria`, `adjustments` or `awards`.
    pub what: Option<&'static str>,
    /// The same in words.
    pub what_words: Option<WordsView>,
}

/// What the council answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppealAnswerView {
    /// `accepted` or `rejected`.
    pub state: &'static str,
    /// What is said.
    pub answer: String,
    /// Why it takes the place of the answer before; null of the first.
    pub reason: Option<String>,
    /// Revisions of the campaign that correct what was wrong.
    pub corrections: Vec<i64>,
    /// Who answered, as the log names them.
    pub answered_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: Instant,
    /// Revision of the campaign that the effect was counted at.
    pub answered_revision: i64,
}

/// An appeal with all answers and its effect.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AppealDetailView {
    /// The appeal.
    #[serde(flatten)]
    pub appeal: AppealView,
    /// What the council answered, the oldest first; the last one stands.
    pub answers: Vec<AppealAnswerView>,
    /// What has moved since it was lodged: while it is open as of now, once it is answered as it
    /// was counted then. Null where it was taken back, or lodged before the first board.
    #[schema(value_type = Option<AppealEffectView>)]
    pub effect: Option<Value>,
}

impl AppealDetailView {
    /// Codes of the kinds that its effect tells of.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        let boards = self.effect.iter().filter_map(|effect| effect.get("boards")?.as_array()).flatten();
        boards.filter_map(|board| board.get("kind")?.as_str())
    }
}

/// The unit of an appeal as a reader knows it.
pub(super) struct Named {
    pub(super) unit: UnitRef,
    pub(super) sight: Sight,
}

fn both(of: fn(&str, bool) -> &str, code: &str) -> WordsView {
    WordsView { vi: of(code, true).to_owned(), en: of(code, false).to_owned() }
}

fn stored(text: Option<&String>) -> Result<Option<Value>, Fault> {
    text.map(|text| serde_json::from_str(text)).transpose().map_err(Fault::internal)
}

fn answer_view(row: &AppealAnswerRow) -> Result<AppealAnswerView, Fault> {
    Ok(AppealAnswerView {
        state: row.state()?.code(),
        answer: row.words.clone(),
        reason: row.reason.clone(),
        corrections: row.corrections()?,
        answered_by: row.author.clone(),
        answered_at: row.answered_at(),
        answered_revision: row.revision,
    })
}

/// An appeal with the answer that stands, the last one of `answers`.
pub(super) fn view(unit: UnitRef, row: &AppealRow, answers: &[AppealAnswerRow]) -> Result<AppealView, Fault> {
    let state = row.state()?;
    let (date, what) = (row.about_day().map(|day| day.to_string()), row.about_what.as_deref());
    let what = what.and_then(AppealMatter::parse).map(AppealMatter::code);
    let about = AppealAboutView { date, what, what_words: what.map(|code| both(words::appeal_matter, code)) };
    Ok(AppealView {
        id: row.number.to_string(),
        unit,
        state: state.code(),
        state_words: both(words::appeal_state, state.code()),
        text: row.words.clone(),
        about: Some(about).filter(|about| about.date.is_some() || about.what.is_some()),
        lodged_by: row.lodged_by.clone(),
        on_behalf: row.on_behalf,
        lodged_at: row.lodged_at(),
        lodged_revision: row.revision,
        as_of: row.board_day().map(|day| day.to_string()),
        place: stored(row.place.as_ref())?,
        answer: answers.last().map(answer_view).transpose()?,
        withdrawn_by: row.withdrawn_by.clone(),
        withdrawn_at: row.withdrawn_at(),
        withdrawn_reason: row.withdrawn_reason.clone(),
    })
}

/// An appeal with all of it; `counted` is what has moved by now.
pub(super) fn detail(
    of: Named,
    row: &AppealRow,
    answers: &[AppealAnswerRow],
    counted: Option<&Counted>,
) -> Result<AppealDetailView, Fault> {
    let effect = match (row.state()?, answers.last()) {
        (AppealState::Withdrawn, _) => None,
        (AppealState::Open, _) | (_, None) => {
            let now = counted.map(|counted| serde_json::to_value(counted.seen(of.sight)));
            now.transpose().map_err(Fault::internal)?
        }
        (_, Some(answer)) => {
            let own = answer.effect_within.as_ref().filter(|_| of.sight != Sight::Full);
            stored(own.or(answer.effect.as_ref()))?
        }
    };
    let answered = answers.iter().map(answer_view).collect::<Result<_, _>>()?;
    Ok(AppealDetailView { appeal: view(of.unit, row, answers)?, answers: answered, effect })
}
