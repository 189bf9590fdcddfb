use crate::bucket::Piece;
use crate::rolling::{ends_of, rolling};
use crate::{Measure, Nanos, Series, Window};

/// When a cumulative measure was lost for good: the moment after which it, taken from the beginning of `span`
/// on, never met its condition again; that is the end of the sample that broke it for the last time.
///
/// `met` judges the value of the measure. `None` if the condition is met at the end of the span, or if there
/// is nothing to judge. Samples that ended at one moment are judged together.
pub fn first_crossing(
    series: &Series,
    measure: Measure,
    span: &Window,
    mut met: impl FnMut(f64) -> bool,
) -> Option<Nanos> {
    let points = rolling(series, measure, None, span);
    last_turn(
        points
            .into_iter()
            .map(|point| (point.at, point.value.map(&mut met))),
    )
}

/// The same for any condition: the moment of the last turn of `met` from true or nothing to false. It is
/// asked about the growing window from the beginning of `span` to each moment at which a sample of the span
/// ended, in the order of time and once each; `None` from it means that there is nothing to judge.
///
/// `None` if the last answer is not false.
pub fn first_crossing_by(
    series: &Series,
    span: &Window,
    mut met: impl FnMut(&Window) -> Option<bool>,
) -> Option<Nanos> {
    let pieces: Vec<Piece<'_>> = series.pieces(span).collect();
    last_turn(
        ends_of(&pieces)
            .into_iter()
            .map(|to| (to, met(&Window { to, ..*span }))),
    )
}

/// The beginning of the run of false answers with which the answers end.
fn last_turn(answers: impl Iterator<Item = (Nanos, Option<bool>)>) -> Option<Nanos> {
    let mut broken = None;
    for (at, met) in answers {
        if met == Some(false) {
            broken.get_or_insert(at);
        } else {
            broken = None;
        }
    }
    broken
}
