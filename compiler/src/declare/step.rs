//! `step`

use rescc_core::catalogue::{ActionKind, ActionSpec, UndoKind};
use rescc_core::program::{After, Call, OnError, Run, Step as Lowered, StepEvent, Target};
use rescc_core::value::Value;
use rescc_lang::tree::{Block, Expr, ExprKind, Field, Ident};
use rescc_lang::{Applicability, Diagnostic, Span};

use super::{Acting, doc, spec};
use crate::calls::{Called, Callee, call_of};
use crate::codes::{names, safety, warnings};
use crate::context::{Cx, suggest_name};
use crate::schema::Kind;
use crate::structure::{Fields, not_in_build};

/// A step as its workflow's checks need it.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) block: &'a Block,
    /// Its action; `None` where that is not known, which has been reported.
    pub(crate) action: Option<&'a ActionSpec>,
    /// Where its action stands.
    pub(crate) run_span: Span,
    /// The resource it acts on.
    pub(crate) resource: Option<String>,
    /// Whether it says how long its fault stays.
    pub(crate) timed: bool,
    /// What it waits for.
    pub(crate) after: Vec<Edge<'a>>,
    /// Its field `after`.
    pub(crate) after_field: Option<&'a Field>,
    /// The step whose fault it takes back.
    pub(crate) undoes: Option<&'a Ident>,
    pub(crate) lowered: Option<Lowered>,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'a> {
    pub(crate) step: &'a Ident,
    pub(crate) is: StepEvent,
    pub(crate) span: Span,
}

/// Actions of the language that this build does not have.
const LATER: &[(&str, &str)] = &[
    ("approve", "`approve` waits until somebody agrees"),
    ("notify", "`notify` tells somebody"),
    ("load", "`load` puts load on the system"),
];

// === impl Step ===

impl<'a> Step<'a> {
    pub(crate) fn acting(&self) -> Option<Acting<'a>> {
        let action = self.action.filter(|action| action.kind != ActionKind::Flow)?;
        Some(Acting {
            action,
            resource: self.resource.clone(),
            span: self.run_span,
        })
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.block.name.text
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    pub(super) fn step(&mut self, block: &'a Block) -> Step<'a> {
        let fields = self.fields(block, spec("step"), Some(&[]));
        let mut step = Step {
            block,
            action: None,
            run_span: block.name.span,
            resource: None,
            timed: fields.has("duration"),
            after: Vec::new(),
            after_field: fields.get("after"),
            undoes: None,
            lowered: None,
        };
        let run = fields
            .get("run")
            .and_then(|field| self.run(&field.value, &mut step));
        let duration = self.duration(&fields, "duration");
        let after = step
            .after_field
            .map(|field| self.after(field))
            .unwrap_or_default();
        let on_error = self.plain(&fields, "on_error");
        let retry = fields.get("retry").map(|field| self.backoff(field));
        let timeout = self.duration(&fields, "timeout");
        self.check_accept(&fields, &step);
        self.check_duration(&fields, &step);
        let edges_whole = after.iter().all(Option::is_some);
        step.after = after.into_iter().flatten().collect();
        let retry_whole = !matches!(retry, Some(None));
        if let Some(run) = run.filter(|_| edges_whole && retry_whole) {
            let after = step
                .after
                .iter()
                .map(|edge| After {
                    step: edge.step.text.clone(),
                    is: edge.is,
                })
                .collect();
            let on_error = match on_error.as_ref().and_then(Value::as_text) {
                Some("continue") => OnError::Continue,
                _ => OnError::Abort,
            };
            step.lowered = Some(Lowered {
                name: block.name.text.clone(),
                doc: doc(&block.doc),
                run,
                duration,
                after,
                on_error,
                retry: retry.flatten(),
                timeout,
            });
        }
        step
    }

    fn run(&mut self, expr: &'a Expr, step: &mut Step<'a>) -> Option<Run> {
        step.run_span = expr.span;
        let index = self.index;
        let Some((name, reference)) = call_of(expr) else {
            if let ExprKind::Ref(reference) = &expr.kind
                && reference.args.is_some()
            {
                self.report(not_in_build(
                    &format!("`{}`", reference.dotted()),
                    expr.span,
                    "`use` brings in other files",
                ));
                return None;
            }
            self.wrong_shape(expr, "run", "an action", "kill(cache)");
            return None;
        };
        let Some(action) = index.actions.get(name.text.as_str()).copied() else {
            self.unknown_action(name);
            return None;
        };
        step.action = Some(action);
        // `each` belongs to a later build, which has been reported; `it` is its element.
        let has_it = step.block.fields().any(|field| field.name.text == "each");
        let callee = Callee {
            name: &action.name,
            parameters: &action.parameters,
            late: &[],
            has_it,
        };
        let called = self.arguments(&callee, reference, expr.span);
        if let Some(target) = &called.target {
            step.resource = self.resource_of(target);
            self.check_protected(action, target, &called);
        }
        match (action.kind, &*action.name) {
            (ActionKind::Flow, "wait") => {
                let within = called.values.get("within").and_then(Value::as_duration);
                Some(Run::Wait {
                    until: called.condition?,
                    within: within?,
                })
            }
            (ActionKind::Flow, "sleep") => Some(Run::Sleep {
                time: called.values.get("time")?.as_duration()?,
            }),
            (ActionKind::Flow, _) => {
                let name = self.step_named(called.step?)?;
                step.undoes = Some(name);
                Some(Run::Undo {
                    step: name.text.clone(),
                })
            }
            (kind, _) => {
                let call = Call {
                    action: action.name.to_string(),
                    target: called.target?,
                    arguments: called.values,
                    text: self.text(expr.span),
                };
                Some(if kind == ActionKind::Heal {
                    Run::Heal(call)
                } else {
                    Run::Fault(call)
                })
            }
        }
    }

    fn unknown_action(&mut self, name: &Ident) {
        if let Some((_, what)) = LATER.iter().find(|(later, _)| *later == name.text) {
            self.report(not_in_build(&format!("`{}`", name.text), name.span, what));
            return;
        }
        let declared = self.index.names.get(&name.text);
        if let Some(declared) = declared {
            declared.used.set(true);
            match declared.kind {
                Kind::Unknown => return,
                Kind::Workflow => {
                    self.report(not_in_build(
                        "a workflow as a step",
                        name.span,
                        "a step can run a workflow",
                    ));
                    return;
                }
                _ => {}
            }
        }
        let mut report = Diagnostic::error(
            names::UNKNOWN_ACTION,
            match declared {
                Some(declared) => format!("`{}` is {}, no action", name.text, declared.kind.describe()),
                None => format!("there is no action `{}`", name.text),
            },
            name.span,
            "expected an action",
        );
        if self.index.probes.contains_key(name.text.as_str()) {
            report = report.note(format!(
                "`{}` is a kind of probe: it stands in `check` of a probe",
                name.text
            ));
        }
        let report = suggest_name(report, &name.text, name.span, self.index.actions.keys().copied());
        self.report(report);
    }

    fn check_protected(&mut self, action: &ActionSpec, target: &Target, called: &Called<'_>) {
        if !action.is_fault() {
            return;
        }
        let index = self.index;
        let Some(resource) = self.resource_of(target) else {
            return;
        };
        let Some(declared) = index
            .names
            .get(&resource)
            .filter(|declared| declared.kind == Kind::Resource)
        else {
            return;
        };
        let Some(field) = declared
            .block
            .fields()
            .find(|field| field.name.text == "protected")
        else {
            return;
        };
        let protected = match &field.value.kind {
            ExprKind::Bool(truth) => *truth,
            ExprKind::Ref(reference) => {
                let param = reference
                    .bare()
                    .and_then(|name| self.params.get(name.text.as_str()));
                param
                    .and_then(|param| param.value.as_ref())
                    .and_then(Value::as_bool)
                    .unwrap_or(false)
            }
            _ => false,
        };
        if protected {
            self.report(
                Diagnostic::error(
                    safety::PROTECTED,
                    format!("`{resource}` is protected"),
                    called.target_span.unwrap_or(field.span),
                    format!("`{}` would touch it", action.name),
                )
                .label(field.span, "no fault may touch it")
                .help("take another target"),
            );
        }
    }

    fn check_accept(&mut self, fields: &Fields<'a>, step: &Step<'a>) {
        let accepted = self.plain(fields, "accept");
        let accepts = accepted
            .as_ref()
            .and_then(Value::as_list)
            .is_some_and(|list| !list.is_empty());
        let Some(action) = step.action else { return };
        let impossible = action.is_fault() && action.undo == UndoKind::Impossible;
        if impossible && !fields.has("accept") {
            let run = fields.get("run");
            let mut report = Diagnostic::error(
                safety::NO_UNDO,
                format!("`{}` can't be undone", action.name),
                step.run_span,
                "stays for good",
            )
            .help("if that is meant, add `accept = [no_undo]`")
            .note("rescc takes every fault back; where it can't, the spec must say that it knows");
            if let Some(run) = run {
                report = report.fix(
                    "accept it",
                    Applicability::Maybe,
                    run.span.after(),
                    ", accept = [no_undo]",
                );
            }
            self.report(report);
        } else if accepts && !impossible {
            let at = fields.get("accept").map_or(step.run_span, |field| field.span);
            self.report(
                Diagnostic::warning(
                    warnings::NEEDLESS_ACCEPT,
                    format!("`{}` needs no `no_undo`", action.name),
                    at,
                    "accepts what does not happen",
                )
                .help("remove it"),
            );
        }
    }

    fn check_duration(&mut self, fields: &Fields<'a>, step: &Step<'a>) {
        let (Some(field), Some(action)) = (fields.get("duration"), step.action) else {
            return;
        };
        let (what, help) = match action.kind {
            ActionKind::LastingFault => return,
            ActionKind::MomentaryFault => (
                "happens in a moment",
                "remove `duration`; what follows waits in a step of its own",
            ),
            ActionKind::Heal => ("is no fault", "remove `duration`; to limit it, use `timeout`"),
            ActionKind::Flow if action.name == "wait" => (
                "is no fault",
                "remove `duration`; how long it waits says `within`",
            ),
            ActionKind::Flow => ("is no fault", "remove `duration`"),
        };
        self.report(
            Diagnostic::error(
                safety::MISPLACED_DURATION,
                format!("`{}` has no duration", action.name),
                field.name.span,
                "not known here",
            )
            .label(step.run_span, format!("`{}` {what}", action.name))
            .help(help)
            .note("`duration` says how long a lasting fault stays"),
        );
    }
}
