//! A program in a process group of its own, watched by its pidfd.
//!
//! The program is reaped only after its group was killed: as long as it is a zombie, its number can't be given to
//! another process, so the signal can't hit a stranger.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::unix::pipe::Receiver;
use tokio::runtime::Handle;

/// How much of what is printed is kept.
const KEPT: usize = 64 << 10;

/// How much is read from the pipe after the end: what the greatest pipe of an ordinary user can hold.
const LEFT: usize = 1 << 20;

/// A program and its process group; dropped, the group is killed and the program reaped.
pub(super) struct Group {
    /// `None` once it is reaped.
    life: Option<Life>,
    output: Receiver,
    pid: Pid,
}

struct Life {
    child: Child,
    /// Readable when the program has ended.
    watch: AsyncFd<OwnedFd>,
}

/// What was printed.
#[derive(Default)]
pub(super) struct Printed {
    kept: Vec<u8>,
    cut: bool,
}

// === impl Group ===

impl Group {
    /// Starts a program; its command says that it gets a process group of its own and a pipe for its output.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        match Self::watch(&mut child, pid) {
            Ok((watch, output)) => Ok(Self {
                life: Some(Life { child, watch }),
                output,
                pid,
            }),
            Err(error) => {
                let _ = kill_process_group(pid, Signal::KILL);
                let _ = child.wait();
                Err(error)
            }
        }
    }

    fn watch(child: &mut Child, pid: Pid) -> io::Result<(AsyncFd<OwnedFd>, Receiver)> {
        let output = child.stdout.take().map(OwnedFd::from).ok_or(Errno::BADF)?;
        let watch = pidfd_open(pid, PidfdFlags::empty())?;
        #[expect(
            deprecated,
            reason = "the successor is `unsafe` because the descriptor might not be owned; an `OwnedFd` is"
        )]
        let watch = AsyncFd::with_interest(watch, Interest::READABLE)?;
        Ok((watch, Receiver::from_owned_fd(output)?))
    }

    /// Waits for the end of the program, and keeps what it prints.
    pub(super) async fn run(&mut self, printed: &mut Printed) {
        loop {
            let mut chunk = [0; 16 << 10];
            let count = tokio::select! {
                biased;
                () = ended(&self.life) => return,
                count = self.output.read(&mut chunk) => count.unwrap_or(0),
            };
            if count == 0 {
                return ended(&self.life).await;
            }
            printed.add(chunk.iter().take(count));
        }
    }

    /// Waits for the end of the program.
    pub(super) async fn ended(&self) {
        ended(&self.life).await;
    }

    /// Keeps what is left in the pipe of a program that has ended. It asks the pipe itself: the runtime may not
    /// have heard yet that there is something to read.
    pub(super) fn rest(&self, printed: &mut Printed) {
        let mut chunk = [0; 16 << 10];
        let mut read = 0;
        while read < LEFT {
            match rustix::io::read(&self.output, &mut chunk) {
                Ok(count) if count > 0 => {
                    printed.add(chunk.iter().take(count));
                    read += count;
                }
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }

    /// Kills all of the group. Does nothing once the program is reaped: its number may be another's.
    pub(super) fn kill(&self) {
        if self.life.is_some() {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Takes the end of a program that has ended; `None` where it has not.
    pub(super) fn reap(&mut self) -> Option<ExitStatus> {
        let status = self.life.as_mut()?.child.try_wait().ok().flatten()?;
        self.life = None;
        Some(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        if self.reap().is_some() {
            return;
        }
        if let (Some(mut life), Ok(runtime)) = (self.life.take(), Handle::try_current()) {
            runtime.spawn(async move {
                let _ = life.watch.readable().await;
                let _ = life.child.try_wait();
            });
        }
    }
}

async fn ended(life: &Option<Life>) {
    if let Some(life) = life {
        // Readiness is never cleared: an end stays.
        let _ = life.watch.readable().await;
    }
}

// === impl Printed ===

impl Printed {
    fn add<'a>(&mut self, bytes: impl ExactSizeIterator<Item = &'a u8>) {
        let room = KEPT.saturating_sub(self.kept.len());
        self.cut |= bytes.len() > room;
        self.kept.extend(bytes.take(room));
    }

    /// The number, where all that was printed is one.
    pub(super) fn number(&self) -> Option<f64> {
        let text = std::str::from_utf8(&self.kept).ok().filter(|_| !self.cut)?;
        text.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// All of it that was kept.
    pub(super) fn text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
        text
    }
}
