//! Asked against measured delay, then the speed without a fault: `cargo bench -p rescc-proxy --bench delay`; with `-- bulk`
//! the latter only.
//!
//! Blocking threads play 64-byte ping-pong through the proxy, paced alike with and without the fault. Printed is the round
//! trip with the fault minus the median round trip without, of the same proxy in the same run. A process of its own would
//! measure the same; one process is simpler.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rescc_proxy::{Backend, Direction, Fault, FaultId, FaultKind, Proxy};
use rustix::thread::{ClockId as SleepClock, clock_nanosleep_relative};
use rustix::time::{ClockId, Timespec, clock_gettime};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const FAULT: FaultId = FaultId(1);
const BULK: usize = 2 << 30;

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let proxy = Proxy::listen(ANY, 1)?;
    let backend = echo()?;
    proxy.set_backends(vec![Backend {
        name: "echo-1".into(),
        addr: backend,
        healthy: true,
    }]);
    if !std::env::args().any(|argument| argument == "bulk") {
        delays(&proxy)?;
    }
    floor(&proxy, backend)?;
    bulk(&proxy)?;
    runtime.block_on(proxy.shutdown());
    Ok(())
}

fn delays(proxy: &Proxy) -> io::Result<()> {
    println!("asked ms  conns   added p50   p90     p99     min   | held min  mean    max ms (evidence)");
    for asked in [1, 5, 50] {
        for connections in [1, 10, 100] {
            let rounds = if connections == 100 { 40 } else { 200 };
            let base = percentile(&ping(proxy.local_addr(), connections, rounds)?, 50);
            let delay = Duration::from_millis(asked);
            let kind = FaultKind::Latency {
                delay,
                jitter: Duration::ZERO,
                direction: Direction::Downstream,
            };
            proxy
                .add_fault(
                    FAULT,
                    Fault {
                        backend: None,
                        share: 1.0,
                        kind,
                    },
                )
                .map_err(io::Error::other)?;
            let with = ping(proxy.local_addr(), connections, rounds)?;
            let evidence = proxy.remove_fault(FAULT).unwrap_or_default();
            let added = |p| (percentile(&with, p) - base) / 1e6;
            let mean = evidence.delay_total.as_secs_f64() * 1e3 / evidence.chunks.max(1) as f64;
            println!(
                "{asked:>8} {connections:>6}   {:>9.3} {:>7.3} {:>7.3} {:>7.3}   | {:>7.3} {mean:>7.3} {:>7.3}",
                added(50),
                added(90),
                added(99),
                added(0),
                evidence.delay_min.as_secs_f64() * 1e3,
                evidence.delay_max.as_secs_f64() * 1e3,
            );
        }
    }
    Ok(())
}

/// Round trips without a fault, unpaced, directly and through the proxy.
fn floor(proxy: &Proxy, backend: SocketAddr) -> io::Result<()> {
    for (name, addr) in [("direct", backend), ("proxy", proxy.local_addr())] {
        let mut stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        let took = exchange(&mut stream, 30_000, None)?;
        println!(
            "{name:>6}: 64 B round trip p50 {:.1} us, p99 {:.1} us, max {:.1} us",
            percentile(&took, 50) / 1e3,
            percentile(&took, 99) / 1e3,
            percentile(&took, 100) / 1e3
        );
    }
    Ok(())
}

/// One stream of 2 GiB, directly and through the proxy.
fn bulk(proxy: &Proxy) -> io::Result<()> {
    let sink = TcpListener::bind(ANY)?;
    let addr = sink.local_addr()?;
    thread::spawn(move || {
        for stream in sink.incoming().flatten() {
            thread::spawn(move || drain(stream));
        }
    });
    proxy.set_backends(vec![Backend {
        name: "sink-1".into(),
        addr,
        healthy: true,
    }]);
    for (name, addr) in [("direct", addr), ("proxy", proxy.local_addr())] {
        let mut stream = TcpStream::connect(addr)?;
        let block = vec![7u8; 128 << 10];
        let start = now();
        for _ in 0..BULK / block.len() {
            stream.write_all(&block)?;
        }
        stream.shutdown(std::net::Shutdown::Write)?;
        stream.read_exact(&mut [0])?;
        println!(
            "{name:>6}: one stream {:.0} MB/s",
            BULK as f64 / (now() - start) * 1e3
        );
    }
    Ok(())
}

/// Reads to the end and answers with one byte.
fn drain(mut stream: TcpStream) -> io::Result<()> {
    let mut block = vec![0u8; 128 << 10];
    while stream.read(&mut block)? > 0 {}
    stream.write_all(&[1])
}

/// A server that sends back what it gets, a thread a connection.
fn echo() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(ANY)?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || -> io::Result<()> {
                stream.set_nodelay(true)?;
                let mut message = [0; 64];
                loop {
                    stream.read_exact(&mut message)?;
                    stream.write_all(&message)?;
                }
            });
        }
    });
    Ok(addr)
}

/// Round trips in nanoseconds, sorted; each connection pauses so that the processors stay mostly idle.
fn ping(addr: SocketAddr, connections: u64, rounds: usize) -> io::Result<Vec<f64>> {
    let clients: Vec<_> = (0..connections)
        .map(|client| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(addr)?;
                stream.set_nodelay(true)?;
                exchange(&mut stream, 3, None)?;
                // Spread over the pause, or all of them would ask in the same microsecond.
                let pause = Duration::from_micros(2_000 + 1_000 * connections.min(40));
                pace(pause.mul_f64(client as f64 / connections as f64));
                exchange(&mut stream, rounds, Some(pause))
            })
        })
        .collect();
    let mut all = Vec::new();
    for client in clients {
        let took = client
            .join()
            .map_err(|_| io::Error::other("a client panicked"))??;
        all.extend(took);
    }
    all.sort_by(f64::total_cmp);
    Ok(all)
}

fn exchange(stream: &mut TcpStream, rounds: usize, pause: Option<Duration>) -> io::Result<Vec<f64>> {
    let mut message = [7; 64];
    let mut took = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = now();
        stream.write_all(&message)?;
        stream.read_exact(&mut message)?;
        took.push(now() - start);
        if let Some(pause) = pause {
            pace(pause);
        }
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(f64::NAN)
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn pace(pause: Duration) {
    let nanos = i64::from(pause.subsec_nanos());
    let request = Timespec {
        tv_sec: i64::try_from(pause.as_secs()).unwrap_or(0),
        tv_nsec: nanos,
    };
    // A sleep cut short only shifts the next round.
    let _ = clock_nanosleep_relative(SleepClock::Monotonic, &request);
}
