//! The language, tested by its own reference: every example of `specs/language.md` is checked by the real
//! `rescc check`, and so is every file under `tests/mistakes/`.
//!
//! A code block `res` is a whole spec; `res part` is put behind the block `res preamble` of the page. A line may
//! say what is wrong with it: `// error: E0301` (this line) or `// error: E0301 4:12` (line and column of the
//! block or file). What is found must be exactly what is said, no more and no less.

mod common;

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
    let same = said.len() == found.len()
        && said.iter().zip(&found).all(|(said, found)| {
            said.code == found.code
                && said.line == found.line
                && said.column.is_none_or(|column| Some(column) == found.column)
        });
    (!same).then(|| format!("{name}\n  said:  {said:?}\n  found: {found:?}\n{plain}"))
}

/// The code blocks of a page.
fn blocks(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut blocks, mut preamble) = (Vec::new(), String::new());
    let mut open: Option<(String, usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some((info, at, body)) if line.trim_end() == "```" => {
                let name = format!("{}:{at}", path.display());
                match info.as_str() {
                    "res" => blocks.push(Block {
                        name,
                        text: body.clone(),
                        offset: 0,
                    }),
                    "res preamble" => preamble.clone_from(body),
                    "res part" => {
                        assert!(!preamble.is_empty(), "{name}: there is no preamble before it");
                        let offset = preamble.lines().count() as u64;
                        blocks.push(Block {
                            name,
                            text: format!("{preamble}{body}"),
                            offset,
                        });
                    }
                    _ => {}
                }
                open = None;
            }
            Some((_, _, body)) => {
                body.push_str(line);
                body.push('\n');
            }
            None => {
                if let Some(info) = line.strip_prefix("```") {
                    open = Some((info.trim().to_owned(), number + 1, String::new()));
                }
            }
        }
    }
    assert!(open.is_none(), "{}: a block is not closed", path.display());
    blocks
}

#[test]
fn the_examples_of_the_reference_are_true() {
    let blocks = blocks(&root().join("specs/language.md"));
    assert!(blocks.len() >= 20, "only {} examples were found", blocks.len());
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
fn the_mistakes_are_found_where_they_are() {
    let mut files: Vec<_> = std::fs::read_dir(root().join("tests/mistakes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "res"));
    files.sort();
    assert!(files.len() >= 20, "only {} files were found", files.len());
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
