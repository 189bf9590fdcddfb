//! Signals, holding still, faults of ports, room on disks.

use rescc_core::async_trait;
use rescc_core::environment::{
    Disk, Fate, Fill, FillAmount, Freeze, Frozen, Incarnation, PortEvidence, PortFault, Ports, Signals,
};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::resource::Cause;
use rescc_core::undo::Undone;

use super::SimEnvironment;
use crate::world::{Sort, State};

/// The greatest number of a signal on Linux.
const MAX_SIGNAL: i32 = 64;

/// The place of an instance that lives, and which life it is.
fn find_alive(state: &State, instance: &str) -> Result<(usize, Incarnation), Failure> {
    let at = state.find_up(instance)?;
    let alive = state
        .member(at)
        .filter(|member| member.is_alive())
        .map(|member| (at, member.incarnation()));
    alive.ok_or_else(|| Failure::new(ErrorClass::NotFound, format!("`{instance}` does not run")))
}

#[async_trait]
impl Signals for SimEnvironment {
    async fn signal(&self, instance: &str, signal: i32) -> Result<Incarnation, Failure> {
        if !(0..=MAX_SIGNAL).contains(&signal) {
            return Err(Failure::new(
                ErrorClass::Permanent,
                format!("there is no signal {signal}"),
            ));
        }
        let send = |state: &mut State, now, effective: bool| {
            let (at, incarnation) = find_alive(state, instance)?;
            if effective {
                state.deliver(at, now, signal);
            }
            Ok(incarnation)
        };
        self.world
            .operate(Sort::Apply, format!("signal {signal} to {instance}"), send)
            .await
    }

    async fn fate(&self, instance: &str, incarnation: &Incarnation) -> Result<Fate, Failure> {
        let look = |state: &mut State, _, _| {
            let at = state.find(instance)?;
            let fate = state.member(at).and_then(|member| member.fate(incarnation));
            fate.ok_or_else(|| {
                let message = format!("`{instance}` never had the life `{}`", incarnation.0);
                Failure::new(ErrorClass::NotFound, message)
            })
        };
        self.world
            .operate(Sort::Look, format!("fate {instance}"), look)
            .await
    }

    async fn incarnation(&self, instance: &str) -> Result<Option<Incarnation>, Failure> {
        let look = |state: &mut State, _, _| {
            let at = state.find(instance)?;
            Ok(state
                .member(at)
                .filter(|member| member.is_alive())
                .map(|member| member.incarnation()))
        };
        self.world
            .operate(Sort::Look, format!("incarnation {instance}"), look)
            .await
    }
}

#[async_trait]
impl Freeze for SimEnvironment {
    async fn freeze(&self, instance: &str) -> Result<Incarnation, Failure> {
        let hold = |state: &mut State, now, effective: bool| {
            let (at, incarnation) = find_alive(state, instance)?;
            if effective {
                state.freeze(at, now);
            }
            Ok(incarnation)
        };
        self.world
            .operate(Sort::Apply, format!("freeze {instance}"), hold)
            .await
    }

    async fn thaw(&self, instance: &str) -> Result<Undone, Failure> {
        let let_go = |state: &mut State, now, _| {
            let at = state.find(instance)?;
            let (acted, detail) = match state.member(at).map(|member| member.frozen()) {
                Some(Frozen::Held(_)) => (true, "it was held and is let go"),
                Some(Frozen::Running) => (false, "it was not held"),
                Some(Frozen::Gone) | None => (false, "it does not run"),
            };
            state.let_go(at, now, Cause::Run);
            Ok(Undone {
                acted,
                detail: detail.to_owned(),
            })
        };
        self.world
            .operate(Sort::Settle, format!("thaw {instance}"), let_go)
            .await
    }

    async fn state(&self, instance: &str) -> Result<Frozen, Failure> {
        let look = |state: &mut State, _, _| {
            let at = state.find(instance)?;
            Ok(state.member(at).map_or(Frozen::Gone, |member| member.frozen()))
        };
        self.world
            .operate(Sort::Look, format!("state {instance}"), look)
            .await
    }
}

#[async_trait]
impl Ports for SimEnvironment {
    async fn add(
        &self,
        instance: &str,
        port: Option<&str>,
        id: &InjectionId,
        fault: PortFault,
    ) -> Result<(), Failure> {
        let add = |state: &mut State, now, effective| {
            let at = state.find_up(instance)?;
            state.add_port_fault(at, now, port, id, fault, effective)
        };
        self.world
            .operate(Sort::Apply, format!("port-add {id} on {instance}"), add)
            .await
    }

    async fn remove(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        let remove = |state: &mut State, _, _| Ok(state.remove_port_fault(id));
        self.world
            .operate(Sort::Settle, format!("port-remove {id}"), remove)
            .await
    }

    async fn evidence(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        let look = |state: &mut State, _, _| Ok(state.port_evidence(id));
        self.world
            .operate(Sort::Look, format!("evidence {id}"), look)
            .await
    }
}

#[async_trait]
impl Disk for SimEnvironment {
    async fn fill(
        &self,
        instance: &str,
        folder: &str,
        id: &InjectionId,
        amount: FillAmount,
    ) -> Result<(), Failure> {
        let fill = |state: &mut State, now, effective| {
            let at = state.find_up(instance)?;
            state.fill(at, now, folder, id, amount, effective)
        };
        self.world
            .operate(Sort::Apply, format!("disk-fill {id} on {instance}"), fill)
            .await
    }

    async fn release(&self, id: &InjectionId) -> Result<Undone, Failure> {
        let release = |state: &mut State, _, _| {
            Ok(match state.release(id) {
                Some(bytes) => Undone {
                    acted: true,
                    detail: format!("{bytes} bytes were given back"),
                },
                None => Undone {
                    acted: false,
                    detail: "nothing was held".to_owned(),
                },
            })
        };
        self.world
            .operate(Sort::Settle, format!("disk-release {id}"), release)
            .await
    }

    async fn held(&self, id: &InjectionId) -> Result<Option<Fill>, Failure> {
        let look = |state: &mut State, _, _| Ok(state.held_room(id));
        self.world.operate(Sort::Look, format!("held {id}"), look).await
    }
}
