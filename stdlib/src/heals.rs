//! Heals.

mod restart;
mod start;

pub use restart::Restart;
pub use start::Start;
