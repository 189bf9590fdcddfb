//! The decision table of `specs/exit-codes.md` against the tests: every row is one, and says what it says.

const TABLE: &str = include_str!("../../../../specs/exit-codes.md");

const TESTS: [&str; 5] = [
    include_str!("decisions.rs"),
    include_str!("healing.rs"),
    include_str!("observing.rs"),
    include_str!("steps.rs"),
    include_str!("undoing.rs"),
];

/// A row of the table: situation, verdict, exit code, reason codes.
fn rows() -> Vec<[&'static str; 4]> {
    let (_, table) = TABLE.split_once("## The decision table").unwrap();
    let (table, _) = table.split_once("## Outside the machine").unwrap();
    table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| situation"))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 5, "{line}");
            [cells[0], cells[1], cells[2], cells[3]]
        })
        .collect()
}

fn pascal(word: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .unwrap()
            .to_uppercase()
            .chain(letters)
            .collect::<String>()
    };
    word.split('_').map(capital).collect()
}

fn body(name: &str) -> Option<&'static str> {
    let head = format!("\nfn {name}() {{\n");
    TESTS
        .iter()
        .find_map(|tests| tests.split_once(&head)?.1.split("\n}\n").next())
}

#[test]
fn every_row_is_a_test_that_says_the_same() {
    let rows = rows();
    assert!(rows.len() > 70, "{}", rows.len());
    for [situation, verdict, exit, reasons] in rows {
        let name = situation.replace([' ', '-'], "_").replace(['`', ','], "");
        let body = body(&name).unwrap_or_else(|| panic!("no test `{name}`"));
        if verdict == "pass" {
            assert!(
                body.contains("passes()") && exit == "0" && reasons == "–",
                "{name}"
            );
            continue;
        }
        let exit_name = [
            "Pass",
            "Fail",
            "Usage",
            "Inconclusive",
            "Aborted",
            "Error",
            "NotUndone",
            "Refused",
        ];
        let exit_name = exit_name[exit.parse::<usize>().unwrap()];
        // However it is laid out.
        let body: String = body.split_whitespace().collect();
        let says = body.contains(&format!("Verdict::{},ExitCode::{exit_name}", pascal(verdict)));
        assert!(says, "{name}: {verdict} {exit}");
        for reason in reasons.split(", ") {
            assert!(
                body.contains(&format!("Code::{}", pascal(reason))),
                "{name}: {reason}"
            );
        }
    }
}

#[test]
fn every_decision_is_a_row() {
    let rows: Vec<_> = rows().into_iter().map(|row| row[0].replace(' ', "_")).collect();
    for line in TESTS[0].lines() {
        if let Some(name) = line
            .strip_prefix("fn ")
            .and_then(|rest| rest.strip_suffix("() {"))
        {
            assert!(
                rows.iter().any(|row| row == name),
                "`{name}` is no row of specs/exit-codes.md"
            );
        }
    }
}
