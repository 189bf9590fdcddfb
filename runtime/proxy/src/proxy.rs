//! The handle on a running proxy.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpSocket;
use tokio::runtime::Handle as Runtime;
use tokio::sync::watch;

use crate::accept::accept;
use crate::backend::{Backend, Backends};
use crate::fault::{Active, Evidence, Fault, FaultError, FaultId, MAX_FAULTS};
use crate::queue::Budget;
use crate::timer::Timer;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// What a proxy may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; one more is accepted and reset at once.
    pub connections: usize,
    /// Bytes that faults and slow receivers hold back over all connections. Beyond it each direction of each
    /// connection may still hold what one read brought: 64 KiB under a fault, otherwise 256 KiB.
    pub queued_bytes: usize,
}

/// What a proxy did since it listens.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Connections accepted, without those over the limit.
    pub accepted: u64,
    /// Of these, reset because no healthy backend took them.
    pub failed: u64,
    /// Accepted and reset because there were too many.
    pub over_limit: u64,
    /// Times that accepting paused for want of file descriptors or memory; clients wait in the backlog meanwhile.
    pub exhausted: u64,
    /// Bytes written to backends.
    pub bytes_upstream: u64,
    /// Bytes written to clients.
    pub bytes_downstream: u64,
}

/// A TCP proxy in front of the copies of one port. Cheap to clone; it stops when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Proxy {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    addr: SocketAddr,
    /// Closed once the last task is gone.
    running: watch::Receiver<()>,
}

/// What the handles and the tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) seed: u64,
    pub(crate) table: watch::Sender<Table>,
    pub(crate) backends: Backends,
    pub(crate) timer: Arc<Timer>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) counters: Counters,
}

/// What connections are told about when it changes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) closing: bool,
    pub(crate) faults: BTreeMap<FaultId, Arc<Active>>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) over_limit: AtomicU64,
    pub(crate) exhausted: AtomicU64,
    pub(crate) bytes_up: AtomicU64,
    pub(crate) bytes_down: AtomicU64,
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            queued_bytes: 256 << 20,
        }
    }
}

// === impl Proxy ===

impl Proxy {
    /// Listens on `addr` (port 0 picks one) with the default [`Limits`]; see [`Proxy::listen_with`].
    pub fn listen(addr: SocketAddr, seed: u64) -> io::Result<Self> {
        Self::listen_with(addr, seed, Limits::default())
    }

    /// Listens on `addr` and serves on tasks of the current tokio runtime, which needs its IO driver. There are no
    /// backends yet: connections are reset.
    ///
    /// Fails if there is no runtime, if the address is taken or not ours, or for want of file descriptors.
    pub fn listen_with(addr: SocketAddr, seed: u64, limits: Limits) -> io::Result<Self> {
        let runtime = Runtime::try_current().map_err(io::Error::other)?;
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // Connections in TIME_WAIT do not hinder a restart; another listener still does.
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let listener = socket.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            seed,
            table: watch::Sender::new(Table::default()),
            backends: Backends::default(),
            timer: Arc::new(Timer::new()?),
            budget: Arc::new(Budget::new(limits.queued_bytes)),
            counters: Counters::default(),
        });
        let (running, until_gone) = watch::channel(());
        runtime.spawn(accept(listener, Arc::clone(&shared), limits.connections, running));
        Ok(Self {
            handle: Arc::new(Handle {
                shared,
                addr,
                running: until_gone,
            }),
        })
    }

    /// Where it listens, with the port that was picked.
    pub fn local_addr(&self) -> SocketAddr {
        self.handle.addr
    }

    /// Replaces the backends for new connections. Open ones stay where they are.
    pub fn set_backends(&self, backends: Vec<Backend>) {
        self.handle.shared.backends.set(backends);
    }

    /// The backends as they were last set.
    pub fn backends(&self) -> Vec<Backend> {
        self.handle.shared.backends.get()
    }

    /// Adds a fault. Everything that a peer sends after this has returned is subject to it, on open connections as
    /// well.
    pub fn add_fault(&self, id: FaultId, fault: Fault) -> Result<(), FaultError> {
        fault.check()?;
        let mut result = Ok(());
        self.handle.shared.table.send_if_modified(|table| {
            result = table.add(id, fault);
            result.is_ok()
        });
        result
    }

    /// Removes a fault and gives its last evidence; `None` if there is no such fault. Chunks that it alone held are
    /// written at once, in order; [`Evidence::held`] tells how many these are.
    pub fn remove_fault(&self, id: FaultId) -> Option<Evidence> {
        let mut evidence = None;
        self.handle.shared.table.send_if_modified(|table| {
            if let Some(fault) = table.faults.remove(&id) {
                evidence = Some(fault.evidence());
                fault.remove();
            }
            evidence.is_some()
        });
        evidence
    }

    /// The active faults, by id.
    pub fn faults(&self) -> Vec<FaultId> {
        self.handle.shared.table.borrow().faults.keys().copied().collect()
    }

    /// What an active fault did so far; `None` if there is no such fault.
    pub fn evidence(&self, id: FaultId) -> Option<Evidence> {
        self.handle
            .shared
            .table
            .borrow()
            .faults
            .get(&id)
            .map(|fault| fault.evidence())
    }

    /// What the proxy did so far. The counters are read one by one.
    pub fn totals(&self) -> Totals {
        let counters = &self.handle.shared.counters;
        Totals {
            accepted: counters.accepted.load(Ordering::Relaxed),
            failed: counters.failed.load(Ordering::Relaxed),
            over_limit: counters.over_limit.load(Ordering::Relaxed),
            exhausted: counters.exhausted.load(Ordering::Relaxed),
            bytes_upstream: counters.bytes_up.load(Ordering::Relaxed),
            bytes_downstream: counters.bytes_down.load(Ordering::Relaxed),
        }
    }

    /// Closes the port and resets all connections. Returns once the port is free and every task is gone; can be
    /// called by several handles, and again.
    pub async fn shutdown(&self) {
        self.handle.shared.close();
        let mut running = self.handle.running.clone();
        while running.changed().await.is_ok() {}
    }
}

// === impl Handle ===

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

// === impl Shared ===

impl Shared {
    fn close(&self) {
        self.table
            .send_if_modified(|table| !std::mem::replace(&mut table.closing, true));
    }
}

// === impl Table ===

impl Table {
    fn add(&mut self, id: FaultId, fault: Fault) -> Result<(), FaultError> {
        if self.closing {
            return Err(FaultError::Closed);
        }
        if self.faults.contains_key(&id) {
            return Err(FaultError::Duplicate(id));
        }
        if self.faults.len() >= MAX_FAULTS {
            return Err(FaultError::TooMany);
        }
        self.faults.insert(id, Arc::new(Active::new(id, fault)));
        Ok(())
    }
}
