//! Ending processes, and proving that they ended.

use std::io;
use std::time::Duration;

use rescc_core::host::ProcessIdentity;
use rescc_core::names::RunId;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use crate::deadline::Deadline;
use crate::handle::Handle;
use crate::mark::Marked;
use crate::stat::{ProcessState, Table, state};

/// How long a process may take to end after SIGKILL; only one that hangs in the kernel takes longer.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// The most pidfds at once.
const BATCH: usize = 128;
/// The most scans of a sweep.
const ROUNDS: usize = 50;

/// What a sweep came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many processes were ended.
    pub killed: usize,
    /// What could not be ended.
    pub left: Vec<Marked>,
}

/// Ends processes: SIGTERM (and SIGCONT, for one that is held still could not act on it), after `grace` SIGKILL. Returns
/// what lives in spite of that, five seconds later. Blocks for `grace` and five seconds at most.
///
/// # Errors
/// `/proc` can't be read, or out of file descriptors; a missing right shows in what is left.
pub fn stop_all(processes: &[ProcessIdentity], grace: Duration) -> io::Result<Vec<ProcessIdentity>> {
    for process in processes {
        send(process, &[Signal::TERM, Signal::CONT])?;
    }
    let left = wait_ended(processes, &Deadline::after(grace)?)?;
    kill_all(&left)
}

/// Ends processes by SIGKILL. Returns what lives in spite of that, five seconds later.
///
/// # Errors
/// `/proc` can't be read, or out of file descriptors; a missing right shows in what is left.
pub fn kill_all(processes: &[ProcessIdentity]) -> io::Result<Vec<ProcessIdentity>> {
    for process in processes {
        send(process, &[Signal::KILL, Signal::CONT])?;
    }
    wait_ended(processes, &Deadline::after(KILL_LIMIT)?)
}

/// Ends all processes that bear the mark of a run and all below them, by SIGKILL, until a scan finds none. What is in
/// `except` is left alone, and so is what is below that without bearing the mark itself.
///
/// # Errors
/// `/proc` can't be read, or out of file descriptors.
pub fn sweep(run: &RunId, except: &[i32]) -> io::Result<Swept> {
    let mut killed = 0;
    let mut hopeless: Vec<ProcessIdentity> = Vec::new();
    for _ in 0..ROUNDS {
        let found = ours(run, except)?;
        let ends: Vec<ProcessIdentity> = found
            .iter()
            .map(|marked| marked.identity.clone())
            .filter(|identity| !hopeless.contains(identity))
            .collect();
        if ends.is_empty() {
            return Ok(Swept { killed, left: found });
        }
        let left = kill_all(&ends)?;
        killed += ends.len() - left.len();
        hopeless.extend(left);
    }
    Ok(Swept {
        killed,
        left: ours(run, except)?,
    })
}

fn ours(run: &RunId, except: &[i32]) -> io::Result<Vec<Marked>> {
    let table = Table::read()?;
    let mut except = except.to_vec();
    except.push(rustix::process::getpid().as_raw_nonzero().get());
    let mut found: Vec<Marked> = table
        .marked(run)
        .into_iter()
        .filter(|marked| !except.contains(&marked.identity.pid))
        .collect();
    // A program may have dropped or overwritten its environment; its parent tells.
    for index in 0..found.len() {
        let Some(parent) = found.get(index).cloned() else {
            break;
        };
        for stat in table
            .below(parent.identity.pid, &except)
            .iter()
            .filter(|stat| stat.is_alive())
        {
            let identity = table.identity(stat);
            if !found.iter().any(|marked| marked.identity == identity) {
                found.push(Marked {
                    identity,
                    instance: parent.instance.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// Sends signals to a process, if it is there. A missing right is not reported here: the process will be among what is
/// left.
pub(crate) fn send(process: &ProcessIdentity, signals: &[Signal]) -> io::Result<bool> {
    let Some(handle) = Handle::open(process)? else {
        return Ok(false);
    };
    let mut sent = false;
    for &signal in signals {
        match handle.send(signal) {
            Ok(delivered) => sent |= delivered,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sent)
}

/// Waits until all have ended. Returns those that have not when the deadline passes.
pub(crate) fn wait_ended(
    processes: &[ProcessIdentity],
    deadline: &Deadline,
) -> io::Result<Vec<ProcessIdentity>> {
    let mut left = Vec::new();
    for batch in processes.chunks(BATCH) {
        let mut open = Vec::new();
        for process in batch {
            open.extend(Handle::open(process)?);
        }
        while !open.is_empty() {
            let (ended, passed) = poll_ended(&open, deadline)?;
            let mut ended = ended.into_iter();
            open.retain(|_| !ended.next().unwrap_or(false));
            if passed {
                break;
            }
        }
        left.extend(open.iter().map(|handle| handle.identity().clone()));
    }
    // Whatever ended at the last moment is not left.
    let mut alive = Vec::new();
    for process in left {
        if !matches!(state(&process)?, ProcessState::Zombie | ProcessState::Gone) {
            alive.push(process);
        }
    }
    Ok(alive)
}

/// Which have ended, and whether the deadline has passed; blocks until there is one or the other.
fn poll_ended(open: &[Handle], deadline: &Deadline) -> io::Result<(Vec<bool>, bool)> {
    let mut events: Vec<PollFd<'_>> = open
        .iter()
        .map(|handle| PollFd::new(handle, PollFlags::IN))
        .collect();
    events.push(deadline.event());
    loop {
        match poll(&mut events, None) {
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let mut ready: Vec<bool> = events.iter().map(|event| !event.revents().is_empty()).collect();
    let passed = ready.pop().unwrap_or(true);
    Ok((ready, passed))
}
