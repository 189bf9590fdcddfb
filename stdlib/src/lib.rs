//! Built-in actions of rescc, written once against powers.
//!
//! A file for each action. A fault reads its arguments once, when it is prepared; all that its other steps need is
//! in the payload of its undo record, so that a process that never saw the spec can take it back.

mod arguments;
mod faults;
mod heals;
mod payload;
mod powers;

use rescc_core::action::Actions;

pub use faults::{FillDisk, Kill, Latency, Pause};
pub use heals::{Restart, Start};

/// All built-in actions: the faults `fill_disk`, `kill`, `latency` and `pause`, the heals `restart` and `start`.
#[must_use]
pub fn actions() -> Actions {
    Actions::default()
        .with_fault(FillDisk)
        .with_fault(Kill)
        .with_fault(Latency)
        .with_fault(Pause)
        .with_heal(Restart)
        .with_heal(Start)
}
