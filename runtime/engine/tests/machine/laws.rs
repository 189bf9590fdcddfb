//! The laws, on random workflows with random answers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rescc_core::event::{StepOutcome, What};
use rescc_core::program::{Run, Step, StepEvent};
use rescc_core::resource::Phase;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{ExitCode, ReasonCode, Verdict};
use rescc_engine::machine::{Effect, InjectionState};

use crate::harness::{
    Outcome, Scenario, StepExt, all_rate, fault, heal, healthy, ms, rate, rate_below, recovers, sleep, step,
    undo, wait,
};
use crate::world::{Dice, Fact, lost};

/// A step of a random workflow.
#[derive(Clone, Debug)]
struct AnyStep {
    kind: u8,
    action: usize,
    target: usize,
    duration: Option<u64>,
    after: Vec<(usize, u8)>,
    carries_on: bool,
    attempts: u32,
    timeout: Option<u64>,
}

/// A random workflow in a random world.
#[derive(Clone, Debug)]
struct AnyRun {
    steps: Vec<AnyStep>,
    steady: bool,
    policies: usize,
    concurrency: Option<u32>,
    blast_radius: Option<f64>,
    deadline: Option<u64>,
    stop_condition: bool,
    signal: Option<u64>,
    lost: Option<u64>,
    silence: Option<(u64, u64)>,
    changes: Vec<(u64, usize, bool)>,
    dice: u64,
    trouble: u64,
}

fn any_step() -> impl Strategy<Value = AnyStep> {
    (
        0_u8..10,
        0_usize..3,
        0_usize..5,
        prop::option::of(100_u64..5_000),
        prop::collection::vec((0_usize..6, 0_u8..6), 0..3),
        any::<bool>(),
        1_u32..4,
        prop::option::weighted(0.2, 50_u64..3_000),
    )
        .prop_map(
            |(kind, action, target, duration, after, carries_on, attempts, timeout)| AnyStep {
                kind,
                action,
                target,
                duration,
                after,
                carries_on,
                attempts,
                timeout,
            },
        )
}

fn any_run() -> impl Strategy<Value = AnyRun> {
    let flow = (
        prop::collection::vec(any_step(), 1..7),
        any::<bool>(),
        0_usize..3,
        prop::option::of(1_u32..3),
        prop::option::of(0.3..1.0_f64),
        prop::option::weighted(0.2, 500_u64..20_000),
        prop::bool::weighted(0.2),
    );
    let world = (
        prop::option::weighted(0.2, 0_u64..15_000),
        prop::option::weighted(0.1, 0_u64..15_000),
        prop::option::weighted(0.2, (0_u64..10_000, 100_u64..10_000)),
        prop::collection::vec((0_u64..10_000, 0_usize..3, any::<bool>()), 0..4),
        any::<u64>(),
        prop_oneof![Just(0_u64), Just(5), Just(30)],
    );
    (flow, world).prop_map(|(flow, world)| {
        let (steps, steady, policies, concurrency, blast_radius, deadline, stop_condition) = flow;
        let (signal, lost, silence, changes, dice, trouble) = world;
        AnyRun {
            steps,
            steady,
            policies,
            concurrency,
            blast_radius,
            deadline,
            stop_condition,
            signal,
            lost,
            silence,
            changes,
            dice,
            trouble,
        }
    })
}

const TARGETS: [&str; 5] = ["cache", "api", "api_1", "api_2", "cache"];
const INSTANCES: [&str; 3] = ["cache-1", "api-1", "api-2"];

// === impl AnyRun ===

impl AnyRun {
    fn scenario(&self) -> Scenario {
        let mut scenario = if self.steady {
            Scenario::new()
        } else {
            Scenario::unsteady()
        };
        for (index, any) in self.steps.iter().enumerate() {
            scenario = scenario.step(self.step(index, any));
        }
        for (name, watch) in ["first", "second"]
            .iter()
            .zip(["cache", "api"])
            .take(self.policies)
        {
            scenario = scenario.policy(name, watch, 2);
        }
        if self.stop_condition {
            scenario = scenario.abort_when(rate_below(1_000, 0.3));
        }
        scenario = scenario.expect(all_rate(0.2)).expect(recovers("s0", ms(20_000)));
        scenario
            .flow(|flow| {
                flow.limits.concurrency = self.concurrency;
                flow.limits.blast_radius = self.blast_radius;
                flow.limits.deadline = self.deadline.map(ms);
            })
            .world(|world| {
                world.dice = Some(Dice {
                    state: self.dice,
                    trouble: self.trouble,
                });
                if let Some(at) = self.signal {
                    world.signal(ms(at));
                }
                if let Some(at) = self.lost {
                    world.input(ms(at), lost(ReasonCode::KeeperLost));
                }
                if let Some((from, time)) = self.silence {
                    world.silence(ms(from), true);
                    world.silence(ms(from + time), false);
                }
                for (at, which, healthy) in &self.changes {
                    let phase = if *healthy { Phase::Running } else { Phase::Stopped };
                    world.changes(ms(*at), INSTANCES[*which], phase, *healthy);
                }
            })
    }

    fn step(&self, index: usize, any: &AnyStep) -> Step {
        let name = format!("s{index}");
        let target = TARGETS[any.target];
        let before: Vec<usize> = (0..index).filter(|one| self.steps[*one].kind < 6).collect();
        let mut made = match any.kind {
            0..6 => {
                let made = fault(&name, ["kill", "pause", "latency"][any.action], target);
                match any.duration {
                    Some(duration) => made.lasting(ms(duration)),
                    None => made,
                }
            }
            6 => heal(&name, "restart", target),
            7 => wait(
                &name,
                if any.action == 0 {
                    rate(1_000, 0.9)
                } else {
                    healthy(target.split('_').next().unwrap())
                },
                ms(4_000),
            ),
            8 => match before.last() {
                Some(of) => undo(&name, &format!("s{of}")),
                None => sleep(&name, ms(10)),
            },
            _ => step(
                &name,
                Run::Sleep {
                    time: ms(any.duration.unwrap_or(1)),
                },
            ),
        };
        for (on, is) in &any.after {
            if index > 0 {
                let is = [
                    StepEvent::Passed,
                    StepEvent::Passed,
                    StepEvent::Active,
                    StepEvent::Failed,
                    StepEvent::Ended,
                    StepEvent::Ended,
                ][usize::from(*is)];
                made = made.on(&format!("s{}", on % index), is);
            }
        }
        if any.carries_on {
            made = made.or_continue();
        }
        if any.attempts > 1 {
            made = made.retried(any.attempts, ms(100));
        }
        match any.timeout {
            Some(timeout) => made.timeout(ms(timeout)),
            None => made,
        }
    }
}

/// One input and what the machine asked for in answer to it.
#[derive(Default)]
struct Turn {
    came: Option<(String, bool)>,
    asked: Vec<(String, Effect)>,
}

fn turns(run: &Outcome) -> Vec<Turn> {
    let mut turns = vec![Turn::default()];
    for (_, fact) in &run.trace {
        match fact {
            Fact::Came { text, ok } => turns.push(Turn {
                came: Some((text.clone(), *ok)),
                asked: Vec::new(),
            }),
            Fact::Sample => turns.push(Turn::default()),
            Fact::Asked { text, effect } => turns
                .last_mut()
                .unwrap()
                .asked
                .push((text.clone(), effect.clone())),
        }
    }
    turns
}

fn split(text: &str) -> (&str, &str) {
    let mut words = text.split(' ');
    (words.next().unwrap(), words.next().unwrap_or_default())
}

fn instance_of(id: &str) -> String {
    id.split('/').nth(1).unwrap().to_owned()
}

/// Follows a trace and holds every law against it.
fn holds_the_laws(run: &Outcome) -> Result<(), TestCaseError> {
    let place: BTreeMap<&str, (usize, usize)> = run
        .machine
        .injections()
        .iter()
        .enumerate()
        .map(|(at, one)| (one.id.0.as_str(), (at, one.step)))
        .collect();
    let (mut prepared, mut written, mut recorded) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut marked = BTreeMap::new();
    let mut busy: BTreeMap<String, String> = BTreeMap::new();
    let (mut aborting, mut undoing) = (false, false);
    for Turn { came, asked } in turns(run) {
        if let Some((text, ok)) = &came {
            let (kind, id) = split(text);
            let goes_on = |next: &str| asked.iter().any(|(text, _)| *text == format!("{next} {id}"));
            match kind {
                "prepare" => {
                    _ = ok.then(|| prepared.insert(id.to_owned()));
                    if !goes_on("record") {
                        busy.remove(&instance_of(id));
                    }
                }
                "record" => {
                    written.insert(id.to_owned());
                    _ = ok.then(|| recorded.insert(id.to_owned()));
                    if !goes_on("apply") {
                        busy.remove(&instance_of(id));
                    }
                }
                "apply" | "undo" | "heal" => _ = busy.remove(&instance_of(id)),
                _ => {}
            }
        }
        for (text, effect) in &asked {
            let (kind, id) = split(text);
            match effect {
                Effect::Record { .. } => prop_assert!(prepared.contains(id), "{text} unprepared"),
                Effect::Apply { .. } => prop_assert!(recorded.contains(id), "{text} unrecorded"),
                Effect::Mark { state, .. } => {
                    // A record that failed may stand on the disk all the same: its mark says that nothing was touched.
                    let untouched = written.contains(id) && *state == UndoState::NotApplied;
                    prop_assert!(
                        recorded.contains(id) || untouched,
                        "{text} without a record\n{}",
                        run.story()
                    );
                    prop_assert!(*state != UndoState::Open);
                    prop_assert!(
                        marked.insert(id.to_owned(), state.clone()).is_none(),
                        "{text} twice"
                    );
                }
                Effect::Emit(What::Aborting { .. }) => aborting = true,
                Effect::Emit(_) => undoing |= text == "stage undoing",
                _ => {}
            }
            if matches!(kind, "prepare" | "record" | "apply" | "heal") {
                prop_assert!(!aborting, "{text} after the abort");
                prop_assert!(!undoing, "{text} while undoing");
            }
            if matches!(kind, "prepare" | "undo" | "heal") {
                let before = busy.insert(instance_of(id), text.clone());
                prop_assert!(before.is_none(), "{text} while {before:?}\n{}", run.story());
            }
            if kind == "undo" && undoing {
                let (at, step) = place[id];
                for newer in &recorded {
                    let (newer_at, newer_step) = place[newer.as_str()];
                    let waits = newer_at > at && newer_step != step && !marked.contains_key(newer);
                    prop_assert!(!waits, "{text} before that of {newer}\n{}", run.story());
                }
            }
        }
    }
    for id in &recorded {
        prop_assert!(marked.contains_key(id), "{id} has no mark");
    }
    for one in run.machine.injections() {
        prop_assert_eq!(one.state, InjectionState::Settled);
        prop_assert!(one.undo != UndoState::Open);
    }
    Ok(())
}

/// No more steps act at once, and no more instances feel a lasting fault at once, than the limits allow.
fn keeps_the_limits(run: &Outcome) -> Result<(), TestCaseError> {
    let plan = run.machine.plan();
    let workflow = plan.workflow().unwrap();
    let acts = |name: &String| {
        workflow
            .steps
            .iter()
            .any(|step| step.name == *name && step.run.call().is_some())
    };
    let most = workflow
        .limits
        .concurrency
        .map_or(usize::MAX, |most| most as usize);
    let lasting = |id: &str| {
        run.machine
            .injections()
            .iter()
            .any(|one| one.id.0 == *id && matches!(one.action.as_str(), "pause" | "latency"))
    };
    let (mut acting, mut standing) = (BTreeSet::new(), BTreeSet::new());
    for (text, effect) in turns(run).into_iter().flat_map(|turn| turn.asked) {
        match effect {
            Effect::Emit(What::StepStarted { step, .. }) if acts(&step) => _ = acting.insert(step),
            Effect::Emit(What::StepEnded { step, .. }) => _ = acting.remove(&step),
            Effect::Apply { .. } => _ = standing.insert(split(&text).1.to_owned()),
            Effect::Mark { injection, state } if state.is_settled() => _ = standing.remove(&injection.0),
            _ => {}
        }
        prop_assert!(acting.len() <= most, "{acting:?} act at once\n{}", run.story());
        let touched: BTreeSet<_> = standing
            .iter()
            .filter(|id| lasting(id))
            .map(|id| instance_of(id))
            .collect();
        prop_assert!(
            touched.len() <= plan.allowed_touched(),
            "{touched:?} are touched at once\n{}",
            run.story()
        );
    }
    Ok(())
}

fn judged_honestly(run: &Outcome) -> Result<(), TestCaseError> {
    let judgement = &run.judgement;
    let settled = judgement.injections.iter().all(|one| one.undo.is_settled());
    prop_assert_eq!(judgement.undone, settled);
    prop_assert_eq!(judgement.verdict == Verdict::Pass, judgement.reasons.is_empty());
    prop_assert_eq!(run.exit() == ExitCode::NotUndone, !settled);
    if judgement.verdict != Verdict::Pass {
        return Ok(());
    }
    prop_assert!(settled && judgement.aborted_by.is_none());
    let steps = &run.machine.plan().workflow().unwrap().steps;
    for (index, (report, step)) in judgement.steps.iter().zip(steps).enumerate() {
        if !matches!(step.run, Run::Fault(_)) {
            continue;
        }
        prop_assert!(
            matches!(report.outcome, StepOutcome::Passed | StepOutcome::Skipped),
            "{}",
            run.story()
        );
        if report.outcome == StepOutcome::Passed {
            for target in &report.targets {
                let bit = |one: &rescc_engine::machine::Injection| {
                    one.step == index && one.instance == *target && one.bit.is_some()
                };
                prop_assert!(
                    run.machine.injections().iter().any(bit),
                    "{} never bit {target}",
                    step.name
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_keeps_the_laws(any in any_run()) {
        let run = any.scenario().run();
        holds_the_laws(&run)?;
        keeps_the_limits(&run)?;
        judged_honestly(&run)?;
    }

    #[test]
    fn the_same_inputs_have_the_same_effects(any in any_run()) {
        let (one, two) = (any.scenario().run(), any.scenario().run());
        prop_assert_eq!(one.trace, two.trace);
        prop_assert_eq!(format!("{:?}", one.judgement), format!("{:?}", two.judgement));
    }
}

/// Random runs must reach what they are there for.
#[test]
fn random_runs_are_of_all_kinds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut undos, mut heals, mut longest) = (0, 0, Duration::ZERO);
    for _ in 0..150 {
        let run = any_run()
            .new_tree(&mut runner)
            .unwrap()
            .current()
            .scenario()
            .run();
        *verdicts.entry(run.judgement.verdict.as_str()).or_default() += 1;
        undos += run.effects("undo").len();
        heals += run.effects("heal").len();
        longest = longest.max(run.stage_at(rescc_core::event::Stage::Done));
    }
    for verdict in ["pass", "fail", "inconclusive", "aborted", "error"] {
        assert!(
            verdicts.get(verdict).is_some_and(|count| *count >= 3),
            "{verdicts:?}"
        );
    }
    assert!(undos > 100 && heals > 50, "{undos} undos, {heals} heals");
    assert!(longest < Duration::from_secs(300), "{longest:?}");
}
