//! Pauses and delays.

use std::time::Duration;

use rescc_core::environment::{Frozen, PortFault};
use rescc_core::error::ErrorClass;
use rescc_core::names::InjectionId;
use rescc_core::resource::{Cause, Phase};
use rescc_core::value::Value;
use rescc_process::ProcessState;

use crate::support::{Binding, World, bounded, free_port, free_ports, get, text, until};

fn with_child(port: u16) -> Binding {
    let script = "sleep 1000 & exec '${rescc}' helper::program --exact --ignored --nocapture";
    Binding::new(&["/bin/sh", "-c", script])
        .variable("HELPER_MODE", "serve")
        .ports("ports", &[("http", port)])
}

#[tokio::test]
async fn a_paused_instance_is_held_with_its_children_and_is_not_healthy() {
    let ports = free_ports::<2>();
    let http = with_child(ports[0]).with("ready", text("/health"));
    let world = World::up(&[("http", http), ("tcp", with_child(ports[1]))]).await;
    let freeze = world.environment.freeze().unwrap();
    for (instance, port) in [("http-1", ports[0]), ("tcp-1", ports[1])] {
        let mut changes = world.environment.changes();
        assert_eq!(freeze.state(instance).await.unwrap(), Frozen::Running);
        let held = bounded(freeze.freeze(instance)).await.unwrap();
        assert_eq!(freeze.state(instance).await.unwrap(), Frozen::Held(held));
        assert_eq!(world.look(instance).await.phase, Phase::Paused);
        let marked = rescc_process::marked(&world.run).unwrap();
        let states: Vec<ProcessState> = marked
            .iter()
            .filter(|marked| marked.instance.as_deref() == Some(instance))
            .map(|marked| rescc_process::state(&marked.identity).unwrap())
            .collect();
        assert_eq!(states, [ProcessState::Stopped; 2]);
        let sick = until(&mut changes, |change| change.instance.healthy == Some(false)).await;
        assert_eq!(
            (sick.cause, sick.instance.phase),
            (Cause::Run, Phase::Paused),
            "{sick:?}"
        );

        assert!(bounded(freeze.thaw(instance)).await.unwrap().acted);
        let well = until(&mut changes, |change| change.instance.healthy == Some(true)).await;
        assert_eq!(
            (well.cause, well.instance.phase),
            (Cause::Run, Phase::Running),
            "our own undo is no recovery"
        );
        assert_eq!(freeze.state(instance).await.unwrap(), Frozen::Running);
        assert!(!freeze.thaw(instance).await.unwrap().acted);
        assert_eq!(get(port, "/name").await, instance);
    }
    // Whatever comes later is not our doing.
    let mut changes = world.environment.changes();
    get(ports[0], "/exit/1").await;
    let end = until(&mut changes, |change| change.instance.phase == Phase::Stopped).await;
    assert_eq!(end.cause, Cause::System);
    assert_eq!(freeze.state("http-1").await.unwrap(), Frozen::Gone);
    assert!(!freeze.thaw("http-1").await.unwrap().acted);
    assert_eq!(
        freeze.freeze("http-1").await.unwrap_err().class,
        ErrorClass::NotFound
    );
    world.down().await;
}

#[tokio::test]
async fn what_is_held_can_be_stopped_and_taken_down() {
    let ports = free_ports::<2>();
    let world = World::up(&[("a", with_child(ports[0])), ("b", with_child(ports[1]))]).await;
    let freeze = world.environment.freeze().unwrap();
    bounded(freeze.freeze("a-1")).await.unwrap();
    bounded(freeze.freeze("b-1")).await.unwrap();
    let lifecycle = world.environment.lifecycle().unwrap();
    bounded(lifecycle.stop("a-1", Duration::from_secs(30)))
        .await
        .unwrap();
    assert_eq!(
        world.look("a-1").await.remark,
        "ended by signal 15",
        "it was let go, so that it can end"
    );
    assert!(!freeze.thaw("a-1").await.unwrap().acted);
    world.down().await;
}

#[tokio::test]
async fn a_delay_acts_on_one_copy_alone_and_says_so() {
    let port = free_port();
    let world = World::up(&[("api", Binding::helper(port).with("copies", Value::Count(2)))]).await;
    let ports = world.environment.ports().unwrap();
    let id = InjectionId::new("slow", "api-2", 0);
    let delay = Duration::from_millis(30);
    let fault = PortFault::Latency {
        delay,
        jitter: Duration::ZERO,
        share: 1.0,
    };
    ports
        .add("api-2", Some("http"), &id, fault.clone())
        .await
        .unwrap();
    assert_eq!(
        ports
            .add("api-2", None, &id, fault.clone())
            .await
            .unwrap_err()
            .class,
        ErrorClass::Conflict
    );
    assert_eq!(ports.evidence(&id).await.unwrap().unwrap().acted, 0);
    for _ in 0..6 {
        get(port, "/name").await;
    }
    let evidence = ports.evidence(&id).await.unwrap().unwrap();
    assert_eq!(
        evidence.connections, 3,
        "every second connection is the other copy's"
    );
    assert!(evidence.acted >= 3 && evidence.min_delay >= delay, "{evidence:?}");
    assert!(evidence.min_delay <= evidence.mean_delay && evidence.mean_delay <= evidence.max_delay);
    assert_eq!(ports.remove(&id).await.unwrap(), Some(evidence));
    assert_eq!(ports.remove(&id).await.unwrap(), None);
    assert_eq!(ports.evidence(&id).await.unwrap(), None);
    let unknown = ports
        .add("api-2", Some("grpc"), &id, fault.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (unknown.class, unknown.help.as_str()),
        (ErrorClass::NotFound, "it has `http`")
    );
    // One that is left is removed with the environment.
    ports.add("api-1", None, &id, fault).await.unwrap();
    world.down().await;
    assert_eq!(ports.remove(&id).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_stands_in_front_of_a_fixed_port() {
    let binding = Binding::mode("serve").ports("fixed_ports", &[("http", free_port())]);
    let world = World::up(&[("api", binding)]).await;
    let ports = world.environment.ports().unwrap();
    for port in [None, Some("http")] {
        let fault = PortFault::Latency {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            share: 1.0,
        };
        let failure = ports
            .add("api-1", port, &InjectionId("x".into()), fault)
            .await
            .unwrap_err();
        assert_eq!(failure.class, ErrorClass::Unsupported);
        assert!(failure.help.contains("`ports`"));
    }
    world.down().await;
}

#[tokio::test]
async fn a_name_that_is_not_known_is_answered_with_those_that_are() {
    let world = World::open(&[(
        "api",
        Binding::helper(free_port()).with("copies", Value::Count(2)),
    )])
    .await;
    let failure = world
        .environment
        .freeze()
        .unwrap()
        .freeze("api-3")
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::NotFound);
    assert_eq!(failure.message, "there is no instance `api-3`");
    assert_eq!(failure.help, "there are `api-1`, `api-2`");
    let failure = world
        .environment
        .signals()
        .unwrap()
        .signal("api-1", 9)
        .await
        .unwrap_err();
    assert_eq!(failure.class, ErrorClass::NotFound, "it is not up yet");
}
