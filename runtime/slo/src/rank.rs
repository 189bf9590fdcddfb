/// The nearest rank of quantile `q` among `count` values in ascending order, from 1 to `count`:
/// `max(1, ⌈q · count⌉)`. `None` if there are no values or `q` is not a number from 0 to 1.
///
/// Source: the nearest-rank method, as in Hyndman & Fan, *Sample Quantiles in Statistical Packages* (1996),
/// definition 1. A product that misses a whole number only by the rounding of `q` counts as that number: the
/// 7th percentile of 100 values is the 7th value, although `0.07 * 100.0` is a little more than 7.
pub(crate) fn nearest_rank(q: f64, count: u64) -> Option<u64> {
    if count == 0 || !(0.0..=1.0).contains(&q) {
        return None;
    }
    let exact = q * count as f64;
    let whole = exact.round();
    let rank = if (exact - whole).abs() <= 4.0 * f64::EPSILON * exact {
        whole
    } else {
        exact.ceil()
    };
    Some((rank as u64).clamp(1, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ranks() {
        assert_eq!(nearest_rank(0.5, 5), Some(3));
        assert_eq!(nearest_rank(0.5, 4), Some(2));
        assert_eq!(nearest_rank(0.95, 20), Some(19));
        assert_eq!(nearest_rank(0.95, 21), Some(20));
        assert_eq!(nearest_rank(0.0, 7), Some(1));
        assert_eq!(nearest_rank(1.0, 7), Some(7));
        assert_eq!(nearest_rank(1.0, u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn whole_percents_of_a_hundred_are_themselves() {
        for percent in 1..=100_u32 {
            assert_eq!(
                nearest_rank(f64::from(percent) / 100.0, 100),
                Some(u64::from(percent))
            );
        }
    }

    #[test]
    fn what_is_no_quantile_has_no_rank() {
        for q in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(nearest_rank(q, 10), None);
        }
        assert_eq!(nearest_rank(0.5, 0), None);
    }
}
