//! What goes wrong by itself.

/// What goes wrong by itself in a simulated world: probabilities from 0 to 1, all 0 unless said otherwise.
///
/// An *operation* is one call of a power, of `up` or of `down`; `list` and `changes` never fail. Each chance is
/// thrown for each operation alone, so a second attempt may well succeed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimOptions {
    /// The seed of all that goes wrong, beside the seed of the run.
    pub seed: u64,
    /// An operation fails; half of the time after it has taken effect. Most failures are transient.
    pub failures: f64,
    /// An operation never returns; half of the time after it has taken effect. Its caller must give up.
    pub hangs: f64,
    /// An operation takes one to twenty seconds longer.
    pub slow: f64,
    /// The effect of a freeze, a port fault or a fill ends by itself after 0.1 to 10 seconds.
    pub lapses: f64,
    /// A signal, freeze, port fault, fill, start, stop or restart says that it is done and does nothing.
    pub no_effect: f64,
    /// An instance dies by itself: the probability for each minute of its life, in its first 24 hours.
    pub crashes: f64,
    /// A probe could not ask at all.
    pub probe_failures: f64,
}
