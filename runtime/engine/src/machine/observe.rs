//! What is seen: samples, the steady state, the moments at which instances fell ill.

use std::collections::BTreeMap;

use rescc_core::event::{Stage, What};
use rescc_core::program::Program;
use rescc_core::time::Moment;
use rescc_slo::{Sample, Series, Window};

use super::Machine;

/// The most turns of the steady state that are remembered.
const MAX_TURNS: usize = 100_000;

/// What is seen.
#[derive(Debug)]
pub(super) struct Observations {
    pub(super) began: Moment,
    pub(super) probes: BTreeMap<String, ProbeState>,
    /// The turns of the steady state: when, and whether it holds from then on.
    pub(super) steady: Vec<(u64, bool)>,
    /// When instances were first seen ill after having been well.
    pub(super) ill: Vec<(Moment, String)>,
}

/// What a probe has seen.
#[derive(Debug, Default)]
pub(super) struct ProbeState {
    pub(super) series: Series,
    pub(super) errors: u64,
    pub(super) dropped: u64,
}

// === impl Observations ===

impl Observations {
    pub(super) fn new(program: &Program, began: Moment) -> Self {
        let probes = program
            .probes
            .keys()
            .map(|name| (name.clone(), ProbeState::default()))
            .collect();
        Self {
            began,
            probes,
            steady: Vec::new(),
            ill: Vec::new(),
        }
    }

    pub(super) fn sample(&mut self, probe: &str, sample: Sample) {
        if let Some(state) = self.probes.get_mut(probe) {
            state.series.push(sample);
        }
    }

    /// Counts a question that could not be asked; says whether it is the first.
    pub(super) fn failed(&mut self, probe: &str) -> bool {
        let Some(state) = self.probes.get_mut(probe) else {
            return false;
        };
        state.errors += 1;
        state.errors == 1
    }

    pub(super) fn dropped(&mut self, probe: &str) {
        if let Some(state) = self.probes.get_mut(probe) {
            state.dropped += 1;
        }
    }

    pub(super) fn unhealthy(&mut self, instance: &str, at: Moment) {
        if self.ill.len() < MAX_TURNS {
            self.ill.push((at, instance.to_owned()));
        }
    }

    pub(super) fn series(&self, probe: &str) -> Option<&Series> {
        self.probes.get(probe).map(|state| &state.series)
    }

    /// Whether the steady state held at the last look.
    pub(super) fn is_steady(&self) -> bool {
        self.steady.last().is_some_and(|(_, holds)| *holds)
    }

    /// The first bad answer to a question of any probe that was asked at a moment or later, or the first time that
    /// one of these instances was seen ill.
    pub(super) fn first_bad(&self, since: Moment, instances: &[&str]) -> Option<Moment> {
        let window = Window {
            after: since.0.checked_sub(1),
            to: u64::MAX,
            begun_since: Some(since.0),
        };
        let samples = self
            .probes
            .values()
            .filter_map(|state| state.series.first_bad(&window).map(Moment));
        let ill = self
            .ill
            .iter()
            .filter(|(at, name)| *at >= since && instances.contains(&name.as_str()))
            .map(|(at, _)| *at);
        samples.chain(ill).min()
    }
}

impl Machine {
    pub(super) fn observe_steady_state(&mut self, now: Moment) {
        if self.stage == Stage::Done {
            return;
        }
        let Some(condition) = self.workflow.steady_state.clone() else {
            return;
        };
        let holds = condition.expr.truth(&self.live(now, None)).holds();
        let known = self.observed.steady.last().map(|(_, holds)| *holds);
        if known != Some(holds) && self.observed.steady.len() < MAX_TURNS {
            self.observed.steady.push((now.0, holds));
            // What has not held yet is not lost.
            if holds || known.is_some() {
                self.emit(What::SteadyState { holds });
            }
        }
    }

    /// Whether the steady state holds by what was seen after the last thing that we did: a window that reaches
    /// back before a fault, or before its undo, says nothing about the time after it.
    pub(super) fn is_steady_since_we_acted(&self, now: Moment) -> bool {
        let Some(condition) = &self.workflow.steady_state else {
            return true;
        };
        self.observed.is_steady() && condition.expr.truth(&self.live(now, self.last_acted())).holds()
    }

    /// When a fault of ours bit last, or was taken back.
    fn last_acted(&self) -> Option<Moment> {
        self.injections
            .iter()
            .flat_map(|one| [one.bit, one.undo_ended])
            .flatten()
            .max()
    }
}
