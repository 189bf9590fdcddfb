//! The rescc checker: names, types, units, graphs and limits of a spec, and its lowering to a program.
//!
//! Everything here is a pure function of its input. The one door is [`check`]: it finds every mistake of a file, for
//! every environment that the file declares, and makes the programs of a file that has none. What the language
//! consists of is data: [`schema`], [`measures`], [`units`], [`flow_actions`] and the catalogue.

mod calls;
mod check;
pub mod codes;
mod conditions;
mod context;
mod declare;
mod fields;
mod flow;
mod graph;
mod names;
mod powers;
pub mod schema;
mod structure;
mod suggest;
mod targets;
mod types;
mod unused;

pub use check::{Checked, LANGUAGE, Options, check};
pub use conditions::measures;
pub use declare::param::PARAM_TYPES;
pub use declare::workflow::{DEFAULT_OBSERVE, MAX_STEPS};
pub use flow::{BackoffSpec, backoffs, flow_actions, instance_fields};
pub use graph::critical_path::{Leg, critical_path, worst_case};
pub use types::units;
