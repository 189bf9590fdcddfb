//! Plans by hand, and runs of them to their end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::catalogue::{ActionKind, ActionSpec, Catalogue, Changes, UndoKind};
use rescc_core::event::{Stage, StepOutcome, What};
use rescc_core::expr::{Expr, Measure, Metric, Op, Subject};
use rescc_core::plan::{Plan, PlannedInstance};
use rescc_core::program::{
    After, Backoff, Call, Condition, Environment, FORMAT_VERSION, HealPolicy, Limits, MinHealthy, OnError,
    Probe, Program, Resource, Run, Slo, Step, StepEvent, Target, Workflow,
};
use rescc_core::report::{RunReport, StepReport};
use rescc_core::resource::Instance;
use rescc_core::time::Moment;
use rescc_core::value::Value;
use rescc_core::verdict::{ExitCode, ReasonCode, Verdict};
use rescc_engine::machine::{Effect, Judgement, Machine};

use crate::world::{Fact, World, instance};

/// When every run begins.
pub(crate) const BEGAN: Moment = Moment(1_000_000_000_000);

/// No run of these tests takes longer.
const LONGEST: Duration = Duration::from_secs(1_200);

pub(crate) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(crate) fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A plan in the making and the world it meets: one `cache`, two of `api`, and the probe `checkout`, which is good
/// while the cache is healthy.
pub(crate) struct Scenario {
    pub(crate) program: Program,
    pub(crate) flow: Workflow,
    pub(crate) instances: Vec<Instance>,
    pub(crate) worst_case: Duration,
    pub(crate) world: World,
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) judgement: Judgement,
    pub(crate) trace: Vec<(Moment, Fact)>,
    pub(crate) machine: Machine,
}

// === impl Scenario ===

impl Scenario {
    pub(crate) fn new() -> Self {
        let resource = || Resource {
            doc: String::new(),
            min_healthy: MinHealthy::Any,
            protected: false,
        };
        let probe = Probe {
            kind: "http".into(),
            arguments: BTreeMap::new(),
            every: ms(50),
            timeout: secs(1),
            success: Expr::value(Value::Bool(true)),
        };
        let environment = Environment {
            name: "test".into(),
            adapter: "test".into(),
            settings: BTreeMap::new(),
            bind: BTreeMap::new(),
            limits: Limits::default(),
        };
        Self {
            program: Program {
                format_version: FORMAT_VERSION.into(),
                language: "0.1".into(),
                doc: String::new(),
                environment,
                resources: BTreeMap::from([("api".into(), resource()), ("cache".into(), resource())]),
                selectors: BTreeMap::new(),
                probes: BTreeMap::from([("checkout".into(), probe)]),
                slos: BTreeMap::new(),
                heals: BTreeMap::new(),
                workflows: BTreeMap::new(),
            },
            flow: Workflow {
                doc: String::new(),
                steady_state: Some(rate(1_000, 0.99)),
                settle: secs(5),
                observe: Duration::ZERO,
                abort_when: Vec::new(),
                expect: Vec::new(),
                heal: Vec::new(),
                limits: Limits::default(),
                steps: Vec::new(),
            },
            instances: vec![instance("api", 1), instance("api", 2), instance("cache", 1)],
            worst_case: secs(60),
            world: World::new(),
        }
    }

    /// Without a steady state.
    pub(crate) fn unsteady() -> Self {
        let mut scenario = Self::new();
        scenario.flow.steady_state = None;
        scenario
    }

    pub(crate) fn step(mut self, step: Step) -> Self {
        self.flow.steps.push(step);
        self
    }

    pub(crate) fn expect(mut self, condition: Condition) -> Self {
        self.flow.expect.push(condition);
        self
    }

    pub(crate) fn abort_when(mut self, condition: Condition) -> Self {
        self.flow.abort_when.push(condition);
        self
    }

    pub(crate) fn slo(mut self, name: &str, objective: Condition, min_samples: u32) -> Self {
        let slo = Slo {
            objective: objective.expr,
            text: objective.text,
            budget_period: None,
            min_samples,
        };
        self.program.slos.insert(name.into(), slo);
        self
    }

    /// A policy that starts, then restarts what is not healthy.
    pub(crate) fn policy(mut self, name: &str, watch: &str, attempts: u32) -> Self {
        let retry = Backoff {
            first: ms(500),
            max: secs(2),
            factor: 2.0,
            attempts,
        };
        let healthy = Expr::It {
            field: "healthy".into(),
            argument: None,
        };
        let policy = HealPolicy {
            watch: Target::Resource(watch.into()),
            when: Expr::Not {
                inner: Box::new(healthy),
            },
            text: "not it.healthy".into(),
            hold: ms(200),
            ladder: vec![call("start", Target::It), call("restart", Target::It)],
            retry,
            cooldown: secs(1),
        };
        self.program.heals.insert(name.into(), policy);
        self.flow.heal.push(name.into());
        self
    }

    /// Scripts the world.
    pub(crate) fn world(mut self, script: impl FnOnce(&mut World)) -> Self {
        script(&mut self.world);
        self
    }

    /// Changes the workflow.
    pub(crate) fn flow(mut self, change: impl FnOnce(&mut Workflow)) -> Self {
        change(&mut self.flow);
        self
    }

    pub(crate) fn plan(&self) -> Plan {
        let mut program = self.program.clone();
        program.workflows.insert("flow".into(), self.flow.clone());
        let mut targets: BTreeMap<String, Vec<String>> = program
            .resources
            .keys()
            .map(|name| (name.clone(), Vec::new()))
            .collect();
        for one in &self.instances {
            targets
                .entry(one.resource.clone())
                .or_default()
                .push(one.name.clone());
            targets.insert(one.name.replace('-', "_"), vec![one.name.clone()]);
        }
        Plan {
            format_version: FORMAT_VERSION.into(),
            program,
            workflow: "flow".into(),
            seed: 1,
            instances: self.instances.iter().map(PlannedInstance::from).collect(),
            targets,
            worst_case: self.worst_case,
            folder: String::new(),
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        let listed = self.instances.clone();
        self.run_with(&listed)
    }

    /// The same where the environment lists something else.
    pub(crate) fn run_with(mut self, listed: &[Instance]) -> Outcome {
        let plan = Arc::new(self.plan());
        let mut machine = Machine::new(plan, &catalogue(), listed.to_vec(), BEGAN, BEGAN).unwrap();
        let (trace, end) = self.world.drive(&mut machine, &self.program, listed, LONGEST);
        Outcome {
            judgement: machine.judge(end),
            trace,
            machine,
        }
    }
}

// === impl Outcome ===

impl Outcome {
    pub(crate) fn exit(&self) -> ExitCode {
        RunReport::exit(self.judgement.verdict, self.judgement.undone)
    }

    pub(crate) fn codes(&self) -> Vec<ReasonCode> {
        let mut codes: Vec<_> = self.judgement.reasons.iter().map(|reason| reason.code).collect();
        codes.dedup();
        codes
    }

    /// The verdict, the exit code and the reasons, all of them.
    #[track_caller]
    pub(crate) fn is(&self, verdict: Verdict, exit: ExitCode, codes: &[ReasonCode]) -> &Self {
        let found = (self.judgement.verdict, self.exit(), self.codes());
        assert_eq!(
            found,
            (verdict, exit, codes.to_vec()),
            "{:#?}\n{}",
            self.judgement.reasons,
            self.story()
        );
        self
    }

    #[track_caller]
    pub(crate) fn passes(&self) -> &Self {
        self.is(Verdict::Pass, ExitCode::Pass, &[])
    }

    #[track_caller]
    pub(crate) fn step(&self, name: &str) -> &StepReport {
        self.judgement
            .steps
            .iter()
            .find(|step| step.name == name)
            .unwrap()
    }

    #[track_caller]
    pub(crate) fn outcomes(&self, wanted: &[(&str, StepOutcome)]) -> &Self {
        let found: Vec<_> = self
            .judgement
            .steps
            .iter()
            .map(|step| (step.name.as_str(), step.outcome))
            .collect();
        assert_eq!(found, wanted, "{}", self.story());
        self
    }

    /// The effects of a kind, as `undo strike/cache-1`, in their order.
    pub(crate) fn effects(&self, kind: &str) -> Vec<String> {
        self.effects_at(kind)
            .into_iter()
            .map(|(_, effect)| effect)
            .collect()
    }

    pub(crate) fn effects_at(&self, kind: &str) -> Vec<(Duration, String)> {
        let prefix = format!("{kind} ");
        self.trace
            .iter()
            .filter_map(|(at, fact)| match fact {
                Fact::Asked { text, .. } => text
                    .strip_prefix(&prefix)
                    .map(|rest| (at.since(BEGAN), rest.to_owned())),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = (Duration, &What)> {
        self.trace.iter().filter_map(|(at, fact)| match fact {
            Fact::Asked {
                effect: Effect::Emit(what),
                ..
            } => Some((at.since(BEGAN), what)),
            _ => None,
        })
    }

    pub(crate) fn stage_at(&self, wanted: Stage) -> Duration {
        let found = self
            .events()
            .find(|(_, what)| matches!(what, What::Stage { stage } if *stage == wanted));
        found
            .unwrap_or_else(|| panic!("never {wanted:?}\n{}", self.story()))
            .0
    }

    pub(crate) fn story(&self) -> String {
        let line = |(at, fact): &(Moment, Fact)| match fact {
            Fact::Asked {
                effect: Effect::Emit(What::Instance { .. }),
                ..
            }
            | Fact::Sample => None,
            Fact::Asked { text, .. } => Some(format!("{:?} -> {text}", at.since(BEGAN))),
            Fact::Came { text, .. } => Some(format!("{:?} <- {text}", at.since(BEGAN))),
        };
        self.trace.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }
}

// --- what specs are made of ---

pub(crate) fn call(action: &str, target: Target) -> Call {
    let text = format!("{action}({target})");
    Call {
        action: action.into(),
        target,
        arguments: BTreeMap::new(),
        text,
    }
}

pub(crate) fn step(name: &str, run: Run) -> Step {
    Step {
        name: name.into(),
        doc: String::new(),
        run,
        duration: None,
        after: Vec::new(),
        on_error: OnError::Abort,
        retry: None,
        timeout: None,
    }
}

/// A fault on a resource, or on one instance: `api_1`.
pub(crate) fn fault(name: &str, action: &str, target: &str) -> Step {
    step(name, Run::Fault(call(action, Target::Resource(target.into()))))
}

pub(crate) fn heal(name: &str, action: &str, target: &str) -> Step {
    step(name, Run::Heal(call(action, Target::Resource(target.into()))))
}

pub(crate) fn wait(name: &str, until: Condition, within: Duration) -> Step {
    step(name, Run::Wait { until, within })
}

pub(crate) fn sleep(name: &str, time: Duration) -> Step {
    step(name, Run::Sleep { time })
}

pub(crate) fn undo(name: &str, of: &str) -> Step {
    step(name, Run::Undo { step: of.into() })
}

/// Further fields of a step.
pub(crate) trait StepExt: Sized {
    fn after(self, step: &str) -> Self {
        self.on(step, StepEvent::Passed)
    }
    fn on(self, step: &str, is: StepEvent) -> Self;
    fn lasting(self, duration: Duration) -> Self;
    fn or_continue(self) -> Self;
    fn retried(self, attempts: u32, first: Duration) -> Self;
    fn timeout(self, timeout: Duration) -> Self;
}

impl StepExt for Step {
    fn on(mut self, step: &str, is: StepEvent) -> Self {
        self.after.push(After {
            step: step.into(),
            is,
        });
        self
    }

    fn lasting(self, duration: Duration) -> Self {
        Self {
            duration: Some(duration),
            ..self
        }
    }

    fn or_continue(self) -> Self {
        Self {
            on_error: OnError::Continue,
            ..self
        }
    }

    fn retried(self, attempts: u32, first: Duration) -> Self {
        Self {
            retry: Some(Backoff {
                first,
                max: secs(60),
                factor: 2.0,
                attempts,
            }),
            ..self
        }
    }

    fn timeout(self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self
        }
    }
}

pub(crate) fn measure(of: Subject, metric: Metric, window: Option<Duration>) -> Expr {
    Expr::Measure {
        measure: Measure { of, metric, window },
    }
}

pub(crate) fn compared(left: Expr, op: Op, right: Expr, text: &str) -> Condition {
    Condition {
        expr: Expr::Compare {
            op,
            left: Box::new(left),
            right: Box::new(right),
        },
        text: text.into(),
    }
}

pub(crate) fn checkout(metric: Metric, window: Option<u64>) -> Expr {
    measure(Subject::Probe("checkout".into()), metric, window.map(ms))
}

/// `checkout.success_rate(window) >= least`
pub(crate) fn rate(window: u64, least: f64) -> Condition {
    let text = format!("checkout.success_rate({window}ms) >= {least}");
    compared(
        checkout(Metric::SuccessRate, Some(window)),
        Op::Ge,
        Expr::value(Value::Ratio(least)),
        &text,
    )
}

/// `checkout.success_rate >= least`
pub(crate) fn all_rate(least: f64) -> Condition {
    let text = format!("checkout.success_rate >= {least}");
    compared(
        checkout(Metric::SuccessRate, None),
        Op::Ge,
        Expr::value(Value::Ratio(least)),
        &text,
    )
}

/// `checkout.success_rate(window) < most`
pub(crate) fn rate_below(window: u64, most: f64) -> Condition {
    let text = format!("checkout.success_rate({window}ms) < {most}");
    compared(
        checkout(Metric::SuccessRate, Some(window)),
        Op::Lt,
        Expr::value(Value::Ratio(most)),
        &text,
    )
}

/// `cache.healthy`
pub(crate) fn healthy(resource: &str) -> Condition {
    let expr = measure(Subject::Resource(resource.into()), Metric::Healthy, None);
    Condition {
        expr,
        text: format!("{resource}.healthy"),
    }
}

/// `available`
pub(crate) fn met(slo: &str) -> Condition {
    Condition {
        expr: measure(Subject::Slo(slo.into()), Metric::Met, None),
        text: slo.into(),
    }
}

/// `strike.time_to_recover < most`
pub(crate) fn recovers(step: &str, most: Duration) -> Condition {
    let text = format!("{step}.time_to_recover < {most:?}");
    let left = measure(Subject::Step(step.into()), Metric::TimeToRecover, None);
    compared(left, Op::Lt, Expr::value(Value::Duration(most)), &text)
}

pub(crate) fn catalogue() -> Catalogue {
    let action = |name: &'static str, kind, changes: Vec<Changes>| ActionSpec {
        name: name.into(),
        kind,
        summary: "".into(),
        parameters: Vec::new(),
        undo: UndoKind::Automatic,
        claims: Vec::new(),
        changes,
        needs: Vec::new(),
        time_limit: secs(5),
        undo_limit: secs(10),
    };
    Catalogue {
        actions: vec![
            action("kill", ActionKind::MomentaryFault, vec![Changes::Health]),
            action("pause", ActionKind::LastingFault, vec![Changes::Health]),
            action("latency", ActionKind::LastingFault, vec![]),
            action("start", ActionKind::Heal, vec![Changes::Health]),
            action("restart", ActionKind::Heal, vec![Changes::Health]),
        ],
        ..Catalogue::default()
    }
    .sorted()
}
