use crate::Nanos;

/// Since when a condition has been true without a break.
///
/// It is fed with observations in the order of time. Between two of them that are true, the condition counts
/// as true; after the last one nothing is known. An observation without data breaks it: no data is not good
/// data. A moment before the last one is read as the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hold {
    /// The first and the last observation of the unbroken run.
    run: Option<(Nanos, Nanos)>,
    last: Nanos,
}

// === impl Hold ===

impl Hold {
    /// Nothing was observed yet.
    pub const fn new() -> Self {
        Self { run: None, last: 0 }
    }

    /// Takes what the condition was at `now` (`None`: no data) and says since when it has been true.
    pub fn feed(&mut self, now: Nanos, condition: Option<bool>) -> Option<Nanos> {
        let now = now.max(self.last);
        self.last = now;
        self.run = match condition {
            Some(true) => Some((self.since().unwrap_or(now), now)),
            Some(false) | None => None,
        };
        self.since()
    }

    /// Since when the condition has been true; `None` while it is not.
    pub fn since(&self) -> Option<Nanos> {
        self.run.map(|(since, _)| since)
    }

    /// How long the condition is known to have been true, up to the last observation; `None` while it is not.
    pub fn held_for(&self) -> Option<Nanos> {
        self.run.map(|(since, last)| last.saturating_sub(since))
    }

    /// Whether it is known to have been true for at least `hold`. With 0, one true observation is enough.
    pub fn has_held(&self, hold: Nanos) -> bool {
        self.held_for().is_some_and(|held| held >= hold)
    }

    /// The moment at which it will have held if it stays true; `None` while it is not true.
    pub fn due(&self, hold: Nanos) -> Option<Nanos> {
        self.since().map(|since| since.saturating_add(hold))
    }

    /// Forgets the run: what is observed next begins a new one.
    pub fn reset(&mut self) {
        self.run = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn holds_from_the_first_true_on() {
        let mut hold = Hold::new();
        assert_eq!(hold.feed(10, Some(false)), None);
        assert_eq!(hold.feed(20, Some(true)), Some(20));
        assert!(hold.has_held(0));
        assert!(!hold.has_held(10));
        assert_eq!(hold.due(10), Some(30));
        assert_eq!(hold.feed(29, Some(true)), Some(20));
        assert!(!hold.has_held(10));
        assert_eq!(hold.feed(30, Some(true)), Some(20));
        assert!(hold.has_held(10));
        assert_eq!(hold.feed(31, Some(false)), None);
        assert!(!hold.has_held(0));
    }

    #[test]
    fn no_data_breaks_it() {
        let mut hold = Hold::new();
        hold.feed(10, Some(true));
        assert_eq!(hold.feed(20, None), None);
        assert_eq!(hold.feed(30, Some(true)), Some(30));
    }

    #[test]
    fn time_that_runs_backwards_gains_nothing() {
        let mut hold = Hold::new();
        hold.feed(100, Some(false));
        assert_eq!(hold.feed(50, Some(true)), Some(100));
        hold.feed(u64::MAX, Some(true));
        assert_eq!(hold.due(u64::MAX), Some(u64::MAX));
        hold.reset();
        assert_eq!(hold.held_for(), None);
    }

    proptest! {
        #[test]
        fn agrees_with_looking_back(answers in prop::collection::vec(prop::option::of(any::<bool>()), 1..30)) {
            let mut hold = Hold::new();
            for (at, answer) in answers.iter().enumerate() {
                let since = hold.feed(at as u64, *answer);
                let run = answers[..=at].iter().rev().take_while(|answer| **answer == Some(true)).count();
                prop_assert_eq!(since, (run > 0).then(|| (at + 1 - run) as u64));
                prop_assert_eq!(hold.held_for(), (run > 0).then(|| run as u64 - 1));
            }
        }
    }
}
