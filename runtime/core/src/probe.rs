//! Probes: what is asked while a workflow runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::async_trait;
use crate::catalogue::ProbeSpec;
use crate::error::Failure;
use crate::expr::ItScope;
use crate::names::RunId;
use crate::program::Arguments;
use crate::time::Clock;

/// A kind of probe.
pub trait ProbeKind: Send + Sync + std::fmt::Debug {
    /// What the catalogue says of it.
    fn spec(&self) -> ProbeSpec;

    /// A probe with its arguments. Asks nothing yet.
    ///
    /// # Errors
    /// Where the arguments make no sense together.
    fn open(&self, arguments: &Arguments, setup: &ProbeSetup) -> Result<Arc<dyn Prober>, Failure>;
}

/// What a probe is opened with.
#[derive(Clone, Debug)]
pub struct ProbeSetup {
    /// The run; what a probe starts carries it as its mark.
    pub run: RunId,
    /// Where relative paths of the spec start.
    pub folder: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Asks once.
#[async_trait]
pub trait Prober: Send + Sync + std::fmt::Debug {
    /// Asks, and gives up after `timeout`.
    ///
    /// # Errors
    /// Only where it could not ask at all (a program that is not there, no file descriptor left). A system that
    /// refuses, resets or stays silent has been asked: that is [`Answer::None`].
    async fn ask(&self, timeout: Duration) -> Result<Answer, Failure>;
}

/// What came back.
pub enum Answer {
    /// An answer, for `success` to judge.
    Some {
        /// How long it took.
        latency: Duration,
        /// Its fields.
        it: Box<dyn ItScope + Send>,
        /// The value it carries, for probes that have one.
        value: Option<f64>,
    },
    /// No answer: refused, reset, or too late. A bad observation.
    None {
        /// Why, in words.
        why: String,
    },
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Some { latency, .. } => f
                .debug_struct("Some")
                .field("latency", latency)
                .finish_non_exhaustive(),
            Self::None { why } => f.debug_struct("None").field("why", why).finish(),
        }
    }
}

/// All kinds of probes of a build.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    kinds: Vec<Arc<dyn ProbeKind>>,
}

// === impl Probes ===

impl Probes {
    /// Adds a kind.
    #[must_use]
    pub fn with(mut self, kind: impl ProbeKind + 'static) -> Self {
        self.kinds.push(Arc::new(kind));
        self
    }

    /// A kind by name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&dyn ProbeKind> {
        self.kinds
            .iter()
            .find(|kind| kind.spec().name == name)
            .map(AsRef::as_ref)
    }

    /// What the catalogue says of all of them.
    #[must_use]
    pub fn specs(&self) -> Vec<ProbeSpec> {
        self.kinds.iter().map(|kind| kind.spec()).collect()
    }
}
