//! Diagnostics as people, editors and programs read them.

pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod plain;

use rescc_lang::{Diagnostic, Severity};

/// The most diagnostics of one file that are shown; the count goes on.
const MAX_SHOWN: usize = 50;

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
