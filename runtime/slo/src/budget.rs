use crate::Nanos;
use crate::burn::burn_rate;

/// The error budget of an objective: `1 - objective`, the share of samples that may be bad. `None` unless the
/// objective is a number from 0 to 1.
///
/// Source: Google, *The Site Reliability Workbook*, ch. 2 and 5. The rounding of the subtraction is taken
/// back, so that the budget of 99.9 % is the number 0.001.
pub fn error_budget(objective: f64) -> Option<f64> {
    let exact = 1.0 - ratio(objective)?;
    let tidy = (exact * 1e12).round() / 1e12;
    Some(if (tidy - exact).abs() <= f64::EPSILON {
        tidy
    } else {
        exact
    })
}

/// The share of the budget that is left when a share `bad_share` of all samples of the budget's period was
/// bad: `1 - bad_share / (1 - objective)`. 1 is untouched, 0 is used up, below 0 is overspent.
///
/// An objective of 1 has no budget: untouched it is 1, with any bad sample `-∞`. `None` unless both are
/// numbers from 0 to 1.
pub fn budget_left(bad_share: f64, objective: f64) -> Option<f64> {
    burn_rate(bad_share, objective).map(|burn| 1.0 - burn)
}

/// The share of a period's budget that a stretch of `elapsed` with this error ratio uses up, if load is even:
/// `burn rate · elapsed / period`. More than 1 is more than all of it.
///
/// It is also what a fault costs at worst that lets a share `error_ratio` of requests fail for `elapsed`: ten
/// minutes of a quarter of the requests cost 99.9 % over 30 days 5.8 % of its budget.
///
/// Source: *The Site Reliability Workbook*, ch. 5 (budget consumed = burn rate · window / period). `None` if
/// the period is 0 or the ratios are not numbers from 0 to 1; 0 if nothing fails or no time passes.
pub fn budget_spent(error_ratio: f64, objective: f64, elapsed: Nanos, period: Nanos) -> Option<f64> {
    let burn = burn_rate(error_ratio, objective)?;
    match (elapsed, period) {
        (_, 0) => None,
        (0, _) => Some(0.0),
        _ => Some(burn * (elapsed as f64 / period as f64)),
    }
}

/// How many of `samples` may be bad such that the rest still meets the objective: the largest `b` with
/// `(samples - b) / samples >= objective`, computed just as
/// [`Series::success_rate`](crate::Series::success_rate) is. 50 samples at 99 % allow none.
///
/// `None` unless the objective is a number from 0 to 1.
pub fn samples_meaning(objective: f64, samples: u64) -> Option<u64> {
    let objective = ratio(objective)?;
    if samples == 0 {
        return Some(0);
    }
    let (mut allowed, mut too_many) = (0, samples.saturating_add(1));
    while too_many - allowed > 1 {
        let bad = allowed + (too_many - allowed) / 2;
        if meets(samples, bad, objective) {
            allowed = bad;
        } else {
            too_many = bad;
        }
    }
    Some(allowed)
}

/// The fewest samples among which one may be bad, `⌈1 / (1 - objective)⌉`: with fewer, the objective means
/// that none fails. 100 for 99 %, 1000 for 99.9 %.
///
/// `None` if no number of samples allows a bad one (an objective of 1, or nearer to it than 2⁻⁵³ is), or
/// unless the objective is a number from 0 to 1.
pub fn min_samples_to_tell(objective: f64) -> Option<u64> {
    /// Above it, neighbouring counts are the same number.
    const MOST: u64 = 1 << f64::MANTISSA_DIGITS;
    let objective = ratio(objective)?;
    if !meets(MOST, 1, objective) {
        return None;
    }
    let (mut too_few, mut enough) = (0, MOST);
    while enough - too_few > 1 {
        let samples = too_few + (enough - too_few) / 2;
        if meets(samples, 1, objective) {
            enough = samples;
        } else {
            too_few = samples;
        }
    }
    Some(enough)
}

/// A number from 0 to 1.
pub(crate) fn ratio(number: f64) -> Option<f64> {
    (0.0..=1.0).contains(&number).then_some(number)
}

fn meets(samples: u64, bad: u64, objective: f64) -> bool {
    samples
        .checked_sub(bad)
        .is_some_and(|good| good as f64 / samples as f64 >= objective)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Nanos = 60 * crate::SECOND;
    const DAY: Nanos = 24 * 60 * MINUTE;

    #[test]
    fn budgets_are_the_numbers_one_would_write() {
        assert_eq!(error_budget(0.999), Some(0.001));
        assert_eq!(error_budget(0.9), Some(0.1));
        assert_eq!(error_budget(1.0), Some(0.0));
        assert_eq!(error_budget(1.0 - 1e-15), Some(1.0 - (1.0 - 1e-15)));
        assert_eq!(error_budget(0.0), Some(1.0));
    }

    #[test]
    fn what_is_left() {
        assert_eq!(budget_left(0.0, 0.99), Some(1.0));
        assert_eq!(budget_left(0.01, 0.99), Some(0.0));
        assert_eq!(budget_left(0.02, 0.99), Some(-1.0));
        assert_eq!(budget_left(0.0, 1.0), Some(1.0));
        assert_eq!(budget_left(0.1, 1.0), Some(f64::NEG_INFINITY));
        assert_eq!(budget_left(f64::NAN, 0.99), None);
    }

    #[test]
    fn costs_as_in_the_documents() {
        let spent = budget_spent(0.25, 0.999, 10 * MINUTE, 30 * DAY).unwrap();
        assert!((spent - 0.05787).abs() < 1e-5, "{spent}");
        let spent = budget_spent(1.0, 0.999, 5 * MINUTE, 30 * DAY).unwrap();
        assert!((spent - 0.11574).abs() < 1e-5, "{spent}");
        assert_eq!(budget_spent(0.5, 0.99, 1, 0), None);
        assert_eq!(budget_spent(1.0, 1.0, 0, 1), Some(0.0));
    }

    #[test]
    fn what_an_objective_allows() {
        assert_eq!(samples_meaning(0.99, 50), Some(0));
        assert_eq!(samples_meaning(0.99, 99), Some(0));
        assert_eq!(samples_meaning(0.99, 100), Some(1));
        assert_eq!(samples_meaning(0.9, 10), Some(1));
        assert_eq!(samples_meaning(0.0, 10), Some(10));
        assert_eq!(samples_meaning(1.0, 10), Some(0));
        assert_eq!(samples_meaning(0.99, 0), Some(0));
        assert_eq!(samples_meaning(1.5, 10), None);
        assert_eq!(samples_meaning(f64::NAN, 10), None);
    }

    #[test]
    fn how_many_samples_it_takes() {
        assert_eq!(min_samples_to_tell(0.99), Some(100));
        assert_eq!(min_samples_to_tell(0.999), Some(1000));
        assert_eq!(min_samples_to_tell(0.9), Some(10));
        assert_eq!(min_samples_to_tell(0.5), Some(2));
        assert_eq!(min_samples_to_tell(0.0), Some(1));
        assert_eq!(min_samples_to_tell(1.0), None);
        assert_eq!(min_samples_to_tell(-0.5), None);
    }

    proptest! {
        #[test]
        fn the_allowed_number_is_the_largest(objective in 0.0..=1.0_f64, samples in 1_u64..1_000_000) {
            let allowed = samples_meaning(objective, samples).unwrap();
            let rate = |bad: u64| (samples - bad) as f64 / samples as f64;
            prop_assert!(rate(allowed) >= objective);
            prop_assert!(allowed == samples || rate(allowed + 1) < objective);
        }

        #[test]
        fn the_least_number_tells(objective in 0.0..0.999_999_f64) {
            let least = min_samples_to_tell(objective).unwrap();
            prop_assert!(samples_meaning(objective, least).unwrap() >= 1);
            prop_assert!(least == 1 || samples_meaning(objective, least - 1) == Some(0));
        }

        #[test]
        fn extremes_do_not_panic(a in any::<f64>(), b in any::<f64>(), n in any::<u64>(), m in any::<u64>()) {
            let _ = (error_budget(a), budget_left(a, b), samples_meaning(a, n), min_samples_to_tell(a));
            prop_assert!(!budget_spent(a, b, n, m).is_some_and(f64::is_nan));
            prop_assert!(!budget_left(a, b).is_some_and(f64::is_nan));
            prop_assert!(samples_meaning(0.5, u64::MAX).is_some());
        }
    }
}
