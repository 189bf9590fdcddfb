/// A moment or a duration in nanoseconds. Moments are counted on one monotonic clock from its zero, which is
/// nobody's business here; 64 bits last for 584 years.
pub type Nanos = u64;

/// One second in [`Nanos`].
pub const SECOND: Nanos = 1_000_000_000;

/// One observation of a probe.
///
/// A probe that could not run at all (its own machinery failed) makes no sample: that is missing data, not a
/// bad answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When the observation was begun. A moment after `ended` is read as `ended`.
    pub begun: Nanos,
    /// When its outcome was known, be it the answer or the end of patience. The series is ordered by this
    /// moment.
    pub ended: Nanos,
    /// Whether the outcome met the probe's `success` condition.
    pub good: bool,
    /// How long the answer took; `None` when there was no answer (refused, timed out). An answer that is not
    /// good has a latency too.
    pub latency: Option<Nanos>,
    /// The number that the probe read, for probes that read one. A value that is not finite is dropped; the
    /// sample still counts.
    pub value: Option<f64>,
}

// === impl Sample ===

impl Sample {
    /// The sample with what the series can't compute with taken out: see the fields' rules.
    pub(crate) fn normalised(mut self) -> Self {
        self.begun = self.begun.min(self.ended);
        self.value = self.value.filter(|value| value.is_finite());
        self
    }
}
