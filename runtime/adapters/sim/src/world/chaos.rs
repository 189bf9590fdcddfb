//! What goes wrong by itself while an operation is carried out.

use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::time::Moment;

use super::World;
use super::state::State;
use crate::options::SimOptions;
use crate::random::{Dice, Span};

/// How long an operation that changes something takes.
const CHANGE: Span = Span::micros(500, 5_000);
/// How long a look takes.
const LOOK: Span = Span::micros(50, 500);
/// By how much a slow one takes longer.
const SLOW: Span = Span::millis(1_000, 20_000);
/// When an effect ends by itself.
const LAPSE: Span = Span::millis(100, 10_000);

/// What sort of operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// It changes something, and may say so without having done it.
    Apply,
    /// It takes something back, or brings all up or down.
    Settle,
    /// It only looks.
    Look,
}

#[derive(Debug)]
pub(super) struct Chaos {
    options: SimOptions,
    dice: Dice,
    probe_dice: Dice,
}

/// What becomes of one operation.
#[derive(Debug)]
struct Lot {
    takes: Duration,
    trouble: Option<Trouble>,
    /// Whether the trouble comes after the effect.
    late: bool,
    effective: bool,
}

#[derive(Debug)]
enum Trouble {
    Fails(Failure),
    Hangs,
}

// === impl Chaos ===

impl Chaos {
    pub(super) fn new(options: SimOptions, seed: u64) -> Self {
        let seed = seed ^ options.seed.rotate_left(32);
        Self {
            options,
            dice: Dice::new(seed, "chaos"),
            probe_dice: Dice::new(seed, "chaos of probes"),
        }
    }

    pub(super) fn crashes(&self) -> f64 {
        self.options.crashes
    }

    /// When an effect ends by itself, where it does.
    pub(super) fn lapse(&mut self) -> Option<Duration> {
        let lapses = self.dice.chance(self.options.lapses);
        let after = self.dice.within(LAPSE);
        lapses.then_some(after)
    }

    /// The failure of a probe that can't ask.
    pub(super) fn probe_failure(&mut self) -> Option<Failure> {
        self.probe_dice.chance(self.options.probe_failures).then(|| {
            Failure::new(
                ErrorClass::Transient,
                "a simulated failure: the probe could not ask",
            )
        })
    }

    /// Throws for one operation; always as often, so that no option changes what another draws.
    fn draw(&mut self, sort: Sort) -> Lot {
        let (dice, options) = (&mut self.dice, &self.options);
        let fails = dice.chance(options.failures);
        let class = dice.below(10);
        let hangs = dice.chance(options.hangs);
        let late = dice.chance(0.5);
        let slow = dice.chance(options.slow);
        let longer = dice.within(SLOW);
        let inert = dice.chance(options.no_effect);
        let usual = dice.within(if sort == Sort::Look { LOOK } else { CHANGE });
        let trouble = if fails {
            let class = match class {
                0..=6 => ErrorClass::Transient,
                7 => ErrorClass::Timeout,
                8 => ErrorClass::Permission,
                _ => ErrorClass::Permanent,
            };
            Some(Trouble::Fails(Failure::new(class, "a simulated failure")))
        } else {
            hangs.then_some(Trouble::Hangs)
        };
        let takes = if slow { usual + longer } else { usual };
        Lot {
            takes,
            trouble,
            late,
            effective: !(inert && sort == Sort::Apply),
        }
    }
}

// === impl Lot ===

impl Lot {
    /// What the log says of it.
    fn remark(&self) -> &'static str {
        match (&self.trouble, self.late, self.effective) {
            (Some(Trouble::Fails(_)), false, _) => " (fails)",
            (Some(Trouble::Fails(_)), true, true) => " (fails after its effect)",
            (Some(Trouble::Fails(_)), true, false) => " (fails, without effect)",
            (Some(Trouble::Hangs), false, _) => " (hangs)",
            (Some(Trouble::Hangs), true, true) => " (hangs after its effect)",
            (Some(Trouble::Hangs), true, false) => " (hangs, without effect)",
            (None, _, false) => " (without effect)",
            (None, _, true) => "",
        }
    }
}

// === impl World ===

impl World {
    /// Carries out an operation, with whatever goes wrong. `act` is told whether it has an effect.
    pub(crate) async fn operate<T: Send>(
        &self,
        sort: Sort,
        what: String,
        act: impl FnOnce(&mut State, Moment, bool) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let lot = self.act(|state, now| {
            let lot = state.chaos.draw(sort);
            let remark = lot.remark();
            // Looks are many and change nothing: they are only told where they go wrong.
            if sort != Sort::Look || !remark.is_empty() {
                state.log.push(now, format!("{what}{remark}"));
            }
            lot
        });
        self.sleep(lot.takes).await;
        if let Some(trouble) = lot.trouble {
            if lot.late {
                // Whatever came of it, its caller does not learn it.
                let _ = self.act(|state, now| act(state, now, lot.effective));
            }
            return match trouble {
                Trouble::Fails(failure) => Err(failure.during(what)),
                Trouble::Hangs => std::future::pending().await,
            };
        }
        self.act(|state, now| act(state, now, lot.effective))
    }
}
