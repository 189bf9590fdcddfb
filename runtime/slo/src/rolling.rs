use crate::bucket::Piece;
use crate::fenwick::Fenwick;
use crate::query::{mean_of, share};
use crate::rank::nearest_rank;
use crate::{Nanos, Series, Window};

/// What [`rolling`] measures in each window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// The share of good samples, 0 to 1. Worse is lower.
    SuccessRate,
    /// The share of samples that were not good, 0 to 1. Worse is higher.
    ErrorRate,
    /// The latency in nanoseconds at the nearest rank of this quantile, 0 to 1 (0 is the least, 1 the
    /// greatest). Worse is higher. There is no value for what is not a number from 0 to 1.
    LatencyPercentile(f64),
    /// The mean latency in nanoseconds. Worse is higher.
    LatencyMean,
}

/// One window of many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The moment at which the window ends.
    pub at: Nanos,
    /// The samples in it, answered or not.
    pub count: u64,
    /// What was measured; `None` if the window holds nothing to measure.
    pub value: Option<f64>,
}

/// The moments at which the windows of this length within `span` are looked at, ascending: the end of the
/// first window that fits, the end of each sample after it, and the end of the span. Every sample of the span
/// is in at least one of these windows. None if the length is 0 or longer than the span.
///
/// A span without an end (`Window::all`) ends with its last sample.
pub fn window_ends(series: &Series, length: Nanos, span: &Window) -> Vec<Nanos> {
    let pieces: Vec<Piece<'_>> = series.pieces(span).collect();
    ends_of_windows(&pieces, length, span)
}

/// A measure over each window of `length` within `span` (at the moments of [`window_ends`]), or, without a
/// length, over the growing window from the beginning of the span to each moment at which a sample ended.
///
/// All in all O(n log n), where asking the series for each window would be quadratic.
pub fn rolling(series: &Series, measure: Measure, length: Option<Nanos>, span: &Window) -> Vec<Point> {
    let pieces: Vec<Piece<'_>> = series.pieces(span).collect();
    let moments = match length {
        Some(length) => ends_of_windows(&pieces, length, span),
        None => ends_of(&pieces),
    };
    let mut state = State::new(measure, &pieces);
    let mut entering = pieces.iter().peekable();
    let mut leaving = pieces.iter().peekable();
    let mut points = Vec::with_capacity(moments.len());
    for at in moments {
        while let Some(piece) = entering.next_if(|piece| piece.ended() <= at) {
            state.enter(piece);
        }
        if let Some(after) = length.and_then(|length| Window::last(at, length).after) {
            while let Some(piece) = leaving.next_if(|piece| piece.ended() <= after) {
                state.leave(piece);
            }
        }
        points.push(Point {
            at,
            count: state.count,
            value: state.value(),
        });
    }
    points
}

/// The end and the value of the worst window of `length` within `span`, of those that [`window_ends`] names:
/// the lowest success rate, or the highest of any other measure; of equals the first. `None` if no window
/// fits or none holds anything to measure.
pub fn worst_window(series: &Series, measure: Measure, length: Nanos, span: &Window) -> Option<(Nanos, f64)> {
    let mut worst: Option<(Nanos, f64)> = None;
    for point in rolling(series, measure, Some(length), span) {
        let Some(value) = point.value else { continue };
        let worse = worst.is_none_or(|(_, worst)| match measure {
            Measure::SuccessRate => value < worst,
            Measure::ErrorRate | Measure::LatencyPercentile(_) | Measure::LatencyMean => value > worst,
        });
        if worse {
            worst = Some((point.at, value));
        }
    }
    worst
}

/// The moments at which samples ended, ascending, each once.
pub(crate) fn ends_of(pieces: &[Piece<'_>]) -> Vec<Nanos> {
    let mut ends: Vec<Nanos> = pieces.iter().map(Piece::ended).collect();
    ends.dedup();
    ends
}

fn ends_of_windows(pieces: &[Piece<'_>], length: Nanos, span: &Window) -> Vec<Nanos> {
    let last = if span.to == Nanos::MAX {
        pieces.last().map_or(0, Piece::ended)
    } else {
        span.to
    };
    let Some(first) = span
        .start()
        .checked_add(length)
        .filter(|first| length > 0 && *first <= last)
    else {
        return Vec::new();
    };
    let mut ends = vec![first];
    ends.extend(pieces.iter().map(Piece::ended).filter(|end| *end > first));
    ends.push(last);
    ends.dedup();
    ends
}

/// A window that samples enter and leave.
struct State {
    measure: Measure,
    count: u64,
    good: u64,
    answered: u64,
    latency: u128,
    /// All latencies that will ever enter, ascending, and how many of each are in the window; empty unless
    /// the measure is a percentile.
    latencies: Vec<Nanos>,
    ranks: Fenwick,
}

// === impl State ===

impl State {
    fn new(measure: Measure, pieces: &[Piece<'_>]) -> Self {
        let mut latencies = Vec::new();
        if let Measure::LatencyPercentile(_) = measure {
            for piece in pieces {
                piece.each_latency(|latency, _| latencies.push(latency));
            }
            latencies.sort_unstable();
            latencies.dedup();
        }
        let ranks = Fenwick::new(latencies.len());
        Self {
            measure,
            count: 0,
            good: 0,
            answered: 0,
            latency: 0,
            latencies,
            ranks,
        }
    }

    fn enter(&mut self, piece: &Piece<'_>) {
        let (answered, latency) = piece.latencies();
        self.count = self.count.wrapping_add(piece.count());
        self.good = self.good.wrapping_add(piece.good());
        self.answered = self.answered.wrapping_add(answered);
        self.latency = self.latency.wrapping_add(latency);
        if let Measure::LatencyPercentile(_) = self.measure {
            piece.each_latency(|latency, count| self.ranks.add(place_of(&self.latencies, latency), count));
        }
    }

    fn leave(&mut self, piece: &Piece<'_>) {
        let (answered, latency) = piece.latencies();
        self.count = self.count.wrapping_sub(piece.count());
        self.good = self.good.wrapping_sub(piece.good());
        self.answered = self.answered.wrapping_sub(answered);
        self.latency = self.latency.wrapping_sub(latency);
        if let Measure::LatencyPercentile(_) = self.measure {
            piece.each_latency(|latency, count| self.ranks.remove(place_of(&self.latencies, latency), count));
        }
    }

    fn value(&self) -> Option<f64> {
        match self.measure {
            Measure::SuccessRate => share(self.good, self.count),
            Measure::ErrorRate => share(self.count.wrapping_sub(self.good), self.count),
            Measure::LatencyPercentile(q) => {
                let place = self.ranks.place_of(nearest_rank(q, self.ranks.total())?);
                self.latencies.get(place).map(|latency| *latency as f64)
            }
            Measure::LatencyMean => mean_of(self.answered, self.latency).map(|latency| latency as f64),
        }
    }
}

fn place_of(latencies: &[Nanos], latency: Nanos) -> usize {
    latencies.partition_point(|known| *known < latency)
}
