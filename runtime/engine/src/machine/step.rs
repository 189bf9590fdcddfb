//! The life of a step.

use rescc_core::error::Failure;
use rescc_core::event::{Stage, StepOutcome, What};
use rescc_core::names::InjectionId;
use rescc_core::program::{Backoff, Call, OnError, Run, Step, StepEvent};
use rescc_core::text;
use rescc_core::time::Moment;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use super::injection::Injection;
use super::{InjectionState, Machine};

/// The state of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct StepState {
    pub(super) phase: StepPhase,
    pub(super) started: Option<Moment>,
    pub(super) active: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) outcome: Option<StepOutcome>,
    pub(super) detail: String,
    /// How often it was tried again.
    pub(super) attempt: u32,
    /// The injections of the attempt under way, by their places.
    pub(super) injections: Vec<usize>,
    /// The heals under way, by their places.
    pub(super) heals: Vec<usize>,
    /// When its duration, wait or sleep is over.
    pub(super) until: Option<Moment>,
    /// What an undo of ours brought back while it waited.
    pub(super) tainted: bool,
}

/// Where a step is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StepPhase {
    /// For what it waits for.
    #[default]
    Waiting,
    /// For another attempt.
    Retrying,
    /// It acts, waits or sleeps.
    Acting,
    /// Its fault bites and has a duration.
    Standing,
    /// Its fault is being taken back.
    Undoing,
    /// Over.
    Ended,
}

/// Whether a step's time has come.
enum Readiness {
    Ready,
    NotYet,
    Never(String),
}

// === impl StepState ===

impl StepState {
    pub(super) fn wake_at(&self) -> Option<Moment> {
        match self.phase {
            StepPhase::Retrying | StepPhase::Acting | StepPhase::Standing => self.until,
            StepPhase::Waiting | StepPhase::Undoing | StepPhase::Ended => None,
        }
    }

    fn is_ended(&self) -> bool {
        self.phase == StepPhase::Ended
    }
}

impl Machine {
    pub(super) fn pump_steps(&mut self, now: Moment) -> bool {
        if self.stage != Stage::Acting {
            return false;
        }
        let mut moved = false;
        for index in 0..self.steps.len() {
            moved |= self.pump_step(now, index);
        }
        moved
    }

    fn pump_step(&mut self, now: Moment, index: usize) -> bool {
        let Some(phase) = self.steps.get(index).map(|state| state.phase) else { return false };
        match phase {
            StepPhase::Waiting => match self.readiness(index) {
                Readiness::Ready if self.has_room(index) => {
                    self.start_step(now, index);
                    true
                }
                Readiness::Ready | Readiness::NotYet => false,
                Readiness::Never(why) => {
                    self.end_step(now, index, StepOutcome::Skipped, why);
                    true
                }
            },
            StepPhase::Retrying => {
                let due = self.steps.get(index).and_then(|state| state.until).is_none_or(|at| at <= now);
                let settled = self.step_injections(index).all(|injection| !injection.is_open());
                if due && settled {
                    self.start_step(now, index);
                }
                due && settled
            }
            StepPhase::Acting => self.pump_acting(now, index),
            StepPhase::Standing => {
                let due = self.steps.get(index).and_then(|state| state.until).is_some_and(|at| at <= now);
                if due {
                    self.begin_step_undo(now, index);
                }
                due
            }
            StepPhase::Undoing => self.finish_undoing(now, index),
            StepPhase::Ended => false,
        }
    }

    fn readiness(&self, index: usize) -> Readiness {
        let Some(step) = self.workflow.steps.get(index) else { return Readiness::NotYet };
        let mut ready = true;
        for after in &step.after {
            let Some(other) = self.workflow.steps.iter().position(|other| other.name == after.step) else { continue };
            let Some(state) = self.steps.get(other) else { continue };
            let satisfied = match after.is {
                StepEvent::Passed => state.outcome == Some(StepOutcome::Passed),
                StepEvent::Active => state.active.is_some(),
                StepEvent::Failed => state.outcome == Some(StepOutcome::Failed),
                StepEvent::Ended => state.is_ended(),
            };
            if !satisfied && state.is_ended() {
                let outcome = state.outcome.map_or("ended", StepOutcome::as_str);
                return Readiness::Never(format!("`{}` was {outcome}", after.step));
            }
            ready &= satisfied;
        }
        let handles_failing = step.after.iter().any(|after| matches!(after.is, StepEvent::Failed | StepEvent::Ended));
        if !handles_failing && let Some(failed) = self.failed_step() {
            return Readiness::Never(format!("`{failed}` failed before"));
        }
        if ready { Readiness::Ready } else { Readiness::NotYet }
    }

    /// The step whose failing keeps ordinary steps from starting.
    fn failed_step(&self) -> Option<&str> {
        self.workflow.steps.iter().zip(&self.steps).find_map(|(step, state)| {
            let failed = state.outcome == Some(StepOutcome::Failed) && step.on_error == OnError::Abort;
            failed.then_some(step.name.as_str())
        })
    }

    /// Whether one more step may act: by number, and by the instances that would be touched at once.
    fn has_room(&self, index: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index) else { return false };
        let Some(call) = step.run.call() else { return true };
        let acting = |state: &StepState| {
            matches!(state.phase, StepPhase::Acting | StepPhase::Standing | StepPhase::Undoing | StepPhase::Retrying)
        };
        let busy = self
            .workflow
            .steps
            .iter()
            .zip(&self.steps)
            .filter(|(step, state)| step.run.call().is_some() && acting(state))
            .count();
        if self.workflow.limits.concurrency.is_some_and(|most| busy >= most as usize) {
            return false;
        }
        if !self.is_fault_step(index) {
            return true;
        }
        let mut touched: std::collections::BTreeSet<&str> = self
            .injections
            .iter()
            .filter(|injection| injection.is_open() && self.is_touched(injection))
            .map(|injection| injection.instance.as_str())
            .collect();
        touched.extend(self.plan.instances_of(&call.target).iter().map(String::as_str));
        touched.len() <= self.plan.allowed_touched()
    }

    /// Whether an instance still feels a fault: a lasting one until its undo, another until it is well again.
    fn is_touched(&self, injection: &Injection) -> bool {
        injection.state != InjectionState::InForce
            || self.limits_of(&injection.action).lasting
            || self.instances.get(&injection.instance).is_none_or(|one| one.healthy != Some(true))
    }

    fn start_step(&mut self, now: Moment, index: usize) {
        let Some(step) = self.workflow.steps.get(index).cloned() else { return };
        let targets = step.run.call().map(|call| self.plan.instances_of(&call.target).to_vec()).unwrap_or_default();
        if let Some(state) = self.steps.get_mut(index) {
            state.phase = StepPhase::Acting;
            state.started.get_or_insert(now);
            state.until = None;
            state.injections.clear();
            state.heals.clear();
        }
        self.emit(What::StepStarted { step: step.name.clone(), action: describe(&step), targets: targets.clone() });
        match &step.run {
            Run::Fault(call) => self.start_fault(now, index, call, &targets),
            Run::Heal(call) => {
                for instance in targets {
                    let heal = self.queue_heal(None, call.clone(), instance);
                    if let Some(state) = self.steps.get_mut(index) {
                        state.heals.push(heal);
                    }
                }
            }
            Run::Wait { within, .. } => self.set_until(index, now.after(*within)),
            Run::Sleep { time } => self.set_until(index, now.after(*time)),
            Run::Undo { step: other } => {
                if let Some(other) = self.workflow.steps.iter().position(|step| step.name == *other) {
                    for injection in self.steps.get(other).map(|state| state.injections.clone()).unwrap_or_default() {
                        self.ask_undo(now, injection);
                    }
                }
            }
        }
    }

    fn start_fault(&mut self, now: Moment, index: usize, call: &Call, targets: &[String]) {
        if let Some(why) = self.guard_says_no(targets) {
            let name = self.step_name(index);
            let message = format!("`{name}` was not injected: {why}");
            self.reasons.push(Reason::new(Verdict::Inconclusive, ReasonCode::NotInjected, name, message.clone()));
            return self.fail_step(now, index, message);
        }
        let attempt = self.steps.get(index).map_or(0, |state| state.attempt);
        let name = self.step_name(index);
        for instance in targets {
            let id = InjectionId::new(&name, instance, attempt);
            let place = self.injections.len();
            self.injections.push(Injection::new(id, index, call.action.clone(), instance.clone()));
            if let Some(state) = self.steps.get_mut(index) {
                state.injections.push(place);
            }
        }
    }

    /// The limits that only the moment can tell.
    fn guard_says_no(&self, targets: &[String]) -> Option<String> {
        for (name, resource) in &self.plan.program.resources {
            let all: Vec<_> = self.instances.values().filter(|one| one.resource == *name).collect();
            let hit = |one: &&&rescc_core::resource::Instance| targets.contains(&one.name);
            if !all.iter().any(|one| hit(&one)) {
                continue;
            }
            let left = all.iter().filter(|one| !hit(one) && one.healthy == Some(true)).count();
            let wanted = resource.min_healthy.of(all.len());
            if left < wanted {
                return Some(format!("it would leave {left} of `{name}` healthy, {wanted} must be"));
            }
        }
        None
    }

    fn set_until(&mut self, index: usize, until: Moment) {
        if let Some(state) = self.steps.get_mut(index) {
            state.until = Some(until);
        }
    }

    fn pump_acting(&mut self, now: Moment, index: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index).cloned() else { return false };
        match &step.run {
            Run::Fault(_) => self.pump_fault(now, index),
            Run::Heal(_) => self.pump_heal_step(now, index),
            Run::Wait { until, within } => {
                let Some(state) = self.steps.get(index) else { return false };
                let Some(began) = state.started else { return false };
                if until.expr.truth(&self.live(now, Some(began))).holds() {
                    if state.tainted {
                        let message = format!("`{}` holds only because rescc took a fault back", until.text);
                        self.fail_wait(now, index, message);
                    } else {
                        let took = text::duration(round(now.since(began)));
                        self.end_step(now, index, StepOutcome::Passed, format!("held after {took}"));
                    }
                    return true;
                }
                if state.until.is_some_and(|at| at <= now) {
                    let measured = self.explain_since(&until.expr, now, began);
                    let message = format!("`{}` did not hold within {}{measured}", until.text, text::duration(*within));
                    self.fail_wait(now, index, message);
                    return true;
                }
                false
            }
            Run::Sleep { .. } => {
                let due = self.steps.get(index).and_then(|state| state.until).is_some_and(|at| at <= now);
                if due {
                    self.end_step(now, index, StepOutcome::Passed, String::new());
                }
                due
            }
            Run::Undo { step: other } => self.pump_undo_step(now, index, other),
        }
    }

    fn fail_wait(&mut self, now: Moment, index: usize, message: String) {
        let on_error = self.workflow.steps.get(index).map(|step| step.on_error);
        if on_error != Some(OnError::Continue) {
            let name = self.step_name(index);
            self.reasons.push(Reason::new(Verdict::Fail, ReasonCode::WaitTimedOut, name, message.clone()));
        }
        self.fail_step(now, index, message);
    }

    fn pump_fault(&mut self, now: Moment, index: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index) else { return false };
        let (duration, name) = (step.duration, step.name.clone());
        let all_bite = self.step_injections(index).all(|injection| injection.bit.is_some());
        let first_applied = self.step_injections(index).filter_map(|injection| injection.applied).max();
        let all_applied = self.step_injections(index).all(|injection| injection.applied.is_some());
        if !all_applied {
            return false;
        }
        let over = duration.zip(first_applied).map(|(duration, at)| at.after(duration));
        let Some(state) = self.steps.get_mut(index) else { return false };
        if all_bite && state.active.is_none() {
            state.active = Some(now);
            let evidence: Vec<_> = self.step_injections(index).map(|injection| injection.evidence.clone()).collect();
            self.emit(What::StepActive { step: name, evidence: evidence.join("; ") });
            match over {
                Some(over) => {
                    if let Some(state) = self.steps.get_mut(index) {
                        state.phase = StepPhase::Standing;
                        state.until = Some(over);
                    }
                }
                None => {
                    let evidence = evidence.join("; ");
                    self.end_step(now, index, StepOutcome::Passed, evidence);
                }
            }
            return true;
        }
        // A fault that waits for traffic to bite has its duration all the same.
        state.until = over;
        if over.is_some_and(|over| over <= now) {
            self.begin_step_undo(now, index);
            return true;
        }
        false
    }

    fn begin_step_undo(&mut self, now: Moment, index: usize) {
        let places = self.steps.get(index).map(|state| state.injections.clone()).unwrap_or_default();
        for place in places {
            self.ask_undo(now, place);
        }
        if let Some(state) = self.steps.get_mut(index) {
            state.phase = StepPhase::Undoing;
            state.until = None;
        }
    }

    fn finish_undoing(&mut self, now: Moment, index: usize) -> bool {
        if self.step_injections(index).any(Injection::is_open) {
            return false;
        }
        let failed = self.step_injections(index).find_map(|injection| match &injection.undo {
            UndoState::Failed { why, .. } => Some(format!("`{}` could not be undone: {why}", injection.id)),
            _ => None,
        });
        let silent: Vec<_> = self
            .step_injections(index)
            .filter(|injection| injection.bit.is_none())
            .map(|injection| (injection.id.clone(), injection.remark().to_owned()))
            .collect();
        let lapsed = self.step_injections(index).find(|injection| injection.lapsed.is_some()).map(|one| one.id.clone());
        if let Some(why) = failed {
            self.fail_step(now, index, why);
        } else if let Some((id, remark)) = silent.first() {
            let message = format!("`{id}` had no effect: {remark}");
            let name = self.step_name(index);
            self.reasons.push(Reason::new(Verdict::Inconclusive, ReasonCode::NoEffect, name, message.clone()));
            self.fail_step(now, index, message);
        } else if let Some(id) = lapsed {
            self.fail_step(now, index, format!("the effect of `{id}` ended before its time"));
        } else {
            let evidence: Vec<_> = self.step_injections(index).map(|injection| injection.evidence.clone()).collect();
            self.end_step(now, index, StepOutcome::Passed, evidence.join("; "));
        }
        true
    }

    fn pump_undo_step(&mut self, now: Moment, index: usize, other: &str) -> bool {
        let Some(other) = self.workflow.steps.iter().position(|step| step.name == other) else { return false };
        if self.step_injections(other).any(Injection::is_open) {
            return false;
        }
        let states: Vec<_> = self.step_injections(other).map(|injection| injection.undo.clone()).collect();
        let failed = states.iter().find_map(|state| match state {
            UndoState::Failed { why, .. } => Some(why.clone()),
            _ => None,
        });
        match failed {
            Some(why) => self.fail_step(now, index, why),
            None => {
                let details: Vec<_> = states
                    .iter()
                    .filter_map(|state| match state {
                        UndoState::Verified { detail, .. } => Some(detail.clone()),
                        _ => None,
                    })
                    .collect();
                let detail = if details.is_empty() { "nothing was left to undo".to_owned() } else { details.join("; ") };
                self.end_step(now, index, StepOutcome::Passed, detail);
            }
        }
        true
    }

    fn pump_heal_step(&mut self, now: Moment, index: usize) -> bool {
        let Some(state) = self.steps.get(index) else { return false };
        let results: Vec<_> = state.heals.iter().filter_map(|&heal| self.heals.get(heal)).collect();
        if results.iter().any(|heal| heal.result.is_none()) {
            return false;
        }
        let failure = results.iter().find_map(|heal| match &heal.result {
            Some(Err(failure)) => Some(failure.clone()),
            _ => None,
        });
        let details: Vec<_> = results
            .iter()
            .filter_map(|heal| heal.result.as_ref().and_then(|result| result.as_ref().ok()).map(|done| done.detail.clone()))
            .collect();
        match failure {
            None => self.end_step(now, index, StepOutcome::Passed, details.join("; ")),
            Some(failure) if self.retry_step(now, index, &failure) => {}
            Some(failure) => {
                let message = failure.to_string();
                let step = self.workflow.steps.get(index);
                if step.is_none_or(|step| step.on_error != OnError::Continue) {
                    let name = self.step_name(index);
                    self.reasons.push(Reason::new(Verdict::Fail, ReasonCode::HealFailed, name, message.clone()));
                }
                self.fail_step(now, index, message);
            }
        }
        true
    }

    /// Lets a step try again, where it may: what it has done so far is taken back first.
    pub(super) fn retry_step(&mut self, now: Moment, index: usize, failure: &Failure) -> bool {
        let Some(step) = self.workflow.steps.get(index) else { return false };
        let retry = step.retry.unwrap_or(Backoff::ONCE);
        let places = self.steps.get(index).map(|state| state.injections.clone()).unwrap_or_default();
        let Some(state) = self.steps.get_mut(index) else { return false };
        if state.phase == StepPhase::Retrying {
            return true;
        }
        let again = failure.is_transient()
            && state.attempt + 1 < retry.attempts
            && state.phase == StepPhase::Acting
            && self.aborted_by.is_none();
        if !again {
            return false;
        }
        state.attempt += 1;
        state.phase = StepPhase::Retrying;
        state.until = Some(now.after(retry.wait_before(state.attempt)));
        for place in places {
            self.ask_undo(now, place);
        }
        true
    }

    pub(super) fn fail_step(&mut self, now: Moment, index: usize, why: String) {
        let places = self.steps.get(index).map(|state| state.injections.clone()).unwrap_or_default();
        for place in places {
            self.ask_undo(now, place);
        }
        self.end_step(now, index, StepOutcome::Failed, why);
    }

    fn end_step(&mut self, now: Moment, index: usize, outcome: StepOutcome, detail: String) {
        let name = self.step_name(index);
        let Some(state) = self.steps.get_mut(index) else { return };
        if state.is_ended() {
            return;
        }
        state.phase = StepPhase::Ended;
        state.ended = Some(now);
        state.until = None;
        state.outcome = Some(outcome);
        state.detail.clone_from(&detail);
        self.emit(What::StepEnded { step: name, outcome, detail });
    }

    /// Ends all steps for an abort.
    pub(super) fn end_steps_early(&mut self, now: Moment) {
        for index in 0..self.steps.len() {
            let Some(state) = self.steps.get(index) else { continue };
            match state.phase {
                StepPhase::Ended => {}
                StepPhase::Waiting => self.end_step(now, index, StepOutcome::Skipped, "the run was ended".into()),
                _ => self.end_step(now, index, StepOutcome::Aborted, "the run was ended".into()),
            }
        }
    }

    /// An undo of ours on an instance taints the waits that are about its resource: recovery by our own hand
    /// satisfies none of them.
    pub(super) fn injection_settled(&mut self, now: Moment, step: usize) {
        let acted = self.step_injections(step).any(|injection| {
            injection.undo_verified == Some(now) && matches!(injection.undo, UndoState::Verified { acted: true, .. })
        });
        let by_undo_step = self.workflow.steps.iter().zip(&self.steps).any(|(other, state)| {
            matches!(&other.run, Run::Undo { step: of } if *of == self.step_name(step)) && state.phase == StepPhase::Acting
        });
        if !acted || by_undo_step {
            return;
        }
        let instances: Vec<_> = self.step_injections(step).map(|injection| injection.instance.clone()).collect();
        for index in 0..self.steps.len() {
            let Some(Step { run: Run::Wait { until, .. }, .. }) = self.workflow.steps.get(index) else { continue };
            let mut about = false;
            until.expr.each_measure(&mut |measure| about |= self.is_about(measure, &instances));
            if let Some(state) = self.steps.get_mut(index)
                && about
                && state.phase == StepPhase::Acting
            {
                state.tainted = true;
            }
        }
    }

    pub(super) fn step_injections(&self, index: usize) -> impl Iterator<Item = &Injection> {
        let places = self.steps.get(index).map(|state| state.injections.as_slice()).unwrap_or_default();
        places.iter().filter_map(|&place| self.injections.get(place))
    }
}

/// What a step does, as it was written.
pub(super) fn describe(step: &Step) -> String {
    match &step.run {
        Run::Fault(call) | Run::Heal(call) => call.text.clone(),
        Run::Wait { until, within } => format!("wait({}, within = {})", until.text, text::duration(*within)),
        Run::Sleep { time } => format!("sleep({})", text::duration(*time)),
        Run::Undo { step } => format!("undo({step})"),
    }
}

/// Durations of a run are told to the millisecond.
fn round(duration: std::time::Duration) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
