//! Telling "the system did not answer" from "this machine could not ask".

use std::io::{Error, ErrorKind};

use rescc_core::error::{ErrorClass, Failure};
use rustix::io::Errno;

/// The failure, where it is this machine that has run out of something.
///
/// A local port that can't be had (`EADDRNOTAVAIL`) is not among them: the same error says that this machine has
/// no address of a kind, and then only hides that the other address refused.
pub(crate) fn could_not_ask(error: &Error) -> Option<Failure> {
    match Errno::from_io_error(error)? {
        Errno::MFILE => Some(
            Failure::new(ErrorClass::Transient, "no file descriptor is left to ask with")
                .help("raise the limit of open files (`ulimit -n`), or ask less often"),
        ),
        Errno::NFILE => Some(Failure::new(
            ErrorClass::Transient,
            "this machine has no file descriptor left",
        )),
        Errno::NOBUFS | Errno::NOMEM => Some(Failure::new(
            ErrorClass::Transient,
            "this machine has no memory left to ask with",
        )),
        _ => None,
    }
}

/// Why there is no answer, in words.
pub(crate) fn why(error: &Error, peer: &str) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => format!("`{peer}` refused the connection"),
        ErrorKind::ConnectionReset => format!("`{peer}` reset the connection"),
        ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::NotConnected => {
            format!("`{peer}` closed the connection before the answer was complete")
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            format!("`{peer}` can't be reached from here")
        }
        ErrorKind::AddrNotAvailable => format!("no local address or port to reach `{peer}` from"),
        ErrorKind::TimedOut => format!("the connection to `{peer}` timed out"),
        _ => format!("asking `{peer}`: {}", error.to_string().to_lowercase()),
    }
}
