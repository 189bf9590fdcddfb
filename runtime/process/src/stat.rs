//! What `/proc` says of processes: proc_pid_stat(5).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::OnceLock;

use rescc_core::host::ProcessIdentity;
use rustix::io::Errno;

/// How a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcessState {
    /// It runs, waits or sleeps.
    Running,
    /// It is held still, by a signal or by a tracer.
    Stopped,
    /// It has ended; its number waits for its parent.
    Zombie,
    /// There is no such process: its number is free or belongs to another, or the machine was booted since.
    Gone,
}

/// A line of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: i32,
    pub(crate) state: ProcessState,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) start_ticks: u64,
}

/// All processes at about one moment.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) boot_id: String,
    pub(crate) rows: BTreeMap<i32, Stat>,
}

/// The name of this boot of the machine.
///
/// # Errors
/// `/proc` can't be read.
pub fn boot_id() -> io::Result<String> {
    static BOOT: OnceLock<String> = OnceLock::new();
    if let Some(known) = BOOT.get() {
        return Ok(known.clone());
    }
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(BOOT.get_or_init(|| text.trim().to_owned()).clone())
}

/// Who a process number belongs to now; `None` where it is free. A process that has ended and was not waited for yet
/// still has its number.
///
/// # Errors
/// `/proc` can't be read or is not understood.
pub fn identity(pid: i32) -> io::Result<Option<ProcessIdentity>> {
    let Some(stat) = read(pid)? else { return Ok(None) };
    Ok(Some(ProcessIdentity {
        pid,
        start_ticks: stat.start_ticks,
        boot_id: boot_id()?,
    }))
}

/// This process.
///
/// # Errors
/// `/proc` can't be read or is not understood.
pub fn own_identity() -> io::Result<ProcessIdentity> {
    identity(rustix::process::getpid().as_raw_nonzero().get())?
        .ok_or_else(|| not_understood("/proc has no entry for this process"))
}

/// How a process is.
///
/// # Errors
/// `/proc` can't be read or is not understood.
pub fn state(identity: &ProcessIdentity) -> io::Result<ProcessState> {
    if identity.boot_id != boot_id()? {
        return Ok(ProcessState::Gone);
    }
    Ok(match read(identity.pid)? {
        Some(stat) if stat.start_ticks == identity.start_ticks => stat.state,
        _ => ProcessState::Gone,
    })
}

/// All children of a process, their children, and so on, parents first, those that have ended left out. By one look at
/// all processes: what is forked meanwhile may be missed, and what has lost its parent is.
///
/// # Errors
/// `/proc` can't be read.
pub fn descendants(pid: i32) -> io::Result<Vec<ProcessIdentity>> {
    let table = Table::read()?;
    let found = table.below(pid, &[]);
    Ok(found
        .iter()
        .filter(|stat| stat.is_alive())
        .map(|stat| table.identity(stat))
        .collect())
}

pub(crate) fn read(pid: i32) -> io::Result<Option<Stat>> {
    match fs::read(format!("/proc/{pid}/stat")) {
        Ok(line) => parse(&line)
            .map(Some)
            .ok_or_else(|| not_understood("a line of /proc/PID/stat is not understood")),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The process ended between two looks.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || Errno::from_io_error(error) == Some(Errno::SRCH)
}

/// The second field is the program's name in parentheses. It may hold spaces, parentheses and bytes that are no text,
/// so the fields behind it begin at the last `)`.
fn parse(line: &[u8]) -> Option<Stat> {
    let open = line.iter().position(|&byte| byte == b'(')?;
    let close = line.iter().rposition(|&byte| byte == b')')?;
    let pid = std::str::from_utf8(line.get(..open)?).ok()?.trim().parse().ok()?;
    let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
    // `rest` begins with field 3.
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let threads: i64 = field(20)?.parse().ok()?;
    let state = match field(3)? {
        "T" | "t" => ProcessState::Stopped,
        // A main thread that has ended while others go on: the process lives.
        "Z" if threads > 1 => ProcessState::Running,
        "Z" => ProcessState::Zombie,
        "X" | "x" => ProcessState::Gone,
        _ => ProcessState::Running,
    };
    Some(Stat {
        pid,
        state,
        parent: field(4)?.parse().ok()?,
        group: field(5)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        start_ticks: field(22)?.parse().ok()?,
    })
}

fn not_understood(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

// === impl Stat ===

impl Stat {
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.state, ProcessState::Running | ProcessState::Stopped)
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn read() -> io::Result<Self> {
        let mut rows = BTreeMap::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            // One that can't be read is not ours.
            if let Ok(Some(stat)) = read(pid) {
                rows.insert(pid, stat);
            }
        }
        Ok(Self {
            boot_id: boot_id()?,
            rows,
        })
    }

    pub(crate) fn identity(&self, stat: &Stat) -> ProcessIdentity {
        ProcessIdentity {
            pid: stat.pid,
            start_ticks: stat.start_ticks,
            boot_id: self.boot_id.clone(),
        }
    }

    /// All below a process, parents first. Nothing of `except`, and nothing below that.
    pub(crate) fn below(&self, pid: i32, except: &[i32]) -> Vec<Stat> {
        let mut children: BTreeMap<i32, Vec<Stat>> = BTreeMap::new();
        for stat in self.rows.values() {
            children.entry(stat.parent).or_default().push(*stat);
        }
        let mut found: Vec<Stat> = Vec::new();
        let mut generation = vec![pid];
        // A process is taken out of the map when it is found, so that this ends even if the table contradicts itself.
        while !generation.is_empty() {
            let mut next = Vec::new();
            for parent in generation {
                for stat in children.remove(&parent).unwrap_or_default() {
                    if !except.contains(&stat.pid) {
                        next.push(stat.pid);
                        found.push(stat);
                    }
                }
            }
            generation = next;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, state: &str, threads: u32) -> Vec<u8> {
        format!(
            "42 ({name}) {state} 7 40 39 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 {threads} 0 98765 1000 10 0 0 0\n"
        )
        .into_bytes()
    }

    #[test]
    fn the_name_may_hold_anything() {
        for name in ["sleep", "a) (b", "(", ")", ") R 1 1 1 (", "two words", ""] {
            let stat = parse(&line(name, "S", 1)).unwrap();
            let expected = Stat {
                pid: 42,
                state: ProcessState::Running,
                parent: 7,
                group: 40,
                session: 39,
                start_ticks: 98765,
            };
            assert_eq!(stat, expected, "{name:?}");
        }
        let mut bytes = line("x", "S", 1);
        bytes[4] = 0xff;
        assert!(parse(&bytes).is_some());
    }

    #[test]
    fn states_are_told_apart() {
        for (letter, threads, state) in [
            ("R", 1, ProcessState::Running),
            ("D", 1, ProcessState::Running),
            ("T", 1, ProcessState::Stopped),
            ("t", 1, ProcessState::Stopped),
            ("Z", 1, ProcessState::Zombie),
            ("Z", 3, ProcessState::Running),
            ("X", 1, ProcessState::Gone),
        ] {
            assert_eq!(
                parse(&line("x", letter, threads)).unwrap().state,
                state,
                "{letter}"
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in [
            &b""[..],
            b"42",
            b"42 (x",
            b")(",
            b"42 (x) S 1",
            b"42 (x) S 1 2 3 4 5 6 7 8 9 a b c d e f g h i j",
        ] {
            assert_eq!(parse(bytes), None);
        }
    }
}
