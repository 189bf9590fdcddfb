//! What reports look like, and what they never do.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "helpers of tests may panic"
)]

mod fixture;
mod human;
mod live;
mod machine;
mod markdown;
mod never;
mod plan;
mod planned;
