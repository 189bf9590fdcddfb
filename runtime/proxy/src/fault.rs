//! What can be done to connections, and the proof that it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Nanos;
use crate::lock::Lock;
use crate::queue::Way;

/// The most faults a proxy has at once.
pub const MAX_FAULTS: usize = 256;
/// The longest `delay + jitter` of a latency fault.
pub const MAX_DELAY: Duration = Duration::from_secs(3600);

/// The caller's name for a fault; also part of the seed of its draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub u64);

/// One fault: which connections, and what happens to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Only connections to the instance of this name; `None` is all. A name that is no backend (yet) touches nothing.
    pub backend: Option<String>,
    /// The share of connections that are touched, 0 to 1. Each connection draws once, open and new ones alike; the
    /// draw depends on the proxy's seed, the fault's id and the connection's number in order of arrival only.
    pub share: f64,
    /// What happens.
    pub kind: FaultKind,
}

/// What a fault does to the connections it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Bytes arrive later. Bandwidth stays as it is until [`crate::QUEUE_BYTES`] are on their way. Handshakes are not
    /// delayed; FIN and RST are, as they follow the bytes. Several latencies on one connection add up.
    Latency {
        /// Added to each chunk in each direction that `direction` names.
        delay: Duration,
        /// Each chunk's delay is uniform in `[delay - jitter, delay + jitter]`, but no chunk overtakes another.
        /// At most `delay`.
        jitter: Duration,
        /// `Downstream` or `Upstream` make a round trip longer by one `delay`, `Both` by two.
        direction: Direction,
    },
}

/// The direction of bytes, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From client to backend: requests.
    Upstream,
    /// From backend to client: responses.
    Downstream,
    /// Both of them.
    Both,
}

/// Why a fault was not added. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// A fault of this id is active; remove it first.
    #[error("fault `{}` is active already", .0.0)]
    Duplicate(FaultId),
    /// The share is not a number from 0 to 1.
    #[error("share `{0}` is not between 0 and 1")]
    Share(f64),
    /// Some delay would be negative.
    #[error("jitter `{jitter:?}` is more than the delay `{delay:?}`")]
    Jitter {
        /// The delay asked for.
        delay: Duration,
        /// The jitter asked for.
        jitter: Duration,
    },
    /// `delay + jitter` is more than [`MAX_DELAY`].
    #[error("delay `{0:?}` is more than `{MAX_DELAY:?}`")]
    Delay(Duration),
    /// There are [`MAX_FAULTS`] already.
    #[error("more than `{MAX_FAULTS}` faults on one proxy")]
    TooMany,
    /// The proxy was shut down.
    #[error("the proxy is shut down")]
    Closed,
}

/// What a fault did so far. All zero: nothing came by that it could have touched.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Connections of which at least one chunk was held.
    pub connections: u64,
    /// Chunks that were held and then written.
    pub chunks: u64,
    /// Bytes in these chunks.
    pub bytes: u64,
    /// Chunks that are held right now, or were when the fault was removed. They are not among `chunks`.
    pub held: u64,
    /// The sum of the measured times from the read that brought a chunk to the write that took its first byte. Where
    /// several faults touch a chunk, each of them reports the whole time.
    pub delay_total: Duration,
    /// The shortest of these times; zero while `chunks` is.
    pub delay_min: Duration,
    /// The longest of these times.
    pub delay_max: Duration,
    /// When it last held or released a chunk; `Nanos(0)` is never.
    pub last_touched: Nanos,
}

/// An active fault, shared by the table and by every connection it touches.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) id: FaultId,
    pub(crate) fault: Fault,
    removed: AtomicBool,
    held: AtomicU64,
    evidence: Lock<Evidence>,
}

/// A chunk's claim on time: one fault holds it back by `delay`, until the fault is removed.
#[derive(Debug)]
pub(crate) struct Hold {
    fault: Arc<Active>,
    delay: Duration,
}

// === impl Fault ===

impl Fault {
    /// Whether the values are within their bounds.
    pub(crate) fn check(&self) -> Result<(), FaultError> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(FaultError::Share(self.share));
        }
        match self.kind {
            FaultKind::Latency { delay, jitter, .. } if jitter > delay => {
                Err(FaultError::Jitter { delay, jitter })
            }
            FaultKind::Latency { delay, jitter, .. } if delay.saturating_add(jitter) > MAX_DELAY => {
                Err(FaultError::Delay(delay.saturating_add(jitter)))
            }
            FaultKind::Latency { .. } => Ok(()),
        }
    }
}

// === impl Direction ===

impl Direction {
    pub(crate) fn covers(self, way: Way) -> bool {
        match self {
            Self::Upstream => way == Way::Up,
            Self::Downstream => way == Way::Down,
            Self::Both => true,
        }
    }
}

// === impl Active ===

impl Active {
    pub(crate) fn new(id: FaultId, fault: Fault) -> Self {
        Self {
            id,
            fault,
            removed: AtomicBool::new(false),
            held: AtomicU64::new(0),
            evidence: Lock::new(Evidence::default()),
        }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let evidence = self.evidence.lock().clone();
        Evidence {
            held: self.held.load(Ordering::Relaxed),
            ..evidence
        }
    }

    /// From now on its holds weigh nothing.
    pub(crate) fn remove(&self) {
        self.removed.store(true, Ordering::Release);
    }

    pub(crate) fn touch(&self, first_of_connection: bool, now: Nanos) {
        let mut evidence = self.evidence.lock();
        evidence.connections += u64::from(first_of_connection);
        evidence.last_touched = evidence.last_touched.max(now);
    }
}

// === impl Hold ===

impl Hold {
    pub(crate) fn new(fault: &Arc<Active>, delay: Duration) -> Self {
        fault.held.fetch_add(1, Ordering::Relaxed);
        Self {
            fault: Arc::clone(fault),
            delay,
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        if self.fault.removed.load(Ordering::Acquire) {
            Duration::ZERO
        } else {
            self.delay
        }
    }

    /// The chunk was written.
    pub(crate) fn released(&self, bytes: usize, held: Duration, now: Nanos) {
        let mut evidence = self.fault.evidence.lock();
        evidence.delay_min = if evidence.chunks == 0 {
            held
        } else {
            evidence.delay_min.min(held)
        };
        evidence.delay_max = evidence.delay_max.max(held);
        evidence.delay_total = evidence.delay_total.saturating_add(held);
        evidence.chunks += 1;
        evidence.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        evidence.last_touched = evidence.last_touched.max(now);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.fault.held.fetch_sub(1, Ordering::Relaxed);
    }
}
