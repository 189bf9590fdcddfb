//! Whatever the input, reading it ends, never panics, and points only at what is there.

use proptest::prelude::*;
use rescc_lang::{Code, Parsed, apply_fixes, codes};

mod common;

use common::{EXAMPLES, read, source, visit};

/// Checks all that holds for any text.
fn check(text: &str) -> Parsed {
    let mut parsed = read(text);
    let fits = |start: u32, end: u32| text.get(start as usize..end as usize).is_some();
    visit(&mut parsed.file, &mut |span| {
        assert!(fits(span.start, span.end), "{span:?} of {text:?}")
    });
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.labels.is_empty());
        for label in &diagnostic.labels {
            assert!(
                fits(label.span.start, label.span.end),
                "{diagnostic:?} of {text:?}"
            );
        }
        for fix in &diagnostic.fixes {
            assert!(
                fix.edits.iter().all(|edit| fits(edit.span.start, edit.span.end)),
                "{diagnostic:?} of {text:?}"
            );
        }
    }
    assert!(parsed.diagnostics.len() <= 201);
    let _ = apply_fixes(text, &parsed.diagnostics);
    assert_eq!(read(text), parsed, "reading is a function of the text");
    parsed
}

fn count(parsed: &Parsed, code: Code) -> usize {
    parsed
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code == code)
        .count()
}

/// Words of the language and its neighbours, so that random sequences come near to specs.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "workflow",
        "step",
        "a",
        "b",
        "x",
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\n  ",
        "\r\n",
        "\t",
        "{",
        "}",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "=",
        "=",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        "in",
        "like",
        "matches",
        "and",
        "or",
        "not",
        "of",
        "baseline",
        "true",
        ",",
        ",",
        ";",
        ":",
        ".",
        "..",
        "...",
        "\"",
        "\"text\"",
        "\"${a.b}\"",
        "${",
        "}\"",
        "$",
        "\"\"\"",
        "'",
        "“",
        "”",
        "5",
        "-1.5",
        "200ms",
        "99%",
        " s",
        "MB/s",
        "//",
        "///",
        "////",
        "#",
        "/*",
        "*/",
        "\\",
        "\\u{e9}",
        "é",
        "\u{a0}",
        "\0",
        "\u{feff}",
        "&&",
        "||",
        "!",
        "-",
        "@",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec(word(), 0..120)) {
        check(&words.concat());
    }

    #[test]
    fn any_mutation_of_an_example_is_read(
        which in 0..EXAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, word()), 1..5),
    ) {
        let mut text: Vec<char> = EXAMPLES[which].1.chars().collect();
        for (at, remove, insert) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        check(&text.into_iter().collect::<String>());
    }

    /// One broken line in one block: the blocks before and after it are read as if nothing had happened.
    #[test]
    fn a_broken_block_costs_one_block(words in prop::collection::vec(word(), 1..12)) {
        let junk = words.concat().replace(['\n', '{', '}', '[', ']', '(', ')', '*'], " ").replace("\"\"\"", "\"");
        let text = format!("workflow w {{\n  step a {{\n    run = f(x)\n  }}\n  step b {{\n    run = {junk}\n  }}\n  step c {{\n    run = g(y)\n  }}\n}}\nslo s {{\n  objective = 1\n}}\n");
        let parsed = check(&text);
        let names: Vec<&str> = parsed.file.blocks().map(|block| block.name.text.as_str()).collect();
        prop_assert_eq!(&names, &["w", "s"], "{}", &text);
        let steps: Vec<_> = parsed.file.blocks().flat_map(|block| block.blocks()).collect();
        let names: Vec<&str> = steps.iter().map(|block| block.name.text.as_str()).collect();
        prop_assert_eq!(&names, &["a", "b", "c"], "{}", &text);
        prop_assert!(steps[0].complete && steps[2].complete);
        prop_assert!(parsed.diagnostics.iter().all(|diagnostic| {
            let place = source(&text).line_column(diagnostic.span().start);
            place.line == 6 || place.line == 7 && place.column <= 3
        }), "{:?} of {}", parsed.diagnostics, &text);
    }
}

#[test]
fn nesting_has_a_bound() {
    for (open, close) in [("[", "]"), ("(", ")"), ("f(", ")"), ("{ a = ", "}"), ("not ", "")] {
        let closed = format!("x = {}1{}\ny = 2\n", open.repeat(10_000), close.repeat(10_000));
        let parsed = check(&closed);
        assert_eq!(parsed.diagnostics.len(), 1, "{open} {:?}", parsed.diagnostics);
        assert_eq!(count(&parsed, codes::TOO_DEEP), 1, "{open}");
        assert_eq!(parsed.file.fields().count(), 2, "{open}");
        check(&format!("x = {}", open.repeat(10_000)));
        check(&format!("step a {{ x = {} }}", open.repeat(10_000)));
    }
    let blocks = format!(
        "{}{}\nstep y {{}}\n",
        "step x {\n".repeat(10_000),
        "}".repeat(10_000)
    );
    let parsed = check(&blocks);
    assert_eq!(count(&parsed, codes::TOO_DEEP), 1);
    assert_eq!(parsed.diagnostics.len(), 1, "{:?}", parsed.diagnostics);
    assert_eq!(parsed.file.blocks().count(), 2);
}

#[test]
fn sixty_four_levels_are_fine() {
    let parsed = check(&format!("x = {}1{}\n", "[".repeat(64), "]".repeat(64)));
    assert_eq!(parsed.diagnostics, []);
}

/// Repetitions of what is opened and never closed, or reported over and over.
#[test]
fn repetitions_end() {
    let size = 100_000;
    for piece in [
        "[",
        "(",
        "{",
        "}",
        ")",
        "x = [",
        "step x { ",
        "step x {\n",
        "\"",
        "\"\"\" \" ",
        "\\",
        "$",
        "${",
        "a ",
        "a.",
        "1 ",
        "= ",
        ", ",
        "; ",
        "\n",
        " ",
        "// c",
        "//\n",
        "///\n",
        "/* ",
        "#",
        "not ",
        "a and ",
        "a = 'b' ",
        "\0",
        "\u{a0}",
        "é",
        "x = (\n",
        "x = [\n",
        "f(",
        "{ }",
        "}{",
        "[}",
        "([)]",
        "a b { ",
        "a \"b\" ",
        "a-b ",
        "..",
        "a = b\n and c\n",
        "\"\\d\" ",
        "x = \"\\q\" ",
        "\r",
        "!",
        "step x\n\n",
        "a=[{b=\"",
    ] {
        check(&piece.repeat(size / piece.len()));
    }
}

#[test]
fn garbage_ends() {
    let mut state = 1_u32;
    let mut garbage = String::with_capacity(10_000_000);
    while garbage.len() < 10_000_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        garbage.push(char::from(u8::try_from(state >> 25).unwrap()));
    }
    let parsed = read(&garbage);
    assert_eq!(parsed.diagnostics.len(), 201);
    assert_eq!(
        parsed.diagnostics.last().map(|last| last.code),
        Some(codes::TOO_MANY)
    );
}
