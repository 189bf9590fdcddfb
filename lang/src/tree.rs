//! The tree: what a spec says, before anybody knows what its names mean.
//!
//! Both syntaxes make this tree. A place that could not be read is an [`ExprKind::Error`]; the checker takes it
//! for whatever is wanted, so that one mistake is reported once.

use crate::source::Span;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Its fields and blocks in the order written.
    pub items: Vec<Item>,
    /// Comments that stand alone or behind something, in the order written.
    pub comments: Vec<Comment>,
}

/// A field or a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `name = value`
    Field(Field),
    /// `kind name { … }`
    Block(Block),
}

/// `kind name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What is declared: `workflow`, `step`, …
    pub kind: Ident,
    /// Its name; empty text where it is missing (which has been reported).
    pub name: Ident,
    /// What is in it.
    pub items: Vec<Item>,
    /// The lines of its `///` comment, without the slashes and one space.
    pub doc: Vec<String>,
    /// All of it, doc comment left out.
    pub span: Span,
    /// From `{` to `}`.
    pub body: Span,
    /// Whether its braces closed and nothing in it had to be skipped; a block of which something is missing is not
    /// checked for what it lacks.
    pub complete: bool,
}

/// `name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name; quoted where it is not a word.
    pub name: Ident,
    /// Its value.
    pub value: Expr,
    /// The lines of its `///` comment.
    pub doc: Vec<String>,
    /// All of it.
    pub span: Span,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name itself, without quotes.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
}

/// A comment other than a doc comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its slashes, without the end of the line.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether something stands before it on its line.
    pub trailing: bool,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, parentheses left out.
    pub span: Span,
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number and its unit: `200ms`, `99%`, `3`.
    Quantity(Quantity),
    /// `"…"` or `"""…"""`.
    Text(Text),
    /// `true` or `false`.
    Bool(bool),
    /// `a..b`, both ends included.
    Range(Box<Expr>, Box<Expr>),
    /// `150% of baseline`: the expression is the quantity.
    OfBaseline(Box<Expr>),
    /// A name, a path or a call: `cache`, `checkout.latency.p95`, `kill(cache, signal = SIGKILL)`.
    Ref(Ref),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ k = v }`
    Record(Vec<Field>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b and c`; at least two.
    And(Vec<Expr>),
    /// `a or b or c`; at least two.
    Or(Vec<Expr>),
    /// `a < b`
    Compare {
        /// How they are compared.
        op: CompareOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// Could not be read; has been reported.
    Error,
}

/// A number and its unit as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The digits, with a sign and a decimal point where written: `-1.5`.
    pub number: String,
    /// What stands behind it without a space: `ms`, `%`, `/s`, `MB/s`; empty for a bare number.
    pub unit: String,
    /// Where the unit stands; empty behind the number where there is none.
    pub unit_span: Span,
}

/// A text with the names it takes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its parts in order; neighbouring literals are joined; the empty text has no part.
    pub parts: Vec<TextPart>,
    /// Whether it was written with three quotes.
    pub raw: bool,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// Text as it is, escapes resolved.
    Literal(String),
    /// `${name}` or `${port.http}`.
    Name {
        /// What stands between the braces, split at its dots.
        path: Vec<String>,
        /// From `$` to `}`.
        span: Span,
    },
}

/// A name, a path or a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Ref {
    /// The names between the dots; at least one.
    pub path: Vec<Ident>,
    /// The arguments, where there are parentheses.
    pub args: Option<Args>,
}

/// The arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Args {
    /// The first one, written without its name.
    pub first: Option<Box<Expr>>,
    /// The others, with theirs; a name is empty where it is missing (which has been reported).
    pub named: Vec<Field>,
    /// From `(` to `)`.
    pub span: Span,
}

/// The comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `like`: a glob.
    Like,
    /// `matches`: a regular expression.
    Matches,
}

// === impl CompareOp ===

impl CompareOp {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::Like => "like",
            Self::Matches => "matches",
        }
    }
}

// === impl Text ===

impl Text {
    /// The whole text where it takes in no name.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

// === impl Ref ===

impl Ref {
    /// The path as it is written.
    #[must_use]
    pub fn dotted(&self) -> String {
        self.path
            .iter()
            .map(|part| part.text.as_str())
            .collect::<Vec<_>>()
            .join(".")
    }

    /// The only name, where there is one name and no call.
    #[must_use]
    pub fn bare(&self) -> Option<&Ident> {
        match (self.path.as_slice(), &self.args) {
            ([name], None) => Some(name),
            _ => None,
        }
    }
}

// === impl File ===

impl File {
    /// The blocks of the top level.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        blocks(&self.items)
    }

    /// The fields of the top level.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        fields(&self.items)
    }
}

// === impl Block ===

impl Block {
    /// The blocks in it.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        blocks(&self.items)
    }

    /// The fields in it.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        fields(&self.items)
    }
}

fn blocks(items: &[Item]) -> impl Iterator<Item = &Block> {
    items.iter().filter_map(|item| match item {
        Item::Block(block) => Some(block),
        Item::Field(_) => None,
    })
}

fn fields(items: &[Item]) -> impl Iterator<Item = &Field> {
    items.iter().filter_map(|item| match item {
        Item::Field(field) => Some(field),
        Item::Block(_) => None,
    })
}
