//! The use cases: what people do with a contest, one transaction each.
pub mod views;
