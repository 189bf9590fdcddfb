//! The environment of a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{BoxStream, StreamExt};
use rescc_core::async_trait;
use rescc_core::environment::{Disk, Environment, Freeze, Lifecycle, Ports, Setup, Signals};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::ProcessHost;
use rescc_core::names::RunId;
use rescc_core::resource::{Change, Instance, Phase};
use rescc_core::sync::Lock;
use rescc_core::undo::Undone;
use tokio::task::JoinHandle;

use crate::disk::Disks;
use crate::fates::Fates;
use crate::front::Fronts;
use crate::hub::Hub;
use crate::output;
use crate::ports::Pool;
use crate::powers::undone;
use crate::service::{Service, port_variable};
use crate::supervisor::{Command, Orders, Supervisor};
use crate::unit::{Shared, Unit};
use crate::wait::{blocking, within};

/// Processes of this machine, as one program binds them.
#[derive(Debug)]
pub(crate) struct LocalEnvironment {
    shared: Arc<Shared>,
    services: Vec<Arc<Service>>,
    units: BTreeMap<String, Arc<Unit>>,
    disks: Disks,
    seed: u64,
    running: Lock<Running>,
}

/// What runs while it is up.
#[derive(Debug, Default)]
struct Running {
    begun: bool,
    orders: BTreeMap<String, Orders>,
    tasks: Vec<JoinHandle<()>>,
}

// === impl LocalEnvironment ===

impl LocalEnvironment {
    pub(crate) fn open(setup: Setup) -> Result<Self, Failure> {
        let folder = std::path::absolute(&setup.folder)?;
        let state = std::path::absolute(&setup.state)?;
        let services = read_services(&setup, &folder)?;
        let declared = services
            .iter()
            .flat_map(|service| service.ports.values().chain(service.fixed.values()).copied());
        let shared = Arc::new(Shared {
            run: setup.run.clone(),
            clock: Arc::clone(&setup.clock),
            state_folder: state.clone(),
            host: setup.host,
            hub: Arc::new(Hub::new()),
            fates: Fates::new(),
            fronts: Fronts::default(),
            pool: Pool::new(declared),
        });
        let mut units = BTreeMap::new();
        for service in &services {
            for number in 1..=service.copies {
                let unit = Unit::new(Arc::clone(&shared), Arc::clone(service), number);
                units.insert(unit.name.clone(), Arc::new(unit));
            }
        }
        let disks = Disks::new(setup.run, setup.clock, folder, state);
        Ok(Self {
            shared,
            services,
            units,
            disks,
            seed: setup.seed,
            running: Lock::default(),
        })
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn disks(&self) -> &Disks {
        &self.disks
    }

    pub(crate) fn unit(&self, instance: &str) -> Result<&Arc<Unit>, Failure> {
        self.units
            .get(instance)
            .ok_or_else(|| unknown(instance, self.units.keys()))
    }

    pub(crate) fn orders(&self, instance: &str) -> Result<Orders, Failure> {
        self.unit(instance)?;
        self.running
            .with(|running| running.orders.get(instance).cloned())
            .ok_or_else(|| {
                Failure::new(
                    ErrorClass::NotFound,
                    format!("`{instance}` is not there: the environment is not up"),
                )
            })
    }

    /// Starts the tasks that look after the copies.
    fn supervise(&self, host: &Arc<dyn ProcessHost>) {
        let mut exits = host.exits();
        let shared = Arc::clone(&self.shared);
        let news = tokio::spawn(async move {
            while let Some(exit) = exits.next().await {
                shared.fates.record(exit);
            }
        });
        self.running.with(|running| {
            running.tasks.push(news);
            for (name, unit) in &self.units {
                unit.with(|state| {
                    state.instance.phase = Phase::Absent;
                    state.instance.healthy = Some(false);
                });
                let (supervisor, orders) = Supervisor::new(Arc::clone(unit));
                running.orders.insert(name.clone(), orders);
                running.tasks.push(tokio::spawn(supervisor.run()));
            }
        });
    }

    async fn start_all(&self) -> Result<(), Failure> {
        let starts = self.units.keys().map(|name| Lifecycle::start(self, name));
        join_all(starts)
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let ready = self.units.values().map(|unit| self.until_ready(unit));
        // All at once, and the first by name that fails; each has a limit.
        futures_util::future::try_join_all(ready).await.map(drop)
    }

    /// Waits until a copy is healthy.
    async fn until_ready(&self, unit: &Unit) -> Result<(), Failure> {
        let mut changes = self.shared.hub.watch();
        let look = async {
            loop {
                changes.borrow_and_update();
                let instance = unit.instance();
                if instance.healthy == Some(true) {
                    return Ok(());
                }
                if instance.phase == Phase::Stopped && !unit.service.restart {
                    return Err(unit
                        .with(|state| state.start_failure.clone())
                        .unwrap_or_else(|| ended_early(unit)));
                }
                if changes.changed().await.is_err() {
                    return Err(Failure::new(
                        ErrorClass::NotFound,
                        "the environment was taken down",
                    ));
                }
            }
        };
        let result = within(&*self.shared.clock, unit.service.start_limit, look).await;
        result.unwrap_or_else(|| Err(never_ready(unit)))
    }

    async fn stop_all(&self) -> (usize, Option<Failure>) {
        let orders = self.running.with(|running| running.orders.clone());
        let stops = orders.iter().map(|(name, orders)| {
            let grace = self
                .units
                .get(name)
                .map_or(Duration::ZERO, |unit| unit.service.stop_grace);
            orders.give(move |reply| Command::Stop(grace, reply))
        });
        let results = join_all(stops).await;
        let stopped = results.iter().flatten().filter(|undone| undone.acted).count();
        (stopped, results.into_iter().find_map(Result::err))
    }

    fn dismiss(&self) {
        self.running.with(|running| {
            running.orders.clear();
            running.tasks.drain(..).for_each(|task| task.abort());
        });
    }
}

impl Drop for LocalEnvironment {
    fn drop(&mut self) {
        // What runs is left to its parent.
        self.dismiss();
    }
}

#[async_trait]
impl Environment for LocalEnvironment {
    async fn list(&self) -> Result<Vec<Instance>, Failure> {
        Ok(self.units.values().map(|unit| unit.instance()).collect())
    }

    async fn up(&self) -> Result<(), Failure> {
        let Some(host) = &self.shared.host else {
            return Err(Failure::new(
                ErrorClass::Unsupported,
                "nothing can be started here: this is only a plan",
            ));
        };
        if self
            .running
            .with(|running| std::mem::replace(&mut running.begun, true))
        {
            return Err(Failure::new(
                ErrorClass::Conflict,
                "the environment was brought up already",
            ));
        }
        self.shared.fronts.open(&self.services, self.seed)?;
        self.supervise(host);
        let result = self.start_all().await;
        if result.is_err() {
            // The first failure is what counts.
            let _ = self.down().await;
        }
        result
    }

    async fn down(&self) -> Result<Undone, Failure> {
        let faults = self.shared.fronts.remove_all();
        let fills = self.disks.release_all().await;
        let (stopped, mut failure) = self.stop_all().await;
        self.dismiss();
        let closed = self.shared.fronts.close(&*self.shared.clock).await;
        let run = self.shared.run.clone();
        let swept = blocking(move || sweep(&run)).await;
        for unit in self.units.values() {
            let began = self.running.with(|running| running.begun);
            unit.update_by_us(|state| {
                if began && state.life.is_none() {
                    state.instance.phase = Phase::Absent;
                    state.instance.healthy = Some(false);
                }
            });
        }
        let (fills, closed, swept) = match (fills, closed, swept) {
            (Ok(fills), Ok(closed), Ok(swept)) if failure.is_none() => (fills, closed, swept),
            (fills, closed, swept) => {
                failure = failure.or(swept.err()).or(closed.err()).or(fills.err());
                return Err(
                    failure.unwrap_or_else(|| Failure::new(ErrorClass::Permanent, "it was not taken down"))
                );
            }
        };
        let acted = faults + fills + stopped + closed + swept > 0;
        let detail = format!(
            "{stopped} instances stopped, {swept} other processes ended, {closed} ports closed; no process bears the mark of the run"
        );
        Ok(undone(acted, detail))
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        self.shared.hub.changes()
    }

    fn lifecycle(&self) -> Option<&dyn Lifecycle> {
        Some(self)
    }

    fn signals(&self) -> Option<&dyn Signals> {
        Some(self)
    }

    fn freeze(&self) -> Option<&dyn Freeze> {
        Some(self)
    }

    fn ports(&self) -> Option<&dyn Ports> {
        Some(self)
    }

    fn disk(&self) -> Option<&dyn Disk> {
        Some(self)
    }
}

/// The failure of an instance that there is not.
pub(crate) fn unknown<'a>(instance: &str, known: impl Iterator<Item = &'a String>) -> Failure {
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    let help = if known.is_empty() {
        "there is none".into()
    } else {
        format!("there are {}", known.join(", "))
    };
    Failure::new(ErrorClass::NotFound, format!("there is no instance `{instance}`")).help(help)
}

/// Ends whatever still bears the mark of a run. How many processes that were.
pub(crate) fn sweep(run: &RunId) -> Result<usize, Failure> {
    let swept = rescc_process::sweep(run, &[])?;
    if swept.left.is_empty() {
        return Ok(swept.killed);
    }
    let pids: Vec<String> = swept
        .left
        .iter()
        .map(|left| left.identity.pid.to_string())
        .collect();
    let what = format!(
        "processes of the run are left that do not end: {}",
        pids.join(", ")
    );
    Err(Failure::new(ErrorClass::Timeout, what)
        .help("such a process hangs in the kernel or belongs to another user"))
}

fn read_services(setup: &Setup, folder: &Path) -> Result<Vec<Arc<Service>>, Failure> {
    let mut services = Vec::new();
    let mut owners: BTreeMap<u16, String> = BTreeMap::new();
    for (name, locator) in &setup.program.environment.bind {
        let service = Service::read(name, locator, folder)?;
        for (port, &number) in service.ports.iter().chain(&service.fixed) {
            let owner = format!("`{port}` of `{name}`");
            if let Some(other) = owners.insert(number, owner.clone()) {
                let what = format!("port {number} is wanted by {other} and by {owner}");
                return Err(Failure::new(ErrorClass::Conflict, what).help("give one of them another port"));
            }
        }
        services.push(Arc::new(service));
    }
    Ok(services)
}

fn ended_early(unit: &Unit) -> Failure {
    let remark = unit.instance().remark;
    let what = format!(
        "`{}` ended before it was healthy: {remark}{}",
        unit.name,
        shown_output(unit)
    );
    Failure::new(ErrorClass::Permanent, what).help(
        port_help(&unit.service)
            .unwrap_or_else(|| format!("its whole output is in `{}`", unit.output().display())),
    )
}

fn never_ready(unit: &Unit) -> Failure {
    let limit = rescc_core::text::duration(unit.service.start_limit);
    let remark = unit.instance().remark;
    let what = format!(
        "`{}` was not healthy within {limit}: it {remark}{}",
        unit.name,
        shown_output(unit)
    );
    let help = port_help(&unit.service).unwrap_or_else(|| "give it more time by `start_limit`".into());
    Failure::new(ErrorClass::Timeout, what).help(help)
}

fn shown_output(unit: &Unit) -> String {
    match output::tail(&unit.output()) {
        lines if lines.is_empty() => "; it has written nothing".to_owned(),
        lines => format!("; its last output:{lines}"),
    }
}

/// What is most often wrong with a program that has ports.
fn port_help(service: &Service) -> Option<String> {
    let name = service.main_port_name()?;
    let Some(port) = service.ports.get(name) else {
        return Some(format!(
            "it must listen on 127.0.0.1, port {}",
            service.fixed.get(name)?
        ));
    };
    Some(format!(
        "it must listen on 127.0.0.1, on its private port: use `${{port.{name}}}` in its command, or the variable `{}`; if it can only listen on {port}, declare that under `fixed_ports`",
        port_variable(name)
    ))
}
