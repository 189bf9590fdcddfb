//! W07xx: what works, but is probably not meant.

codes! {
    /// No workflow uses a healing policy.
    UNUSED_HEAL = "W0701", "unused healing policy";
    /// Nothing uses a resource.
    UNUSED_RESOURCE = "W0702", "unused resource";
    /// Nothing uses a selector.
    UNUSED_SELECTOR = "W0703", "unused selector";
    /// Nothing uses a probe.
    UNUSED_PROBE = "W0704", "unused probe";
    /// No workflow uses an objective.
    UNUSED_SLO = "W0705", "unused objective";
    /// Nothing uses a parameter.
    UNUSED_PARAM = "W0706", "unused parameter";
    /// A fault with a duration is also undone by a step.
    UNDO_OF_TIMED_FAULT = "W0707", "undo of a fault that ends by itself";
    /// A step accepts what does not happen.
    NEEDLESS_ACCEPT = "W0708", "needless `accept`";
}
