//! Getting at powers, and what their answers have in common.

use rescc_core::catalogue::Power;
use rescc_core::environment::{Disk, Environment, Freeze, Lifecycle, Ports, Signals, unsupported};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::undo::Undone;

/// Starting and stopping.
pub(crate) fn lifecycle(environment: &dyn Environment) -> Result<&dyn Lifecycle, Failure> {
    environment
        .lifecycle()
        .ok_or_else(|| unsupported(Power::Lifecycle))
}

/// Signals.
pub(crate) fn signals(environment: &dyn Environment) -> Result<&dyn Signals, Failure> {
    environment.signals().ok_or_else(|| unsupported(Power::Signals))
}

/// Holding still.
pub(crate) fn freeze(environment: &dyn Environment) -> Result<&dyn Freeze, Failure> {
    environment.freeze().ok_or_else(|| unsupported(Power::Freeze))
}

/// Faults in front of ports.
pub(crate) fn ports(environment: &dyn Environment) -> Result<&dyn Ports, Failure> {
    environment.ports().ok_or_else(|| unsupported(Power::Ports))
}

/// Room on file systems.
pub(crate) fn disk(environment: &dyn Environment) -> Result<&dyn Disk, Failure> {
    environment.disk().ok_or_else(|| unsupported(Power::Disk))
}

/// What a power answers while something is taken back; `None` where it says that what it is asked about is not there
/// any more: whoever held it is gone, and with it what was held.
pub(crate) fn unless_gone<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.class == ErrorClass::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// There was nothing to do.
pub(crate) fn nothing_to_do(detail: impl Into<String>) -> Undone {
    Undone {
        acted: false,
        detail: detail.into(),
    }
}
