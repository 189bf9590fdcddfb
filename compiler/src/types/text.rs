//! Texts and the names they take in.

use rescc_core::names::Str;
use rescc_core::value::{TemplatePart, Value};
use rescc_lang::tree::{Text, TextPart};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::Want;
use crate::codes::names as codes;
use crate::context::Cx;
use crate::names::LATE_NAMES;
use crate::schema::Kind;
use crate::suggest;

impl Cx<'_> {
    pub(super) fn text_value(&mut self, text: &Text, want: &Want<'_>) -> Option<Value> {
        if let Some(literal) = text.literal() {
            return Some(Value::Text(literal.to_owned()));
        }
        let mut parts: Vec<TemplatePart> = Vec::new();
        let mut known = true;
        for part in &text.parts {
            match part {
                TextPart::Literal(literal) => push(&mut parts, literal),
                TextPart::Name { path, span } => {
                    let name = path.join(".");
                    if is_late(&name, want.late) {
                        parts.push(TemplatePart::Name(name));
                        continue;
                    }
                    match self.interpolated(&name, *span, want) {
                        Some(value) => push(&mut parts, &value),
                        None => known = false,
                    }
                }
            }
        }
        if !known {
            return None;
        }
        Some(match parts.as_slice() {
            [] => Value::Text(String::new()),
            [TemplatePart::Literal(literal)] => Value::Text(literal.clone()),
            _ => Value::Template(parts),
        })
    }

    /// The value of a parameter as text.
    fn interpolated(&mut self, name: &str, at: Span, want: &Want<'_>) -> Option<String> {
        if let Some(param) = self.params.get(name) {
            let value = param.value.as_ref().map(rescc_core::text::value);
            if let Some(declared) = self.index.names.get(name) {
                declared.used.set(true);
            }
            return value;
        }
        let declared = self.index.names.get(name);
        if let Some(declared) = declared {
            declared.used.set(true);
            if matches!(declared.kind, Kind::Unknown | Kind::Param) {
                return None;
            }
        }
        let report = Diagnostic::error(
            codes::UNKNOWN_INTERPOLATION,
            match declared {
                Some(declared) => format!("`{name}` is {}, no parameter", declared.kind.describe()),
                None => format!("no parameter is called `{name}`"),
            },
            at,
            "can't be put in here",
        );
        let head = name.split('.').next().unwrap_or(name);
        let report = if LATE_NAMES.contains(&head) && declared.is_none() {
            report.note(format!("`{head}` is not known in {}", want.shown()))
        } else {
            report
        };
        let params: Vec<&str> = self.index.names.of_kinds(&[Kind::Param]).collect();
        let late: Vec<&str> = want.late.iter().map(|late| &**late).collect();
        let near = suggest::nearest(
            name,
            params
                .iter()
                .chain(&late)
                .copied()
                .filter(|name| !name.contains('*')),
        );
        let report = match near {
            Some(near) => {
                let text = format!("${{{}}}", near.name);
                let safe = if near.only {
                    Applicability::Safe
                } else {
                    Applicability::Maybe
                };
                report
                    .help(format!("did you mean `{text}`?"))
                    .fix(format!("write `{text}`"), safe, at, text)
            }
            None if params.is_empty() && late.is_empty() => {
                report.help(format!("declare it: `param {head} {{ type = text }}`"))
            }
            None => report.help(format!(
                "known here: {}",
                suggest::list(params.into_iter().chain(late))
            )),
        };
        self.report(report.note("a `$` that is meant as such is written `$$`"));
        None
    }
}

/// Whether a name is only known while a workflow runs.
fn is_late(name: &str, late: &[Str]) -> bool {
    late.iter().any(|pattern| match pattern.strip_suffix(".*") {
        Some(head) => name
            .strip_prefix(head)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| !rest.is_empty()),
        None => *pattern == name,
    })
}

fn push(parts: &mut Vec<TemplatePart>, text: &str) {
    match parts.last_mut() {
        Some(TemplatePart::Literal(last)) => last.push_str(text),
        _ => parts.push(TemplatePart::Literal(text.to_owned())),
    }
}
