//! The laws that every run keeps, whatever goes wrong. Each check says which one is broken, and where.

use std::collections::{BTreeMap, BTreeSet};

use rescc_core::event::{Stage, What};
use rescc_core::expr::Truth;
use rescc_core::program::Run;
use rescc_core::report::RunReport;
use rescc_core::time::Moment;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{ExitCode, ReasonCode, Verdict};
use rescc_engine::driver::Outcome;
use rescc_engine::journal::Entry;

use crate::operations::{Line, Operations};
use crate::rig::{Ended, Trace};

/// What is broken, in sentences; empty where all laws are kept.
pub(crate) fn broken(trace: &Trace) -> Vec<String> {
    let outcome = match &trace.ended {
        Ended::By(outcome) => outcome,
        Ended::Late => return vec![format!("law 9: the run went on beyond {:?}", trace.bound)],
        Ended::Stuck(stuck) => return vec![format!("law 9: {stuck}")],
    };
    let mut found = Vec::new();
    if trace.log_dropped > 0 {
        found.push(format!(
            "the log is too short for this test: {} lines are missing",
            trace.log_dropped
        ));
    }
    let operations = Operations::of(&trace.log);
    nothing_before_its_intent(&operations, &mut found);
    every_intent_is_settled(trace, outcome, &mut found);
    nothing_is_left(trace, outcome, &mut found);
    pass_is_earned(trace, outcome, &operations, &mut found);
    verdict_and_reasons_agree(trace, outcome, &mut found);
    one_action_a_target(&operations, &mut found);
    nothing_new_after_the_abort(&operations, &mut found);
    undone_newest_first(trace, &mut found);
    ends_in_time(trace, outcome, &mut found);
    no_steady_state_no_touch(trace, outcome, &operations, &mut found);
    watched_in_time(trace, &operations, &mut found);
    events_are_whole(trace, outcome, &mut found);
    found
}

/// 1. No operation for an injection before its intent is durable; none at all where the journal refused it.
fn nothing_before_its_intent(operations: &Operations, found: &mut Vec<String>) {
    let mut durable = BTreeSet::new();
    let mut armed = BTreeSet::new();
    for line in &operations.lines {
        match line {
            Line::Journal { how, what, id, .. } if what == "intent" && how == "durable" => {
                durable.insert(id.as_str());
            }
            Line::Arm { id, .. } => {
                armed.insert(id.as_str());
            }
            Line::Begin { what, id, .. } if what == "apply" => {
                if !durable.contains(id.as_str()) {
                    found.push(format!("law 1: `{id}` was applied, its intent is not durable"));
                }
                if !armed.contains(id.as_str()) {
                    found.push(format!("law 1: `{id}` was applied, nobody watches it"));
                }
            }
            Line::Operation { at, text, inside } if inside.is_empty() => {
                found.push(format!("law 1: `{text}` at {} belongs to no action", at.0));
            }
            Line::Operation { at, text, inside } => {
                let allowed = inside.iter().any(|what| may(what, text));
                if !allowed {
                    found.push(format!(
                        "law 1: `{text}` at {} happened while there was only {inside:?}",
                        at.0
                    ));
                }
            }
            _ => {}
        }
    }
}

/// Whether an operation may belong to a call.
fn may(what: &str, operation: &str) -> bool {
    let first = operation.split(' ').next().unwrap_or_default();
    match first {
        "signal" | "freeze" | "port-add" | "disk-fill" => what == "apply",
        "thaw" | "port-remove" | "disk-release" => what == "undo",
        "start" => what == "undo" || what == "heal",
        "restart" | "stop" => what == "heal",
        _ => true,
    }
}

/// 2. Every durable intent ends in a mark that is settled, or the outcome says that it is not undone and lists it.
fn every_intent_is_settled(trace: &Trace, outcome: &Outcome, found: &mut Vec<String>) {
    let mut open: BTreeMap<&str, bool> = BTreeMap::new();
    let mut lost = false;
    for appended in &trace.entries {
        lost |= !appended.confirmed;
        match &appended.entry {
            Entry::Intent { undo } if appended.durable => {
                open.insert(&undo.injection.0, true);
            }
            // A mark that could not be written was tried; the outcome tells that the journal failed.
            Entry::Mark { injection, state } => {
                open.insert(&injection.0, !state.is_settled());
            }
            _ => {}
        }
    }
    for (id, open) in open {
        let reported = outcome
            .judgement
            .injections
            .iter()
            .find(|one| one.injection.0 == id);
        let Some(reported) = reported else {
            found.push(format!("law 2: `{id}` is in the journal and not in the outcome"));
            continue;
        };
        let listed = !outcome.judgement.undone && !reported.undo.is_settled();
        if open && !listed {
            found.push(format!(
                "law 2: `{id}` stays open in the journal, the outcome says {:?}",
                reported.undo
            ));
        }
        if !open && !reported.undo.is_settled() {
            found.push(format!(
                "law 2: `{id}` is settled in the journal, the outcome says {:?}",
                reported.undo
            ));
        }
    }
    if lost
        && !outcome
            .judgement
            .reasons
            .iter()
            .any(|reason| reason.code == ReasonCode::JournalFailed)
    {
        found.push("law 2: the journal failed, and no reason says so".to_owned());
    }
    let failed = outcome
        .judgement
        .injections
        .iter()
        .any(|one| !one.undo.is_settled());
    if failed && outcome.judgement.undone {
        found.push("law 2: an undo failed, the outcome says that all is undone".to_owned());
    }
}

/// 3. Where all is undone, `down` found nothing of a fault, and nothing is left.
fn nothing_is_left(trace: &Trace, outcome: &Outcome, found: &mut Vec<String>) {
    if !outcome.judgement.undone {
        return;
    }
    if !trace.swept.is_empty() {
        found.push(format!(
            "law 3: all is said to be undone, the end of the environment swept up {:?}",
            trace.swept
        ));
    }
    if !trace.residue.is_empty() || !trace.alive.is_empty() {
        found.push(format!(
            "law 3: all is said to be undone, left are {:?} and {:?}",
            trace.residue, trace.alive
        ));
    }
}

/// 4. A pass is earned: all faults bit, all undos are verified, all expectations are met, with data.
fn pass_is_earned(trace: &Trace, outcome: &Outcome, operations: &Operations, found: &mut Vec<String>) {
    let judgement = &outcome.judgement;
    if judgement.verdict != Verdict::Pass {
        return;
    }
    if !judgement.reasons.is_empty() || judgement.aborted_by.is_some() {
        found.push(format!(
            "law 4: pass with {:?}, {:?}",
            judgement.reasons, judgement.aborted_by
        ));
    }
    // Of a step that was tried again, the last attempt counts.
    let mut last = BTreeMap::new();
    for one in &judgement.injections {
        let mut parts = one.injection.0.split('/');
        last.insert((parts.next(), parts.next()), one);
        if !one.undo.is_settled() {
            found.push(format!("law 4: pass, and `{}` is {:?}", one.injection, one.undo));
        }
    }
    for one in last.values() {
        if one.evidence.is_empty() {
            found.push(format!("law 4: pass, and `{}` has no evidence", one.injection));
        }
        if !matches!(one.undo, UndoState::Verified { .. }) {
            found.push(format!(
                "law 4: pass, and the undo of `{}` is {:?}",
                one.injection, one.undo
            ));
        }
    }
    for expectation in &judgement.expectations {
        if expectation.met != Truth::Yes {
            found.push(format!(
                "law 4: pass, and `{}` is {:?}",
                expectation.text, expectation.met
            ));
        }
        if expectation.text.contains("Probe(") && expectation.samples == 0 {
            found.push(format!("law 4: pass, and `{}` has no data", expectation.text));
        }
    }
    let has_fault = trace.plan.workflow().is_some_and(|workflow| {
        workflow
            .steps
            .iter()
            .any(|step| matches!(step.run, Run::Fault(_)))
    });
    if has_fault && judgement.injections.is_empty() {
        found.push("law 4: pass, and no fault was injected".to_owned());
    }
    // What really happened, by the world's own word.
    for line in &operations.lines {
        if let Line::Operation { text, .. } = line
            && text.ends_with(" (without effect)")
            && ["freeze ", "port-add ", "disk-fill "]
                .iter()
                .any(|what| text.starts_with(what))
        {
            found.push(format!("law 4: pass, and there was `{text}`"));
        }
    }
}

/// 5. Verdict, reasons, exit code and the last event agree.
fn verdict_and_reasons_agree(trace: &Trace, outcome: &Outcome, found: &mut Vec<String>) {
    let judgement = &outcome.judgement;
    if judgement.verdict != Verdict::of(&judgement.reasons) {
        found.push(format!(
            "law 5: {:?} out of {:?}",
            judgement.verdict, judgement.reasons
        ));
    }
    if judgement.verdict == Verdict::Refused {
        found.push(format!(
            "law 5: a run can't be refused here: {:?}",
            judgement.reasons
        ));
    }
    let exit = RunReport::exit(judgement.verdict, judgement.undone);
    let wanted = match judgement.verdict {
        _ if !judgement.undone => ExitCode::NotUndone,
        Verdict::Pass => ExitCode::Pass,
        Verdict::Fail => ExitCode::Fail,
        Verdict::Inconclusive => ExitCode::Inconclusive,
        Verdict::Aborted => ExitCode::Aborted,
        Verdict::Error => ExitCode::Error,
        Verdict::Refused => ExitCode::Refused,
    };
    if exit != wanted {
        found.push(format!("law 5: exit code {exit:?} instead of {wanted:?}"));
    }
    let told = trace.events.last().map(|event| &event.what);
    let last = What::RunEnded {
        verdict: judgement.verdict,
        undone: judgement.undone,
    };
    if told != Some(&last) {
        found.push(format!("law 5: the last event is {told:?} instead of {last:?}"));
    }
}

/// 6. One action a target at a time.
fn one_action_a_target(operations: &Operations, found: &mut Vec<String>) {
    let mut busy: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &operations.lines {
        match line {
            Line::Begin {
                at,
                what,
                instance,
                id,
            } => {
                let others = busy.entry(instance).or_default();
                if !others.is_empty() {
                    found.push(format!(
                        "law 6: at {} {what} of `{id}` began on `{instance}` beside {others:?}",
                        at.0
                    ));
                }
                others.push(id);
            }
            Line::End { instance, id, .. } => {
                if let Some(others) = busy.get_mut(instance.as_str())
                    && let Some(place) = others.iter().position(|other| *other == id.as_str())
                {
                    others.remove(place);
                }
            }
            _ => {}
        }
    }
}

/// 7. After the abort nothing new begins. A call that began in the same moment was on its way.
fn nothing_new_after_the_abort(operations: &Operations, found: &mut Vec<String>) {
    let mut aborted: Option<Moment> = None;
    for line in &operations.lines {
        match line {
            Line::Event { at, kind, .. } if kind == "aborting" => {
                aborted.get_or_insert(*at);
            }
            Line::Event { kind, text, .. }
                if aborted.is_some()
                    && ["step_started", "heal_started", "step_active"].contains(&kind.as_str()) =>
            {
                found.push(format!("law 7: after the abort came {text}"));
            }
            Line::Journal { what, id, .. } if aborted.is_some() && what == "intent" => {
                found.push(format!("law 7: after the abort the intent of `{id}` was written"));
            }
            Line::Begin { at, what, id, .. }
                if aborted.is_some_and(|abort| *at > abort)
                    && ["prepare", "apply", "heal"].contains(&what.as_str()) =>
            {
                found.push(format!("law 7: after the abort {what} of `{id}` began"));
            }
            _ => {}
        }
    }
}

/// 8. What stands when all is taken back is taken back newest first. Faults of one step are one age.
fn undone_newest_first(trace: &Trace, found: &mut Vec<String>) {
    let mut ages: BTreeMap<String, usize> = BTreeMap::new();
    let mut undoing = false;
    let mut before: BTreeSet<String> = BTreeSet::new();
    let mut youngest: Option<usize> = None;
    for (place, event) in trace.events.iter().enumerate() {
        match &event.what {
            What::StepStarted { step, .. } => {
                ages.insert(step.clone(), place);
            }
            What::Stage {
                stage: Stage::Undoing,
            } => undoing = true,
            What::UndoStarted { injection } if !undoing => {
                before.insert(injection.0.clone());
            }
            What::UndoStarted { injection } if !before.contains(&injection.0) => {
                let step = injection.0.split('/').next().unwrap_or_default();
                let Some(&age) = ages.get(step) else {
                    found.push(format!(
                        "law 8: `{injection}` is undone, and its step never started"
                    ));
                    continue;
                };
                if youngest.is_some_and(|youngest| youngest < age) {
                    found.push(format!(
                        "law 8: `{injection}` is taken back after something older"
                    ));
                }
                youngest = Some(age);
            }
            _ => {}
        }
    }
}

/// 9. The run ends within its bound; its deadline ends what it is about.
fn ends_in_time(trace: &Trace, outcome: &Outcome, found: &mut Vec<String>) {
    if outcome.duration > trace.bound {
        found.push(format!(
            "law 9: it took {:?}, the bound is {:?}",
            outcome.duration, trace.bound
        ));
    }
    let entered = |wanted: Stage| {
        let is = |what: &What| matches!(what, What::Stage { stage } if *stage == wanted);
        trace
            .events
            .iter()
            .find(|event| is(&event.what))
            .map(|event| event.at)
    };
    let deadline = trace
        .plan
        .workflow()
        .and_then(|workflow| workflow.limits.deadline);
    if let (Some(deadline), Some(from), Some(to)) =
        (deadline, entered(Stage::Acting), entered(Stage::Undoing))
        && trace.jumps == 0
        && to.saturating_sub(from) > deadline + std::time::Duration::from_millis(200)
    {
        found.push(format!(
            "law 9: it acted for {:?}, the deadline is {deadline:?}",
            to.saturating_sub(from)
        ));
    }
}

/// 11. Where the steady state was not reached, nothing was touched.
fn no_steady_state_no_touch(
    trace: &Trace,
    outcome: &Outcome,
    operations: &Operations,
    found: &mut Vec<String>,
) {
    let reached = !outcome
        .judgement
        .reasons
        .iter()
        .any(|one| one.code == ReasonCode::SteadyStateNotReached);
    let acting = trace
        .events
        .iter()
        .any(|event| matches!(event.what, What::Stage { stage: Stage::Acting }));
    if reached && acting {
        return;
    }
    for line in &operations.lines {
        match line {
            Line::Begin { what, id, .. } => {
                found.push(format!("law 11: no steady state, and {what} of `{id}` began"))
            }
            Line::Journal { what, id, .. } if what == "intent" => {
                found.push(format!(
                    "law 11: no steady state, and the journal has an intent of `{id}`"
                ));
            }
            _ => {}
        }
    }
}

/// 12. What is watched is over in the end, and in its time: whoever watches would end a run that works.
fn watched_in_time(trace: &Trace, operations: &Operations, found: &mut Vec<String>) {
    let mut armed: BTreeMap<&str, Moment> = BTreeMap::new();
    for line in &operations.lines {
        match line {
            Line::Arm { id, until } => {
                armed.insert(id, *until);
            }
            Line::Disarm { at, id } => match armed.remove(id.as_str()) {
                Some(until) if *at > until && trace.jumps == 0 => {
                    found.push(format!(
                        "law 12: `{id}` was over {:?} after its time",
                        at.since(until)
                    ));
                }
                _ => {}
            },
            _ => {}
        }
    }
    if !armed.is_empty() {
        found.push(format!("law 12: {armed:?} are still watched after the end"));
    }
}

/// 13. Events are numbered without gaps, their times don't go back, and what begins ends, once.
fn events_are_whole(trace: &Trace, outcome: &Outcome, found: &mut Vec<String>) {
    let mut steps: BTreeMap<&str, i32> = BTreeMap::new();
    let mut undos: BTreeMap<&str, i32> = BTreeMap::new();
    let mut at = std::time::Duration::ZERO;
    for (number, event) in (1..).zip(&trace.events) {
        if event.sequence != number || event.at < at {
            found.push(format!("law 13: event {number} is {event:?}"));
        }
        at = event.at;
        match &event.what {
            What::StepEnded { step, .. } => *steps.entry(step).or_default() += 1,
            What::UndoStarted { injection } => *undos.entry(&injection.0).or_default() += 1,
            What::UndoEnded { injection, .. } => *undos.entry(&injection.0).or_default() -= 1,
            _ => {}
        }
    }
    if steps.values().any(|count| *count != 1) {
        found.push(format!("law 13: steps ended more than once: {steps:?}"));
    }
    if undos.values().any(|count| *count != 0) {
        found.push(format!("law 13: undos without beginning or end: {undos:?}"));
    }
    let started = trace.events.iter().filter_map(|event| match &event.what {
        What::StepStarted { step, .. } => Some(step.as_str()),
        _ => None,
    });
    for step in started {
        if !steps.contains_key(step) {
            found.push(format!("law 13: `{step}` started and never ended"));
        }
    }
    if outcome.events != trace.events {
        found.push("law 13: the outcome has other events than were told".to_owned());
    }
}
