//! Heals: those that are steps, and the policies that watch.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::error::Failure;
use rescc_core::event::{Stage, What};
use rescc_core::plan::Plan;
use rescc_core::program::{Call, HealPolicy, Workflow};
use rescc_core::time::Moment;
use rescc_core::undo::Undone;
use rescc_slo::Hold;

use super::input::HealKey;
use super::{Effect, Holder, Machine};

/// The least time that an action on an instance gets to take effect before a policy looks again.
const LEAST_REST: Duration = Duration::from_millis(100);

/// One heal of one instance.
#[derive(Clone, Debug)]
pub(super) struct HealOperation {
    /// Which policy wanted it, by its place; `None` for a step.
    policy: Option<usize>,
    call: Call,
    pub(super) instance: String,
    pub(super) started: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) result: Option<Result<Undone, Failure>>,
}

/// A policy and one instance that it watches.
#[derive(Clone, Debug)]
pub(super) struct PolicyState {
    pub(super) name: String,
    pub(super) instance: String,
    policy: Arc<HealPolicy>,
    hold: Hold,
    state: Watch,
    rung: usize,
    attempt: u32,
    /// Until then it lets the action of somebody else on its instance take effect.
    rests_until: Moment,
    pub(super) actions: u32,
    pub(super) helped: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// It looks.
    Looking,
    /// It has asked for an action, by its place.
    Acting(usize),
    /// It lets the last action take effect.
    Waiting(Moment),
    /// It has helped and keeps still.
    Cooling(Moment),
    /// Its ladder is used up.
    Held,
}

// === impl HealOperation ===

impl HealOperation {
    /// Whether it succeeded, and when.
    pub(super) fn succeeded(&self) -> Option<Moment> {
        self.ended
            .filter(|_| self.result.as_ref().is_some_and(Result::is_ok))
    }

    /// The policy that wanted it.
    pub(super) fn policy(&self) -> Option<usize> {
        self.policy
    }
}

// === impl PolicyState ===

impl PolicyState {
    /// A watch for each policy of a workflow and each instance that it watches.
    pub(super) fn all(plan: &Plan, workflow: &Workflow) -> Vec<Self> {
        let mut all = Vec::new();
        for name in &workflow.heal {
            let Some(policy) = plan.program.heals.get(name) else {
                continue;
            };
            let policy = Arc::new(policy.clone());
            for instance in plan.instances_of(&policy.watch) {
                all.push(Self {
                    name: name.clone(),
                    instance: instance.clone(),
                    policy: Arc::clone(&policy),
                    hold: Hold::new(),
                    state: Watch::Looking,
                    rung: 0,
                    attempt: 0,
                    rests_until: Moment(0),
                    actions: 0,
                    helped: 0,
                });
            }
        }
        all
    }

    pub(super) fn wake_at(&self) -> Option<Moment> {
        match self.state {
            Watch::Looking => self
                .hold
                .due(nanos(self.policy.hold))
                .map(|at| Moment(at).max(self.rests_until)),
            Watch::Waiting(at) => Some(at.max(self.rests_until)),
            Watch::Cooling(at) => Some(at),
            Watch::Acting(_) | Watch::Held => None,
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.state == Watch::Held
    }
}

impl Machine {
    /// Puts a heal into the queue of its instance.
    pub(super) fn queue_heal(&mut self, policy: Option<usize>, call: Call, instance: String) -> usize {
        self.heals.push(HealOperation {
            policy,
            call,
            instance,
            started: None,
            ended: None,
            result: None,
        });
        self.heals.len() - 1
    }

    /// Gives up the heals that have not begun yet.
    pub(super) fn drop_queued_heals(&mut self, places: &[usize], why: &Failure) {
        for &place in places {
            if let Some(heal) = self.heals.get_mut(place)
                && heal.started.is_none()
            {
                heal.result.get_or_insert(Err(why.clone()));
            }
        }
    }

    /// Starts the heals whose instances are free.
    pub(super) fn pump_heals(&mut self, now: Moment) -> bool {
        let mut moved = false;
        for index in 0..self.heals.len() {
            let Some(heal) = self.heals.get(index) else {
                continue;
            };
            if heal.started.is_some() || heal.result.is_some() || self.locks.contains_key(&heal.instance) {
                continue;
            }
            if self.aborted_by.is_some() {
                // What has not begun is not begun any more.
                let failure = Failure::new(rescc_core::error::ErrorClass::Permanent, "the run was ended");
                if let Some(heal) = self.heals.get_mut(index) {
                    heal.result = Some(Err(failure));
                }
                continue;
            }
            self.locks.insert(heal.instance.clone(), Holder::Heal(index));
            let (call, instance) = (heal.call.clone(), heal.instance.clone());
            if let Some(policy) = heal.policy.and_then(|policy| self.policies.get(policy)) {
                let policy = policy.name.clone();
                self.emit(What::HealStarted {
                    policy,
                    instance: instance.clone(),
                    action: call.text.clone(),
                });
            }
            if let Some(heal) = self.heals.get_mut(index) {
                heal.started = Some(now);
            }
            self.effects.push(Effect::Heal {
                heal: HealKey(index),
                call,
                instance,
            });
            moved = true;
        }
        moved
    }

    pub(super) fn healed(&mut self, now: Moment, key: HealKey, result: Result<Undone, Failure>) {
        let Some(heal) = self.heals.get_mut(key.0) else {
            return;
        };
        let (instance, policy) = (heal.instance.clone(), heal.policy);
        let (succeeded, detail) = match &result {
            Ok(done) => (true, done.detail.clone()),
            Err(failure) => (false, failure.to_string()),
        };
        heal.ended = Some(now);
        heal.result = Some(result);
        self.locks.retain(|_, holder| *holder != Holder::Heal(key.0));
        for (index, watch) in self.policies.iter_mut().enumerate() {
            if watch.instance == instance && policy != Some(index) {
                watch.hold.reset();
                watch.rests_until = now.after(LEAST_REST);
            }
        }
        let Some(watch) = policy.and_then(|policy| self.policies.get_mut(policy)) else {
            return;
        };
        // The next look comes after the wait before the next attempt, so that the action can take effect.
        let wait = watch.policy.retry.wait_before(watch.attempt + 1).max(LEAST_REST);
        watch.state = Watch::Waiting(now.after(wait));
        let name = watch.name.clone();
        self.emit(What::HealEnded {
            policy: name,
            instance,
            succeeded,
            detail,
        });
    }

    /// Whether policies are at work: not before the first step, nor while we take back.
    pub(super) fn policies_work(&self) -> bool {
        matches!(self.stage, Stage::Acting | Stage::Recovering) && self.aborted_by.is_none()
    }

    pub(super) fn pump_policies(&mut self, now: Moment) -> bool {
        if !self.policies_work() {
            return false;
        }
        let mut moved = false;
        for index in 0..self.policies.len() {
            moved |= self.pump_policy(now, index);
        }
        moved
    }

    fn pump_policy(&mut self, now: Moment, index: usize) -> bool {
        let Some(watch) = self.policies.get(index) else {
            return false;
        };
        let policy = Arc::clone(&watch.policy);
        let Some(instance) = self.instances.get(&watch.instance) else {
            return false;
        };
        let truth = policy.when.truth(&self.policy_scope(now, instance));
        let Some(watch) = self.policies.get_mut(index) else {
            return false;
        };
        match watch.state {
            Watch::Looking => {
                let known = match truth {
                    rescc_core::expr::Truth::Yes => Some(true),
                    rescc_core::expr::Truth::No => Some(false),
                    rescc_core::expr::Truth::NoData => None,
                };
                watch.hold.feed(now.0, known);
                if !watch.hold.has_held(nanos(policy.hold)) {
                    return false;
                }
                let (rung, attempt) = (watch.rung, watch.attempt);
                self.policy_acts(now, index, rung, attempt)
            }
            Watch::Waiting(_) if truth == rescc_core::expr::Truth::No => {
                watch.helped += 1;
                watch.rung = 0;
                watch.attempt = 0;
                watch.hold.reset();
                watch.state = Watch::Cooling(now.after(policy.cooldown));
                true
            }
            // What is not known yet is no reason for another attempt.
            Watch::Waiting(until) if until <= now && truth.holds() => {
                let (mut rung, mut attempt) = (watch.rung, watch.attempt + 1);
                if attempt >= policy.retry.attempts {
                    (rung, attempt) = (rung + 1, 0);
                }
                self.policy_acts(now, index, rung, attempt)
            }
            Watch::Cooling(until) if until <= now => {
                watch.state = Watch::Looking;
                true
            }
            Watch::Waiting(_) | Watch::Cooling(_) | Watch::Acting(_) | Watch::Held => false,
        }
    }

    fn policy_acts(&mut self, now: Moment, index: usize, rung: usize, attempt: u32) -> bool {
        let Some(watch) = self.policies.get(index) else {
            return false;
        };
        let (name, instance) = (watch.name.clone(), watch.instance.clone());
        let Some(call) = watch.policy.ladder.get(rung).cloned() else {
            if let Some(watch) = self.policies.get_mut(index) {
                watch.state = Watch::Held;
            }
            self.emit(What::HealHeld {
                policy: name,
                instance,
            });
            return true;
        };
        // One action a target at a time: the policy waits and looks again.
        let queued = self
            .heals
            .iter()
            .any(|heal| heal.instance == instance && heal.result.is_none());
        if queued || now < watch.rests_until || self.locks.contains_key(&instance) {
            return false;
        }
        let place = self.queue_heal(Some(index), call, instance);
        if let Some(watch) = self.policies.get_mut(index) {
            watch.actions += 1;
            watch.state = Watch::Acting(place);
            (watch.rung, watch.attempt) = (rung, attempt);
        }
        true
    }
}

fn nanos(duration: Duration) -> u64 {
    rescc_core::time::nanos(duration)
}
