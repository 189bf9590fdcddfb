//! The report of a run: the contract behind every format.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{Event, StepOutcome};
use crate::expr::Truth;
use crate::names::{InjectionId, RunId};
use crate::time::{WallTime, as_nanos, as_nanos_opt};
use crate::undo::UndoState;
use crate::value::Value;
use crate::verdict::{ExitCode, Reason, Verdict};

/// The version of the JSON of reports; a new minor only adds.
pub const FORMAT_VERSION: &str = "1.0";

/// The report of a run. All times are nanoseconds since the run began unless a field says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// See [`FORMAT_VERSION`].
    pub format_version: String,
    /// The version of rescc.
    pub rescc_version: String,
    /// The run.
    pub run: RunId,
    /// The spec as the user named it.
    pub spec: String,
    /// The workflow.
    pub workflow: String,
    /// The environment.
    pub environment: String,
    /// The seed, for the same draw again.
    pub seed: u64,
    /// When it began, as wall time.
    #[serde(rename = "started_wall_ns")]
    pub started: WallTime,
    /// How long it took.
    #[serde(rename = "duration_ns", with = "as_nanos")]
    #[schemars(with = "u64")]
    pub duration: Duration,
    /// The verdict.
    pub verdict: Verdict,
    /// The exit code, as a number.
    pub exit_code: u8,
    /// Whether everything was undone and that was verified.
    pub undone: bool,
    /// What ended it before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted_by: Option<String>,
    /// Why the verdict is not pass; empty where it is.
    pub reasons: Vec<Reason>,
    /// The expectations.
    pub expectations: Vec<Expectation>,
    /// The steps.
    pub steps: Vec<StepReport>,
    /// What was injected and how it was taken back.
    pub injections: Vec<InjectionReport>,
    /// The policies.
    pub heals: Vec<HealReport>,
    /// The probes.
    pub probes: Vec<ProbeReport>,
    /// Everything that happened, in order.
    pub events: Vec<Event>,
}

/// How an expectation came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// As it was written; for an objective, its name.
    pub text: String,
    /// What it means, where the text is a name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub objective: String,
    /// Whether it was met.
    pub met: Truth,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Value>,
    /// What was wanted, in words: `>= 99%`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wanted: String,
    /// From when on it was not met.
    #[serde(
        default,
        rename = "broken_at_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub broken_at: Option<Duration>,
    /// What stood at that moment, in words: which step was active.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub during: String,
    /// How many samples it was judged on.
    pub samples: u64,
}

/// How a step came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// What it does, as written.
    pub action: String,
    /// On which instances.
    pub targets: Vec<String>,
    /// How it came out.
    pub outcome: StepOutcome,
    /// Why, or what it came to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// When it began to act.
    #[serde(
        default,
        rename = "started_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub started: Option<Duration>,
    /// When its fault bit everywhere.
    #[serde(
        default,
        rename = "active_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub active: Option<Duration>,
    /// When it ended.
    #[serde(
        default,
        rename = "ended_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub ended: Option<Duration>,
    /// From the bite to the first bad observation.
    #[serde(
        default,
        rename = "time_to_detect_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub time_to_detect: Option<Duration>,
    /// From the end of the fault until the steady state held.
    #[serde(
        default,
        rename = "time_to_recover_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub time_to_recover: Option<Duration>,
    /// From the request to undo until it was verified; the longest of its instances.
    #[serde(
        default,
        rename = "time_to_undo_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub time_to_undo: Option<Duration>,
    /// What brought recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered_by: Option<RecoveredBy>,
}

/// What brought recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredBy {
    /// The steady state was never lost.
    NeverLost,
    /// The system itself.
    System,
    /// A healing policy.
    Policy(String),
    /// A step that heals.
    Step(String),
    /// Our own undo, which is no recovery of the system.
    Undo,
}

/// One fault on one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InjectionReport {
    /// Its name.
    pub injection: InjectionId,
    /// The action.
    pub action: String,
    /// The instance.
    pub instance: String,
    /// The proof that it bit, in words; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence: String,
    /// How its undo stands.
    pub undo: UndoState,
}

/// What a policy did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealReport {
    /// Its name.
    pub policy: String,
    /// The instance.
    pub instance: String,
    /// How often it acted.
    pub actions: u32,
    /// How often the instance was well again after it had acted.
    pub helped: u32,
    /// Whether it has used up its ladder.
    pub held: bool,
}

/// What a probe saw, over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// Its name.
    pub name: String,
    /// How many observations.
    pub samples: u64,
    /// How many were good.
    pub good: u64,
    /// How often it could not ask at all.
    pub errors: u64,
    /// Observations that were not begun because too many were under way.
    pub dropped: u64,
    /// The share of good ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// The median latency.
    #[serde(
        default,
        rename = "latency_p50_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub latency_p50: Option<Duration>,
    /// The 95th percentile.
    #[serde(
        default,
        rename = "latency_p95_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub latency_p95: Option<Duration>,
    /// The 99th percentile.
    #[serde(
        default,
        rename = "latency_p99_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub latency_p99: Option<Duration>,
    /// The run in equal slices, for a plot.
    pub slices: Vec<Slice>,
}

/// One slice of a probe's run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// When it begins.
    #[serde(rename = "from_ns", with = "as_nanos")]
    #[schemars(with = "u64")]
    pub from: Duration,
    /// Good observations in it.
    pub good: u64,
    /// Bad ones.
    pub bad: u64,
    /// The greatest latency in it.
    #[serde(
        default,
        rename = "latency_max_ns",
        with = "as_nanos_opt",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<u64>")]
    pub latency_max: Option<Duration>,
}

// === impl RunReport ===

impl RunReport {
    /// The exit code: what is not undone comes before any verdict.
    #[must_use]
    pub fn exit(verdict: Verdict, undone: bool) -> ExitCode {
        if undone {
            verdict.exit_code()
        } else {
            ExitCode::NotUndone
        }
    }
}
