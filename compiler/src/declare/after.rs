//! `after`: what of other steps a step waits for.

use rescc_core::program::StepEvent;
use rescc_lang::tree::{Expr, ExprKind, Field, Ident};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::step::Edge;
use crate::codes::{graphs, names, types};
use crate::context::{Cx, suggest_name};
use crate::schema::Kind;
use crate::suggest;

const EVENTS: &[&str] = &["active", "failed", "ended"];

impl<'a> Cx<'a> {
    /// A step of this workflow.
    pub(super) fn step_named(&mut self, name: &'a Ident) -> Option<&'a Ident> {
        if let Some(block) = self.steps.get(name.text.as_str()) {
            return (block.kind.text == "step").then_some(name);
        }
        if let Some(declared) = self.index.names.get(&name.text) {
            declared.used.set(true);
            if declared.kind != Kind::Unknown {
                let (kind, at) = (declared.kind, declared.block.name.span);
                self.wrong_kind(name, kind, at, &[Kind::Step]);
            }
            return None;
        }
        let report = Diagnostic::error(
            names::UNKNOWN_STEP,
            format!("there is no step `{}`", name.text),
            name.span,
            "not a step of this workflow",
        );
        let report = suggest_name(report, &name.text, name.span, self.steps.keys().copied());
        self.report(report);
        None
    }

    pub(super) fn after(&mut self, field: &'a Field) -> Vec<Option<Edge<'a>>> {
        self.elements(field)
            .into_iter()
            .map(|element| self.edge(element))
            .collect()
    }

    pub(super) fn edge(&mut self, expr: &'a Expr) -> Option<Edge<'a>> {
        let ExprKind::Ref(reference) = &expr.kind else {
            self.name_of(expr, "after", &[Kind::Step]);
            return None;
        };
        let step = self.step_named(reference.path.first()?);
        if let Some(args) = &reference.args {
            self.report(
                Diagnostic::error(
                    types::MISMATCH,
                    "`after` takes steps, not calls",
                    args.span,
                    "not known here",
                )
                .help("write the name of a step, or `.active`, `.failed` or `.ended` of it"),
            );
            return None;
        }
        let is = match reference.path.get(1) {
            None => StepEvent::Passed,
            Some(event) => {
                let is = event_named(&event.text).filter(|_| reference.path.len() == 2);
                if is.is_none() {
                    let last = reference
                        .path
                        .last()
                        .map_or(event.span, |last| event.span.to(last.span));
                    self.unknown_event(event, last, reference.path.len() > 2);
                }
                is?
            }
        };
        Some(Edge {
            step: step?,
            is,
            span: expr.span,
        })
    }

    pub(super) fn unknown_event(&mut self, event: &Ident, at: Span, longer: bool) {
        let report = Diagnostic::error(
            graphs::UNKNOWN_EVENT,
            format!("`{}` of a step can't be waited for", self.file.slice(at)),
            at,
            "not known here",
        );
        let dot = Span {
            start: at.start.saturating_sub(1),
            ..at
        };
        let report = match event.text.as_str() {
            "passed" | "done" | "succeeded" | "success" | "completed" | "finished" | "ok" if !longer => {
                report
                    .help("leave it out: a step alone means that it is done and passed")
                    .fix("remove it", Applicability::Safe, dot, "")
            }
            text => suggest_name(report, text, at, EVENTS.iter().copied()),
        };
        self.report(report.note(format!(
            "of a step, {} can be waited for",
            suggest::list(EVENTS.iter().copied())
        )));
    }
}

fn event_named(name: &str) -> Option<StepEvent> {
    Some(match name {
        "active" => StepEvent::Active,
        "failed" => StepEvent::Failed,
        "ended" => StepEvent::Ended,
        _ => return None,
    })
}
