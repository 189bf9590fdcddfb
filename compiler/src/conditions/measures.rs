//! What can be measured, of what.

use rescc_core::expr::Metric;
use rescc_core::value::Type;

use crate::schema::Kind;

/// Something that can be measured.
#[derive(Debug)]
pub struct MeasureSpec {
    /// Of what.
    pub of: Kind,
    /// Its name behind the dot; empty for the thing itself.
    pub name: &'static str,
    /// Which metric it is.
    pub metric: Metric,
    /// What it is.
    pub ty: MeasureType,
    /// Whether it is measured over a time, which live conditions must name.
    pub over_time: bool,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

/// The type of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasureType {
    /// A truth value.
    Bool,
    /// A share.
    Ratio,
    /// A duration.
    Duration,
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// Events a second.
    Rate,
    /// What the probe answers.
    Value,
    /// How a step came out.
    Outcome,
}

/// How a step can come out.
pub const OUTCOMES: &[&str] = &["passed", "failed", "skipped", "aborted"];

const fn measure(
    of: Kind,
    name: &'static str,
    metric: Metric,
    ty: MeasureType,
    over_time: bool,
    doc: &'static str,
) -> MeasureSpec {
    MeasureSpec {
        of,
        name,
        metric,
        ty,
        over_time,
        doc,
    }
}

/// All measures; those of a resource are those of a selector too, and `latency.p…` takes any two to four digits.
pub static MEASURES: &[MeasureSpec] = &[
    measure(
        Kind::Resource,
        "healthy",
        Metric::Healthy,
        MeasureType::Bool,
        false,
        "Whether all instances are healthy.",
    ),
    measure(
        Kind::Resource,
        "healthy_count",
        Metric::HealthyCount,
        MeasureType::Count,
        false,
        "How many instances are healthy.",
    ),
    measure(
        Kind::Resource,
        "healthy_share",
        Metric::HealthyShare,
        MeasureType::Ratio,
        false,
        "The share of the instances that are healthy.",
    ),
    measure(
        Kind::Probe,
        "success_rate",
        Metric::SuccessRate,
        MeasureType::Ratio,
        true,
        "Good observations of all.",
    ),
    measure(
        Kind::Probe,
        "error_rate",
        Metric::ErrorRate,
        MeasureType::Ratio,
        true,
        "Bad observations of all.",
    ),
    measure(
        Kind::Probe,
        "latency.p50",
        Metric::LatencyPercentile(0.5),
        MeasureType::Duration,
        true,
        "Half of the answers came within it.",
    ),
    measure(
        Kind::Probe,
        "latency.p90",
        Metric::LatencyPercentile(0.9),
        MeasureType::Duration,
        true,
        "90 % of the answers came within it.",
    ),
    measure(
        Kind::Probe,
        "latency.p95",
        Metric::LatencyPercentile(0.95),
        MeasureType::Duration,
        true,
        "95 % of the answers came within it.",
    ),
    measure(
        Kind::Probe,
        "latency.p99",
        Metric::LatencyPercentile(0.99),
        MeasureType::Duration,
        true,
        "99 % of the answers came within it.",
    ),
    measure(
        Kind::Probe,
        "latency.p999",
        Metric::LatencyPercentile(0.999),
        MeasureType::Duration,
        true,
        "99.9 % of the answers came within it.",
    ),
    measure(
        Kind::Probe,
        "latency.mean",
        Metric::LatencyMean,
        MeasureType::Duration,
        true,
        "The mean latency.",
    ),
    measure(
        Kind::Probe,
        "latency.max",
        Metric::LatencyMax,
        MeasureType::Duration,
        true,
        "The greatest latency.",
    ),
    measure(
        Kind::Probe,
        "throughput",
        Metric::Throughput,
        MeasureType::Rate,
        true,
        "Observations in a time.",
    ),
    measure(
        Kind::Probe,
        "last",
        Metric::Last,
        MeasureType::Value,
        false,
        "The last value.",
    ),
    measure(
        Kind::Probe,
        "min",
        Metric::Min,
        MeasureType::Value,
        true,
        "The least value.",
    ),
    measure(
        Kind::Probe,
        "max",
        Metric::Max,
        MeasureType::Value,
        true,
        "The greatest value.",
    ),
    measure(
        Kind::Probe,
        "mean",
        Metric::Mean,
        MeasureType::Value,
        true,
        "The mean value.",
    ),
    measure(
        Kind::Slo,
        "",
        Metric::Met,
        MeasureType::Bool,
        false,
        "Whether the objective is met.",
    ),
    measure(
        Kind::Slo,
        "burn_rate",
        Metric::BurnRate,
        MeasureType::Number,
        true,
        "How many times faster than sustainable the error budget is spent.",
    ),
    measure(
        Kind::Slo,
        "budget_left",
        Metric::BudgetLeft,
        MeasureType::Ratio,
        false,
        "The share of the error budget that is left.",
    ),
    measure(
        Kind::Step,
        "outcome",
        Metric::Outcome,
        MeasureType::Outcome,
        false,
        "How the step came out.",
    ),
    measure(
        Kind::Step,
        "time_to_detect",
        Metric::TimeToDetect,
        MeasureType::Duration,
        false,
        "From the bite of its fault to the first bad observation.",
    ),
    measure(
        Kind::Step,
        "time_to_recover",
        Metric::TimeToRecover,
        MeasureType::Duration,
        false,
        "From the end of its fault until the steady state holds.",
    ),
    measure(
        Kind::Step,
        "time_to_undo",
        Metric::TimeToUndo,
        MeasureType::Duration,
        false,
        "From the request to undo until the undo is verified.",
    ),
];

/// What a measure is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) metric: Metric,
    pub(crate) ty: MeasureType,
    pub(crate) over_time: bool,
}

/// Measures by the name that others give them.
const HABITS: &[(Kind, &str, &str)] = &[
    (Kind::Probe, "value", "last"),
    (Kind::Probe, "availability", "success_rate"),
    (Kind::Probe, "success", "success_rate"),
    (Kind::Probe, "success_ratio", "success_rate"),
    (Kind::Probe, "failure_rate", "error_rate"),
    (Kind::Probe, "errors", "error_rate"),
    (Kind::Probe, "rps", "throughput"),
    (Kind::Probe, "latency.avg", "latency.mean"),
    (Kind::Probe, "latency.average", "latency.mean"),
    (Kind::Probe, "latency.median", "latency.p50"),
    (Kind::Probe, "avg", "mean"),
    (Kind::Resource, "health", "healthy"),
    (Kind::Resource, "is_healthy", "healthy"),
    (Kind::Resource, "up", "healthy"),
    (Kind::Slo, "burnrate", "burn_rate"),
    (Kind::Slo, "budget", "budget_left"),
    (Kind::Step, "recovery_time", "time_to_recover"),
    (Kind::Step, "ttr", "time_to_recover"),
    (Kind::Step, "ttd", "time_to_detect"),
];

/// A measure by its name.
pub(crate) fn find(of: Kind, name: &str) -> Option<Found> {
    let of = subject(of);
    if let Some(spec) = MEASURES.iter().find(|spec| spec.of == of && spec.name == name) {
        return Some(Found {
            metric: spec.metric,
            ty: spec.ty,
            over_time: spec.over_time,
        });
    }
    let percentile = percentile(name.strip_prefix("latency.")?)?;
    (of == Kind::Probe).then_some(Found {
        metric: Metric::LatencyPercentile(percentile),
        ty: MeasureType::Duration,
        over_time: true,
    })
}

/// What was meant by a name that another tool gives a measure.
pub(crate) fn habit(of: Kind, name: &str) -> Option<String> {
    let of = subject(of);
    if of == Kind::Probe && (percentile(name).is_some() || name == "median") {
        return Some(format!("latency.{}", if name == "median" { "p50" } else { name }));
    }
    HABITS
        .iter()
        .find(|(kind, habit, _)| *kind == of && *habit == name)
        .map(|(_, _, meant)| (*meant).to_owned())
}

/// The measures of a kind.
pub(crate) fn names(of: Kind) -> impl Iterator<Item = &'static str> {
    let of = subject(of);
    MEASURES
        .iter()
        .filter(move |spec| spec.of == of && !spec.name.is_empty())
        .map(|spec| spec.name)
}

fn subject(of: Kind) -> Kind {
    if of == Kind::Selector { Kind::Resource } else { of }
}

/// `p95` is 0.95, `p999` is 0.999.
fn percentile(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    if !(2..=4).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("0.{digits}")
        .parse::<f64>()
        .ok()
        .filter(|share| *share > 0.0)
}

// === impl MeasureType ===

impl MeasureType {
    /// As a type of values; `None` where the probe decides.
    #[must_use]
    pub fn ty(self) -> Option<Type> {
        Some(match self {
            Self::Bool => Type::Bool,
            Self::Ratio => Type::Ratio,
            Self::Duration => Type::Duration,
            Self::Count => Type::Count,
            Self::Number => Type::Number,
            Self::Rate => Type::Rate,
            Self::Outcome => Type::words(OUTCOMES),
            Self::Value => return None,
        })
    }
}
