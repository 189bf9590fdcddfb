//! A run in the simulated environment: nothing is touched, time is imagined, so there is no keeper and no journal.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use rescc_adapter_sim::SimRuntime;
use rescc_core::names::RunId;
use rescc_core::report::RunReport;
use rescc_engine::driver::{Nobody, Session, drive};
use rescc_engine::journal::{Entry, Recorder};
use tokio::sync::mpsc;

use super::super::compile::{dice, make_plan, open};
use super::{Call, Work};
use crate::exit::Trouble;
use crate::progress::{Progress, Sinks, open_events};

/// Nothing that is imagined must be remembered.
#[derive(Debug)]
struct Forgetful;

impl Recorder for Forgetful {
    fn append(&self, _: &Entry) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn run(call: &Call<'_>, work: Work) -> Result<RunReport, Trouble> {
    let seed = if let Work::Plan(plan) = &work {
        plan.seed
    } else {
        call.seed
    };
    let mut runtime = SimRuntime::new(seed);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    let run = RunId::new(clock.wall(), dice());
    let events = call.arguments.events.as_deref().map(open_events).transpose()?;
    let progress = Arc::new(Progress::start(Sinks {
        quiet: call.arguments.quiet,
        history: None,
        events,
    }));
    let listener = Arc::clone(&progress);
    let result = runtime.block_on(async {
        let place = (std::env::temp_dir(), None);
        let (plan, environment) = match work {
            Work::Plan(plan) => {
                let program = Arc::new(plan.program.clone());
                let folder = plan.folder.clone();
                let environment = open(
                    &call.kit,
                    &program,
                    &run,
                    seed,
                    Arc::clone(&clock),
                    folder.as_ref(),
                    place,
                )
                .await?;
                (*plan, environment)
            }
            Work::Spec { compiled, workflow } => {
                let environment = open(
                    &call.kit,
                    &compiled.program,
                    &run,
                    seed,
                    Arc::clone(&clock),
                    &compiled.folder,
                    place,
                )
                .await?;
                (
                    make_plan(&call.kit, &compiled, &workflow, seed, &environment).await?,
                    environment,
                )
            }
        };
        let probers: BTreeMap<_, _> = plan
            .program
            .probes
            .keys()
            .filter_map(|name| Some((name.clone(), environment.prober(name)?)))
            .collect();
        // Nobody interrupts what takes no time; the sender lives as long as the run.
        let (_sender, interrupts) = mpsc::channel(1);
        let plan = Arc::new(plan);
        let session = Session {
            run: run.clone(),
            plan: Arc::clone(&plan),
            catalogue: Arc::clone(&call.kit.catalogue),
            environment,
            actions: Arc::clone(&call.kit.actions),
            probers,
            clock: Arc::clone(&clock),
            spawner,
            recorder: Arc::new(Forgetful),
            watchdog: Arc::new(Nobody),
            listener,
            interrupts,
        };
        let outcome = drive(session).await;
        Ok(super::report(call, &run, &plan, outcome))
    });
    progress.finish();
    let report = result.map_err(|error| Trouble::error(format!("the simulation stood still: {error}")))??;
    super::show(call, &report, None);
    Ok(report)
}
