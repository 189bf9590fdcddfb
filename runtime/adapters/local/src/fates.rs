//! How processes ended.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rescc_core::host::{Exit, ExitStatus, ProcessIdentity};
use rescc_core::sync::Lock;
use rescc_core::time::Clock;
use rescc_process::Handle;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use crate::wait::within;

/// The most ends that are remembered.
const KEPT: usize = 4096;
/// How long the parent may take to tell of an end that can be seen.
pub(crate) const NEWS_LIMIT: Duration = Duration::from_secs(2);

/// The ends of processes as their parent told them. An end may be told before it is known whose it is.
#[derive(Debug)]
pub(crate) struct Fates {
    known: Lock<Known>,
    count: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Known {
    order: VecDeque<ProcessIdentity>,
    statuses: BTreeMap<ProcessIdentity, ExitStatus>,
}

/// Waits until a process is seen to have ended.
async fn dead(identity: &ProcessIdentity) {
    let waited = async {
        let Some(handle) = Handle::open(identity)? else {
            return Ok(());
        };
        let watched = watched(handle.into_fd())?;
        watched.readable().await?.retain_ready();
        std::io::Result::Ok(())
    };
    if waited.await.is_err() {
        // Out of descriptors: there is still the word of its parent.
        std::future::pending::<()>().await;
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types that don't own one descriptor for life; an `OwnedFd` does"
)]
fn watched(pidfd: OwnedFd) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(pidfd, Interest::READABLE)
}

// === impl Fates ===

impl Fates {
    pub(crate) fn new() -> Self {
        Self {
            known: Lock::default(),
            count: watch::Sender::new(0),
        }
    }

    pub(crate) fn record(&self, exit: Exit) {
        self.known.with(|known| {
            if known
                .statuses
                .insert(exit.identity.clone(), exit.status)
                .is_none()
            {
                known.order.push_back(exit.identity);
            }
            if known.order.len() > KEPT
                && let Some(oldest) = known.order.pop_front()
            {
                known.statuses.remove(&oldest);
            }
        });
        self.count.send_modify(|count| *count += 1);
    }

    pub(crate) fn of(&self, identity: &ProcessIdentity) -> Option<ExitStatus> {
        self.known.with(|known| known.statuses.get(identity).copied())
    }

    /// Waits for the end of a process, by the word of its parent or by its pidfd; `None` where the parent does not tell
    /// how it ended.
    pub(crate) async fn end_of(&self, clock: &dyn Clock, identity: &ProcessIdentity) -> Option<ExitStatus> {
        tokio::select! {
            biased;
            status = self.ended(identity) => Some(status),
            () = dead(identity) => within(clock, NEWS_LIMIT, self.ended(identity)).await,
        }
    }

    /// Waits until the parent tells of the end of a process.
    pub(crate) async fn ended(&self, identity: &ProcessIdentity) -> ExitStatus {
        let mut count = self.count.subscribe();
        loop {
            count.borrow_and_update();
            if let Some(status) = self.of(identity) {
                return status;
            }
            if count.changed().await.is_err() {
                // The sender is part of what this borrows: it can't be gone.
                std::future::pending::<()>().await;
            }
        }
    }
}
