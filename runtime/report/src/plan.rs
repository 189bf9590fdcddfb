//! What `rescc plan` shows: each step, what it touches, how it is taken back, and what that means.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rescc_core::plan::Plan;
use rescc_core::program::{After, Run, StepEvent, Workflow};

use crate::page::Page;
use crate::style::{Ink, Style};

mod limits;
mod steps;
mod watch;

/// What the catalogue, the checker and the arithmetic of objectives know of a plan, in words; this crate knows
/// none of them. What is missing is simply not shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanDetails {
    /// The spec as the user named it.
    pub spec: String,
    /// By step: what takes its fault back.
    pub undo: BTreeMap<String, String>,
    /// By step: what it needs of the environment.
    pub needs: BTreeMap<String, String>,
    /// By step: the longest it can take, its undo and the proof of that included.
    pub worst_case: BTreeMap<String, Duration>,
    /// The steps that take longest one after the other.
    pub critical_path: Vec<String>,
    /// The most instances that can be touched at one moment; `None` takes all that any fault touches.
    pub touched_at_once: Option<usize>,
    /// By probe: how many samples the worst case gives.
    pub samples: BTreeMap<String, u64>,
    /// By objective, or by expectation as it is written: what it means with the samples there will be:
    /// "99 % of 50 samples: none may fail".
    pub meaning: BTreeMap<String, String>,
    /// What else is worth knowing before it runs: warnings, budget cost.
    pub remarks: Vec<String>,
}

/// A plan for people, each line ended.
#[must_use]
pub fn plan_human(plan: &Plan, details: &PlanDetails, style: &Style) -> String {
    let mut page = Page::new(style);
    let lead = style.line().with(Ink::Bold, "Plan").spaces(2);
    let mut head = style
        .line()
        .with(Ink::Bold, &plan.workflow)
        .plain(" on ")
        .with(Ink::Bold, &plan.program.environment.name);
    if plan.program.environment.adapter != plan.program.environment.name {
        head.push(Ink::Plain, &format!(" ({})", plan.program.environment.adapter));
    }
    let dot = style.glyphs().dot;
    head.push(Ink::Dim, &format!("{dot}seed {}", plan.seed));
    if !details.spec.is_empty() {
        head.push(Ink::Dim, &format!("{dot}{}", details.spec));
    }
    page.hang(lead, &head);
    let Some(workflow) = plan.workflow() else {
        let text = format!("there is no workflow `{}` in it", plan.workflow);
        page.message(style.line().spaces(2), Ink::Bad, &text);
        return page.render();
    };
    if let Some(doc) = workflow.doc.lines().map(str::trim).find(|line| !line.is_empty()) {
        page.message(style.line().spaces(2), Ink::Dim, doc);
    }
    steps::show(&mut page, plan, workflow, details);
    watch::show(&mut page, plan, workflow, details);
    limits::show(&mut page, plan, workflow, details);
    for remark in &details.remarks {
        page.message(style.line().with(Ink::Warn, "! "), Ink::Warn, remark);
    }
    close(&mut page, plan, workflow);
    page.render()
}

/// What a step waits for, as it is written: `slow.active`.
pub(crate) fn after(after: &After) -> String {
    match after.is {
        StepEvent::Passed => after.step.clone(),
        StepEvent::Active => format!("{}.active", after.step),
        StepEvent::Failed => format!("{}.failed", after.step),
        StepEvent::Ended => format!("{}.ended", after.step),
    }
}

/// All instances that a fault of the workflow touches, in the order of the plan.
fn touched<'a>(plan: &'a Plan, workflow: &'a Workflow) -> Vec<&'a str> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for step in &workflow.steps {
        if let Run::Fault(call) = &step.run {
            all.extend(plan.instances_of(&call.target).iter().map(String::as_str));
        }
    }
    all.into_iter().collect()
}

fn close(page: &mut Page, plan: &Plan, workflow: &Workflow) {
    let style = *page.style();
    let touched = touched(plan, workflow);
    page.blank();
    let lead = style.line().with(Ink::Note, style.glyphs().arrow).spaces(1);
    let body = if touched.is_empty() {
        style
            .line()
            .plain("no fault would touch anything; so far nothing was touched")
    } else {
        style
            .line()
            .plain("faults would touch ")
            .with(Ink::Bold, &crate::names::compress(&touched))
            .plain(&format!(
                ": {} of {}",
                touched.len(),
                crate::format::count(plan.instances.len(), "instance")
            ))
            .plain("; so far nothing was touched")
    };
    page.hang(lead, &body);
}
