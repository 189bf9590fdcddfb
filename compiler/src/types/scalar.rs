//! Quantities, words, and what stands in quotes or lacks them.

use rescc_core::names::Str;
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Expr, ExprKind, Quantity, Text};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::quantity::{self, NoValue};
use super::units::{self, Dimension};
use super::{Want, describe, habits};
use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::ABOVE_ZERO;
use crate::suggest;

impl Cx<'_> {
    pub(super) fn quantity_value(
        &mut self,
        expr: &Expr,
        written: &Quantity,
        want: &Want<'_>,
    ) -> Option<Value> {
        let Some(unit) = units::find(&written.unit) else {
            self.report(habits::unknown_unit(expr, written, Some(want.ty)));
            return None;
        };
        let Some(wanted) = Dimension::of(want.ty) else {
            return self.mismatch(expr, want);
        };
        if wanted != unit.dimension {
            return self.other_dimension(expr, written, unit.dimension, want);
        }
        let value = match quantity::read(&written.number, unit) {
            Ok(Value::Number(_)) if *want.ty == Type::Count => {
                self.not_whole(expr, want);
                return None;
            }
            Ok(Value::Count(count)) if *want.ty == Type::Number => quantity::number_of(count),
            Ok(value) => value,
            Err(why) => {
                self.no_value(expr, why, want);
                return None;
            }
        };
        self.bounded(value, expr.span, want)
    }

    /// The value of a quantity by its own unit, where nothing says what is wanted.
    pub(crate) fn natural_quantity(&mut self, expr: &Expr, written: &Quantity) -> Option<Value> {
        let Some(unit) = units::find(&written.unit) else {
            self.report(habits::unknown_unit(expr, written, None));
            return None;
        };
        match quantity::read(&written.number, unit) {
            Ok(value) => Some(value),
            Err(why) => {
                self.no_value(expr, why, &Want::new("a comparison", &Type::Number));
                None
            }
        }
    }

    fn other_dimension(
        &mut self,
        expr: &Expr,
        written: &Quantity,
        is: Dimension,
        want: &Want<'_>,
    ) -> Option<Value> {
        if is == Dimension::Bare {
            self.report(habits::missing_unit(expr, &written.number, want.ty));
            return None;
        }
        let mut report = Diagnostic::error(
            codes::MISMATCH,
            format!(
                "{} takes {}, not {}",
                want.shown(),
                describe::short(want.ty),
                describe::expr(expr)
            ),
            expr.span,
            format!("expected {}", describe::ty(want.ty)),
        )
        .help(format!("give {}", describe::ty(want.ty)));
        if *want.ty == Type::Bandwidth && is == Dimension::Bytes {
            let text = format!("{}{}/s", written.number, written.unit);
            report = report.fix(format!("write `{text}`"), Applicability::Maybe, expr.span, text);
        }
        self.report(report);
        None
    }

    fn not_whole(&mut self, expr: &Expr, want: &Want<'_>) {
        self.report(
            Diagnostic::error(
                codes::NOT_WHOLE,
                format!("{} takes a whole number", want.shown()),
                expr.span,
                "is not whole",
            )
            .help("give a number without a point"),
        );
    }

    fn no_value(&mut self, expr: &Expr, why: NoValue, want: &Want<'_>) {
        let report = |what: &str| {
            Diagnostic::error(
                codes::OUT_OF_BOUNDS,
                format!("{} can't be {what}", want.shown()),
                expr.span,
                format!("is {what}"),
            )
        };
        match why {
            NoValue::NotWhole => self.not_whole(expr, want),
            NoValue::Negative => self.report(report("negative").help("give a value of zero or more")),
            NoValue::TooLarge => self.report(report("that large").help("give a smaller value")),
        }
    }

    /// The value, where it is within its bounds.
    pub(super) fn bounded(&mut self, value: Value, at: Span, want: &Want<'_>) -> Option<Value> {
        let Some(magnitude) = value.magnitude() else {
            return Some(value);
        };
        let share = matches!(value, Value::Ratio(_));
        let min = want.min.or(share.then_some(0.0));
        let max = want.max.or(share.then_some(1.0));
        let show = |bound: f64| rescc_core::text::value(&like(&value, bound));
        let rule = match (min, max) {
            (Some(min), _) if magnitude < min && min <= ABOVE_ZERO => "more than nothing".to_owned(),
            (Some(min), Some(max)) if magnitude < min || magnitude > max => {
                if min <= ABOVE_ZERO && !share {
                    format!("at most {}", show(max))
                } else {
                    format!("{} to {}", show(min), show(max))
                }
            }
            (Some(min), None) if magnitude < min => format!("at least {}", show(min)),
            (None, Some(max)) if magnitude > max => format!("at most {}", show(max)),
            _ => return Some(value),
        };
        self.report(
            Diagnostic::error(
                codes::OUT_OF_BOUNDS,
                format!("{} can't be {}", want.shown(), rescc_core::text::value(&value)),
                at,
                format!("must be {rule}"),
            )
            .help(format!("give a value that is {rule}")),
        );
        None
    }

    pub(super) fn word_value(&mut self, expr: &Expr, want: &Want<'_>, of: &[Str]) -> Option<Value> {
        let is_one = |word: &str| of.iter().any(|one| *one == word);
        let list = suggest::list(of.iter().map(|word| &**word));
        match &expr.kind {
            ExprKind::Ref(reference) => {
                let Some(name) = reference.bare() else {
                    return self.mismatch(expr, want);
                };
                if is_one(&name.text) {
                    return Some(Value::Word(name.text.clone()));
                }
                let report = Diagnostic::error(
                    codes::UNKNOWN_WORD,
                    format!("`{}` is no value of {}", name.text, want.shown()),
                    name.span,
                    "not known here",
                );
                let near = suggest::nearest(&name.text, of.iter().map(|word| &**word));
                let report = match near {
                    Some(near) => report.help(format!("did you mean `{}`?", near.name)).fix(
                        format!("write `{}`", near.name),
                        if near.only {
                            Applicability::Safe
                        } else {
                            Applicability::Maybe
                        },
                        name.span,
                        near.name,
                    ),
                    None => report,
                };
                self.report(report.help(format!("its values are {list}")));
                None
            }
            ExprKind::Text(text) => {
                let mut report = Diagnostic::error(
                    codes::TEXT_FOR_NAME,
                    format!("{} takes a word, not a text", want.shown()),
                    expr.span,
                    "stands in quotes",
                )
                .help(format!("its values are {list}"))
                .note(
                    "what stands in quotes is text from your system; a word is one that the language knows",
                );
                if let Some(word) = text.literal().filter(|text| is_one(text)) {
                    report = report.fix(format!("write `{word}`"), Applicability::Safe, expr.span, word);
                }
                self.report(report);
                None
            }
            _ => self.mismatch(expr, want),
        }
    }

    pub(super) fn name_for_text(&mut self, expr: &Expr, want: &Want<'_>) -> Option<Value> {
        let written = self.text(expr.span);
        let mut report = Diagnostic::error(
            codes::NAME_FOR_TEXT,
            format!("{} takes a text, not a name", want.shown()),
            expr.span,
            "expected a text in quotes",
        )
        .note(
            "what stands in quotes is text from your system; a bare word is a name that the compiler knows",
        );
        if let ExprKind::Ref(reference) = &expr.kind
            && reference.args.is_none()
        {
            let params = self.index.names.of_kinds(&[crate::schema::Kind::Param]);
            report = match suggest::nearest(&written, params) {
                Some(near) => report
                    .help(format!("if the parameter is meant, write `{}`", near.name))
                    .help(format!("if the text is meant, write `\"{written}\"`"))
                    .fix(
                        format!("write `{}`", near.name),
                        Applicability::Maybe,
                        expr.span,
                        near.name,
                    )
                    .fix(
                        "put it in quotes",
                        Applicability::Maybe,
                        expr.span,
                        format!("\"{written}\""),
                    ),
                None => report.help("put it in quotes").fix(
                    "put it in quotes",
                    Applicability::Safe,
                    expr.span,
                    format!("\"{written}\""),
                ),
            };
        }
        self.report(report);
        None
    }

    /// A text where a quantity or a truth value is needed.
    pub(super) fn text_for_value(&mut self, expr: &Expr, text: &Text, want: &Want<'_>) -> Option<Value> {
        let literal = text.literal().unwrap_or("").trim();
        let reads = match want.ty {
            Type::Bool => matches!(literal, "true" | "false"),
            ty => quantity::split(literal)
                .is_some_and(|(number, unit)| quantity::read_as(number, unit, ty).is_some()),
        };
        if !reads {
            return self.mismatch(expr, want);
        }
        self.report(
            Diagnostic::error(
                codes::QUOTED_VALUE,
                format!("{} takes {}, not a text", want.shown(), describe::short(want.ty)),
                expr.span,
                "stands in quotes",
            )
            .help(format!("write `{literal}`"))
            .fix("remove the quotes", Applicability::Safe, expr.span, literal),
        );
        None
    }
}

/// A bound as a value of the same type.
fn like(value: &Value, bound: f64) -> Value {
    match value {
        Value::Ratio(_) => Value::Ratio(bound),
        Value::Duration(_) => {
            Value::Duration(std::time::Duration::try_from_secs_f64(bound).unwrap_or(std::time::Duration::MAX))
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "only shown; saturates"
        )]
        Value::Bytes(_) => Value::Bytes(bound as u64),
        Value::Bandwidth(_) => Value::Bandwidth(bound),
        Value::Rate(_) => Value::Rate(bound),
        _ => Value::Number(bound),
    }
}
