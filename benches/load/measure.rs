//! Medians and percentiles.

/// The middle of some figures.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// The figure in milliseconds that `share` of some figures in microseconds do not exceed.
pub fn percentile(micros: &[u32], share: f64) -> f64 {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() as f64 * share).ceil() as usize;
    let found = sorted.get(place.saturating_sub(1));
    found.map_or(f64::NAN, |micros| f64::from(*micros) / 1e3)
}
