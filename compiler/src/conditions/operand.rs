//! What stands on one side of a comparison, or alone: a field of `it`, a measure, a parameter.

use std::time::Duration;

use rescc_core::expr::{Expr as Typed, Measure, Metric, Subject};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Args, Block, Expr, ExprKind, Ident, Ref};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::measures::{self, Found, MeasureType};
use super::{It, Judge};
use crate::calls::call_of;
use crate::codes::{names, types as codes};
use crate::context::{Cx, suggest_name};
use crate::schema::{ABOVE_ZERO, Kind, Place};
use crate::suggest;
use crate::types::Want;

/// A side of a comparison.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) typed: Typed,
    /// Its type; `None` where that is only known while a workflow runs.
    pub(super) ty: Option<Type>,
}

const SUBJECTS: &[Kind] = &[Kind::Resource, Kind::Selector, Kind::Probe, Kind::Slo, Kind::Step, Kind::Param];

// === impl Operand ===

impl Operand {
    pub(super) fn measure(&self) -> Option<&Measure> {
        if let Typed::Measure { measure } = &self.typed { Some(measure) } else { None }
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Whether an expression speaks of what is only known while a workflow runs.
    pub(super) fn is_measured(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Ref(reference) => {
                let Some(head) = reference.path.first() else { return false };
                let declared = self.index.names.get(&head.text).map(|declared| declared.kind);
                reference.path.len() > 1
                    || reference.args.is_some()
                    || head.text == "it"
                    || declared.is_some_and(|kind| kind != Kind::Param)
                    || self.steps.contains_key(head.text.as_str())
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare { .. } => true,
            _ => false,
        }
    }

    /// A side of a comparison, typed.
    pub(super) fn operand(&mut self, expr: &Expr, judge: &Judge<'_>) -> Option<Operand> {
        let ExprKind::Ref(reference) = &expr.kind else {
            let typed = self.condition(expr, judge)?;
            return Some(Operand { typed, ty: Some(Type::Bool) });
        };
        let head = reference.path.first()?;
        if head.text == "it" {
            return self.it(reference, expr.span, judge);
        }
        if let Some(param) = self.params.get(head.text.as_str()).filter(|_| reference.bare().is_some()) {
            let (ty, value) = (param.ty.clone(), param.value.clone());
            if let Some(declared) = self.index.names.get(&head.text) {
                declared.used.set(true);
            }
            return Some(Operand { typed: Typed::value(value?), ty });
        }
        let index = self.index;
        let (kind, block): (Kind, &'a Block) = match index.names.get(&head.text) {
            Some(declared) => {
                declared.used.set(true);
                (declared.kind, declared.block)
            }
            None => match self.steps.get(head.text.as_str()) {
                Some(block) => (Kind::Step, block),
                None => {
                    self.unknown_name(head, SUBJECTS, &[]);
                    return None;
                }
            },
        };
        if kind == Kind::Unknown {
            return None;
        }
        if !SUBJECTS.contains(&kind) || kind == Kind::Param {
            let measurable = &[Kind::Resource, Kind::Selector, Kind::Probe, Kind::Slo, Kind::Step];
            self.wrong_kind(head, kind, block.name.span, measurable);
            return None;
        }
        self.measure_of(reference, expr.span, kind, block, judge)
    }

    fn measure_of(&mut self, reference: &Ref, at: Span, kind: Kind, block: &Block, judge: &Judge<'_>) -> Option<Operand> {
        let head = reference.path.first()?;
        let place = judge.place;
        if !place.has_measures() {
            let what = if place == Place::Where { "the candidate" } else { "the answer" };
            self.report(
                Diagnostic::error(
                    codes::MISPLACED_MEASURE,
                    format!("`{}` is {}, and `{}` judges {what} alone", head.text, kind.describe(), place.as_str()),
                    at,
                    "not known here",
                )
                .help(format!("speak of {what} as `it`"))
                .label(block.name.span, "declared here"),
            );
            return None;
        }
        let path: Vec<&str> = reference.path.iter().skip(1).map(|part| part.text.as_str()).collect();
        let path = path.join(".");
        let rest = reference.path.get(1).zip(reference.path.last()).map(|(first, last)| first.span.to(last.span));
        let found = measures::find(kind, &path).filter(|found| found.ty != MeasureType::Value || self.has_value(block));
        let Some(found) = found else {
            self.unknown_measure(head, &path, rest, kind, block);
            return None;
        };
        if !self.may_measure(head, at, found, block, judge) {
            return None;
        }
        let window = self.window(reference.args.as_ref(), rest.unwrap_or(head.span), &path, found, judge)?;
        let name = head.text.clone();
        let of = match kind {
            Kind::Resource => Subject::Resource(name),
            Kind::Selector => Subject::Selector(name),
            Kind::Probe => Subject::Probe(name),
            Kind::Slo => Subject::Slo(name),
            _ => Subject::Step(name),
        };
        let ty = if found.ty == MeasureType::Value { self.value_type(block) } else { found.ty.ty() };
        Some(Operand { typed: Typed::Measure { measure: Measure { of, metric: found.metric, window } }, ty })
    }

    /// Whether a measure is known where a condition stands.
    fn may_measure(&mut self, head: &Ident, at: Span, found: Found, block: &Block, judge: &Judge<'_>) -> bool {
        let place = judge.place;
        let report = match found.metric {
            Metric::Met if place.is_live() => Diagnostic::error(
                codes::MISPLACED_MEASURE,
                format!("whether `{}` is met is only known in the end", head.text),
                at,
                format!("`{}` is judged while the run goes on", place.as_str()),
            )
            .help(format!("use `{}.burn_rate(30s)` or `{}.budget_left`, or the measure of its objective", head.text, head.text)),
            Metric::Met | Metric::BurnRate | Metric::BudgetLeft if place == Place::Objective => Diagnostic::error(
                codes::MISPLACED_MEASURE,
                format!("`{}` is an objective, and an objective can't speak of another", head.text),
                at,
                "not known here",
            )
            .help("name what both need in `expect`"),
            Metric::Outcome | Metric::TimeToDetect | Metric::TimeToRecover | Metric::TimeToUndo
                if place != Place::Expect =>
            {
                Diagnostic::error(
                    codes::MISPLACED_MEASURE,
                    format!("what a step did is only judged in the end, not in `{}`", place.as_str()),
                    at,
                    "not known here",
                )
                .help("put it into `expect`")
                .help("to start a step when another has passed or failed, use `after`")
            }
            Metric::TimeToDetect | Metric::TimeToRecover | Metric::TimeToUndo if self.is_no_fault(block) => Diagnostic::error(
                codes::UNKNOWN_MEASURE,
                format!("`{}` is no fault, so there is no such time", head.text),
                at,
                "only a fault has it",
            )
            .label(block.name.span, "declared here")
            .help("name the step of a fault"),
            Metric::BurnRate | Metric::BudgetLeft => return self.has_budget(head, at, block),
            _ => return true,
        };
        self.report(report);
        false
    }

    /// Whether a step surely runs no fault.
    fn is_no_fault(&self, step: &Block) -> bool {
        let run = step.fields().find(|field| field.name.text == "run");
        let action = run.and_then(|run| call_of(&run.value)).and_then(|(name, _)| self.index.actions.get(name.text.as_str()));
        action.is_some_and(|action| !action.is_fault())
    }

    fn kind_of_probe(&self, probe: &Block) -> Option<&'a rescc_core::catalogue::ProbeSpec> {
        let check = probe.fields().find(|field| field.name.text == "check")?;
        let (name, _) = call_of(&check.value)?;
        self.index.probes.get(name.text.as_str()).copied()
    }

    fn has_value(&self, probe: &Block) -> bool {
        self.kind_of_probe(probe).is_none_or(|spec| spec.has_value)
    }

    fn value_type(&self, probe: &Block) -> Option<Type> {
        let spec = self.kind_of_probe(probe)?;
        spec.answer.iter().find(|field| field.name == "value").map(|field| field.ty.clone())
    }

    fn unknown_measure(&mut self, head: &Ident, path: &str, rest: Option<Span>, kind: Kind, block: &Block) {
        let has_value = kind != Kind::Probe || self.has_value(block);
        let names = || {
            measures::names(kind)
                .filter(move |name| has_value || measures::find(kind, name).is_some_and(|found| found.ty != MeasureType::Value))
        };
        let Some(at) = rest else {
            let example = match kind {
                Kind::Resource | Kind::Selector => "healthy",
                Kind::Probe => "success_rate",
                _ => "outcome",
            };
            let mut report = Diagnostic::error(
                codes::UNKNOWN_MEASURE,
                format!("`{}` is {}: what of it?", head.text, kind.describe()),
                head.span,
                "expected a measure of it",
            )
            .help(format!("its measures are {}", suggest::list(names())));
            if example == "healthy" {
                report = report.fix(
                    format!("write `{}.healthy`", head.text),
                    Applicability::Maybe,
                    head.span.after(),
                    ".healthy",
                );
            }
            self.report(report);
            return;
        };
        let report = Diagnostic::error(
            codes::UNKNOWN_MEASURE,
            format!("`{}` has no measure `{path}`", head.text),
            at,
            format!("not known of {}", kind.describe()),
        );
        let event = kind == Kind::Step && matches!(path, "passed" | "failed" | "skipped" | "aborted");
        if event {
            self.report(report.help(format!("write `{}.outcome == {path}`", head.text)).fix(
                format!("write `{}.outcome == {path}`", head.text),
                Applicability::Safe,
                at,
                format!("outcome == {path}"),
            ));
            return;
        }
        let known = measures::habit(kind, path).filter(|meant| has_value || names().any(|name| name == meant) || meant.starts_with("latency.p"));
        let report = match known {
            Some(meant) => report.help(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                Applicability::Safe,
                at,
                meant,
            ),
            None if path == "latency" => {
                report.help("say which: `latency.p95`, `latency.p99`, `latency.mean` or `latency.max`")
            }
            None => {
                let near = suggest::nearest(path, names()).is_some();
                let report = suggest_name(report, path, at, names());
                if near { report.help(format!("its measures are {}", suggest::list(names()))) } else { report }
            }
        };
        self.report(report.label(block.name.span, format!("{} declared here", kind.describe())));
    }

    /// The window of a measure: nothing where something about it is wrong.
    #[expect(clippy::option_option, reason = "no window is not the same as a wrong one")]
    fn window(
        &mut self,
        args: Option<&Args>,
        at: Span,
        path: &str,
        found: Found,
        judge: &Judge<'_>,
    ) -> Option<Option<Duration>> {
        let Some(args) = args else {
            if found.over_time && judge.place.is_live() {
                self.report(
                    Diagnostic::error(
                        codes::MISSING_WINDOW,
                        format!("`{path}` does not say over what time"),
                        at,
                        "expected a window behind it",
                    )
                    .help(format!("write, for example, `{path}(10s)`"))
                    .note(format!("`{}` is judged while the run goes on, over the latest time", judge.place.as_str()))
                    .fix(format!("write `{path}(10s)`"), Applicability::Maybe, at.after(), "(10s)"),
                );
                return None;
            }
            return Some(None);
        };
        if !found.over_time {
            let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
            self.report(
                Diagnostic::error(codes::MISPLACED_WINDOW, format!("{what} takes nothing in parentheses"), args.span, "not needed")
                    .help("remove the parentheses")
                    .note("it is not measured over a time")
                    .fix("remove them", Applicability::Safe, args.span, ""),
            );
            return None;
        }
        if let Some(named) = args.named.first() {
            self.report(
                Diagnostic::error(codes::MISPLACED_WINDOW, "a window is one duration without a name", named.span, "not known here")
                    .help(format!("write, for example, `{path}(10s)`")),
            );
            return None;
        }
        let Some(first) = &args.first else {
            self.report(
                Diagnostic::error(codes::MISSING_WINDOW, format!("`{path}` does not say over what time"), args.span, "is empty")
                    .help(format!("write, for example, `{path}(10s)`"))
                    .fix(format!("write `{path}(10s)`"), Applicability::Maybe, args.span, "(10s)"),
            );
            return None;
        };
        let want = Want { min: Some(ABOVE_ZERO), ..Want::new("window", &Type::Duration) };
        let value = self.value(first, &want)?;
        Some(value.as_duration())
    }

    /// A field of what is judged.
    fn it(&mut self, reference: &Ref, at: Span, judge: &Judge<'_>) -> Option<Operand> {
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
                Diagnostic::error(codes::UNKNOWN_IT_FIELD, "what of `it`?", at, "expected a field of it")
                    .help(format!("its fields are {}", suggest::list(known()))),
            );
            return None;
        };
        let Some(field) = fields.iter().find(|field| field.name == name.text).filter(|_| reference.path.len() == 2) else {
            let rest = reference.path.last().map_or(name.span, |last| name.span.to(last.span));
            let path: Vec<&str> = reference.path.iter().skip(1).map(|part| part.text.as_str()).collect();
            let path = path.join(".");
            let report =
                Diagnostic::error(codes::UNKNOWN_IT_FIELD, format!("`it` has no field `{path}`"), rest, "not known here");
            let keyed = fields.iter().find(|field| field.takes_key && (field.name == name.text || name.text == format!("{}s", field.name)));
            let report = match (keyed, reference.path.get(2)) {
                (Some(field), Some(key)) => {
                    let text = format!("{}(\"{}\")", field.name, key.text);
                    report.help(format!("write `it.{text}`")).fix(format!("write `it.{text}`"), Applicability::Safe, rest, text)
                }
                _ => suggest_name(report, &path, rest, known()),
            };
            self.report(report);
            return None;
        };
        let argument = self.key(field, reference.args.as_ref(), name)?;
        let typed = Typed::It { field: name.text.clone(), argument };
        Some(Operand { typed, ty: Some(field.ty.clone()) })
    }

    /// What stands in the parentheses behind a field of `it`.
    #[expect(clippy::option_option, reason = "no key is not the same as a wrong one")]
    fn key(&mut self, field: &rescc_core::catalogue::AnswerField, args: Option<&Args>, name: &Ident) -> Option<Option<String>> {
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
