//! The last half minute of a probe.

use std::collections::VecDeque;
use std::time::Duration;

/// How many seconds are kept.
pub(super) const KEPT: u64 = 30;

/// How many of them the shown rate is about.
const RECENT: u64 = 5;

/// The last half minute of a probe, by the second.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    seconds: VecDeque<Second>,
}

/// What was observed in one second of the run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Second {
    number: u64,
    pub(super) good: u64,
    pub(super) bad: u64,
    pub(super) latency: Option<Duration>,
}

// === impl Meter ===

impl Meter {
    pub(super) fn add(&mut self, at: Duration, good: bool, latency: Option<Duration>) {
        let number = at.as_secs();
        let newest = self.seconds.back().map_or(0, |second| second.number);
        if number.saturating_add(KEPT) <= newest {
            return;
        }
        // Observations come in when they end: one may belong before the newest.
        let place = self.seconds.partition_point(|second| second.number < number);
        if self
            .seconds
            .get(place)
            .is_none_or(|second| second.number != number)
        {
            self.seconds.insert(
                place,
                Second {
                    number,
                    ..Second::default()
                },
            );
        }
        if let Some(second) = self.seconds.get_mut(place) {
            if good {
                second.good = second.good.saturating_add(1);
            } else {
                second.bad = second.bad.saturating_add(1);
            }
            second.latency = second.latency.max(latency);
        }
        let newest = newest.max(number);
        while self
            .seconds
            .front()
            .is_some_and(|second| second.number.saturating_add(KEPT) <= newest)
        {
            self.seconds.pop_front();
        }
    }

    /// Good and all observations of the last few seconds.
    pub(super) fn recent(&self, now: Duration) -> (u64, u64) {
        let since = now.as_secs().saturating_sub(RECENT);
        self.seconds
            .iter()
            .filter(|second| second.number >= since)
            .fold((0, 0), |(good, all), second| {
                (
                    good.saturating_add(second.good),
                    all.saturating_add(second.good).saturating_add(second.bad),
                )
            })
    }

    /// The greatest latency of the last few seconds.
    pub(super) fn latency(&self, now: Duration) -> Option<Duration> {
        let since = now.as_secs().saturating_sub(RECENT);
        self.seconds
            .iter()
            .filter(|second| second.number >= since)
            .filter_map(|second| second.latency)
            .max()
    }

    /// Each of the last seconds, the newest last, with those in which nothing was observed.
    pub(super) fn seconds(&self, now: Duration) -> impl Iterator<Item = Second> {
        let last = now.as_secs();
        (last.saturating_sub(KEPT - 1)..=last).map(|number| {
            self.seconds
                .iter()
                .find(|second| second.number == number)
                .copied()
                .unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_half_minute_is_kept() {
        let mut meter = Meter::default();
        for second in 0..1_000 {
            meter.add(Duration::from_secs(second), true, None);
        }
        assert_eq!(meter.seconds.len(), 30);
        meter.add(Duration::from_secs(3), false, None);
        assert_eq!(meter.seconds.len(), 30, "what is too old is not taken in");
    }

    #[test]
    fn an_observation_may_come_in_late() {
        let mut meter = Meter::default();
        meter.add(Duration::from_secs(5), true, None);
        meter.add(Duration::from_secs(3), false, Some(Duration::from_millis(7)));
        meter.add(Duration::from_secs(5), true, None);
        assert_eq!(meter.recent(Duration::from_secs(6)), (2, 3));
        assert_eq!(
            meter.latency(Duration::from_secs(6)),
            Some(Duration::from_millis(7))
        );
    }
}
