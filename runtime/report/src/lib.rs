//! Reports of rescc: for people, as JSON and as Markdown, after a run, while it goes on, and of a plan.
//!
//! Everything here is a pure function from data to text: nothing is read or written, no terminal is asked, no
//! clock is looked at. Text that comes from outside (names, messages, output of programs) is made harmless
//! before it is shown: control characters and invisible ones are written as escapes, so that no spec and no
//! process can drive the reader's terminal, and Markdown is escaped so that nothing is injected into a page.
//!
//! - [`human`]: the report of a run, for a terminal or a log.
//! - [`markdown`]: the same for a pull request or a job summary.
//! - [`json`] and [`schema`]: the contract for machines.
//! - [`Live`]: progress while a run goes on, as lines or as a picture that is drawn again and again.
//! - [`plan_human`]: what `rescc plan` shows.

mod advice;
mod bands;
mod clean;
mod format;
mod human;
mod line;
mod live;
mod machine;
mod markdown;
mod names;
mod page;
mod plan;
pub mod schema;
mod spark;
mod style;
mod table;

pub use human::human;
pub use live::Live;
pub use machine::json;
pub use markdown::markdown;
pub use plan::{PlanDetails, plan_human};
pub use style::Style;
