//! Calls: the parameters of actions, probes, locators and ways to wait.

use std::collections::BTreeSet;

use rescc_core::catalogue::ParameterSpec;
use rescc_core::names::Str;
use rescc_core::program::{Arguments, Condition, Target};
use rescc_core::value::Type;
use rescc_lang::tree::{Expr, ExprKind, Field, Ident, Ref};
use rescc_lang::{Applicability, Diagnostic, Span};

use crate::codes::structure as codes;
use crate::conditions::{It, Judge};
use crate::context::Cx;
use crate::schema::{Kind, Place};
use crate::suggest;
use crate::types::Want;

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee<'c> {
    /// Its name.
    pub(crate) name: &'c str,
    /// Its parameters.
    pub(crate) parameters: &'c [ParameterSpec],
    /// Names that its texts may take in besides parameters of the spec.
    pub(crate) late: &'c [Str],
    /// Whether its target may be `it`.
    pub(crate) has_it: bool,
}

/// What a call was given.
#[derive(Debug)]
pub(crate) struct Called<'e> {
    /// The values, defaults put in.
    pub(crate) values: Arguments,
    /// The parameters that are written.
    pub(crate) given: BTreeSet<String>,
    /// The target.
    pub(crate) target: Option<Target>,
    /// Where the target stands.
    pub(crate) target_span: Option<Span>,
    /// The condition.
    pub(crate) condition: Option<Condition>,
    /// The step.
    pub(crate) step: Option<&'e Ident>,
}

/// Parameters by the name that others give them: of what, the habit, the parameter.
const HABITS: &[(&str, &str, &str)] = &[
    ("wait", "for", "within"),
    ("wait", "timeout", "within"),
    ("wait", "max", "within"),
    ("exponential", "retries", "attempts"),
    ("constant", "retries", "attempts"),
    ("exponential", "max_attempts", "attempts"),
    ("constant", "max_attempts", "attempts"),
];

/// The call that an expression is: `kill(cache)`, or the bare name of one.
pub(crate) fn call_of(expr: &Expr) -> Option<(&Ident, &Ref)> {
    match &expr.kind {
        ExprKind::Ref(reference) if reference.path.len() == 1 => Some((reference.path.first()?, reference)),
        _ => None,
    }
}

// === impl Cx ===

impl Cx<'_> {
    /// Reads the arguments of a call.
    pub(crate) fn arguments<'e>(&mut self, callee: &Callee<'_>, reference: &'e Ref, at: Span) -> Called<'e> {
        let mut called = Called {
            values: Arguments::new(),
            given: BTreeSet::new(),
            target: None,
            target_span: None,
            condition: None,
            step: None,
        };
        let mut complete = true;
        let args = reference.args.as_ref();
        let (first_spec, first) = (
            callee.parameters.first(),
            args.and_then(|args| args.first.as_deref()),
        );
        if let Some(expr) = first {
            match first_spec {
                Some(spec) => self.argument(callee, spec, expr, &mut called),
                None => self.report(
                    Diagnostic::error(
                        codes::UNKNOWN_PARAMETER,
                        format!("`{}` takes no parameter", callee.name),
                        expr.span,
                        "not known here",
                    )
                    .help("leave it out"),
                ),
            }
        }
        let mut seen: Vec<(&str, Span)> = Vec::new();
        if let (Some(spec), Some(expr)) = (first_spec, first) {
            seen.push((&spec.name, expr.span));
        }
        for (at, field) in args.map_or(&[][..], |args| &args.named).iter().enumerate() {
            if field.name.text.is_empty() {
                complete = false;
                continue;
            }
            let Some(spec) = self.parameter(callee, field) else {
                continue;
            };
            if let Some((_, before)) = seen.iter().find(|(name, _)| *name == spec.name) {
                let report = Diagnostic::error(
                    codes::DUPLICATE_PARAMETER,
                    format!("`{}` is given twice", spec.name),
                    field.name.span,
                    "given again here",
                );
                self.report(
                    report
                        .label(*before, "first given here")
                        .help("remove one of them"),
                );
                continue;
            }
            if first_spec.is_some_and(|first| first.name == spec.name) {
                self.named_first(callee, spec, field, at == 0 && first.is_none());
            }
            seen.push((&spec.name, field.name.span));
            self.argument(callee, spec, &field.value, &mut called);
        }
        let missing: Vec<&ParameterSpec> = callee
            .parameters
            .iter()
            .filter(|spec| spec.required && !called.given.contains(&*spec.name))
            .collect();
        if complete && !missing.is_empty() {
            self.missing_parameters(callee, &missing, &seen, at);
        }
        for spec in callee.parameters {
            if let Some(default) = spec
                .default
                .as_ref()
                .filter(|_| !called.given.contains(&*spec.name))
            {
                called.values.insert(spec.name.to_string(), default.clone());
            }
        }
        called
    }

    fn argument<'e>(
        &mut self,
        callee: &Callee<'_>,
        spec: &ParameterSpec,
        expr: &'e Expr,
        called: &mut Called<'e>,
    ) {
        called.given.insert(spec.name.to_string());
        match &spec.ty {
            Type::Target => {
                called.target = self.target(expr, callee.has_it);
                called.target_span = Some(expr.span);
            }
            Type::Condition => {
                let judge = Judge {
                    place: Place::Wait,
                    it: It::Nothing,
                };
                let typed = self.condition(expr, &judge);
                called.condition = typed.map(|typed| Condition {
                    expr: typed,
                    text: self.text(expr.span),
                });
            }
            Type::Step => called.step = self.name_of(expr, &spec.name, &[Kind::Step]),
            ty => {
                let want = Want {
                    name: &spec.name,
                    ty,
                    min: spec.min,
                    max: spec.max,
                    late: callee.late,
                };
                if let Some(value) = self.value(expr, &want) {
                    called.values.insert(spec.name.to_string(), value);
                }
            }
        }
    }

    fn parameter<'c>(&mut self, callee: &Callee<'c>, field: &Field) -> Option<&'c ParameterSpec> {
        let find = |name: &str| callee.parameters.iter().find(|spec| spec.name == name);
        let name = field.name.text.as_str();
        if let Some(spec) = find(name) {
            return Some(spec);
        }
        let at = field.name.span;
        let report = Diagnostic::error(
            codes::UNKNOWN_PARAMETER,
            format!("`{}` has no parameter `{name}`", callee.name),
            at,
            "not known here",
        );
        let habit = HABITS
            .iter()
            .find(|(of, habit, _)| *of == callee.name && *habit == name)
            .map(|(_, _, meant)| *meant);
        let names = || callee.parameters.iter().map(|spec| &*spec.name);
        let near = suggest::nearest(name, names());
        let meant = habit
            .map(|meant| (meant, true))
            .or_else(|| near.map(|near| (near.name, near.only)));
        match meant {
            Some((meant, only)) => {
                let safe = if only {
                    Applicability::Safe
                } else {
                    Applicability::Maybe
                };
                self.report(report.help(format!("did you mean `{meant}`?")).fix(
                    format!("write `{meant}`"),
                    safe,
                    at,
                    meant,
                ));
                find(meant)
            }
            None if callee.parameters.is_empty() => {
                self.report(report.help(format!("`{}` has no parameters", callee.name)));
                None
            }
            None => {
                self.report(report.help(format!("its parameters are {}", suggest::list(names()))));
                None
            }
        }
    }

    fn named_first(&mut self, callee: &Callee<'_>, spec: &ParameterSpec, field: &Field, is_first: bool) {
        let name = field.name.span;
        let behind = Span {
            end: field.value.span.start,
            start: name.end,
            file: name.file,
        };
        let head = self.file.slice(behind);
        let gap = head.find('=').map_or(head.len(), |at| {
            let rest = head.get(at + 1..).unwrap_or("");
            at + 1 + rest.len() - rest.trim_start().len()
        });
        let end = name.end + u32::try_from(gap).unwrap_or(0);
        let mut report = Diagnostic::error(
            codes::NAMED_FIRST,
            format!(
                "`{}`, the first parameter of `{}`, is written without its name",
                spec.name, callee.name
            ),
            name,
            "not needed",
        )
        .note("a call's first parameter is written without its name, the others with theirs");
        report = if is_first {
            let remove = Span { end, ..name };
            report.help(format!("remove `{} =`", spec.name)).fix(
                "remove the name",
                Applicability::Safe,
                remove,
                "",
            )
        } else {
            report.help("put its value first, without the name")
        };
        self.report(report);
    }

    fn missing_parameters(
        &mut self,
        callee: &Callee<'_>,
        missing: &[&ParameterSpec],
        seen: &[(&str, Span)],
        at: Span,
    ) {
        let names = suggest::list(missing.iter().map(|spec| &*spec.name));
        let mut report = Diagnostic::error(
            codes::MISSING_PARAMETER,
            format!("`{}` needs {names}", callee.name),
            at,
            format!(
                "{names} {} missing",
                if missing.len() == 1 { "is" } else { "are" }
            ),
        );
        for spec in missing {
            let first = callee
                .parameters
                .first()
                .is_some_and(|first| first.name == spec.name);
            let summary = spec.summary.trim_end_matches('.');
            let what = crate::types::describe::ty(&spec.ty);
            report = if first {
                report.help(format!("put `{}` first: {what} ({summary})", spec.name))
            } else {
                report.help(format!("add `{} = …`: {what} ({summary})", spec.name))
            };
        }
        if !seen.is_empty() {
            report = report.note(format!(
                "there is {}",
                suggest::list(seen.iter().map(|(name, _)| *name))
            ));
        }
        self.report(report);
    }
}
