//! Where a pack's files come from: a folder, a zip, or the program itself.

use super::{Errors, PackError, ReadError};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// What a pack may weigh. Stated sizes are not believed: bytes are counted as
/// they are unpacked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all its files together, unpacked.
    pub bytes: u64,
    /// How many times its own size a zip may be unpacked; figures are eight times theirs.
    pub expansion: u64,
    /// Entries of a zip.
    pub entries: usize,
}

/// What any zip may be unpacked to, however small it is.
pub(super) const ALWAYS: u64 = 8 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 30, expansion: 100, entries: 10_000 }
    }
}

/// The files of a pack by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

/// The files that belong to a pack; others in the folder are left alone.
pub(super) const KNOWN: [&str; 13] = [
    "campaign.json",
    "units.csv",
    "states.csv",
    "neighbours.csv",
    "figures.csv",
    "source_figures.csv",
    "excused.csv",
    "start_levels.csv",
    "declared_levels.csv",
    "criteria.csv",
    "assessments.csv",
    "adjustments.csv",
    "boundaries.geojson",
];

impl Files {
    /// A file of the pack.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Reads the known files of a folder.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Self, ReadError> {
        let mut files = BTreeMap::new();
        for name in KNOWN {
            let path = folder.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => {
                    files.insert(name.to_owned(), bytes);
                }
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
                Err(cause) => return Err(ReadError::Io { path: path.display().to_string(), cause }),
            }
        }
        Ok(Self(files))
    }

    /// Unpacks the known files of a zip, all at its top or all in one folder.
    ///
    /// # Errors
    /// A zip that is none, is too large, or has names that lead elsewhere.
    pub fn of_zip(bytes: &[u8], limits: Limits) -> Result<Self, ReadError> {
        let mut errors = Errors::default();
        let files = unzip(bytes, limits, &mut errors);
        errors.into_result()?;
        Ok(Self(files))
    }
}

/// The name by which mistakes of the zip itself are listed.
const ARCHIVE: &str = "pack.zip";

fn unzip(bytes: &[u8], limits: Limits, errors: &mut Errors) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else {
        errors.in_file(ARCHIVE, "a zip archive");
        return files;
    };
    if archive.len() > limits.entries {
        errors.in_file(ARCHIVE, format!("at most {} entries, not {}", limits.entries, archive.len()));
        return files;
    }
    let most = limits.bytes.min((bytes.len() as u64).saturating_mul(limits.expansion).max(ALWAYS));
    let mut left = most;
    let mut folder: Option<String> = None;
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for index in 0..archive.len() {
        let Ok(mut entry) = archive.by_index(index) else {
            errors.in_file(ARCHIVE, format!("entries that can be unpacked; number {index} cannot"));
            continue;
        };
        let name = entry.name().map(|n| n.into_owned()).unwrap_or_else(|_| "..".to_owned());
        if !is_safe(&name) {
            wrong_name(errors, &name, "a name inside the pack, without \"..\", a drive or a leading slash");
            continue;
        }
        if entry.is_dir() {
            continue;
        }
        let (parent, file) = name.rsplit_once('/').unwrap_or(("", &name));
        if !KNOWN.contains(&file.to_lowercase().as_str()) || parent.contains('/') || parent == "__MACOSX" {
            continue;
        }
        if seen.insert(name.to_lowercase(), name.clone()).is_some() {
            wrong_name(errors, &name, "each name once, whatever its case");
            continue;
        }
        if *folder.get_or_insert_with(|| parent.to_owned()) != parent {
            wrong_name(errors, &name, "all files of the pack in one folder");
            continue;
        }
        // what is stated is a hint, no more: no byte beyond what may come is asked for
        let stated = usize::try_from(entry.size().min(left + 1)).unwrap_or_default();
        let mut content = Vec::with_capacity(stated);
        match entry.by_ref().take(left + 1).read_to_end(&mut content) {
            Ok(_) if content.len() as u64 > left => {
                wrong_name(errors, &name, &format!("at most {most} bytes unpacked in all"));
                return files;
            }
            Ok(_) => left -= content.len() as u64,
            Err(_) => wrong_name(errors, &name, "an entry that can be unpacked"),
        }
        files.insert(file.to_owned(), content);
    }
    files
}

fn wrong_name(errors: &mut Errors, name: &str, expected: &str) {
    errors.push(PackError {
        file: ARCHIVE.to_owned(),
        line: None,
        column: None,
        value: Some(name.chars().take(100).collect()),
        expected: expected.to_owned(),
    });
}

pub(super) fn is_safe(name: &str) -> bool {
    let leads_elsewhere = name.starts_with('/') || name.contains(['\\', ':', '\0']);
    !leads_elsewhere && name.split('/').all(|part| part != ".." && part != ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8], limits: Limits) -> String {
        match Files::of_zip(bytes, limits) {
            Err(ReadError::Refused(refusal)) => refusal.errors.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_may_lie_in_one_folder_and_others_are_left_alone() {
        let bytes = zip_of(&[("q6/campaign.json", b"{}"), ("q6/SOURCE.md", b"x"), ("q6/deep/units.csv", b"y")]);
        let files = Files::of_zip(&bytes, Limits::default()).unwrap();
        assert_eq!(files.0.keys().collect::<Vec<_>>(), ["campaign.json"]);
        let apart = zip_of(&[("a/campaign.json", b"{}"), ("b/units.csv", b"")]);
        assert!(refusal(&apart, Limits::default()).contains("one folder"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused_by_name() {
        for name in ["../campaign.json", "a/../../units.csv", "/units.csv", "..\\units.csv", "C:units.csv"] {
            assert!(refusal(&zip_of(&[(name, b"")]), Limits::default()).contains("inside the pack"), "{name}");
        }
        let doubled = zip_of(&[("units.csv", b"a"), ("UNITS.csv", b"b")]);
        assert!(refusal(&doubled, Limits::default()).contains("each name once"));
    }

    #[test]
    fn a_bomb_is_cut_off_while_it_unpacks() {
        let bomb = zip_of(&[("figures.csv", &vec![b'0'; 1 << 20])]);
        assert!(bomb.len() < 1 << 13);
        assert!(
            refusal(&bomb, Limits { bytes: 1 << 16, expansion: 1_000_000, entries: 10 }).contains("bytes unpacked")
        );
        let large = zip_of(&[("figures.csv", &vec![b'0'; 16 << 20])]);
        assert!(refusal(&large, Limits { expansion: 20, ..Limits::default() }).contains("8388608 bytes unpacked"));
        let many: Vec<(String, &[u8])> = (0..11).map(|i| (format!("f{i}"), &b""[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(n, c)| (n.as_str(), *c)).collect();
        assert!(refusal(&zip_of(&many), Limits { bytes: 9, expansion: 9, entries: 10 }).contains("entries"));
        assert!(refusal(b"no zip", Limits::default()).contains("a zip archive"));
    }
}
