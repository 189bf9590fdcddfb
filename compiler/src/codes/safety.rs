//! E06xx: undo, claims, limits and powers.

codes! {
    /// A fault can't be undone, and the step does not accept it.
    NO_UNDO = "E0601", "fault without an undo";
    /// Faults that may be active at once claim the same thing.
    CONFLICTING_CLAIMS = "E0602", "faults claim the same thing";
    /// `duration` on a step that is no lasting fault.
    MISPLACED_DURATION = "E0603", "duration of what does not last";
    /// A fault on a protected resource.
    PROTECTED = "E0604", "fault on a protected resource";
    /// An environment lacks a power that a step needs.
    MISSING_POWER = "E0605", "environment lacks a power";
    /// A resource's locator leaves out the parameter that gives a power.
    POWER_NOT_GIVEN = "E0606", "resource is not bound for this fault";
}
