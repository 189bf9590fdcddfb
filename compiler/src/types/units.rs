//! The units of the language, in one table.

use rescc_core::value::Type;

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A share.
    Ratio,
    /// A duration.
    Duration,
    /// A size.
    Bytes,
    /// Bytes a second.
    Bandwidth,
    /// Events a second.
    Rate,
    /// A bare number.
    Bare,
}

/// A unit.
#[derive(Debug)]
pub struct Unit {
    /// As it is written behind a number.
    pub text: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// How many base units it is, as a fraction: nanoseconds, bytes, bytes a second, events a second, or one.
    pub numerator: u64,
    /// The lower part of the fraction.
    pub denominator: u64,
}

const fn unit(text: &'static str, dimension: Dimension, numerator: u64, denominator: u64) -> Unit {
    Unit {
        text,
        dimension,
        numerator,
        denominator,
    }
}

/// All units; within a dimension from small to large.
pub static UNITS: &[Unit] = &[
    unit("", Dimension::Bare, 1, 1),
    unit("%", Dimension::Ratio, 1, 100),
    unit("ns", Dimension::Duration, 1, 1),
    unit("us", Dimension::Duration, 1_000, 1),
    unit("ms", Dimension::Duration, 1_000_000, 1),
    unit("s", Dimension::Duration, 1_000_000_000, 1),
    unit("m", Dimension::Duration, 60_000_000_000, 1),
    unit("h", Dimension::Duration, 3_600_000_000_000, 1),
    unit("d", Dimension::Duration, 86_400_000_000_000, 1),
    unit("w", Dimension::Duration, 604_800_000_000_000, 1),
    unit("B", Dimension::Bytes, 1, 1),
    unit("kB", Dimension::Bytes, 1_000, 1),
    unit("KiB", Dimension::Bytes, 1 << 10, 1),
    unit("MB", Dimension::Bytes, 1_000_000, 1),
    unit("MiB", Dimension::Bytes, 1 << 20, 1),
    unit("GB", Dimension::Bytes, 1_000_000_000, 1),
    unit("GiB", Dimension::Bytes, 1 << 30, 1),
    unit("TB", Dimension::Bytes, 1_000_000_000_000, 1),
    unit("TiB", Dimension::Bytes, 1 << 40, 1),
    unit("bit/s", Dimension::Bandwidth, 1, 8),
    unit("kbit/s", Dimension::Bandwidth, 125, 1),
    unit("Mbit/s", Dimension::Bandwidth, 125_000, 1),
    unit("Gbit/s", Dimension::Bandwidth, 125_000_000, 1),
    unit("B/s", Dimension::Bandwidth, 1, 1),
    unit("kB/s", Dimension::Bandwidth, 1_000, 1),
    unit("KiB/s", Dimension::Bandwidth, 1 << 10, 1),
    unit("MB/s", Dimension::Bandwidth, 1_000_000, 1),
    unit("MiB/s", Dimension::Bandwidth, 1 << 20, 1),
    unit("GB/s", Dimension::Bandwidth, 1_000_000_000, 1),
    unit("GiB/s", Dimension::Bandwidth, 1 << 30, 1),
    unit("/w", Dimension::Rate, 1, 604_800),
    unit("/d", Dimension::Rate, 1, 86_400),
    unit("/h", Dimension::Rate, 1, 3_600),
    unit("/m", Dimension::Rate, 1, 60),
    unit("/s", Dimension::Rate, 1, 1),
    unit("/ms", Dimension::Rate, 1_000, 1),
];

/// A unit as it is written.
#[must_use]
pub fn find(text: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.text == text)
}

/// The units of a dimension.
pub fn of(dimension: Dimension) -> impl Iterator<Item = &'static str> {
    UNITS
        .iter()
        .filter(move |unit| unit.dimension == dimension)
        .map(|unit| unit.text)
}

// === impl Dimension ===

impl Dimension {
    /// What a type measures.
    #[must_use]
    pub fn of(ty: &Type) -> Option<Self> {
        Some(match ty {
            Type::Ratio => Self::Ratio,
            Type::Duration => Self::Duration,
            Type::Bytes => Self::Bytes,
            Type::Bandwidth => Self::Bandwidth,
            Type::Rate => Self::Rate,
            Type::Count | Type::Number => Self::Bare,
            _ => return None,
        })
    }
}
