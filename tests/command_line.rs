//! The command line: what it prints, and its exit statuses.

use crate::support::at;
use std::path::Path;
use std::process::{Command, Output};

fn greenzone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_greenzone"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn path(path: &str) -> String {
    at(path).display().to_string()
}

#[test]
fn a_pack_is_imported_shown_exported_and_gives_the_same_board() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let said = done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    assert!(said.contains("revision 1"), "{said}");
    let again = done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    assert!(again.contains("0 rows were new, 0 changed") && again.contains("revision 1"), "{again}");
    done(&greenzone(here, &["export", "q6-2021", "--out", "back.zip"]));
    let board = |output: Output| {
        let mut board: serde_json::Value = serde_json::from_str(&done(&output)).expect("JSON");
        for name in ["revision", "policy_version"] {
            board[name] = serde_json::Value::Null;
        }
        board
    };
    let ask = ["--as-of", "2021-07-12", "--format", "json"];
    let scored = board(greenzone(here, &[&["score", &path("packs/q6-2021")], &ask[..]].concat()));
    let stored = board(greenzone(here, &[&["leaderboard", "q6-2021"], &ask[..]].concat()));
    let back = board(greenzone(here, &[&["score", "back.zip"], &ask[..]].concat()));
    assert_eq!(scored["items"].as_array().map(Vec::len), Some(13));
    assert_eq!(scored, stored);
    assert_eq!(scored, back);
    let refused = greenzone(here, &["export", "q6-2021", "--out", "back.zip"]);
    assert_eq!(refused.status.code(), Some(1), "an export overwrites nothing");
}

#[test]
fn exit_statuses_tell_refusal_usage_and_environment_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let status = |arguments: &[&str]| greenzone(here, arguments).status.code();
    assert_eq!(status(&["score", &path("packs/q6-2021")]), Some(0));
    assert_eq!(status(&["score", &path("packs/q6-2021"), "--kind", "no_such"]), Some(1));
    assert_eq!(status(&["score", &path("tests/packs/refused/unit-point-out-of-range")]), Some(1));
    assert_eq!(status(&["score", &path("packs/q6-2021"), "--track", "sideways"]), Some(2));
    assert_eq!(status(&["no-such-command"]), Some(2));
    assert_eq!(status(&["score", "no/such/pack"]), Some(3));
    assert_eq!(status(&["leaderboard", "q6-2021"]), Some(3), "there is no database");
    assert_eq!(status(&["import", &path("packs/q6-2021"), "--database-url", "mysql://h/d"]), Some(3));
    assert!(!here.join("greenzone.db").exists(), "nothing was made on the way");
    let lost = ["import", &path("packs/q6-2021"), "--database-url", "postgres://127.0.0.1:1/none"];
    assert_eq!(status(&lost), Some(3));
}

#[test]
fn a_refusal_is_one_object_on_standard_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = path("tests/packs/refused/unit-point-out-of-range");
    for command in [&["score", &wrong, "--format", "json"][..], &["import", &wrong, "--format", "json"][..]] {
        let output = greenzone(folder.path(), command);
        assert_eq!(output.status.code(), Some(1));
        let refusal: serde_json::Value = serde_json::from_slice(&output.stderr).expect("one object");
        assert_eq!(refusal["code"], "invalid_pack");
        assert_eq!(refusal["total"], 2);
        assert_eq!(refusal["errors"][0]["file"], "units.csv");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_dry_run_stores_nothing_and_a_table_finds_its_units() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    std::fs::write(here.join("day.csv"), "unit_code,date,community_f0\n27382,2021-07-13,2\n27379,2021-07-13,0\n")
        .unwrap();
    let dry = done(&greenzone(here, &["import", "day.csv", "--campaign", "q6-2021", "--dry-run"]));
    assert!(dry.contains("2 rows would be new") && dry.contains("revision 1"), "{dry}");
    assert!(dry.contains("board of ward on ") && dry.contains("units would change: "), "{dry}");
    let whole = ["import", "day.csv", "--campaign", "q6-2021", "--dry-run", "--format", "json"];
    let whole: serde_json::Value = serde_json::from_str(&done(&greenzone(here, &whole))).expect("JSON");
    let boards = whole["effects"]["boards"].as_array().expect("boards");
    assert!(boards.iter().any(|board| board["kind"] == "ward"), "{whole}");
    assert!(whole["flags"]["total"].is_u64(), "{whole}");
    let wet = done(&greenzone(here, &["import", "day.csv", "--campaign", "q6-2021"]));
    assert!(wet.contains("2 rows were new") && wet.contains("revision 2"), "{wet}");
    std::fs::write(here.join("bad.csv"), "unit_code,date,community_f0\n27382,2021-07-13,-2\n1,2021-07-13,0\n").unwrap();
    let refused = greenzone(here, &["import", "bad.csv", "--campaign", "q6-2021"]);
    assert_eq!(refused.status.code(), Some(1));
    let why = text(&refused.stderr);
    assert!(why.contains("bad.csv:2 community_f0") && why.contains("bad.csv:3 unit_code"), "{why}");
}

#[test]
fn a_table_with_rows_of_closed_days_waits_where_the_campaign_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let files = greenzone::pack::bundled()[0].files();
    std::fs::create_dir(here.join("pack")).expect("a folder");
    for (name, bytes) in &files.0 {
        let mut bytes = bytes.clone();
        if name == "campaign.json" {
            let mut document: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            document["reporting"] = serde_json::json!({"corrections": "approval"});
            bytes = document.to_string().into_bytes();
        }
        std::fs::write(here.join("pack").join(name), bytes).expect("written");
    }
    done(&greenzone(here, &["import", "pack"]));
    std::fs::write(here.join("late.csv"), "unit_code,date,community_f0\n27382,2021-07-12,4\n").expect("written");
    let import = |more: &[&str]| greenzone(here, &[&["import", "late.csv", "--campaign", "q6-2021"], more].concat());
    let refused = import(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("needs a reason"), "{}", text(&refused.stderr));
    let tried = done(&import(&["--reason", "dồn", "--dry-run"]));
    assert!(tried.contains("1 changed") && tried.contains("second person"), "{tried}");
    let waits = done(&import(&["--reason", "dồn"]));
    assert!(waits.contains("1 rows wait for a second person as approval 1"), "{waits}");
    let board = done(&greenzone(here, &["leaderboard", "q6-2021", "--as-of", "2021-07-12", "--format", "json"]));
    assert!(board.contains("\"revision\": 1") || board.contains("\"revision\":1"), "nothing is stored: {board}");
}

#[test]
fn the_table_speaks_both_languages_and_has_no_colours_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = |lang: &str| done(&greenzone(folder.path(), &["score", &path("packs/q6-2021"), "--lang", lang]));
    let (vi, en) = (table("vi"), table("en"));
    assert!(vi.contains("Chưa xếp hạng") && vi.contains("giảm hiệu chỉnh"), "{vi}");
    assert!(en.contains("Unranked") && en.contains("26.32%"), "{en}");
    assert!(!vi.contains('\u{1b}') && !en.contains('\u{1b}'));
}

#[test]
fn a_simulated_pack_is_marked_scored_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let simulate = |out: &str, more: &[&str]| greenzone(here, &[&["simulate", "--out", out], more].concat());
    let said = done(&simulate("new/pack", &["--seed", "7", "--units", "120"]));
    assert!(said.starts_with("simulated-7-120: 123 units, ") && said.ends_with("new/pack\n"), "{said}");
    let left: Vec<_> =
        std::fs::read_dir(here.join("new")).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["pack"], "nothing else is left there");
    let table = done(&greenzone(here, &["score", "new/pack", "--lang", "vi"]));
    assert!(table.starts_with("MÔ PHỎNG") && table.contains("(mô phỏng)"), "{table}");
    let board = done(&greenzone(here, &["score", "new/pack", "--format", "json", "--track", "kept_clean"]));
    let board: serde_json::Value = serde_json::from_str(&board).expect("JSON");
    assert_eq!(board["campaign"], "simulated-7-120");
    assert!(board["ranked"].as_u64().is_some_and(|n| n > 10), "{board}");

    let again = simulate("new/pack", &["--seed", "8", "--units", "120"]);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
    assert!(text(&again.stderr).contains("not empty"), "{}", text(&again.stderr));
    done(&simulate("same", &["--seed", "7", "--units", "120"]));
    for name in ["campaign.json", "units.csv", "figures.csv", "SOURCE.md"] {
        let bytes = |pack: &str| std::fs::read(here.join(pack).join(name)).expect("a file");
        assert_eq!(bytes("new/pack"), bytes("same"), "{name}");
    }
    assert_eq!(simulate("none", &["--seed", "7", "--units", "0"]).status.code(), Some(2));
    assert_eq!(simulate("none", &[]).status.code(), Some(2), "a seed is needed");
    assert_eq!(simulate("same/SOURCE.md/in", &["--seed", "7", "--units", "1"]).status.code(), Some(3));
    assert!(!here.join("none").exists());
}

fn with_input(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_greenzone"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), input.as_bytes()).expect("written");
    child.wait_with_output().expect("the program ends")
}

#[test]
fn accounts_are_made_listed_changed_and_locked() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    let add = |name: &str, more: &[&str], password: &str| {
        with_input(here, &[&["user", "add", name, "--role"], more].concat(), password)
    };
    done(&add("quan-tri", &["admin", "--name", "Quản trị"], "con mèo nằm trên mái\n"));
    done(&add("phuong-07", &["reporter", "--campaign", "q6-2021", "--unit", "27382"], "con mèo nằm trên mái"));
    let weak = add("weak", &["council"], "password1234\n");
    assert_eq!(weak.status.code(), Some(1));
    assert!(!text(&weak.stderr).contains("password1234"), "{}", text(&weak.stderr));
    assert_eq!(add("quan-tri", &["admin"], "con mèo nằm trên mái\n").status.code(), Some(1));
    assert_eq!(add("x", &["admin"], "con mèo nằm trên mái\n").status.code(), Some(2));
    assert_eq!(add("xyz", &["root"], "con mèo nằm trên mái\n").status.code(), Some(2));
    assert_eq!(add("xyz", &["reporter", "--campaign", "nothing"], "con mèo nằm trên mái\n").status.code(), Some(1));
    let list = done(&greenzone(here, &["user", "list"]));
    assert!(list.contains("quan-tri") && list.contains("q6-2021, 27382") && !list.contains("weak"), "{list}");
    assert_eq!(greenzone(here, &["user", "disable", "quan-tri"]).status.code(), Some(1), "the last administrator");
    done(&greenzone(here, &["user", "disable", "phuong-07"]));
    assert!(done(&greenzone(here, &["user", "list"])).contains("disabled"));
    done(&greenzone(here, &["user", "enable", "phuong-07"]));
    done(&greenzone(here, &["user", "role", "phuong-07", "--role", "committee"]));
    done(&with_input(here, &["user", "passwd", "phuong-07"], "mười hai con giáp\n"));
    assert_eq!(greenzone(here, &["user", "disable", "nobody"]).status.code(), Some(1));
}

#[test]
fn the_log_is_checked_and_says_where_it_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    done(&greenzone(here, &["import", &path("packs/q6-2021")]));
    let said = done(&greenzone(here, &["audit", "verify"]));
    let head = said.lines().find(|line| line.starts_with("campaigns/q6-2021:1:")).expect("a head").to_owned();
    done(&greenzone(here, &["audit", "verify", "--head", &head]));
    let other = format!("{}{}", &head[..head.len() - 4], if head.ends_with("0000") { "1111" } else { "0000" });
    let broken = greenzone(here, &["audit", "verify", "--format", "json", "--head", &other]);
    assert_eq!(broken.status.code(), Some(1));
    let refusal: serde_json::Value = serde_json::from_slice(&broken.stderr).expect("JSON");
    assert_eq!((&refusal["code"], &refusal["errors"][0]["line"]), (&"audit_broken".into(), &1.into()));
    assert_eq!(greenzone(here, &["audit", "verify", "--head", "nonsense"]).status.code(), Some(2));
}

#[test]
fn keys_take_over_from_one_another_step_by_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let keys = |step: &str| greenzone(here, &["keys", step, "--signing-keys-file", "ring.pem"]);
    let first = done(&keys("new"));
    assert_eq!(keys("new").status.code(), Some(1), "what is there stays");
    assert_eq!(keys("promote").status.code(), Some(1));
    let announced = done(&keys("announce"));
    assert!(announced.starts_with(&first) && announced.lines().count() == 2);
    let promoted = done(&keys("promote"));
    assert!(!promoted.starts_with(&first));
    assert_eq!(done(&keys("retire")).lines().next(), promoted.lines().next());
    let pem = std::fs::read_to_string(here.join("ring.pem")).expect("the file");
    assert!(!announced.contains("PRIVATE") && pem.contains("PRIVATE"));
}

#[test]
fn a_start_with_weak_secrets_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let serve = |more: &[&str]| {
        let base = ["serve", "--addr", "127.0.0.1:0", "--metrics-addr", ""];
        let output = greenzone(here, &[&base, more].concat());
        (output.status.code(), text(&output.stderr))
    };
    let (status, said) = serve(&["--argon2", "m=4096,t=3,p=1"]);
    assert_eq!(status, Some(3));
    assert!(said.contains("GREENZONE_ARGON2") && said.contains("OWASP"), "{said}");
    std::fs::write(here.join("bad.pem"), "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")
        .expect("written");
    let (status, said) = serve(&["--signing-keys-file", "bad.pem"]);
    assert_eq!(status, Some(3));
    assert!(said.contains("bad.pem") && !said.contains("secret\n"), "{said}");
    let (status, said) = serve(&["--database-url", "postgres://nobody:hush@127.0.0.1:1/none"]);
    assert_eq!(status, Some(3));
    assert!(said.contains("GREENZONE_SIGNING_KEYS_FILE") && !said.contains("hush"), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(here.join("greenzone.db.keys.pem"), "x").expect("written");
        std::fs::set_permissions(here.join("greenzone.db.keys.pem"), std::fs::Permissions::from_mode(0o644))
            .expect("set");
        let (status, said) = serve(&[]);
        assert!(status == Some(3) && said.contains("chmod 600"), "{said}");
    }
}
