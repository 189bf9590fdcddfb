//! Lines one below the other.

use crate::line::Line;
use crate::style::{Ink, Style};

/// The most lines that one message takes: output of programs may be long.
const MAX_MESSAGE: usize = 30;

/// Lines one below the other.
#[derive(Debug)]
pub(crate) struct Page {
    style: Style,
    lines: Vec<Line>,
}

// === impl Page ===

impl Page {
    pub(crate) fn new(style: &Style) -> Self {
        Self {
            style: *style,
            lines: Vec::new(),
        }
    }

    pub(crate) fn style(&self) -> &Style {
        &self.style
    }

    pub(crate) fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(crate) fn lines(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.lines.extend(lines);
    }

    /// An empty line, where the page has begun.
    pub(crate) fn blank(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(self.style.line());
        }
    }

    /// The heading of a section, with an empty line before it.
    pub(crate) fn heading(&mut self, heading: &str) {
        self.blank();
        let line = self.style.line().with(Ink::Bold, heading);
        self.lines.push(line);
    }

    /// A line that is wrapped where it is too long; what follows stands below its body, not its lead.
    pub(crate) fn hang(&mut self, lead: Line, body: &Line) {
        let indent = lead.width();
        let room = self.style.layout().saturating_sub(indent).max(10);
        for (number, part) in body.wrap(room).into_iter().enumerate() {
            let start = if number == 0 {
                lead.clone()
            } else {
                self.style.line().spaces(indent)
            };
            self.lines.push(start.then(part));
        }
    }

    /// A message, which may have several lines of its own.
    pub(crate) fn message(&mut self, lead: Line, ink: Ink, message: &str) {
        let indent = lead.width();
        let mut lead = Some(lead);
        let mut more = 0;
        for (number, part) in message
            .lines()
            .map(str::trim_end)
            .filter(|part| !part.is_empty())
            .enumerate()
        {
            if number >= MAX_MESSAGE {
                more += 1;
                continue;
            }
            let lead = lead.take().unwrap_or_else(|| self.style.line().spaces(indent));
            let body = self.style.line().with(ink, part);
            self.hang(lead, &body);
        }
        if more > 0 {
            let text = format!("{} {more} more lines", self.style.glyphs().ellipsis);
            self.lines
                .push(self.style.line().spaces(indent).with(Ink::Dim, &text));
        }
    }

    /// As text, each line ended.
    pub(crate) fn render(self) -> String {
        let style = self.style;
        self.lines
            .into_iter()
            .map(|line| line.render(&style) + "\n")
            .collect()
    }

    /// As lines without their ends.
    pub(crate) fn into_lines(self) -> Vec<String> {
        let style = self.style;
        self.lines.into_iter().map(|line| line.render(&style)).collect()
    }
}
