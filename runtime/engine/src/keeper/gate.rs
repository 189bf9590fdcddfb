//! The gate: what a process of a run is before it is its program.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal, setsid};

/// Waits at the gate on standard input, then becomes `command`. Returns only where it does not: with what to
/// exit with.
///
/// From its first moment it ends when its parent, the keeper, ends: `PR_SET_PDEATHSIG` stays over the exec
/// (prctl(2); programs with set-user-ID clear it, those the sweep by mark finds).
#[must_use]
pub fn pass_gate(keeper: i32, command: &[String]) -> u8 {
    if set_parent_process_death_signal(Some(Signal::KILL)).is_err() {
        return 1;
    }
    // The keeper may have ended before that.
    if getppid().map(Pid::as_raw_nonzero).map(i32::from) != Some(keeper) {
        return 1;
    }
    // A session of its own: no signal of a terminal or of a process group reaches it but ours.
    let _ = setsid();
    let Ok(socket) = take_socket() else { return 1 };
    let mut socket = UnixStream::from(socket);
    let mut byte = [0];
    if socket.read(&mut byte).ok() != Some(1) {
        return 0;
    }
    let Some((program, arguments)) = command.split_first() else {
        return 1;
    };
    let error = Command::new(program).args(arguments).stdin(Stdio::null()).exec();
    let code = error.raw_os_error().unwrap_or(0);
    let _ = socket.write_all(&code.to_le_bytes());
    127
}

/// The socket on standard input, as a descriptor that the program does not inherit: its end tells the keeper
/// that the program runs.
fn take_socket() -> io::Result<OwnedFd> {
    Ok(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?)
}
