//! Reading what a probe is opened with.

use std::collections::BTreeMap;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::program::Arguments;
use rescc_core::value::Value;

/// A text that must be there.
pub(crate) fn text<'a>(arguments: &'a Arguments, name: &str) -> Result<&'a str, Failure> {
    optional_text(arguments, name)?.ok_or_else(|| refused(format!("`{name}` is missing")))
}

/// A text that may be left out.
pub(crate) fn optional_text<'a>(arguments: &'a Arguments, name: &str) -> Result<Option<&'a str>, Failure> {
    arguments.get(name).map(|value| as_text(value, name)).transpose()
}

/// A truth value, or what it is where it is left out.
pub(crate) fn flag(arguments: &Arguments, name: &str, default: bool) -> Result<bool, Failure> {
    arguments.get(name).map_or(Ok(default), |value| {
        value
            .as_bool()
            .ok_or_else(|| refused(format!("`{name}` is neither true nor false")))
    })
}

/// A list of texts; empty where it is left out.
pub(crate) fn texts(arguments: &Arguments, name: &str) -> Result<Vec<String>, Failure> {
    let Some(value) = arguments.get(name) else {
        return Ok(Vec::new());
    };
    let list = value
        .as_list()
        .ok_or_else(|| refused(format!("`{name}` is not a list")))?;
    list.iter()
        .map(|one| as_text(one, name).map(str::to_owned))
        .collect()
}

/// Texts by name; none where it is left out.
pub(crate) fn record(arguments: &Arguments, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    let Some(value) = arguments.get(name) else {
        return Ok(BTreeMap::new());
    };
    let record = value
        .as_record()
        .ok_or_else(|| refused(format!("`{name}` is not a record")))?;
    record
        .iter()
        .map(|(key, one)| Ok((key.clone(), as_text(one, &format!("{name}.{key}"))?.to_owned())))
        .collect()
}

/// An argument that makes no sense.
pub(crate) fn refused(message: impl Into<String>) -> Failure {
    Failure::new(ErrorClass::Permanent, message)
}

fn as_text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Failure> {
    value.as_text().ok_or_else(|| {
        refused(format!(
            "`{name}` is not text, or takes in a name that is not known here"
        ))
    })
}
