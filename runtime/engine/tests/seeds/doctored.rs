//! The laws see what they are about: a trace that kept them and was then changed by hand breaks one.

use rescc_core::event::{Stage, What};
use rescc_core::verdict::{ReasonCode, Verdict};
use rescc_engine::driver::Outcome;
use rescc_engine::journal::Entry;

use crate::generate::Scenario;
use crate::laws;
use crate::rig::{self, Ended, Trace};

/// The seeds among which one is looked for that a change fits.
const SEEDS: u64 = 1_000;

/// Breaks a law in a trace; `false` where the trace has nothing to break it with.
type Doctor = fn(&mut Trace) -> bool;

const DOCTORS: [(&str, Doctor); 16] = [
    ("law 1: ", |trace| {
        edit(trace, "~ durable intent ", "~ lost intent ")
    }),
    ("law 1: ", |trace| {
        let at = trace.log.last().map(|(at, _)| *at).unwrap_or_default();
        trace.log.push((at, "freeze web-1".to_owned()));
        true
    }),
    ("law 2: ", |trace| {
        let settled = |entry: &Entry| matches!(entry, Entry::Mark { .. });
        let place = trace
            .entries
            .iter()
            .rposition(|appended| settled(&appended.entry));
        place.map(|place| trace.entries.remove(place)).is_some()
    }),
    ("law 3: ", |trace| {
        trace.swept.push("`web-1` is held still".to_owned());
        outcome(trace).judgement.undone
    }),
    ("law 4: ", |trace| {
        let judgement = &mut outcome(trace).judgement;
        judgement
            .injections
            .iter_mut()
            .for_each(|one| one.evidence.clear());
        judgement.verdict == Verdict::Pass && !judgement.injections.is_empty()
    }),
    ("law 4: ", |trace| {
        let at = trace.log.last().map(|(at, _)| *at).unwrap_or_default();
        trace.log.push((at, "freeze web-1 (without effect)".to_owned()));
        outcome(trace).judgement.verdict == Verdict::Pass
    }),
    ("law 5: ", |trace| {
        let judgement = &mut outcome(trace).judgement;
        judgement.verdict = if judgement.verdict == Verdict::Pass {
            Verdict::Fail
        } else {
            Verdict::Pass
        };
        true
    }),
    ("law 6: ", |trace| {
        insert_after(trace, "~ begin apply web-1 ", "~ begin heal web-1 heal/99")
    }),
    ("law 7: ", |trace| {
        let line = r#"~ event 0 0 {"event":"step_started","step":"rest1","action":"","targets":[]}"#;
        let aborting = trace
            .log
            .iter()
            .find(|(_, line)| line.contains(r#"{"event":"aborting""#))
            .cloned();
        aborting.is_some_and(|(_, aborting)| insert_after(trace, &aborting, line))
    }),
    ("law 7: ", |trace| {
        let end = trace.log.last().map(|(at, _)| *at).unwrap_or_default();
        trace.log.push((end, "~ begin heal web-1 heal/99".to_owned()));
        trace
            .log
            .iter()
            .any(|(_, line)| line.contains(r#"{"event":"aborting""#))
    }),
    ("law 8: ", |trace| {
        let undoing = |what: &What| {
            matches!(
                what,
                What::Stage {
                    stage: Stage::Undoing
                }
            )
        };
        let Some(from) = trace.events.iter().position(|event| undoing(&event.what)) else {
            return false;
        };
        let undos: Vec<usize> = (from..trace.events.len())
            .filter(|place| matches!(trace.events[*place].what, What::UndoStarted { .. }))
            .collect();
        let (Some(&first), Some(&last)) = (undos.first(), undos.last()) else {
            return false;
        };
        let step = |place: usize| match &trace.events[place].what {
            What::UndoStarted { injection } => injection.0.split('/').next().map(str::to_owned),
            _ => None,
        };
        let differ = step(first) != step(last);
        let swapped = trace.events[first].what.clone();
        trace.events[first].what = std::mem::replace(&mut trace.events[last].what, swapped);
        differ
    }),
    ("law 9: ", |trace| {
        trace.bound = std::time::Duration::ZERO;
        true
    }),
    ("law 11: ", |trace| {
        let reached = |outcome: &Outcome| {
            !outcome
                .judgement
                .reasons
                .iter()
                .any(|reason| reason.code == ReasonCode::SteadyStateNotReached)
        };
        trace.log.insert(
            0,
            (
                rescc_core::time::Moment(0),
                "~ begin prepare web-1 strike1/web-1".to_owned(),
            ),
        );
        !reached(outcome(trace))
    }),
    ("law 12: ", |trace| remove(trace, "~ disarm ")),
    ("law 13: ", |trace| {
        trace.events.remove(1);
        true
    }),
    ("law 13: ", |trace| {
        let place = trace
            .events
            .iter()
            .position(|event| matches!(event.what, What::StepEnded { .. }));
        let Some(event) = place.map(|place| trace.events[place].clone()) else {
            return false;
        };
        trace.events.push(event);
        true
    }),
];

fn outcome(trace: &mut Trace) -> &mut Outcome {
    match &mut trace.ended {
        Ended::By(outcome) => outcome,
        other => panic!("it did not end: {other:?}"),
    }
}

fn edit(trace: &mut Trace, from: &str, to: &str) -> bool {
    let line = trace.log.iter_mut().find(|(_, line)| line.starts_with(from));
    line.map(|(_, line)| *line = line.replacen(from, to, 1)).is_some()
}

fn remove(trace: &mut Trace, line: &str) -> bool {
    let place = trace.log.iter().position(|(_, other)| other.starts_with(line));
    place.map(|place| trace.log.remove(place)).is_some()
}

fn insert_after(trace: &mut Trace, line: &str, new: &str) -> bool {
    let Some(place) = trace.log.iter().position(|(_, other)| other.starts_with(line)) else {
        return false;
    };
    let at = trace.log[place].0;
    trace.log.insert(place + 1, (at, new.to_owned()));
    true
}

#[test]
fn every_law_can_be_broken() {
    for (number, (law, doctor)) in DOCTORS.into_iter().enumerate() {
        let broken = (0..SEEDS).find_map(|seed| {
            let mut trace = rig::run(&Scenario::of(seed));
            doctor(&mut trace).then(|| laws::broken(&trace))
        });
        let broken = broken.expect("a seed that it fits");
        assert!(
            broken.iter().any(|found| found.starts_with(law)),
            "change {number} for {law}: {broken:?}"
        );
    }
}
