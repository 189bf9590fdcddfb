use crate::Nanos;

/// Count, extremes, mean and last of finite numbers, each in constant space and without overflow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Values {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    last: f64,
    last_at: Nanos,
}

// === impl Values ===

impl Values {
    /// Adds a finite value that was read at `at`. Of two read at one moment, the one added later is the last.
    pub(crate) fn add(&mut self, value: f64, at: Nanos) {
        self.merge(&Self {
            count: 1,
            min: value,
            max: value,
            mean: value,
            last: value,
            last_at: at,
        });
    }

    /// Adds all that `other` holds.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let count = self.count.saturating_add(other.count);
        let weight = other.count as f64 / count as f64;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        // A sum of the numbers could overflow where their mean does not.
        self.mean = (self.mean * (1.0 - weight) + other.mean * weight).clamp(self.min, self.max);
        if other.last_at >= self.last_at {
            (self.last, self.last_at) = (other.last, other.last_at);
        }
        self.count = count;
    }

    pub(crate) fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    pub(crate) fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    pub(crate) fn last(&self) -> Option<f64> {
        (self.count > 0).then_some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_numbers_do_not_overflow() {
        let mut values = Values::default();
        for _ in 0..1000 {
            values.add(f64::MAX, 1);
            values.add(f64::MIN, 2);
        }
        assert_eq!(values.max(), Some(f64::MAX));
        assert!(values.mean().unwrap().is_finite());
    }

    #[test]
    fn the_last_is_the_latest_and_not_the_last_added() {
        let mut values = Values::default();
        values.add(2.0, 20);
        values.add(1.0, 10);
        assert_eq!(values.last(), Some(2.0));
        values.add(3.0, 20);
        assert_eq!(values.last(), Some(3.0));
        assert_eq!(values.mean(), Some(2.0));
    }
}
