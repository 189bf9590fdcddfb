//! The language, tested by its own reference: every example of `specs/language.md` is checked by the real
//! `rescc check`, and so is every file under `tests/mistakes/`.
//!
//! A code block `res` is a whole spec; `res part` is put behind the one block `res preamble` of the page. A line may
//! say what is wrong with it: `// error: E0301` (this line) or `// error: E0301 4:12` (line and column of the
//! block or file). What is found must be exactly what is said, no more and no less.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails"
)]

#[path = "e2e/common.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::Bench;

/// A finding: code, line, and the column where it is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    line: u64,
    column: Option<u64>,
    code: String,
}

struct Block {
    name: String,
    text: String,
    /// Lines that stand before the block's own.
    offset: u64,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn said(text: &str, offset: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((_, note)) = line
            .split_once("// error: ")
            .or_else(|| line.split_once("// warning: "))
        else {
            continue;
        };
        let mut words = note.split_whitespace();
        let code = words.next().expect("a code behind `error:`").to_owned();
        let place = words.next().and_then(|place| place.split_once(':'));
        let finding = match place {
            Some((line, column)) => Finding {
                line: line.parse::<u64>().unwrap() + offset,
                column: Some(column.parse().unwrap()),
                code,
            },
            None => Finding {
                line: number as u64 + 1 + offset,
                column: None,
                code,
            },
        };
        findings.push(finding);
    }
    findings.sort();
    findings
}

fn found(path: &Path) -> (Vec<Finding>, String) {
    let bench = Bench::new(0);
    let output = bench
        .rescc()
        .args(["check", "--format", "json"])
        .arg(path)
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), common::text(&output)));
    let mut findings: Vec<_> = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| Finding {
            line: one["line"].as_u64().unwrap(),
            column: one["column"].as_u64(),
            code: one["code"].as_str().unwrap().to_owned(),
        })
        .collect();
    findings.sort();
    let plain = bench
        .rescc()
        .args(["check", "--format", "plain"])
        .arg(path)
        .output()
        .unwrap();
    (findings, common::text(&plain))
}

/// Compares, and says what differs.
fn compare(name: &str, text: &str, path: &Path, offset: u64) -> Option<String> {
    let said = said(text, offset);
    let (found, plain) = found(path);
    let mut open = found.clone();
    let all_found = said.iter().all(|said| {
        let place = open.iter().position(|found| {
            said.code == found.code
                && said.line == found.line
                && said.column.is_none_or(|column| Some(column) == found.column)
        });
        place.map(|place| open.remove(place)).is_some()
    });
    let same = all_found && open.is_empty();
    (!same).then(|| format!("{name}\n  said:  {said:?}\n  found: {found:?}\n{plain}"))
}

/// The fenced blocks of a page: what stands behind the fence, the line, the text.
fn fenced(path: &Path) -> Vec<(String, usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match open.take() {
            Some(block) if line.trim_end() == "```" => blocks.push(block),
            Some((info, at, body)) => open = Some((info, at, format!("{body}{line}\n"))),
            None => {
                open = line
                    .strip_prefix("```")
                    .map(|info| (info.trim().to_owned(), number + 1, String::new()));
            }
        }
    }
    assert!(open.is_none(), "{}: a block is not closed", path.display());
    blocks
}

/// The examples of a page.
fn blocks(path: &Path) -> Vec<Block> {
    let fenced = fenced(path);
    let mut preambles = fenced.iter().filter(|(info, ..)| info == "res preamble");
    let preamble = preambles.next().map_or("", |(_, _, body)| body.as_str());
    assert!(preambles.next().is_none(), "a page has one preamble");
    let lines = preamble.lines().count() as u64;
    fenced
        .iter()
        .filter_map(|(info, at, body)| {
            let name = format!("{}:{at}", path.display());
            let (text, offset) = match info.as_str() {
                "res" => (body.clone(), 0),
                "res part" => (format!("{preamble}{body}"), lines),
                "res preamble" | "ebnf" => return None,
                other => panic!("{name}: there are no examples in `{other}`"),
            };
            assert!(info == "res" || lines > 0, "{name}: there is no preamble");
            Some(Block { name, text, offset })
        })
        .collect()
}

#[test]
fn the_examples_of_the_reference_are_true() {
    let blocks = blocks(&root().join("specs/language.md"));
    assert!(blocks.len() >= 35, "only {} examples were found", blocks.len());
    let bench = Bench::new(0);
    let mut wrong = Vec::new();
    for block in &blocks {
        let path = bench.path().join("example.res");
        std::fs::write(&path, &block.text).unwrap();
        // What a part says counts from its own first line.
        let own: String = block
            .text
            .lines()
            .skip(block.offset as usize)
            .map(|line| format!("{line}\n"))
            .collect();
        wrong.extend(compare(&block.name, &own, &path, block.offset));
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        blocks.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_reference_lists_every_code() {
    let page = std::fs::read_to_string(root().join("specs/language.md")).unwrap();
    let listed: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
        .map(|(code, _)| code)
        .filter(|code| {
            code.len() == 5 && code.starts_with(['E', 'W']) && code.ends_with(|c: char| c.is_ascii_digit())
        })
        .collect();
    assert_eq!(listed, all_codes());
}

#[test]
fn the_mistakes_are_found_where_they_are() {
    let mut files: Vec<_> = std::fs::read_dir(root().join("tests/mistakes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "res"));
    files.sort();
    assert!(files.len() >= 60, "only {} files were found", files.len());
    let mut wrong = Vec::new();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!said(&text, 0).is_empty(), "{} says no mistake", path.display());
        wrong.extend(compare(&path.display().to_string(), &text, path, 0));
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
}

/// Every code there is, in order.
fn all_codes() -> Vec<&'static str> {
    rescc_lang::codes::ALL
        .iter()
        .map(|(code, _)| code.0)
        .chain(rescc_compiler::codes::all().into_iter().map(|(code, _)| code.0))
        .collect()
}

/// The files under `tests/mistakes/`, by name.
fn mistakes() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("tests/mistakes"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".res"))
        .collect();
    names.sort();
    names
}

#[test]
fn safe_fixes_mend_most_of_the_twelve_mistakes_and_leave_the_rest() {
    let text = std::fs::read_to_string(root().join("tests/mistakes/twelve-mistakes.res")).unwrap();
    let said = said(&text, 0);
    assert_eq!(said.len(), 12);
    let mut places: Vec<_> = said.iter().map(|one| (one.line, one.column)).collect();
    places.dedup();
    assert_eq!(places.len(), 12, "each has a place of its own");

    let bench = Bench::new(0);
    let path = bench.spec(&text);
    let output = bench.rescc().args(["check", "spec.res"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", common::text(&output));
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        text,
        "nothing is touched"
    );

    let output = bench
        .rescc()
        .args(["check", "--fix", "spec.res"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", common::text(&output));
    let (left, plain) = found(&path);
    // What has two answers stays: milliseconds or seconds, and how long a window.
    let codes: Vec<&str> = left.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["E0302", "E0314"], "{plain}");
    assert!(left.iter().all(|one| said.contains(one)), "{left:?}");
    assert!(said.len() - left.len() >= 6);
}

/// Codes that no spec can bring about with the actions and adapters of this build: it has no fault without an undo
/// or with nothing to undo, and each adapter has every power and starts what it binds. `compiler/tests` has them,
/// with a catalogue of its own.
const NOT_IN_THIS_BUILD: &[&str] = &["E0508", "E0601", "E0605", "W0702"];

/// What only the command line brings about: the code, and what stands behind `--set`.
const BY_SETTING: &[(&str, &str)] = &[("E0212", "hots=localhost"), ("E0324", "duration=ten")];

/// The human form of each finding, with its code.
fn one_by_one(human: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in human.lines() {
        let code = line
            .strip_prefix("error[")
            .or_else(|| line.strip_prefix("warning["))
            .and_then(|rest| rest.split_once(']'));
        match (code, all.last_mut()) {
            (Some((code, _)), _) => all.push((code.to_owned(), format!("{line}\n"))),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    all
}

#[test]
fn each_diagnostic_has_a_human_and_a_json_form() {
    let mut forms: BTreeMap<String, String> = BTreeMap::new();
    let bench = Bench::new(0);
    let settings = BY_SETTING
        .iter()
        .map(|(_, set)| ("undefined-variable.res".to_owned(), Some(*set)));
    for (name, set) in mistakes().into_iter().map(|name| (name, None)).chain(settings) {
        let check = |format: &str| {
            let mut command = bench.rescc();
            command.current_dir(root().join("tests/mistakes"));
            command.args(["check", "--format", format, &name]);
            command.args(set.map(|set| format!("--set={set}")));
            command.output().unwrap()
        };
        let json: serde_json::Value = serde_json::from_slice(&check("json").stdout).unwrap();
        let text = common::text(&check("human"));
        let human = one_by_one(&text);
        let rest = text.lines().rev().nth(1).unwrap_or_default().to_owned();
        for one in json["diagnostics"].as_array().unwrap() {
            let code = one["code"].as_str().unwrap();
            // People are shown the first fifty of a file, and how many more there are.
            let human = human
                .iter()
                .find(|(of, _)| of == code)
                .map(|(_, text)| text.as_str())
                .or_else(|| rest.contains("more not shown").then_some(rest.as_str()))
                .unwrap_or_else(|| panic!("{name}: {code} has no human form"));
            forms.entry(code.to_owned()).or_insert_with(|| {
                let human: Vec<&str> = human.lines().map(str::trim_end).collect();
                let json = serde_json::to_string_pretty(one).unwrap();
                format!("{}\n\n{json}", human.join("\n").trim_end())
            });
        }
    }

    let mut missing = all_codes();
    missing.retain(|code| !forms.contains_key(*code));
    assert_eq!(
        missing, NOT_IN_THIS_BUILD,
        "these codes are in no file under tests/mistakes"
    );

    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (code, form) in &forms {
            insta::assert_snapshot!(code.as_str(), form);
        }
    });
}
