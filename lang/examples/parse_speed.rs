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
    for (name, text) in [("clean", SPEC.repeat(3_000)), ("garbage", garbage)] {
        let file = SourceFile::new(FileId(0), name, text);
        let best = (0..5)
            .map(|_| {
                let start = Instant::now();
                black_box(parse(black_box(&file)));
                start.elapsed()
            })
            .min()
            .unwrap_or_default();
        let speed = file.text().len() as f64 / 1e6 / best.as_secs_f64();
        println!("{name:>8}: {speed:.0} MB/s ({:.1} MB)", file.text().len() as f64 / 1e6);
    }
}
