use crate::Nanos;

/// How long after `fault_end` the steady state held again.
///
/// `steady` is what the steady state was, as transitions in the order of time: from each moment on until the
/// next, the condition over the `window` that ends now was true or false (no data is false). It begins with
/// the state at or before `fault_end`; before its first entry the state is unknown, which counts as lost.
/// Entries that repeat the state before them are harmless.
///
/// - 0 if the state was true at `fault_end` and was not lost afterwards.
/// - Otherwise the first loss that ends at or after `fault_end` is judged. The system recovered when the
///   first window that holds again *began*: that window proves the recovery and is not itself outage. The
///   moment is never before `fault_end`, nor before the loss, into which such a window can reach back.
/// - `None` if no window held again: not recovered.
///
/// For a fault without duration, `fault_end` is the moment it bit. A condition over no window
/// (`cache.healthy`) has a `window` of 0.
pub fn time_to_recover(fault_end: Nanos, steady: &[(Nanos, bool)], window: Nanos) -> Option<Nanos> {
    let Some(lost) = first_loss(fault_end, steady) else {
        return Some(0);
    };
    let holds = steady
        .iter()
        .find(|(at, holds)| *holds && *at > lost)
        .map(|(at, _)| *at)?;
    let recovered = holds.saturating_sub(window).max(lost);
    Some(recovered - fault_end)
}

/// How long after the fault bit the steady state was lost: 0 if it was lost (or unknown) already, `None` if
/// it never was. `steady` is as for [`time_to_recover`].
pub fn time_to_detect(bite: Nanos, steady: &[(Nanos, bool)]) -> Option<Nanos> {
    first_loss(bite, steady).map(|lost| lost - bite)
}

/// The first moment from `from` on at which the state is not true.
fn first_loss(from: Nanos, steady: &[(Nanos, bool)]) -> Option<Nanos> {
    let known = steady.iter().take_while(|(at, _)| *at <= from);
    if known.last().is_some_and(|(_, holds)| *holds) {
        steady
            .iter()
            .find(|(at, holds)| !*holds && *at > from)
            .map(|(at, _)| *at)
    } else {
        Some(from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn never_lost_is_no_time_at_all() {
        assert_eq!(time_to_recover(100, &[(0, true)], 5), Some(0));
        assert_eq!(
            time_to_recover(100, &[(0, true), (50, false), (80, true)], 5),
            Some(0)
        );
        assert_eq!(time_to_recover(100, &[(0, false), (100, true)], 5), Some(0));
        assert_eq!(time_to_recover(100, &[(0, true), (120, true)], 5), Some(0));
        assert_eq!(time_to_detect(100, &[(0, true)]), None);
    }

    #[test]
    fn lost_during_the_fault_the_window_that_proves_it_does_not_count() {
        assert_eq!(
            time_to_recover(100, &[(0, true), (50, false), (130, true)], 10),
            Some(20)
        );
        assert_eq!(
            time_to_recover(100, &[(0, true), (50, false), (130, true)], 0),
            Some(30)
        );
    }

    #[test]
    fn never_before_the_end_of_the_fault() {
        assert_eq!(
            time_to_recover(100, &[(0, true), (50, false), (103, true)], 10),
            Some(0)
        );
    }

    #[test]
    fn lost_after_the_bite() {
        let steady = [(0, true), (110, false), (150, true), (160, false), (900, true)];
        assert_eq!(time_to_recover(100, &steady, 10), Some(40));
        assert_eq!(
            time_to_recover(100, &steady, 100),
            Some(10),
            "not before it was lost"
        );
        assert_eq!(time_to_detect(100, &steady), Some(10));
    }

    #[test]
    fn not_recovered() {
        assert_eq!(time_to_recover(100, &[(0, true), (110, false)], 10), None);
        assert_eq!(time_to_recover(100, &[(0, false)], 10), None);
        assert_eq!(time_to_recover(100, &[], 10), None);
        assert_eq!(time_to_detect(100, &[]), Some(0));
    }

    #[test]
    fn unknown_before_the_first_entry_is_lost() {
        assert_eq!(time_to_recover(100, &[(150, true)], 10), Some(40));
    }

    proptest! {
        #[test]
        fn bounded_by_the_first_return_and_longer_windows_are_not_slower(
            end in any::<u64>(), mut steady in prop::collection::vec(any::<(u64, bool)>(), 0..10), window in any::<u64>(),
        ) {
            let unordered = time_to_recover(end, &steady, window);
            steady.sort_unstable();
            let exact = time_to_recover(end, &steady, 0);
            let proven = time_to_recover(end, &steady, window);
            prop_assert_eq!(exact.is_some(), proven.is_some());
            prop_assert!(proven <= exact);
            prop_assert!(unordered.is_none_or(|time| time <= u64::MAX - end));
        }
    }
}
