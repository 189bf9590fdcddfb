//! The simulated world: what is, what is going to happen, and how one waits for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::select;
use futures_util::stream::{self, BoxStream, StreamExt};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::resource::Change;
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment};

use crate::options::SimOptions;
use crate::simulated::Simulated;

mod chaos;
mod handle;
mod life;
mod log;
mod member;
mod room;
mod state;
mod traffic;

pub(crate) use chaos::Sort;
pub use handle::SimWorld;
pub(crate) use state::{Stage, State};
pub(crate) use traffic::Reply;

/// The longest that an operation waits for a phase.
const OPERATION_LIMIT: Duration = Duration::from_secs(300);

/// A simulated world.
#[derive(Debug)]
pub(crate) struct World {
    clock: Arc<dyn Clock>,
    state: Lock<State>,
}

/// One who is told each change.
struct Subscription {
    world: Arc<World>,
    id: u64,
}

/// Waits until something is different from what it was at a version.
struct Changed<'a> {
    world: &'a World,
    version: u64,
    id: Option<u64>,
}

// === impl World ===

impl World {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        resources: BTreeMap<String, Simulated>,
        seed: u64,
        options: SimOptions,
    ) -> Self {
        Self {
            clock,
            state: Lock::new(State::new(resources, seed, options)),
        }
    }

    /// Plays what is due, and works on what is.
    pub(crate) fn act<T>(&self, work: impl FnOnce(&mut State, Moment) -> T) -> T {
        let now = self.clock.now();
        let (result, wakers) = self.state.with(|state| {
            let version = state.version;
            state.settle(now);
            let result = work(state, now);
            (
                result,
                if state.version == version {
                    BTreeMap::new()
                } else {
                    std::mem::take(&mut state.wakers)
                },
            )
        });
        wakers.into_values().for_each(Waker::wake);
        result
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        let until = self.clock.now().after(duration);
        self.clock.sleep_until(until).await;
    }

    /// Waits until a look finds something, for at most five minutes.
    pub(crate) async fn until<T: Send>(
        &self,
        mut look: impl FnMut(&mut State) -> Option<T> + Send,
    ) -> Result<T, Failure> {
        let limit = self.clock.now().after(OPERATION_LIMIT);
        loop {
            let (found, next, version) =
                self.act(|state, _| (look(state), state.next_event(), state.version));
            if let Some(found) = found {
                return Ok(found);
            }
            if self.clock.now() >= limit {
                return Err(Failure::new(
                    ErrorClass::Timeout,
                    "the phase was not reached within 5m",
                ));
            }
            self.wait(Some(next.map_or(limit, |next| next.min(limit))), version)
                .await;
        }
    }

    /// Each change from now on.
    pub(crate) fn changes(self: &Arc<Self>) -> BoxStream<'static, Change> {
        let id = self.act(|state, _| state.subscribe());
        let subscription = Subscription {
            world: Arc::clone(self),
            id,
        };
        stream::unfold(subscription, |subscription| async {
            let change = subscription.next().await;
            Some((change, subscription))
        })
        .boxed()
    }

    async fn wait(&self, next: Option<Moment>, version: u64) {
        let due = async {
            match next {
                Some(next) => self.clock.sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        select(
            Changed {
                world: self,
                version,
                id: None,
            },
            pin!(due),
        )
        .await;
    }
}

// === impl Subscription ===

impl Subscription {
    async fn next(&self) -> Change {
        loop {
            let (change, next, version) = self
                .world
                .act(|state, _| (state.take_change(self.id), state.next_event(), state.version));
            match change {
                Some(change) => return change,
                None => self.world.wait(next, version).await,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.world.state.with(|state| state.unsubscribe(self.id));
    }
}

// === impl Changed ===

impl Future for Changed<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (version, id) = (self.version, self.id);
        let waiting = self.world.state.with(|state| {
            (state.version == version).then(|| {
                let id = id.unwrap_or_else(|| state.number());
                state.wakers.insert(id, context.waker().clone());
                id
            })
        });
        self.id = waiting.or(id);
        if waiting.is_some() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            drop(self.world.state.with(|state| state.wakers.remove(&id)));
        }
    }
}
