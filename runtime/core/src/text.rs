//! How values are written for people: the one place, so that every report writes them alike.

use std::time::Duration;

use crate::value::Value;

/// A duration in its largest fitting unit with at most three significant places: `1.5s`, `250ms`, `2m`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    const UNITS: [(f64, &str); 7] = [
        (604_800.0, "w"),
        (86_400.0, "d"),
        (3_600.0, "h"),
        (60.0, "m"),
        (1.0, "s"),
        (1e-3, "ms"),
        (1e-6, "us"),
    ];
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
    if number.abs() >= 1000.0 {
        trim(format!("{number:.1}"))
    } else {
        trim(format!("{number:.3}"))
    }
}

/// A size in its largest fitting unit: binary where it is whole, else decimal.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const BINARY: [(u64, &str); 4] = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    const DECIMAL: [(u64, &str); 4] = [
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    if bytes == 0 {
        return "0B".into();
    }
    for (size, unit) in BINARY {
        if bytes >= size && bytes.is_multiple_of(size) {
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
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "only shown; saturates"
        )]
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
        Value::List(list) => format!(
            "[{}]",
            list.iter().map(self::value).collect::<Vec<_>>().join(", ")
        ),
        Value::Record(record) => {
            let fields: Vec<_> = record
                .iter()
                .map(|(name, field)| format!("{name} = {}", self::value(field)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A wall time as RFC 3339 writes it, in UTC, to the second: `2026-11-21T01:42:33Z`.
///
/// Days are turned into a date by Howard Hinnant's `civil_from_days`.
#[must_use]
pub fn utc(wall: crate::time::WallTime) -> String {
    let seconds = wall.0 / 1_000_000_000;
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn trim(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
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
    fn wall_times_are_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_225_353, "2026-11-21T01:42:33Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(crate::time::WallTime(seconds * 1_000_000_000)), text);
        }
    }

    #[test]
    fn sizes_take_the_unit_they_were_meant_in() {
        assert_eq!(bytes(64 << 20), "64MiB");
        assert_eq!(bytes(1_000_000), "1MB");
        assert_eq!(bytes(1_500), "1.5kB");
    }
}
