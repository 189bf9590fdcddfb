//! Indicators, error budgets, burn rates and histograms: pure arithmetic over samples.
