//! Seeded randomness that does not depend on the order in which tasks happen to run.
//!
//! Every decision has a generator of its own, seeded by (seed, fault, connection, purpose): the n-th accepted connection
//! draws the same in every run, whatever the others do.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use crate::clock::nanos_of;
use crate::fault::FaultId;
use std::time::Duration;

/// What a generator is for; part of its seed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Share = 1,
    JitterUp = 2,
    JitterDown = 3,
}

#[derive(Debug)]
pub(crate) struct Random(Pcg64Mcg);

// === impl Random ===

impl Random {
    pub(crate) fn new(seed: u64, fault: FaultId, connection: u64, purpose: Purpose) -> Self {
        let mut state = mix(seed);
        for part in [fault.0, connection, purpose as u64] {
            state = mix(state ^ part);
        }
        Self(Pcg64Mcg::new(
            (u128::from(mix(state ^ 0xA5A5)) << 64) | u128::from(state),
        ))
    }

    /// True with the given probability; 0 is never, 1 is always.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        // 53 bits are what an f64 can tell apart in [0, 1).
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        unit < share
    }

    /// Uniform in `[delay - jitter, delay + jitter]`, never below zero.
    pub(crate) fn around(&mut self, delay: Duration, jitter: Duration) -> Duration {
        if jitter.is_zero() {
            return delay;
        }
        let low = nanos_of(delay).saturating_sub(nanos_of(jitter));
        let high = nanos_of(delay).saturating_add(nanos_of(jitter));
        let span = u128::from(high - low) + 1;
        // Lemire's multiply-shift; its bias is below 2^-20 for any span we allow.
        let offset = (u128::from(self.0.next_u64()) * span) >> 64;
        Duration::from_nanos(low.saturating_add(u64::try_from(offset).unwrap_or(0)))
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_its_bounds_and_reaches_both_sides() {
        let mut random = Random::new(7, FaultId(1), 0, Purpose::JitterDown);
        let (delay, jitter) = (Duration::from_millis(10), Duration::from_millis(4));
        let drawn: Vec<_> = (0..1000).map(|_| random.around(delay, jitter)).collect();
        assert!(drawn.iter().all(|d| *d >= delay - jitter && *d <= delay + jitter));
        assert!(drawn.iter().any(|d| *d < Duration::from_millis(7)));
        assert!(drawn.iter().any(|d| *d > Duration::from_millis(13)));
    }

    #[test]
    fn a_share_is_met_over_connections_and_its_ends_are_exact() {
        let hit = |share: f64| {
            (0..2000)
                .filter(|n| Random::new(42, FaultId(9), *n, Purpose::Share).chance(share))
                .count()
        };
        assert_eq!(hit(0.0), 0);
        assert_eq!(hit(1.0), 2000);
        let half = hit(0.5);
        assert!((900..1100).contains(&half), "{half}");
    }
}
