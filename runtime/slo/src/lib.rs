//! Indicators, error budgets, burn rates and histograms: pure arithmetic over samples.
//!
//! - [`Series`] keeps the samples of one probe, bounded, and answers questions about a [`Window`] of them.
//! - [`rolling`], [`worst_window`] and [`first_crossing`] look at every window of a span of time.
//! - [`burn_rate`] and its neighbours are the error-budget arithmetic of the SRE workbook.
//! - [`Hold`] says how long a condition has been true; [`time_to_recover`] how long a system took.
//!
//! Nothing here reads a clock, allocates without bound, or takes the absence of data for an answer: a measure
//! over a window without data is `None`, never a number.
//!
//! # Units
//!
//! Moments and durations are [`Nanos`]. Ratios (`success_rate`, objectives, quantiles) are plain numbers from
//! 0 to 1. Burn rates have no unit.

mod bucket;
mod budget;
mod burn;
mod crossing;
mod fenwick;
mod folded;
mod histogram;
mod hold;
mod query;
mod rank;
mod recovery;
mod rolling;
mod sample;
mod series;
mod statistics;
mod values;
mod window;

pub use budget::{budget_left, budget_spent, error_budget, min_samples_to_tell, samples_meaning};
pub use burn::{burn_rate, burn_rate_for, detection_time, max_burn_rate, time_to_exhaustion};
pub use crossing::{first_crossing, first_crossing_by};
pub use histogram::Histogram;
pub use hold::Hold;
pub use recovery::{time_to_detect, time_to_recover};
pub use rolling::{Measure, Point, rolling, window_ends, worst_window};
pub use sample::{Nanos, SECOND, Sample};
pub use series::{Limits, Series};
pub use statistics::{mean, percentile};
pub use window::{Window, window_is_full};
