//! The rescc language: source files, diagnostics, parser, tree and formatter. No files, clocks or environments.
