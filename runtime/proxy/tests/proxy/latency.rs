//! Latency: whom it touches, by how much, and what it leaves as proof.

use std::time::Duration;

use rescc_proxy::{Direction, Evidence, Fault, FaultError, FaultId, FaultKind, MAX_DELAY, Nanos, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

const DELAY: Duration = Duration::from_millis(20);

#[tokio::test]
async fn it_touches_connections_that_are_open() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut stream = connect(&proxy).await;
        ping(&mut stream).await;
        for (direction, times) in [
            (Direction::Downstream, 1),
            (Direction::Upstream, 1),
            (Direction::Both, 2),
        ] {
            proxy.add_fault(FAULT, latency(DELAY, direction)).unwrap();
            assert!(ping(&mut stream).await >= DELAY * times, "{direction:?}");
            let evidence = proxy.remove_fault(FAULT).unwrap();
            assert_eq!(
                (evidence.connections, evidence.chunks),
                (1, u64::from(times)),
                "{direction:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn several_latencies_add_up() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut stream = connect(&proxy).await;
        for id in 1..=3 {
            proxy
                .add_fault(FaultId(id), latency(DELAY, Direction::Downstream))
                .unwrap();
        }
        assert_eq!(proxy.faults(), [FaultId(1), FaultId(2), FaultId(3)]);
        assert!(ping(&mut stream).await >= DELAY * 3);
        proxy.remove_fault(FaultId(2)).unwrap();
        assert_eq!(proxy.faults(), [FaultId(1), FaultId(3)]);
        assert!(ping(&mut stream).await >= DELAY * 2);
    })
    .await;
}

#[tokio::test]
async fn it_is_a_pipeline_and_removal_releases_it_in_order() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut stream = connect(&proxy).await;
        proxy
            .add_fault(FAULT, latency(FOREVER, Direction::Downstream))
            .unwrap();
        // Each chunk is taken in although the ones before are still held.
        for n in 1..=10u8 {
            stream.write_all(&[n]).await.unwrap();
            until(|| evidence(&proxy).held == u64::from(n)).await;
        }
        let last = proxy.remove_fault(FAULT).unwrap();
        assert_eq!((last.connections, last.chunks, last.held), (1, 0, 10));
        let mut all = [0; 10];
        stream.read_exact(&mut all).await.unwrap();
        assert_eq!(all, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        ping(&mut stream).await;
        assert_eq!(proxy.remove_fault(FAULT), None);
        assert_eq!(proxy.evidence(FAULT), None);
    })
    .await;
}

#[tokio::test]
async fn removing_one_of_two_leaves_the_other() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut stream = connect(&proxy).await;
        proxy
            .add_fault(FAULT, latency(FOREVER, Direction::Downstream))
            .unwrap();
        proxy
            .add_fault(FaultId(2), latency(DELAY, Direction::Downstream))
            .unwrap();
        let start = now();
        stream.write_all(b"x").await.unwrap();
        until(|| evidence(&proxy).held == 1).await;
        proxy.remove_fault(FAULT).unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
        assert!(now() - start >= DELAY);
        assert_eq!(proxy.evidence(FaultId(2)).unwrap().chunks, 1);
    })
    .await;
}

#[tokio::test]
async fn the_evidence_counts_and_measures() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        proxy
            .add_fault(FAULT, latency(DELAY, Direction::Downstream))
            .unwrap();
        assert_eq!(evidence(&proxy), Evidence::default());
        let mut streams = [
            connect(&proxy).await,
            connect(&proxy).await,
            connect(&proxy).await,
        ];
        let before = now();
        for _ in 0..2 {
            ping(&mut streams[0]).await;
            ping(&mut streams[1]).await;
        }
        let evidence = evidence(&proxy);
        // The third connection had no traffic to bite.
        assert_eq!(
            (
                evidence.connections,
                evidence.chunks,
                evidence.bytes,
                evidence.held
            ),
            (2, 4, 16, 0)
        );
        assert!(evidence.delay_min >= DELAY && evidence.delay_max >= evidence.delay_min);
        assert!(evidence.delay_total >= evidence.delay_min * 3 + evidence.delay_max);
        assert!(evidence.delay_total <= now() - before);
        assert!(evidence.last_touched > Nanos(before.as_nanos() as u64));
        assert_eq!(proxy.remove_fault(FAULT), Some(evidence));
    })
    .await;
}

#[tokio::test]
async fn it_touches_the_named_backend_only() {
    guarded(async {
        let proxy = Proxy::listen(ANY, 1).unwrap();
        proxy.set_backends(vec![
            backend("echo-1", echo().await),
            backend("echo-2", echo().await),
        ]);
        let kind = latency(DELAY, Direction::Downstream).kind;
        proxy
            .add_fault(
                FAULT,
                Fault {
                    backend: Some("echo-2".into()),
                    share: 1.0,
                    kind,
                },
            )
            .unwrap();
        for touched in [0, 1, 1, 2] {
            let mut stream = connect(&proxy).await;
            ping(&mut stream).await;
            assert_eq!(evidence(&proxy).connections, touched);
        }
    })
    .await;
}

/// Which of the connections, in order of arrival, a half share picks.
async fn picked(seed: u64, fault_first: bool) -> Vec<bool> {
    let proxy = echo_proxy(seed).await;
    let half = Fault {
        share: 0.5,
        ..latency(Duration::from_micros(1), Direction::Downstream)
    };
    let mut streams: Vec<TcpStream> = Vec::new();
    if fault_first {
        proxy.add_fault(FAULT, half.clone()).unwrap();
    }
    let mut picked = Vec::new();
    for _ in 0..64 {
        let mut stream = connect(&proxy).await;
        let before = proxy.evidence(FAULT).unwrap_or_default().connections;
        ping(&mut stream).await;
        picked.push(proxy.evidence(FAULT).unwrap_or_default().connections > before);
        streams.push(stream);
    }
    if !fault_first {
        proxy.add_fault(FAULT, half).unwrap();
        picked.clear();
        for stream in &mut streams {
            let before = evidence(&proxy).connections;
            ping(stream).await;
            // Asked again it is the same: a connection draws once.
            let after = evidence(&proxy);
            ping(stream).await;
            let again = evidence(&proxy);
            assert_eq!(again.connections, after.connections);
            assert_eq!(again.chunks > after.chunks, after.connections > before);
            picked.push(after.connections > before);
        }
    }
    picked
}

#[tokio::test]
async fn the_seed_picks_the_same_share_of_new_and_open_connections() {
    guarded(async {
        let first = picked(7, true).await;
        assert_eq!(first, picked(7, true).await);
        assert_eq!(first, picked(7, false).await);
        assert_ne!(first, picked(8, true).await);
        let count = first.iter().filter(|hit| **hit).count();
        assert!((16..=48).contains(&count), "{count}");
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_not_added() {
    let proxy = Proxy::listen(ANY, 1).unwrap();
    let good = latency(DELAY, Direction::Both);
    for share in [-0.1, 1.1, f64::NAN] {
        let result = proxy.add_fault(
            FAULT,
            Fault {
                share,
                ..good.clone()
            },
        );
        assert!(matches!(result, Err(FaultError::Share(_))), "{result:?}");
    }
    let kind = |delay, jitter| FaultKind::Latency {
        delay,
        jitter,
        direction: Direction::Both,
    };
    let jitter = DELAY + Duration::from_nanos(1);
    let result = proxy.add_fault(
        FAULT,
        Fault {
            kind: kind(DELAY, jitter),
            ..good.clone()
        },
    );
    assert_eq!(result, Err(FaultError::Jitter { delay: DELAY, jitter }));
    let result = proxy.add_fault(
        FAULT,
        Fault {
            kind: kind(MAX_DELAY, DELAY),
            ..good.clone()
        },
    );
    assert_eq!(result, Err(FaultError::Delay(MAX_DELAY + DELAY)));
    assert_eq!(proxy.faults(), []);
    proxy.add_fault(FAULT, good.clone()).unwrap();
    assert_eq!(
        proxy.add_fault(FAULT, good.clone()),
        Err(FaultError::Duplicate(FAULT))
    );
    for id in 2..=rescc_proxy::MAX_FAULTS as u64 {
        proxy.add_fault(FaultId(id), good.clone()).unwrap();
    }
    assert_eq!(proxy.add_fault(FaultId(9999), good), Err(FaultError::TooMany));
}
