use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rescc_adapter_sim::{SimAdapter, SimOptions, SimRuntime, SimWorld};
use rescc_core::environment::{Adapter, Environment, Setup};
use rescc_core::names::{InjectionId, RunId};
use rescc_core::probe::Answer;
use rescc_core::program::{self, Arguments, Limits, Locator, Program};
use rescc_core::resource::{Change, Instance};
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment, Spawner};
use rescc_core::value::Value;

/// What a test works with: an environment that is up.
pub(crate) struct Bench {
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) world: SimWorld,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spawner: Arc<dyn Spawner>,
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn id(name: &str) -> InjectionId {
    InjectionId(name.to_owned())
}

pub(crate) fn word(word: &str) -> Value {
    Value::Word(word.to_owned())
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn span(least: Duration, most: Duration) -> Value {
    Value::Range(Box::new(Value::Duration(least)), Box::new(Value::Duration(most)))
}

pub(crate) fn locator(arguments: &[(&str, Value)]) -> Locator {
    let mut all: Arguments = BTreeMap::from([("kind".to_owned(), text("thing"))]);
    all.extend(
        arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    Locator {
        locator: "simulated".to_owned(),
        arguments: all,
    }
}

pub(crate) fn setup(bind: &[(&str, Locator)], seed: u64, clock: Arc<dyn Clock>) -> Setup {
    let environment = program::Environment {
        name: "rehearsal".to_owned(),
        adapter: "sim".to_owned(),
        settings: Arguments::new(),
        bind: bind
            .iter()
            .map(|(name, locator)| ((*name).to_owned(), locator.clone()))
            .collect(),
        limits: Limits::default(),
    };
    let program = Program {
        format_version: program::FORMAT_VERSION.to_owned(),
        language: "1".to_owned(),
        doc: String::new(),
        environment,
        resources: BTreeMap::new(),
        selectors: BTreeMap::new(),
        probes: BTreeMap::new(),
        slos: BTreeMap::new(),
        heals: BTreeMap::new(),
        workflows: BTreeMap::new(),
    };
    Setup {
        program: Arc::new(program),
        run: RunId("run".to_owned()),
        seed,
        clock,
        folder: PathBuf::new(),
        state: PathBuf::new(),
        host: None,
    }
}

/// Runs a test on an environment that is opened, not up.
pub(crate) fn opened<T, F: Future<Output = T>>(
    bind: &[(&str, Locator)],
    seed: u64,
    options: SimOptions,
    test: impl FnOnce(Bench) -> F,
) -> T {
    let mut runtime = SimRuntime::new(seed);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    let adapter = SimAdapter::with_options(options);
    let setup = setup(bind, seed, Arc::clone(&clock));
    let ended = runtime.block_on(async {
        let environment = adapter.open(setup).await.unwrap();
        let world = adapter.latest().unwrap();
        test(Bench {
            environment,
            world,
            clock,
            spawner,
        })
        .await
    });
    ended.unwrap()
}

/// Runs a test on an environment that is up and in which nothing goes wrong by itself.
pub(crate) fn up<T, F: Future<Output = T>>(
    bind: &[(&str, Locator)],
    seed: u64,
    test: impl FnOnce(Bench) -> F,
) -> T {
    opened(bind, seed, SimOptions::default(), |bench| async {
        bench.environment.up().await.unwrap();
        test(bench).await
    })
}

// === impl Bench ===

impl Bench {
    pub(crate) async fn sleep(&self, duration: Duration) {
        self.clock.sleep_until(self.clock.now().after(duration)).await;
    }

    pub(crate) async fn instance(&self, name: &str) -> Instance {
        self.environment
            .list()
            .await
            .unwrap()
            .into_iter()
            .find(|instance| instance.name == name)
            .unwrap()
    }

    /// Notes each change from now on, with its moment.
    pub(crate) fn watch(&self) -> Arc<Lock<Vec<(Moment, Change)>>> {
        let seen = Arc::new(Lock::new(Vec::new()));
        let (mut changes, clock, notes) = (
            self.environment.changes(),
            Arc::clone(&self.clock),
            Arc::clone(&seen),
        );
        self.spawner.spawn(Box::pin(async move {
            while let Some(change) = changes.next().await {
                notes.with(|notes| notes.push((clock.now(), change)));
            }
        }));
        seen
    }

    pub(crate) async fn ask(&self) -> Answer {
        self.environment
            .prober("asks")
            .unwrap()
            .ask(secs(10))
            .await
            .unwrap()
    }

    /// The latency of an answer, where there is one.
    pub(crate) async fn latency(&self) -> Option<Duration> {
        match self.ask().await {
            Answer::Some { latency, .. } => Some(latency),
            Answer::None { .. } => None,
        }
    }
}
