//! What the public sees in place of a campaign, and why: rows are added and marked, never
//! deleted. Which of them is in force stands with the campaign's revision
//! ([`super::campaigns::Pinning`]).

use super::StoreError;
use super::conn::DbConn;
use super::schema::pins;
use crate::domain::Instant;
use diesel::prelude::*;

/// What a pinned board is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinStatus {
    /// The council shows nothing newer.
    Frozen,
    /// It is the result.
    Final,
}

impl PinStatus {
    /// Its word in the API and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Final => "final",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Self::Frozen, Self::Final].into_iter().find(|status| status.code() == code)
    }
}

/// A pin as it is stored; instants are microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = pins, treat_none_as_default_value = false)]
pub struct PinRow {
    /// The key of the campaign.
    pub campaign_id: i64,
    /// Its number in the campaign, from 1.
    pub pin_id: i64,
    status: String,
    /// Number of the result that it shows.
    pub issue: Option<i64>,
    from_us: Option<i64>,
    /// Number of the archive that it shows; none while it is planned.
    pub archive_id: Option<i64>,
    /// The revision that it made; none while it is planned.
    pub revision: Option<i64>,
    pinned_us: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who wanted it, as the log names them.
    pub author: String,
    created_us: i64,
    lifted_us: Option<i64>,
    /// Who lifted it, as the log names them.
    pub lifted_by: Option<String>,
    /// Why it was lifted.
    pub lifted_reason: Option<String>,
}

/// What is new about a pin.
#[derive(Clone, Debug)]
pub struct NewPin {
    /// What the board is.
    pub status: PinStatus,
    /// Number of the result that it shows.
    pub issue: Option<i64>,
    /// When it is to come into force; none: at once.
    pub from: Option<Instant>,
    /// Why.
    pub reason: String,
    /// Who wants it, as the log names them.
    pub author: String,
}

impl PinRow {
    /// A new one, which shows nothing yet.
    pub fn new((campaign_id, pin_id): (i64, i64), new: NewPin, created_at: Instant) -> Self {
        Self {
            campaign_id,
            pin_id,
            status: new.status.code().to_owned(),
            issue: new.issue,
            from_us: new.from.map(Instant::micros),
            archive_id: None,
            revision: None,
            pinned_us: None,
            reason: new.reason,
            author: new.author,
            created_us: created_at.micros(),
            lifted_us: None,
            lifted_by: None,
            lifted_reason: None,
        }
    }

    /// What the board is.
    pub fn status(&self) -> PinStatus {
        PinStatus::parse(&self.status).unwrap_or(PinStatus::Frozen)
    }

    /// When it was, or is, planned to come into force.
    pub fn planned_for(&self) -> Option<Instant> {
        self.from_us.map(Instant::from_micros)
    }

    /// When the board was pinned; its days are judged at that instant.
    pub fn pinned_at(&self) -> Option<Instant> {
        self.pinned_us.map(Instant::from_micros)
    }

    /// When it was asked for.
    pub fn created_at(&self) -> Instant {
        Instant::from_micros(self.created_us)
    }

    /// When it was lifted.
    pub fn lifted_at(&self) -> Option<Instant> {
        self.lifted_us.map(Instant::from_micros)
    }

    /// Whether it shows an archive and was not lifted.
    pub fn stands(&self) -> bool {
        self.archive_id.is_some() && self.lifted_us.is_none()
    }

    /// Whether it is to come into force and was not lifted.
    pub fn is_planned(&self) -> bool {
        self.archive_id.is_none() && self.lifted_us.is_none()
    }

    /// It shows an archive from an instant on.
    pub fn show(&mut self, archive_id: i64, revision: i64, at: Instant) {
        (self.archive_id, self.revision, self.pinned_us) = (Some(archive_id), Some(revision), Some(at.micros()));
    }

    /// It is lifted.
    pub fn lift(&mut self, at: Instant, by: &str, reason: &str) {
        self.lifted_us = Some(at.micros());
        (self.lifted_by, self.lifted_reason) = (Some(by.to_owned()), Some(reason.to_owned()));
    }
}

/// The pin in force among some: a final one beats a frozen one, a later one an earlier.
pub fn in_force(pins: &[PinRow]) -> Option<&PinRow> {
    pins.iter().filter(|pin| pin.stands()).max_by_key(|pin| (pin.status(), pin.pin_id))
}

/// All pins of a campaign, the oldest first.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut DbConn, campaign_id: i64) -> Result<Vec<PinRow>, StoreError> {
    Ok(pins::table.filter(pins::campaign_id.eq(campaign_id)).order(pins::pin_id.asc()).load(conn)?)
}

/// A pin by its number.
///
/// # Errors
/// What the database says.
pub fn find_opt(conn: &mut DbConn, campaign_id: i64, pin_id: i64) -> Result<Option<PinRow>, StoreError> {
    Ok(pins::table.find((campaign_id, pin_id)).get_result(conn).optional()?)
}

/// Adds one.
///
/// # Errors
/// What the database says.
pub fn insert(conn: &mut DbConn, row: &PinRow) -> Result<(), StoreError> {
    diesel::insert_into(pins::table).values(row).execute(conn)?;
    Ok(())
}

/// Stores what a pin shows and whether it was lifted, as the row now says.
///
/// # Errors
/// What the database says.
pub fn mark(conn: &mut DbConn, row: &PinRow) -> Result<(), StoreError> {
    let values = (
        pins::archive_id.eq(row.archive_id),
        pins::revision.eq(row.revision),
        pins::pinned_us.eq(row.pinned_us),
        pins::lifted_us.eq(row.lifted_us),
        pins::lifted_by.eq(&row.lifted_by),
        pins::lifted_reason.eq(&row.lifted_reason),
    );
    diesel::update(pins::table.find((row.campaign_id, row.pin_id))).set(values).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(pin_id: i64, status: PinStatus, archive: Option<i64>) -> PinRow {
        let new = NewPin { status, issue: None, from: None, reason: "x".into(), author: "x".into() };
        let mut row = PinRow::new((1, pin_id), new, Instant::from_micros(1));
        archive.into_iter().for_each(|archive| row.show(archive, 1, Instant::from_micros(1)));
        row
    }

    #[test]
    fn a_final_pin_beats_a_frozen_one_until_it_is_lifted_and_a_plan_is_never_in_force() {
        let mut pins = vec![
            pin(1, PinStatus::Frozen, Some(1)),
            pin(2, PinStatus::Final, Some(2)),
            pin(3, PinStatus::Frozen, Some(3)),
            pin(4, PinStatus::Frozen, None),
        ];
        let number = |pins: &[PinRow]| in_force(pins).map(|pin| pin.pin_id);
        assert_eq!(number(&pins), Some(2));
        pins[1].lift(Instant::from_micros(2), "x", "x");
        assert_eq!(number(&pins), Some(3));
        assert!(pins[3].is_planned() && !pins[3].stands());
        pins[2].lift(Instant::from_micros(2), "x", "x");
        pins[0].lift(Instant::from_micros(2), "x", "x");
        assert_eq!(number(&pins), None);
    }
}
