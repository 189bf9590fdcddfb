//! Faults and heals.
//!
//! A fault goes through *prepare, apply, verify, undo, verify undone*. These are the life-cycle steps of a
//! plugin by other names: prepare is `validate` and `pre_execute` (it reads and takes the snapshot, it changes
//! nothing), apply is `execute`, verify is `post_execute`, undo is `rollback` and `cleanup`. A fault that can't
//! be taken back says so in its [`ActionSpec`].

use std::sync::Arc;
use std::time::Duration;

use crate::async_trait;
use crate::catalogue::ActionSpec;
use crate::environment::Environment;
use crate::error::Failure;
use crate::names::InjectionId;
use crate::program::Arguments;
use crate::resource::Instance;
use crate::time::Clock;
use crate::undo::{UndoRecord, Undone};

/// What an action works with.
#[derive(Clone, Debug)]
pub struct ActionContext {
    /// The environment.
    pub environment: Arc<dyn Environment>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The instance it acts on, as it was when the action was due.
    pub instance: Instance,
    /// Its arguments, defaults put in.
    pub arguments: Arguments,
    /// The name of this injection.
    pub injection: InjectionId,
    /// How long the fault is meant to stay, where the step says it.
    pub duration: Option<Duration>,
}

/// What takes a fault back: nothing of the spec is known any more.
#[derive(Clone, Debug)]
pub struct UndoContext {
    /// The environment, opened or reopened.
    pub environment: Arc<dyn Environment>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Whether a fault bites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does, with the proof in words: what was asked and what was measured.
    Bites(String),
    /// Not yet; more time or traffic may show it.
    NotYet(String),
    /// It does not, or not any more.
    Gone(String),
}

/// A fault.
#[async_trait]
pub trait Fault: Send + Sync + std::fmt::Debug {
    /// What the catalogue says of it.
    fn spec(&self) -> ActionSpec;

    /// The version of the payload of its undo records.
    fn version(&self) -> u32 {
        1
    }

    /// Looks whether it can be done, and says what its undo must know. Changes nothing.
    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure>;

    /// Does it. May return before it bites, never before it is asked for.
    async fn apply(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<(), Failure>;

    /// Looks whether it bites. Asked after the apply and again and again until the undo.
    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure>;

    /// Takes it back. Idempotent; must work after an apply that failed half-way, and after one that never was.
    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure>;

    /// Looks whether it is really taken back; `Ok` is the proof in words.
    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure>;
}

/// A heal.
#[async_trait]
pub trait Heal: Send + Sync + std::fmt::Debug {
    /// What the catalogue says of it.
    fn spec(&self) -> ActionSpec;

    /// Does it and returns when it is done, with what was done in words; whether it helped is judged by health.
    async fn run(&self, context: &ActionContext) -> Result<Undone, Failure>;
}

/// All faults and heals of a build, by name.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    faults: Vec<Arc<dyn Fault>>,
    heals: Vec<Arc<dyn Heal>>,
}

// === impl Actions ===

impl Actions {
    /// Adds a fault.
    #[must_use]
    pub fn with_fault(mut self, fault: impl Fault + 'static) -> Self {
        self.faults.push(Arc::new(fault));
        self
    }

    /// Adds a heal.
    #[must_use]
    pub fn with_heal(mut self, heal: impl Heal + 'static) -> Self {
        self.heals.push(Arc::new(heal));
        self
    }

    /// A fault by name.
    #[must_use]
    pub fn fault(&self, name: &str) -> Option<Arc<dyn Fault>> {
        self.faults
            .iter()
            .find(|fault| fault.spec().name == name)
            .cloned()
    }

    /// A heal by name.
    #[must_use]
    pub fn heal(&self, name: &str) -> Option<Arc<dyn Heal>> {
        self.heals.iter().find(|heal| heal.spec().name == name).cloned()
    }

    /// What the catalogue says of all of them.
    #[must_use]
    pub fn specs(&self) -> Vec<ActionSpec> {
        self.faults
            .iter()
            .map(|fault| fault.spec())
            .chain(self.heals.iter().map(|heal| heal.spec()))
            .collect()
    }
}
