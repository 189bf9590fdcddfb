//! Steps that break something, and the room that they need.

use std::collections::BTreeSet;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::event::{StepOutcome, What};
use rescc_core::names::InjectionId;
use rescc_core::program::Call;
use rescc_core::resource::Instance;
use rescc_core::text;
use rescc_core::time::Moment;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use super::StepPhase;
use crate::machine::{Holder, Injection, InjectionState, Machine};

impl Machine {
    pub(super) fn start_fault(&mut self, now: Moment, index: usize, call: &Call, targets: &[String]) {
        if let Some(why) = self.guard_says_no(targets) {
            return self.not_injected(now, index, &why);
        }
        let attempt = self.steps.get(index).map_or(0, |state| state.attempt);
        let name = self.step_name(index);
        for instance in targets {
            let id = InjectionId::new(&name, instance, attempt);
            let place = self.injections.len();
            self.injections
                .push(Injection::new(id, index, call.action.clone(), instance.clone()));
            if let Some(state) = self.steps.get_mut(index) {
                state.injections.push(place);
            }
        }
    }

    fn not_injected(&mut self, now: Moment, index: usize, why: &str) {
        let name = self.step_name(index);
        let message = format!("`{name}` was not injected: {why}");
        self.reasons.push(Reason::new(
            Verdict::Inconclusive,
            ReasonCode::NotInjected,
            name,
            message.clone(),
        ));
        self.fail_step(now, index, message);
    }

    /// The limits that only the moment can tell.
    fn guard_says_no(&self, targets: &[String]) -> Option<String> {
        if targets.is_empty() {
            return Some("there is nothing to act on".into());
        }
        // What others have hit, or are about to, is as good as hit.
        let mut hit = self.touched_instances();
        hit.extend(targets.iter().map(String::as_str));
        for (name, resource) in &self.plan.program.resources {
            let all: Vec<&Instance> = self
                .instances
                .values()
                .filter(|one| one.resource == *name)
                .collect();
            if !all.iter().any(|one| targets.contains(&one.name)) {
                continue;
            }
            let left = all
                .iter()
                .filter(|one| !hit.contains(one.name.as_str()) && one.healthy == Some(true))
                .count();
            let wanted = resource.min_healthy.of(all.len());
            if left < wanted {
                return Some(format!(
                    "it would leave {left} of `{name}` healthy, {wanted} must be"
                ));
            }
        }
        None
    }

    /// The instances that feel a fault of ours at the moment, or are about to.
    fn touched_instances(&self) -> BTreeSet<&str> {
        self.injections
            .iter()
            .filter(|injection| self.is_touched(injection))
            .map(|injection| injection.instance.as_str())
            .collect()
    }

    /// Whether an instance still feels a fault: a lasting one until its undo, another until it is well again,
    /// and one that could not be taken back for good.
    fn is_touched(&self, injection: &Injection) -> bool {
        match injection.state {
            InjectionState::Settled => matches!(injection.undo, UndoState::Failed { .. }),
            InjectionState::InForce => {
                self.limits_of(&injection.action).lasting
                    || self
                        .instances
                        .get(&injection.instance)
                        .is_none_or(|one| one.healthy != Some(true))
            }
            _ => true,
        }
    }

    /// Whether a fault on these would stay within the blast radius.
    pub(super) fn fits_blast_radius(&self, targets: &[String]) -> bool {
        let mut touched = self.touched_instances();
        touched.extend(targets.iter().map(String::as_str));
        touched.len() <= self.plan.allowed_touched()
    }

    /// A step for which there is no room while nothing that we do can make any: the system gets the time it has
    /// to come back, then the step is given up. Else a run without a deadline might never end.
    pub(super) fn wait_for_room(&mut self, now: Moment, index: usize) -> bool {
        let under_way = self.steps.iter().any(|state| match state.phase {
            StepPhase::Waiting | StepPhase::Ended => false,
            StepPhase::Retrying => state.until.is_some_and(|at| at > now),
            StepPhase::Acting | StepPhase::Standing | StepPhase::Undoing => true,
        }) || self
            .injections
            .iter()
            .any(|one| one.is_open() && one.undo_asked.is_some())
            || self
                .locks
                .values()
                .any(|holder| matches!(holder, Holder::Heal(_)));
        let settle = self.workflow.settle;
        let Some(state) = self.steps.get_mut(index) else {
            return false;
        };
        if under_way {
            state.no_room_since = None;
            return false;
        }
        let since = *state.no_room_since.get_or_insert(now);
        if now.since(since) < settle {
            return false;
        }
        let why = format!(
            "the blast radius had no room for it within {}",
            text::duration(settle)
        );
        self.not_injected(now, index, &why);
        true
    }

    pub(super) fn pump_fault(&mut self, now: Moment, index: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index) else {
            return false;
        };
        let (duration, name) = (step.duration, step.name.clone());
        if !self.step_injections(index).any(Injection::is_open) {
            // Another step has taken it back before it bit.
            self.begin_step_undo(now, index);
            return true;
        }
        let all_bite = self
            .step_injections(index)
            .all(|injection| injection.bit.is_some());
        if !all_bite && self.is_late(now, index) {
            return self.fault_timed_out(now, index);
        }
        if !self
            .step_injections(index)
            .all(|injection| injection.applied.is_some())
        {
            return false;
        }
        let last_applied = self
            .step_injections(index)
            .filter_map(|injection| injection.applied)
            .max();
        let over = duration
            .zip(last_applied)
            .map(|(duration, at)| at.after(duration));
        let evidence: Vec<_> = self
            .step_injections(index)
            .map(|injection| injection.evidence.clone())
            .collect();
        let Some(state) = self.steps.get_mut(index) else {
            return false;
        };
        // A fault that waits for traffic to bite has its duration all the same.
        state.until = over;
        if all_bite {
            let evidence = evidence.join("; ");
            state.active = Some(now);
            state.phase = StepPhase::Standing;
            self.emit(What::StepActive {
                step: name,
                evidence: evidence.clone(),
            });
            if over.is_none() {
                self.end_step(now, index, StepOutcome::Passed, evidence);
            }
            return true;
        }
        if over.is_some_and(|over| over <= now) {
            self.begin_step_undo(now, index);
            return true;
        }
        false
    }

    fn fault_timed_out(&mut self, now: Moment, index: usize) -> bool {
        let timeout = self
            .workflow
            .steps
            .get(index)
            .and_then(|step| step.timeout)
            .unwrap_or_default();
        let late = self
            .step_injections(index)
            .find(|injection| injection.bit.is_none());
        let Some((id, applied, remark)) =
            late.map(|one| (one.id.clone(), one.applied.is_some(), one.remark().to_owned()))
        else {
            return false;
        };
        let mut why = format!("it did not bite within {}", text::duration(timeout));
        if !remark.is_empty() {
            why = format!("{why}: {remark}");
        }
        if self.retry_step(now, index, &Failure::new(ErrorClass::Timeout, why.clone())) {
            return true;
        }
        if !applied {
            self.not_injected(now, index, &why);
            return true;
        }
        let message = format!("`{id}` had no effect: {why}");
        let name = self.step_name(index);
        self.reasons.push(Reason::new(
            Verdict::Inconclusive,
            ReasonCode::NoEffect,
            name,
            message.clone(),
        ));
        self.fail_step(now, index, message);
        true
    }

    pub(super) fn begin_step_undo(&mut self, now: Moment, index: usize) {
        let places = self
            .steps
            .get(index)
            .map(|state| state.injections.clone())
            .unwrap_or_default();
        for place in places {
            self.ask_undo(now, place);
        }
        if let Some(state) = self.steps.get_mut(index) {
            state.phase = StepPhase::Undoing;
            state.until = None;
        }
    }

    pub(super) fn finish_undoing(&mut self, now: Moment, index: usize) -> bool {
        if self.step_injections(index).any(Injection::is_open) {
            return false;
        }
        let failed = self.not_undone(index);
        let silent = self
            .step_injections(index)
            .find(|injection| injection.bit.is_none())
            .map(|injection| {
                (
                    injection.id.clone(),
                    injection.applied.is_some(),
                    injection.remark().to_owned(),
                )
            });
        let lapsed = self
            .step_injections(index)
            .find(|injection| injection.lapsed.is_some())
            .map(|one| one.id.clone());
        if let Some(why) = failed {
            self.fail_step(now, index, why);
        } else if let Some((id, true, remark)) = silent {
            let message = format!("`{id}` had no effect: {remark}");
            let name = self.step_name(index);
            self.reasons.push(Reason::new(
                Verdict::Inconclusive,
                ReasonCode::NoEffect,
                name,
                message.clone(),
            ));
            self.fail_step(now, index, message);
        } else if let Some((_, false, _)) = silent {
            self.not_injected(now, index, "it was taken back before");
        } else if let Some(id) = lapsed {
            self.fail_step(now, index, format!("the effect of `{id}` ended before its time"));
        } else {
            let evidence: Vec<_> = self
                .step_injections(index)
                .map(|injection| injection.evidence.clone())
                .collect();
            self.end_step(now, index, StepOutcome::Passed, evidence.join("; "));
        }
        true
    }

    /// What of a step's faults could not be undone.
    pub(super) fn not_undone(&self, index: usize) -> Option<String> {
        self.step_injections(index)
            .find_map(|injection| match &injection.undo {
                UndoState::Failed { why, .. } => {
                    Some(format!("`{}` could not be undone: {why}", injection.id))
                }
                _ => None,
            })
    }
}
