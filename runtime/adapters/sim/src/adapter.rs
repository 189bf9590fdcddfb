//! The kind of environment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rescc_core::async_trait;
use rescc_core::catalogue::AdapterSpec;
use rescc_core::environment::{Adapter, Environment, Leftovers, Setup};
use rescc_core::error::Failure;
use rescc_core::names::RunId;
use rescc_core::sync::Lock;

use crate::environment::{Gone, SimEnvironment};
use crate::options::SimOptions;
use crate::simulated::{self, Simulated};
use crate::world::{SimWorld, World};

/// How many worlds are kept for a look from outside; the oldest are let go.
const MAX_WORLDS: usize = 4;

/// The simulated environment. A clone shares its worlds, so that one can go to an engine and the other stay.
#[derive(Clone, Debug, Default)]
pub struct SimAdapter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    options: SimOptions,
    worlds: Lock<VecDeque<(RunId, SimWorld)>>,
}

// === impl SimAdapter ===

impl SimAdapter {
    /// An environment in which nothing goes wrong by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An environment in which things go wrong by themselves.
    #[must_use]
    pub fn with_options(options: SimOptions) -> Self {
        Self(Arc::new(Inner {
            options,
            worlds: Lock::default(),
        }))
    }

    /// The world of a run, the latest where it was opened several times; the last four worlds are kept.
    #[must_use]
    pub fn world(&self, run: &RunId) -> Option<SimWorld> {
        self.0.worlds.with(|worlds| {
            worlds
                .iter()
                .rev()
                .find(|(of, _)| of == run)
                .map(|(_, world)| world.clone())
        })
    }

    /// The world that was opened last.
    #[must_use]
    pub fn latest(&self) -> Option<SimWorld> {
        self.0
            .worlds
            .with(|worlds| worlds.back().map(|(_, world)| world.clone()))
    }
}

#[async_trait]
impl Adapter for SimAdapter {
    fn spec(&self) -> AdapterSpec {
        simulated::spec()
    }

    async fn open(&self, setup: Setup) -> Result<Arc<dyn Environment>, Failure> {
        let resources = setup
            .program
            .environment
            .bind
            .iter()
            .map(|(resource, locator)| Ok((resource.clone(), Simulated::read(resource, locator)?)))
            .collect::<Result<BTreeMap<_, _>, Failure>>()?;
        let world = Arc::new(World::new(
            setup.clock,
            resources,
            setup.seed,
            self.0.options.clone(),
        ));
        let dropped = self.0.worlds.with(|worlds| {
            worlds.push_back((setup.run, SimWorld::new(Arc::clone(&world))));
            if worlds.len() > MAX_WORLDS {
                worlds.pop_front()
            } else {
                None
            }
        });
        drop(dropped);
        Ok(Arc::new(SimEnvironment::new(world)))
    }

    async fn reopen(&self, _left: Leftovers) -> Result<Arc<dyn Environment>, Failure> {
        Ok(Arc::new(Gone))
    }
}
