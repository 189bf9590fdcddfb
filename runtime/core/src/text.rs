//! How values are written for people: the one place, so that every report writes them alike.

use std::time::Duration;

use crate::value::Value;

/// A duration in its largest fitting unit with at most three significant places: `1.5s`, `250ms`, `2m`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    const UNITS: [(f64, &str); 7] =
        [(604_800.0, "w"), (86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us")];
    let seconds = duration.as_secs_f64();
    if duration.is_zero() {
        return "0s".into();
    }
    for (size, unit) in UNITS {
        if seconds >= size {
            // A minute and above are only used where they say it exactly: `90s` reads better than `1.5m`.
            let count = seconds / size;
            if size > 1.0 && (count - count.round()).abs() > 1e-9 {
                continue;
            }
            return format!("{}{unit}", number(count));
        }
    }
    format!("{}ns", duration.as_nanos())
}

/// A share in per cent: `99.5%`.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    let percent = ratio * 100.0;
    // A share that is not whole must not be rounded up to one: 99.97 % is not 100 %.
    let rounded = (percent * 1_000.0).round() / 1_000.0;
    if rounded >= 100.0 && percent < 100.0 {
        return "99.999%".into();
    }
    format!("{}%", trim(format!("{rounded:.3}")))
}

/// A number with at most three places, without trailing zeros.
#[must_use]
pub fn number(number: f64) -> String {
    if number.abs() >= 1000.0 { trim(format!("{number:.1}")) } else { trim(format!("{number:.3}")) }
}

/// A size in its largest fitting unit: binary where it is whole, else decimal.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const BINARY: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    const DECIMAL: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    if bytes == 0 {
        return "0B".into();
    }
    for (size, unit) in BINARY {
        if bytes >= size && bytes % size == 0 {
            return format!("{}{unit}", bytes / size);
        }
    }
    for (size, unit) in DECIMAL {
        if bytes >= size {
            #[expect(clippy::cast_precision_loss, reason = "only shown")]
            return format!("{}{unit}", number(bytes as f64 / size as f64));
        }
    }
    format!("{bytes}B")
}

/// Any value.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Ratio(share) => ratio(*share),
        Value::Duration(time) => duration(*time),
        Value::Bytes(size) => bytes(*size),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only shown; saturates")]
        Value::Bandwidth(speed) => format!("{}/s", bytes(speed.max(0.0) as u64)),
        Value::Rate(rate) => format!("{}/s", number(*rate)),
        Value::Count(count) => count.to_string(),
        Value::Number(plain) => number(*plain),
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) | Value::Word(text) => text.clone(),
        Value::Template(parts) => parts
            .iter()
            .map(|part| match part {
                crate::value::TemplatePart::Literal(text) => text.clone(),
                crate::value::TemplatePart::Name(name) => format!("${{{name}}}"),
            })
            .collect(),
        Value::Range(low, high) => format!("{}..{}", self::value(low), self::value(high)),
        Value::List(list) => format!("[{}]", list.iter().map(self::value).collect::<Vec<_>>().join(", ")),
        Value::Record(record) => {
            let fields: Vec<_> = record.iter().map(|(name, field)| format!("{name} = {}", self::value(field))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact_and_short() {
        let cases = [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(17), "17ns"),
            (Duration::from_millis(250), "250ms"),
            (Duration::from_millis(1500), "1.5s"),
            (Duration::from_secs(90), "90s"),
            (Duration::from_secs(120), "2m"),
            (Duration::from_secs(30 * 86_400), "30d"),
        ];
        for (time, text) in cases {
            assert_eq!(duration(time), text);
        }
    }

    #[test]
    fn a_share_below_one_is_never_shown_as_whole() {
        assert_eq!(ratio(0.999_999_9), "99.999%");
        assert_eq!(ratio(1.0), "100%");
        assert_eq!(ratio(0.001), "0.1%");
    }

    #[test]
    fn sizes_take_the_unit_they_were_meant_in() {
        assert_eq!(bytes(64 << 20), "64MiB");
        assert_eq!(bytes(1_000_000), "1MB");
        assert_eq!(bytes(1_500), "1.5kB");
    }
}
