//! Reports of rescc: for people, as JSON and as Markdown.
