//! Random steps, policies and limits.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_core::program::{
    After, Arguments, Backoff, Call, HealPolicy, Limits, OnError, Run, Step, StepEvent, Target, Workflow,
};
use rescc_core::value::Value;

use crate::conditions::{self, Names};
use crate::dice::Dice;

const MIB: u64 = 1 << 20;

fn call(action: &str, target: Target, arguments: &[(&str, Value)]) -> Call {
    let arguments: Arguments = arguments
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Call {
        action: action.to_owned(),
        text: format!("{action}({target})"),
        target,
        arguments,
    }
}

fn target(dice: &mut Dice, names: &Names) -> Target {
    if !names.selectors.is_empty() && dice.percent(55) {
        return Target::Selector(dice.one(&names.selectors).clone());
    }
    Target::Resource(dice.one(&names.resources).0.clone())
}

fn heal(dice: &mut Dice, target: Target) -> Call {
    if dice.percent(50) {
        call("start", target, &[])
    } else {
        call(
            "restart",
            target,
            &[("grace", Value::Duration(dice.millis(0, 2_000)))],
        )
    }
}

fn fault(dice: &mut Dice, target: Target) -> (Call, Option<Duration>) {
    match dice.below(10) {
        0..=3 => {
            let signal = Value::Word((*dice.one(&["SIGKILL", "SIGKILL", "SIGTERM"])).to_owned());
            let duration = dice.percent(15).then(|| dice.millis(200, 3_000));
            (call("kill", target, &[("signal", signal)]), duration)
        }
        4 | 5 => {
            let duration = dice.percent(65).then(|| dice.millis(200, 4_000));
            (call("pause", target, &[]), duration)
        }
        6 | 7 => {
            let delay = dice.millis(5, 300);
            let jitter = if dice.percent(50) {
                delay / 2
            } else {
                Duration::ZERO
            };
            let share = if dice.percent(70) { 1.0 } else { 0.5 };
            let arguments = [
                ("delay", Value::Duration(delay)),
                ("jitter", Value::Duration(jitter)),
                ("share", Value::Ratio(share)),
            ];
            let duration = dice.percent(65).then(|| dice.millis(800, 4_000));
            (call("latency", target, &arguments), duration)
        }
        _ => {
            let amount = if dice.percent(50) {
                ("size", Value::Bytes(dice.within(1, 64) * MIB))
            } else {
                ("used", Value::Ratio(0.9))
            };
            let duration = dice.percent(65).then(|| dice.millis(200, 3_000));
            (
                call(
                    "fill_disk",
                    target,
                    &[("folder", Value::Text("/data".to_owned())), amount],
                ),
                duration,
            )
        }
    }
}

fn backoff(dice: &mut Dice, attempts: u64) -> Backoff {
    Backoff {
        first: dice.millis(50, 500),
        max: dice.millis(500, 1_000),
        factor: 2.0,
        attempts: attempts as u32,
    }
}

/// Nought to two policies.
pub(crate) fn policies(dice: &mut Dice, names: &Names) -> BTreeMap<String, HealPolicy> {
    let count = dice.below(3) as usize;
    ["revive", "nurse"]
        .into_iter()
        .take(count)
        .map(|name| {
            let when = conditions::ill(dice);
            let rungs = dice.within(1, 2);
            let policy = HealPolicy {
                watch: target(dice, names),
                text: format!("{when:?}"),
                when,
                hold: dice.millis(0, 800),
                ladder: (0..rungs).map(|_| heal(dice, Target::It)).collect(),
                retry: {
                    let attempts = dice.within(1, 3);
                    backoff(dice, attempts)
                },
                cooldown: dice.millis(0, 2_000),
            };
            (name.to_owned(), policy)
        })
        .collect()
}

pub(crate) fn workflow(dice: &mut Dice, names: &mut Names, heal: Vec<String>) -> Workflow {
    let count = dice.within(1, 8);
    let mut steps: Vec<Step> = Vec::new();
    for number in 1..=count {
        let step = step(dice, names, &steps, number);
        if matches!(step.run, Run::Fault(_)) {
            names.faults.push(step.name.clone());
        }
        steps.push(step);
    }
    Workflow {
        doc: String::new(),
        steady_state: conditions::steady(dice, names),
        settle: dice.millis(1_000, 6_000),
        observe: dice.millis(0, 2_000),
        abort_when: conditions::abort_when(dice, names),
        expect: conditions::expect(dice, names),
        heal,
        limits: Limits {
            blast_radius: dice.percent(20).then(|| dice.share(300, 1_000)),
            deadline: dice.percent(20).then(|| dice.millis(1_000, 20_000)),
            concurrency: dice.percent(30).then(|| dice.within(1, 2) as u32),
        },
        steps,
    }
}

fn step(dice: &mut Dice, names: &Names, before: &[Step], number: u64) -> Step {
    let mut duration = None;
    let (kind, run) = match dice.below(100) {
        0..=49 => {
            let target = target(dice, names);
            let (call, stays) = fault(dice, target);
            duration = stays;
            ("strike", Run::Fault(call))
        }
        50..=61 => {
            let target = target(dice, names);
            ("mend", Run::Heal(heal(dice, target)))
        }
        62..=74 => {
            let until = conditions::awaited(dice, names);
            (
                "wait",
                Run::Wait {
                    until,
                    within: dice.millis(500, 6_000),
                },
            )
        }
        75..=87 if !names.faults.is_empty() => (
            "undo",
            Run::Undo {
                step: dice.one(&names.faults).clone(),
            },
        ),
        _ => (
            "rest",
            Run::Sleep {
                time: dice.millis(50, 3_000),
            },
        ),
    };
    let may_fail = matches!(run, Run::Fault(_) | Run::Heal(_));
    let mut after = after(dice, before);
    if let Run::Undo { step } = &run
        && dice.percent(80)
    {
        after = vec![After {
            step: step.clone(),
            is: StepEvent::Active,
        }];
    }
    let attempts = dice.within(2, 3);
    Step {
        name: format!("{kind}{number}"),
        doc: String::new(),
        run,
        duration,
        after,
        on_error: if dice.percent(30) {
            OnError::Continue
        } else {
            OnError::Abort
        },
        retry: (may_fail && dice.percent(35)).then(|| backoff(dice, attempts)),
        timeout: (may_fail && dice.percent(20)).then(|| dice.millis(500, 6_000)),
    }
}

fn after(dice: &mut Dice, before: &[Step]) -> Vec<After> {
    if before.is_empty() || dice.percent(35) {
        return Vec::new();
    }
    let count = if dice.percent(20) { 2 } else { 1 };
    let mut after: Vec<After> = Vec::new();
    for _ in 0..count {
        let other = dice.one(before);
        let is = match dice.below(100) {
            0..=44 => StepEvent::Passed,
            45..=64 if matches!(other.run, Run::Fault(_)) => StepEvent::Active,
            65..=74 => StepEvent::Failed,
            _ => StepEvent::Ended,
        };
        if after.iter().all(|known| known.step != other.name) {
            after.push(After {
                step: other.name.clone(),
                is,
            });
        }
    }
    after
}
