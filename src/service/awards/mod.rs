//! Awards of a campaign: computed from its boards, with the council's decisions about ties.

pub mod views;

pub use views::{AwardView, AwardsView};
