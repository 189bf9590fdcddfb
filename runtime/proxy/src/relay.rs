//! Moving bytes between the two sides of a connection: one task, both directions.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tokio::task::unconstrained;

use crate::clock::Nanos;
use crate::half::{Half, Link, Step};
use crate::pipeline::Pipeline;
use crate::proxy::{Shared, Table};
use crate::queue::{Item, Way};
use crate::socket::Side;

/// Why a relay stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Both directions were finished by a FIN.
    Finished,
    /// Both sides are to be reset.
    Reset,
    /// The faults have changed; nothing is lost, call again.
    Changed,
}

/// Both directions of a connection. Its relays can be dropped and called again at any time: all state is here.
pub(crate) struct Relay<'a> {
    client: Side<'a>,
    backend: Side<'a>,
    up: Half,
    down: Half,
    pipeline: Pipeline,
    /// Tells, without waiting, whether the faults have changed since `refresh`.
    changes: watch::Receiver<Table>,
    shared: &'a Shared,
}

/// Copies between sides that no fault touches.
pub(crate) async fn relay_clean(relay: &mut Relay<'_>) -> End {
    // Bursts are bounded here already; tokio's budget would look like a socket that is full.
    unconstrained(poll_fn(|cx| relay.poll(cx, Half::step_clean))).await
}

/// Copies through the queues that faults act on.
pub(crate) async fn relay_faulty(relay: &mut Relay<'_>) -> End {
    unconstrained(poll_fn(|cx| relay.poll(cx, Half::step_faulty))).await
}

// === impl Relay ===

impl<'a> Relay<'a> {
    pub(crate) fn new(client: Side<'a>, backend: Side<'a>, pipeline: Pipeline, shared: &'a Shared) -> Self {
        Self {
            client,
            backend,
            up: Half::new(Way::Up, shared),
            down: Half::new(Way::Down, shared),
            pipeline,
            changes: shared.table.subscribe(),
            shared,
        }
    }

    /// Takes over the faults as they are now. True if none touches this connection.
    pub(crate) fn refresh(&mut self) -> bool {
        self.pipeline.refresh(&self.changes.borrow_and_update());
        for half in [&mut self.up, &mut self.down] {
            if let Some((item, read_at)) = half.unsorted.take() {
                let holds = self.pipeline.holds(half.way, &item, read_at);
                half.queue.push(item, read_at, holds);
            }
        }
        self.pipeline.is_clean()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        step: impl Fn(&mut Half, &mut Context<'_>, &mut Link<'_, '_>) -> Step,
    ) -> Poll<End> {
        loop {
            let mut again = false;
            for way in [Way::Up, Way::Down] {
                let (half, source, target) = match way {
                    Way::Up => (&mut self.up, &self.client, &self.backend),
                    Way::Down => (&mut self.down, &self.backend, &self.client),
                };
                let (pipeline, changes) = (&mut self.pipeline, &self.changes);
                let mut link = Link {
                    source,
                    target,
                    pipeline,
                    changes,
                    shared: self.shared,
                };
                match step(half, cx, &mut link) {
                    Step::Wait => {}
                    Step::Changed => return Poll::Ready(End::Changed),
                    Step::Reset => return Poll::Ready(End::Reset),
                    Step::TargetGone => {
                        half.abandon();
                        self.source_failed(way.other());
                        again = true;
                    }
                }
            }
            if self.up.is_done() && self.down.is_done() {
                return Poll::Ready(End::Finished);
            }
            // A reset is noticed by reading; who does not read has to look for it.
            if !self.up.reading && !self.up.reset && self.client.poll_failed(cx) {
                self.up.stop();
                self.source_failed(Way::Up);
                again = true;
            }
            if !self.down.reading && !self.down.reset && self.backend.poll_failed(cx) {
                self.down.stop();
                self.source_failed(Way::Down);
                again = true;
            }
            if !again {
                return Poll::Pending;
            }
        }
    }

    /// The source of that direction has reset. What it sent before may still be read; then RST follows, even after FIN.
    fn source_failed(&mut self, way: Way) {
        let half = match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        };
        if !half.reset {
            half.reset = true;
            if !half.open {
                let now = Nanos::now();
                half.queue
                    .push(Item::Reset, now, self.pipeline.holds(way, &Item::Reset, now));
            }
        }
    }
}
