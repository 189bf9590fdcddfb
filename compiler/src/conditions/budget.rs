//! The error budget that an objective leaves.

use rescc_core::expr::{Metric, Subject};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Block, CompareOp, Expr, ExprKind, Ident};
use rescc_lang::{Diagnostic, Span};

use super::measures;
use super::operand::Operand;
use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::Kind;
use crate::types::quantity;

/// The error budget of an objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Budget {
    /// It can't be told, because something in the objective is wrong.
    Unknown,
    /// The objective has none: it is no success rate.
    Nothing,
    /// That share of the observations may be bad.
    Share(f64),
}

// === impl Budget ===

impl Budget {
    /// The share, where there is one above nothing.
    pub(super) fn share(self) -> Option<f64> {
        match self {
            Self::Share(share) if share > 0.0 => Some(share),
            _ => None,
        }
    }
}

// === impl Cx ===

impl Cx<'_> {
    /// The error budget that an `slo` leaves.
    pub(super) fn budget_of(&self, slo: &Block) -> Budget {
        let Some(objective) = slo.fields().find(|field| field.name.text == "objective") else {
            return Budget::Unknown;
        };
        match &objective.value.kind {
            ExprKind::Error => Budget::Unknown,
            ExprKind::Compare { op, left, right, .. } => match (last_name(left), last_name(right)) {
                (None, Some(_)) => self.budget(flipped(*op), right, left),
                _ => self.budget(*op, left, right),
            },
            _ => Budget::Nothing,
        }
    }

    fn budget(&self, op: CompareOp, measure: &Expr, bound: &Expr) -> Budget {
        let Some(name) = last_name(measure) else {
            return Budget::Unknown;
        };
        let at_least = matches!(op, CompareOp::Ge | CompareOp::Gt);
        let at_most = matches!(op, CompareOp::Le | CompareOp::Lt);
        // What is wrong in the objective itself has been reported there.
        let ExprKind::Ref(reference) = &measure.kind else {
            return Budget::Unknown;
        };
        let path: Vec<&str> = reference
            .path
            .iter()
            .skip(1)
            .map(|part| part.text.as_str())
            .collect();
        if measures::find(Kind::Probe, &path.join(".")).is_none()
            && measures::find(Kind::Resource, &path.join(".")).is_none()
        {
            return Budget::Unknown;
        }
        let good = match name.text.as_str() {
            "success_rate" if at_least => true,
            "error_rate" if at_most => false,
            _ => return Budget::Nothing,
        };
        let share = match &bound.kind {
            ExprKind::Quantity(written) => quantity::read_as(&written.number, &written.unit, &Type::Ratio),
            ExprKind::Ref(reference) => reference
                .bare()
                .and_then(|name| self.params.get(name.text.as_str()))
                .and_then(|param| param.value.clone()),
            ExprKind::OfBaseline(_) => return Budget::Nothing,
            _ => None,
        };
        match share {
            Some(Value::Ratio(share)) if (0.0..=1.0).contains(&share) => {
                Budget::Share(if good { 1.0 - share } else { share })
            }
            _ => Budget::Unknown,
        }
    }

    /// Whether an objective has an error budget; else that is reported.
    pub(super) fn has_budget(&mut self, slo: &Ident, at: Span, block: &Block) -> bool {
        let objective = block
            .fields()
            .find(|field| field.name.text == "objective")
            .map_or(block.name.span, |field| field.value.span);
        let (why, help) = match self.budget_of(block) {
            Budget::Unknown => return true,
            Budget::Share(share) if share > 0.0 => return true,
            Budget::Share(_) => ("leaves no error budget", "give an objective below 100%"),
            Budget::Nothing => (
                "is no success rate",
                "take an objective such as `checkout.success_rate >= 99%`",
            ),
        };
        self.report(
            Diagnostic::error(
                codes::NO_ERROR_BUDGET,
                format!("`{}` has no error budget", slo.text),
                at,
                "can't be spent",
            )
            .label(objective, why)
            .help(help)
            .note("an error budget is the share of observations that an objective lets be bad"),
        );
        false
    }

    /// A burn rate that can't ever be reached.
    pub(super) fn check_burn_rate(&mut self, first: &Operand, op: CompareOp, threshold: &Expr) {
        let Some(measure) = first.measure() else { return };
        let (Metric::BurnRate, Subject::Slo(slo)) = (measure.metric, &measure.of) else {
            return;
        };
        if !matches!(op, CompareOp::Gt | CompareOp::Ge) {
            return;
        }
        let ExprKind::Quantity(written) = &threshold.kind else {
            return;
        };
        let Ok(wanted) = written.number.parse::<f64>() else {
            return;
        };
        let index = self.index;
        let Some(declared) = index.names.get(slo) else {
            return;
        };
        let Some(budget) = self.budget_of(declared.block).share() else {
            return;
        };
        let most = 1.0 / budget;
        // Above the most by more than rounding: `> 100` of an objective of 99 % is never reached, `>= 100` is.
        let unreachable = if op == CompareOp::Gt {
            wanted > most - 1e-6
        } else {
            wanted > most + 1e-6
        };
        if !unreachable {
            return;
        }
        let objective = declared
            .block
            .fields()
            .find(|field| field.name.text == "objective");
        let mut report = Diagnostic::error(
            codes::UNREACHABLE_BURN_RATE,
            format!(
                "the burn rate of `{slo}` never gets above {}",
                rescc_core::text::number(most)
            ),
            threshold.span,
            "can't be reached",
        );
        if let Some(objective) = objective {
            let left = rescc_core::text::ratio(budget);
            report = report.label(objective.value.span, format!("leaves an error budget of {left}"));
        }
        self.report(
            report
                .help(format!(
                    "give a threshold below {}",
                    rescc_core::text::number(most)
                ))
                .note(
                    "if every observation is bad, the burn rate is 1 ÷ the error budget: it can't be greater",
                ),
        );
    }
}

fn last_name(expr: &Expr) -> Option<&Ident> {
    match &expr.kind {
        ExprKind::Ref(reference) if reference.path.len() > 1 => reference.path.last(),
        _ => None,
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        other => other,
    }
}
