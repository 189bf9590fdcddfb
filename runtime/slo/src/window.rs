use crate::Nanos;

/// A stretch of time `(after, to]` in which samples *ended*, open at its beginning so that windows which
/// follow each other share no sample. A window whose end is not after its beginning is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Samples that ended after this moment belong to the window; `None`: all from the clock's zero on, the
    /// zero included.
    pub after: Option<Nanos>,
    /// The last moment of the window.
    pub to: Nanos,
    /// Only samples that *began* at or after this moment belong to the window; `None`: any.
    pub begun_since: Option<Nanos>,
}

// === impl Window ===

impl Window {
    /// `(from, to]`; empty when `from >= to`.
    pub const fn new(from: Nanos, to: Nanos) -> Self {
        Self {
            after: Some(from),
            to,
            begun_since: None,
        }
    }

    /// Everything up to and including `to`.
    pub const fn until(to: Nanos) -> Self {
        Self {
            after: None,
            to,
            begun_since: None,
        }
    }

    /// Everything.
    pub const fn all() -> Self {
        Self::until(Nanos::MAX)
    }

    /// The window of this length that ends at `now`. One that reaches back to the clock's zero or beyond
    /// holds the zero too: there is nothing before it.
    pub const fn last(now: Nanos, length: Nanos) -> Self {
        let after = if length >= now && length > 0 {
            None
        } else {
            Some(now.saturating_sub(length))
        };
        Self {
            after,
            to: now,
            begun_since: None,
        }
    }

    /// The same window, but only with samples that began at or after `moment`.
    #[must_use]
    pub const fn begun_since(mut self, moment: Nanos) -> Self {
        self.begun_since = Some(moment);
        self
    }

    /// How long the window is, counted from the clock's zero if it has no beginning; 0 when it is empty.
    pub fn length(&self) -> Nanos {
        self.to.saturating_sub(self.start())
    }

    /// The moment at which the window begins.
    pub(crate) fn start(&self) -> Nanos {
        self.after.unwrap_or(0)
    }
}

/// Whether the window of length `window` that ends at `now` is covered by observation that began at
/// `started`: whether that was at least `window` ago. False while `now` is before `started`.
pub fn window_is_full(now: Nanos, window: Nanos, started: Nanos) -> bool {
    now.checked_sub(started)
        .is_some_and(|observed| observed >= window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_full_from_its_length_on() {
        assert!(!window_is_full(14, 5, 10));
        assert!(window_is_full(15, 5, 10));
        assert!(window_is_full(10, 0, 10));
        assert!(!window_is_full(9, 0, 10));
        assert!(window_is_full(u64::MAX, u64::MAX, 0));
    }

    #[test]
    fn a_window_that_reaches_the_zero_holds_it() {
        assert_eq!(Window::last(10, 4), Window::new(6, 10));
        assert_eq!(Window::last(10, 10), Window::until(10));
        assert_eq!(Window::last(10, u64::MAX), Window::until(10));
        assert_eq!(Window::last(0, 0).after, Some(0));
    }

    #[test]
    fn lengths() {
        assert_eq!(Window::new(3, 10).length(), 7);
        assert_eq!(Window::new(10, 3).length(), 0);
        assert_eq!(Window::until(10).length(), 10);
    }
}
