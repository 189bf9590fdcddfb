//! Getting on after an error: where reading can go on, and what is lost up to there.

use super::cursor::{GiveUp, Parser, Res};
use super::lexical;
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic};

/// How far ahead a missing quote is looked for.
const LONGEST_GUESS: usize = 500;

/// Where skipping came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// At a comma or the end of a line.
    Separator,
    /// At a bracket that closes something around.
    Closer,
    /// Behind the bracket that was looked for.
    Closed,
    /// At something that can't stand within the brackets that were skipped.
    Lost,
}

impl Parser<'_> {
    /// Skips up to where the next value, field or block may begin: a comma, a new line or a closing bracket
    /// outside the brackets that are skipped. With `stack`, up to behind the closing bracket of its first.
    pub(super) fn sync(&mut self, stack: Vec<u8>) -> Stopped {
        self.skip(stack, true)
    }

    fn skip(&mut self, mut stack: Vec<u8>, careful: bool) -> Stopped {
        let to_closer = !stack.is_empty();
        let indent = self.indent;
        let mut braces = stack.iter().filter(|&&open| open == b'{').count();
        loop {
            self.space();
            match self.peek() {
                None => {
                    if !stack.is_empty() {
                        self.lost();
                        return Stopped::Lost;
                    }
                    return Stopped::Separator;
                }
                Some(b',' | b';') if stack.is_empty() => return Stopped::Separator,
                Some(b'"') => self.skip_text(),
                Some(byte @ (b'(' | b'[' | b'{')) => {
                    braces += usize::from(byte == b'{');
                    stack.push(byte);
                    self.advance(1);
                }
                Some(byte @ (b')' | b']' | b'}')) => {
                    if stack.is_empty() {
                        return Stopped::Closer;
                    }
                    let opener = match byte {
                        b')' => b'(',
                        b']' => b'[',
                        _ => b'{',
                    };
                    if byte == b'}' && braces == 0 {
                        self.lost();
                        return Stopped::Lost;
                    }
                    if stack.last() == Some(&opener) {
                        stack.pop();
                        braces -= usize::from(byte == b'}');
                    } else if byte == b'}' {
                        while let Some(open) = stack.pop() {
                            if open == b'{' {
                                break;
                            }
                        }
                        braces -= 1;
                    }
                    self.advance(1);
                    if to_closer && stack.is_empty() {
                        return Stopped::Closed;
                    }
                }
                Some(_) if self.at_line_end() => {
                    if stack.is_empty() {
                        return Stopped::Separator;
                    }
                    self.lines();
                    if careful && self.is_first_on_line() && self.ends_brackets(indent) {
                        self.lost();
                        return Stopped::Lost;
                    }
                }
                Some(_) => {
                    if self.take(lexical::word).is_none() {
                        self.advance_char();
                    }
                }
            }
        }
    }

    /// Whether the line at hand can't belong to brackets that were opened at this indentation.
    fn ends_brackets(&self, indent: u32) -> bool {
        self.looks_like(lexical::declaration)
            || (self.indent <= indent && self.looks_like(lexical::assignment))
    }

    /// What follows from brackets that were skipped is not reported.
    fn lost(&mut self) {
        self.unbalanced = true;
        self.damaged = true;
        self.unclosed_at = Some(self.offset());
    }

    fn skip_text(&mut self) {
        if self.at("\"\"\"") {
            self.advance(3);
            match self.rest.find("\"\"\"") {
                Some(len) => self.advance(len + 3),
                None => {
                    self.take(lexical::line);
                }
            }
        } else if self.take(lexical::quoted).is_none() {
            self.take(lexical::line);
        }
    }

    /// Reports that the bracket at hand is nested too deeply, once for a file, and skips what is in it.
    pub(super) fn nested_too_deeply(&mut self) -> GiveUp {
        self.damaged = true;
        if !self.too_deep {
            self.too_deep = true;
            let here = self.here();
            self.report(
                Diagnostic::error(codes::TOO_DEEP, "nested too deeply", here, "the 65th level")
                    .note("blocks, brackets and negations may be nested 64 deep"),
            );
        }
        match self.peek() {
            Some(byte @ (b'(' | b'[' | b'{')) => {
                self.advance(1);
                self.skip(vec![byte], false);
            }
            _ => {
                self.sync(Vec::new());
            }
        }
        GiveUp::Here
    }

    /// A closing bracket where a field or block should begin or has ended.
    pub(super) fn stray_closer(&mut self) {
        let here = self.here();
        let found = self.found();
        self.unbalanced = true;
        self.report(
            Diagnostic::error(
                codes::STRAY_CLOSER,
                format!("{found} closes nothing"),
                here,
                "no bracket is open here",
            )
            .fix("remove it", Applicability::Maybe, here, ""),
        );
        self.advance(1);
        self.last_end = self.offset();
    }

    /// A closing bracket at hand that is not the one of the innermost bracket. `true` never comes back: the
    /// bracket's value is not to be relied on.
    pub(super) fn wrong_closer(&mut self, level: usize) -> Res<bool> {
        let byte = self.peek().unwrap_or_default();
        let mut fits = None;
        for (at, open) in self.open.iter().enumerate().take(level).rev() {
            if open.closer() == byte {
                fits = Some(at);
                break;
            }
            if open.block {
                break;
            }
        }
        self.unbalanced = true;
        if let Some(at) = fits {
            self.report_unclosed(at + 1);
            return if at + 1 == level {
                Ok(false)
            } else {
                Err(GiveUp::Lost(at + 1))
            };
        }
        let found = self.found();
        let here = self.here();
        if let Some(open) = self.open.get(level).copied() {
            let closer = char::from(open.closer());
            self.report(
                Diagnostic::error(
                    codes::STRAY_CLOSER,
                    format!("{found} does not close `{}`", char::from(open.bracket)),
                    here,
                    format!("expected `{closer}`"),
                )
                .label(self.span(open.at, open.at + 1), "opened here")
                .fix(
                    format!("write `{closer}`"),
                    Applicability::Maybe,
                    here,
                    closer.to_string(),
                ),
            );
            self.advance(1);
            self.take(lexical::blanks);
            if self.peek() == Some(open.closer()) {
                self.advance(1);
            }
        }
        self.last_end = self.offset();
        Ok(false)
    }

    /// Whether the word at hand shows that brackets are not closed: a declaration, a field in a list, or, where
    /// indentation decides, anything that stands no deeper than the line of the bracket. The level that is lost.
    pub(super) fn brackets_end(&self, level: usize, fields: bool) -> Option<usize> {
        if !self.is_first_on_line() {
            return None;
        }
        let open = self.open.get(level)?;
        let block = self
            .open
            .iter()
            .rposition(|open| open.block)
            .map_or(0, |at| at + 1);
        let dedented = self.guided && open.first_at != self.first_at && self.indent <= open.indent;
        let closes = self.peek() == Some(open.closer());
        if closes {
            let early = dedented && open.bracket == b'{' && self.indent < open.indent;
            return early.then(|| self.indented_from(block, level));
        }
        if self.looks_like(lexical::declaration) {
            return Some(block);
        }
        let field_in_list = !fields && self.looks_like(lexical::assignment);
        (dedented || field_in_list).then(|| self.indented_from(block, level))
    }

    /// The lowest level of brackets that stand as deep as this line, or the innermost.
    fn indented_from(&self, block: usize, level: usize) -> usize {
        let deep = self
            .open
            .iter()
            .skip(block)
            .take(level.saturating_sub(block))
            .rev();
        level
            - deep
                .take_while(|open| open.indent >= self.indent && open.first_at != self.first_at)
                .count()
    }

    /// Behind the opening quote of a text that has no other on its line: finds the brackets at the end of the line
    /// that were not meant to be text.
    pub(super) fn after_unclosed_text(&mut self) -> Res<()> {
        let line = lexical::line(self.rest).map_or("", |(_, line)| line).trim_end();
        let continued = line.ends_with(',');
        let mut tail = line.trim_end_matches([',', ';', ' ', '\t']);
        let first = self
            .open
            .iter()
            .rposition(|open| open.first_at != self.first_at)
            .map_or(0, |at| at + 1);
        let mut closed = first;
        while let (Some(last), Some(open)) = (tail.bytes().last(), self.open.get(closed)) {
            if last != open.closer() {
                break;
            }
            tail = tail
                .strip_suffix([')', ']', '}'])
                .unwrap_or("")
                .trim_end_matches([' ', '\t']);
            closed += 1;
        }
        let block = self
            .open
            .iter()
            .rposition(|open| open.block)
            .map_or(0, |at| at + 1);
        self.advance(tail.len());
        let lost = closed.max(block);
        if lost >= self.open.len() || (closed == first && continued) {
            Ok(())
        } else {
            Err(GiveUp::Lost(lost))
        }
    }

    /// Behind a text, with an odd number of quotes left on the line: one of them is missing.
    pub(super) fn missing_quote(&mut self) -> Res<()> {
        if !self
            .text_between(self.last_end.saturating_sub(1), self.last_end)
            .starts_with('"')
        {
            return Ok(());
        }
        let line = self
            .rest
            .bytes()
            .take(LONGEST_GUESS)
            .take_while(|&byte| byte != b'\n');
        if line.filter(|&byte| byte == b'"').count() % 2 == 0 {
            return Ok(());
        }
        let at = self.span(self.last_end - 1, self.last_end);
        self.report(
            Diagnostic::error(codes::UNCLOSED_TEXT, "text is not closed", at, "this quote ends a text")
                .label(self.found_span(), "so this is no text")
                .help("the line has an odd number of quotes; one is missing before this place, or `\\` before a quote"),
        );
        match self.after_unclosed_text() {
            Ok(()) => Err(GiveUp::Here),
            lost => lost,
        }
    }
}
