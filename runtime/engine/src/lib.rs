//! The engine of rescc: a pure machine with drivers, the journal, the undo, the keeper and the verdict.

pub mod clock;
pub mod driver;
mod hooks;
pub mod journal;
pub mod keeper;
pub mod machine;
pub mod recover;
pub mod run_dir;
mod undo;
