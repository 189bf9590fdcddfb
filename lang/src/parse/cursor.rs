//! Where the parser stands in the text, what is open there, and what it has found wrong so far.

use super::lexical::{self, Lex};
use super::{MAX_DIAGNOSTICS, unseen};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, Span};
use crate::tree::{Comment, Expr, ExprKind, File, Ident};

/// The state of one reading of a file.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    id: FileId,
    text: &'a str,
    /// What is left; always a suffix of `text`, so that the offset is a difference of lengths.
    pub(super) rest: &'a str,
    /// The columns of white space before the first word of this line.
    pub(super) indent: u32,
    /// Where the first word of this line begins.
    pub(super) first_at: usize,
    /// What is open here, the innermost last.
    pub(super) open: Vec<Open>,
    /// Whether new lines mean nothing here, as between `(` and `)` of a condition.
    pub(super) group: bool,
    /// How many blocks, brackets and negations are around this place.
    pub(super) depth: usize,
    /// Whether indentation decides where things end.
    pub(super) guided: bool,
    /// Whether brackets were found not to fit together.
    pub(super) unbalanced: bool,
    /// Whether something of the block at hand could not be read, so that it may lack something.
    pub(super) damaged: bool,
    /// Where the last word ended.
    pub(super) last_end: usize,
    /// Where brackets were last reported as not closed.
    pub(super) unclosed_at: Option<usize>,
    /// Whether too deep a nesting has been reported.
    pub(super) too_deep: bool,
    /// Set once there is no `*/` in what is left.
    pub(super) no_comment_end: bool,
    docs: Vec<Comment>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

/// Something that must be closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// `(`, `[` or `{`.
    pub(super) bracket: u8,
    /// Where it stands.
    pub(super) at: usize,
    /// The indentation of its line.
    pub(super) indent: u32,
    /// Where its line begins.
    pub(super) first_at: usize,
    /// Whether it is a block's.
    pub(super) block: bool,
}

/// Why a parser has no value; the reason has been reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GiveUp {
    /// The word at hand can't be read; whoever knows where the next value begins skips up to it.
    Here,
    /// Everything that was opened at this level or above is lost, and the place is right for who is below.
    Lost(usize),
}

/// A value, or the reason has been reported.
pub(super) type Res<T> = Result<T, GiveUp>;

/// The result of a reading.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) file: File,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How many there were, also beyond those that are kept.
    pub(super) errors: usize,
    pub(super) unbalanced: bool,
}

// === impl Open ===

impl Open {
    /// What closes it.
    pub(super) fn closer(self) -> u8 {
        match self.bracket {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        }
    }
}

// === impl Parser ===

impl<'a> Parser<'a> {
    pub(super) fn new(file: &'a SourceFile, guided: bool) -> Self {
        let text = file.text();
        let mut parser = Self {
            id: file.id(),
            text,
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
            indent: 0,
            first_at: 0,
            open: Vec::new(),
            group: false,
            depth: 0,
            guided,
            unbalanced: false,
            damaged: false,
            last_end: 0,
            unclosed_at: None,
            too_deep: false,
            no_comment_end: false,
            docs: Vec::new(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            errors: 0,
        };
        parser.begin_line();
        parser
    }

    /// Reads all of it.
    pub(super) fn file(mut self) -> Read {
        let items = self.items(None);
        self.drop_docs();
        self.comments.sort_by_key(|comment| comment.span);
        Read {
            file: File {
                items,
                comments: self.comments,
            },
            diagnostics: self.diagnostics,
            errors: self.errors,
            unbalanced: self.unbalanced,
        }
    }

    // --- places

    pub(super) fn offset(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Where the text ends.
    pub(super) fn text_len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let at = |byte| u32::try_from(byte).unwrap_or(u32::MAX);
        Span::new(self.id, at(start), at(end))
    }

    /// From a place to here.
    pub(super) fn since(&self, start: usize) -> Span {
        self.span(start, self.offset())
    }

    /// The text from a place to here.
    pub(super) fn text_since(&self, start: usize) -> &'a str {
        self.text.get(start..self.offset()).unwrap_or("")
    }

    /// The text between two places.
    pub(super) fn text_between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The character at hand, or nothing at the end.
    pub(super) fn here(&self) -> Span {
        let start = self.offset();
        self.span(start, start + self.rest.chars().next().map_or(0, char::len_utf8))
    }

    pub(super) fn is_first_on_line(&self) -> bool {
        self.offset() == self.first_at
    }

    // --- words

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    pub(super) fn peek_second(&self) -> Option<u8> {
        self.rest.as_bytes().get(1).copied()
    }

    pub(super) fn at(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Whether a word of the language stands here, and nothing longer.
    pub(super) fn at_word(&self, text: &str) -> bool {
        self.rest
            .strip_prefix(text)
            .is_some_and(|rest| !rest.bytes().next().is_some_and(lexical::is_name_byte))
    }

    /// Whether the line ends here.
    pub(super) fn at_line_end(&self) -> bool {
        match self.peek() {
            None | Some(b'\n') => true,
            Some(b'\r') => self.peek_second() == Some(b'\n'),
            _ => false,
        }
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        if let Some((_, rest)) = self.rest.split_at_checked(bytes) {
            self.rest = rest;
        }
    }

    /// Skips one character, so that every loop gets on.
    pub(super) fn advance_char(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn eat_word(&mut self, text: &str) -> bool {
        let found = self.at_word(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    /// Takes a word if it stands here.
    pub(super) fn take<O>(&mut self, lexer: impl Fn(&'a str) -> Lex<'a, O>) -> Option<O> {
        let (rest, word) = lexer(self.rest).ok()?;
        self.rest = rest;
        Some(word)
    }

    pub(super) fn looks_like(&self, lexer: impl Fn(&'a str) -> Lex<'a, &'a str>) -> bool {
        lexer(self.rest).is_ok()
    }

    pub(super) fn ident(&self, text: &str, start: usize) -> Ident {
        Ident {
            text: text.to_owned(),
            span: self.since(start),
            quoted: false,
        }
    }

    /// A value that could not be read.
    pub(super) fn error_value(&self, start: usize) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span: self.since(start),
        }
    }

    // --- space

    /// Skips what means nothing up to the end of the line.
    pub(super) fn space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => {
                    self.take(lexical::blanks);
                }
                Some(b'/') if self.at("//") => self.comment(),
                Some(b'/') if self.at("/*") => unseen::block_comment(self),
                Some(b'#') => unseen::hash_comment(self),
                Some(b'\n' | b'!'..=b'~') | None => return,
                Some(_) => {
                    if self.at_line_end() || !unseen::skip_invisible(self) {
                        return;
                    }
                }
            }
        }
    }

    /// Takes the end of a line, if it stands here.
    pub(super) fn newline(&mut self) -> bool {
        let found = self.take(lexical::newline).is_some();
        if found {
            self.begin_line();
        }
        found
    }

    fn begin_line(&mut self) {
        let blanks = self.take(lexical::blanks).unwrap_or("");
        let columns = blanks
            .bytes()
            .fold(0_usize, |sum, byte| sum + if byte == b'\t' { 4 } else { 1 });
        self.indent = u32::try_from(columns).unwrap_or(u32::MAX);
        self.first_at = self.offset();
    }

    /// Skips what means nothing, also over lines.
    pub(super) fn lines(&mut self) {
        loop {
            self.space();
            if !self.newline() {
                return;
            }
        }
    }

    /// Skips what means nothing between the words of a condition.
    pub(super) fn gap(&mut self) {
        if self.group { self.lines() } else { self.space() }
    }

    // --- comments

    fn comment(&mut self) {
        let start = self.offset();
        let line = self.take(lexical::line).unwrap_or("").trim_end();
        let trailing = start != self.first_at;
        let doc = line.starts_with("///") && !line.starts_with("////") && !trailing;
        self.remember_comment(line, start, trailing, doc);
    }

    pub(super) fn remember_comment(&mut self, text: &str, start: usize, trailing: bool, doc: bool) {
        let comment = Comment {
            text: text.to_owned(),
            span: self.span(start, start + text.len()),
            trailing,
        };
        if doc {
            self.docs.push(comment)
        } else {
            self.comments.push(comment)
        }
    }

    /// The lines of the doc comment that has just been read.
    pub(super) fn take_docs(&mut self) -> Vec<String> {
        if self.docs.is_empty() {
            return Vec::new();
        }
        let strip = |comment: Comment| {
            let line = comment.text.strip_prefix("///").unwrap_or(&comment.text);
            line.strip_prefix(' ').unwrap_or(line).to_owned()
        };
        std::mem::take(&mut self.docs).into_iter().map(strip).collect()
    }

    /// A doc comment that documents nothing is a comment.
    pub(super) fn drop_docs(&mut self) {
        if !self.docs.is_empty() {
            self.comments.append(&mut self.docs);
        }
    }

    // --- reports

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.errors += 1;
        if self.diagnostics.len() <= MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// What stands here, for a message.
    pub(super) fn found(&self) -> String {
        if self.rest.is_empty() {
            return "the end of the file".to_owned();
        }
        if self.at_line_end() {
            return "the end of the line".to_owned();
        }
        let word = lexical::word(self.rest)
            .or_else(|_| lexical::number(self.rest))
            .map(|(_, word)| word);
        match word {
            Ok(word) if word.len() <= 40 => format!("`{word}`"),
            Ok(word) => format!("`{}…`", word.chars().take(40).collect::<String>()),
            Err(_) => self
                .rest
                .chars()
                .next()
                .map_or_else(String::new, |c| format!("`{c}`")),
        }
    }

    /// Where the word at hand stands.
    pub(super) fn found_span(&self) -> Span {
        let word = lexical::word(self.rest)
            .or_else(|_| lexical::number(self.rest))
            .map(|(_, word)| word.len());
        match word {
            Ok(len) => self.span(self.offset(), self.offset() + len),
            Err(_) if self.at_line_end() => self.span(self.offset(), self.offset()),
            Err(_) => self.here(),
        }
    }
}
