use crate::histogram::Histogram;
use crate::values::Values;
use crate::{Nanos, Sample};

/// Samples that ended in the same stretch of time, folded into counts and a histogram.
///
/// To a window, all of them ended at `last_ended` and began at `first_begun`.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Which stretch it is: `(slot · width, (slot + 1) · width]`; slot 0 holds the moment 0 too.
    pub(crate) slot: u64,
    pub(crate) first_begun: Nanos,
    pub(crate) last_ended: Nanos,
    /// When the first sample ended that was not good.
    pub(crate) first_bad: Option<Nanos>,
    pub(crate) count: u64,
    pub(crate) good: u64,
    pub(crate) latency: Histogram,
    pub(crate) values: Values,
}

// === impl Bucket ===

impl Bucket {
    pub(crate) fn new(slot: u64, sample: &Sample) -> Self {
        let mut bucket = Self {
            slot,
            first_begun: sample.begun,
            last_ended: sample.ended,
            first_bad: None,
            count: 0,
            good: 0,
            latency: Histogram::new(),
            values: Values::default(),
        };
        bucket.add(sample);
        bucket
    }

    pub(crate) fn add(&mut self, sample: &Sample) {
        self.first_begun = self.first_begun.min(sample.begun);
        self.last_ended = self.last_ended.max(sample.ended);
        self.count += 1;
        if sample.good {
            self.good += 1;
        } else {
            self.first_bad = Some(
                self.first_bad
                    .map_or(sample.ended, |first| first.min(sample.ended)),
            );
        }
        if let Some(latency) = sample.latency {
            self.latency.record(latency);
        }
        if let Some(value) = sample.value {
            self.values.add(value, sample.ended);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.first_begun = self.first_begun.min(other.first_begun);
        self.last_ended = self.last_ended.max(other.last_ended);
        self.count += other.count;
        self.good += other.good;
        self.first_bad = match (self.first_bad, other.first_bad) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.latency.merge(&other.latency);
        self.values.merge(&other.values);
    }
}

/// What a series is made of: an exact sample or a bucket of folded ones.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a> {
    Bucket(&'a Bucket),
    Sample(&'a Sample),
}

// === impl Piece ===

impl Piece<'_> {
    pub(crate) fn ended(&self) -> Nanos {
        match self {
            Self::Bucket(bucket) => bucket.last_ended,
            Self::Sample(sample) => sample.ended,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Bucket(bucket) => bucket.count,
            Self::Sample(_) => 1,
        }
    }

    pub(crate) fn good(&self) -> u64 {
        match self {
            Self::Bucket(bucket) => bucket.good,
            Self::Sample(sample) => u64::from(sample.good),
        }
    }

    /// Number and sum of the latencies.
    pub(crate) fn latencies(&self) -> (u64, u128) {
        match self {
            Self::Bucket(bucket) => (bucket.latency.count(), bucket.latency.sum()),
            Self::Sample(sample) => sample.latency.map_or((0, 0), |latency| (1, u128::from(latency))),
        }
    }

    /// Hands over each latency with the number of samples it stands for.
    pub(crate) fn each_latency(&self, mut take: impl FnMut(u64, u64)) {
        match self {
            Self::Bucket(bucket) => bucket
                .latency
                .steps()
                .for_each(|(latency, count)| take(latency, count)),
            Self::Sample(sample) => sample.latency.iter().for_each(|latency| take(*latency, 1)),
        }
    }
}
