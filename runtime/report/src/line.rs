//! One line of output: pieces of cleaned text, each with its ink.

use crate::clean::{char_width, clean, width};
use crate::style::{Ink, Style};

/// One line. What is pushed is made harmless first, so a line can't hold anything that drives a terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    ascii: bool,
    pieces: Vec<(Ink, String)>,
}

// === impl Line ===

impl Line {
    pub(crate) fn new(ascii: bool) -> Self {
        Self {
            ascii,
            pieces: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, ink: Ink, text: &str) {
        if !text.is_empty() {
            self.pieces.push((ink, clean(text, self.ascii)));
        }
    }

    pub(crate) fn with(mut self, ink: Ink, text: &str) -> Self {
        self.push(ink, text);
        self
    }

    pub(crate) fn plain(self, text: &str) -> Self {
        self.with(Ink::Plain, text)
    }

    pub(crate) fn spaces(mut self, count: usize) -> Self {
        self.push(Ink::Plain, &" ".repeat(count));
        self
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    pub(crate) fn then(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// With spaces behind it up to that many columns.
    pub(crate) fn pad(self, columns: usize) -> Self {
        let missing = columns.saturating_sub(self.width());
        self.spaces(missing)
    }

    /// With spaces before it up to that many columns.
    pub(crate) fn pad_left(self, columns: usize) -> Self {
        let missing = columns.saturating_sub(self.width());
        Self::new(self.ascii).spaces(missing).then(self)
    }

    /// Cut to that many columns, the cut being shown.
    pub(crate) fn clip(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let ellipsis = match (self.ascii, columns) {
            (false, _) => "…",
            (true, 6..) => "...",
            (true, _) => "~",
        };
        let room = columns.saturating_sub(width(ellipsis));
        let mut clipped = Self::new(self.ascii);
        let (mut used, mut last) = (0, Ink::Plain);
        'cut: for (ink, text) in self.pieces {
            let mut kept = String::new();
            last = ink;
            for c in text.chars() {
                if used + char_width(c) > room {
                    clipped.pieces.push((ink, kept));
                    break 'cut;
                }
                used += char_width(c);
                kept.push(c);
            }
            clipped.pieces.push((ink, kept));
        }
        if columns > 0 {
            clipped.pieces.push((last, ellipsis.to_owned()));
        }
        clipped
    }

    /// Broken at spaces into lines of at most that many columns; a longer word is broken anywhere.
    pub(crate) fn wrap(&self, columns: usize) -> Vec<Self> {
        if self.width() <= columns {
            return vec![self.clone()];
        }
        let columns = columns.max(2);
        let letters: Vec<(Ink, char)> = self
            .pieces
            .iter()
            .flat_map(|(ink, text)| text.chars().map(|c| (*ink, c)))
            .collect();
        let mut lines = Vec::new();
        let (mut line, mut used): (Vec<(Ink, char)>, usize) = (Vec::new(), 0);
        for part in letters.chunk_by(|(_, a), (_, b)| (*a == ' ') == (*b == ' ')) {
            let is_gap = part.first().is_some_and(|(_, c)| *c == ' ');
            let long: usize = part.iter().map(|(_, c)| char_width(*c)).sum();
            if is_gap {
                // A gap at a break vanishes; the indent of the first line stays.
                if used + long < columns && (!line.is_empty() || lines.is_empty()) {
                    line.extend_from_slice(part);
                    used += long;
                } else if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                continue;
            }
            if used + long > columns && !line.is_empty() && long <= columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for (ink, c) in part {
                if used + char_width(*c) > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push((*ink, *c));
                used += char_width(*c);
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines.into_iter().map(|letters| self.of(&letters)).collect()
    }

    fn of(&self, letters: &[(Ink, char)]) -> Self {
        let pieces = letters
            .chunk_by(|(a, _), (b, _)| a == b)
            .filter_map(|piece| Some((piece.first()?.0, piece.iter().map(|(_, c)| *c).collect())))
            .collect();
        Self {
            ascii: self.ascii,
            pieces,
        }
    }

    /// As text for the caller: cut to the style's columns, without spaces at its end.
    pub(crate) fn render(self, style: &Style) -> String {
        let mut line = self.clip(style.columns());
        while let Some((_, last)) = line.pieces.last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
            if !last.is_empty() {
                break;
            }
            line.pieces.pop();
        }
        let mut text = String::new();
        for run in line.pieces.chunk_by(|(a, _), (b, _)| a == b) {
            let ink = run.first().map_or(Ink::Plain, |(ink, _)| *ink);
            let piece: String = run.iter().map(|(_, piece)| piece.as_str()).collect();
            if style.color && ink != Ink::Plain && !piece.is_empty() {
                text.push_str("\x1b[");
                text.push_str(ink.code());
                text.push('m');
                text.push_str(&piece);
                text.push_str("\x1b[0m");
            } else {
                text.push_str(&piece);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: Vec<Line>) -> Vec<String> {
        lines
            .into_iter()
            .map(|line| line.render(&Style::plain(80)))
            .collect()
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        let line = Line::new(false).plain("one two three");
        assert_eq!(plain(line.wrap(8)), ["one two", "three"]);
        assert_eq!(
            plain(Line::new(false).plain("abcdefghij").wrap(4)),
            ["abcd", "efgh", "ij"]
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(
            plain(Line::new(false).plain("東京都庁").wrap(5)),
            ["東京", "都庁"]
        );
        assert_eq!(Line::new(false).plain("東京都庁").clip(6).width(), 5);
    }

    #[test]
    fn a_cut_is_shown() {
        assert_eq!(
            Line::new(false).plain("abcdef").clip(4).render(&Style::plain(80)),
            "abc…"
        );
        assert_eq!(
            Line::new(true)
                .plain("abcdefgh")
                .clip(7)
                .render(&Style::plain(80)),
            "abcd..."
        );
    }
}
