//! greenzone: the scoring service of green-zone emulation campaigns.
//!
//! From daily F0 figures to colour levels, points and ranks, exact to the digit,
//! and explained. The parts, each used only by those after it:
//!
//! [`domain`] → [`scoring`] → [`pack`] → [`store`] → [`service`] → [`http`] → [`api`], [`web`] → [`app`] → [`cli`]
//!
//! `domain` and `scoring` are pure: no database, no HTTP, no clock, no files.
//! `tests/house.rs` reads the sources and holds this direction. Start reading at
//! [`domain::contest`], then [`scoring`].

// the packs with known answers name this crate as the suite does
#[cfg(test)]
extern crate self as greenzone;

pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod pack;
pub mod scoring;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod web;
