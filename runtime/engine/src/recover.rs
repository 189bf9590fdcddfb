//! Undoes what a dead run has left, from its journal alone: what the keeper does when the runner is gone, and
//! what `rescc recover` does when both are.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::action::{Actions, UndoContext};
use rescc_core::environment::{Adapter, Environment, Leftovers};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::time::Clock;
use rescc_core::undo::{UndoRecord, UndoState};
use rescc_core::verdict::Verdict;

use crate::driver::within;
use crate::journal::{Entry, FileJournal, JournalError, Opened, Recorder};
use crate::run_dir::{RunDir, RunLock};
use crate::undo::undo_and_verify;

/// How often an undo is tried.
const ATTEMPTS: u32 = 3;

/// How long taking an environment down may take.
const DOWN_LIMIT: Duration = Duration::from_secs(120);

/// What a build of rescc can undo with.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The environments.
    pub adapters: Vec<Arc<dyn Adapter>>,
    /// The faults.
    pub actions: Arc<Actions>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What became of a dead run.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// What is known of the run.
    pub opened: Option<Opened>,
    /// Whether it was over already, with nothing left to do.
    pub was_closed: bool,
    /// Each undo that was open, and how it stands now.
    pub undos: Vec<(InjectionId, UndoState)>,
    /// Whether the environment is down; `Ok` says what was found and done.
    pub down: Result<String, Failure>,
}

// === impl Recovered ===

impl Recovered {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.down.is_ok() && self.undos.iter().all(|(_, state)| state.is_settled())
    }
}

// === impl Kit ===

impl Kit {
    /// An environment by the name of its adapter.
    #[must_use]
    pub fn adapter(&self, name: &str) -> Option<&Arc<dyn Adapter>> {
        self.adapters.iter().find(|adapter| adapter.spec().name == name)
    }
}

/// Undoes what a run has left. Whoever calls holds the lock of the run; `by` is who that is, for the journal.
///
/// # Errors
/// Where the journal can't be read at all.
pub async fn recover(dir: &RunDir, _lock: &RunLock, kit: &Kit, by: &str) -> Result<Recovered, JournalError> {
    if !dir.journal().exists() {
        // The runner ended before it had touched anything.
        return Ok(Recovered {
            opened: None,
            was_closed: true,
            undos: Vec::new(),
            down: Ok(String::new()),
        });
    }
    let (journal, contents) = FileJournal::resume(&dir.journal())?;
    let Some(opened) = contents.opened.clone() else {
        return Ok(Recovered {
            opened: None,
            was_closed: true,
            undos: Vec::new(),
            down: Ok(String::new()),
        });
    };
    let open = contents.open_undos();
    if contents.closed().is_some_and(|(_, undone)| undone) {
        return Ok(Recovered {
            opened: Some(opened),
            was_closed: true,
            undos: Vec::new(),
            down: Ok(String::new()),
        });
    }
    let environment = match reopen(kit, &opened, contents.notes()).await {
        Ok(environment) => environment,
        Err(failure) => {
            let failed = |record: UndoRecord| (record.injection, failed_state(&failure));
            let undos = open.into_iter().map(failed).collect();
            return Ok(Recovered {
                opened: Some(opened),
                was_closed: false,
                undos,
                down: Err(failure),
            });
        }
    };
    let mut undos = Vec::new();
    for record in open {
        let state = undo(kit, &environment, &record).await;
        // Undo never depends on being able to write: what can't be noted is done again next time.
        let _ = journal.append(&Entry::Mark {
            injection: record.injection.clone(),
            state: state.clone(),
        });
        undos.push((record.injection, state));
    }
    let down = within(&kit.clock, DOWN_LIMIT, async { environment.down().await })
        .await
        .map(|undone| undone.detail);
    if let Ok(detail) = &down {
        let _ = journal.append(&Entry::Down {
            detail: detail.clone(),
        });
    }
    let recovered = Recovered {
        opened: Some(opened),
        was_closed: false,
        undos,
        down,
    };
    if recovered.is_clean() {
        let _ = journal.append(&Entry::Closed {
            verdict: Verdict::Error,
            undone: true,
            by: by.to_owned(),
        });
    }
    Ok(recovered)
}

async fn reopen(
    kit: &Kit,
    opened: &Opened,
    notes: Vec<serde_json::Value>,
) -> Result<Arc<dyn Environment>, Failure> {
    let name = &opened.environment.adapter;
    let Some(adapter) = kit.adapter(name) else {
        let message = format!("this build of rescc has no environment `{name}`");
        return Err(Failure::new(ErrorClass::Unsupported, message).help("use the build that started the run"));
    };
    adapter
        .reopen(Leftovers {
            run: opened.run.clone(),
            notes,
            clock: Arc::clone(&kit.clock),
        })
        .await
}

async fn undo(kit: &Kit, environment: &Arc<dyn Environment>, record: &UndoRecord) -> UndoState {
    let Some(fault) = kit.actions.fault(&record.action) else {
        let message = format!("this build of rescc has no action `{}`", record.action);
        return failed_state(&Failure::new(ErrorClass::Unsupported, message));
    };
    let context = UndoContext {
        environment: Arc::clone(environment),
        clock: Arc::clone(&kit.clock),
    };
    let limit = fault.spec().undo_limit;
    let mut attempt = 1;
    loop {
        match within(&kit.clock, limit, undo_and_verify(&*fault, &context, record)).await {
            Ok(undone) => {
                return UndoState::Verified {
                    acted: undone.acted,
                    detail: undone.detail,
                };
            }
            Err(failure) if attempt >= ATTEMPTS => return failed_state(&failure),
            Err(_) => {
                kit.clock
                    .sleep_until(kit.clock.now().after(Duration::from_secs(u64::from(attempt))))
                    .await;
                attempt += 1;
            }
        }
    }
}

fn failed_state(failure: &Failure) -> UndoState {
    UndoState::Failed {
        why: failure.to_string(),
        command: "rescc recover".into(),
    }
}
