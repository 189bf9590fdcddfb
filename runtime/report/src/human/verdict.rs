//! The verdict line and what it counts.

use rescc_core::event::StepOutcome;
use rescc_core::report::RunReport;
use rescc_core::verdict::Verdict;

use crate::format::{count, span};
use crate::page::Page;
use crate::style::{Glyphs, Ink};

/// The sign, the word and the ink of what a run came to; what is not undone comes before any verdict.
pub(crate) fn word(verdict: Verdict, undone: bool, glyphs: &Glyphs) -> (&'static str, &'static str, Ink) {
    if !undone {
        return (glyphs.bad, "NOT UNDONE", Ink::BadBold);
    }
    match verdict {
        Verdict::Pass => (glyphs.good, "PASS", Ink::GoodBold),
        Verdict::Fail => (glyphs.bad, "FAIL", Ink::BadBold),
        Verdict::Error => (glyphs.bad, "ERROR", Ink::BadBold),
        Verdict::Inconclusive => (glyphs.unknown, "INCONCLUSIVE", Ink::WarnBold),
        Verdict::Aborted => (glyphs.aborted, "ABORTED", Ink::WarnBold),
        Verdict::Refused => (glyphs.aborted, "REFUSED", Ink::WarnBold),
    }
}

/// What was met, passed and undone, in one line.
pub(crate) fn counts(report: &RunReport) -> Vec<String> {
    let mut counts = Vec::new();
    let met = report.expectations.iter().filter(|one| one.met.holds()).count();
    if !report.expectations.is_empty() {
        counts.push(format!(
            "{met} of {} met",
            count(report.expectations.len(), "expectation")
        ));
    }
    let outcomes = [
        StepOutcome::Passed,
        StepOutcome::Failed,
        StepOutcome::Aborted,
        StepOutcome::Skipped,
    ];
    let outcomes = outcomes.into_iter().map(|outcome| {
        (
            outcome,
            report.steps.iter().filter(|step| step.outcome == outcome).count(),
        )
    });
    let mut steps = String::new();
    for (outcome, number) in outcomes.filter(|(_, number)| *number > 0) {
        steps = match steps.as_str() {
            "" => format!("{} {}", count(number, "step"), outcome.as_str()),
            before => format!("{before}, {number} {}", outcome.as_str()),
        };
    }
    counts.extend(Some(steps).filter(|steps| !steps.is_empty()));
    counts.push(undone(report));
    counts
}

fn undone(report: &RunReport) -> String {
    let open = report
        .injections
        .iter()
        .filter(|one| !one.undo.is_settled())
        .count();
    match (report.undone, report.injections.is_empty()) {
        (true, true) => "nothing was injected".into(),
        (true, false) => "everything undone".into(),
        (false, _) if open > 0 => format!(
            "{open} of {} not undone",
            count(report.injections.len(), "injection")
        ),
        (false, _) => "not verified as undone".into(),
    }
}

pub(super) fn show(page: &mut Page, report: &RunReport) {
    let style = *page.style();
    let (sign, word, ink) = word(report.verdict, report.undone, style.glyphs());
    let lead = style.line().with(ink, sign).plain(" ").with(ink, word).spaces(2);
    let body = style
        .line()
        .with(Ink::Bold, &report.workflow)
        .plain(" on ")
        .with(Ink::Bold, &report.environment)
        .plain(" in ")
        .plain(&span(report.duration));
    page.hang(lead, &body);
    let mut below = counts(report).join(style.glyphs().dot);
    if !report.undone {
        below = format!(
            "{below}{}the verdict by itself: {}",
            style.glyphs().dot,
            report.verdict
        );
    }
    let lead = style.line().spaces(2);
    page.hang(lead.clone(), &style.line().with(Ink::Dim, &below));
    if let Some(by) = &report.aborted_by {
        page.message(lead.with(Ink::Warn, "ended early by "), Ink::Warn, by);
    }
}
