//! The task that looks after one copy: the only one that starts and buries its processes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::ExitStatus;
use rescc_core::resource::Phase;
use rescc_core::time::Moment;
use rescc_core::undo::Undone;
use rescc_process::ProcessState;
use tokio::sync::{mpsc, oneshot};

use crate::health::{INTERVAL, Measured};
use crate::unit::Unit;
use crate::wait::{blocking, within};

mod start;
mod stop;

/// The wait before a process that ended by itself is started again: the first, doubled up to the last.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LAST_BACKOFF: Duration = Duration::from_secs(5);
/// After living that long, the wait is the first again.
const SOUND: Duration = Duration::from_secs(10);
/// How long the parent may take to let a number go.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);
/// The most requests that wait.
const QUEUE: usize = 16;

/// What can be asked of a supervisor.
#[derive(Debug)]
pub(crate) enum Command {
    /// Start it where it does not run.
    Start(Reply),
    /// Stop it, by force after the time.
    Stop(Duration, Reply),
    /// Both.
    Restart(Duration, Reply),
}

pub(crate) type Reply = oneshot::Sender<Result<Undone, Failure>>;

/// The way to a supervisor.
#[derive(Clone, Debug)]
pub(crate) struct Orders(mpsc::Sender<Command>);

/// The state of the task.
pub(crate) struct Supervisor {
    unit: Arc<Unit>,
    orders: mpsc::Receiver<Command>,
    /// The check that waits or runs.
    check: Option<BoxFuture<'static, Measured>>,
    /// When a process that ended by itself is started again.
    restart_at: Option<Moment>,
    backoff: Duration,
    /// How many starts in a row failed because somebody took a private port.
    ports_lost: u32,
    /// The end of the process that lives; `None` where nobody tells how it ended.
    end: Option<BoxFuture<'static, Option<ExitStatus>>>,
    /// The earliest moment of the next check.
    next_check: Moment,
}

enum Event {
    Order(Option<Command>),
    Ended(Option<ExitStatus>),
    RestartDue,
    Poked,
    Measured(Measured),
}

// === impl Orders ===

impl Orders {
    /// Gives an order and waits until it is carried out. Every order is bounded by itself.
    pub(crate) async fn give(&self, order: impl FnOnce(Reply) -> Command) -> Result<Undone, Failure> {
        let gone = || Failure::new(ErrorClass::NotFound, "the environment was taken down");
        let (reply, answer) = oneshot::channel();
        self.0.send(order(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

// === impl Supervisor ===

impl Supervisor {
    /// A supervisor that waits for orders, and the way to it.
    pub(crate) fn new(unit: Arc<Unit>) -> (Self, Orders) {
        let (sender, orders) = mpsc::channel(QUEUE);
        let supervisor = Self {
            unit,
            orders,
            check: None,
            restart_at: None,
            backoff: FIRST_BACKOFF,
            ports_lost: 0,
            end: None,
            next_check: Moment(0),
        };
        (supervisor, Orders(sender))
    }

    /// Looks after the copy until nobody can give orders any more. What runs then is left alone: it is its parent's.
    pub(crate) async fn run(mut self) {
        loop {
            match self.next().await {
                Event::Order(None) => return,
                Event::Order(Some(order)) => self.obey(order).await,
                Event::Ended(status) => self.ended(status).await,
                Event::RestartDue => self.restart_due().await,
                Event::Poked => self.check_at(self.unit.shared.clock.now()),
                Event::Measured(measured) => self.measured(measured),
            }
        }
    }

    async fn next(&mut self) -> Event {
        let Self {
            unit,
            orders,
            check,
            end,
            restart_at,
            ..
        } = &mut *self;
        let shared = &unit.shared;
        let ended = async {
            match end {
                Some(end) => end.await,
                None => std::future::pending().await,
            }
        };
        let due = async {
            match restart_at {
                Some(moment) => shared.clock.sleep_until(*moment).await,
                None => std::future::pending().await,
            }
        };
        let measured = async {
            match check {
                Some(check) => check.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            status = ended => {
                self.end = None;
                Event::Ended(status)
            }
            order = orders.recv() => Event::Order(order),
            () = due => Event::RestartDue,
            () = unit.poke.notified() => Event::Poked,
            measured = measured => {
                self.check = None;
                Event::Measured(measured)
            }
        }
    }

    async fn obey(&mut self, order: Command) {
        // Whoever asked may have given up; that changes nothing.
        match order {
            Command::Start(reply) => {
                let result = self.start_on_order().await;
                let _ = reply.send(result);
            }
            Command::Stop(grace, reply) => {
                let result = self.stop(grace).await;
                let _ = reply.send(result);
            }
            Command::Restart(grace, reply) => {
                let result = self.restart(grace).await;
                let _ = reply.send(result);
            }
        }
    }

    async fn restart(&mut self, grace: Duration) -> Result<Undone, Failure> {
        let stopped = self.stop(grace).await?;
        let started = self.start_on_order().await?;
        Ok(Undone {
            acted: true,
            detail: format!("{}; {}", stopped.detail, started.detail),
        })
    }

    /// The process has ended without an order to stop; `None` where nobody could tell how.
    async fn ended(&mut self, status: Option<ExitStatus>) {
        let Some(life) = self.unit.life() else { return };
        if self.ports_lost < start::PORT_TRIES && self.lost_a_port(&life).await {
            self.ports_lost += 1;
            let lifted = self.unit.with(|state| state.lifted);
            self.bury(status, Phase::Starting).await;
            // The failure is kept with the copy, and told.
            let _ = self.start(lifted).await;
            return;
        }
        self.bury(status, Phase::Stopped).await;
        if self.unit.service.restart {
            let now = self.unit.shared.clock.now();
            if life.ready && now.since(life.begun) >= SOUND {
                self.backoff = FIRST_BACKOFF;
            }
            self.restart_later(now);
        }
    }

    fn restart_later(&mut self, now: Moment) {
        self.restart_at = Some(now.after(self.backoff));
        self.backoff = self.backoff.saturating_mul(2).min(LAST_BACKOFF);
    }

    async fn restart_due(&mut self) {
        self.restart_at = None;
        self.unit
            .with(|state| state.instance.restarts = state.instance.restarts.saturating_add(1));
        if self.start(false).await.is_err() {
            self.restart_later(self.unit.shared.clock.now());
        }
    }

    /// Records and tells an end, then sees to it that nothing of the process stays, then lets its number go.
    async fn bury(&mut self, status: Option<ExitStatus>, phase: Phase) {
        self.check = None;
        self.end = None;
        let Some(life) = self.unit.bury(status, phase) else {
            return;
        };
        let shared = &self.unit.shared;
        let tree = self.unit.tree(&life.identity);
        // As long as its number is its own: later its group may be that of a stranger. What can't be ended is found by
        // the sweep.
        let _ = blocking(move || Ok(tree.kill()?)).await;
        shared.pool.give_back(&life.ports);
        if let Some(host) = &shared.host {
            let _ = within(&*shared.clock, RELEASE_LIMIT, host.release(&life.identity)).await;
        }
    }

    /// Has the health measured at a moment.
    fn check_at(&mut self, moment: Moment) {
        let Some(life) = self.unit.life() else {
            self.check = None;
            return;
        };
        let clock = Arc::clone(&self.unit.shared.clock);
        let check = self.unit.service.check_of(&life.ports);
        self.next_check = moment.after(INTERVAL);
        self.check = Some(Box::pin(async move {
            clock.sleep_until(moment).await;
            check.measure(&*clock, &life.identity).await
        }));
    }

    fn measured(&mut self, measured: Measured) {
        let now = self.unit.shared.clock.now();
        self.record(now, measured);
        self.check_at(self.next_check.max(now));
    }

    fn record(&mut self, now: Moment, measured: Measured) {
        let healthy = measured.health.is_ok();
        if healthy {
            self.ports_lost = 0;
        }
        let limit = self.unit.service.start_limit;
        self.unit.update(|state| {
            let Some(life) = state.life.as_mut() else { return };
            life.ready |= healthy;
            state.instance.phase = match measured.state {
                ProcessState::Stopped => Phase::Paused,
                _ if life.ready || now.since(life.begun) >= limit => Phase::Running,
                _ => Phase::Starting,
            };
            state.instance.healthy = Some(healthy);
            state.instance.remark = measured.health.err().unwrap_or_default();
        });
    }
}

fn done(acted: bool, detail: impl Into<String>) -> Undone {
    Undone {
        acted,
        detail: detail.into(),
    }
}
