//! Reading a journal, whole or torn.

use std::path::Path;

use rescc_core::names::InjectionId;
use rescc_core::undo::{UndoRecord, UndoState};

use super::entry::{Entry, Opened, VERSION};

/// The longest journal that is read.
const MAX_BYTES: u64 = 256 << 20;

/// What a journal says.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The run, where its first line could be written.
    pub opened: Option<Opened>,
    /// All entries that are whole, in order.
    pub entries: Vec<Entry>,
    /// Where the next line goes.
    pub end: u64,
    /// Whether something that is no whole line follows.
    pub torn: bool,
}

/// Why a journal can't be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file can't be read.
    #[error("the journal can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is of another version of rescc.
    #[error(
        "the journal has format {found}, this rescc reads {VERSION}: use the version of rescc that wrote it ({by})"
    )]
    Version {
        /// Its version.
        found: u32,
        /// Who wrote it.
        by: String,
    },
    /// It is longer than any that rescc writes.
    #[error("the journal has {0} bytes, more than any run writes")]
    TooLong(u64),
}

/// Reads a journal.
///
/// # Errors
/// Where the file can't be read or is of another version. A torn end is no error.
pub fn read(path: &Path) -> Result<Contents, JournalError> {
    let length = std::fs::metadata(path)?.len();
    if length > MAX_BYTES {
        return Err(JournalError::TooLong(length));
    }
    parse(&std::fs::read(path)?)
}

/// Reads the bytes of a journal.
///
/// # Errors
/// Where it is of another version.
pub fn parse(bytes: &[u8]) -> Result<Contents, JournalError> {
    let mut contents = Contents {
        opened: None,
        entries: Vec::new(),
        end: 0,
        torn: false,
    };
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n' || byte == 0) {
        let (line, tail) = rest.split_at(end);
        let whole = tail.first() == Some(&b'\n');
        let Some(entry) = whole.then(|| parse_line(line)).flatten() else {
            contents.torn = whole || !line.is_empty();
            return Ok(contents);
        };
        if let Entry::Opened(opened) = &entry {
            if opened.version != VERSION {
                return Err(JournalError::Version {
                    found: opened.version,
                    by: opened.rescc_version.clone(),
                });
            }
            contents.opened = Some((**opened).clone());
        }
        contents.entries.push(entry);
        contents.end += line.len() as u64 + 1;
        rest = tail.get(1..).unwrap_or_default();
    }
    contents.torn = !rest.is_empty();
    Ok(contents)
}

fn parse_line(line: &[u8]) -> Option<Entry> {
    let (sum, json) = line.split_at_checked(8)?;
    let json = json.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    if crc32fast::hash(json) != sum {
        return None;
    }
    serde_json::from_slice(json).ok()
}

// === impl Contents ===

impl Contents {
    /// The undo records that are open, newest first.
    #[must_use]
    pub fn open_undos(&self) -> Vec<UndoRecord> {
        let mut open: Vec<&UndoRecord> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Intent { undo } => {
                    open.retain(|other| other.injection != undo.injection);
                    open.push(undo);
                }
                Entry::Mark { injection, state } if state.is_settled() => {
                    open.retain(|other| other.injection != *injection);
                }
                _ => {}
            }
        }
        open.into_iter().rev().cloned().collect()
    }

    /// How the undo of each injection stood last.
    #[must_use]
    pub fn last_state(&self, injection: &InjectionId) -> UndoState {
        let mut last = UndoState::Open;
        for entry in &self.entries {
            if let Entry::Mark { injection: of, state } = entry
                && of == injection
            {
                last = state.clone();
            }
        }
        last
    }

    /// The notes of the environment, in order.
    #[must_use]
    pub fn notes(&self) -> Vec<serde_json::Value> {
        self.entries
            .iter()
            .filter_map(|entry| {
                if let Entry::Note { note } = entry {
                    Some(note.clone())
                } else {
                    None
                }
            })
            .collect()
    }

    /// Whether the environment was verified to be down.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry, Entry::Down { .. }))
    }

    /// The end of the run, where it has one: the verdict and whether everything was undone.
    #[must_use]
    pub fn closed(&self) -> Option<(rescc_core::verdict::Verdict, bool)> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::Closed { verdict, undone, .. } => Some((*verdict, *undone)),
            _ => None,
        })
    }
}
