//! What happens in a run, as it happens.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::{InjectionId, RunId};
use crate::resource::Change;
use crate::time::{WallTime, as_nanos};
use crate::verdict::Verdict;

/// The version of the JSON of events; a new minor only adds.
pub const FORMAT_VERSION: &str = "1.0";

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// See [`FORMAT_VERSION`].
    pub format_version: String,
    /// The run.
    pub run: RunId,
    /// Its number in the run, from 1, without gaps.
    pub sequence: u64,
    /// The time since the run began, in nanoseconds.
    #[serde(rename = "at_ns", with = "as_nanos")]
    #[schemars(with = "u64")]
    pub at: Duration,
    /// The wall time, in nanoseconds since 1970.
    #[serde(rename = "wall_ns")]
    pub wall: WallTime,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The run began.
    RunStarted {
        /// The workflow.
        workflow: String,
        /// The environment.
        environment: String,
        /// The seed.
        seed: u64,
    },
    /// The run entered a stage.
    Stage {
        /// Which.
        stage: Stage,
    },
    /// An instance changed.
    Instance {
        /// How.
        change: Change,
    },
    /// A step began to act.
    StepStarted {
        /// Which.
        step: String,
        /// What it does, as written.
        action: String,
        /// On which instances.
        targets: Vec<String>,
    },
    /// A step's fault bites everywhere.
    StepActive {
        /// Which.
        step: String,
        /// The proof, in words.
        evidence: String,
    },
    /// A step ended.
    StepEnded {
        /// Which.
        step: String,
        /// How.
        outcome: StepOutcome,
        /// Why, or what it came to.
        detail: String,
    },
    /// An undo began.
    UndoStarted {
        /// Of what.
        injection: InjectionId,
    },
    /// An undo ended.
    UndoEnded {
        /// Of what.
        injection: InjectionId,
        /// Whether it was verified.
        verified: bool,
        /// What was found and done.
        detail: String,
    },
    /// A policy acts.
    HealStarted {
        /// Which policy.
        policy: String,
        /// On which instance.
        instance: String,
        /// What it does.
        action: String,
    },
    /// A policy's action ended.
    HealEnded {
        /// Which policy.
        policy: String,
        /// On which instance.
        instance: String,
        /// Whether the action itself succeeded.
        succeeded: bool,
        /// What was found and done.
        detail: String,
    },
    /// A policy has used up its ladder.
    HealHeld {
        /// Which policy.
        policy: String,
        /// On which instance.
        instance: String,
    },
    /// The steady state was found to hold, or not to hold any more.
    SteadyState {
        /// Whether it holds.
        holds: bool,
    },
    /// A probe could not ask.
    ProbeError {
        /// Which probe.
        probe: String,
        /// Why.
        why: String,
    },
    /// The run is being ended before its time.
    Aborting {
        /// Why.
        why: String,
    },
    /// The run ended.
    RunEnded {
        /// The verdict.
        verdict: Verdict,
        /// Whether everything was undone.
        undone: bool,
    },
}

/// The stages of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The environment is brought up.
    Starting,
    /// The time before the first fault: probes ask, the steady state must hold.
    Observing,
    /// The steps.
    Acting,
    /// The steps are done: the system recovers by itself, faults without a duration still stand.
    Recovering,
    /// What is open is taken back.
    Undoing,
    /// The steady state must hold again.
    Settling,
    /// The environment is taken down.
    Stopping,
    /// Over.
    Done,
}

/// How a step came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It did what it should.
    Passed,
    /// It did not.
    Failed,
    /// It never started.
    Skipped,
    /// The run ended before it did.
    Aborted,
}

// === impl StepOutcome ===

impl StepOutcome {
    /// Its word in the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Aborted => "aborted",
        }
    }
}

// === impl Stage ===

impl Stage {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Observing => "observing",
            Self::Acting => "acting",
            Self::Recovering => "recovering",
            Self::Undoing => "undoing",
            Self::Settling => "settling",
            Self::Stopping => "stopping",
            Self::Done => "done",
        }
    }
}
