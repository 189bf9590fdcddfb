//! The real clock and the real spawner.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rescc_core::async_trait;
use rescc_core::time::{Clock, Moment, Spawner, WallTime};
use rustix::time::{ClockId, clock_gettime};

/// The longest sleep in one go: tokio's timers stand still while the machine sleeps, the boot clock does not.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// The boot clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct BootClock;

/// Puts tasks onto a tokio runtime.
#[derive(Clone, Debug)]
pub struct TokioSpawner(pub tokio::runtime::Handle);

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[async_trait]
impl Clock for BootClock {
    fn now(&self) -> Moment {
        Moment(read(ClockId::Boottime))
    }

    fn wall(&self) -> WallTime {
        WallTime(read(ClockId::Realtime))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed in")]
    async fn sleep_until(&self, moment: Moment) {
        loop {
            let left = moment.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_NAP)).await;
        }
    }
}

impl Spawner for TokioSpawner {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(self.0.spawn(task));
    }
}
