//! Where conditions find what they name: now, over windows that end now; and in the end, over what is judged.

use std::time::Duration;

use rescc_core::event::StepOutcome;
use rescc_core::expr::{Expr, ItScope, Measure, Metric, Op, Scope, Subject, Truth};
use rescc_core::resource::Instance;
use rescc_core::text;
use rescc_core::time::{Moment, nanos};
use rescc_core::value::Value;
use rescc_slo::{Series, Window, budget_left, burn_rate};

use super::Machine;

/// With fewer observations in its window a stop condition does not fire.
const GUARD_MIN_SAMPLES: u64 = 10;

/// A span of time and how strict to be about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: Option<Moment>,
    pub(super) to: Moment,
    /// Where measures without a window end.
    pub(super) whole_to: Moment,
    /// Only observations that began then or later.
    pub(super) begun_since: Option<Moment>,
    /// A window that is not full yet has no data.
    pub(super) full: bool,
    pub(super) min_samples: u64,
    /// Whether windows end at `to`; else they are ignored and all of the span counts.
    pub(super) windows: bool,
}

/// A scope over a span.
pub(super) struct SpanScope<'a> {
    pub(super) machine: &'a Machine,
    pub(super) span: Span,
    pub(super) it: Option<&'a Instance>,
}

// === impl SpanScope ===

impl ItScope for SpanScope<'_> {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        self.it.and_then(|instance| instance.it(field, argument))
    }
}

impl Scope for SpanScope<'_> {
    fn measure(&self, measure: &Measure) -> Option<Value> {
        match &measure.of {
            Subject::Resource(name) | Subject::Selector(name) => self.machine.health(name, measure.metric),
            Subject::Probe(name) => {
                let series = self.machine.observed.series(name)?;
                let window = self.window(measure.window)?;
                if series.count(&window) < self.span.min_samples {
                    return None;
                }
                probe_value(series, measure.metric, &window)
            }
            Subject::Slo(name) => self.slo(name, measure),
            Subject::Step(name) => self.machine.step_value(name, measure.metric),
        }
    }

    fn baseline(&self, measure: &Measure) -> Option<Value> {
        let to = self.machine.first_fault.or(self.machine.acting_since)?;
        let observe = self.machine.workflow.observe;
        // Half open at its beginning, like every window.
        let from =
            (!observe.is_zero()).then(|| Moment(to.0.saturating_sub(nanos(observe)).saturating_add(1)));
        let span = Span {
            from,
            to,
            whole_to: to,
            begun_since: None,
            full: false,
            min_samples: 1,
            windows: false,
        };
        SpanScope {
            machine: self.machine,
            span,
            it: None,
        }
        .measure(measure)
    }
}

impl SpanScope<'_> {
    fn window(&self, length: Option<Duration>) -> Option<Window> {
        let mut to = self.span.whole_to;
        let began = self.machine.observed.began;
        let mut after = self.span.from.and_then(|from| from.0.checked_sub(1));
        if let Some(length) = length.filter(|_| self.span.windows) {
            to = self.span.to;
            let since = self.span.begun_since.unwrap_or(began).max(began);
            if self.span.full && to.since(since) < length {
                return None;
            }
            after = to.0.checked_sub(nanos(length)).max(after);
        }
        let begun_since = self.span.begun_since.map(|moment| moment.0);
        Some(Window {
            after,
            to: to.0,
            begun_since,
        })
    }

    fn slo(&self, name: &str, measure: &Measure) -> Option<Value> {
        let slo = self.machine.plan.program.slos.get(name)?;
        if measure.metric == Metric::Met {
            return self.machine.judge_slo(slo, self);
        }
        let (probe, target) = ratio_objective(&slo.objective)?;
        let series = self.machine.observed.series(probe)?;
        let window = self.window(measure.window)?;
        if series.count(&window) < self.span.min_samples {
            return None;
        }
        let errors = series.error_rate(&window)?;
        match measure.metric {
            Metric::BurnRate => burn_rate(errors, target).map(Value::Number),
            Metric::BudgetLeft => budget_left(errors, target).map(Value::Ratio),
            _ => None,
        }
    }
}

/// The probe and the target of an objective of the form `probe.success_rate >= 99%`, or the same said by the
/// error rate.
pub(super) fn ratio_objective(objective: &Expr) -> Option<(&str, f64)> {
    let Expr::Compare { op, left, right } = objective else {
        return None;
    };
    let (
        Expr::Measure { measure },
        Expr::Value {
            value: Value::Ratio(ratio),
        },
    ) = (&**left, &**right)
    else {
        return None;
    };
    let Subject::Probe(probe) = &measure.of else {
        return None;
    };
    match (measure.metric, op) {
        (Metric::SuccessRate, Op::Ge | Op::Gt) => Some((probe, *ratio)),
        (Metric::ErrorRate, Op::Le | Op::Lt) => Some((probe, 1.0 - ratio)),
        _ => None,
    }
}

fn probe_value(series: &Series, metric: Metric, window: &Window) -> Option<Value> {
    let time = |nanos: u64| Value::Duration(Duration::from_nanos(nanos));
    match metric {
        Metric::SuccessRate => series.success_rate(window).map(Value::Ratio),
        Metric::ErrorRate => series.error_rate(window).map(Value::Ratio),
        Metric::LatencyPercentile(q) => series.latency_percentile(q, window).map(time),
        Metric::LatencyMean => series.latency_mean(window).map(time),
        Metric::LatencyMax => series.latency_max(window).map(time),
        Metric::Throughput => series.throughput(window).map(Value::Rate),
        Metric::Last => series.value_last(window).map(Value::Number),
        Metric::Min => series.value_min(window).map(Value::Number),
        Metric::Max => series.value_max(window).map(Value::Number),
        Metric::Mean => series.value_mean(window).map(Value::Number),
        _ => None,
    }
}

impl Machine {
    /// Now, strictly: windows must be full.
    pub(super) fn live(&self, now: Moment, begun_since: Option<Moment>) -> SpanScope<'_> {
        let span = Span {
            from: None,
            to: now,
            whole_to: now,
            begun_since,
            full: true,
            min_samples: 1,
            windows: true,
        };
        SpanScope {
            machine: self,
            span,
            it: None,
        }
    }

    /// Now, for stop conditions: a window need not be full, but must hold some observations.
    pub(super) fn guard(&self, now: Moment) -> SpanScope<'_> {
        let min_samples = GUARD_MIN_SAMPLES;
        let span = Span {
            from: None,
            to: now,
            whole_to: now,
            begun_since: None,
            full: false,
            min_samples,
            windows: true,
        };
        SpanScope {
            machine: self,
            span,
            it: None,
        }
    }

    /// Now, for a policy and one of its instances.
    pub(super) fn policy_scope<'a>(&'a self, now: Moment, instance: &'a Instance) -> SpanScope<'a> {
        SpanScope {
            it: Some(instance),
            ..self.live(now, None)
        }
    }

    fn health(&self, target: &str, metric: Metric) -> Option<Value> {
        let planned = self.plan.targets.get(target)?;
        let instances: Vec<_> = planned
            .iter()
            .filter_map(|name| self.instances.get(name))
            .collect();
        let healthy = instances.iter().filter(|one| one.healthy == Some(true)).count();
        match metric {
            Metric::Healthy => {
                if instances.iter().any(|one| one.healthy == Some(false)) {
                    Some(Value::Bool(false))
                } else if planned.is_empty() || healthy < planned.len() {
                    None
                } else {
                    Some(Value::Bool(true))
                }
            }
            Metric::HealthyCount => i64::try_from(healthy).ok().map(Value::Count),
            #[expect(clippy::cast_precision_loss, reason = "counts of instances")]
            Metric::HealthyShare if !planned.is_empty() => {
                Some(Value::Ratio(healthy as f64 / planned.len() as f64))
            }
            _ => None,
        }
    }

    /// Whether a measure is about one of these instances: health of their resource.
    pub(super) fn is_about(&self, measure: &Measure, instances: &[String]) -> bool {
        match &measure.of {
            Subject::Resource(name) | Subject::Selector(name) => self
                .plan
                .targets
                .get(name)
                .is_some_and(|targets| targets.iter().any(|one| instances.contains(one))),
            Subject::Probe(_) | Subject::Slo(_) | Subject::Step(_) => false,
        }
    }

    fn step_value(&self, name: &str, metric: Metric) -> Option<Value> {
        let index = self.workflow.steps.iter().position(|step| step.name == *name)?;
        let state = self.steps.get(index)?;
        match metric {
            Metric::Outcome => state
                .outcome
                .map(StepOutcome::as_str)
                .map(|word| Value::Word(word.to_owned())),
            Metric::TimeToDetect => self.time_to_detect(index).map(Value::Duration),
            Metric::TimeToRecover => self
                .recovery(index)
                .and_then(|(time, _)| time)
                .map(Value::Duration),
            Metric::TimeToUndo => self.time_to_undo(index).map(Value::Duration),
            _ => None,
        }
    }

    /// What a condition that holds or does not hold was measured against, for people.
    pub(super) fn explain(&self, expr: &Expr, now: Moment) -> String {
        explain_in(expr, &self.guard(now))
    }

    pub(super) fn explain_since(&self, expr: &Expr, now: Moment, since: Moment) -> String {
        explain_in(expr, &self.live(now, Some(since)))
    }
}

/// `: checkout.success_rate(5s) was 91%`, for the parts that are comparisons with a measure on the left.
fn explain_in(expr: &Expr, scope: &dyn Scope) -> String {
    let mut parts = Vec::new();
    collect(expr, scope, &mut parts);
    if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    }
}

fn collect(expr: &Expr, scope: &dyn Scope, parts: &mut Vec<String>) {
    match expr {
        Expr::Compare { left, .. } => {
            if let Expr::Measure { measure } = &**left {
                let name = measure_name(measure);
                parts.push(match left.evaluate(scope) {
                    Some(value) => format!("{name} was {}", text::value(&value)),
                    None => format!("{name} had no data"),
                });
            }
        }
        Expr::Measure { measure } => {
            let name = measure_name(measure);
            parts.push(match expr.truth(scope) {
                Truth::Yes => format!("{name} was true"),
                Truth::No => format!("{name} was false"),
                Truth::NoData => format!("{name} was not known"),
            });
        }
        Expr::Not { inner } => collect(inner, scope, parts),
        Expr::And { all } | Expr::Or { any: all } => {
            for part in all {
                collect(part, scope, parts);
            }
        }
        Expr::Value { .. } | Expr::It { .. } | Expr::OfBaseline { .. } => {}
    }
}

/// A measure as it is written in the language.
pub(super) fn measure_name(measure: &Measure) -> String {
    let of = match &measure.of {
        Subject::Resource(name)
        | Subject::Selector(name)
        | Subject::Probe(name)
        | Subject::Slo(name)
        | Subject::Step(name) => name,
    };
    let metric = match measure.metric {
        Metric::Healthy => "healthy",
        Metric::HealthyCount => "healthy_count",
        Metric::HealthyShare => "healthy_share",
        Metric::SuccessRate => "success_rate",
        Metric::ErrorRate => "error_rate",
        Metric::LatencyPercentile(q) => return format!("{of}.latency.p{}", percentile_digits(q)),
        Metric::LatencyMean => "latency.mean",
        Metric::LatencyMax => "latency.max",
        Metric::Throughput => "throughput",
        Metric::Last => "last",
        Metric::Min => "min",
        Metric::Max => "max",
        Metric::Mean => "mean",
        Metric::Met => return of.clone(),
        Metric::BurnRate => "burn_rate",
        Metric::BudgetLeft => "budget_left",
        Metric::Outcome => "outcome",
        Metric::TimeToDetect => "time_to_detect",
        Metric::TimeToRecover => "time_to_recover",
        Metric::TimeToUndo => "time_to_undo",
    };
    match measure.window {
        Some(window) => format!("{of}.{metric}({})", text::duration(window)),
        None => format!("{of}.{metric}"),
    }
}

/// `95` for 0.95, `999` for 0.999.
fn percentile_digits(q: f64) -> String {
    let digits = text::number(q * 100.0);
    digits.replace('.', "")
}
