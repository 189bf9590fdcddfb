//! Fields of what a condition judges: `it`.

use rescc_core::expr::Expr as Typed;
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Args, Ident, Ref};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::operand::Operand;
use super::{It, Judge};
use crate::codes::{names, types as codes};
use crate::context::{Cx, suggest_name};
use crate::suggest;
use crate::types::Want;

impl Cx<'_> {
    /// A field of what is judged.
    pub(super) fn it(&mut self, reference: &Ref, at: Span, judge: &Judge<'_>) -> Option<Operand> {
        let fields = match judge.it {
            It::Of(fields) => fields,
            It::Unknown => return None,
            It::Nothing => {
                self.report(
                    Diagnostic::error(
                        names::MISPLACED_IT,
                        format!("`it` stands for nothing in `{}`", judge.place.as_str()),
                        at,
                        "not known here",
                    )
                    .help("name what is meant")
                    .note("`it` is what `where`, `success` and `when` judge"),
                );
                return None;
            }
        };
        let known = || fields.iter().map(|field| &*field.name);
        let Some(name) = reference.path.get(1) else {
            self.report(
                Diagnostic::error(
                    codes::UNKNOWN_IT_FIELD,
                    "what of `it`?",
                    at,
                    "expected a field of it",
                )
                .help(format!("its fields are {}", suggest::list(known()))),
            );
            return None;
        };
        let Some(field) = fields
            .iter()
            .find(|field| field.name == name.text)
            .filter(|_| reference.path.len() == 2)
        else {
            let rest = reference
                .path
                .last()
                .map_or(name.span, |last| name.span.to(last.span));
            let path: Vec<&str> = reference
                .path
                .iter()
                .skip(1)
                .map(|part| part.text.as_str())
                .collect();
            let path = path.join(".");
            let report = Diagnostic::error(
                codes::UNKNOWN_IT_FIELD,
                format!("`it` has no field `{path}`"),
                rest,
                "not known here",
            );
            let keyed = fields.iter().find(|field| {
                field.takes_key && (field.name == name.text || name.text == format!("{}s", field.name))
            });
            let report = match (keyed, reference.path.get(2)) {
                (Some(field), Some(key)) => {
                    let text = format!("{}(\"{}\")", field.name, key.text);
                    report.help(format!("write `it.{text}`")).fix(
                        format!("write `it.{text}`"),
                        Applicability::Safe,
                        rest,
                        text,
                    )
                }
                _ => suggest_name(report, &path, rest, known()),
            };
            self.report(report);
            return None;
        };
        let argument = self.key(field, reference.args.as_ref(), name)?;
        let typed = Typed::It {
            field: name.text.clone(),
            argument,
        };
        Some(Operand {
            typed,
            ty: Some(field.ty.clone()),
        })
    }

    /// What stands in the parentheses behind a field of `it`.
    #[expect(clippy::option_option, reason = "no key is not the same as a wrong one")]
    pub(super) fn key(
        &mut self,
        field: &rescc_core::catalogue::AnswerField,
        args: Option<&Args>,
        name: &Ident,
    ) -> Option<Option<String>> {
        match (field.takes_key, args) {
            (false, None) => Some(None),
            (false, Some(args)) => {
                self.report(
                    Diagnostic::error(
                        codes::MISPLACED_WINDOW,
                        format!("`{}` takes nothing in parentheses", name.text),
                        args.span,
                        "not needed",
                    )
                    .help("remove the parentheses")
                    .fix("remove them", Applicability::Safe, args.span, ""),
                );
                None
            }
            (true, args) => {
                let first = args.and_then(|args| args.first.as_deref());
                let Some(first) = first.filter(|_| args.is_some_and(|args| args.named.is_empty())) else {
                    self.report(
                        Diagnostic::error(
                            codes::UNKNOWN_IT_FIELD,
                            format!("`{}` is asked with one text", name.text),
                            name.span,
                            "expected a text in parentheses",
                        )
                        .help(format!("write `it.{}(\"…\")`", name.text)),
                    );
                    return None;
                };
                let want = Want::new(&name.text, &Type::Text);
                match self.value(first, &want)? {
                    Value::Text(text) => Some(Some(text)),
                    _ => None,
                }
            }
        }
    }
}
