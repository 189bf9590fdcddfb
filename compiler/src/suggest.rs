//! The nearest name, and lists of names for people.

/// How many names a list in a message shows.
const SHOWN: usize = 12;

/// How many candidates are looked at; beyond that nobody is helped by one of them.
const LOOKED_AT: usize = 4_096;

/// A candidate that is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Near<'a> {
    /// The name.
    pub(crate) name: &'a str,
    /// Whether no other is as near.
    pub(crate) only: bool,
}

/// The candidate nearest to what was written, if it is near: a third of its letters, at least one, may differ.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Near<'a>> {
    let letters: Vec<char> = written.chars().collect();
    let limit = (letters.len() / 3).max(1);
    let mut best: Option<(usize, Near<'a>)> = None;
    for name in candidates.into_iter().take(LOOKED_AT) {
        if name.len().abs_diff(written.len()) > 4 * limit || name == written {
            continue;
        }
        let far = distance(&letters, name);
        if far > limit {
            continue;
        }
        match &mut best {
            Some((least, near)) if *least == far => near.only &= near.name == name,
            Some((least, _)) if *least < far => {}
            _ => best = Some((far, Near { name, only: true })),
        }
    }
    best.map(|(_, near)| near)
}

/// How many letters must be put in, left out, replaced or swapped with their neighbours (Damerau and Levenshtein,
/// optimal string alignment); case alone counts nothing.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let same = |x: &char, y: &char| x == y || x.eq_ignore_ascii_case(y);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(!same(x, y)))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped = i > 0
                && j > 0
                && a.get(i - 1).is_some_and(|z| same(z, y))
                && b.get(j - 1).is_some_and(|z| same(x, z));
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// `a`, `b` and `c`, in backticks; a long list is cut.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names, "and")
}

/// `a`, `b` or `c`, in backticks; a long list is cut.
pub(crate) fn either<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names, "or")
}

fn join<'a>(names: impl IntoIterator<Item = &'a str>, word: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        let shown: Vec<String> = names.iter().take(SHOWN).cloned().collect();
        return format!("{} and {} more", shown.join(", "), names.len() - SHOWN);
    }
    match names.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["cache", "checkout", "api"];
        let found = |written| nearest(written, names).map(|near| near.name);
        assert_eq!(found("cahce"), Some("cache"));
        assert_eq!(found("chekout"), Some("checkout"));
        assert_eq!(found("Cache"), Some("cache"));
        assert_eq!(found("database"), None);
        assert_eq!(found("ap"), Some("api"));
        assert_eq!(nearest("ab", ["aa", "bb"]).map(|near| near.only), Some(false));
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(either(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(list([]), "none");
    }
}
