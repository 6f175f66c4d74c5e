//! `greenzone verify` and `greenzone keys results`, as people run them.

use super::{built, parsed, q6};
use greenzone::service::proof::{ResultKeys, canonical};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

pub fn greenzone(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_greenzone"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env_remove("GREENZONE_RESULT_KEYS_FILE")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_result_is_verified_offline_with_and_without_a_pinned_key() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (status, said, _) = greenzone(here, &["keys", "results", "new"]);
    assert!(status == Some(0) && said.contains("signs"), "{said}");
    let keys = ResultKeys::load(&here.join("greenzone.db.result-keys.pem")).unwrap();
    let proofs = built(&q6(), &keys);
    std::fs::write(here.join("whole.json"), &proofs.whole).unwrap();
    std::fs::write(here.join("public.json"), &proofs.public).unwrap();
    std::fs::write(here.join("keys.json"), serde_json::to_vec(&keys.public()).unwrap()).unwrap();
    let (status, said, wrong) = greenzone(here, &["verify", "whole.json"]);
    assert_eq!((status, wrong.as_str()), (Some(0), ""), "{said}");
    for words in ["THE KEY ITSELF WAS NOT CHECKED", &keys.id(), "every rank and award was computed", "everything holds"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!here.join("greenzone.db").exists(), "no database is made");
    let x = &keys.public().keys[0].x;
    for key in ["keys.json", x, &keys.id()] {
        let (status, said, wrong) = greenzone(here, &["verify", "whole.json", "--key", key, "--public", "public.json"]);
        assert_eq!(status, Some(0), "{wrong}");
        assert!(said.contains("the one that was pinned") && said.contains("the public file belongs to it"), "{said}");
    }
    let (_, said, _) = greenzone(here, &["verify", "whole.json", "--lang", "vi"]);
    assert!(said.contains("CHƯA KIỂM TRA CHÍNH KHÓA") && said.contains("tất cả đều đúng"), "{said}");
    let (status, said, _) = greenzone(here, &["verify", "public.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&said).expect("one object");
    assert_eq!((status, &report["holds"], &report["recomputed"]), (Some(0), &true.into(), &false.into()));
    // the key so far stays known, and what it signed can be checked with the set of all keys
    let (status, said, _) = greenzone(here, &["keys", "results", "rotate"]);
    assert!(status == Some(0) && said.contains(&format!("{}  is known", keys.id())), "{said}");
    let rotated = ResultKeys::load(&here.join("greenzone.db.result-keys.pem")).unwrap();
    std::fs::write(here.join("keys.json"), serde_json::to_vec(&rotated.public()).unwrap()).unwrap();
    assert_eq!(greenzone(here, &["verify", "whole.json", "--key", "keys.json"]).0, Some(0));
    assert_eq!(greenzone(here, &["keys", "results", "new"]).0, Some(1), "nothing is written over");
}

#[test]
fn what_is_wrong_with_a_result_is_named_and_told_from_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (keys, others) = (ResultKeys::random().unwrap(), ResultKeys::random().unwrap());
    let mut whole = parsed(&built(&q6(), &keys).whole);
    let ward = whole["boards"].as_array_mut().unwrap().iter_mut().find(|b| b["kind"] == "ward").unwrap();
    ward["items"][0]["points"]["total"] = 15.97.into();
    std::fs::write(here.join("whole.json"), canonical(&whole).unwrap()).unwrap();
    let (status, said, wrong) = greenzone(here, &["verify", "whole.json", "--key", &others.id()]);
    assert_eq!((status, said.as_str()), (Some(1), ""));
    let row = "boards/ward/improvement row 1 (27382 Phường 07) points.total: \"15.97\": expected 15.79, recomputed from the inputs";
    for words in ["is not as it was issued", row, &format!("key: {:?}: expected {}", keys.id(), others.id())] {
        assert!(wrong.contains(words), "{words}: {wrong}");
    }
    let (status, _, wrong) = greenzone(here, &["verify", "whole.json", "--format", "json"]);
    let refusal: Value = serde_json::from_str(&wrong).expect("one object");
    assert_eq!((status, &refusal["code"], &refusal["total"]), (Some(1), &"result_broken".into(), &2.into()));
    std::fs::write(here.join("notes.txt"), "no result").unwrap();
    assert_eq!(greenzone(here, &["verify", "notes.txt"]).0, Some(1));
    assert_eq!(greenzone(here, &["verify", "missing.json"]).0, Some(3));
    assert_eq!(greenzone(here, &["verify", "whole.json", "--key", "no key"]).0, Some(1));
    assert_eq!(greenzone(here, &["verify"]).0, Some(2));
}
