//! The one format: idempotent, and it never changes what a spec means.

use proptest::prelude::*;
use rescc_lang::{FileId, SourceFile, parse};

mod common;

use common::{EXAMPLES, stripped};

/// Formats a text and checks all that holds for any text without syntax errors.
fn formatted(text: &str) -> Option<String> {
    let file = SourceFile::new(FileId(0), "test.res", text);
    let parsed = parse(&file);
    let once = rescc_lang::format(&file, &parsed)?;
    let file = SourceFile::new(FileId(0), "test.res", once.as_str());
    let again = parse(&file);
    assert_eq!(again.diagnostics, [], "{text}\n--- is printed as\n{once}");
    assert!(
        stripped(again.file.clone()) == stripped(parsed.file),
        "{text}\n--- is printed as\n{once}"
    );
    let twice = rescc_lang::format(&file, &again).unwrap_or_default();
    assert!(
        once == twice,
        "{text}\n--- is printed as\n{once}\n--- and then as\n{twice}"
    );
    Some(once)
}

#[test]
fn the_examples_are_formatted() {
    for (name, text) in EXAMPLES {
        insta::assert_snapshot!(
            *name,
            formatted(text).expect("the examples have no syntax errors")
        );
    }
}

#[test]
fn syntax_errors_are_not_formatted() {
    assert_eq!(formatted("a = \nb = 1\n"), None);
}

/// What is written, and what becomes of it.
const CASES: &[(&str, &str)] = &[
    ("", ""),
    ("\n\n// only\n\n\n// comments", "// only\n\n// comments\n"),
    ("\u{feff}a=1", "a = 1\n"),
    ("a=1\r\n\r\n\r\n\r\nb=2\r\n", "a = 1\n\nb = 2\n"),
    (
        "x y{\n\n\na=1\n\n\n\nbcd=2\n\n}",
        "x y {\n  a = 1\n\n  bcd = 2\n}\n",
    ),
    ("x y{a=1,bc=2}", "x y { a = 1, bc = 2 }\n"),
    ("x y{\na=1\nbc=2}", "x y {\n  a  = 1\n  bc = 2\n}\n"),
    (
        "x y{\na=1 // one\nbc=2345 // two\n// three\n}// four\n",
        "x y {\n  a  = 1     // one\n  bc = 2345  // two\n  // three\n}  // four\n",
    ),
    ("x y{ // head\n}\n", "x y {  // head\n}\n"),
    ("x y{ \n }\n", "x y {}\n"),
    (
        "///doc\n///\n///  more \na = 1 /// no doc\n",
        "/// doc\n///\n///  more\na = 1  // no doc\n",
    ),
    (
        "a = ((b)) and (c or d) and (not (e and f))\n",
        "a = b and (c or d) and not (e and f)\n",
    ),
    (
        "a = (not b) == c\nd = (e == f) in [g]\nh = (i and j) and k\n",
        "a = (not b) == c\nd = (e == f) in [g]\nh = (i and j) and k\n",
    ),
    (
        "x y {\n  long = a and // why\n  // so\n  b\n}\n",
        "x y {\n  long = a and  // why\n         // so\n         b\n}\n",
    ),
    (
        "a = [ // one\n1, // two\n2,\n\n// three\n3 ]\n",
        "a = [  // one\n  1,  // two\n  2,\n\n  // three\n  3,\n]\n",
    ),
    (
        "a = f([\n1\n], b = 2)\n",
        "a = f(\n  [\n    1,\n  ],\n  b = 2,\n)\n",
    ),
    ("a = f({\nb=1\n})\n", "a = f({\n  b = 1\n})\n"),
    ("a = (b == // moved\n c)\n", "// moved\na = b == c\n"),
    ("a = f (b, c=1 ,)\n", "a = f(b, c = 1)\n"),
    (
        "a = {\"b c\"=1,d=\"\"\"\n  e\n\"\"\"}\n",
        "a = { \"b c\" = 1, d = \"\"\"\n  e\n\"\"\" }\n",
    ),
    // A blank line, a comment and a value of many lines end a run of aligned fields; the latter is its last.
    (
        "x y{\na=1//one\n\nbcd=2\n// three\nef=3\nghij=[\n4\n]\nk=5\n}",
        "x y {\n  a = 1  //one\n\n  bcd = 2\n  // three\n  ef   = 3\n  ghij = [\n    4,\n  ]\n  k = 5\n}\n",
    ),
    ("x y{z w{a=1},b c{}}", "x y {\n  z w { a = 1 }\n  b c {}\n}\n"),
    // What was broken stays broken, what was not is joined or stays.
    ("a = {\nb=1,c=2}\n", "a = {\n  b = 1\n  c = 2\n}\n"),
    ("a = [[\n1,2],3]\n", "a = [\n  [\n    1,\n    2,\n  ],\n  3,\n]\n"),
    ("a = { }\nb = [\n]\nc = f(\n)\n", "a = {}\nb = []\nc = f()\n"),
    // Comments within brackets, at their ends and behind them.
    (
        "a = { // 1\n// 2\nb=1, // 3\n// 4\n} // 5\n",
        "a = {  // 1\n  // 2\n  b = 1  // 3\n  // 4\n}  // 5\n",
    ),
    (
        "a = [\n// 1\n]\nb = f( // 2\n)\n",
        "a = [\n  // 1\n]\nb = f(  // 2\n)\n",
    ),
    (
        "a = f(\n/// no doc\nb,\n/// doc\nc=1)\n",
        "a = f(\n  // no doc\n  b,\n  /// doc\n  c = 1,\n)\n",
    ),
    (
        "x y {\na=1\n/// nothing\n}\n",
        "x y {\n  a = 1\n  // nothing\n}\n",
    ),
    (
        "a = ( // 1\n b or\n // 2\n c) and d\n",
        "a = (  // 1\n     b or\n     // 2\n     c) and\n    d\n",
    ),
    ("a = (\n// 1\nb and c)\n", "// 1\na = b and c\n"),
    // Texts are nobody's business.
    (
        "a = \"\\u{e9}\\t$${b}//\"\nb = \"\"\"\r\n  x \r\n\t\"\"\"\n",
        "a = \"\\u{e9}\\t$${b}//\"\nb = \"\"\"\n  x \n\t\"\"\"\n",
    ),
    (
        "a = -1.50%\nb = 1 .. 2\nc = 5%  of  baseline\n",
        "a = -1.50%\nb = 1..2\nc = 5% of baseline\n",
    ),
    (
        "a = not(not b)\nc = not (d == e)\n",
        "a = not not b\nc = not d == e\n",
    ),
    ("a = b and\nc and d\n", "a = b and\n    c and\n    d\n"),
];

/// What stands on a line of exactly 110 columns stays there; one column more, and it is broken.
#[test]
fn lines_have_110_columns() {
    let cases: &[(&str, &str, &str)] = &[
        ("x y { a = 1, b = ", " }\n", "x y {\n  a = 1\n  b = N\n}\n"),
        ("a = [b, ", "]\n", "a = [\n  b,\n  N,\n]\n"),
        ("a = { b = 1, cd = ", " }\n", "a = {\n  b  = 1\n  cd = N\n}\n"),
        ("a = f(b, c = ", ")\n", "a = f(\n  b,\n  c = N,\n)\n"),
        ("a = f({ b = ", " })\n", "a = f({\n  b = N\n})\n"),
        ("a = b or c or ", "\n", "a = b or\n    c or\n    N\n"),
        ("a = not f(b) == ", "\n", "a = not f(\n  b,\n) == N\n"),
        ("a = f(b) in [", "]\n", "a = f(b) in [\n  N,\n]\n"),
    ];
    for (before, after, broken) in cases {
        let name = "n".repeat(111 - before.len() - after.len());
        let fits = format!("{before}{name}{after}");
        assert_eq!(fits.len(), 111, "with its end");
        assert_eq!(formatted(&fits).as_ref(), Some(&fits));
        let name = name + "n";
        let wide = format!("{before}{name}{after}");
        assert_eq!(formatted(&wide), Some(broken.replace('N', &name)));
    }
}

/// Aligning must not push a value over the edge on one turn and pull it back on the next.
#[test]
fn alignment_settles() {
    for width in 60..115 {
        let name = "n".repeat(width);
        for value in ["[NAME]", "{ a = NAME }", "f(NAME)", "a and NAME", "NAME"] {
            let value = value.replace("NAME", &name);
            let text = format!(
                "x y {{\na = {value}\nlonger = {{ b = {value} }}\nthe_longest_of_all = 1\nb = {value}\n}}"
            );
            assert!(formatted(&text).is_some(), "{text}");
        }
    }
}

/// The example that people see first is written as `fmt` writes it, but for the place of its comments.
#[test]
fn the_shop_is_formatted() {
    for text in [
        include_str!("../../examples/shop/shop.res"),
        include_str!("../../examples/shop/strict.res"),
    ] {
        let once = formatted(text).expect("the shop has no syntax errors");
        assert_eq!(text.matches("//").count(), once.matches("//").count());
        assert!(
            once.lines()
                .all(|line| line.chars().count() <= 110 || line.contains("  //")),
            "{once}"
        );
    }
}

#[test]
fn there_is_one_format() {
    for (text, expected) in CASES {
        assert_eq!(formatted(text).as_deref(), Some(*expected), "{text:?}");
    }
}

/// Space within brackets and between items, as careless people write it.
fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        " ",
        "  ",
        "\n",
        "\n\n\n",
        " // a\n",
        "\n// b\n",
        "\n\n// c\n\n",
        "\n/// d\n",
    ])
}

fn separator() -> impl Strategy<Value = String> {
    (
        prop::sample::select(vec![", ", ", ", ", ", ",", "\n", ",\n", " // a\n", ", // b\n"]),
        gap(),
    )
        .prop_map(|(comma, gap)| format!("{comma}{gap}"))
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "bc",
        "def",
        "availability",
        "a_rather_long_name_that_takes_a_lot_of_columns",
    ])
}

fn joined(parts: Vec<(String, String)>) -> String {
    let count = parts.len();
    parts
        .into_iter()
        .enumerate()
        .map(|(index, (part, separator))| {
            if index + 1 < count {
                part + &separator
            } else {
                part
            }
        })
        .collect()
}

/// A value; one that is no record can stand in a condition.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        name().prop_map(str::to_owned),
        prop::sample::select(vec![
            "1",
            "-2.5%",
            "200ms",
            "1..2",
            "5ms..6ms",
            "150% of baseline",
            "\"text\"",
            "\"${a.b}\"",
            "\"\"\"raw\"\"\"",
            "\"\"\"\n  two\n  lines\n\"\"\"",
            "true",
            "a.b.c",
            "f()",
            "[]",
            "\"// no comment\"",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let list = prop::collection::vec((inner.clone(), separator()), 0..5).prop_map(joined);
        let fields = prop::collection::vec(
            (
                (name(), inner.clone()).prop_map(|(name, value)| format!("{name} = {value}")),
                separator(),
            ),
            0..5,
        )
        .prop_map(joined)
        .boxed();
        prop_oneof![
            (list, gap(), gap()).prop_map(|(list, a, b)| format!("[{a}{list}{b}]")),
            (inner.clone(), fields.clone(), separator(), gap(), gap()).prop_map(
                |(first, fields, separator, a, b)| {
                    if fields.is_empty() {
                        format!("f({a}{first}{b})")
                    } else {
                        format!("g.f({a}{first}{separator}{fields}{b})")
                    }
                }
            ),
            (fields.clone(), gap(), gap()).prop_map(|(fields, a, b)| format!("h({a}{{{b}{fields}}})")),
            (fields, gap(), gap()).prop_map(|(fields, a, b)| format!("f({a}{fields}{b})")),
            (prop::collection::vec(inner.clone(), 2..4), gap(), gap()).prop_map(|(tests, a, b)| format!(
                "({a}{}{b})",
                tests.join(" and\n")
            )
            .replace("and\n", &format!("and {a}"))),
            (prop::collection::vec(inner.clone(), 2..4), gap())
                .prop_map(|(tests, a)| format!("({})", tests.join(&format!(" or {a}")))),
            (inner.clone(), inner.clone(), gap())
                .prop_map(|(left, right, a)| format!("(({left}) ==\n{a} ({right}))")),
            (inner, gap()).prop_map(|(inner, a)| format!("(not {a}({inner}))")),
        ]
    })
}

fn items() -> impl Strategy<Value = String> {
    let field = (name(), value())
        .prop_map(|(name, value)| format!("{name} = {value}"))
        .boxed();
    let record =
        (name(), value(), gap()).prop_map(|(name, value, gap)| format!("{name} = {{{gap}x = {value}{gap}}}"));
    let item = prop_oneof![field.clone(), field, record];
    item.prop_recursive(3, 16, 4, |inner| {
        (
            name(),
            name(),
            prop::collection::vec((inner, separator()), 0..4).prop_map(joined),
            gap(),
            gap(),
        )
            .prop_map(|(kind, name, items, a, b)| format!("{kind} {name} {{{a}{items}{b}}}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_keeps_its_meaning(items in prop::collection::vec((items(), separator()), 1..5), a in gap(), b in gap()) {
        let text = format!("{a}{}{b}", joined(items));
        prop_assert!(formatted(&text).is_some(), "{}\n{:?}", text, parse(&SourceFile::new(FileId(0), "test.res", text.as_str())).diagnostics);
    }

    #[test]
    fn any_mutation_of_an_example_keeps_its_meaning(
        which in 0..EXAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), gap()), 1..20),
    ) {
        let mut text = EXAMPLES[which].1.to_owned();
        for (at, gap) in edits {
            let spaces: Vec<usize> = text.match_indices([' ', '\n', ',', '(', '[', '{']).map(|(at, _)| at + 1).collect();
            text.insert_str(spaces[at.index(spaces.len())], gap);
        }
        formatted(&text);
    }
}
