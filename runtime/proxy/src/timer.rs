//! Waking tasks at a point in time, to some ten microseconds: one timerfd a proxy, registered with tokio's epoll.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::Nanos;
use crate::lock::Lock;

#[derive(Debug)]
pub(crate) struct Timer {
    fd: AsyncFd<OwnedFd>,
    queue: Lock<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next_slot: u64,
    wakers: BTreeMap<(Nanos, u64), Waker>,
}

/// A place in the timer's queue: waits for one point in time, which may change from poll to poll.
#[derive(Debug)]
pub(crate) struct Sleep {
    timer: Arc<Timer>,
    slot: u64,
    queued: Option<Nanos>,
}

// === impl Timer ===

impl Timer {
    /// Fails when there is no file descriptor left; must be called within a tokio runtime.
    #[expect(
        deprecated,
        reason = "the successor is `unsafe` because the descriptor might not be owned; an `OwnedFd` is"
    )]
    pub(crate) fn new() -> io::Result<Self> {
        let fd = timerfd_create(
            TimerfdClockId::Boottime,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        Ok(Self {
            fd: AsyncFd::with_interest(fd, Interest::READABLE)?,
            queue: Lock::default(),
        })
    }

    /// Wakes whoever is due, for ever; ends only when the runtime does.
    pub(crate) async fn drive(self: Arc<Self>) {
        loop {
            let Ok(mut expired) = self.fd.readable().await else {
                return;
            };
            // The descriptor is never read: epoll is edge-triggered and arming it again clears the count.
            // Clearing before arming, or an expiry in between would be lost.
            expired.clear_ready();
            for waker in self.take_due() {
                waker.wake();
            }
        }
    }

    fn take_due(&self) -> Vec<Waker> {
        let mut queue = self.queue.lock();
        let later = queue
            .wakers
            .split_off(&(Nanos(Nanos::now().0.saturating_add(1)), 0));
        let due = std::mem::replace(&mut queue.wakers, later);
        if let Some(((first, _), _)) = queue.wakers.first_key_value() {
            self.arm(*first);
        }
        due.into_values().collect()
    }

    fn arm(&self, deadline: Nanos) {
        // Zero would disarm.
        let value = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Nanos(deadline.0.max(1)).timespec(),
        };
        // Fails only for a descriptor that is no timer or a time that is none; both are ruled out above.
        let _ = timerfd_settime(&self.fd, TimerfdTimerFlags::ABSTIME, &value);
    }
}

// === impl Sleep ===

impl Sleep {
    pub(crate) fn new(timer: &Arc<Timer>) -> Self {
        let mut queue = timer.queue.lock();
        let slot = queue.next_slot;
        queue.next_slot += 1;
        drop(queue);
        Self {
            timer: Arc::clone(timer),
            slot,
            queued: None,
        }
    }

    /// Ready from `deadline` on, never earlier. Another deadline than before replaces it.
    pub(crate) fn poll_until(&mut self, deadline: Nanos, cx: &Context<'_>) -> Poll<()> {
        if Nanos::now() >= deadline {
            return Poll::Ready(());
        }
        let mut queue = self.timer.queue.lock();
        if let Some(old) = self.queued.replace(deadline)
            && old != deadline
        {
            queue.wakers.remove(&(old, self.slot));
        }
        queue.wakers.insert((deadline, self.slot), cx.waker().clone());
        if queue
            .wakers
            .first_key_value()
            .is_some_and(|(first, _)| *first == (deadline, self.slot))
        {
            self.timer.arm(deadline);
        }
        Poll::Pending
    }

    pub(crate) async fn until(&mut self, deadline: Nanos) {
        poll_fn(|cx| self.poll_until(deadline, cx)).await;
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(deadline) = self.queued {
            self.timer.queue.lock().wakers.remove(&(deadline, self.slot));
        }
    }
}
