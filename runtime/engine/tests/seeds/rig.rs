//! Runs a scenario and keeps all that can be seen of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use rescc_adapter_sim::{SimAdapter, SimRuntime, SimWorld, Stuck};
use rescc_core::action::Actions;
use rescc_core::catalogue::Catalogue;
use rescc_core::environment::{Adapter, Environment, Setup};
use rescc_core::event::Event;
use rescc_core::names::RunId;
use rescc_core::plan::{Plan, Refusal, resolve};
use rescc_core::program::{MinHealthy, Program};
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment};
use rescc_engine::driver::{Notice, Outcome, Session, drive};
use tokio::sync::mpsc;

use crate::bound;
use crate::generate::{Scenario, WORKFLOW};
use crate::traced::{Appended, FaultyRecorder, TracingListener, TracingWatchdog, traced};

/// How often tasks may be polled in one run.
const MAX_POLLS: u64 = 3_000_000;

/// All that can be seen of a run.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) plan: Arc<Plan>,
    pub(crate) bound: Duration,
    pub(crate) ended: Ended,
    pub(crate) log: Vec<(Moment, String)>,
    pub(crate) log_dropped: u64,
    pub(crate) entries: Vec<Appended>,
    pub(crate) events: Vec<Event>,
    pub(crate) swept: Vec<String>,
    pub(crate) residue: Vec<String>,
    pub(crate) alive: Vec<String>,
    pub(crate) jumps: u32,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    By(Box<Outcome>),
    /// It went on beyond every bound.
    Late,
    Stuck(Stuck),
}

// === impl Trace ===

impl Trace {
    /// All of it as text: the same run gives the same bytes.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "plan: {}\n",
            serde_json::to_string_pretty(&*self.plan).unwrap_or_default()
        );
        for (at, line) in &self.log {
            text.push_str(&format!("{:>16.6} {line}\n", at.0 as f64 / 1e9));
        }
        for appended in &self.entries {
            text.push_str(&format!("{appended:?}\n"));
        }
        text.push_str(&format!(
            "ended: {:#?}\nswept: {:?}\nresidue: {:?}\nalive: {:?}\njumps: {}\n",
            self.ended, self.swept, self.residue, self.alive, self.jumps
        ));
        text
    }
}

/// A scenario, ready to go.
pub(crate) struct Ready {
    pub(crate) runtime: SimRuntime,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) world: SimWorld,
    pub(crate) actions: Arc<Actions>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) bound: Duration,
    pub(crate) recorder: Arc<FaultyRecorder>,
    pub(crate) listener: Arc<TracingListener>,
    pub(crate) session: Session,
}

/// Makes a scenario ready.
pub(crate) fn ready(scenario: &Scenario) -> Ready {
    let mut runtime = SimRuntime::new(scenario.seed)
        .with_max_polls(MAX_POLLS)
        .with_clock_faults(scenario.clock);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    let adapter = SimAdapter::with_options(scenario.options.clone());
    let run = RunId(format!("run-{}", scenario.seed));
    let setup = Setup {
        program: Arc::new(scenario.program.clone()),
        run: run.clone(),
        seed: scenario.seed,
        clock: Arc::clone(&clock),
        folder: PathBuf::new(),
        state: PathBuf::new(),
        host: None,
    };
    let environment = at_once(&mut runtime, adapter.open(setup)).expect("a generated program can be opened");
    let listed = at_once(&mut runtime, environment.list()).expect("what is planned can be listed");
    let world = adapter.latest().expect("a world was opened");

    let actions = Arc::new(traced(&rescc_stdlib::actions(), &world));
    let catalogue = Catalogue {
        actions: actions.specs(),
        probes: Vec::new(),
        adapters: vec![adapter.spec()],
    }
    .sorted();
    let plan = Arc::new(planned(scenario, &listed, &catalogue));
    let bound = bound::longest(scenario, &plan, &catalogue);
    let probers = plan
        .program
        .probes
        .keys()
        .filter_map(|name| Some((name.clone(), environment.prober(name)?)))
        .collect::<BTreeMap<_, _>>();

    let recorder = Arc::new(FaultyRecorder::new(world.clone(), scenario.journal));
    let listener = Arc::new(TracingListener {
        world: world.clone(),
        events: Lock::default(),
    });
    let (sender, interrupts) = mpsc::channel(16);
    spawner.spawn(Box::pin(speak(
        sender,
        scenario.notices.clone(),
        scenario.hangs_up,
        Arc::clone(&clock),
    )));
    let session = Session {
        run,
        plan: Arc::clone(&plan),
        catalogue: Arc::new(catalogue),
        environment: Arc::clone(&environment),
        actions: Arc::clone(&actions),
        probers,
        clock: Arc::clone(&clock),
        spawner,
        recorder: Arc::clone(&recorder) as _,
        watchdog: Arc::new(TracingWatchdog(world.clone())),
        listener: Arc::clone(&listener) as _,
        interrupts,
    };
    Ready {
        runtime,
        clock,
        environment,
        world,
        actions,
        plan,
        bound,
        recorder,
        listener,
        session,
    }
}

/// Runs a scenario from its beginning to its end.
pub(crate) fn run(scenario: &Scenario) -> Trace {
    let Ready {
        mut runtime,
        clock,
        world,
        plan,
        bound,
        recorder,
        listener,
        session,
        ..
    } = ready(scenario);
    let patience = clock.now().after(bound.saturating_add(Duration::from_secs(60)));
    let ended = runtime.block_on(async {
        let late = clock.sleep_until(patience);
        match select(Box::pin(drive(session)), late).await {
            Either::Left((outcome, _)) => Ended::By(Box::new(outcome)),
            Either::Right(_) => Ended::Late,
        }
    });
    Trace {
        plan,
        bound,
        ended: ended.unwrap_or_else(Ended::Stuck),
        log: world.log(),
        log_dropped: world.log_dropped(),
        entries: recorder.entries(),
        events: listener.events.get(),
        swept: world.swept(),
        residue: world.residue(),
        alive: world.alive(),
        jumps: runtime.jumps(),
    }
}

fn at_once<T>(runtime: &mut SimRuntime, work: impl Future<Output = T>) -> T {
    runtime.block_on(work).expect("nothing waits here")
}

/// The plan; limits that refuse it from the start are taken out.
fn planned(scenario: &Scenario, listed: &[rescc_core::resource::Instance], catalogue: &Catalogue) -> Plan {
    let plan = |program: Program| -> Result<Plan, Vec<Refusal>> {
        let worst_case = bound::worst_case(&program, catalogue);
        resolve(
            program,
            WORKFLOW,
            scenario.seed,
            listed,
            worst_case,
            String::new(),
        )
    };
    plan(scenario.program.clone()).unwrap_or_else(|_| {
        let mut program = scenario.program.clone();
        for resource in program.resources.values_mut() {
            resource.min_healthy = MinHealthy::Any;
        }
        for workflow in program.workflows.values_mut() {
            workflow.limits.blast_radius = None;
        }
        plan(program).expect("without limits nothing is refused")
    })
}

/// Says what there is to say, each at its time; then falls silent or hangs up.
async fn speak(
    sender: mpsc::Sender<Notice>,
    notices: Vec<(Duration, Notice)>,
    hangs_up: bool,
    clock: Arc<dyn Clock>,
) {
    let began = clock.now();
    for (at, notice) in notices {
        clock.sleep_until(began.after(at)).await;
        // Whoever has ended listens no more.
        let _ = sender.send(notice).await;
    }
    if hangs_up {
        clock.sleep_until(began.after(Duration::from_secs(5))).await;
    } else {
        std::future::pending::<()>().await;
    }
}
