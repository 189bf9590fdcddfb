//! Values and their types.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::Str;
use crate::time::as_nanos;

/// A value of the language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// A share; 1.0 is 100 %.
    Ratio(f64),
    /// A duration in nanoseconds.
    Duration(
        #[serde(with = "as_nanos")]
        #[schemars(with = "u64")]
        Duration,
    ),
    /// A size in bytes.
    Bytes(u64),
    /// Bytes a second.
    Bandwidth(f64),
    /// Events a second.
    Rate(f64),
    /// A whole number.
    Count(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(String),
    /// Text that takes in names which are only known later.
    Template(Vec<TemplatePart>),
    /// A word of a fixed list: `SIGKILL`, `running`.
    Word(String),
    /// From the first to the second, both included.
    Range(Box<Value>, Box<Value>),
    /// Several values.
    List(Vec<Value>),
    /// Values by name.
    Record(BTreeMap<String, Value>),
}

/// A part of a text that takes in names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplatePart {
    /// As it is.
    Literal(String),
    /// A name, such as `port.http`.
    Name(String),
}

/// What a field, a parameter or an expression may hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Type {
    /// `99%`
    Ratio,
    /// `200ms`
    Duration,
    /// `64MiB`
    Bytes,
    /// `1MB/s`
    Bandwidth,
    /// `5/h`
    Rate,
    /// `3`
    Count,
    /// `14.4`
    Number,
    /// `true`
    Bool,
    /// `"x"`
    Text,
    /// One of a fixed list of bare words.
    Word {
        /// The list.
        of: Vec<Str>,
    },
    /// `5ms..25ms`, or one value for both ends.
    Range {
        /// The type of the ends.
        of: Box<Type>,
    },
    /// `[a, b]`
    List {
        /// The type of the elements.
        of: Box<Type>,
    },
    /// `{ k = v }` with names of the user's choice.
    Record {
        /// The type of the values.
        of: Box<Type>,
    },
    /// A resource, a selector or `it`.
    Target,
    /// A condition.
    Condition,
    /// The name of a step of the same workflow.
    Step,
}

// === impl Value ===

impl Value {
    /// The ratio, where it is one.
    #[must_use]
    pub fn as_ratio(&self) -> Option<f64> {
        if let Self::Ratio(ratio) = self {
            Some(*ratio)
        } else {
            None
        }
    }

    /// The duration, where it is one.
    #[must_use]
    pub fn as_duration(&self) -> Option<Duration> {
        if let Self::Duration(duration) = self {
            Some(*duration)
        } else {
            None
        }
    }

    /// The size in bytes, where it is one.
    #[must_use]
    pub fn as_bytes(&self) -> Option<u64> {
        if let Self::Bytes(bytes) = self {
            Some(*bytes)
        } else {
            None
        }
    }

    /// The whole number, where it is one.
    #[must_use]
    pub fn as_count(&self) -> Option<i64> {
        if let Self::Count(count) = self {
            Some(*count)
        } else {
            None
        }
    }

    /// The truth value, where it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// The text or word, where it is one without names in it.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Word(text) => Some(text),
            _ => None,
        }
    }

    /// The list, where it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(list) = self {
            Some(list)
        } else {
            None
        }
    }

    /// The record, where it is one.
    #[must_use]
    pub fn as_record(&self) -> Option<&BTreeMap<String, Value>> {
        if let Self::Record(record) = self {
            Some(record)
        } else {
            None
        }
    }

    /// As a number for comparing: the base unit of its type; `None` for what has no order.
    #[must_use]
    pub fn magnitude(&self) -> Option<f64> {
        match self {
            Self::Ratio(number) | Self::Bandwidth(number) | Self::Rate(number) | Self::Number(number) => {
                Some(*number)
            }
            Self::Duration(duration) => Some(duration.as_secs_f64()),
            #[expect(
                clippy::cast_precision_loss,
                reason = "sizes and counts are compared, not added up"
            )]
            Self::Bytes(bytes) => Some(*bytes as f64),
            #[expect(
                clippy::cast_precision_loss,
                reason = "sizes and counts are compared, not added up"
            )]
            Self::Count(count) => Some(*count as f64),
            _ => None,
        }
    }

    /// Text with names put in. `find` answers what a name stands for.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn resolve_text(&self, find: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        match self {
            Self::Text(text) | Self::Word(text) => Ok(text.clone()),
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        TemplatePart::Literal(literal) => text.push_str(literal),
                        TemplatePart::Name(name) => text.push_str(&find(name).ok_or_else(|| name.clone())?),
                    }
                }
                Ok(text)
            }
            other => Ok(crate::text::value(other)),
        }
    }
}

// === impl Type ===

impl Type {
    /// A fixed list of words.
    #[must_use]
    pub fn words(words: &[&'static str]) -> Self {
        Self::Word {
            of: words.iter().map(|&word| Str::Borrowed(word)).collect(),
        }
    }

    /// A list.
    #[must_use]
    pub fn list(of: Self) -> Self {
        Self::List { of: Box::new(of) }
    }

    /// A record.
    #[must_use]
    pub fn record(of: Self) -> Self {
        Self::Record { of: Box::new(of) }
    }

    /// A range.
    #[must_use]
    pub fn range(of: Self) -> Self {
        Self::Range { of: Box::new(of) }
    }
}
