//! The API through the real server.

mod campaigns;
mod conventions;
mod decisions;
mod figures;
mod import;
mod leaderboard;
mod levels;
mod privacy;
mod units;

/// Addresses of the bundled campaign.
pub const Q6: &str = "/api/v1/campaigns/q6-2021";

/// The address of a figure of the bundled campaign.
pub fn figure(unit: &str, day: &str) -> String {
    format!("{Q6}/units/{unit}/figures/{day}")
}
