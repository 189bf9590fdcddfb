//! Start, stop, restart, crashes, copies.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rescc_core::environment::{Fate, Incarnation};
use rescc_core::error::ErrorClass;
use rescc_core::resource::{Cause, Phase};
use rescc_core::value::Value;
use rescc_process::ProcessState;

use crate::support::{Binding, World, bounded, free_port, free_ports, get, plan, text, until};

const GRACE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_plan_lists_what_will_be_and_starts_nothing() {
    let binding = Binding::helper(free_port()).with("copies", Value::Count(2));
    let labels = Value::Record(BTreeMap::from([("tier".into(), text("web"))]));
    let environment = plan(&[("api", binding.with("labels", labels))]).await.unwrap();
    let list = environment.list().await.unwrap();
    assert_eq!(
        list.iter()
            .map(|instance| instance.name.as_str())
            .collect::<Vec<_>>(),
        ["api-1", "api-2"]
    );
    for instance in &list {
        assert_eq!(
            (instance.resource.as_str(), instance.kind.as_str()),
            ("api", "process")
        );
        assert_eq!((instance.phase, instance.healthy), (Phase::Running, Some(true)));
        assert_eq!(instance.labels.get("tier").map(String::as_str), Some("web"));
    }
    assert_eq!(environment.up().await.unwrap_err().class, ErrorClass::Unsupported);
    assert!(!environment.down().await.unwrap().acted);
    assert_eq!(environment.list().await.unwrap(), list);
}

#[tokio::test]
async fn it_starts_stops_and_restarts() {
    let port = free_port();
    let binding = Binding::helper(port).variable("GREETING", "private port ${port.http}");
    let world = World::up(&[("api", binding)]).await;
    let lifecycle = world.environment.lifecycle().unwrap();
    let signals = world.environment.signals().unwrap();
    let up = world.look("api-1").await;
    assert_eq!(
        (up.phase, up.healthy, up.restarts),
        (Phase::Running, Some(true), 0)
    );
    assert_eq!(get(port, "/name").await, "api-1");
    let greeting = get(port, "/greeting").await;
    let private = greeting.strip_prefix("private port ").unwrap().parse().unwrap();
    assert_ne!(port, private);
    assert_eq!(get(private, "/name").await, "api-1");
    assert!(
        std::fs::read_to_string(world.output("api-1"))
            .unwrap()
            .contains("listens")
    );

    let first = signals.incarnation("api-1").await.unwrap().unwrap();
    assert!(!lifecycle.start("api-1").await.unwrap().acted);
    assert!(bounded(lifecycle.stop("api-1", GRACE)).await.unwrap().acted);
    assert!(!lifecycle.stop("api-1", GRACE).await.unwrap().acted);
    let stopped = world.look("api-1").await;
    assert_eq!((stopped.phase, stopped.healthy), (Phase::Stopped, Some(false)));
    assert_eq!(stopped.remark, "ended by signal 15");
    assert_eq!(get(port, "/name").await, "");
    let fate = signals.fate("api-1", &first).await.unwrap();
    assert_eq!(
        fate,
        Fate::Ended {
            how: "ended by signal 15".into(),
            signal: Some(15)
        }
    );
    assert_eq!(signals.incarnation("api-1").await.unwrap(), None);
    assert_eq!(
        signals.signal("api-1", 9).await.unwrap_err().class,
        ErrorClass::NotFound
    );

    let mut changes = world.environment.changes();
    assert!(lifecycle.start("api-1").await.unwrap().acted);
    let healthy = until(&mut changes, |change| change.instance.healthy == Some(true)).await;
    assert_eq!(
        (healthy.cause, healthy.instance.phase),
        (Cause::Run, Phase::Running)
    );
    assert_eq!(get(port, "/name").await, "api-1");
    let second = signals.incarnation("api-1").await.unwrap().unwrap();
    assert_ne!(first, second);

    assert!(bounded(lifecycle.restart("api-1", GRACE)).await.unwrap().acted);
    let third = signals.incarnation("api-1").await.unwrap().unwrap();
    assert_ne!(second, third);
    assert_eq!(signals.fate("api-1", &third).await.unwrap(), Fate::Alive);
    until(&mut changes, |change| change.instance.healthy == Some(true)).await;
    assert_eq!(
        world.look("api-1").await.restarts,
        0,
        "a restart that was asked for is none of its own"
    );
    assert_eq!(
        signals
            .fate("api-1", &Incarnation("1@1".into()))
            .await
            .unwrap_err()
            .class,
        ErrorClass::NotFound
    );

    world.down().await;
    assert_eq!(world.look("api-1").await.phase, Phase::Absent);
    assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    assert_eq!(world.host.released.get().len(), 3);
    assert_eq!(
        lifecycle.start("api-1").await.unwrap_err().class,
        ErrorClass::NotFound
    );
}

#[tokio::test]
async fn copies_take_turns_and_the_sick_one_gets_none() {
    let port = free_port();
    let world = World::up(&[("api", Binding::helper(port).with("copies", Value::Count(3)))]).await;
    assert_eq!(
        count(port, 9).await,
        [("api-1", 3), ("api-2", 3), ("api-3", 3)].map(owned).into()
    );
    let mut changes = world.environment.changes();
    world
        .environment
        .signals()
        .unwrap()
        .signal("api-2", 9)
        .await
        .unwrap();
    until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
    assert_eq!(
        count(port, 8).await,
        [("api-1", 4), ("api-3", 4)].map(owned).into()
    );
    world.down().await;
}

fn owned((name, count): (&str, u32)) -> (String, u32) {
    (name.to_owned(), count)
}

async fn count(port: u16, connections: u32) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for _ in 0..connections {
        *counts.entry(get(port, "/name").await).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_kill_is_our_doing_and_a_crash_its_own() {
    let ports = free_ports::<2>();
    let world = World::up(&[("a", Binding::helper(ports[0])), ("b", Binding::helper(ports[1]))]).await;
    let signals = world.environment.signals().unwrap();
    let mut changes = world.environment.changes();
    let killed = signals.signal("a-1", 9).await.unwrap();
    let change = until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
    assert_eq!((change.instance.name.as_str(), change.cause), ("a-1", Cause::Run));
    assert_eq!(change.instance.healthy, Some(false));
    let fate = signals.fate("a-1", &killed).await.unwrap();
    assert_eq!(
        fate,
        Fate::Ended {
            how: "ended by signal 9".into(),
            signal: Some(9)
        }
    );

    get(ports[1], "/exit/4").await;
    let change = until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
    assert_eq!(
        (change.instance.name.as_str(), change.cause),
        ("b-1", Cause::System)
    );
    assert_eq!(change.instance.remark, "exited with code 4");
    assert_eq!(world.look("b-1").await.restarts, 0);
    world.down().await;
}

#[tokio::test]
async fn what_is_always_restarted_recovers_by_itself() {
    let port = free_port();
    let world = World::up(&[("api", Binding::helper(port).always())]).await;
    for (restarts, own) in [(1, true), (2, false)] {
        let mut changes = world.environment.changes();
        if own {
            get(port, "/exit/4").await;
        } else {
            world
                .environment
                .signals()
                .unwrap()
                .signal("api-1", 9)
                .await
                .unwrap();
        }
        let end = until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
        assert_eq!(end.cause, if own { Cause::System } else { Cause::Run });
        let recovery = until(&mut changes, |change| change.instance.healthy == Some(true)).await;
        assert_eq!(
            (recovery.cause, recovery.instance.restarts),
            (Cause::System, restarts)
        );
        assert_eq!(get(port, "/name").await, "api-1");
    }
    // A stop that was asked for is no crash.
    let lifecycle = world.environment.lifecycle().unwrap();
    bounded(lifecycle.stop("api-1", GRACE)).await.unwrap();
    assert_eq!(world.look("api-1").await.phase, Phase::Stopped);
    world.down().await;
    assert_eq!(world.host.notes.get().len(), 3);
}

#[tokio::test]
async fn a_next_start_can_be_called_off() {
    // The second start finds no program.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::copy("/bin/sleep", &program).unwrap();
    let world = World::up(&[("x", Binding::new(&[program.to_str().unwrap(), "1000"]).always())]).await;
    let mut changes = world.environment.changes();
    std::fs::remove_file(&program).unwrap();
    world
        .environment
        .signals()
        .unwrap()
        .signal("x-1", 9)
        .await
        .unwrap();
    until(&mut changes, |change| {
        change.instance.remark.contains("starting `x-1`")
    })
    .await;
    let lifecycle = world.environment.lifecycle().unwrap();
    let undone = bounded(lifecycle.stop("x-1", GRACE)).await.unwrap();
    assert!(undone.acted, "{}", undone.detail);
    assert!(!lifecycle.stop("x-1", GRACE).await.unwrap().acted);
    world.down().await;
}

#[tokio::test]
async fn nothing_of_a_dead_process_stays() {
    let port = free_port();
    // The listener is a child: with its parent gone it would hold on.
    let script = format!(
        "sleep 1000 & '{}' helper::program --exact --ignored --nocapture & wait",
        "${rescc}"
    );
    let binding = Binding::new(&["/bin/sh", "-c", &script]).variable("HELPER_MODE", "serve");
    let binding = binding
        .ports("ports", &[("http", port)])
        .with("ready", text("/health"));
    let world = World::up(&[("api", binding)]).await;
    let before = rescc_process::marked(&world.run).unwrap();
    assert_eq!(before.len(), 3);
    assert!(
        before
            .iter()
            .all(|marked| marked.instance.as_deref() == Some("api-1"))
    );
    let mut changes = world.environment.changes();
    world
        .environment
        .signals()
        .unwrap()
        .signal("api-1", 9)
        .await
        .unwrap();
    until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
    world
        .environment
        .lifecycle()
        .unwrap()
        .start("api-1")
        .await
        .unwrap();
    for marked in before {
        assert_ne!(
            rescc_process::state(&marked.identity).unwrap(),
            ProcessState::Running
        );
    }
    until(&mut changes, |change| change.instance.healthy == Some(true)).await;
    assert_eq!(get(port, "/name").await, "api-1");
    world.down().await;
}

#[tokio::test]
async fn an_end_that_nobody_tells_of_is_seen() {
    let port = free_port();
    let world = World::up(&[("api", Binding::helper(port).always())]).await;
    world.host.mute.store(true, Ordering::SeqCst);
    let signals = world.environment.signals().unwrap();
    let mut changes = world.environment.changes();
    let killed = signals.signal("api-1", 9).await.unwrap();
    let sick = until(&mut changes, |change| change.instance.healthy == Some(false)).await;
    assert_eq!(sick.cause, Cause::Run);
    until(&mut changes, |change| change.instance.healthy == Some(true)).await;
    let how = "ended, and nobody could tell how".to_owned();
    assert_eq!(
        signals.fate("api-1", &killed).await.unwrap(),
        Fate::Ended { how, signal: None }
    );
    bounded(world.environment.lifecycle().unwrap().stop("api-1", GRACE))
        .await
        .unwrap();
    world.down().await;
}
