//! `rescc demo shop`: a web shop that goes on selling when its cache is lost or slow, unless it is strict.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::http::{self, Connection, Request, Status};
use super::remote::{Breaker, Cache};

mod origin;

use origin::{Database, items};

const KEY: &str = "shop:prices";
const KEY_SECONDS: u32 = 30;
const OK: Status = (200, "OK");
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// How the shop runs.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the cache is.
    pub(crate) cache: SocketAddr,
    /// How long the shop waits for each step of a call to the cache, from 1 ms on.
    pub(crate) cache_timeout: Duration,
    /// How many connections are served at a time, each by a thread; others wait in the listener's queue.
    pub(crate) workers: usize,
    /// Whether a checkout fails with the cache, as it does in a shop that was designed without a fallback.
    pub(crate) strict: bool,
}

/// A shop that listens.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
}

/// What the workers share.
#[derive(Debug)]
struct Shared {
    config: Config,
    database: Database,
    breaker: Breaker,
    counters: Counters,
    busy: AtomicUsize,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    origin_reads: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    cache_failures: AtomicU64,
    cache_skipped: AtomicU64,
}

struct Worker<'a> {
    shared: &'a Shared,
    cache: Cache,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

// === impl Config ===

impl Config {
    /// The default configuration with the cache at `cache`.
    pub(crate) fn new(cache: SocketAddr) -> Self {
        Self {
            cache,
            cache_timeout: Duration::from_millis(50),
            workers: 64,
            strict: false,
        }
    }
}

// === impl Server ===

impl Server {
    /// Listens on `address`, for instance `127.0.0.1:8080`; port 0 takes a free one. The cache may be absent.
    pub(crate) fn bind(address: impl ToSocketAddrs, config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let shared = Shared {
            config,
            database: Database::generate(),
            breaker: Breaker::default(),
            counters: Counters::default(),
            busy: AtomicUsize::new(0),
        };
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            shared,
        })
    }

    /// The address it listens on.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers for as long as connections can be accepted; the error says why they no longer can.
    pub(crate) fn serve(self) -> io::Result<()> {
        let server = Arc::new(self);
        let mut threads = Vec::new();
        for _ in 0..server.shared.config.workers {
            let server = Arc::clone(&server);
            let work = move || Worker::new(&server.shared).work(&server.listener);
            threads.push(thread::Builder::new().spawn(work)?);
        }
        for thread in threads {
            thread.join().map_err(|_| io::Error::other("a worker failed"))??;
        }
        Ok(())
    }
}

// === impl Counters ===

impl Counters {
    fn render(&self) -> String {
        let all = [
            ("shop_requests_total", &self.requests),
            ("shop_checkouts_accepted_total", &self.accepted),
            ("shop_checkouts_rejected_total", &self.rejected),
            ("shop_origin_reads_total", &self.origin_reads),
            ("shop_cache_hits_total", &self.cache_hits),
            ("shop_cache_misses_total", &self.cache_misses),
            ("shop_cache_failures_total", &self.cache_failures),
            ("shop_cache_skipped_total", &self.cache_skipped),
        ];
        all.iter()
            .map(|(name, value)| format!("{name} {}\n", value.load(Ordering::Relaxed)))
            .collect()
    }
}

// === impl Worker ===

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self {
            shared,
            cache: Cache::new(shared.config.cache, shared.config.cache_timeout),
        }
    }

    fn work(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let stream = http::accept(listener)?;
            self.shared.busy.fetch_add(1, Ordering::SeqCst);
            // A connection that breaks is the client's loss only.
            let _ = self.converse(stream);
            self.shared.busy.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn converse(&mut self, stream: TcpStream) -> io::Result<()> {
        let shared = self.shared;
        let mut connection = Connection::new(stream)?;
        // With all workers taken a connection is not kept, since another one may be waiting.
        let wanted = || shared.busy.load(Ordering::SeqCst) >= shared.config.workers;
        loop {
            match connection.next(wanted) {
                Ok(Some(request)) => {
                    count(&shared.counters.requests);
                    let (status, kind, body) = self.answer(&request);
                    let keep_alive = request.keep_alive && !wanted();
                    connection.respond(status, kind, &body, keep_alive)?;
                    if !keep_alive {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(status) => return connection.refuse(status),
            }
        }
    }

    fn answer(&mut self, request: &Request) -> (Status, &'static str, String) {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/healthz") => (OK, TEXT, "ok\n".to_owned()),
            ("GET", "/metrics") => (OK, TEXT, self.shared.counters.render()),
            ("GET", "/checkout") => match self.prices() {
                Ok((source, items)) => {
                    count(&self.shared.counters.accepted);
                    let body =
                        format!("{{\"state\":\"accepted\",\"source\":\"{source}\",\"items\":{items}}}\n");
                    (OK, JSON, body)
                }
                Err(_) => {
                    count(&self.shared.counters.rejected);
                    let body = "{\"state\":\"rejected\",\"reason\":\"cache\"}\n".to_owned();
                    ((503, "Service Unavailable"), JSON, body)
                }
            },
            ("GET", _) => ((404, "Not Found"), TEXT, "not found\n".to_owned()),
            // Without a body, since the method may be HEAD.
            _ => ((501, "Not Implemented"), TEXT, String::new()),
        }
    }

    /// Where the price list came from and how many items it has. Fails only in a strict shop.
    fn prices(&mut self) -> io::Result<(&'static str, usize)> {
        let shared = self.shared;
        let mut fill = false;
        if !shared.config.strict && !shared.breaker.allows() {
            count(&shared.counters.cache_skipped);
        } else {
            match self.cache.get(KEY) {
                Ok(found) => {
                    shared.breaker.succeeded();
                    // Rubbish is a miss.
                    if let Some(items) = found.as_deref().and_then(items) {
                        count(&shared.counters.cache_hits);
                        return Ok(("cache", items));
                    }
                    count(&shared.counters.cache_misses);
                    fill = true;
                }
                Err(error) => self.failed(error)?,
            }
        }
        count(&shared.counters.origin_reads);
        let list = shared.database.read_prices();
        if fill && let Err(error) = self.cache.set(KEY, list.as_bytes(), KEY_SECONDS) {
            self.failed(error)?;
        }
        Ok(("origin", items(list.as_bytes()).unwrap_or_default()))
    }

    fn failed(&self, error: io::Error) -> io::Result<()> {
        count(&self.shared.counters.cache_failures);
        self.shared.breaker.failed();
        if self.shared.config.strict {
            Err(error)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
