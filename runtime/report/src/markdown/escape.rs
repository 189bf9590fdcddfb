//! Text from outside, so that Markdown leaves it as it is.

use crate::clean::clean;

/// The longest text of one cell or item; what is cut is in the full report.
const MAX_CHARS: usize = 300;

/// A name as a code span that also stands in a table.
pub(super) fn code(name: &str) -> String {
    let name = shorten(name);
    if name.trim().is_empty() {
        return String::new();
    }
    // A span is closed by as many backticks as opened it: one more than any run inside (CommonMark 6.1).
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    let space = if name.starts_with('`') || name.ends_with('`') {
        " "
    } else {
        ""
    };
    // Tables are split before spans are found: GFM takes the backslash away even inside a span.
    format!("{ticks}{space}{}{space}{ticks}", name.replace('|', "\\|"))
}

/// A message. What stands in backticks becomes code, as it was meant; the rest is escaped.
pub(super) fn text(message: &str) -> String {
    let message = shorten(message);
    if message.matches('`').count() % 2 == 1 {
        return escape(&message);
    }
    message
        .split('`')
        .enumerate()
        .map(|(number, part)| {
            if number % 2 == 1 && !part.trim().is_empty() {
                code(part)
            } else {
                escape(part)
            }
        })
        .collect()
}

/// Text in a block of code.
pub(super) fn fence(block: &str) -> String {
    let longest = block.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat((longest + 1).max(3));
    format!("{ticks}text\n{block}{ticks}\n")
}

fn shorten(text: &str) -> String {
    let one_line = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    let mut short: String = one_line.chars().take(MAX_CHARS).collect();
    if short.len() < one_line.len() {
        short.push('…');
    }
    clean(&short, false)
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Nobody is called by a report, and no issue is linked: the comment parts sign and name.
            '@' | '#' => {
                escaped.push(c);
                escaped.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_span_or_its_cell() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a; b`");
        assert_eq!(code(""), "");
    }

    #[test]
    fn a_message_keeps_its_code_and_nothing_else() {
        assert_eq!(text("`a_b` is *not* met"), "`a_b` is \\*not\\* met");
        assert_eq!(text("odd ` tick"), "odd \\` tick");
        assert_eq!(
            text("<img> @team #12 [x](y)"),
            "&lt;img&gt; @<!-- -->team #<!-- -->12 \\[x\\](y)"
        );
    }

    #[test]
    fn a_block_ends_where_it_should() {
        assert_eq!(fence("a\n```\nb\n"), "````text\na\n```\nb\n````\n");
    }
}
