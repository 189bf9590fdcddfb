//! Bytes arrive as they were sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rescc_proxy::{Direction, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

const MEGABYTE: usize = 1_000_000;

/// Sends one and receives the other at once, with FIN at the end of each.
async fn exchange(mut stream: TcpStream, send: Vec<u8>, expect: Vec<u8>) {
    let (mut read, mut write) = stream.split();
    let mut received = Vec::with_capacity(expect.len());
    let sending = async {
        write.write_all(&send).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let (_, result) = tokio::join!(sending, read.read_to_end(&mut received));
    result.unwrap();
    assert!(
        received == expect,
        "{} of {} bytes, or others",
        received.len(),
        expect.len()
    );
}

async fn both_ways(proxy: &Proxy, client: TcpStream, server: TcpStream, length: usize) {
    let (up, down) = (pattern(length, 1), pattern(length, 2));
    let client = tokio::spawn(exchange(client, up.clone(), down.clone()));
    let server = tokio::spawn(exchange(server, down, up));
    client.await.unwrap();
    server.await.unwrap();
    let totals = proxy.totals();
    assert_eq!(
        (totals.bytes_upstream, totals.bytes_downstream),
        (length as u64, length as u64)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_megabytes_arrive_both_ways_at_once() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let (client, server) = pair(&proxy, &listener).await;
        both_ways(&proxy, client, server, 50 * MEGABYTE).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_arrive_while_faults_come_and_go() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let (client, server) = pair(&proxy, &listener).await;
        let over = Arc::new(AtomicBool::new(false));
        let switching = tokio::spawn({
            let (proxy, over) = (proxy.clone(), Arc::clone(&over));
            async move {
                let mut bitten = 0;
                while !over.load(Ordering::Relaxed) {
                    proxy
                        .add_fault(FAULT, latency(Duration::from_millis(1), Direction::Both))
                        .unwrap();
                    until(|| evidence(&proxy).chunks > 20 || over.load(Ordering::Relaxed)).await;
                    bitten += u32::from(proxy.remove_fault(FAULT).unwrap().bytes > 0);
                }
                bitten
            }
        });
        both_ways(&proxy, client, server, 20 * MEGABYTE).await;
        over.store(true, Ordering::Relaxed);
        assert!(switching.await.unwrap() > 0);
    })
    .await;
}

#[tokio::test]
async fn either_side_may_finish_first_and_still_receive() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        for client_first in [true, false] {
            let (client, server) = pair(&proxy, &listener).await;
            let (mut first, mut second) = if client_first {
                (client, server)
            } else {
                (server, client)
            };
            first.write_all(b"question").await.unwrap();
            first.shutdown().await.unwrap();
            let mut question = String::new();
            second.read_to_string(&mut question).await.unwrap();
            assert_eq!(question, "question");
            // The other direction is open still, in several steps.
            for part in ["an", "swer"] {
                second.write_all(part.as_bytes()).await.unwrap();
                let mut got = vec![0; part.len()];
                first.read_exact(&mut got).await.unwrap();
                assert_eq!(got, part.as_bytes());
            }
            second.shutdown().await.unwrap();
            assert_eq!(first.read(&mut [0]).await.unwrap(), 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_connections_at_once() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut streams = Vec::new();
        for _ in 0..500 {
            streams.push(connect(&proxy).await);
        }
        let clients: Vec<_> = streams
            .into_iter()
            .enumerate()
            .map(|(n, stream)| {
                let bytes = pattern(10_000, n as u64);
                tokio::spawn(exchange(stream, bytes.clone(), bytes))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        let totals = proxy.totals();
        assert_eq!((totals.accepted, totals.failed, totals.over_limit), (500, 0, 0));
        assert_eq!(
            (totals.bytes_upstream, totals.bytes_downstream),
            (5_000_000, 5_000_000)
        );
    })
    .await;
}
