//! JSON Schemas of what rescc writes for machines, made from the types.

use rescc_core::event::Event;
use rescc_core::plan::Plan;
use rescc_core::report::RunReport;

/// Of the report of a run.
#[must_use]
pub fn report() -> serde_json::Value {
    schemars::schema_for!(RunReport).to_value()
}

/// Of one event: a line of `--events`.
#[must_use]
pub fn event() -> serde_json::Value {
    schemars::schema_for!(Event).to_value()
}

/// Of a plan.
#[must_use]
pub fn plan() -> serde_json::Value {
    schemars::schema_for!(Plan).to_value()
}
