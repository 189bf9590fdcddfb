//! The simulated environment of one run.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use rescc_core::async_trait;
use rescc_core::environment::{Disk, Environment, Freeze, Lifecycle, Ports, Signals};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::probe::Prober;
use rescc_core::resource::{Cause, Change, Instance, Phase};
use rescc_core::undo::Undone;

use crate::world::{Sort, Stage, State, World};

mod faults;
mod gone;
mod lifecycle;
mod prober;

pub(crate) use gone::Gone;
use prober::SimProber;

/// The simulated environment of one run.
#[derive(Debug)]
pub(crate) struct SimEnvironment {
    world: Arc<World>,
}

// === impl SimEnvironment ===

impl SimEnvironment {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }
}

#[async_trait]
impl Environment for SimEnvironment {
    async fn list(&self) -> Result<Vec<Instance>, Failure> {
        Ok(self.world.act(|state, _| state.list()))
    }

    async fn up(&self) -> Result<(), Failure> {
        let begin = |state: &mut State, now, _| state.bring_up(now);
        self.world.operate(Sort::Settle, "up".to_owned(), begin).await?;
        self.world.until(is_up).await?
    }

    async fn down(&self) -> Result<Undone, Failure> {
        let end = |state: &mut State, now, _| Ok(state.take_down(now));
        let acted = self.world.operate(Sort::Settle, "down".to_owned(), end).await?;
        self.world
            .until(|state| state.members().all(|member| !member.is_alive()).then_some(()))
            .await?;
        let count = self.world.act(|state, now| {
            state.forget(now);
            state.members().count()
        });
        let detail = if acted {
            format!("{count} instances were ended")
        } else {
            "it was not up".to_owned()
        };
        Ok(Undone { acted, detail })
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        self.world.changes()
    }

    fn prober(&self, probe: &str) -> Option<Arc<dyn Prober>> {
        Some(Arc::new(SimProber::new(Arc::clone(&self.world), probe)))
    }

    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        Some(self)
    }

    fn signals(&self) -> Option<&dyn Signals> {
        Some(self)
    }

    fn freeze(&self) -> Option<&dyn Freeze> {
        Some(self)
    }

    fn ports(&self) -> Option<&dyn Ports> {
        Some(self)
    }

    fn disk(&self) -> Option<&dyn Disk> {
        Some(self)
    }
}

/// Whether all instances work; an error where one never will.
fn is_up(state: &mut State) -> Option<Result<(), Failure>> {
    if state.stage() == Stage::Down {
        return Some(Err(Failure::new(
            ErrorClass::Permanent,
            "the environment was taken down while it came up",
        )));
    }
    let dead = state
        .members()
        .enumerate()
        .find(|(at, member)| !member.is_alive() && !state.will_recover(*at));
    if let Some((_, member)) = dead {
        let instance = member.instance();
        let message = format!("`{}` {} before all were healthy", instance.name, instance.remark);
        return Some(Err(Failure::new(ErrorClass::Transient, message)));
    }
    state
        .members()
        .all(|member| member.is_healthy())
        .then_some(Ok(()))
}

impl State {
    /// Starts what does not exist yet.
    fn bring_up(&mut self, now: rescc_core::time::Moment) -> Result<(), Failure> {
        if self.stage() == Stage::Down {
            return Err(Failure::new(
                ErrorClass::Permanent,
                "the environment has been taken down",
            ));
        }
        self.set_up();
        let absent: Vec<usize> = self
            .members()
            .enumerate()
            .filter(|(_, member)| member.phase() == Phase::Absent)
            .map(|(at, _)| at)
            .collect();
        absent.into_iter().for_each(|at| self.begin(at, now, Cause::Run));
        Ok(())
    }
}
