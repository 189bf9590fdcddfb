//! The simulated clock: it stands still until somebody moves it on to the earliest timer.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment, WallTime};

use crate::random::{Dice, Span};

/// Where the clock starts: not at zero, so that nobody takes a moment for a duration.
const START: Moment = Moment(1_000_000_000_000);

/// What the wall shows then: 2026-01-01 00:00:00 UTC.
const WALL_START: u64 = 1_767_225_600_000_000_000;

/// The moment that never comes: what was asked for lies beyond the end of time.
const NEVER: Moment = Moment(u64::MAX);

/// Jumps of the clock: when it moves on to a timer, it now and then goes further at once, as when a machine
/// sleeps. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockFaults {
    /// The probability of a jump each time the clock moves on; from 0 to 1.
    pub chance: f64,
    /// The shortest jump.
    pub least: Duration,
    /// The longest jump.
    pub most: Duration,
    /// How many jumps there are at most.
    pub limit: u32,
}

#[derive(Debug)]
pub(super) struct SimClock(Lock<Timeline>);

#[derive(Debug)]
struct Timeline {
    now: Moment,
    timers: BTreeMap<(Moment, u64), Waker>,
    registered: u64,
    faults: ClockFaults,
    dice: Dice,
    jumps: u32,
}

struct Sleep<'a> {
    clock: &'a SimClock,
    until: Moment,
    key: Option<(Moment, u64)>,
}

// === impl ClockFaults ===

impl Default for ClockFaults {
    /// No jumps; those that are asked for by `chance` alone take 1 to 60 seconds, 16 at most.
    fn default() -> Self {
        Self {
            chance: 0.0,
            least: Duration::from_secs(1),
            most: Duration::from_secs(60),
            limit: 16,
        }
    }
}

// === impl SimClock ===

impl SimClock {
    pub(super) fn new(seed: u64) -> Self {
        Self(Lock::new(Timeline {
            now: START,
            timers: BTreeMap::new(),
            registered: 0,
            faults: ClockFaults::default(),
            dice: Dice::new(seed, "clock"),
            jumps: 0,
        }))
    }

    pub(super) fn set_faults(&self, faults: ClockFaults) {
        self.0.with(|line| line.faults = faults);
    }

    pub(super) fn jumps(&self) -> u32 {
        self.0.with(|line| line.jumps)
    }

    /// Moves on to the earliest timer and wakes whoever is due, in the order of moments and then of registration;
    /// `false` where there is no timer.
    pub(super) fn advance(&self) -> bool {
        let due = self.0.with(Timeline::advance);
        let moved = !due.is_empty();
        due.into_iter().for_each(Waker::wake);
        moved
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Moment {
        self.0.with(|line| line.now)
    }

    fn wall(&self) -> WallTime {
        WallTime(self.now().0.saturating_sub(START.0).saturating_add(WALL_START))
    }

    async fn sleep_until(&self, moment: Moment) {
        Sleep {
            clock: self,
            until: moment,
            key: None,
        }
        .await;
    }
}

// === impl Timeline ===

impl Timeline {
    fn advance(&mut self) -> Vec<Waker> {
        let Some((&(moment, _), _)) = self.timers.first_key_value() else {
            return Vec::new();
        };
        self.now = self.now.max(moment);
        if self.jumps < self.faults.limit && self.dice.chance(self.faults.chance) {
            let span = Span {
                least: self.faults.least,
                most: self.faults.most,
            };
            self.now = self.now.after(self.dice.within(span));
            self.jumps += 1;
        }
        let mut due = Vec::new();
        while let Some(entry) = self
            .timers
            .first_entry()
            .filter(|entry| entry.key().0 <= self.now)
        {
            due.push(entry.remove());
        }
        due
    }
}

// === impl Sleep ===

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (until, key) = (self.until, self.key);
        let registered = self.clock.0.with(|line| {
            if line.now >= until {
                return None;
            }
            let key = key.unwrap_or_else(|| {
                line.registered += 1;
                (until, line.registered)
            });
            if until != NEVER {
                line.timers.insert(key, context.waker().clone());
            }
            Some(key)
        });
        match registered {
            Some(key) => {
                self.key = Some(key);
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            // The waker is dropped outside the lock: it may be the last to hold a task.
            drop(self.clock.0.with(|line| line.timers.remove(&key)));
        }
    }
}
