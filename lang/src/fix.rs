//! Applying the fixes that may be applied without a look.

use crate::diagnostic::{Applicability, Diagnostic, Edit};

/// The text with every safe fix of these diagnostics applied; all of them must be of that text's file. A fix that
/// overlaps one that has been applied is left out: it is found again in the next run.
#[must_use]
pub fn apply_fixes(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut chosen: Vec<&Edit> = Vec::new();
    for diagnostic in diagnostics {
        let fix = diagnostic
            .fixes
            .iter()
            .find(|fix| fix.applicability == Applicability::Safe);
        let Some(fix) = fix else { continue };
        let clear = |edit: &Edit| {
            let fits = text
                .get(edit.span.start as usize..edit.span.end as usize)
                .is_some();
            fits && !chosen.iter().any(|other| overlap(edit, other))
        };
        if fix.edits.iter().all(clear) {
            chosen.extend(&fix.edits);
        }
    }
    chosen.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    for edit in chosen {
        mended.push_str(text.get(at..edit.span.start as usize).unwrap_or(""));
        mended.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    mended.push_str(text.get(at..).unwrap_or(""));
    mended
}

/// Whether two edits touch the same bytes, or insert at the same place.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    if a.is_empty() && b.is_empty() {
        return a.start == b.start;
    }
    a.start < b.end && b.start < a.end
}
