//! How reports look: what the caller may choose, and the signs that follow from it.

use crate::line::Line;

/// How a report looks. The caller knows the terminal; this crate never asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour by ANSI sequences (SGR, the sixteen colours).
    pub color: bool,
    /// Whether characters beyond ASCII can be shown. Where not, the output is pure ASCII.
    pub unicode: bool,
    /// How many columns there are; no line gets wider. 0 means not known: 80 are taken. Below 40 lines are cut.
    pub width: u16,
}

/// What a piece of text is, and so which colour it gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As it comes.
    #[default]
    Plain,
    /// A name or a heading.
    Bold,
    /// Beside the point.
    Dim,
    /// Good.
    Good,
    /// Bad.
    Bad,
    /// Neither, or needs a look.
    Warn,
    /// Something of the user's to find again, or an invitation to act.
    Note,
    /// A good verdict.
    GoodBold,
    /// A bad verdict.
    BadBold,
    /// An open verdict.
    WarnBold,
}

/// The signs of a style. Each takes one column but for `ellipsis`, `arrow` and `dot`.
#[derive(Debug)]
pub(crate) struct Glyphs {
    pub(crate) good: &'static str,
    pub(crate) bad: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) skipped: &'static str,
    pub(crate) aborted: &'static str,
    pub(crate) ellipsis: &'static str,
    pub(crate) arrow: &'static str,
    pub(crate) dot: &'static str,
    pub(crate) none: &'static str,
    pub(crate) heal: &'static str,
    pub(crate) bullet: &'static str,
    pub(crate) band_from: &'static str,
    pub(crate) band: &'static str,
    pub(crate) band_to: &'static str,
    pub(crate) band_open: &'static str,
    pub(crate) band_point: &'static str,
    pub(crate) holds: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) axis: &'static str,
    pub(crate) axis_from: &'static str,
    pub(crate) axis_tick: &'static str,
    pub(crate) axis_to: &'static str,
    /// From the least to the greatest.
    pub(crate) ramp: [&'static str; 8],
    pub(crate) spinner: [&'static str; 4],
}

const UNICODE: Glyphs = Glyphs {
    good: "✓",
    bad: "✗",
    unknown: "?",
    skipped: "–",
    aborted: "■",
    ellipsis: "…",
    arrow: "→",
    dot: " · ",
    none: "·",
    heal: "▲",
    bullet: "●",
    band_from: "┣",
    band: "━",
    band_to: "┫",
    band_open: "▶",
    band_point: "◆",
    holds: "─",
    lost: "╳",
    axis: "─",
    axis_from: "├",
    axis_tick: "┼",
    axis_to: "┤",
    ramp: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    spinner: ["◐", "◓", "◑", "◒"],
};

const ASCII: Glyphs = Glyphs {
    good: "+",
    bad: "x",
    unknown: "?",
    skipped: "-",
    aborted: "!",
    ellipsis: "...",
    arrow: "->",
    dot: ", ",
    none: ".",
    heal: "^",
    bullet: "*",
    band_from: "[",
    band: "=",
    band_to: "]",
    band_open: ">",
    band_point: "*",
    holds: "-",
    lost: "x",
    axis: "-",
    axis_from: "|",
    axis_tick: "+",
    axis_to: "|",
    ramp: ["_", ".", ":", "-", "=", "+", "*", "#"],
    spinner: ["|", "/", "-", "\\"],
};

// === impl Style ===

impl Style {
    /// Without colour and for as many columns: for files, and for pipes.
    #[must_use]
    pub const fn plain(width: u16) -> Self {
        Self {
            color: false,
            unicode: true,
            width,
        }
    }

    /// The columns there are.
    pub(crate) fn columns(&self) -> usize {
        if self.width == 0 {
            80
        } else {
            usize::from(self.width)
        }
    }

    /// The columns to lay out for: lines of less than 40 are cut rather than laid out.
    pub(crate) fn layout(&self) -> usize {
        self.columns().max(40)
    }

    pub(crate) fn line(&self) -> Line {
        Line::new(!self.unicode)
    }

    pub(crate) fn glyphs(&self) -> &'static Glyphs {
        if self.unicode { &UNICODE } else { &ASCII }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::plain(100)
    }
}

// === impl Ink ===

impl Ink {
    /// The parameters of the SGR sequence.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warn => "33",
            Self::Note => "36",
            Self::GoodBold => "1;32",
            Self::BadBold => "1;31",
            Self::WarnBold => "1;33",
        }
    }
}
