//! The immutable core of rescc: what a program, a plan, a resource, an undo record, an event and a verdict are,
//! and the traits that environments, faults, heals and probes implement.
//!
//! Nothing here names an environment, and nothing here does anything: adding an adapter, an action or a probe
//! never changes this crate.

pub mod action;
pub mod catalogue;
pub mod environment;
pub mod error;
pub mod event;
pub mod expr;
pub mod host;
pub mod names;
pub mod plan;
pub mod probe;
pub mod program;
pub mod report;
pub mod resource;
pub mod sync;
pub mod text;
pub mod time;
pub mod undo;
pub mod value;
pub mod verdict;

pub use async_trait::async_trait;
