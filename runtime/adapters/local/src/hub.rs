//! Changes, for any number of readers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use rescc_core::resource::Change;
use rescc_core::sync::Lock;
use tokio::sync::watch;

/// The most changes that are kept for slow readers. A slower one gets the last state of each instance.
const KEPT: usize = 1024;

/// Where changes are published.
#[derive(Debug)]
pub(crate) struct Hub {
    log: Lock<Log>,
    /// The number of the last change.
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Log {
    recent: VecDeque<(u64, Change)>,
    latest: BTreeMap<String, (u64, Change)>,
}

// === impl Hub ===

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            log: Lock::default(),
            last: watch::Sender::new(0),
        }
    }

    pub(crate) fn publish(&self, change: Change) {
        self.last.send_modify(|last| {
            *last += 1;
            let number = *last;
            self.log.with(|log| {
                log.latest
                    .insert(change.instance.name.clone(), (number, change.clone()));
                log.recent.push_back((number, change));
                if log.recent.len() > KEPT {
                    log.recent.pop_front();
                }
            });
        });
    }

    /// Tells of each further change.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Every change from now on; a reader that is too slow misses some, never the last of an instance.
    pub(crate) fn changes(self: &Arc<Self>) -> BoxStream<'static, Change> {
        let mut last = self.last.subscribe();
        let seen = *last.borrow_and_update();
        let hub = Arc::downgrade(self);
        let batches = stream::unfold((hub, last, seen), |(hub, mut last, seen)| async move {
            loop {
                let number = *last.borrow_and_update();
                if number > seen {
                    let batch = hub.upgrade()?.since(seen);
                    return Some((stream::iter(batch), (hub, last, number)));
                }
                last.changed().await.ok()?;
            }
        });
        batches.flatten().boxed()
    }

    /// The changes behind number `seen`.
    fn since(&self, seen: u64) -> Vec<Change> {
        self.log.with(|log| {
            let complete = log.recent.front().is_none_or(|(number, _)| *number <= seen + 1);
            let mut found: Vec<(u64, Change)> = if complete {
                log.recent
                    .iter()
                    .filter(|(number, _)| *number > seen)
                    .cloned()
                    .collect()
            } else {
                log.latest
                    .values()
                    .filter(|(number, _)| *number > seen)
                    .cloned()
                    .collect()
            };
            found.sort_by_key(|(number, _)| *number);
            found.into_iter().map(|(_, change)| change).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use rescc_core::resource::{Cause, Instance, Phase};

    use super::*;

    fn change(name: &str, restarts: u32) -> Change {
        let instance = Instance {
            name: name.into(),
            resource: "api".into(),
            kind: "process".into(),
            labels: BTreeMap::new(),
            image: None,
            phase: Phase::Running,
            healthy: Some(true),
            restarts,
            remark: String::new(),
        };
        Change {
            instance,
            cause: Cause::System,
        }
    }

    fn read(changes: &mut BoxStream<'static, Change>) -> Vec<(String, u32)> {
        std::iter::from_fn(|| changes.next().now_or_never())
            .map(|change| change.unwrap().instance)
            .map(|instance| (instance.name, instance.restarts))
            .collect()
    }

    #[test]
    fn each_change_from_now_on_is_read_in_order() {
        let hub = Arc::new(Hub::new());
        hub.publish(change("a", 1));
        let mut changes = hub.changes();
        assert_eq!(read(&mut changes), []);
        hub.publish(change("b", 2));
        hub.publish(change("a", 3));
        assert_eq!(read(&mut changes), [("b".to_owned(), 2), ("a".to_owned(), 3)]);
        assert_eq!(read(&mut changes), []);
        drop(hub);
        assert_eq!(changes.next().now_or_never(), Some(None));
    }

    #[test]
    fn who_is_too_slow_never_misses_the_last() {
        let hub = Arc::new(Hub::new());
        let mut changes = hub.changes();
        hub.publish(change("rare", 1));
        let last = u32::try_from(KEPT).unwrap() * 2;
        (0..=last).for_each(|number| hub.publish(change("busy", number)));
        assert_eq!(
            read(&mut changes),
            [("rare".to_owned(), 1), ("busy".to_owned(), last)]
        );
        hub.publish(change("rare", 2));
        assert_eq!(read(&mut changes), [("rare".to_owned(), 2)]);
    }
}
