//! E03xx: types, units and conditions.

codes! {
    /// A value is of another type than its place.
    MISMATCH = "E0301", "value of another type";
    /// A bare number stands where a unit is needed.
    MISSING_UNIT = "E0302", "unit is missing";
    /// A unit that there is not.
    UNKNOWN_UNIT = "E0303", "unknown unit";
    /// A unit whose case leaves open what is meant.
    AMBIGUOUS_UNIT = "E0304", "ambiguous unit";
    /// A duration of several units.
    COMPOUND_DURATION = "E0305", "duration of several units";
    /// A value is below or above what its place allows.
    OUT_OF_BOUNDS = "E0306", "value out of bounds";
    /// A range whose end lies before its beginning.
    REVERSED_RANGE = "E0307", "reversed range";
    /// A word that is none of a fixed list.
    UNKNOWN_WORD = "E0308", "unknown word";
    /// A text stands where a name or a word is needed.
    TEXT_FOR_NAME = "E0309", "text in place of a name";
    /// A name stands where a text is needed.
    NAME_FOR_TEXT = "E0310", "name in place of a text";
    /// A quantity stands in quotes.
    QUOTED_VALUE = "E0311", "value in quotes";
    /// A measure that its subject has not.
    UNKNOWN_MEASURE = "E0312", "unknown measure";
    /// Two things are compared that can't be.
    INCOMPARABLE = "E0313", "comparison of different types";
    /// A live condition does not say over what time.
    MISSING_WINDOW = "E0314", "window is missing";
    /// Parentheses behind what takes none, or a window that is none.
    MISPLACED_WINDOW = "E0315", "window out of place";
    /// Something that neither holds nor does not.
    NOT_A_CONDITION = "E0316", "not a condition";
    /// A field that `it` has not.
    UNKNOWN_IT_FIELD = "E0317", "unknown field of `it`";
    /// A measure stands where it is not known.
    MISPLACED_MEASURE = "E0318", "measure out of place";
    /// `baseline` stands where there is none.
    MISPLACED_BASELINE = "E0319", "baseline out of place";
    /// A regular expression that is none.
    BAD_REGEX = "E0320", "invalid regular expression";
    /// A burn rate or budget of an objective that has no error budget.
    NO_ERROR_BUDGET = "E0321", "objective without an error budget";
    /// A burn rate that the objective can't ever reach.
    UNREACHABLE_BURN_RATE = "E0322", "unreachable burn rate";
    /// One value stands where a list is needed.
    MISSING_BRACKETS = "E0323", "list without brackets";
    /// `--set` gives a value that its parameter does not take.
    BAD_SETTING = "E0324", "`--set` value of another type";
    /// A parameter has no value in an environment.
    UNSET_PARAMETER = "E0325", "parameter without a value";
    /// A count that is not whole.
    NOT_WHOLE = "E0326", "count is not whole";
}
