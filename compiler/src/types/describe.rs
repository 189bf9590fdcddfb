//! Types and values as they stand in a sentence.

use rescc_core::value::Type;
use rescc_lang::tree::{Expr, ExprKind};

use super::units::{self, Dimension};
use crate::suggest;

/// What a type takes: "a duration, such as `200ms`".
pub(crate) fn ty(ty: &Type) -> String {
    match ty {
        Type::Ratio => "a share, such as `99%`".to_owned(),
        Type::Duration => "a duration, such as `200ms`".to_owned(),
        Type::Bytes => "a size, such as `64MiB`".to_owned(),
        Type::Bandwidth => "a bandwidth, such as `1MB/s`".to_owned(),
        Type::Rate => "a rate, such as `5/h`".to_owned(),
        Type::Count => "a whole number".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Bool => "`true` or `false`".to_owned(),
        Type::Text => "a text in quotes".to_owned(),
        Type::Word { of } => suggest::either(of.iter().map(|word| &**word)),
        Type::Range { of } => format!("{}, or a range of such", self::ty(of)),
        Type::List { of } => format!("a list, each {}", self::ty(of)),
        Type::Record { of } => format!("a record, each value {}", self::ty(of)),
        Type::Target => "a resource or a selector".to_owned(),
        Type::Condition => "a condition".to_owned(),
        Type::Step => "a step".to_owned(),
    }
}

/// A type in few words: "a duration".
pub(crate) fn short(ty: &Type) -> &'static str {
    match ty {
        Type::Ratio => "a share",
        Type::Duration => "a duration",
        Type::Bytes => "a size",
        Type::Bandwidth => "a bandwidth",
        Type::Rate => "a rate",
        Type::Count => "a whole number",
        Type::Number => "a number",
        Type::Bool => "a truth value",
        Type::Text => "a text",
        Type::Word { .. } => "a word of a fixed list",
        Type::Range { .. } => "a range",
        Type::List { .. } => "a list",
        Type::Record { .. } => "a record",
        Type::Target => "a resource or a selector",
        Type::Condition => "a condition",
        Type::Step => "a step",
    }
}

/// What a value is: "a text".
pub(crate) fn expr(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Quantity(quantity) => match units::find(&quantity.unit).map(|unit| unit.dimension) {
            Some(Dimension::Ratio) => "a share",
            Some(Dimension::Duration) => "a duration",
            Some(Dimension::Bytes) => "a size",
            Some(Dimension::Bandwidth) => "a bandwidth",
            Some(Dimension::Rate) => "a rate",
            Some(Dimension::Bare) | None => "a number",
        },
        ExprKind::Text(_) => "a text",
        ExprKind::Bool(_) => "a truth value",
        ExprKind::Range(..) => "a range",
        ExprKind::OfBaseline(_) => "a share of the baseline",
        ExprKind::Ref(reference) if reference.args.is_some() => "a call",
        ExprKind::Ref(_) => "a name",
        ExprKind::List(_) => "a list",
        ExprKind::Record(_) => "a record",
        ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare { .. } => "a condition",
        ExprKind::Error => "something unreadable",
    }
}
