//! Progress while a run goes on: plain lines for a pipe, a picture that is drawn again for a terminal.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_core::event::{Event, Stage, StepOutcome};
use rescc_core::names::InjectionId;
use rescc_core::plan::Plan;
use rescc_core::program::Run;
use rescc_core::resource::Phase;
use rescc_core::verdict::Verdict;

use crate::style::Style;

mod apply;
mod frame;
mod lines;
mod meter;

use meter::Meter;

/// The most probes, instances and the like that are followed: what comes beyond is not shown.
const MAX_FOLLOWED: usize = 10_000;

/// What is known of a run that goes on. It is fed by events and samples and asked for lines or for a frame; it
/// reads no clock: the time is a parameter, counted from the beginning of the run.
#[derive(Clone, Debug)]
pub struct Live {
    style: Style,
    workflow: String,
    limit: Option<Duration>,
    stage: Option<(Stage, Duration)>,
    steps: Vec<StepState>,
    probes: BTreeMap<String, Meter>,
    probe_errors: BTreeMap<String, u64>,
    steady: Option<bool>,
    healing: BTreeMap<(String, String), String>,
    undoing: BTreeMap<String, Duration>,
    instances: BTreeMap<String, (Phase, Option<bool>)>,
    aborting: Option<String>,
    ended: Option<(Verdict, bool)>,
    /// The number of the last event that was taken in.
    seen: u64,
    subject: usize,
}

/// A step, as far as it has come.
#[derive(Clone, Debug)]
struct StepState {
    name: String,
    action: String,
    after: Vec<String>,
    duration: Option<Duration>,
    fault: bool,
    targets: Vec<String>,
    undone: usize,
    /// Whether one of its targets was seen not to be well since it acts.
    hurt: bool,
    phase: StepPhase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepPhase {
    Waiting,
    Acting(Duration),
    Active(Duration),
    Ended(StepOutcome),
}

// === impl Live ===

impl Live {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self {
            style,
            workflow: String::new(),
            limit: None,
            stage: None,
            steps: Vec::new(),
            probes: BTreeMap::new(),
            probe_errors: BTreeMap::new(),
            steady: None,
            healing: BTreeMap::new(),
            undoing: BTreeMap::new(),
            instances: BTreeMap::new(),
            aborting: None,
            ended: None,
            seen: 0,
            subject: 12,
        }
    }

    /// What is about to happen: which steps wait for what, how long faults stay, and when it is over at the
    /// latest. Without a plan a frame shows what has begun, but not what is still to come.
    #[must_use]
    pub fn with_plan(mut self, plan: &Plan) -> Self {
        let Some(workflow) = plan.workflow() else {
            return self;
        };
        self.workflow.clone_from(&plan.workflow);
        self.limit = Some(workflow.limits.deadline.unwrap_or(plan.worst_case));
        self.steps = workflow
            .steps
            .iter()
            .map(|step| StepState {
                after: step.after.iter().map(crate::plan::after).collect(),
                duration: step.duration,
                fault: matches!(step.run, Run::Fault(_)),
                targets: step
                    .run
                    .call()
                    .map(|call| plan.instances_of(&call.target).to_vec())
                    .unwrap_or_default(),
                ..StepState::new(&step.name)
            })
            .collect();
        for name in workflow.steps.iter().map(|step| &step.name).chain(&workflow.heal) {
            self.widen(name);
        }
        for step in workflow
            .steps
            .iter()
            .filter(|step| matches!(step.run, Run::Fault(_)))
        {
            for target in step
                .run
                .call()
                .map(|call| plan.instances_of(&call.target))
                .unwrap_or_default()
            {
                self.widen(&InjectionId::new(&step.name, target, 0).0);
            }
        }
        for name in plan.program.probes.keys() {
            self.widen(name);
            self.probes.insert(name.clone(), Meter::default());
        }
        self
    }

    /// The style, for a terminal whose size has changed.
    pub fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    /// Takes in an event and says it in one line, without a line break; `None` for what is no news. The same
    /// event a second time changes nothing.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        let news = self.apply(event);
        if !news {
            return None;
        }
        lines::line(self, event)
    }

    /// Takes in one observation of a probe, begun at a moment of the run. Only the last half minute is kept.
    pub fn sample(&mut self, at: Duration, probe: &str, good: bool, latency: Option<Duration>) {
        if let Some(meter) = self.probes.get_mut(probe) {
            meter.add(at, good, latency);
        } else if self.probes.len() < MAX_FOLLOWED {
            let mut meter = Meter::default();
            meter.add(at, good, latency);
            self.probes.insert(probe.to_owned(), meter);
        }
    }

    /// The state at a moment as lines without line breaks, at most `height` of them; what matters most comes
    /// first, and a last line says how many are left out. The caller moves the cursor.
    #[must_use]
    pub fn frame(&self, now: Duration, height: usize) -> Vec<String> {
        frame::frame(self, now, height)
    }

    fn step(&mut self, name: &str) -> Option<&mut StepState> {
        if !self.steps.iter().any(|step| step.name == name) && self.steps.len() < MAX_FOLLOWED {
            self.steps.push(StepState::new(name));
        }
        self.steps.iter_mut().find(|step| step.name == name)
    }

    /// Widens the column of names so that lines stay aligned.
    fn widen(&mut self, name: &str) {
        self.subject = self.subject.max(crate::clean::width(name)).min(24);
    }
}

// === impl StepState ===

impl StepState {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            action: String::new(),
            after: Vec::new(),
            duration: None,
            fault: false,
            targets: Vec::new(),
            undone: 0,
            hurt: false,
            phase: StepPhase::Waiting,
        }
    }

    /// Since when its fault stands, where it does.
    fn stands_since(&self) -> Option<Duration> {
        match self.phase {
            StepPhase::Active(since) => Some(since),
            _ => None,
        }
    }
}
