//! What a dead run has left: its processes. Its proxies and its room on disks went with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use rescc_core::async_trait;
use rescc_core::environment::{
    Disk, Environment, Fate, Fill, FillAmount, Freeze, Frozen, Incarnation, Leftovers, Lifecycle,
    PortEvidence, PortFault, Ports, Signals,
};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::{ProcessIdentity, ProcessNote};
use rescc_core::names::{InjectionId, RunId};
use rescc_core::resource::{Change, Instance, Phase};
use rescc_core::undo::Undone;
use rescc_process::{ProcessState, Tree, TreeState};

use crate::environment::{sweep, unknown};
use crate::powers::{FREEZE_LIMIT, fate_of, undone};
use crate::service::resource_of;
use crate::unit::incarnation;
use crate::wait::blocking;

/// How long processes may take to end after SIGTERM: what the spec says about that is not known here.
const GRACE: Duration = Duration::from_secs(5);

/// The environment of a run that is dead.
#[derive(Debug)]
pub(crate) struct Remains {
    run: RunId,
    /// All processes that were started for each instance, in order.
    noted: Arc<BTreeMap<String, Vec<ProcessIdentity>>>,
}

/// The answer where a proxy or a file was, which is gone with its holder.
const HOLDER_GONE: &str = "its holder is gone, nothing is left";

fn over(what: &str) -> Failure {
    Failure::new(
        ErrorClass::Unsupported,
        format!("{what}: the run is over, and its environment is only taken down"),
    )
}

// === impl Remains ===

impl Remains {
    pub(crate) fn new(left: Leftovers) -> Self {
        let mut noted: BTreeMap<String, Vec<ProcessIdentity>> = BTreeMap::new();
        for note in left.notes.iter().filter_map(ProcessNote::read) {
            noted.entry(note.instance).or_default().push(note.identity);
        }
        Self {
            run: left.run,
            noted: Arc::new(noted),
        }
    }

    fn processes(&self, instance: &str) -> Result<&[ProcessIdentity], Failure> {
        self.noted
            .get(instance)
            .map(Vec::as_slice)
            .ok_or_else(|| unknown(instance, self.noted.keys()))
    }

    fn trees(&self, instance: &str) -> Result<Vec<Tree>, Failure> {
        let tree = |main: &ProcessIdentity| Tree::new(main.clone(), self.run.clone(), instance);
        Ok(self.processes(instance)?.iter().map(tree).collect())
    }

    /// The main process of an instance that lives.
    fn living(&self, instance: &str) -> Result<Option<ProcessIdentity>, Failure> {
        for identity in self.noted.get(instance).into_iter().flatten().rev() {
            if matches!(
                rescc_process::state(identity)?,
                ProcessState::Running | ProcessState::Stopped
            ) {
                return Ok(Some(identity.clone()));
            }
        }
        Ok(None)
    }

    fn look_at(&self, instance: &str) -> Result<Instance, Failure> {
        let mut members = Vec::new();
        for tree in self.trees(instance)? {
            members.extend(tree.members()?);
        }
        let main = self.living(instance)?;
        let stopped = members.iter().all(|member| member.state == ProcessState::Stopped);
        let phase = match &main {
            _ if members.is_empty() => Phase::Absent,
            _ if stopped => Phase::Paused,
            Some(_) => Phase::Running,
            None => Phase::Stopped,
        };
        let remark = match (&main, members.is_empty()) {
            (_, true) => "nothing is left of it".to_owned(),
            (Some(main), _) => format!("left behind as process {}", main.pid),
            (None, _) => "its main process has ended, others of it live".to_owned(),
        };
        Ok(Instance {
            name: instance.to_owned(),
            resource: resource_of(instance).to_owned(),
            kind: "process".into(),
            labels: BTreeMap::new(),
            image: None,
            phase,
            healthy: None,
            restarts: 0,
            remark,
        })
    }
}

/// Ends whatever lives of a run. How many processes that were.
fn end(run: &RunId, noted: &BTreeMap<String, Vec<ProcessIdentity>>) -> Result<usize, Failure> {
    let mut living: Vec<ProcessIdentity> = Vec::new();
    for (instance, processes) in noted {
        for main in processes {
            let members = Tree::new(main.clone(), run.clone(), instance.clone()).members()?;
            living.extend(members.into_iter().map(|member| member.identity));
        }
    }
    living.extend(
        rescc_process::marked(run)?
            .into_iter()
            .map(|marked| marked.identity),
    );
    living.sort();
    living.dedup();
    let left = rescc_process::stop_all(&living, GRACE)?;
    let ended = living.len() - left.len() + sweep(run)?;
    if left.is_empty() {
        return Ok(ended);
    }
    let pids: Vec<String> = left.iter().map(|process| process.pid.to_string()).collect();
    let what = format!(
        "processes of the run do not end, not even by SIGKILL: {}",
        pids.join(", ")
    );
    Err(Failure::new(ErrorClass::Timeout, what)
        .help("such a process hangs in the kernel or belongs to another user"))
}

#[async_trait]
impl Environment for Remains {
    async fn list(&self) -> Result<Vec<Instance>, Failure> {
        let all = self
            .noted
            .keys()
            .map(|instance| self.look_at(instance))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(all
            .into_iter()
            .filter(|instance| instance.phase != Phase::Absent)
            .collect())
    }

    async fn up(&self) -> Result<(), Failure> {
        Err(over("nothing is brought up"))
    }

    async fn down(&self) -> Result<Undone, Failure> {
        let (run, noted) = (self.run.clone(), Arc::clone(&self.noted));
        let ended = blocking(move || end(&run, &noted)).await?;
        Ok(undone(
            ended > 0,
            format!("{ended} processes ended; no process bears the mark of the run"),
        ))
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        stream::pending().boxed()
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

#[async_trait]
impl Lifecycle for Remains {
    async fn start(&self, _instance: &str) -> Result<Undone, Failure> {
        Err(over("nothing is started"))
    }

    async fn stop(&self, instance: &str, grace: Duration) -> Result<Undone, Failure> {
        let trees = self.trees(instance).unwrap_or_default();
        blocking(move || {
            let (mut ended, mut left) = (0, Vec::new());
            for tree in trees {
                let members: Vec<_> = tree
                    .members()?
                    .into_iter()
                    .map(|member| member.identity)
                    .collect();
                let stubborn = rescc_process::stop_all(&members, grace)?;
                ended += members.len() - stubborn.len();
                let (more, rest) = tree.kill()?;
                ended += more;
                left.extend(rest);
            }
            if left.is_empty() {
                return Ok(undone(ended > 0, format!("{ended} processes ended")));
            }
            Err(Failure::new(
                ErrorClass::Timeout,
                format!("{} processes do not end, not even by SIGKILL", left.len()),
            ))
        })
        .await
    }

    async fn restart(&self, _instance: &str, _grace: Duration) -> Result<Undone, Failure> {
        Err(over("nothing is started"))
    }

    async fn look(&self, instance: &str) -> Result<Instance, Failure> {
        let seen = self.look_at(instance)?;
        if matches!(seen.phase, Phase::Absent | Phase::Stopped) {
            // The environment ends with its run: what has ended is not to be brought back, and nobody holds it.
            return Err(Failure::new(
                ErrorClass::NotFound,
                format!("`{instance}` ended with its run"),
            ));
        }
        Ok(seen)
    }
}

#[async_trait]
impl Signals for Remains {
    async fn signal(&self, instance: &str, signal: i32) -> Result<Incarnation, Failure> {
        let main = self.living(instance)?;
        match main {
            Some(main) if rescc_process::signal(&main, signal)? => Ok(incarnation(&main)),
            _ => Err(Failure::new(
                ErrorClass::NotFound,
                format!("`{instance}` does not run any more"),
            )),
        }
    }

    async fn fate(&self, instance: &str, of: &Incarnation) -> Result<Fate, Failure> {
        for identity in self.processes(instance)? {
            if incarnation(identity) == *of {
                let state = rescc_process::state(identity)?;
                let lives = matches!(state, ProcessState::Running | ProcessState::Stopped);
                return Ok(if lives { Fate::Alive } else { fate_of(None) });
            }
        }
        Err(Failure::new(
            ErrorClass::NotFound,
            format!("`{instance}` never was process `{}`", of.0),
        ))
    }

    async fn incarnation(&self, instance: &str) -> Result<Option<Incarnation>, Failure> {
        Ok(self.living(instance)?.as_ref().map(incarnation))
    }
}

#[async_trait]
impl Freeze for Remains {
    async fn freeze(&self, _instance: &str) -> Result<Incarnation, Failure> {
        Err(over("nothing is held"))
    }

    async fn thaw(&self, instance: &str) -> Result<Undone, Failure> {
        // What was never started is not held.
        let trees = self.trees(instance).unwrap_or_default();
        let name = instance.to_owned();
        blocking(move || {
            let mut any = false;
            for tree in trees {
                let (acted, state) = tree.thaw(FREEZE_LIMIT)?;
                any |= acted;
                if state == TreeState::Held {
                    return Err(Failure::new(
                        ErrorClass::Timeout,
                        format!("`{name}` is still held after SIGCONT"),
                    ));
                }
            }
            Ok(if any {
                undone(true, "let go")
            } else {
                undone(false, "it was not held, or is gone")
            })
        })
        .await
    }

    async fn state(&self, instance: &str) -> Result<Frozen, Failure> {
        let Some(main) = self.living(instance)? else {
            return Ok(Frozen::Gone);
        };
        let tree = Tree::new(main.clone(), self.run.clone(), instance);
        Ok(match blocking(move || Ok(tree.state()?)).await? {
            TreeState::Held => Frozen::Held(incarnation(&main)),
            TreeState::Running => Frozen::Running,
            TreeState::Gone => Frozen::Gone,
        })
    }
}

#[async_trait]
impl Ports for Remains {
    async fn add(
        &self,
        _instance: &str,
        _port: Option<&str>,
        _id: &InjectionId,
        _fault: PortFault,
    ) -> Result<(), Failure> {
        Err(over("no fault is added"))
    }

    async fn remove(&self, _id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(None)
    }

    async fn evidence(&self, _id: &InjectionId) -> Result<Option<PortEvidence>, Failure> {
        Ok(None)
    }
}

#[async_trait]
impl Disk for Remains {
    async fn fill(
        &self,
        _instance: &str,
        _folder: &str,
        _id: &InjectionId,
        _amount: FillAmount,
    ) -> Result<(), Failure> {
        Err(over("no room is taken"))
    }

    async fn release(&self, _id: &InjectionId) -> Result<Undone, Failure> {
        Ok(undone(false, HOLDER_GONE))
    }

    async fn held(&self, _id: &InjectionId) -> Result<Option<Fill>, Failure> {
        Ok(None)
    }
}
