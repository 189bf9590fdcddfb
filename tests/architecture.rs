//! The arrows of ARCHITECTURE.md: who may depend on whom, and what the core must not know.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which crates of the workspace a crate may build on. Development dependencies are free: tests may use anything.
const ARROWS: &[(&str, &[&str])] = &[
    ("lang", &[]),
    ("compiler", &["rescc-lang", "rescc-core", "rescc-slo"]),
    ("runtime/core", &[]),
    ("runtime/slo", &[]),
    ("runtime/process", &["rescc-core"]),
    ("runtime/proxy", &["rescc-core"]),
    ("runtime/engine", &["rescc-core", "rescc-slo", "rescc-process"]),
    ("runtime/probes", &["rescc-core", "rescc-process"]),
    ("runtime/report", &["rescc-core", "rescc-slo"]),
    (
        "runtime/adapters/local",
        &["rescc-core", "rescc-process", "rescc-proxy"],
    ),
    ("runtime/adapters/sim", &["rescc-core"]),
    ("stdlib", &["rescc-core"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of the workspace that a manifest builds on.
fn dependencies(folder: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let mut section = String::new();
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        }
        let counts =
            section == "dependencies" || section.starts_with("target.") || section == "build-dependencies";
        if counts && line.starts_with("rescc-") {
            let name: String = line
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            found.push(name);
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn arrows_point_down_only() {
    let mut wrong = Vec::new();
    for (folder, allowed) in ARROWS {
        for dependency in dependencies(folder) {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{folder} must not build on {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_crate_of_the_workspace_has_its_arrows() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest
        .split("members = [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    let members: Vec<_> = members
        .split(',')
        .map(|it| it.trim().trim_matches('"'))
        .filter(|it| !it.is_empty())
        .collect();
    let known: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for member in &members {
        assert!(known.contains_key(member), "{member} has no row in ARROWS");
    }
    assert_eq!(members.len(), ARROWS.len());
}

#[test]
fn the_core_names_no_environment_and_no_action() {
    let mut files = Vec::new();
    sources(&root().join("runtime/core/src"), &mut files);
    assert!(files.len() > 10);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            // Comments may give examples; code may not know.
            let code = line.split("//").next().unwrap_or_default();
            for word in [
                "docker",
                "compose",
                "kubernetes",
                "\"local\"",
                "\"sim\"",
                "\"kill\"",
                "\"pause\"",
            ] {
                assert!(
                    !code.contains(word),
                    "{}:{} knows {word}: {line}",
                    file.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn files_keep_their_size() {
    let mut files = Vec::new();
    for folder in ["lang", "compiler", "runtime", "stdlib", "src", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    let long: Vec<_> = files
        .iter()
        .map(|file| (std::fs::read_to_string(file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > 800)
        .collect();
    assert!(long.is_empty(), "split by concern: {long:?}");
}
