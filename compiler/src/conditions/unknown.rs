//! Measures that there are not.

use rescc_lang::tree::{Block, Ident};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::measures::{self, MeasureType};
use crate::codes::types as codes;
use crate::context::{Cx, suggest_name};
use crate::schema::Kind;
use crate::suggest;

impl Cx<'_> {
    pub(super) fn unknown_measure(
        &mut self,
        head: &Ident,
        path: &str,
        rest: Option<Span>,
        kind: Kind,
        block: &Block,
    ) {
        let has_value = kind != Kind::Probe || self.has_value(block);
        let names = || {
            measures::names(kind).filter(move |name| {
                has_value || measures::find(kind, name).is_some_and(|found| found.ty != MeasureType::Value)
            })
        };
        let Some(at) = rest else {
            let example = match kind {
                Kind::Resource | Kind::Selector => "healthy",
                Kind::Probe => "success_rate",
                _ => "outcome",
            };
            let mut report = Diagnostic::error(
                codes::UNKNOWN_MEASURE,
                format!("`{}` is {}: what of it?", head.text, kind.describe()),
                head.span,
                "expected a measure of it",
            )
            .help(format!("its measures are {}", suggest::list(names())));
            if example == "healthy" {
                report = report.fix(
                    format!("write `{}.healthy`", head.text),
                    Applicability::Maybe,
                    head.span.after(),
                    ".healthy",
                );
            }
            self.report(report);
            return;
        };
        let report = Diagnostic::error(
            codes::UNKNOWN_MEASURE,
            format!("`{}` has no measure `{path}`", head.text),
            at,
            format!("not known of {}", kind.describe()),
        );
        let event = kind == Kind::Step && matches!(path, "passed" | "failed" | "skipped" | "aborted");
        if event {
            self.report(
                report
                    .help(format!("write `{}.outcome == {path}`", head.text))
                    .fix(
                        format!("write `{}.outcome == {path}`", head.text),
                        Applicability::Safe,
                        at,
                        format!("outcome == {path}"),
                    ),
            );
            return;
        }
        let known = measures::habit(kind, path)
            .filter(|meant| has_value || names().any(|name| name == meant) || meant.starts_with("latency.p"));
        let report = match known {
            Some(meant) => report.help(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                Applicability::Safe,
                at,
                meant,
            ),
            None if path == "latency" => {
                report.help("say which: `latency.p95`, `latency.p99`, `latency.mean` or `latency.max`")
            }
            None => {
                let near = suggest::nearest(path, names()).is_some();
                let report = suggest_name(report, path, at, names());
                if near {
                    report.help(format!("its measures are {}", suggest::list(names())))
                } else {
                    report
                }
            }
        };
        self.report(report.label(block.name.span, format!("{} declared here", kind.describe())));
    }
}
