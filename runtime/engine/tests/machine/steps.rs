//! When steps start, how many at once, and how they are tried again.

use rescc_core::error::ErrorClass;
use rescc_core::event::{Stage, StepOutcome};
use rescc_core::program::{MinHealthy, StepEvent};
use rescc_core::resource::Phase;
use rescc_core::verdict::{ExitCode, ReasonCode as Code, Verdict};

use crate::harness::{Scenario, StepExt, fault, heal, healthy, ms, rate, secs, sleep, wait};
use crate::world::Answer;

#[test]
fn a_step_waits_for_a_fault_to_bite() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").lasting(secs(5)))
        .step(fault("strike", "kill", "api_1").on("slow", StepEvent::Active))
        .world(|world| world.answer("look slow/cache-1", [Answer::Late(secs(1))]))
        .run();
    run.passes();
    let strike = run.step("strike").started.unwrap();
    assert_eq!(Some(strike), run.step("slow").active);
    assert!(strike < run.effects_at("undo")[0].0);
}

#[test]
fn handlers_of_a_failing_start_and_others_do_not() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(fault("next", "kill", "api_1").after("slow"))
        .step(sleep("other", secs(1)))
        .step(sleep("later", ms(1)).after("other"))
        .step(sleep("failed", ms(1)).on("slow", StepEvent::Failed))
        .step(sleep("ended", ms(1)).on("slow", StepEvent::Ended))
        .world(|world| world.fails("apply slow/cache-1"))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    run.outcomes(&[
        ("slow", StepOutcome::Failed),
        ("next", StepOutcome::Skipped),
        ("other", StepOutcome::Passed),
        ("later", StepOutcome::Skipped),
        ("failed", StepOutcome::Passed),
        ("ended", StepOutcome::Passed),
    ]);
}

#[test]
fn a_failing_that_is_accepted_lets_others_start() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").or_continue())
        .step(sleep("other", secs(1)))
        .step(sleep("later", ms(1)).after("other"))
        .world(|world| world.fails("apply slow/cache-1"))
        .run();
    assert_eq!(run.step("later").outcome, StepOutcome::Passed);
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
}

#[test]
fn no_more_steps_act_at_once_than_may() {
    let one = |name: &str, on: &str| fault(name, "latency", on).lasting(secs(2));
    let run = Scenario::unsteady()
        .step(one("a", "cache"))
        .step(one("b", "api_1"))
        .step(one("c", "api_2"))
        .step(sleep("free", ms(10)))
        .flow(|flow| flow.limits.concurrency = Some(2))
        .run();
    run.passes();
    let started = |name| run.step(name).started.unwrap();
    assert_eq!(
        (started("a"), started("b"), started("free")),
        (ms(0), ms(0), ms(0))
    );
    assert!(started("c") >= secs(2));
}

#[test]
fn a_fault_waits_for_room_in_the_blast_radius() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").lasting(secs(2)))
        .step(fault("strike", "kill", "api_1"))
        .flow(|flow| flow.limits.blast_radius = Some(0.34))
        .run();
    run.passes();
    assert!(run.step("strike").started.unwrap() >= secs(2));
}

#[test]
fn a_fault_waits_until_what_was_killed_is_well_again() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(fault("more", "kill", "api_1").after("strike"))
        .flow(|flow| flow.limits.blast_radius = Some(0.34))
        .world(|world| _ = world.comes_back.insert("cache-1".into(), secs(3)))
        .run();
    run.passes();
    assert!(run.step("more").started.unwrap() >= secs(3));
}

#[test]
fn no_room_for_good() {
    // Nothing takes the first fault back before the end, and there is no deadline.
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(fault("strike", "kill", "api_1").after("slow"))
        .flow(|flow| flow.limits.blast_radius = Some(0.34))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    run.outcomes(&[("slow", StepOutcome::Passed), ("strike", StepOutcome::Failed)]);
    assert!(run.judgement.undone && run.stage_at(Stage::Done) < secs(8));
}

#[test]
fn too_few_would_stay_healthy() {
    let mut scenario = Scenario::unsteady().step(fault("strike", "kill", "api_1"));
    scenario.program.resources.get_mut("api").unwrap().min_healthy = MinHealthy::Count(1);
    let run = scenario
        .step(sleep("first", secs(1)))
        .world(|world| world.changes(ms(0), "api-2", Phase::Stopped, false));
    let mut run = run;
    run.flow.steps[0] = fault("strike", "kill", "api_1").after("first");
    let run = run.run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert!(run.effects("prepare").is_empty());
    assert!(
        run.step("strike").detail.contains("1 must be"),
        "{}",
        run.step("strike").detail
    );
}

#[test]
fn two_faults_at_once_leave_enough_healthy() {
    let mut scenario = Scenario::unsteady()
        .step(fault("one", "kill", "api_1"))
        .step(fault("two", "kill", "api_2"));
    scenario.program.resources.get_mut("api").unwrap().min_healthy = MinHealthy::Count(1);
    let run = scenario.run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert_eq!(run.effects("apply"), ["one/api-1"]);
}

#[test]
fn two_actions_on_one_target_come_one_after_the_other() {
    let run = Scenario::unsteady()
        .step(fault("one", "latency", "cache"))
        .step(fault("two", "pause", "cache"))
        .world(|world| world.answer("apply one/cache-1", [Answer::Late(secs(2))]))
        .run();
    run.passes();
    assert!(run.effects_at("prepare")[1].0 >= secs(2));
    assert_eq!(run.effects("undo"), ["two/cache-1", "one/cache-1"]);
}

#[test]
fn members_gone() {
    let run = Scenario::unsteady()
        .step(sleep("first", secs(1)))
        .step(fault("strike", "kill", "api").after("first"))
        .world(|world| {
            world.changes(ms(500), "api-2", Phase::Absent, false);
            world.answer(
                "prepare strike/api-2",
                [Answer::Fails(ErrorClass::NotFound, ms(1))],
            );
        })
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert!(run.judgement.undone);
    assert_eq!(run.effects("apply").len(), run.effects("undo").len());
}

#[test]
fn nothing_to_act_on() {
    let mut scenario = Scenario::unsteady().step(fault("strike", "kill", "cache").lasting(secs(1)));
    scenario.instances.retain(|one| one.resource != "cache");
    scenario.run().is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    let mut scenario = Scenario::unsteady().step(heal("fresh", "restart", "cache"));
    scenario.instances.retain(|one| one.resource != "cache");
    scenario
        .run()
        .is(Verdict::Fail, ExitCode::Fail, &[Code::HealFailed]);
}

#[test]
fn a_transient_failure_is_tried_again_with_backoff() {
    let fails = |class| Answer::Fails(class, ms(1));
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").retried(3, secs(1)))
        .world(|world| {
            world.answer("apply slow/cache-1", [fails(ErrorClass::Transient)]);
            world.answer("apply slow/cache-1/1", [fails(ErrorClass::Timeout)]);
        })
        .run();
    run.passes();
    assert_eq!(
        run.effects("apply"),
        ["slow/cache-1", "slow/cache-1/1", "slow/cache-1/2"]
    );
    assert_eq!(run.effects("undo").len(), 3, "each attempt is taken back");
    let at: Vec<_> = run.effects_at("apply").into_iter().map(|(at, _)| at).collect();
    assert!(at[1] - at[0] >= secs(1) && at[2] - at[1] >= secs(2), "{at:?}");
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").retried(3, secs(1)))
        .world(|world| world.fails("apply slow/cache-1"))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert_eq!(run.effects("apply").len(), 1);
}

#[test]
fn another_attempt_needs_room_like_the_first() {
    let run = Scenario::unsteady()
        .step(fault("one", "latency", "api_1").retried(2, secs(1)))
        .step(fault("two", "latency", "api_2").lasting(secs(3)))
        .flow(|flow| flow.limits.blast_radius = Some(0.34))
        .world(|world| world.answer("apply one/api-1", [Answer::Fails(ErrorClass::Transient, ms(1))]))
        .run();
    run.passes();
    assert!(run.effects_at("apply")[2].0 >= secs(3), "{}", run.story());
}

#[test]
fn what_could_not_be_undone_is_not_tried_again() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").retried(3, secs(1)))
        .world(|world| {
            world.answer(
                "apply slow/cache-1",
                [Answer::Fails(ErrorClass::Transient, ms(1))],
            );
            world.fails("undo slow/cache-1");
        })
        .run();
    run.is(Verdict::Error, ExitCode::NotUndone, &[Code::NotUndone]);
    assert_eq!(run.effects("apply").len(), 1);
}

#[test]
fn a_fault_that_does_not_bite_within_its_timeout() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").timeout(secs(1)))
        .world(|world| world.answer("look slow/cache-1", [Answer::Late(secs(3))]))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
    assert!(run.step("slow").ended.unwrap() <= secs(1) + ms(10));
}

#[test]
fn a_fault_that_is_not_applied_within_its_timeout() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").timeout(secs(1)))
        .world(|world| world.answer("apply slow/cache-1", [Answer::Late(secs(3))]))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert_eq!(
        run.effects("undo"),
        ["slow/cache-1"],
        "it came late, and was taken back"
    );
}

#[test]
fn a_timeout_shortens_a_wait() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(
            wait("back", healthy("cache"), secs(60))
                .after("strike")
                .timeout(secs(2)),
        )
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::WaitTimedOut]);
    assert!(
        run.step("back").detail.contains("within 2s"),
        "{}",
        run.step("back").detail
    );
}

#[test]
fn a_wait_trusts_only_what_began_after_its_step() {
    let run = Scenario::unsteady()
        .step(sleep("rest", secs(5)))
        .step(fault("slow", "latency", "cache").after("rest"))
        .step(wait("good", rate(2_000, 0.99), secs(10)).after("slow"))
        .run();
    run.passes();
    let wait = run.step("good");
    assert!(
        wait.ended.unwrap() - wait.started.unwrap() >= secs(2),
        "a window of its own"
    );
}

#[test]
fn what_was_known_of_health_before_the_fault_is_forgotten() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(wait("back", healthy("cache"), secs(9)).after("strike"))
        .world(|world| _ = world.comes_back.insert("cache-1".into(), secs(2)))
        .run();
    run.passes();
    assert!(run.step("back").ended.unwrap() >= secs(2));
}

#[test]
fn an_instance_that_was_never_seen_is_not_healthy() {
    let mut scenario = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(wait("all", healthy("api"), secs(1)));
    scenario.instances.truncate(3);
    let plan = scenario.plan();
    assert_eq!(plan.instances.len(), 3);
    let listed: Vec<_> = scenario
        .instances
        .iter()
        .filter(|one| one.name != "api-2")
        .cloned()
        .collect();
    let run = scenario.run_with(&listed);
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::WaitTimedOut]);
}
