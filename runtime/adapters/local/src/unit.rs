//! A copy of a resource: what is known of it, for its supervisor and for the powers alike.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::environment::Incarnation;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::{ExitStatus, ProcessHost, ProcessIdentity};
use rescc_core::names::RunId;
use rescc_core::resource::{Cause, Change, Instance, Phase};
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment};
use rescc_process::Tree;
use tokio::sync::Notify;

use crate::fates::Fates;
use crate::front::Fronts;
use crate::hub::Hub;
use crate::ports::Pool;
use crate::service::Service;

/// The most ended incarnations that are remembered.
const PAST: usize = 64;
/// How long after a signal of ours a change is taken for its effect.
const SIGNAL_EFFECT: Duration = Duration::from_secs(5);
/// How long after a signal of ours that asks to end an end is taken for its effect.
const LONGEST_FAREWELL: Duration = Duration::from_secs(60);

/// What all copies of an environment share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) run: RunId,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state_folder: PathBuf,
    pub(crate) host: Option<Arc<dyn ProcessHost>>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) fates: Fates,
    pub(crate) fronts: Fronts,
    pub(crate) pool: Pool,
}

/// One copy.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) service: Arc<Service>,
    pub(crate) name: String,
    /// Asks for a check of its health at once.
    pub(crate) poke: Notify,
    /// Held while the processes are stopped or let go, so that one that was given up can't outlive the other.
    pub(crate) freezing: Arc<Lock<()>>,
    state: Lock<State>,
}

/// What is known of a copy.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) instance: Instance,
    /// The process that lives.
    pub(crate) life: Option<Life>,
    /// Whether it is on its way up for the first time or again, by an operation of ours.
    pub(crate) lifted: bool,
    /// Whether an operation of ours holds it still.
    pub(crate) held: bool,
    /// How much of a disk operations of ours keep from it.
    pub(crate) fills: usize,
    /// Until when what happens is taken for the effect of a signal of ours.
    signalled_until: Moment,
    /// How earlier ones ended; `None` where nobody could tell.
    past: VecDeque<(Incarnation, Option<ExitStatus>)>,
    /// Why the last start failed.
    pub(crate) start_failure: Option<Failure>,
}

/// A process of a copy.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) identity: ProcessIdentity,
    pub(crate) ports: BTreeMap<String, u16>,
    pub(crate) begun: Moment,
    /// Whether it was healthy once.
    pub(crate) ready: bool,
    /// The signals that we sent it, and when last.
    pub(crate) signals: BTreeMap<i32, Moment>,
}

/// How a process is called in answers.
pub(crate) fn incarnation(identity: &ProcessIdentity) -> Incarnation {
    Incarnation(format!("{}@{}", identity.pid, identity.start_ticks))
}

// === impl Unit ===

impl Unit {
    pub(crate) fn new(shared: Arc<Shared>, service: Arc<Service>, number: u32) -> Self {
        let instance = service.planned(number);
        Self {
            shared,
            service,
            name: instance.name.clone(),
            poke: Notify::new(),
            freezing: Arc::default(),
            state: Lock::new(State::new(instance)),
        }
    }

    pub(crate) fn instance(&self) -> Instance {
        self.state.with(|state| state.instance.clone())
    }

    pub(crate) fn life(&self) -> Option<Life> {
        self.state.with(|state| state.life.clone())
    }

    /// The living process, or the failure that there is none.
    pub(crate) fn living(&self) -> Result<Life, Failure> {
        self.life().ok_or_else(|| {
            let instance = self.instance();
            let remark = if instance.remark.is_empty() {
                String::new()
            } else {
                format!(": {}", instance.remark)
            };
            Failure::new(
                ErrorClass::NotFound,
                format!("`{}` does not run{remark}", self.name),
            )
        })
    }

    pub(crate) fn tree(&self, identity: &ProcessIdentity) -> Tree {
        Tree::new(identity.clone(), self.shared.run.clone(), self.name.clone())
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.shared
            .state_folder
            .join("output")
            .join(format!("{}.log", self.name))
    }

    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        self.state.with(work)
    }

    /// Changes what is known and tells everybody; whose doing it is, follows from what was done to it.
    pub(crate) fn update<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        self.change(|state| (work(state), None))
    }

    /// Changes what is known, by an operation of ours, and tells everybody.
    pub(crate) fn update_by_us<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        self.change(|state| (work(state), Some(Cause::Run)))
    }

    /// Records and tells that the process has ended; `None` where nobody could tell how.
    pub(crate) fn bury(&self, status: Option<ExitStatus>, phase: Phase) -> Option<Life> {
        let now = self.shared.clock.now();
        self.change(|state| match state.bury(now, status, phase) {
            Some((life, cause)) => (Some(life), Some(cause)),
            None => (None, None),
        })
    }

    fn change<R>(&self, work: impl FnOnce(&mut State) -> (R, Option<Cause>)) -> R {
        let now = self.shared.clock.now();
        self.state.with(|state| {
            let before = state.instance.clone();
            let by_now = state.cause(now);
            let (result, cause) = work(state);
            let healthy = state.instance.healthy == Some(true);
            if healthy {
                // Up: what follows is no effect of that any more.
                state.lifted = false;
            }
            // Under the lock, so that the order of changes is the order of what happened.
            let ports = state.life.as_ref().map(|life| &life.ports);
            self.shared
                .fronts
                .set(&self.service.name, &self.name, ports, healthy);
            if state.instance != before {
                let cause = cause.unwrap_or(by_now);
                self.shared.hub.publish(Change {
                    instance: state.instance.clone(),
                    cause,
                });
            }
            result
        })
    }

    /// Remembers that a signal of ours is about to be sent to a process.
    pub(crate) fn about_to_signal(&self, identity: &ProcessIdentity, signal: i32) {
        let now = self.shared.clock.now();
        self.with(|state| {
            if let Some(life) = state.life.as_mut().filter(|life| life.identity == *identity) {
                life.signals.insert(signal, now);
                state.signalled_until = now.after(SIGNAL_EFFECT);
            }
        });
    }

    /// How an earlier incarnation ended; the inner `None`: nobody could tell.
    pub(crate) fn past(&self, incarnation: &Incarnation) -> Option<Option<ExitStatus>> {
        self.with(|state| {
            state
                .past
                .iter()
                .find(|(name, _)| name == incarnation)
                .map(|(_, status)| *status)
        })
    }
}

// === impl State ===

impl State {
    fn new(instance: Instance) -> Self {
        Self {
            instance,
            life: None,
            lifted: false,
            held: false,
            fills: 0,
            signalled_until: Moment(0),
            past: VecDeque::new(),
            start_failure: None,
        }
    }

    /// Whose doing a change is that happens now.
    fn cause(&self, now: Moment) -> Cause {
        let ours = self.lifted || self.held || self.fills > 0 || now < self.signalled_until;
        if ours { Cause::Run } else { Cause::System }
    }

    /// The process has ended; `None` where nobody could tell how. Returns it, and whose doing its end is.
    fn bury(&mut self, now: Moment, status: Option<ExitStatus>, phase: Phase) -> Option<(Life, Cause)> {
        let life = self.life.take()?;
        self.past.push_back((incarnation(&life.identity), status));
        if self.past.len() > PAST {
            self.past.pop_front();
        }
        let ours = self.instance.phase == Phase::Stopping || life.was_ended_by_us(now, status);
        let cause = if ours { Cause::Run } else { Cause::System };
        (self.held, self.lifted, self.signalled_until) = (false, false, Moment(0));
        self.instance.healthy = Some(false);
        self.instance.phase = phase;
        self.instance.remark = ending(status);
        Some((life, cause))
    }
}

// === impl Life ===

impl Life {
    /// Whether a signal of ours ended it: by itself, or because the program ends on such a signal.
    fn was_ended_by_us(&self, now: Moment, status: Option<ExitStatus>) -> bool {
        // HUP, INT, QUIT, ABRT, KILL, TERM.
        const ASKS_TO_END: [i32; 6] = [1, 2, 3, 6, 9, 15];
        match status {
            Some(ExitStatus::Signal(signal)) if self.signals.contains_key(&signal) => true,
            _ => self
                .signals
                .iter()
                .any(|(signal, sent)| ASKS_TO_END.contains(signal) && now.since(*sent) < LONGEST_FAREWELL),
        }
    }
}

/// How a process ended, in words.
pub(crate) fn ending(status: Option<ExitStatus>) -> String {
    status.map_or_else(
        || "ended, and nobody could tell how".to_owned(),
        |status| status.to_string(),
    )
}
