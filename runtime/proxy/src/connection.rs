//! The life of one connection: find a backend, relay, end both sides alike.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::pipeline::{Identity, Pipeline};
use crate::proxy::{Shared, Table};
use crate::relay::{End, Relay, relay_clean, relay_faulty};
use crate::socket::{Side, reset_on_close};

/// Serves an accepted client to its end; `number` is its place in the order of arrival.
pub(crate) async fn serve(shared: Arc<Shared>, client: TcpStream, number: u64) {
    let mut table = shared.table.subscribe();
    // Fails only if the client is gone already, which the first read tells.
    let _ = client.set_nodelay(true);
    let connected = tokio::select! {
        biased;
        () = closing(&mut table) => None,
        connected = connect(&shared) => {
            if connected.is_none() {
                shared.counters.failed.fetch_add(1, Ordering::Relaxed);
            }
            connected
        }
    };
    let Some((name, backend)) = connected else {
        reset_on_close(&client);
        return;
    };
    let pipeline = Pipeline::new(Identity {
        seed: shared.seed,
        number,
        backend: name,
    });
    let mut relay = Relay::new(Side::new(&client), Side::new(&backend), pipeline, &shared);
    let end = run(&mut relay, &mut table).await;
    drop(relay);
    if end != End::Finished {
        reset_on_close(&client);
        reset_on_close(&backend);
    }
}

async fn run(relay: &mut Relay<'_>, table: &mut watch::Receiver<Table>) -> End {
    loop {
        if table.borrow_and_update().closing {
            return End::Reset;
        }
        let clean = relay.refresh();
        let relayed = async {
            if clean {
                relay_clean(relay).await
            } else {
                relay_faulty(relay).await
            }
        };
        let end = tokio::select! {
            biased;
            changed = table.changed() => if changed.is_ok() { End::Changed } else { End::Reset },
            end = relayed => end,
        };
        if end != End::Changed {
            return end;
        }
    }
}

/// Ends when the proxy is shut down.
pub(crate) async fn closing(table: &mut watch::Receiver<Table>) {
    let _ = table.wait_for(|table| table.closing).await;
}

/// The backend whose turn it is, or the next healthy one that takes the connection; each is tried once.
async fn connect(shared: &Shared) -> Option<(String, TcpStream)> {
    for backend in shared.backends.candidates() {
        if let Ok(stream) = open(backend.addr).await {
            return Some((backend.name, stream));
        }
    }
    None
}

async fn open(addr: SocketAddr) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_nodelay(true)?;
    socket.connect(addr).await
}
