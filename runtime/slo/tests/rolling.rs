//! Every window of a span against asking the series for each.

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rescc_slo::{
        Limits, Measure, Nanos, SECOND, Sample, Series, Window, first_crossing, first_crossing_by, rolling,
        window_ends, worst_window,
    };

    fn series(samples: impl IntoIterator<Item = (Nanos, bool)>) -> Series {
        let mut series = Series::new();
        for (ended, good) in samples {
            series.push(Sample {
                begun: ended,
                ended,
                good,
                latency: Some(ended),
                value: None,
            });
        }
        series
    }

    fn any_series() -> impl Strategy<Value = Series> {
        let sample = (0_u64..1000, 0_u64..50, any::<bool>(), prop::option::of(0_u64..40));
        (prop::collection::vec(sample, 0..60), 2_usize..60).prop_map(|(samples, exact)| {
            let mut series = Series::with_limits(Limits {
                exact,
                ..Limits::default()
            });
            for (ended, took, good, latency) in samples {
                let ended = ended * SECOND / 10;
                series.push(Sample {
                    begun: ended.saturating_sub(took * SECOND / 10),
                    ended,
                    good,
                    latency,
                    value: None,
                });
            }
            series
        })
    }

    fn ask(series: &Series, measure: Measure, window: &Window) -> Option<f64> {
        match measure {
            Measure::SuccessRate => series.success_rate(window),
            Measure::ErrorRate => series.error_rate(window),
            Measure::LatencyPercentile(q) => {
                series.latency_percentile(q, window).map(|latency| latency as f64)
            }
            Measure::LatencyMean => series.latency_mean(window).map(|latency| latency as f64),
        }
    }

    #[test]
    fn the_worst_window_is_where_the_bad_ones_are() {
        let series = series((1..=100).map(|at| (at, !(40..45).contains(&at))));
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(0, 100)),
            Some((44, 0.5))
        );
        assert_eq!(
            worst_window(&series, Measure::ErrorRate, 10, &Window::new(0, 100)),
            Some((44, 0.5))
        );
        assert_eq!(
            worst_window(&series, Measure::LatencyPercentile(0.5), 10, &Window::new(0, 100)),
            Some((100, 95.0))
        );
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(50, 100)),
            Some((60, 1.0))
        );
    }

    #[test]
    fn a_window_that_does_not_fit_is_none() {
        let series = series([(5, true)]);
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(0, 9)),
            None
        );
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(0, 10)),
            Some((10, 1.0))
        );
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 0, &Window::new(0, 10)),
            None
        );
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(10, 0)),
            None
        );
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, u64::MAX, &Window::new(3, u64::MAX)),
            None
        );
        assert_eq!(
            worst_window(&Series::new(), Measure::SuccessRate, 10, &Window::all()),
            None
        );
        assert_eq!(
            worst_window(&series, Measure::LatencyPercentile(2.0), 10, &Window::new(0, 10)),
            None
        );
    }

    #[test]
    fn a_bad_sample_in_the_first_window_is_seen() {
        let series = series([(1, false), (25, true)]);
        assert_eq!(
            worst_window(&series, Measure::SuccessRate, 10, &Window::new(0, 30)),
            Some((10, 0.0))
        );
    }

    #[test]
    fn the_moment_it_was_lost_for_good() {
        let met = |rate: f64| rate >= 0.9;
        // 9 of 10 at 10, 9 of 11 at 11, 18 of 20 at 20, 18 of 21 at 21.
        let ends = (1..=21).map(|at| (at, at != 5 && at != 11 && at != 21));
        let broken = series(ends.clone());
        assert_eq!(
            first_crossing(&broken, Measure::SuccessRate, &Window::all(), met),
            Some(21)
        );
        assert_eq!(
            first_crossing(&broken, Measure::SuccessRate, &Window::until(20), met),
            None
        );
        assert_eq!(
            first_crossing(&broken, Measure::SuccessRate, &Window::until(19), met),
            Some(11)
        );
        assert_eq!(
            first_crossing(&broken, Measure::SuccessRate, &Window::new(11, 20), met),
            None
        );
        assert_eq!(
            first_crossing(&Series::new(), Measure::SuccessRate, &Window::all(), met),
            None
        );
        assert_eq!(
            first_crossing(&series([(7, false)]), Measure::SuccessRate, &Window::all(), met),
            Some(7)
        );
    }

    #[test]
    fn samples_of_one_moment_are_judged_together() {
        let series = series([(5, false), (5, true)]);
        assert_eq!(
            first_crossing(&series, Measure::SuccessRate, &Window::all(), |rate| rate >= 0.5),
            None
        );
        assert_eq!(
            first_crossing(&series, Measure::SuccessRate, &Window::all(), |rate| rate > 0.5),
            Some(5)
        );
    }

    #[test]
    fn nothing_to_judge_is_not_broken() {
        let series = series((1..=5).map(|at| (at, true)));
        let answers = [Some(false), None, Some(true), Some(false), Some(false)];
        let found = first_crossing_by(&series, &Window::all(), |window| answers[window.to as usize - 1]);
        assert_eq!(found, Some(4));
        let found = first_crossing_by(&series, &Window::until(2), |window| {
            answers[window.to as usize - 1]
        });
        assert_eq!(found, None);
    }

    #[test]
    fn a_full_series_does_not_take_quadratic_time() {
        let full = series((1..=200_000).map(|at| (at * SECOND / 200, at % 7 != 0)));
        let worst = worst_window(
            &full,
            Measure::LatencyPercentile(0.95),
            100 * SECOND,
            &Window::all(),
        );
        assert_eq!(worst.map(|(at, _)| at), Some(1000 * SECOND));
    }

    proptest! {
        #[test]
        fn agrees_with_asking_for_each_window(
            series in any_series(), length in prop::option::of(0_u64..1200), after in prop::option::of(0_u64..1000),
            to in 0_u64..1200, since in prop::option::of(0_u64..1000), q in 0.0..=1.0_f64,
        ) {
            let tenth = SECOND / 10;
            let span = Window {
                after: after.map(|after| after * tenth),
                to: to * tenth,
                begun_since: since.map(|since| since * tenth),
            };
            for measure in
                [Measure::SuccessRate, Measure::ErrorRate, Measure::LatencyMean, Measure::LatencyPercentile(q)]
            {
                let length = length.map(|length| length * tenth);
                let points = rolling(&series, measure, length, &span);
                for point in &points {
                    let mut window = length.map_or(Window { to: point.at, ..span }, |length| Window::last(point.at, length));
                    window.begun_since = span.begun_since;
                    // A first window that reaches the clock's zero holds it only if the span does.
                    window.after = window.after.or(span.after);
                    prop_assert_eq!(point.count, series.count(&window));
                    match (point.value, ask(&series, measure, &window)) {
                        (Some(a), Some(b)) => prop_assert!((a - b).abs() <= b.abs() * 0.01, "{} is not {}", a, b),
                        (a, b) => prop_assert_eq!(a, b),
                    }
                }
                if let Some(length) = length {
                    prop_assert_eq!(points.iter().map(|point| point.at).collect::<Vec<_>>(), window_ends(&series, length, &span));
                    prop_assert!(points.iter().all(|point| point.at >= span.after.unwrap_or(0) + length && point.at <= span.to));
                    let lowest = points.iter().filter_map(|point| point.value).reduce(f64::min);
                    let highest = points.iter().filter_map(|point| point.value).reduce(f64::max);
                    let expected = if measure == Measure::SuccessRate { lowest } else { highest };
                    prop_assert_eq!(worst_window(&series, measure, length, &span).map(|(_, value)| value), expected);
                }
            }
        }

        #[test]
        fn every_sample_is_in_some_window(
            ends in prop::collection::vec(1_u64..500, 1..20), length in 1_u64..100, to in 100_u64..600,
        ) {
            let series = series(ends.iter().map(|end| (*end, true)));
            let windows = window_ends(&series, length, &Window::new(0, to));
            for end in ends.iter().filter(|end| **end <= to) {
                prop_assert!(windows.iter().any(|at| end <= at && *end > at.saturating_sub(length)));
            }
        }

        #[test]
        fn both_crossings_agree(series in any_series(), threshold in 0.0..=1.0_f64) {
            let span = Window::all();
            let by = first_crossing_by(&series, &span, |window| Some(series.success_rate(window)? >= threshold));
            prop_assert_eq!(first_crossing(&series, Measure::SuccessRate, &span, |rate| rate >= threshold), by);
            let end = series.success_rate(&span);
            prop_assert_eq!(by.is_some(), end.is_some_and(|rate| rate < threshold));
        }
    }
}
