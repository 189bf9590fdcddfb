//! Undo records: what must be done to take something back, written before it is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::InjectionId;
use crate::time::Moment;

/// How something is taken back, by a process that never saw the spec. It names only what was chosen
/// beforehand, it can be played any number of times, and it holds references to credentials, never values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndoRecord {
    /// Which injection it takes back.
    pub injection: InjectionId,
    /// Which action knows how.
    pub action: String,
    /// The version of the payload, for an action that changes it.
    pub version: u32,
    /// The instance.
    pub instance: String,
    /// What the action needs to know.
    pub payload: serde_json::Value,
    /// When it must be taken back at the latest, even if nobody asks: a moment of the boot clock.
    pub deadline: Moment,
}

/// What taking something back came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undone {
    /// Whether anything had to be done; `false` where the earlier state was already there.
    pub acted: bool,
    /// What was found and done.
    pub detail: String,
}

/// How the undo of one injection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UndoState {
    /// It is open.
    Open,
    /// It was never applied.
    NotApplied,
    /// It was taken back and that was verified.
    Verified {
        /// Whether anything had to be done.
        acted: bool,
        /// What was found and done.
        detail: String,
    },
    /// It could not be taken back, or that could not be verified.
    Failed {
        /// Why.
        why: String,
        /// The command that would.
        command: String,
    },
}

// === impl UndoState ===

impl UndoState {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::NotApplied | Self::Verified { .. })
    }
}
