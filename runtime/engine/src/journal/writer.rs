//! Writing a journal.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rescc_core::sync::Lock;

use super::entry::Entry;
use super::reader::{self, JournalError};

/// Room for one undo record and its marks: what a payload, an error text and two failed attempts need.
const ROOM_FOR_UNDO: u64 = 8 << 10;

/// Room for what every run writes: the first lines and the last.
const ROOM_FOR_RUN: u64 = 64 << 10;

/// Where entries go. An entry is durable when the call returns.
pub trait Recorder: Send + Sync + std::fmt::Debug {
    /// Writes an entry and waits until it is on the disk.
    ///
    /// # Errors
    /// Where it can't be written; then nothing that depends on it may be done.
    fn append(&self, entry: &Entry) -> io::Result<()>;
}

/// How much room the journal of a plan reserves.
#[must_use]
pub fn reservation(injections: usize, instances: usize) -> u64 {
    let (injections, instances) = (injections as u64, instances as u64);
    ROOM_FOR_RUN
        .saturating_add(injections.saturating_mul(ROOM_FOR_UNDO))
        .saturating_add(instances.saturating_mul(ROOM_FOR_UNDO))
}

/// The journal in a file.
#[derive(Debug)]
pub struct FileJournal {
    file: File,
    state: Lock<State>,
}

#[derive(Debug)]
struct State {
    end: u64,
    reserved: u64,
    appended: u64,
}

// === impl FileJournal ===

impl FileJournal {
    /// Makes the journal of a new run with room for `reserve` bytes. Only its user can read it.
    ///
    /// # Errors
    /// Where the file can't be made, or there is no room: then the run must not start.
    pub fn create(path: &Path, reserve: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        make_room(&file, 0, reserve)?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self {
            file,
            state: Lock::new(State {
                end: 0,
                reserved: reserve,
                appended: 0,
            }),
        })
    }

    /// Opens the journal of a dead run for writing on, behind its last whole line. The caller holds the lock
    /// of the run.
    ///
    /// # Errors
    /// Where it can't be read or opened.
    pub fn resume(path: &Path) -> Result<(Self, reader::Contents), JournalError> {
        let contents = reader::read(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let reserved = file.metadata()?.len();
        if contents.torn {
            // What is torn was never acted on; zero bytes in its place keep later readers from joining it
            // with the next line.
            let torn = usize::try_from(reserved.saturating_sub(contents.end))
                .unwrap_or(0)
                .min(1 << 20);
            file.write_all_at(&vec![0; torn], contents.end)?;
        }
        let state = State {
            end: contents.end,
            reserved,
            appended: contents.entries.len() as u64,
        };
        Ok((
            Self {
                file,
                state: Lock::new(state),
            },
            contents,
        ))
    }
}

impl Recorder for FileJournal {
    fn append(&self, entry: &Entry) -> io::Result<()> {
        let json = serde_json::to_vec(entry)?;
        let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
        line.extend_from_slice(&json);
        line.push(b'\n');
        self.state.with(|state| {
            crate::hooks::at_journal(state.appended, crate::hooks::Side::Before);
            let end = state.end + line.len() as u64;
            if end > state.reserved {
                let room = (end - state.reserved).max(ROOM_FOR_RUN);
                make_room(&self.file, state.reserved, room)?;
                state.reserved += room;
            }
            self.file.write_all_at(&line, state.end)?;
            self.file.sync_data()?;
            state.end = end;
            crate::hooks::at_journal(state.appended, crate::hooks::Side::After);
            state.appended += 1;
            Ok(())
        })
    }
}

/// Reserves room on the disk: by the file system where it can, by writing zero bytes where not.
fn make_room(file: &File, from: u64, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    if length == 0 {
        // Which fallocate(2) refuses.
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), from, length) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            let block = vec![0; 64 << 10];
            let mut at = from;
            while at < from + length {
                let part = usize::try_from(from + length - at)
                    .unwrap_or(usize::MAX)
                    .min(block.len());
                file.write_all_at(block.get(..part).unwrap_or_default(), at)?;
                at += part as u64;
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use rescc_core::names::InjectionId;
    use rescc_core::time::Moment;
    use rescc_core::undo::{UndoRecord, UndoState};

    use super::*;

    fn intent(step: &str) -> Entry {
        Entry::Intent {
            undo: UndoRecord {
                injection: InjectionId::new(step, "a-1", 0),
                action: "kill".into(),
                version: 1,
                instance: "a-1".into(),
                payload: serde_json::json!({ "signal": 9 }),
                deadline: Moment(7),
            },
        }
    }

    fn mark(step: &str) -> Entry {
        let state = UndoState::Verified {
            acted: true,
            detail: String::new(),
        };
        Entry::Mark {
            injection: InjectionId::new(step, "a-1", 0),
            state,
        }
    }

    #[test]
    fn what_is_open_is_told_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = FileJournal::create(&path, 100).unwrap();
        for entry in [intent("one"), intent("two"), intent("three"), mark("two")] {
            journal.append(&entry).unwrap();
        }
        let contents = reader::read(&path).unwrap();
        let open: Vec<_> = contents
            .open_undos()
            .into_iter()
            .map(|undo| undo.injection.0)
            .collect();
        assert_eq!(open, ["three/a-1", "one/a-1"]);
        assert!(!contents.torn);
    }

    #[test]
    fn a_failed_undo_stays_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = FileJournal::create(&path, 0).unwrap();
        journal.append(&intent("one")).unwrap();
        let state = UndoState::Failed {
            why: "no".into(),
            command: "rescc recover".into(),
        };
        journal
            .append(&Entry::Mark {
                injection: InjectionId::new("one", "a-1", 0),
                state,
            })
            .unwrap();
        assert_eq!(reader::read(&path).unwrap().open_undos().len(), 1);
    }

    #[test]
    fn every_cut_of_a_journal_can_be_read_and_written_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = FileJournal::create(&path, 4_096).unwrap();
        for entry in [intent("one"), intent("two"), mark("one")] {
            journal.append(&entry).unwrap();
        }
        drop(journal);
        let bytes = std::fs::read(&path).unwrap();
        let used = reader::parse(&bytes).unwrap().end as usize;
        for cut in 0..=used {
            let mut torn = bytes.get(..cut).unwrap().to_vec();
            torn.resize(bytes.len(), 0);
            let path = folder.path().join(format!("cut-{cut}"));
            std::fs::write(&path, &torn).unwrap();
            let (journal, before) = FileJournal::resume(&path).unwrap();
            journal.append(&mark("two")).unwrap();
            let after = reader::read(&path).unwrap();
            assert_eq!(after.entries.len(), before.entries.len() + 1, "cut at {cut}");
            assert!(!after.torn, "cut at {cut}");
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = FileJournal::create(&path, 0).unwrap();
        journal.append(&intent("one")).unwrap();
        journal.append(&intent("two")).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let second = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 20;
        bytes[second] ^= 1;
        let contents = reader::parse(&bytes).unwrap();
        assert_eq!(contents.entries.len(), 1);
        assert!(contents.torn);
    }
}
