//! A look at a simulated world from outside, for tests.

use std::sync::Arc;

use rescc_core::resource::Instance;
use rescc_core::time::Moment;

use super::World;

/// A look at a simulated world from outside: what is left over in it, and what was done to it in which order.
#[derive(Clone, Debug)]
pub struct SimWorld(Arc<World>);

// === impl SimWorld ===

impl SimWorld {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self(world)
    }

    /// What faults have left over right now: instances that are held still, port faults, room that is held; each
    /// in words. Empty where every fault has been taken back.
    #[must_use]
    pub fn residue(&self) -> Vec<String> {
        self.0.act(|state, _| state.residue())
    }

    /// The residue at the moment at which the environment was taken down: what `down` had to sweep up because no
    /// undo had done it. Empty before.
    #[must_use]
    pub fn swept(&self) -> Vec<String> {
        self.0.act(|state, _| state.swept.clone())
    }

    /// The instances that live right now, by name.
    #[must_use]
    pub fn alive(&self) -> Vec<String> {
        self.0.act(|state, _| {
            let alive = state.members.iter().filter(|member| member.alive);
            alive.map(|member| member.name.clone()).collect()
        })
    }

    /// All instances as they are.
    #[must_use]
    pub fn instances(&self) -> Vec<Instance> {
        self.0.act(|state, _| {
            state
                .members
                .iter()
                .map(super::member::Member::instance)
                .collect()
        })
    }

    /// The operations and changes so far, in order, each with its moment; the first 50,000.
    ///
    /// An operation stands there when it is asked for (`freeze cache-1`, `port-add slow/api-1 on api-1`), a change
    /// when it comes about (`cache-1 is paused, healthy by the run`). Operations that only look are there where
    /// they go wrong; what goes wrong stands behind in parentheses.
    #[must_use]
    pub fn log(&self) -> Vec<(Moment, String)> {
        self.0.act(|state, _| state.log.lines())
    }

    /// How many lines the log has no room for.
    #[must_use]
    pub fn log_dropped(&self) -> u64 {
        self.0.act(|state, _| state.log.dropped())
    }

    /// Writes a line into the log, so that the order of what a test does beside the environment can be told:
    /// `journal: intent strike/cache-1`.
    pub fn note(&self, line: impl Into<String>) {
        self.0.act(|state, now| state.log.push(now, line.into()));
    }
}
