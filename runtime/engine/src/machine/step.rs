//! The life of a step.

use rescc_core::error::Failure;
use rescc_core::event::{Stage, StepOutcome, What};
use rescc_core::program::{Backoff, OnError, Run, Step, StepEvent};
use rescc_core::text;
use rescc_core::time::Moment;

use super::{Injection, Machine};

mod fault;
mod flow;

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
    /// When its timeout is over.
    pub(super) late_at: Option<Moment>,
    /// Since when there is no room for it and nothing under way that could make some.
    pub(super) no_room_since: Option<Moment>,
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
            StepPhase::Acting => [self.until, self.late_at].into_iter().flatten().min(),
            StepPhase::Retrying | StepPhase::Standing => self.until,
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
        let Some(phase) = self.steps.get(index).map(|state| state.phase) else {
            return false;
        };
        match phase {
            StepPhase::Waiting => match self.readiness(index) {
                Readiness::Ready if self.has_room(index) => {
                    self.start_step(now, index);
                    true
                }
                Readiness::Ready => self.wait_for_room(now, index),
                Readiness::NotYet => false,
                Readiness::Never(why) => {
                    self.end_step(now, index, StepOutcome::Skipped, why);
                    true
                }
            },
            StepPhase::Retrying => {
                let due = self
                    .steps
                    .get(index)
                    .and_then(|state| state.until)
                    .is_none_or(|at| at <= now);
                let settled = self.step_injections(index).all(|injection| !injection.is_open());
                if let Some(why) = self.not_undone(index).filter(|_| settled) {
                    self.fail_step(now, index, why);
                    return true;
                }
                if !due || !settled {
                    return false;
                }
                // Others may have taken its place meanwhile.
                if !self.has_room(index) {
                    return self.wait_for_room(now, index);
                }
                self.start_step(now, index);
                true
            }
            StepPhase::Acting => self.pump_acting(now, index),
            StepPhase::Standing => {
                let due = self
                    .steps
                    .get(index)
                    .and_then(|state| state.until)
                    .is_some_and(|at| at <= now);
                // An undo step may have taken it back before its time.
                let over = due || !self.step_injections(index).any(Injection::is_open);
                if over {
                    self.begin_step_undo(now, index);
                }
                over
            }
            StepPhase::Undoing => self.finish_undoing(now, index),
            StepPhase::Ended => false,
        }
    }

    fn readiness(&self, index: usize) -> Readiness {
        let Some(step) = self.workflow.steps.get(index) else {
            return Readiness::NotYet;
        };
        let mut ready = true;
        for after in &step.after {
            let Some(other) = self
                .workflow
                .steps
                .iter()
                .position(|other| other.name == after.step)
            else {
                continue;
            };
            let Some(state) = self.steps.get(other) else {
                continue;
            };
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
        let handles_failing = step
            .after
            .iter()
            .any(|after| matches!(after.is, StepEvent::Failed | StepEvent::Ended));
        if !handles_failing && let Some(failed) = self.failed_step() {
            return Readiness::Never(format!("`{failed}` failed before"));
        }
        if ready {
            Readiness::Ready
        } else {
            Readiness::NotYet
        }
    }

    /// The step whose failing keeps ordinary steps from starting.
    fn failed_step(&self) -> Option<&str> {
        self.workflow
            .steps
            .iter()
            .zip(&self.steps)
            .find_map(|(step, state)| {
                let failed = state.outcome == Some(StepOutcome::Failed) && step.on_error == OnError::Abort;
                failed.then_some(step.name.as_str())
            })
    }

    /// Whether one more step may act: by number, and by the instances that would be touched at once.
    fn has_room(&self, index: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index) else {
            return false;
        };
        let Some(call) = step.run.call() else { return true };
        let acting = |state: &StepState| {
            matches!(
                state.phase,
                StepPhase::Acting | StepPhase::Standing | StepPhase::Undoing | StepPhase::Retrying
            )
        };
        let others = self
            .workflow
            .steps
            .iter()
            .zip(&self.steps)
            .enumerate()
            .filter(|(other, _)| *other != index);
        let busy = others
            .filter(|(_, (step, state))| step.run.call().is_some() && acting(state))
            .count();
        if self
            .workflow
            .limits
            .concurrency
            .is_some_and(|most| busy >= most as usize)
        {
            return false;
        }
        !self.is_fault_step(index) || self.fits_blast_radius(self.plan.instances_of(&call.target))
    }

    fn start_step(&mut self, now: Moment, index: usize) {
        let Some(step) = self.workflow.steps.get(index).cloned() else {
            return;
        };
        let targets = step
            .run
            .call()
            .map(|call| self.plan.instances_of(&call.target).to_vec())
            .unwrap_or_default();
        if let Some(state) = self.steps.get_mut(index) {
            state.phase = StepPhase::Acting;
            state.started.get_or_insert(now);
            state.until = None;
            state.late_at = step.timeout.map(|timeout| now.after(timeout));
            state.injections.clear();
            state.heals.clear();
        }
        self.emit(What::StepStarted {
            step: step.name.clone(),
            action: describe(&step),
            targets: targets.clone(),
        });
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
            Run::Wait { within, .. } => {
                let within = step.timeout.map_or(*within, |timeout| timeout.min(*within));
                self.set_until(index, now.after(within));
            }
            Run::Sleep { time } => self.set_until(index, now.after(*time)),
            Run::Undo { step: other } => {
                if let Some(other) = self.workflow.steps.iter().position(|step| step.name == *other) {
                    for injection in self
                        .steps
                        .get(other)
                        .map(|state| state.injections.clone())
                        .unwrap_or_default()
                    {
                        self.ask_undo(now, injection);
                    }
                }
            }
        }
    }

    fn set_until(&mut self, index: usize, until: Moment) {
        if let Some(state) = self.steps.get_mut(index) {
            state.until = Some(until);
        }
    }

    fn pump_acting(&mut self, now: Moment, index: usize) -> bool {
        let Some(run) = self.workflow.steps.get(index).map(|step| step.run.clone()) else {
            return false;
        };
        match &run {
            Run::Fault(_) => self.pump_fault(now, index),
            Run::Heal(_) => self.pump_heal_step(now, index),
            Run::Wait { until, .. } => self.pump_wait(now, index, until),
            Run::Sleep { .. } => {
                let due = self
                    .steps
                    .get(index)
                    .and_then(|state| state.until)
                    .is_some_and(|at| at <= now);
                if due {
                    self.end_step(now, index, StepOutcome::Passed, String::new());
                }
                due
            }
            Run::Undo { step } => self.pump_undo_step(now, index, step),
        }
    }

    /// Whether a step has used up its timeout.
    fn is_late(&self, now: Moment, index: usize) -> bool {
        self.steps
            .get(index)
            .and_then(|state| state.late_at)
            .is_some_and(|at| at <= now)
    }

    /// Lets a step try again, where it may: what it has done so far is taken back first.
    pub(super) fn retry_step(&mut self, now: Moment, index: usize, failure: &Failure) -> bool {
        let Some(step) = self.workflow.steps.get(index) else {
            return false;
        };
        let retry = step.retry.unwrap_or(Backoff::ONCE);
        let places = self
            .steps
            .get(index)
            .map(|state| state.injections.clone())
            .unwrap_or_default();
        let Some(state) = self.steps.get_mut(index) else {
            return false;
        };
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
        let places = self
            .steps
            .get(index)
            .map(|state| state.injections.clone())
            .unwrap_or_default();
        for place in places {
            self.ask_undo(now, place);
        }
        self.end_step(now, index, StepOutcome::Failed, why);
    }

    fn end_step(&mut self, now: Moment, index: usize, outcome: StepOutcome, detail: String) {
        let name = self.step_name(index);
        let Some(state) = self.steps.get_mut(index) else {
            return;
        };
        if state.is_ended() {
            return;
        }
        state.phase = StepPhase::Ended;
        state.ended = Some(now);
        state.until = None;
        state.outcome = Some(outcome);
        state.detail.clone_from(&detail);
        self.emit(What::StepEnded {
            step: name,
            outcome,
            detail,
        });
    }

    /// Ends all steps for an abort.
    pub(super) fn end_steps_early(&mut self, now: Moment) {
        for index in 0..self.steps.len() {
            let Some(state) = self.steps.get(index) else {
                continue;
            };
            match state.phase {
                StepPhase::Ended => {}
                StepPhase::Waiting => {
                    self.end_step(now, index, StepOutcome::Skipped, "the run was ended".into())
                }
                _ => self.end_step(now, index, StepOutcome::Aborted, "the run was ended".into()),
            }
        }
    }

    pub(super) fn step_injections(&self, index: usize) -> impl Iterator<Item = &Injection> {
        let places = self
            .steps
            .get(index)
            .map(|state| state.injections.as_slice())
            .unwrap_or_default();
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
