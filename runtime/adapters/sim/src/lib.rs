//! The simulated environment of rescc.
