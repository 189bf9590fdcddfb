//! The immutable core of rescc: data model, expressions, catalogue, plans, undo records, verdicts and traits.
