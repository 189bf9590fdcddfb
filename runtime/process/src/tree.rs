//! A main process with all that it started, as one thing.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use rescc_core::host::ProcessIdentity;
use rescc_core::names::RunId;
use rustix::process::Signal;

use crate::deadline::Deadline;
use crate::stat::{ProcessState, Stat, Table};
use crate::stop::{kill_all, send};

/// The waits between two scans: the first, doubled up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LAST_PAUSE: Duration = Duration::from_millis(16);
/// After how many scans it is taken for stuck.
const PATIENCE: u32 = 10;
/// The most scans while killing.
const ROUNDS: usize = 50;

/// The processes of one incarnation of an instance: the main process, all below it, its process group and session where
/// it leads them, and all that bear the mark of the run and the instance. So a process belongs to it even if it has lost
/// its parent or has overwritten its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    main: ProcessIdentity,
    run: RunId,
    instance: String,
}

/// A living process of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which process.
    pub identity: ProcessIdentity,
    /// The number of its parent.
    pub parent: i32,
    /// Running or stopped.
    pub state: ProcessState,
}

/// How a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeState {
    /// All of its processes are held still.
    Held,
    /// At least one runs.
    Running,
    /// None lives.
    Gone,
}

// === impl Tree ===

impl Tree {
    /// The tree of a main process, which may have ended.
    #[must_use]
    pub fn new(main: ProcessIdentity, run: RunId, instance: impl Into<String>) -> Self {
        Self {
            main,
            run,
            instance: instance.into(),
        }
    }

    /// The main process.
    #[must_use]
    pub fn main(&self) -> &ProcessIdentity {
        &self.main
    }

    /// Its living processes, parents first; never the calling one.
    ///
    /// # Errors
    /// `/proc` can't be read.
    pub fn members(&self) -> io::Result<Vec<Member>> {
        let table = Table::read()?;
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let mut found: Vec<Stat> = Vec::new();
        // While it has its number, ended or not, its group and its session have that number too. Later they may be those
        // of a stranger.
        if let Some(main) = self.find_main(&table) {
            found.push(main);
            found.extend(table.below(main.pid, &[own]));
            found.extend(
                table
                    .rows
                    .values()
                    .filter(|stat| stat.group == main.pid || stat.session == main.pid),
            );
        }
        for marked in table.marked(&self.run) {
            if marked.instance.as_deref() == Some(&self.instance) {
                found.extend(table.rows.get(&marked.identity.pid));
                found.extend(table.below(marked.identity.pid, &[own]));
            }
        }
        let mut seen = BTreeSet::from([own]);
        found.retain(|stat| seen.insert(stat.pid) && stat.is_alive());
        Ok(found
            .iter()
            .map(|stat| Member {
                identity: table.identity(stat),
                parent: stat.parent,
                state: stat.state,
            })
            .collect())
    }

    /// How it is.
    ///
    /// # Errors
    /// `/proc` can't be read.
    pub fn state(&self) -> io::Result<TreeState> {
        Ok(summary(&self.members()?))
    }

    /// Holds it still by SIGSTOP, until two scans in a row find all of it held: what is forked by one that is not held
    /// yet shows in the second. A process is only told once its parent is held: a parent in vfork(2) waits for its child
    /// where no signal but SIGKILL reaches it, and would never be held if the child was first. Where all this takes
    /// longer than `limit`, it is partly held: thaw it.
    ///
    /// # Errors
    /// `/proc` can't be read, or a right is missing.
    pub fn freeze(&self, limit: Duration) -> io::Result<TreeState> {
        let mut held_before = false;
        let mut rounds = 0;
        self.until(limit, |members| {
            let held = summary(members) == TreeState::Held;
            if held && held_before || members.is_empty() {
                return Ok(true);
            }
            held_before = held;
            rounds += 1;
            let running: BTreeSet<i32> = members
                .iter()
                .filter(|one| one.runs())
                .map(|one| one.identity.pid)
                .collect();
            let (below, top): (Vec<_>, Vec<_>) = members
                .iter()
                .partition(|member| running.contains(&member.parent));
            self.tell(top.into_iter().filter(|member| member.runs()), Signal::STOP)?;
            if rounds > PATIENCE {
                // Somebody else stopped it before its parent came out of vfork.
                self.tell(below.into_iter().filter(|member| !member.runs()), Signal::CONT)?;
            }
            Ok(false)
        })
    }

    /// Lets it go by SIGCONT, the children first, until a scan finds nothing of it held or `limit` has passed. Where it
    /// is not held that is no error. Whether anything was held, and how it is now.
    ///
    /// # Errors
    /// `/proc` can't be read, or a right is missing.
    pub fn thaw(&self, limit: Duration) -> io::Result<(bool, TreeState)> {
        let mut acted = false;
        let state = self.until(limit, |members| {
            let held = || {
                members
                    .iter()
                    .rev()
                    .filter(|member| member.state == ProcessState::Stopped)
            };
            acted |= held().next().is_some();
            self.tell(held(), Signal::CONT)?;
            Ok(held().next().is_none())
        })?;
        Ok((acted, state))
    }

    /// Ends all of it by SIGKILL, until a scan finds nothing. How many processes were ended, and what lives in spite.
    ///
    /// # Errors
    /// `/proc` can't be read, or out of file descriptors.
    pub fn kill(&self) -> io::Result<(usize, Vec<ProcessIdentity>)> {
        let mut ended = 0;
        let mut left = Vec::new();
        for _ in 0..ROUNDS {
            let members: Vec<ProcessIdentity> = self
                .members()?
                .into_iter()
                .map(|member| member.identity)
                .collect();
            if members.iter().all(|member| left.contains(member)) {
                left.retain(|process| members.contains(process));
                break;
            }
            left = kill_all(&members)?;
            ended += members.len() - left.len();
        }
        Ok((ended, left))
    }

    fn find_main(&self, table: &Table) -> Option<Stat> {
        let stat = table.rows.get(&self.main.pid)?;
        (table.identity(stat) == self.main).then_some(*stat)
    }

    /// Scans until `done` says so or `limit` has passed.
    fn until(
        &self,
        limit: Duration,
        mut done: impl FnMut(&[Member]) -> io::Result<bool>,
    ) -> io::Result<TreeState> {
        let deadline = Deadline::after(limit)?;
        let mut pause = FIRST_PAUSE;
        loop {
            let members = self.members()?;
            if done(&members)? || deadline.passed()? {
                return Ok(summary(&members));
            }
            deadline.pause(pause)?;
            pause = pause.saturating_mul(2).min(LAST_PAUSE);
        }
    }

    fn tell<'a>(&self, members: impl Iterator<Item = &'a Member>, signal: Signal) -> io::Result<()> {
        for member in members {
            send(&member.identity, &[signal])?;
        }
        Ok(())
    }
}

// === impl Member ===

impl Member {
    fn runs(&self) -> bool {
        self.state == ProcessState::Running
    }
}

fn summary(members: &[Member]) -> TreeState {
    if members.is_empty() {
        TreeState::Gone
    } else if members.iter().all(|member| member.state == ProcessState::Stopped) {
        TreeState::Held
    } else {
        TreeState::Running
    }
}
