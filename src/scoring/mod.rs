//! The rules of the contest as pure functions over facts (domain.md sections 3 to 5).
//!
//! A board is always computed from facts, never kept: [`Ledger`] holds what
//! stands at an instant, in columns of unit × day; [`levels`] gives each day its
//! colour; [`appraisal`] turns one unit's days into points and keys; [`board`]
//! orders them. All decisions are made in integers and exact ratios. It must not
//! know a database, a clock or a format. Start reading at [`board`].

pub mod appraisal;
pub mod awards;
pub mod board;
pub mod certainty;
pub mod chance;
pub mod check;
pub mod effort;
pub mod exact;
pub mod explain;
pub mod green;
#[cfg(test)]
mod laws;
pub mod ledger;
pub mod levels;
pub mod quality;
pub mod reconcile;
pub mod register;
pub mod rules;
pub mod sensitivity;
pub mod settling;
#[cfg(test)]
mod small_contest;
pub mod survey;
pub mod tally;
pub mod usual;
pub mod window;

pub use appraisal::{Appraisal, Track, Unranked};
pub use board::{Board, By, Query, StartedError};
pub use ledger::{DayState, Ledger};
pub use register::Register;
