//! The part of HTTP/1.1 that the shop serves: requests without a body on kept connections. Source: RFC 9112.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

const MAX_HEAD: usize = 8 * 1024;
/// How long one read waits. Time is counted in reads, since there is no clock here.
const READ_WAIT: Duration = Duration::from_millis(250);
/// The most reads until a request is complete, which bounds it to ten seconds of silence or dripping.
const MAX_READS: usize = 40;
const WRITE_WAIT: Duration = Duration::from_secs(5);
const MAX_ACCEPT_ERRORS: usize = 100;

/// A status code with its reason phrase.
pub(crate) type Status = (u16, &'static str);

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method, in the client's case.
    pub(crate) method: String,
    /// The path without its query.
    pub(crate) path: String,
    /// Whether the client lets the connection be used again.
    pub(crate) keep_alive: bool,
}

/// A connection with what was read and not used yet.
pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
}

/// Waits for a connection; one that broke before it was accepted is no error.
pub(crate) fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let mut last = None;
    for _ in 0..MAX_ACCEPT_ERRORS {
        match listener.accept() {
            Ok((stream, _)) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| ErrorKind::Other.into()))
}

fn parse_head(head: &[u8]) -> Result<Request, Status> {
    const BAD: Status = (400, "Bad Request");
    let mut lines = std::str::from_utf8(head).map_err(|_| BAD)?.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD);
    };
    let mut keep_alive = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        _ => return Err((505, "HTTP Version Not Supported")),
    };
    if method.is_empty() || !target.starts_with('/') {
        return Err(BAD);
    }
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(BAD);
        }
        let value = value.trim();
        if name.eq_ignore_ascii_case("connection") {
            for option in value.split(',').map(str::trim) {
                if option.eq_ignore_ascii_case("close") {
                    keep_alive = false;
                } else if option.eq_ignore_ascii_case("keep-alive") {
                    keep_alive = true;
                }
            }
        }
        let body = name.eq_ignore_ascii_case("content-length") && value != "0";
        if body || name.eq_ignore_ascii_case("transfer-encoding") {
            return Err((413, "Content Too Large"));
        }
    }
    let path = target.split('?').next().unwrap_or_default();
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        keep_alive,
    })
}

// === impl Connection ===

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_WAIT))?;
        stream.set_write_timeout(Some(WRITE_WAIT))?;
        Ok(Self {
            stream,
            input: Vec::new(),
        })
    }

    /// The next request; `None` when the client is done, or silent while its place is `wanted` by others. The
    /// error is the status to refuse with, after which the connection cannot be used any more.
    pub(crate) fn next(&mut self, wanted: impl Fn() -> bool) -> Result<Option<Request>, Status> {
        let mut chunk = [0; 2048];
        for _ in 0..MAX_READS {
            if let Some(end) = self.input.windows(4).position(|window| window == b"\r\n\r\n") {
                let request = parse_head(self.input.get(..end).unwrap_or_default())?;
                self.input.drain(..end + 4);
                return Ok(Some(request));
            }
            if self.input.len() > MAX_HEAD {
                return Err((431, "Request Header Fields Too Large"));
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(None),
                Ok(read) => self
                    .input
                    .extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if wanted() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(None),
            }
        }
        if self.input.is_empty() {
            Ok(None)
        } else {
            Err((408, "Request Timeout"))
        }
    }

    /// Sends a response in one write.
    pub(crate) fn respond(
        &mut self,
        status: Status,
        kind: &str,
        body: &str,
        keep_alive: bool,
    ) -> io::Result<()> {
        let (code, reason) = status;
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let length = body.len();
        let response = format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: {connection}\r\n\r\n{body}"
        );
        self.stream.write_all(response.as_bytes())
    }

    /// Refuses what the client sent and waits shortly for it to stop sending: closing at once could discard
    /// the response (RFC 9112, 9.6).
    pub(crate) fn refuse(mut self, status: Status) -> io::Result<()> {
        self.respond(status, "text/plain", &format!("{}\n", status.1), false)?;
        self.stream.shutdown(Shutdown::Write)?;
        let mut chunk = [0; 2048];
        for _ in 0..MAX_READS {
            if self.stream.read(&mut chunk)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let request = parse_head(b"GET /checkout?cart=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0").unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("GET", "/checkout")
        );
        assert!(request.keep_alive);
        assert!(
            !parse_head(b"GET / HTTP/1.1\r\nconnection: Close")
                .unwrap()
                .keep_alive
        );
        assert!(!parse_head(b"GET / HTTP/1.0").unwrap().keep_alive);
        for (head, code) in [
            ("GET /", 400),
            ("GET a HTTP/1.1", 400),
            ("GET / HTTP/1.1\r\nHost : a", 400),
            ("GET / HTTP/2.0", 505),
            ("POST / HTTP/1.1\r\nContent-Length: 5", 413),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", 413),
        ] {
            assert_eq!(parse_head(head.as_bytes()).unwrap_err().0, code, "{head}");
        }
    }
}
