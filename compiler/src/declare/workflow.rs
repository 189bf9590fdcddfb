//! `workflow`

use std::time::Duration;

use rescc_core::program::{Condition, Workflow};
use rescc_lang::tree::{Block, Field};
use rescc_lang::{Diagnostic, Span};

use super::step::Step;
use super::{Parts, doc, spec};
use crate::codes::structure as codes;
use crate::conditions::{It, Judge};
use crate::context::Cx;
use crate::names::{check_reserved, duplicate};
use crate::schema::{Kind, Place};

/// How many steps a workflow may have.
pub const MAX_STEPS: usize = 1_000;

/// How long the time before the first fault is observed where a baseline is used and nothing else is said.
pub const DEFAULT_OBSERVE: Duration = Duration::from_secs(30);

/// A workflow whose steps are in order, for the checks against environments.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) block: &'a Block,
    /// Where its deadline stands.
    pub(crate) deadline_span: Option<Span>,
    /// Whether its times can be told.
    pub(crate) timed: bool,
}

// === impl Cx ===

impl<'a> Cx<'a> {
    pub(super) fn workflow(&mut self, block: &'a Block, parts: &mut Parts<'a>) -> Workflow {
        let fields = self.fields(block, spec("workflow"), Some(&[]));
        let steps = self.step_names(block);
        self.never_steady = block.complete && fields.get("steady_state").is_none();
        let steady_state = fields.get("steady_state").and_then(|field| {
            let judge = Judge {
                place: Place::SteadyState,
                it: It::Nothing,
            };
            let expr = self.condition(&field.value, &judge)?;
            Some(Condition {
                expr,
                text: self.text(field.value.span),
            })
        });
        let settle = self.duration(&fields, "settle").unwrap_or_default();
        let abort_when = fields
            .get("abort_when")
            .map(|field| self.conditions_of(field, Place::AbortWhen))
            .unwrap_or_default();
        let expect = fields
            .get("expect")
            .map(|field| self.conditions_of(field, Place::Expect))
            .unwrap_or_default();
        let heal = fields
            .get("heal")
            .map(|field| self.names(field, &[Kind::Heal]))
            .unwrap_or_default();
        let (limits, deadline_span) = self.limits(&fields);
        let observe = self.duration(&fields, "observe");
        // A step that could not be read has been reported as such.
        let broken = block.fields().any(|field| field.name.text == "step");
        if steps.is_empty() && block.complete && block.blocks().next().is_none() && !broken {
            self.report(
                Diagnostic::error(
                    codes::EMPTY_WORKFLOW,
                    format!("`workflow {}` has no step", block.name.text),
                    block.name.span,
                    "does nothing",
                )
                .help("add a step: `step strike { run = kill(cache) }`"),
            );
        }
        let read: Vec<Step<'a>> = steps.iter().map(|step| self.step(step)).collect();
        let timed = self.check_order(block, &read) && read.iter().all(|step| step.lowered.is_some());
        parts.acting.extend(read.iter().filter_map(Step::acting));
        parts.checked.push(Checked {
            block,
            deadline_span,
            timed,
        });
        self.steps.clear();
        let lowered = read.into_iter().filter_map(|step| step.lowered).collect();
        let mut workflow = Workflow {
            doc: doc(&block.doc),
            steady_state,
            settle,
            observe: Duration::ZERO,
            abort_when,
            expect,
            heal,
            limits,
            steps: lowered,
        };
        workflow.observe = observe.unwrap_or_else(|| self.default_observe(&workflow, parts));
        workflow
    }

    /// The steps; their names are known from here on.
    fn step_names(&mut self, block: &'a Block) -> Vec<&'a Block> {
        let steps: Vec<&'a Block> = block.blocks().filter(|inner| inner.kind.text == "step").collect();
        self.steps.clear();
        for step in block.blocks().filter(|inner| !inner.name.text.is_empty()) {
            let kind = if step.kind.text == "step" {
                Kind::Step
            } else {
                Kind::Unknown
            };
            let name = &step.name;
            check_reserved(name, kind, &mut self.found);
            if let Some(first) = self.steps.get(name.text.as_str()) {
                let report = duplicate(name, kind, first.name.span, Kind::Step);
                self.report(report);
                continue;
            }
            if let Some(first) = self.index.names.get(&name.text) {
                let report = duplicate(name, kind, first.block.name.span, first.kind);
                first.used.set(true);
                self.report(report);
            }
            self.steps.insert(&name.text, step);
        }
        // The steps of a block that this build does not know may be named all the same.
        for inner in block
            .blocks()
            .filter(|inner| inner.kind.text != "step")
            .flat_map(Block::blocks)
        {
            self.steps.entry(&inner.name.text).or_insert(block);
        }
        if steps.len() > MAX_STEPS {
            self.report(
                Diagnostic::error(
                    codes::TOO_MANY_STEPS,
                    format!("`workflow {}` has {} steps", block.name.text, steps.len()),
                    block.name.span,
                    format!("at most {MAX_STEPS} are possible"),
                )
                .help("divide it into several workflows"),
            );
        }
        steps
    }

    fn conditions_of(&mut self, field: &Field, place: Place) -> Vec<Condition> {
        let judge = Judge {
            place,
            it: It::Nothing,
        };
        let mut conditions = Vec::new();
        for element in self.elements(field) {
            if let Some(expr) = self.condition(element, &judge) {
                conditions.push(Condition {
                    expr,
                    text: self.text(element.span),
                });
            }
        }
        conditions
    }

    fn default_observe(&self, workflow: &Workflow, parts: &Parts<'a>) -> Duration {
        let mut needed = workflow
            .abort_when
            .iter()
            .chain(&workflow.expect)
            .any(|condition| condition.expr.needs_baseline());
        needed |= workflow.steps.iter().any(|step| match &step.run {
            rescc_core::program::Run::Wait { until, .. } => until.expr.needs_baseline(),
            _ => false,
        });
        for condition in workflow.expect.iter().chain(&workflow.abort_when) {
            condition.expr.each_measure(&mut |measure| {
                if let rescc_core::expr::Subject::Slo(name) = &measure.of {
                    needed |= parts
                        .slos
                        .get(name)
                        .is_some_and(|slo| slo.objective.needs_baseline());
                }
            });
        }
        if needed { DEFAULT_OBSERVE } else { Duration::ZERO }
    }
}
