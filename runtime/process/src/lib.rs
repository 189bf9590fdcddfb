//! Processes of this machine: identities that can't be mistaken, signals by pidfd, marks and the sweep.
//!
//! A process number alone is given again; a [`ProcessIdentity`](rescc_core::host::ProcessIdentity) is not. Every
//! function here takes an identity, and signals go through a pidfd whose identity was verified after it was opened:
//! from then on the number can't change its meaning.
//!
//! Calls block: each reads `/proc` or waits in `poll(2)`, and every wait has a limit. Waits are for real processes, so
//! they run on the kernel's boot clock by a `timerfd`, like the processes themselves; nothing here reads a clock.

mod deadline;
mod handle;
mod listener;
mod mark;
mod stat;
mod stop;
mod tree;

pub use handle::{Handle, signal};
pub use listener::{Holder, listener};
pub use mark::{Marked, marked};
pub use stat::{ProcessState, boot_id, descendants, identity, own_identity, state};
pub use stop::{Swept, kill_all, stop_all, sweep};
pub use tree::{Member, Tree, TreeState};
