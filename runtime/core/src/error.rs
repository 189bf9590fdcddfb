//! What went wrong, in classes that decide what happens next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The class of a failure: it decides on another attempt and on the verdict, the message does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Another attempt may well succeed.
    Transient,
    /// Another attempt will fail in the same way.
    Permanent,
    /// What it needs is not there: a program, a file, an instance.
    NotFound,
    /// The rights don't reach.
    Permission,
    /// This environment has no such power.
    Unsupported,
    /// Something of somebody else is in the place that is needed.
    Conflict,
    /// It took longer than it may.
    Timeout,
    /// A device or quota is full.
    NoSpace,
}

/// A failure of an environment, an action or a probe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[error("{message}")]
pub struct Failure {
    /// Its class.
    pub class: ErrorClass,
    /// What went wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
}

// === impl Failure ===

impl Failure {
    /// A failure of a class.
    #[must_use]
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            help: String::new(),
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Puts what was tried in front of the message.
    #[must_use]
    pub fn during(mut self, what: impl std::fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether another attempt may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.class, ErrorClass::Transient | ErrorClass::Timeout)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let class = match error.kind() {
            ErrorKind::NotFound => ErrorClass::NotFound,
            ErrorKind::PermissionDenied => ErrorClass::Permission,
            ErrorKind::AddrInUse | ErrorKind::AlreadyExists => ErrorClass::Conflict,
            ErrorKind::TimedOut => ErrorClass::Timeout,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                ErrorClass::NoSpace
            }
            ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::ConnectionRefused => {
                ErrorClass::Transient
            }
            _ => ErrorClass::Permanent,
        };
        Self::new(class, error.to_string().to_lowercase())
    }
}
