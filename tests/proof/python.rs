//! The example in `examples/`, which checks results with libraries that are not ours.

use super::{built, files_of, parsed, q6};
use crate::support::at;
use greenzone::domain::number::Hundredths;
use greenzone::service::proof::{ResultKeys, canonical};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Python with the example's libraries, where `.ci/run` put it; where it is not, that is
/// said loudly, and fails where the environment demands that nothing is skipped.
pub fn python() -> Option<PathBuf> {
    let python = at("target/tools/proof/bin/python");
    let is_needed = std::env::var_os("GREENZONE_REQUIRE_CLIENTS").is_some();
    assert!(
        python.exists() || !is_needed,
        "the libraries of examples/verify_public.py are required here; .ci/run installs them"
    );
    if !python.exists() {
        eprintln!(
            "\n*** SKIPPED: the libraries of examples/verify_public.py are not installed; .ci/run says how ***\n"
        );
        return None;
    }
    Some(python)
}

pub fn run(python: &Path, folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(python).args(arguments).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").output();
    let output = output.expect("Python runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn another_program_verifies_results_with_a_standard_library() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let example = at("examples/verify_public.py").display().to_string();
    let keys = ResultKeys::random().unwrap();
    let check = |bytes: &[u8], more: &[&str]| {
        std::fs::write(here.join("result.json"), bytes).unwrap();
        run(&python, here, &[&[example.as_str(), "result.json"][..], more].concat())
    };
    let (files, last) = files_of(&at("packs/vinh-phuc-239-2021"));
    for draft in [q6(), super::draft(files, last)] {
        let proofs = built(&draft, &keys);
        for bytes in [&proofs.public, &proofs.whole] {
            let (holds, said) = check(bytes, &[&keys.id()]);
            assert!(holds && said.contains(&keys.id()), "{said}");
        }
    }
    let proofs = built(&q6(), &keys);
    let (holds, said) = check(&proofs.public, &[&ResultKeys::random().unwrap().id()]);
    assert!(!holds && said.contains("another key"), "{said}");
    for (pointer, words) in [
        ("/boards/2/items/0/rank", "boards/ward/improvement was changed"),
        ("/manifest/issue", "the manifest or its signature was changed"),
        ("/awards/items/0/winners/0/rank", "awards was changed"),
    ] {
        let mut public = parsed(&proofs.public);
        *public.pointer_mut(pointer).expect(pointer) = 9.into();
        let (holds, said) = check(&canonical(&public).unwrap(), &[]);
        assert!(!holds && said.contains(words), "{pointer}: {said}");
    }
}

#[test]
fn both_libraries_write_the_numbers_of_boards_alike() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let numbers: Vec<Hundredths> =
        (-12_000..=12_000).chain([123_456_789_012, -99_999_999_999]).map(Hundredths).collect();
    let whole: Vec<u64> = vec![0, 1, 10_000_000, 9_007_199_254_740_991];
    let texts = ["Phường 07", "\u{1}\n\t\"\\/", "\u{e000}😀", "đ́"];
    let document = serde_json::json!({"numbers": numbers, "whole": whole, "texts": texts, "\u{e9}": null, "z": true});
    std::fs::write(folder.path().join("numbers.json"), canonical(&document).unwrap()).unwrap();
    let program = "import json, rfc8785\n\
                   data = open('numbers.json', 'rb').read()\n\
                   assert rfc8785.dumps(json.loads(data)) == data, 'written otherwise'\n\
                   print(len(data))";
    let (same, said) = run(&python, folder.path(), &["-c", program]);
    assert!(same, "{said}");
}
