//! A limit on waiting that the kernel keeps.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

/// A moment after which nothing is waited for: a `timerfd` on the boot clock.
#[derive(Debug)]
pub(crate) struct Deadline {
    timer: OwnedFd,
}

// === impl Deadline ===

impl Deadline {
    pub(crate) fn after(limit: Duration) -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
        // A value of zero would mean never.
        let value = timespec(limit.max(Duration::from_nanos(1)));
        let never = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        timerfd_settime(
            &timer,
            TimerfdTimerFlags::empty(),
            &Itimerspec {
                it_interval: never,
                it_value: value,
            },
        )?;
        Ok(Self { timer })
    }

    /// Whether it has passed.
    pub(crate) fn passed(&self) -> io::Result<bool> {
        self.pause(Duration::ZERO)
    }

    /// Lets `time` go by, less where the deadline comes first. Whether it has passed.
    pub(crate) fn pause(&self, time: Duration) -> io::Result<bool> {
        match poll(&mut [self.event()], Some(&timespec(time))) {
            Ok(ready) => Ok(ready > 0),
            // A shorter pause is no harm: all callers look again.
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// To be polled along with other things.
    pub(crate) fn event(&self) -> PollFd<'_> {
        PollFd::new(&self.timer, PollFlags::IN)
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
