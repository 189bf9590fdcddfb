/// Counts of things in numbered places, with the place of the k-th thing in O(log n).
///
/// Source: Fenwick, *A New Data Structure for Cumulative Frequency Tables* (1994).
#[derive(Debug)]
pub(crate) struct Fenwick {
    /// One-based: place `i` is `tree[i + 1]`.
    tree: Vec<u64>,
    total: u64,
}

// === impl Fenwick ===

impl Fenwick {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            tree: vec![0; places + 1],
            total: 0,
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Puts `count` things into a place.
    pub(crate) fn add(&mut self, place: usize, count: u64) {
        self.total = self.total.wrapping_add(count);
        let mut at = place + 1;
        while let Some(node) = self.tree.get_mut(at) {
            *node = node.wrapping_add(count);
            at += at & at.wrapping_neg();
        }
    }

    /// Takes `count` things that were put there out of a place.
    pub(crate) fn remove(&mut self, place: usize, count: u64) {
        self.add(place, count.wrapping_neg());
    }

    /// The place of the `rank`-th thing, counted from 1; past the last place if there are fewer.
    pub(crate) fn place_of(&self, rank: u64) -> usize {
        let mut place = 0;
        let mut missing = rank;
        let mut stride = self.tree.len().checked_ilog2().map_or(0, |bits| 1_usize << bits);
        while stride > 0 {
            if let Some(node) = self.tree.get(place + stride)
                && *node < missing
            {
                place += stride;
                missing -= node;
            }
            stride >>= 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_sorted_list(
            places in prop::collection::vec(0_usize..20, 1..60), gone in 0_usize..30, rank in 1_u64..70,
        ) {
            let mut tree = Fenwick::new(20);
            places.iter().for_each(|place| tree.add(*place, 1));
            let gone = gone.min(places.len());
            places.iter().take(gone).for_each(|place| tree.remove(*place, 1));
            let mut kept: Vec<usize> = places.into_iter().skip(gone).collect();
            kept.sort_unstable();
            prop_assert_eq!(tree.total(), kept.len() as u64);
            if let Some(place) = kept.get(rank as usize - 1) {
                prop_assert_eq!(tree.place_of(rank), *place);
            }
        }
    }
}
