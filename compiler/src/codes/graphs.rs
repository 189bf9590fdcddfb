//! E05xx: the order of steps, and time.

codes! {
    /// Steps wait for one another.
    STEP_CYCLE = "E0501", "steps wait for one another";
    /// A step can never start.
    NEVER_RUNS = "E0502", "step can never start";
    /// `.active` of a step that is no fault.
    NEVER_ACTIVE = "E0503", "`.active` of what is no fault";
    /// A deadline is shorter than the critical path.
    DEADLINE_TOO_SHORT = "E0504", "deadline below the critical path";
    /// `undo` of a step that is no fault.
    UNDO_OF_NO_FAULT = "E0505", "`undo` of what is no fault";
    /// `undo` may come before its fault.
    UNDO_BEFORE_FAULT = "E0506", "`undo` before its fault";
    /// Something is waited for that a step does not tell.
    UNKNOWN_EVENT = "E0507", "unknown event of a step";
    /// `undo` of a fault that leaves nothing to take back, or can't be taken back.
    NOTHING_TO_UNDO = "E0508", "nothing to undo";
}
