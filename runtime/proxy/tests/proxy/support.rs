//! Servers, clients and faults that the tests share.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rescc_proxy::{Backend, Direction, Evidence, Fault, FaultId, FaultKind, Proxy};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
pub(crate) const FAULT: FaultId = FaultId(1);
/// A delay that no test waits out.
pub(crate) const FOREVER: Duration = Duration::from_secs(3600);

/// Ends a test that hangs; no assertion depends on it.
pub(crate) async fn guarded<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), test)
        .await
        .expect("the test hangs")
}

/// Waits for something that shows in the proxy's counters only.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

pub(crate) fn backend(name: &str, addr: SocketAddr) -> Backend {
    Backend {
        name: name.into(),
        addr,
        healthy: true,
    }
}

/// A proxy in front of one listener that the test serves itself.
pub(crate) async fn in_front() -> (Proxy, TcpListener) {
    let listener = TcpListener::bind(ANY).await.unwrap();
    let proxy = Proxy::listen(ANY, 1).unwrap();
    proxy.set_backends(vec![backend("api-1", listener.local_addr().unwrap())]);
    (proxy, listener)
}

/// A proxy in front of an echo server.
pub(crate) async fn echo_proxy(seed: u64) -> Proxy {
    let proxy = Proxy::listen(ANY, seed).unwrap();
    proxy.set_backends(vec![backend("echo-1", echo().await)]);
    proxy
}

/// Both ends of a connection through the proxy.
pub(crate) async fn pair(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = connect(proxy).await;
    let (server, _) = listener.accept().await.unwrap();
    (client, server)
}

pub(crate) async fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.local_addr()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends back what it gets, until FIN.
pub(crate) async fn echo() -> SocketAddr {
    let listener = TcpListener::bind(ANY).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await?;
                write.shutdown().await
            });
        }
    });
    addr
}

/// Says one byte to whoever connects, and FIN.
pub(crate) async fn greeter(byte: u8) -> SocketAddr {
    let listener = TcpListener::bind(ANY).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(&[byte]).await;
        }
    });
    addr
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind(ANY).await.unwrap().local_addr().unwrap()
}

/// What a new client gets to read before the end, or the error it sees.
pub(crate) async fn answer(addr: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await?;
    Ok(all)
}

/// One round trip through an echo server; says how long it took.
pub(crate) async fn ping(stream: &mut TcpStream) -> Duration {
    let start = now();
    stream.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"ping");
    now() - start
}

pub(crate) fn latency(delay: Duration, direction: Direction) -> Fault {
    Fault {
        backend: None,
        share: 1.0,
        kind: FaultKind::Latency {
            delay,
            jitter: Duration::ZERO,
            direction,
        },
    }
}

pub(crate) fn evidence(proxy: &Proxy) -> Evidence {
    proxy.evidence(FAULT).unwrap()
}

pub(crate) fn reset_on_close(stream: &TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
}

/// Bytes that differ from place to place.
pub(crate) fn pattern(length: usize, salt: u64) -> Vec<u8> {
    (0..length as u64)
        .map(|at| ((at ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}
