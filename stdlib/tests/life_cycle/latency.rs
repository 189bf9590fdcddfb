//! `latency`.

use std::time::Duration;

use rescc_core::environment::{PortEvidence, PortFault};
use rescc_core::error::ErrorClass;
use rescc_core::value::Value;

use crate::{Case, bites, gone, not_yet};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn latency(more: &[(&str, Value)]) -> Case {
    let mut arguments = vec![("delay", Value::Duration(ms(200)))];
    arguments.extend_from_slice(more);
    Case::new("latency", &arguments)
}

fn measured(case: &Case, connections: u64, acted: u64, mean: Duration) {
    case.change(|world| {
        for (_, evidence) in world.faults.values_mut() {
            *evidence = PortEvidence {
                connections,
                acted,
                mean_delay: mean,
                min_delay: mean,
                max_delay: mean,
            };
        }
    });
}

#[tokio::test]
async fn it_asks_for_what_was_written() {
    let case = latency(&[
        ("jitter", Value::Duration(ms(20))),
        ("share", Value::Ratio(0.5)),
        ("port", Value::Text("redis".into())),
    ]);
    case.apply().await;
    let (ports, faults) = case
        .world
        .state
        .with(|world| (world.ports_asked.clone(), world.faults.clone()));
    assert_eq!(ports, [Some("redis".to_owned())]);
    let asked = PortFault::Latency {
        delay: ms(200),
        jitter: ms(20),
        share: 0.5,
    };
    assert_eq!(
        faults.values().map(|(fault, _)| fault).collect::<Vec<_>>(),
        [&asked]
    );
}

#[tokio::test]
async fn no_traffic_is_no_proof() {
    let case = latency(&[]);
    let record = case.apply().await;
    assert_eq!(not_yet(case.verify(&record).await), "no traffic has come through");
    measured(&case, 3, 0, Duration::ZERO);
    assert_eq!(not_yet(case.verify(&record).await), "no traffic has come through");

    let case = latency(&[("share", Value::Ratio(0.1))]);
    let record = case.apply().await;
    assert_eq!(
        not_yet(case.verify(&record).await),
        "no traffic has come through on the connections that it acts on"
    );
}

#[tokio::test]
async fn the_proof_says_what_was_asked_and_measured() {
    let case = latency(&[("jitter", Value::Duration(ms(20)))]);
    let record = case.apply().await;
    measured(&case, 3, 57, Duration::from_nanos(203_123_456));
    assert_eq!(
        bites(case.verify(&record).await),
        "asked 200ms ± 20ms, measured 203.1ms over 57 answers of 3 connections"
    );
    let case = latency(&[("share", Value::Ratio(0.5))]);
    let record = case.apply().await;
    measured(&case, 1, 1, ms(200));
    assert_eq!(
        bites(case.verify(&record).await),
        "asked 200ms on 50% of the connections, measured 200ms over 1 answer of 1 connection"
    );
}

#[tokio::test]
async fn too_little_delay_is_no_effect() {
    let case = latency(&[("jitter", Value::Duration(ms(20)))]);
    let record = case.apply().await;
    measured(&case, 3, 57, ms(178));
    assert!(
        not_yet(case.verify(&record).await)
            .starts_with("too little is held back: asked 200ms ± 20ms, measured 178ms")
    );
    measured(&case, 3, 57, ms(179));
    bites(case.verify(&record).await);

    let case = Case::new("latency", &[("delay", Value::Duration(ms(1)))]);
    let record = case.apply().await;
    measured(&case, 1, 1, Duration::from_micros(900));
    not_yet(case.verify(&record).await);
    measured(&case, 1, 1, Duration::from_micros(950));
    bites(case.verify(&record).await);
}

#[tokio::test]
async fn it_lapses_when_it_is_taken_away() {
    let case = latency(&[]);
    let record = case.apply().await;
    measured(&case, 3, 57, ms(200));
    bites(case.verify(&record).await);
    case.change(|world| world.faults.clear());
    assert_eq!(
        gone(case.verify(&record).await),
        "nothing holds the traffic back any more"
    );
}

#[tokio::test]
async fn the_undo_tells_what_it_took_away() {
    let case = latency(&[]);
    let record = case.apply().await;
    measured(&case, 1, 2, ms(200));
    assert!(case.verify_undone(&record).await.is_err());
    assert_eq!(
        case.undo(&record).await.detail,
        "the delay in front of `cache-1` was taken away after 2 answers of 1 connection"
    );
    assert!(case.world.state.with(|world| world.faults.is_empty()));
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused() {
    for (name, value, says) in [
        (
            "jitter",
            Value::Duration(ms(201)),
            "`jitter` is 201ms, longer than `delay` with 200ms",
        ),
        (
            "delay",
            Value::Duration(Duration::from_micros(999)),
            "`delay` does not lie between 1ms and 1h",
        ),
        (
            "delay",
            Value::Duration(Duration::from_secs(3_601)),
            "`delay` does not lie between 1ms and 1h",
        ),
        ("delay", Value::Count(3), "`delay` is not a duration"),
        (
            "share",
            Value::Ratio(0.0),
            "`share` does not lie between 0.1% and 100%",
        ),
        (
            "share",
            Value::Ratio(1.1),
            "`share` does not lie between 0.1% and 100%",
        ),
        (
            "share",
            Value::Ratio(f64::NAN),
            "`share` does not lie between 0.1% and 100%",
        ),
    ] {
        let failure = latency(&[(name, value)]).prepare().await.unwrap_err();
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (ErrorClass::Permanent, says)
        );
    }
    assert_eq!(
        Case::new("latency", &[]).prepare().await.unwrap_err().message,
        "`delay` is missing"
    );
}

#[tokio::test]
async fn the_same_injection_is_not_put_in_place_twice() {
    let case = latency(&[]);
    case.apply().await;
    assert_eq!(case.prepare().await.unwrap_err().class, ErrorClass::Conflict);
}
