//! The simulated environment of rescc.
//!
//! [`SimAdapter`] is an environment that is only imagined: resources with a seeded life, failure and recovery,
//! all powers, and answers to every probe. [`SimRuntime`] runs tasks under a clock that moves only when nothing
//! else can. Together they replay a whole run from its seed; the environment alone works under any clock.
//!
//! A simulated world has no tasks of its own. What is going to happen stands in a queue and is played, with the
//! moment it belongs to, as soon as anybody looks; so what happens does not depend on who looks when.

mod adapter;
mod environment;
mod options;
mod random;
mod runtime;
mod simulated;
mod world;

pub use adapter::SimAdapter;
pub use options::SimOptions;
pub use runtime::{ClockFaults, SimRuntime, Stuck};
pub use world::SimWorld;
