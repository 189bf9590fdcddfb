use std::io::{Read, Write};

use super::super::cache;
use super::origin::ITEMS;
use super::*;

const PATIENT: Duration = Duration::from_secs(10);
const HASTY: Duration = Duration::from_millis(40);

fn start_shop(cache: SocketAddr, cache_timeout: Duration, strict: bool) -> SocketAddr {
    // One worker, so that the requests share one connection to the cache.
    let config = Config {
        cache_timeout,
        workers: 1,
        strict,
        ..Config::new(cache)
    };
    let server = Server::bind("127.0.0.1:0", config).unwrap();
    let address = server.local_addr();
    thread::spawn(|| server.serve());
    address
}

fn start_cache() -> (SocketAddr, thread::JoinHandle<io::Result<()>>) {
    let server = cache::Server::bind("127.0.0.1:0").unwrap();
    (server.local_addr(), thread::spawn(|| server.serve()))
}

fn send(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

fn get(address: SocketAddr, path: &str) -> String {
    send(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"),
    )
}

fn assert_source(response: &str, source: &str) {
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    let body = format!("{{\"state\":\"accepted\",\"source\":\"{source}\",\"items\":{ITEMS}}}\n");
    assert!(response.ends_with(&body), "{response}");
}

#[test]
fn sells_with_its_cache_and_after_losing_it() {
    let (cache, caching) = start_cache();
    let shop = start_shop(cache, PATIENT, false);
    let strict = start_shop(cache, PATIENT, true);
    assert_source(&get(shop, "/checkout"), "origin");
    assert_source(&get(shop, "/checkout"), "cache");
    assert_source(&get(strict, "/checkout"), "cache");

    send(cache, "SHUTDOWN\r\n");
    caching.join().unwrap().unwrap();
    for _ in 0..10 {
        assert_source(&get(shop, "/checkout"), "origin");
    }
    let rejected = get(strict, "/checkout");
    assert!(rejected.starts_with("HTTP/1.1 503 "), "{rejected}");
    assert!(get(strict, "/healthz").starts_with("HTTP/1.1 200 "));
    let metrics = get(shop, "/metrics");
    for line in [
        "accepted_total 12",
        "cache_hits_total 1",
        "cache_failures_total 3",
        "cache_skipped_total 7",
    ] {
        assert!(metrics.contains(&format!("{line}\n")), "{line}: {metrics}");
    }
}

#[test]
fn sells_without_a_slow_cache_and_returns_to_it() {
    // It listens but does not answer until it serves.
    let cache = cache::Server::bind("127.0.0.1:0").unwrap();
    let shop = start_shop(cache.local_addr(), HASTY, false);
    let strict = start_shop(cache.local_addr(), HASTY, true);
    assert_source(&get(shop, "/checkout"), "origin");
    assert!(get(strict, "/checkout").starts_with("HTTP/1.1 503 "));

    thread::spawn(|| cache.serve());
    let recovered = (0..500).any(|_| get(shop, "/checkout").contains("\"cache\""));
    assert!(recovered, "{}", get(shop, "/metrics"));
}

#[test]
fn rubbish_in_the_cache_is_a_miss() {
    let (cache, _) = start_cache();
    let shop = start_shop(cache, PATIENT, false);
    assert_eq!(
        send(cache, &format!("SET {KEY} 1,x\r\nQUIT\r\n")),
        "+OK\r\n+OK\r\n"
    );
    assert_source(&get(shop, "/checkout"), "origin");
    assert_source(&get(shop, "/checkout"), "cache");
}

#[test]
fn wrong_requests_are_refused() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let shop = start_shop(nowhere, PATIENT, false);
    assert!(get(shop, "/none").starts_with("HTTP/1.1 404 "));
    assert!(send(shop, "PUT /checkout HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 501 "));
    assert!(send(shop, "hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let long = format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(9000));
    assert!(send(shop, &long).starts_with("HTTP/1.1 431 "));
}

#[test]
fn a_connection_serves_several_requests() {
    let config = Config {
        workers: 2,
        ..Config::new(SocketAddr::from(([127, 0, 0, 1], 1)))
    };
    let server = Server::bind("127.0.0.1:0", config).unwrap();
    let address = server.local_addr();
    thread::spawn(|| server.serve());
    let one = "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n";
    let last = "GET /checkout HTTP/1.1\r\nConnection: close\r\n\r\n";
    let responses = send(address, &format!("{one}{one}{last}"));
    assert_eq!(responses.matches("HTTP/1.1 200 OK").count(), 3, "{responses}");
}
