//! The top level of a file: its language, and whether there is what every spec needs.

use rescc_lang::tree::{ExprKind, File, Item};
use rescc_lang::{Applicability, Diagnostic, SourceFile, Span};

use crate::codes::structure as codes;
use crate::context::{Cx, Index, Params};
use crate::names::Names;
use crate::schema::{FILE, Kind};
use crate::structure::Body;

/// The version of the language that this build knows.
pub const LANGUAGE: &str = "0.1";

/// Checks the top level; the version of the language.
pub(super) fn check<'a>(
    tree: &'a File,
    file: &'a SourceFile,
    syntax: &[Diagnostic],
    index: &'a Index<'a>,
    found: &mut Vec<Diagnostic>,
) -> String {
    let mut cx = Cx::new(file, index, Params::new());
    let start = Span::new(file.id(), 0, 0);
    // Where something of the top level could not be read, it may be what is missed.
    let damaged = syntax.iter().any(|error| {
        !tree
            .blocks()
            .any(|block| block.span.start < error.span().start && error.span().end < block.span.end)
    });
    let fields: Vec<_> = tree.fields().collect();
    // The version has its own report, with a fix.
    let body = Body {
        fields: &fields,
        blocks: &["language"],
        head: start,
        what: "file",
        complete: true,
    };
    let given = cx.given(body, "file", FILE.fields, Some(&[]));
    cx.blocks(&tree.items, "file", true);
    match given.iter().find(|(name, _)| *name == "language") {
        Some((_, field)) => language(&mut cx, field),
        None if damaged => {}
        None => {
            let first = tree.items.first().map_or(start, |item| match item {
                Item::Field(field) => field.span,
                Item::Block(block) => block.span,
            });
            let at = if matches!(tree.items.first(), Some(Item::Block(block)) if !block.doc.is_empty()) {
                start
            } else {
                first.before()
            };
            cx.report(
                Diagnostic::error(
                    codes::MISSING_LANGUAGE,
                    "the file does not say its language",
                    at,
                    "expected `language`",
                )
                .help(format!("begin the file with `language = \"{LANGUAGE}\"`"))
                .note("the version decides how a spec is read, so that it means the same in later builds")
                .fix(
                    "say it",
                    Applicability::Safe,
                    at,
                    format!("language = \"{LANGUAGE}\"\n"),
                ),
            );
        }
    }
    let unreadable = damaged
        || tree
            .blocks()
            .any(|block| crate::schema::block(&block.kind.text).is_none());
    if !unreadable {
        nothing_of(&mut cx, tree, Kind::Environment, start);
        nothing_of(&mut cx, tree, Kind::Resource, start);
    }
    found.append(&mut cx.found);
    LANGUAGE.to_owned()
}

fn language(cx: &mut Cx<'_>, field: &rescc_lang::tree::Field) {
    let at = field.value.span;
    let written = match &field.value.kind {
        ExprKind::Error => return,
        ExprKind::Text(text) => text.literal().unwrap_or("").to_owned(),
        ExprKind::Quantity(quantity) if quantity.number == LANGUAGE && quantity.unit.is_empty() => {
            let text = format!("\"{LANGUAGE}\"");
            cx.report(
                Diagnostic::error(
                    crate::codes::types::MISMATCH,
                    "`language` takes a text, not a number",
                    at,
                    "expected a text in quotes",
                )
                .help(format!("write `{text}`"))
                .fix(format!("write `{text}`"), Applicability::Safe, at, text),
            );
            return;
        }
        _ => cx.text(at),
    };
    if written != LANGUAGE {
        let text = format!("\"{LANGUAGE}\"");
        cx.report(
            Diagnostic::error(
                codes::UNSUPPORTED_LANGUAGE,
                format!("this build does not know language `{written}`"),
                at,
                format!("expected `{text}`"),
            )
            .help(format!(
                "write `language = {text}`, or take a build that knows `{written}`"
            ))
            .fix(format!("write `{text}`"), Applicability::Maybe, at, text),
        );
    }
}

fn nothing_of(cx: &mut Cx<'_>, tree: &File, kind: Kind, at: Span) {
    if Names::in_order(tree, kind).next().is_some() {
        return;
    }
    cx.report(match kind {
        Kind::Environment => Diagnostic::error(
            codes::NO_ENVIRONMENT,
            "no environment is declared",
            at,
            "nowhere to run",
        )
        .help("declare one: `environment local { bind = { … } }`"),
        _ => Diagnostic::error(
            codes::NO_RESOURCE,
            "no resource is declared",
            at,
            "nothing to act on",
        )
        .help("declare one: `resource cache {}`"),
    });
}
