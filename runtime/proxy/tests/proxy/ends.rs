//! A connection ends for one side as it ended for the other.

use std::io::ErrorKind;
use std::time::Duration;

use rescc_proxy::Direction;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

async fn read_error(stream: &mut TcpStream) -> ErrorKind {
    stream.read(&mut [0; 16]).await.unwrap_err().kind()
}

#[tokio::test]
async fn a_reset_is_passed_on_as_a_reset() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        for by_client in [true, false] {
            let (client, server) = pair(&proxy, &listener).await;
            let (first, mut second) = if by_client {
                (client, server)
            } else {
                (server, client)
            };
            reset_on_close(&first);
            drop(first);
            assert_eq!(read_error(&mut second).await, ErrorKind::ConnectionReset);
        }
    })
    .await;
}

#[tokio::test]
async fn a_fin_is_not_passed_on_as_a_reset() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let (mut client, server) = pair(&proxy, &listener).await;
        drop(server);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_reset_after_fin_is_noticed_without_reading() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let (mut client, mut server) = pair(&proxy, &listener).await;
        server.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        reset_on_close(&server);
        drop(server);
        // After FIN the error of a reset is EPIPE; epoll tells of it without a write.
        client.ready(tokio::io::Interest::ERROR).await.unwrap();
        assert_eq!(
            client.write(b"x").await.unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
    })
    .await;
}

#[tokio::test]
async fn a_reset_gets_past_a_receiver_that_does_not_read() {
    guarded(async {
        for faulty in [false, true] {
            let (proxy, listener) = in_front().await;
            if faulty {
                proxy
                    .add_fault(FAULT, latency(Duration::from_millis(1), Direction::Both))
                    .unwrap();
            }
            let (client, server) = pair(&proxy, &listener).await;
            let block = vec![0; 1 << 20];
            // More than all buffers take: what the proxy got of it stays the same over two steps.
            let mut sent = 0usize;
            while sent < 64 << 20 {
                match client.try_write(&block) {
                    Ok(count) => sent += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        let before = proxy.totals().bytes_upstream;
                        let writable = tokio::time::timeout(Duration::from_millis(100), client.writable());
                        if writable.await.is_err() && proxy.totals().bytes_upstream == before {
                            break;
                        }
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            reset_on_close(&client);
            drop(client);
            server.ready(tokio::io::Interest::ERROR).await.unwrap();
            assert_eq!(
                server.take_error().unwrap().unwrap().kind(),
                ErrorKind::ConnectionReset
            );
        }
    })
    .await;
}

#[tokio::test]
async fn under_latency_the_reset_follows_the_bytes() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let delay = Duration::from_millis(30);
        proxy
            .add_fault(FAULT, latency(delay, Direction::Downstream))
            .unwrap();
        let (mut client, mut server) = pair(&proxy, &listener).await;
        server.write_all(b"last words").await.unwrap();
        until(|| evidence(&proxy).held == 1).await;
        let start = now();
        reset_on_close(&server);
        drop(server);
        let mut words = [0; 10];
        client.read_exact(&mut words).await.unwrap();
        assert_eq!(&words, b"last words");
        assert_eq!(read_error(&mut client).await, ErrorKind::ConnectionReset);
        assert!(now() - start >= delay);
    })
    .await;
}

#[tokio::test]
async fn no_backend_at_all_is_a_reset_at_once() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let mut backends = proxy.backends();
        for none in [false, true] {
            backends.iter_mut().for_each(|backend| backend.healthy = false);
            proxy.set_backends(if none { Vec::new() } else { backends.clone() });
            let error = answer(proxy.local_addr()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
        let totals = proxy.totals();
        assert_eq!((totals.accepted, totals.failed), (2, 2));
        drop(listener);
    })
    .await;
}
