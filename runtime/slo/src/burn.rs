use crate::Nanos;
use crate::budget::{error_budget, ratio};

/// How many times faster than allowed the error budget is used: `error_ratio / (1 - objective)`. At 1 the
/// budget lasts just as long as its period; at 14.4 a budget of 30 days lasts 50 hours.
///
/// An objective of 1 has no budget: without errors its burn rate is 0, with any error `∞`, so that a guard on
/// it fires. `None` unless both are numbers from 0 to 1.
///
/// Source: Google, *The Site Reliability Workbook*, ch. 5, “Alerting on SLOs”.
pub fn burn_rate(error_ratio: f64, objective: f64) -> Option<f64> {
    let (error_ratio, budget) = (ratio(error_ratio)?, error_budget(objective)?);
    Some(if error_ratio == 0.0 {
        0.0
    } else {
        error_ratio / budget
    })
}

/// The burn rate when everything fails, `1 / (1 - objective)`; `∞` for an objective of 1. A threshold at or
/// above it is never exceeded: 14.4 is out of reach for an objective of 93 %.
///
/// `None` unless the objective is a number from 0 to 1.
pub fn max_burn_rate(objective: f64) -> Option<f64> {
    burn_rate(1.0, objective)
}

/// The burn rate that uses the share `of_budget` of a period's budget within `window`:
/// `of_budget · period / window`. 2 % of 30 days within an hour is 14.4.
///
/// Source: *The Site Reliability Workbook*, ch. 5. `None` if the window is 0 or `of_budget` is negative or
/// not finite.
pub fn burn_rate_for(of_budget: f64, window: Nanos, period: Nanos) -> Option<f64> {
    if window == 0 || !of_budget.is_finite() || of_budget < 0.0 {
        return None;
    }
    Some(of_budget * (period as f64 / window as f64))
}

/// How long a full budget lasts at this burn rate: `period / burn_rate`, rounded to a nanosecond, at most
/// `Nanos::MAX`. `None` if nothing is burnt (a rate of 0) or the rate is not a number from 0 on.
pub fn time_to_exhaustion(burn_rate: f64, period: Nanos) -> Option<Nanos> {
    // `as` saturates.
    (burn_rate > 0.0).then(|| (period as f64 / burn_rate).round() as Nanos)
}

/// How long errors of this ratio must last, after none, until the burn rate over `window` reaches
/// `threshold`: `threshold · (1 - objective) / error_ratio · window`, rounded to a nanosecond. At 99.9 %, a
/// total failure brings the burn rate over an hour to 14.4 within 52 s.
///
/// `None` if it never does, or unless the ratios are numbers from 0 to 1 and the threshold one from 0 on.
///
/// Source: *The Site Reliability Workbook*, ch. 5 (detection time), for even load.
pub fn detection_time(error_ratio: f64, objective: f64, threshold: f64, window: Nanos) -> Option<Nanos> {
    let burn = burn_rate(error_ratio, objective)?;
    if !(threshold >= 0.0 && burn >= threshold && burn > 0.0) {
        return None;
    }
    let share = if burn.is_infinite() { 0.0 } else { threshold / burn };
    Some((share * window as f64).round() as Nanos)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SECOND;

    const HOUR: Nanos = 3600 * SECOND;
    const PERIOD: Nanos = 30 * 24 * HOUR;

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() <= 1e-9 * b)
    }

    #[test]
    fn the_table_of_the_workbook() {
        for (of_budget, hours, burn) in [(0.02, 1, 14.4), (0.05, 6, 6.0), (0.10, 24, 3.0), (0.10, 72, 1.0)] {
            assert!(
                close(burn_rate_for(of_budget, hours * HOUR, PERIOD), burn),
                "{burn}"
            );
        }
        assert_eq!(time_to_exhaustion(14.4, PERIOD), Some(50 * HOUR));
        assert_eq!(detection_time(1.0, 0.999, 14.4, HOUR), Some(51_840_000_000));
    }

    #[test]
    fn rates() {
        assert!(close(burn_rate(0.0144, 0.999), 14.4));
        assert_eq!(burn_rate(0.01, 0.99), Some(1.0));
        assert_eq!(burn_rate(0.0, 0.99), Some(0.0));
        assert_eq!(burn_rate(0.0, 1.0), Some(0.0));
        assert_eq!(burn_rate(0.1, 1.0), Some(f64::INFINITY));
        assert_eq!(burn_rate(1.1, 0.9), None);
        assert_eq!(burn_rate(f64::NAN, 0.9), None);
        assert_eq!(burn_rate(0.5, f64::NAN), None);
    }

    #[test]
    fn the_greatest_rate() {
        assert_eq!(max_burn_rate(0.99), Some(100.0));
        assert_eq!(max_burn_rate(0.0), Some(1.0));
        assert_eq!(max_burn_rate(1.0), Some(f64::INFINITY));
        assert!(max_burn_rate(0.93).is_some_and(|most| most < 14.4));
        assert!(max_burn_rate(0.931).is_some_and(|most| most > 14.4));
    }

    #[test]
    fn what_never_happens_has_no_time() {
        assert_eq!(detection_time(0.001, 0.999, 14.4, HOUR), None);
        assert_eq!(detection_time(0.0, 0.999, 0.0, HOUR), None);
        assert_eq!(detection_time(0.5, 1.0, 14.4, HOUR), Some(0));
        assert_eq!(time_to_exhaustion(0.0, PERIOD), None);
        assert_eq!(time_to_exhaustion(f64::NAN, PERIOD), None);
        assert_eq!(time_to_exhaustion(f64::INFINITY, PERIOD), Some(0));
        assert_eq!(burn_rate_for(0.1, 0, PERIOD), None);
        assert_eq!(burn_rate_for(-0.1, 1, PERIOD), None);
    }

    proptest! {
        #[test]
        fn burn_rates_ascend_with_errors(a in 0.0..=1.0_f64, b in 0.0..=1.0_f64, objective in 0.0..=1.0_f64) {
            prop_assert!(burn_rate(a.min(b), objective) <= burn_rate(a.max(b), objective));
            prop_assert!(burn_rate(a, objective) <= max_burn_rate(objective));
        }

        #[test]
        fn extremes_do_not_panic(a in any::<f64>(), b in any::<f64>(), c in any::<f64>(), n in any::<u64>()) {
            prop_assert!(!burn_rate(a, b).is_some_and(f64::is_nan));
            prop_assert!(!burn_rate_for(a, n, u64::MAX).is_some_and(f64::is_nan));
            prop_assert!(detection_time(a, b, c, n).is_none_or(|time| time <= n));
            let _ = time_to_exhaustion(a, n);
        }
    }
}
