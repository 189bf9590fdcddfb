//! E02xx: names.

codes! {
    /// A name is used that nothing declares.
    UNKNOWN_NAME = "E0201", "unknown name";
    /// Two declarations in scope share a name.
    DUPLICATE_NAME = "E0202", "name declared twice";
    /// A name stands for something else than what is needed.
    WRONG_KIND = "E0203", "name of another kind";
    /// A declaration takes a name that the language uses itself.
    RESERVED_NAME = "E0204", "name that the language uses";
    /// A call names no action.
    UNKNOWN_ACTION = "E0205", "unknown action";
    /// `check` names no kind of probe.
    UNKNOWN_PROBE_KIND = "E0206", "unknown kind of probe";
    /// An environment names no adapter.
    UNKNOWN_ADAPTER = "E0207", "unknown adapter";
    /// `bind` names no locator of the adapter.
    UNKNOWN_LOCATOR = "E0208", "unknown locator";
    /// A step is named that the workflow has not.
    UNKNOWN_STEP = "E0209", "unknown step";
    /// A call stands where one of another kind is needed: a heal that is none.
    WRONG_CALL = "E0210", "call of another kind";
    /// A text takes in a name that is no parameter.
    UNKNOWN_INTERPOLATION = "E0211", "unknown name in a text";
    /// `--set` names no parameter.
    UNKNOWN_SETTING = "E0212", "`--set` of an unknown parameter";
    /// `it` is used where nothing is judged.
    MISPLACED_IT = "E0213", "`it` out of place";
}
