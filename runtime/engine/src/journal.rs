//! The journal of a run: an append-only, checksummed file that says what must be taken back.
//!
//! A line is `CRC32 JSON\n`, the checksum in eight hexadecimal digits over the JSON. The file has room reserved
//! for the undo marks of the whole plan before the first fault, so that a full disk can't keep an undo from being
//! noted: behind the last line it holds zero bytes. A reader takes lines until the first zero byte, or the first
//! line whose checksum does not fit: that is the torn end of a write that power or a kill cut short, and whoever
//! wrote it had not yet acted on it.
//!
//! One process writes: whoever holds the lock of the run.

mod entry;
mod reader;
mod writer;

pub use entry::{Entry, Opened};
pub use reader::{Contents, JournalError, parse, read};
pub use writer::{FileJournal, Recorder, reservation};
