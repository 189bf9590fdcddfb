//! One mistake, one diagnostic, at its place; and what the safe fixes make of it.

use rescc_lang::{apply_fixes, codes};

mod common;

use common::{read, summary};

/// What is written, what is found as `CODE line:column`, and the text after the safe fixes where there are any.
type Case = (&'static str, &'static [&'static str], Option<&'static str>);

const SYNTAX: &[Case] = &[
    ("??? = 1\na = 1\n", &["E0101 1:1"], None),
    ("a.b = 1\n", &["E0101 1:1"], None),
    ("abort when = 1\n", &["E0101 1:1"], None),
    ("a\n", &["E0102 1:2"], None),
    (
        "a 5\nretry exponential(1s)\nb \"x\"\n",
        &["E0102 1:2", "E0102 2:6", "E0102 3:2"],
        None,
    ),
    ("a =\nb = 1\n", &["E0103 1:4"], None),
    ("a = b and\nc = 1\n", &["E0103 1:10"], None),
    ("a = b ==\nc = 1\n", &["E0103 1:9"], None),
    ("a = 1 b = 2\n", &["E0104 1:7"], Some("a = 1, b = 2\n")),
    ("a = [1 2]\n", &["E0104 1:8"], Some("a = [1, 2]\n")),
    ("a = this is text\n", &["E0104 1:10"], None),
    ("a = 1 + 2\n", &["E0104 1:7"], None),
    ("a = [??, 1, @]\nb = 1\n", &["E0105 1:6", "E0105 1:13"], None),
    ("a = (x ?? y) and z\n", &["E0105 1:8"], None),
    ("a = b and { c = 1 }\n", &["E0105 1:11"], None),
    ("a = x.5\n", &["E0105 1:7"], None),
    (
        "a = \"abc\nb = f(\"x)\nc = 1\n",
        &["E0106 1:5", "E0106 2:7"],
        None,
    ),
    ("a = [\"x, \"y\"]\nb = 1\n", &["E0106 1:10"], None),
    (
        "step a { run = f(\"q), after = [b] }\nc = 1\n",
        &["E0106 1:18"],
        None,
    ),
    (
        "block a {\n  x = \"\"\"abc\n}\nblock b {}\n",
        &["E0106 2:7"],
        None,
    ),
    ("a = [1, 2\nb = 1\n", &["E0107 1:5"], None),
    (
        "step a { run = f(x, y = [z] }\nstep b { run = f([1, 2) }\n",
        &["E0107 1:17", "E0107 2:18"],
        None,
    ),
    ("a = (b and c\nd = 1\n", &["E0107 1:5"], None),
    (
        "workflow a {\n  x = { y = f([1\n  step b { z = 1 }\n}\n",
        &["E0107 2:15"],
        None,
    ),
    ("a = [1, 2", &["E0107 1:5"], None),
    ("a b {\n  x = 1\n", &["E0108 1:5"], None),
    (
        "a b {\n  step x { y = 1\n  step z { y = 1 }\n}\nc d {}\n",
        &["E0108 2:10"],
        None,
    ),
    (
        "}\na = 1)\nb = [1)]\n",
        &["E0109 1:1", "E0109 2:6", "E0109 3:7"],
        None,
    ),
    ("a = f(x]\nb = 1\n", &["E0109 1:8"], None),
    (
        "workflow {\n  a = 1\n}\nsteady_state { b = 1 }\n",
        &["E0110 1:9", "E0110 4:13"],
        None,
    ),
    ("resource \"x\" {}\n", &["E0111 1:10"], Some("resource x {}\n")),
    ("resource \"x\" \"my-y\" {}\n", &["E0111 1:10"], None),
    (
        "step x\n{\n  a = 1\n}\n",
        &["E0112 2:1"],
        Some("step x {\n  a = 1\n}\n"),
    ),
    ("step x\na = 1\n", &["E0112 1:7"], None),
    ("a = \"\\d+\\.\"\n", &["E0113 1:6"], None),
    ("a = \"\\u{110000}\"\n", &["E0113 1:6"], None),
    (
        "a = \"${ b }${1}${\"\n",
        &["E0114 1:6", "E0114 1:12", "E0114 1:16"],
        Some("a = \"${b}${1}${\"\n"),
    ),
    ("a = { \"${b}\" = 1 }\n", &["E0114 1:7"], None),
    (
        "a\u{0} = \u{7}\u{7}1\nb = \"\u{202e}\"\n",
        &["E0116 1:2", "E0116 1:6", "E0116 2:6"],
        None,
    ),
    ("a =\u{a0}1\n", &["E0116 1:4"], Some("a = 1\n")),
    ("in = 1\n", &["E0118 1:1"], None),
    ("api-gateway = f(my-name)\n", &["E0119 1:1", "E0119 1:17"], None),
    ("a = b and c or d\n", &["E0120 1:13"], None),
    ("a = 1 < x < 3\nb = 1\n", &["E0121 1:11"], None),
    (
        "a = f(x, y)\nb = f(z = 1, x)\n",
        &["E0122 1:10", "E0122 2:14"],
        None,
    ),
    (
        "a = 1..\nb = 1...2\nc = 1..<2\nd = x..y\n",
        &["E0123 1:8", "E0123 2:6", "E0123 3:6", "E0123 4:6"],
        Some("a = 1..\nb = 1..2\nc = 1..<2\nd = x..y\n"),
    ),
    ("a = 150% of normal\n", &["E0124 1:13"], None),
    (
        "a = [1,, 2]\n, b = 1\n",
        &["E0125 1:8"],
        Some("a = [1, 2]\n, b = 1\n"),
    ),
    (",a = 1\n", &["E0125 1:1"], Some("a = 1\n")),
    (
        "a = .5\nb = +5\nc = 1.2.3\n",
        &["E0126 1:5", "E0126 2:5", "E0126 3:8"],
        Some("a = 0.5\nb = 5\nc = 1.2.3\n"),
    ),
];

const HABITS: &[Case] = &[
    (
        "a: 5\nb:5\nc = f(x, y: 1)\nd = { \"e\": 1 }\n",
        &["E0130 1:2", "E0130 2:2", "E0130 3:11", "E0130 4:10"],
        Some("a = 5\nb = 5\nc = f(x, y = 1)\nd = { \"e\" = 1 }\n"),
    ),
    (
        "a = !b && (c||d)\n",
        &["E0131 1:5", "E0131 1:8", "E0131 1:13"],
        Some("a = not b and (c or d)\n"),
    ),
    ("a = b AND c\n", &["E0131 1:7"], Some("a = b and c\n")),
    ("a = b not in [1]\n", &["E0132 1:7"], Some("a = not b in [1]\n")),
    (
        "a = b.c = 1\nd = f(b.c = 1)\n",
        &["E0133 1:9", "E0133 2:11"],
        Some("a = b.c == 1\nd = f(b.c == 1)\n"),
    ),
    (
        "a = 5 s\nb = 5 s, c = [1 %, 2 MB/s]\n",
        &["E0134 1:6", "E0134 2:6", "E0134 2:16", "E0134 2:21"],
        Some("a = 5s\nb = 5s, c = [1%, 2MB/s]\n"),
    ),
    (
        "a = 1;\nb = 1; c = 2\n",
        &["E0135 1:6", "E0135 2:6"],
        Some("a = 1\nb = 1, c = 2\n"),
    ),
    (
        "a = 'b'\nc = “d”\ne = '\"'\n",
        &["E0136 1:5", "E0136 2:5", "E0136 3:5"],
        Some("a = \"b\"\nc = \"d\"\ne = '\"'\n"),
    ),
    (
        "# a\nb = 1 # c\n/* d */\n",
        &["E0137 1:1", "E0137 2:7", "E0137 3:1"],
        Some("// a\nb = 1 // c\n// d\n"),
    ),
    ("/* a\n b */ c = 1\n/* d", &["E0137 1:1", "E0137 3:1"], None),
    (
        "a = b === c\nd = e =~ \"f\"\n",
        &["E0138 1:7", "E0138 2:7"],
        Some("a = b == c\nd = e matches \"f\"\n"),
    ),
    (
        "a == 1\nb := 2\n",
        &["E0139 1:3", "E0139 2:3"],
        Some("a = 1\nb = 2\n"),
    ),
    ("a = b\n  and c\n", &["E0140 2:3"], Some("a = b and\n  c\n")),
    (
        "a = $b\nc = ${d.e}\n",
        &["E0141 1:5", "E0141 2:5"],
        Some("a = b\nc = d.e\n"),
    ),
    (
        "step x = { a = 1 }\nstep y: { a = 1 }\n",
        &["E0142 1:8", "E0142 2:7"],
        Some("step x { a = 1 }\nstep y { a = 1 }\n"),
    ),
];

/// What is wrong with a case.
fn check((text, expected, mended): &Case) -> String {
    let parsed = read(text);
    let found = summary(text, &parsed.diagnostics);
    let fixed = apply_fixes(text, &parsed.diagnostics);
    for diagnostic in &parsed.diagnostics {
        let message = &diagnostic.message;
        assert!(!message.ends_with('.') && !message.contains('\n'), "{message}");
        assert!(
            message.starts_with(|c: char| c.is_lowercase() || c == '`'),
            "{message}"
        );
    }
    let mut wrong = String::new();
    if found != *expected {
        wrong += &format!("{text:?}: found {found:?}, expected {expected:?}\n");
    }
    if fixed != mended.unwrap_or(text) {
        wrong += &format!("{text:?}: mended {fixed:?}\n");
    }
    wrong
}

fn check_all(cases: &[Case]) {
    let wrong: String = cases.iter().map(check).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn syntax_errors_stand_at_their_place() {
    check_all(SYNTAX);
}

#[test]
fn habits_of_other_tools_are_known() {
    check_all(HABITS);
}

#[test]
fn a_safe_fix_leaves_nothing_of_its_own_kind() {
    for (text, _, mended) in SYNTAX.iter().chain(HABITS) {
        let Some(mended) = mended else { continue };
        let before = read(text).diagnostics;
        let after = read(mended).diagnostics;
        let safe = before.iter().filter(|diagnostic| {
            diagnostic
                .fixes
                .iter()
                .any(|fix| fix.applicability == rescc_lang::Applicability::Safe)
        });
        assert_eq!(after.len() + safe.count(), before.len(), "{text}\n{mended}");
    }
}

#[test]
fn every_code_is_tested() {
    let elsewhere = [codes::TOO_DEEP, codes::TOO_MANY];
    let tested = |code: &str| {
        SYNTAX
            .iter()
            .chain(HABITS)
            .any(|(_, found, _)| found.iter().any(|found| found.starts_with(code)))
    };
    for (code, title) in codes::ALL {
        assert!(tested(code.0) || elsewhere.contains(code), "{} {title}", code.0);
    }
    assert!(
        codes::ALL.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "codes are in order and given once"
    );
}

#[test]
fn a_file_has_at_most_two_hundred() {
    let parsed = read(&"a: 1\n".repeat(300));
    assert_eq!(parsed.diagnostics.len(), 201);
    assert_eq!(
        parsed.diagnostics.last().map(|last| last.code),
        Some(codes::TOO_MANY)
    );
    assert_eq!(read(&"a: 1\n".repeat(200)).diagnostics.len(), 200);
}
