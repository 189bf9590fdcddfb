//! Starting, stopping and the limit of connections.

use std::io::ErrorKind;

use rescc_proxy::{Direction, FaultError, Limits, Proxy};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

use crate::support::*;

#[tokio::test]
async fn shutdown_frees_the_port_resets_clients_and_leaves_no_task() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let tasks = Handle::current().metrics().num_alive_tasks();
        let addr = proxy.local_addr();
        let (mut client, mut server) = pair(&proxy, &listener).await;
        let (mut held, _other) = pair(&proxy, &listener).await;
        proxy.add_fault(FAULT, latency(FOREVER, Direction::Both)).unwrap();
        held.try_write(b"never to arrive").unwrap();
        until(|| evidence(&proxy).held == 1).await;
        let other = proxy.clone();
        tokio::join!(proxy.shutdown(), other.shutdown());
        proxy.shutdown().await;
        // One accepts, one drives the timer, two served; only the first was counted before.
        assert!(Handle::current().metrics().num_alive_tasks() < tasks);
        for stream in [&mut client, &mut server, &mut held] {
            assert_eq!(
                stream.read(&mut [0]).await.unwrap_err().kind(),
                ErrorKind::ConnectionReset
            );
        }
        assert_eq!(
            TcpStream::connect(addr).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        assert_eq!(
            proxy.add_fault(FAULT, latency(FOREVER, Direction::Both)),
            Err(FaultError::Closed)
        );
        // The same port again, while the handle of the old one is still there.
        let again = Proxy::listen(addr, 1).unwrap();
        again.set_backends(proxy.backends());
        pair(&again, &listener).await;
    })
    .await;
}

#[tokio::test]
async fn a_restart_right_after_traffic_gets_the_port() {
    guarded(async {
        let mut addr = ANY;
        for _ in 0..5 {
            let proxy = Proxy::listen(addr, 1).unwrap();
            addr = proxy.local_addr();
            proxy.set_backends(vec![backend("api-1", greeter(b'x').await)]);
            // The greeter's FIN comes first: connections of the proxy's port stay in TIME_WAIT.
            assert_eq!(answer(addr).await.unwrap(), b"x");
            proxy.shutdown().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_is_an_error_of_listen() {
    let taken = TcpListener::bind(ANY).await.unwrap();
    let error = Proxy::listen(taken.local_addr().unwrap(), 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    assert!(Proxy::listen(ANY, 1).is_err());
}

#[tokio::test]
async fn dropping_the_last_handle_stops_it() {
    guarded(async {
        let (proxy, listener) = in_front().await;
        let addr = proxy.local_addr();
        let other = proxy.clone();
        drop(proxy);
        let (mut client, _server) = pair(&other, &listener).await;
        drop(other);
        assert_eq!(
            client.read(&mut [0]).await.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
        until(|| std::net::TcpListener::bind(addr).is_ok()).await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_too_many_is_reset_and_counted() {
    guarded(async {
        let proxy = Proxy::listen_with(
            ANY,
            1,
            Limits {
                connections: 2,
                ..Limits::default()
            },
        )
        .unwrap();
        proxy.set_backends(vec![backend("echo-1", echo().await)]);
        let mut first = connect(&proxy).await;
        let mut second = connect(&proxy).await;
        ping(&mut first).await;
        ping(&mut second).await;
        let error = answer(proxy.local_addr()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let totals = proxy.totals();
        assert_eq!((totals.accepted, totals.over_limit), (2, 1));
        ping(&mut first).await;
    })
    .await;
}
