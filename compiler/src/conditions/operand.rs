//! What stands on one side of a comparison, or alone: a field of `it`, a measure, a parameter.

use rescc_core::expr::{Expr as Typed, Measure, Metric, Subject};
use rescc_core::value::Type;
use rescc_lang::tree::{Block, Expr, ExprKind, Ident, Ref};
use rescc_lang::{Diagnostic, Span};

use super::Judge;
use super::measures::{self, Found, MeasureType};
use crate::calls::call_of;
use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::{Kind, Place};

/// A side of a comparison.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) typed: Typed,
    /// Its type; `None` where that is only known while a workflow runs.
    pub(super) ty: Option<Type>,
}

const SUBJECTS: &[Kind] = &[
    Kind::Resource,
    Kind::Selector,
    Kind::Probe,
    Kind::Slo,
    Kind::Step,
    Kind::Param,
];

// === impl Operand ===

impl Operand {
    pub(super) fn measure(&self) -> Option<&Measure> {
        if let Typed::Measure { measure } = &self.typed {
            Some(measure)
        } else {
            None
        }
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Whether an expression speaks of what is only known while a workflow runs.
    pub(super) fn is_measured(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Ref(reference) => {
                let Some(head) = reference.path.first() else {
                    return false;
                };
                let declared = self.index.names.get(&head.text).map(|declared| declared.kind);
                reference.path.len() > 1
                    || reference.args.is_some()
                    || head.text == "it"
                    || declared.is_some_and(|kind| kind != Kind::Param)
                    || self.steps.contains_key(head.text.as_str())
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare { .. } => true,
            _ => false,
        }
    }

    /// A side of a comparison, typed.
    pub(super) fn operand(&mut self, expr: &Expr, judge: &Judge<'_>) -> Option<Operand> {
        let ExprKind::Ref(reference) = &expr.kind else {
            let typed = self.condition(expr, judge)?;
            return Some(Operand {
                typed,
                ty: Some(Type::Bool),
            });
        };
        let head = reference.path.first()?;
        if head.text == "it" {
            return self.it(reference, expr.span, judge);
        }
        if let Some(param) = self
            .params
            .get(head.text.as_str())
            .filter(|_| reference.bare().is_some())
        {
            let (ty, value) = (param.ty.clone(), param.value.clone());
            if let Some(declared) = self.index.names.get(&head.text) {
                declared.used.set(true);
            }
            return Some(Operand {
                typed: Typed::value(value?),
                ty,
            });
        }
        let index = self.index;
        let (kind, block): (Kind, &'a Block) = match index.names.get(&head.text) {
            Some(declared) => {
                declared.used.set(true);
                (declared.kind, declared.block)
            }
            None => match self.steps.get(head.text.as_str()) {
                Some(block) if block.kind.text == "step" => (Kind::Step, block),
                Some(_) => return None,
                None => {
                    self.unknown_name(head, SUBJECTS, &[]);
                    return None;
                }
            },
        };
        if kind == Kind::Unknown {
            return None;
        }
        if !SUBJECTS.contains(&kind) || kind == Kind::Param {
            let measurable = &[Kind::Resource, Kind::Selector, Kind::Probe, Kind::Slo, Kind::Step];
            self.wrong_kind(head, kind, block.name.span, measurable);
            return None;
        }
        self.measure_of(reference, expr.span, kind, block, judge)
    }

    fn measure_of(
        &mut self,
        reference: &Ref,
        at: Span,
        kind: Kind,
        block: &Block,
        judge: &Judge<'_>,
    ) -> Option<Operand> {
        let head = reference.path.first()?;
        let place = judge.place;
        if !place.has_measures() {
            let what = if place == Place::Where {
                "the candidate"
            } else {
                "the answer"
            };
            self.report(
                Diagnostic::error(
                    codes::MISPLACED_MEASURE,
                    format!(
                        "`{}` is {}, and `{}` judges {what} alone",
                        head.text,
                        kind.describe(),
                        place.as_str()
                    ),
                    at,
                    "not known here",
                )
                .help(format!("speak of {what} as `it`"))
                .label(block.name.span, "declared here"),
            );
            return None;
        }
        let path: Vec<&str> = reference
            .path
            .iter()
            .skip(1)
            .map(|part| part.text.as_str())
            .collect();
        let path = path.join(".");
        let rest = reference
            .path
            .get(1)
            .zip(reference.path.last())
            .map(|(first, last)| first.span.to(last.span));
        let found = measures::find(kind, &path)
            .filter(|found| found.ty != MeasureType::Value || self.has_value(block));
        let Some(found) = found else {
            self.unknown_measure(head, &path, rest, kind, block);
            return None;
        };
        if !self.may_measure(head, at, found, block, judge) {
            return None;
        }
        let window = self.window(
            reference.args.as_ref(),
            rest.unwrap_or(head.span),
            &path,
            found,
            judge,
        )?;
        let name = head.text.clone();
        let of = match kind {
            Kind::Resource => Subject::Resource(name),
            Kind::Selector => Subject::Selector(name),
            Kind::Probe => Subject::Probe(name),
            Kind::Slo => Subject::Slo(name),
            _ => Subject::Step(name),
        };
        let ty = if found.ty == MeasureType::Value {
            self.value_type(block)
        } else {
            found.ty.ty()
        };
        Some(Operand {
            typed: Typed::Measure {
                measure: Measure {
                    of,
                    metric: found.metric,
                    window,
                },
            },
            ty,
        })
    }

    /// Whether a measure is known where a condition stands.
    fn may_measure(
        &mut self,
        head: &Ident,
        at: Span,
        found: Found,
        block: &Block,
        judge: &Judge<'_>,
    ) -> bool {
        let place = judge.place;
        let report = match found.metric {
            Metric::Met if place.is_live() => Diagnostic::error(
                codes::MISPLACED_MEASURE,
                format!("whether `{}` is met is only known in the end", head.text),
                at,
                format!("`{}` is judged while the run goes on", place.as_str()),
            )
            .help(format!(
                "use `{}.burn_rate(30s)` or `{}.budget_left`, or the measure of its objective",
                head.text, head.text
            )),
            Metric::Met | Metric::BurnRate | Metric::BudgetLeft if place == Place::Objective => {
                Diagnostic::error(
                    codes::MISPLACED_MEASURE,
                    format!(
                        "`{}` is an objective, and an objective can't speak of another",
                        head.text
                    ),
                    at,
                    "not known here",
                )
                .help("name what both need in `expect`")
            }
            Metric::Outcome | Metric::TimeToDetect | Metric::TimeToRecover | Metric::TimeToUndo
                if place != Place::Expect =>
            {
                Diagnostic::error(
                    codes::MISPLACED_MEASURE,
                    format!(
                        "what a step did is only judged in the end, not in `{}`",
                        place.as_str()
                    ),
                    at,
                    "not known here",
                )
                .help("put it into `expect`")
                .help("to start a step when another has passed or failed, use `after`")
            }
            Metric::TimeToDetect | Metric::TimeToRecover | Metric::TimeToUndo if self.is_no_fault(block) => {
                Diagnostic::error(
                    codes::UNKNOWN_MEASURE,
                    format!("`{}` is no fault, so there is no such time", head.text),
                    at,
                    "only a fault has it",
                )
                .label(block.name.span, "declared here")
                .help("name the step of a fault")
            }
            Metric::TimeToRecover if self.never_steady => Diagnostic::error(
                codes::MISPLACED_MEASURE,
                format!("there is no steady state to return to after `{}`", head.text),
                at,
                "could never be told",
            )
            .help("add what holds when all is well: `steady_state = checkout.success_rate(5s) >= 99%`")
            .note("a recovery lasts until the steady state holds again"),
            Metric::BurnRate | Metric::BudgetLeft => return self.has_budget(head, at, block),
            _ => return true,
        };
        self.report(report);
        false
    }

    /// Whether a step surely runs no fault.
    fn is_no_fault(&self, step: &Block) -> bool {
        let run = step.fields().find(|field| field.name.text == "run");
        let action = run
            .and_then(|run| call_of(&run.value))
            .and_then(|(name, _)| self.index.actions.get(name.text.as_str()));
        action.is_some_and(|action| !action.is_fault())
    }

    fn kind_of_probe(&self, probe: &Block) -> Option<&'a rescc_core::catalogue::ProbeSpec> {
        let check = probe.fields().find(|field| field.name.text == "check")?;
        let (name, _) = call_of(&check.value)?;
        self.index.probes.get(name.text.as_str()).copied()
    }

    pub(super) fn has_value(&self, probe: &Block) -> bool {
        self.kind_of_probe(probe).is_none_or(|spec| spec.has_value)
    }

    fn value_type(&self, probe: &Block) -> Option<Type> {
        let spec = self.kind_of_probe(probe)?;
        spec.answer
            .iter()
            .find(|field| field.name == "value")
            .map(|field| field.ty.clone())
    }
}
