//! `verify`: whether a file of a final result is as it was issued, on any machine, with no
//! server, no database and no network.

use super::Failure;
use crate::pack::{PackError, Refusal};
use crate::service::proof::{Finding, MAX_BYTES, Pin, Report, verify};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// The command.
#[derive(Clone, Debug, Args)]
pub(super) struct Verify {
    /// A whole or a public result
    file: PathBuf,
    /// The key that must have signed: a file of keys (as /.well-known/result-keys.json serves it), a
    /// key as JSON, its thumbprint, or its bytes in base64url
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The public file of a whole result: whether both belong together
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Print::Text)]
    format: Print,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Print {
    /// For people
    Text,
    /// One object
    Json,
}

impl Verify {
    pub(super) fn is_json(&self) -> bool {
        self.format == Print::Json
    }

    pub(super) fn run(&self) -> Result<(), Failure> {
        let bytes = read(&self.file)?;
        let public = self.public.as_deref().map(read).transpose()?;
        let pin = self.key.as_deref().map(read_pin).transpose()?;
        let report = verify(&bytes, pin.as_ref(), public.as_deref());
        if !report.holds {
            return Err(broken(report));
        }
        match self.format {
            Print::Json => anstream::println!("{}", serde_json::to_string(&report).unwrap_or_default()),
            Print::Text => anstream::print!("{}", words(&report)),
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| Failure::Environment(format!("{}: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        let detail = format!("{} has {size} bytes; a result has at most {MAX_BYTES}", path.display());
        return Err(Failure::of_request("too_large", None, detail));
    }
    std::fs::read(path).map_err(failed)
}

/// A pin as it was given, or as it stands in a file.
fn read_pin(text: &str) -> Result<Pin, Failure> {
    let refused = |expected| Failure::of_request("key", Some("key"), format!("--key: expected {expected}"));
    match std::fs::read_to_string(text) {
        Ok(inside) => Pin::parse(&inside).map_err(refused),
        Err(_) => Pin::parse(text).map_err(|expected| refused(format!("a file, or {expected}"))),
    }
}

/// Everything that is not as it was issued.
fn broken(report: Report) -> Failure {
    let error = |finding: Finding| PackError {
        file: finding.place,
        line: finding.line,
        column: None,
        value: finding.found,
        expected: finding.expected,
    };
    let what = match report.format {
        "" => "the file".to_owned(),
        format => format!("this {format} of {}, issue {},", report.campaign, report.issue),
    };
    let other = Some(format!(" (made by {}, checked by {})", report.made_by, report.checked_by));
    let other = other.filter(|_| report.made_by != report.checked_by).unwrap_or_default();
    let detail = format!("{what} is not as it was issued{other}");
    let errors: Vec<PackError> = report.findings.into_iter().map(error).collect();
    Failure::Refused(Box::new(Refusal { code: "result_broken", detail, total: report.total, errors }))
}

/// What holds, for people.
fn words(report: &Report) -> String {
    let Report { format, campaign, issue, as_of, issued_at, made_by, checked_by, inputs, boards, rows, .. } = report;
    let mut lines = vec![
        format!("{format}: {campaign}, issue {issue}, boards of {as_of}, issued {issued_at}"),
        format!("made by {made_by}, checked by {checked_by}"),
    ];
    if let Some(key) = &report.key {
        lines.push(format!("the signature holds; key {}", key.id));
        lines.push(match key.is_pinned {
            true => "the key is the one that was pinned".to_owned(),
            false => "THE KEY ITSELF WAS NOT CHECKED: it is the file's own word; compare its thumbprint with the \
                      published one, or give that with --key"
                .to_owned(),
        });
    }
    lines.push(format!("{boards} boards with {rows} rows and the awards are those that were signed"));
    if report.recomputed {
        lines.push(format!("{inputs} input files are those that were signed; every rank was computed from them again"));
    }
    if report.public.is_some() {
        lines.push("the public file belongs to it, and shows the public what these inputs give".to_owned());
    }
    if let Some(hash) = &report.whole_sha256 {
        lines.push(format!("it names the whole result {hash}, which was not looked at here"));
    }
    lines.push("everything holds".to_owned());
    lines.into_iter().map(|line| line + "\n").collect()
}
