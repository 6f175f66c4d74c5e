//! The words of the contest: campaigns, units, figures, levels, policies.
//!
//! Everything here is pure: values that cannot be built wrong, and parsers that
//! say by path, value and expectation what is wrong with a text. It knows no
//! database, no HTTP, no clock and no file. Start reading at [`campaign`], then
//! [`scheme`] and [`contest`], which holds a whole contest with its history.

pub mod account;
pub mod appeals;
pub mod awards;
pub mod builtin;
pub mod campaign;
pub mod contest;
pub mod criteria_sets;
pub mod figure;
pub mod json;
pub mod number;
pub mod order;
pub mod policy;
pub mod reporting;
pub mod rules;
pub mod scheme;
pub mod sources;
pub mod text;
pub mod time;
pub mod unit;

pub use awards::Awards;
pub use campaign::{Campaign, Kind};
pub use contest::Contest;
pub use figure::{Counts, Indicator};
pub use json::FieldError;
pub use policy::{Measure, Policy, TieKey};
pub use reporting::{Care, Reporting};
pub use rules::{Rules, RulesChange};
pub use scheme::Scheme;
pub use sources::Sources;
pub use time::{Day, Instant};
pub use unit::Unit;
