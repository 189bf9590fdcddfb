//! What the tests share: the example specs, and a walk over a tree.

#![expect(dead_code, reason = "every test file uses a part of it")]

use rescc_lang::tree::{
    Args, Block, Expr, ExprKind, Field, File, Ident, Item, Quantity, Ref, Text, TextPart,
};
use rescc_lang::{Diagnostic, FileId, Parsed, SourceFile, Span, parse};

/// Name and text of each example spec.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("1-quickstart.res", include_str!("../examples/1-quickstart.res")),
    (
        "2-chaos-and-heal.res",
        include_str!("../examples/2-chaos-and-heal.res"),
    ),
    ("3-gameday.res", include_str!("../examples/3-gameday.res")),
    (
        "4-requirements.res",
        include_str!("../examples/4-requirements.res"),
    ),
    ("5-logs.res", include_str!("../examples/5-logs.res")),
    ("6-chaoskit.res", include_str!("../examples/6-chaoskit.res")),
    ("7-compose.res", include_str!("../examples/7-compose.res")),
    ("8-kubernetes.res", include_str!("../examples/8-kubernetes.res")),
];

pub(crate) fn source(text: &str) -> SourceFile {
    SourceFile::new(FileId(0), "test.res", text)
}

pub(crate) fn read(text: &str) -> Parsed {
    parse(&source(text))
}

/// Each diagnostic as `CODE line:column`.
pub(crate) fn summary(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let file = source(text);
    let place = |diagnostic: &Diagnostic| {
        let at = file.line_column(diagnostic.span().start);
        format!("{} {}:{}", diagnostic.code.0, at.line, at.column)
    };
    diagnostics.iter().map(place).collect()
}

/// The tree with all spans empty, and its comments without their order.
pub(crate) fn stripped(mut file: File) -> File {
    visit(&mut file, &mut |span| *span = Span::default());
    for comment in &mut file.comments {
        comment.trailing = false;
        // A doc comment that documents nothing is printed as another one.
        if comment.text.starts_with("///") && !comment.text.starts_with("////") {
            comment.text.remove(0);
        }
    }
    file.comments.sort_by(|a, b| a.text.cmp(&b.text));
    file
}

/// Calls back for every span of a tree.
pub(crate) fn visit(file: &mut File, f: &mut dyn FnMut(&mut Span)) {
    visit_items(&mut file.items, f);
    for comment in &mut file.comments {
        f(&mut comment.span);
    }
}

fn visit_items(items: &mut [Item], f: &mut dyn FnMut(&mut Span)) {
    for item in items {
        match item {
            Item::Field(field) => visit_field(field, f),
            Item::Block(Block {
                kind,
                name,
                items,
                doc: _,
                span,
                body,
                complete: _,
            }) => {
                visit_ident(kind, f);
                visit_ident(name, f);
                visit_items(items, f);
                f(span);
                f(body);
            }
        }
    }
}

fn visit_field(
    Field {
        name,
        value,
        doc: _,
        span,
    }: &mut Field,
    f: &mut dyn FnMut(&mut Span),
) {
    visit_ident(name, f);
    visit_expr(value, f);
    f(span);
}

fn visit_ident(ident: &mut Ident, f: &mut dyn FnMut(&mut Span)) {
    f(&mut ident.span);
}

fn visit_expr(Expr { kind, span }: &mut Expr, f: &mut dyn FnMut(&mut Span)) {
    f(span);
    match kind {
        ExprKind::Quantity(Quantity { unit_span, .. }) => f(unit_span),
        ExprKind::Text(Text { parts, .. }) => {
            for part in parts {
                if let TextPart::Name { span, .. } = part {
                    f(span);
                }
            }
        }
        ExprKind::Bool(_) | ExprKind::Error => {}
        ExprKind::Range(left, right) => {
            visit_expr(left, f);
            visit_expr(right, f);
        }
        ExprKind::Compare {
            op_span, left, right, ..
        } => {
            f(op_span);
            visit_expr(left, f);
            visit_expr(right, f);
        }
        ExprKind::OfBaseline(inner) | ExprKind::Not(inner) => visit_expr(inner, f),
        ExprKind::Ref(Ref { path, args }) => {
            path.iter_mut().for_each(|name| visit_ident(name, f));
            if let Some(Args { first, named, span }) = args {
                f(span);
                first.iter_mut().for_each(|value| visit_expr(value, f));
                named.iter_mut().for_each(|field| visit_field(field, f));
            }
        }
        ExprKind::List(values) | ExprKind::And(values) | ExprKind::Or(values) => {
            values.iter_mut().for_each(|value| visit_expr(value, f));
        }
        ExprKind::Record(fields) => fields.iter_mut().for_each(|field| visit_field(field, f)),
    }
}
