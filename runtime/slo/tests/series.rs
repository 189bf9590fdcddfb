//! The series against a naive implementation: windows, disorder, folding, extremes.

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rescc_slo::{Limits, Nanos, SECOND, Sample, Series, Window};

    fn sample(begun: Nanos, ended: Nanos, good: bool) -> Sample {
        Sample {
            begun,
            ended,
            good,
            latency: good.then(|| ended.saturating_sub(begun)),
            value: None,
        }
    }

    fn filled(samples: &[Sample], limits: Limits) -> Series {
        let mut series = Series::with_limits(limits);
        samples.iter().for_each(|sample| series.push(*sample));
        series
    }

    /// The samples of the window in the order of their ends, found by looking at all.
    fn naive(samples: &[Sample], window: &Window) -> Vec<Sample> {
        let mut found: Vec<Sample> = samples
            .iter()
            .copied()
            .filter(|sample| {
                window.after.is_none_or(|after| sample.ended > after) && sample.ended <= window.to
            })
            .filter(|sample| window.begun_since.is_none_or(|since| sample.begun >= since))
            .collect();
        found.sort_by_key(|sample| sample.ended);
        found
    }

    fn rank(sorted: &[u64], q: f64) -> Option<u64> {
        let need = q * sorted.len() as f64 - 1e-9;
        (1..=sorted.len())
            .find(|rank| *rank as f64 >= need)
            .map(|rank| sorted[rank - 1])
    }

    fn any_sample(span: Nanos) -> impl Strategy<Value = Sample> {
        (
            0..=span,
            0..=span / 4,
            any::<bool>(),
            prop::option::of(0..5 * SECOND),
            prop::option::of(-1e6..1e6_f64),
        )
            .prop_map(|(ended, took, good, latency, value)| Sample {
                begun: ended.saturating_sub(took),
                ended,
                good,
                latency,
                value,
            })
    }

    fn any_window(span: Nanos) -> impl Strategy<Value = Window> {
        (prop::option::of(0..=span), 0..=span, prop::option::of(0..=span)).prop_map(
            |(after, to, begun_since)| Window {
                after,
                to,
                begun_since,
            },
        )
    }

    #[test]
    fn no_data_is_never_a_number() {
        for (series, window) in [
            (Series::new(), Window::all()),
            (
                filled(&[sample(1, 2, true)], Limits::default()),
                Window::new(2, 10),
            ),
            (
                filled(&[sample(1, 2, true)], Limits::default()),
                Window::new(10, 0),
            ),
            (
                filled(&[sample(1, 2, true)], Limits::default()),
                Window::all().begun_since(2),
            ),
        ] {
            assert_eq!(series.count(&window), 0);
            assert_eq!(series.success_rate(&window), None);
            assert_eq!(series.error_rate(&window), None);
            assert_eq!(series.latency_percentile(0.5, &window), None);
            assert_eq!(series.latency_mean(&window), None);
            assert_eq!(series.latency_max(&window), None);
            assert_eq!(series.value_last(&window), None);
            assert_eq!(series.value_mean(&window), None);
            assert_eq!(series.first_bad(&window), None);
        }
    }

    #[test]
    fn the_beginning_of_a_window_is_open_and_its_end_is_not() {
        let series = filled(&[sample(5, 10, true), sample(5, 20, false)], Limits::default());
        assert_eq!(series.count(&Window::new(10, 20)), 1);
        assert_eq!(series.bad(&Window::new(10, 20)), 1);
        assert_eq!(series.good(&Window::new(0, 19)), 1);
        let zero = filled(&[sample(0, 0, true)], Limits::default());
        assert_eq!(zero.count(&Window::new(0, 9)), 0);
        assert_eq!(zero.count(&Window::last(9, 9)), 1);
    }

    #[test]
    fn throughput_is_over_the_whole_window() {
        let samples: Vec<Sample> = (1..=20)
            .map(|at| sample(0, at * SECOND / 10, at % 2 == 0))
            .collect();
        let series = filled(&samples, Limits::default());
        assert_eq!(series.throughput(&Window::new(SECOND, 2 * SECOND)), Some(10.0));
        assert_eq!(series.throughput(&Window::new(SECOND, 3 * SECOND)), Some(5.0));
        assert_eq!(series.throughput(&Window::new(7 * SECOND, 8 * SECOND)), Some(0.0));
        assert_eq!(series.throughput(&Window::new(SECOND, SECOND)), None);
        assert_eq!(Series::new().throughput(&Window::new(0, SECOND)), None);
    }

    #[test]
    fn what_can_not_be_computed_with_is_taken_out() {
        let mut series = Series::new();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 4.0] {
            series.push(Sample {
                begun: 9,
                ended: 5,
                good: true,
                latency: None,
                value: Some(value),
            });
        }
        assert_eq!(series.count(&Window::all()), 4);
        assert_eq!(series.value_mean(&Window::all()), Some(4.0));
        assert_eq!(series.value_min(&Window::all()), Some(4.0));
        assert_eq!(
            series.count(&Window::all().begun_since(6)),
            0,
            "begun is read as 5"
        );
    }

    #[test]
    fn an_answer_that_is_not_good_has_a_latency() {
        let mut series = Series::new();
        series.push(Sample {
            begun: 0,
            ended: 7,
            good: false,
            latency: Some(7),
            value: None,
        });
        series.push(Sample {
            begun: 0,
            ended: 9,
            good: false,
            latency: None,
            value: None,
        });
        assert_eq!(series.latency_mean(&Window::all()), Some(7));
        assert_eq!(series.latency_percentile(1.0, &Window::all()), Some(7));
        assert_eq!(series.first_bad(&Window::new(7, 20)), Some(9));
    }

    #[test]
    fn extreme_numbers() {
        let limits = Limits {
            exact: 2,
            buckets: 2,
            steps: 2,
        };
        let mut series = Series::with_limits(limits);
        for (begun, ended) in [
            (0, u64::MAX),
            (u64::MAX, u64::MAX),
            (0, 0),
            (u64::MAX, 0),
            (0, 1),
            (1 << 63, 1 << 63),
        ] {
            for value in [f64::MAX, f64::MIN] {
                series.push(Sample {
                    begun,
                    ended,
                    good: true,
                    latency: Some(u64::MAX),
                    value: Some(value),
                });
            }
        }
        assert_eq!(series.count(&Window::all()), 12);
        assert_eq!(series.latency_mean(&Window::all()), Some(u64::MAX));
        assert_eq!(series.latency_percentile(0.0, &Window::all()), Some(u64::MAX));
        assert!(series.value_mean(&Window::all()).unwrap().is_finite());
        let _ = series.count(&Window::all().begun_since(u64::MAX));
        assert!(series.throughput(&Window::all()).unwrap() > 0.0);
    }

    #[test]
    fn a_day_of_load_stays_bounded() {
        let limits = Limits {
            exact: 1000,
            buckets: 500,
            steps: 20_000,
        };
        let mut series = Series::with_limits(limits);
        for at in 1..=200_000_u64 {
            let latency = 1_000_000 + at * 7919 % 1_000_000;
            let ended = at * SECOND / 20;
            series.push(Sample {
                begun: ended - latency,
                ended,
                good: at % 100 != 0,
                latency: Some(latency),
                value: None,
            });
        }
        let all = Window::all();
        assert_eq!(series.count(&all), 200_000);
        assert_eq!(series.bad(&all), 2_000);
        assert_eq!(
            series.latency_max(&all),
            (1..=200_000_u64)
                .map(|at| 1_000_000 + at * 7919 % 1_000_000)
                .max()
        );
        let median = series.latency_percentile(0.5, &all).unwrap();
        assert!(median.abs_diff(1_500_000) < 15_000, "{median}");
        // 200 000 samples are 10 000 seconds: at most 500 buckets are of 32 s.
        let (from, to) = (320 * SECOND, 640 * SECOND);
        assert_eq!(series.count(&Window::new(from, to)), 6400);
        assert!(series.samples(&all).count() <= 1000);
    }

    #[test]
    fn the_last_value_is_found_where_it_is_folded() {
        let limits = Limits {
            exact: 2,
            ..Limits::default()
        };
        let mut series = Series::with_limits(limits);
        series.push(Sample {
            begun: 0,
            ended: 10,
            good: true,
            latency: None,
            value: Some(1.5),
        });
        (11..30).for_each(|at| series.push(sample(at, at, true)));
        assert_eq!(series.value_last(&Window::all()), Some(1.5));
        assert!(series.exact_since().is_some());
        assert_eq!(series.last_ended(), Some(29));
    }

    proptest! {
        #[test]
        fn windows_agree_with_looking_at_all(
            samples in prop::collection::vec(any_sample(1000), 0..80), window in any_window(1000), q in 0.0..=1.0_f64,
        ) {
            let series = filled(&samples, Limits::default());
            let found = naive(&samples, &window);
            let good = found.iter().filter(|sample| sample.good).count() as u64;
            let count = found.len() as u64;
            prop_assert_eq!(series.count(&window), count);
            prop_assert_eq!(series.good(&window), good);
            prop_assert_eq!(series.bad(&window), count - good);
            prop_assert_eq!(series.success_rate(&window), (count > 0).then(|| good as f64 / count as f64));
            prop_assert_eq!(series.samples(&window).copied().collect::<Vec<_>>(), found.clone());
            prop_assert_eq!(series.first_bad(&window), found.iter().find(|sample| !sample.good).map(|s| s.ended));

            let mut latencies: Vec<u64> = found.iter().filter_map(|sample| sample.latency).collect();
            latencies.sort_unstable();
            prop_assert_eq!(series.latency_percentile(q, &window), rank(&latencies, q));
            prop_assert_eq!(series.latency_max(&window), latencies.last().copied());
            prop_assert_eq!(series.latency_min(&window), latencies.first().copied());
            let mean = latencies.iter().sum::<u64>() as f64 / latencies.len() as f64;
            prop_assert!(series.latency_mean(&window).is_none_or(|found| (found as f64 - mean).abs() <= 0.5));

            let values: Vec<f64> = found.iter().filter_map(|sample| sample.value).collect();
            prop_assert_eq!(series.value_last(&window), values.last().copied());
            prop_assert_eq!(series.value_max(&window), values.iter().copied().reduce(f64::max));
            prop_assert_eq!(series.value_min(&window), values.iter().copied().reduce(f64::min));
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!(series.value_mean(&window).is_none_or(|found| (found - mean).abs() < 1e-3));
        }

        /// Folded buckets are of one second here: windows on whole seconds cut none.
        #[test]
        fn folded_agrees_with_exact(
            samples in prop::collection::vec(any_sample(30 * SECOND), 20..200),
            from in 0_u64..30, length in 0_u64..30, q in 0.0..=1.0_f64, exact in 2_usize..40,
        ) {
            let folded = filled(&samples, Limits { exact, ..Limits::default() });
            let series = filled(&samples, Limits::default());
            for window in [Window::new(from * SECOND, (from + length) * SECOND), Window::all()] {
                prop_assert_eq!(folded.count(&window), series.count(&window));
                prop_assert_eq!(folded.good(&window), series.good(&window));
                prop_assert_eq!(folded.throughput(&window), series.throughput(&window));
                prop_assert_eq!(folded.latency_mean(&window), series.latency_mean(&window));
                prop_assert_eq!(folded.latency_max(&window), series.latency_max(&window));
                prop_assert_eq!(folded.latency_min(&window), series.latency_min(&window));
                prop_assert_eq!(folded.value_max(&window), series.value_max(&window));
                prop_assert_eq!(folded.value_min(&window), series.value_min(&window));
                prop_assert_eq!(folded.first_bad(&window), series.first_bad(&window));
                match (folded.latency_percentile(q, &window), series.latency_percentile(q, &window)) {
                    (Some(a), Some(b)) => prop_assert!(a.abs_diff(b) as f64 <= b as f64 * 0.01, "{a} is not {b}"),
                    (a, b) => prop_assert_eq!(a, b),
                }
                match (folded.value_mean(&window), series.value_mean(&window)) {
                    (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-3),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }

        /// Wherever the edges are, nothing is lost or counted twice, and what began too early is never
        /// counted.
        #[test]
        fn folded_windows_tile_the_time(
            samples in prop::collection::vec(any_sample(300 * SECOND), 0..200),
            mut cuts in prop::collection::vec(0_u64..=300 * SECOND, 0..6),
            exact in 2_usize..40, buckets in 1_usize..20, steps in 1_usize..50, since in 0..=300 * SECOND,
        ) {
            let series = filled(&samples, Limits { exact, buckets, steps });
            cuts.sort_unstable();
            let mut windows = vec![Window::until(cuts.first().copied().unwrap_or(0))];
            windows.extend(cuts.windows(2).map(|pair| Window::new(pair[0], pair[1])));
            windows.push(Window::new(cuts.last().copied().unwrap_or(0), Nanos::MAX));
            prop_assert_eq!(windows.iter().map(|window| series.count(window)).sum::<u64>(), samples.len() as u64);
            for window in windows {
                let late = window.begun_since(since);
                prop_assert!(series.count(&late) <= naive(&samples, &Window::all().begun_since(since)).len() as u64);
                prop_assert!(series.count(&late) <= series.count(&window));
                prop_assert!(series.count(&late) as usize >= series.samples(&late).count());
                let exact = series.exact_since().unwrap_or(0).max(window.after.unwrap_or(0));
                let sharp = Window { after: Some(exact), ..late };
                prop_assert_eq!(series.count(&sharp), naive(&samples, &sharp).len() as u64);
            }
        }

        /// The fast way over the totals agrees with the slow one over the pieces, also where pieces are
        /// buckets.
        #[test]
        fn begun_since_agrees_with_itself(
            samples in prop::collection::vec(any_sample(100 * SECOND), 0..200),
            exact in 2_usize..40, window in any_window(100 * SECOND),
        ) {
            let series = filled(&samples, Limits { exact, ..Limits::default() });
            let points = rescc_slo::rolling(&series, rescc_slo::Measure::SuccessRate, None, &window);
            prop_assert_eq!(points.last().map_or(0, |point| point.count), series.count(&window));
        }

        #[test]
        fn percentiles_ascend(
            samples in prop::collection::vec(any_sample(30 * SECOND), 0..60), exact in 2_usize..60,
            a in 0.0..=1.0_f64, b in 0.0..=1.0_f64,
        ) {
            let series = filled(&samples, Limits { exact, ..Limits::default() });
            let at = |q| series.latency_percentile(q, &Window::all());
            prop_assert!(at(a.min(b)) <= at(a.max(b)));
            prop_assert_eq!(at(f64::NAN), None);
            prop_assert_eq!(at(1.5), None);
        }

        #[test]
        fn nothing_panics(
            samples in prop::collection::vec((any::<u64>(), any::<u64>(), any::<bool>(), any::<Option<u64>>(), any::<Option<f64>>()), 0..30),
            after in any::<Option<u64>>(), to in any::<u64>(), begun_since in any::<Option<u64>>(), q in any::<f64>(),
            exact in 0_usize..10, buckets in 0_usize..4, steps in 0_usize..4,
        ) {
            let samples: Vec<Sample> = samples
                .into_iter()
                .map(|(begun, ended, good, latency, value)| Sample { begun, ended, good, latency, value })
                .collect();
            let series = filled(&samples, Limits { exact, buckets, steps });
            prop_assert_eq!(series.count(&Window::all()), samples.len() as u64);
            prop_assert_eq!(series.is_empty(), samples.is_empty());
            for window in [Window { after, to, begun_since }, Window::all()] {
                prop_assert!(series.success_rate(&window).is_none_or(|rate| (0.0..=1.0).contains(&rate)));
                prop_assert!(series.throughput(&window).is_none_or(f64::is_finite));
                prop_assert!(series.value_mean(&window).is_none_or(f64::is_finite));
                let _ = (series.latency_percentile(q, &window), series.latency_mean(&window), series.value_last(&window));
            }
        }
    }
}
