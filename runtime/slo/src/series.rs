use std::ops::Range;

use crate::bucket::Piece;
use crate::folded::{Folded, Totals};
use crate::{Nanos, Sample, Window};

/// How much a [`Series`] remembers, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Samples that are kept exactly; beyond it the older half is folded. At least 2 are kept. 64 bytes each.
    pub exact: usize,
    /// Buckets of folded samples; beyond it they become twice as long. About 200 bytes each.
    pub buckets: usize,
    /// Steps that hold something in the histograms of all buckets; beyond it buckets become twice as long. 8
    /// bytes each.
    pub steps: usize,
}

/// The samples of one probe in the order in which they ended, in bounded memory.
///
/// The latest samples (see [`Limits::exact`]) are kept exactly. Older ones are folded into buckets, of one
/// second at first and longer when there are too many, each with counts, a [`Histogram`](crate::Histogram) of
/// latencies and the extremes, mean and last of values. The default limits hold a day of 200
/// samples a second in about 50 MB.
///
/// What was folded is less sharp, and only in this: a percentile of latency is within 1 %; and a bucket is
/// one point that began when its first sample began and ended when its last sample ended, so a window which
/// cuts through a bucket has all of it or nothing. [`Self::exact_since`] says from when on everything is
/// exact.
#[derive(Debug, Clone)]
pub struct Series {
    limits: Limits,
    folded: Folded,
    exact: Vec<Stored>,
    /// Good samples that left `exact` and that its running totals still include.
    good_left: u64,
    /// The longest time that any sample took from its beginning to its end.
    longest: Nanos,
}

/// A sample with the number of good ones up to and including it.
#[derive(Debug, Clone, Copy)]
struct Stored {
    sample: Sample,
    good_upto: u64,
}

// === impl Limits ===

impl Default for Limits {
    /// 200 000 samples, 100 000 buckets, 4 000 000 steps.
    fn default() -> Self {
        Self {
            exact: 200_000,
            buckets: 100_000,
            steps: 4_000_000,
        }
    }
}

// === impl Series ===

impl Default for Series {
    fn default() -> Self {
        Self::new()
    }
}

impl Series {
    /// An empty series with the default limits.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// An empty series with other limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            folded: Folded::new(),
            exact: Vec::new(),
            good_left: 0,
            longest: 0,
        }
    }

    /// Adds a sample at its place in time; among samples that ended at one moment, as the last of them.
    ///
    /// The cost grows with the number of samples in the series that ended later: cheap for open-loop probes
    /// that overtake each other, quadratic for a series that comes in backwards.
    ///
    /// What can't be computed with is taken out of the sample: a value that is not finite is dropped and
    /// `begun` after `ended` is read as `ended`. The sample counts all the same.
    pub fn push(&mut self, sample: Sample) {
        let sample = sample.normalised();
        self.longest = self.longest.max(sample.ended - sample.begun);
        if self.folded.until().is_some_and(|until| sample.ended <= until) {
            self.folded.insert(&sample, &self.limits);
            return;
        }
        let later = self
            .exact
            .iter()
            .rev()
            .take_while(|stored| stored.sample.ended > sample.ended)
            .count();
        let place = self.exact.len() - later;
        let good = u64::from(sample.good);
        let good_upto = self.good_before(place) + good;
        self.exact.insert(place, Stored { sample, good_upto });
        for stored in self.exact.iter_mut().skip(place + 1) {
            stored.good_upto += good;
        }
        if self.exact.len() > self.limits.exact.max(2) {
            self.fold();
        }
    }

    /// Whether no sample was ever added.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.folded.until().is_none()
    }

    /// When the latest sample ended.
    pub fn last_ended(&self) -> Option<Nanos> {
        self.exact
            .last()
            .map(|stored| stored.sample.ended)
            .or_else(|| self.folded.until())
    }

    /// The moment after which nothing is folded; `None` while everything is exact. Answers about windows that
    /// begin at or after it are exact.
    pub fn exact_since(&self) -> Option<Nanos> {
        self.folded.until()
    }

    /// The samples of the window that are still kept exactly, in the order in which they ended.
    pub fn samples(&self, window: &Window) -> impl DoubleEndedIterator<Item = &Sample> {
        let since = window.begun_since.unwrap_or(0);
        let places = self.exact_places(window);
        self.stored(places)
            .iter()
            .map(|stored| &stored.sample)
            .filter(move |sample| sample.begun >= since)
    }

    /// All of the window, in the order of time.
    pub(crate) fn pieces(&self, window: &Window) -> impl Iterator<Item = Piece<'_>> {
        let since = window.begun_since.unwrap_or(0);
        let buckets = self.folded.slice(self.folded.places(window.after, window.to));
        buckets
            .iter()
            .filter(move |bucket| bucket.first_begun >= since)
            .map(Piece::Bucket)
            .chain(self.samples(window).map(Piece::Sample))
    }

    /// Samples and good samples of the window, in O(log n) and the number of samples that were under way at
    /// `begun_since`.
    pub(crate) fn totals(&self, window: &Window) -> Totals {
        let buckets = self.folded.places(window.after, window.to);
        let samples = self.exact_places(window);
        let Some(since) = window.begun_since else {
            return sum(self.bucket_totals(buckets), self.sample_totals(samples));
        };
        // What ended before `since` began before it; what ended so much later that no sample takes longer
        // began after it. Only what lies between has to be looked at.
        let sure = since.checked_add(self.longest);
        let first = self
            .exact
            .partition_point(|stored| stored.sample.ended < since)
            .max(samples.start);
        let split = self.place_reached(sure, first, samples.end);
        let mut totals = self.sample_totals(split..samples.end);
        for stored in self.stored(first..split) {
            if stored.sample.begun >= since {
                totals = sum(
                    totals,
                    Totals {
                        count: 1,
                        good: u64::from(stored.sample.good),
                    },
                );
            }
        }

        // The first sample of a bucket ended less than a width before its last.
        let sure = sure.and_then(|sure| sure.checked_add(self.folded.width()));
        let first = self
            .folded
            .first_place(|bucket| bucket.last_ended >= since)
            .max(buckets.start);
        let split = sure
            .map_or(buckets.end, |sure| {
                self.folded.first_place(|bucket| bucket.last_ended >= sure)
            })
            .clamp(first.min(buckets.end), buckets.end);
        totals = sum(totals, self.bucket_totals(split..buckets.end));
        for bucket in self.folded.slice(first..split.max(first)) {
            if bucket.first_begun >= since {
                totals = sum(
                    totals,
                    Totals {
                        count: bucket.count,
                        good: bucket.good,
                    },
                );
            }
        }
        totals
    }

    /// The older half of the exact samples becomes buckets.
    fn fold(&mut self) {
        let half = self.exact.len() / 2;
        self.good_left = self.good_before(half);
        self.folded
            .append(self.exact.drain(..half).map(|stored| stored.sample), &self.limits);
    }

    fn exact_places(&self, window: &Window) -> Range<usize> {
        let place_after = |moment: Nanos| self.exact.partition_point(|stored| stored.sample.ended <= moment);
        let begin = window.after.map_or(0, place_after);
        begin..place_after(window.to).max(begin)
    }

    /// The first place from `first` to `end` whose sample ended at or after `moment`; `end` without a moment.
    fn place_reached(&self, moment: Option<Nanos>, first: usize, end: usize) -> usize {
        let reached = moment.map_or(end, |moment| {
            self.exact.partition_point(|stored| stored.sample.ended < moment)
        });
        reached.min(end).max(first)
    }

    fn stored(&self, places: Range<usize>) -> &[Stored] {
        self.exact.get(places).unwrap_or_default()
    }

    fn good_before(&self, place: usize) -> u64 {
        place
            .checked_sub(1)
            .and_then(|last| self.exact.get(last))
            .map_or(self.good_left, |stored| stored.good_upto)
    }

    fn sample_totals(&self, places: Range<usize>) -> Totals {
        if places.is_empty() {
            return Totals::default();
        }
        let good = self.good_before(places.end) - self.good_before(places.start);
        Totals {
            count: places.len() as u64,
            good,
        }
    }

    fn bucket_totals(&self, places: Range<usize>) -> Totals {
        if places.is_empty() {
            return Totals::default();
        }
        let (begin, end) = (
            self.folded.totals_before(places.start),
            self.folded.totals_before(places.end),
        );
        Totals {
            count: end.count - begin.count,
            good: end.good - begin.good,
        }
    }
}

fn sum(a: Totals, b: Totals) -> Totals {
    Totals {
        count: a.count + b.count,
        good: a.good + b.good,
    }
}
