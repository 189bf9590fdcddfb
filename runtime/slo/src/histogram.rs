use crate::rank::nearest_rank;

/// Bits of a number that are kept: 64 steps in each power of two.
const STEP_BITS: u32 = 6;
const STEPS: u64 = 1 << STEP_BITS;

/// A log-linear histogram of whole numbers over all of `u64`.
///
/// Each power of two is divided into 64 equal steps and a step is represented by its middle, so a value is
/// reported with a relative error of at most 1/128 (0.8 %); values below 128 are exact. Count, sum, least and
/// greatest are exact. Only steps that hold something take space: 8 bytes each, at most 3776 of them.
///
/// Source: the layout of HdrHistogram (Tene), also OpenTelemetry's base-2 buckets subdivided linearly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    entries: Vec<Entry>,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    step: u16,
    count: u32,
}

// === impl Histogram ===

impl Histogram {
    /// A histogram of nothing.
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            count: 0,
            sum: 0,
            min: 0,
            max: 0,
        }
    }

    /// Adds one value.
    pub fn record(&mut self, value: u64) {
        self.widen(value, value);
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(u128::from(value));
        let step = step_of(value);
        match self.entries.binary_search_by_key(&step, |entry| entry.step) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.count = entry.count.saturating_add(1);
                }
            }
            Err(at) => self.entries.insert(at, Entry { step, count: 1 }),
        }
    }

    /// Adds all that `other` holds.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.widen(other.min, other.max);
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.entries.extend_from_slice(&other.entries);
        // The two runs are sorted, which the stable sort turns into one merge.
        self.entries.sort_by_key(|entry| entry.step);
        self.entries.dedup_by(|next, kept| {
            let same = next.step == kept.step;
            if same {
                kept.count = kept.count.saturating_add(next.count);
            }
            same
        });
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum of the values.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The exact least value; `None` if there is none.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The exact greatest value; `None` if there is none.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The value at the nearest rank of quantile `q` (0 to 1), within 0.8 %. `None` if there are no values or
    /// `q` is not a number from 0 to 1.
    pub fn percentile(&self, q: f64) -> Option<u64> {
        let rank = nearest_rank(q, self.count)?;
        let mut seen = 0_u64;
        for (value, count) in self.steps() {
            seen = seen.saturating_add(count);
            if seen >= rank {
                return Some(value);
            }
        }
        self.max()
    }

    /// The values that stand for the steps, ascending, each with the number of recorded values it stands for.
    pub fn steps(&self) -> impl Iterator<Item = (u64, u64)> {
        let (min, max) = (self.min, self.max);
        self.entries
            .iter()
            .map(move |entry| (middle_of(entry.step).clamp(min, max), u64::from(entry.count)))
    }

    /// How many steps hold something.
    pub(crate) fn size(&self) -> usize {
        self.entries.len()
    }

    /// Gives back memory that was set aside for growth.
    pub(crate) fn shrink(&mut self) {
        self.entries.shrink_to_fit();
    }

    fn widen(&mut self, least: u64, greatest: u64) {
        if self.count == 0 {
            (self.min, self.max) = (least, greatest);
        } else {
            self.min = self.min.min(least);
            self.max = self.max.max(greatest);
        }
    }
}

/// The step a value falls into: the value itself below 128, then 64 steps for each further power of two.
fn step_of(value: u64) -> u16 {
    let shift = value.checked_ilog2().unwrap_or(0).saturating_sub(STEP_BITS);
    let step = u64::from(shift) * STEPS + (value >> shift);
    u16::try_from(step).unwrap_or(u16::MAX)
}

/// The middle of a step; the inverse of [`step_of`] up to the step's width.
fn middle_of(step: u16) -> u64 {
    let step = u64::from(step);
    let shift = (step / STEPS).saturating_sub(1);
    let lowest = (step - shift * STEPS) << shift;
    lowest + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_are_exact() {
        for value in 0..128 {
            assert_eq!(middle_of(step_of(value)), value);
        }
    }

    #[test]
    fn the_last_step_holds_the_greatest_number() {
        assert_eq!(step_of(u64::MAX), 3775);
        let mut histogram = Histogram::new();
        histogram.record(u64::MAX);
        histogram.record(u64::MAX);
        assert_eq!(histogram.percentile(0.5), Some(u64::MAX));
        assert_eq!(histogram.sum(), 2 * u128::from(u64::MAX));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::new().percentile(0.5), None);
        assert_eq!(Histogram::new().min(), None);
        assert_eq!(Histogram::new().max(), None);
    }

    proptest! {
        #[test]
        fn a_middle_is_within_one_percent(value in any::<u64>(), shift in 0_u32..64) {
            let value = value >> shift;
            let middle = middle_of(step_of(value));
            prop_assert!(middle.abs_diff(value) as f64 <= value as f64 / 128.0, "{value} became {middle}");
        }

        #[test]
        fn steps_are_ascending(a in any::<u64>(), b in any::<u64>(), shift in 0_u32..64) {
            let (a, b) = (a >> shift, b >> shift);
            prop_assert!(step_of(a.min(b)) <= step_of(a.max(b)));
        }

        #[test]
        fn merging_is_recording_both(
            left in prop::collection::vec(0_u64..100_000, 0..50),
            right in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let of = |values: &[u64]| {
                let mut histogram = Histogram::new();
                values.iter().for_each(|value| histogram.record(*value));
                histogram
            };
            let mut merged = of(&left);
            merged.merge(&of(&right));
            prop_assert_eq!(merged, of(&[left, right].concat()));
        }

        #[test]
        fn percentiles_ascend_with_q(
            values in prop::collection::vec(any::<u64>(), 1..100), a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
        ) {
            let mut histogram = Histogram::new();
            values.iter().for_each(|value| histogram.record(*value));
            prop_assert!(histogram.percentile(a.min(b)) <= histogram.percentile(a.max(b)));
        }
    }
}
