//! The processes of a run, as their parent sees them.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::{Exit, ExitStatus, ProcessIdentity, SpawnRequest};
use rescc_core::names::{INSTANCE_MARK, RUN_MARK, RunId};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};

/// How long a program may take from the opened gate until it runs.
const EXEC_LIMIT: Duration = Duration::from_secs(10);

/// Variables by which CI systems find and end what a job has left; the keeper and what it starts must not be
/// found that way, or nobody would undo.
pub(super) const TRACKING_VARIABLES: [&str; 6] = [
    "RUNNER_TRACKING_ID",
    "JENKINS_NODE_COOKIE",
    "JENKINS_SERVER_COOKIE",
    "HUDSON_SERVER_COOKIE",
    "HUDSON_COOKIE",
    "BUILD_ID",
];

/// The processes of a run.
#[derive(Debug)]
pub(super) struct Children {
    run: RunId,
    children: Vec<Child>,
}

#[derive(Debug)]
struct Child {
    token: u64,
    identity: ProcessIdentity,
    program: String,
    pidfd: OwnedFd,
    gate: Option<UnixStream>,
    told: bool,
}

// === impl Children ===

impl Children {
    pub(super) fn new(run: RunId) -> Self {
        Self {
            run,
            children: Vec::new(),
        }
    }

    /// Makes a process that waits at its gate.
    pub(super) fn spawn(&mut self, token: u64, request: &SpawnRequest) -> Result<ProcessIdentity, Failure> {
        let output = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&request.output)
            .map_err(Failure::from)?;
        let (ours, theirs) = UnixStream::pair()?;
        if !request.folder.is_dir() {
            let message = format!("the folder {} is not there", request.folder.display());
            return Err(Failure::new(ErrorClass::NotFound, message));
        }
        let mut command = Command::new("/proc/self/exe");
        command
            .arg("__gate")
            .arg(std::process::id().to_string())
            .arg("--")
            .args(&request.command)
            .envs(&request.environment)
            .env(RUN_MARK, &self.run.0)
            .env(INSTANCE_MARK, &request.instance)
            .current_dir(&request.folder)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        // Nobody has waited for it, so its number is its own.
        let identity = rescc_process::identity(pid)?
            .ok_or_else(|| Failure::new(ErrorClass::Permanent, "the process ended before it began"))?;
        let handle =
            Pid::from_raw(pid).ok_or_else(|| Failure::new(ErrorClass::Permanent, "not a process number"))?;
        let pidfd = pidfd_open(handle, PidfdFlags::empty()).map_err(io::Error::from)?;
        let program = request.command.first().cloned().unwrap_or_default();
        self.children.push(Child {
            token,
            identity: identity.clone(),
            program,
            pidfd,
            gate: Some(ours),
            told: false,
        });
        Ok(identity)
    }

    /// Lets a process run its program; returns when it does.
    pub(super) fn open(&mut self, token: u64) -> Result<(), Failure> {
        let child = self.children.iter_mut().find(|child| child.token == token);
        let Some((mut gate, program)) =
            child.and_then(|child| Some((child.gate.take()?, child.program.clone())))
        else {
            return Err(Failure::new(ErrorClass::NotFound, "nothing waits at that gate"));
        };
        gate.set_read_timeout(Some(EXEC_LIMIT))?;
        gate.write_all(&[1])?;
        let mut code = [0; 4];
        match gate.read_exact(&mut code) {
            // The socket ends where the program begins.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(Failure::from(error).during(format!("`{program}` did not start"))),
            Ok(()) => {
                let error = io::Error::from_raw_os_error(i32::from_le_bytes(code));
                Err(Failure::from(error).during(format!("`{program}` can't be run")))
            }
        }
    }

    /// Does not let a process run.
    pub(super) fn shut(&mut self, token: u64) {
        for child in &mut self.children {
            if child.token == token {
                child.gate = None;
            }
        }
    }

    /// Lets the number of an ended process go.
    pub(super) fn release(&mut self, identity: &ProcessIdentity) {
        self.children.retain(|child| {
            if child.identity != *identity || !child.told {
                return true;
            }
            waitid(
                WaitId::PidFd(child.pidfd.as_fd()),
                WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
            )
            .is_err()
        });
    }

    /// What becomes readable when a process ends that has not been told of yet.
    pub(super) fn watched(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.children
            .iter()
            .filter(|child| !child.told)
            .map(|child| child.pidfd.as_fd())
    }

    /// The processes that have ended since the last call. Their numbers stay taken.
    pub(super) fn ended(&mut self) -> Vec<Exit> {
        let mut exits = Vec::new();
        for child in self.children.iter_mut().filter(|child| !child.told) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            let Ok(Some(status)) = waitid(WaitId::PidFd(child.pidfd.as_fd()), options) else {
                continue;
            };
            child.told = true;
            let status = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => ExitStatus::Code(code),
                (None, Some(signal)) => ExitStatus::Signal(signal),
                (None, None) => ExitStatus::Code(-1),
            };
            exits.push(Exit {
                identity: child.identity.clone(),
                status,
            });
        }
        exits
    }
}
