//! The faults that touch one connection, in the order of their ids: a stage each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Nanos;
use crate::fault::{Active, FaultId, FaultKind, Hold};
use crate::proxy::Table;
use crate::queue::{Item, Way};
use crate::random::{Purpose, Random};

/// What a connection draws from and is picked by.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) seed: u64,
    pub(crate) number: u64,
    pub(crate) backend: String,
}

#[derive(Debug)]
pub(crate) struct Pipeline {
    identity: Identity,
    stages: BTreeMap<FaultId, Stage>,
}

#[derive(Debug)]
struct Stage {
    fault: Arc<Active>,
    /// Whether this connection is in the fault's share.
    drawn: bool,
    /// Whether it was counted as touched.
    touched: bool,
    up: Random,
    down: Random,
}

// === impl Pipeline ===

impl Pipeline {
    pub(crate) fn new(identity: Identity) -> Self {
        Self {
            identity,
            stages: BTreeMap::new(),
        }
    }

    /// Takes over the faults of the table; those that stay keep their draws.
    pub(crate) fn refresh(&mut self, table: &Table) {
        self.stages
            .retain(|id, stage| table.faults.get(id).is_some_and(|f| Arc::ptr_eq(f, &stage.fault)));
        for (id, fault) in &table.faults {
            let matches = fault
                .fault
                .backend
                .as_ref()
                .is_none_or(|name| *name == self.identity.backend);
            if matches && !self.stages.contains_key(id) {
                self.stages.insert(*id, Stage::new(&self.identity, fault));
            }
        }
    }

    /// Whether no fault touches this connection.
    pub(crate) fn is_clean(&self) -> bool {
        self.stages.values().all(|stage| !stage.drawn)
    }

    /// What holds back an item that was just read.
    pub(crate) fn holds(&mut self, way: Way, item: &Item, now: Nanos) -> Vec<Hold> {
        self.stages
            .values_mut()
            .filter_map(|stage| stage.hold(way, item, now))
            .collect()
    }
}

// === impl Stage ===

impl Stage {
    fn new(identity: &Identity, fault: &Arc<Active>) -> Self {
        let random = |purpose| Random::new(identity.seed, fault.id, identity.number, purpose);
        Self {
            fault: Arc::clone(fault),
            drawn: random(Purpose::Share).chance(fault.fault.share),
            touched: false,
            up: random(Purpose::JitterUp),
            down: random(Purpose::JitterDown),
        }
    }

    fn hold(&mut self, way: Way, item: &Item, now: Nanos) -> Option<Hold> {
        match self.fault.fault.kind {
            FaultKind::Latency {
                delay,
                jitter,
                direction,
            } if self.drawn && direction.covers(way) => {
                if matches!(item, Item::Data(_)) {
                    self.fault.touch(!self.touched, now);
                    self.touched = true;
                }
                let random = if way == Way::Up {
                    &mut self.up
                } else {
                    &mut self.down
                };
                Some(Hold::new(&self.fault, random.around(delay, jitter)))
            }
            FaultKind::Latency { .. } => None,
        }
    }
}
