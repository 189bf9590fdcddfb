//! What holds for any text: the checker ends, does not panic, and says the same twice.

#![expect(clippy::unwrap_used, reason = "only in tests")]

mod support;

use proptest::prelude::*;
use rescc_compiler::Checked;
use support::{QUICKSTART, check_text};

const BASE: &str = include_str!("support/base.res");

/// Words that mean something somewhere.
const WORDS: &[&str] = &[
    "it",
    "cache",
    "kill",
    "wait",
    "undo",
    "99%",
    "1s",
    "0",
    "-1",
    "1h30m",
    "..",
    "of baseline",
    "=",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    "\n",
    "\"",
    "${",
    "not",
    "and",
    "or",
    "in",
    "matches",
    "step",
    "workflow",
    "after",
    "param",
    "slow.active",
    "strike.failed",
    "p95",
    "\u{202e}",
    "é",
    "99999999999999999999999999999",
    "0.0000000000000000000001s",
    "true",
];

fn same(a: &Checked, b: &Checked) -> bool {
    let json = |checked: &Checked| serde_json::to_string(&checked.program("local")).unwrap();
    a.diagnostics == b.diagnostics && json(a) == json(b)
}

fn check_is_sound(text: &str) {
    let checked = check_text(text);
    assert!(same(&checked, &check_text(text)));
    assert_eq!(
        checked.has_errors(),
        checked.diagnostics.iter().any(rescc_lang::Diagnostic::is_error)
    );
    for one in &checked.diagnostics {
        let spans = one.labels.iter().map(|label| label.span);
        let edits = one.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in spans.chain(edits) {
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "{} has a place outside",
                one.code.0
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_spec_does_not_make_it_panic(
        quickstart: bool,
        edits in prop::collection::vec((0.0..1.0f64, 0usize..40, 0..WORDS.len()), 1..6),
    ) {
        let mut text = if quickstart { QUICKSTART.to_owned() } else { BASE.to_owned() };
        for (at, remove, word) in edits {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a text")]
            let mut start = (at * text.len() as f64) as usize;
            while !text.is_char_boundary(start) { start -= 1; }
            let mut end = (start + remove).min(text.len());
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(start..end, WORDS[word]);
        }
        check_is_sound(&text);
    }

    #[test]
    fn swapped_words_do_not_make_it_panic(swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8)) {
        let mut words: Vec<&str> = BASE.split_inclusive(|c: char| !c.is_alphanumeric()).collect();
        for (a, b) in swaps {
            let (a, b) = (a.index(words.len()), b.index(words.len()));
            words.swap(a, b);
        }
        check_is_sound(&words.concat());
    }

    #[test]
    fn any_text_does_not_make_it_panic(text: String) {
        check_is_sound(&text);
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    assert!(same(&check_text(BASE), &check_text(BASE)));
    assert!(check_text(BASE).program("local").is_some());
}
