//! The catalogue: plain data about each action, probe, locator and environment. The checker, the plan, the
//! documentation and completion speak from it; nothing in it does anything.

use std::time::Duration;

use serde::Serialize;

use crate::names::Str;
use crate::time::as_nanos;
use crate::value::{Type, Value};

/// All that a build of rescc knows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Catalogue {
    /// The actions, sorted by name.
    pub actions: Vec<ActionSpec>,
    /// The kinds of probes, sorted by name.
    pub probes: Vec<ProbeSpec>,
    /// The environments, sorted by name.
    pub adapters: Vec<AdapterSpec>,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActionSpec {
    /// Its name in the language.
    pub name: Str,
    /// What sort of action it is.
    pub kind: ActionKind,
    /// One sentence that says what it does.
    pub summary: Str,
    /// Its parameters; the first is written without its name.
    pub parameters: Vec<ParameterSpec>,
    /// How what it does is taken back.
    pub undo: UndoKind,
    /// What it needs for itself alone on its target: two actions that claim the same can't run at once there.
    pub claims: Vec<Claim>,
    /// What it changes on its target that a condition can read.
    pub changes: Vec<Changes>,
    /// The powers an environment must have.
    pub needs: Vec<Power>,
    /// The longest it may take to apply on one instance.
    #[serde(with = "as_nanos")]
    pub time_limit: Duration,
    /// The longest its undo and the proof of it may take on one instance.
    #[serde(with = "as_nanos")]
    pub undo_limit: Duration,
}

/// What sort of action it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Breaks something that lasts until it is undone: `pause`, `latency`.
    LastingFault,
    /// Breaks something in a moment: `kill`.
    MomentaryFault,
    /// Mends the system: `restart`.
    Heal,
    /// Steers the workflow: `wait`, `sleep`, `undo`.
    Flow,
}

/// A parameter of an action, a probe, a locator or an environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterSpec {
    /// Its name.
    pub name: Str,
    /// What it takes.
    #[serde(rename = "takes")]
    pub ty: Type,
    /// What it means, in one sentence.
    pub summary: Str,
    /// What it is where it is left out; `None` for what must be given or is simply absent.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
    /// The least value, in the unit of [`Value::magnitude`].
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
}

/// How what an action does is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// rescc takes it back and verifies it.
    Automatic,
    /// There is nothing to take back.
    Nothing,
    /// It can't be taken back: the spec must accept that.
    Impossible,
}

/// What an action needs for itself alone on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// Whether it runs at all.
    Process,
    /// Its traffic.
    Network,
    /// The room of a file system.
    Disk,
}

/// What an action changes on its target that a condition can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changes {
    /// `healthy`
    Health,
    /// `phase`
    Phase,
}

/// A power that an environment has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Start, stop and restart instances.
    Lifecycle,
    /// Send signals.
    Signals,
    /// Hold instances still.
    Freeze,
    /// Faults in front of an instance's ports.
    Ports,
    /// Take up room on a file system.
    Disk,
}

/// A kind of probe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProbeSpec {
    /// Its name in the language.
    pub name: Str,
    /// One sentence that says what it asks.
    pub summary: Str,
    /// Its parameters; the first is written without its name.
    pub parameters: Vec<ParameterSpec>,
    /// The fields of its answer, which `success` judges as `it`.
    pub answer: Vec<AnswerField>,
    /// What is a success where the spec does not say, as it would be written.
    pub default_success: Str,
    /// Which measures it has besides `success_rate`, `error_rate`, `latency` and `throughput`: whether its
    /// answers carry a value.
    pub has_value: bool,
}

/// A field of what a condition judges.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerField {
    /// Its name.
    pub name: Str,
    /// What it is.
    #[serde(rename = "is")]
    pub ty: Type,
    /// Whether it is asked with one text in parentheses: `header("x")`.
    pub takes_key: bool,
    /// What it means.
    pub summary: Str,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterSpec {
    /// Its name in the language.
    pub name: Str,
    /// One sentence that says what it is.
    pub summary: Str,
    /// Its settings: fields of the `environment` block.
    pub settings: Vec<ParameterSpec>,
    /// How `bind` finds or makes a resource.
    pub locators: Vec<LocatorSpec>,
    /// Whether it starts what it binds (then every resource must be bound), or finds what is there.
    pub starts: bool,
    /// Its powers.
    pub powers: Vec<Power>,
}

/// How `bind` finds or makes a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocatorSpec {
    /// Its name.
    pub name: Str,
    /// One sentence.
    pub summary: Str,
    /// Its parameters; the first is written without its name.
    pub parameters: Vec<ParameterSpec>,
    /// The powers it lacks unless a parameter is given: with it, `(power, parameter)` says that faults which
    /// need the power are refused on resources whose locator leaves the parameter out.
    pub powers_by_parameter: Vec<(Power, Str)>,
    /// Names that texts of its parameters may take in, besides parameters of the spec: `port.*`.
    pub late_names: Vec<Str>,
}

// === impl ParameterSpec ===

impl ParameterSpec {
    /// A parameter that must be given.
    #[must_use]
    pub fn required(name: &'static str, ty: Type, summary: &'static str) -> Self {
        Self {
            required: true,
            ..Self::optional(name, ty, summary)
        }
    }

    /// A parameter that may be left out.
    #[must_use]
    pub fn optional(name: &'static str, ty: Type, summary: &'static str) -> Self {
        Self {
            name: Str::Borrowed(name),
            ty,
            summary: Str::Borrowed(summary),
            default: None,
            required: false,
            min: None,
            max: None,
        }
    }

    /// What it is where it is left out.
    #[must_use]
    pub fn or(mut self, default: Value) -> Self {
        self.default = Some(default);
        self
    }

    /// The least and the greatest value.
    #[must_use]
    pub fn within(mut self, min: f64, max: f64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }

    /// The least value.
    #[must_use]
    pub fn at_least(mut self, min: f64) -> Self {
        self.min = Some(min);
        self
    }
}

// === impl Catalogue ===

impl Catalogue {
    /// Sorts it by names, so that the order of registration does not show.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.actions.sort_by(|a, b| a.name.cmp(&b.name));
        self.probes.sort_by(|a, b| a.name.cmp(&b.name));
        self.adapters.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// An action by name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&ActionSpec> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// A kind of probe by name.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<&ProbeSpec> {
        self.probes.iter().find(|probe| probe.name == name)
    }

    /// An environment by name.
    #[must_use]
    pub fn adapter(&self, name: &str) -> Option<&AdapterSpec> {
        self.adapters.iter().find(|adapter| adapter.name == name)
    }
}

// === impl ActionSpec ===

impl ActionSpec {
    /// Whether it is a fault.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self.kind, ActionKind::LastingFault | ActionKind::MomentaryFault)
    }

    /// A parameter by name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&ParameterSpec> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

// === impl AdapterSpec ===

impl AdapterSpec {
    /// A locator by name.
    #[must_use]
    pub fn locator(&self, name: &str) -> Option<&LocatorSpec> {
        self.locators.iter().find(|locator| locator.name == name)
    }
}

// === impl Power ===

impl Power {
    /// What it is, as a fragment: "faults in front of ports".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Lifecycle => "starting and stopping instances",
            Self::Signals => "sending signals",
            Self::Freeze => "holding instances still",
            Self::Ports => "faults in front of ports",
            Self::Disk => "taking up room on a file system",
        }
    }
}
