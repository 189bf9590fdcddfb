//! The life of one fault on one instance.

use std::time::Duration;

use rescc_core::action;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::event::{Stage, What};
use rescc_core::names::InjectionId;
use rescc_core::program::Run;
use rescc_core::time::Moment;
use rescc_core::undo::{UndoRecord, UndoState, Undone};
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use super::{Effect, Holder, Machine};

/// How often an undo is tried before it is given up.
const UNDO_ATTEMPTS: u32 = 3;

/// How long a fault may stay beyond its time before the keeper takes it back without us.
const GRACE: Duration = Duration::from_secs(15);

/// How soon is looked again whether a fault bites, and how late at most.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(200);

/// How many looks in a row may fail before the effect counts as not to be told.
const LOOKS_FAILED: u32 = 5;

/// One fault on one instance.
#[derive(Clone, Debug)]
pub struct Injection {
    /// Its name.
    pub id: InjectionId,
    /// The step it belongs to, by its place in the workflow.
    pub step: usize,
    /// The action.
    pub action: String,
    /// The instance.
    pub instance: String,
    /// Where it is in its life.
    pub state: InjectionState,
    /// The proof that it bit; empty where there is none.
    pub evidence: String,
    /// When it was applied.
    pub applied: Option<Moment>,
    /// When it was found to bite.
    pub bit: Option<Moment>,
    /// When it was found to bite no more before its time.
    pub lapsed: Option<Moment>,
    /// How its undo stands.
    pub undo: UndoState,
    /// When its undo was asked for.
    pub undo_asked: Option<Moment>,
    /// When its undo was verified.
    pub undo_verified: Option<Moment>,
    /// When its undo ended, verified or not.
    pub(super) undo_ended: Option<Moment>,
    record: Option<UndoRecord>,
    undo_attempts: u32,
    undo_not_before: Moment,
    looking: bool,
    look_at: Option<Moment>,
    look_wait: Duration,
    looks_failed: u32,
    said: String,
}

/// Where an injection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectionState {
    /// It waits for its instance.
    Queued,
    /// It is being prepared; nothing is touched.
    Preparing,
    /// Its undo is being written; nothing is touched.
    Recording,
    /// It is being applied.
    Applying,
    /// It stands.
    InForce,
    /// It is being taken back.
    Undoing,
    /// Nothing is left to do, or nothing more can be done.
    Settled,
}

// === impl Injection ===

impl Injection {
    pub(super) fn new(id: InjectionId, step: usize, action: String, instance: String) -> Self {
        Self {
            id,
            step,
            action,
            instance,
            state: InjectionState::Queued,
            evidence: String::new(),
            applied: None,
            bit: None,
            lapsed: None,
            undo: UndoState::NotApplied,
            undo_asked: None,
            undo_verified: None,
            undo_ended: None,
            record: None,
            undo_attempts: 0,
            undo_not_before: Moment(0),
            looking: false,
            look_at: None,
            look_wait: FIRST_LOOK,
            looks_failed: 0,
            said: String::new(),
        }
    }

    pub(super) fn wake_at(&self) -> Option<Moment> {
        match self.state {
            InjectionState::InForce if self.undo_asked.is_some() => Some(self.undo_not_before),
            InjectionState::InForce => self.look_at,
            _ => None,
        }
    }

    /// Whether it stands or is about to.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != InjectionState::Settled
    }

    /// What was said last about its effect.
    #[must_use]
    pub fn remark(&self) -> &str {
        if self.evidence.is_empty() {
            &self.said
        } else {
            &self.evidence
        }
    }
}

impl Machine {
    pub(super) fn pump_injections(&mut self, now: Moment) -> bool {
        let mut moved = false;
        // What is taken back goes first, the newest before the others.
        for index in (0..self.injections.len()).rev() {
            let wanted = self
                .injections
                .get(index)
                .is_some_and(|one| one.state == InjectionState::InForce && one.undo_asked.is_some());
            moved |= wanted && self.start_undo(now, index);
        }
        for index in 0..self.injections.len() {
            moved |= self.pump_injection(now, index);
        }
        moved
    }

    fn pump_injection(&mut self, now: Moment, index: usize) -> bool {
        let Some((state, undo_asked)) = self
            .injections
            .get(index)
            .map(|one| (one.state, one.undo_asked.is_some()))
        else {
            return false;
        };
        match state {
            InjectionState::Queued if undo_asked => {
                self.settle(now, index, UndoState::NotApplied);
                true
            }
            InjectionState::Queued if self.lock(index) => {
                self.set(index, InjectionState::Preparing);
                self.effects.push(Effect::Prepare { injection: index });
                true
            }
            InjectionState::InForce if !undo_asked => self.start_look(now, index),
            _ => false,
        }
    }

    fn lock(&mut self, index: usize) -> bool {
        let Some(injection) = self.injections.get(index) else {
            return false;
        };
        match self.locks.get(&injection.instance) {
            Some(holder) => *holder == Holder::Injection(index),
            None => {
                self.locks
                    .insert(injection.instance.clone(), Holder::Injection(index));
                true
            }
        }
    }

    fn unlock(&mut self, index: usize) {
        self.locks.retain(|_, holder| *holder != Holder::Injection(index));
    }

    fn set(&mut self, index: usize, state: InjectionState) {
        if let Some(injection) = self.injections.get_mut(index) {
            injection.state = state;
        }
    }

    fn start_look(&mut self, now: Moment, index: usize) -> bool {
        let Some(injection) = self.injections.get_mut(index) else {
            return false;
        };
        if injection.looking || injection.look_at.is_none_or(|at| at > now) {
            return false;
        }
        injection.looking = true;
        injection.look_at = None;
        self.effects.push(Effect::Look { injection: index });
        true
    }

    /// An undo starts when nothing newer of another step waits for its own. While the steps go on that is a matter
    /// of one instance: what hangs elsewhere must not keep a fault beyond its time.
    fn start_undo(&mut self, now: Moment, index: usize) -> bool {
        let Some(injection) = self.injections.get(index) else {
            return false;
        };
        let (step, instance) = (injection.step, &injection.instance);
        let all_ends = !matches!(self.stage, Stage::Acting | Stage::Recovering);
        let newer_waits = self.injections.iter().skip(index + 1).any(|other| {
            other.is_open()
                && other.undo_asked.is_some()
                && other.step != step
                && (all_ends || other.instance == *instance)
        });
        if newer_waits || injection.undo_not_before > now || !self.lock(index) {
            return false;
        }
        let Some(injection) = self.injections.get_mut(index) else {
            return false;
        };
        let Some(undo) = injection.record.clone() else {
            // Without a record nothing was applied.
            self.settle(now, index, UndoState::NotApplied);
            return true;
        };
        injection.state = InjectionState::Undoing;
        injection.undo_attempts += 1;
        let id = injection.id.clone();
        if injection.undo_attempts == 1 {
            self.effects
                .push(Effect::Emit(What::UndoStarted { injection: id }));
        }
        self.effects.push(Effect::Undo {
            injection: index,
            undo,
        });
        true
    }

    /// The longest that another action of the workflow may hold a target: an undo waits for it.
    fn longest_hold(&self) -> Duration {
        let steps = self.workflow.steps.iter().filter_map(|step| step.run.call());
        let policies = self
            .workflow
            .heal
            .iter()
            .filter_map(|name| self.plan.program.heals.get(name));
        steps
            .chain(policies.flat_map(|policy| &policy.ladder))
            .map(|call| self.limits_of(&call.action))
            // A fault is prepared and applied in one hold.
            .map(|limits| limits.time_limit.saturating_mul(2).max(limits.undo_limit))
            .max()
            .unwrap_or_default()
    }

    pub(super) fn prepared(&mut self, now: Moment, index: usize, result: Result<serde_json::Value, Failure>) {
        let aborting = self.aborted_by.is_some();
        let held = self.longest_hold();
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        if injection.state != InjectionState::Preparing {
            return;
        }
        let payload = match result {
            Ok(payload) if !aborting && injection.undo_asked.is_none() => payload,
            Ok(_) => return self.settle(now, index, UndoState::NotApplied),
            Err(failure) => {
                self.settle(now, index, UndoState::NotApplied);
                return self.injection_failed(now, index, &failure);
            }
        };
        let step = self.workflow.steps.get(injection.step);
        let limits = self.limits.get(&injection.action);
        // A fault without a duration stays until the workflow's end: until the steady state is back, or had its time.
        let window = self
            .workflow
            .steady_state
            .as_ref()
            .and_then(|steady| steady.expr.longest_window());
        let until_end = [
            self.plan.worst_case,
            self.workflow.settle,
            self.workflow.observe,
            window.unwrap_or_default(),
        ];
        let stay = step.and_then(|step| step.duration).unwrap_or_else(|| {
            until_end
                .into_iter()
                .fold(Duration::ZERO, Duration::saturating_add)
        });
        // All attempts at its undo and the waits between them must fit: nobody may step in while we still try.
        let waits = Duration::from_secs((1..UNDO_ATTEMPTS).map(u64::from).sum());
        let allowed = limits.map_or(GRACE, |limits| {
            limits
                .time_limit
                .saturating_add(limits.undo_limit.saturating_mul(UNDO_ATTEMPTS))
                .saturating_add(waits)
        });
        // So must the wait for the target.
        let allowed = allowed.saturating_add(held);
        let version = 1;
        let undo = UndoRecord {
            injection: injection.id.clone(),
            action: injection.action.clone(),
            version,
            instance: injection.instance.clone(),
            payload,
            deadline: now.after(stay).after(allowed).after(GRACE),
        };
        injection.record = Some(undo.clone());
        injection.state = InjectionState::Recording;
        self.effects.push(Effect::Record {
            injection: index,
            undo,
        });
    }

    pub(super) fn recorded(&mut self, now: Moment, index: usize, result: Result<(), Failure>) {
        let aborting = self.aborted_by.is_some();
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        if injection.state != InjectionState::Recording {
            return;
        }
        if let Err(failure) = result {
            // Whether the line is on the disk is not known: the mark says that nothing was touched, in case it is.
            self.settle(now, index, UndoState::NotApplied);
            let why = format!("the journal can't be written: {failure}");
            self.reasons.push(Reason::new(
                Verdict::Error,
                ReasonCode::JournalFailed,
                "",
                why.clone(),
            ));
            self.injection_failed(now, index, &failure);
            return self.abort(now, why);
        }
        injection.undo = UndoState::Open;
        if aborting || injection.undo_asked.is_some() {
            return self.settle(now, index, UndoState::NotApplied);
        }
        injection.state = InjectionState::Applying;
        let (instance, action) = (injection.instance.clone(), injection.action.clone());
        self.first_fault.get_or_insert(now);
        if self.limits_of(&action).changes_health
            && let Some(seen) = self.instances.get_mut(&instance)
        {
            // What was known of its health is from before the fault.
            seen.healthy = None;
        }
        self.effects.push(Effect::Apply { injection: index });
    }

    pub(super) fn applied(&mut self, now: Moment, index: usize, result: Result<(), Failure>) {
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        if injection.state != InjectionState::Applying {
            return;
        }
        injection.state = InjectionState::InForce;
        injection.applied = Some(now);
        injection.look_at = Some(now);
        self.unlock(index);
        if let Err(failure) = result {
            // It may have been done half-way: it is taken back all the same.
            self.ask_undo(now, index);
            self.injection_failed(now, index, &failure);
        } else if self.aborted_by.is_some() {
            self.ask_undo(now, index);
        }
    }

    pub(super) fn looked(&mut self, now: Moment, index: usize, result: Result<action::Effect, Failure>) {
        let Some(injection) = self.injections.get(index) else {
            return;
        };
        let limits = self.limits_of(&injection.action);
        let healed = self.was_healed(index);
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        injection.looking = false;
        if injection.state != InjectionState::InForce || injection.undo_asked.is_some() {
            return;
        }
        injection.look_at = Some(now.after(injection.look_wait));
        injection.look_wait = (injection.look_wait * 2).min(LAST_LOOK);
        let overdue = injection
            .applied
            .is_some_and(|at| now.since(at) > limits.time_limit);
        match result {
            Ok(action::Effect::Bites(evidence)) => {
                injection.looks_failed = 0;
                injection.evidence = evidence;
                injection.bit.get_or_insert(now);
                if !limits.lasting {
                    injection.look_at = None;
                }
            }
            Ok(action::Effect::NotYet(why)) => {
                injection.looks_failed = 0;
                injection.said = why;
                let has_duration = self
                    .workflow
                    .steps
                    .get(injection.step)
                    .is_some_and(|step| step.duration.is_some());
                if injection.bit.is_none() && overdue && !has_duration {
                    self.no_effect(now, index);
                }
            }
            Ok(action::Effect::Gone(why)) => {
                injection.looks_failed = 0;
                injection.said = why.clone();
                injection.look_at = None;
                if injection.bit.is_none() {
                    self.no_effect(now, index);
                } else if limits.lasting && !healed && injection.lapsed.is_none() {
                    injection.lapsed = Some(now);
                    let (id, step) = (injection.id.clone(), injection.step);
                    let message = format!("the effect of `{id}` ended before its time: {why}");
                    let about = self.step_name(step);
                    self.reasons.push(Reason::new(
                        Verdict::Inconclusive,
                        ReasonCode::EffectLapsed,
                        about,
                        message,
                    ));
                }
            }
            Err(failure) => {
                injection.looks_failed += 1;
                injection.said = format!("its effect can't be looked at: {failure}");
                if injection.looks_failed >= LOOKS_FAILED && injection.bit.is_none() {
                    self.no_effect(now, index);
                } else if injection.looks_failed >= LOOKS_FAILED && injection.lapsed.is_none() {
                    injection.lapsed = Some(now);
                    let message = format!("whether `{}` still bites can't be told: {failure}", injection.id);
                    let step = injection.step;
                    let about = self.step_name(step);
                    self.reasons.push(Reason::new(
                        Verdict::Inconclusive,
                        ReasonCode::EffectLapsed,
                        about,
                        message,
                    ));
                }
            }
        }
    }

    /// Whether a heal of this run has acted on the instance since the fault stands: then its end is no lapse.
    fn was_healed(&self, index: usize) -> bool {
        let Some(injection) = self.injections.get(index) else {
            return false;
        };
        let Some(applied) = injection.applied else {
            return false;
        };
        self.heals
            .iter()
            .any(|heal| heal.instance == injection.instance && heal.started.is_some_and(|at| at >= applied))
    }

    fn no_effect(&mut self, now: Moment, index: usize) {
        let Some(injection) = self.injections.get(index) else {
            return;
        };
        let failure = Failure::new(ErrorClass::Permanent, injection.said.clone());
        let (step, id) = (injection.step, injection.id.clone());
        let message = format!("`{id}` had no effect: {failure}");
        let about = self.step_name(step);
        self.reasons.push(Reason::new(
            Verdict::Inconclusive,
            ReasonCode::NoEffect,
            about,
            message.clone(),
        ));
        self.ask_undo(now, index);
        self.fail_step(now, step, message);
    }

    fn injection_failed(&mut self, now: Moment, index: usize, failure: &Failure) {
        let Some(injection) = self.injections.get(index) else {
            return;
        };
        let (step, id) = (injection.step, injection.id.clone());
        if self.retry_step(now, step, failure) {
            return;
        }
        let mut message = format!("`{id}` could not be injected: {failure}");
        if !failure.help.is_empty() {
            message = format!("{message} ({})", failure.help);
        }
        let about = self.step_name(step);
        self.reasons.push(Reason::new(
            Verdict::Inconclusive,
            ReasonCode::NotInjected,
            about,
            message.clone(),
        ));
        self.fail_step(now, step, message);
    }

    pub(super) fn ask_undo(&mut self, now: Moment, index: usize) {
        if let Some(injection) = self.injections.get_mut(index)
            && injection.undo_asked.is_none()
            && injection.is_open()
        {
            injection.undo_asked = Some(now);
            injection.undo_not_before = now;
        }
    }

    pub(super) fn request_all_undos(&mut self, now: Moment) {
        for index in 0..self.injections.len() {
            self.ask_undo(now, index);
        }
    }

    pub(super) fn undone(&mut self, now: Moment, index: usize, result: Result<Undone, Failure>) {
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        if injection.state != InjectionState::Undoing {
            return;
        }
        injection.undo_ended = Some(now);
        match result {
            Ok(undone) => {
                injection.undo_verified = Some(now);
                let id = injection.id.clone();
                let what = What::UndoEnded {
                    injection: id,
                    verified: true,
                    detail: undone.detail.clone(),
                };
                self.effects.push(Effect::Emit(what));
                self.settle(
                    now,
                    index,
                    UndoState::Verified {
                        acted: undone.acted,
                        detail: undone.detail,
                    },
                );
            }
            Err(failure) if injection.undo_attempts < UNDO_ATTEMPTS => {
                injection.said = failure.message;
                injection.state = InjectionState::InForce;
                injection.undo_not_before =
                    now.after(Duration::from_secs(u64::from(injection.undo_attempts)));
                self.unlock(index);
            }
            Err(failure) => {
                let id = injection.id.clone();
                let what = What::UndoEnded {
                    injection: id,
                    verified: false,
                    detail: failure.to_string(),
                };
                self.effects.push(Effect::Emit(what));
                let state = UndoState::Failed {
                    why: failure.to_string(),
                    command: "rescc recover".into(),
                };
                self.settle(now, index, state);
            }
        }
    }

    fn settle(&mut self, now: Moment, index: usize, state: UndoState) {
        let Some(injection) = self.injections.get_mut(index) else {
            return;
        };
        let was_recorded = injection.record.is_some();
        injection.state = InjectionState::Settled;
        injection.look_at = None;
        injection.undo = state.clone();
        let id = injection.id.clone();
        self.unlock(index);
        if was_recorded {
            self.effects.push(Effect::Mark { injection: id, state });
        }
        self.injection_settled(now, index);
    }

    /// How long the fault of a step is meant to stay.
    pub(super) fn duration_of(&self, step: usize) -> Option<Duration> {
        self.workflow
            .steps
            .get(step)
            .filter(|step| matches!(step.run, Run::Fault(_)))
            .and_then(|step| step.duration)
    }
}
