//! `undo` as a step.

use rescc_core::catalogue::{ActionKind, UndoKind};
use rescc_lang::tree::ExprKind;
use rescc_lang::{Applicability, Diagnostic};

use super::ByName;
use super::order::Order;
use crate::codes::{graphs as codes, warnings};
use crate::context::Cx;
use crate::declare::step::Step;

impl<'a> Cx<'a> {
    pub(super) fn check_undo(&mut self, steps: &[Step<'a>], by_name: &ByName<'a>, order: &Order) {
        for (at, step) in steps.iter().enumerate() {
            let Some(name) = step.undoes else { continue };
            let Some(&of) = by_name.get(name.text.as_str()) else {
                continue;
            };
            let Some(fault) = steps.get(of) else { continue };
            let Some(action) = fault.action else { continue };
            if !action.is_fault() {
                let kind = if action.kind == ActionKind::Heal {
                    "a heal"
                } else {
                    "no fault"
                };
                self.report(
                    Diagnostic::error(
                        codes::UNDO_OF_NO_FAULT,
                        format!("`{}` is no fault", name.text),
                        name.span,
                        "only a fault can be undone",
                    )
                    .label(fault.run_span, format!("`{}` is {kind}", action.name))
                    .help("name the step of a fault"),
                );
                continue;
            }
            let nothing = match action.undo {
                UndoKind::Automatic => None,
                UndoKind::Nothing => Some("leaves nothing that could be taken back"),
                UndoKind::Impossible => Some("can't be undone"),
            };
            if let Some(why) = nothing {
                self.report(
                    Diagnostic::error(
                        codes::NOTHING_TO_UNDO,
                        format!("`{}` {why}", action.name),
                        name.span,
                        "can't be undone",
                    )
                    .label(fault.run_span, "the fault")
                    .help("remove this step"),
                );
                continue;
            }
            if !order.is_after_start(at, of) {
                self.undo_before_fault(step, fault);
            }
            if let (true, Some(duration)) = (
                fault.timed,
                fault.block.fields().find(|field| field.name.text == "duration"),
            ) {
                self.report(
                    Diagnostic::warning(
                        warnings::UNDO_OF_TIMED_FAULT,
                        format!("`{}` ends by itself", name.text),
                        name.span,
                        "may have nothing left to undo",
                    )
                    .label(duration.span, "it stays that long")
                    .help("remove `duration`, or this step"),
                );
            }
        }
    }

    fn undo_before_fault(&mut self, step: &Step<'a>, fault: &Step<'a>) {
        let Some(name) = step.undoes else { return };
        let mut report = Diagnostic::error(
            codes::UNDO_BEFORE_FAULT,
            format!("`{}` may run before `{}`", step.name(), name.text),
            name.span,
            "may not have started yet",
        )
        .label(fault.block.name.span, "the fault")
        .help(format!("add `{}` to its `after`", name.text))
        .note("steps without an order between them run at once");
        let list = step.after_field.map(|field| &field.value);
        let title = format!("wait for `{}`", name.text);
        report = match list.map(|list| (&list.kind, list.span)) {
            Some((ExprKind::List(elements), span)) => match elements.last() {
                Some(last) => report.fix(
                    title,
                    Applicability::Safe,
                    last.span.after(),
                    format!(", {}", name.text),
                ),
                None => report.fix(title, Applicability::Safe, span, format!("[{}]", name.text)),
            },
            Some(_) => report,
            None => {
                let run = step.block.fields().find(|field| field.name.text == "run");
                let at = run.map_or(step.run_span, |run| run.span).after();
                report.fix(
                    title,
                    Applicability::Safe,
                    at,
                    format!(", after = [{}]", name.text),
                )
            }
        };
        self.report(report);
    }
}
