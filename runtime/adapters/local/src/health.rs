//! Whether a process does its work.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rescc_core::host::ProcessIdentity;
use rescc_core::time::Clock;
use rescc_process::ProcessState;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ports;
use crate::wait::within;

/// The time from the beginning of one check to that of the next.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
/// When an answer is too late.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);
/// How long the rest of an answer is read, so that the program does not see a broken connection.
const DRAIN: Duration = Duration::from_millis(50);
const MAX_STATUS_LINE: usize = 1024;
const MAX_DRAINED: usize = 64 << 10;

/// What makes a process healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A path answers 2xx.
    Http {
        /// Where.
        port: u16,
        /// The path.
        path: String,
    },
    /// A port accepts connections.
    Tcp {
        /// Where.
        port: u16,
    },
    /// It lives.
    Life,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    /// How the main process is.
    pub(crate) state: ProcessState,
    /// Whether it does its work; why not.
    pub(crate) health: Result<(), String>,
}

// === impl Check ===

impl Check {
    /// Measures, for at most [`TIMEOUT`].
    pub(crate) async fn measure(&self, clock: &dyn Clock, identity: &ProcessIdentity) -> Measured {
        let answer = within(clock, TIMEOUT, self.ask(clock)).await;
        let state = rescc_process::state(identity).unwrap_or(ProcessState::Running);
        let health = match answer {
            None => Err(format!(
                "gives no answer within {}",
                rescc_core::text::duration(TIMEOUT)
            )),
            // The kernel accepts connections for a process that is held still. It does no work.
            Some(Ok(())) if state == ProcessState::Stopped && !matches!(self, Self::Http { .. }) => {
                Err("is held still".to_owned())
            }
            Some(_) if matches!(state, ProcessState::Zombie | ProcessState::Gone) => {
                Err("has ended".to_owned())
            }
            Some(answer) => answer,
        };
        Measured { state, health }
    }

    async fn ask(&self, clock: &dyn Clock) -> Result<(), String> {
        match self {
            Self::Http { port, path } => match http(clock, ports::local(*port), path).await {
                Ok(200..=299) => Ok(()),
                Ok(status) => Err(format!("answers `GET {path}` with {status}")),
                Err(error) => Err(format!(
                    "does not answer `GET {path}` on port {port}: {}",
                    lower(&error)
                )),
            },
            Self::Tcp { port } => match connect(ports::local(*port)).await {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("accepts no connection on port {port}: {}", lower(&error))),
            },
            Self::Life => Ok(()),
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Where nobody listens on a port of the range for outgoing connections, the kernel may connect a socket with itself.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

/// The status of the answer to a GET: RFC 9112.
async fn http(clock: &dyn Clock, address: SocketAddr, path: &str) -> io::Result<u16> {
    let mut stream = connect(address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: rescc\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    let status = loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if let Some(end) = head.iter().position(|&byte| byte == b'\n') {
            break status(head.get(..end).unwrap_or_default());
        }
        if head.len() > MAX_STATUS_LINE {
            break None;
        }
    };
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "that is no HTTP"))?;
    let _ = within(clock, DRAIN, drain(&mut stream)).await;
    Ok(status)
}

async fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    let mut drained = 0;
    while let Ok(count) = stream.read(&mut buffer).await {
        drained += count;
        if count == 0 || drained > MAX_DRAINED {
            return;
        }
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace();
    words.next()?.strip_prefix("HTTP/1.")?;
    words.next().filter(|word| word.len() == 3)?.parse().ok()
}

fn lower(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection was closed without an answer".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_are_read() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r"), Some(204));
        assert_eq!(status(b"HTTP/1.0 503"), Some(503));
        for line in [
            &b"HTTP/2 200"[..],
            b"HTTP/1.1",
            b"HTTP/1.1 2000 x",
            b"SSH-2.0-OpenSSH",
            b"",
            b"\xff",
        ] {
            assert_eq!(status(line), None);
        }
    }
}
