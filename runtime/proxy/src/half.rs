//! One direction of a connection: what was read, what is held, what is still to be written.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::sync::watch;

use crate::clock::Nanos;
use crate::pipeline::Pipeline;
use crate::proxy::{Shared, Table};
use crate::queue::{CHUNK, Item, Queue, Way};
use crate::socket::{Side, with_scratch};
use crate::timer::Sleep;

/// How many chunks one direction moves before others get their turn.
const BURST: usize = 8;

/// How many entries one direction flushes before that.
const FLUSH_BURST: usize = 32;

/// One direction.
#[derive(Debug)]
pub(crate) struct Half {
    pub(crate) way: Way,
    pub(crate) queue: Queue,
    sleep: Sleep,
    /// The source may still be read.
    pub(crate) open: bool,
    /// The source is known to have reset: its end of stream is not a FIN.
    pub(crate) reset: bool,
    /// FIN was sent to the target, or the target is gone.
    finished: bool,
    /// The task is woken when the source has something.
    pub(crate) reading: bool,
    /// What was read before it was noticed that the faults have changed.
    pub(crate) unsorted: Option<(Item, Nanos)>,
}

/// How far one direction came.
pub(crate) enum Step {
    /// The task will be woken.
    Wait,
    /// The target does not exist any more.
    TargetGone,
    /// The source's RST has to be passed on now.
    Reset,
    /// The faults have changed.
    Changed,
}

/// What a step works with besides its own direction.
pub(crate) struct Link<'s, 'a> {
    pub(crate) source: &'s Side<'a>,
    pub(crate) target: &'s Side<'a>,
    pub(crate) pipeline: &'s mut Pipeline,
    pub(crate) changes: &'s watch::Receiver<Table>,
    pub(crate) shared: &'s Shared,
}

// === impl Half ===

impl Half {
    pub(crate) fn new(way: Way, shared: &Shared) -> Self {
        Self {
            way,
            queue: Queue::new(&shared.budget),
            sleep: Sleep::new(&shared.timer),
            open: true,
            reset: false,
            finished: false,
            reading: false,
            unsorted: None,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.finished && self.queue.is_empty()
    }

    /// The target is gone: nothing can be delivered any more.
    pub(crate) fn abandon(&mut self) {
        self.open = false;
        self.finished = true;
        self.queue.clear();
    }

    /// The source is gone: what it still had in flight is lost, as it is without a proxy.
    pub(crate) fn stop(&mut self) {
        self.open = false;
    }

    pub(crate) fn step_clean(&mut self, cx: &mut Context<'_>, link: &mut Link<'_, '_>) -> Step {
        for _ in 0..BURST {
            self.reading = false;
            match self.flush(cx, link) {
                Poll::Ready(Some(step)) => return step,
                Poll::Pending => return Step::Wait,
                Poll::Ready(None) if !self.open => return Step::Wait,
                Poll::Ready(None) => {}
            }
            let step = with_scratch(|buffer| match self.read(cx, link, buffer) {
                Poll::Pending => Some(Step::Wait),
                Poll::Ready(Err(step)) => Some(step),
                Poll::Ready(Ok(None)) => None,
                Poll::Ready(Ok(Some(bytes))) => self.pass(cx, link, bytes),
            });
            if let Some(step) = step {
                return step;
            }
        }
        self.reading = true;
        cx.waker().wake_by_ref();
        Step::Wait
    }

    pub(crate) fn step_faulty(&mut self, cx: &mut Context<'_>, link: &mut Link<'_, '_>) -> Step {
        for _ in 0..BURST {
            self.reading = false;
            let mut progress = false;
            if self.open && self.queue.has_room() {
                let step = with_scratch(|buffer| {
                    match self.read(cx, link, buffer.get_mut(..CHUNK).unwrap_or_default()) {
                        Poll::Pending => None,
                        Poll::Ready(Err(step)) => Some(step),
                        Poll::Ready(Ok(None)) => {
                            progress = true;
                            None
                        }
                        Poll::Ready(Ok(Some(bytes))) => {
                            progress = true;
                            self.enqueue(link, Item::Data(bytes.to_vec()));
                            None
                        }
                    }
                });
                if let Some(step) = step {
                    return step;
                }
            }
            match self.flush(cx, link) {
                Poll::Ready(Some(step)) => return step,
                // Flushing may have made the room that reading needs.
                Poll::Ready(None) if self.open && !self.reading => {}
                Poll::Pending | Poll::Ready(None) if !progress => return Step::Wait,
                Poll::Pending | Poll::Ready(None) => {}
            }
        }
        self.reading = true;
        cx.waker().wake_by_ref();
        Step::Wait
    }

    /// Reads once. `None` is the end of the stream, which has been queued.
    fn read<'b>(
        &mut self,
        cx: &mut Context<'_>,
        link: &mut Link<'_, '_>,
        buffer: &'b mut [u8],
    ) -> Poll<Result<Option<&'b [u8]>, Step>> {
        let result = match link.source.poll_read(cx, buffer) {
            Poll::Pending => {
                self.reading = true;
                return Poll::Pending;
            }
            Poll::Ready(result) => result,
        };
        // Looked at after the read: what was sent after `add_fault` returned can't slip through as untouched.
        let changed = link.changes.has_changed().unwrap_or(false);
        let end = match result {
            Ok(0) if !self.reset => Item::Fin,
            Ok(0) | Err(_) => Item::Reset,
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                if changed {
                    self.unsorted = Some((Item::Data(bytes.to_vec()), Nanos::now()));
                    return Poll::Ready(Err(Step::Changed));
                }
                return Poll::Ready(Ok(Some(bytes)));
            }
        };
        self.open = false;
        self.reset |= matches!(end, Item::Reset);
        if changed {
            self.unsorted = Some((end, Nanos::now()));
            return Poll::Ready(Err(Step::Changed));
        }
        self.enqueue(link, end);
        Poll::Ready(Ok(None))
    }

    fn enqueue(&mut self, link: &mut Link<'_, '_>, item: Item) {
        let now = Nanos::now();
        let holds = link.pipeline.holds(self.way, &item, now);
        self.queue.push(item, now, holds);
    }

    /// Writes what was just read past the empty queue; queues what the target does not take.
    fn pass(&mut self, cx: &mut Context<'_>, link: &mut Link<'_, '_>, bytes: &[u8]) -> Option<Step> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match link.target.poll_write(cx, rest) {
                Poll::Ready(Ok(count)) => {
                    self.count(link, count);
                    rest = rest.get(count..).unwrap_or_default();
                }
                Poll::Ready(Err(_)) => return Some(Step::TargetGone),
                Poll::Pending => {
                    self.queue
                        .push(Item::Data(rest.to_vec()), Nanos::now(), Vec::new());
                    return Some(Step::Wait);
                }
            }
        }
        None
    }

    /// Writes what is due. Ready with `None` once the queue is empty.
    fn flush(&mut self, cx: &mut Context<'_>, link: &Link<'_, '_>) -> Poll<Option<Step>> {
        let mut now = Nanos::default();
        let mut burst = 0..FLUSH_BURST;
        while let Some(entry) = self.queue.front() {
            if burst.next().is_none() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let due = entry.due();
            if due > now {
                now = Nanos::now();
                if due > now && self.sleep.poll_until(due, cx).is_pending() {
                    return Poll::Pending;
                }
            }
            match entry.item {
                Item::Fin => {
                    link.target.finish();
                    self.finished = true;
                    self.queue.pop();
                    continue;
                }
                Item::Reset => return Poll::Ready(Some(Step::Reset)),
                Item::Data(_) => {}
            }
            match link.target.poll_write(cx, entry.unsent()) {
                Poll::Ready(Ok(count)) => {
                    entry.sent(count);
                    if entry.unsent().is_empty() {
                        self.queue.pop();
                    }
                    self.count(link, count);
                }
                Poll::Ready(Err(_)) => return Poll::Ready(Some(Step::TargetGone)),
                Poll::Pending => return self.stalled(cx),
            }
        }
        Poll::Ready(None)
    }

    /// The target takes nothing more; a RST does not wait for that.
    fn stalled(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        match self.queue.reset_due() {
            Some(due) if self.sleep.poll_until(due, cx).is_ready() => Poll::Ready(Some(Step::Reset)),
            _ => Poll::Pending,
        }
    }

    fn count(&self, link: &Link<'_, '_>, bytes: usize) {
        let counter = match self.way {
            Way::Up => &link.shared.counters.bytes_up,
            Way::Down => &link.shared.counters.bytes_down,
        };
        counter.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }
}
