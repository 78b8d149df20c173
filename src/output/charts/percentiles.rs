//! Which percentiles are shown, and how they are called.

/// The percentiles that every folder shows.
pub const USUAL: [f64; 3] = [50.0, 95.0, 99.0];

/// A percentile in words: `median`, `95th percentile`, `99.9th percentile`.
#[must_use]
pub(super) fn words(percentile: f64) -> String {
    if percentile == 50.0 { "median".to_owned() } else { format!("{} percentile", ordinal(percentile)) }
}

/// `95th`, `91st`, `99.9th`.
#[must_use]
pub(super) fn ordinal(percentile: f64) -> String {
    let figures = crate::output::format::real(percentile, 3);
    let is_whole = !figures.contains('.');
    let ending = match (is_whole, percentile as u32 % 10, percentile as u32 % 100) {
        (true, 1, tens) if tens != 11 => "st",
        (true, 2, tens) if tens != 12 => "nd",
        (true, 3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{figures}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_in_words() {
        let all = [50.0, 95.0, 91.0, 72.0, 93.0, 11.0, 99.9].map(words);
        let expected = ["median", "95th percentile", "91st percentile", "72nd percentile"];
        assert_eq!(all[..4], expected);
        assert_eq!(all[4..], ["93rd percentile", "11th percentile", "99.9th percentile"]);
    }
}
