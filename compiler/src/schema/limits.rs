//! The fields of `limits`.

use super::FieldType::{Count, Duration, Ratio};
use super::{ABOVE_ZERO, FieldSpec};

/// The fields of `limits`, of a workflow and of an environment alike.
pub const LIMITS: &[FieldSpec] = &[
    FieldSpec::optional(
        "blast_radius",
        Ratio,
        "The greatest share of all instances of the environment that may be touched at one moment.",
    ),
    FieldSpec::optional("deadline", Duration, "How long the workflow may take.").at_least(ABOVE_ZERO),
    FieldSpec::optional("concurrency", Count, "How many steps may act at once.")
        .at_least(1.0)
        .at_most(1_000.0),
];
