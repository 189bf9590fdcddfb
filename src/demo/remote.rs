//! The shop's way to its cache: one connection with timeouts, and the circuit breaker that all workers share.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::resp::{self, Reply};

/// How many failures in a row open the breaker.
const FAILURES: u32 = 3;
/// How many requests an open breaker skips before one may try the cache again.
const SKIPS: u32 = 20;
const MAX_READS: u32 = 8;

/// A circuit breaker that counts requests instead of time.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    /// Requests until the next try, plus one; 0 while the breaker is closed.
    skips: AtomicU32,
}

/// A client of the cache, with at most one connection.
#[derive(Debug)]
pub(crate) struct Cache {
    address: SocketAddr,
    timeout: Duration,
    stream: Option<TcpStream>,
}

// === impl Breaker ===

impl Breaker {
    /// Whether this request may use the cache. While the breaker is open, one in `SKIPS` + 1 may, as a trial.
    pub(crate) fn allows(&self) -> bool {
        let next = |skips| match skips {
            0 => None,
            1 => Some(SKIPS + 1),
            more => Some(more - 1),
        };
        let before = self.skips.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        matches!(before, Err(_) | Ok(1))
    }

    /// Notes that the cache answered, which closes the breaker.
    pub(crate) fn succeeded(&self) {
        self.failures.store(0, Ordering::SeqCst);
        self.skips.store(0, Ordering::SeqCst);
    }

    /// Notes that the cache failed.
    pub(crate) fn failed(&self) {
        let count = |failures: u32| Some(failures.saturating_add(1));
        let before = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count);
        if before.is_ok_and(|before| before.saturating_add(1) >= FAILURES) {
            self.skips.store(SKIPS + 1, Ordering::SeqCst);
        }
    }
}

// === impl Cache ===

impl Cache {
    /// A client that connects when it is first used. `timeout` bounds connecting, sending and waiting for
    /// the first bytes of the reply, each; all further bytes together get as long again.
    pub(crate) fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self {
            address,
            timeout,
            stream: None,
        }
    }

    /// The value of `key`, if there is one.
    pub(crate) fn get(&mut self, key: &str) -> io::Result<Option<Vec<u8>>> {
        match self.call(&[b"GET", key.as_bytes()])? {
            Reply::Bulk(value) => Ok(value),
            other => Err(io::Error::other(format!("unexpected reply {other:?}"))),
        }
    }

    /// Sets `key` for `seconds`.
    pub(crate) fn set(&mut self, key: &str, value: &[u8], seconds: u32) -> io::Result<()> {
        let seconds = seconds.to_string();
        match self.call(&[b"SET", key.as_bytes(), value, b"EX", seconds.as_bytes()])? {
            Reply::Simple(_) => Ok(()),
            other => Err(io::Error::other(format!("unexpected reply {other:?}"))),
        }
    }

    /// Sends a command that may be repeated. A connection that turns out to be closed, since the cache was
    /// started anew or tired of waiting, is replaced once; a slow one is not.
    fn call(&mut self, words: &[&[u8]]) -> io::Result<Reply> {
        let command = resp::encode_command(words);
        if let Some(stream) = self.stream.take() {
            match self.exchange(stream, &command) {
                Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                result => return result,
            }
        }
        let stream = TcpStream::connect_timeout(&self.address, self.timeout)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(self.timeout))?;
        self.exchange(stream, &command)
    }

    /// Keeps the connection only after a whole reply: else a late reply would answer the next command.
    fn exchange(&mut self, mut stream: TcpStream, command: &[u8]) -> io::Result<Reply> {
        stream.write_all(command)?;
        let mut input = Vec::new();
        let mut chunk = [0; 4096];
        let mut wait = self.timeout;
        for _ in 0..MAX_READS {
            stream.set_read_timeout(Some(wait))?;
            let read = stream.read(&mut chunk)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            input.extend_from_slice(chunk.get(..read).unwrap_or_default());
            match resp::parse_reply(&input) {
                Ok(Some((reply, used))) if used == input.len() => {
                    self.stream = Some(stream);
                    return Ok(reply);
                }
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return Err(ErrorKind::InvalidData.into()),
            }
            // Halving bounds the sum without a clock; a timeout of zero is not allowed.
            wait = (wait / 2).max(Duration::from_millis(1));
        }
        Err(ErrorKind::TimedOut.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_tries_and_closes() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert!(breaker.allows());
            breaker.failed();
        }
        for _ in 0..2 {
            for _ in 0..SKIPS {
                assert!(!breaker.allows());
            }
            assert!(breaker.allows());
            assert!(!breaker.allows());
            breaker.failed();
        }
        breaker.succeeded();
        assert!(breaker.allows());
        breaker.failed();
        assert!(breaker.allows());
    }

    #[test]
    fn a_closed_connection_is_replaced_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut cache = Cache::new(listener.local_addr().unwrap(), Duration::from_secs(10));
        let serving = std::thread::spawn(move || {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut chunk = [0; 64];
                assert!(stream.read(&mut chunk).unwrap() > 0);
                stream.write_all(b"$1\r\na\r\n").unwrap();
            }
        });
        assert_eq!(cache.get("k").unwrap(), Some(b"a".to_vec()));
        assert_eq!(cache.get("k").unwrap(), Some(b"a".to_vec()));
        serving.join().unwrap();
        assert!(cache.get("k").is_err());
    }
}
