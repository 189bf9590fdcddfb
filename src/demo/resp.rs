//! The Redis serialization protocol, version 2: commands and replies, both ways.
//!
//! Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

/// The longest command or reply in bytes, its framing included.
pub(crate) const MAX_MESSAGE: usize = 64 * 1024;

const MAX_ARGS: usize = 64;
const MAX_INLINE: usize = 4 * 1024;

/// The words of a command; empty when the line was blank.
pub(crate) type Command = Vec<Vec<u8>>;

/// What was found at the start of the bytes: a message with the bytes it took, or that more bytes are needed.
/// An error says how the protocol was violated; the connection cannot be used any more.
pub(crate) type Parsed<T> = Result<Option<(T, usize)>, &'static str>;

/// An answer of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A short word, such as `OK`.
    Simple(&'static str),
    /// The command was refused.
    Error(String),
    /// A count.
    Integer(i64),
    /// A value, or that there is none.
    Bulk(Option<Vec<u8>>),
}

/// Reads bytes from the front; `None` where they end too early.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Parses one command, as an array of bulk strings or inline.
pub(crate) fn parse_command(bytes: &[u8]) -> Parsed<Command> {
    let mut cursor = Cursor { bytes, at: 0 };
    let Some(line) = cursor.line() else {
        return incomplete(
            bytes,
            if bytes.starts_with(b"*") {
                MAX_MESSAGE
            } else {
                MAX_INLINE
            },
        );
    };
    let Some(count) = line.strip_prefix(b"*") else {
        let words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        return Ok(Some((words.map(<[u8]>::to_vec).collect(), cursor.at)));
    };
    let count = length(count, MAX_ARGS).ok_or("invalid multibulk length")?;
    let mut words = Vec::new();
    for _ in 0..count {
        match cursor.value()? {
            Some(Reply::Bulk(Some(word))) => words.push(word),
            Some(_) => return Err("expected '$'"),
            None => return incomplete(bytes, MAX_MESSAGE),
        }
    }
    Ok(Some((words, cursor.at)))
}

/// Parses one reply. The text of a simple string is not kept: the only one the shop waits for is `OK`.
pub(crate) fn parse_reply(bytes: &[u8]) -> Parsed<Reply> {
    let mut cursor = Cursor { bytes, at: 0 };
    match cursor.value()? {
        Some(reply) => Ok(Some((reply, cursor.at))),
        None => incomplete(bytes, MAX_MESSAGE),
    }
}

/// The bytes of a command.
pub(crate) fn encode_command(words: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        push_bulk(&mut out, word);
    }
    out
}

/// The whole number that `bytes` are in decimal.
pub(crate) fn number(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn push_bulk(out: &mut Vec<u8>, word: &[u8]) {
    out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
    out.extend_from_slice(word);
    out.extend_from_slice(b"\r\n");
}

fn length(digits: &[u8], limit: usize) -> Option<usize> {
    number(digits)
        .and_then(|length| usize::try_from(length).ok())
        .filter(|length| *length <= limit)
}

fn incomplete<T>(bytes: &[u8], limit: usize) -> Parsed<T> {
    if bytes.len() > limit {
        Err("too big request")
    } else {
        Ok(None)
    }
}

// === impl Reply ===

impl Reply {
    /// Appends the bytes of this reply to `out`.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Simple(word) => out.extend_from_slice(format!("+{word}\r\n").as_bytes()),
            Self::Error(text) => out.extend_from_slice(format!("-ERR {text}\r\n").as_bytes()),
            Self::Integer(value) => out.extend_from_slice(format!(":{value}\r\n").as_bytes()),
            Self::Bulk(Some(value)) => push_bulk(out, value),
            Self::Bulk(None) => out.extend_from_slice(b"$-1\r\n"),
        }
    }
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        let line = rest.get(..end)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn value(&mut self) -> Result<Option<Reply>, &'static str> {
        let Some(line) = self.line() else { return Ok(None) };
        Ok(Some(match line.split_first() {
            Some((b'+', _)) => Reply::Simple("OK"),
            Some((b'-', text)) => Reply::Error(String::from_utf8_lossy(text).into_owned()),
            Some((b':', digits)) => Reply::Integer(number(digits).ok_or("invalid integer")?),
            Some((b'$', b"-1")) => Reply::Bulk(None),
            Some((b'$', digits)) => {
                let length = length(digits, MAX_MESSAGE).ok_or("invalid bulk length")?;
                let Some(framed) = self.bytes.get(self.at..self.at + length + 2) else {
                    return Ok(None);
                };
                self.at += length + 2;
                Reply::Bulk(Some(
                    framed
                        .strip_suffix(b"\r\n")
                        .ok_or("bulk string without end")?
                        .to_vec(),
                ))
            }
            _ => return Err("unknown type"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_a_command_needs_more() {
        let bytes = encode_command(&[b"SET", b"key", b"a\r\nb"]);
        for end in 0..bytes.len() {
            assert_eq!(parse_command(&bytes[..end]), Ok(None), "{end}");
        }
        let words = vec![b"SET".to_vec(), b"key".to_vec(), b"a\r\nb".to_vec()];
        assert_eq!(parse_command(&bytes), Ok(Some((words, bytes.len()))));
    }

    #[test]
    fn inline_commands_and_pipelines() {
        let bytes = b"  get  key \r\nPING\n";
        assert_eq!(
            parse_command(bytes),
            Ok(Some((vec![b"get".to_vec(), b"key".to_vec()], 13)))
        );
        assert_eq!(parse_command(&bytes[13..]), Ok(Some((vec![b"PING".to_vec()], 5))));
        assert_eq!(parse_command(b"\r\n"), Ok(Some((vec![], 2))));
    }

    #[test]
    fn what_is_malformed_or_too_long_is_refused() {
        for bytes in [
            "*x\r\n",
            "*-1\r\n",
            "*65\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n$99999999\r\n",
            "*1\r\n$1\r\nabc",
        ] {
            assert!(parse_command(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
        assert!(parse_command(&[b'a'; MAX_INLINE + 1]).is_err());
        let word = vec![b'a'; MAX_MESSAGE];
        let both = encode_command(&[&word, &word]);
        assert!(parse_command(&both[..MAX_MESSAGE + 100]).is_err());
        assert!(parse_reply(b"?\r\n").is_err());
    }

    #[test]
    fn replies_survive_the_wire() {
        for reply in [
            Reply::Simple("OK"),
            Reply::Integer(-3),
            Reply::Bulk(None),
            Reply::Bulk(Some(b"\r\n".into())),
        ] {
            let mut bytes = Vec::new();
            reply.encode(&mut bytes);
            assert_eq!(parse_reply(&bytes[..bytes.len() - 1]), Ok(None));
            assert_eq!(parse_reply(&bytes), Ok(Some((reply, bytes.len()))));
        }
    }
}
