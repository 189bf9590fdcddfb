//! A lock that can't be poisoned: what it guards here is valid after every single statement.
#![expect(
    clippy::disallowed_types,
    reason = "this is the wrapper that makes the poisoned case disappear"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

// === impl Lock ===

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
