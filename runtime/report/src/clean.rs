//! Makes text from outside harmless to a terminal.

use unicode_width::UnicodeWidthChar;

/// The most characters without a width that may follow one another: enough for every accented letter, too few
/// to paint over the lines above and below.
const MAX_MARKS: usize = 2;

/// The text with everything that is not plainly visible written as an escape: control characters, marks that
/// turn the direction of writing, invisible ones. Where `ascii`, all that is not ASCII too.
pub(crate) fn clean(text: &str, ascii: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let width = char_width(c);
        marks = if width == 0 { marks + 1 } else { 0 };
        match c {
            '\n' => clean.push_str("\\n"),
            '\r' => clean.push_str("\\r"),
            '\t' => clean.push_str("\\t"),
            ' '..='~' => clean.push(c),
            // Whether an emoji is shown as text or as a picture: terminals disagree, and so on its width.
            '\u{fe00}'..='\u{fe0f}' => {}
            _ if ascii || c.is_control() || is_invisible(c) || (width == 0 && marks > MAX_MARKS) => {
                clean.extend(c.escape_unicode());
            }
            _ => clean.push(c),
        }
    }
    clean
}

/// How many columns a character takes in a terminal.
pub(crate) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// How many columns a text takes: the sum over its characters, which is how terminals count.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Format characters (category Cf), line separators, fillers and tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_drive_a_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}", false), "a\\u{1b}[2Jb\\u{7}");
        assert_eq!(clean("a\nb\tc\rd", false), "a\\nb\\tc\\rd");
        assert_eq!(
            clean("\u{9b}31m", false),
            "\\u{9b}31m",
            "the one-character form of CSI"
        );
    }

    #[test]
    fn nothing_can_turn_the_direction_of_writing() {
        assert_eq!(clean("a\u{202e}b", false), "a\\u{202e}b");
    }

    #[test]
    fn letters_of_any_script_stay() {
        assert_eq!(clean("zürich-東京-e\u{301}", false), "zürich-東京-e\u{301}");
        assert_eq!(clean("zürich", true), "z\\u{fc}rich");
    }

    #[test]
    fn a_pile_of_marks_is_cut() {
        assert_eq!(clean("e\u{301}\u{301}\u{301}", false), "e\u{301}\u{301}\\u{301}");
    }
}
