//! All integration tests as one program: the house, the store and the service on both
//! databases, the API and the pages through the real server, whole boards from packs.

#![allow(unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::dbg_macro)]

mod api;
mod approvals;
mod boards;
mod browser;
mod clients;
mod command_line;
mod console;
mod days;
mod dry_run;
mod forms;
mod freeze_law;
mod house;
mod live_page;
mod maps;
mod metrics;
mod migrations;
mod openapi;
mod page;
mod partitions;
mod people;
mod privacy_law;
mod proof;
mod readers;
mod result_pages;
mod rights;
mod sources;
mod story;
mod support;
mod survival;
mod two_weeks;
mod webhooks;
