//! Conditions: what they speak of, and whether what they compare can be compared.

mod baseline;
mod budget;
mod compare;
mod it;
pub mod measures;
mod operand;
mod unknown;
mod window;

use rescc_core::catalogue::AnswerField;
use rescc_core::expr::Expr as Typed;
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Expr, ExprKind};
use rescc_lang::{Applicability, Diagnostic};

use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::Place;
use crate::types::describe;

/// Where a condition stands, and what `it` is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'j> {
    pub(crate) place: Place,
    pub(crate) it: It<'j>,
}

/// What `it` is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum It<'j> {
    /// Nothing: the condition judges no single thing.
    Nothing,
    /// Something that is not known, which has been reported.
    Unknown,
    /// Something with these fields.
    Of(&'j [AnswerField]),
}

// === impl Cx ===

impl Cx<'_> {
    /// A condition, typed; `None` where something in it is wrong, which has been reported.
    pub(crate) fn condition(&mut self, expr: &Expr, judge: &Judge<'_>) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Error => None,
            ExprKind::Not(inner) => {
                let inner = self.condition(inner, judge)?;
                Some(Typed::Not {
                    inner: Box::new(inner),
                })
            }
            ExprKind::And(parts) => self.conditions(parts, judge).map(|all| Typed::And { all }),
            ExprKind::Or(parts) => self.conditions(parts, judge).map(|any| Typed::Or { any }),
            ExprKind::Compare {
                op,
                op_span,
                left,
                right,
            } => self.comparison(*op, *op_span, left, right, judge),
            ExprKind::Bool(truth) => Some(Typed::value(Value::Bool(*truth))),
            ExprKind::Ref(_) => {
                let operand = self.operand(expr, judge)?;
                match operand.ty {
                    None | Some(Type::Bool) => Some(operand.typed),
                    Some(ty) => {
                        self.report(
                            Diagnostic::error(
                                codes::NOT_A_CONDITION,
                                format!(
                                    "`{}` is {}, which neither holds nor does not",
                                    self.text(expr.span),
                                    describe::short(&ty)
                                ),
                                expr.span,
                                "expected a condition",
                            )
                            .help("compare it with a value"),
                        );
                        None
                    }
                }
            }
            ExprKind::Text(text)
                if text
                    .literal()
                    .is_some_and(|text| self.index.names.get(text).is_some()) =>
            {
                let name = text.literal().unwrap_or_default();
                if let Some(declared) = self.index.names.get(name) {
                    declared.used.set(true);
                }
                self.report(
                    Diagnostic::error(
                        codes::TEXT_FOR_NAME,
                        "a condition takes a name, not a text",
                        expr.span,
                        "stands in quotes",
                    )
                    .help("remove the quotes")
                    .note("what stands in quotes is text from your system; a bare word is a name that the compiler knows")
                    .fix("remove the quotes", Applicability::Safe, expr.span, name),
                );
                None
            }
            _ => {
                self.report(
                    Diagnostic::error(
                        codes::NOT_A_CONDITION,
                        format!("{} neither holds nor does not", describe::expr(expr)),
                        expr.span,
                        "expected a condition",
                    )
                    .help("write a comparison, such as `checkout.success_rate(5s) >= 99%`"),
                );
                None
            }
        }
    }

    fn conditions(&mut self, parts: &[Expr], judge: &Judge<'_>) -> Option<Vec<Typed>> {
        let parts: Vec<Option<Typed>> = parts.iter().map(|part| self.condition(part, judge)).collect();
        parts.into_iter().collect()
    }
}
