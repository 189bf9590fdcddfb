//! The codes of syntax errors. A code never changes its meaning and is never given twice.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal;)*) => {
        $($(#[$doc])* pub const $name: Code = Code($code);)*

        /// Every code of this crate with its title, in order.
        pub const ALL: &[(Code, &str)] = &[$(($name, $title)),*];
    };
}

codes! {
    /// Something stands where a field `name = value` or a block `kind name { … }` should begin.
    EXPECTED_ITEM = "E0101", "expected a field or a block";
    /// A name is followed by neither `=` nor a block's name, or by a value without `=`.
    MISSING_EQUALS = "E0102", "expected `=`";
    /// Nothing stands behind a `=` or an operator on its line.
    MISSING_VALUE = "E0103", "a value is missing";
    /// Two fields, values or blocks are not separated by a comma or a new line, or something follows a value.
    MISSING_SEPARATOR = "E0104", "expected a comma or a new line";
    /// Something stands where a value should, but can't begin one.
    EXPECTED_VALUE = "E0105", "expected a value";
    /// A text has no closing quote (on its line, where it is not a raw one).
    UNCLOSED_TEXT = "E0106", "text is not closed";
    /// A `(`, `[` or the `{` of a record is never closed.
    UNCLOSED_BRACKET = "E0107", "bracket is not closed";
    /// The `{` of a block is never closed.
    UNCLOSED_BLOCK = "E0108", "block is not closed";
    /// A `)`, `]` or `}` closes nothing, or not what was opened.
    STRAY_CLOSER = "E0109", "closing bracket does not fit";
    /// A block has no name.
    UNNAMED_BLOCK = "E0110", "block has no name";
    /// A block's name stands in quotes, or there is more than one.
    QUOTED_LABEL = "E0111", "block's name is quoted";
    /// A block has no `{` on its line.
    MISSING_BODY = "E0112", "expected `{`";
    /// A text has a `\` that is not followed by `"`, `\`, `n`, `t` or `u{…}`.
    BAD_ESCAPE = "E0113", "unknown escape";
    /// What stands in `${…}` is not a name or a path of names.
    BAD_INTERPOLATION = "E0114", "expected a name in `${…}`";
    /// Blocks, brackets and negations are nested deeper than 64.
    TOO_DEEP = "E0115", "nested too deeply";
    /// A character that can't be seen: a control character, a mark that turns the direction of text, an odd space.
    INVISIBLE_CHARACTER = "E0116", "invisible character";
    /// The file has more syntax errors than are shown.
    TOO_MANY = "E0117", "too many syntax errors";
    /// A word of the language is used as a name.
    RESERVED_WORD = "E0118", "word of the language as a name";
    /// A bare name has a `-` in it.
    HYPHEN = "E0119", "name with a hyphen";
    /// `and` and `or` are mixed without parentheses.
    MIXED_AND_OR = "E0120", "`and` and `or` are mixed";
    /// Two comparisons are chained: `a < b < c`.
    CHAINED_COMPARISON = "E0121", "chained comparison";
    /// A parameter other than the first is given without its name.
    UNNAMED_PARAMETER = "E0122", "parameter without a name";
    /// A range is not two literals with `..` between them.
    BAD_RANGE = "E0123", "malformed range";
    /// `of` behind a quantity is not followed by `baseline`, or `baseline` has no percentage.
    BAD_BASELINE = "E0124", "expected `baseline`";
    /// A comma separates nothing.
    STRAY_COMMA = "E0125", "stray comma";
    /// A number is malformed: `.5`, `5.`, `+5`.
    BAD_NUMBER = "E0126", "malformed number";
    /// A field is given with `:`.
    COLON = "E0130", "`:` for `=`";
    /// `&&`, `||` or `!` stand for `and`, `or` or `not`.
    SYMBOL_OPERATOR = "E0131", "symbol for a word";
    /// `a not in b`: the `not` stands before the whole test.
    NOT_IN = "E0132", "`not` before a comparison";
    /// A condition compares with `=`.
    SINGLE_EQUALS = "E0133", "`=` in a condition";
    /// A number and its unit are separated.
    SPACED_UNIT = "E0134", "space before a unit";
    /// A line ends with `;`.
    SEMICOLON = "E0135", "semicolon";
    /// A text stands in single or typographic quotes.
    OTHER_QUOTES = "E0136", "other quotes";
    /// A comment begins with `#` or `/*`.
    OTHER_COMMENT = "E0137", "other comment";
    /// An operator of another language: `===`, `=~`, `<>`, `=>`.
    OTHER_OPERATOR = "E0138", "other operator";
    /// A field is given with `==` or `:=`.
    OTHER_ASSIGNMENT = "E0139", "other assignment";
    /// A line begins with `and` or `or`.
    LEADING_CONNECTIVE = "E0140", "line begins with `and` or `or`";
    /// `$name` or `${name}` outside a text.
    DOLLAR = "E0141", "`$` outside a text";
    /// A block has a `=` before its `{`.
    BLOCK_WITH_EQUALS = "E0142", "block with `=`";
}
