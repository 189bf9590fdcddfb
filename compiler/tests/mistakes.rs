//! One mistake at a time: each gives one finding of its code at its place, and its safe fix makes the spec right.

mod support;

use std::collections::BTreeSet;

use rescc_lang::{Applicability, Severity, apply_fixes};
use support::{check_text, found};

const BASE: &str = include_str!("support/base.res");

/// A spec without a mistake but for some edits; `«…»` marks where the finding stands.
struct Case {
    edits: &'static [(&'static str, &'static str)],
    code: &'static str,
    help: &'static str,
    /// Whether a safe fix makes the spec right.
    fixed: bool,
}

const fn case(
    edits: &'static [(&'static str, &'static str)],
    code: &'static str,
    help: &'static str,
) -> Case {
    Case {
        edits,
        code,
        help,
        fixed: false,
    }
}

const fn fixed(
    edits: &'static [(&'static str, &'static str)],
    code: &'static str,
    help: &'static str,
) -> Case {
    Case {
        edits,
        code,
        help,
        fixed: true,
    }
}

include!("support/cases.rs");

/// The text without its marks, and the marked range.
fn unmarked(text: &str) -> (String, Option<(usize, usize)>) {
    let (start, end) = (text.find('«'), text.find('»'));
    let plain = text.replace(['«', '»'], "");
    (plain, start.zip(end.map(|end| end - '«'.len_utf8())))
}

#[test]
fn the_base_has_no_finding() {
    let checked = check_text(BASE);
    assert_eq!(found(BASE, &checked.diagnostics), Vec::<String>::new());
    assert!(checked.program("local").is_some());
}

#[test]
fn each_mistake_is_found_once_where_it_is() {
    let mut wrong = Vec::new();
    for case in CASES {
        let mut text = BASE.to_owned();
        for (from, to) in case.edits {
            if text.matches(from).count() != 1 {
                wrong.push(format!(
                    "{}: `{from}` is there {} times",
                    case.code,
                    text.matches(from).count()
                ));
            }
            text = text.replacen(from, to, 1);
        }
        let (text, place) = unmarked(&text);
        let checked = check_text(&text);
        let all = found(&text, &checked.diagnostics);
        let [one] = checked.diagnostics.as_slice() else {
            wrong.push(format!("{} {:?}: found {all:#?}", case.code, case.edits));
            continue;
        };
        let (start, end) = (one.span().start as usize, one.span().end as usize);
        if one.code.0 != case.code {
            wrong.push(format!("{} {:?}: found {all:?}", case.code, case.edits));
        }
        if place.is_some_and(|place| place != (start, end)) {
            wrong.push(format!(
                "{} {:?}: {all:?} is at {:?}",
                case.code,
                case.edits,
                text.get(start..end)
            ));
        }
        if !one
            .help
            .iter()
            .chain(&one.notes)
            .any(|help| help.contains(case.help))
        {
            wrong.push(format!(
                "{} {:?}: {all:?} says {:?} {:?}",
                case.code, case.edits, one.help, one.notes
            ));
        }
        let clean = one
            .message
            .chars()
            .next()
            .is_some_and(|first| !first.is_uppercase())
            && !one.message.ends_with('.');
        if !clean || one.help.is_empty() || one.message.contains('\n') {
            wrong.push(format!(
                "{} breaks the rules of messages: {} {:?}",
                case.code, one.message, one.help
            ));
        }
        let mended = apply_fixes(&text, &checked.diagnostics);
        let left = check_text(&mended).diagnostics;
        let safe = one
            .fixes
            .iter()
            .any(|fix| fix.applicability == Applicability::Safe);
        if safe != case.fixed || (safe && !left.is_empty()) {
            wrong.push(format!(
                "{} {:?}: safe fix: {safe}, leaves {:?}",
                case.code,
                case.edits,
                found(&mended, &left)
            ));
        }
        let severity = if case.code.starts_with('W') {
            Severity::Warning
        } else {
            Severity::Error
        };
        assert_eq!(one.severity, severity);
        assert_eq!(checked.program("local").is_some(), severity == Severity::Warning);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case_and_stands_once() {
    let all: Vec<&str> = rescc_compiler::codes::all()
        .into_iter()
        .map(|(code, _)| code.0)
        .collect();
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len());
    assert!(
        all.windows(2).all(|pair| pair[0].get(1..) < pair[1].get(1..)),
        "in order"
    );
    let cases: BTreeSet<&str> = CASES.iter().map(|case| case.code).collect();
    // Those that need another file, another environment or `--set` have tests of their own.
    let elsewhere = [
        "E0212", "E0324", "E0325", "E0414", "E0415", "E0420", "E0605", "E0606", "W0702",
    ];
    let missing: Vec<&&str> = unique
        .iter()
        .filter(|code| !cases.contains(**code) && !elsewhere.contains(code))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}
