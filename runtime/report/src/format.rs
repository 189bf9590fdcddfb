//! Measured times and shares, for people. What was written by somebody is shown by [`rescc_core::text`], exactly.

use std::time::Duration;

use rescc_core::text;
use rescc_core::time::nanos;

/// A measured time to three places: `214ms`, `3.2s`, `2m05s`.
pub(crate) fn span(time: Duration) -> String {
    let nanos = nanos(time);
    if nanos >= 119_500_000_000 {
        let seconds = nanos / 1_000_000_000 + u64::from(nanos % 1_000_000_000 >= 500_000_000);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        return match (hours, minutes, seconds) {
            (0, _, 0) => format!("{minutes}m"),
            (0, _, _) => format!("{minutes}m{seconds:02}s"),
            (_, 0, _) => format!("{hours}h"),
            _ => format!("{hours}h{minutes:02}m"),
        };
    }
    let unit = 10_u64.pow(nanos.checked_ilog10().unwrap_or(0).saturating_sub(2));
    let rounded = (nanos + unit / 2) / unit * unit;
    // `1m` would be right and odd among `59.9s` and `60.1s`.
    if rounded == 60_000_000_000 {
        "60s".into()
    } else {
        text::duration(Duration::from_nanos(rounded))
    }
}

/// A moment of the run: `+12.3s`.
pub(crate) fn moment(at: Duration) -> String {
    format!("+{}", span(at))
}

/// A moment of the run to the millisecond: `+12.345s`.
pub(crate) fn exact_moment(at: Duration) -> String {
    format!("+{}.{:03}s", at.as_secs(), at.subsec_millis())
}

/// A share to three places that never hides a miss: 99.97 % is not 100 %.
pub(crate) fn share(good: u64, all: u64) -> Option<String> {
    #[expect(clippy::cast_precision_loss, reason = "only shown")]
    let share = (all > 0).then(|| good as f64 / all as f64)?;
    Some(rough_ratio(share))
}

/// See [`share`].
pub(crate) fn rough_ratio(share: f64) -> String {
    let percent = share * 100.0;
    let places = if percent >= 99.0 { 2 } else { 1 };
    let factor = 10_f64.powi(places);
    // Rounded down, as a share of successes is meant.
    let floored = (percent * factor + 1e-9).floor() / factor;
    format!("{}%", text::number(floored))
}

/// `1 step`, `2 steps`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_places() {
        for (nanos, shown) in [
            (0, "0s"),
            (7, "7ns"),
            (214_345_678, "214ms"),
            (3_204_000_000, "3.2s"),
            (72_345_000_000, "72.3s"),
            (59_999_999_999, "60s"),
            (125_000_000_000, "2m05s"),
            (7_260_000_000_000, "2h01m"),
        ] {
            assert_eq!(span(Duration::from_nanos(nanos)), shown);
        }
        assert!(!span(Duration::MAX).is_empty());
    }

    #[test]
    fn one_miss_is_never_rounded_away() {
        assert_eq!(share(99_999, 100_000).as_deref(), Some("99.99%"));
        assert_eq!(share(712, 712).as_deref(), Some("100%"));
        assert_eq!(share(1, 3).as_deref(), Some("33.3%"));
        assert_eq!(share(0, 0), None);
    }
}
