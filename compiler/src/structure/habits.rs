//! What people write who know another tool, and what this build does not have yet.

/// Fields by the name that another tool gives them: the block, the habit, the field.
const FIELDS: &[(&str, &str, &str)] = &[
    ("step", "for", "duration"),
    ("step", "action", "run"),
    ("step", "do", "run"),
    ("step", "depends_on", "after"),
    ("step", "needs", "after"),
    ("step", "requires", "after"),
    ("step", "retries", "retry"),
    ("probe", "interval", "every"),
    ("probe", "period", "every"),
    ("probe", "type", "check"),
    ("probe", "expect", "success"),
    ("slo", "target", "objective"),
    ("slo", "goal", "objective"),
    ("slo", "window", "budget_period"),
    ("slo", "period", "budget_period"),
    ("workflow", "hypothesis", "steady_state"),
    ("workflow", "stop_when", "abort_when"),
    ("workflow", "stop_conditions", "abort_when"),
    ("workflow", "assert", "expect"),
    ("workflow", "heals", "heal"),
    ("workflow", "healing", "heal"),
    ("heal", "target", "watch"),
    ("heal", "if", "when"),
    ("heal", "for", "hold"),
    ("heal", "actions", "ladder"),
    ("heal", "do", "ladder"),
    ("selector", "source", "from"),
    ("selector", "resource", "from"),
    ("selector", "filter", "where"),
    ("selector", "count", "pick"),
    ("resource", "min_available", "min_healthy"),
    ("environment", "params", "set"),
    ("environment", "resources", "bind"),
    ("limits", "timeout", "deadline"),
    ("limits", "parallel", "concurrency"),
    ("limits", "max_concurrency", "concurrency"),
];

/// Blocks by the name that another tool gives them.
const BLOCKS: &[(&str, &str)] = &[
    ("experiment", "workflow"),
    ("scenario", "workflow"),
    ("service", "resource"),
    ("component", "resource"),
    ("target", "selector"),
    ("check", "probe"),
    ("healthcheck", "probe"),
    ("objective", "slo"),
    ("variable", "param"),
    ("parameter", "param"),
    ("input", "param"),
    ("env", "environment"),
    ("provider", "environment"),
    ("policy", "heal"),
    ("healing", "heal"),
    ("task", "step"),
    ("action", "step"),
];

/// Fields that other tools need: the block, the field, why there is none.
const NEEDLESS: &[(&str, &str, &str)] = &[
    (
        "workflow",
        "rollback",
        "each fault has its undo, which needs no field",
    ),
    (
        "step",
        "rollback",
        "each fault has its undo, which needs no field",
    ),
    ("step", "undo", "each fault has its undo, which needs no field"),
    ("step", "background", BACKGROUND),
    ("step", "parallel", BACKGROUND),
    ("step", "async", BACKGROUND),
];

const BACKGROUND: &str = "steps run beside one another, unless `after` lets one wait for another";

/// Words of the language, which can't be names.
const WORDS: &[&str] = &["and", "or", "not", "in", "like", "matches", "of", "true", "false"];

/// Fields of the language that this build does not have: the block, the field, what it is for.
const LATER_FIELDS: &[(&str, &str, &str)] = &[
    ("file", "use", "`use` brings in other files"),
    ("step", "each", "`each` runs a step for each of a list"),
    ("step", "in_order", "`in_order` belongs to `each`"),
    ("step", "repeat", "`repeat` runs a step several times"),
    ("step", "every", "`every` belongs to `repeat`"),
    ("step", "if", "`if` runs a step on a condition"),
    ("workflow", "repeat", "`repeat` runs a workflow several times"),
    (
        "workflow",
        "environments",
        "`environments` narrows a workflow to some environments",
    ),
    ("workflow", "severity", "`severity` is of game days"),
    ("environment", "windows", "`windows` says when workflows may run"),
    ("environment", "approve", "`approve` says who must agree"),
    (
        "selector",
        "members",
        "`members` says whether a selector follows changes",
    ),
];

/// The field that was meant.
pub(super) fn field(kind: &str, name: &str) -> Option<&'static str> {
    FIELDS
        .iter()
        .find(|(block, habit, _)| *block == kind && *habit == name)
        .map(|(_, _, field)| *field)
}

/// The block that was meant.
pub(super) fn block(kind: &str) -> Option<&'static str> {
    BLOCKS
        .iter()
        .find(|(habit, _)| *habit == kind)
        .map(|(_, block)| *block)
}

/// Why there is no such field, where another tool needs one: `rollbacks`, `background`.
pub(super) fn needless(kind: &str, name: &str) -> Option<&'static str> {
    NEEDLESS
        .iter()
        .find(|(block, habit, _)| {
            *block == kind && (*habit == name || crate::suggest::nearest(name, [*habit]).is_some())
        })
        .map(|(_, _, why)| *why)
}

/// Whether this is a word of the language.
pub(crate) fn is_word(name: &str) -> bool {
    WORDS.contains(&name)
}

/// A field that had another name, and why it has not any more.
pub(super) fn renamed(kind: &str, name: &str) -> Option<(&'static str, &'static str)> {
    match (kind, name) {
        ("slo", "over") => Some((
            "budget_period",
            "`over` reads as if the run were judged over that time: it is the period of the error budget",
        )),
        _ => None,
    }
}

/// What a field of a later build is for.
pub(super) fn later_field(kind: &str, name: &str) -> Option<&'static str> {
    LATER_FIELDS
        .iter()
        .find(|(block, field, _)| *block == kind && *field == name)
        .map(|(_, _, what)| *what)
}

/// What a block of a later build is for.
pub(super) fn later_block(kind: &str, inside: &str) -> Option<&'static str> {
    match (kind, inside) {
        ("requirement", _) => Some("a `requirement` is lowered to objectives and workflows"),
        ("phase", "workflow") => Some("a `phase` is a part of a game day"),
        ("param", "workflow") => Some("a parameter of a workflow makes it a template"),
        _ => None,
    }
}
