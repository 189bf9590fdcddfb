//! The limits of a plan and how near it comes to them.

use rescc_core::plan::Plan;
use rescc_core::program::Workflow;
use rescc_core::text;

use super::steps::portion;
use super::{PlanDetails, touched};
use crate::format::span;
use crate::line::Line;
use crate::page::Page;
use crate::style::{Ink, Style};

pub(super) fn show(page: &mut Page, plan: &Plan, workflow: &Workflow, details: &PlanDetails) {
    let style = *page.style();
    page.heading("Limits");
    let mut say = |name: &str, line: Line| {
        let lead = style
            .line()
            .spaces(2)
            .then(style.line().with(Ink::Dim, name).pad(14));
        page.hang(lead, &line);
    };
    say("blast radius", radius(plan, workflow, details, &style));
    say("time", time(plan, workflow, details, &style));
    if let Some(concurrency) = workflow.limits.concurrency {
        say(
            "concurrency",
            style
                .line()
                .plain(&format!("{concurrency} steps act at once at most")),
        );
    }
}

fn radius(plan: &Plan, workflow: &Workflow, details: &PlanDetails, style: &Style) -> Line {
    let at_once = details
        .touched_at_once
        .unwrap_or_else(|| touched(plan, workflow).len());
    let sure = if details.touched_at_once.is_some() {
        "at once"
    } else {
        "if all faults stand at once"
    };
    let line = style
        .line()
        .plain(&format!("{} {sure}", portion(at_once, plan.instances.len())));
    match workflow.limits.blast_radius {
        Some(limit) if at_once > plan.allowed_touched() => line.with(
            Ink::Bad,
            &format!(
                "; limit {}: not all of them may be touched at once",
                text::ratio(limit)
            ),
        ),
        Some(limit) => line.with(Ink::Dim, &format!("; limit {}", text::ratio(limit))),
        None => line.with(Ink::Warn, "; no limit"),
    }
}

fn time(plan: &Plan, workflow: &Workflow, details: &PlanDetails, style: &Style) -> Line {
    let mut line = style.line().plain(&format!("at most {}", span(plan.worst_case)));
    match workflow.limits.deadline {
        Some(deadline) if deadline < plan.worst_case => {
            let over = span(plan.worst_case.saturating_sub(deadline));
            line.push(
                Ink::Bad,
                &format!("; {over} over the deadline of {}", text::duration(deadline)),
            );
        }
        Some(deadline) => {
            let spare = span(deadline.saturating_sub(plan.worst_case));
            line.push(
                Ink::Dim,
                &format!("; deadline {}, {spare} to spare", text::duration(deadline)),
            );
        }
        None => line.push(Ink::Warn, "; no deadline"),
    }
    if !details.critical_path.is_empty() {
        let path = details.critical_path.join(&format!(" {} ", style.glyphs().arrow));
        line.push(Ink::Dim, &format!("; longest path: {path}"));
    }
    line
}
