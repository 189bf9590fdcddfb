//! The report of a run for people.

use rescc_report::{Style, human};

use crate::fixture;

const PATH: Option<&str> = Some("/home/me/.local/state/rescc/runs/20261121-020455-k3f9/report.json");

#[test]
fn pass() {
    insta::assert_snapshot!(human(&fixture::pass(), PATH, &Style::plain(100)));
}

#[test]
fn pass_on_a_wide_terminal() {
    insta::assert_snapshot!(human(&fixture::pass(), PATH, &Style::plain(160)));
}

#[test]
fn fail() {
    insta::assert_snapshot!(human(&fixture::fail(), PATH, &Style::plain(100)));
}

#[test]
fn fail_in_60_columns() {
    insta::assert_snapshot!(human(&fixture::fail(), PATH, &Style::plain(60)));
}

#[test]
fn fail_without_unicode() {
    let text = human(
        &fixture::fail(),
        PATH,
        &Style {
            color: false,
            unicode: false,
            width: 100,
        },
    );
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn fail_in_colour() {
    let text = human(
        &fixture::fail(),
        PATH,
        &Style {
            color: true,
            unicode: true,
            width: 80,
        },
    );
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn inconclusive() {
    insta::assert_snapshot!(human(&fixture::inconclusive(), None, &Style::plain(80)));
}

#[test]
fn aborted() {
    insta::assert_snapshot!(human(&fixture::aborted(), None, &Style::plain(80)));
}

#[test]
fn not_undone() {
    insta::assert_snapshot!(human(&fixture::not_undone(), PATH, &Style::plain(80)));
}

#[test]
fn refused_before_anything_was_there() {
    insta::assert_snapshot!(human(&fixture::bare(), None, &Style::plain(80)));
}

#[test]
fn thirty_steps() {
    insta::assert_snapshot!(human(&fixture::many(), None, &Style::plain(80)));
}

#[test]
fn very_long_names() {
    insta::assert_snapshot!(human(&fixture::long_names(), PATH, &Style::plain(80)));
}

#[test]
fn very_long_names_in_60_columns() {
    insta::assert_snapshot!(human(&fixture::long_names(), PATH, &Style::plain(60)));
}
