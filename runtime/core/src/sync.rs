//! A lock without poison.

/// A mutual exclusion lock whose holder's panic does not make a second one: what it guards is plain data that
/// is replaced whole. Never held over an await.
#[derive(Debug, Default)]
#[expect(
    clippy::disallowed_types,
    reason = "the one place that wraps the lock of the standard library"
)]
pub struct Lock<T>(std::sync::Mutex<T>);

impl<T> Lock<T> {
    /// A lock around a value.
    #[expect(
        clippy::disallowed_types,
        reason = "the one place that wraps the lock of the standard library"
    )]
    pub fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    /// Runs a function with the value at hand.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let mut guard = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&mut guard)
    }
}

impl<T: Clone> Lock<T> {
    /// A copy of the value.
    pub fn get(&self) -> T {
        self.with(|value| value.clone())
    }
}
