//! What the language itself can do, besides what adapters bring: the actions that steer a workflow, and the ways to
//! wait between attempts.

use std::time::Duration;

use rescc_core::catalogue::{ActionKind, ActionSpec, AnswerField, ParameterSpec, UndoKind};
use rescc_core::names::Str;
use rescc_core::resource::PHASES;
use rescc_core::value::{Type, Value};

/// The actions that steer a workflow: `sleep`, `undo`, `wait`.
#[must_use]
pub fn flow_actions() -> Vec<ActionSpec> {
    let action = |name, summary, parameters| ActionSpec {
        name: Str::Borrowed(name),
        kind: ActionKind::Flow,
        summary: Str::Borrowed(summary),
        parameters,
        undo: UndoKind::Nothing,
        claims: Vec::new(),
        changes: Vec::new(),
        needs: Vec::new(),
        time_limit: Duration::ZERO,
        undo_limit: Duration::ZERO,
    };
    vec![
        action(
            "sleep",
            "Lets time pass.",
            vec![
                ParameterSpec::required("time", Type::Duration, "How long.")
                    .at_least(crate::schema::ABOVE_ZERO),
            ],
        ),
        action(
            "undo",
            "Takes a fault back.",
            vec![ParameterSpec::required(
                "step",
                Type::Step,
                "The step of the fault.",
            )],
        ),
        action(
            "wait",
            "Waits until a condition holds.",
            vec![
                ParameterSpec::required("until", Type::Condition, "What must hold."),
                ParameterSpec::required("within", Type::Duration, "How long at most.")
                    .at_least(crate::schema::ABOVE_ZERO),
            ],
        ),
    ]
}

/// A way to wait between attempts.
#[derive(Clone, Debug)]
pub struct BackoffSpec {
    /// Its name: `exponential`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its parameters; the first is written without its name.
    pub parameters: Vec<ParameterSpec>,
    /// By how much each wait is longer than the one before.
    pub factor: f64,
}

/// The ways to wait between attempts: `constant`, `exponential`.
#[must_use]
pub fn backoffs() -> Vec<BackoffSpec> {
    let first = |summary| ParameterSpec::required("first", Type::Duration, summary);
    let attempts = || {
        ParameterSpec::optional("attempts", Type::Count, "How many attempts, the first included.")
            .or(Value::Count(3))
            .within(1.0, 1_000.0)
    };
    vec![
        BackoffSpec {
            name: "constant",
            summary: "The same wait before each further attempt.",
            parameters: vec![first("The wait before each further attempt."), attempts()],
            factor: 1.0,
        },
        BackoffSpec {
            name: "exponential",
            summary: "A wait that doubles from attempt to attempt.",
            parameters: vec![
                first("The wait before the second attempt."),
                ParameterSpec::optional("max", Type::Duration, "The longest wait.")
                    .or(Value::Duration(Duration::from_secs(60))),
                attempts(),
            ],
            factor: 2.0,
        },
    ]
}

/// The fields of an instance, which `where` and `when` judge as `it`.
#[must_use]
pub fn instance_fields() -> Vec<AnswerField> {
    let field = |name, ty, takes_key, summary| AnswerField {
        name: Str::Borrowed(name),
        ty,
        takes_key,
        summary: Str::Borrowed(summary),
    };
    let phases: Vec<&'static str> = PHASES.iter().map(|(word, _)| *word).collect();
    vec![
        field("name", Type::Text, false, "Its logical name: `api-2`."),
        field(
            "kind",
            Type::Text,
            false,
            "What it is, in the environment's own word: `process`.",
        ),
        field("phase", Type::words(&phases), false, "Where it is in its life."),
        field("healthy", Type::Bool, false, "Whether it does its work."),
        field(
            "restarts",
            Type::Count,
            false,
            "How often it was started again by somebody else.",
        ),
        field("image", Type::Text, false, "The digest of what it runs."),
        field(
            "label",
            Type::Text,
            true,
            "The value of a label: `it.label(\"tier\")`.",
        ),
        field("has_label", Type::Bool, true, "Whether it has a label."),
    ]
}
