//! The tables.

use rescc_core::event::StepOutcome;

use super::{RunReport, Truth, UndoState, code, compress, more, share, span, text};
use crate::human::{expectations as shown, steps};

/// The most rows of a table.
const MAX_ROWS: usize = 60;

fn table(
    page: &mut String,
    title: &str,
    headings: &str,
    all: usize,
    rows: impl Iterator<Item = Vec<String>>,
) {
    if all == 0 {
        return;
    }
    page.push_str(&format!("\n#### {title}\n\n{headings}\n|"));
    let columns = headings.matches('|').count().saturating_sub(1);
    page.push_str(&" --- |".repeat(columns));
    page.push('\n');
    for row in rows.take(MAX_ROWS) {
        page.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    more(page, all, MAX_ROWS);
}

pub(super) fn expectations(page: &mut String, report: &RunReport) {
    let rows = report.expectations.iter().map(|one| {
        let sign = match one.met {
            Truth::Yes => "✅",
            Truth::No => "❌",
            Truth::NoData => "❔",
        };
        let objective = if one.objective.is_empty() || one.objective == one.text {
            String::new()
        } else {
            format!("<br>{}", code(&one.objective))
        };
        vec![
            sign.into(),
            format!("{}{objective}", code(&one.text)),
            text(&shown::measured(one)),
            text(&one.wanted),
            one.samples.to_string(),
            text(&shown::broken(one)),
        ]
    });
    let headings = "| | expectation | measured | wanted | samples | broken since |";
    table(page, "Expectations", headings, report.expectations.len(), rows);
}

pub(super) fn steps(page: &mut String, report: &RunReport) {
    let rows = report.steps.iter().map(|step| {
        let sign = match step.outcome {
            StepOutcome::Passed => "✅",
            StepOutcome::Failed => "❌",
            StepOutcome::Skipped => "➖",
            StepOutcome::Aborted => "⏹",
        };
        let time = |time: Option<std::time::Duration>| time.map(span).unwrap_or_default();
        let detail = if step.detail.is_empty() {
            String::new()
        } else {
            format!(": {}", text(&step.detail))
        };
        vec![
            sign.into(),
            code(&step.name),
            code(&step.action),
            text(&compress(&step.targets)),
            format!("{}{detail}", step.outcome.as_str()),
            time(step.time_to_detect),
            time(step.time_to_recover),
            time(step.time_to_undo),
            text(&steps::recovered_by(step.recovered_by.as_ref())),
        ]
    });
    let headings = "| | step | action | targets | outcome | TTD | TTR | TTU | recovered |";
    table(page, "Steps", headings, report.steps.len(), rows);
}

pub(super) fn injections(page: &mut String, report: &RunReport) {
    let rows = report.injections.iter().map(|one| {
        let undo = match &one.undo {
            UndoState::Open => "❌ open".into(),
            UndoState::NotApplied => "was never applied".into(),
            UndoState::Verified { detail, .. } if detail.is_empty() => "✅ verified".into(),
            UndoState::Verified { detail, .. } => format!("✅ verified: {}", text(detail)),
            UndoState::Failed { why, .. } => format!("❌ {}", text(why)),
        };
        vec![
            code(&one.injection.0),
            code(&one.action),
            text(&one.evidence),
            undo,
        ]
    });
    let headings = "| injection | action | proof that it bit | undo |";
    table(page, "Injections", headings, report.injections.len(), rows);
}

pub(super) fn heals(page: &mut String, report: &RunReport) {
    let rows = report.heals.iter().map(|heal| {
        let held = if heal.held {
            "❌ nothing is left to try"
        } else {
            ""
        };
        vec![
            code(&heal.policy),
            code(&heal.instance),
            heal.actions.to_string(),
            heal.helped.to_string(),
            held.into(),
        ]
    });
    let headings = "| policy | instance | acted | helped | |";
    table(page, "Policies", headings, report.heals.len(), rows);
}

pub(super) fn probes(page: &mut String, report: &RunReport) {
    let rows = report.probes.iter().map(|probe| {
        let time = |time: Option<std::time::Duration>| time.map(span).unwrap_or_default();
        vec![
            code(&probe.name),
            share(probe.good, probe.samples).unwrap_or_else(|| "no data".into()),
            probe.samples.to_string(),
            probe.errors.to_string(),
            probe.dropped.to_string(),
            time(probe.latency_p50),
            time(probe.latency_p95),
            time(probe.latency_p99),
        ]
    });
    let headings = "| probe | good | samples | could not ask | dropped | p50 | p95 | p99 |";
    table(page, "Probes", headings, report.probes.len(), rows);
}
