//! The engine of rescc: a pure machine with drivers, the journal, the undo, the keeper and the verdict.

mod hooks;
pub mod journal;
pub mod machine;
