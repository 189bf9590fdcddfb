//! The steps of a plan, in the order in which they can begin.

use rescc_core::plan::Plan;
use rescc_core::program::{OnError, Run, Step, Workflow};
use rescc_core::text;

use super::{PlanDetails, after};
use crate::format::{count, rough_ratio, span};
use crate::line::Line;
use crate::names::compress;
use crate::page::Page;
use crate::style::{Ink, Style};

/// The width of the column of what is said.
const LABEL: usize = 9;

pub(super) fn show(page: &mut Page, plan: &Plan, workflow: &Workflow, details: &PlanDetails) {
    if workflow.steps.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading("Steps");
    let digits = workflow.steps.len().to_string().len();
    for (step, number) in in_order(workflow).into_iter().zip(1_usize..) {
        let lead = style
            .line()
            .spaces(2)
            .then(style.line().with(Ink::Dim, &number.to_string()).pad_left(digits))
            .spaces(2);
        let indent = lead.width();
        let mut head = style
            .line()
            .with(Ink::Bold, &step.name)
            .spaces(2)
            .plain(&action(&step.run));
        if let Some(duration) = step.duration {
            head.push(Ink::Plain, &format!(", for {}", text::duration(duration)));
        }
        page.hang(lead, &head);
        for (name, said) in said(plan, step, details, &style) {
            let lead = style
                .line()
                .spaces(indent)
                .then(style.line().with(Ink::Dim, name).pad(LABEL));
            page.hang(lead, &said);
        }
    }
}

pub(super) fn action(run: &Run) -> String {
    match run {
        Run::Fault(call) | Run::Heal(call) => call.text.clone(),
        Run::Wait { until, within } => format!("wait({}, within = {})", until.text, text::duration(*within)),
        Run::Sleep { time } => format!("sleep({})", text::duration(*time)),
        Run::Undo { step } => format!("undo({step})"),
    }
}

fn said(plan: &Plan, step: &Step, details: &PlanDetails, style: &Style) -> Vec<(&'static str, Line)> {
    let mut said = Vec::new();
    let waits: Vec<_> = step.after.iter().map(after).collect();
    let starts = if waits.is_empty() {
        "at once".into()
    } else {
        format!("after {}", waits.join(" and "))
    };
    said.push(("starts", style.line().plain(&starts)));
    if let Some(call) = step.run.call() {
        let instances = plan.instances_of(&call.target);
        let mut line = style.line().plain(&compress(instances));
        if matches!(step.run, Run::Fault(_)) {
            line.push(
                Ink::Dim,
                &format!("  {}", portion(instances.len(), plan.instances.len())),
            );
        }
        if instances.is_empty() {
            line = style.line().with(Ink::Bad, "nothing");
        }
        said.push(("on", line));
    }
    if let Some(undo) = details.undo.get(&step.name) {
        said.push(("undo", style.line().plain(undo)));
    }
    if let Some(needs) = details.needs.get(&step.name) {
        said.push(("needs", style.line().plain(needs)));
    }
    if let Some(time) = details.worst_case.get(&step.name) {
        let mut line = style.line().plain(&format!("at most {}", span(*time)));
        if let Some(retry) = step.retry.filter(|retry| retry.attempts > 1) {
            line.push(Ink::Dim, &format!(", {} attempts included", retry.attempts));
        }
        said.push(("takes", line));
    }
    if step.on_error == OnError::Continue {
        said.push(("failing", style.line().plain("does not end the workflow")));
    }
    said
}

/// `2 of 5 instances, 40%`.
pub(super) fn portion(some: usize, all: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "only shown")]
    let share = if all == 0 {
        String::new()
    } else {
        format!(", {}", rough_ratio(some as f64 / all as f64))
    };
    format!("{some} of {}{share}", count(all, "instance"))
}

/// The steps so that each comes after what it waits for, else as they are written. Where they wait for one
/// another in a circle (the checker lets none through) the rest comes as written.
fn in_order(workflow: &Workflow) -> Vec<&Step> {
    let mut rest: Vec<&Step> = workflow.steps.iter().collect();
    let mut order: Vec<&Step> = Vec::new();
    while !rest.is_empty() {
        let free = rest.iter().position(|step| {
            !step.after.iter().any(|after| {
                rest.iter()
                    .any(|other| other.name == after.step && other.name != step.name)
            })
        });
        order.push(rest.remove(free.unwrap_or(0)));
    }
    order
}
