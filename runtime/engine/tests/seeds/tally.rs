//! What the seeds came to, so that a generator that has gone blind shows.

use std::collections::BTreeMap;

use rescc_core::report::RecoveredBy;
use rescc_core::undo::UndoState;

use crate::rig::{Ended, Trace};

/// What must be reached by some seed.
const INTERESTING: [&str; 31] = [
    "verdict pass",
    "verdict fail",
    "verdict inconclusive",
    "verdict aborted",
    "verdict error",
    "reason EffectLapsed",
    "reason NoEffect",
    "reason NotInjected",
    "reason ProbeError",
    "reason JournalFailed",
    "reason SteadyStateNotReached",
    "reason SteadyStateLost",
    "reason RecoveredOnlyByUndo",
    "reason DeadlinePassed",
    "reason AbortCondition",
    "reason KeeperLost",
    "reason Interrupted",
    "reason Stopped",
    "reason WaitTimedOut",
    "reason HealFailed",
    "reason NoData",
    "not undone",
    "undo failed",
    "undo that had to act",
    "injection that was never applied",
    "step that was tried again",
    "recovered by a policy",
    "recovered by a step",
    "recovered by the system",
    "policy that gave up",
    "clock that jumped",
];

/// How many seeds came to what.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    seeds: u64,
    simulated: std::time::Duration,
    seen: BTreeMap<String, u64>,
}

// === impl Tally ===

impl Tally {
    pub(crate) fn add(&mut self, trace: &Trace) {
        self.seeds += 1;
        let Ended::By(outcome) = &trace.ended else { return };
        self.simulated += outcome.duration;
        let judgement = &outcome.judgement;
        let mut seen = vec![format!("verdict {}", judgement.verdict)];
        seen.extend(
            judgement
                .reasons
                .iter()
                .map(|reason| format!("reason {:?}", reason.code)),
        );
        let mut note = |is: bool, what: &str| {
            if is {
                seen.push(what.to_owned());
            }
        };
        note(!judgement.undone, "not undone");
        note(trace.jumps > 0, "clock that jumped");
        note(
            judgement.heals.iter().any(|heal| heal.held),
            "policy that gave up",
        );
        for one in &judgement.injections {
            match &one.undo {
                UndoState::Failed { .. } => note(true, "undo failed"),
                UndoState::Verified { acted, .. } => note(*acted, "undo that had to act"),
                UndoState::NotApplied => note(true, "injection that was never applied"),
                UndoState::Open => note(true, "undo that is open"),
            }
            note(
                one.injection.0.matches('/').count() == 2,
                "step that was tried again",
            );
        }
        for step in &judgement.steps {
            match &step.recovered_by {
                Some(RecoveredBy::Policy(_)) => note(true, "recovered by a policy"),
                Some(RecoveredBy::Step(_)) => note(true, "recovered by a step"),
                Some(RecoveredBy::System) => note(true, "recovered by the system"),
                Some(RecoveredBy::Undo) => note(true, "recovered by an undo"),
                Some(RecoveredBy::NeverLost) => note(true, "never lost"),
                None => {}
            }
        }
        seen.sort();
        seen.dedup();
        for what in seen {
            *self.seen.entry(what).or_default() += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.simulated += other.simulated;
        for (what, count) in &other.seen {
            *self.seen.entry(what.clone()).or_default() += count;
        }
    }

    /// What no seed came to, and should.
    pub(crate) fn unseen(&self) -> Vec<&'static str> {
        INTERESTING
            .into_iter()
            .filter(|what| !self.seen.contains_key(*what))
            .collect()
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} seeds, {}s of simulated time",
            self.seeds,
            self.simulated.as_secs()
        )?;
        for (what, count) in &self.seen {
            let length = (count * 40).div_ceil(self.seeds.max(1)) as usize;
            writeln!(f, "{what:>36} {count:>6} {}", "#".repeat(length))?;
        }
        Ok(())
    }
}
