//! `rescc __keeper`: outlives the runner and undoes what it has left.

use std::os::unix::net::UnixStream;
use std::path::Path;

use rescc_core::host::ProcessIdentity;
use rescc_core::names::RunId;
use rescc_engine::keeper::{Ended, serve};
use rescc_engine::run_dir::RunDir;

use crate::exit::{self, Trouble};
use crate::kit::Kit;

pub(crate) fn run(path: &Path, runner: &str) -> Result<u8, Trouble> {
    // A session of its own: no signal of the terminal, and none to the group of the job, reaches it.
    let _ = rustix::process::setsid();
    ignore_signals();
    let runner: ProcessIdentity = serde_json::from_str(runner)
        .map_err(|error| Trouble::usage(format!("the keeper is started by `rescc run` only: {error}")))?;
    let run = path
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(RunId::parse);
    let (Some(run), Some(state)) = (run, path.parent().and_then(Path::parent)) else {
        return Err(Trouble::usage("the keeper is started by `rescc run` only"));
    };
    let dir = RunDir::open(state, &run).map_err(|error| Trouble::error(error.to_string()))?;
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)
        .map_err(|error| Trouble::error(format!("the keeper has no socket: {error}")))?;
    if let Ok(nothing) = std::fs::File::open("/dev/null") {
        // The copy on standard input must not outlive ours.
        let _ = rustix::stdio::dup2_stdin(nothing);
    }
    let socket = UnixStream::from(socket);
    // Folders of the run's spec may go away under a keeper that outlives it.
    let _ = std::env::set_current_dir("/");
    match serve(socket, run, &runner)
        .map_err(|error| Trouble::error(format!("the keeper's watch failed: {error}")))?
    {
        Ended::Done => Ok(exit::OK),
        Ended::RunnerLost => take_over(&dir),
    }
}

/// The runner is gone: its lock is free, or will be when its last thread has ended.
fn take_over(dir: &RunDir) -> Result<u8, Trouble> {
    let lock = dir
        .lock()
        .map_err(|error| Trouble::error(format!("the run can't be locked: {error}")))?;
    let runtime = super::run::runtime()?;
    let recovered = runtime
        .block_on(rescc_engine::recover::recover(
            dir,
            &lock,
            &Kit::new().for_recovery(),
            "keeper",
        ))
        .map_err(|error| Trouble::error(error.to_string()))?;
    super::recover::save_lost_report(dir, &recovered, "keeper");
    Ok(if recovered.is_clean() {
        exit::OK
    } else {
        exit::NOT_UNDONE
    })
}

/// Whoever ends a job politely must not end the one who cleans up after it.
fn ignore_signals() {
    let ignored = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGHUP,
    ] {
        let _ = signal_hook::flag::register(signal, std::sync::Arc::clone(&ignored));
    }
}
