//! A run for real: the folder of the run, the journal, the keeper, the environment, the session, the report.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rescc_core::environment;
use rescc_core::host::ProcessHost;
use rescc_core::names::RunId;
use rescc_core::plan::Plan;
use rescc_core::probe::{ProbeSetup, Prober};
use rescc_core::program::{Environment, Run};
use rescc_core::report::RunReport;
use rescc_core::time::Clock;
use rescc_engine::clock::{BootClock, TokioSpawner};
use rescc_engine::driver::{Session, Watchdog, drive};
use rescc_engine::journal::{Entry, FileJournal, Opened, Recorder, reservation};
use rescc_engine::keeper::Keeper;
use rescc_engine::run_dir::{RunDir, RunLock};
use tokio::sync::mpsc;

use super::super::compile::{dice, make_plan, open};
use super::{Call, Work};
use crate::exit::Trouble;
use crate::load;
use crate::progress::{Progress, Sinks, open_events};
use crate::{signals, state};

/// How long a run may take beyond its worst case before it counts as hung.
const SLACK: Duration = Duration::from_secs(300);

/// How many runs the history keeps.
const KEPT_RUNS: usize = 200;

pub(super) fn run(call: &Call<'_>, work: Work) -> Result<RunReport, Trouble> {
    super::runtime()?.block_on(run_async(call, work))
}

async fn run_async(call: &Call<'_>, work: Work) -> Result<RunReport, Trouble> {
    let clock: Arc<dyn Clock> = Arc::new(BootClock);
    let run = RunId::new(clock.wall(), dice());
    let plan = Arc::new(plan(call, work, &run, &clock).await?);
    let folder = PathBuf::from(&plan.folder);
    // A wrong probe is found before anything is made.
    let mut probers = open_probers(call, &plan, &run, &clock, &folder)?;
    let state = state::folder(call.arguments.state.folder.as_ref())?;
    let (dir, _lock) = make_dir(&state, &run)?;
    forget_old_runs(&state);
    let journal = open_journal(call, &plan, &dir, &run, &*clock)?;
    let (notices, interrupts) = mpsc::channel(64);
    signals::forward(&notices)
        .map_err(|error| Trouble::error(format!("signals can't be caught: {error}")))?;
    let keeper = Keeper::start(&dir, Arc::clone(&journal), notices.clone())
        .await
        .map_err(|error| {
            Trouble::error(error.to_string())
                .help(format!("its log is {}", dir.path().join("keeper.log").display()))
        })?;
    let keeper = Arc::new(keeper);
    raise_descriptor_limit();
    keeper.arm("the run", clock.now().after(longest(&plan)));
    let program = Arc::new(plan.program.clone());
    let host: Arc<dyn ProcessHost> = Arc::<Keeper>::clone(&keeper);
    let place = (dir.path().to_owned(), Some(host));
    let environment = open(
        &call.kit,
        &program,
        &run,
        plan.seed,
        Arc::clone(&clock),
        &folder,
        place,
    )
    .await?;
    for name in plan.program.probes.keys() {
        if let Some(prober) = environment.prober(name) {
            probers.insert(name.clone(), prober);
        }
    }
    let history = File::create(dir.events()).ok();
    let events = call.arguments.events.as_deref().map(open_events).transpose()?;
    let progress = Arc::new(Progress::start(Sinks {
        quiet: call.arguments.quiet,
        history,
        events,
    }));
    let session = Session {
        run: run.clone(),
        plan: Arc::clone(&plan),
        catalogue: Arc::clone(&call.kit.catalogue),
        environment,
        actions: Arc::clone(&call.kit.actions),
        probers,
        clock: Arc::clone(&clock),
        spawner: Arc::new(TokioSpawner(tokio::runtime::Handle::current())),
        recorder: Arc::clone(&journal),
        watchdog: Arc::<Keeper>::clone(&keeper),
        listener: Arc::<Progress>::clone(&progress),
        interrupts,
    };
    let outcome = drive(session).await;
    progress.finish();
    let report = super::report(call, &run, &plan, outcome);
    // The history comes before the end of the journal: a run that is closed has a report.
    let saved = std::fs::write(dir.report(), rescc_report::json(&report)).is_ok();
    if report.undone {
        // Where it can't be written the next `recover` finds nothing to do and writes it.
        let _ = journal.append(&Entry::Closed {
            verdict: report.verdict,
            undone: true,
            by: "runner".into(),
        });
        keeper.finish().await;
    }
    let path = dir.report().display().to_string();
    super::show(call, &report, saved.then_some(path.as_str()));
    Ok(report)
}

async fn plan(call: &Call<'_>, work: Work, run: &RunId, clock: &Arc<dyn Clock>) -> Result<Plan, Trouble> {
    let place = (std::env::temp_dir(), None);
    match work {
        Work::Spec { compiled, workflow } => {
            let environment = open(
                &call.kit,
                &compiled.program,
                run,
                call.seed,
                Arc::clone(clock),
                &compiled.folder,
                place,
            )
            .await?;
            make_plan(&call.kit, &compiled, &workflow, call.seed, &environment).await
        }
        Work::Plan(plan) => {
            let program = Arc::new(plan.program.clone());
            let folder = PathBuf::from(&plan.folder);
            let environment = open(
                &call.kit,
                &program,
                run,
                plan.seed,
                Arc::clone(clock),
                &folder,
                place,
            )
            .await?;
            refuse_drift(&plan, &environment).await?;
            Ok(*plan)
        }
    }
}

async fn refuse_drift(plan: &Plan, environment: &Arc<dyn environment::Environment>) -> Result<(), Trouble> {
    let listed = environment
        .list()
        .await
        .map_err(|failure| Trouble::error(format!("the environment can't be listed: {failure}")))?;
    let drift = plan.drift(&listed);
    if drift.is_empty() {
        return Ok(());
    }
    let mut trouble =
        Trouble::refused("the environment has changed since the plan was made; nothing was touched");
    for change in drift {
        trouble = trouble.help(change);
    }
    Err(trouble.help("make the plan again: rescc plan FILE --out plan.json"))
}

fn open_probers(
    call: &Call<'_>,
    plan: &Plan,
    run: &RunId,
    clock: &Arc<dyn Clock>,
    folder: &Path,
) -> Result<BTreeMap<String, Arc<dyn Prober>>, Trouble> {
    let setup = ProbeSetup {
        run: run.clone(),
        folder: folder.to_owned(),
        clock: Arc::clone(clock),
    };
    let mut probers = BTreeMap::new();
    for (name, probe) in &plan.program.probes {
        let kind = call
            .kit
            .probes
            .kind(&probe.kind)
            .ok_or_else(|| Trouble::usage(format!("this build has no probe `{}`", probe.kind)))?;
        let prober = kind.open(&probe.arguments, &setup).map_err(|failure| {
            let trouble = Trouble::usage(format!("the probe `{name}` can't be made: {failure}"));
            if failure.help.is_empty() {
                trouble
            } else {
                trouble.help(failure.help)
            }
        })?;
        probers.insert(name.clone(), prober);
    }
    Ok(probers)
}

fn make_dir(state: &Path, run: &RunId) -> Result<(RunDir, RunLock), Trouble> {
    let trouble = |error: std::io::Error| {
        Trouble::error(format!(
            "the folder of the run can't be made in {}: {}",
            state.display(),
            load::plain(&error)
        ))
        .help("name another one with `--state FOLDER` or `RESCC_STATE_DIR`")
    };
    let dir = RunDir::create(state, run).map_err(trouble)?;
    let lock = dir.try_lock().map_err(trouble)?;
    let lock =
        lock.ok_or_else(|| Trouble::error(format!("somebody else has the lock of the new run `{run}`")))?;
    Ok((dir, lock))
}

fn open_journal(
    call: &Call<'_>,
    plan: &Plan,
    dir: &RunDir,
    run: &RunId,
    clock: &dyn Clock,
) -> Result<Arc<dyn Recorder>, Trouble> {
    let trouble = |error: std::io::Error| {
        let trouble = Trouble::error(format!(
            "the journal can't be written: {}; nothing was touched",
            load::plain(&error)
        ));
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => trouble.help(format!(
                "the run reserves room for its undo first: make room in {}, or name another folder with `--state`",
                dir.path().display()
            )),
            _ => trouble,
        }
    };
    let injections: usize = plan.workflow().map_or(0, |workflow| {
        let faults = workflow.steps.iter().filter_map(|step| match &step.run {
            Run::Fault(call) => {
                let attempts = step.retry.map_or(1, |retry| retry.attempts as usize);
                Some(plan.instances_of(&call.target).len() * attempts)
            }
            _ => None,
        });
        faults.sum()
    });
    let journal = FileJournal::create(&dir.journal(), reservation(injections, plan.instances.len()))
        .map_err(|error| {
            // A run that never was leaves no folder either.
            let _ = std::fs::remove_dir_all(dir.path());
            trouble(error)
        })?;
    let opened = Opened {
        version: Opened::VERSION,
        rescc_version: env!("CARGO_PKG_VERSION").into(),
        run: run.clone(),
        spec: call.arguments.what.file.display().to_string(),
        workflow: plan.workflow.clone(),
        // Commands and variables may hold secrets, and no undo needs them.
        environment: Environment {
            bind: BTreeMap::new(),
            ..plan.program.environment.clone()
        },
        runner: rescc_process::own_identity().map_err(trouble)?,
        at: clock.now(),
        wall: clock.wall(),
    };
    journal
        .append(&Entry::Opened(Box::new(opened)))
        .map_err(trouble)?;
    Ok(Arc::new(journal))
}

/// The history is bounded: the oldest runs with nothing left to do go. A run that is not closed stays.
fn forget_old_runs(state: &Path) {
    let Ok(runs) = RunDir::all(state) else { return };
    for dir in runs.iter().take(runs.len().saturating_sub(KEPT_RUNS)) {
        let Ok(Some(_lock)) = dir.try_lock() else { continue };
        let closed = rescc_engine::journal::read(&dir.journal()).is_ok_and(|contents| {
            contents.opened.is_none() || contents.closed().is_some_and(|(_, undone)| undone)
        });
        if closed {
            let _ = std::fs::remove_dir_all(dir.path());
        }
    }
}

/// Each connection through the proxy takes two descriptors. The keeper runs already, so that the programs under
/// test keep the limit that they would have without us.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// The longest that a run can take: after it the runner counts as hung.
fn longest(plan: &Plan) -> Duration {
    let workflow = plan.workflow();
    let settle = workflow.map_or(Duration::ZERO, |workflow| workflow.settle);
    let observe = workflow.map_or(Duration::ZERO, |workflow| workflow.observe);
    let window = workflow
        .and_then(|workflow| workflow.steady_state.as_ref())
        .and_then(|condition| condition.expr.longest_window())
        .unwrap_or_default();
    plan.worst_case
        .saturating_mul(3)
        .saturating_add(settle.saturating_mul(3))
        .saturating_add(observe)
        .saturating_add(window.saturating_mul(3))
        .saturating_add(SLACK)
}
