//! Numbers with units, read exactly.

use std::time::Duration;

use rescc_core::value::{Type, Value};

use super::units::{self, Dimension, Unit};

/// How many digits a number may have.
const MAX_DIGITS: usize = 27;

/// Why a number with a known unit has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// It is not whole, but must be.
    NotWhole,
    /// It is negative, but can't be.
    Negative,
    /// It is larger than can be.
    TooLarge,
}

/// A decimal number: the digits as one whole number, and how many of them stand behind the point.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    negative: bool,
    digits: u128,
    places: u32,
}

/// The value of a number with its unit. A bare number is a count where it is written whole, else a number.
pub(crate) fn read(number: &str, unit: &Unit) -> Result<Value, NoValue> {
    let decimal = Decimal::read(number).ok_or(NoValue::TooLarge)?;
    match unit.dimension {
        Dimension::Duration => {
            let nanos = u64::try_from(decimal.times(unit)?).map_err(|_| NoValue::TooLarge)?;
            Ok(Value::Duration(Duration::from_nanos(nanos)))
        }
        Dimension::Bytes => {
            if !decimal.is_whole_in(unit) {
                return Err(NoValue::NotWhole);
            }
            u64::try_from(decimal.times(unit)?)
                .map(Value::Bytes)
                .map_err(|_| NoValue::TooLarge)
        }
        Dimension::Bare if !number.contains('.') => {
            let count = i64::try_from(decimal.digits).map_err(|_| NoValue::TooLarge)?;
            Ok(Value::Count(if decimal.negative { -count } else { count }))
        }
        dimension => {
            let number: f64 = number.parse().map_err(|_| NoValue::TooLarge)?;
            #[expect(clippy::cast_precision_loss, reason = "the fractions of the table are small")]
            let scaled = number * unit.numerator as f64 / unit.denominator as f64;
            if scaled < 0.0 && dimension != Dimension::Bare {
                return Err(NoValue::Negative);
            }
            Ok(match dimension {
                Dimension::Ratio => Value::Ratio(scaled),
                Dimension::Bandwidth => Value::Bandwidth(scaled),
                Dimension::Rate => Value::Rate(scaled),
                _ => Value::Number(scaled),
            })
        }
    }
}

/// The value of a quantity where it is one of a type.
pub(crate) fn read_as(number: &str, unit: &str, ty: &Type) -> Option<Value> {
    let unit = units::find(unit)?;
    if Dimension::of(ty)? != unit.dimension {
        return None;
    }
    match (read(number, unit).ok()?, ty) {
        (Value::Count(count), Type::Number) => Some(number_of(count)),
        (Value::Number(_), Type::Count) => None,
        (value, _) => Some(value),
    }
}

/// A count as a number.
pub(crate) fn number_of(count: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "numbers of the language are floating")]
    Value::Number(count as f64)
}

/// A text such as `5s`, split into number and unit.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    let number = text.get(..text.len() - digits.len() + end)?;
    let unit = digits.get(end..)?;
    let well_formed =
        number.matches('.').count() <= 1 && !number.ends_with('.') && !unit.contains(char::is_whitespace);
    well_formed.then_some((number, unit))
}

// === impl Decimal ===

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        if whole.len() + fraction.len() > MAX_DIGITS {
            return None;
        }
        let mut digits: u128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            digits = digits.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        Some(Self {
            negative,
            digits,
            places: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// In base units, rounded to the nearest.
    fn times(self, unit: &Unit) -> Result<u128, NoValue> {
        if self.negative && self.digits > 0 {
            return Err(NoValue::Negative);
        }
        let product = self
            .digits
            .checked_mul(u128::from(unit.numerator))
            .ok_or(NoValue::TooLarge)?;
        let divisor = 10_u128.checked_pow(self.places).ok_or(NoValue::TooLarge)?;
        Ok((product + divisor / 2) / divisor)
    }

    fn is_whole_in(self, unit: &Unit) -> bool {
        let product = self.digits.checked_mul(u128::from(unit.numerator));
        let divisor = 10_u128.checked_pow(self.places);
        matches!((product, divisor), (Some(product), Some(divisor)) if product % divisor == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Value, NoValue> {
        let (number, unit) = split(text).unwrap();
        read(number, units::find(unit).unwrap())
    }

    #[test]
    fn quantities_are_read_exactly() {
        assert_eq!(value("1.5s"), Ok(Value::Duration(Duration::from_millis(1_500))));
        assert_eq!(
            value("30d"),
            Ok(Value::Duration(Duration::from_secs(30 * 86_400)))
        );
        assert_eq!(value("0.1s"), Ok(Value::Duration(Duration::from_millis(100))));
        assert_eq!(value("1.5kB"), Ok(Value::Bytes(1_500)));
        assert_eq!(value("1.5B"), Err(NoValue::NotWhole));
        assert_eq!(value("99.5%"), Ok(Value::Ratio(0.995)));
        assert_eq!(value("8Mbit/s"), Ok(Value::Bandwidth(1_000_000.0)));
        assert_eq!(value("-1s"), Err(NoValue::Negative));
        assert_eq!(value("3"), Ok(Value::Count(3)));
        assert_eq!(value("-3"), Ok(Value::Count(-3)));
        assert_eq!(value("14.4"), Ok(Value::Number(14.4)));
        assert_eq!(value("99999999999w"), Err(NoValue::TooLarge));
    }
}
