//! Two sides compared.

use rescc_core::expr::{Expr as Typed, Op};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{CompareOp, Expr, ExprKind};
use rescc_lang::{Diagnostic, Span};

use super::Judge;
use super::operand::Operand;
use crate::codes::types as codes;
use crate::context::Cx;
use crate::types::{Want, describe};

impl Cx<'_> {
    pub(super) fn comparison(
        &mut self,
        op: CompareOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        judge: &Judge<'_>,
    ) -> Option<Typed> {
        let symmetric = !matches!(op, CompareOp::In | CompareOp::Like | CompareOp::Matches);
        if self.is_measured(left) {
            let first = self.operand(left, judge);
            let second = self.second(first.as_ref(), right, op, op_span, left.span, judge);
            let (first, second) = (first?, second?);
            self.check_burn_rate(&first, op, right);
            return Some(Typed::Compare {
                op: typed_op(op),
                left: Box::new(first.typed),
                right: Box::new(second),
            });
        }
        if symmetric && self.is_measured(right) {
            let first = self.operand(right, judge);
            let second = self.second(first.as_ref(), left, mirrored(op), op_span, right.span, judge);
            let (first, second) = (first?, second?);
            self.check_burn_rate(&first, mirrored(op), left);
            return Some(Typed::Compare {
                op: typed_op(op),
                left: Box::new(second),
                right: Box::new(first.typed),
            });
        }
        if let ExprKind::Ref(reference) = &left.kind
            && reference
                .bare()
                .is_some_and(|name| !self.params.contains_key(name.text.as_str()))
        {
            self.operand(left, judge);
            return None;
        }
        if matches!(left.kind, ExprKind::Error) || matches!(right.kind, ExprKind::Error) {
            return None;
        }
        self.report(
            Diagnostic::error(
                codes::NOT_A_CONDITION,
                "nothing that is measured is compared",
                left.span.to(right.span),
                "always the same",
            )
            .help("compare a measure, such as `checkout.success_rate(5s) >= 99%`"),
        );
        None
    }

    /// The other side, against the type of the first.
    fn second(
        &mut self,
        first: Option<&Operand>,
        expr: &Expr,
        op: CompareOp,
        op_span: Span,
        first_span: Span,
        judge: &Judge<'_>,
    ) -> Option<Typed> {
        let ty = first.and_then(|first| first.ty.as_ref());
        if let Some(ty) = ty
            && !self.can(op, op_span, ty, first_span)
        {
            return None;
        }
        if let ExprKind::OfBaseline(share) = &expr.kind {
            return self.of_baseline(first, share, expr.span, judge);
        }
        let is_word = matches!(ty, Some(Type::Word { of }) if bare(expr).is_some_and(|name| of.iter().any(|word| *word == name)));
        if self.is_measured(expr) && !is_word {
            let second = self.operand(expr, judge)?;
            first?;
            if let (Some(first), Some(second)) = (ty, second.ty.as_ref())
                && !comparable(first, second)
            {
                self.report(
                    Diagnostic::error(
                        codes::INCOMPARABLE,
                        format!(
                            "{} can't be compared with {}",
                            describe::short(first),
                            describe::short(second)
                        ),
                        op_span,
                        "compares different types",
                    )
                    .label(first_span, format!("is {}", describe::short(first)))
                    .label(expr.span, format!("is {}", describe::short(second)))
                    .help("compare values of one type"),
                );
                return None;
            }
            return Some(second.typed);
        }
        first?;
        match (op, ty) {
            (CompareOp::In, _) => self.in_values(expr, ty).map(Typed::value),
            (CompareOp::Like | CompareOp::Matches, _) => {
                let value = self.value(expr, &Want::new(op.as_str(), &Type::Text))?;
                self.pattern(op, expr, &value).then_some(Typed::value(value))
            }
            (_, Some(ty)) => self
                .value(expr, &Want::new("this comparison", ty))
                .map(Typed::value),
            (_, None) => self.natural(expr).map(Typed::value),
        }
    }

    /// Whether a type can be compared so.
    fn can(&mut self, op: CompareOp, op_span: Span, ty: &Type, at: Span) -> bool {
        let ordered = matches!(
            ty,
            Type::Ratio
                | Type::Duration
                | Type::Bytes
                | Type::Bandwidth
                | Type::Rate
                | Type::Count
                | Type::Number
        );
        let textual = matches!(ty, Type::Text | Type::Word { .. });
        let (fits, help) = match op {
            CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => (
                ordered,
                "use `==` or `!=`, or compare something that has an order",
            ),
            CompareOp::Like | CompareOp::Matches => (
                textual,
                "`like` and `matches` compare texts; use `==`, `<` or `in`",
            ),
            CompareOp::Eq | CompareOp::Ne | CompareOp::In => (true, ""),
        };
        if !fits {
            self.report(
                Diagnostic::error(
                    codes::INCOMPARABLE,
                    format!("{} can't be compared with `{}`", describe::short(ty), op.as_str()),
                    op_span,
                    "does not fit",
                )
                .label(at, format!("is {}", describe::short(ty)))
                .help(help),
            );
        }
        fits
    }

    fn in_values(&mut self, expr: &Expr, ty: Option<&Type>) -> Option<Value> {
        match (&expr.kind, ty) {
            (ExprKind::Range(..), Some(ty)) => {
                let ty = Type::range(ty.clone());
                self.value(expr, &Want::new("in", &ty))
            }
            (ExprKind::List(_), Some(ty)) => {
                let ty = Type::list(ty.clone());
                self.value(expr, &Want::new("in", &ty))
            }
            (ExprKind::List(elements), None) => {
                let values: Vec<Option<Value>> =
                    elements.iter().map(|element| self.natural(element)).collect();
                values.into_iter().collect::<Option<Vec<_>>>().map(Value::List)
            }
            (ExprKind::Range(low, high), None) => {
                let (low, high) = (self.natural(low), self.natural(high));
                Some(Value::Range(Box::new(low?), Box::new(high?)))
            }
            (ExprKind::Error, _) => None,
            _ => {
                self.report(
                    Diagnostic::error(
                        codes::MISMATCH,
                        format!("`in` takes a range or a list, not {}", describe::expr(expr)),
                        expr.span,
                        "expected a range or a list",
                    )
                    .help("write a range, `200..299`, or a list, `[200, 201]`"),
                );
                None
            }
        }
    }

    /// A value where nothing says what is wanted.
    fn natural(&mut self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Quantity(quantity) => self.natural_quantity(expr, quantity),
            ExprKind::Text(_) => self.value(expr, &Want::new("this comparison", &Type::Text)),
            ExprKind::Bool(truth) => Some(Value::Bool(*truth)),
            ExprKind::Ref(_) => {
                let name = bare(expr)?;
                let ty = self.params.get(name).and_then(|param| param.ty.clone());
                self.value(
                    expr,
                    &Want::new("this comparison", ty.as_ref().unwrap_or(&Type::Number)),
                )
            }
            _ => self.mismatch(expr, &Want::new("this comparison", &Type::Number)),
        }
    }

    fn pattern(&mut self, op: CompareOp, expr: &Expr, value: &Value) -> bool {
        let Some(pattern) = value.as_text().filter(|_| op == CompareOp::Matches) else {
            return true;
        };
        let Err(error) = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build() else {
            return true;
        };
        let text = error.to_string();
        let why = text
            .lines()
            .last()
            .unwrap_or("")
            .trim()
            .trim_start_matches("error: ")
            .trim_end_matches('.')
            .to_owned();
        let mut report = Diagnostic::error(
            codes::BAD_REGEX,
            "this is no regular expression",
            expr.span,
            why.clone(),
        )
        .note(why);
        report = if pattern.starts_with('*') {
            report.help("for a pattern with `*`, use `like`")
        } else {
            report.help(
                "mend the regular expression; a `\\` in a text is written `\\\\`, or once within `\"\"\"`",
            )
        };
        self.report(report);
        false
    }
}

fn bare(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Ref(reference) => reference.bare().map(|name| name.text.as_str()),
        _ => None,
    }
}

fn comparable(first: &Type, second: &Type) -> bool {
    let number = |ty: &Type| matches!(ty, Type::Count | Type::Number);
    let text = |ty: &Type| matches!(ty, Type::Text | Type::Word { .. });
    first == second || (number(first) && number(second)) || (text(first) && text(second))
}

fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        other => other,
    }
}

fn typed_op(op: CompareOp) -> Op {
    match op {
        CompareOp::Eq => Op::Eq,
        CompareOp::Ne => Op::Ne,
        CompareOp::Lt => Op::Lt,
        CompareOp::Le => Op::Le,
        CompareOp::Gt => Op::Gt,
        CompareOp::Ge => Op::Ge,
        CompareOp::In => Op::In,
        CompareOp::Like => Op::Like,
        CompareOp::Matches => Op::Matches,
    }
}
