//! How a resource is simulated: the one locator and its reading.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_core::catalogue::{AdapterSpec, LocatorSpec, ParameterSpec, Power};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::program::{Arguments, Locator};
use rescc_core::value::{Type, Value};

use crate::random::Span;

/// The most copies of a resource.
const MAX_COPIES: usize = 64;

/// The longest time that a parameter may name.
const MAX_TIME: Duration = Duration::from_secs(24 * 3_600);

const START_TIME: Span = Span::millis(200, 500);
const RECOVERS_IN: Span = Span::millis(1_000, 3_000);
const LATENCY: Span = Span::millis(2, 10);

/// How a resource is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    pub(crate) kind: String,
    pub(crate) copies: usize,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) critical: bool,
    pub(crate) start_time: Span,
    pub(crate) restarts: bool,
    pub(crate) recovers_in: Span,
    pub(crate) latency: Span,
    pub(crate) stops_on_signal: bool,
}

/// Reads arguments; whatever is left out has its default.
struct Reader<'a> {
    resource: &'a str,
    arguments: &'a Arguments,
}

/// What the checker must know of this environment.
pub(crate) fn spec() -> AdapterSpec {
    AdapterSpec {
        name: "sim".into(),
        summary: "A system that is only imagined, with a seeded life: for rehearsing a spec.".into(),
        settings: Vec::new(),
        locators: vec![LocatorSpec {
            name: "simulated".into(),
            summary: "Imagines the instances of a resource: how they start, fail, recover and answer.".into(),
            parameters: parameters(),
            powers_by_parameter: Vec::new(),
            late_names: Vec::new(),
        }],
        starts: true,
        powers: vec![
            Power::Lifecycle,
            Power::Signals,
            Power::Freeze,
            Power::Ports,
            Power::Disk,
        ],
    }
}

fn parameters() -> Vec<ParameterSpec> {
    let times = || Type::range(Type::Duration);
    let span = |span: Span| {
        Value::Range(
            Box::new(Value::Duration(span.least)),
            Box::new(Value::Duration(span.most)),
        )
    };
    vec![
        ParameterSpec::required("kind", Type::Text, "What an instance is, such as `\"database\"`."),
        ParameterSpec::optional("copies", Type::Count, "How many instances there are.")
            .or(Value::Count(1))
            .within(1.0, MAX_COPIES as f64),
        ParameterSpec::optional("labels", Type::record(Type::Text), "The labels of the instances."),
        ParameterSpec::optional(
            "critical",
            Type::Bool,
            "Whether probes are answered only while an instance of it is healthy.",
        )
        .or(Value::Bool(true)),
        ParameterSpec::optional(
            "start_time",
            times(),
            "How long an instance that runs takes to become healthy.",
        )
        .or(span(START_TIME)),
        ParameterSpec::optional(
            "recovers",
            Type::words(&["never", "restarts"]),
            "Whether an instance that died is started again by itself.",
        )
        .or(Value::Word("never".into())),
        ParameterSpec::optional(
            "recovers_in",
            times(),
            "How long after its death it is started again.",
        )
        .or(span(RECOVERS_IN)),
        ParameterSpec::optional("latency", times(), "How long an instance takes to answer.")
            .or(span(LATENCY)),
        ParameterSpec::optional(
            "stops_on_signal",
            Type::Bool,
            "Whether a signal that can be caught, such as SIGTERM, ends an instance.",
        )
        .or(Value::Bool(true)),
    ]
}

// === impl Simulated ===

impl Simulated {
    pub(crate) fn read(resource: &str, locator: &Locator) -> Result<Self, Failure> {
        if locator.locator != "simulated" {
            let message = format!(
                "`{resource}` is bound by `{}`, which this environment has not",
                locator.locator
            );
            return Err(Failure::new(ErrorClass::Unsupported, message).help("bind it by `simulated(…)`"));
        }
        let reader = Reader {
            resource,
            arguments: &locator.arguments,
        };
        Ok(Self {
            kind: reader.kind()?,
            copies: reader.copies()?,
            labels: reader.labels()?,
            critical: reader.truth("critical", true)?,
            start_time: reader.span("start_time", START_TIME)?,
            restarts: reader.restarts()?,
            recovers_in: reader.span("recovers_in", RECOVERS_IN)?,
            latency: reader.span("latency", LATENCY)?,
            stops_on_signal: reader.truth("stops_on_signal", true)?,
        })
    }
}

// === impl Reader ===

impl Reader<'_> {
    fn bad(&self, name: &str, must: &str) -> Failure {
        Failure::new(
            ErrorClass::Permanent,
            format!("`{name}` of `{}` must be {must}", self.resource),
        )
    }

    fn kind(&self) -> Result<String, Failure> {
        let kind = self.arguments.get("kind").and_then(Value::as_text);
        kind.map(str::to_owned).ok_or_else(|| self.bad("kind", "a text"))
    }

    fn copies(&self) -> Result<usize, Failure> {
        let Some(value) = self.arguments.get("copies") else {
            return Ok(1);
        };
        let count = value.as_count().and_then(|count| usize::try_from(count).ok());
        count
            .filter(|count| (1..=MAX_COPIES).contains(count))
            .ok_or_else(|| self.bad("copies", "a number from 1 to 64"))
    }

    fn labels(&self) -> Result<BTreeMap<String, String>, Failure> {
        let bad = || self.bad("labels", "a record of texts");
        match self.arguments.get("labels") {
            None => Ok(BTreeMap::new()),
            Some(Value::Record(labels)) => labels
                .iter()
                .map(|(key, value)| Ok((key.clone(), value.as_text().ok_or_else(bad)?.to_owned())))
                .collect(),
            Some(_) => Err(bad()),
        }
    }

    fn truth(&self, name: &str, default: bool) -> Result<bool, Failure> {
        let Some(value) = self.arguments.get(name) else {
            return Ok(default);
        };
        value.as_bool().ok_or_else(|| self.bad(name, "`true` or `false`"))
    }

    fn restarts(&self) -> Result<bool, Failure> {
        match self.arguments.get("recovers").map(Value::as_text) {
            None | Some(Some("never")) => Ok(false),
            Some(Some("restarts")) => Ok(true),
            Some(_) => Err(self.bad("recovers", "`never` or `restarts`")),
        }
    }

    fn span(&self, name: &str, default: Span) -> Result<Span, Failure> {
        let ends = match self.arguments.get(name) {
            None => return Ok(default),
            Some(Value::Range(least, most)) => least.as_duration().zip(most.as_duration()),
            Some(value) => value.as_duration().map(|time| (time, time)),
        };
        ends.filter(|(least, most)| least <= most && *most <= MAX_TIME)
            .map(|(least, most)| Span { least, most })
            .ok_or_else(|| self.bad(name, "a range of durations, the lesser first, of at most 24h"))
    }
}
