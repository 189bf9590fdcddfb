//! Waiting with a limit, on the clock that was handed in.

use std::future::Future;
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::time::Clock;

/// The result of a future, or `None` where `limit` passes first.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let end = clock.now().after(limit);
    tokio::select! {
        biased;
        result = work => Some(result),
        () = clock.sleep_until(end) => None,
    }
}

/// Runs what blocks on a thread of its own. It must be bounded by itself.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Failure::new(
            ErrorClass::Permanent,
            format!("a task broke off: {error}"),
        ))
    })
}
