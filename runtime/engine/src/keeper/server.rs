//! The keeper's side.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rescc_core::host::ProcessIdentity;
use rescc_core::names::RunId;
use rescc_core::time::{Clock, Moment};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::children::Children;
use super::protocol::{Messages, Order, Word, encode};
use crate::clock::BootClock;

/// How long the runner gets to go after it was ended.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Why the keeper's watch is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The runner said that all is done.
    Done,
    /// The runner is gone without a word, or hung and was ended: somebody must undo.
    RunnerLost,
}

/// Keeps watch until the runner is done or gone. One thread, no runtime: children end with the thread that made
/// them.
///
/// # Errors
/// Where the socket can't be used at all.
pub fn serve(socket: UnixStream, run: RunId, runner: &ProcessIdentity) -> io::Result<Ended> {
    // Orphans of what we start become our children, not init's.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let mut keeper = Server {
        socket,
        messages: Messages::default(),
        children: Children::new(run),
        armed: BTreeMap::new(),
    };
    keeper.say(&Word::Ready)?;
    loop {
        for exit in keeper.children.ended() {
            // A runner that is gone is noticed by reading.
            let _ = keeper.say(&Word::Ended { exit });
        }
        match keeper.wait()? {
            Turn::Nothing => {}
            Turn::Read => match keeper.read()? {
                Some(Ended::Done) => return Ok(Ended::Done),
                Some(Ended::RunnerLost) => return Ok(Ended::RunnerLost),
                None => {}
            },
            Turn::Late => {
                end_runner(runner);
                return Ok(Ended::RunnerLost);
            }
        }
    }
}

struct Server {
    socket: UnixStream,
    messages: Messages,
    children: Children,
    armed: BTreeMap<String, Moment>,
}

enum Turn {
    Nothing,
    Read,
    Late,
}

impl Server {
    fn say(&mut self, word: &Word) -> io::Result<()> {
        self.socket.write_all(&encode(word))
    }

    fn wait(&self) -> io::Result<Turn> {
        let now = BootClock.now();
        let first = self.armed.values().min().copied();
        if first.is_some_and(|until| until <= now) {
            return Ok(Turn::Late);
        }
        // The poll's own time stands still while the machine sleeps: look at the boot clock every second.
        let nap = first.map_or(Duration::from_secs(3_600), |until| {
            until.since(now).min(Duration::from_secs(1))
        });
        let nap = Timespec {
            tv_sec: i64::try_from(nap.as_secs()).unwrap_or(1),
            tv_nsec: i64::from(nap.subsec_nanos()),
        };
        let watched: Vec<BorrowedFd<'_>> = self.children.watched().collect();
        let mut fds: Vec<PollFd<'_>> = watched
            .iter()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        fds.push(PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::IN));
        match poll(&mut fds, Some(&nap)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let readable = fds.last().is_some_and(|fd| !fd.revents().is_empty());
        Ok(if readable { Turn::Read } else { Turn::Nothing })
    }

    /// Reads and obeys; says how the watch ended where it did.
    fn read(&mut self) -> io::Result<Option<Ended>> {
        let mut bytes = [0; 16 << 10];
        match self.socket.read(&mut bytes) {
            Ok(0) => return Ok(Some(Ended::RunnerLost)),
            Ok(count) => {
                if !self.messages.push(bytes.get(..count).unwrap_or_default()) {
                    return Ok(Some(Ended::RunnerLost));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(None),
            Err(_) => return Ok(Some(Ended::RunnerLost)),
        }
        while let Some(order) = self.messages.next::<Order>() {
            if self.obey(order) {
                return Ok(Some(Ended::Done));
            }
        }
        Ok(None)
    }

    fn obey(&mut self, order: Order) -> bool {
        let word = match order {
            Order::Spawn { token, request } => match self.children.spawn(token, &request) {
                Ok(identity) => Word::Waiting { token, identity },
                Err(failure) => Word::Refused { token, failure },
            },
            Order::Open { token } => match self.children.open(token) {
                Ok(()) => Word::Running { token },
                Err(failure) => Word::Refused { token, failure },
            },
            Order::Shut { token } => {
                self.children.shut(token);
                return false;
            }
            Order::Release { identity } => {
                self.children.release(&identity);
                return false;
            }
            Order::Arm { id, until } => {
                self.armed.insert(id, until);
                return false;
            }
            Order::Disarm { id } => {
                self.armed.remove(&id);
                return false;
            }
            Order::Done => return true,
        };
        let _ = self.say(&word);
        false
    }
}

/// Ends a runner that does not keep its times: two must not undo at once.
fn end_runner(runner: &ProcessIdentity) {
    let Ok(Some(handle)) = rescc_process::Handle::open(runner) else {
        return;
    };
    let _ = handle.signal(rustix::process::Signal::KILL.as_raw());
    let until = BootClock.now().after(END_LIMIT);
    while BootClock.now() < until {
        match rescc_process::state(runner) {
            Ok(rescc_process::ProcessState::Gone | rescc_process::ProcessState::Zombie) => return,
            _ => {
                let nap = Timespec {
                    tv_sec: 0,
                    tv_nsec: 5_000_000,
                };
                let _ = poll(&mut [], Some(&nap));
            }
        }
    }
}
