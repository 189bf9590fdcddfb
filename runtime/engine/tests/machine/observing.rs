//! What conditions see: windows, baselines, and the want of data.

use rescc_core::event::Stage;
use rescc_core::expr::{Expr, Measure, Metric, Op, Subject, Truth};
use rescc_core::program::Condition;
use rescc_core::value::Value;
use rescc_core::verdict::{ExitCode, ReasonCode as Code, Verdict};

use crate::harness::{
    Scenario, StepExt, all_rate, checkout, compared, fault, measure, met, ms, rate, rate_below, secs, sleep,
};

/// A fault that breaks nothing, for ten seconds.
fn ten_seconds() -> Scenario {
    Scenario::new().step(fault("slow", "latency", "api_1").lasting(secs(10)))
}

#[test]
fn a_live_window_must_be_full() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .flow(|flow| flow.steady_state = Some(rate(4_000, 0.99)))
        .run();
    run.passes();
    assert!(run.stage_at(Stage::Acting) >= secs(4));
    assert!(
        run.stage_at(Stage::Done) - run.stage_at(Stage::Settling) >= secs(4),
        "and again after the last undo"
    );
}

#[test]
fn the_time_before_the_first_fault_is_observed() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .flow(|flow| flow.observe = secs(7))
        .run();
    run.passes();
    let acting = run.stage_at(Stage::Acting);
    assert!(acting >= secs(7) && acting <= ms(7_100), "{acting:?}");
}

#[test]
fn a_stop_condition_needs_ten_samples() {
    let every = |every| {
        let mut scenario = Scenario::unsteady()
            .step(fault("hang", "pause", "cache").lasting(secs(5)))
            .abort_when(rate_below(1_000, 0.5));
        scenario.program.probes.get_mut("checkout").unwrap().every = ms(every);
        scenario.run()
    };
    every(200).passes();
    every(90).is(Verdict::Fail, ExitCode::Fail, &[Code::AbortCondition]);
}

#[test]
fn a_stop_condition_on_the_error_budget() {
    let burn = |most: f64| {
        let left = measure(Subject::Slo("available".into()), Metric::BurnRate, Some(secs(1)));
        let condition = compared(
            left,
            Op::Gt,
            Expr::value(Value::Number(most)),
            "available.burn_rate(1s) > n",
        );
        Scenario::unsteady()
            .step(fault("hang", "pause", "cache").lasting(secs(5)))
            .slo("available", all_rate(0.9), 1)
            .abort_when(condition)
            .run()
    };
    burn(5.0).is(Verdict::Fail, ExitCode::Fail, &[Code::AbortCondition]);
    burn(10.5).passes();
}

fn half_more_than_baseline() -> Condition {
    let baseline = Measure {
        of: Subject::Probe("checkout".into()),
        metric: Metric::LatencyPercentile(0.95),
        window: None,
    };
    let right = Expr::OfBaseline {
        factor: 1.5,
        measure: baseline,
    };
    compared(
        checkout(Metric::LatencyPercentile(0.95), None),
        Op::Le,
        right,
        "checkout.latency.p95 <= 150% of baseline",
    )
}

#[test]
fn a_baseline_is_the_time_before_the_first_fault() {
    let with = |action: &str| {
        Scenario::unsteady()
            .step(fault("fault", action, "api_1").lasting(secs(5)))
            .flow(|flow| flow.observe = secs(5))
            .expect(half_more_than_baseline())
            .run()
    };
    with("pause").passes();
    with("latency").is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
}

#[test]
fn a_baseline_is_no_longer_than_it_should_be() {
    // The system starts slowly; the steady state comes late. The slow start is no part of the baseline.
    let run = Scenario::new()
        .step(fault("slow", "latency", "api_1").lasting(secs(5)))
        .flow(|flow| {
            flow.observe = secs(2);
            flow.settle = secs(60);
        })
        .world(|world| {
            world.slow_until = secs(20);
            world.good = Box::new(|_, at| at > secs(22));
        })
        .expect(half_more_than_baseline())
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
}

#[test]
fn a_baseline_without_samples_tells_nothing() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "api_1").lasting(secs(5)))
        .flow(|flow| flow.observe = secs(2))
        .expect(half_more_than_baseline())
        .world(|world| {
            world.silent = true;
            world.silence(secs(3), false);
        })
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoData]);
}

#[test]
fn in_the_end_a_window_means_every_window() {
    let dip = |expectation| {
        ten_seconds()
            .expect(expectation)
            .flow(|flow| flow.steady_state = Some(rate(5_000, 0.5)))
            .world(|world| world.good = Box::new(|_, at| at < secs(10) || at > secs(11)))
            .run()
    };
    dip(all_rate(0.85)).passes();
    let run = dip(rate(1_000, 0.85));
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
    let broken = run.judgement.expectations[0].broken_at.unwrap();
    assert!(broken >= secs(10) && broken <= ms(10_400), "{broken:?}");
}

#[test]
fn the_window_of_an_objective_means_every_window() {
    let run = ten_seconds()
        .slo("steadily", rate(1_000, 0.85), 50)
        .expect(met("steadily"))
        .flow(|flow| flow.steady_state = Some(rate(5_000, 0.5)))
        .world(|world| world.good = Box::new(|_, at| at < secs(10) || at > secs(11)))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
}

#[test]
fn the_least_number_of_samples_is_meant_over_all_windows() {
    let run = ten_seconds()
        .slo("steadily", rate(1_000, 0.85), 150)
        .expect(met("steadily"))
        .run();
    run.passes();
}

#[test]
fn a_window_without_samples_is_not_a_good_one() {
    let run = ten_seconds()
        .expect(rate(1_000, 0.9))
        .world(|world| {
            world.silence(secs(5), true);
            world.silence(secs(8), false);
        })
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoData]);
    assert_eq!(run.judgement.expectations[0].met, Truth::NoData);
}

#[test]
fn a_run_shorter_than_the_window_tells_nothing() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "api_1").lasting(secs(2)))
        .expect(rate(5_000, 0.9))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoData]);
}

#[test]
fn what_has_no_window_is_judged_over_the_whole() {
    // Bad in its first second only: each window is met, and so is the whole, but not yet after that second.
    let both = Condition {
        expr: Expr::And {
            all: vec![all_rate(0.8).expr, rate(2_000, 0.4).expr],
        },
        text: "both".into(),
    };
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "api_1").lasting(secs(10)))
        .expect(both)
        .world(|world| world.good = Box::new(|_, at| at > secs(1)))
        .run();
    run.passes();
}

#[test]
fn probes_that_were_not_asked_are_counted() {
    let dropped = || rescc_engine::machine::Input::ProbeDropped {
        probe: "checkout".into(),
    };
    let run = ten_seconds().world(|world| world.input(secs(2), dropped())).run();
    run.passes();
    assert_eq!(run.judgement.probes[0].dropped, 1);
}

#[test]
fn the_judged_time_ends_with_the_recovery() {
    // What is bad while we take back is not the system's fault.
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", secs(3)).after("slow"))
        .expect(all_rate(1.0))
        .world(|world| {
            world.answer("undo slow/cache-1", [crate::world::Answer::Late(secs(3))]);
            world.good = Box::new(|_, at| at < ms(4_200) || at > secs(8));
        })
        .run();
    run.passes();
}
