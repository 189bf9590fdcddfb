//! The local environment of rescc: processes of this machine, which it starts itself.
//!
//! - Each copy of a resource is a `unit`: what is known of it. A `supervisor` task looks after it: it starts and
//!   stops the process, measures its health, and starts it again where the spec says so.
//! - On each declared port a proxy of rescc listens, faults or not (`front`); the copies listen on private ports.
//! - Processes are children of a host that outlives the runner. Room on disks is held by this process, so that the kernel
//!   gives it back whenever the holder is gone; so are proxies.
//! - What a dead run has left is opened from the notes of its journal (`remains`).

mod disk;
mod environment;
mod fates;
mod front;
mod health;
mod hub;
mod output;
mod ports;
mod powers;
mod remains;
mod service;
mod spec;
mod supervisor;
mod unit;
mod wait;

use std::sync::Arc;

use rescc_core::async_trait;
use rescc_core::catalogue::AdapterSpec;
use rescc_core::environment::{Adapter, Environment, Leftovers, Setup};
use rescc_core::error::Failure;

/// The environment `local`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalAdapter;

// === impl LocalAdapter ===

#[async_trait]
impl Adapter for LocalAdapter {
    fn spec(&self) -> AdapterSpec {
        spec::adapter()
    }

    async fn open(&self, setup: Setup) -> Result<Arc<dyn Environment>, Failure> {
        Ok(Arc::new(environment::LocalEnvironment::open(setup)?))
    }

    async fn reopen(&self, left: Leftovers) -> Result<Arc<dyn Environment>, Failure> {
        Ok(Arc::new(remains::Remains::new(left)))
    }
}
