//! The report as Markdown.

use rescc_report::markdown;

use crate::fixture;

#[test]
fn pass() {
    insta::assert_snapshot!(markdown(&fixture::pass()));
}

#[test]
fn fail() {
    insta::assert_snapshot!(markdown(&fixture::fail()));
}

#[test]
fn not_undone() {
    insta::assert_snapshot!(markdown(&fixture::not_undone()));
}

#[test]
fn refused_before_anything_was_there() {
    insta::assert_snapshot!(markdown(&fixture::bare()));
}

#[test]
fn every_row_of_a_table_has_as_many_cells_as_its_head() {
    let mut report = fixture::long_names();
    report.steps[0].name = "a|b`|c\n|d".into();
    report.steps[0].detail = "odd ` tick | and <b>more</b>\n| x |".into();
    report.expectations[0].wanted = "|||".into();
    let text = markdown(&report);
    let mut cells = 0;
    let mut rows = 0;
    for line in text.lines() {
        if !line.starts_with('|') {
            cells = 0;
            continue;
        }
        let here = line.replace("\\|", "").matches('|').count();
        assert!(cells == 0 || cells == here, "{line}");
        cells = here;
        rows += 1;
    }
    assert!(rows > 10);
}

#[test]
fn a_report_fits_a_comment() {
    let mut report = fixture::many();
    report.events = (1..=20_000)
        .map(|number| {
            let what = rescc_core::event::What::SteadyState {
                holds: number % 2 == 0,
            };
            fixture::event(number, number, what)
        })
        .collect();
    let text = markdown(&report);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("… and 19750 more, in the full report"));
}
