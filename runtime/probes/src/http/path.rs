//! Paths into JSON: `$`, then any of `.name`, `["name"]`, `[n]`. A small part of RFC 9535.

use serde_json::Value;

/// What stands at a path; `None` where there is nothing, and where the path is none.
pub(super) fn find<'a>(whole: &'a Value, path: &str) -> Option<&'a Value> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut at = whole;
    while !rest.is_empty() {
        (at, rest) = step(at, rest)?;
    }
    Some(at)
}

/// Follows the first segment; answers what stands there, and the segments after it.
fn step<'a, 'p>(at: &'a Value, path: &'p str) -> Option<(&'a Value, &'p str)> {
    if let Some(after) = path.strip_prefix('.') {
        let (name, rest) = after.split_at_checked(after.find(['.', '[']).unwrap_or(after.len()))?;
        return if name.is_empty() {
            None
        } else {
            Some((at.get(name)?, rest))
        };
    }
    let after = path.strip_prefix('[')?;
    for quote in ['"', '\''] {
        if let Some(quoted) = after.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((at.get(name)?, rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = after.split_once(']')?;
    let plain = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(())?;
    Some((at.get(index.parse::<usize>().ok()?)?, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths() {
        let whole = json!({ "a": { "b": [10, { "c d": 11 }] }, "": 12, "é": 13 });
        for (path, found) in [
            ("$.a.b[0]", Some(json!(10))),
            ("$.a.b[1][\"c d\"]", Some(json!(11))),
            ("$['a'].b[0]", Some(json!(10))),
            ("$[\"\"]", Some(json!(12))),
            ("$.é", Some(json!(13))),
            ("$.a.b[2]", None),
            ("$.a.b[-1]", None),
            ("$.a.b[+1]", None),
            ("$.a.b[", None),
            ("$.a.b[]", None),
            ("$.a.b[0", None),
            ("$.a.b[\"", None),
            ("$.a.b[99999999999999999999999]", None),
            ("$.a.", None),
            ("$..a", None),
            ("$a", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(find(&whole, path).cloned(), found, "{path}");
        }
        assert_eq!(find(&whole, "$"), Some(&whole));
    }
}
