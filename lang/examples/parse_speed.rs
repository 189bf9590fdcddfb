//! Prints how many megabytes a second the parser reads, and whether the time is linear in the size of what takes
//! parsers quadratic time: `cargo run --release -p rescc-lang --example parse_speed`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rescc_lang::{FileId, SourceFile, format, parse};

const SPEC: &str = include_str!("../tests/examples/7-compose.res");

/// Repeated, each of these makes some parser look at the same text again and again.
const PIECES: &[&str] = &[
    "[",
    "(",
    "{",
    "}",
    "x = [",
    "step x { ",
    "step x {\n",
    "\"",
    "\"\"\" \" ",
    "${",
    "a ",
    "a.",
    ", ",
    "; ",
    "\n",
    " ",
    "///\n",
    "/* ",
    "/**/ ",
    "#",
    "not ",
    "a and ",
    "a = 'b' ",
    "' ",
    "\0",
    "\u{a0}",
    "x = (\n",
    "x = [\n",
    "f(",
    "}{",
    "[}",
    "([)]",
    "a b { ",
    "a \"b\" ",
    "a-b ",
    "a = b\n and c\n",
    "x = \"\\q\" ",
    "step x\n\n",
    "a=[{b=\"",
    "a = 1 } ",
    "x { } }\n",
];

/// The shortest of some runs.
fn time(text: &str, runs: usize) -> Duration {
    let file = SourceFile::new(FileId(0), "spec.res", text);
    let run = || {
        let start = Instant::now();
        let parsed = black_box(parse(black_box(&file)));
        let taken = start.elapsed();
        drop(parsed);
        taken
    };
    (0..runs).map(|_| run()).min().unwrap_or_default()
}

fn main() {
    let garbage: String = (0_u32..5_000_000)
        .map(|n| char::from_u32(32 + n.wrapping_mul(2_654_435_761) % 95).unwrap_or(' '))
        .collect();
    let clean = [
        ("spec", SPEC.to_owned(), 20_000),
        ("100 kB", SPEC.repeat(55), 100),
        ("5 MB", SPEC.repeat(3_000), 5),
    ];
    for (name, text, runs) in clean.into_iter().chain([("garbage", garbage, 5)]) {
        let speed = text.len() as f64 / 1e6 / time(&text, runs).as_secs_f64();
        println!("{name:>8}: {speed:.0} MB/s");
    }
    let file = SourceFile::new(FileId(0), "spec.res", SPEC.repeat(400));
    let parsed = parse(&file);
    let start = Instant::now();
    black_box(format(black_box(&file), black_box(&parsed)));
    println!(
        "formatted: {:.0} MB/s",
        file.text().len() as f64 / 1e6 / start.elapsed().as_secs_f64()
    );
    println!("time for 8 times the size (8 is linear, 64 quadratic):");
    for piece in PIECES {
        let count = 50_000 / piece.len();
        let ratio =
            time(&piece.repeat(8 * count), 3).as_secs_f64() / time(&piece.repeat(count), 5).as_secs_f64();
        println!(
            "{ratio:>8.0} {piece:?}{}",
            if ratio > 24.0 { "  <-- not linear" } else { "" }
        );
    }
}
