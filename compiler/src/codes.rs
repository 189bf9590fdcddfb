//! The codes of what the checker finds, one file per family. A code never changes its meaning and is never given
//! twice.

use rescc_lang::Code;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal;)*) => {
        $($(#[$doc])* pub const $name: rescc_lang::Code = rescc_lang::Code($code);)*

        /// The codes of this family with their titles, in order.
        pub const ALL: &[(rescc_lang::Code, &str)] = &[$(($name, $title)),*];
    };
}

pub mod graphs;
pub mod names;
pub mod safety;
pub mod structure;
pub mod types;
pub mod warnings;

/// Every code of the checker with its title, in order.
#[must_use]
pub fn all() -> Vec<(Code, &'static str)> {
    [
        names::ALL,
        types::ALL,
        structure::ALL,
        graphs::ALL,
        safety::ALL,
        warnings::ALL,
    ]
    .concat()
}
