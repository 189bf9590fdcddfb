//! `rescc recover`: undoes what dead runs have left behind.

use std::fmt::Write as _;

use rescc_core::names::RunId;
use rescc_core::report::{FORMAT_VERSION, InjectionReport, RunReport};
use rescc_core::undo::UndoState;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};
use rescc_engine::recover::Recovered;
use rescc_engine::run_dir::RunDir;

use crate::cli::RecoverArgs;
use crate::exit::{self, Trouble};
use crate::kit::Kit;
use crate::output::{self, Stream};
use crate::state;

pub(crate) fn run(arguments: &RecoverArgs) -> Result<u8, Trouble> {
    let folder = state::folder(arguments.state.folder.as_ref())?;
    if !folder.is_dir() {
        output::write(
            Stream::Out,
            &format!("no run was ever kept in {}\n", folder.display()),
        );
        return Ok(exit::OK);
    }
    let runs = match &arguments.run {
        Some(name) => {
            let run =
                RunId::parse(name).ok_or_else(|| Trouble::usage(format!("`{name}` is no name of a run")))?;
            let dir = RunDir::open(&folder, &run).map_err(|error| Trouble::usage(error.to_string()))?;
            vec![dir]
        }
        None => {
            RunDir::all(&folder).map_err(|error| Trouble::error(format!("{}: {error}", folder.display())))?
        }
    };
    let runtime = super::run::runtime()?;
    let kit = Kit::new().for_recovery();
    let mut text = String::new();
    let (mut code, mut touched) = (exit::OK, 0);
    for dir in runs {
        let mut ended = false;
        let lock = match dir.try_lock() {
            Ok(Some(lock)) => lock,
            Ok(None)
                if arguments.run.is_some() || is_ending(&dir) || {
                    ended = end_hung_runner(&dir);
                    ended
                } =>
            {
                match wait_for_lock(&dir) {
                    Some(lock) => lock,
                    None => {
                        let _ = writeln!(
                            text,
                            "{}: still running, left alone (Ctrl-C in its terminal ends and undoes it)",
                            dir.run()
                        );
                        if arguments.run.is_some() {
                            code = exit::REFUSED;
                        }
                        continue;
                    }
                }
            }
            Ok(None) => {
                let _ = writeln!(text, "{}: still running, left alone", dir.run());
                continue;
            }
            Err(error) => {
                let _ = writeln!(text, "{}: can't be locked: {error}", dir.run());
                code = exit::NOT_UNDONE;
                continue;
            }
        };
        match runtime.block_on(rescc_engine::recover::recover(&dir, &lock, &kit, "recover")) {
            Ok(recovered) if recovered.was_closed => {
                if ended {
                    let _ = writeln!(
                        text,
                        "{}: its runner was stopped; it was ended, and its keeper has undone",
                        dir.run()
                    );
                } else if arguments.run.is_some() {
                    let _ = writeln!(text, "{}: nothing was left", dir.run());
                }
            }
            Ok(recovered) => {
                touched += 1;
                describe(&mut text, &dir, &recovered);
                save_lost_report(&dir, &recovered, "recover");
                if !recovered.is_clean() {
                    code = exit::NOT_UNDONE;
                }
            }
            Err(error) => {
                let _ = writeln!(text, "{}: {error}", dir.run());
                code = exit::NOT_UNDONE;
            }
        }
    }
    if touched == 0 && code == exit::OK && text.is_empty() {
        text.push_str("nothing was left behind\n");
    }
    output::write(Stream::Out, &text);
    Ok(code)
}

/// Whether the runner is gone: then its keeper holds the lock, and is about to undo.
fn is_ending(dir: &RunDir) -> bool {
    let Ok(contents) = rescc_engine::journal::read(&dir.journal()) else {
        return false;
    };
    let state = contents.opened.map(|opened| rescc_process::state(&opened.runner));
    matches!(
        state,
        Some(Ok(
            rescc_process::ProcessState::Gone | rescc_process::ProcessState::Zombie
        ))
    )
}

/// Whether the holder of a lock is stopped and will never undo by itself; then it is ended, and its keeper or we
/// undo.
fn end_hung_runner(dir: &RunDir) -> bool {
    let Ok(contents) = rescc_engine::journal::read(&dir.journal()) else {
        return false;
    };
    let Some(opened) = contents.opened else {
        return false;
    };
    if !matches!(
        rescc_process::state(&opened.runner),
        Ok(rescc_process::ProcessState::Stopped)
    ) {
        return false;
    }
    matches!(rescc_process::Handle::open(&opened.runner), Ok(Some(handle)) if handle.signal(9).unwrap_or(false))
}

/// Waits a little for a holder that is ending, such as a keeper that undoes.
fn wait_for_lock(dir: &RunDir) -> Option<rescc_engine::run_dir::RunLock> {
    for _ in 0..300 {
        if let Ok(Some(lock)) = dir.try_lock() {
            return Some(lock);
        }
        let nap = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 100_000_000,
        };
        let _ = rustix::event::poll(&mut [], Some(&nap));
        let running = rescc_engine::journal::read(&dir.journal())
            .ok()
            .and_then(|contents| contents.opened)
            .is_some_and(|opened| {
                matches!(
                    rescc_process::state(&opened.runner),
                    Ok(rescc_process::ProcessState::Running)
                )
            });
        if running {
            return None;
        }
    }
    None
}

fn describe(text: &mut String, dir: &RunDir, recovered: &Recovered) {
    let spec = recovered
        .opened
        .as_ref()
        .map(|opened| format!(" ({}, {})", opened.spec, opened.workflow))
        .unwrap_or_default();
    let _ = writeln!(text, "{}{spec}", dir.run());
    for (injection, state) in &recovered.undos {
        match state {
            UndoState::Verified { detail, .. } => {
                let _ = writeln!(text, "  undone      {injection}: {detail}");
            }
            UndoState::Failed { why, command } => {
                let _ = writeln!(
                    text,
                    "  NOT UNDONE  {injection}: {why}\n              try `{command}` again"
                );
            }
            UndoState::NotApplied | UndoState::Open => {
                let _ = writeln!(text, "  untouched   {injection}");
            }
        }
    }
    match &recovered.down {
        Ok(detail) => {
            let _ = writeln!(text, "  taken down  {detail}");
        }
        Err(failure) => {
            let _ = writeln!(
                text,
                "  NOT DOWN    {failure}\n              try `rescc recover` again"
            );
        }
    }
}

/// Writes into the history how a run ended that could not say so itself. A report that is there stays.
pub(super) fn save_lost_report(dir: &RunDir, recovered: &Recovered, by: &str) {
    let (Some(opened), false) = (&recovered.opened, dir.report().exists()) else {
        return;
    };
    let undone = recovered.is_clean();
    let message = format!("the runner was ended from outside; {by} took back what it had left");
    let injections = recovered.undos.iter().map(|(injection, undo)| InjectionReport {
        injection: injection.clone(),
        action: String::new(),
        instance: injection.0.split('/').nth(1).unwrap_or_default().to_owned(),
        evidence: String::new(),
        undo: undo.clone(),
    });
    let report = RunReport {
        format_version: FORMAT_VERSION.into(),
        rescc_version: env!("CARGO_PKG_VERSION").into(),
        run: opened.run.clone(),
        spec: opened.spec.clone(),
        workflow: opened.workflow.clone(),
        environment: opened.environment.name.clone(),
        seed: 0,
        started: opened.wall,
        duration: std::time::Duration::ZERO,
        verdict: Verdict::Error,
        exit_code: RunReport::exit(Verdict::Error, undone) as u8,
        undone,
        aborted_by: Some(message.clone()),
        reasons: vec![Reason::new(Verdict::Error, ReasonCode::RunnerLost, "", message)],
        expectations: Vec::new(),
        steps: Vec::new(),
        injections: injections.collect(),
        heals: Vec::new(),
        probes: Vec::new(),
        events: Vec::new(),
    };
    // The undo is what counts; a history that can't be written changes nothing about it.
    let _ = std::fs::write(dir.report(), rescc_report::json(&report));
}
