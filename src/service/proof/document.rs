//! The two files as they are written and read.

use super::canonical::{BoardPart, Expecting, Member, write_object};
use crate::pack::Files;
use crate::service::fault::Fault;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A whole result.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    pub(super) awards: Value,
    pub(super) boards: Vec<BoardPart>,
    pub(super) difference: Value,
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) manifest: Value,
    pub(super) overrides: Value,
    pub(super) signature: String,
}

/// A public result.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Public {
    pub(super) awards: Value,
    pub(super) boards: Vec<BoardPart>,
    pub(super) manifest: Value,
    pub(super) signature: String,
}

impl Whole {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let members = [
            ("awards", Member::Value(&self.awards)),
            ("boards", Member::Boards(&self.boards)),
            ("difference", Member::Value(&self.difference)),
            ("inputs", Member::Texts(&self.inputs)),
            ("manifest", Member::Value(&self.manifest)),
            ("overrides", Member::Value(&self.overrides)),
            ("signature", Member::Text(&self.signature)),
        ];
        write_object(out, &members)
    }

    /// The file.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let rows = self.boards.iter().flat_map(|board| &board.items).map(|row| row.0.len() + 1);
        // the ends of lines are escaped
        let inputs = self.inputs.values().map(|text| text.len() + text.len() / 16);
        let mut bytes = Vec::with_capacity(rows.sum::<usize>() + inputs.sum::<usize>() + (64 << 10));
        self.write(&mut bytes).map_err(Fault::internal)?;
        Ok(bytes)
    }

    /// Whether bytes are this in its canonical form.
    pub(super) fn is_written_as(&self, bytes: &[u8]) -> bool {
        let mut expecting = Expecting(bytes);
        self.write(&mut expecting).is_ok() && expecting.0.is_empty()
    }
}

impl Public {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let members = [
            ("awards", Member::Value(&self.awards)),
            ("boards", Member::Boards(&self.boards)),
            ("manifest", Member::Value(&self.manifest)),
            ("signature", Member::Text(&self.signature)),
        ];
        write_object(out, &members)
    }

    /// The file.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        self.write(&mut bytes).map_err(Fault::internal)?;
        Ok(bytes)
    }

    /// Whether bytes are this in its canonical form.
    pub(super) fn is_written_as(&self, bytes: &[u8]) -> bool {
        let mut expecting = Expecting(bytes);
        self.write(&mut expecting).is_ok() && expecting.0.is_empty()
    }
}

/// The files of a pack as texts.
///
/// # Errors
/// A file that is no UTF-8, which no sound pack has.
pub(super) fn texts(files: &Files) -> Result<BTreeMap<String, String>, Fault> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(Fault::internal);
    files.0.iter().map(|(name, bytes)| Ok((name.clone(), text(bytes)?))).collect()
}
