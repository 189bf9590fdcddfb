//! The life of an instance: how it starts, works, is held, ends and comes back.

use std::time::Duration;

use rescc_core::resource::{Cause, Phase};
use rescc_core::time::Moment;

use super::member::Hold;
use super::state::{Event, Stage, State, What};
use crate::random::Span;

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// From the start of an instance until its program runs.
const BOOT: Span = Span::millis(5, 50);
/// From a kill to the end.
const KILL: Span = Span::millis(1, 20);
/// From a signal that was caught to the end.
const STOP: Span = Span::millis(50, 300);
/// Until it is noticed that an instance which is held does not answer.
const NOTICED: Duration = Duration::from_secs(1);
/// Until it is noticed that an instance which was let go answers again.
const BACK: Span = Span::millis(100, 500);
/// The time within which each chance of a crash is thrown.
const MINUTE: Span = Span::millis(0, 59_999);
/// For how many minutes of a life crashes are thrown.
const CRASH_MINUTES: u64 = 24 * 60;

/// What a signal does (signal(7), the default actions on Linux).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Ends,
    Holds,
    LetsGo,
    Nothing,
}

impl State {
    pub(super) fn play(&mut self, event: Event, now: Moment) {
        let Event { member: at, what } = event;
        match what {
            What::Boot(cause) => self.boot(at, now, cause),
            What::Healthy(cause) => self.set_health(at, now, true, cause),
            What::Unhealthy => self.set_health(at, now, false, Cause::Run),
            What::End { how, signal, cause } => self.end(at, now, &how, signal, cause),
            What::Recover => {
                if let Some(member) = self.members.get_mut(at) {
                    member.restarts = member.restarts.saturating_add(1);
                }
                self.begin(at, now, Cause::System);
            }
            What::LapseHold => self.let_go(at, now, Cause::System),
            What::LapsePort(id) => {
                if self.ports.remove(&id).is_some() {
                    self.log.push(now, format!("port fault {id} ended by itself"));
                }
            }
            What::LapseFill(id) => {
                if self.fills.remove(&id).is_some() {
                    self.log.push(now, format!("fill {id} ended by itself"));
                }
            }
        }
    }

    /// Begins a new life.
    pub(crate) fn begin(&mut self, at: usize, now: Moment, cause: Cause) {
        self.cancel(at, now, is_of_life);
        let Some(member) = self.members.get_mut(at) else {
            return;
        };
        member.life += 1;
        member.alive = true;
        member.wanted = true;
        member.hold = None;
        member.phase = Phase::Starting;
        member.healthy = Some(false);
        member.remark.clear();
        let takes = member.dice.within(BOOT);
        self.schedule(now.after(takes), at, What::Boot(cause));
        self.emit(at, now, cause);
    }

    fn boot(&mut self, at: usize, now: Moment, cause: Cause) {
        let Some(member) = self.members.get_mut(at) else {
            return;
        };
        if member.phase == Phase::Starting {
            member.phase = Phase::Running;
        }
        let healthy_in = member.dice.within(member.traits.start_time);
        self.schedule(now.after(healthy_in), at, What::Healthy(cause));
        self.draw_crash(at, now);
        self.emit(at, now, cause);
    }

    fn draw_crash(&mut self, at: usize, now: Moment) {
        let chance = self.chaos.crashes();
        let Some(member) = self.members.get_mut(at).filter(|_| chance > 0.0) else {
            return;
        };
        let Some(minute) = (0..CRASH_MINUTES).find(|_| member.dice.chance(chance)) else {
            return;
        };
        let crash = now
            .after(Duration::from_secs(minute * 60))
            .after(member.dice.within(MINUTE));
        let what = What::End {
            how: "crashed".to_owned(),
            signal: None,
            cause: Cause::System,
        };
        self.schedule(crash, at, what);
    }

    fn set_health(&mut self, at: usize, now: Moment, healthy: bool, cause: Cause) {
        let Some(member) = self.members.get_mut(at).filter(|member| member.alive) else {
            return;
        };
        if member.healthy != Some(healthy) {
            member.healthy = Some(healthy);
            self.emit(at, now, cause);
        }
    }

    fn end(&mut self, at: usize, now: Moment, how: &str, signal: Option<i32>, cause: Cause) {
        self.cancel(at, now, is_of_life);
        let Some(member) = self.members.get_mut(at).filter(|member| member.alive) else {
            return;
        };
        member.remember_end(how, signal);
        member.alive = false;
        member.hold = None;
        member.phase = Phase::Stopped;
        member.healthy = Some(false);
        how.clone_into(&mut member.remark);
        let recovers = member.wanted && member.traits.restarts;
        let recovers_in = member.dice.within(member.traits.recovers_in);
        if recovers {
            self.schedule(now.after(recovers_in), at, What::Recover);
        }
        self.emit(at, now, cause);
    }

    /// Asks an instance to end and ends it after `grace`, on purpose: it does not come back by itself.
    pub(crate) fn ask_to_end(&mut self, at: usize, now: Moment, grace: Duration) {
        let Some(member) = self.members.get_mut(at).filter(|member| member.alive) else {
            return;
        };
        member.wanted = false;
        if member.hold.is_none() {
            member.phase = Phase::Stopping;
        }
        self.deliver(at, now, SIGTERM);
        self.schedule(now.after(grace), at, ended_by(SIGKILL));
        self.emit(at, now, Cause::Run);
    }

    /// Ends an instance at once, on purpose.
    pub(crate) fn end_now(&mut self, at: usize, now: Moment) {
        let Some(member) = self.members.get_mut(at) else {
            return;
        };
        member.wanted = false;
        if member.alive {
            self.deliver(at, now, SIGKILL);
        } else {
            self.forget_recovery(at, now);
        }
    }

    /// An instance that has ended stays so; whether it would have come back.
    pub(crate) fn forget_recovery(&mut self, at: usize, now: Moment) -> bool {
        !self.cancel(at, now, |what| *what == What::Recover).is_empty()
    }

    /// Whether an instance is going to be started again by itself.
    pub(crate) fn will_recover(&self, at: usize) -> bool {
        self.is_expected(at, |what| *what == What::Recover)
    }

    /// A signal reaches an instance that lives.
    pub(crate) fn deliver(&mut self, at: usize, now: Moment, signal: i32) {
        let Some(member) = self.members.get_mut(at).filter(|member| member.alive) else {
            return;
        };
        match action(signal) {
            Action::Ends if signal == SIGKILL => {
                let takes = member.dice.within(KILL);
                self.schedule(now.after(takes), at, ended_by(signal));
            }
            Action::Ends if member.traits.stops_on_signal => {
                let takes = member.dice.within(STOP);
                match &mut member.hold {
                    // What is held gets its signals when it is let go.
                    Some(hold) => hold.postponed.push((takes, ended_by(signal))),
                    None => self.schedule(now.after(takes), at, ended_by(signal)),
                }
            }
            Action::Holds => {
                self.hold(at, now);
            }
            Action::LetsGo => self.let_go(at, now, Cause::Run),
            Action::Ends | Action::Nothing => {}
        }
    }

    /// Holds an instance that lives; whether it was not held before.
    fn hold(&mut self, at: usize, now: Moment) -> bool {
        let free = self
            .members
            .get(at)
            .is_some_and(|member| member.alive && member.hold.is_none());
        if !free {
            return false;
        }
        let postponed = self.cancel(at, now, needs_to_run);
        let Some(member) = self.members.get_mut(at) else {
            return false;
        };
        member.hold = Some(Hold {
            before: member.phase,
            postponed,
        });
        member.phase = Phase::Paused;
        self.schedule(now.after(NOTICED), at, What::Unhealthy);
        self.emit(at, now, Cause::Run);
        true
    }

    /// Holds an instance as a fault does, which may end by itself.
    pub(crate) fn freeze(&mut self, at: usize, now: Moment) {
        let lapse = self.chaos.lapse();
        if self.hold(at, now)
            && let Some(after) = lapse
        {
            self.schedule(now.after(after), at, What::LapseHold);
        }
    }

    /// Lets an instance go, where it is held.
    pub(crate) fn let_go(&mut self, at: usize, now: Moment, cause: Cause) {
        let Some(member) = self.members.get_mut(at) else {
            return;
        };
        let Some(hold) = member.hold.take() else { return };
        // Who was asked to end while it was held is about to.
        member.phase = if member.wanted {
            hold.before
        } else {
            Phase::Stopping
        };
        let starts = hold
            .postponed
            .iter()
            .any(|(_, what)| matches!(what, What::Boot(_) | What::Healthy(_)));
        let back = member.dice.within(BACK);
        if member.wanted && member.healthy != Some(true) && !starts {
            self.schedule(now.after(back), at, What::Healthy(cause));
        }
        self.cancel(at, now, |what| matches!(what, What::Unhealthy | What::LapseHold));
        for (left, what) in hold.postponed {
            self.schedule(now.after(left), at, what);
        }
        self.emit(at, now, cause);
    }

    /// Takes everything down; whether there was anything.
    pub(crate) fn take_down(&mut self, now: Moment) -> bool {
        let was_up = self.stage == Stage::Up;
        self.stage = Stage::Down;
        if was_up {
            self.swept = self.residue();
        }
        self.ports.clear();
        self.fills.clear();
        (0..self.members.len()).for_each(|at| self.end_now(at, now));
        was_up
    }

    /// After the end of all: they are not there any more.
    pub(crate) fn forget(&mut self, now: Moment) {
        for at in 0..self.members.len() {
            if let Some(member) = self
                .members
                .get_mut(at)
                .filter(|member| member.phase == Phase::Stopped)
            {
                member.phase = Phase::Absent;
                self.emit(at, now, Cause::Run);
            }
        }
    }
}

fn ended_by(signal: i32) -> What {
    What::End {
        how: format!("ended by signal {signal}"),
        signal: Some(signal),
        cause: Cause::Run,
    }
}

/// What belongs to one life and ends with it, or with the beginning of the next.
fn is_of_life(what: &What) -> bool {
    !matches!(what, What::LapsePort(_) | What::LapseFill(_))
}

/// What can't happen to an instance that is held: all but its end by force and what others notice.
fn needs_to_run(what: &What) -> bool {
    match what {
        What::Boot(_) | What::Healthy(_) => true,
        What::End { signal, .. } => *signal != Some(SIGKILL),
        _ => false,
    }
}

fn action(signal: i32) -> Action {
    match signal {
        // SIGCHLD, SIGURG, SIGWINCH; 0 only asks whether somebody is there.
        0 | 17 | 23 | 28 => Action::Nothing,
        18 => Action::LetsGo,
        19..=22 => Action::Holds,
        _ => Action::Ends,
    }
}
