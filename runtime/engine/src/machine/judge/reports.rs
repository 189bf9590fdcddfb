//! What a run says of its parts.

use std::time::Duration;

use rescc_core::event::StepOutcome;
use rescc_core::report::{HealReport, InjectionReport, ProbeReport, Slice, StepReport};
use rescc_core::time::Moment;
use rescc_slo::{Series, Window};

use crate::machine::step::describe;
use crate::machine::{Injection, Machine};

/// How many slices a plot has.
const SLICES: u64 = 60;

impl Machine {
    pub(super) fn step_reports(&self) -> Vec<StepReport> {
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
                    targets: step
                        .run
                        .call()
                        .map(|call| self.plan.instances_of(&call.target).to_vec())
                        .unwrap_or_default(),
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

    pub(super) fn heal_reports(&self) -> Vec<HealReport> {
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

    pub(super) fn probe_reports(&self, now: Moment) -> Vec<ProbeReport> {
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

    fn slices(&self, series: &Series, now: Moment) -> Vec<Slice> {
        let length = (now.since(self.began).as_nanos() / u128::from(SLICES)).max(1);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        (0..SLICES)
            .map(|slice| {
                let from = self.began.0.saturating_add(slice.saturating_mul(length));
                let window = Window {
                    after: from.checked_sub(1),
                    to: from.saturating_add(length - 1),
                    begun_since: None,
                };
                Slice {
                    from: Moment(from).since(self.began),
                    good: series.good(&window),
                    bad: series.bad(&window),
                    latency_max: series.latency_max(&window).map(Duration::from_nanos),
                }
            })
            .collect()
    }
}

pub(super) fn injection_report(injection: &Injection) -> InjectionReport {
    InjectionReport {
        injection: injection.id.clone(),
        action: injection.action.clone(),
        instance: injection.instance.clone(),
        evidence: injection.evidence.clone(),
        undo: injection.undo.clone(),
    }
}
