//! Carries out what the machine wants, and tells it what came of it.
//!
//! The driver has no opinion: it starts what an [`Effect`] says, bounds it in time, and hands the result back as
//! an [`Input`]. The real run and the simulation differ in the clock, the spawner and the environment only.

mod probing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, select_biased};
use rescc_core::action::{ActionContext, Actions, UndoContext};
use rescc_core::catalogue::Catalogue;
use rescc_core::environment::Environment;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::event::{Event, FORMAT_VERSION, Stage, What};
use rescc_core::names::{InjectionId, RunId};
use rescc_core::plan::Plan;
use rescc_core::probe::Prober;
use rescc_core::program::Call;
use rescc_core::time::{Clock, Moment, Spawner, WallTime};
use rescc_core::undo::{UndoRecord, UndoState};
use rescc_core::verdict::{Reason, ReasonCode, Verdict};
use tokio::sync::mpsc;

use crate::journal::{Entry, Recorder};
use crate::machine::{Effect, Input, Interrupt, Judgement, Machine};
use crate::undo::undo_and_verify;

/// How often taking the environment down is tried.
const DOWN_ATTEMPTS: u32 = 3;

/// How long bringing the environment up may take; adapters have shorter limits of their own.
const UP_LIMIT: Duration = Duration::from_secs(600);

/// How long taking it down may take.
const DOWN_LIMIT: Duration = Duration::from_secs(120);

/// How long a heal may take where the catalogue does not say.
const HEAL_LIMIT: Duration = Duration::from_secs(60);

/// The most events that a report keeps; further ones are only streamed.
const MAX_EVENTS: usize = 50_000;

/// A run, ready to go.
#[derive(Debug)]
pub struct Session {
    /// Its name.
    pub run: RunId,
    /// What to do.
    pub plan: Arc<Plan>,
    /// What there is to know about actions.
    pub catalogue: Arc<Catalogue>,
    /// Where.
    pub environment: Arc<dyn Environment>,
    /// Faults and heals.
    pub actions: Arc<Actions>,
    /// Who asks, by the name of the probe.
    pub probers: BTreeMap<String, Arc<dyn Prober>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where probes are put.
    pub spawner: Arc<dyn Spawner>,
    /// The journal.
    pub recorder: Arc<dyn Recorder>,
    /// Who steps in when this process does not keep its times.
    pub watchdog: Arc<dyn Watchdog>,
    /// Who is told what happens.
    pub listener: Arc<dyn Listener>,
    /// Signals and losses from outside.
    pub interrupts: mpsc::Receiver<Notice>,
}

/// Something from outside the run.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Somebody wants it to end.
    Interrupt(Interrupt),
    /// Something that it needs is gone.
    Lost {
        /// What.
        code: ReasonCode,
        /// In words.
        why: String,
    },
}

/// Who is told what happens, as it happens. Must not block.
pub trait Listener: Send + Sync + std::fmt::Debug {
    /// An event.
    fn event(&self, event: &Event);
    /// A sample of a probe.
    fn sample(&self, probe: &str, sample: &rescc_slo::Sample);
}

/// Who steps in when this process does not keep its times: a stopped or hung process can't undo anything.
pub trait Watchdog: Send + Sync + std::fmt::Debug {
    /// Something must be over by then.
    fn arm(&self, id: &str, until: Moment);
    /// It is over.
    fn disarm(&self, id: &str);
}

/// Nobody listens, nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The judgement.
    pub judgement: Judgement,
    /// What happened.
    pub events: Vec<Event>,
    /// When it began.
    pub began: WallTime,
    /// How long it took.
    pub duration: Duration,
}

impl Listener for Nobody {
    fn event(&self, _: &Event) {}
    fn sample(&self, _: &str, _: &rescc_slo::Sample) {}
}

impl Watchdog for Nobody {
    fn arm(&self, _: &str, _: Moment) {}
    fn disarm(&self, _: &str) {}
}

struct Driver {
    session: Session,
    began: Moment,
    sequence: u64,
    events: Vec<Event>,
    payloads: BTreeMap<usize, serde_json::Value>,
    operations: FuturesUnordered<BoxFuture<'static, Input>>,
    notes_failed: bool,
}

/// Runs a session to its end. Whatever happens, what was opened is undone, or said to be not undone.
pub async fn drive(session: Session) -> Outcome {
    let (began, began_wall) = (session.clock.now(), session.clock.wall());
    let mut driver = Driver {
        session,
        began,
        sequence: 0,
        events: Vec::new(),
        payloads: BTreeMap::new(),
        operations: FuturesUnordered::new(),
        notes_failed: false,
    };
    let plan = Arc::clone(&driver.session.plan);
    let environment = plan.program.environment.name.clone();
    driver.emit(What::RunStarted {
        workflow: plan.workflow.clone(),
        environment,
        seed: plan.seed,
    });
    driver.emit(What::Stage {
        stage: Stage::Starting,
    });
    let mut judgement = match driver.bring_up().await {
        Err(reason) => nothing_done(reason),
        Ok(()) => driver.run().await,
    };
    driver.emit(What::Stage {
        stage: Stage::Stopping,
    });
    if let Err(failure) = driver.take_down().await {
        judgement.undone = false;
        let message = format!("the environment could not be taken down: {failure}");
        judgement
            .reasons
            .push(Reason::new(Verdict::Error, ReasonCode::NotUndone, "", message));
        judgement.verdict = Verdict::of(&judgement.reasons);
    }
    if driver.notes_failed
        && !judgement
            .reasons
            .iter()
            .any(|reason| reason.code == ReasonCode::JournalFailed)
    {
        // What was done is known here and not there: whoever reads the journal would do it again.
        let message = "the journal could not be written to its end";
        judgement.reasons.push(Reason::new(
            Verdict::Error,
            ReasonCode::JournalFailed,
            "",
            message,
        ));
        judgement.verdict = Verdict::of(&judgement.reasons);
    }
    driver.emit(What::RunEnded {
        verdict: judgement.verdict,
        undone: judgement.undone,
    });
    let duration = driver.session.clock.now().since(began);
    Outcome {
        judgement,
        events: driver.events,
        began: began_wall,
        duration,
    }
}

fn nothing_done(reason: Reason) -> Judgement {
    Judgement {
        verdict: reason.verdict,
        undone: true,
        aborted_by: (reason.verdict == Verdict::Aborted).then(|| reason.message.clone()),
        reasons: vec![reason],
        expectations: Vec::new(),
        steps: Vec::new(),
        injections: Vec::new(),
        heals: Vec::new(),
        probes: Vec::new(),
    }
}

impl Driver {
    fn emit(&mut self, what: What) {
        self.sequence += 1;
        let now = self.session.clock.now();
        let event = Event {
            format_version: FORMAT_VERSION.to_owned(),
            run: self.session.run.clone(),
            sequence: self.sequence,
            at: now.since(self.began),
            wall: self.session.clock.wall(),
            what,
        };
        self.session.listener.event(&event);
        if self.events.len() < MAX_EVENTS {
            self.events.push(event);
        }
    }

    async fn bring_up(&mut self) -> Result<(), Reason> {
        let environment = Arc::clone(&self.session.environment);
        let clock = Arc::clone(&self.session.clock);
        let up = within(&clock, UP_LIMIT, async move { environment.up().await });
        let mut up = std::pin::pin!(up.fuse());
        let failure = select_biased! {
            notice = heard(&mut self.session.interrupts).fuse() => match notice {
                Notice::Interrupt(Interrupt::Signal(name)) => {
                    return Err(Reason::new(Verdict::Aborted, ReasonCode::Interrupted, "", format!("{name} came")));
                }
                Notice::Interrupt(Interrupt::Stop) => {
                    return Err(Reason::new(Verdict::Aborted, ReasonCode::Stopped, "", "it was stopped"));
                }
                Notice::Lost { code, why } => return Err(Reason::new(Verdict::Error, code, "", why)),
            },
            result = up => match result {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            },
        };
        let mut message = format!("the environment could not be brought up: {failure}");
        if !failure.help.is_empty() {
            message = format!("{message}\n{}", failure.help);
        }
        // A place that is taken was found out before anything was touched.
        let (verdict, code) = match failure.class {
            ErrorClass::Conflict => (Verdict::Refused, ReasonCode::Conflict),
            _ => (Verdict::Error, ReasonCode::EnvironmentFailed),
        };
        Err(Reason::new(
            verdict,
            code,
            self.session.plan.program.environment.name.clone(),
            message,
        ))
    }

    async fn take_down(&mut self) -> Result<(), Failure> {
        let mut attempt = 0;
        loop {
            let environment = Arc::clone(&self.session.environment);
            match within(&self.session.clock, DOWN_LIMIT, async move {
                environment.down().await
            })
            .await
            {
                Ok(undone) => {
                    self.note(&Entry::Down {
                        detail: undone.detail,
                    });
                    return Ok(());
                }
                Err(failure) => {
                    attempt += 1;
                    if attempt >= DOWN_ATTEMPTS {
                        return Err(failure);
                    }
                    let later = self
                        .session
                        .clock
                        .now()
                        .after(Duration::from_secs(u64::from(attempt)));
                    self.session.clock.sleep_until(later).await;
                }
            }
        }
    }

    /// Writes what is good to know, but what no undo depends on.
    fn note(&mut self, entry: &Entry) {
        if self.session.recorder.append(entry).is_err() {
            self.notes_failed = true;
        }
    }

    async fn run(&mut self) -> Judgement {
        let mut changes = self.session.environment.changes().fuse();
        let listed = match self.session.environment.list().await {
            Ok(listed) => listed,
            Err(failure) => {
                let message = format!("the environment could not be listed: {failure}");
                return nothing_done(Reason::new(
                    Verdict::Error,
                    ReasonCode::EnvironmentFailed,
                    "",
                    message,
                ));
            }
        };
        let drift = self.session.plan.drift(&listed);
        if !drift.is_empty() {
            let message = format!("the environment is not as it was planned: {}", drift.join("; "));
            return nothing_done(Reason::new(Verdict::Refused, ReasonCode::Drift, "", message));
        }
        let now = self.session.clock.now();
        let plan = Arc::clone(&self.session.plan);
        let Some(mut machine) = Machine::new(plan, &self.session.catalogue, listed, self.began, now) else {
            let message = format!("the plan has no workflow `{}`", self.session.plan.workflow);
            return nothing_done(Reason::new(
                Verdict::Error,
                ReasonCode::EnvironmentFailed,
                "",
                message,
            ));
        };
        let (samples, mut from_probes) = mpsc::channel(4_096);
        probing::start(&self.session, &samples);
        drop(samples);
        let mut input = Input::Tick;
        let mut probes_open = true;
        loop {
            self.apply(&mut machine, input);
            if machine.is_done() {
                break;
            }
            let now = self.session.clock.now();
            let wake = machine.wake_at(now).unwrap_or(now);
            let clock = Arc::clone(&self.session.clock);
            let mut timer = clock.sleep_until(wake).fuse();
            // In a fixed order: what ends the run first, time last.
            input = select_biased! {
                notice = heard(&mut self.session.interrupts).fuse() => match notice {
                    Notice::Interrupt(interrupt) => Input::Interrupt(interrupt),
                    Notice::Lost { code, why } => Input::Lost { code, why },
                },
                done = self.operations.select_next_some() => done,
                change = changes.select_next_some() => Input::Instance(change),
                sample = recv(&mut from_probes, probes_open).fuse() => sample.unwrap_or_else(|| {
                    probes_open = false;
                    Input::Tick
                }),
                () = timer => Input::Tick,
            };
        }
        machine.judge(self.session.clock.now())
    }

    /// Gives the machine an input, and does what it wants. What is answered at once goes straight back in.
    fn apply(&mut self, machine: &mut Machine, input: Input) {
        if let Input::Sample { probe, sample } = &input {
            self.session.listener.sample(probe, sample);
        }
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            if let Input::Prepared {
                injection,
                result: Ok(payload),
            } = &input
            {
                self.payloads.insert(*injection, payload.clone());
            }
            for effect in machine.step(self.session.clock.now(), input) {
                inputs.extend(self.carry_out(machine, effect));
            }
        }
    }

    fn carry_out(&mut self, machine: &Machine, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Emit(what) => self.emit(what),
            Effect::Record { injection, mut undo } => {
                self.set_version(&mut undo);
                let result = self
                    .session
                    .recorder
                    .append(&Entry::Intent { undo: undo.clone() })
                    .map_err(Failure::from);
                if result.is_ok() {
                    self.session.watchdog.arm(&undo.injection.0, undo.deadline);
                }
                return Some(Input::Recorded { injection, result });
            }
            Effect::Mark { injection, state } => {
                if state.is_settled() || matches!(state, UndoState::Failed { .. }) {
                    self.session.watchdog.disarm(&injection.0);
                }
                self.note(&Entry::Mark { injection, state });
            }
            Effect::Prepare { injection } => return self.prepare(machine, injection),
            Effect::Apply { injection } => return self.apply_fault(machine, injection),
            Effect::Look { injection } => return self.look(machine, injection),
            Effect::Undo { injection, mut undo } => {
                self.set_version(&mut undo);
                let Some(fault) = self.session.actions.fault(&undo.action) else {
                    let failure = unknown_action(&undo.action);
                    return Some(Input::Undone {
                        injection,
                        result: Err(failure),
                    });
                };
                let limit = fault.spec().undo_limit;
                let context = UndoContext {
                    environment: Arc::clone(&self.session.environment),
                    clock: Arc::clone(&self.session.clock),
                };
                let clock = Arc::clone(&self.session.clock);
                self.operations.push(Box::pin(async move {
                    let result = within(&clock, limit, undo_and_verify(&*fault, &context, &undo)).await;
                    Input::Undone { injection, result }
                }));
            }
            Effect::Heal { heal, call, instance } => {
                let context = self.context(
                    machine,
                    &call,
                    &instance,
                    &InjectionId(format!("heal/{}", heal.0)),
                    None,
                );
                let (Some(action), Some(context)) = (self.session.actions.heal(&call.action), context) else {
                    return Some(Input::Healed {
                        heal,
                        result: Err(unknown_action(&call.action)),
                    });
                };
                let limit = action
                    .spec()
                    .time_limit
                    .max(Duration::from_secs(1))
                    .min(HEAL_LIMIT * 10);
                let clock = Arc::clone(&self.session.clock);
                self.operations.push(Box::pin(async move {
                    let result = within(&clock, limit, async { action.run(&context).await }).await;
                    Input::Healed { heal, result }
                }));
            }
        }
        None
    }

    /// The machine knows no action; which version of a payload it has written only the action knows.
    fn set_version(&self, undo: &mut UndoRecord) {
        if let Some(fault) = self.session.actions.fault(&undo.action) {
            undo.version = fault.version();
        }
    }

    fn fault_context(&self, machine: &Machine, index: usize) -> Option<(Call, ActionContext)> {
        let injection = machine.injections().get(index)?;
        let step = self.session.plan.workflow()?.steps.get(injection.step)?;
        let call = step.run.call()?.clone();
        let context = self.context(machine, &call, &injection.instance, &injection.id, step.duration)?;
        Some((call, context))
    }

    fn context(
        &self,
        machine: &Machine,
        call: &Call,
        instance: &str,
        injection: &InjectionId,
        duration: Option<Duration>,
    ) -> Option<ActionContext> {
        Some(ActionContext {
            environment: Arc::clone(&self.session.environment),
            clock: Arc::clone(&self.session.clock),
            instance: machine.instance(instance)?.clone(),
            arguments: call.arguments.clone(),
            injection: injection.clone(),
            duration,
        })
    }

    fn prepare(&mut self, machine: &Machine, injection: usize) -> Option<Input> {
        let Some((call, context)) = self.fault_context(machine, injection) else {
            return Some(Input::Prepared {
                injection,
                result: Err(gone()),
            });
        };
        let Some(fault) = self.session.actions.fault(&call.action) else {
            return Some(Input::Prepared {
                injection,
                result: Err(unknown_action(&call.action)),
            });
        };
        let (clock, limit) = (Arc::clone(&self.session.clock), fault.spec().time_limit);
        self.operations.push(Box::pin(async move {
            let result = within(&clock, limit, async { fault.prepare(&context).await }).await;
            Input::Prepared { injection, result }
        }));
        None
    }

    fn apply_fault(&mut self, machine: &Machine, injection: usize) -> Option<Input> {
        let Some((call, context)) = self.fault_context(machine, injection) else {
            return Some(Input::Applied {
                injection,
                result: Err(gone()),
            });
        };
        let Some(fault) = self.session.actions.fault(&call.action) else {
            return Some(Input::Applied {
                injection,
                result: Err(unknown_action(&call.action)),
            });
        };
        let payload = self.payloads.get(&injection).cloned().unwrap_or_default();
        let (clock, limit) = (Arc::clone(&self.session.clock), fault.spec().time_limit);
        self.operations.push(Box::pin(async move {
            let result = within(&clock, limit, async { fault.apply(&context, &payload).await }).await;
            Input::Applied { injection, result }
        }));
        None
    }

    fn look(&mut self, machine: &Machine, injection: usize) -> Option<Input> {
        let Some((call, context)) = self.fault_context(machine, injection) else {
            return Some(Input::Looked {
                injection,
                result: Err(gone()),
            });
        };
        let Some(fault) = self.session.actions.fault(&call.action) else {
            return Some(Input::Looked {
                injection,
                result: Err(unknown_action(&call.action)),
            });
        };
        let payload = self.payloads.get(&injection).cloned().unwrap_or_default();
        let (clock, limit) = (Arc::clone(&self.session.clock), fault.spec().time_limit);
        self.operations.push(Box::pin(async move {
            let result = within(&clock, limit, async { fault.verify(&context, &payload).await }).await;
            Input::Looked { injection, result }
        }));
        None
    }
}

/// What comes from outside. Where nobody is left who could say anything, nothing comes any more.
async fn heard(interrupts: &mut mpsc::Receiver<Notice>) -> Notice {
    match interrupts.recv().await {
        Some(notice) => notice,
        None => futures_util::future::pending().await,
    }
}

async fn recv(receiver: &mut mpsc::Receiver<Input>, open: bool) -> Option<Input> {
    if open {
        receiver.recv().await
    } else {
        futures_util::future::pending().await
    }
}

/// Gives up after a while. What was begun may still have an effect: the caller takes it back all the same.
pub(crate) async fn within<T>(
    clock: &Arc<dyn Clock>,
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, Failure> {
    let mut timer = clock.sleep_until(clock.now().after(limit)).fuse();
    let mut work = std::pin::pin!(work.fuse());
    select_biased! {
        result = work => result,
        () = timer => Err(Failure::new(
            ErrorClass::Timeout,
            format!("no answer within {}", rescc_core::text::duration(limit)),
        )),
    }
}

fn unknown_action(name: &str) -> Failure {
    Failure::new(
        ErrorClass::Unsupported,
        format!("this build of rescc has no action `{name}`"),
    )
}

fn gone() -> Failure {
    Failure::new(ErrorClass::NotFound, "the instance is gone")
}
