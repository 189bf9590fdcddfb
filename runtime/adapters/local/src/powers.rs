//! Lifecycle, signals and freezing of the copies.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::environment::{
    Disk, Fate, Fill, FillAmount, Freeze, Frozen, Incarnation, Lifecycle, PortEvidence, PortFault, Ports,
    Signals,
};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::ExitStatus;
use rescc_core::names::InjectionId;
use rescc_core::resource::{Instance, Phase};
use rescc_core::undo::Undone;
use rescc_process::{ProcessState, TreeState};

use crate::environment::LocalEnvironment;
use crate::fates::NEWS_LIMIT;
use crate::supervisor::Command;
use crate::unit::{Unit, ending, incarnation};
use crate::wait::{blocking, within};

/// How long holding still or letting go may take.
pub(crate) const FREEZE_LIMIT: Duration = Duration::from_secs(2);

/// What an end is called in answers.
pub(crate) fn fate_of(status: Option<ExitStatus>) -> Fate {
    let signal = match status {
        Some(ExitStatus::Signal(signal)) => Some(signal),
        _ => None,
    };
    Fate::Ended {
        how: ending(status),
        signal,
    }
}

pub(crate) fn undone(acted: bool, detail: impl Into<String>) -> Undone {
    Undone {
        acted,
        detail: detail.into(),
    }
}

#[async_trait]
impl Lifecycle for LocalEnvironment {
    async fn start(&self, instance: &str) -> Result<Undone, Failure> {
        self.orders(instance)?.give(Command::Start).await
    }

    async fn stop(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        self.orders(instance)?
            .give(|reply| Command::Stop(grace, reply))
            .await
    }

    async fn restart(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        self.orders(instance)?
            .give(|reply| Command::Restart(grace, reply))
            .await
    }

    async fn look(&self, instance: &str) -> Result<Instance, Failure> {
        let seen = self.unit(instance)?.instance();
        let over = self.shared().host.as_ref().is_some_and(|host| host.is_gone());
        if over && matches!(seen.phase, Phase::Absent | Phase::Stopped) {
            // What their parent held ended with it, and nothing can be started: nobody holds it any more.
            return Err(Failure::new(
                ErrorClass::NotFound,
                format!("`{instance}` ended with the keeper"),
            ));
        }
        Ok(seen)
    }
}

#[async_trait]
impl Signals for LocalEnvironment {
    async fn signal(&self, instance: &str, signal: i32) -> Result<Incarnation, Failure> {
        let unit = self.unit(instance)?;
        let life = unit.living()?;
        unit.about_to_signal(&life.identity, signal);
        if !rescc_process::signal(&life.identity, signal)? {
            return Err(Failure::new(
                ErrorClass::NotFound,
                format!("`{instance}` has just ended"),
            ));
        }
        unit.poke.notify_one();
        Ok(incarnation(&life.identity))
    }

    async fn fate(&self, instance: &str, of: &Incarnation) -> Result<Fate, Failure> {
        let unit = self.unit(instance)?;
        let shared = &unit.shared;
        if let Some(life) = unit.life().filter(|life| incarnation(&life.identity) == *of) {
            if !matches!(
                rescc_process::state(&life.identity)?,
                ProcessState::Zombie | ProcessState::Gone
            ) {
                return Ok(Fate::Alive);
            }
            return Ok(fate_of(
                within(&*shared.clock, NEWS_LIMIT, shared.fates.ended(&life.identity)).await,
            ));
        }
        unit.past(of).map(fate_of).ok_or_else(|| {
            Failure::new(
                ErrorClass::NotFound,
                format!("`{instance}` never was process `{}`, or long ago", of.0),
            )
        })
    }

    async fn incarnation(&self, instance: &str) -> Result<Option<Incarnation>, Failure> {
        let Some(life) = self.unit(instance)?.life() else {
            return Ok(None);
        };
        let ended = matches!(
            rescc_process::state(&life.identity)?,
            ProcessState::Zombie | ProcessState::Gone
        );
        Ok((!ended).then(|| incarnation(&life.identity)))
    }
}

#[async_trait]
impl Freeze for LocalEnvironment {
    async fn freeze(&self, instance: &str) -> Result<Incarnation, Failure> {
        let unit = self.unit(instance)?;
        let life = unit.living()?;
        // First, so that whatever is seen from now on is taken for our doing.
        unit.with(|state| state.held = true);
        let tree = unit.tree(&life.identity);
        let freezing = Arc::clone(&unit.freezing);
        let work = move || {
            let state = tree.freeze(FREEZE_LIMIT)?;
            if state != TreeState::Held {
                tree.thaw(FREEZE_LIMIT)?;
            }
            Ok(state)
        };
        let result = blocking(move || freezing.with(|()| work())).await;
        match result {
            Ok(TreeState::Held) => {
                unit.update_by_us(|state| {
                    if state
                        .life
                        .as_ref()
                        .is_some_and(|now| now.identity == life.identity)
                    {
                        state.instance.phase = Phase::Paused;
                    }
                });
                unit.poke.notify_one();
                Ok(incarnation(&life.identity))
            }
            result => {
                release(unit);
                Err(match result {
                    Ok(TreeState::Gone) => {
                        Failure::new(ErrorClass::NotFound, format!("`{instance}` has just ended"))
                    }
                    Err(failure) => failure,
                    Ok(_) => Failure::new(
                        ErrorClass::Timeout,
                        format!("not all processes of `{instance}` stop; they were let go again"),
                    ),
                })
            }
        }
    }

    async fn thaw(&self, instance: &str) -> Result<Undone, Failure> {
        let unit = self.unit(instance)?;
        let Some(life) = unit.life() else {
            release(unit);
            return Ok(undone(false, "it does not run"));
        };
        let tree = unit.tree(&life.identity);
        let freezing = Arc::clone(&unit.freezing);
        let (acted, state) = blocking(move || freezing.with(|()| Ok(tree.thaw(FREEZE_LIMIT)?))).await?;
        if state == TreeState::Held {
            return Err(Failure::new(
                ErrorClass::Timeout,
                format!("`{instance}` is still held after SIGCONT"),
            )
            .help("does somebody else hold it, such as a debugger?"));
        }
        if acted {
            unit.with(|state| state.held = true);
        }
        release(unit);
        Ok(if acted {
            undone(true, "let go")
        } else {
            undone(false, "it was not held")
        })
    }

    async fn state(&self, instance: &str) -> Result<Frozen, Failure> {
        let Some(life) = self.unit(instance)?.life() else {
            return Ok(Frozen::Gone);
        };
        let tree = self.unit(instance)?.tree(&life.identity);
        Ok(match blocking(move || Ok(tree.state()?)).await? {
            TreeState::Held => Frozen::Held(incarnation(&life.identity)),
            TreeState::Running => Frozen::Running,
            TreeState::Gone => Frozen::Gone,
        })
    }
}

/// It is not held by us any more: until it is healthy again, that is our doing.
fn release(unit: &Arc<Unit>) {
    unit.with(|state| {
        if std::mem::take(&mut state.held) {
            state.lifted = true;
        }
    });
    unit.poke.notify_one();
}

#[async_trait]
impl Ports for LocalEnvironment {
    async fn add(
        &self,
        instance: &str,
        port: Option<&str>,
        id: &InjectionId,
        fault: PortFault,
    ) -> Result<(), Failure> {
        let unit = self.unit(instance)?;
        unit.shared.fronts.add(&unit.service, instance, port, id, &fault)
    }

    async fn remove(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(self.shared().fronts.remove(id))
    }

    async fn evidence(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(self.shared().fronts.evidence(id))
    }
}

#[async_trait]
impl Disk for LocalEnvironment {
    async fn fill(
        &self,
        instance: &str,
        folder: &str,
        id: &InjectionId,
        amount: FillAmount,
    ) -> Result<(), Failure> {
        // First, as with freezing.
        let trial = Trial::new(self.unit(instance)?);
        self.disks().fill(instance, folder, id, amount).await?;
        trial.succeed();
        Ok(())
    }

    async fn release(&self, id: &InjectionId) -> Result<Undone, Failure> {
        let (instance, result) = self.disks().release(id).await;
        if let Some(unit) = instance.and_then(|instance| self.unit(&instance).ok().cloned()) {
            give_up_fill(&unit);
        }
        result
    }

    async fn held(&self, id: &InjectionId) -> Result<Option<Fill>, Failure> {
        self.disks().held(id).await
    }
}

/// A fill that may fail, or be given up by whoever asked for it.
struct Trial(Option<Arc<Unit>>);

// === impl Trial ===

impl Trial {
    fn new(unit: &Arc<Unit>) -> Self {
        unit.with(|state| state.fills += 1);
        Self(Some(Arc::clone(unit)))
    }

    fn succeed(mut self) {
        self.0 = None;
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(unit) = &self.0 {
            give_up_fill(unit);
        }
    }
}

fn give_up_fill(unit: &Unit) {
    unit.with(|state| {
        state.fills = state.fills.saturating_sub(1);
        // What it could not do for want of room, it can do now, thanks to us.
        state.lifted |= state.instance.healthy != Some(true);
    });
}
