//! What a process has written.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The last lines that are shown, and the most that is read for them.
const LINES: usize = 8;
const BYTES: u64 = 8 << 10;
const LINE_LENGTH: usize = 200;

/// The last lines of an output, each indented by a bar; empty where there is nothing.
pub(crate) fn tail(path: &Path) -> String {
    let text = read_end(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.len().saturating_sub(LINES);
    lines
        .iter()
        .skip(first)
        .map(|line| format!("\n  | {}", shown(line)))
        .collect()
}

fn read_end(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Without what would play with a terminal.
fn shown(line: &str) -> String {
    line.chars()
        .take(LINE_LENGTH)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
