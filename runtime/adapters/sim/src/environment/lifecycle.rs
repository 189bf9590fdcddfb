//! Start, stop, restart.

use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::environment::Lifecycle;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::resource::{Cause, Instance, Phase};
use rescc_core::undo::Undone;

use super::SimEnvironment;
use crate::world::{Sort, State};

/// What is left to do of an operation.
enum Next {
    /// Nothing.
    Done(Undone),
    /// Wait for this life of the instance at this place.
    Wait(usize, u64),
}

// === impl SimEnvironment ===

impl SimEnvironment {
    async fn runs(&self, at: usize, life: u64) -> Result<(), Failure> {
        let look = |state: &mut State| {
            let member = state
                .member(at)
                .filter(|member| member.is_alive() && member.life() == life);
            match member.map(|member| member.phase()) {
                Some(Phase::Running) => Some(Ok(())),
                Some(_) => None,
                None => Some(Err(Failure::new(
                    ErrorClass::Transient,
                    "it ended while it was started",
                ))),
            }
        };
        self.world.until(look).await?
    }

    async fn ends(&self, at: usize, life: u64) -> Result<(), Failure> {
        let look = |state: &mut State| {
            let lives = state
                .member(at)
                .is_some_and(|member| member.is_alive() && member.life() == life);
            (!lives).then_some(())
        };
        self.world.until(look).await
    }
}

#[async_trait]
impl Lifecycle for SimEnvironment {
    async fn start(&self, instance: &str) -> Result<Undone, Failure> {
        let begin = |state: &mut State, now, effective: bool| {
            let at = state.find_up(instance)?;
            let alive = state.member(at).is_some_and(|member| member.is_alive());
            if !effective {
                return Ok(Next::Done(done(!alive, "started")));
            }
            if alive {
                return Ok(Next::Done(done(false, "it runs")));
            }
            state.begin(at, now, Cause::Run);
            Ok(Next::Wait(at, state.member(at).map_or(0, |member| member.life())))
        };
        match self
            .world
            .operate(Sort::Apply, format!("start {instance}"), begin)
            .await?
        {
            Next::Done(undone) => Ok(undone),
            Next::Wait(at, life) => {
                self.runs(at, life).await?;
                Ok(done(true, "started"))
            }
        }
    }

    async fn stop(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        let ask = |state: &mut State, now, effective: bool| {
            let at = state.find_up(instance)?;
            let member = state.member(at).map(|member| (member.is_alive(), member.life()));
            let (alive, life) = member.unwrap_or_default();
            if !effective {
                return Ok(Next::Done(done(alive, "stopped")));
            }
            if !alive {
                let acted = state.forget_recovery(at, now);
                return Ok(Next::Done(done(acted, "it does not run")));
            }
            state.ask_to_end(at, now, grace);
            Ok(Next::Wait(at, life))
        };
        match self
            .world
            .operate(Sort::Apply, format!("stop {instance}"), ask)
            .await?
        {
            Next::Done(undone) => Ok(undone),
            Next::Wait(at, life) => {
                self.ends(at, life).await?;
                Ok(done(true, "stopped"))
            }
        }
    }

    async fn restart(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        let ask = |state: &mut State, now, effective: bool| {
            let at = state.find_up(instance)?;
            let life = state.member(at).map_or(0, |member| member.life());
            if !effective {
                return Ok(Next::Done(done(true, "restarted")));
            }
            state.ask_to_end(at, now, grace);
            state.forget_recovery(at, now);
            Ok(Next::Wait(at, life))
        };
        match self
            .world
            .operate(Sort::Apply, format!("restart {instance}"), ask)
            .await?
        {
            Next::Done(undone) => Ok(undone),
            Next::Wait(at, life) => {
                self.ends(at, life).await?;
                let next = self.world.act(|state, now| {
                    let at = state.find_up(instance)?;
                    if state.member(at).is_some_and(|member| !member.is_alive()) {
                        state.begin(at, now, Cause::Run);
                    }
                    Ok::<_, Failure>(state.member(at).map_or(0, |member| member.life()))
                });
                self.runs(at, next?).await?;
                Ok(done(true, "restarted"))
            }
        }
    }

    async fn look(&self, instance: &str) -> Result<Instance, Failure> {
        let look = |state: &mut State, _, _| {
            let at = state.find(instance)?;
            state
                .list()
                .into_iter()
                .nth(at)
                .ok_or_else(|| Failure::new(ErrorClass::NotFound, "it is not there"))
        };
        self.world
            .operate(Sort::Look, format!("look {instance}"), look)
            .await
    }
}

fn done(acted: bool, detail: &str) -> Undone {
    Undone {
        acted,
        detail: detail.to_owned(),
    }
}
