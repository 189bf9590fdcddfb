//! Fields by their type: what `schema` says about them, applied.

use std::time::Duration;

use rescc_core::program::{Backoff, Limits};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Expr, ExprKind, Field};
use rescc_lang::{Diagnostic, Span};

use crate::calls::{Callee, call_of};
use crate::codes::{names, structure, types as codes};
use crate::context::{Cx, suggest_name};
use crate::schema::{FieldSpec, FieldType, Kind, LIMITS};
use crate::structure::{Body, Fields};
use crate::types::{Want, describe, quantity};

/// The type of a field that takes a plain value.
pub(crate) fn plain_type(ty: FieldType) -> Option<Type> {
    Some(match ty {
        FieldType::Text => Type::Text,
        FieldType::Duration => Type::Duration,
        FieldType::Ratio => Type::Ratio,
        FieldType::Count => Type::Count,
        FieldType::Rate => Type::Rate,
        FieldType::Bool => Type::Bool,
        FieldType::Word(words) => Type::words(words),
        FieldType::Words(words) => Type::list(Type::words(words)),
        _ => return None,
    })
}

/// A default as it is written in the schema.
fn default_value(written: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Bool => Some(Value::Bool(written == "true")),
        Type::Word { .. } => Some(Value::Word(written.to_owned())),
        Type::Text => Some(Value::Text(written.to_owned())),
        ty => {
            let (number, unit) = quantity::split(written)?;
            quantity::read_as(number, unit, ty)
        }
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// The value of a field that takes a plain value, its default where it is left out or broken.
    pub(crate) fn plain(&mut self, fields: &Fields<'a>, name: &str) -> Option<Value> {
        let spec = fields.spec(name)?;
        let ty = plain_type(spec.ty)?;
        let given = fields
            .get(name)
            .and_then(|field| self.plain_field(field, spec, &ty));
        given.or_else(|| default_value(spec.default?, &ty))
    }

    fn plain_field(&mut self, field: &Field, spec: &FieldSpec, ty: &Type) -> Option<Value> {
        let want = Want {
            name: spec.name,
            ty,
            min: spec.min,
            max: spec.max,
            late: &[],
        };
        self.value(&field.value, &want)
    }

    pub(crate) fn duration(&mut self, fields: &Fields<'a>, name: &str) -> Option<Duration> {
        self.plain(fields, name)?.as_duration()
    }

    /// A count or a share.
    pub(crate) fn count_or_ratio(&mut self, field: &Field, at_least: f64) -> Option<Value> {
        let is_share = match &field.value.kind {
            ExprKind::Quantity(quantity) => quantity.unit == "%" || quantity.number.contains('.'),
            ExprKind::Ref(reference) => {
                let param = reference
                    .bare()
                    .and_then(|name| self.params.get(name.text.as_str()));
                param.is_some_and(|param| param.ty == Some(Type::Ratio))
            }
            _ => false,
        };
        let ty = if is_share { Type::Ratio } else { Type::Count };
        let (min, max) = if is_share {
            (None, None)
        } else {
            (Some(at_least), Some(1_000_000.0))
        };
        let min = if is_share && at_least > 0.0 {
            Some(crate::schema::ABOVE_ZERO)
        } else {
            min
        };
        let max = if is_share { Some(1.0) } else { max };
        self.value(
            &field.value,
            &Want {
                name: &field.name.text,
                ty: &ty,
                min,
                max,
                late: &[],
            },
        )
    }

    /// The elements of a list.
    pub(crate) fn elements<'e>(&mut self, field: &'e Field) -> Vec<&'e Expr> {
        match &field.value.kind {
            ExprKind::Error => Vec::new(),
            ExprKind::List(elements) => elements.iter().collect(),
            ExprKind::Record(_) => {
                self.wrong_shape(&field.value, &field.name.text, "a list", "[a, b]");
                Vec::new()
            }
            _ => {
                self.missing_brackets(&field.value, &field.name.text);
                vec![&field.value]
            }
        }
    }

    /// The fields of a record.
    pub(crate) fn record<'e>(&mut self, field: &'e Field) -> &'e [Field] {
        match &field.value.kind {
            ExprKind::Record(fields) => fields,
            ExprKind::Error => &[],
            _ => {
                self.wrong_shape(&field.value, &field.name.text, "a record", "{ name = value }");
                &[]
            }
        }
    }

    pub(crate) fn wrong_shape(&mut self, expr: &Expr, name: &str, wanted: &str, example: &str) {
        if matches!(expr.kind, ExprKind::Error) {
            return;
        }
        self.report(
            Diagnostic::error(
                codes::MISMATCH,
                format!("`{name}` takes {wanted}, not {}", describe::expr(expr)),
                expr.span,
                format!("expected {wanted}"),
            )
            .help(format!("write {wanted}: `{example}`")),
        );
    }

    /// Names of some kinds in a list.
    pub(crate) fn names(&mut self, field: &Field, kinds: &[Kind]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for element in self.elements(field) {
            let Some(name) = self.name_of(element, &field.name.text, kinds) else {
                continue;
            };
            if self.name(name, kinds).is_some() && !names.contains(&name.text) {
                names.push(name.text.clone());
            }
        }
        names
    }

    /// Limits, and where the deadline stands.
    pub(crate) fn limits(&mut self, fields: &Fields<'a>) -> (Limits, Option<Span>) {
        let mut limits = Limits::default();
        let Some(field) = fields.get("limits") else {
            return (limits, None);
        };
        let fields: Vec<&Field> = self.record(field).iter().collect();
        let body = Body {
            fields: &fields,
            blocks: &[],
            head: field.name.span,
            what: "limits",
            complete: true,
        };
        let given = self.given(body, "limits", LIMITS, Some(&[]));
        let mut deadline_span = None;
        for (name, field) in given {
            let Some(spec) = LIMITS.iter().find(|spec| spec.name == name) else {
                continue;
            };
            let Some(ty) = plain_type(spec.ty) else { continue };
            let value = self.plain_field(field, spec, &ty);
            match name {
                "blast_radius" => limits.blast_radius = value.and_then(|value| value.as_ratio()),
                "deadline" => {
                    limits.deadline = value.and_then(|value| value.as_duration());
                    deadline_span = Some(field.value.span);
                }
                _ => {
                    let count = value.and_then(|value| value.as_count());
                    limits.concurrency = count.and_then(|count| u32::try_from(count).ok());
                }
            }
        }
        (limits, deadline_span)
    }

    /// `exponential(1s, max = 60s, attempts = 3)`
    pub(crate) fn backoff(&mut self, field: &Field) -> Option<Backoff> {
        let index = self.index;
        let Some((name, reference)) = call_of(&field.value) else {
            self.wrong_shape(
                &field.value,
                &field.name.text,
                "a way to wait",
                "exponential(1s, max = 60s, attempts = 3)",
            );
            return None;
        };
        let Some(spec) = index.backoffs.iter().find(|spec| spec.name == name.text) else {
            let report = Diagnostic::error(
                names::UNKNOWN_ACTION,
                format!("there is no way to wait called `{}`", name.text),
                name.span,
                "not known here",
            );
            self.report(suggest_name(
                report,
                &name.text,
                name.span,
                index.backoffs.iter().map(|spec| spec.name),
            ));
            return None;
        };
        let callee = Callee {
            name: spec.name,
            parameters: &spec.parameters,
            late: &[],
            has_it: false,
        };
        let called = self.arguments(&callee, reference, field.value.span);
        let first = called.values.get("first")?.as_duration()?;
        let max = called
            .values
            .get("max")
            .and_then(Value::as_duration)
            .unwrap_or(first);
        let attempts = u32::try_from(called.values.get("attempts")?.as_count()?).ok()?;
        Some(Backoff {
            first,
            max: max.max(first),
            factor: spec.factor,
            attempts,
        })
    }

    /// Reports a list that must have an element.
    pub(crate) fn empty_list(&mut self, field: &Field) {
        self.report(
            Diagnostic::error(
                structure::EMPTY_LIST,
                format!("`{}` has no element", field.name.text),
                field.value.span,
                "is empty",
            )
            .help("put one in, or leave the field out"),
        );
    }
}
