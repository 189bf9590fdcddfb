//! Conditions: typed expressions and their evaluation in three values.
//!
//! A condition holds, does not hold, or can't be told for want of data (Kleene's strong logic). What can't be
//! told is never taken for good.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::as_nanos_opt;
use crate::value::Value;

/// A typed expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "node", rename_all = "snake_case")]
pub enum Expr {
    /// A value.
    Value {
        /// The value.
        value: Value,
    },
    /// What is measured while the run goes on.
    Measure {
        /// Which.
        measure: Measure,
    },
    /// A field of what is judged.
    It {
        /// The field.
        field: String,
        /// Its argument: the key of a label, the path into JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument: Option<String>,
    },
    /// A multiple of the value that a measure had before the first fault.
    OfBaseline {
        /// The multiple; 1.5 is 150 %.
        factor: f64,
        /// Which measure.
        measure: Measure,
    },
    /// It does not hold.
    Not {
        /// What.
        inner: Box<Expr>,
    },
    /// All hold.
    And {
        /// What.
        all: Vec<Expr>,
    },
    /// One holds.
    Or {
        /// What.
        any: Vec<Expr>,
    },
    /// Two values compared.
    Compare {
        /// How.
        op: Op,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in` a range (both ends included) or a list.
    In,
    /// `like` a glob: `*` any characters, `?` one.
    Like,
    /// `matches` a regular expression, anywhere in the text.
    Matches,
}

/// Something that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    /// Of what.
    pub of: Subject,
    /// What.
    pub metric: Metric,
    /// Over which time; `None` is the whole of what is judged.
    #[serde(default, with = "as_nanos_opt", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub window: Option<Duration>,
}

/// What a measure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A resource: all of its instances.
    Resource(String),
    /// A selector: the instances it resolved to.
    Selector(String),
    /// A probe.
    Probe(String),
    /// A service level objective.
    Slo(String),
    /// A step.
    Step(String),
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Whether all instances are healthy.
    Healthy,
    /// How many instances are healthy.
    HealthyCount,
    /// The share of the instances that are healthy.
    HealthyShare,
    /// Good observations ÷ observations.
    SuccessRate,
    /// Bad observations ÷ observations.
    ErrorRate,
    /// A percentile of the latency; 0.99 is p99.
    LatencyPercentile(f64),
    /// The mean latency.
    LatencyMean,
    /// The greatest latency.
    LatencyMax,
    /// Observations a second.
    Throughput,
    /// The last value.
    Last,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The mean value.
    Mean,
    /// Whether an objective is met.
    Met,
    /// How many times faster than sustainable the error budget is spent.
    BurnRate,
    /// The share of the error budget that is left.
    BudgetLeft,
    /// How a step came out.
    Outcome,
    /// From the bite of a step's fault to the first bad observation.
    TimeToDetect,
    /// From the end of a step's fault until the steady state holds.
    TimeToRecover,
    /// From the request to undo until the undo is verified.
    TimeToUndo,
}

/// Three values: it holds, it does not, or it can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// There is no data that could tell.
    NoData,
}

/// Fields of what a condition judges: `it`.
pub trait ItScope {
    /// A field, with its argument; `None` where there is no such thing.
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value>;
}

/// Where an expression finds what it names.
pub trait Scope: ItScope {
    /// A measure now; `None` where there is no data.
    fn measure(&self, measure: &Measure) -> Option<Value>;
    /// The same measure before the first fault.
    fn baseline(&self, measure: &Measure) -> Option<Value>;
}

/// A scope in which only `it` is known.
#[derive(Debug)]
pub struct OnlyIt<'a, T: ?Sized>(pub &'a T);

// === impl OnlyIt ===

impl<T: ItScope + ?Sized> ItScope for OnlyIt<'_, T> {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        self.0.it(field, argument)
    }
}

impl<T: ItScope + ?Sized> Scope for OnlyIt<'_, T> {
    fn measure(&self, _: &Measure) -> Option<Value> {
        None
    }

    fn baseline(&self, _: &Measure) -> Option<Value> {
        None
    }
}

// === impl Truth ===

impl Truth {
    /// Whether it surely holds.
    #[must_use]
    pub fn holds(self) -> bool {
        self == Self::Yes
    }

    fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::NoData => Self::NoData,
        }
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

// === impl Expr ===

impl Expr {
    /// A value.
    #[must_use]
    pub fn value(value: Value) -> Self {
        Self::Value { value }
    }

    /// Whether it holds.
    #[must_use]
    pub fn truth(&self, scope: &dyn Scope) -> Truth {
        match self {
            Self::Not { inner } => inner.truth(scope).negate(),
            Self::And { all } => {
                all.iter()
                    .fold(Truth::Yes, |so_far, part| match (so_far, part.truth(scope)) {
                        (Truth::No, _) | (_, Truth::No) => Truth::No,
                        (Truth::NoData, _) | (_, Truth::NoData) => Truth::NoData,
                        _ => Truth::Yes,
                    })
            }
            Self::Or { any } => {
                any.iter()
                    .fold(Truth::No, |so_far, part| match (so_far, part.truth(scope)) {
                        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
                        (Truth::NoData, _) | (_, Truth::NoData) => Truth::NoData,
                        _ => Truth::No,
                    })
            }
            Self::Compare { op, left, right } => match (left.evaluate(scope), right.evaluate(scope)) {
                (Some(left), Some(right)) => compare(*op, &left, &right).map_or(Truth::NoData, Truth::from),
                _ => Truth::NoData,
            },
            other => match other.evaluate(scope) {
                Some(Value::Bool(truth)) => truth.into(),
                _ => Truth::NoData,
            },
        }
    }

    /// Its value; `None` where there is no data.
    #[must_use]
    pub fn evaluate(&self, scope: &dyn Scope) -> Option<Value> {
        match self {
            Self::Value { value } => Some(value.clone()),
            Self::Measure { measure } => scope.measure(measure),
            Self::It { field, argument } => scope.it(field, argument.as_deref()),
            Self::OfBaseline { factor, measure } => scale(scope.baseline(measure)?, *factor),
            Self::Not { .. } | Self::And { .. } | Self::Or { .. } | Self::Compare { .. } => {
                match self.truth(scope) {
                    Truth::Yes => Some(Value::Bool(true)),
                    Truth::No => Some(Value::Bool(false)),
                    Truth::NoData => None,
                }
            }
        }
    }

    /// Calls `visit` for each measure in it, baselines included.
    pub fn each_measure<'a>(&'a self, visit: &mut dyn FnMut(&'a Measure)) {
        match self {
            Self::Measure { measure } | Self::OfBaseline { measure, .. } => visit(measure),
            Self::Not { inner } => inner.each_measure(visit),
            Self::And { all: parts } | Self::Or { any: parts } => {
                for part in parts {
                    part.each_measure(visit);
                }
            }
            Self::Compare { left, right, .. } => {
                left.each_measure(visit);
                right.each_measure(visit);
            }
            Self::Value { .. } | Self::It { .. } => {}
        }
    }

    /// Whether it compares with the time before the first fault.
    #[must_use]
    pub fn needs_baseline(&self) -> bool {
        match self {
            Self::OfBaseline { .. } => true,
            Self::Not { inner } => inner.needs_baseline(),
            Self::And { all: parts } | Self::Or { any: parts } => parts.iter().any(Self::needs_baseline),
            Self::Compare { left, right, .. } => left.needs_baseline() || right.needs_baseline(),
            Self::Value { .. } | Self::It { .. } | Self::Measure { .. } => false,
        }
    }

    /// The longest window in it.
    #[must_use]
    pub fn longest_window(&self) -> Option<Duration> {
        let mut longest = None;
        self.each_measure(&mut |measure| longest = longest.max(measure.window));
        longest
    }
}

fn scale(value: Value, factor: f64) -> Option<Value> {
    Some(match value {
        Value::Ratio(ratio) => Value::Ratio(ratio * factor),
        Value::Bandwidth(speed) => Value::Bandwidth(speed * factor),
        Value::Rate(rate) => Value::Rate(rate * factor),
        Value::Number(number) => Value::Number(number * factor),
        Value::Duration(time) => {
            Value::Duration(Duration::try_from_secs_f64(time.as_secs_f64() * factor).ok()?)
        }
        other => Value::Number(other.magnitude()? * factor),
    })
}

/// Compares two values; `None` where they can't be compared (the checker lets no such pair through).
#[must_use]
pub fn compare(op: Op, left: &Value, right: &Value) -> Option<bool> {
    match op {
        Op::Eq => equal(left, right),
        Op::Ne => equal(left, right).map(|same| !same),
        Op::Lt | Op::Le | Op::Gt | Op::Ge => {
            let order = left.magnitude()?.partial_cmp(&right.magnitude()?)?;
            Some(match op {
                Op::Lt => order.is_lt(),
                Op::Le => order.is_le(),
                Op::Gt => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        Op::In => match right {
            Value::Range(low, high) => Some(compare(Op::Ge, left, low)? && compare(Op::Le, left, high)?),
            Value::List(list) => Some(list.iter().any(|one| equal(left, one) == Some(true))),
            _ => None,
        },
        Op::Like => Some(glob_matches(right.as_text()?, left.as_text()?)),
        Op::Matches => {
            let pattern = regex::RegexBuilder::new(right.as_text()?)
                .size_limit(1 << 20)
                .build()
                .ok()?;
            Some(pattern.is_match(left.as_text()?))
        }
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left.as_text(), right.as_text()) {
        (Some(left), Some(right)) => return Some(left == right),
        (None, None) => {}
        _ => return None,
    }
    match (left.magnitude(), right.magnitude()) {
        // Shares and means come from divisions: equality is meant within rounding.
        (Some(left), Some(right)) => {
            Some((left - right).abs() <= f64::EPSILON * left.abs().max(right.abs()).max(1.0))
        }
        (None, None) => Some(left == right),
        _ => None,
    }
}

/// Whether a text matches a glob: `*` stands for any characters, `?` for one. Linear in both lengths but for
/// one step back.
#[must_use]
pub fn glob_matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let (mut g, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                back = Some((g, t));
                g += 1;
            }
            Some(one) if *one == '?' || text.get(t) == Some(one) => {
                g += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    g = star + 1;
                    t = from + 1;
                    back = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    glob.iter().skip(g).all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl ItScope for Nothing {
        fn it(&self, field: &str, _: Option<&str>) -> Option<Value> {
            (field == "status").then_some(Value::Count(204))
        }
    }

    fn it(field: &str) -> Expr {
        Expr::It {
            field: field.into(),
            argument: None,
        }
    }

    fn compare(op: Op, left: Expr, right: Value) -> Expr {
        Expr::Compare {
            op,
            left: Box::new(left),
            right: Box::new(Expr::value(right)),
        }
    }

    #[test]
    fn no_data_is_never_taken_for_good() {
        let unknown = compare(Op::Eq, it("nothing"), Value::Count(1));
        let yes = compare(Op::Eq, it("status"), Value::Count(204));
        let no = compare(Op::Lt, it("status"), Value::Count(1));
        let scope = OnlyIt(&Nothing);
        assert_eq!(unknown.truth(&scope), Truth::NoData);
        assert_eq!(
            Expr::Not {
                inner: Box::new(unknown.clone())
            }
            .truth(&scope),
            Truth::NoData
        );
        assert_eq!(
            Expr::And {
                all: vec![yes.clone(), unknown.clone()]
            }
            .truth(&scope),
            Truth::NoData
        );
        assert_eq!(
            Expr::And {
                all: vec![unknown.clone(), no]
            }
            .truth(&scope),
            Truth::No
        );
        assert_eq!(
            Expr::Or {
                any: vec![unknown, yes]
            }
            .truth(&scope),
            Truth::Yes
        );
    }

    #[test]
    fn both_ends_of_a_range_belong_to_it() {
        let range = |low, high| Value::Range(Box::new(Value::Count(low)), Box::new(Value::Count(high)));
        let scope = OnlyIt(&Nothing);
        assert_eq!(
            compare(Op::In, it("status"), range(200, 204)).truth(&scope),
            Truth::Yes
        );
        assert_eq!(
            compare(Op::In, it("status"), range(204, 299)).truth(&scope),
            Truth::Yes
        );
        assert_eq!(
            compare(Op::In, it("status"), range(205, 299)).truth(&scope),
            Truth::No
        );
    }

    #[test]
    fn globs() {
        for (glob, text, matches) in [
            ("api-*", "api-1", true),
            ("*-1", "api-1", true),
            ("a*c*e", "abcde", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("*", "", true),
            ("api", "api-1", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(glob_matches(glob, text), matches, "{glob} {text}");
        }
    }
}
