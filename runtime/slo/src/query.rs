use crate::histogram::Histogram;
use crate::rank::nearest_rank;
use crate::values::Values;
use crate::{Nanos, SECOND, Series, Window, bucket::Piece};

// === impl Series ===

/// Questions about a window. Answers are `None` where the window holds nothing to answer from.
impl Series {
    /// How many samples ended in the window. O(log n).
    pub fn count(&self, window: &Window) -> u64 {
        self.totals(window).count
    }

    /// How many of them were good. O(log n).
    pub fn good(&self, window: &Window) -> u64 {
        self.totals(window).good
    }

    /// How many of them were not good. O(log n).
    pub fn bad(&self, window: &Window) -> u64 {
        let totals = self.totals(window);
        totals.count - totals.good
    }

    /// The share of good samples, 0 to 1; `None` without samples. O(log n).
    pub fn success_rate(&self, window: &Window) -> Option<f64> {
        let totals = self.totals(window);
        share(totals.good, totals.count)
    }

    /// The share of samples that were not good, 0 to 1; `None` without samples. O(log n).
    pub fn error_rate(&self, window: &Window) -> Option<f64> {
        let totals = self.totals(window);
        share(totals.count - totals.good, totals.count)
    }

    /// Samples, good or not, that ended per second of the window's whole length: a window that is not full
    /// yet ([`window_is_full`](crate::window_is_full)) understates it, and so does `begun_since`. O(log n).
    ///
    /// `None` if the window has no length, or if the series holds no sample at all up to the window's end:
    /// nothing was observed yet. A window in which nothing ended, after something had, is 0.
    pub fn throughput(&self, window: &Window) -> Option<f64> {
        let length = window.length();
        if length == 0 || self.totals(&Window::until(window.to)).count == 0 {
            return None;
        }
        Some(self.count(window) as f64 * SECOND as f64 / length as f64)
    }

    /// The latency at the nearest rank of quantile `q` (0 to 1): the least latency that is not less than a
    /// share `q` of the latencies. It is one that was measured; within 1 % of one where samples are folded.
    /// Linear in the samples of the window.
    ///
    /// Over the samples that got an answer, good or not; `None` if there is none or `q` is not a number from
    /// 0 to 1.
    pub fn latency_percentile(&self, q: f64, window: &Window) -> Option<Nanos> {
        let mut exact = Vec::new();
        let mut folded = Histogram::new();
        for piece in self.pieces(window) {
            match piece {
                Piece::Bucket(bucket) => folded.merge(&bucket.latency),
                Piece::Sample(sample) => exact.extend(sample.latency),
            }
        }
        let rank = nearest_rank(q, folded.count().saturating_add(exact.len() as u64))?;
        if folded.count() == 0 {
            let place = usize::try_from(rank - 1)
                .unwrap_or(usize::MAX)
                .min(exact.len().checked_sub(1)?);
            return Some(*exact.select_nth_unstable(place).1);
        }
        exact.sort_unstable();
        let mut exact = exact.into_iter().map(|latency| (latency, 1)).peekable();
        let mut steps = folded.steps().peekable();
        let mut seen = 0_u64;
        loop {
            let (latency, count) = match (exact.peek(), steps.peek()) {
                (Some((a, _)), Some((b, _))) if a <= b => exact.next()?,
                (Some(_), None) => exact.next()?,
                (_, Some(_)) => steps.next()?,
                (None, None) => return folded.max(),
            };
            seen = seen.saturating_add(count);
            if seen >= rank {
                return Some(latency);
            }
        }
    }

    /// The mean latency of the samples that got an answer, rounded to a nanosecond; exact for folded samples
    /// too.
    pub fn latency_mean(&self, window: &Window) -> Option<Nanos> {
        let (count, sum) = self.pieces(window).fold((0_u64, 0_u128), |(count, sum), piece| {
            let (more, latency) = piece.latencies();
            (count.saturating_add(more), sum.saturating_add(latency))
        });
        mean_of(count, sum)
    }

    /// The greatest latency of the samples that got an answer; exact for folded samples too.
    pub fn latency_max(&self, window: &Window) -> Option<Nanos> {
        self.pieces(window)
            .filter_map(|piece| match piece {
                Piece::Bucket(bucket) => bucket.latency.max(),
                Piece::Sample(sample) => sample.latency,
            })
            .max()
    }

    /// The least latency of the samples that got an answer; exact for folded samples too.
    pub fn latency_min(&self, window: &Window) -> Option<Nanos> {
        self.pieces(window)
            .filter_map(|piece| match piece {
                Piece::Bucket(bucket) => bucket.latency.min(),
                Piece::Sample(sample) => sample.latency,
            })
            .min()
    }

    /// The value of the sample that ended last among those that have one, good or not.
    pub fn value_last(&self, window: &Window) -> Option<f64> {
        let exact = self.samples(window).rev().find_map(|sample| sample.value);
        exact.or_else(|| self.values(window).last())
    }

    /// The least value.
    pub fn value_min(&self, window: &Window) -> Option<f64> {
        self.values(window).min()
    }

    /// The greatest value.
    pub fn value_max(&self, window: &Window) -> Option<f64> {
        self.values(window).max()
    }

    /// The mean of the values, each with the same weight however long it was the last.
    pub fn value_mean(&self, window: &Window) -> Option<f64> {
        self.values(window).mean()
    }

    /// When the first sample of the window ended that was not good; `None` if there is none. Linear in the
    /// samples of the window up to there.
    pub fn first_bad(&self, window: &Window) -> Option<Nanos> {
        self.pieces(window).find_map(|piece| match piece {
            Piece::Bucket(bucket) => bucket.first_bad,
            Piece::Sample(sample) => (!sample.good).then_some(sample.ended),
        })
    }

    fn values(&self, window: &Window) -> Values {
        let mut values = Values::default();
        for piece in self.pieces(window) {
            match piece {
                Piece::Bucket(bucket) => values.merge(&bucket.values),
                Piece::Sample(sample) => sample
                    .value
                    .iter()
                    .for_each(|value| values.add(*value, sample.ended)),
            }
        }
        values
    }
}

/// `part / whole`, of which there must be some.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// `sum / count`, rounded half up.
pub(crate) fn mean_of(count: u64, sum: u128) -> Option<Nanos> {
    let mean = sum
        .saturating_add(u128::from(count / 2))
        .checked_div(u128::from(count))?;
    Some(Nanos::try_from(mean).unwrap_or(Nanos::MAX))
}
