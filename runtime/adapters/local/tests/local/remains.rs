//! What a dead run has left.

use std::sync::Arc;
use std::time::Duration;

use rescc_adapter_local::LocalAdapter;
use rescc_core::environment::{Adapter, Environment, Fate, FillAmount, Frozen, Leftovers};
use rescc_core::error::ErrorClass;
use rescc_core::host::{ProcessIdentity, ProcessNote};
use rescc_core::names::InjectionId;
use rescc_core::resource::Phase;
use rescc_process::ProcessState;

use crate::support::{Binding, BootClock, World, bounded, free_port, get};

async fn reopen(world: &World, notes: Vec<serde_json::Value>) -> Arc<dyn Environment> {
    LocalAdapter
        .reopen(Leftovers {
            run: world.run.clone(),
            notes,
            clock: Arc::new(BootClock),
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn all_that_is_left_is_found_and_ended() {
    let port = free_port();
    let child = Binding::new(&["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"]);
    let mut world = World::up(&[("api", Binding::helper(port)), ("bg", child)]).await;
    bounded(world.environment.freeze().unwrap().freeze("bg-1"))
        .await
        .unwrap();
    let left = rescc_process::marked(&world.run).unwrap();
    assert_eq!(left.len(), 3);
    let mut notes = world.host.notes.get();
    let mut changes = world.environment.changes();
    // The runner dies; what the host would do is left to the one who recovers.
    world.environment = reopen(&world, Vec::new()).await;
    assert_eq!(bounded(futures_util::StreamExt::next(&mut changes)).await, None);
    assert_eq!(
        rescc_process::marked(&world.run).unwrap().len(),
        3,
        "a dropped environment ends nothing"
    );
    assert_eq!(
        bounded(async { while !get(port, "/name").await.is_empty() {} }).await,
        ()
    );

    // A note of a process whose number was given to another, and one of something else.
    let own = rescc_process::own_identity().unwrap();
    let stranger = ProcessIdentity {
        start_ticks: own.start_ticks + 1,
        ..own
    };
    notes.push(serde_json::to_value(ProcessNote::new(stranger, "api-1")).unwrap());
    notes.push(serde_json::json!({ "kind": "something else" }));
    let remains = reopen(&world, notes).await;
    let list = remains.list().await.unwrap();
    let found: Vec<_> = list
        .iter()
        .map(|one| (one.name.as_str(), one.resource.as_str(), one.phase))
        .collect();
    assert_eq!(
        found,
        [("api-1", "api", Phase::Running), ("bg-1", "bg", Phase::Paused)]
    );

    let freeze = remains.freeze().unwrap();
    assert!(matches!(freeze.state("bg-1").await.unwrap(), Frozen::Held(_)));
    assert!(bounded(freeze.thaw("bg-1")).await.unwrap().acted);
    assert_eq!(freeze.state("bg-1").await.unwrap(), Frozen::Running);
    assert!(!freeze.thaw("bg-1").await.unwrap().acted);
    assert!(!freeze.thaw("never-1").await.unwrap().acted);
    let id = InjectionId("x".into());
    assert_eq!(remains.ports().unwrap().remove(&id).await.unwrap(), None);
    assert!(!remains.disk().unwrap().release(&id).await.unwrap().acted);
    let fill = remains
        .disk()
        .unwrap()
        .fill("api-1", ".", &id, FillAmount::Bytes(1))
        .await;
    assert_eq!(fill.unwrap_err().class, ErrorClass::Unsupported);
    let signals = remains.signals().unwrap();
    let lives = signals.incarnation("api-1").await.unwrap().unwrap();
    assert_eq!(signals.fate("api-1", &lives).await.unwrap(), Fate::Alive);

    let stopped = bounded(remains.lifecycle().unwrap().stop("bg-1", Duration::from_secs(30)))
        .await
        .unwrap();
    assert!(stopped.acted);
    assert_eq!(remains.list().await.unwrap().len(), 1);
    assert!(bounded(remains.down()).await.unwrap().acted);
    assert!(!bounded(remains.down()).await.unwrap().acted);
    assert_eq!(remains.list().await.unwrap(), []);
    assert!(matches!(
        signals.fate("api-1", &lives).await.unwrap(),
        Fate::Ended { signal: None, .. }
    ));
    for marked in left {
        let state = rescc_process::state(&marked.identity).unwrap();
        assert!(matches!(state, ProcessState::Zombie | ProcessState::Gone));
    }
}

#[tokio::test]
async fn what_no_note_tells_is_found_by_its_mark() {
    let world = World::up(&[("x", Binding::new(&["sleep", "1000"]))]).await;
    let remains = reopen(&world, Vec::new()).await;
    assert_eq!(remains.list().await.unwrap(), []);
    assert!(bounded(remains.down()).await.unwrap().acted);
    assert_eq!(rescc_process::marked(&world.run).unwrap(), []);
    world.down().await;
}
