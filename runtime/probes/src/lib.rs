//! Probes of rescc: HTTP, TCP and commands.
//!
//! A probe asks once and says what came back; whether that is good is for the spec's `success` to judge. A
//! system that refuses, resets or stays silent has been asked, and that is a bad observation. Only where this
//! machine could not ask at all, a probe fails.
//!
//! What a spec hands over may be secret: neither messages nor `Debug` show headers, bodies, what is sent, or
//! the arguments of commands.

mod arguments;
mod exec;
mod http;
mod limit;
mod tcp;
mod trouble;

use rescc_core::probe::Probes;

pub use exec::Exec;
pub use http::Http;
pub use tcp::Tcp;

/// All probes of this crate: `http`, `tcp`, `exec`.
#[must_use]
pub fn all() -> Probes {
    Probes::default().with(Http).with(Tcp).with(Exec)
}
