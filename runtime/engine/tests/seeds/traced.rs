//! What stands around the engine and writes down what it sees, all into the log of the simulated world: there the
//! order of everything can be told.

use std::io;
use std::sync::Arc;

use rescc_adapter_sim::SimWorld;
use rescc_core::action::{ActionContext, Actions, Effect, Fault, Heal, UndoContext};
use rescc_core::async_trait;
use rescc_core::catalogue::ActionSpec;
use rescc_core::error::Failure;
use rescc_core::event::Event;
use rescc_core::sync::Lock;
use rescc_core::time::Moment;
use rescc_core::undo::{UndoRecord, Undone};
use rescc_engine::driver::{Listener, Watchdog};
use rescc_engine::journal::{Entry, Recorder};

use crate::generate::JournalFaults;

/// What marks a line of the log as ours.
pub(crate) const OURS: &str = "~ ";

/// A journal in memory that fails.
#[derive(Debug)]
pub(crate) struct FaultyRecorder {
    world: SimWorld,
    faults: JournalFaults,
    entries: Lock<Vec<Appended>>,
}

/// What somebody wanted to have in the journal.
#[derive(Clone, Debug)]
pub(crate) struct Appended {
    pub(crate) entry: Entry,
    /// Whether it is on the disk.
    pub(crate) durable: bool,
    /// Whether whoever wrote it was told that it is.
    pub(crate) confirmed: bool,
}

/// Tells events.
#[derive(Debug)]
pub(crate) struct TracingListener {
    pub(crate) world: SimWorld,
    pub(crate) events: Lock<Vec<Event>>,
}

/// Notes what must be over by when.
#[derive(Debug)]
pub(crate) struct TracingWatchdog(pub(crate) SimWorld);

#[derive(Debug)]
struct Traced<T: ?Sized> {
    inner: Arc<T>,
    world: SimWorld,
}

/// A call under way: its end is noted even where it is given up.
struct Call<'a> {
    world: &'a SimWorld,
    what: String,
    ended: bool,
}

/// All actions, each call with a line at its beginning and its end: `~ begin apply cache-1 strike/cache-1`.
pub(crate) fn traced(actions: &Actions, world: &SimWorld) -> Actions {
    let mut traced = Actions::default();
    for spec in actions.specs() {
        if let Some(inner) = actions.fault(&spec.name) {
            traced = traced.with_fault(Traced {
                inner,
                world: world.clone(),
            });
        }
        if let Some(inner) = actions.heal(&spec.name) {
            traced = traced.with_heal(Traced {
                inner,
                world: world.clone(),
            });
        }
    }
    traced
}

// === impl Call ===

impl<'a> Call<'a> {
    fn begin(world: &'a SimWorld, what: &str, instance: &str, id: &str) -> Self {
        let what = format!("{what} {instance} {id}");
        world.note(format!("{OURS}begin {what}"));
        Self {
            world,
            what,
            ended: false,
        }
    }

    fn end<T: std::fmt::Debug>(mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        self.ended = true;
        self.world.note(format!(
            "{OURS}end {} {}",
            self.what,
            if result.is_ok() { "ok" } else { "failed" }
        ));
        result
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.world.note(format!("{OURS}end {} given-up", self.what));
        }
    }
}

// === impl Traced ===

#[async_trait]
impl Fault for Traced<dyn Fault> {
    fn spec(&self) -> ActionSpec {
        self.inner.spec()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure> {
        let call = Call::begin(
            &self.world,
            "prepare",
            &context.instance.name,
            &context.injection.0,
        );
        call.end(self.inner.prepare(context).await)
    }

    async fn apply(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<(), Failure> {
        let call = Call::begin(&self.world, "apply", &context.instance.name, &context.injection.0);
        call.end(self.inner.apply(context, payload).await)
    }

    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure> {
        self.inner.verify(context, payload).await
    }

    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure> {
        let call = Call::begin(&self.world, "undo", &record.instance, &record.injection.0);
        call.end(self.inner.undo(context, record).await)
    }

    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure> {
        let call = Call::begin(
            &self.world,
            "verify-undone",
            &record.instance,
            &record.injection.0,
        );
        call.end(self.inner.verify_undone(context, record).await)
    }
}

#[async_trait]
impl Heal for Traced<dyn Heal> {
    fn spec(&self) -> ActionSpec {
        self.inner.spec()
    }

    async fn run(&self, context: &ActionContext) -> Result<Undone, Failure> {
        let call = Call::begin(&self.world, "heal", &context.instance.name, &context.injection.0);
        call.end(self.inner.run(context).await)
    }
}

// === impl FaultyRecorder ===

impl FaultyRecorder {
    pub(crate) fn new(world: SimWorld, faults: JournalFaults) -> Self {
        Self {
            world,
            faults,
            entries: Lock::default(),
        }
    }

    pub(crate) fn entries(&self) -> Vec<Appended> {
        self.entries.get()
    }
}

impl Recorder for FaultyRecorder {
    fn append(&self, entry: &Entry) -> io::Result<()> {
        let number = self.entries.with(|entries| entries.len() as u64);
        let confirmed = match self.faults.from {
            Some(from) if self.faults.once => number != from,
            Some(from) => number < from,
            None => true,
        };
        let durable = confirmed || self.faults.lands;
        let how = match (durable, confirmed) {
            (true, true) => "durable",
            (true, false) => "in-doubt",
            (false, _) => "lost",
        };
        let what = match entry {
            Entry::Intent { undo } => format!("intent {}", undo.injection),
            Entry::Mark { injection, state } if state.is_settled() => format!("settled {injection}"),
            Entry::Mark { injection, .. } => format!("open {injection}"),
            Entry::Down { .. } => "down environment".to_owned(),
            other => format!("other {other:?}"),
        };
        self.world.note(format!("{OURS}{how} {what}"));
        self.entries.with(|entries| {
            entries.push(Appended {
                entry: entry.clone(),
                durable,
                confirmed,
            })
        });
        if confirmed {
            Ok(())
        } else {
            Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "a simulated full disk",
            ))
        }
    }
}

// === impl TracingListener ===

impl Listener for TracingListener {
    fn event(&self, event: &Event) {
        let what = serde_json::to_string(&event.what).unwrap_or_default();
        self.world.note(format!(
            "{OURS}event {} {} {what}",
            event.sequence,
            event.at.as_nanos()
        ));
        self.events.with(|events| events.push(event.clone()));
    }

    fn sample(&self, probe: &str, sample: &rescc_slo::Sample) {
        self.world.note(format!(
            "{OURS}sample {probe} {} {} {}",
            sample.begun, sample.ended, sample.good
        ));
    }
}

// === impl TracingWatchdog ===

impl Watchdog for TracingWatchdog {
    fn arm(&self, id: &str, until: Moment) {
        self.0.note(format!("{OURS}arm {id} {}", until.0));
    }

    fn disarm(&self, id: &str) {
        self.0.note(format!("{OURS}disarm {id}"));
    }
}
