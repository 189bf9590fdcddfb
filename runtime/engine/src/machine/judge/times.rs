//! Times of the steps' faults: to detect, to recover, to undo.

use std::time::Duration;

use rescc_core::report::RecoveredBy;
use rescc_core::time::{Moment, nanos};
use rescc_core::undo::UndoState;
use rescc_slo::time_to_recover;

use crate::machine::{EVALUATION_PERIOD, Machine};

impl Machine {
    pub(in crate::machine) fn time_to_detect(&self, index: usize) -> Option<Duration> {
        let bit = self.step_injections(index).filter_map(|one| one.bit).min()?;
        let instances: Vec<&str> = self
            .step_injections(index)
            .map(|one| one.instance.as_str())
            .collect();
        let bad = self.observed.first_bad(bit, &instances)?;
        // What is seen after its fault was taken back is another fault's doing.
        let gone = self
            .step_injections(index)
            .map(|one| one.undo_verified)
            .max()
            .flatten();
        let end = gone
            .into_iter()
            .chain(self.judged_until)
            .min()
            .unwrap_or(Moment(u64::MAX));
        (bad <= end).then(|| bad.since(bit))
    }

    pub(in crate::machine) fn time_to_undo(&self, index: usize) -> Option<Duration> {
        self.step_injections(index)
            .filter_map(|one| Some(one.undo_verified?.since(one.undo_asked?)))
            .max()
    }

    /// How long a step's recovery took, and what brought it. `None` where nothing can be said; no time where the
    /// system did not recover, or only by our own undo. What is seen after the judged time is tainted by our own
    /// hand: it only tells that it was our hand.
    pub(in crate::machine) fn recovery(
        &self,
        index: usize,
    ) -> Option<(Option<Duration>, Option<RecoveredBy>)> {
        let steady = self.workflow.steady_state.as_ref()?;
        if !self.is_fault_step(index) {
            return None;
        }
        let bit = self.step_injections(index).filter_map(|one| one.bit).min()?;
        let mut end = self.judged_until.unwrap_or(Moment(u64::MAX));
        let has_duration = self.duration_of(index).is_some();
        let fault_end = if has_duration {
            self.end_of_fault(index).filter(|at| *at <= end)?
        } else {
            bit
        };
        if has_duration {
            end = self
                .next_fault_in_peace(index, fault_end)
                .map_or(end, |at| at.min(end));
        }
        let turns = &self.observed.steady;
        let (judged, tainted) = turns.split_at(turns.partition_point(|(at, _)| *at <= end.0));
        let lost = judged.iter().any(|(at, holds)| *at >= bit.0 && !holds)
            || judged
                .iter()
                .rev()
                .find(|(at, _)| *at <= bit.0)
                .is_none_or(|(_, holds)| !holds);
        if !lost {
            return Some((Some(Duration::ZERO), Some(RecoveredBy::NeverLost)));
        }
        let window = nanos(steady.expr.longest_window().unwrap_or_default());
        let undone_by = |moment: Moment| {
            !has_duration
                && self.step_injections(index).any(|one| {
                    matches!(one.undo, UndoState::Verified { acted: true, .. })
                        && one.undo_verified.is_some_and(|at| at <= moment)
                })
        };
        let Some(time) = time_to_recover(fault_end.0, judged, window) else {
            let by_us = tainted.iter().any(|(at, holds)| *holds && undone_by(Moment(*at)));
            return Some((None, by_us.then_some(RecoveredBy::Undo)));
        };
        // The turn that proves it: the first one from the recovery on, or the last one before.
        let recovered = fault_end.0.saturating_add(time);
        let already = judged
            .iter()
            .rev()
            .find(|(at, _)| *at <= recovered)
            .filter(|(_, holds)| *holds);
        let proof = already.or_else(|| judged.iter().find(|(at, holds)| *holds && *at >= recovered));
        let holds_at = proof.map_or(end, |(at, _)| Moment(*at));
        // A fault without a duration that we took away before the system came back was our recovery.
        if undone_by(holds_at) {
            return Some((None, Some(RecoveredBy::Undo)));
        }
        let instances: Vec<&str> = self
            .step_injections(index)
            .map(|one| one.instance.as_str())
            .collect();
        let bad = self.observed.first_bad(bit, &instances);
        let felt = has_duration && bad.is_some_and(|at| at <= fault_end);
        if time == 0 && !felt {
            // It was lost to an earlier fault; this one took nothing.
            return Some((Some(Duration::ZERO), Some(RecoveredBy::NeverLost)));
        }
        Some((
            Some(Duration::from_nanos(time)),
            Some(self.healer(bit, Moment(recovered))),
        ))
    }

    /// When the next fault of another step bit while the steady state held: what is lost from there on is its
    /// doing, not that of a fault which was over before.
    fn next_fault_in_peace(&self, index: usize, since: Moment) -> Option<Moment> {
        let held = |moment: Moment| {
            self.observed
                .steady
                .iter()
                .rev()
                .find(|(at, _)| *at <= moment.0)
                .is_some_and(|(_, holds)| *holds)
        };
        let others = self
            .injections
            .iter()
            .filter(|one| one.step != index)
            .filter_map(|one| one.bit);
        others.filter(|at| *at >= since && held(*at)).min()
    }

    /// When a step's fault was over everywhere.
    fn end_of_fault(&self, index: usize) -> Option<Moment> {
        let ends: Option<Vec<Moment>> = self.step_injections(index).map(|one| one.undo_verified).collect();
        ends?.into_iter().max()
    }

    /// How long a step has not recovered at the end of the judged time; `None` where it has, or where that can't
    /// be said.
    pub(super) fn not_recovered_for(&self, index: usize) -> Option<Duration> {
        let Some((None, _)) = self.recovery(index) else {
            return None;
        };
        let bit = self.step_injections(index).filter_map(|one| one.bit).min()?;
        let from = if self.duration_of(index).is_some() {
            self.end_of_fault(index)?
        } else {
            bit
        };
        Some(self.judged_until?.since(from))
    }

    /// The last heal that began between a bite and the recovery and succeeded, else the system itself.
    fn healer(&self, bit: Moment, recovered: Moment) -> RecoveredBy {
        let last = self
            .heals
            .iter()
            .enumerate()
            .filter_map(|(index, heal)| Some((heal.succeeded()?, index, heal)))
            .filter(|(at, _, heal)| {
                // The recovery is told to the period in which conditions are looked at.
                let begun = heal
                    .started
                    .is_some_and(|begun| begun <= recovered.after(EVALUATION_PERIOD));
                *at >= bit && begun
            })
            .max_by_key(|(at, index, _)| (*at, *index));
        let Some((_, index, heal)) = last else {
            return RecoveredBy::System;
        };
        match heal.policy().and_then(|policy| self.policies.get(policy)) {
            Some(policy) => RecoveredBy::Policy(policy.name.clone()),
            None => {
                let step = self.steps.iter().position(|state| state.heals.contains(&index));
                RecoveredBy::Step(step.map(|step| self.step_name(step)).unwrap_or_default())
            }
        }
    }

    /// Which faults stood at a moment, in words.
    pub(super) fn active_at(&self, at: Moment) -> String {
        let names: Vec<_> = self
            .workflow
            .steps
            .iter()
            .enumerate()
            .filter(|(index, _)| {
                self.step_injections(*index).any(|one| {
                    one.applied.is_some_and(|from| from <= at) && one.undo_verified.is_none_or(|to| to >= at)
                })
            })
            .map(|(_, step)| step.name.as_str())
            .collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("during {}", names.join(", "))
        }
    }
}
