//! The words of the language as nom parsers on text: each takes one word from the front or fails without a report.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, one_of, satisfy};
use nom::combinator::{opt, recognize, verify};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser as _};

/// What a parser of this module returns; why it failed is its caller's to know.
pub(super) type Lex<'a, O> = IResult<&'a str, O, ()>;

/// The words that are no names. `baseline` is none of them: it is read only behind `of`.
pub(super) const RESERVED: &[&str] = &["and", "or", "not", "in", "like", "matches", "of", "true", "false"];

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// `[A-Za-z_][A-Za-z0-9_]*`, the reserved words too.
pub(super) fn word(input: &str) -> Lex<'_, &str> {
    match input.as_bytes().first() {
        Some(byte) if is_name_byte(*byte) && !byte.is_ascii_digit() => {
            let bytes = input.as_bytes();
            let len = bytes
                .iter()
                .position(|&byte| !is_name_byte(byte))
                .unwrap_or(bytes.len());
            split(input, len)
        }
        _ => Err(nom::Err::Error(())),
    }
}

/// A name with hyphens in it, as other tools have them: `api-gateway`.
pub(super) fn hyphenated(input: &str) -> Lex<'_, &str> {
    verify(
        recognize((word, take_while1(|c| is_name_char(c) || c == '-'))),
        |name: &str| name.contains('-') && !name.ends_with('-'),
    )
    .parse(input)
}

/// The digits of a number with its sign and decimal point; `1..2` is not a decimal.
pub(super) fn number(input: &str) -> Lex<'_, &str> {
    recognize((opt(char('-')), digits, opt(preceded(char('.'), digits)))).parse(input)
}

fn digits(input: &str) -> Lex<'_, &str> {
    let bytes = input.as_bytes();
    match bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(bytes.len())
    {
        0 => Err(nom::Err::Error(())),
        len => split(input, len),
    }
}

/// What stands behind a number without a space: `ms`, `%`, `/s`, `MB/s`; may be empty.
pub(super) fn unit(input: &str) -> Lex<'_, &str> {
    match input.as_bytes().first() {
        Some(byte)
            if byte.is_ascii_alphabetic() || !byte.is_ascii() || matches!(byte, b'%' | b'/' | b'_') => {}
        _ => return split(input, 0),
    }
    let letters = || {
        (
            satisfy(|c| c.is_alphabetic() || c == '_'),
            take_while(|c: char| c.is_alphanumeric() || c == '_'),
        )
    };
    let per = || preceded(char('/'), letters());
    alt((
        tag("%"),
        recognize((letters(), opt(per()))),
        recognize(per()),
        tag(""),
    ))
    .parse(input)
}

/// Spaces and tabs; may be none.
pub(super) fn blanks(input: &str) -> Lex<'_, &str> {
    let bytes = input.as_bytes();
    split(
        input,
        bytes
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t'))
            .unwrap_or(bytes.len()),
    )
}

/// The rest of the line, without its end.
pub(super) fn line(input: &str) -> Lex<'_, &str> {
    let len = input
        .bytes()
        .position(|byte| byte == b'\n')
        .unwrap_or(input.len());
    let (rest, line) = split(input, len)?;
    match line.strip_suffix('\r') {
        Some(line) if !rest.is_empty() => split(input, line.len()),
        _ => Ok((rest, line)),
    }
}

/// The end of a line.
pub(super) fn newline(input: &str) -> Lex<'_, &str> {
    match input.as_bytes() {
        [b'\n', ..] => split(input, 1),
        [b'\r', b'\n', ..] => split(input, 2),
        _ => Err(nom::Err::Error(())),
    }
}

/// `kind name {`: what can only be the beginning of a block.
pub(super) fn declaration(input: &str) -> Lex<'_, &str> {
    recognize((word, one_of(" \t"), blanks, word, blanks, char('{'))).parse(input)
}

/// `name =`, but not `name ==`.
pub(super) fn assignment(input: &str) -> Lex<'_, &str> {
    let (rest, head) = recognize((word, blanks, char('='))).parse(input)?;
    if rest.starts_with(['=', '~', '>', '<']) {
        Err(nom::Err::Error(()))
    } else {
        Ok((rest, head))
    }
}

/// `name:`, as other tools write fields.
pub(super) fn colon(input: &str) -> Lex<'_, &str> {
    recognize((word, blanks, char(':'))).parse(input)
}

/// A text on one line from quote to quote, whatever is in it.
pub(super) fn quoted(input: &str) -> Lex<'_, &str> {
    let bytes = input.as_bytes();
    let mut at = 1;
    if bytes.first() != Some(&b'"') {
        return Err(nom::Err::Error(()));
    }
    loop {
        match bytes.get(at) {
            Some(b'"') => return split(input, at + 1),
            Some(b'\\') if bytes.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
            Some(b'\n') | None => return Err(nom::Err::Error(())),
            Some(_) => at += 1,
        }
    }
}

/// A path of names: `port.http`.
pub(super) fn path(input: &str) -> Lex<'_, &str> {
    let (mut rest, _) = word(input)?;
    while let Ok((next, _)) = preceded(char('.'), word).parse(rest) {
        rest = next;
    }
    split(input, input.len() - rest.len())
}

/// The hexadecimal digits of `u{…}`.
pub(super) fn unicode_escape(input: &str) -> Lex<'_, &str> {
    preceded(
        tag("u{"),
        terminated(take_while1(|c: char| c.is_ascii_hexdigit()), char('}')),
    )
    .parse(input)
}

/// The first `len` bytes and the rest.
pub(super) fn split(input: &str, len: usize) -> Lex<'_, &str> {
    match input.split_at_checked(len) {
        Some((head, tail)) => Ok((tail, head)),
        None => Err(nom::Err::Error(())),
    }
}

/// Whether a character can't be seen although it stands where it matters.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{1680}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
}
