//! Names in the place of values: targets, and whatever else is only named.

use rescc_core::program::Target;
use rescc_lang::tree::{Expr, ExprKind, Ident};
use rescc_lang::{Applicability, Diagnostic};

use crate::codes::{names, types};
use crate::context::Cx;
use crate::schema::Kind;

impl Cx<'_> {
    /// What an action acts on.
    pub(crate) fn target(&mut self, expr: &Expr, has_it: bool) -> Option<Target> {
        let name = self.name_of(expr, "target", &[Kind::Resource, Kind::Selector])?;
        if name.text == "it" {
            if !has_it {
                self.report(
                    Diagnostic::error(
                        names::MISPLACED_IT,
                        "`it` stands for nothing here",
                        name.span,
                        "not known here",
                    )
                    .help("name a resource or a selector")
                    .note(
                        "`it` is the instance that a healing policy judges; a step acts on what has a name",
                    ),
                );
                return None;
            }
            return Some(Target::It);
        }
        let declared = self.name(name, &[Kind::Resource, Kind::Selector])?;
        Some(match declared.kind {
            Kind::Selector => Target::Selector(name.text.clone()),
            _ => Target::Resource(name.text.clone()),
        })
    }

    /// The bare name that an expression is; anything else is reported.
    pub(crate) fn name_of<'e>(&mut self, expr: &'e Expr, field: &str, kinds: &[Kind]) -> Option<&'e Ident> {
        let wanted = crate::context::describe_kinds(kinds);
        let report = match &expr.kind {
            ExprKind::Error => return None,
            ExprKind::Ref(reference) => {
                if let Some(name) = reference.bare() {
                    return Some(name);
                }
                let head = reference.path.first()?;
                let mut report = Diagnostic::error(
                    types::MISMATCH,
                    format!("`{field}` takes the name of {wanted}"),
                    expr.span,
                    "is more than a name",
                );
                if self
                    .index
                    .names
                    .get(&head.text)
                    .is_some_and(|declared| kinds.contains(&declared.kind))
                {
                    report = report.help(format!("write `{}`", head.text)).fix(
                        format!("write `{}`", head.text),
                        Applicability::Maybe,
                        expr.span,
                        head.text.clone(),
                    );
                }
                report
            }
            ExprKind::Text(text) => {
                let literal = text.literal().unwrap_or("");
                let mut report = Diagnostic::error(
                    types::TEXT_FOR_NAME,
                    format!("`{field}` takes a name, not a text"),
                    expr.span,
                    "stands in quotes",
                )
                .note("what stands in quotes is text from your system; a bare word is a name that the compiler knows");
                let declared = self.index.names.get(literal);
                if let Some(declared) = declared {
                    declared.used.set(true);
                }
                let fits = declared.is_some_and(|declared| kinds.contains(&declared.kind))
                    || (kinds.contains(&Kind::Step) && self.steps.contains_key(literal));
                if fits {
                    report = report.help("remove the quotes").fix(
                        "remove the quotes",
                        Applicability::Safe,
                        expr.span,
                        literal,
                    );
                } else {
                    report = report.help(format!("write the name of {wanted}"));
                }
                report
            }
            _ => Diagnostic::error(
                types::MISMATCH,
                format!(
                    "`{field}` takes the name of {wanted}, not {}",
                    crate::types::describe::expr(expr)
                ),
                expr.span,
                format!("expected {wanted}"),
            )
            .help(format!("write the name of {wanted}")),
        };
        self.report(report);
        None
    }
}
