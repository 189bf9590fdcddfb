//! The real `rescc` on real processes: whole runs, and everything that can end one.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails"
)]

mod common;
mod run;
mod survival;
