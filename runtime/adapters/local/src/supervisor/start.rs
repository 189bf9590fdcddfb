//! Starting a process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::ProcessIdentity;
use rescc_core::resource::Phase;
use rescc_core::undo::Undone;

use super::{FIRST_BACKOFF, Supervisor, done};
use crate::health::{Check, INTERVAL};
use crate::ports;
use crate::unit::{Life, incarnation};
use crate::wait::{blocking, within};

/// How long the parent may take to start a process.
const SPAWN_LIMIT: Duration = Duration::from_secs(30);
/// How often a process that lost its private port to somebody else is started with another.
pub(super) const PORT_TRIES: u32 = 3;

// === impl Supervisor ===

impl Supervisor {
    /// Whether a process that has ended and never was healthy may have lost a port of its own to somebody else. Between
    /// the moment a free port was found and the moment the program opens it, anybody may take it.
    pub(super) async fn lost_a_port(&mut self, life: &Life) -> bool {
        if life.ready || life.ports.values().all(|&port| ports::is_free(port)) {
            return false;
        }
        // It may be a process that it started itself.
        let tree = self.unit.tree(&life.identity);
        let _ = blocking(move || Ok(tree.kill()?)).await;
        life.ports.values().any(|&port| !ports::is_free(port))
    }

    pub(super) async fn start_on_order(&mut self) -> Result<Undone, Failure> {
        if let Some(life) = self.unit.life() {
            return Ok(done(
                false,
                format!("it runs already, as process {}", life.identity.pid),
            ));
        }
        self.backoff = FIRST_BACKOFF;
        self.ports_lost = 0;
        let identity = self.start(true).await?;
        Ok(done(
            true,
            format!("started as process {}", incarnation(&identity).0),
        ))
    }

    /// Starts the process; `ours` says whether by an operation of ours. A failure is kept with the copy.
    pub(super) async fn start(&mut self, ours: bool) -> Result<ProcessIdentity, Failure> {
        self.restart_at = None;
        self.unit.with(|state| {
            state.lifted = ours;
            state.start_failure = None;
        });
        self.unit.update(|state| {
            state.instance.phase = Phase::Starting;
            state.instance.healthy = Some(false);
            state.instance.remark = "starts".into();
        });
        let result = self.spawn().await;
        if let Err(failure) = &result {
            self.unit.update(|state| {
                state.instance.phase = Phase::Stopped;
                state.instance.remark.clone_from(&failure.message);
                state.start_failure = Some(failure.clone());
            });
        }
        result
    }

    async fn spawn(&mut self) -> Result<ProcessIdentity, Failure> {
        let (unit, service) = (&self.unit, &self.unit.service);
        let shared = &unit.shared;
        let host = shared.host.as_ref().ok_or_else(|| {
            Failure::new(
                ErrorClass::Unsupported,
                format!("`{}` can't be started: this is only a plan", unit.name),
            )
        })?;
        for (name, &port) in &service.fixed {
            if !ports::is_free(port) {
                return Err(ports::conflict(&service.name, name, port));
            }
        }
        let output = unit.output();
        if let Some(folder) = output.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::from(error).during(format_args!("making the folder `{}`", folder.display()))
            })?;
        }
        let private = shared.pool.take(service.ports.keys())?;
        let started = match service.request(&unit.name, &shared.run, &private, output) {
            Ok(request) => {
                let program = request.command.first().cloned().unwrap_or_default();
                within(&*shared.clock, SPAWN_LIMIT, host.spawn(request))
                    .await
                    .unwrap_or_else(|| {
                        let time = rescc_core::text::duration(SPAWN_LIMIT);
                        Err(Failure::new(
                            ErrorClass::Timeout,
                            format!("no answer within {time}"),
                        ))
                    })
                    .map_err(|failure| explain(failure, &unit.name, &program))
            }
            Err(failure) => Err(failure),
        };
        let identity = match started {
            Ok(identity) => identity,
            Err(failure) => {
                shared.pool.give_back(&private);
                return Err(failure);
            }
        };
        self.live(Life {
            identity: identity.clone(),
            ports: private,
            begun: shared.clock.now(),
            ready: false,
            signals: BTreeMap::new(),
        });
        Ok(identity)
    }

    fn live(&mut self, life: Life) {
        let begun = life.begun;
        // Without a port all that can be seen is that it does not end at once.
        let wait = if self.unit.service.check_of(&life.ports) == Check::Life {
            INTERVAL
        } else {
            Duration::ZERO
        };
        let (shared, identity) = (Arc::clone(&self.unit.shared), life.identity.clone());
        self.end = Some(Box::pin(async move {
            shared.fates.end_of(&*shared.clock, &identity).await
        }));
        self.unit.update(|state| state.life = Some(life));
        self.check_at(begun.after(wait));
    }
}

fn explain(failure: Failure, instance: &str, program: &str) -> Failure {
    let help = match failure.class {
        _ if !failure.help.is_empty() => failure.help.clone(),
        ErrorClass::NotFound if program.contains('/') => {
            format!("is `{program}` there, and the folder it starts in?")
        }
        ErrorClass::NotFound => format!("is `{program}` installed, and in a folder of `PATH`?"),
        ErrorClass::Permission => format!("is `{program}` a program that may be run?"),
        _ => String::new(),
    };
    failure
        .during(format_args!("starting `{instance}` (`{program}`)"))
        .help(help)
}
