//! What goes wrong on the way up, and what is said about it.

use std::net::TcpListener;
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::SpawnRequest;
use rescc_core::value::Value;

use crate::support::{Binding, World, bounded, free_port, free_ports, get, text};

async fn failing(bindings: &[(&str, Binding)]) -> Failure {
    let world = World::open(bindings).await;
    let failure = bounded(world.environment.up()).await.unwrap_err();
    assert_eq!(
        rescc_process::marked(&world.run).unwrap(),
        [],
        "nothing is left of a failed start"
    );
    world.down().await;
    failure
}

fn soon() -> Value {
    Value::Duration(Duration::from_millis(500))
}

#[tokio::test]
async fn a_declared_port_in_use_names_its_holder() {
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    for kind in ["ports", "fixed_ports"] {
        let binding = Binding::mode("serve").ports(kind, &[("http", port)]);
        let failure = failing(&[("api", binding)]).await;
        assert_eq!(failure.class, ErrorClass::Conflict);
        let expected = format!(
            "port {port} (`http` of `api`) is in use by process {} (`",
            std::process::id()
        );
        assert!(failure.message.starts_with(&expected), "{}", failure.message);
        assert!(!failure.help.is_empty());
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let failure = failing(&[("api", Binding::new(&["rescc-no-such-program"]))]).await;
    assert_eq!(failure.class, ErrorClass::NotFound);
    assert!(
        failure.message.contains("`api-1` (`rescc-no-such-program`)"),
        "{}",
        failure.message
    );
    assert!(failure.help.contains("PATH"), "{}", failure.help);
}

#[tokio::test]
async fn a_program_that_dies_at_once_shows_its_last_words() {
    let failure = failing(&[(
        "api",
        Binding::mode("exit").ports("ports", &[("http", free_port())]),
    )])
    .await;
    assert_eq!(failure.class, ErrorClass::Permanent);
    let expected = "`api-1` ended before it was healthy: exited with code 3; its last output:";
    assert!(failure.message.starts_with(expected), "{}", failure.message);
    assert!(
        failure
            .message
            .ends_with("\n  | first line\n  | second line: no configuration"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_program_without_ports_that_dies_at_once_is_not_up() {
    let failure = failing(&[("api", Binding::new(&["/bin/false"]))]).await;
    assert!(
        failure
            .message
            .contains("exited with code 1; it has written nothing"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_program_that_never_opens_its_port_is_told_how() {
    let binding = Binding::mode("silent")
        .ports("ports", &[("http", free_port())])
        .with("start_limit", soon());
    let failure = failing(&[("api", binding)]).await;
    assert_eq!(failure.class, ErrorClass::Timeout);
    assert!(
        failure
            .message
            .starts_with("`api-1` was not healthy within 500ms"),
        "{}",
        failure.message
    );
    assert!(
        failure.message.contains("connection refused"),
        "{}",
        failure.message
    );
    assert!(
        failure.message.ends_with("| i open no port"),
        "{}",
        failure.message
    );
    for way in ["`${port.http}`", "`PORT_HTTP`", "`fixed_ports`"] {
        assert!(failure.help.contains(way), "{}", failure.help);
    }
}

#[tokio::test]
async fn a_program_that_opens_the_declared_port_is_told_how() {
    let port = free_port();
    let binding = Binding::mode("declared").variable("DECLARED", &port.to_string());
    let failure = failing(&[("api", binding.ports("ports", &[("http", port)]))]).await;
    assert!(
        failure.message.contains("exited with code 1"),
        "{}",
        failure.message
    );
    assert!(failure.help.contains("`${port.http}`"), "{}", failure.help);
}

#[tokio::test]
async fn an_answer_that_is_not_ready_is_shown() {
    let binding = Binding::helper(free_port())
        .with("ready", text("/nothing"))
        .with("start_limit", soon());
    let failure = failing(&[("api", binding)]).await;
    assert!(
        failure.message.contains("answers `GET /nothing` with 404"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_program_can_keep_its_fixed_port() {
    let port = free_port();
    let binding = Binding::mode("serve")
        .ports("fixed_ports", &[("http", port)])
        .with("ready", text("/health"));
    let world = World::up(&[("api", binding)]).await;
    assert_eq!(get(port, "/name").await, "api-1");
    world.down().await;
}

#[tokio::test]
async fn a_private_port_that_was_taken_meanwhile_is_replaced() {
    fn take(request: &SpawnRequest) -> Option<TcpListener> {
        let port: u16 = request.environment.get("PORT_HTTP")?.parse().ok()?;
        TcpListener::bind(("127.0.0.1", port)).ok()
    }
    let port = free_port();
    // Only a port that does not answer tells: the one in the way is never accepted from.
    let world = World::open(&[("api", Binding::helper(port))]).await;
    world.host.before.with(|before| *before = Some(take));
    bounded(world.environment.up()).await.unwrap();
    assert_eq!(world.host.notes.get().len(), 2, "it was started twice");
    assert_eq!(world.look("api-1").await.restarts, 0);
    assert_eq!(get(port, "/name").await, "api-1");
    world.down().await;
}

#[tokio::test]
async fn bindings_that_can_not_work_are_refused() {
    let [one, two] = free_ports::<2>();
    let helper = || Binding::helper(one);
    let cases = [
        (helper().with("copies", Value::Count(0)), "`copies`"),
        (helper().with("copies", Value::Count(65)), "`copies`"),
        (
            helper().ports("fixed_ports", &[("http", two)]),
            "under `ports` and under `fixed_ports`",
        ),
        (
            helper()
                .ports("fixed_ports", &[("x", two)])
                .with("copies", Value::Count(2)),
            "the same fixed port",
        ),
        (helper().ports("fixed_ports", &[("x", one)]), "is wanted by"),
        (helper().with("ready", text("health")), "is no HTTP path"),
        (helper().with("ready", text("/a b")), "is no HTTP path"),
        (Binding::new(&["x"]).with("ready", text("/")), "there is none"),
        (Binding::new(&[]), "`command` is empty"),
        (Binding::new(&["x"]).ports("ports", &[("x", 0)]), "`ports`"),
    ];
    for (binding, expected) in cases {
        let failure = World::try_open(&[("api", binding)]).await.err().expect(expected);
        assert!(failure.message.contains(expected), "{}", failure.message);
    }
    let unknown = failing(&[("api", Binding::new(&["echo", "${port.nothing}"]))]).await;
    assert!(
        unknown.message.contains("`${port.nothing}` is not known"),
        "{}",
        unknown.message
    );
}
