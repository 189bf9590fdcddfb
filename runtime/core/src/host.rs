//! Processes with a parent that outlives the runner.

use std::collections::BTreeMap;
use std::path::PathBuf;

use futures_util::stream::BoxStream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::async_trait;
use crate::error::Failure;

/// A process that can't be mistaken for another: its number alone is given again, with its start time and the
/// boot it is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ProcessIdentity {
    /// Its number.
    pub pid: i32,
    /// When it started: clock ticks since boot, field 22 of `/proc/PID/stat` (proc(5)).
    pub start_ticks: u64,
    /// Which boot: `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
}

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnRequest {
    /// The instance it is for; unique among what lives.
    pub instance: String,
    /// The program and its arguments; at least the program.
    pub command: Vec<String>,
    /// Variables that are set besides the inherited ones.
    pub environment: BTreeMap<String, String>,
    /// Where it starts.
    pub folder: PathBuf,
    /// Where its output goes, appended.
    pub output: PathBuf,
}

/// What the journal notes of a process before its program runs, so that whoever comes after a dead run finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessNote {
    /// What sort of note it is.
    pub kind: ProcessNoteKind,
    /// Which process.
    pub identity: ProcessIdentity,
    /// The instance that it is for.
    pub instance: String,
}

/// The one sort of note that tells of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessNoteKind {
    /// `process`
    Process,
}

/// The end of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Which process.
    pub identity: ProcessIdentity,
    /// How it ended.
    pub status: ExitStatus,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// By itself, with a code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// Whoever is the parent of a run's processes: the keeper.
///
/// A process is spawned through a gate: it does not run its program before its identity is in the journal. An
/// ended process keeps its number until it is released, so that no signal can hit a stranger.
#[async_trait]
pub trait ProcessHost: Send + Sync + std::fmt::Debug {
    /// Starts a process. Returns when its program runs.
    async fn spawn(&self, request: SpawnRequest) -> Result<ProcessIdentity, Failure>;

    /// The ends of processes, from now on.
    fn exits(&self) -> BoxStream<'static, Exit>;

    /// Lets the number of an ended process go.
    async fn release(&self, identity: &ProcessIdentity) -> Result<(), Failure>;

    /// Whether it is gone, and all that it was the parent of with it: nothing can be started any more.
    fn is_gone(&self) -> bool {
        false
    }
}

// === impl ProcessNote ===

impl ProcessNote {
    /// The note of a process.
    #[must_use]
    pub fn new(identity: ProcessIdentity, instance: impl Into<String>) -> Self {
        Self {
            kind: ProcessNoteKind::Process,
            identity,
            instance: instance.into(),
        }
    }

    /// Reads a note of a journal; `None` where it tells of something else.
    #[must_use]
    pub fn read(note: &serde_json::Value) -> Option<Self> {
        Self::deserialize(note).ok()
    }
}

// === impl ExitStatus ===

impl std::fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
        }
    }
}
