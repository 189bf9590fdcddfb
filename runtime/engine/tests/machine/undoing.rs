//! Undo: of everything, newest first, whatever happens.

use std::time::Duration;

use rescc_core::error::ErrorClass;
use rescc_core::event::{Stage, StepOutcome};
use rescc_core::undo::UndoState;
use rescc_core::verdict::{ExitCode, ReasonCode as Code, Verdict};
use rescc_engine::machine::Effect;

use crate::harness::{Outcome, Scenario, StepExt, fault, healthy, ms, secs, sleep, undo, wait};
use crate::world::{Answer, Fact};

#[test]
fn not_undone() {
    let run = Scenario::unsteady()
        .step(fault("one", "latency", "cache"))
        .step(fault("two", "latency", "api_1").after("one"))
        .step(fault("three", "latency", "api_2").after("two"))
        .world(|world| world.fails("undo two/api-1"))
        .run();
    run.is(Verdict::Error, ExitCode::NotUndone, &[Code::NotUndone]);
    assert!(!run.judgement.undone);
    let order = [
        "three/api-2",
        "two/api-1",
        "two/api-1",
        "two/api-1",
        "one/cache-1",
    ];
    assert_eq!(run.effects("undo"), order);
    let states: Vec<_> = run
        .judgement
        .injections
        .iter()
        .map(|one| one.undo.is_settled())
        .collect();
    assert_eq!(states, [true, false, true]);
    assert!(
        matches!(&run.judgement.injections[1].undo, UndoState::Failed { command, .. } if command == "rescc recover")
    );
    assert_eq!(run.effects("mark").len(), 3);
}

#[test]
fn not_undone_after_its_duration() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(1)))
        .world(|world| world.fails("undo slow/cache-1"))
        .run();
    run.is(Verdict::Error, ExitCode::NotUndone, &[Code::NotUndone]);
    assert_eq!(run.step("slow").outcome, StepOutcome::Failed);
}

#[test]
fn undone_at_the_third_attempt() {
    let fails = || Answer::Fails(ErrorClass::Permanent, ms(1));
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(1)))
        .world(|world| world.answer("undo slow/cache-1", [fails(), fails(), Answer::Late(ms(5))]))
        .run();
    run.passes();
    let at: Vec<_> = run.effects_at("undo").into_iter().map(|(at, _)| at).collect();
    assert!(at[1] - at[0] >= secs(1) && at[2] - at[1] >= secs(2), "{at:?}");
}

#[test]
fn the_instances_of_one_step_are_undone_newest_first() {
    let run = Scenario::unsteady().step(fault("slow", "latency", "api")).run();
    assert_eq!(run.effects("undo"), ["slow/api-2", "slow/api-1"]);
    run.passes();
}

#[test]
fn a_duration_is_kept() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(3)))
        .run();
    run.passes();
    let (applied, undone) = (run.effects_at("apply")[0].0, run.effects_at("undo")[0].0);
    assert_eq!(undone - applied, secs(3) + ms(1), "from the answer to the apply");
}

#[test]
fn an_undo_step_takes_its_fault_back() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", secs(1)).after("slow"))
        .step(undo("enough", "slow").after("rest"))
        .step(sleep("more", secs(3)).after("enough"))
        .run();
    run.passes();
    assert_eq!(run.effects("undo").len(), 1);
    assert!(run.effects_at("undo")[0].0 < run.stage_at(Stage::Recovering) - secs(3));
}

#[test]
fn an_undo_step_ends_a_duration() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(60)))
        .step(sleep("rest", secs(1)))
        .step(undo("enough", "slow").after("rest"))
        .run();
    run.passes();
    assert!(run.stage_at(Stage::Done) < secs(6), "{}", run.story());
}

#[test]
fn an_undo_step_before_the_bite() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", ms(100)))
        .step(undo("enough", "slow").after("rest"))
        .world(|world| world.answer("look slow/cache-1", [Answer::Late(secs(2))]))
        .run();
    run.is(Verdict::Inconclusive, ExitCode::Inconclusive, &[Code::NoEffect]);
}

#[test]
fn an_undo_step_before_the_apply() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", ms(100)))
        .step(undo("enough", "slow").after("rest"))
        .world(|world| world.answer("prepare slow/cache-1", [Answer::Late(secs(2))]))
        .run();
    run.is(
        Verdict::Inconclusive,
        ExitCode::Inconclusive,
        &[Code::NotInjected],
    );
    assert!(run.effects("apply").is_empty());
}

#[test]
fn an_undo_step_before_its_fault_has_nothing_to_do() {
    // Both start in the same turn; the undo step looks first.
    let run = Scenario::unsteady()
        .step(sleep("first", ms(0)))
        .step(fault("slow", "latency", "cache").after("first"))
        .step(undo("enough", "slow"))
        .run();
    run.passes();
    assert_eq!(run.step("enough").detail, "nothing was left to undo");
}

#[test]
fn an_undo_step_takes_too_long() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(undo("enough", "slow").after("slow").timeout(secs(1)))
        .world(|world| world.answer("undo slow/cache-1", [Answer::Late(secs(4))]))
        .run();
    run.is(Verdict::Error, ExitCode::Error, &[Code::NotUndone]);
    assert!(run.judgement.undone, "in the end it was");
}

#[test]
fn a_kill_whose_instance_runs_again_has_nothing_to_undo() {
    let run = Scenario::new()
        .step(fault("strike", "kill", "cache"))
        .step(wait("back", healthy("cache"), secs(5)).after("strike"))
        .world(|world| _ = world.comes_back.insert("cache-1".into(), secs(1)))
        .run();
    run.passes();
    assert!(matches!(
        run.judgement.injections[0].undo,
        UndoState::Verified { acted: false, .. }
    ));
}

#[test]
fn a_wait_is_not_satisfied_by_our_own_undo() {
    let run = Scenario::unsteady()
        .step(fault("hang", "pause", "cache").lasting(secs(2)))
        .step(wait("back", healthy("cache"), secs(20)).on("hang", rescc_core::program::StepEvent::Active))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::WaitTimedOut]);
    assert!(
        run.step("back").detail.contains("took a fault back"),
        "{}",
        run.step("back").detail
    );
}

#[test]
fn a_wait_is_not_satisfied_by_an_undo_that_is_not_verified_yet() {
    // The environment tells of the health before the undo has been verified.
    let run = Scenario::unsteady()
        .step(fault("hang", "pause", "cache").lasting(secs(2)))
        .step(wait("back", healthy("cache"), secs(20)).on("hang", rescc_core::program::StepEvent::Active))
        .world(|world| {
            world.answer("undo hang/cache-1", [Answer::Late(secs(1))]);
            world.changes(
                secs(2) + ms(500),
                "cache-1",
                rescc_core::resource::Phase::Running,
                true,
            );
        })
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::WaitTimedOut]);
}

#[test]
fn all_attempts_at_an_undo_fit_into_its_deadline() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").lasting(secs(2)))
        .run();
    // To apply, to stay, three attempts with one and two seconds between them.
    assert!(allowed(&run) >= secs(5 + 2 + 30 + 3), "{:?}", allowed(&run));
}

#[test]
fn the_recovery_of_the_system_fits_into_the_deadline_of_an_undo() {
    // The kill is the last step; a window of forty seconds must show whether the system has recovered.
    let mut scenario = Scenario::new().step(fault("strike", "kill", "cache"));
    scenario.worst_case = secs(1);
    let run = scenario
        .flow(|flow| flow.steady_state = Some(crate::harness::rate(40_000, 0.99)))
        .run();
    let stood = run.effects_at("undo")[0].0 - run.effects_at("record")[0].0;
    assert!(
        stood > secs(40) && allowed(&run) >= stood + secs(30),
        "{stood:?} {:?}",
        allowed(&run)
    );
}

/// How long the first fault may stand before the keeper steps in.
fn allowed(run: &Outcome) -> Duration {
    let deadline = run.trace.iter().find_map(|(at, fact)| match fact {
        Fact::Asked {
            effect: Effect::Record { undo, .. },
            ..
        } => Some(undo.deadline.since(*at)),
        _ => None,
    });
    deadline.unwrap()
}

#[test]
fn a_fault_that_could_not_be_undone_counts_for_the_blast_radius() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache").lasting(secs(1)).or_continue())
        .step(fault("strike", "kill", "api").on("slow", rescc_core::program::StepEvent::Ended))
        .flow(|flow| flow.limits.blast_radius = Some(0.67))
        .world(|world| world.fails("undo slow/cache-1"))
        .run();
    run.is(
        Verdict::Error,
        ExitCode::NotUndone,
        &[Code::NotInjected, Code::NotUndone],
    );
    assert_eq!(run.effects("apply"), ["slow/cache-1"]);
}
