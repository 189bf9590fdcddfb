//! What was done, and how long the system took to notice and to recover.

use rescc_core::event::StepOutcome;
use rescc_core::report::{RecoveredBy, RunReport, StepReport};

use crate::format::span;
use crate::names::compress;
use crate::page::Page;
use crate::style::{Ink, Style};
use crate::table::{Column, Table};

/// The most steps shown.
const MAX_ROWS: usize = 60;

/// From this width on the action has a column of its own.
const WIDE: usize = 110;

/// Below this width what brought recovery stands below the step.
const NARROW: usize = 80;

/// The most steps for which the action of one that passed is shown, and the proof that its fault bit.
const FEW: usize = 12;

/// What brought recovery, in words.
pub(crate) fn recovered_by(by: Option<&RecoveredBy>) -> String {
    match by {
        None => String::new(),
        Some(RecoveredBy::NeverLost) => "never lost".into(),
        Some(RecoveredBy::System) => "by itself".into(),
        Some(RecoveredBy::Policy(policy)) => format!("by policy {policy}"),
        Some(RecoveredBy::Step(step)) => format!("by step {step}"),
        Some(RecoveredBy::Undo) => "only by our undo".into(),
    }
}

fn sign(outcome: StepOutcome, style: &Style) -> (&'static str, Ink) {
    match outcome {
        StepOutcome::Passed => (style.glyphs().good, Ink::Good),
        StepOutcome::Failed => (style.glyphs().bad, Ink::Bad),
        StepOutcome::Skipped => (style.glyphs().skipped, Ink::Dim),
        StepOutcome::Aborted => (style.glyphs().aborted, Ink::Warn),
    }
}

pub(super) fn show(page: &mut Page, report: &RunReport) {
    if report.steps.is_empty() {
        return;
    }
    let style = *page.style();
    let (wide, narrow) = (style.layout() >= WIDE, style.layout() < NARROW);
    page.heading("Steps");
    let mut columns = vec![Column::fixed(""), Column::text("")];
    if wide {
        columns.push(Column::text(""));
    }
    columns.push(Column::text(""));
    columns.push(Column::fixed(""));
    columns.extend([
        Column::number("TTD"),
        Column::number("TTR"),
        Column::number("TTU"),
    ]);
    if !narrow {
        columns.push(Column::text("recovered"));
    }
    let mut table = Table::new(columns);
    for step in report.steps.iter().take(MAX_ROWS) {
        table.row(row(step, &style, wide));
        // A long list of what went well is read for its outcomes.
        let terse = report.steps.len() > FEW && step.outcome == StepOutcome::Passed;
        let action = if wide || terse { "" } else { step.action.as_str() };
        let proof = match step.outcome {
            StepOutcome::Passed if !terse => first_line(&step.detail),
            _ => "",
        };
        let dot = if action.is_empty() || proof.is_empty() {
            ""
        } else {
            style.glyphs().dot
        };
        table.note(
            style
                .line()
                .with(Ink::Dim, action)
                .with(Ink::Dim, dot)
                .with(Ink::Dim, proof),
        );
        if narrow && step.recovered_by.is_some() {
            table.note(style.line().plain(&format!(
                "recovered: {}",
                recovered_by(step.recovered_by.as_ref())
            )));
        }
        match step.outcome {
            StepOutcome::Passed => {}
            StepOutcome::Failed => table.note(style.line().with(Ink::Bad, &step.detail)),
            StepOutcome::Skipped | StepOutcome::Aborted => {
                table.note(style.line().with(Ink::Warn, &step.detail));
            }
        }
    }
    page.lines(table.render(&style));
    let more = report.steps.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        page.line(
            style
                .line()
                .spaces(4)
                .with(Ink::Dim, &format!("and {more} more, in the full report")),
        );
    }
    if report.steps.iter().any(|step| {
        step.time_to_detect.is_some() || step.time_to_recover.is_some() || step.time_to_undo.is_some()
    }) {
        let legend = "TTD, TTR, TTU: time to detect the fault, to recover from it, to undo it";
        page.hang(style.line().spaces(2), &style.line().with(Ink::Dim, legend));
    }
}

fn row(step: &StepReport, style: &Style, wide: bool) -> Vec<crate::line::Line> {
    let (sign, ink) = sign(step.outcome, style);
    let time = |time: Option<std::time::Duration>| time.map(span).unwrap_or_default();
    let mut cells = vec![
        style.line().with(ink, sign),
        style.line().with(Ink::Bold, &step.name),
    ];
    if wide {
        cells.push(style.line().plain(&step.action));
    }
    cells.push(style.line().plain(&compress(&step.targets)));
    cells.push(style.line().with(ink, step.outcome.as_str()));
    let by = recovered_by(step.recovered_by.as_ref());
    let by_ink = if step.recovered_by == Some(RecoveredBy::Undo) {
        Ink::Warn
    } else {
        Ink::Plain
    };
    cells.extend([
        style.line().plain(&time(step.time_to_detect)),
        style.line().plain(&time(step.time_to_recover)),
        style.line().plain(&time(step.time_to_undo)),
        style.line().with(by_ink, &by),
    ]);
    cells
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
