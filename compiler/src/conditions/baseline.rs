//! Comparisons with the time before the first fault.

use rescc_core::expr::{Expr as Typed, Subject};
use rescc_core::value::Type;
use rescc_lang::tree::{Expr, ExprKind};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::Judge;
use super::operand::Operand;
use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::Place;
use crate::types::Want;

impl Cx<'_> {
    /// `150% of baseline`
    pub(super) fn of_baseline(
        &mut self,
        first: Option<&Operand>,
        share: &Expr,
        at: Span,
        judge: &Judge<'_>,
    ) -> Option<Typed> {
        let factor = self.baseline_factor(share);
        let first = first?;
        let place = judge.place;
        let probe = first
            .measure()
            .filter(|measure| matches!(measure.of, Subject::Probe(_)));
        let (why, help) = if !place.has_baseline() {
            let why = match place {
                Place::SteadyState => "the steady state holds before there is a baseline",
                Place::When => "a healing policy judges one instance",
                _ => "nothing is measured here",
            };
            (why, "compare with a value")
        } else if probe.is_none() {
            (
                "only what a probe measures has a baseline",
                "compare a measure of a probe, or compare with a value",
            )
        } else {
            let typed = Typed::OfBaseline {
                factor: factor?,
                measure: probe?.clone(),
            };
            return Some(typed);
        };
        self.report(
            Diagnostic::error(codes::MISPLACED_BASELINE, "there is no baseline here", at, why)
                .help(help)
                .note("the baseline is what the same measure was before the first fault"),
        );
        None
    }

    pub(super) fn baseline_factor(&mut self, share: &Expr) -> Option<f64> {
        let want = Want {
            min: Some(crate::schema::ABOVE_ZERO),
            max: Some(1e6),
            ..Want::new("baseline", &Type::Ratio)
        };
        let bare_number = matches!(&share.kind, ExprKind::Quantity(quantity) if quantity.unit.is_empty());
        if let (true, ExprKind::Quantity(quantity)) = (bare_number, &share.kind)
            && let Ok(factor) = quantity.number.parse::<f64>()
            && (1.0..=10.0).contains(&factor)
        {
            let text = format!("{}%", rescc_core::text::number(factor * 100.0));
            self.report(
                Diagnostic::error(
                    codes::MISSING_UNIT,
                    format!("`{}` has no unit", quantity.number),
                    share.span,
                    "expected a share, such as `150%`",
                )
                .help(format!("write `{text}`"))
                .note("a share is always written with `%`")
                .fix(format!("write `{text}`"), Applicability::Safe, share.span, text),
            );
            return None;
        }
        self.value(share, &want)?.as_ratio()
    }
}
