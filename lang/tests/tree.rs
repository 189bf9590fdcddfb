//! What the parser makes of what is written.

use rescc_lang::tree::{CompareOp, Expr, ExprKind, Field, Item, TextPart};

mod common;

use common::read;

/// The value of the first field, as a short text with every parenthesis.
fn value(text: &str) -> String {
    let parsed = read(&format!("x = {text}"));
    assert_eq!(parsed.diagnostics, [], "{text}");
    let first = parsed.file.fields().next().map(|field| show(&field.value));
    first.unwrap_or_default()
}

fn show(value: &Expr) -> String {
    let all = |values: &[Expr], word: &str| values.iter().map(show).collect::<Vec<_>>().join(word);
    let fields = |fields: &[Field]| {
        fields
            .iter()
            .map(|field| format!("{}={}", field.name.text, show(&field.value)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match &value.kind {
        ExprKind::Quantity(quantity) => format!("{}_{}", quantity.number, quantity.unit),
        ExprKind::Text(text) => text
            .parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => format!("{text:?}"),
                TextPart::Name { path, .. } => format!("<{}>", path.join("/")),
            })
            .collect(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Range(left, right) => format!("{}..{}", show(left), show(right)),
        ExprKind::OfBaseline(value) => format!("{} of baseline", show(value)),
        ExprKind::Ref(name) => match &name.args {
            None => name.dotted(),
            Some(args) => {
                let first = args.first.iter().map(|first| show(first));
                let named = Some(fields(&args.named)).filter(|named| !named.is_empty());
                format!(
                    "{}({})",
                    name.dotted(),
                    first.chain(named).collect::<Vec<_>>().join(", ")
                )
            }
        },
        ExprKind::List(values) => format!("[{}]", all(values, ", ")),
        ExprKind::Record(values) => format!("{{{}}}", fields(values)),
        ExprKind::Not(value) => format!("not({})", show(value)),
        ExprKind::And(values) => format!("and({})", all(values, ", ")),
        ExprKind::Or(values) => format!("or({})", all(values, ", ")),
        ExprKind::Compare { op, left, right, .. } => {
            format!("({} {} {})", show(left), op.as_str(), show(right))
        }
        ExprKind::Error => "error".to_owned(),
    }
}

#[test]
fn numbers_keep_their_units() {
    for (text, expected) in [
        ("3", "3_"),
        ("-1.5", "-1.5_"),
        ("200ms", "200_ms"),
        ("99.9%", "99.9_%"),
        ("200/s", "200_/s"),
        ("8Mbit/s", "8_Mbit/s"),
        ("1h30m", "1_h30m"),
        ("5µs", "5_µs"),
        ("200..299", "200_..299_"),
        ("5ms .. 25ms", "5_ms..25_ms"),
        ("1% .. 2%", "1_%..2_%"),
        ("\"a\"..\"b\"", "\"a\"..\"b\""),
        ("150% of baseline", "150_% of baseline"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn texts_take_in_names() {
    for (text, expected) in [
        (r#""""#, ""),
        (r#""a\"\\\n\t\u{e9}b""#, r#""a\"\\\n\téb""#),
        (r#""${a}/${b.c}$${d}$e$""#, r#"<a>"/"<b/c>"${d}$e$""#),
        (r#""// no # comment /*""#, r#""// no # comment /*""#),
        (r#""""a "b" ${c} \d""""#, r#""a \"b\" ${c} \\d""#),
        ("\"\"\"\n    a\n      b\n\n    c\n    \"\"\"", r#""a\n  b\n\nc""#),
        ("\"\"\"\r\n\ta\r\n\tb\"\"\"", r#""a\nb""#),
        ("\"\"\"\n\"\"\"", ""),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn conditions_bind_as_they_read() {
    for (text, expected) in [
        ("a and b and c", "and(a, b, c)"),
        ("a or b or c", "or(a, b, c)"),
        ("(a and b) or c", "or(and(a, b), c)"),
        ("a and\n  b", "and(a, b)"),
        ("not a == b", "not((a == b))"),
        ("not not a", "not(not(a))"),
        ("(not a) == b", "(not(a) == b)"),
        ("not (a or b)", "not(or(a, b))"),
        ("(\n a\n <\n b\n)", "(a < b)"),
        ("a.b(1).c == 2", "error"),
    ] {
        if expected == "error" {
            assert!(!read(&format!("x = {text}")).diagnostics.is_empty());
        } else {
            assert_eq!(value(text), expected, "{text}");
        }
    }
    for op in ["==", "!=", "<", "<=", ">", ">=", "in", "like", "matches"] {
        assert_eq!(value(&format!("a {op} 1..2")), format!("(a {op} 1_..2_)"));
    }
    assert_eq!(CompareOp::Le.as_str(), "<=");
}

#[test]
fn calls_and_brackets_take_commas_and_lines() {
    for (text, expected) in [
        ("f()", "f()"),
        ("f (a)", "f(a)"),
        ("a.f(b, c = 1, d = [2])", "a.f(b, c=1_, d=[2_])"),
        ("f(\n b = 1\n c = 2,\n)", "f(b=1_, c=2_)"),
        ("f(a == b, c = 1)", "f((a == b), c=1_)"),
        ("pods({ app = \"x\" })", "pods({app=\"x\"})"),
        ("[\n1\n2,\n\n3 , 4,]", "[1_, 2_, 3_, 4_]"),
        ("[]", "[]"),
        ("{}", "{}"),
        ("{ a = 1\n b = 2, \"c d\" = 3 }", "{a=1_, b=2_, c d=3_}"),
        ("[{ a = 1 }, [2], a and b]", "[{a=1_}, [2_], and(a, b)]"),
        ("baseline", "baseline"),
        ("of_what", "of_what"),
        ("andy.oreo.nothing", "andy.oreo.nothing"),
        ("a.in.of", "a.in.of"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn spans_are_those_of_the_words() {
    let text = "\u{feff}é b { xy = (a or not b == 12ms) and f(c) }\r\n";
    let text = text.replace('é', "e");
    let file = common::source(&text);
    let parsed = rescc_lang::parse(&file);
    assert_eq!(parsed.diagnostics, []);
    let Some(block) = parsed.file.blocks().next() else {
        panic!("there is a block")
    };
    assert_eq!(
        file.slice(block.span),
        "e b { xy = (a or not b == 12ms) and f(c) }"
    );
    assert_eq!(file.slice(block.body), "{ xy = (a or not b == 12ms) and f(c) }");
    assert_eq!(
        (file.slice(block.kind.span), file.slice(block.name.span)),
        ("e", "b")
    );
    let Some(field) = block.fields().next() else {
        panic!("there is a field")
    };
    assert_eq!(file.slice(field.span), "xy = (a or not b == 12ms) and f(c)");
    let ExprKind::And(tests) = &field.value.kind else {
        panic!("{:?}", field.value)
    };
    assert_eq!(file.slice(field.value.span), "(a or not b == 12ms) and f(c)");
    assert_eq!(file.slice(tests[0].span), "a or not b == 12ms");
    assert_eq!(file.slice(tests[1].span), "f(c)");
    let ExprKind::Or(tests) = &tests[0].kind else {
        panic!("{tests:?}")
    };
    let ExprKind::Not(inner) = &tests[1].kind else {
        panic!("{tests:?}")
    };
    assert_eq!(file.slice(tests[1].span), "not b == 12ms");
    let ExprKind::Compare { right, op_span, .. } = &inner.kind else {
        panic!("{inner:?}")
    };
    assert_eq!(
        (file.slice(inner.span), file.slice(*op_span)),
        ("b == 12ms", "==")
    );
    let ExprKind::Quantity(quantity) = &right.kind else {
        panic!("{right:?}")
    };
    assert_eq!(file.slice(quantity.unit_span), "ms");
}

#[test]
fn comments_are_kept_apart() {
    let text = "/// doc of a\n///\n///  more\na = 1 // behind\n// alone\n//// ruler\nx y { ///no doc\n  /// doc of b\n  b = [ // in it\n    1\n  ]\n  /// dangling\n}\n";
    let parsed = read(text);
    assert_eq!(parsed.diagnostics, []);
    let comments: Vec<(&str, bool)> = parsed
        .file
        .comments
        .iter()
        .map(|comment| (comment.text.as_str(), comment.trailing))
        .collect();
    assert_eq!(
        comments,
        [
            ("// behind", true),
            ("// alone", false),
            ("//// ruler", false),
            ("///no doc", true),
            ("// in it", true),
            ("/// dangling", false),
        ]
    );
    let docs: Vec<Vec<String>> = parsed
        .file
        .items
        .iter()
        .map(|item| match item {
            Item::Field(field) => field.doc.clone(),
            Item::Block(block) => block.fields().flat_map(|field| field.doc.clone()).collect(),
        })
        .collect();
    assert_eq!(docs, [vec!["doc of a", "", " more"], vec!["doc of b"]]);
}

#[test]
fn line_ends_and_tabs_do_not_matter() {
    let unix = "a b {\n\tc = [\n\t\t1\n\t\t2\n\t]\n}\n";
    let dos = unix.replace('\n', "\r\n");
    assert_eq!(read(unix).diagnostics, []);
    assert_eq!(read(&dos).diagnostics, []);
    assert_eq!(
        common::stripped(read(unix).file),
        common::stripped(read(&dos).file)
    );
}

#[test]
fn what_is_broken_does_not_spread() {
    let text = "w a {\n  x = ?\n  s b { y = f(1 }\n  s c { z = 1 }\n}\nv d {\n  q = 1\n  s e {\n    z = 2\n}\nv f {}\n";
    let parsed = read(text);
    let found = common::summary(text, &parsed.diagnostics);
    assert_eq!(found, ["E0105 2:7", "E0107 3:14", "E0108 8:7"]);
    let blocks: Vec<(&str, bool)> = parsed
        .file
        .blocks()
        .map(|block| (block.name.text.as_str(), block.complete))
        .collect();
    assert_eq!(blocks, [("a", true), ("d", true), ("f", true)]);
    let inner: Vec<(&str, bool)> = parsed
        .file
        .blocks()
        .flat_map(|block| block.blocks())
        .map(|block| (block.name.text.as_str(), block.complete))
        .collect();
    assert_eq!(inner, [("b", false), ("c", true), ("e", false)]);
}
