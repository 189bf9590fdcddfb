//! What people bring along from other tools: each habit has a message of its own and, where it is clear what was
//! meant, a fix; reading goes on as if it had been written right.

use super::cursor::Parser;
use super::lexical;
use crate::codes;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::tree::CompareOp;

/// The operators of other languages, the longer ones first, and what they are here.
const OTHER_OPERATORS: &[(&str, CompareOp)] = &[
    ("===", CompareOp::Eq),
    ("!==", CompareOp::Ne),
    ("=~", CompareOp::Matches),
    ("<>", CompareOp::Ne),
    ("=<", CompareOp::Le),
    ("=>", CompareOp::Ge),
];

/// A name, or `api-gateway` where a name stands.
pub(super) fn name<'a>(parser: &mut Parser<'a>) -> &'a str {
    let (start, rest) = (parser.offset(), parser.rest);
    let word = parser.take(lexical::word).unwrap_or("");
    if parser.peek() != Some(b'-') {
        return word;
    }
    parser.rest = rest;
    let Some(word) = parser.take(lexical::hyphenated) else {
        return parser.take(lexical::word).unwrap_or("");
    };
    let span = parser.since(start);
    let joined = word.replace('-', "_");
    parser.report(
        Diagnostic::error(
            codes::HYPHEN,
            format!("`{word}` is no name"),
            span,
            "has a hyphen in it",
        )
        .note("a name is of letters, digits and `_`; what your system calls it stands in quotes in `bind`")
        .fix(format!("write `{joined}`"), Applicability::Maybe, span, joined),
    );
    word
}

/// The `=` of a field, in whatever spelling; whether it was not `=`.
pub(super) fn assignment(parser: &mut Parser<'_>) -> bool {
    let found = ["==", "=>", ":=", ":"]
        .into_iter()
        .find(|&spelling| parser.at(spelling));
    let Some(found) = found else {
        parser.eat("=");
        return false;
    };
    let start = parser.offset();
    parser.advance(found.len());
    let at = parser.since(start);
    let (code, span, text) = if found == ":" {
        let space = if matches!(parser.peek(), Some(b' ' | b'\t')) {
            ""
        } else {
            " "
        };
        (
            codes::COLON,
            parser.span(parser.last_end, start + 1),
            format!(" ={space}"),
        )
    } else {
        (codes::OTHER_ASSIGNMENT, at, "=".to_owned())
    };
    parser.report(
        Diagnostic::error(
            code,
            format!("a field is given with `=`, not with `{found}`"),
            at,
            "expected `=`",
        )
        .fix("write `=`", Applicability::Safe, span, text),
    );
    true
}

/// `;` between items.
pub(super) fn semicolon(parser: &mut Parser<'_>) {
    let here = parser.here();
    parser.advance(1);
    let more = !matches!(lexical::blanks(parser.rest), Ok((rest, _)) if rest.is_empty() || rest.starts_with(['\n', '\r', '}', ')', ']', '/']));
    let (title, text) = if more {
        ("write `,`", ",")
    } else {
        ("remove it", "")
    };
    parser.report(
        Diagnostic::error(
            codes::SEMICOLON,
            "`;` separates nothing here",
            here,
            "a comma or a new line does",
        )
        .fix(title, Applicability::Safe, here, text),
    );
}

/// What can't begin an item, but is known; whether it was.
pub(super) fn item(parser: &mut Parser<'_>) -> bool {
    if parser.at("'") || parser.at("“") || parser.at("‘") {
        if other_quotes(parser) {
            parser.skip_line();
            return true;
        }
    } else if parser.at("$") && dollar(parser) {
        parser.skip_line();
        return true;
    }
    false
}

/// `'text'` or `“text”`: taken up to its other quote; `false` if there is none on the line.
pub(super) fn other_quotes(parser: &mut Parser<'_>) -> bool {
    let start = parser.offset();
    let mut chars = parser.rest.chars();
    let Some(first) = chars.next() else { return false };
    let ends: &[char] = match first {
        '\'' => &['\''],
        '“' => &['”', '“', '"'],
        '‘' => &['’', '‘', '\''],
        _ => return false,
    };
    let Some(len) = chars.as_str().find(|c| c == '\n' || ends.contains(&c)) else {
        return false;
    };
    let Ok((rest, text)) = lexical::split(chars.as_str(), len) else {
        return false;
    };
    let Some(end) = rest.chars().next().filter(|&c| c != '\n') else {
        return false;
    };
    parser.advance(first.len_utf8() + len + end.len_utf8());
    let whole = parser.since(start);
    let plain = !text.contains(['"', '\\', '$']);
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace("${", "$${");
    let applicability = if plain {
        Applicability::Safe
    } else {
        Applicability::Maybe
    };
    parser.report(
        Diagnostic::error(
            codes::OTHER_QUOTES,
            "text stands in double quotes",
            whole,
            format!("not in `{first}`"),
        )
        .fix(
            "write double quotes",
            applicability,
            whole,
            format!("\"{escaped}\""),
        ),
    );
    true
}

/// `$name` or `${name}` outside a text: the `$` and braces are skipped over; whether it was one.
pub(super) fn dollar(parser: &mut Parser<'_>) -> bool {
    let start = parser.offset();
    let braced = parser.at("${");
    let inner = parser.rest.get(if braced { 2 } else { 1 }..).unwrap_or("");
    let Ok((rest, path)) = lexical::path(inner) else {
        return false;
    };
    if braced && !rest.starts_with('}') {
        return false;
    }
    let path = path.to_owned();
    parser.advance(path.len() + if braced { 3 } else { 1 });
    let span = parser.since(start);
    parser.report(
        Diagnostic::error(
            codes::DOLLAR,
            "a name outside a text has no `$`",
            span,
            "not within quotes",
        )
        .fix(format!("write `{path}`"), Applicability::Safe, span, path),
    );
    true
}

/// `.5` and `+5`: the part before the digits is taken.
pub(super) fn number(parser: &mut Parser<'_>) -> bool {
    let digit = parser.peek_second().is_some_and(|byte| byte.is_ascii_digit());
    let (message, title, text) = match parser.peek() {
        Some(b'.') if digit => ("a number begins with a digit", "write `0.`", "0."),
        Some(b'+') if digit => ("a number has no `+`", "remove it", ""),
        _ => return false,
    };
    let here = parser.here();
    parser.report(
        Diagnostic::error(codes::BAD_NUMBER, message, here, "expected a digit").fix(
            title,
            Applicability::Safe,
            here,
            text,
        ),
    );
    parser.advance(1);
    true
}

/// A symbol or a capitalised word for a word of the language; what it is called here.
pub(super) fn connective(parser: &mut Parser<'_>) -> Option<&'static str> {
    let (found, word) = [("&&", "and"), ("||", "or")]
        .into_iter()
        .find(|(symbol, _)| parser.at(symbol))
        .or_else(|| {
            [("AND", "and"), ("OR", "or")]
                .into_iter()
                .find(|(upper, _)| parser.at_word(upper))
        })?;
    let start = parser.offset();
    parser.advance(found.len());
    symbol(parser, start, found, word);
    Some(word)
}

/// `!` for `not`.
pub(super) fn negation(parser: &mut Parser<'_>) -> bool {
    let start = parser.offset();
    if !parser.at("!") || parser.at("!=") {
        return false;
    }
    parser.advance(1);
    symbol(parser, start, "!", "not");
    true
}

fn symbol(parser: &mut Parser<'_>, start: usize, found: &str, word: &str) {
    let span = parser.since(start);
    let before = parser.text_between(start.saturating_sub(1), start);
    let ends_word = |text: &str| text.is_empty() || text.starts_with([' ', '\t', '\n', '\r', '(', '[']);
    let left = if ends_word(before) { "" } else { " " };
    let right = if parser.rest.starts_with([' ', '\t', '\n', '\r']) {
        ""
    } else {
        " "
    };
    parser.report(
        Diagnostic::error(
            codes::SYMBOL_OPERATOR,
            format!("`{found}` is `{word}` here"),
            span,
            format!("expected `{word}`"),
        )
        .fix(
            format!("write `{word}`"),
            Applicability::Safe,
            span,
            format!("{left}{word}{right}"),
        ),
    );
}

/// A comparison as other languages write it.
pub(super) fn comparison(parser: &mut Parser<'_>) -> Option<CompareOp> {
    let start = parser.offset();
    let other = OTHER_OPERATORS
        .iter()
        .find(|(symbol, _)| parser.at(symbol))
        .copied();
    let (code, symbol, op): (Code, &str, CompareOp) = match other {
        Some((symbol, op)) => (codes::OTHER_OPERATOR, symbol, op),
        None if parser.at("=") && !parser.at("==") => (codes::SINGLE_EQUALS, "=", CompareOp::Eq),
        None => return None,
    };
    parser.advance(symbol.len());
    let span = parser.since(start);
    let word = op.as_str();
    let message = if code == codes::SINGLE_EQUALS {
        "a condition compares with `==`".to_owned()
    } else {
        format!("`{symbol}` is `{word}` here")
    };
    parser.report(
        Diagnostic::error(code, message, span, format!("expected `{word}`")).fix(
            format!("write `{word}`"),
            Applicability::Safe,
            span,
            word,
        ),
    );
    Some(op)
}
