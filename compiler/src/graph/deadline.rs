//! Deadlines that the critical path does not fit into.

use std::time::Duration;

use rescc_lang::{Diagnostic, Span};

use super::critical_path::Leg;
use crate::codes::graphs as codes;

/// How many parts of the path are drawn.
const DRAWN: usize = 20;

/// Reports a deadline that is shorter than a workflow may take.
pub(crate) fn too_short(
    workflow: &str,
    name: Span,
    deadline: Duration,
    at: Span,
    environment: Option<&str>,
    legs: &[Leg],
) -> Diagnostic {
    let needed = legs
        .iter()
        .fold(Duration::ZERO, |sum, leg| sum.saturating_add(leg.time));
    let (written, needed) = (
        rescc_core::text::duration(deadline),
        rescc_core::text::duration(needed),
    );
    let of = environment
        .map(|name| format!(" of `{name}`"))
        .unwrap_or_default();
    let mut report = Diagnostic::error(
        codes::DEADLINE_TOO_SHORT,
        format!("`{workflow}` may take {needed}, the deadline{of} is {written}"),
        at,
        format!("shorter than {needed}"),
    );
    if environment.is_some() {
        report = report.label(name, "this workflow");
    }
    report
        .help(format!(
            "set the deadline to {needed} or more, or shorten the steps below"
        ))
        .note(picture(legs, &needed))
}

/// The path with its times.
fn picture(legs: &[Leg], needed: &str) -> String {
    let width = legs
        .iter()
        .map(|leg| rescc_core::text::duration(leg.time).chars().count())
        .max()
        .unwrap_or(0)
        .max(needed.chars().count());
    let mut lines = vec!["the critical path:".to_owned()];
    for leg in legs.iter().take(DRAWN) {
        lines.push(format!(
            "{:>width$}  {}",
            rescc_core::text::duration(leg.time),
            leg.what
        ));
    }
    if legs.len() > DRAWN {
        lines.push(format!("{:>width$}  … {} more", "", legs.len() - DRAWN));
    }
    lines.push(format!("{needed:>width$}  in all"));
    lines.join("\n")
}
