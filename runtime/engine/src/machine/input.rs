//! What goes into the machine and what comes out.

use rescc_core::action;
use rescc_core::error::Failure;
use rescc_core::event::What;
use rescc_core::names::InjectionId;
use rescc_core::program::Call;
use rescc_core::resource::Change;
use rescc_core::undo::{UndoRecord, UndoState, Undone};
use rescc_core::verdict::ReasonCode;
use rescc_slo::Sample;

/// What has happened.
#[derive(Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// An instance has changed.
    Instance(Change),
    /// A probe has asked.
    Sample {
        /// Which probe.
        probe: String,
        /// What it saw.
        sample: Sample,
    },
    /// A probe could not ask.
    ProbeError {
        /// Which probe.
        probe: String,
        /// Why.
        why: String,
    },
    /// A probe did not ask, since too many of its questions were open.
    ProbeDropped {
        /// Which probe.
        probe: String,
    },
    /// Answers [`Effect::Prepare`]: the payload of the undo record.
    Prepared {
        /// Which injection.
        injection: usize,
        /// The payload.
        result: Result<serde_json::Value, Failure>,
    },
    /// Answers [`Effect::Record`].
    Recorded {
        /// Which injection.
        injection: usize,
        /// Whether it is durable.
        result: Result<(), Failure>,
    },
    /// Answers [`Effect::Apply`].
    Applied {
        /// Which injection.
        injection: usize,
        /// Whether it was asked for.
        result: Result<(), Failure>,
    },
    /// Answers [`Effect::Look`].
    Looked {
        /// Which injection.
        injection: usize,
        /// Whether it bites.
        result: Result<action::Effect, Failure>,
    },
    /// Answers [`Effect::Undo`]: undone and verified.
    Undone {
        /// Which injection.
        injection: usize,
        /// What it came to.
        result: Result<Undone, Failure>,
    },
    /// Answers [`Effect::Heal`].
    Healed {
        /// Which.
        heal: HealKey,
        /// What it came to.
        result: Result<Undone, Failure>,
    },
    /// Somebody wants the run to end.
    Interrupt(Interrupt),
    /// Something without which the run can't go on is gone.
    Lost {
        /// What.
        code: ReasonCode,
        /// In words.
        why: String,
    },
}

/// Who wants the run to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// A signal, by name.
    Signal(String),
    /// The stop command.
    Stop,
}

/// Which heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HealKey(pub usize);

/// What must be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Look whether a fault can be done. Answered by [`Input::Prepared`].
    Prepare {
        /// Which injection.
        injection: usize,
    },
    /// Make the undo durable. Answered by [`Input::Recorded`].
    Record {
        /// Which injection.
        injection: usize,
        /// How it is taken back.
        undo: UndoRecord,
    },
    /// Do it. Answered by [`Input::Applied`].
    Apply {
        /// Which injection.
        injection: usize,
    },
    /// Look whether it bites. Answered by [`Input::Looked`].
    Look {
        /// Which injection.
        injection: usize,
    },
    /// Take it back, and verify that. Answered by [`Input::Undone`].
    Undo {
        /// Which injection.
        injection: usize,
        /// How.
        undo: UndoRecord,
    },
    /// Note how its undo stands. Not answered: an undo never depends on being able to write.
    Mark {
        /// Which.
        injection: InjectionId,
        /// How.
        state: UndoState,
    },
    /// Heal an instance. Answered by [`Input::Healed`].
    Heal {
        /// Which heal.
        heal: HealKey,
        /// The action.
        call: Call,
        /// The instance.
        instance: String,
    },
    /// Tell what happened.
    Emit(What),
}
