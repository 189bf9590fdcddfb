//! The copies behind a proxy and whose turn it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::lock::Lock;

/// One copy behind the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The instance, such as `api-2`; what [`crate::Fault::backend`] is compared with.
    pub name: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Whether it gets new connections. Open ones stay where they are.
    pub healthy: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Backends {
    list: Lock<Arc<[Backend]>>,
    turn: AtomicUsize,
}

// === impl Backends ===

impl Backends {
    pub(crate) fn set(&self, list: Vec<Backend>) {
        *self.list.lock() = list.into();
    }

    pub(crate) fn get(&self) -> Vec<Backend> {
        self.list.lock().to_vec()
    }

    /// The healthy ones in the order in which a new connection tries them; takes a turn.
    pub(crate) fn candidates(&self) -> Vec<Backend> {
        let list = Arc::clone(&self.list.lock());
        let mut healthy: Vec<Backend> = list.iter().filter(|backend| backend.healthy).cloned().collect();
        if let Some(first) = self
            .turn
            .fetch_add(1, Ordering::Relaxed)
            .checked_rem(healthy.len())
        {
            healthy.rotate_left(first);
        }
        healthy
    }
}
