//! How long a plan can take.

use std::time::Duration;

use rescc_core::catalogue::Catalogue;
use rescc_core::plan::Plan;
use rescc_core::program::{Backoff, Program, Run, Step, StepEvent, Workflow};

use crate::generate::{Scenario, WORKFLOW};

/// What the driver allows for bringing up and for taking down.
const UP: Duration = Duration::from_secs(600);
const DOWN: Duration = Duration::from_secs(120 * 3 + 10);

/// An undo is tried three times, with waits of one and two seconds.
const UNDO_ATTEMPTS: u32 = 3;
const UNDO_WAITS: Duration = Duration::from_secs(3);

/// The longest that one heal may hold its instance.
const HEAL: Duration = Duration::from_secs(60);

/// What conditions that are looked at ten times a second may be late.
const LATE: Duration = Duration::from_secs(1);

fn limits(catalogue: &Catalogue, action: &str) -> (Duration, Duration) {
    catalogue
        .action(action)
        .map_or((Duration::ZERO, Duration::ZERO), |spec| {
            (spec.time_limit, spec.undo_limit)
        })
}

/// As the compiler reckons it: the longest way through the steps, the undos at the end one after the other. Steps
/// only wait for earlier ones here.
pub(crate) fn worst_case(program: &Program, catalogue: &Catalogue) -> Duration {
    let Some(workflow) = program.workflows.get(WORKFLOW) else {
        return Duration::ZERO;
    };
    let mut ends: Vec<(Duration, Duration)> = Vec::new();
    let mut at_end = Duration::ZERO;
    for step in &workflow.steps {
        let start = step.after.iter().filter_map(|after| {
            let place = workflow.steps.iter().position(|other| other.name == after.step)?;
            ends.get(place).map(|(bites, over)| {
                if after.is == StepEvent::Active {
                    *bites
                } else {
                    *over
                }
            })
        });
        let start = start.max().unwrap_or_default();
        let (bites, over) = times(step, workflow, catalogue);
        ends.push((start + bites, start + over));
        if let (Run::Fault(call), None) = (&step.run, step.duration) {
            at_end += limits(catalogue, &call.action).1;
        }
    }
    ends.into_iter().map(|(_, over)| over).max().unwrap_or_default() + at_end
}

fn times(step: &Step, workflow: &Workflow, catalogue: &Catalogue) -> (Duration, Duration) {
    let retry = step.retry.unwrap_or(Backoff::ONCE);
    let repeated = |once: Duration| once * retry.attempts.max(1) + retry.total_wait();
    match &step.run {
        Run::Fault(call) => {
            let (apply, undo) = limits(catalogue, &call.action);
            let apply = repeated(step.timeout.unwrap_or(apply));
            (
                apply,
                apply + step.duration.map_or(Duration::ZERO, |stays| stays + undo),
            )
        }
        Run::Heal(call) => {
            let time = repeated(step.timeout.unwrap_or(limits(catalogue, &call.action).0));
            (time, time)
        }
        Run::Wait { within, .. } => (*within, *within),
        Run::Sleep { time } => (*time, *time),
        Run::Undo { step: of } => {
            let fault = workflow
                .steps
                .iter()
                .find(|other| other.name == *of)
                .and_then(|other| other.run.call());
            let undo = fault.map_or(Duration::ZERO, |call| limits(catalogue, &call.action).1);
            (undo, undo)
        }
    }
}

/// The longest that a run can take whatever goes wrong: everything one after the other, every limit used up, every
/// target taken by somebody else first.
pub(crate) fn longest(scenario: &Scenario, plan: &Plan, catalogue: &Catalogue) -> Duration {
    let Some(workflow) = plan.workflow() else {
        return Duration::ZERO;
    };
    let window = workflow
        .steady_state
        .as_ref()
        .and_then(|condition| condition.expr.longest_window())
        .unwrap_or_default();
    let policies = workflow.heal.len() as u32;
    let mut steps = Duration::ZERO;
    for step in &workflow.steps {
        let retry = step.retry.unwrap_or(Backoff::ONCE);
        steps += LATE + retry.total_wait();
        match &step.run {
            Run::Fault(call) => {
                let (apply, undo) = limits(catalogue, &call.action);
                let targets = plan.instances_of(&call.target).len() as u32;
                // Prepared and applied, looked at until it counts as without effect, and taken back.
                let once = apply * 3 + undo * UNDO_ATTEMPTS + UNDO_WAITS + HEAL * 2 * policies;
                steps += once * targets * retry.attempts + step.duration.unwrap_or_default();
            }
            Run::Heal(call) => {
                let targets = plan.instances_of(&call.target).len() as u32;
                steps += HEAL * (1 + policies) * targets * retry.attempts;
            }
            Run::Wait { within, .. } => steps += *within,
            Run::Sleep { time } => steps += *time,
            // Its undos are those of its fault.
            Run::Undo { .. } => {}
        }
    }
    let observe = workflow.observe.max(window) + workflow.settle;
    let settles = (workflow.settle + window + HEAL * policies + LATE) * 2;
    UP + observe + steps + settles + DOWN + scenario.clock.most * scenario.clock.limit
}
