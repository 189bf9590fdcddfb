//! What was read from one side and waits to be written to the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Nanos;
use crate::fault::Hold;

/// The most bytes held back in one direction of one connection; beyond it the sender is slowed down.
pub const QUEUE_BYTES: usize = 4 << 20;

/// The most that one read brings where a fault holds it back.
pub(crate) const CHUNK: usize = 64 << 10;

/// What an entry costs beyond its bytes, so that many tiny chunks are bounded as well.
const ENTRY_COST: usize = 128;

/// One of the two directions of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the client to the backend.
    Up,
    /// From the backend to the client.
    Down,
}

/// What comes out of a socket.
#[derive(Debug)]
pub(crate) enum Item {
    Data(Vec<u8>),
    Fin,
    Reset,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) item: Item,
    read_at: Nanos,
    holds: Vec<Hold>,
    sent: usize,
}

/// The bytes that all connections of a proxy hold back together.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
}

#[derive(Debug)]
pub(crate) struct Queue {
    entries: VecDeque<Entry>,
    cost: usize,
    budget: Arc<Budget>,
}

// === impl Way ===

impl Way {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

// === impl Entry ===

impl Entry {
    /// When it may be written. Faults that were removed meanwhile no longer count.
    pub(crate) fn due(&self) -> Nanos {
        self.read_at.after(
            self.holds
                .iter()
                .fold(Duration::ZERO, |sum, hold| sum.saturating_add(hold.delay())),
        )
    }

    pub(crate) fn unsent(&self) -> &[u8] {
        match &self.item {
            Item::Data(bytes) => bytes.get(self.sent..).unwrap_or_default(),
            Item::Fin | Item::Reset => &[],
        }
    }

    /// The socket took `count` bytes.
    pub(crate) fn sent(&mut self, count: usize) {
        if self.sent == 0 && !self.holds.is_empty() {
            let now = Nanos::now();
            for hold in self.holds.drain(..) {
                hold.released(self.item.len(), now.since(self.read_at), now);
            }
        }
        self.sent = self.sent.saturating_add(count);
    }
}

// === impl Item ===

impl Item {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Data(bytes) => bytes.len(),
            Self::Fin | Self::Reset => 0,
        }
    }
}

// === impl Budget ===

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            limit,
        }
    }
}

// === impl Queue ===

impl Queue {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            entries: VecDeque::new(),
            cost: 0,
            budget: Arc::clone(budget),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether one more read may be queued. An empty queue always has room, whatever the others hold: so nobody has to
    /// be woken when they let go, and the bound of the proxy is its budget and one read a direction.
    pub(crate) fn has_room(&self) -> bool {
        self.entries.is_empty()
            || (self.cost.saturating_add(CHUNK + ENTRY_COST) <= QUEUE_BYTES
                && self.budget.used.load(Ordering::Relaxed) < self.budget.limit)
    }

    pub(crate) fn push(&mut self, item: Item, read_at: Nanos, holds: Vec<Hold>) {
        let cost = item.len() + ENTRY_COST;
        self.cost += cost;
        self.budget.used.fetch_add(cost, Ordering::Relaxed);
        self.entries.push_back(Entry {
            item,
            read_at,
            holds,
            sent: 0,
        });
    }

    pub(crate) fn front(&mut self) -> Option<&mut Entry> {
        self.entries.front_mut()
    }

    /// When the sender's RST is due, if one is queued.
    pub(crate) fn reset_due(&self) -> Option<Nanos> {
        self.entries
            .back()
            .filter(|entry| matches!(entry.item, Item::Reset))
            .map(Entry::due)
    }

    pub(crate) fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.release(entry.item.len() + ENTRY_COST);
        }
        if self.entries.is_empty() {
            // An idle connection holds no memory.
            self.entries = VecDeque::new();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.release(self.cost);
    }

    fn release(&mut self, cost: usize) {
        self.cost = self.cost.saturating_sub(cost);
        self.budget.used.fetch_sub(cost, Ordering::Relaxed);
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk() -> Item {
        Item::Data(vec![0; CHUNK])
    }

    #[test]
    fn a_direction_is_bounded_and_tiny_chunks_count_as_well() {
        for size in [1, 1000, CHUNK] {
            let mut queue = Queue::new(&Arc::new(Budget::new(usize::MAX)));
            let mut bytes = 0;
            let mut entries = 0;
            while queue.has_room() {
                queue.push(Item::Data(vec![0; size]), Nanos(1), Vec::new());
                bytes += size;
                entries += 1;
            }
            assert!(
                bytes <= QUEUE_BYTES && entries * ENTRY_COST <= QUEUE_BYTES,
                "{bytes} in {entries}"
            );
            assert!(bytes + entries * ENTRY_COST > QUEUE_BYTES - 2 * (CHUNK + ENTRY_COST));
            queue.pop();
            assert!(queue.has_room());
        }
    }

    #[test]
    fn a_spent_budget_leaves_one_chunk_to_each_and_comes_back() {
        let budget = Arc::new(Budget::new(2 * CHUNK));
        let mut first = Queue::new(&budget);
        first.push(chunk(), Nanos(1), Vec::new());
        first.push(chunk(), Nanos(1), Vec::new());
        assert!(!first.has_room());
        let mut second = Queue::new(&budget);
        assert!(second.has_room());
        second.push(chunk(), Nanos(1), Vec::new());
        assert!(!second.has_room());
        drop(first);
        assert!(second.has_room());
        second.clear();
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }
}
