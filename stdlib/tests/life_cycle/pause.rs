//! `pause`.

use rescc_core::catalogue::Power;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::resource::Phase;

use crate::{Case, bites, gone};

fn pause() -> Case {
    Case::new("pause", &[])
}

#[tokio::test]
async fn it_bites_while_all_is_held() {
    let case = pause();
    let record = case.apply().await;
    assert_eq!(
        bites(case.verify(&record).await),
        "all processes of `cache-1` are held still"
    );
    assert!(case.verify_undone(&record).await.is_err());
}

#[tokio::test]
async fn it_lapses_when_somebody_lets_it_go_on() {
    let case = pause();
    let record = case.apply().await;
    case.change(|world| world.held = false);
    assert_eq!(
        gone(case.verify(&record).await),
        "`cache-1` runs: somebody let it go on"
    );
}

#[tokio::test]
async fn it_lapses_when_the_target_ends() {
    let case = pause();
    let record = case.apply().await;
    case.change(|world| world.end("out of memory", Some(9)));
    assert_eq!(
        gone(case.verify(&record).await),
        "`cache-1` ended while it was held"
    );
    let undone = case.undo(&record).await;
    assert!(!undone.acted);
    assert_eq!(
        case.verify_undone(&record).await.unwrap(),
        "`cache-1` is gone, nothing is held"
    );
    assert_eq!(
        case.world.state.with(|world| world.log.clone()),
        ["freeze cache-1"]
    );
}

#[tokio::test]
async fn a_later_life_that_is_held_is_not_what_was_asked() {
    let case = pause();
    let record = case.apply().await;
    case.change(|world| {
        world.end("crashed", None);
        world.begin();
        world.held = true;
    });
    assert!(gone(case.verify(&record).await).contains("a later life"));
}

#[tokio::test]
async fn a_start_between_the_look_and_the_hold_is_noticed_and_let_go() {
    let case = pause();
    let record = case.record(case.prepare().await.unwrap());
    case.change(|world| {
        world.end("crashed", None);
        world.begin();
    });
    let failure = case
        .fault
        .apply(&case.context, &record.payload)
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::Transient);
    assert!(case.undo(&record).await.acted);
    assert!(case.world.state.with(|world| !world.held));
}

#[tokio::test]
async fn only_what_runs_and_is_not_held_is_held() {
    let case = pause();
    case.change(|world| world.held = true);
    assert_eq!(case.prepare().await.unwrap_err().class, ErrorClass::Conflict);
    case.change(|world| world.phase = Phase::Stopped);
    assert_eq!(case.prepare().await.unwrap_err().class, ErrorClass::Permanent);
}

#[tokio::test]
async fn it_needs_no_signals() {
    let case = pause();
    case.change(|world| _ = world.lacks.insert(Power::Signals));
    let record = case.apply().await;
    bites(case.verify(&record).await);
    assert!(case.undo(&record).await.acted);
    case.verify_undone(&record).await.unwrap();
}

#[tokio::test]
async fn an_undo_that_can_not_look_lets_go_all_the_same() {
    let case = pause();
    let record = case.apply().await;
    case.change(|world| {
        _ = world
            .fails
            .insert("state", Failure::new(ErrorClass::Transient, "no answer"))
    });
    assert!(case.undo(&record).await.acted);
    assert!(case.verify_undone(&record).await.is_err());
}
