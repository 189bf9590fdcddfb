//! The program: what the compiler makes of a spec, for one environment. The same spec gives the same bytes on
//! any machine.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::time::{as_nanos, as_nanos_opt};
use crate::value::Value;

/// The version of the JSON of programs and plans: `major.minor`; a new minor only adds.
pub const FORMAT_VERSION: &str = "1.0";

/// Values by parameter name.
pub type Arguments = BTreeMap<String, Value>;

/// A compiled spec, for one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// See [`FORMAT_VERSION`].
    pub format_version: String,
    /// The version of the language it was written in.
    pub language: String,
    /// What the spec says about itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Where it runs.
    pub environment: Environment,
    /// The parts of the system.
    pub resources: BTreeMap<String, Resource>,
    /// Queries over resources.
    pub selectors: BTreeMap<String, Selector>,
    /// What is asked while it runs.
    pub probes: BTreeMap<String, Probe>,
    /// The objectives.
    pub slos: BTreeMap<String, Slo>,
    /// The healing policies.
    pub heals: BTreeMap<String, HealPolicy>,
    /// The workflows.
    pub workflows: BTreeMap<String, Workflow>,
}

/// Where a program runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Its name in the spec.
    pub name: String,
    /// Which adapter it takes.
    pub adapter: String,
    /// The adapter's settings.
    pub settings: Arguments,
    /// How each resource is found or made.
    pub bind: BTreeMap<String, Locator>,
    /// A ceiling on what its workflows may do.
    pub limits: Limits,
}

/// How a resource is found or made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Locator {
    /// Which of the adapter's locators.
    pub locator: String,
    /// Its arguments, defaults put in.
    pub arguments: Arguments,
}

/// A part of the system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// How many of its instances must be healthy at any moment; a fault that would go below is not injected.
    pub min_healthy: MinHealthy,
    /// Whether no fault may touch it.
    pub protected: bool,
}

/// How many instances must be healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MinHealthy {
    /// No such limit.
    #[default]
    Any,
    /// At least that many.
    Count(u32),
    /// At least that share, rounded up.
    Share(f64),
}

/// A query over a resource's instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Selector {
    /// Whose instances.
    pub from: String,
    /// Which of them.
    #[serde(rename = "where")]
    pub filter: Option<Expr>,
    /// How many of those.
    pub pick: Pick,
}

/// How many of the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// All.
    #[default]
    All,
    /// Exactly that many.
    Count(u32),
    /// That share, rounded down, at least one.
    Share(f64),
}

/// What is asked while a workflow runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// The kind of probe.
    pub kind: String,
    /// Its arguments, defaults put in.
    pub arguments: Arguments,
    /// The time from the beginning of one observation to that of the next; observations don't wait for one
    /// another (open loop).
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub every: Duration,
    /// When an answer is too late; it then counts as bad.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub timeout: Duration,
    /// What is a good answer.
    pub success: Expr,
}

/// A service level objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slo {
    /// What must hold.
    pub objective: Expr,
    /// The objective as it was written.
    pub text: String,
    /// The period that the error budget is meant for.
    #[serde(default, with = "as_nanos_opt", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub budget_period: Option<Duration>,
    /// With fewer observations it is not judged.
    pub min_samples: u32,
}

/// A healing policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealPolicy {
    /// What it watches, instance by instance.
    pub watch: Target,
    /// When it acts; `it` is the instance.
    pub when: Expr,
    /// The condition as it was written.
    pub text: String,
    /// How long the condition must have held.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub hold: Duration,
    /// What it tries, one after the other.
    pub ladder: Vec<Call>,
    /// The attempts on each rung and the waits between them.
    pub retry: Backoff,
    /// How long it keeps still after it has helped.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub cooldown: Duration,
}

/// Waits between attempts: `first`, then doubled, never more than `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Backoff {
    /// The wait before the second attempt.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub first: Duration,
    /// The longest wait.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub max: Duration,
    /// By how much each wait is longer than the one before.
    pub factor: f64,
    /// How many attempts, the first included.
    pub attempts: u32,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workflow {
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// What must hold before the first fault and again after the last undo.
    pub steady_state: Option<Condition>,
    /// How long it may take to hold.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub settle: Duration,
    /// How long the time before the first fault is observed at least.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub observe: Duration,
    /// Any of these ends the run.
    pub abort_when: Vec<Condition>,
    /// All of these must hold in the end.
    pub expect: Vec<Condition>,
    /// The policies at work while it runs.
    pub heal: Vec<String>,
    /// Its limits, the environment's ceiling put in.
    pub limits: Limits,
    /// Its steps, in the order written.
    pub steps: Vec<Step>,
}

/// A condition and how it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// The condition.
    pub expr: Expr,
    /// As it was written.
    pub text: String,
}

/// Limits of a workflow or an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The greatest share of all instances that may be touched at one moment.
    pub blast_radius: Option<f64>,
    /// How long the workflow may take.
    #[serde(default, with = "as_nanos_opt", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub deadline: Option<Duration>,
    /// How many steps may act at once.
    pub concurrency: Option<u32>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// What it does.
    pub run: Run,
    /// How long its fault stays.
    #[serde(default, with = "as_nanos_opt", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub duration: Option<Duration>,
    /// What it waits for.
    pub after: Vec<After>,
    /// What its failing means for the workflow.
    pub on_error: OnError,
    /// Further attempts where it could not act.
    pub retry: Option<Backoff>,
    /// How long its action may take.
    #[serde(default, with = "as_nanos_opt", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub timeout: Option<Duration>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Run {
    /// A fault.
    Fault(Call),
    /// A heal.
    Heal(Call),
    /// Waits until something holds.
    Wait {
        /// What.
        until: Condition,
        /// How long at most.
        #[serde(with = "as_nanos")]
        #[schemars(with = "u64")]
        within: Duration,
    },
    /// Lets time pass.
    Sleep {
        /// How long.
        #[serde(rename = "for", with = "as_nanos")]
        #[schemars(with = "u64")]
        time: Duration,
    },
    /// Takes a fault back.
    Undo {
        /// The step of the fault.
        step: String,
    },
}

/// An action with its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// The action.
    pub action: String,
    /// On what.
    pub target: Target,
    /// The other arguments, defaults put in.
    pub arguments: Arguments,
    /// The call as it was written.
    pub text: String,
}

/// What an action acts on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// All instances of a resource.
    Resource(String),
    /// What a selector resolves to.
    Selector(String),
    /// The instance at hand.
    It,
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct After {
    /// Which step.
    pub step: String,
    /// What of it.
    pub is: StepEvent,
}

/// What of a step is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepEvent {
    /// It is done and passed.
    Passed,
    /// Its fault bites.
    Active,
    /// It failed.
    Failed,
    /// It ended, either way.
    Ended,
}

/// What a step's failing means for the workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Only steps that wait for a failing or an end still start.
    #[default]
    Abort,
    /// The workflow goes on, and the failing alone does not fail the run.
    Continue,
}

// === impl Backoff ===

impl Backoff {
    /// One attempt, no wait.
    pub const ONCE: Self = Self {
        first: Duration::ZERO,
        max: Duration::ZERO,
        factor: 1.0,
        attempts: 1,
    };

    /// The wait before an attempt, counted from 0: none before the first.
    #[must_use]
    pub fn wait_before(&self, attempt: u32) -> Duration {
        if attempt == 0 {
            return Duration::ZERO;
        }
        let exponent = i32::try_from(attempt - 1).unwrap_or(i32::MAX);
        let seconds = self.first.as_secs_f64() * self.factor.powi(exponent);
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(self.max)
            .min(self.max)
    }

    /// All waits together.
    #[must_use]
    pub fn total_wait(&self) -> Duration {
        (0..self.attempts.min(1_000)).fold(Duration::ZERO, |sum, attempt| {
            sum.saturating_add(self.wait_before(attempt))
        })
    }
}

// === impl MinHealthy ===

impl MinHealthy {
    /// How many of `all` must be healthy.
    #[must_use]
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::Any => 0,
            Self::Count(count) => count as usize,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of a count of instances"
            )]
            Self::Share(share) => (all as f64 * share).ceil().max(0.0) as usize,
        }
    }
}

// === impl Run ===

impl Run {
    /// The call, where it acts on a target.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Fault(call) | Self::Heal(call) => Some(call),
            _ => None,
        }
    }
}

// === impl Target ===

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resource(name) | Self::Selector(name) => f.write_str(name),
            Self::It => f.write_str("it"),
        }
    }
}
