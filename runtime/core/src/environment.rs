//! Environments and their powers.
//!
//! An environment lists and watches its instances, and has some of the powers below. An action is written once,
//! against powers; an environment never knows an action.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::async_trait;
use crate::catalogue::AdapterSpec;
use crate::error::{ErrorClass, Failure};
use crate::host::ProcessHost;
use crate::names::{InjectionId, RunId};
use crate::program::Program;
use crate::resource::{Change, Instance};
use crate::time::Clock;
use crate::undo::Undone;

/// A kind of environment.
#[async_trait]
pub trait Adapter: Send + Sync + std::fmt::Debug {
    /// What the checker must know of it.
    fn spec(&self) -> AdapterSpec;

    /// Opens an environment for planning or running. Touches nothing.
    async fn open(&self, setup: Setup) -> Result<Arc<dyn Environment>, Failure>;

    /// Opens what a dead run has left, from the notes of its journal alone.
    async fn reopen(&self, left: Leftovers) -> Result<Arc<dyn Environment>, Failure>;
}

/// What an environment is opened with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program; its `environment` says what to bind.
    pub program: Arc<Program>,
    /// The run; a plan alone has a name as well.
    pub run: RunId,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where relative paths of the spec start.
    pub folder: PathBuf,
    /// Where the run keeps its files: outputs of processes.
    pub state: PathBuf,
    /// The parent of processes; `None` where nothing may be started (a plan).
    pub host: Option<Arc<dyn ProcessHost>>,
}

/// What a dead run has left.
#[derive(Clone, Debug)]
pub struct Leftovers {
    /// The run.
    pub run: RunId,
    /// The notes that the environment wrote into the journal, in order.
    pub notes: Vec<serde_json::Value>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// An environment of one run.
#[async_trait]
pub trait Environment: Send + Sync + std::fmt::Debug {
    /// Its instances as they are; before [`up`](Self::up) as they will be.
    async fn list(&self) -> Result<Vec<Instance>, Failure>;

    /// Brings up what it binds and waits until it works. An environment that only finds does nothing.
    async fn up(&self) -> Result<(), Failure>;

    /// Takes down what it brought up, and verifies that. Can be called any number of times, and after a crash.
    async fn down(&self) -> Result<Undone, Failure>;

    /// Each change of an instance from now on; slow readers may miss states in between, never the last one.
    fn changes(&self) -> BoxStream<'static, Change>;

    /// An environment that is only imagined answers the probes itself; a real one is asked for real.
    fn prober(&self, _probe: &str) -> Option<Arc<dyn crate::probe::Prober>> {
        None
    }

    /// Start, stop, restart.
    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        None
    }

    /// Signals.
    fn signals(&self) -> Option<&dyn Signals> {
        None
    }

    /// Holding instances still.
    fn freeze(&self) -> Option<&dyn Freeze> {
        None
    }

    /// Faults in front of ports.
    fn ports(&self) -> Option<&dyn Ports> {
        None
    }

    /// Room on file systems.
    fn disk(&self) -> Option<&dyn Disk> {
        None
    }
}

/// Start, stop and restart instances. Every call is idempotent and returns when the phase is reached.
#[async_trait]
pub trait Lifecycle: Send + Sync {
    /// Starts it where it does not run; returns when it runs (not: when it is healthy).
    async fn start(&self, instance: &str) -> Result<Undone, Failure>;

    /// Stops it where it runs: asks, and ends it after `grace`.
    async fn stop(&self, instance: &str, grace: Duration) -> Result<Undone, Failure>;

    /// Stops it where it runs, and starts it.
    async fn restart(&self, instance: &str, grace: Duration) -> Result<Undone, Failure>;

    /// The instance as it is now.
    async fn look(&self, instance: &str) -> Result<Instance, Failure>;
}

/// Send signals to an instance's main process and look at what became of it.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Sends a signal. The answer names the incarnation that got it, so that its end can be told from that of
    /// a later one.
    async fn signal(&self, instance: &str, signal: i32) -> Result<Incarnation, Failure>;

    /// What became of an incarnation.
    async fn fate(&self, instance: &str, incarnation: &Incarnation) -> Result<Fate, Failure>;

    /// The incarnation that lives now, if one does.
    async fn incarnation(&self, instance: &str) -> Result<Option<Incarnation>, Failure>;
}

/// One life of an instance, in the environment's own words: plain text that is only compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub String);

/// What became of an incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives.
    Alive,
    /// It has ended.
    Ended {
        /// How, in words.
        how: String,
        /// The signal that ended it, where one did.
        signal: Option<i32>,
    },
}

/// Hold an instance still, with all of its processes.
#[async_trait]
pub trait Freeze: Send + Sync {
    /// Holds it.
    async fn freeze(&self, instance: &str) -> Result<Incarnation, Failure>;

    /// Lets it go; where it is not held that is no error.
    async fn thaw(&self, instance: &str) -> Result<Undone, Failure>;

    /// Whether all of its processes are held.
    async fn state(&self, instance: &str) -> Result<Frozen, Failure>;
}

/// Whether an instance is held still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// All of its processes are.
    Held(Incarnation),
    /// It runs.
    Running,
    /// It is not there.
    Gone,
}

/// Faults in front of an instance's ports.
#[async_trait]
pub trait Ports: Send + Sync {
    /// Adds a fault under a name of the caller's choice, on one port by name or on all.
    async fn add(
        &self,
        instance: &str,
        port: Option<&str>,
        id: &InjectionId,
        fault: PortFault,
    ) -> Result<(), Failure>;

    /// Takes a fault away; where there is none of that name that is no error.
    async fn remove(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure>;

    /// What a fault has done so far; `None` where there is none of that name.
    async fn evidence(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure>;
}

/// A fault in front of a port.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PortFault {
    /// What the instance answers arrives later.
    Latency {
        /// By how much.
        delay: Duration,
        /// More or less at most that much, evenly drawn.
        jitter: Duration,
        /// On which share of the connections.
        share: f64,
    },
}

/// What a fault in front of a port has done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortEvidence {
    /// Connections it acted on.
    pub connections: u64,
    /// How often it acted.
    pub acted: u64,
    /// The mean of the time that it really held something back.
    pub mean_delay: Duration,
    /// The least.
    pub min_delay: Duration,
    /// The greatest.
    pub max_delay: Duration,
}

/// Take up room on the file system that a folder lies on, in a way that the kernel gives back when the holder
/// is gone.
#[async_trait]
pub trait Disk: Send + Sync {
    /// Takes up room. `folder` is as the instance sees it.
    async fn fill(
        &self,
        instance: &str,
        folder: &str,
        id: &InjectionId,
        amount: FillAmount,
    ) -> Result<(), Failure>;

    /// Gives it back; where there is none of that name that is no error.
    async fn release(&self, id: &InjectionId) -> Result<Undone, Failure>;

    /// What is held, and what is left on the file system; `None` where nothing is held under that name.
    async fn held(&self, id: &InjectionId) -> Result<Option<Fill>, Failure>;
}

/// How much room.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillAmount {
    /// That many bytes.
    Bytes(u64),
    /// Until that share of the file system is in use.
    UsedShare(f64),
}

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Bytes that are held.
    pub bytes: u64,
    /// Bytes that are still free for ordinary users.
    pub available: u64,
    /// Bytes that were free before.
    pub available_before: u64,
}

/// The failure of a power that is not there.
#[must_use]
pub fn unsupported(power: crate::catalogue::Power) -> Failure {
    Failure::new(
        ErrorClass::Unsupported,
        format!("this environment has no power for {}", power.describe()),
    )
}
