use std::ops::Range;

use crate::bucket::Bucket;
use crate::series::Limits;
use crate::{Nanos, SECOND, Sample};

/// The old part of a series: buckets of equal width in the order of time, with running totals.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    width: Nanos,
    buckets: Vec<Bucket>,
    /// `upto[i]`: samples in the buckets 0 to i.
    upto: Vec<Totals>,
    /// Steps that hold something, over the histograms of all buckets.
    steps: usize,
}

/// Samples up to some place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) good: u64,
}

// === impl Folded ===

impl Folded {
    pub(crate) const fn new() -> Self {
        Self {
            width: SECOND,
            buckets: Vec::new(),
            upto: Vec::new(),
            steps: 0,
        }
    }

    /// How long the stretch of one bucket is.
    pub(crate) fn width(&self) -> Nanos {
        self.width
    }

    /// The latest end of a folded sample.
    pub(crate) fn until(&self) -> Option<Nanos> {
        self.buckets.last().map(|bucket| bucket.last_ended)
    }

    /// Folds samples which are in the order of time and not before [`Self::until`].
    pub(crate) fn append(&mut self, samples: impl Iterator<Item = Sample>, limits: &Limits) {
        let first_changed = self.buckets.len().saturating_sub(1);
        for sample in samples {
            let slot = self.slot_of(sample.ended);
            match self.buckets.last_mut() {
                Some(bucket) if bucket.slot == slot => {
                    let before = bucket.latency.size();
                    bucket.add(&sample);
                    self.steps += bucket.latency.size() - before;
                }
                last => {
                    if let Some(done) = last {
                        done.latency.shrink();
                    }
                    let bucket = Bucket::new(slot, &sample);
                    self.steps += bucket.latency.size();
                    self.buckets.push(bucket);
                }
            }
        }
        self.total_from(first_changed);
        self.bound(limits);
    }

    /// Folds one sample that came too late to be kept exactly.
    pub(crate) fn insert(&mut self, sample: &Sample, limits: &Limits) {
        let slot = self.slot_of(sample.ended);
        let at = self.buckets.partition_point(|bucket| bucket.slot < slot);
        match self.buckets.get_mut(at) {
            Some(bucket) if bucket.slot == slot => {
                let before = bucket.latency.size();
                bucket.add(sample);
                self.steps += bucket.latency.size() - before;
            }
            _ => {
                let bucket = Bucket::new(slot, sample);
                self.steps += bucket.latency.size();
                self.buckets.insert(at, bucket);
            }
        }
        self.total_from(at);
        self.bound(limits);
    }

    /// The places of the buckets that, taken as points, ended in `(after, to]`.
    pub(crate) fn places(&self, after: Option<Nanos>, to: Nanos) -> Range<usize> {
        let begin = after.map_or(0, |after| self.first_place(|bucket| bucket.last_ended > after));
        let end = self.first_place(|bucket| bucket.last_ended > to);
        begin..end.max(begin)
    }

    /// The first place for which `reached` is true; it must stay true from there on.
    pub(crate) fn first_place(&self, reached: impl Fn(&Bucket) -> bool) -> usize {
        self.buckets.partition_point(|bucket| !reached(bucket))
    }

    pub(crate) fn slice(&self, places: Range<usize>) -> &[Bucket] {
        self.buckets.get(places).unwrap_or_default()
    }

    /// The samples in the buckets before `place`.
    pub(crate) fn totals_before(&self, place: usize) -> Totals {
        place
            .checked_sub(1)
            .and_then(|last| self.upto.get(last))
            .copied()
            .unwrap_or_default()
    }

    fn slot_of(&self, ended: Nanos) -> u64 {
        ended.saturating_sub(1) / self.width
    }

    /// Makes the buckets twice as wide until they are within the limits.
    fn bound(&mut self, limits: &Limits) {
        let mut changed = false;
        while self.buckets.len() > 1
            && (self.buckets.len() > limits.buckets || self.steps > limits.steps)
            && self.width < Nanos::MAX
        {
            self.coarsen();
            changed = true;
        }
        if changed {
            self.upto.clear();
            self.total_from(0);
            self.buckets.shrink_to_fit();
        }
    }

    fn coarsen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let width = self.width;
        for bucket in &mut self.buckets {
            bucket.slot = bucket.last_ended.saturating_sub(1) / width;
        }
        self.buckets.dedup_by(|next, kept| {
            let same = next.slot == kept.slot;
            if same {
                kept.merge(next);
                kept.latency.shrink();
            }
            same
        });
        self.steps = self.buckets.iter().map(|bucket| bucket.latency.size()).sum();
    }

    fn total_from(&mut self, place: usize) {
        self.upto.truncate(place);
        let mut totals = self.totals_before(place);
        for bucket in self.buckets.get(place..).unwrap_or_default() {
            totals.count += bucket.count;
            totals.good += bucket.good;
            self.upto.push(totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(ended: Nanos, latency: Nanos) -> Sample {
        Sample {
            begun: ended,
            ended,
            good: true,
            latency: Some(latency),
            value: None,
        }
    }

    #[test]
    fn a_bucket_is_a_second_with_its_end_and_without_its_beginning() {
        let mut folded = Folded::new();
        let ends = [0, 1, SECOND, SECOND + 1, 2 * SECOND, 5 * SECOND];
        let limits = Limits::default();
        folded.append(ends.iter().map(|ended| sample(*ended, 1)), &limits);
        folded.insert(&sample(4 * SECOND, 1), &limits);
        let slots: Vec<u64> = folded.buckets.iter().map(|bucket| bucket.slot).collect();
        let counts: Vec<u64> = folded.buckets.iter().map(|bucket| bucket.count).collect();
        assert_eq!((slots, counts), (vec![0, 1, 3, 4], vec![3, 2, 1, 1]));
        folded.coarsen();
        let counts: Vec<u64> = folded.buckets.iter().map(|bucket| bucket.count).collect();
        assert_eq!(counts, [5, 1, 1]);
    }

    #[test]
    fn a_merged_bucket_knows_the_earliest_of_both() {
        let mut folded = Folded::new();
        let slow = Sample {
            begun: 7,
            good: false,
            ..sample(2 * SECOND, 1)
        };
        folded.append(
            [
                Sample {
                    begun: 9,
                    ..sample(SECOND, 1)
                },
                slow,
            ]
            .into_iter(),
            &Limits::default(),
        );
        folded.coarsen();
        let [bucket] = folded.buckets.as_slice() else {
            panic!("{:?}", folded.buckets)
        };
        assert_eq!((bucket.first_begun, bucket.first_bad), (7, Some(2 * SECOND)));
        assert_eq!((bucket.count, bucket.good, bucket.last_ended), (2, 1, 2 * SECOND));
    }

    proptest! {
        #[test]
        fn stays_within_its_limits(
            early in prop::collection::vec((0..100 * SECOND, any::<u64>()), 0..100),
            late in prop::collection::vec((0..100 * SECOND, any::<u64>()), 0..20),
            buckets in 1_usize..30, steps in 1_usize..100,
        ) {
            let limits = Limits { buckets, steps, ..Limits::default() };
            let mut folded = Folded::new();
            let (total, mut early) = (early.len() + late.len(), early);
            early.sort_unstable();
            folded.append(early.into_iter().map(|(ended, latency)| sample(ended, latency)), &limits);
            late.into_iter().for_each(|(ended, latency)| folded.insert(&sample(ended, latency), &limits));

            prop_assert!(folded.buckets.len() <= buckets);
            prop_assert_eq!(folded.steps, folded.buckets.iter().map(|bucket| bucket.latency.size()).sum::<usize>());
            prop_assert!(folded.steps <= steps || folded.buckets.len() == 1);
            prop_assert!(folded.buckets.is_sorted_by(|a, b| a.slot < b.slot && a.last_ended < b.last_ended));
            prop_assert_eq!(folded.upto.len(), folded.buckets.len());
            prop_assert_eq!(folded.totals_before(folded.buckets.len()).count, total as u64);
            for bucket in &folded.buckets {
                prop_assert_eq!(folded.slot_of(bucket.last_ended), bucket.slot);
            }
        }
    }
}
