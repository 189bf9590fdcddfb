//! The resource model: what an environment consists of, alike for all environments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expr::ItScope;
use crate::value::Value;

/// One instance of a resource: a process, a container, a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// Its logical name, stable over restarts: `api-2`.
    pub name: String,
    /// The resource it belongs to: `api`.
    pub resource: String,
    /// What it is, in the environment's own word: `process`.
    pub kind: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The digest of what it runs, where the environment knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Where it is in its life.
    pub phase: Phase,
    /// Whether it does its work; `None` while that is not known.
    pub healthy: Option<bool>,
    /// How often it was started again by somebody other than a step or a policy.
    #[serde(default)]
    pub restarts: u32,
    /// What the environment has to say about its state: how it ended, why it is not healthy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
}

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It does not exist yet, or not any more.
    Absent,
    /// It has been started and does not work yet.
    Starting,
    /// It runs.
    Running,
    /// It exists and is held still.
    Paused,
    /// It is about to end.
    Stopping,
    /// It has ended.
    Stopped,
}

/// All phases, with the words of the language.
pub const PHASES: [(&str, Phase); 6] = [
    ("absent", Phase::Absent),
    ("starting", Phase::Starting),
    ("running", Phase::Running),
    ("paused", Phase::Paused),
    ("stopping", Phase::Stopping),
    ("stopped", Phase::Stopped),
];

/// A change of one instance, as an environment's watch reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The instance as it is now.
    pub instance: Instance,
    /// Who brought it about.
    pub cause: Cause,
}

/// Who brought a change about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The system itself: a crash, a restart policy, its own recovery.
    System,
    /// An operation that this run asked for: a fault, a heal or an undo.
    Run,
}

// === impl Phase ===

impl Phase {
    /// Its word in the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        PHASES
            .iter()
            .find(|(_, phase)| *phase == self)
            .map_or("absent", |(word, _)| word)
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Instance ===

impl ItScope for Instance {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        match (field, argument) {
            ("name", None) => Some(Value::Text(self.name.clone())),
            ("kind", None) => Some(Value::Text(self.kind.clone())),
            ("phase", None) => Some(Value::Word(self.phase.as_str().to_owned())),
            ("healthy", None) => self.healthy.map(Value::Bool),
            ("restarts", None) => Some(Value::Count(i64::from(self.restarts))),
            ("image", None) => self.image.clone().map(Value::Text),
            ("label", Some(key)) => self.labels.get(key).cloned().map(Value::Text),
            ("has_label", Some(key)) => Some(Value::Bool(self.labels.contains_key(key))),
            _ => None,
        }
    }
}
