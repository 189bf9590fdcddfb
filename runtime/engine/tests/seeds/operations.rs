//! The log of a world, read.

use rescc_core::time::Moment;

use crate::traced::OURS;

/// What was done, in order.
#[derive(Debug)]
pub(crate) struct Operations {
    pub(crate) lines: Vec<Line>,
}

/// A line that says something to the laws.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// A call of an action began.
    Begin {
        at: Moment,
        what: String,
        instance: String,
        id: String,
    },
    /// It ended, or was given up.
    End {
        instance: String,
        id: String,
    },
    /// The environment was asked for something that changes it, within which calls on that instance.
    Operation {
        at: Moment,
        text: String,
        inside: Vec<String>,
    },
    /// Something was written into the journal.
    Journal {
        how: String,
        what: String,
        id: String,
    },
    Event {
        at: Moment,
        kind: String,
        text: String,
    },
    Arm {
        id: String,
        until: Moment,
    },
    Disarm {
        at: Moment,
        id: String,
    },
}

/// The operations that change an instance.
const OPERATIONS: [&str; 10] = [
    "signal",
    "freeze",
    "thaw",
    "port-add",
    "port-remove",
    "disk-fill",
    "disk-release",
    "start",
    "stop",
    "restart",
];

// === impl Operations ===

impl Operations {
    pub(crate) fn of(log: &[(Moment, String)]) -> Self {
        let mut lines = Vec::new();
        // The calls that are under way: what, instance, injection.
        let mut open: Vec<(String, String, String)> = Vec::new();
        for (at, text) in log {
            let Some(ours) = text.strip_prefix(OURS) else {
                lines.extend(operation(*at, text, &open));
                continue;
            };
            let words: Vec<&str> = ours.split(' ').collect();
            let word = |place: usize| words.get(place).copied().unwrap_or_default().to_owned();
            match word(0).as_str() {
                "begin" => {
                    open.push((word(1), word(2), word(3)));
                    lines.push(Line::Begin {
                        at: *at,
                        what: word(1),
                        instance: word(2),
                        id: word(3),
                    });
                }
                "end" => {
                    let call = (word(1), word(2), word(3));
                    if let Some(place) = open.iter().position(|other| *other == call) {
                        open.remove(place);
                    }
                    lines.push(Line::End {
                        instance: call.1,
                        id: call.2,
                    });
                }
                "event" => {
                    let text = words.get(3..).unwrap_or_default().join(" ");
                    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                    let kind = value
                        .get("event")
                        .and_then(|kind| kind.as_str())
                        .unwrap_or_default()
                        .to_owned();
                    lines.push(Line::Event { at: *at, kind, text });
                }
                "arm" => lines.push(Line::Arm {
                    id: word(1),
                    until: Moment(word(2).parse().unwrap_or(0)),
                }),
                "disarm" => lines.push(Line::Disarm { at: *at, id: word(1) }),
                "sample" => {}
                _ => lines.push(Line::Journal {
                    how: word(0),
                    what: word(1),
                    id: word(2),
                }),
            }
        }
        Self { lines }
    }
}

/// `freeze cache-1`, `port-add strike1/web-1 on web-1 (fails)`, `signal 9 to web-1`.
fn operation(at: Moment, text: &str, open: &[(String, String, String)]) -> Option<Line> {
    let (first, rest) = text.split_once(' ')?;
    if !OPERATIONS.contains(&first) {
        return None;
    }
    let plain = rest.split(" (").next().unwrap_or_default();
    // By its name where the operation tells one, else by the instance.
    let about = match first {
        "signal" => plain.split(' ').nth(2),
        _ => plain.split(' ').next(),
    }?;
    let inside = open
        .iter()
        .filter(|(_, instance, id)| instance == about || id == about)
        .map(|(what, _, _)| what.clone())
        .collect();
    Some(Line::Operation {
        at,
        text: text.to_owned(),
        inside,
    })
}
