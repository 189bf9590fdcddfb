//! `restart` and `start`.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::catalogue::Power;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::undo::Undone;
use rescc_core::value::Value;

use crate::context;
use crate::fake::Fake;

async fn run(heal: &str, world: &Arc<Fake>, arguments: &[(&str, Value)]) -> Result<Undone, Failure> {
    rescc_stdlib::actions()
        .heal(heal)
        .unwrap()
        .run(&context(world, arguments))
        .await
}

fn log(world: &Fake) -> Vec<String> {
    world.state.with(|world| world.log.clone())
}

#[tokio::test]
async fn a_restart_gives_the_grace_that_was_written() {
    let world = Arc::new(Fake::default());
    assert!(run("restart", &world, &[]).await.unwrap().acted);
    run(
        "restart",
        &world,
        &[("grace", Value::Duration(Duration::from_millis(100)))],
    )
    .await
    .unwrap();
    assert_eq!(
        log(&world),
        ["restart cache-1 with 5s", "restart cache-1 with 100ms"]
    );
    let failure = run(
        "restart",
        &world,
        &[("grace", Value::Duration(Duration::from_secs(31)))],
    )
    .await
    .unwrap_err();
    assert_eq!(failure.message, "`grace` is longer than 30s");
}

#[tokio::test]
async fn a_start_leaves_alone_what_runs() {
    let world = Arc::new(Fake::default());
    assert!(!run("start", &world, &[]).await.unwrap().acted);
    world.state.with(|world| world.end("crashed", None));
    assert!(run("start", &world, &[]).await.unwrap().acted);
    assert_eq!(log(&world), ["start cache-1"]);
}

#[tokio::test]
async fn heals_need_the_power_and_hand_on_its_failures() {
    for heal in ["restart", "start"] {
        let world = Arc::new(Fake::default());
        let failure = Failure::new(ErrorClass::NotFound, "the program is not there");
        world
            .state
            .with(|world| _ = world.fails.insert(heal, failure.clone()));
        assert_eq!(run(heal, &world, &[]).await, Err(failure));
        world.state.with(|world| _ = world.lacks.insert(Power::Lifecycle));
        assert_eq!(
            run(heal, &world, &[]).await.unwrap_err().class,
            ErrorClass::Unsupported
        );
    }
}
