//! Why the verdict is what it is, and what to do.

use rescc_core::report::RunReport;

use super::verdict;
use crate::advice::advice;
use crate::page::Page;
use crate::style::Ink;

/// The most reasons shown.
const MAX_REASONS: usize = 20;

pub(super) fn show(page: &mut Page, report: &RunReport) {
    if report.reasons.is_empty() {
        return;
    }
    let style = *page.style();
    let glyphs = style.glyphs();
    page.heading("Why");
    let mut said = Vec::new();
    for reason in report.reasons.iter().take(MAX_REASONS) {
        let (sign, _, ink) = verdict::word(reason.verdict, true, glyphs);
        let lead = style.line().spaces(2).with(ink, sign).spaces(1);
        let message = if reason.message.trim().is_empty() {
            &reason.about
        } else {
            &reason.message
        };
        page.message(lead, Ink::Plain, message);
        // The same advice once is enough.
        if let Some(advice) = advice(reason, report).filter(|advice| !said.contains(advice)) {
            let lead = style.line().spaces(4).with(Ink::Note, glyphs.arrow).spaces(1);
            page.message(lead, Ink::Note, &advice);
            said.push(advice);
        }
    }
    let more = report.reasons.len().saturating_sub(MAX_REASONS);
    if more > 0 {
        let text = format!("and {more} more, in the full report");
        page.line(style.line().spaces(4).with(Ink::Dim, &text));
    }
}
