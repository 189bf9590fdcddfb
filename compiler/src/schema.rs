//! What the language consists of, as data: each kind of block with its fields. The checker, completion, hover, the
//! JSON Schema and the documentation speak from it.

mod blocks;
mod limits;

pub use blocks::{BLOCKS, FILE};
pub use limits::LIMITS;

/// A kind of block.
#[derive(Debug)]
pub struct BlockSpec {
    /// Its kind as it is written: `workflow`.
    pub kind: &'static str,
    /// One sentence that says what it declares.
    pub doc: &'static str,
    /// The kind of the block it stands in; `None` for the top level.
    pub inside: Option<&'static str>,
    /// Its fields, in the order in which they read best.
    pub fields: &'static [FieldSpec],
}

/// A field of a block or a record.
#[derive(Debug)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub ty: FieldType,
    /// Whether it must be given.
    pub required: bool,
    /// What it is where it is left out, as it would be written.
    pub default: Option<&'static str>,
    /// The least value, in the unit of `Value::magnitude`; [`ABOVE_ZERO`] for what must be more than nothing.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum FieldType {
    /// A text.
    Text,
    /// A duration.
    Duration,
    /// A share.
    Ratio,
    /// A whole number.
    Count,
    /// Events in a time.
    Rate,
    /// `true` or `false`.
    Bool,
    /// A whole number or a share.
    CountOrRatio,
    /// `one`, `all`, a whole number or a share.
    Pick,
    /// One of a list of words.
    Word(&'static [&'static str]),
    /// A list of such words.
    Words(&'static [&'static str]),
    /// A declared name of one of these kinds.
    Name(&'static [Kind]),
    /// A list of such names.
    Names(&'static [Kind]),
    /// A condition.
    Condition(Place),
    /// A list of conditions.
    Conditions(Place),
    /// The action of a step.
    Action,
    /// A list of heals.
    Heals,
    /// A kind of probe with its parameters.
    ProbeCall,
    /// `exponential(…)` or `constant(…)`.
    Backoff,
    /// A list of steps with what of them is waited for.
    After,
    /// A record of these fields.
    Record(&'static [FieldSpec]),
    /// Locators by resource.
    Bind,
    /// Values by parameter.
    Set,
    /// The type of a parameter.
    ParamType,
    /// A value of the type that the field `type` says.
    ParamValue,
    /// The name of an adapter.
    Adapter,
}

/// What a declared name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `param`
    Param,
    /// `environment`
    Environment,
    /// `resource`
    Resource,
    /// `selector`
    Selector,
    /// `probe`
    Probe,
    /// `slo`
    Slo,
    /// `workflow`
    Workflow,
    /// `heal`
    Heal,
    /// `step`
    Step,
    /// A block of a kind that is not known, which has been reported: it may be anything.
    Unknown,
}

/// Where a condition stands, which decides what it may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `steady_state`
    SteadyState,
    /// `abort_when`
    AbortWhen,
    /// `wait(…)`
    Wait,
    /// `when` of a healing policy.
    When,
    /// `expect`
    Expect,
    /// `objective`
    Objective,
    /// `where` of a selector.
    Where,
    /// `success` of a probe.
    Success,
}

/// The bound of what must be more than nothing.
pub const ABOVE_ZERO: f64 = f64::MIN_POSITIVE;

// === impl FieldSpec ===

impl FieldSpec {
    pub(crate) const fn required(name: &'static str, ty: FieldType, doc: &'static str) -> Self {
        Self {
            name,
            ty,
            required: true,
            default: None,
            min: None,
            max: None,
            doc,
        }
    }

    pub(crate) const fn optional(name: &'static str, ty: FieldType, doc: &'static str) -> Self {
        Self {
            name,
            ty,
            required: false,
            default: None,
            min: None,
            max: None,
            doc,
        }
    }

    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(crate) const fn at_least(mut self, min: f64) -> Self {
        self.min = Some(min);
        self
    }

    pub(crate) const fn at_most(mut self, max: f64) -> Self {
        self.max = Some(max);
        self
    }
}

// === impl BlockSpec ===

impl BlockSpec {
    /// A field by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A kind of block by name.
#[must_use]
pub fn block(kind: &str) -> Option<&'static BlockSpec> {
    BLOCKS.iter().find(|block| block.kind == kind)
}

// === impl Kind ===

impl Kind {
    /// The kind that a block of the top level declares.
    #[must_use]
    pub fn of_block(kind: &str) -> Option<Self> {
        Some(match kind {
            "param" => Self::Param,
            "environment" => Self::Environment,
            "resource" => Self::Resource,
            "selector" => Self::Selector,
            "probe" => Self::Probe,
            "slo" => Self::Slo,
            "workflow" => Self::Workflow,
            "heal" => Self::Heal,
            "step" => Self::Step,
            _ => return None,
        })
    }

    /// The kind of block that declares it.
    #[must_use]
    pub fn keyword(self) -> Option<&'static str> {
        Some(match self {
            Self::Param => "param",
            Self::Environment => "environment",
            Self::Resource => "resource",
            Self::Selector => "selector",
            Self::Probe => "probe",
            Self::Slo => "slo",
            Self::Workflow => "workflow",
            Self::Heal => "heal",
            Self::Step => "step",
            Self::Unknown => return None,
        })
    }

    /// With its article, as it stands in a sentence: "a probe".
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Param => "a parameter",
            Self::Environment => "an environment",
            Self::Resource => "a resource",
            Self::Selector => "a selector",
            Self::Probe => "a probe",
            Self::Slo => "an objective",
            Self::Workflow => "a workflow",
            Self::Heal => "a healing policy",
            Self::Step => "a step",
            Self::Unknown => "something else",
        }
    }
}

// === impl Place ===

impl Place {
    /// The field it is, as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SteadyState => "steady_state",
            Self::AbortWhen => "abort_when",
            Self::Wait => "wait",
            Self::When => "when",
            Self::Expect => "expect",
            Self::Objective => "objective",
            Self::Where => "where",
            Self::Success => "success",
        }
    }

    /// Whether it is judged again and again while the run goes on, so that measures must say over what time.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(
            self,
            Self::SteadyState | Self::AbortWhen | Self::Wait | Self::When
        )
    }

    /// Whether it may speak of what is measured, and not of `it` alone.
    #[must_use]
    pub fn has_measures(self) -> bool {
        !matches!(self, Self::Where | Self::Success)
    }

    /// Whether the time before the first fault lies behind it.
    #[must_use]
    pub fn has_baseline(self) -> bool {
        matches!(
            self,
            Self::AbortWhen | Self::Wait | Self::Expect | Self::Objective
        )
    }
}

// === impl FieldType ===

impl FieldType {
    /// As it stands in a sentence: "a duration, such as `200ms`".
    #[must_use]
    pub fn describe(self) -> String {
        let text = match self {
            Self::Text => "a text in quotes",
            Self::Duration => "a duration, such as `30s`",
            Self::Ratio => "a share, such as `50%`",
            Self::Count => "a whole number",
            Self::Rate => "a rate, such as `200/s`",
            Self::Bool => "`true` or `false`",
            Self::CountOrRatio => "a whole number or a share, such as `2` or `50%`",
            Self::Pick => "`one`, `all`, a whole number or a share, such as `50%`",
            Self::Word(words) => return crate::suggest::either(words.iter().copied()),
            Self::Words(words) => {
                return format!("a list of {}", crate::suggest::either(words.iter().copied()));
            }
            Self::Name(kinds) | Self::Names(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.describe()).collect();
                let names = kinds.join(" or ");
                return if matches!(self, Self::Name(_)) {
                    format!("the name of {names}")
                } else {
                    format!("a list of names of {names}")
                };
            }
            Self::Condition(_) => "a condition",
            Self::Conditions(_) => "a list of conditions",
            Self::Action => "an action, such as `kill(cache)`",
            Self::Heals => "a list of heals, such as `[restart(it)]`",
            Self::ProbeCall => "a kind of probe, such as `http(\"http://localhost\")`",
            Self::Backoff => "`exponential(1s, max = 60s, attempts = 3)` or `constant(1s, attempts = 3)`",
            Self::After => "a list of steps, such as `[strike, slow.active]`",
            Self::Record(_) => "a record, `{ name = value }`",
            Self::Bind => "a record of locators, `{ cache = service(\"redis\") }`",
            Self::Set => "a record of values of parameters",
            Self::ParamType => "a type",
            Self::ParamValue => "a value of the parameter's type",
            Self::Adapter => "the name of an adapter",
        };
        text.to_owned()
    }
}
