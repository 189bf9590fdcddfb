//! The kinds of blocks and their fields.

use super::FieldType::{
    Action, Adapter, After, Backoff, Bind, Bool, Condition, Conditions, Count, CountOrRatio, Duration, Heals,
    Name, Names, ParamType, ParamValue, Pick, ProbeCall, Rate, Record, Set, Text, Word, Words,
};
use super::{ABOVE_ZERO, BlockSpec, FieldSpec, Kind, LIMITS, Place};

const TARGET: &[Kind] = &[Kind::Resource, Kind::Selector];

/// The top level of a file.
pub static FILE: BlockSpec = BlockSpec {
    kind: "file",
    doc: "A spec: what there is, what is asked, what is done.",
    inside: None,
    fields: &[FieldSpec::required(
        "language",
        Text,
        "The version of the language: `\"0.1\"`.",
    )],
};

/// All kinds of blocks.
pub static BLOCKS: &[BlockSpec] = &[
    BlockSpec {
        kind: "param",
        doc: "A value that an environment or the command line gives.",
        inside: None,
        fields: &[
            FieldSpec::required("type", ParamType, "What it takes."),
            FieldSpec::optional("default", ParamValue, "What it is where nobody gives it."),
        ],
    },
    BlockSpec {
        kind: "environment",
        doc: "Where a workflow can run, and how each resource is found or made there.",
        inside: None,
        fields: &[
            FieldSpec::optional(
                "adapter",
                Adapter,
                "Which adapter it takes; left out, the one of its name.",
            ),
            FieldSpec::optional("bind", Bind, "How each resource is found or made."),
            FieldSpec::optional("set", Set, "Values of parameters in this environment."),
            FieldSpec::optional(
                "limits",
                Record(LIMITS),
                "A ceiling: a workflow can only be stricter.",
            ),
        ],
    },
    BlockSpec {
        kind: "resource",
        doc: "A part of the system.",
        inside: None,
        fields: &[
            FieldSpec::optional(
                "min_healthy",
                CountOrRatio,
                "How many of its instances must stay healthy: a fault that would go below is not injected.",
            ),
            FieldSpec::optional("protected", Bool, "Whether no fault may touch it.").or("false"),
        ],
    },
    BlockSpec {
        kind: "selector",
        doc: "A query over a resource's instances, answered when the plan is made.",
        inside: None,
        fields: &[
            FieldSpec::required("from", Name(&[Kind::Resource]), "Whose instances."),
            FieldSpec::optional(
                "where",
                Condition(Place::Where),
                "Which of them; `it` is the candidate.",
            ),
            FieldSpec::optional("pick", Pick, "How many of those, drawn once a run by its seed.").or("all"),
        ],
    },
    BlockSpec {
        kind: "probe",
        doc: "A question that is asked again and again while a workflow runs.",
        inside: None,
        fields: &[
            FieldSpec::required("check", ProbeCall, "What is asked."),
            FieldSpec::optional("every", Duration, "The time from one question to the next.")
                .or("1s")
                .at_least(1e-3),
            FieldSpec::optional("rate", Rate, "How many questions in a time; instead of `every`.")
                .at_least(ABOVE_ZERO)
                .at_most(1_000.0),
            FieldSpec::optional(
                "timeout",
                Duration,
                "When an answer is too late; it then counts as bad.",
            )
            .or("5s")
            .at_least(ABOVE_ZERO),
            FieldSpec::optional(
                "success",
                Condition(Place::Success),
                "What is a good answer; `it` is the answer.",
            ),
        ],
    },
    BlockSpec {
        kind: "slo",
        doc: "A service level objective.",
        inside: None,
        fields: &[
            FieldSpec::required("objective", Condition(Place::Objective), "What must hold."),
            FieldSpec::optional(
                "budget_period",
                Duration,
                "The period that the error budget is meant for.",
            )
            .at_least(ABOVE_ZERO),
            FieldSpec::optional("min_samples", Count, "With fewer observations it is not judged.")
                .or("10")
                .at_least(1.0)
                .at_most(1_000_000.0),
        ],
    },
    BlockSpec {
        kind: "workflow",
        doc: "What is done to the system, in which order, and what must hold.",
        inside: None,
        fields: &[
            FieldSpec::optional(
                "steady_state",
                Condition(Place::SteadyState),
                "What must hold before the first fault and again after the last undo.",
            ),
            FieldSpec::optional("settle", Duration, "How long the steady state may take to hold.").or("30s"),
            FieldSpec::optional(
                "observe",
                Duration,
                "How long the time before the first fault is observed; `30s` where a baseline is used, else `0s`.",
            ),
            FieldSpec::optional(
                "abort_when",
                Conditions(Place::AbortWhen),
                "Any of these ends the run.",
            ),
            FieldSpec::optional(
                "expect",
                Conditions(Place::Expect),
                "All of these must hold in the end.",
            ),
            FieldSpec::optional(
                "heal",
                Names(&[Kind::Heal]),
                "The healing policies at work while it runs.",
            ),
            FieldSpec::optional("limits", Record(LIMITS), "What it may do at most."),
        ],
    },
    BlockSpec {
        kind: "step",
        doc: "One action of a workflow.",
        inside: Some("workflow"),
        fields: &[
            FieldSpec::required("run", Action, "What it does."),
            FieldSpec::optional("duration", Duration, "How long its fault stays.").at_least(ABOVE_ZERO),
            FieldSpec::optional("after", After, "The steps it waits for, all of them."),
            FieldSpec::optional(
                "on_error",
                Word(&["abort", "continue"]),
                "What its failing means for the workflow.",
            )
            .or("abort"),
            FieldSpec::optional("retry", Backoff, "Further attempts where it could not act."),
            FieldSpec::optional("timeout", Duration, "How long its action may take.").at_least(ABOVE_ZERO),
            FieldSpec::optional("accept", Words(&["no_undo"]), "What would else be refused."),
        ],
    },
    BlockSpec {
        kind: "heal",
        doc: "A healing policy: what is watched, when it acts, what it tries.",
        inside: None,
        fields: &[
            FieldSpec::required("watch", Name(TARGET), "What it watches, instance by instance."),
            FieldSpec::required(
                "when",
                Condition(Place::When),
                "When it acts; `it` is the instance.",
            ),
            FieldSpec::optional("hold", Duration, "How long the condition must have held.").or("0s"),
            FieldSpec::required("ladder", Heals, "What it tries, one after the other."),
            FieldSpec::optional(
                "retry",
                Backoff,
                "The attempts on each rung and the waits between them.",
            )
            .or("constant(1s, attempts = 1)"),
            FieldSpec::optional(
                "cooldown",
                Duration,
                "How long it keeps still after it has helped.",
            )
            .or("30s"),
        ],
    },
];
