//! Declarations that nothing uses.

use rescc_lang::{Code, Diagnostic};

use crate::codes::warnings as codes;
use crate::names::Names;
use crate::schema::Kind;

/// Warns of declarations that nothing uses.
pub(crate) fn check(names: &Names<'_>, found: &mut Vec<Diagnostic>) {
    for (name, declared) in names.iter().filter(|(_, declared)| !declared.used.get()) {
        let (code, help): (Code, &str) = match declared.kind {
            Kind::Heal => (
                codes::UNUSED_HEAL,
                "name it in `heal` of a workflow, or remove it",
            ),
            Kind::Resource => (codes::UNUSED_RESOURCE, "bind it or act on it, or remove it"),
            Kind::Selector => (codes::UNUSED_SELECTOR, "act on it, or remove it"),
            Kind::Probe => (
                codes::UNUSED_PROBE,
                "use what it measures in a condition or an objective, or remove it",
            ),
            Kind::Slo => (
                codes::UNUSED_SLO,
                "name it in `expect` or `abort_when` of a workflow, or remove it",
            ),
            Kind::Param => (codes::UNUSED_PARAM, "use it, or remove it"),
            Kind::Environment | Kind::Workflow | Kind::Step | Kind::Unknown => continue,
        };
        let what = declared.kind.describe();
        found.push(
            Diagnostic::warning(
                code,
                format!("nothing uses `{name}`"),
                declared.block.name.span,
                format!("{what} without a use"),
            )
            .help(help),
        );
    }
}
