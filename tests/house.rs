//! The house: which part may use which, and what no part may do.

use crate::support::at;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The parts, each used only by those after it.
const ORDER: [&str; 10] = ["domain", "scoring", "pack", "store", "service", "http", "api", "web", "app", "cli"];

/// Parts that may be used by anything: they know none of the others.
const BESIDE: [(&str, &[&str]); 3] = [("clock", &["domain"]), ("config", &[]), ("telemetry", &[])];

fn sources() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![at("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("src is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                found.push((part_of(&path), path, text));
            }
        }
    }
    assert!(found.len() > 50, "the sources are read");
    found
}

fn part_of(path: &Path) -> String {
    let inside = path.strip_prefix(at("src")).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// A source without comments and without its unit tests.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn uses(code: &str) -> Vec<String> {
    let names = ORDER.iter().copied().chain(BESIDE.map(|(name, _)| name));
    let is_used = |name: &&str| {
        let inside_braces = code.match_indices("use crate::{").any(|(at, _)| {
            let list = code[at..].split(';').next().unwrap_or_default();
            list.contains(&format!("{{{name}")) || list.contains(&format!(", {name}"))
        });
        inside_braces || [":", ";", " ", ")"].iter().any(|end| code.contains(&format!("crate::{name}{end}")))
    };
    names.filter(is_used).map(str::to_owned).collect()
}

#[test]
fn each_part_uses_only_those_before_it() {
    let place = |name: &str| ORDER.iter().position(|n| *n == name);
    for (part, path, text) in sources() {
        if part == "lib" || part == "main" {
            continue;
        }
        for used in uses(&code_of(&text)) {
            let may = match (place(&part), place(&used)) {
                _ if used == part => true,
                // API and pages are neighbours: neither uses the other
                _ if (part.as_str(), used.as_str()) == ("web", "api") => false,
                (Some(own), Some(other)) => other < own,
                (Some(_), None) => !["domain", "scoring"].contains(&part.as_str()),
                (None, _) => BESIDE.iter().any(|(name, known)| *name == part && known.contains(&used.as_str())),
            };
            assert!(may, "{} uses {used}", path.display());
        }
    }
}

#[test]
fn the_rules_are_pure_and_only_the_store_knows_the_database() {
    let forbidden: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("domain", &["diesel", "actix", "tokio", "std::fs", "std::env", "SystemTime", "Utc::now", "std::net"][..]),
        ("scoring", &["diesel", "actix", "tokio", "std::fs", "std::env", "SystemTime", "Utc::now", "std::net"][..]),
        ("pack", &["diesel", "actix", "tokio", "std::env", "Utc::now"][..]),
        ("store", &["actix", "tokio", "Utc::now", "CURRENT_TIMESTAMP", "now()"][..]),
        ("service", &["diesel::", "actix", "Utc::now"][..]),
        ("http", &["diesel::"][..]),
        ("api", &["diesel::", "Utc::now"][..]),
        ("web", &["diesel::", "Utc::now", "<script", "style="][..]),
        ("cli", &["diesel::"][..]),
    ]);
    for (part, path, text) in sources() {
        let code = code_of(&text);
        for word in forbidden.get(part.as_str()).copied().unwrap_or_default() {
            assert!(!code.contains(word), "{} knows {word}", path.display());
        }
    }
}

#[test]
fn no_struct_is_a_row_and_a_view_at_once() {
    for (_, path, text) in sources() {
        for derive in text.lines().filter(|l| l.trim_start().starts_with("#[derive(")) {
            let is_wire = derive.contains("Serialize") || derive.contains("ToSchema");
            let is_row = derive.contains("Queryable") || derive.contains("Insertable");
            assert!(!(is_wire && is_row), "{}: {derive}", path.display());
        }
    }
}

#[test]
fn every_module_says_what_it_owns() {
    for (_, path, text) in sources() {
        assert!(text.starts_with("//!"), "{} has no words of its own", path.display());
    }
}

#[test]
fn floats_never_decide_a_rank() {
    for (part, path, text) in sources() {
        let is_a_test = path.components().any(|c| c.as_os_str() == "laws");
        if part == "scoring" && !is_a_test {
            let code = code_of(&text);
            assert!(!code.contains("f64") && !code.contains("f32"), "{}", path.display());
        }
    }
}

#[test]
fn the_repository_speaks_of_itself_alone() {
    let machine = [concat!("/", "work/"), concat!("..", "/shared"), concat!(".", "library")];
    for (_, path, text) in sources() {
        for word in machine {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}

/// `docs/security.md` names the test of each point; every name is a test's.
#[test]
fn tests_that_the_security_notes_name_are_there() {
    let notes = std::fs::read_to_string(at("docs/security.md")).expect("docs/security.md");
    let mut code = String::new();
    for folder in ["src", "tests"] {
        let mut folders = vec![at(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                let is_node = path.ends_with("node_modules");
                match path.extension() {
                    _ if path.is_dir() && !is_node => folders.push(path),
                    Some(extension) if extension == "rs" => {
                        code += &std::fs::read_to_string(path).expect("a source file");
                    }
                    _ => {}
                }
            }
        }
    }
    let named = notes.split('`').skip(1).step_by(2);
    let is_test = |name: &&str| {
        name.matches('_').count() >= 3
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let tests: Vec<&str> = named.filter(is_test).collect();
    assert!(tests.len() > 50, "{}", tests.len());
    for test in tests {
        assert!(code.contains(&format!("fn {test}(")), "docs/security.md names {test}, which is no test");
    }
}
