//! The report for machines.

use rescc_core::report::RunReport;

/// The report as JSON, indented, in the order of its fields: the same report gives the same bytes. Ends with a
/// line break. [`crate::schema::report`] describes it.
#[must_use]
pub fn json(report: &RunReport) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_else(|error| {
        // Can't happen with the types of a report; a reader must not take nothing for a report.
        serde_json::json!({ "error": format!("the report can't be written: {error}") }).to_string()
    });
    text.push('\n');
    text
}
