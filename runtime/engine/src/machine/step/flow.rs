//! Steps that wait, heal or take back.

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::event::StepOutcome;
use rescc_core::program::{Condition, OnError, Run};
use rescc_core::text;
use rescc_core::time::Moment;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use super::{StepPhase, round};
use crate::machine::Machine;

impl Machine {
    pub(super) fn pump_wait(&mut self, now: Moment, index: usize, until: &Condition) -> bool {
        let Some(state) = self.steps.get(index) else {
            return false;
        };
        let Some(began) = state.started else { return false };
        if until.expr.truth(&self.live(now, Some(began))).holds() {
            if self.is_undoing_what(until) {
                // Whether it holds by our own hand is known when that undo is over.
                return false;
            }
            if state.tainted {
                let message = format!("`{}` holds only because rescc took a fault back", until.text);
                self.fail_wait(now, index, message);
            } else {
                let took = text::duration(round(now.since(began)));
                self.end_step(now, index, StepOutcome::Passed, format!("held after {took}"));
            }
            return true;
        }
        let Some(due) = state.until.filter(|at| *at <= now) else {
            return false;
        };
        let measured = self.explain_since(&until.expr, now, began);
        let allowed = text::duration(due.since(began));
        self.fail_wait(
            now,
            index,
            format!("`{}` did not hold within {allowed}{measured}", until.text),
        );
        true
    }

    fn fail_wait(&mut self, now: Moment, index: usize, message: String) {
        self.blame(index, ReasonCode::WaitTimedOut, &message);
        self.fail_step(now, index, message);
    }

    /// Makes the failing of a step one of the run, unless the spec says that it is none.
    fn blame(&mut self, index: usize, code: ReasonCode, message: &str) {
        if self
            .workflow
            .steps
            .get(index)
            .is_none_or(|step| step.on_error != OnError::Continue)
        {
            let name = self.step_name(index);
            self.reasons.push(Reason::new(Verdict::Fail, code, name, message));
        }
    }

    pub(super) fn pump_undo_step(&mut self, now: Moment, index: usize, other: &str) -> bool {
        let Some(other) = self.workflow.steps.iter().position(|step| step.name == other) else {
            return false;
        };
        // A fault that begins only now is none that this step was asked to take back.
        if self
            .step_injections(other)
            .any(|one| one.is_open() && one.undo_asked.is_some())
        {
            if !self.is_late(now, index) {
                return false;
            }
            // It goes on: whether it is undone in the end is a matter of its own.
            let name = self.step_name(index);
            let message = format!("`{name}` took longer than its timeout");
            self.reasons.push(Reason::new(
                Verdict::Error,
                ReasonCode::NotUndone,
                name,
                message.clone(),
            ));
            self.fail_step(now, index, message);
            return true;
        }
        if let Some(why) = self.not_undone(other) {
            self.fail_step(now, index, why);
            return true;
        }
        let details: Vec<_> = self
            .step_injections(other)
            .filter_map(|injection| match &injection.undo {
                UndoState::Verified { detail, .. } => Some(detail.clone()),
                _ => None,
            })
            .collect();
        let detail = if details.is_empty() {
            "nothing was left to undo".to_owned()
        } else {
            details.join("; ")
        };
        self.end_step(now, index, StepOutcome::Passed, detail);
        true
    }

    pub(super) fn pump_heal_step(&mut self, now: Moment, index: usize) -> bool {
        let heals = self
            .steps
            .get(index)
            .map(|state| state.heals.clone())
            .unwrap_or_default();
        let results: Vec<_> = heals.iter().filter_map(|&heal| self.heals.get(heal)).collect();
        let open = results.iter().any(|heal| heal.result.is_none());
        if open && !self.is_late(now, index) {
            return false;
        }
        let failure = if open {
            let timeout = self
                .workflow
                .steps
                .get(index)
                .and_then(|step| step.timeout)
                .unwrap_or_default();
            Some(Failure::new(
                ErrorClass::Timeout,
                format!("no answer within {}", text::duration(timeout)),
            ))
        } else if heals.is_empty() {
            Some(Failure::new(ErrorClass::NotFound, "there is nothing to act on"))
        } else {
            results.iter().find_map(|heal| match &heal.result {
                Some(Err(failure)) => Some(failure.clone()),
                _ => None,
            })
        };
        let details: Vec<_> = results
            .iter()
            .filter_map(|heal| {
                heal.result
                    .as_ref()
                    .and_then(|result| result.as_ref().ok())
                    .map(|done| done.detail.clone())
            })
            .collect();
        let Some(failure) = failure else {
            self.end_step(now, index, StepOutcome::Passed, details.join("; "));
            return true;
        };
        self.drop_queued_heals(&heals, &failure);
        if !self.retry_step(now, index, &failure) {
            let message = failure.to_string();
            self.blame(index, ReasonCode::HealFailed, &message);
            self.fail_step(now, index, message);
        }
        true
    }

    /// Whether an undo that no step asked for is under way on what a condition is about.
    fn is_undoing_what(&self, until: &Condition) -> bool {
        self.injections.iter().any(|injection| {
            injection.is_open()
                && injection.undo_asked.is_some()
                && injection.applied.is_some()
                && !self.has_undo_step(injection.step)
                && self.is_about_any(until, std::slice::from_ref(&injection.instance))
        })
    }

    fn is_about_any(&self, condition: &Condition, instances: &[String]) -> bool {
        let mut about = false;
        condition
            .expr
            .each_measure(&mut |measure| about |= self.is_about(measure, instances));
        about
    }

    /// Whether an undo step takes the faults of a step back at the moment.
    fn has_undo_step(&self, step: usize) -> bool {
        let name = self.step_name(step);
        self.workflow.steps.iter().zip(&self.steps).any(|(other, state)| {
            matches!(&other.run, Run::Undo { step: of } if *of == name) && state.phase == StepPhase::Acting
        })
    }

    /// An undo of ours on an instance taints the waits that are about its resource: recovery by our own hand
    /// satisfies none of them.
    pub(in crate::machine) fn injection_settled(&mut self, now: Moment, place: usize) {
        let Some(injection) = self.injections.get(place) else {
            return;
        };
        let acted = injection.undo_verified == Some(now)
            && matches!(injection.undo, UndoState::Verified { acted: true, .. });
        if !acted || self.has_undo_step(injection.step) {
            return;
        }
        let instance = [injection.instance.clone()];
        for index in 0..self.steps.len() {
            let Some(Run::Wait { until, .. }) = self.workflow.steps.get(index).map(|step| &step.run) else {
                continue;
            };
            let about = self.is_about_any(until, &instance);
            if let Some(state) = self.steps.get_mut(index)
                && about
                && state.phase == StepPhase::Acting
            {
                state.tainted = true;
            }
        }
    }
}
