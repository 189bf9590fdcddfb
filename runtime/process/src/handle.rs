//! Signals that can't hit a stranger.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rescc_core::host::ProcessIdentity;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::stat::{ProcessState, state};

/// A process held by a pidfd: it stays the same one, whatever becomes of its number. The descriptor is readable once
/// the process has ended.
#[derive(Debug)]
pub struct Handle {
    identity: ProcessIdentity,
    pidfd: OwnedFd,
}

/// Sends a signal to a process. Whether it was delivered: `false` where the process is gone or has ended, or where its
/// number belongs to another by now, which is left alone.
///
/// # Errors
/// The number is no signal, the right is missing, or `/proc` can't be read.
pub fn signal(identity: &ProcessIdentity, signal: i32) -> io::Result<bool> {
    let signal = named(signal)?;
    match Handle::open(identity)? {
        Some(handle) => handle.send(signal),
        None => Ok(false),
    }
}

fn named(signal: i32) -> io::Result<Signal> {
    Signal::from_named_raw(signal)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("`{signal}` is no signal")))
}

// === impl Handle ===

impl Handle {
    /// Takes hold of a process; `None` where it is gone.
    ///
    /// # Errors
    /// Out of file descriptors, or `/proc` can't be read.
    pub fn open(identity: &ProcessIdentity) -> io::Result<Option<Self>> {
        if identity.pid <= 0 {
            return Ok(None);
        }
        let Some(pid) = Pid::from_raw(identity.pid) else {
            return Ok(None);
        };
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => pidfd,
            Err(Errno::SRCH) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        // Only now: what the descriptor points to can't change any more. If the number had been given to another before,
        // the start time tells.
        Ok((state(identity)? != ProcessState::Gone).then(|| Self {
            identity: identity.clone(),
            pidfd,
        }))
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &ProcessIdentity {
        &self.identity
    }

    /// The descriptor alone, to wait for the end of the process in some other way.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        self.pidfd
    }

    /// Sends a signal. Whether it was delivered: `false` where the process has ended.
    ///
    /// # Errors
    /// The number is no signal, or the right is missing.
    pub fn signal(&self, signal: i32) -> io::Result<bool> {
        self.send(named(signal)?)
    }

    pub(crate) fn send(&self, signal: Signal) -> io::Result<bool> {
        // The kernel takes signals for the dead; that is no delivery.
        if matches!(state(&self.identity)?, ProcessState::Zombie | ProcessState::Gone) {
            return Ok(false);
        }
        match pidfd_send_signal(&self.pidfd, signal) {
            Ok(()) => Ok(true),
            Err(Errno::SRCH) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}
