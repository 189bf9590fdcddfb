//! How a command ends: `specs/exit-codes.md`.

use rescc_core::verdict::ExitCode;

/// Everything is as it should be.
pub(crate) const OK: u8 = ExitCode::Pass as u8;
/// Something was found that is not as it should be: unformatted files.
pub(crate) const FOUND: u8 = ExitCode::Fail as u8;
/// The spec or the call is wrong.
pub(crate) const USAGE: u8 = ExitCode::Usage as u8;
/// The environment or the tool failed.
pub(crate) const ERROR: u8 = ExitCode::Error as u8;
/// Something is not undone.
pub(crate) const NOT_UNDONE: u8 = ExitCode::NotUndone as u8;
/// A limit, lock or check said no before anything was touched.
pub(crate) const REFUSED: u8 = ExitCode::Refused as u8;

/// Why a command can't do its work.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// With what it exits.
    pub(crate) code: u8,
    /// What is wrong: a lower-case fragment.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Vec<String>,
}

// === impl Trouble ===

impl Trouble {
    /// The call is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    /// The tool or the environment failed.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(ERROR, message)
    }

    /// Something said no before anything was touched.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(REFUSED, message)
    }

    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: Vec::new(),
        }
    }

    /// Adds what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}
