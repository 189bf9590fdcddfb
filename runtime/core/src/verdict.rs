//! Verdicts and exit codes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run says about the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every expectation met, every fault bit, everything undone.
    Pass,
    /// An expectation, or the steady state after the faults, was not met; or a stop condition fired.
    Fail,
    /// Nothing can be said: too few samples, a fault without effect, a step that could not inject.
    Inconclusive,
    /// A signal, a stop command or a limit ended it.
    Aborted,
    /// The environment or the tool failed.
    Error,
    /// A limit, a lock, a check beforehand or drift said no before anything was touched.
    Refused,
}

/// The exit codes of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[repr(u8)]
pub enum ExitCode {
    /// The verdict is pass.
    Pass = 0,
    /// The verdict is fail.
    Fail = 1,
    /// The spec or the call is wrong; nothing was touched.
    Usage = 2,
    /// The verdict is inconclusive.
    Inconclusive = 3,
    /// The verdict is aborted.
    Aborted = 4,
    /// The environment or the tool failed.
    Error = 5,
    /// Something could not be undone or verified.
    NotUndone = 6,
    /// It was refused; nothing was touched.
    Refused = 7,
}

/// Why a verdict is not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The verdict that it speaks for.
    pub verdict: Verdict,
    /// Its stable name: `expectation_not_met`, `no_effect`.
    pub code: ReasonCode,
    /// In words.
    pub message: String,
    /// The step, expectation, probe or limit it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// The stable names of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// An expectation was not met.
    ExpectationNotMet,
    /// The steady state did not hold after the faults.
    SteadyStateLost,
    /// The steady state came back only by our own undo.
    RecoveredOnlyByUndo,
    /// A stop condition held.
    AbortCondition,
    /// A wait was over before its condition held.
    WaitTimedOut,
    /// A heal that is a step failed.
    HealFailed,
    /// The steady state did not hold before the first fault.
    SteadyStateNotReached,
    /// An expectation has no or too few samples.
    NoData,
    /// A probe could not ask.
    ProbeError,
    /// A fault could not be injected.
    NotInjected,
    /// A fault had no effect.
    NoEffect,
    /// A fault's effect ended before it was taken back.
    EffectLapsed,
    /// A step never started.
    StepSkipped,
    /// Nothing was done at all.
    NothingDone,
    /// A signal ended it.
    Interrupted,
    /// The stop command ended it.
    Stopped,
    /// The deadline passed.
    DeadlinePassed,
    /// The environment failed.
    EnvironmentFailed,
    /// Something could not be taken back, or that could not be verified.
    NotUndone,
    /// The journal can't be written.
    JournalFailed,
    /// The keeper is gone.
    KeeperLost,
    /// The runner is gone, the keeper finished.
    RunnerLost,
    /// A limit said no.
    Limit,
    /// The environment is not as it was planned.
    Drift,
    /// What is needed is taken.
    Conflict,
}

// === impl Verdict ===

impl Verdict {
    /// The exit code where everything was undone.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Pass => ExitCode::Pass,
            Self::Fail => ExitCode::Fail,
            Self::Inconclusive => ExitCode::Inconclusive,
            Self::Aborted => ExitCode::Aborted,
            Self::Error => ExitCode::Error,
            Self::Refused => ExitCode::Refused,
        }
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Aborted => "aborted",
            Self::Error => "error",
            Self::Refused => "refused",
        }
    }

    /// The verdict of several reasons: fail before error before aborted before inconclusive; refused stands
    /// only where nothing was touched, so nothing else can stand beside it.
    #[must_use]
    pub fn of(reasons: &[Reason]) -> Self {
        [
            Self::Fail,
            Self::Error,
            Self::Aborted,
            Self::Inconclusive,
            Self::Refused,
        ]
        .into_iter()
        .find(|verdict| reasons.iter().any(|reason| reason.verdict == *verdict))
        .unwrap_or(Self::Pass)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Reason ===

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(
        verdict: Verdict,
        code: ReasonCode,
        about: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            code,
            about: about.into(),
            message: message.into(),
        }
    }
}
