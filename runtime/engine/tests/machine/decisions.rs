//! The decision table of `specs/exit-codes.md`: one test a row, by the row's name. Rows about steps, healing, undo
//! and observation have files of their own.

use rescc_core::action;
use rescc_core::error::ErrorClass;
use rescc_core::event::{Stage, StepOutcome};
use rescc_core::expr::Truth;
use rescc_core::program::StepEvent;
use rescc_core::verdict::{ExitCode, ReasonCode as Code, Verdict};
use rescc_engine::machine::{Input, Interrupt};

use crate::harness::{
    Scenario, StepExt, all_rate, fault, heal, healthy, met, ms, rate, rate_below, recovers, secs, sleep, wait,
};
use crate::world::{Answer, lost};

fn kill() -> Scenario {
    Scenario::new().step(fault("strike", "kill", "cache"))
}

fn pause() -> Scenario {
    Scenario::new().step(fault("hang", "pause", "cache").lasting(secs(3)))
}

#[test]
fn all_good() {
    let run = kill()
        .step(wait("back", healthy("cache"), secs(5)).after("strike"))
        .slo("available", all_rate(0.5), 10)
        .expect(met("available"))
        .expect(recovers("strike", secs(3)))
        .world(|world| _ = world.comes_back.insert("cache-1".into(), ms(500)))
        .run();
    run.passes()
        .outcomes(&[("strike", StepOutcome::Passed), ("back", StepOutcome::Passed)]);
}

#[test]
fn expectation_not_met() {
    let run = pause().expect(all_rate(0.99)).run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
    let expectation = &run.judgement.expectations[0];
    assert_eq!(expectation.met, Truth::No);
    assert_eq!(expectation.during, "during hang");
    assert!(expectation.broken_at.is_some() && expectation.samples > 20);
}

#[test]
fn expectation_not_met_then_aborted() {
    let run = pause()
        .expect(all_rate(0.99))
        .world(|world| world.signal(secs(3)))
        .run();
    run.is(
        Verdict::Fail,
        ExitCode::Fail,
        &[Code::Interrupted, Code::ExpectationNotMet],
    );
    assert_eq!(run.judgement.aborted_by.as_deref(), Some("SIGINT came"));
    assert!(run.judgement.undone);
}

#[test]
fn samples_after_an_abort_are_not_judged() {
    // All is good until the signal; what the undo takes, ten seconds of a dead system, is tainted.
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", secs(10)).after("slow"))
        .expect(all_rate(1.0))
        .world(|world| {
            world.signal(secs(5));
            world.good = Box::new(|_, at| at < secs(5));
            world.answer("undo slow/cache-1", [Answer::Late(secs(9))]);
        })
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
}

#[test]
fn stop_condition_fires() {
    let run = Scenario::new()
        .step(fault("hang", "pause", "cache"))
        .step(sleep("rest", secs(30)).after("hang"))
        .abort_when(rate_below(1_000, 0.5))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::AbortCondition]);
    assert!(
        run.judgement
            .aborted_by
            .as_deref()
            .unwrap()
            .contains("success_rate")
    );
    assert!(
        run.stage_at(Stage::Done) < secs(4),
        "it does not wait for the sleep"
    );
    run.outcomes(&[("hang", StepOutcome::Passed), ("rest", StepOutcome::Aborted)]);
}

#[test]
fn wait_times_out() {
    let run = kill()
        .step(wait("back", healthy("cache"), secs(3)).after("strike"))
        .run();
    run.is(
        Verdict::Fail,
        ExitCode::Fail,
        &[Code::WaitTimedOut, Code::RecoveredOnlyByUndo],
    );
    assert_eq!(run.step("back").outcome, StepOutcome::Failed);
}

#[test]
fn wait_times_out_and_the_spec_goes_on() {
    let run = kill()
        .step(
            wait("back", healthy("cache"), secs(3))
                .after("strike")
                .or_continue(),
        )
        .step(heal("rescue", "restart", "cache").on("back", StepEvent::Failed))
        .run();
    run.passes();
    run.outcomes(&[
        ("strike", StepOutcome::Passed),
        ("back", StepOutcome::Failed),
        ("rescue", StepOutcome::Passed),
    ]);
}

#[test]
fn wait_has_no_data() {
    let run = kill()
        .step(wait("back", rate(1_000, 0.5), secs(3)).after("strike"))
        .world(|world| {
            world.comes_back.insert("cache-1".into(), ms(100));
            world.silence(ms(1_010), true);
            world.silence(secs(6), false);
        })
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::WaitTimedOut]);
}

#[test]
fn deadline_passed() {
    let run = Scenario::unsteady()
        .step(sleep("long", secs(60)))
        .step(fault("slow", "latency", "cache"))
        .flow(|flow| flow.limits.deadline = Some(secs(10)))
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::DeadlinePassed]);
    assert_eq!(run.effects("undo"), ["slow/cache-1"]);
    assert!(run.stage_at(Stage::Done) < secs(11));
}

#[test]
fn heal_step_fails() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(heal("rescue", "restart", "cache").after("strike"))
        .world(|world| world.fails("heal restart/cache-1"))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::HealFailed]);
}

#[test]
fn heal_step_fails_and_the_spec_goes_on() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(heal("rescue", "restart", "cache").after("strike").or_continue())
        .world(|world| world.fails("heal restart/cache-1"))
        .run();
    run.passes();
}

#[test]
fn steady_state_not_reached() {
    let run = kill()
        .expect(all_rate(0.99))
        .world(|world| world.good = Box::new(|_, _| false))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::SteadyStateNotReached],
    );
    assert!(run.effects("prepare").is_empty() && !run.machine.touched());
    run.outcomes(&[("strike", StepOutcome::Skipped)]);
}

#[test]
fn steady_state_without_samples_is_not_reached() {
    let run = kill().world(|world| world.silent = true).run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::SteadyStateNotReached],
    );
    assert!(run.effects("prepare").is_empty());
}

#[test]
fn steady_state_lost_and_not_back() {
    let run = kill()
        .world(|world| world.good = Box::new(|_, at| at < ms(1_500)))
        .flow(|flow| flow.settle = secs(3))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::SteadyStateLost]);
}

#[test]
fn steady_state_lost_after_the_undo() {
    // A latency bends nothing; its undo does.
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .world(|world| {
            world.answer("undo slow/cache-1", [Answer::Late(secs(1))]);
            world.good = Box::new(|world, at| at < secs(2) || !world.standing.is_empty());
        })
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::SteadyStateLost]);
    assert!(
        run.judgement.reasons[0].message.contains("after the last undo"),
        "{:?}",
        run.judgement.reasons
    );
}

#[test]
fn recovered_only_by_undo() {
    let run = kill().run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::RecoveredOnlyByUndo]);
    assert_eq!(run.effects("undo"), ["strike/cache-1"]);
}

#[test]
fn no_samples() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").lasting(secs(2)))
        .expect(all_rate(0.99))
        .world(|world| world.silent = true)
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoData]);
    assert_eq!(run.judgement.expectations[0].met, Truth::NoData);
}

#[test]
fn too_few_samples() {
    let few = |min_samples| {
        Scenario::new()
            .step(fault("slow", "latency", "cache").lasting(secs(2)))
            .slo("available", all_rate(0.99), min_samples)
            .expect(met("available"))
            .run()
    };
    few(1_000).is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoData]);
    few(20).passes();
}

#[test]
fn probe_errors() {
    let error = || Input::ProbeError {
        probe: "checkout".into(),
        why: "no descriptors are left".into(),
    };
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(2)))
        .world(|world| {
            world.input(secs(2), error());
            world.input(secs(2), error());
        })
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::ProbeError]);
    assert_eq!(
        (run.judgement.reasons.len(), run.judgement.probes[0].errors),
        (1, 2)
    );
}

#[test]
fn prepare_fails() {
    let run = kill().world(|world| world.fails("prepare strike/cache-1")).run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert!(run.effects("record").is_empty() && run.effects("undo").is_empty());
}

#[test]
fn journal_fails() {
    let run = kill().world(|world| world.fails("record strike/cache-1")).run();
    run.is(
        Verdict::Error,
        ExitCode::Error,
        &[Code::JournalFailed, Code::NotInjected],
    );
    assert!(run.effects("apply").is_empty() && run.judgement.undone);
}

#[test]
fn journal_fails_after_the_first_fault() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(fault("strike", "kill", "api_1").after("slow"))
        .world(|world| world.fails("record strike/api-1"))
        .run();
    run.is(
        Verdict::Error,
        ExitCode::Error,
        &[Code::JournalFailed, Code::NotInjected],
    );
    assert_eq!(
        (run.effects("apply"), run.effects("undo")),
        (vec!["slow/cache-1".into()], vec!["slow/cache-1".into()])
    );
}

#[test]
fn apply_fails() {
    let run = kill().world(|world| world.fails("apply strike/cache-1")).run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert_eq!(run.effects("undo"), ["strike/cache-1"]);
    assert!(run.judgement.undone);
}

#[test]
fn no_effect() {
    let gone = Answer::Sees(action::Effect::Gone("nothing has changed".into()));
    let run = kill()
        .world(|world| world.answer("look strike/cache-1", [gone]))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
    assert_eq!(run.effects("undo"), ["strike/cache-1"]);
}

#[test]
fn no_effect_within_the_time_limit() {
    let not_yet = Answer::Sees(action::Effect::NotYet("no traffic".into()));
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .world(|world| world.answer("look slow/cache-1", [not_yet]))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
    assert!(run.judgement.reasons[0].message.contains("no traffic"));
}

#[test]
fn no_effect_within_the_duration() {
    let not_yet = Answer::Sees(action::Effect::NotYet("no traffic".into()));
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(8)))
        .world(|world| world.answer("look slow/cache-1", [not_yet]))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
    assert!(
        run.effects_at("undo")[0].0 >= secs(9),
        "it had all of its duration"
    );
}

#[test]
fn effect_can_not_be_looked_at() {
    let run = kill()
        .world(|world| {
            world.answer(
                "look strike/cache-1",
                [Answer::Fails(ErrorClass::Permission, ms(1))],
            )
        })
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
}

#[test]
fn effect_lapses() {
    let bites = || Answer::Sees(action::Effect::Bites("seen".into()));
    let gone = Answer::Sees(action::Effect::Gone("somebody has taken it away".into()));
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(3)))
        .world(|world| world.answer("look slow/cache-1", [bites(), bites(), gone]))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::EffectLapsed],
    );
    assert_eq!(run.step("slow").outcome, StepOutcome::Failed);
}

#[test]
fn interrupted_while_observing() {
    let run = kill().world(|world| world.signal(ms(500))).run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
    assert!(run.effects("prepare").is_empty() && !run.machine.touched());
    run.outcomes(&[("strike", StepOutcome::Skipped)]);
}

#[test]
fn interrupted_while_acting() {
    for asked in [
        "prepare strike/cache-1",
        "record strike/cache-1",
        "apply strike/cache-1",
        "look strike/cache-1",
    ] {
        let interrupt = || Input::Interrupt(Interrupt::Signal("SIGTERM".into()));
        let run = kill()
            .step(sleep("rest", secs(9)).after("strike"))
            .world(|world| world.on(asked, interrupt))
            .run();
        run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
        let applied = !asked.starts_with("prepare") && !asked.starts_with("record");
        assert_eq!(run.effects("apply").len(), usize::from(applied), "{asked}");
        assert_eq!(run.effects("undo").len(), usize::from(applied), "{asked}");
    }
}

#[test]
fn interrupted_while_recovering() {
    let run = kill().world(|world| world.signal(secs(4))).run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
    assert!(run.stage_at(Stage::Recovering) < secs(4) && run.effects("undo").len() == 1);
}

#[test]
fn interrupted_while_undoing() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .world(|world| {
            world.answer("undo slow/cache-1", [Answer::Late(secs(2))]);
            world.on("undo slow/cache-1", || Input::Interrupt(Interrupt::Stop));
        })
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Stopped]);
    assert_eq!(run.effects("undo").len(), 1, "it is not begun twice");
    assert_eq!(
        run.effects("stage")
            .iter()
            .filter(|stage| *stage == "undoing")
            .count(),
        1
    );
}

#[test]
fn interrupted_while_settling() {
    let interrupt = || Input::Interrupt(Interrupt::Signal("SIGINT".into()));
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .world(|world| world.on("stage settling", interrupt))
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
    assert!(run.judgement.undone);
}

#[test]
fn interrupted_twice() {
    let run = pause()
        .world(|world| {
            world.signal(secs(2));
            world.signal(secs(2) + ms(1));
        })
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
    assert_eq!(run.effects("undo").len(), 1);
}

#[test]
fn keeper_lost() {
    let run = pause()
        .world(|world| {
            world.input(secs(2), lost(Code::KeeperLost));
            world.input(secs(2), lost(Code::KeeperLost));
        })
        .run();
    run.is(Verdict::Error, ExitCode::Error, &[Code::KeeperLost]);
    assert!(run.judgement.undone && run.effects("undo").len() == 1);
}

#[test]
fn interrupted_then_keeper_lost() {
    let run = pause()
        .world(|world| {
            world.signal(secs(2));
            world.input(secs(2), lost(Code::KeeperLost));
        })
        .run();
    run.is(
        Verdict::Error,
        ExitCode::Error,
        &[Code::Interrupted, Code::KeeperLost],
    );
}

#[test]
fn nothing_done() {
    Scenario::new().run().is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NothingDone],
    );
}

#[test]
fn all_steps_skipped() {
    let run = Scenario::unsteady()
        .step(sleep("rest", ms(10)))
        .step(fault("strike", "kill", "cache").on("rest", StepEvent::Failed))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NothingDone],
    );
    run.outcomes(&[("rest", StepOutcome::Passed), ("strike", StepOutcome::Skipped)]);
}

#[test]
fn fault_skipped() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(wait("never", rate(1_000, 0.5), ms(10)).or_continue())
        .step(fault("strike", "kill", "cache").after("never"))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::StepSkipped],
    );
}

#[test]
fn fault_for_a_failing_that_never_came() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(fault("strike", "kill", "api_1").on("slow", StepEvent::Failed))
        .step(fault("more", "kill", "api_2").after("strike"))
        .run();
    run.passes();
}

#[test]
fn no_fault_in_the_spec() {
    Scenario::unsteady()
        .step(sleep("rest", secs(1)))
        .step(heal("fresh", "restart", "cache"))
        .run()
        .passes();
}

#[test]
fn ended_too_early_to_tell_the_recovery() {
    let early = |at| {
        kill()
            .step(sleep("rest", secs(9)).after("strike"))
            .expect(recovers("strike", secs(3)))
            .world(|world| world.signal(at))
            .run()
    };
    early(secs(2)).is(
        Verdict::Aborted,
        ExitCode::Aborted,
        &[Code::Interrupted, Code::NoData],
    );
    early(secs(6)).is(
        Verdict::Fail,
        ExitCode::Fail,
        &[Code::Interrupted, Code::ExpectationNotMet],
    );
}
