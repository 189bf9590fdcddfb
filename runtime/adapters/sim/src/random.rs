//! Seeded randomness: every purpose throws its own dice, so that one more throw here changes nothing there.

use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use rescc_core::time::nanos;

/// From the first to the second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

/// The dice of one purpose.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Pcg64Mcg);

// === impl Span ===

impl Span {
    pub(crate) const fn millis(least: u64, most: u64) -> Self {
        Self {
            least: Duration::from_millis(least),
            most: Duration::from_millis(most),
        }
    }

    pub(crate) const fn micros(least: u64, most: u64) -> Self {
        Self {
            least: Duration::from_micros(least),
            most: Duration::from_micros(most),
        }
    }
}

// === impl Dice ===

impl Dice {
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a, 64 bits.
        let salt = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Pcg64Mcg::seed_from_u64(seed.rotate_left(17) ^ salt))
    }

    /// True with the given probability; 0 is never, 1 is always. Throws in any case.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are what an f64 can tell apart in [0, 1).
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// Evenly below `bound`; 0 where that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // Lemire's multiply and shift; the bias is far below anything that a simulation could show.
        u64::try_from((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// Evenly within a span.
    pub(crate) fn within(&mut self, span: Span) -> Duration {
        let (least, most) = (nanos(span.least), nanos(span.most));
        let width = most.saturating_sub(least).saturating_add(1);
        Duration::from_nanos(least.saturating_add(self.below(width)))
    }

    /// Evenly within `[middle - jitter, middle + jitter]`, never below zero.
    pub(crate) fn around(&mut self, middle: Duration, jitter: Duration) -> Duration {
        let most = middle.saturating_add(jitter);
        self.within(Span {
            least: middle.saturating_sub(jitter),
            most,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_stays_within_its_bounds_and_reaches_both() {
        let mut dice = Dice::new(7, "span");
        let drawn: Vec<u64> = (0..1_000)
            .map(|_| dice.within(Span::micros(0, 3)).as_nanos() as u64)
            .collect();
        assert!(drawn.iter().all(|nanos| *nanos <= 3_000));
        assert!(drawn.iter().any(|nanos| *nanos < 100) && drawn.iter().any(|nanos| *nanos > 2_900));
        assert_eq!(dice.within(Span::millis(5, 5)), Duration::from_millis(5));
        assert_eq!(dice.below(0), 0);
    }

    #[test]
    fn the_ends_of_chance_are_exact() {
        let mut dice = Dice::new(7, "chance");
        assert!((0..1_000).all(|_| dice.chance(1.0) && !dice.chance(0.0)));
        let half = (0..2_000).filter(|_| dice.chance(0.5)).count();
        assert!((900..1_100).contains(&half), "{half}");
    }

    #[test]
    fn seeds_and_purposes_draw_differently() {
        let first = |seed, purpose: &str| Dice::new(seed, purpose).below(u64::MAX);
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }
}
