//! The life cycle of each built-in action, against an environment in memory whose powers can be taken away, made to
//! fail, or left without a holder.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod all;
mod fake;
mod fill_disk;
mod heals;
mod kill;
mod latency;
mod pause;
mod world;

use std::sync::Arc;

use rescc_core::action::{ActionContext, Effect, Fault, UndoContext};
use rescc_core::error::Failure;
use rescc_core::names::InjectionId;
use rescc_core::program::Arguments;
use rescc_core::time::{Clock, Moment};
use rescc_core::undo::{UndoRecord, Undone};
use rescc_core::value::Value;

use self::fake::Fake;
use self::world::World;

/// One fault on one instance, as the engine would deal with it.
struct Case {
    fault: Arc<dyn Fault>,
    context: ActionContext,
    world: Arc<Fake>,
}

impl Case {
    fn new(action: &str, arguments: &[(&str, Value)]) -> Self {
        let world = Arc::new(Fake::default());
        let fault = rescc_stdlib::actions()
            .fault(action)
            .expect("a fault of that name");
        let context = context(&world, arguments);
        Self {
            fault,
            context,
            world,
        }
    }

    fn change(&self, work: impl FnOnce(&mut World)) {
        self.world.state.with(work);
    }

    async fn prepare(&self) -> Result<serde_json::Value, Failure> {
        self.fault.prepare(&self.context).await
    }

    /// Prepares and applies; answers the undo record.
    async fn apply(&self) -> UndoRecord {
        let record = self.record(self.prepare().await.unwrap());
        self.fault.apply(&self.context, &record.payload).await.unwrap();
        record
    }

    fn record(&self, payload: serde_json::Value) -> UndoRecord {
        UndoRecord {
            injection: self.context.injection.clone(),
            action: self.fault.spec().name.into_owned(),
            version: self.fault.version(),
            instance: self.context.instance.name.clone(),
            payload,
            deadline: Moment(u64::MAX),
        }
    }

    async fn verify(&self, record: &UndoRecord) -> Effect {
        self.fault.verify(&self.context, &record.payload).await.unwrap()
    }

    /// What takes it back knows nothing but the record, as text, and an environment.
    async fn try_undo(&self, record: &UndoRecord) -> Result<Undone, Failure> {
        let text = serde_json::to_string(record).unwrap();
        self.fault
            .undo(&self.undo_context(), &serde_json::from_str(&text).unwrap())
            .await
    }

    async fn undo(&self, record: &UndoRecord) -> Undone {
        self.try_undo(record).await.unwrap()
    }

    async fn verify_undone(&self, record: &UndoRecord) -> Result<String, Failure> {
        self.fault.verify_undone(&self.undo_context(), record).await
    }

    fn undo_context(&self) -> UndoContext {
        let environment = Arc::clone(&self.context.environment);
        UndoContext {
            environment,
            clock: Arc::clone(&self.world.clock) as Arc<dyn Clock>,
        }
    }
}

fn context(world: &Arc<Fake>, arguments: &[(&str, Value)]) -> ActionContext {
    ActionContext {
        environment: Arc::clone(world) as Arc<dyn rescc_core::environment::Environment>,
        clock: Arc::clone(&world.clock) as Arc<dyn Clock>,
        instance: fake::instance(rescc_core::resource::Phase::Running),
        arguments: arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Arguments>(),
        injection: InjectionId::new("strike", fake::NAME, 0),
        duration: None,
    }
}

fn bites(effect: Effect) -> String {
    match effect {
        Effect::Bites(proof) => proof,
        other => panic!("it does not bite: {other:?}"),
    }
}

fn not_yet(effect: Effect) -> String {
    match effect {
        Effect::NotYet(why) => why,
        other => panic!("expected to be told to wait: {other:?}"),
    }
}

fn gone(effect: Effect) -> String {
    match effect {
        Effect::Gone(why) => why,
        other => panic!("expected it to be gone: {other:?}"),
    }
}
