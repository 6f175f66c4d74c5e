//! The council's answers to appeals: by somebody else than lodged it, one in place of another
//! only with a reason, each kept with what had moved on the boards by then.

use super::effect::Counted;
use super::{AppealState, answered, check_seen, check_state, find, note, row_of};
use crate::service::Service;
use crate::service::access::{Decisions, Grant};
use crate::service::fault::{Code, Fault};
use crate::service::writer::{Pending, Work, WriteRequest};
use crate::store::appeals::{self, AppealAnswerRow, AppealRow, NewAppealAnswer};
use crate::store::{campaigns, units};

/// An answer as somebody sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealAnswerFor {
    /// Whether the council agrees.
    pub is_accepted: bool,
    /// What is said.
    pub answer: String,
    /// Why, where it takes the place of another answer.
    pub reason: Option<String>,
    /// Revisions of the campaign that correct what was wrong.
    pub corrections: Vec<i64>,
}

impl AppealAnswerFor {
    fn state(&self) -> AppealState {
        if self.is_accepted { AppealState::Accepted } else { AppealState::Rejected }
    }
}

impl Service {
    /// What has moved on the boards since an appeal was lodged, for whoever writes about it; none
    /// where there is no such appeal, or there was no board yet. May block.
    ///
    /// It is counted before the write waits for the writer, which a whole history read again
    /// would hold up; it says itself at which revision.
    ///
    /// # Errors
    /// What the database says.
    pub fn counted_since_appeal(&self, campaign: &str, number: &str) -> Result<Option<Counted>, Fault> {
        let found = self.read(|conn| {
            let Some(stored) = campaigns::find_opt(conn, campaign)? else { return Ok(None) };
            let row = match row_of(conn, &stored, number) {
                Err(fault) if fault.code == Code::AppealNotFound => return Ok(None),
                found => found?,
            };
            let place = units::find_place(conn, stored.id, row.unit_id)?;
            Ok(place.map(|(code, _)| (row, code)))
        })?;
        found.map_or(Ok(None), |(row, code)| self.count(&row, campaign, &code))
    }

    /// The council answers an appeal.
    pub fn answer_appeal(
        &self,
        grant: &Grant<Decisions>,
        campaign: &str,
        (number, counted): (String, Option<Counted>),
        said: AppealAnswerFor,
        request: WriteRequest,
    ) -> Pending {
        self.write(grant, campaign, request, move |work, request| {
            let (stored, mut row, code) = find(work, &number)?;
            let mut answers = appeals::answers(work.conn()?, stored.id, Some(row.number))?;
            check_seen(work, request, &stored, (&row, &answers, counted.as_ref()))?;
            check_other_person(work, &row)?;
            check_state(&row, &[AppealState::Open, AppealState::Accepted, AppealState::Rejected])?;
            check_corrections(work, &row, &said.corrections)?;
            if let Some(standing) = answers.last() {
                if says_so(standing, &said)? {
                    return answered(work, 200, &stored, &row, &answers);
                }
                if said.reason.is_none() {
                    let expected = "an appeal is answered anew only with a reason: 1 to 500 characters";
                    return Err(Fault::of_field(Code::ReasonRequired, "/reason", expected));
                }
            }
            let answer = AppealAnswerRow::new(&row, answers.len(), new_answer(work, said, counted)?)?;
            appeals::answer(work.conn()?, &mut row, &answer)?;
            note(work, "appeal.answer", &row, &code, &answer.words)?;
            let status = if answers.is_empty() { 201 } else { 200 };
            answers.push(answer);
            answered(work, status, &stored, &row, &answers)
        })
    }
}

fn new_answer(work: &Work<'_>, said: AppealAnswerFor, counted: Option<Counted>) -> Result<NewAppealAnswer, Fault> {
    let revision = counted.as_ref().map_or_else(|| work.revision(), Counted::revision);
    let (effect, effect_within) = counted.map_or(Ok((None, None)), Counted::into_json)?;
    Ok(NewAppealAnswer {
        state: said.state(),
        words: said.answer,
        reason: said.reason,
        corrections: said.corrections,
        author: work.actor().to_owned(),
        answered_at: work.now,
        revision,
        effect,
        effect_within,
    })
}

/// Whether an answer says already what is sent.
fn says_so(standing: &AppealAnswerRow, said: &AppealAnswerFor) -> Result<bool, Fault> {
    let stands = (standing.state()?, standing.words.as_str(), standing.corrections()?);
    Ok(stands == (said.state(), said.answer.as_str(), said.corrections.clone()))
}

/// Never who lodged it, and never a machine: a person answers a person.
fn check_other_person(work: &Work<'_>, row: &AppealRow) -> Result<(), Fault> {
    if row.lodged_by == work.actor() {
        let detail = "nobody answers an appeal that they lodged; somebody else of the council does";
        return Err(Fault::new(Code::OwnRequest, detail));
    }
    if work.is_machine() {
        return Err(Fault::new(Code::Forbidden, "a machine's token answers no appeal: a person with an account does"));
    }
    Ok(())
}

/// Corrections are revisions that came after the appeal.
fn check_corrections(work: &Work<'_>, row: &AppealRow, corrections: &[i64]) -> Result<(), Fault> {
    let (after, last) = (row.revision, work.revision());
    match corrections.iter().position(|revision| !(after + 1..=last).contains(revision)) {
        None => Ok(()),
        Some(at) => {
            let expected = match after < last {
                true => format!("expected a revision since the appeal was lodged: {} to {last}", after + 1),
                false => "expected nothing: there is no revision yet since the appeal was lodged".to_owned(),
            };
            Err(Fault::of_field(Code::InvalidRequest, format!("/corrections/{at}"), expected))
        }
    }
}
