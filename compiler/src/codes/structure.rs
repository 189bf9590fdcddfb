//! E04xx: blocks, fields and calls.

codes! {
    /// A field that its block has not.
    UNKNOWN_FIELD = "E0401", "unknown field";
    /// A block lacks a field.
    MISSING_FIELD = "E0402", "field is missing";
    /// A field is given twice.
    DUPLICATE_FIELD = "E0403", "field given twice";
    /// A kind of block that there is not.
    UNKNOWN_BLOCK = "E0404", "unknown kind of block";
    /// A block stands where it can't.
    MISPLACED_BLOCK = "E0405", "block out of place";
    /// The file does not say its language.
    MISSING_LANGUAGE = "E0406", "`language` is missing";
    /// A version of the language that this build does not know.
    UNSUPPORTED_LANGUAGE = "E0407", "unsupported language version";
    /// The first parameter of a call is written with its name.
    NAMED_FIRST = "E0408", "first parameter with its name";
    /// A call lacks a parameter.
    MISSING_PARAMETER = "E0409", "parameter is missing";
    /// A parameter that the call has not.
    UNKNOWN_PARAMETER = "E0410", "unknown parameter";
    /// A parameter is given twice.
    DUPLICATE_PARAMETER = "E0411", "parameter given twice";
    /// A probe says both `every` and `rate`.
    EVERY_AND_RATE = "E0412", "both `every` and `rate`";
    /// A workflow has no step.
    EMPTY_WORKFLOW = "E0413", "workflow without a step";
    /// No environment is declared.
    NO_ENVIRONMENT = "E0414", "no environment";
    /// No resource is declared.
    NO_RESOURCE = "E0415", "no resource";
    /// An environment that starts what it binds does not bind a resource.
    UNBOUND_RESOURCE = "E0416", "resource is not bound";
    /// A part of the language that this build does not have yet.
    NOT_IN_BUILD = "E0417", "not part of this build";
    /// A field that has another name now.
    RENAMED_FIELD = "E0418", "field with another name";
    /// A list that needs an element has none.
    EMPTY_LIST = "E0419", "empty list";
    /// A workflow has more steps than can be.
    TOO_MANY_STEPS = "E0420", "too many steps";
}
