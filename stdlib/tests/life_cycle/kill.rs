//! `kill`.

use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::resource::Phase;
use rescc_core::value::Value;

use crate::{Case, bites, not_yet};

fn kill(signal: &str) -> Case {
    Case::new("kill", &[("signal", Value::Word(signal.into()))])
}

#[tokio::test]
async fn its_end_by_the_signal_is_the_proof_and_stays_it() {
    let case = kill("SIGTERM");
    let record = case.apply().await;
    assert_eq!(
        bites(case.verify(&record).await),
        "`cache-1` ended by signal 15 (SIGTERM)"
    );
    // Somebody brought it back: the life that was ended stays ended.
    case.change(crate::World::begin);
    bites(case.verify(&record).await);
}

#[tokio::test]
async fn every_signal_has_its_number() {
    for (word, number) in [
        ("SIGKILL", 9),
        ("SIGTERM", 15),
        ("SIGINT", 2),
        ("SIGQUIT", 3),
        ("SIGABRT", 6),
        ("SIGSEGV", 11),
        ("SIGHUP", 1),
    ] {
        let case = kill(word);
        case.apply().await;
        assert_eq!(
            case.world.state.with(|world| world.log.clone()),
            [format!("signal {number} to cache-1")]
        );
    }
    assert_eq!(
        kill("SIGWINCH").prepare().await.unwrap_err().class,
        ErrorClass::Permanent
    );
}

#[tokio::test]
async fn without_a_word_it_is_sigkill() {
    let case = Case::new("kill", &[]);
    let record = case.apply().await;
    assert!(bites(case.verify(&record).await).contains("signal 9"));
}

#[tokio::test]
async fn a_signal_that_is_handled_shows_as_such() {
    let case = kill("SIGTERM");
    let record = case.apply().await;
    case.change(|world| {
        world.ends.insert(
            1,
            rescc_core::environment::Fate::Ended {
                how: "exited with code 0".into(),
                signal: None,
            },
        );
    });
    assert_eq!(
        bites(case.verify(&record).await),
        "`cache-1` ended after signal 15 (SIGTERM): exited with code 0"
    );
}

#[tokio::test]
async fn a_signal_that_is_ignored_is_no_effect() {
    let case = kill("SIGTERM");
    case.change(|world| world.ignores_signals = true);
    let record = case.apply().await;
    assert_eq!(
        not_yet(case.verify(&record).await),
        "`cache-1` lives on after signal 15 (SIGTERM)"
    );
    let undone = case.undo(&record).await;
    assert!(!undone.acted);
    case.verify_undone(&record).await.unwrap();
}

#[tokio::test]
async fn what_does_not_run_is_not_killed() {
    for phase in [
        Phase::Absent,
        Phase::Starting,
        Phase::Paused,
        Phase::Stopping,
        Phase::Stopped,
    ] {
        let case = kill("SIGKILL");
        case.change(|world| world.phase = phase);
        let failure = case.prepare().await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Permanent);
        assert_eq!(
            failure.message,
            format!("`cache-1` is not running: it is {phase}")
        );
    }
}

#[tokio::test]
async fn a_later_life_is_left_alone() {
    let case = kill("SIGKILL");
    let payload = case.prepare().await.unwrap();
    case.change(|world| {
        world.end("crashed", None);
        world.begin();
    });
    let failure = case.fault.apply(&case.context, &payload).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Transient);
    assert!(case.world.state.with(|world| world.log.is_empty()));
}

#[tokio::test]
async fn the_undo_starts_only_what_nothing_else_has_started() {
    let case = kill("SIGKILL");
    let record = case.apply().await;
    case.change(crate::World::begin);
    let undone = case.undo(&record).await;
    assert_eq!(
        (undone.acted, undone.detail.as_str()),
        (false, "`cache-1` runs already")
    );

    let case = kill("SIGKILL");
    let record = case.apply().await;
    assert!(case.verify_undone(&record).await.is_err());
    let undone = case.undo(&record).await;
    assert_eq!(
        (undone.acted, undone.detail.as_str()),
        (true, "`cache-1` was stopped: `cache-1` was started")
    );
    assert_eq!(case.verify_undone(&record).await.unwrap(), "`cache-1` is running");
}

#[tokio::test]
async fn the_undo_does_not_take_a_dying_instance_for_a_living_one() {
    let case = kill("SIGTERM");
    case.change(|world| world.dies_after = Some(Duration::from_millis(500)));
    let record = case.apply().await;
    not_yet(case.verify(&record).await);
    assert!(case.undo(&record).await.acted);
    assert_eq!(
        case.world.state.with(|world| (world.phase, world.life)),
        (Phase::Running, 2)
    );
}

#[tokio::test]
async fn what_somebody_else_holds_still_stays_so() {
    let case = kill("SIGKILL");
    let record = case.apply().await;
    case.change(|world| {
        world.begin();
        world.phase = Phase::Paused;
    });
    assert!(!case.undo(&record).await.acted);
    assert_eq!(case.verify_undone(&record).await.unwrap(), "`cache-1` is paused");
}

#[tokio::test]
async fn a_start_that_finds_nothing_to_start_is_no_success() {
    let case = kill("SIGKILL");
    let record = case.apply().await;
    case.change(|world| {
        world.phase = Phase::Absent;
        world
            .fails
            .insert("start", Failure::new(ErrorClass::NotFound, "no such container"));
    });
    assert_eq!(
        case.try_undo(&record).await.unwrap_err().message,
        "no such container"
    );
    assert!(case.verify_undone(&record).await.is_err());
}

#[tokio::test]
async fn without_signals_the_undo_still_works() {
    let case = kill("SIGKILL");
    let record = case.apply().await;
    case.change(|world| _ = world.lacks.insert(rescc_core::catalogue::Power::Signals));
    assert!(case.undo(&record).await.acted);
    case.verify_undone(&record).await.unwrap();
}
