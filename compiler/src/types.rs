//! Values: every one against the type of its place.

pub(crate) mod describe;
pub(crate) mod habits;
pub(crate) mod quantity;
pub(crate) mod scalar;
pub(crate) mod text;
pub mod units;
pub(crate) mod value;

pub(crate) use value::Want;
