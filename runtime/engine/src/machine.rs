//! The engine as a pure machine: what it knows and one input give what it knows next and what must be done.
//!
//! Nothing here waits, reads a clock or touches anything. Drivers bring the inputs ([`Input`]) and carry out the
//! effects ([`Effect`]); a run, the simulation and the tests differ only in the driver. The same inputs in the
//! same order give the same effects.
//!
//! The life of a fault on one instance, each arrow an effect and the input that answers it:
//!
//! ```text
//! prepare ─▶ record (durable) ─▶ apply ─▶ verify ─▶ … ─▶ verify ─▶ undo and verify ─▶ mark
//!    └── failed: nothing was touched      └── failed, lapsed, aborted: undo ──────────┘
//! ```

mod heal;
mod injection;
mod input;
mod judge;
mod observe;
mod scope;
mod stage;
mod step;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::catalogue::{ActionKind, Catalogue, Changes};
use rescc_core::event::{Stage, What};
use rescc_core::plan::Plan;
use rescc_core::program::{Run, Workflow};
use rescc_core::resource::Instance;
use rescc_core::time::Moment;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use heal::{HealOperation, PolicyState};
pub use injection::{Injection, InjectionState};
pub use input::{Effect, HealKey, Input, Interrupt};
pub use judge::Judgement;
use observe::Observations;
use step::StepState;

/// How often conditions are looked at while nothing happens: windows move even when no sample comes.
const EVALUATION_PERIOD: Duration = Duration::from_millis(100);

/// What the machine must know of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionLimits {
    /// Whether its fault lasts until it is undone.
    pub lasting: bool,
    /// Whether it changes the health of what it hits.
    pub changes_health: bool,
    /// The longest that one instance may take.
    pub time_limit: Duration,
    /// The longest that its undo may take.
    pub undo_limit: Duration,
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    plan: Arc<Plan>,
    workflow: Arc<Workflow>,
    limits: BTreeMap<String, ActionLimits>,
    stage: Stage,
    began: Moment,
    stage_since: Moment,
    acting_since: Option<Moment>,
    first_fault: Option<Moment>,
    judged_until: Option<Moment>,
    steps: Vec<StepState>,
    injections: Vec<Injection>,
    instances: BTreeMap<String, Instance>,
    locks: BTreeMap<String, Holder>,
    policies: Vec<PolicyState>,
    heals: Vec<HealOperation>,
    observed: Observations,
    reasons: Vec<Reason>,
    aborted_by: Option<String>,
    lost_before_undo: bool,
    evaluate_at: Moment,
    effects: Vec<Effect>,
}

/// Who acts on an instance at the moment; everybody else waits and looks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Injection(usize),
    Heal(usize),
}

// === impl Machine ===

impl Machine {
    /// A machine for a plan whose environment is up and has these instances; `began` is the moment from which
    /// reports count. `None` where the plan's workflow is not in its program.
    #[must_use]
    pub fn new(
        plan: Arc<Plan>,
        catalogue: &Catalogue,
        instances: Vec<Instance>,
        began: Moment,
        now: Moment,
    ) -> Option<Self> {
        let workflow = Arc::new(plan.workflow()?.clone());
        let limits = catalogue
            .actions
            .iter()
            .map(|action| {
                let limits = ActionLimits {
                    lasting: action.kind == ActionKind::LastingFault,
                    changes_health: action.changes.contains(&Changes::Health),
                    time_limit: action.time_limit,
                    undo_limit: action.undo_limit,
                };
                (action.name.to_string(), limits)
            })
            .collect();
        let steps = workflow.steps.iter().map(|_| StepState::default()).collect();
        let policies = PolicyState::all(&plan, &workflow);
        let observed = Observations::new(&plan.program, now);
        Some(Self {
            workflow,
            limits,
            stage: Stage::Observing,
            began,
            stage_since: now,
            acting_since: None,
            first_fault: None,
            judged_until: None,
            steps,
            injections: Vec::new(),
            instances: instances.into_iter().map(|one| (one.name.clone(), one)).collect(),
            locks: BTreeMap::new(),
            policies,
            heals: Vec::new(),
            observed,
            reasons: Vec::new(),
            aborted_by: None,
            lost_before_undo: false,
            evaluate_at: now,
            effects: vec![Effect::Emit(What::Stage {
                stage: Stage::Observing,
            })],
            plan,
        })
    }

    /// Takes an input and says what must be done, in order.
    pub fn step(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        if self.stage != Stage::Done {
            self.take(now, input);
            self.evaluate(now);
            self.pump(now);
        }
        std::mem::take(&mut self.effects)
    }

    /// When the machine wants a [`Input::Tick`] at the latest; always later than now.
    #[must_use]
    pub fn wake_at(&self, now: Moment) -> Option<Moment> {
        if self.stage == Stage::Done {
            return None;
        }
        let steps = self.steps.iter().filter_map(StepState::wake_at);
        let injections = self.injections.iter().filter_map(Injection::wake_at);
        let policies = self
            .policies
            .iter()
            .filter(|_| self.policies_work())
            .filter_map(PolicyState::wake_at);
        let next = steps
            .chain(injections)
            .chain(policies)
            .chain([self.evaluate_at])
            .min()?;
        // What is due and still waits for something else is looked at again soon, not at once.
        Some(if next > now {
            next
        } else {
            now.after(Duration::from_millis(5))
        })
    }

    /// Whether the run is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What was injected so far.
    #[must_use]
    pub fn injections(&self) -> &[Injection] {
        &self.injections
    }

    /// The instance as it was seen last.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.get(name)
    }

    fn take(&mut self, now: Moment, input: Input) {
        match input {
            Input::Tick => {}
            Input::Instance(change) => self.instance_changed(now, change),
            Input::Sample { probe, sample } => self.observed.sample(&probe, sample),
            Input::ProbeError { probe, why } => self.probe_failed(probe, why),
            Input::ProbeDropped { probe } => self.observed.dropped(&probe),
            Input::Prepared { injection, result } => self.prepared(now, injection, result),
            Input::Recorded { injection, result } => self.recorded(now, injection, result),
            Input::Applied { injection, result } => self.applied(now, injection, result),
            Input::Looked { injection, result } => self.looked(now, injection, result),
            Input::Undone { injection, result } => self.undone(now, injection, result),
            Input::Healed { heal, result } => self.healed(now, heal, result),
            Input::Interrupt(interrupt) => self.interrupted(now, &interrupt),
            Input::Lost { code, why } => {
                if !self.reasons.iter().any(|reason| reason.code == code) {
                    self.reasons
                        .push(Reason::new(Verdict::Error, code, "", why.clone()));
                }
                self.abort(now, why);
            }
        }
    }

    /// Brings everything forward that can go forward, until nothing moves any more.
    fn pump(&mut self, now: Moment) {
        // Each turn ends a step, starts one, or moves an injection on: the turns are bounded by what there is.
        let most =
            16 + 8 * (self.steps.len() + self.injections.len() + self.heals.len() + self.policies.len());
        for _ in 0..most {
            let moved = self.pump_stage(now)
                | self.pump_steps(now)
                | self.pump_injections(now)
                | self.pump_policies(now)
                | self.pump_heals(now);
            if !moved {
                return;
            }
        }
    }

    fn evaluate(&mut self, now: Moment) {
        self.observe_steady_state(now);
        if self.evaluate_at <= now {
            self.evaluate_at = now.after(EVALUATION_PERIOD);
        }
        self.check_abort_conditions(now);
        self.check_deadline(now);
    }

    fn instance_changed(&mut self, now: Moment, change: rescc_core::resource::Change) {
        let instance = &change.instance;
        if !self
            .plan
            .instances
            .iter()
            .any(|planned| planned.name == instance.name)
        {
            return;
        }
        if instance.healthy == Some(false) {
            self.observed.unhealthy(&instance.name, now);
        }
        self.effects.push(Effect::Emit(What::Instance {
            change: change.clone(),
        }));
        self.instances.insert(instance.name.clone(), change.instance);
    }

    fn probe_failed(&mut self, probe: String, why: String) {
        if self.observed.failed(&probe) {
            let message = format!("probe `{probe}` could not ask: {why}");
            self.reasons.push(Reason::new(
                Verdict::Inconclusive,
                ReasonCode::ProbeError,
                probe.clone(),
                message,
            ));
            self.effects.push(Effect::Emit(What::ProbeError { probe, why }));
        }
    }

    fn check_abort_conditions(&mut self, now: Moment) {
        if !matches!(self.stage, Stage::Acting | Stage::Recovering) || self.aborted_by.is_some() {
            return;
        }
        let workflow = Arc::clone(&self.workflow);
        let fired = workflow
            .abort_when
            .iter()
            .find(|condition| condition.expr.truth(&self.guard(now)).holds());
        if let Some(condition) = fired {
            let measured = self.explain(&condition.expr, now);
            let message = format!("`{}` held{measured}", condition.text);
            let about = condition.text.clone();
            self.reasons.push(Reason::new(
                Verdict::Fail,
                ReasonCode::AbortCondition,
                about,
                message.clone(),
            ));
            self.abort(now, message);
        }
    }

    fn check_deadline(&mut self, now: Moment) {
        let (Some(deadline), Some(since)) = (self.workflow.limits.deadline, self.acting_since) else {
            return;
        };
        if matches!(self.stage, Stage::Acting | Stage::Recovering)
            && self.aborted_by.is_none()
            && now.since(since) > deadline
        {
            let message = format!(
                "the deadline of {} has passed",
                rescc_core::text::duration(deadline)
            );
            self.reasons.push(Reason::new(
                Verdict::Aborted,
                ReasonCode::DeadlinePassed,
                "deadline",
                message.clone(),
            ));
            self.abort(now, message);
        }
    }

    fn interrupted(&mut self, now: Moment, interrupt: &Interrupt) {
        let (code, why) = match interrupt {
            Interrupt::Signal(name) => (ReasonCode::Interrupted, format!("{name} came")),
            Interrupt::Stop => (ReasonCode::Stopped, "it was stopped by `rescc stop`".to_owned()),
        };
        if self.aborted_by.is_none() {
            self.reasons
                .push(Reason::new(Verdict::Aborted, code, "", why.clone()));
        }
        self.abort(now, why);
    }

    /// Ends the run before its time: nothing new starts, everything open is undone.
    fn abort(&mut self, now: Moment, why: String) {
        if self.aborted_by.is_some() || matches!(self.stage, Stage::Stopping | Stage::Done) {
            return;
        }
        self.aborted_by = Some(why.clone());
        self.effects.push(Effect::Emit(What::Aborting { why }));
        // What is seen from now on is tainted by our own undo: it is not judged.
        self.judged_until.get_or_insert(now);
        self.end_steps_early(now);
        self.request_all_undos(now);
        if self.stage != Stage::Undoing {
            self.enter(now, Stage::Undoing);
        }
    }

    fn limits_of(&self, action: &str) -> ActionLimits {
        self.limits.get(action).copied().unwrap_or(ActionLimits {
            lasting: true,
            changes_health: true,
            time_limit: Duration::from_secs(30),
            undo_limit: Duration::from_secs(30),
        })
    }

    fn is_fault_step(&self, step: usize) -> bool {
        self.workflow
            .steps
            .get(step)
            .is_some_and(|step| matches!(step.run, Run::Fault(_)))
    }

    fn step_name(&self, step: usize) -> String {
        self.workflow
            .steps
            .get(step)
            .map(|step| step.name.clone())
            .unwrap_or_default()
    }

    fn emit(&mut self, what: What) {
        self.effects.push(Effect::Emit(what));
    }
}
