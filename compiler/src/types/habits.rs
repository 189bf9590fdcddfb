//! Units as other tools write them, and bare numbers.

use rescc_core::value::Type;
use rescc_lang::tree::{Expr, Quantity};
use rescc_lang::{Applicability, Diagnostic};

use super::units::{self, Dimension};
use super::{describe, quantity};
use crate::codes::types as codes;
use crate::suggest;

/// Units by the way in which others write them; more than one where it is not clear what is meant.
const HABITS: &[(&[&str], &[&str])] = &[
    (&["nsec", "nanos", "nanosecond", "nanoseconds"], &["ns"]),
    (
        &["usec", "micros", "microsecond", "microseconds", "µs", "μs"],
        &["us"],
    ),
    (
        &[
            "msec",
            "msecs",
            "millis",
            "millisecond",
            "milliseconds",
            "MS",
            "Ms",
        ],
        &["ms"],
    ),
    (&["sec", "secs", "second", "seconds", "S"], &["s"]),
    (&["min", "mins", "minute", "minutes"], &["m"]),
    (&["hr", "hrs", "hour", "hours", "H"], &["h"]),
    (&["day", "days", "D"], &["d"]),
    (&["week", "weeks", "W"], &["w"]),
    (&["percent", "pct"], &["%"]),
    (&["b", "byte", "bytes", "Bytes"], &["B"]),
    (&["KB", "kb", "Kb", "K", "k", "Ki", "kib", "kiB"], &["kB", "KiB"]),
    (&["mb", "Mb", "mB", "M", "Mi", "mib"], &["MB", "MiB"]),
    (&["gb", "Gb", "gB", "G", "g", "Gi", "gib"], &["GB", "GiB"]),
    (&["tb", "Tb", "T", "Ti", "tib"], &["TB", "TiB"]),
    (
        &["kbps", "Kbps", "kb/s", "Kb/s", "KB/s", "kbits/s"],
        &["kbit/s", "kB/s"],
    ),
    (
        &["mbps", "Mbps", "MBps", "mb/s", "Mb/s", "mbit/s", "Mbits/s"],
        &["Mbit/s", "MB/s"],
    ),
    (&["gbps", "Gbps", "gb/s", "Gb/s", "gbit/s"], &["Gbit/s", "GB/s"]),
    (
        &[
            "rps",
            "qps",
            "tps",
            "hz",
            "Hz",
            "/sec",
            "/second",
            "req/s",
            "requests/s",
            "ops/s",
            "ps",
        ],
        &["/s"],
    ),
    (&["/min", "/minute", "rpm", "req/m"], &["/m"]),
    (&["/hour", "/hr"], &["/h"]),
    (&["/day"], &["/d"]),
];

/// A quantity whose unit is none.
pub(super) fn unknown_unit(expr: &Expr, quantity: &Quantity, want: Option<&Type>) -> Diagnostic {
    let written = format!("{}{}", quantity.number, quantity.unit);
    if let Some(one) = compound(&quantity.number, &quantity.unit) {
        return Diagnostic::error(
            codes::COMPOUND_DURATION,
            format!("`{written}` has several units"),
            expr.span,
            "expected one unit",
        )
        .help(format!("write `{one}`"))
        .note("a duration has one unit")
        .fix(format!("write `{one}`"), Applicability::Safe, expr.span, one);
    }
    let wanted = want.and_then(Dimension::of);
    let habit = HABITS
        .iter()
        .find(|(habits, _)| habits.contains(&quantity.unit.as_str()))
        .map(|(_, meant)| *meant);
    let fits = |unit: &&str| wanted.is_none() || units::find(unit).map(|unit| unit.dimension) == wanted;
    let meant: Vec<&str> = habit.unwrap_or(&[]).iter().copied().filter(fits).collect();
    let meant = if meant.is_empty() {
        habit.unwrap_or(&[]).to_vec()
    } else {
        meant
    };
    let at = quantity.unit_span;
    match meant.as_slice() {
        [] => {}
        [unit] => {
            return Diagnostic::error(
                codes::UNKNOWN_UNIT,
                format!("there is no unit `{}`", quantity.unit),
                at,
                "not a unit",
            )
            .help(format!("write `{}{unit}`", quantity.number))
            .fix(
                format!("write `{}{unit}`", quantity.number),
                Applicability::Safe,
                at,
                *unit,
            );
        }
        several => {
            let mut report = Diagnostic::error(
                codes::AMBIGUOUS_UNIT,
                format!("`{}` can mean several units", quantity.unit),
                at,
                "not a unit",
            )
            .help(format!("write {}", suggest::either(several.iter().copied())))
            .note("`kB`, `MB` and `GB` count in thousands, `KiB`, `MiB` and `GiB` in 1024; case counts");
            for unit in several {
                report = report.fix(
                    format!("write `{}{unit}`", quantity.number),
                    Applicability::Maybe,
                    at,
                    *unit,
                );
            }
            return report;
        }
    }
    let report = Diagnostic::error(
        codes::UNKNOWN_UNIT,
        format!("there is no unit `{}`", quantity.unit),
        at,
        "not a unit",
    );
    let known: Vec<&str> = match wanted {
        Some(Dimension::Bare) => {
            return report.help("it takes a number without a unit").fix(
                "remove the unit",
                Applicability::Maybe,
                at,
                "",
            );
        }
        Some(dimension) => units::of(dimension).collect(),
        None => units::UNITS
            .iter()
            .map(|unit| unit.text)
            .filter(|text| !text.is_empty())
            .collect(),
    };
    match suggest::nearest(&quantity.unit, known.iter().copied()) {
        Some(near) => report.help(format!("did you mean `{}`?", near.name)).fix(
            format!("write `{}{}`", quantity.number, near.name),
            Applicability::Maybe,
            at,
            near.name,
        ),
        None => report.help(format!("the units are {}", suggest::list(known))),
    }
}

/// `1h30m` as `90m`.
fn compound(number: &str, rest: &str) -> Option<String> {
    const PARTS: [(&str, u128); 7] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    if number.contains(['.', '-']) || !rest.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (mut sum, mut least) = (0_u128, u128::MAX);
    let mut text = format!("{number}{rest}");
    let mut parts = 0;
    while !text.is_empty() && parts < 8 {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, tail) = text.split_at_checked(digits)?;
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let (_, nanos) = PARTS.iter().find(|(name, _)| *name == unit)?;
        let nanos = *nanos;
        sum = sum.checked_add(count.parse::<u128>().ok()?.checked_mul(nanos)?)?;
        least = least.min(nanos);
        text = tail.to_owned();
        parts += 1;
    }
    let (name, _) = PARTS.iter().find(|(_, nanos)| *nanos == least)?;
    (parts > 1 && text.is_empty()).then(|| format!("{}{name}", sum / least))
}

/// A bare number where a unit is needed.
pub(super) fn missing_unit(expr: &Expr, number: &str, want: &Type) -> Diagnostic {
    let report = Diagnostic::error(
        codes::MISSING_UNIT,
        format!("`{number}` has no unit"),
        expr.span,
        format!("expected {}", describe::ty(want)),
    );
    let zero = number.parse::<f64>() == Ok(0.0);
    let offers: Vec<String> = match want {
        Type::Ratio if zero => vec!["0%".to_owned()],
        Type::Ratio => percent(number),
        Type::Duration if zero => vec!["0s".to_owned()],
        Type::Duration => vec![format!("{number}ms"), format!("{number}s")],
        Type::Bytes if zero => vec!["0B".to_owned()],
        Type::Bytes => vec![format!("{number}MB"), format!("{number}MiB")],
        Type::Bandwidth => vec![format!("{number}MB/s"), format!("{number}Mbit/s")],
        Type::Rate => vec![format!("{number}/s"), format!("{number}/m")],
        _ => Vec::new(),
    };
    let offers: Vec<String> = offers
        .into_iter()
        .filter(|offer| {
            quantity::split(offer)
                .is_some_and(|(number, unit)| quantity::read_as(number, unit, want).is_some())
        })
        .collect();
    if offers.is_empty() {
        return report;
    }
    let safe = if offers.len() == 1 {
        Applicability::Safe
    } else {
        Applicability::Maybe
    };
    let mut report = report.help(format!(
        "write {}",
        suggest::either(offers.iter().map(String::as_str))
    ));
    if *want == Type::Ratio {
        report = report.note("a share is always written with `%`");
    }
    for offer in offers {
        report = report.fix(format!("write `{offer}`"), safe, expr.span, offer);
    }
    report
}

/// What a bare number may mean as a share: `0.99` and `99` are `99%`; `1` can be all or one in a hundred.
fn percent(number: &str) -> Vec<String> {
    let Ok(value) = number.parse::<f64>() else {
        return Vec::new();
    };
    if (0.0..1.0).contains(&value) || (value <= 1.0 && number.contains('.')) {
        return vec![format!("{}%", times_hundred(number))];
    }
    if number == "1" {
        return vec!["100%".to_owned(), "1%".to_owned()];
    }
    if value <= 100.0 {
        vec![format!("{number}%")]
    } else {
        Vec::new()
    }
}

/// A decimal number with its point two places further, exactly.
fn times_hundred(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let padded = format!("{fraction:0<2}");
    let (front, back) = padded.split_at_checked(2).unwrap_or((&padded, ""));
    let whole = format!("{whole}{front}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match back.trim_end_matches('0') {
        "" => whole.to_owned(),
        back => format!("{whole}.{back}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_units_become_one() {
        assert_eq!(compound("1", "h30m").as_deref(), Some("90m"));
        assert_eq!(compound("1", "m30s").as_deref(), Some("90s"));
        assert_eq!(compound("1", "x30s"), None);
        assert_eq!(compound("1", "h30"), None);
    }

    #[test]
    fn bare_shares() {
        assert_eq!(percent("0.99"), ["99%"]);
        assert_eq!(percent("0.999"), ["99.9%"]);
        assert_eq!(percent("0.999999"), ["99.9999%"]);
        assert_eq!(percent("0.005"), ["0.5%"]);
        assert_eq!(percent("99.95"), ["99.95%"]);
        assert_eq!(percent("99"), ["99%"]);
        assert_eq!(percent("1").len(), 2);
        assert_eq!(percent("1.0"), ["100%"]);
        assert!(percent("150").is_empty());
    }
}
