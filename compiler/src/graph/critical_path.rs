//! How long a workflow can take: the longest way through its steps, by their time limits.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_core::catalogue::{Catalogue, UndoKind};
use rescc_core::program::{Backoff, Program, Run, Step, StepEvent, Workflow};

/// A part of the critical path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The step.
    pub step: String,
    /// What takes its time: the step's action, or its undo at the end.
    pub what: String,
    /// How long it takes at most.
    pub time: Duration,
}

/// The times of a step.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// Until its action has been done, or its fault bites.
    apply: Duration,
    /// Until it is done.
    total: Duration,
    /// Until its fault has been taken back at the end of the workflow.
    undo_at_end: Duration,
}

/// The longest that a workflow of a program can take: the sum of its [`critical_path`]. The time that the steady
/// state may need to settle is not in it.
#[must_use]
pub fn worst_case(program: &Program, workflow: &str, catalogue: &Catalogue) -> Duration {
    critical_path(program, workflow, catalogue)
        .iter()
        .fold(Duration::ZERO, |sum, leg| sum.saturating_add(leg.time))
}

/// The longest way through a workflow's steps, by their time limits; the undo of faults that stay until the
/// workflow's end comes last, one after the other. Empty where there is no such workflow.
#[must_use]
pub fn critical_path(program: &Program, workflow: &str, catalogue: &Catalogue) -> Vec<Leg> {
    program
        .workflows
        .get(workflow)
        .map(|workflow| path(workflow, catalogue))
        .unwrap_or_default()
}

/// The longest way through the steps of a workflow.
pub(crate) fn path(workflow: &Workflow, catalogue: &Catalogue) -> Vec<Leg> {
    let steps = &workflow.steps;
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        by_name.entry(&step.name).or_insert(at);
    }
    let times: Vec<Times> = steps
        .iter()
        .map(|step| times(step, workflow, catalogue))
        .collect();
    let mut starts: Vec<(Duration, Option<(usize, bool)>)> = vec![(Duration::ZERO, None); steps.len()];
    for at in topological(steps, &by_name) {
        let Some(step) = steps.get(at) else { continue };
        let mut latest = (Duration::ZERO, None);
        for after in &step.after {
            let Some(&before) = by_name.get(after.step.as_str()) else {
                continue;
            };
            let (Some((start, _)), Some(times)) = (starts.get(before), times.get(before)) else {
                continue;
            };
            let active = after.is == StepEvent::Active;
            let end = start.saturating_add(if active { times.apply } else { times.total });
            if latest.1.is_none() || end > latest.0 {
                latest = (end, Some((before, active)));
            }
        }
        if let Some(place) = starts.get_mut(at) {
            *place = latest;
        }
    }
    let mut last: Option<(Duration, usize)> = None;
    for (at, ((start, _), times)) in starts.iter().zip(&times).enumerate() {
        let end = start.saturating_add(times.total);
        if last.is_none_or(|(latest, _)| end > latest) {
            last = Some((end, at));
        }
    }
    let mut legs = Vec::new();
    let mut here = last.map(|(_, at)| (at, false));
    while let Some((at, active)) = here {
        let (Some(step), Some(times), Some((_, before))) = (steps.get(at), times.get(at), starts.get(at))
        else {
            break;
        };
        let time = if active { times.apply } else { times.total };
        legs.push(Leg {
            step: step.name.clone(),
            what: describe(step, active),
            time,
        });
        here = before.filter(|_| legs.len() <= steps.len());
    }
    legs.reverse();
    for (step, times) in steps
        .iter()
        .zip(&times)
        .filter(|(_, times)| !times.undo_at_end.is_zero())
    {
        legs.push(Leg {
            step: step.name.clone(),
            what: format!("undo of `{}` at the end", step.name),
            time: times.undo_at_end,
        });
    }
    legs
}

fn describe(step: &Step, active: bool) -> String {
    let name = &step.name;
    match &step.run {
        Run::Fault(call) if active => format!("`{name}` until it bites: {}", call.text),
        Run::Fault(call) | Run::Heal(call) => format!("`{name}`: {}", call.text),
        Run::Wait { until, .. } => format!("`{name}`: wait for {}", until.text),
        Run::Sleep { .. } => format!("`{name}`: sleep"),
        Run::Undo { step } => format!("`{name}`: undo of `{step}`"),
    }
}

fn times(step: &Step, workflow: &Workflow, catalogue: &Catalogue) -> Times {
    let retry = step.retry.unwrap_or(Backoff::ONCE);
    let repeated = |once: Duration| {
        once.saturating_mul(retry.attempts.max(1))
            .saturating_add(retry.total_wait())
    };
    let limit_of = |action: &str| {
        catalogue
            .action(action)
            .map_or((Duration::ZERO, Duration::ZERO, UndoKind::Nothing), |action| {
                (action.time_limit, action.undo_limit, action.undo)
            })
    };
    match &step.run {
        Run::Fault(call) => {
            let (time_limit, undo_limit, undo) = limit_of(&call.action);
            let apply = repeated(step.timeout.unwrap_or(time_limit));
            if let Some(duration) = step.duration {
                let total = apply.saturating_add(duration).saturating_add(undo_limit);
                return Times {
                    apply,
                    total,
                    undo_at_end: Duration::ZERO,
                };
            }
            let undone = workflow
                .steps
                .iter()
                .any(|other| matches!(&other.run, Run::Undo { step: of } if *of == step.name));
            let undo_at_end = if undone || undo != UndoKind::Automatic {
                Duration::ZERO
            } else {
                undo_limit
            };
            Times {
                apply,
                total: apply,
                undo_at_end,
            }
        }
        Run::Heal(call) => {
            let time = repeated(step.timeout.unwrap_or(limit_of(&call.action).0));
            Times {
                apply: time,
                total: time,
                undo_at_end: Duration::ZERO,
            }
        }
        Run::Wait { within, .. } => whole(repeated(
            step.timeout.map_or(*within, |timeout| timeout.min(*within)),
        )),
        Run::Sleep { time } => whole(*time),
        Run::Undo { step: of } => {
            let fault = workflow
                .steps
                .iter()
                .find(|other| other.name == *of)
                .and_then(|fault| fault.run.call());
            whole(repeated(step.timeout.unwrap_or(
                fault.map_or(Duration::ZERO, |call| limit_of(&call.action).1),
            )))
        }
    }
}

fn whole(time: Duration) -> Times {
    Times {
        apply: time,
        total: time,
        undo_at_end: Duration::ZERO,
    }
}

/// The steps so that each comes after what it waits for (Kahn); those of a cycle are left out.
fn topological(steps: &[Step], by_name: &BTreeMap<&str, usize>) -> Vec<usize> {
    let mut waits: Vec<usize> = vec![0; steps.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        for after in &step.after {
            let Some(&before) = by_name.get(after.step.as_str()) else {
                continue;
            };
            if let (Some(wait), Some(list)) = (waits.get_mut(at), followers.get_mut(before)) {
                *wait += 1;
                list.push(at);
            }
        }
    }
    let mut ready: Vec<usize> = waits
        .iter()
        .enumerate()
        .filter(|(_, wait)| **wait == 0)
        .map(|(at, _)| at)
        .collect();
    let mut sorted = Vec::with_capacity(steps.len());
    while let Some(at) = ready.pop() {
        sorted.push(at);
        for &follower in followers.get(at).into_iter().flatten() {
            if let Some(wait) = waits.get_mut(follower) {
                *wait -= 1;
                if *wait == 0 {
                    ready.push(follower);
                }
            }
        }
    }
    sorted
}
