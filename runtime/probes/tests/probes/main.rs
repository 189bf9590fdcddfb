//! The probes against real servers and programs of this machine, under a clock that only the tests move: nothing
//! here waits for time to pass.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod exec;
mod http;
mod support;
mod tcp;
