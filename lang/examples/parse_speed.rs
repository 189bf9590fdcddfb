//! Prints how many megabytes a second the parser reads: `cargo run --release -p rescc-lang --example parse_speed`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use rescc_lang::{FileId, SourceFile, parse};

const SPEC: &str = include_str!("../tests/examples/7-compose.res");

fn main() {
    let garbage: String = (0_u32..5_000_000)
        .map(|n| char::from_u32(32 + n.wrapping_mul(2_654_435_761) % 95).unwrap_or(' '))
        .collect();
    let only = std::env::args().nth(1);
    for (name, text, runs) in
        [("spec", SPEC.to_owned(), 20_000), ("100 kB", SPEC.repeat(55), 50), ("5 MB", SPEC.repeat(3_000), 5), ("garbage", garbage, 5)]
    {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let file = SourceFile::new(FileId(0), name, text);
        let best = (0..runs)
            .map(|_| {
                let start = Instant::now();
                let parsed = black_box(parse(black_box(&file)));
                let taken = start.elapsed();
                drop(parsed);
                taken
            })
            .min()
            .unwrap_or_default();
        let speed = file.text().len() as f64 / 1e6 / best.as_secs_f64();
        println!("{name:>8}: {speed:.0} MB/s ({:.3} MB)", file.text().len() as f64 / 1e6);
    }
}
