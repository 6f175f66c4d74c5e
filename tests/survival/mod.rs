//! What outlives the worst: backups taken and restored, processes and databases killed.
//!
//! `GREENZONE_SURVIVAL_ROUNDS` kills more often, `GREENZONE_SURVIVAL_SEED` at other moments.

mod backup;
mod backup_commands;
mod clients;
mod kills;
mod memory;
mod outages;
pub mod process;
mod replicas;
mod scheduler;
