//! Taking connections in, and letting none outlive the proxy.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Nanos;
use crate::connection::{closing, serve};
use crate::proxy::Shared;
use crate::socket::reset_on_close;
use crate::timer::Sleep;

/// The pause after the first failure to accept for want of resources; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Accepts until the proxy is shut down, then waits for every task. `_running` is dropped last and tells that.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    connections: usize,
    _running: watch::Sender<()>,
) {
    let driver = tokio::spawn(Arc::clone(&shared.timer).drive());
    let mut open = JoinSet::new();
    take_in(listener, &shared, connections, &mut open).await;
    while open.join_next().await.is_some() {}
    driver.abort();
    let _ = driver.await;
}

async fn take_in(listener: TcpListener, shared: &Arc<Shared>, connections: usize, open: &mut JoinSet<()>) {
    let mut table = shared.table.subscribe();
    let mut closing = std::pin::pin!(closing(&mut table));
    let mut sleep = Sleep::new(&shared.timer);
    let mut pause = FIRST_PAUSE;
    let mut number = 0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut closing => return,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((client, _)) if open.len() >= connections => {
                reset_on_close(&client);
                shared.counters.over_limit.fetch_add(1, Ordering::Relaxed);
            }
            Ok((client, _)) => {
                pause = FIRST_PAUSE;
                shared.counters.accepted.fetch_add(1, Ordering::Relaxed);
                open.spawn(serve(Arc::clone(shared), client, number));
                number += 1;
            }
            Err(error) if is_exhausted(&error) => {
                shared.counters.exhausted.fetch_add(1, Ordering::Relaxed);
                // The client stays in the backlog; a connection that ends may free what is missing.
                tokio::select! {
                    biased;
                    () = &mut closing => return,
                    Some(_) = open.join_next(), if !open.is_empty() => {}
                    () = sleep.until(Nanos::now().after(pause)) => {}
                }
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            }
            // That one connection is gone (accept(2) passes its network errors on); the next may be well.
            Err(_) => {}
        }
    }
}

fn is_exhausted(error: &io::Error) -> bool {
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| exhausted.contains(&errno))
}
