//! Which comments stand where.

use super::Printer;
use crate::source::Span;
use crate::tree::Comment;

/// A comment as it is printed: a doc comment that documents nothing would document something at another place.
pub(super) fn comment_text(comment: &Comment) -> String {
    match comment.text.strip_prefix("///") {
        Some(text) if !text.starts_with('/') => format!("//{text}"),
        _ => comment.text.clone(),
    }
}

impl<'a> Printer<'a> {
    /// Whether a comment stands within a span.
    pub(super) fn has_comments(&self, span: Span) -> bool {
        let first = self
            .comments
            .partition_point(|comment| comment.span.start < span.start);
        self.comments
            .get(first)
            .is_some_and(|comment| comment.span.start < span.end)
    }

    /// The next comment that has not been printed, if it stands before a byte.
    pub(super) fn next_before(&mut self, end: usize) -> Option<&'a Comment> {
        let comment = self
            .comments
            .get(self.next)
            .filter(|comment| (comment.span.start as usize) < end)?;
        self.next += 1;
        Some(comment)
    }

    /// The comment that stands behind something on its line and before what comes next.
    pub(super) fn trailing(&mut self, behind: usize, before: usize) -> Option<&'a Comment> {
        let comment = self.comments.get(self.next)?;
        let start = comment.span.start as usize;
        let belongs =
            comment.trailing && start >= behind && start < before && !self.has_newline(behind, start);
        if belongs {
            self.next += 1;
        }
        belongs.then_some(comment)
    }

    /// Whether a line ends between two bytes.
    pub(super) fn has_newline(&self, start: usize, end: usize) -> bool {
        self.source
            .text()
            .get(start..end)
            .is_some_and(|text| text.contains('\n'))
    }

    /// Whether a blank line follows a byte, before anything but commas and closing parentheses.
    pub(super) fn has_blank_line(&self, behind: usize) -> bool {
        let rest = self.source.text().get(behind..).unwrap_or("").bytes();
        let gap = rest.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b')'));
        gap.filter(|&byte| byte == b'\n').count() > 1
    }
}
