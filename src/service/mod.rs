//! The use cases: what people do with a contest, one transaction each.
pub mod boards;
pub mod live;
pub mod standing;
pub mod views;
