//! Diagnostics as people, editors and programs read them.

pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod plain;

use std::borrow::Cow;

use rescc_lang::{Diagnostic, Severity};

/// The most diagnostics of one file that are shown; the count goes on.
const MAX_SHOWN: usize = 50;

/// A text that can't steer a terminal: control characters and marks that turn its direction are replaced, byte for
/// byte, so that places in it stay where they are.
fn visible(text: &str) -> Cow<'_, str> {
    let steers = |at: usize, c: char| match c {
        '\n' | '\t' => false,
        '\r' => !text.get(at + 1..).is_some_and(|rest| rest.starts_with('\n')),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    };
    let suspicious =
        |byte: u8| byte < b' ' && !matches!(byte, b'\n' | b'\t') || matches!(byte, 0x7f | 0xc2 | 0xe2);
    if !text.bytes().any(suspicious) || !text.char_indices().any(|(at, c)| steers(at, c)) {
        return Cow::Borrowed(text);
    }
    let replace = |(at, c): (usize, char)| match c.len_utf8() {
        _ if !steers(at, c) => c,
        1 => '?',
        2 => '·',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.char_indices().map(replace).collect())
}

/// `error` or `warning`.
fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// `3 errors, 1 warning`.
fn count(found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|one| one.is_error()).count();
    let warnings = found.len() - errors;
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (_, 0) => many(errors, "error"),
        (0, _) => many(warnings, "warning"),
        _ => format!("{}, {}", many(errors, "error"), many(warnings, "warning")),
    }
}

/// The diagnostics to show, at most [`MAX_SHOWN`] of each file, and how many are left out.
fn shown(found: &[Diagnostic]) -> (Vec<&Diagnostic>, usize) {
    let mut of_file = std::collections::BTreeMap::new();
    let shown: Vec<_> = found
        .iter()
        .filter(|one| {
            let count: &mut usize = of_file.entry(one.span().file).or_default();
            *count += 1;
            *count <= MAX_SHOWN
        })
        .collect();
    let left_out = found.len() - shown.len();
    (shown, left_out)
}
