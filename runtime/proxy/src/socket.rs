//! Reading, writing and ending sockets without an allocation or a needless system call.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;

/// The most that one read brings where no fault does anything. Measured: 64 KiB move about a fifth less.
const SCRATCH_BYTES: usize = 256 << 10;

thread_local! {
    /// One read buffer a worker: what can't be written at once is copied out, so idle connections hold none.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// One end of a connection.
pub(crate) struct Side<'a> {
    pub(crate) stream: &'a TcpStream,
    error: Option<Pin<Box<dyn Future<Output = io::Result<Ready>> + Send + 'a>>>,
    failed: bool,
}

/// Runs `work` with this thread's read buffer of [`SCRATCH_BYTES`].
pub(crate) fn with_scratch<T>(work: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = SCRATCH.take();
    buffer.resize(SCRATCH_BYTES, 0);
    let result = work(&mut buffer);
    SCRATCH.set(buffer);
    result
}

/// Closing it from now on sends RST and drops what was not sent.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    // Fails only for what is no socket.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

// === impl Side ===

impl<'a> Side<'a> {
    pub(crate) fn new(stream: &'a TcpStream) -> Self {
        Self {
            stream,
            error: None,
            failed: false,
        }
    }

    /// Ready with 0 at the end of the stream.
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            let wanted = buffer.len();
            let result = self.attempt(Interest::READABLE, wanted, || {
                rustix::net::recv(self.stream, &mut *buffer, RecvFlags::empty()).map(|(count, _)| count)
            });
            if let Some(result) = result {
                return Poll::Ready(result);
            }
        }
    }

    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            let result = self.attempt(Interest::WRITABLE, bytes.len(), || {
                rustix::net::send(self.stream, bytes, SendFlags::NOSIGNAL)
            });
            if let Some(result) = result {
                return Poll::Ready(result);
            }
        }
    }

    /// Sends FIN; the other direction stays open.
    pub(crate) fn finish(&self) {
        // Fails only if the peer is gone, which the next read tells.
        let _ = rustix::net::shutdown(self.stream, Shutdown::Write);
    }

    /// Whether the peer has reset the connection, for when nobody reads. Wakes the task when it does.
    pub(crate) fn poll_failed(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.failed {
            let stream = self.stream;
            let error = self
                .error
                .get_or_insert_with(|| Box::pin(stream.ready(Interest::ERROR)));
            self.failed = error.as_mut().poll(cx).is_ready();
        }
        self.failed
    }

    /// `None` if the socket was not ready after all.
    fn attempt(
        &self,
        interest: Interest,
        wanted: usize,
        mut call: impl FnMut() -> Result<usize, Errno>,
    ) -> Option<io::Result<usize>> {
        let mut moved = None;
        let result = self.stream.try_io(interest, || {
            loop {
                match call() {
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                    Ok(count) => {
                        moved = Some(count);
                        // A short count says that the socket is drained (or full). epoll is edge-triggered, so saying "would
                        // block" now saves the call that would find it out; tokio's own `poll_read` does the same.
                        let short = count > 0 && count < wanted;
                        return if short {
                            Err(io::ErrorKind::WouldBlock.into())
                        } else {
                            Ok(())
                        };
                    }
                }
            }
        });
        match (moved, result) {
            (Some(count), _) => Some(Ok(count)),
            (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => Some(Err(error)),
            (None, _) => None,
        }
    }
}
