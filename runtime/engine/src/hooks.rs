//! Points at which the tests end or stop this process, to show that nothing is left behind. Builds without
//! debug assertions have none.

/// Which side of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Nothing is written yet.
    Before,
    /// It is on the disk.
    After,
}

/// The variable that says where; it is meant for the runner, not for the keeper.
pub(crate) const CRASH: &str = "RESCC_TEST_CRASH";

/// `RESCC_TEST_CRASH=kill:before:3` ends this process before the fourth entry is written; `stop:after:3` holds it
/// still after it.
#[cfg(debug_assertions)]
pub(crate) fn at_journal(number: u64, side: Side) {
    let Ok(order) = std::env::var(CRASH) else { return };
    let mut parts = order.split(':');
    let (Some(how), Some(when), Some(at)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let wanted = if when == "before" {
        Side::Before
    } else {
        Side::After
    };
    if side != wanted || at.parse() != Ok(number) {
        return;
    }
    let signal = if how == "stop" {
        rustix::process::Signal::STOP
    } else {
        rustix::process::Signal::KILL
    };
    let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
}

#[cfg(not(debug_assertions))]
pub(crate) fn at_journal(_: u64, _: Side) {}

/// `RESCC_TEST_HANG_LIMIT_MS=500` lets a runner count as hung after that time instead of after all that it may
/// take.
#[cfg(debug_assertions)]
pub(crate) fn hang_limit() -> Option<std::time::Duration> {
    let limit = std::env::var("RESCC_TEST_HANG_LIMIT_MS").ok()?;
    limit.parse().ok().map(std::time::Duration::from_millis)
}

#[cfg(not(debug_assertions))]
pub(crate) fn hang_limit() -> Option<std::time::Duration> {
    None
}
