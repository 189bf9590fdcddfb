//! What was taken back, and what could not be.

use rescc_core::report::RunReport;
use rescc_core::undo::UndoState;

use crate::page::Page;
use crate::style::Ink;

/// The most items shown that are settled; those that are not are all shown.
const MAX_SETTLED: usize = 12;

pub(super) fn show(page: &mut Page, report: &RunReport) {
    if report.injections.is_empty() && report.undone {
        return;
    }
    let style = *page.style();
    let glyphs = style.glyphs();
    let verified = report
        .injections
        .iter()
        .filter(|one| matches!(one.undo, UndoState::Verified { .. }))
        .count();
    let unapplied = report
        .injections
        .iter()
        .filter(|one| one.undo == UndoState::NotApplied)
        .count();
    if report.undone {
        page.blank();
        let lead = style.line().with(Ink::Bold, "Undone").spaces(2);
        let applied = report.injections.len() - unapplied;
        let mut text = format!("everything: {verified} of {applied} verified");
        if unapplied > 0 {
            text = format!("{text}; {unapplied} never applied");
        }
        page.hang(
            lead.with(Ink::Good, glyphs.good).spaces(1),
            &style.line().with(Ink::Good, &text),
        );
        return;
    }
    page.heading("Not undone");
    for one in report.injections.iter().filter(|one| !one.undo.is_settled()) {
        let lead = style.line().spaces(2).with(Ink::Bad, glyphs.bad).spaces(1);
        let name = style
            .line()
            .with(Ink::Bold, &one.injection.0)
            .plain(&format!(" ({} on {})", one.action, one.instance));
        page.hang(lead, &name);
        let (why, command) = match &one.undo {
            UndoState::Failed { why, command } => (why.as_str(), command.clone()),
            _ => ("it is still open", String::new()),
        };
        page.message(style.line().spaces(4), Ink::Bad, why);
        let command = if command.trim().is_empty() {
            format!("rescc recover {}", report.run)
        } else {
            command
        };
        let lead = style
            .line()
            .spaces(4)
            .with(Ink::Note, glyphs.arrow)
            .plain(" run: ");
        page.hang(lead, &style.line().with(Ink::Note, &command));
    }
    if report.injections.iter().all(|one| one.undo.is_settled()) {
        let lead = style.line().spaces(2).with(Ink::Bad, glyphs.bad).spaces(1);
        let text = format!(
            "it could not be verified; `rescc recover {}` looks again",
            report.run
        );
        page.hang(lead, &style.line().plain(&text));
    }
    let settled = report.injections.iter().filter(|one| one.undo.is_settled());
    for one in settled.clone().take(MAX_SETTLED) {
        let lead = style.line().spaces(2).with(Ink::Good, glyphs.good).spaces(1);
        let detail = match &one.undo {
            UndoState::Verified { detail, .. } if !detail.is_empty() => format!("  {detail}"),
            UndoState::NotApplied => "  was never applied".into(),
            _ => "  verified".into(),
        };
        page.hang(
            lead,
            &style.line().plain(&one.injection.0).with(Ink::Dim, &detail),
        );
    }
    let more = settled.count().saturating_sub(MAX_SETTLED);
    if more > 0 {
        page.line(
            style
                .line()
                .spaces(4)
                .with(Ink::Dim, &format!("and {more} more that are verified")),
        );
    }
}
