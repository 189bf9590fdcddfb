//! A runtime of one thread under a simulated clock.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::BoxFuture;
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment, Spawner};

mod clock;

pub use clock::ClockFaults;
use clock::SimClock;

/// How many polls one `block_on` may take unless said otherwise.
const MAX_POLLS: u64 = 10_000_000;

/// Runs tasks in the order in which they were woken, on one thread, under a clock that moves only when nothing
/// can run: then to the earliest timer. The same seed and the same tasks give the same order.
///
/// A task that waits for another thread is not waited for: that is a [`Stuck::Deadlock`].
#[derive(Debug)]
pub struct SimRuntime {
    clock: Arc<SimClock>,
    queue: Arc<Queue>,
    tasks: BTreeMap<u64, Task>,
    max_polls: u64,
}

/// Why a simulation did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Nothing can run and no timer is left.
    Deadlock {
        /// When.
        at: Moment,
        /// How many spawned tasks wait as well.
        waiting: usize,
    },
    /// It has been polled as often as it may.
    TooManyPolls {
        /// When.
        at: Moment,
        /// How often.
        polls: u64,
    },
}

/// What can run, in order; shared with wakers and spawners.
#[derive(Debug, Default)]
struct Queue(Lock<Queued>);

#[derive(Default)]
struct Queued {
    ready: VecDeque<u64>,
    spawned: Vec<(u64, Task)>,
    next: u64,
    closed: bool,
}

struct Task {
    future: BoxFuture<'static, ()>,
    signal: Arc<Signal>,
}

/// Puts one task into the queue, once until it is polled.
struct Signal {
    id: u64,
    queued: AtomicBool,
    queue: Arc<Queue>,
}

#[derive(Debug)]
struct SimSpawner(Arc<Queue>);

// === impl SimRuntime ===

impl SimRuntime {
    /// A runtime whose clock stands at the moment 1,000 seconds and shows the beginning of 2026.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Arc::new(SimClock::new(seed)),
            queue: Arc::default(),
            tasks: BTreeMap::new(),
            max_polls: MAX_POLLS,
        }
    }

    /// How many polls of tasks one [`block_on`](Self::block_on) may take; ten million unless said otherwise.
    #[must_use]
    pub fn with_max_polls(mut self, max_polls: u64) -> Self {
        self.max_polls = max_polls;
        self
    }

    /// Lets the clock jump ahead now and then, as when a machine sleeps.
    #[must_use]
    pub fn with_clock_faults(self, faults: ClockFaults) -> Self {
        self.clock.set_faults(faults);
        self
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    /// Puts tasks into this runtime; what is spawned after the runtime is gone is dropped.
    #[must_use]
    pub fn spawner(&self) -> Arc<dyn Spawner> {
        Arc::new(SimSpawner(Arc::clone(&self.queue)))
    }

    /// How many spawned tasks have not ended.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.tasks.len() + self.queue.0.with(|queued| queued.spawned.len())
    }

    /// How often the clock has jumped.
    #[must_use]
    pub fn jumps(&self) -> u32 {
        self.clock.jumps()
    }

    /// Runs a future to its end, and the spawned tasks beside it. These stay where they are when it ends; the
    /// next call goes on with them.
    ///
    /// # Errors
    /// Where it can't come to its end.
    pub fn block_on<F: Future>(&mut self, future: F) -> Result<F::Output, Stuck> {
        let mut main = pin!(future);
        let signal = self.queue.signal();
        let waker = Waker::from(Arc::clone(&signal));
        signal.wake_by_ref();
        let mut polls = 0;
        loop {
            let (next, spawned) = self
                .queue
                .0
                .with(|queued| (queued.ready.pop_front(), std::mem::take(&mut queued.spawned)));
            self.tasks.extend(spawned);
            let Some(id) = next else {
                if self.clock.advance() {
                    continue;
                }
                return Err(Stuck::Deadlock {
                    at: self.clock.now(),
                    waiting: self.tasks.len(),
                });
            };
            if polls >= self.max_polls {
                // What was woken stays woken for a later call.
                self.queue.0.with(|queued| queued.ready.push_front(id));
                return Err(Stuck::TooManyPolls {
                    at: self.clock.now(),
                    polls,
                });
            }
            polls += 1;
            if id == signal.id {
                signal.queued.store(false, Ordering::Release);
                if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Ok(output);
                }
            } else {
                self.poll_task(id);
            }
        }
    }

    fn poll_task(&mut self, id: u64) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        task.signal.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&task.signal));
        if task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            self.tasks.remove(&id);
        }
    }
}

impl Drop for SimRuntime {
    fn drop(&mut self) {
        // A task may hold a spawner, and a spawner the queue: let go of both by hand, outside the lock.
        let spawned = self.queue.0.with(|queued| {
            queued.closed = true;
            std::mem::take(&mut queued.spawned)
        });
        drop(spawned);
        self.tasks.clear();
    }
}

// === impl Queue ===

impl Queue {
    fn signal(self: &Arc<Self>) -> Arc<Signal> {
        let id = self.0.with(|queued| {
            queued.next += 1;
            queued.next
        });
        Arc::new(Signal {
            id,
            queued: AtomicBool::new(false),
            queue: Arc::clone(self),
        })
    }
}

// === impl Queued ===

impl std::fmt::Debug for Queued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queued")
            .field("ready", &self.ready)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

// === impl Task ===

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.signal.id)
            .finish_non_exhaustive()
    }
}

// === impl Signal ===

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.queue.0.with(|queued| queued.ready.push_back(self.id));
        }
    }
}

// === impl SimSpawner ===

impl Spawner for SimSpawner {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let signal = self.0.signal();
        let task = Task {
            future: task,
            signal: Arc::clone(&signal),
        };
        let refused = self.0.0.with(|queued| {
            if queued.closed {
                return Some(task);
            }
            queued.spawned.push((signal.id, task));
            None
        });
        if refused.is_none() {
            signal.wake_by_ref();
        }
    }
}

// === impl Stuck ===

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deadlock { at, waiting } => {
                write!(
                    f,
                    "nothing can run at moment {} and no timer is left; {waiting} tasks wait",
                    at.0
                )
            }
            Self::TooManyPolls { at, polls } => {
                write!(f, "not at its end after {polls} polls, at moment {}", at.0)
            }
        }
    }
}

impl std::error::Error for Stuck {}
