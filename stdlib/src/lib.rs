//! Built-in actions of rescc, written once against powers.
