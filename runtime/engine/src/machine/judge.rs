//! The verdict: what the samples, the steps and the undos come to.

use std::time::Duration;

use rescc_core::event::{Stage, StepOutcome};
use rescc_core::expr::{Expr, Measure, Metric, Op, Scope, Subject, Truth};
use rescc_core::program::{Condition, Run, Slo, StepEvent};
use rescc_core::report::{Expectation, HealReport, InjectionReport, ProbeReport, StepReport};
use rescc_core::text;
use rescc_core::time::{Moment, nanos};
use rescc_core::undo::UndoState;
use rescc_core::value::Value;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};
use rescc_slo::Window;

use super::Machine;
use super::scope::{Span, SpanScope};
use reports::injection_report;

mod reports;
mod times;

/// The most moments at which a condition is looked at to find when it broke.
const MAX_LOOKS: u64 = 2_000;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether everything was undone.
    pub undone: bool,
    /// Why the verdict is not pass.
    pub reasons: Vec<Reason>,
    /// What ended it before its time.
    pub aborted_by: Option<String>,
    /// The expectations.
    pub expectations: Vec<Expectation>,
    /// The steps.
    pub steps: Vec<StepReport>,
    /// What was injected.
    pub injections: Vec<InjectionReport>,
    /// The policies.
    pub heals: Vec<HealReport>,
    /// The probes.
    pub probes: Vec<ProbeReport>,
}

impl Machine {
    /// Judges the run. Meant for its end; before it, what is not known yet counts as no data.
    #[must_use]
    pub fn judge(&self, now: Moment) -> Judgement {
        let mut reasons = self.reasons.clone();
        let expectations = self.expectations(now);
        // Where nothing was touched there is nothing to judge.
        if self.acting_since.is_some() {
            reasons.extend(expectations.iter().filter_map(expectation_reason));
        }
        self.undo_reasons(&mut reasons);
        self.step_reasons(&mut reasons);
        let undone = self
            .injections
            .iter()
            .all(|one| !matches!(one.undo, UndoState::Failed { .. } | UndoState::Open));
        dedup(&mut reasons);
        Judgement {
            verdict: Verdict::of(&reasons),
            undone,
            reasons,
            aborted_by: self.aborted_by.clone(),
            expectations,
            steps: self.step_reports(),
            injections: self.injections.iter().map(injection_report).collect(),
            heals: self.heal_reports(),
            probes: self.probe_reports(now),
        }
    }

    /// The span that is judged: from the first fault until the steps are done and the system is back, or until
    /// the run was ended.
    fn judged(&self, now: Moment) -> (Moment, Moment) {
        let from = self.first_fault.or(self.acting_since).unwrap_or(self.began);
        (from, self.judged_until.unwrap_or(now).max(from))
    }

    fn expectations(&self, now: Moment) -> Vec<Expectation> {
        self.workflow
            .expect
            .iter()
            .map(|condition| self.expectation(condition, now))
            .collect()
    }

    fn expectation(&self, condition: &Condition, now: Moment) -> Expectation {
        let (from, to) = self.judged(now);
        let (expr, objective) = match self.objective_of(&condition.expr) {
            Some(slo) => (&slo.objective, slo.text.clone()),
            None => (&condition.expr, String::new()),
        };
        let met = match self.final_truth(&condition.expr, from, to) {
            Truth::NoData if self.surely_missed(&condition.expr) => Truth::No,
            met => met,
        };
        let (measured, wanted) = match expr {
            Expr::Compare { op, left, right } => {
                let scope = self.whole(from, to);
                let wanted = right
                    .evaluate(&scope)
                    .map(|value| format!("{} {}", op_text(*op), text::value(&value)));
                (left.evaluate(&scope), wanted.unwrap_or_default())
            }
            other => (other.evaluate(&self.whole(from, to)), String::new()),
        };
        let broken_at = (met == Truth::No)
            .then(|| self.broken_at(&condition.expr, from, to))
            .flatten();
        Expectation {
            text: condition.text.clone(),
            objective,
            met,
            measured,
            wanted,
            broken_at: broken_at.map(|at| at.since(self.began)),
            during: broken_at.map(|at| self.active_at(at)).unwrap_or_default(),
            samples: self.samples_of(expr, from, to),
        }
    }

    fn objective_of(&self, expr: &Expr) -> Option<&Slo> {
        let Expr::Measure {
            measure:
                Measure {
                    of: Subject::Slo(name),
                    metric: Metric::Met,
                    ..
                },
        } = expr
        else {
            return None;
        };
        self.plan.program.slos.get(name)
    }

    fn whole(&self, from: Moment, to: Moment) -> SpanScope<'_> {
        self.over(from, to, to, false)
    }

    /// Windows end at `at`; what has none is measured over all of the span.
    fn windowed(&self, from: Moment, at: Moment, to: Moment) -> SpanScope<'_> {
        self.over(from, at, to, true)
    }

    fn over(&self, from: Moment, to: Moment, whole_to: Moment, windows: bool) -> SpanScope<'_> {
        let span = Span {
            from: Some(from),
            to,
            whole_to,
            begun_since: None,
            full: false,
            min_samples: 1,
            windows,
        };
        SpanScope {
            machine: self,
            span,
            it: None,
        }
    }

    /// The longest window of a condition, those of the objectives that it names included.
    fn longest_window(&self, expr: &Expr) -> Option<Duration> {
        let mut longest = expr.longest_window();
        expr.each_measure(&mut |measure| {
            if let (Subject::Slo(name), Metric::Met) = (&measure.of, measure.metric) {
                let slo = self.plan.program.slos.get(name);
                longest = longest.max(slo.and_then(|slo| slo.objective.longest_window()));
            }
        });
        longest
    }

    /// Whether a condition without an answer is missed all the same: it is about a recovery that did not come,
    /// and a run that was ended before did not end too early to say so.
    fn surely_missed(&self, expr: &Expr) -> bool {
        let mut missed = false;
        expr.each_measure(&mut |measure| {
            if let (Subject::Step(name), Metric::TimeToRecover) = (&measure.of, measure.metric) {
                let step = self.workflow.steps.iter().position(|step| step.name == *name);
                let without = step.and_then(|step| self.not_recovered_for(step));
                missed |= without
                    .is_some_and(|without| self.aborted_by.is_none() || exceeds(expr, measure, without));
            }
        });
        missed
    }

    /// In the end a window means every such window of the span.
    fn final_truth(&self, expr: &Expr, from: Moment, to: Moment) -> Truth {
        let Some(window) = self.longest_window(expr) else {
            return expr.truth(&self.whole(from, to));
        };
        if to.since(from) < window {
            return Truth::NoData;
        }
        let mut all = Truth::Yes;
        for at in looks(from.after(window), to) {
            match expr.truth(&self.windowed(from, at, to)) {
                Truth::No => return Truth::No,
                // A window in which nothing was seen is not one in which all was well.
                Truth::NoData => all = Truth::NoData,
                Truth::Yes => {}
            }
        }
        all
    }

    /// From when on a condition that is not met in the end was not met any more.
    fn broken_at(&self, expr: &Expr, from: Moment, to: Moment) -> Option<Moment> {
        if let Some(window) = self.longest_window(expr) {
            return looks(from.after(window), to)
                .find(|at| expr.truth(&self.windowed(from, *at, to)) == Truth::No);
        }
        let mut broken = None;
        for at in looks(from, to) {
            match expr.truth(&self.whole(from, at)) {
                Truth::No => {
                    broken.get_or_insert(at);
                }
                Truth::Yes => broken = None,
                Truth::NoData => {}
            }
        }
        broken
    }

    /// Whether an objective is met, with enough samples to tell.
    pub(super) fn judge_slo(&self, slo: &Slo, scope: &SpanScope<'_>) -> Option<Value> {
        let from = scope.span.from.unwrap_or(self.began);
        if self.samples_of(&slo.objective, from, scope.span.whole_to) < u64::from(slo.min_samples) {
            return None;
        }
        match slo.objective.truth(scope as &dyn Scope) {
            Truth::Yes => Some(Value::Bool(true)),
            Truth::No => Some(Value::Bool(false)),
            Truth::NoData => None,
        }
    }

    fn samples_of(&self, expr: &Expr, from: Moment, to: Moment) -> u64 {
        let window = Window {
            after: from.0.checked_sub(1),
            to: to.0,
            begun_since: None,
        };
        let mut least: Option<u64> = None;
        expr.each_measure(&mut |measure| {
            let probe = match &measure.of {
                Subject::Probe(name) => Some(name.as_str()),
                Subject::Slo(name) => self
                    .plan
                    .program
                    .slos
                    .get(name)
                    .and_then(|slo| probe_of(&slo.objective)),
                _ => None,
            };
            if let Some(series) = probe.and_then(|probe| self.observed.series(probe)) {
                let count = series.count(&window);
                least = Some(least.map_or(count, |least| least.min(count)));
            }
        });
        least.unwrap_or(0)
    }

    fn step_reasons(&self, reasons: &mut Vec<Reason>) {
        let steps = self.workflow.steps.iter().zip(&self.steps);
        let done = steps.clone().filter(|(_, state)| state.started.is_some()).count();
        let only_flow = !self
            .workflow
            .steps
            .iter()
            .any(|step| matches!(step.run, Run::Fault(_)));
        let injected = self.injections.iter().any(|one| one.bit.is_some());
        if reasons.is_empty() && (done == 0 || (!only_flow && !injected)) {
            let message = "no fault was injected: there is nothing to judge";
            reasons.push(Reason::new(
                Verdict::Inconclusive,
                ReasonCode::NothingDone,
                "",
                message,
            ));
        }
        // A fault that was skipped, though it is not there for a failing that never came, has proved nothing.
        for (index, (step, state)) in steps.enumerate() {
            if state.outcome == Some(StepOutcome::Skipped)
                && matches!(step.run, Run::Fault(_))
                && reasons.is_empty()
                && !self.is_for_failing(index, self.steps.len())
            {
                let message = format!("`{}` never started: {}", step.name, state.detail);
                let about = step.name.clone();
                reasons.push(Reason::new(
                    Verdict::Inconclusive,
                    ReasonCode::StepSkipped,
                    about,
                    message,
                ));
            }
        }
    }

    /// Whether a step was skipped since it, or a step before it, waits for a failing that never came.
    fn is_for_failing(&self, index: usize, depth: usize) -> bool {
        let Some(step) = self.workflow.steps.get(index).filter(|_| depth > 0) else {
            return false;
        };
        step.after.iter().any(|after| {
            let before = self.workflow.steps.iter().position(|one| one.name == after.step);
            let skipped = |before: &usize| {
                self.steps
                    .get(*before)
                    .is_some_and(|state| state.outcome == Some(StepOutcome::Skipped))
            };
            after.is == StepEvent::Failed
                || before
                    .filter(skipped)
                    .is_some_and(|before| self.is_for_failing(before, depth - 1))
        })
    }

    /// What is not undone is no pass, whatever else was good.
    fn undo_reasons(&self, reasons: &mut Vec<Reason>) {
        for injection in &self.injections {
            if let UndoState::Failed { why, .. } = &injection.undo {
                let message = format!("`{}` could not be undone: {why}", injection.id);
                let about = injection.id.0.clone();
                reasons.push(Reason::new(Verdict::Error, ReasonCode::NotUndone, about, message));
            }
        }
    }

    /// When the run began.
    #[must_use]
    pub fn began(&self) -> Moment {
        self.began
    }

    /// Whether the run touched anything.
    #[must_use]
    pub fn touched(&self) -> bool {
        self.first_fault.is_some() || self.stage > Stage::Observing && self.acting_since.is_some()
    }
}

/// The moments at which a condition is looked at: at most [`MAX_LOOKS`], evenly, the last one included.
fn looks(from: Moment, to: Moment) -> impl Iterator<Item = Moment> {
    let span = nanos(to.since(from));
    // A fiftieth of a second is finer than people ask at.
    let count = (span / 20_000_000).clamp(1, MAX_LOOKS);
    (0..=count).map(move |look| {
        let part = u128::from(span) * u128::from(look) / u128::from(count);
        Moment(from.0.saturating_add(u64::try_from(part).unwrap_or(u64::MAX)))
    })
}

fn expectation_reason(expectation: &Expectation) -> Option<Reason> {
    let name = &expectation.text;
    let what = if expectation.objective.is_empty() {
        format!("`{name}`")
    } else {
        format!("`{name}` ({})", expectation.objective)
    };
    match expectation.met {
        Truth::Yes => None,
        Truth::No => {
            let measured = expectation.measured.as_ref().map(text::value);
            let mut message = format!("{what} was not met");
            if let Some(measured) = measured {
                message = format!("{message}: measured {measured}");
                if !expectation.wanted.is_empty() {
                    message = format!("{message}, wanted {}", expectation.wanted);
                }
            }
            if let Some(at) = expectation.broken_at {
                message = format!("{message}, from {} on", text::duration(round(at)));
                if !expectation.during.is_empty() {
                    message = format!("{message} ({})", expectation.during);
                }
            }
            Some(Reason::new(
                Verdict::Fail,
                ReasonCode::ExpectationNotMet,
                name.clone(),
                message,
            ))
        }
        Truth::NoData => {
            let message = format!("{what} can't be told: {} samples", expectation.samples);
            Some(Reason::new(
                Verdict::Inconclusive,
                ReasonCode::NoData,
                name.clone(),
                message,
            ))
        }
    }
}

/// The probe that an objective is about.
fn probe_of(objective: &Expr) -> Option<&str> {
    let mut probe = None;
    objective.each_measure(&mut |measure| {
        if let Subject::Probe(name) = &measure.of {
            probe.get_or_insert(name.as_str());
        }
    });
    probe
}

/// Whether a comparison asks for less time than has passed already.
fn exceeds(expr: &Expr, measure: &Measure, passed: Duration) -> bool {
    let Expr::Compare {
        op: Op::Lt | Op::Le,
        left,
        right,
    } = expr
    else {
        return false;
    };
    let (Expr::Measure { measure: asked }, Expr::Value { value }) = (&**left, &**right) else {
        return false;
    };
    asked == measure && value.as_duration().is_some_and(|wanted| passed > wanted)
}

fn op_text(op: Op) -> &'static str {
    match op {
        Op::Eq => "==",
        Op::Ne => "!=",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::In => "in",
        Op::Like => "like",
        Op::Matches => "matches",
    }
}

fn dedup(reasons: &mut Vec<Reason>) {
    let mut seen: Vec<(ReasonCode, String, String)> = Vec::new();
    reasons.retain(|reason| {
        let key = (reason.code, reason.about.clone(), reason.message.clone());
        let new = !seen.contains(&key);
        if new {
            seen.push(key);
        }
        new
    });
}

fn round(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
