//! The verdict: what the samples, the steps and the undos come to.

use std::time::Duration;

use rescc_core::event::{Stage, StepOutcome};
use rescc_core::expr::{Expr, Measure, Metric, Op, Scope, Subject, Truth};
use rescc_core::program::{Condition, Run, Slo};
use rescc_core::report::{
    Expectation, HealReport, InjectionReport, ProbeReport, RecoveredBy, Slice, StepReport,
};
use rescc_core::text;
use rescc_core::time::{Moment, nanos};
use rescc_core::undo::UndoState;
use rescc_core::value::Value;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};
use rescc_slo::{Window, time_to_recover};

use super::scope::{Span, SpanScope, ratio_objective};
use super::step::describe;
use super::{Injection, Machine};

/// The most moments at which a condition is looked at to find when it broke.
const MAX_LOOKS: u64 = 2_000;

/// How many slices a plot has.
const SLICES: u64 = 60;

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
            for expectation in &expectations {
                reasons.extend(self.expectation_reason(expectation));
            }
        }
        self.step_reasons(&mut reasons);
        let undone = self.injections.iter().all(|one| !matches!(one.undo, UndoState::Failed { .. } | UndoState::Open));
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
        self.workflow.expect.iter().map(|condition| self.expectation(condition, now)).collect()
    }

    fn expectation(&self, condition: &Condition, now: Moment) -> Expectation {
        let (from, to) = self.judged(now);
        let (expr, objective) = match self.objective_of(&condition.expr) {
            Some(slo) => (&slo.objective, slo.text.clone()),
            None => (&condition.expr, String::new()),
        };
        let met = self.final_truth(&condition.expr, from, to);
        let (measured, wanted) = match expr {
            Expr::Compare { op, left, right } => {
                let scope = self.whole(from, to);
                let wanted = right.evaluate(&scope).map(|value| format!("{} {}", op_text(*op), text::value(&value)));
                (left.evaluate(&scope), wanted.unwrap_or_default())
            }
            other => (other.evaluate(&self.whole(from, to)), String::new()),
        };
        let broken_at = (met == Truth::No).then(|| self.broken_at(&condition.expr, from, to)).flatten();
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
        let Expr::Measure { measure: Measure { of: Subject::Slo(name), metric: Metric::Met, .. } } = expr else {
            return None;
        };
        self.plan.program.slos.get(name)
    }

    fn whole(&self, from: Moment, to: Moment) -> SpanScope<'_> {
        let span = Span { from: Some(from), to, begun_since: None, full: false, min_samples: 1, windows: false };
        SpanScope { machine: self, span, it: None }
    }

    fn windowed(&self, from: Moment, to: Moment) -> SpanScope<'_> {
        let span = Span { from: Some(from), to, begun_since: None, full: false, min_samples: 1, windows: true };
        SpanScope { machine: self, span, it: None }
    }

    /// In the end a window means every such window of the span.
    fn final_truth(&self, expr: &Expr, from: Moment, to: Moment) -> Truth {
        let Some(window) = expr.longest_window() else { return expr.truth(&self.whole(from, to)) };
        if to.since(from) < window {
            return Truth::NoData;
        }
        let mut all = Truth::NoData;
        for at in looks(from.after(window), to) {
            match expr.truth(&self.windowed(from, at)) {
                Truth::No => return Truth::No,
                Truth::Yes => all = Truth::Yes,
                Truth::NoData => {}
            }
        }
        all
    }

    /// From when on a condition that is not met in the end was not met any more.
    fn broken_at(&self, expr: &Expr, from: Moment, to: Moment) -> Option<Moment> {
        if let Some(window) = expr.longest_window() {
            return looks(from.after(window), to).find(|at| expr.truth(&self.windowed(from, *at)) == Truth::No);
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
        if self.samples_of(&slo.objective, from, scope.span.to) < u64::from(slo.min_samples) {
            return None;
        }
        match slo.objective.truth(scope as &dyn Scope) {
            Truth::Yes => Some(Value::Bool(true)),
            Truth::No => Some(Value::Bool(false)),
            Truth::NoData => None,
        }
    }

    fn samples_of(&self, expr: &Expr, from: Moment, to: Moment) -> u64 {
        let window = Window { after: from.0.checked_sub(1), to: to.0, begun_since: None };
        let mut least: Option<u64> = None;
        expr.each_measure(&mut |measure| {
            let probe = match &measure.of {
                Subject::Probe(name) => Some(name.as_str()),
                Subject::Slo(name) => {
                    self.plan.program.slos.get(name).and_then(|slo| ratio_objective(&slo.objective)).map(|(probe, _)| probe)
                }
                _ => None,
            };
            if let Some(series) = probe.and_then(|probe| self.observed.series(probe)) {
                let count = series.count(&window);
                least = Some(least.map_or(count, |least| least.min(count)));
            }
        });
        least.unwrap_or(0)
    }

    fn expectation_reason(&self, expectation: &Expectation) -> Option<Reason> {
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
                Some(Reason::new(Verdict::Fail, ReasonCode::ExpectationNotMet, name.clone(), message))
            }
            Truth::NoData => {
                let recovered_by_us = self.workflow.steps.iter().enumerate().any(|(index, step)| {
                    name.starts_with(&format!("{}.time_to_recover", step.name))
                        && matches!(self.recovery(index), Some((None, Some(RecoveredBy::Undo) | None)))
                });
                if recovered_by_us {
                    let message = format!("{what} was not met: the system did not recover by itself");
                    return Some(Reason::new(Verdict::Fail, ReasonCode::ExpectationNotMet, name.clone(), message));
                }
                let message = format!("{what} can't be told: {} samples", expectation.samples);
                Some(Reason::new(Verdict::Inconclusive, ReasonCode::NoData, name.clone(), message))
            }
        }
    }

    fn step_reasons(&self, reasons: &mut Vec<Reason>) {
        let steps = self.workflow.steps.iter().zip(&self.steps);
        let done = steps.clone().filter(|(_, state)| state.started.is_some()).count();
        let only_flow = !self.workflow.steps.iter().any(|step| matches!(step.run, Run::Fault(_)));
        let injected = self.injections.iter().any(|one| one.bit.is_some());
        if reasons.is_empty() && (done == 0 || (!only_flow && !injected)) {
            let message = "no fault was injected: there is nothing to judge";
            reasons.push(Reason::new(Verdict::Inconclusive, ReasonCode::NothingDone, "", message));
        }
        // A fault that was skipped, though nothing failed on the way that it handles, has proved nothing.
        for (step, state) in steps {
            let handles_failing = step
                .after
                .iter()
                .any(|after| matches!(after.is, rescc_core::program::StepEvent::Failed));
            if state.outcome == Some(StepOutcome::Skipped)
                && matches!(step.run, Run::Fault(_))
                && !handles_failing
                && reasons.is_empty()
            {
                let message = format!("`{}` never started: {}", step.name, state.detail);
                let about = step.name.clone();
                reasons.push(Reason::new(Verdict::Inconclusive, ReasonCode::StepSkipped, about, message));
            }
        }
    }

    // --- times ---

    pub(super) fn time_to_detect(&self, index: usize) -> Option<Duration> {
        let bit = self.step_injections(index).filter_map(|one| one.bit).min()?;
        let bad = self.observed.first_bad(bit)?;
        let end = self.judged_until.unwrap_or(Moment(u64::MAX));
        (bad <= end).then(|| bad.since(bit))
    }

    pub(super) fn time_to_undo(&self, index: usize) -> Option<Duration> {
        self.step_injections(index)
            .filter_map(|one| Some(one.undo_verified?.since(one.undo_asked?)))
            .max()
    }

    /// How long a step's recovery took, and what brought it. `None` where nothing can be said; no time where the
    /// system did not recover, or only by our own undo.
    pub(super) fn recovery(&self, index: usize) -> Option<(Option<Duration>, Option<RecoveredBy>)> {
        let steady = self.workflow.steady_state.as_ref()?;
        if !self.is_fault_step(index) {
            return None;
        }
        let bit = self.step_injections(index).filter_map(|one| one.bit).min()?;
        let fault_end = match self.duration_of(index) {
            Some(_) => self.step_injections(index).filter_map(|one| one.undo_verified).max()?,
            None => bit,
        };
        let window = nanos(steady.expr.longest_window().unwrap_or_default());
        let lost = self.observed.steady.iter().any(|(at, holds)| *at >= bit.0 && !holds)
            || self.observed.steady.iter().rev().find(|(at, _)| *at <= bit.0).is_some_and(|(_, holds)| !holds);
        if !lost {
            return Some((Some(Duration::ZERO), Some(RecoveredBy::NeverLost)));
        }
        let Some(time) = time_to_recover(fault_end.0, &self.observed.steady, window) else {
            return Some((None, None));
        };
        let holds_at = self
            .observed
            .steady
            .iter()
            .find(|(at, holds)| *holds && *at >= fault_end.0.saturating_add(time))
            .map_or(Moment(u64::MAX), |(at, _)| Moment(*at));
        // A fault without a duration that still stood when the end came was taken away by us.
        let by_undo = self.duration_of(index).is_none()
            && self.step_injections(index).any(|one| {
                matches!(one.undo, UndoState::Verified { acted: true, .. })
                    && one.undo_verified.is_some_and(|at| at <= holds_at)
            });
        if by_undo {
            return Some((None, Some(RecoveredBy::Undo)));
        }
        Some((Some(Duration::from_nanos(time)), Some(self.healer(bit, holds_at))))
    }

    /// The last heal that succeeded between a bite and the recovery, else the system itself.
    fn healer(&self, bit: Moment, recovered: Moment) -> RecoveredBy {
        let last = self
            .heals
            .iter()
            .enumerate()
            .filter_map(|(index, heal)| Some((heal.succeeded()?, index, heal)))
            .filter(|(at, _, _)| *at >= bit && *at <= recovered)
            .max_by_key(|(at, index, _)| (*at, *index));
        let Some((_, index, heal)) = last else { return RecoveredBy::System };
        match heal.policy().and_then(|policy| self.policies.get(policy)) {
            Some(policy) => RecoveredBy::Policy(policy.name.clone()),
            None => {
                let step = self.steps.iter().position(|state| state.heals.contains(&index));
                RecoveredBy::Step(step.map(|step| self.step_name(step)).unwrap_or_default())
            }
        }
    }

    /// Which faults stood at a moment, in words.
    fn active_at(&self, at: Moment) -> String {
        let names: Vec<_> = self
            .workflow
            .steps
            .iter()
            .enumerate()
            .filter(|(index, _)| {
                self.step_injections(*index)
                    .any(|one| one.applied.is_some_and(|from| from <= at) && one.undo_verified.is_none_or(|to| to >= at))
            })
            .map(|(_, step)| step.name.as_str())
            .collect();
        if names.is_empty() { String::new() } else { format!("during {}", names.join(", ")) }
    }

    // --- reports ---

    fn step_reports(&self) -> Vec<StepReport> {
        let since = |at: Option<Moment>| at.map(|at| at.since(self.began));
        self.workflow
            .steps
            .iter()
            .zip(&self.steps)
            .enumerate()
            .map(|(index, (step, state))| {
                let recovery = self.recovery(index);
                StepReport {
                    name: step.name.clone(),
                    action: describe(step),
                    targets: step.run.call().map(|call| self.plan.instances_of(&call.target).to_vec()).unwrap_or_default(),
                    outcome: state.outcome.unwrap_or(StepOutcome::Aborted),
                    detail: state.detail.clone(),
                    started: since(state.started),
                    active: since(state.active),
                    ended: since(state.ended),
                    time_to_detect: self.time_to_detect(index),
                    time_to_recover: recovery.as_ref().and_then(|(time, _)| *time),
                    time_to_undo: self.time_to_undo(index),
                    recovered_by: recovery.and_then(|(_, by)| by),
                }
            })
            .collect()
    }

    fn heal_reports(&self) -> Vec<HealReport> {
        self.policies
            .iter()
            .map(|policy| HealReport {
                policy: policy.name.clone(),
                instance: policy.instance.clone(),
                actions: policy.actions,
                helped: policy.helped,
                held: policy.is_held(),
            })
            .collect()
    }

    fn probe_reports(&self, now: Moment) -> Vec<ProbeReport> {
        let all = Window::all();
        let time = |nanos: Option<u64>| nanos.map(Duration::from_nanos);
        self.observed
            .probes
            .iter()
            .map(|(name, state)| ProbeReport {
                name: name.clone(),
                samples: state.series.count(&all),
                good: state.series.good(&all),
                errors: state.errors,
                dropped: state.dropped,
                success_rate: state.series.success_rate(&all),
                latency_p50: time(state.series.latency_percentile(0.5, &all)),
                latency_p95: time(state.series.latency_percentile(0.95, &all)),
                latency_p99: time(state.series.latency_percentile(0.99, &all)),
                slices: self.slices(&state.series, now),
            })
            .collect()
    }

    fn slices(&self, series: &rescc_slo::Series, now: Moment) -> Vec<Slice> {
        let length = (now.since(self.began).as_nanos() / u128::from(SLICES)).max(1);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        (0..SLICES)
            .map(|slice| {
                let from = self.began.0.saturating_add(slice.saturating_mul(length));
                let window = Window { after: from.checked_sub(1), to: from.saturating_add(length - 1), begun_since: None };
                Slice {
                    from: Moment(from).since(self.began),
                    good: series.good(&window),
                    bad: series.bad(&window),
                    latency_max: series.latency_max(&window).map(Duration::from_nanos),
                }
            })
            .collect()
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

fn injection_report(injection: &Injection) -> InjectionReport {
    InjectionReport {
        injection: injection.id.clone(),
        action: injection.action.clone(),
        instance: injection.instance.clone(),
        evidence: injection.evidence.clone(),
        undo: injection.undo.clone(),
    }
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
