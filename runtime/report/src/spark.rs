//! Small pictures of numbers: one column a slice of time.

use std::time::Duration;

use rescc_core::time::nanos;

use crate::style::{Ink, Style};

/// A column for how many of the observations were good. Only all of them make it full.
pub(crate) fn success(style: &Style, good: u64, bad: u64) -> (Ink, &'static str) {
    let glyphs = style.glyphs();
    let all = u128::from(good) + u128::from(bad);
    if all == 0 {
        return (Ink::Dim, glyphs.none);
    }
    let level = u128::from(good) * 7 / all;
    let ink = if bad == 0 {
        Ink::Good
    } else if u128::from(good) * 10 >= all * 9 {
        Ink::Warn
    } else {
        Ink::Bad
    };
    (ink, step(style, level))
}

/// A column for a latency, the greatest of all being full.
pub(crate) fn latency(style: &Style, latency: Option<Duration>, greatest: Duration) -> (Ink, &'static str) {
    let Some(latency) = latency else {
        return (Ink::Dim, style.glyphs().none);
    };
    let level = (u128::from(nanos(latency)) * 8 / u128::from(nanos(greatest).max(1))).min(7);
    (Ink::Note, step(style, level))
}

fn step(style: &Style, level: u128) -> &'static str {
    let level = usize::try_from(level).unwrap_or(0);
    style.glyphs().ramp.get(level).copied().unwrap_or(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_observation_shows() {
        let style = Style::plain(80);
        assert_eq!(success(&style, 1_000, 0), (Ink::Good, "█"));
        assert_eq!(success(&style, 1_000, 1), (Ink::Warn, "▇"));
        assert_eq!(success(&style, 0, 1), (Ink::Bad, "▁"));
        assert_eq!(success(&style, 0, 0), (Ink::Dim, "·"));
        assert_eq!(success(&style, u64::MAX, u64::MAX), (Ink::Bad, "▄"));
    }
}
