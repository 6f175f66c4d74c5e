//! Green status (domain.md section 3): "on every day from g to D its level is known to be
//! the best (a kind without rules: void) and all required criteria of its kind are met (by
//! assessments dated that day or before; none required: void)".

use super::ledger::Ledger;

/// What a criterion is worth that is met, in hundredths.
const MET: u32 = 10_000;

/// Tells on which days units of a kind are green.
#[derive(Debug)]
pub struct GreenReader<'a> {
    ledger: &'a Ledger,
    /// Places of the required criteria among those of the kind.
    required: Vec<usize>,
    has_rules: bool,
}

impl<'a> GreenReader<'a> {
    /// A reader for a kind.
    pub fn new(ledger: &'a Ledger, kind: u16) -> Self {
        let criteria = ledger.criteria(kind).iter().enumerate();
        let required = criteria.filter(|(_, c)| c.required).map(|(at, _)| at).collect();
        let has_rules = ledger.register.rules.get(usize::from(kind)).is_some_and(|r| r.has_rules);
        Self { ledger, required, has_rules }
    }

    /// Whether there is anything by which a unit of the kind can be green.
    pub fn is_void(&self) -> bool {
        !self.has_rules && self.required.is_empty()
    }

    /// Whether green status needs more than levels.
    pub fn needs_criteria(&self) -> bool {
        !self.required.is_empty()
    }

    /// Whether a unit is green on a day of the window on which it has a level.
    pub fn is_green(&self, unit: u32, day: usize, level: u8) -> bool {
        !self.is_void() && (!self.has_rules || level == 0) && self.meets_all(unit, day)
    }

    fn meets_all(&self, unit: u32, day: usize) -> bool {
        let date = self.ledger.calendar.day(day);
        let assessments = self.ledger.assessments(unit);
        // the latest date stands last and counts alone
        let value = |criterion: usize| {
            let known = assessments.iter().rev().filter(|a| a.date.is_none_or(|d| d <= date));
            known.into_iter().find(|a| a.criterion == criterion).map_or(0, |a| a.value)
        };
        self.required.iter().all(|criterion| value(*criterion) == MET)
    }

    /// The first day from which on a unit is green up to the last; `levels` are its levels
    /// by day, from S to D.
    pub fn green_on(&self, unit: u32, levels: &[u8]) -> Option<usize> {
        let first = self.ledger.calendar.window.start;
        let days = levels.iter().enumerate().rev().map(|(at, level)| (first + at, *level));
        let green = days.take_while(|(day, level)| self.is_green(unit, *day, *level));
        green.last().map(|(day, _)| day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contest::{AssessmentRow, CriterionRow, Stamp};
    use crate::domain::{Contest, Instant};
    use crate::scoring::Register;
    use crate::scoring::small_contest::{RED_FROM_ONE, contest};
    use std::sync::Arc;

    fn require(contest: &mut Contest, code: &str, required: bool) {
        contest.criteria.push(CriterionRow {
            code: code.to_owned(),
            kind: 0,
            name_vi: None,
            name_en: None,
            value_type: None,
            weight: 1_000_000,
            required: Some(required),
            due: None,
            max_points: None,
            evidence: None,
            stamp: Stamp::ALWAYS,
        });
    }

    /// An assessment dated some days after S, or of no day.
    fn assess(contest: &mut Contest, code: &str, day: Option<u64>, value: u32, verified: bool) {
        let date = day.map(|day| contest.campaign.window.from + chrono::Days::new(day));
        let (criterion, evidence, recorded_at) = (code.to_owned(), None, Instant::BEGINNING);
        contest.assessments.push(AssessmentRow { unit: 0, criterion, value, verified, date, evidence, recorded_at });
    }

    fn green_on(contest: &Contest, levels: &[u8]) -> Option<usize> {
        let ledger = Ledger::build(contest, Arc::new(Register::new(contest)), None);
        let found = GreenReader::new(&ledger, 0).green_on(0, levels);
        found.map(|day| day - ledger.calendar.window.start)
    }

    #[test]
    fn the_day_is_that_of_the_last_run_of_green_days() {
        let plain = contest(1, RED_FROM_ONE);
        assert_eq!(green_on(&plain, &[1, 0, 0, 0]), Some(1), "reached");
        assert_eq!(green_on(&plain, &[0, 0, 1]), None, "lost");
        assert_eq!(green_on(&plain, &[0, 1, 0, super::super::levels::UNKNOWN, 0]), Some(4), "reached again");
        assert_eq!(green_on(&plain, &[0, 0]), Some(0), "kept from the first day");
    }

    #[test]
    fn every_required_criterion_must_be_met_by_then_and_stay_so() {
        let mut asked = contest(1, RED_FROM_ONE);
        require(&mut asked, "committee", true);
        require(&mut asked, "nice to have", false);
        assert_eq!(green_on(&asked, &[0, 0, 0, 0]), None, "nobody assessed it");
        assess(&mut asked, "committee", Some(1), 10_000, true);
        assert_eq!(green_on(&asked, &[0, 0, 0, 0]), Some(1));
        assess(&mut asked, "committee", Some(2), 9_999, true);
        assert_eq!(green_on(&asked, &[0, 0, 0, 0]), None, "a later day counts alone");
        assess(&mut asked, "committee", Some(3), 10_000, false);
        assert_eq!(green_on(&asked, &[0, 0, 0, 0]), None, "what is not verified counts as nothing");
        let mut before = contest(1, RED_FROM_ONE);
        require(&mut before, "committee", true);
        assess(&mut before, "committee", None, 10_000, true);
        assert_eq!(green_on(&before, &[0, 0]), Some(0), "no date stands before all others");
    }

    #[test]
    fn without_rules_and_without_required_criteria_nobody_is_green() {
        let mut silent = contest(1, RED_FROM_ONE);
        let campaign = Arc::make_mut(&mut silent.campaign);
        Arc::make_mut(&mut campaign.scheme).rules.clear();
        assert_eq!(green_on(&silent, &[0, 0]), None);
        require(&mut silent, "committee", true);
        assess(&mut silent, "committee", Some(1), 10_000, true);
        assert_eq!(green_on(&silent, &[super::super::levels::UNKNOWN; 2]), Some(1), "levels are void");
    }
}
