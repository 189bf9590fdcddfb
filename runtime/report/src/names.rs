//! Lists of instances, short.

use std::collections::BTreeMap;

/// The most groups that are listed.
const MAX_GROUPS: usize = 4;

/// The instances in few words: `api-1..3, cache-1`.
pub(crate) fn compress<S: AsRef<str>>(names: &[S]) -> String {
    let mut numbered: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut order: Vec<(&str, bool)> = Vec::new();
    for name in names.iter().map(AsRef::as_ref) {
        match split(name) {
            Some((stem, number)) => {
                if !numbered.contains_key(stem) {
                    order.push((stem, true));
                }
                numbered.entry(stem).or_default().push(number);
            }
            None => order.push((name, false)),
        }
    }
    let mut groups = Vec::new();
    for (name, is_stem) in order {
        match numbered.get_mut(name) {
            Some(numbers) if is_stem => {
                numbers.sort_unstable();
                numbers.dedup();
                for run in numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
                    groups.push(match run {
                        [first, .., last] if last - first > 1 => {
                            (run.len(), format!("{name}{first}..{last}"))
                        }
                        [first, last] => (2, format!("{name}{first}, {name}{last}")),
                        [only] => (1, format!("{name}{only}")),
                        _ => continue,
                    });
                }
            }
            _ => groups.push((1, name.to_owned())),
        }
    }
    let left: usize = groups.iter().skip(MAX_GROUPS).map(|(count, _)| count).sum();
    let mut text = groups
        .into_iter()
        .take(MAX_GROUPS)
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(", ");
    if left > 0 {
        text = format!("{text} and {left} more");
    }
    text
}

/// A name that ends with a number which is written plainly.
fn split(name: &str) -> Option<(&str, u64)> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = name.strip_prefix(stem)?;
    let number: u64 = digits.parse().ok()?;
    (!stem.is_empty() && number.to_string() == digits).then_some((stem, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined() {
        for (names, text) in [
            (vec!["api-1", "api-2", "api-3"], "api-1..3"),
            (vec!["api-3", "api-1"], "api-1, api-3"),
            (vec!["api-1", "api-2"], "api-1, api-2"),
            (
                vec!["cache", "api-1", "api-2", "api-3", "api-9"],
                "cache, api-1..3, api-9",
            ),
            (vec!["a-01", "a-02", "a-03"], "a-01, a-02, a-03"),
            (vec!["1", "2", "3"], "1, 2, 3"),
            (
                vec!["a18446744073709551615", "a99999999999999999999"],
                "a18446744073709551615, a99999999999999999999",
            ),
            (vec![], ""),
        ] {
            assert_eq!(compress(&names), text);
        }
    }

    #[test]
    fn long_lists_end() {
        let names: Vec<_> = (0..20).map(|at| format!("n-{}", at * 2)).collect();
        assert_eq!(compress(&names), "n-0, n-2, n-4, n-6 and 16 more");
    }
}
