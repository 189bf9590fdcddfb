//! The user-space TCP proxy of rescc.
