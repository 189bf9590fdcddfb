//! What a dead run has left of a simulation: nothing.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use rescc_core::async_trait;
use rescc_core::environment::{
    Disk, Environment, Fate, Fill, FillAmount, Freeze, Frozen, Incarnation, Lifecycle, PortEvidence,
    PortFault, Ports, Signals,
};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::resource::{Change, Instance, Phase};
use rescc_core::undo::Undone;

const WHY: &str = "nothing outlives a simulation";

/// An environment in which everything is already gone: all undo is done, nothing can be done anew.
#[derive(Debug)]
pub(crate) struct Gone;

fn nothing_to_do() -> Undone {
    Undone {
        acted: false,
        detail: WHY.to_owned(),
    }
}

fn not_there<T>() -> Result<T, Failure> {
    Err(Failure::new(ErrorClass::NotFound, WHY))
}

#[async_trait]
impl Environment for Gone {
    async fn list(&self) -> Result<Vec<Instance>, Failure> {
        Ok(Vec::new())
    }

    async fn up(&self) -> Result<(), Failure> {
        not_there()
    }

    async fn down(&self) -> Result<Undone, Failure> {
        Ok(nothing_to_do())
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        stream::pending().boxed()
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

#[async_trait]
impl Lifecycle for Gone {
    async fn start(&self, _: &str) -> Result<Undone, Failure> {
        not_there()
    }

    async fn stop(&self, _: &str, _: Duration) -> Result<Undone, Failure> {
        Ok(nothing_to_do())
    }

    async fn restart(&self, _: &str, _: Duration) -> Result<Undone, Failure> {
        not_there()
    }

    async fn look(&self, instance: &str) -> Result<Instance, Failure> {
        let resource = instance
            .rsplit_once('-')
            .map_or(instance, |(resource, _)| resource);
        Ok(Instance {
            name: instance.to_owned(),
            resource: resource.to_owned(),
            kind: "simulated".to_owned(),
            labels: std::collections::BTreeMap::new(),
            image: None,
            phase: Phase::Absent,
            healthy: Some(false),
            restarts: 0,
            remark: WHY.to_owned(),
        })
    }
}

#[async_trait]
impl Signals for Gone {
    async fn signal(&self, _: &str, _: i32) -> Result<Incarnation, Failure> {
        not_there()
    }

    async fn fate(&self, _: &str, _: &Incarnation) -> Result<Fate, Failure> {
        Ok(Fate::Ended {
            how: WHY.to_owned(),
            signal: None,
        })
    }

    async fn incarnation(&self, _: &str) -> Result<Option<Incarnation>, Failure> {
        Ok(None)
    }
}

#[async_trait]
impl Freeze for Gone {
    async fn freeze(&self, _: &str) -> Result<Incarnation, Failure> {
        not_there()
    }

    async fn thaw(&self, _: &str) -> Result<Undone, Failure> {
        Ok(nothing_to_do())
    }

    async fn state(&self, _: &str) -> Result<Frozen, Failure> {
        Ok(Frozen::Gone)
    }
}

#[async_trait]
impl Ports for Gone {
    async fn add(&self, _: &str, _: Option<&str>, _: &InjectionId, _: PortFault) -> Result<(), Failure> {
        not_there()
    }

    async fn remove(&self, _: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(None)
    }

    async fn evidence(&self, _: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(None)
    }
}

#[async_trait]
impl Disk for Gone {
    async fn fill(&self, _: &str, _: &str, _: &InjectionId, _: FillAmount) -> Result<(), Failure> {
        not_there()
    }

    async fn release(&self, _: &InjectionId) -> Result<Undone, Failure> {
        Ok(nothing_to_do())
    }

    async fn held(&self, _: &InjectionId) -> Result<Option<Fill>, Failure> {
        Ok(None)
    }
}
