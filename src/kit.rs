//! What this build of rescc has: environments, actions, probes. A new one is one line here.

use std::sync::Arc;

use rescc_core::action::Actions;
use rescc_core::catalogue::Catalogue;
use rescc_core::environment::Adapter;
use rescc_core::probe::Probes;
use rescc_engine::clock::BootClock;
use rescc_engine::recover;

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Kit {
    pub(crate) adapters: Vec<Arc<dyn Adapter>>,
    pub(crate) actions: Arc<Actions>,
    pub(crate) probes: Probes,
    pub(crate) catalogue: Arc<Catalogue>,
}

// === impl Kit ===

impl Kit {
    /// What this build has.
    pub(crate) fn new() -> Self {
        let adapters: Vec<Arc<dyn Adapter>> = vec![
            Arc::new(rescc_adapter_local::LocalAdapter),
            Arc::new(rescc_adapter_sim::SimAdapter::default()),
        ];
        let actions = rescc_stdlib::actions();
        let probes = rescc_probes::all();
        let mut specs = actions.specs();
        specs.extend(rescc_compiler::flow_actions());
        let catalogue = Catalogue {
            actions: specs,
            probes: probes.specs(),
            adapters: adapters.iter().map(|adapter| adapter.spec()).collect(),
        };
        Self {
            adapters,
            actions: Arc::new(actions),
            probes,
            catalogue: Arc::new(catalogue.sorted()),
        }
    }

    /// An environment by the name of its adapter.
    pub(crate) fn adapter(&self, name: &str) -> Option<&Arc<dyn Adapter>> {
        self.adapters.iter().find(|adapter| adapter.spec().name == name)
    }

    /// What undoing takes.
    pub(crate) fn for_recovery(&self) -> recover::Kit {
        recover::Kit {
            adapters: self.adapters.clone(),
            actions: Arc::clone(&self.actions),
            clock: Arc::new(BootClock),
        }
    }
}
