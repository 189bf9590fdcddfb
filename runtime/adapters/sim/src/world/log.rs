//! What was done and what came of it, for tests that look at the order of things.

use rescc_core::time::Moment;

/// The most lines; later ones are dropped, so that the beginning is always there.
const MAX_LINES: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct Log {
    lines: Vec<(Moment, String)>,
    dropped: u64,
}

// === impl Log ===

impl Log {
    pub(super) fn push(&mut self, at: Moment, line: String) {
        if self.lines.len() < MAX_LINES {
            self.lines.push((at, line));
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn lines(&self) -> Vec<(Moment, String)> {
        self.lines.clone()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_kept() {
        let mut log = Log::default();
        (0..MAX_LINES + 3).for_each(|n| log.push(Moment(n as u64), n.to_string()));
        assert_eq!((log.lines.len(), log.dropped()), (MAX_LINES, 3));
        assert_eq!(log.lines()[0].1, "0");
    }
}
