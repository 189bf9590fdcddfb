//! What runner and keeper say to each other: JSON, a message a line.

use rescc_core::error::Failure;
use rescc_core::host::{Exit, ProcessIdentity, SpawnRequest};
use rescc_core::time::Moment;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest message.
const MAX_MESSAGE: usize = 4 << 20;

/// From the runner.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(super) enum Order {
    /// Make a process that waits at its gate. Answered by [`Word::Waiting`] or [`Word::Refused`].
    Spawn { token: u64, request: SpawnRequest },
    /// Its identity is in the journal: let it run. Answered by [`Word::Running`] or [`Word::Refused`].
    Open { token: u64 },
    /// It must not run.
    Shut { token: u64 },
    /// Let the number of an ended process go.
    Release { identity: ProcessIdentity },
    /// If this is not taken back by then, the runner hangs.
    Arm { id: String, until: Moment },
    /// It is taken back.
    Disarm { id: String },
    /// All is undone: nothing is left to keep.
    Done,
}

/// From the keeper.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(super) enum Word {
    /// It is there.
    Ready,
    /// A process waits at its gate.
    Waiting { token: u64, identity: ProcessIdentity },
    /// Its program runs.
    Running { token: u64 },
    /// It could not be made, or its program could not be run.
    Refused { token: u64, failure: Failure },
    /// A process has ended.
    Ended { exit: Exit },
}

/// Bytes that arrive in any portions, cut into messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
}

// === impl Messages ===

impl Messages {
    /// Adds what has arrived; says `false` where the other side does not keep to the protocol.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        self.bytes.len() <= MAX_MESSAGE
    }

    /// The next whole message; one that can't be read is passed over.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            let end = self.bytes.iter().position(|&byte| byte == b'\n')?;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            if let Ok(message) = serde_json::from_slice(&line) {
                return Some(message);
            }
        }
    }
}

/// A message as it goes over the socket.
pub(super) fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(message).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
