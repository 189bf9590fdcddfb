//! Policies that heal, and what brought a recovery.

use rescc_core::error::ErrorClass;
use rescc_core::event::{Stage, StepOutcome, What};
use rescc_core::program::StepEvent;
use rescc_core::report::RecoveredBy;
use rescc_core::verdict::{ExitCode, ReasonCode as Code, Verdict};

use crate::harness::{Scenario, StepExt, fault, heal, healthy, ms, recovers, secs, sleep, undo, wait};
use crate::world::Answer;

fn kill() -> Scenario {
    Scenario::new().step(fault("strike", "kill", "cache"))
}

#[test]
fn policy_helps() {
    let run = kill()
        .policy("revive", "cache", 3)
        .step(wait("back", healthy("cache"), secs(5)).after("strike"))
        .expect(recovers("strike", secs(2)))
        .run();
    run.passes();
    let policy = &run.judgement.heals[0];
    assert_eq!((policy.actions, policy.helped, policy.held), (1, 1, false));
    assert_eq!(
        run.step("strike").recovered_by,
        Some(RecoveredBy::Policy("revive".into()))
    );
    assert!(
        run.step("strike").time_to_recover.unwrap() >= ms(100),
        "the hold of the policy"
    );
    assert_eq!(run.step("strike").time_to_detect, Some(ms(1)));
}

#[test]
fn policy_uses_up_its_ladder() {
    let run = kill()
        .policy("revive", "cache", 2)
        .flow(|flow| flow.settle = secs(20))
        .world(|world| {
            world.answer("heal start/cache-1", [Answer::Useless]);
            world.answer(
                "heal restart/cache-1",
                [Answer::Fails(ErrorClass::Permanent, ms(1))],
            );
        })
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::RecoveredOnlyByUndo]);
    let policy = &run.judgement.heals[0];
    assert_eq!((policy.actions, policy.helped, policy.held), (4, 0, true));
    assert_eq!(
        run.effects("heal"),
        [
            "start/cache-1",
            "start/cache-1",
            "restart/cache-1",
            "restart/cache-1"
        ]
    );
    assert!(
        run.events()
            .any(|(_, what)| matches!(what, What::HealHeld { .. }))
    );
}

#[test]
fn policy_climbs_its_ladder() {
    let run = kill()
        .policy("revive", "cache", 2)
        .world(|world| world.answer("heal start/cache-1", [Answer::Useless]))
        .run();
    run.passes();
    assert_eq!(
        run.effects("heal"),
        ["start/cache-1", "start/cache-1", "restart/cache-1"]
    );
}

#[test]
fn a_policy_that_has_to_wait_for_its_instance_uses_no_attempt() {
    // A heal step holds the instance for long after the policy's first attempt came to nothing.
    let run = kill()
        .policy("revive", "cache", 1)
        .step(sleep("rest", ms(400)).after("strike"))
        .step(heal("slowly", "restart", "cache").after("rest"))
        .world(|world| {
            world.answer("heal start/cache-1", [Answer::Useless]);
            world.answer("heal restart/cache-1", [Answer::Late(secs(4))]);
        })
        .run();
    run.passes();
    assert!(!run.judgement.heals[0].held, "{}", run.story());
    assert_eq!(run.judgement.heals[0].actions, 1);
}

#[test]
fn the_second_policy_waits_and_looks_again() {
    let run = kill()
        .policy("first", "cache", 1)
        .policy("second", "cache", 1)
        .run();
    run.passes();
    assert_eq!(run.effects("heal").len(), 1, "{}", run.story());
}

#[test]
fn a_policy_keeps_still_while_we_undo() {
    let run = kill()
        .policy("revive", "cache", 1)
        .world(|world| {
            world.answer("undo strike/cache-1", [Answer::Late(secs(5))]);
            world.signal(ms(1_100));
        })
        .run();
    run.is(Verdict::Aborted, ExitCode::Aborted, &[Code::Interrupted]);
    assert!(run.effects("heal").is_empty());
}

#[test]
fn an_effect_that_a_heal_has_ended_is_no_lapse() {
    let run = Scenario::new()
        .step(fault("hang", "pause", "cache").lasting(secs(4)))
        .policy("revive", "cache", 1)
        .run();
    run.passes();
    assert_eq!(run.judgement.heals[0].helped, 1);
    assert_eq!(
        run.step("hang").recovered_by,
        Some(RecoveredBy::Policy("revive".into()))
    );
    assert_eq!(
        run.step("hang").time_to_recover,
        Some(ms(0)),
        "it was back before the fault's end"
    );
}

#[test]
fn the_system_recovers_itself() {
    let run = kill()
        .world(|world| _ = world.comes_back.insert("cache-1".into(), secs(2)))
        .run();
    run.passes();
    assert_eq!(run.step("strike").recovered_by, Some(RecoveredBy::System));
    let time = run.step("strike").time_to_recover.unwrap();
    assert!(time > ms(1_900) && time < ms(2_200), "{time:?}");
}

#[test]
fn a_step_brings_the_recovery() {
    let run = kill()
        .step(heal("rescue", "restart", "cache").after("strike"))
        .world(|world| world.answer("heal restart/cache-1", [Answer::Late(ms(500))]))
        .run();
    run.passes();
    assert_eq!(
        run.step("strike").recovered_by,
        Some(RecoveredBy::Step("rescue".into()))
    );
}

#[test]
fn recovery_by_our_undo_is_no_recovery_time() {
    let run = kill().expect(recovers("strike", secs(100))).run();
    run.is(
        Verdict::Fail,
        ExitCode::Fail,
        &[Code::RecoveredOnlyByUndo, Code::ExpectationNotMet],
    );
    let step = run.step("strike");
    assert_eq!(
        (step.time_to_recover, step.recovered_by.clone()),
        (None, Some(RecoveredBy::Undo))
    );
}

#[test]
fn recovery_by_an_undo_step_is_no_recovery_time() {
    let run = kill()
        .step(sleep("rest", secs(1)).after("strike"))
        .step(undo("enough", "strike").after("rest"))
        .expect(recovers("strike", secs(100)))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::ExpectationNotMet]);
    assert_eq!(run.step("strike").recovered_by, Some(RecoveredBy::Undo));
}

#[test]
fn a_steady_state_that_was_never_lost_takes_no_time() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .step(sleep("rest", secs(2)).after("slow"))
        .expect(recovers("slow", secs(1)))
        .run();
    run.passes();
    assert_eq!(run.step("slow").recovered_by, Some(RecoveredBy::NeverLost));
    assert_eq!(run.step("slow").time_to_recover, Some(ms(0)));
}

#[test]
fn a_loss_belongs_to_the_fault_that_brought_it() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache").lasting(secs(2)))
        .step(sleep("rest", secs(3)).after("slow"))
        .step(fault("strike", "kill", "cache").after("rest"))
        .policy("revive", "cache", 1)
        .expect(recovers("slow", secs(1)))
        .run();
    run.passes();
    assert_eq!(run.step("slow").recovered_by, Some(RecoveredBy::NeverLost));
    assert_eq!(
        run.step("strike").recovered_by,
        Some(RecoveredBy::Policy("revive".into()))
    );
}

#[test]
fn a_window_from_before_the_fault_proves_nothing() {
    // The last step is the kill itself: the window of the steady state is still full of good samples.
    let run = kill().expect(recovers("strike", secs(1))).run();
    run.is(
        Verdict::Fail,
        ExitCode::Fail,
        &[Code::RecoveredOnlyByUndo, Code::ExpectationNotMet],
    );
    let (active, undoing) = (run.step("strike").active.unwrap(), run.stage_at(Stage::Undoing));
    assert!(undoing - active >= secs(1), "{active:?} {undoing:?}");
}

#[test]
fn a_heal_waits_for_the_fault_that_is_being_put_in() {
    let run = Scenario::unsteady()
        .step(fault("slow", "latency", "cache"))
        .step(heal("fresh", "restart", "cache"))
        .world(|world| world.answer("apply slow/cache-1", [Answer::Late(secs(2))]))
        .run();
    assert!(run.effects_at("heal")[0].0 >= secs(2), "{}", run.story());
    run.outcomes(&[("slow", StepOutcome::Passed), ("fresh", StepOutcome::Passed)]);
}

#[test]
fn a_heal_step_takes_too_long() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(
            heal("rescue", "restart", "cache")
                .after("strike")
                .timeout(secs(1)),
        )
        .step(sleep("more", secs(1)).on("rescue", StepEvent::Failed))
        .world(|world| world.answer("heal restart/cache-1", [Answer::Late(secs(4))]))
        .run();
    run.is(Verdict::Fail, ExitCode::Fail, &[Code::HealFailed]);
    assert_eq!(run.step("more").outcome, StepOutcome::Passed);
    assert!(
        run.effects_at("undo")[0].0 >= secs(4),
        "the undo waits for the heal that is under way"
    );
}

#[test]
fn a_heal_step_is_tried_again() {
    let run = Scenario::unsteady()
        .step(fault("strike", "kill", "cache"))
        .step(
            heal("rescue", "restart", "cache")
                .after("strike")
                .retried(2, secs(1)),
        )
        .world(|world| {
            world.answer(
                "heal restart/cache-1",
                [Answer::Fails(ErrorClass::Transient, ms(1)), Answer::Late(ms(1))],
            );
        })
        .run();
    run.passes();
    assert_eq!(run.effects("heal").len(), 2);
}

#[test]
fn a_steady_state_without_a_window() {
    let run = |back: bool| {
        kill()
            .flow(|flow| flow.steady_state = Some(healthy("cache")))
            .world(|world| {
                if back {
                    world.comes_back.insert("cache-1".into(), secs(2));
                }
            })
            .run()
    };
    let recovered = run(true);
    recovered.passes();
    assert_eq!(recovered.step("strike").recovered_by, Some(RecoveredBy::System));
    let time = recovered.step("strike").time_to_recover.unwrap();
    assert!(time >= ms(1_990) && time <= ms(2_010), "{time:?}");
    run(false).is(Verdict::Fail, ExitCode::Fail, &[Code::RecoveredOnlyByUndo]);
}

#[test]
fn a_heal_that_comes_to_nothing_brings_no_recovery() {
    // The policy acts first, and fails; then the system comes back by itself.
    let run = kill()
        .policy("revive", "cache", 1)
        .world(|world| {
            world.fails("heal start/cache-1");
            world.fails("heal restart/cache-1");
            world.comes_back.insert("cache-1".into(), secs(3));
        })
        .run();
    run.passes();
    assert_eq!(run.step("strike").recovered_by, Some(RecoveredBy::System));
}

#[test]
fn policies_do_not_act_before_the_first_step() {
    let run = Scenario::new()
        .step(fault("slow", "latency", "cache"))
        .policy("revive", "api", 1)
        .flow(|flow| flow.observe = secs(3))
        .world(|world| world.changes(ms(100), "api-1", rescc_core::resource::Phase::Stopped, false))
        .run();
    assert!(run.effects_at("heal")[0].0 >= secs(3));
}
