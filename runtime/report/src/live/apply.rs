//! What an event changes.

use rescc_core::event::{Event, What};
use rescc_core::resource::Change;

use super::{Live, MAX_FOLLOWED, StepPhase};
use crate::bands::step_of;

impl Live {
    /// Takes in an event; `false` where it is no news.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        if event.sequence <= self.seen {
            return false;
        }
        self.seen = event.sequence;
        match &event.what {
            What::RunStarted { workflow, .. } => self.workflow.clone_from(workflow),
            What::Stage { stage } => self.stage = Some((*stage, event.at)),
            What::Instance { change } => return self.apply_change(change),
            What::StepStarted {
                step,
                action,
                targets,
            } => {
                self.widen(step);
                if let Some(state) = self.step(step) {
                    state.action.clone_from(action);
                    state.targets.clone_from(targets);
                    state.phase = StepPhase::Acting(event.at);
                    state.undone = 0;
                    state.hurt = false;
                }
            }
            What::StepActive { step, .. } => {
                if let Some(state) = self.step(step) {
                    state.fault = true;
                    state.phase = StepPhase::Active(event.at);
                }
            }
            What::StepEnded { step, outcome, .. } => {
                if let Some(state) = self.step(step) {
                    // A fault without a duration stands on when its step is done.
                    let stands =
                        state.fault && state.duration.is_none() && state.undone < state.targets.len().max(1);
                    if !(stands && state.stands_since().is_some()) {
                        state.phase = StepPhase::Ended(*outcome);
                    }
                }
            }
            What::UndoStarted { injection } => {
                if self.undoing.len() < MAX_FOLLOWED {
                    self.undoing.insert(injection.0.clone(), event.at);
                }
            }
            What::UndoEnded {
                injection, verified, ..
            } => {
                self.undoing.remove(&injection.0);
                self.widen(&injection.0);
                if let Some(state) = self
                    .steps
                    .iter_mut()
                    .find(|step| step.name == step_of(&injection.0))
                    && *verified
                {
                    state.undone += 1;
                    if state.undone >= state.targets.len() && state.stands_since().is_some() {
                        state.phase = StepPhase::Ended(rescc_core::event::StepOutcome::Passed);
                    }
                }
            }
            What::HealStarted {
                policy,
                instance,
                action,
            } => {
                self.widen(policy);
                if self.healing.len() < MAX_FOLLOWED {
                    self.healing
                        .insert((policy.clone(), instance.clone()), action.clone());
                }
            }
            What::HealEnded { policy, instance, .. } => {
                self.healing.remove(&(policy.clone(), instance.clone()));
            }
            What::SteadyState { holds } => self.steady = Some(*holds),
            What::ProbeError { probe, .. } => {
                if self.probe_errors.len() < MAX_FOLLOWED || self.probe_errors.contains_key(probe) {
                    let errors = self.probe_errors.entry(probe.clone()).or_default();
                    *errors = errors.saturating_add(1);
                    // The first, the tenth, the hundredth …: a probe that never can ask must not fill the log.
                    return 10_u64.checked_pow(errors.ilog10()) == Some(*errors);
                }
            }
            What::Aborting { why } => self.aborting = Some(why.clone()),
            What::HealHeld { .. } => {}
            What::RunEnded { verdict, undone } => self.ended = Some((*verdict, *undone)),
        }
        true
    }

    fn apply_change(&mut self, change: &Change) -> bool {
        let now = (change.instance.phase, change.instance.healthy);
        let before = self.instances.get(&change.instance.name).copied();
        if before.is_none() && self.instances.len() >= MAX_FOLLOWED {
            return true;
        }
        if change.instance.healthy != Some(true) {
            for step in self
                .steps
                .iter_mut()
                .filter(|step| step.targets.contains(&change.instance.name))
            {
                step.hurt |= matches!(step.phase, StepPhase::Acting(_) | StepPhase::Active(_));
            }
        }
        self.widen(&change.instance.name);
        self.instances.insert(change.instance.name.clone(), now);
        before != Some(now)
    }
}
