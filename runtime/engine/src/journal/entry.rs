//! What stands in a journal.

use rescc_core::host::ProcessIdentity;
use rescc_core::names::{InjectionId, RunId};
use rescc_core::program;
use rescc_core::time::{Moment, WallTime};
use rescc_core::undo::{UndoRecord, UndoState};
use rescc_core::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// The version of the journal's lines; another one is refused by readers, never guessed at.
pub(crate) const VERSION: u32 = Opened::VERSION;

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// The run exists. The first line, before anything is touched.
    Opened(Box<Opened>),
    /// Something that the environment must know to find what it made: the identity of a process.
    Note {
        /// In the environment's own form.
        note: serde_json::Value,
    },
    /// A fault is about to be applied.
    Intent {
        /// How it is taken back.
        undo: UndoRecord,
    },
    /// A fault was taken back, or was never applied, or could not be taken back.
    Mark {
        /// Which.
        injection: InjectionId,
        /// How it stands.
        state: UndoState,
    },
    /// The environment is down.
    Down {
        /// What was found and done.
        detail: String,
    },
    /// The run is over and nothing is left to do.
    Closed {
        /// The verdict.
        verdict: Verdict,
        /// Whether everything was undone.
        undone: bool,
        /// Who wrote this line: `runner`, `keeper` or `recover`.
        by: String,
    },
}

/// What is known of a run before anything is touched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// See [`Opened::VERSION`].
    pub version: u32,
    /// The version of rescc that wrote it.
    pub rescc_version: String,
    /// The run.
    pub run: RunId,
    /// The spec as the user named it.
    pub spec: String,
    /// The workflow.
    pub workflow: String,
    /// The environment, with all that is needed to open it again.
    pub environment: program::Environment,
    /// The runner.
    pub runner: ProcessIdentity,
    /// When, on the boot clock.
    pub at: Moment,
    /// When, as people write it.
    pub wall: WallTime,
}

// === impl Opened ===

impl Opened {
    /// The version of the journal's lines that this rescc writes.
    pub const VERSION: u32 = 1;
}
