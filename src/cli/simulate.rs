//! `simulate`: an invented pack, for trials and load.

use super::Failure;
use super::packs::{refuse_to_overwrite, spinner};
use crate::pack::simulate::{MAX_UNITS, Plan, Simulated, Sink, Size, simulate};
use clap::Args;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The command.
#[derive(Clone, Debug, Args)]
pub(super) struct Simulate {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Same seed, same pack
    #[arg(long, value_name = "N")]
    seed: u64,
    /// So many residential groups in invented wards and districts [default: District 6 in full]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_UNITS)))]
    units: Option<u32>,
}

impl Simulate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        refuse_to_overwrite(&self.out)?;
        let plan = Plan { seed: self.seed, size: self.units.map_or(Size::District6, Size::Groups) };
        let draft = Draft::beside(&self.out)?;
        let written = self.write(&plan, &draft)?;
        draft.publish(&self.out)?;
        let Simulated { units, figures } = written;
        anstream::println!("{}: {units} units, {figures} figure rows, in {}", plan.code(), self.out.display());
        Ok(())
    }

    fn write(&self, plan: &Plan, draft: &Draft) -> Result<Simulated, Failure> {
        let bar = spinner("simulating");
        let mut folder = Folder(&draft.0);
        let written = simulate(plan, &mut folder, |so_far| {
            bar.set_message(format!("{} units, {} figure rows", so_far.units, so_far.figures));
        });
        bar.finish_and_clear();
        written.map_err(|cause| environment(&self.out, &cause))
    }
}

fn environment(path: &Path, cause: &std::io::Error) -> Failure {
    Failure::Environment(format!("{}: {cause}", path.display()))
}

/// Files on the disk; the writer hands them large pieces.
struct Folder<'a>(&'a Path);

impl Sink for Folder<'_> {
    type File = File;

    fn open(&mut self, name: &'static str) -> std::io::Result<File> {
        File::create_new(self.0.join(name))
    }

    fn close(&mut self, _: &'static str, file: File) -> std::io::Result<()> {
        // some disks say only now that they are full
        file.sync_all()
    }
}

/// A folder beside the one asked for, renamed when it is whole and removed when it is
/// not: nobody should take half a pack for a whole one.
struct Draft(PathBuf);

impl Draft {
    fn beside(out: &Path) -> Result<Self, Failure> {
        let Some(name) = out.file_name() else {
            let detail = format!("{} has no name of its own: say which folder to make", out.display());
            return Err(Failure::of_request("folder_needed", Some("out"), detail));
        };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.partial", std::process::id()));
        let path = out.with_file_name(hidden);
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = std::fs::create_dir_all(parent).and_then(|()| std::fs::create_dir(&path));
        made.map_err(|cause| environment(&path, &cause))?;
        Ok(Self(path))
    }

    fn publish(self, out: &Path) -> Result<(), Failure> {
        // an empty folder may stand there; a rename onto one works on some systems alone
        match std::fs::remove_dir(out) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(environment(out, &cause)),
            _ => {}
        }
        std::fs::rename(&self.0, out).map_err(|cause| environment(out, &cause))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // after a rename there is nothing left of it
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new/pack");
        let draft = Draft::beside(&out).unwrap_or_else(|e| panic!("{e:?}"));
        std::fs::write(draft.0.join("figures.csv"), "x").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
    }

    #[test]
    fn an_empty_folder_gives_way_and_a_filled_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("pack");
        std::fs::create_dir(&out).unwrap();
        Draft::beside(&out).and_then(|d| d.publish(&out)).unwrap_or_else(|e| panic!("{e:?}"));
        std::fs::write(out.join("mine"), "x").unwrap();
        let late = Draft::beside(&out).and_then(|d| d.publish(&out));
        assert!(matches!(late, Err(Failure::Environment(_))), "{late:?}");
        assert!(out.join("mine").exists());
        assert!(matches!(Draft::beside(Path::new("..")), Err(Failure::Refused(_))));
    }
}
