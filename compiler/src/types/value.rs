//! A value against the type of its place.

use std::collections::BTreeMap;

use rescc_core::names::Str;
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Expr, ExprKind, Field, Ident};
use rescc_lang::{Applicability, Diagnostic, Edit, Fix};

use super::describe;
use crate::codes::{names as codes_names, structure, types as codes};
use crate::context::Cx;
use crate::schema::Kind;

/// What a place wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want<'w> {
    /// The field or parameter.
    pub(crate) name: &'w str,
    /// Its type.
    pub(crate) ty: &'w Type,
    /// The least value.
    pub(crate) min: Option<f64>,
    /// The greatest value.
    pub(crate) max: Option<f64>,
    /// Names that texts may take in besides parameters: `port.*`.
    pub(crate) late: &'w [Str],
}

// === impl Want ===

impl<'w> Want<'w> {
    pub(crate) fn new(name: &'w str, ty: &'w Type) -> Self {
        Self {
            name,
            ty,
            min: None,
            max: None,
            late: &[],
        }
    }

    /// The field or parameter as it stands in a sentence: a name in backticks, a description as it is.
    pub(crate) fn shown(&self) -> String {
        if self.name.contains(' ') {
            self.name.to_owned()
        } else {
            format!("`{}`", self.name)
        }
    }

    fn of(self, ty: &'w Type) -> Self {
        Self { ty, ..self }
    }
}

// === impl Cx ===

impl Cx<'_> {
    /// The value of an expression; `None` where it is none, which has been reported.
    pub(crate) fn value(&mut self, expr: &Expr, want: &Want<'_>) -> Option<Value> {
        if let Some(name) = self.param_name(expr, want.ty) {
            return self.param_value(name, want);
        }
        match (&expr.kind, want.ty) {
            (ExprKind::Error, _) => None,
            (_, Type::List { of }) => self.list_value(expr, want, of),
            (_, Type::Range { of }) => self.range_value(expr, want, of),
            (ExprKind::Record(fields), Type::Record { of }) => self.record_value(fields, want, of),
            (_, Type::Word { of }) => self.word_value(expr, want, of),
            (ExprKind::Text(text), Type::Text) => self.text_value(text, want),
            (ExprKind::Ref(_), Type::Text) => self.name_for_text(expr, want),
            (ExprKind::Bool(truth), Type::Bool) => Some(Value::Bool(*truth)),
            (ExprKind::Quantity(quantity), _) => self.quantity_value(expr, quantity, want),
            (ExprKind::Text(text), _) => self.text_for_value(expr, text, want),
            (ExprKind::Ref(reference), _) if reference.path.len() == 1 && reference.args.is_none() => {
                let name = reference.path.first()?;
                self.no_param(name, want);
                None
            }
            _ => self.mismatch(expr, want),
        }
    }

    /// The parameter that an expression names.
    fn param_name<'e>(&self, expr: &'e Expr, ty: &Type) -> Option<&'e Ident> {
        let ExprKind::Ref(reference) = &expr.kind else {
            return None;
        };
        let name = reference.bare()?;
        let is_word = matches!(ty, Type::Word { of } if of.iter().any(|word| *word == name.text));
        (!is_word && self.params.contains_key(name.text.as_str())).then_some(name)
    }

    fn param_value(&mut self, name: &Ident, want: &Want<'_>) -> Option<Value> {
        let declared = self.index.names.get(&name.text)?;
        declared.used.set(true);
        let param = self.params.get(name.text.as_str())?;
        let ty = param.ty.clone()?;
        let value = param.value.clone();
        let fits = |want: &Type| *want == ty || (*want == Type::Number && ty == Type::Count);
        let (fits, value) = match want.ty {
            Type::Range { of } => (
                fits(of),
                value.map(|value| Value::Range(Box::new(value.clone()), Box::new(value))),
            ),
            Type::Number => (
                fits(want.ty),
                value.map(|value| match value {
                    Value::Count(count) => super::quantity::number_of(count),
                    other => other,
                }),
            ),
            other => (fits(other), value),
        };
        if !fits {
            let at = declared.block.name.span;
            self.report(
                Diagnostic::error(
                    codes::MISMATCH,
                    format!(
                        "{} takes {}, `{}` is {}",
                        want.shown(),
                        describe::short(want.ty),
                        name.text,
                        describe::short(&ty)
                    ),
                    name.span,
                    format!("expected {}", describe::ty(want.ty)),
                )
                .label(at, format!("declared as {} here", describe::short(&ty)))
                .help(format!("give {}", describe::ty(want.ty))),
            );
            return None;
        }
        self.bounded(value?, name.span, want)
    }

    /// A name where only a parameter could stand.
    fn no_param(&mut self, name: &Ident, want: &Want<'_>) {
        if let Some(declared) = self.index.names.get(&name.text) {
            declared.used.set(true);
            if declared.kind != Kind::Unknown {
                let report = Diagnostic::error(
                    codes_names::WRONG_KIND,
                    format!("`{}` is {}", name.text, declared.kind.describe()),
                    name.span,
                    format!("expected {}", describe::ty(want.ty)),
                )
                .label(declared.block.name.span, "declared here")
                .help(format!("{} takes {}", want.shown(), describe::ty(want.ty)));
                self.report(report);
            }
            return;
        }
        let report = Diagnostic::error(
            codes_names::UNKNOWN_NAME,
            format!("nothing is called `{}`", name.text),
            name.span,
            format!("expected {}", describe::ty(want.ty)),
        );
        let params = self.index.names.of_kinds(&[Kind::Param]);
        let report = crate::context::suggest_name(report, &name.text, name.span, params).help(format!(
            "{} takes {}",
            want.shown(),
            describe::ty(want.ty)
        ));
        self.report(report);
    }

    fn list_value(&mut self, expr: &Expr, want: &Want<'_>, of: &Type) -> Option<Value> {
        let ExprKind::List(elements) = &expr.kind else {
            if matches!(expr.kind, ExprKind::Record(_)) && !matches!(of, Type::Record { .. }) {
                return self.mismatch(expr, want);
            }
            self.missing_brackets(expr, want.name);
            self.value(expr, &want.of(of));
            return None;
        };
        let values: Vec<Option<Value>> = elements
            .iter()
            .map(|element| self.value(element, &want.of(of)))
            .collect();
        values.into_iter().collect::<Option<Vec<_>>>().map(Value::List)
    }

    /// Reports one value where a list is needed.
    pub(crate) fn missing_brackets(&mut self, expr: &Expr, name: &str) {
        let edits = vec![
            Edit {
                span: expr.span.before(),
                text: "[".to_owned(),
            },
            Edit {
                span: expr.span.after(),
                text: "]".to_owned(),
            },
        ];
        let mut report = Diagnostic::error(
            codes::MISSING_BRACKETS,
            format!("`{name}` takes a list"),
            expr.span,
            "expected a list",
        )
        .help("put it in brackets")
        .note("a list keeps its brackets even for one");
        report.fixes.push(Fix {
            title: "put it in brackets".to_owned(),
            applicability: Applicability::Safe,
            edits,
        });
        self.report(report);
    }

    fn range_value(&mut self, expr: &Expr, want: &Want<'_>, of: &Type) -> Option<Value> {
        let ExprKind::Range(low, high) = &expr.kind else {
            let both = self.value(expr, &want.of(of))?;
            return Some(Value::Range(Box::new(both.clone()), Box::new(both)));
        };
        let (from, to) = (self.value(low, &want.of(of)), self.value(high, &want.of(of)));
        let (from, to) = (from?, to?);
        if let (Some(least), Some(most)) = (from.magnitude(), to.magnitude())
            && least > most
        {
            let swapped = format!("{}..{}", self.file.slice(high.span), self.file.slice(low.span));
            self.report(
                Diagnostic::error(
                    codes::REVERSED_RANGE,
                    "the end of the range lies before its beginning",
                    expr.span,
                    "is empty",
                )
                .help(format!("write `{swapped}`"))
                .fix(
                    format!("write `{swapped}`"),
                    Applicability::Safe,
                    expr.span,
                    swapped,
                ),
            );
            return None;
        }
        Some(Value::Range(Box::new(from), Box::new(to)))
    }

    fn record_value(&mut self, fields: &[Field], want: &Want<'_>, of: &Type) -> Option<Value> {
        let mut record = BTreeMap::new();
        let mut first: BTreeMap<&str, &Field> = BTreeMap::new();
        let mut whole = true;
        for field in fields {
            let name = field.name.text.as_str();
            if let Some(before) = first.get(name) {
                let report = Diagnostic::error(
                    structure::DUPLICATE_FIELD,
                    format!("`{name}` is given twice"),
                    field.name.span,
                    "given again here",
                );
                self.report(
                    report
                        .label(before.name.span, "first given here")
                        .help("remove one of them"),
                );
                whole = false;
                continue;
            }
            first.insert(name, field);
            match self.value(&field.value, &want.of(of)) {
                Some(value) => {
                    record.insert(name.to_owned(), value);
                }
                None => whole = false,
            }
        }
        whole.then_some(Value::Record(record))
    }

    /// Reports a value of another type.
    pub(crate) fn mismatch(&mut self, expr: &Expr, want: &Want<'_>) -> Option<Value> {
        if matches!(expr.kind, ExprKind::Error) {
            return None;
        }
        self.report(
            Diagnostic::error(
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
            .help(format!("give {}", describe::ty(want.ty))),
        );
        None
    }
}
