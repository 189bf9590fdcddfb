//! The user-space TCP proxy of rescc.
//!
//! A [`Proxy`] stands in front of one port, faults or not: it spreads new connections round robin over the healthy
//! [`Backend`]s and hands every byte, FIN and RST on as it came. Adding a [`Fault`] changes connections that are already
//! open as well as new ones; removing it gives them back their speed at once. [`Evidence`] tells whether a fault bit.
//!
//! # Time
//!
//! Tokio's timers are a millisecond coarse and round up. Delays here run on one `timerfd` a proxy (`CLOCK_BOOTTIME`,
//! absolute), registered with tokio's own epoll: the worker that sleeps in `epoll_wait` is woken by the expiry itself,
//! there is no extra thread to hand over from, and timerfd has no timer slack. A delay is never shorter than asked.
//!
//! # Bounds
//!
//! Connections ([`Limits::connections`]), bytes held back per direction ([`QUEUE_BYTES`]) and per proxy
//! ([`Limits::queued_bytes`]), faults ([`MAX_FAULTS`]), delays ([`MAX_DELAY`]). Idle connections hold no buffer.

mod accept;
mod backend;
mod clock;
mod connection;
mod fault;
mod half;
mod lock;
mod pipeline;
mod proxy;
mod queue;
mod random;
mod relay;
mod socket;
mod timer;

pub use backend::Backend;
pub use clock::Nanos;
pub use fault::{Direction, Evidence, Fault, FaultError, FaultId, FaultKind, MAX_DELAY, MAX_FAULTS};
pub use proxy::{Limits, Proxy, Totals};
pub use queue::QUEUE_BYTES;
