//! Reading the arguments of a call. The checker has seen them; a plan from a file may still be wrong.

use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::program::Arguments;
use rescc_core::value::Value;

/// A text or word that may be left out.
pub(crate) fn text<'a>(arguments: &'a Arguments, name: &str) -> Result<Option<&'a str>, Failure> {
    read(arguments, name, "text", Value::as_text)
}

/// A duration that may be left out.
pub(crate) fn duration(arguments: &Arguments, name: &str) -> Result<Option<Duration>, Failure> {
    read(arguments, name, "a duration", Value::as_duration)
}

/// A ratio that may be left out.
pub(crate) fn ratio(arguments: &Arguments, name: &str) -> Result<Option<f64>, Failure> {
    read(arguments, name, "a ratio", Value::as_ratio)
}

/// A size that may be left out.
pub(crate) fn bytes(arguments: &Arguments, name: &str) -> Result<Option<u64>, Failure> {
    read(arguments, name, "a size", Value::as_bytes)
}

/// The failure of an argument that must be there.
pub(crate) fn missing(name: &str) -> Failure {
    refused(format!("`{name}` is missing"))
}

/// The failure of arguments that make no sense.
pub(crate) fn refused(message: impl Into<String>) -> Failure {
    Failure::new(ErrorClass::Permanent, message)
}

fn read<'a, T>(
    arguments: &'a Arguments,
    name: &str,
    kind: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, Failure> {
    arguments
        .get(name)
        .map(|value| read(value).ok_or_else(|| refused(format!("`{name}` is not {kind}"))))
        .transpose()
}
