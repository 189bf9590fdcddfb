//! The keeper: a small process that outlives the runner.
//!
//! It is the parent of all processes that a run starts, so that their numbers can't be given to strangers before
//! the undo, and it waits at the other end of a socket for the runner to go. When the runner goes without having
//! said that all is done, or does not keep a time that it has set itself, the keeper takes the lock of the run,
//! reads the journal, undoes and verifies.
//!
//! ```text
//!  runner ──socket──▶ keeper ──▶ gate ─ exec ─▶ program      the gate opens when the identity is in the journal
//!    │                  │  dies: the kernel ends its children (PR_SET_PDEATHSIG), the runner undoes
//!    └ dies: end of file, the lock is free: the keeper undoes
//! ```

mod children;
mod client;
mod gate;
mod protocol;
mod server;

pub use client::{Keeper, KeeperError};
pub use gate::pass_gate;
pub use server::{Ended, serve};
