//! All that the environment in memory has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rescc_core::catalogue::Power;
use rescc_core::environment::{Fate, Fill, FillAmount, Incarnation, PortEvidence, PortFault};
use rescc_core::error::Failure;
use rescc_core::names::InjectionId;
use rescc_core::resource::Phase;
use rescc_core::time::Moment;

/// All that there is, for tests to look at and to change.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) phase: Phase,
    /// Counts its lives.
    pub(crate) life: u32,
    /// How earlier lives ended.
    pub(crate) ends: BTreeMap<u32, Fate>,
    /// Whether a signal is ignored.
    pub(crate) ignores_signals: bool,
    /// A signal ends it only that much later.
    pub(crate) dies_after: Option<Duration>,
    pub(crate) dying: Option<(Moment, i32)>,
    pub(crate) held: bool,
    pub(crate) faults: BTreeMap<InjectionId, (PortFault, PortEvidence)>,
    pub(crate) ports_asked: Vec<Option<String>>,
    pub(crate) fills: BTreeMap<InjectionId, Fill>,
    pub(crate) amounts: Vec<(String, FillAmount)>,
    /// Powers that are not there.
    pub(crate) lacks: BTreeSet<Power>,
    /// Calls that fail, by name.
    pub(crate) fails: BTreeMap<&'static str, Failure>,
    /// Who held all of this is gone: every power answers "not there".
    pub(crate) holder_gone: bool,
    /// The calls that change something.
    pub(crate) log: Vec<String>,
}

// === impl World ===

impl Default for World {
    fn default() -> Self {
        Self {
            phase: Phase::Running,
            life: 1,
            ends: BTreeMap::new(),
            ignores_signals: false,
            dies_after: None,
            dying: None,
            held: false,
            faults: BTreeMap::new(),
            ports_asked: Vec::new(),
            fills: BTreeMap::new(),
            amounts: Vec::new(),
            lacks: BTreeSet::new(),
            fails: BTreeMap::new(),
            holder_gone: false,
            log: Vec::new(),
        }
    }
}

impl World {
    /// It ends, and nobody brings it back.
    pub(crate) fn end(&mut self, how: &str, signal: Option<i32>) {
        self.ends.insert(
            self.life,
            Fate::Ended {
                how: how.into(),
                signal,
            },
        );
        self.phase = Phase::Stopped;
        self.held = false;
        self.dying = None;
    }

    /// It runs, in a life of its own.
    pub(crate) fn begin(&mut self) {
        self.life += 1;
        self.phase = Phase::Running;
    }

    pub(crate) fn incarnation(&self) -> Incarnation {
        Incarnation(format!("life {}", self.life))
    }

    pub(crate) fn lives(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused | Phase::Starting)
    }
}
