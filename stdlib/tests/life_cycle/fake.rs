//! An environment in memory with one instance.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rescc_core::async_trait;
use rescc_core::catalogue::Power;
use rescc_core::environment::{
    Disk, Environment, Fate, Fill, FillAmount, Freeze, Frozen, Incarnation, Lifecycle, PortEvidence,
    PortFault, Ports, Signals,
};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::resource::{Change, Instance, Phase};
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment, WallTime};
use rescc_core::undo::Undone;

use crate::world::World;

/// The one instance.
pub(crate) const NAME: &str = "cache-1";

/// What the file system has before anybody takes of it.
pub(crate) const FREE: u64 = 1 << 30;

#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) state: Lock<World>,
    pub(crate) clock: Arc<JumpingClock>,
}

/// A clock that jumps to the moment somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct JumpingClock(Lock<Moment>);

pub(crate) fn instance(phase: Phase) -> Instance {
    Instance {
        name: NAME.into(),
        resource: "cache".into(),
        kind: "process".into(),
        labels: BTreeMap::new(),
        image: None,
        phase,
        healthy: None,
        restarts: 0,
        remark: String::new(),
    }
}

// === impl Fake ===

impl Fake {
    fn call<T>(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut World) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let now = self.clock.now();
        self.state.with(|world| {
            if let Some((_, signal)) = world.dying.filter(|(moment, _)| *moment <= now) {
                world.end("it was slow to end", Some(signal));
            }
            if world.holder_gone {
                return Err(Failure::new(ErrorClass::NotFound, "the holder is gone"));
            }
            match world.fails.get(name) {
                Some(failure) => Err(failure.clone()),
                None => work(world),
            }
        })
    }

    fn has(&self, power: Power) -> bool {
        self.state.with(|world| !world.lacks.contains(&power))
    }
}

#[async_trait]
impl Environment for Fake {
    async fn list(&self) -> Result<Vec<Instance>, Failure> {
        Ok(vec![instance(self.state.with(|world| world.phase))])
    }

    async fn up(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn down(&self) -> Result<Undone, Failure> {
        Ok(Undone {
            acted: false,
            detail: String::new(),
        })
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        futures_util::stream::empty().boxed()
    }

    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        if self.has(Power::Lifecycle) {
            Some(self)
        } else {
            None
        }
    }

    fn signals(&self) -> Option<&dyn Signals> {
        if self.has(Power::Signals) {
            Some(self)
        } else {
            None
        }
    }

    fn freeze(&self) -> Option<&dyn Freeze> {
        if self.has(Power::Freeze) { Some(self) } else { None }
    }

    fn ports(&self) -> Option<&dyn Ports> {
        if self.has(Power::Ports) { Some(self) } else { None }
    }

    fn disk(&self) -> Option<&dyn Disk> {
        if self.has(Power::Disk) { Some(self) } else { None }
    }
}

#[async_trait]
impl Lifecycle for Fake {
    async fn start(&self, instance: &str) -> Result<Undone, Failure> {
        self.call("start", |world| {
            if world.lives() {
                return Ok(Undone {
                    acted: false,
                    detail: format!("`{instance}` runs already"),
                });
            }
            world.begin();
            world.log.push(format!("start {instance}"));
            Ok(Undone {
                acted: true,
                detail: format!("`{instance}` was started"),
            })
        })
    }

    async fn stop(&self, instance: &str, _: Duration) -> Result<Undone, Failure> {
        self.call("stop", |world| {
            world.end("it was stopped", None);
            world.log.push(format!("stop {instance}"));
            Ok(Undone {
                acted: true,
                detail: String::new(),
            })
        })
    }

    async fn restart(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        self.call("restart", |world| {
            world.end("it was stopped", None);
            world.begin();
            world.log.push(format!("restart {instance} with {grace:?}"));
            Ok(Undone {
                acted: true,
                detail: format!("`{instance}` was restarted"),
            })
        })
    }

    async fn look(&self, _: &str) -> Result<Instance, Failure> {
        self.call("look", |world| Ok(instance(world.phase)))
    }
}

#[async_trait]
impl Signals for Fake {
    async fn signal(&self, instance: &str, signal: i32) -> Result<Incarnation, Failure> {
        let now = self.clock.now();
        self.call("signal", |world| {
            world.log.push(format!("signal {signal} to {instance}"));
            let incarnation = world.incarnation();
            match world.dies_after {
                _ if world.ignores_signals => {}
                Some(later) => world.dying = Some((now.after(later), signal)),
                None => world.end("killed", Some(signal)),
            }
            Ok(incarnation)
        })
    }

    async fn fate(&self, _: &str, incarnation: &Incarnation) -> Result<Fate, Failure> {
        self.call("fate", |world| {
            let life = incarnation
                .0
                .strip_prefix("life ")
                .and_then(|life| life.parse().ok())
                .unwrap_or(0);
            Ok(world.ends.get(&life).cloned().unwrap_or(Fate::Alive))
        })
    }

    async fn incarnation(&self, _: &str) -> Result<Option<Incarnation>, Failure> {
        self.call("incarnation", |world| {
            Ok(world.lives().then(|| world.incarnation()))
        })
    }
}

#[async_trait]
impl Freeze for Fake {
    async fn freeze(&self, instance: &str) -> Result<Incarnation, Failure> {
        self.call("freeze", |world| {
            world.log.push(format!("freeze {instance}"));
            world.held = true;
            world.phase = Phase::Paused;
            Ok(world.incarnation())
        })
    }

    async fn thaw(&self, instance: &str) -> Result<Undone, Failure> {
        self.call("thaw", |world| {
            let acted = std::mem::take(&mut world.held);
            if acted {
                world.phase = Phase::Running;
                world.log.push(format!("thaw {instance}"));
            }
            Ok(Undone {
                acted,
                detail: if acted {
                    "it goes on".into()
                } else {
                    "it was not held".into()
                },
            })
        })
    }

    async fn state(&self, _: &str) -> Result<Frozen, Failure> {
        self.call("state", |world| {
            Ok(match world.lives() {
                false => Frozen::Gone,
                true if world.held => Frozen::Held(world.incarnation()),
                true => Frozen::Running,
            })
        })
    }
}

#[async_trait]
impl Ports for Fake {
    async fn add(
        &self,
        _: &str,
        port: Option<&str>,
        id: &InjectionId,
        fault: PortFault,
    ) -> Result<(), Failure> {
        self.call("add", |world| {
            world.ports_asked.push(port.map(str::to_owned));
            world.faults.insert(id.clone(), (fault, PortEvidence::default()));
            Ok(())
        })
    }

    async fn remove(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        self.call("remove", |world| {
            Ok(world.faults.remove(id).map(|(_, evidence)| evidence))
        })
    }

    async fn evidence(&self, id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        self.call("evidence", |world| {
            Ok(world.faults.get(id).map(|(_, evidence)| evidence.clone()))
        })
    }
}

#[async_trait]
impl Disk for Fake {
    async fn fill(&self, _: &str, folder: &str, id: &InjectionId, amount: FillAmount) -> Result<(), Failure> {
        self.call("fill", |world| {
            let bytes = match amount {
                FillAmount::Bytes(bytes) => bytes,
                FillAmount::UsedShare(_) => FREE / 2,
            };
            world.amounts.push((folder.to_owned(), amount));
            world.fills.insert(
                id.clone(),
                Fill {
                    bytes,
                    available: FREE - bytes,
                    available_before: FREE,
                },
            );
            Ok(())
        })
    }

    async fn release(&self, id: &InjectionId) -> Result<Undone, Failure> {
        self.call("release", |world| {
            let acted = world.fills.remove(id).is_some();
            Ok(Undone {
                acted,
                detail: if acted {
                    "the room was given back".into()
                } else {
                    "no room is held".into()
                },
            })
        })
    }

    async fn held(&self, id: &InjectionId) -> Result<Option<Fill>, Failure> {
        self.call("held", |world| Ok(world.fills.get(id).copied()))
    }
}

// === impl JumpingClock ===

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> Moment {
        self.0.get()
    }

    fn wall(&self) -> WallTime {
        WallTime(0)
    }

    async fn sleep_until(&self, moment: Moment) {
        self.0.with(|now| *now = moment.max(*now));
    }
}
