//! The slow origin of the prices, and their form.

/// How many items the shop sells.
pub(super) const ITEMS: u32 = 48;
const ROWS: usize = 40_000;

/// A table of purchases without an index: rows of item and cents.
#[derive(Debug)]
pub(super) struct Database {
    rows: Vec<(u32, u32)>,
}

/// The number of prices in a list; `None` when it is no list of prices.
pub(super) fn items(list: &[u8]) -> Option<usize> {
    let prices: Result<Vec<u64>, _> = std::str::from_utf8(list)
        .ok()?
        .split(',')
        .map(str::parse)
        .collect();
    prices.ok().map(|prices| prices.len())
}

// === impl Database ===

impl Database {
    /// The same rows in every run.
    pub(super) fn generate() -> Self {
        // Knuth's MMIX generator: The Art of Computer Programming, volume 2, 3.3.4, table 1.
        let mut state: u64 = 1;
        let rows = (0..ROWS).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let high = u32::try_from(state >> 32).unwrap_or_default();
            (high % ITEMS, high % 9_973)
        });
        Self { rows: rows.collect() }
    }

    /// The average price of each item in cents, by a scan of the whole table per item: 1 to 20 ms of work.
    pub(super) fn read_prices(&self) -> String {
        let prices = (0..ITEMS).map(|wanted| {
            let (mut sum, mut found) = (0_u64, 0_u64);
            for (item, cents) in std::hint::black_box(&self.rows) {
                if *item == wanted {
                    sum = sum.saturating_add(u64::from(*cents));
                    found += 1;
                }
            }
            sum.checked_div(found).unwrap_or_default().to_string()
        });
        prices.collect::<Vec<_>>().join(",")
    }
}
