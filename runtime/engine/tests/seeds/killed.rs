//! The runner is gone at some moment of its run: what its journal says is enough to take everything back.

use std::sync::Arc;

use futures_util::future::{Either, select};
use rescc_adapter_sim::SimAdapter;
use rescc_core::async_trait;
use rescc_core::catalogue::AdapterSpec;
use rescc_core::environment::{Adapter, Environment, Leftovers, Setup};
use rescc_core::error::Failure;
use rescc_core::host::ProcessIdentity;
use rescc_core::names::RunId;
use rescc_engine::driver::drive;
use rescc_engine::journal::{Entry, FileJournal, Opened, Recorder};
use rescc_engine::recover::{Kit, recover};
use rescc_engine::run_dir::RunDir;

use crate::dice::Dice;
use crate::generate::{Scenario, WORKFLOW};
use crate::rig::{Ready, ready};

/// How many runners are killed unless `RESCC_SEEDS` says otherwise.
const SEEDS: u64 = 300;

/// An adapter that finds the environment that the dead run has left.
#[derive(Debug)]
struct SameAgain(Arc<dyn Environment>);

/// What came of a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// The run was over before.
    TooLate,
    /// Nothing was open.
    Clean,
    /// Everything that was open is undone.
    Undone,
    /// Something could not be undone, and that is told.
    NotUndone,
}

#[async_trait]
impl Adapter for SameAgain {
    fn spec(&self) -> AdapterSpec {
        SimAdapter::new().spec()
    }

    async fn open(&self, _: Setup) -> Result<Arc<dyn Environment>, Failure> {
        Ok(Arc::clone(&self.0))
    }

    async fn reopen(&self, _: Leftovers) -> Result<Arc<dyn Environment>, Failure> {
        Ok(Arc::clone(&self.0))
    }
}

/// Ends the runner of a seed at some moment, recovers, and says what is broken.
fn kill(seed: u64) -> Result<Came, String> {
    let scenario = Scenario::of(seed);
    let Ready {
        mut runtime,
        clock,
        environment,
        world,
        actions,
        plan,
        recorder,
        session,
        ..
    } = ready(&scenario);
    let at = clock.now().after(Dice::new(seed, 7).millis(300, 6_000));
    let ended = runtime.block_on(async {
        matches!(
            select(Box::pin(drive(session)), clock.sleep_until(at)).await,
            Either::Left(_)
        )
    });
    if ended.map_err(|stuck| stuck.to_string())? {
        return Ok(Came::TooLate);
    }

    let state = tempfile::tempdir().map_err(|error| error.to_string())?;
    let run = RunId("killed".to_owned());
    let dir = RunDir::create(state.path(), &run).map_err(|error| error.to_string())?;
    let lock = dir
        .try_lock()
        .ok()
        .flatten()
        .ok_or("somebody else has the lock")?;
    let journal = FileJournal::create(&dir.journal(), 0).map_err(|error| error.to_string())?;
    let opened = Entry::Opened(Box::new(Opened {
        version: Opened::VERSION,
        rescc_version: String::new(),
        run,
        spec: String::new(),
        workflow: WORKFLOW.to_owned(),
        environment: plan.program.environment.clone(),
        runner: ProcessIdentity {
            pid: 1,
            start_ticks: 0,
            boot_id: String::new(),
        },
        at: clock.now(),
        wall: clock.wall(),
    }));
    let durable = recorder
        .entries()
        .into_iter()
        .filter(|appended| appended.durable)
        .map(|appended| appended.entry);
    for entry in std::iter::once(opened).chain(durable) {
        journal.append(&entry).map_err(|error| error.to_string())?;
    }
    drop(journal);

    let kit = Kit {
        adapters: vec![Arc::new(SameAgain(environment))],
        actions,
        clock,
    };
    let recovered = runtime.block_on(recover(&dir, &lock, &kit, "keeper"));
    let recovered = recovered
        .map_err(|stuck| stuck.to_string())?
        .map_err(|error| error.to_string())?;
    if !recovered.is_clean() {
        return Ok(Came::NotUndone);
    }
    if !world.swept().is_empty() || !world.residue().is_empty() || !world.alive().is_empty() {
        let (swept, residue, alive) = (world.swept(), world.residue(), world.alive());
        return Err(format!(
            "all is said to be undone: swept {swept:?}, left {residue:?} and {alive:?}"
        ));
    }
    // A second recovery has nothing to do.
    let again = runtime.block_on(recover(&dir, &lock, &kit, "recover"));
    let again = again
        .map_err(|stuck| stuck.to_string())?
        .map_err(|error| error.to_string())?;
    if !again.was_closed || !again.undos.is_empty() {
        return Err(format!("a second recovery found {:?}", again.undos));
    }
    Ok(if recovered.undos.is_empty() {
        Came::Clean
    } else {
        Came::Undone
    })
}

#[test]
fn what_a_killed_runner_has_left_is_undone_from_its_journal() {
    let mut seen = Vec::new();
    let seeds = match crate::number("RESCC_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..crate::number("RESCC_SEEDS").unwrap_or(SEEDS),
    };
    let few = seeds.end - seeds.start < SEEDS;
    for seed in seeds {
        match kill(seed) {
            Ok(came) => seen.push(came),
            Err(broken) => {
                panic!("RESCC_SEED={seed} cargo test -p rescc-engine --test seeds killed: {broken}")
            }
        }
    }
    for came in [Came::TooLate, Came::Clean, Came::Undone, Came::NotUndone] {
        let count = seen.iter().filter(|other| **other == came).count();
        println!("{came:?}: {count}");
        assert!(few || count > 0, "no kill came to {came:?}");
    }
}
