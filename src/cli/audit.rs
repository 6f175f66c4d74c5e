//! `audit`: whether the log of what was done is as it was written.

use super::Failure;
use super::database::{DatabaseOptions, operator};
use super::output::Format;
use crate::pack::{PackError, Refusal};
use crate::service::audit::{HeadView, Report};
use clap::{Args, Subcommand};

/// The log of what was done.
#[derive(Clone, Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Check every chain, and that published heads are still in them
    Verify(Verify),
}

#[derive(Clone, Debug, Args)]
struct Verify {
    /// A head as it was published, CHAIN:NUMBER:HASH; may stand more than once
    #[arg(long, value_name = "HEAD", value_parser = HeadView::parse)]
    head: Vec<HeadView>,
    #[command(flatten)]
    database: DatabaseOptions,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Audit {
    pub(super) fn is_json(&self) -> bool {
        let What::Verify(verify) = &self.what;
        verify.format == Format::Json
    }

    pub(super) fn run(&self) -> Result<(), Failure> {
        let What::Verify(verify) = &self.what;
        let service = verify.database.open_existing()?;
        let report = service.verify_audit(&operator()?, &verify.head)?;
        if !report.broken.is_empty() {
            return Err(broken(&report));
        }
        if self.is_json() {
            anstream::println!("{}", serde_json::to_string(&report).unwrap_or_default());
            return Ok(());
        }
        anstream::println!("every chain is whole; publish these heads to find one that is rewritten later:");
        report.heads.iter().for_each(|head| anstream::println!("{head}"));
        Ok(())
    }
}

pub(super) fn broken(report: &Report) -> Failure {
    let error = |found: &crate::service::audit::Break| PackError {
        file: found.chain.clone(),
        line: u64::try_from(found.number).ok(),
        column: None,
        value: None,
        expected: found.what.clone(),
    };
    let errors: Vec<PackError> = report.broken.iter().map(error).collect();
    let detail = "the log is not as it was written".to_owned();
    Failure::Refused(Box::new(Refusal { code: "audit_broken", detail, total: errors.len() as u64, errors }))
}
