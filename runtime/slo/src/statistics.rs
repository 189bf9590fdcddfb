use crate::rank::nearest_rank;
use crate::values::Values;

/// The mean of the finite numbers among `numbers`; `None` if there is none. It does not overflow.
pub fn mean(numbers: &[f64]) -> Option<f64> {
    let mut values = Values::default();
    for number in numbers.iter().filter(|number| number.is_finite()) {
        values.add(*number, 0);
    }
    values.mean()
}

/// The number at the nearest rank of quantile `q` (0 to 1) among the finite numbers; one of them, never
/// between two. `None` if there is none or `q` is not a number from 0 to 1. The rank is `max(1, ⌈q · n⌉)`.
pub fn percentile(numbers: &[f64], q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers
        .iter()
        .copied()
        .filter(|number| number.is_finite())
        .collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = nearest_rank(q, sorted.len() as u64)?;
    sorted.get(usize::try_from(rank - 1).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[f64::NAN, f64::INFINITY]), None);
        assert_eq!(mean(&[1.0, f64::NAN, 3.0]), Some(2.0));
        assert!(mean(&[f64::MAX, f64::MAX, f64::MAX]).unwrap().is_finite());
    }

    #[test]
    fn percentiles_are_numbers_that_are_there() {
        let numbers = [50.0, 15.0, 40.0, f64::NAN, 20.0, 35.0];
        for (q, expected) in [
            (0.05, 15.0),
            (0.30, 20.0),
            (0.40, 20.0),
            (0.50, 35.0),
            (1.0, 50.0),
        ] {
            assert_eq!(percentile(&numbers, q), Some(expected), "{q}");
        }
        assert_eq!(percentile(&numbers, 1.5), None);
        assert_eq!(percentile(&numbers, f64::NAN), None);
        assert_eq!(percentile(&[], 0.5), None);
    }
}
