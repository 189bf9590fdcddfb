//! The order of steps: what can't be, what conflicts, and how long it takes.

pub(crate) mod claims;
pub(crate) mod critical_path;
pub(crate) mod cycle;
pub(crate) mod deadline;
pub(crate) mod order;
pub(crate) mod undo;

use std::collections::BTreeMap;

use rescc_core::catalogue::ActionKind;
use rescc_core::program::StepEvent;
use rescc_lang::Diagnostic;
use rescc_lang::tree::Block;

use crate::codes::graphs as codes;
use crate::context::Cx;
use crate::declare::step::Step;
use crate::declare::workflow::MAX_STEPS;
use order::Order;

/// Steps by name; of two with one name, the first.
pub(crate) type ByName<'a> = BTreeMap<&'a str, usize>;

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Checks the order of a workflow's steps; whether it is one.
    pub(crate) fn check_order(&mut self, workflow: &'a Block, steps: &[Step<'a>]) -> bool {
        if steps.len() > MAX_STEPS {
            return false;
        }
        let mut by_name = ByName::new();
        for (at, step) in steps
            .iter()
            .enumerate()
            .filter(|(_, step)| !step.name().is_empty())
        {
            by_name.entry(step.name()).or_insert(at);
        }
        self.check_events(steps, &by_name);
        if self.check_cycles(workflow, steps, &by_name) {
            return false;
        }
        let order = Order::of(steps, &by_name);
        self.check_reachable(steps, &by_name, &order);
        self.check_undo(steps, &by_name, &order);
        self.check_claims(steps, &by_name, &order);
        true
    }

    /// `.active` of what is no fault.
    fn check_events(&mut self, steps: &[Step<'a>], by_name: &ByName<'a>) {
        for edge in steps
            .iter()
            .flat_map(|step| &step.after)
            .filter(|edge| edge.is == StepEvent::Active)
        {
            let of = by_name.get(edge.step.text.as_str()).and_then(|at| steps.get(*at));
            let Some(of) = of else { continue };
            let Some(action) = of.action.filter(|action| !action.is_fault()) else {
                continue;
            };
            let what = match action.kind {
                ActionKind::Heal => "a heal",
                _ => "no fault",
            };
            let dot = rescc_lang::Span {
                start: edge.step.span.end,
                ..edge.span
            };
            self.report(
                Diagnostic::error(
                    codes::NEVER_ACTIVE,
                    format!("`{}` is never active", edge.step.text),
                    edge.span,
                    "only a fault is",
                )
                .label(of.run_span, format!("`{}` is {what}", action.name))
                .help(format!("to start when it is done, write `{}`", edge.step.text))
                .note("`.active` means that a fault bites")
                .fix("wait until it is done", rescc_lang::Applicability::Maybe, dot, ""),
            );
        }
    }

    /// Steps that need another both to pass and to fail.
    fn check_reachable(&mut self, steps: &[Step<'a>], by_name: &ByName<'a>, order: &Order) {
        for (at, step) in steps.iter().enumerate() {
            let Some(of) = order.contradiction(at) else {
                continue;
            };
            let inherited = step.after.iter().any(|edge| {
                let before = by_name.get(edge.step.text.as_str());
                edge.is != StepEvent::Ended
                    && before.is_some_and(|before| order.contradiction(*before).is_some())
            });
            let Some(contradicted) = steps.get(of).filter(|_| !inherited) else {
                continue;
            };
            let at = step
                .after_field
                .map_or(step.block.name.span, |field| field.value.span);
            let mut report = Diagnostic::error(
                codes::NEVER_RUNS,
                format!("`{}` can never start", step.name()),
                at,
                format!("needs `{}` both to pass and to fail", contradicted.name()),
            )
            .label(contradicted.block.name.span, "declared here")
            .note("`after` waits for all of its list; a step that waits for another needs what that one waits for");
            report = report.help(format!(
                "to start either way, write `{}.ended`",
                contradicted.name()
            ));
            self.report(report);
        }
    }
}
