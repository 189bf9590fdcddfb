//! The payload of undo records.

use rescc_core::action::Fault;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::undo::UndoRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a payload.
pub(crate) fn write(payload: &impl Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(payload).map_err(|error| unreadable(&error))
}

/// Reads a payload of this very version.
pub(crate) fn read<T: DeserializeOwned>(payload: &serde_json::Value) -> Result<T, Failure> {
    T::deserialize(payload).map_err(|error| unreadable(&error))
}

/// Reads the payload of a record, where it is of a version that `fault` knows.
pub(crate) fn of<T: DeserializeOwned>(fault: &dyn Fault, record: &UndoRecord) -> Result<T, Failure> {
    let known = fault.version();
    if record.version != known {
        return Err(Failure::new(
            ErrorClass::Permanent,
            format!(
                "the undo record of `{}` has version {} for `{}`, this rescc knows version {known}",
                record.injection, record.version, record.action
            ),
        )
        .help("recover the run with the rescc that it was started with"));
    }
    read(&record.payload)
        .map_err(|failure| failure.during(format!("the undo record of `{}`", record.injection)))
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(
        ErrorClass::Permanent,
        format!("the payload can't be read: {error}"),
    )
}
