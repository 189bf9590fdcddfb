//! `rescc demo cache`: a bounded cache in memory that speaks a subset of the Redis protocol.
//!
//! One thread owns the entries and the connections send it commands, so nothing is locked.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::resp::{self, Command, Reply};

const MAX_CONNECTIONS: usize = 512;
const MAX_KEYS: usize = 4096;
const MAX_KEY: usize = 512;
const MAX_VALUE: usize = 16 * 1024;
const MAX_EXPIRY_SECONDS: i64 = 365 * 24 * 3600;
const IDLE: Duration = Duration::from_secs(60);
const TICKS_PER_SECOND: u64 = 10;

/// A cache that listens.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

enum Message {
    Tick,
    Execute(Command, SyncSender<Reply>),
}

/// The entries. Time is the number of ticks it was told of.
#[derive(Default)]
struct Store {
    entries: BTreeMap<Vec<u8>, Entry>,
    now: u64,
    writes: u64,
}

struct Entry {
    value: Vec<u8>,
    written: u64,
    expires: Option<u64>,
}

/// What the threads of the connections share.
struct Shared {
    store: SyncSender<Message>,
    stopping: AtomicBool,
    address: SocketAddr,
}

fn keep_store(messages: &mpsc::Receiver<Message>) {
    let mut store = Store::default();
    while let Ok(message) = messages.recv() {
        match message {
            Message::Tick => store.now += 1,
            // The connection may have gone meanwhile.
            Message::Execute(command, answer) => drop(answer.try_send(store.execute(&command))),
        }
    }
}

/// Tells the store that time passes, for as long as anyone uses it. A tick may come late, never early, so an
/// entry may live a little longer.
fn tick(shared: &Weak<Shared>) {
    let (_never, silence) = mpsc::channel::<()>();
    let interval = Duration::from_millis(1000 / TICKS_PER_SECOND);
    while silence.recv_timeout(interval) == Err(RecvTimeoutError::Timeout)
        && shared
            .upgrade()
            .is_some_and(|shared| shared.store.send(Message::Tick).is_ok())
    {}
}

fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let (answer, answers) = mpsc::sync_channel(1);
    let mut input = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 || shared.stopping.load(Ordering::SeqCst) {
            return Ok(());
        }
        input.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let mut output = Vec::new();
        let mut open = true;
        while open {
            let command = match resp::parse_command(&input) {
                Ok(Some((command, used))) => {
                    input.drain(..used);
                    command
                }
                Ok(None) => break,
                Err(violation) => {
                    Reply::Error(format!("Protocol error: {violation}")).encode(&mut output);
                    open = false;
                    break;
                }
            };
            let name = command.first().map(|name| name.to_ascii_uppercase());
            match name.as_deref() {
                None => {}
                Some(b"QUIT") => {
                    Reply::Simple("OK").encode(&mut output);
                    open = false;
                }
                // A browser was made to talk to the cache: it shall not go on to a command in the body.
                Some(b"POST" | b"HOST:") => return Ok(()),
                Some(b"SHUTDOWN") => {
                    shared.stopping.store(true, Ordering::SeqCst);
                    // The listener waits in `accept`: one more connection makes it look at `stopping`.
                    return TcpStream::connect(shared.address).map(drop);
                }
                Some(_) => {
                    let message = Message::Execute(command, answer.clone());
                    shared.store.send(message).map_err(io::Error::other)?;
                    answers.recv().map_err(io::Error::other)?.encode(&mut output);
                }
            }
        }
        stream.write_all(&output)?;
        if !open {
            return Ok(());
        }
    }
}

fn is_word(given: &[u8], word: &str) -> bool {
    given.eq_ignore_ascii_case(word.as_bytes())
}

fn error(text: &str) -> Reply {
    Reply::Error(text.to_owned())
}

// === impl Server ===

impl Server {
    /// Listens on `address`, for instance `127.0.0.1:6379`; port 0 takes a free one.
    pub(crate) fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// The address it listens on.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until a client sends `SHUTDOWN`. The error is that of the operating system when connections
    /// cannot be accepted or threads not be started.
    pub(crate) fn serve(self) -> io::Result<()> {
        let (store, messages) = mpsc::sync_channel(MAX_CONNECTIONS);
        thread::Builder::new().spawn(move || keep_store(&messages))?;
        let shared = Arc::new(Shared {
            store,
            stopping: AtomicBool::new(false),
            address: self.address,
        });
        let weak = Arc::downgrade(&shared);
        thread::Builder::new().spawn(move || tick(&weak))?;
        loop {
            let mut stream = super::http::accept(&self.listener)?;
            if shared.stopping.load(Ordering::SeqCst) {
                return Ok(());
            }
            // Each connection holds a reference.
            if Arc::strong_count(&shared) > MAX_CONNECTIONS {
                // The client is turned away either way.
                let _ = stream.write_all(b"-ERR max number of clients reached\r\n");
                continue;
            }
            let shared = Arc::clone(&shared);
            // A conversation that fails, or whose thread cannot be started, ends; the others go on.
            let _ = thread::Builder::new().spawn(move || converse(stream, &shared));
        }
    }
}

// === impl Store ===

impl Store {
    fn execute(&mut self, command: &[Vec<u8>]) -> Reply {
        let Some((name, args)) = command.split_first() else {
            return error("empty command");
        };
        let name = String::from_utf8_lossy(name).to_ascii_uppercase();
        match (name.as_str(), args) {
            ("PING", []) => Reply::Simple("PONG"),
            ("PING", [text]) => Reply::Bulk(Some(text.clone())),
            ("GET", [key]) => Reply::Bulk(self.live(key).map(|entry| entry.value.clone())),
            ("SET", [key, value]) => self.set(key, value.clone(), None),
            ("SET", [key, value, option, seconds]) if is_word(option, "EX") => match resp::number(seconds) {
                Some(seconds @ 1..=MAX_EXPIRY_SECONDS) => self.set(key, value.clone(), Some(seconds)),
                _ => error("invalid expire time in 'set' command"),
            },
            ("SET", [_, _, _, ..]) => error("syntax error"),
            ("DEL", [_, ..]) => Reply::Integer(args.iter().map(|key| i64::from(self.remove(key))).sum()),
            ("INCR", [key]) => self.increment(key),
            ("DBSIZE", []) => {
                let now = self.now;
                self.entries.retain(|_, entry| entry.is_live(now));
                Reply::Integer(i64::try_from(self.entries.len()).unwrap_or(i64::MAX))
            }
            ("PING" | "GET" | "SET" | "DEL" | "INCR" | "DBSIZE", _) => error(&format!(
                "wrong number of arguments for '{}' command",
                name.to_ascii_lowercase()
            )),
            _ => {
                // Control characters would end the reply early.
                let shown: String = name
                    .chars()
                    .filter(|shown| !shown.is_control())
                    .take(64)
                    .collect();
                error(&format!("unknown command '{shown}'"))
            }
        }
    }

    fn live(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let now = self.now;
        self.entries.get_mut(key).filter(|entry| entry.is_live(now))
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        let now = self.now;
        self.entries.remove(key).is_some_and(|entry| entry.is_live(now))
    }

    fn set(&mut self, key: &[u8], value: Vec<u8>, seconds: Option<i64>) -> Reply {
        if key.len() > MAX_KEY || value.len() > MAX_VALUE {
            return error(&format!(
                "a key is at most {MAX_KEY} bytes and a value at most {MAX_VALUE}"
            ));
        }
        if self.entries.len() >= MAX_KEYS && !self.entries.contains_key(key) {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, entry)| entry.written)
                .map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.entries.remove(&oldest));
        }
        self.writes += 1;
        // The tick that runs has already begun: one more, so that an entry never ends early.
        let ticks = seconds.map(|seconds| seconds.unsigned_abs() * TICKS_PER_SECOND + 1);
        let expires = ticks.map(|ticks| self.now + ticks);
        self.entries.insert(
            key.to_vec(),
            Entry {
                value,
                written: self.writes,
                expires,
            },
        );
        Reply::Simple("OK")
    }

    fn increment(&mut self, key: &[u8]) -> Reply {
        let Some(entry) = self.live(key) else {
            return match self.set(key, b"1".to_vec(), None) {
                Reply::Simple(_) => Reply::Integer(1),
                refused => refused,
            };
        };
        let Some(next) = resp::number(&entry.value).and_then(|value| value.checked_add(1)) else {
            return error("value is not an integer or out of range");
        };
        entry.value = next.to_string().into_bytes();
        Reply::Integer(next)
    }
}

// === impl Entry ===

impl Entry {
    fn is_live(&self, now: u64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

#[cfg(test)]
mod tests;
