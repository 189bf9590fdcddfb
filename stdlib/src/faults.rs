//! Faults.

mod fill_disk;
mod kill;
mod latency;
mod pause;

pub use fill_disk::FillDisk;
pub use kill::Kill;
pub use latency::Latency;
pub use pause::Pause;
