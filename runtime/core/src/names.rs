//! Names that are chosen before anything is touched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text of the catalogue: static for what is built in, owned for what comes from outside.
pub type Str = std::borrow::Cow<'static, str>;

/// The name of a run: sortable by its beginning, unique on a machine, safe in a file name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RunId(pub String);

/// The name of one fault on one instance: `strike/cache-1`. The same fault on the same instance has the same
/// name in every process that deals with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct InjectionId(pub String);

/// The environment variable by which every process that a run starts is marked; its value is the [`RunId`].
pub const RUN_MARK: &str = "RESCC_RUN";

/// The environment variable that says which instance a process belongs to.
pub const INSTANCE_MARK: &str = "RESCC_INSTANCE";

// === impl RunId ===

impl RunId {
    /// A name for a run that begins now; `dice` keeps runs of the same second apart.
    #[must_use]
    pub fn new(wall: crate::time::WallTime, dice: u32) -> Self {
        let time: String = crate::text::utc(wall)
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == 'T')
            .collect();
        Self(format!("{}-{:05x}", time.replace('T', "-"), dice & 0xf_ffff))
    }

    /// A name as a user gives it, where it is one: digits, lower-case letters and hyphens, so that it can't
    /// lead out of the folder of runs.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'-');
        fits.then(|| Self(text.to_owned()))
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl InjectionId ===

impl InjectionId {
    /// The name for a step's fault on an instance; `attempt` counts from 0 and is left out for the first.
    #[must_use]
    pub fn new(step: &str, instance: &str, attempt: u32) -> Self {
        if attempt == 0 {
            Self(format!("{step}/{instance}"))
        } else {
            Self(format!("{step}/{instance}/{attempt}"))
        }
    }
}

impl std::fmt::Display for InjectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
