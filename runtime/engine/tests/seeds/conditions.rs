//! Random conditions over what a program names.

use std::time::Duration;

use rescc_core::expr::{Expr, Measure, Metric, Op, Subject};
use rescc_core::program::Condition;
use rescc_core::value::Value;

use crate::dice::Dice;

/// What can be named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// With the number of their copies.
    pub(crate) resources: Vec<(String, u64)>,
    pub(crate) selectors: Vec<String>,
    pub(crate) probes: Vec<String>,
    pub(crate) slos: Vec<String>,
    /// The steps with a fault.
    pub(crate) faults: Vec<String>,
}

fn measure(of: Subject, metric: Metric, window: Option<Duration>) -> Expr {
    Expr::Measure {
        measure: Measure { of, metric, window },
    }
}

fn compare(op: Op, left: Expr, right: Value) -> Expr {
    Expr::Compare {
        op,
        left: Box::new(left),
        right: Box::new(Expr::value(right)),
    }
}

fn it(field: &str) -> Expr {
    Expr::It {
        field: field.to_owned(),
        argument: None,
    }
}

/// A condition and its text; the text only has to be a name.
fn named(expr: Expr) -> Condition {
    let text = format!("{expr:?}")
        .chars()
        .filter(|one| !one.is_whitespace())
        .collect();
    Condition { expr, text }
}

/// What is a good answer.
pub(crate) fn success(dice: &mut Dice) -> Expr {
    let answered = compare(Op::Eq, it("status"), Value::Count(200));
    if dice.percent(60) {
        return answered;
    }
    let soon = compare(Op::Lt, it("latency"), Value::Duration(dice.millis(20, 200)));
    Expr::And {
        all: vec![answered, soon],
    }
}

pub(crate) fn objective(dice: &mut Dice, probe: &str) -> Expr {
    let rate = measure(Subject::Probe(probe.to_owned()), Metric::SuccessRate, None);
    compare(Op::Ge, rate, Value::Ratio(*dice.one(&[0.3, 0.5, 0.9, 0.99])))
}

/// When a policy acts.
pub(crate) fn ill(dice: &mut Dice) -> Expr {
    match dice.below(3) {
        0 => Expr::Not {
            inner: Box::new(it("healthy")),
        },
        1 => compare(Op::Eq, it("healthy"), Value::Bool(false)),
        _ => compare(Op::Eq, it("phase"), Value::Word("stopped".to_owned())),
    }
}

fn of_resource(dice: &mut Dice, names: &Names) -> Expr {
    let (name, copies) = dice.one(&names.resources).clone();
    let of = Subject::Resource(name);
    match dice.below(3) {
        0 => measure(of, Metric::Healthy, None),
        1 => compare(
            Op::Ge,
            measure(of, Metric::HealthyCount, None),
            Value::Count(dice.within(1, copies) as i64),
        ),
        _ => compare(Op::Ge, measure(of, Metric::HealthyShare, None), Value::Ratio(0.5)),
    }
}

fn of_probe(dice: &mut Dice, probe: &str, window: Option<Duration>) -> Expr {
    let of = Subject::Probe(probe.to_owned());
    match dice.below(3) {
        0 => compare(
            Op::Lt,
            measure(of, Metric::ErrorRate, window),
            Value::Ratio(dice.share(200, 900)),
        ),
        1 => {
            let late = measure(of, Metric::LatencyPercentile(0.95), window);
            compare(Op::Lt, late, Value::Duration(dice.millis(50, 500)))
        }
        _ => compare(
            Op::Ge,
            measure(of, Metric::SuccessRate, window),
            Value::Ratio(dice.share(200, 990)),
        ),
    }
}

/// What must hold before the first fault and after the last undo.
pub(crate) fn steady(dice: &mut Dice, names: &Names) -> Option<Condition> {
    if dice.percent(20) {
        return None;
    }
    let expr = if names.probes.is_empty() || dice.percent(30) {
        of_resource(dice, names)
    } else {
        let probe = dice.one(&names.probes).clone();
        let window = Some(dice.millis(500, 2_000));
        let rate = of_probe(dice, &probe, window);
        if dice.percent(30) {
            Expr::And {
                all: vec![rate, of_resource(dice, names)],
            }
        } else {
            rate
        }
    };
    Some(named(expr))
}

/// What a step waits for.
pub(crate) fn awaited(dice: &mut Dice, names: &Names) -> Condition {
    if names.probes.is_empty() || dice.percent(70) {
        return named(of_resource(dice, names));
    }
    let (probe, window) = (dice.one(&names.probes).clone(), dice.millis(300, 1_000));
    named(of_probe(dice, &probe, Some(window)))
}

/// What ends a run.
pub(crate) fn abort_when(dice: &mut Dice, names: &Names) -> Vec<Condition> {
    let mut all = Vec::new();
    if dice.percent(12) {
        all.push(named(Expr::Not {
            inner: Box::new(of_resource(dice, names)),
        }));
    }
    if !names.probes.is_empty() && dice.percent(20) {
        let of = Subject::Probe(dice.one(&names.probes).clone());
        let rate = measure(of, Metric::ErrorRate, Some(dice.millis(500, 2_000)));
        all.push(named(compare(Op::Gt, rate, Value::Ratio(dice.share(300, 950)))));
    }
    all
}

/// What must hold in the end.
pub(crate) fn expect(dice: &mut Dice, names: &Names) -> Vec<Condition> {
    let count = if dice.percent(40) { 0 } else { dice.within(1, 3) };
    (0..count)
        .map(|_| {
            let expr = match dice.below(5) {
                0 if !names.slos.is_empty() => {
                    measure(Subject::Slo(dice.one(&names.slos).clone()), Metric::Met, None)
                }
                1 if !names.probes.is_empty() => {
                    let probe = dice.one(&names.probes).clone();
                    let window = dice.percent(50).then(|| dice.millis(500, 2_000));
                    of_probe(dice, &probe, window)
                }
                2 if !names.faults.is_empty() => {
                    let of = Subject::Step(dice.one(&names.faults).clone());
                    let limit = Value::Duration(dice.millis(1_000, 8_000));
                    compare(Op::Lt, measure(of, Metric::TimeToRecover, None), limit)
                }
                3 if !names.faults.is_empty() => {
                    let of = Subject::Step(dice.one(&names.faults).clone());
                    compare(
                        Op::Eq,
                        measure(of, Metric::Outcome, None),
                        Value::Word("passed".to_owned()),
                    )
                }
                _ => of_resource(dice, names),
            };
            named(expr)
        })
        .collect()
}
