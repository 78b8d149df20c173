//! Numbers and names as people read them: `45.3 ms`, `12.3 %`, `1,234 goals`.
//!
//! By hand: what crates there are for this round durations to whole units, and tables,
//! charts and sentences must say a number in the same words. Knows no result;
//! [`super::format`] has numbers as files hold them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::format;

/// Nanoseconds in words, three figures: `850 µs`, `45.3 ms`, `2.1 s`, `3.5 min`, `2 h`.
#[must_use]
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 999.5e3 => (ns / 1e3, "µs"),
        ns if ns < 999.5e6 => (ns / 1e6, "ms"),
        ns if ns < 119.95e9 => (ns / 1e9, "s"),
        ns if ns < 7_194e9 => (ns / 60e9, "min"),
        ns => (ns / 3600e9, "h"),
    };
    format!("{} {unit}", three_figures(value))
}

/// A share in words: `12.3 %`, `0.02 %`, `0 %`; anything above zero is never shown as 0.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        return "<0.01 %".to_owned();
    }
    if percent >= 999.5 {
        return format!("{} %", thousands(percent.round() as u64));
    }
    format!("{} %", if percent < 9.95 { format::real(percent, 2) } else { format::real(percent, 1) })
}

/// A number to three figures.
pub(crate) fn three_figures(value: f64) -> String {
    let places = match value.abs() {
        v if v >= 999.5 => {
            let sign = if value < 0.0 { "-" } else { "" };
            return format!("{sign}{}", thousands(v.round() as u64));
        }
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    format::real(value, places)
}

/// Columns that a text takes on a terminal: Chinese letters take two, accents none.
#[must_use]
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The longest beginning of `letters` that takes at most `room` columns.
fn take(letters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used <= room
    };
    letters.take_while(fits).collect()
}

/// At most `width` columns, three dots in one inside: names often differ at their end.
pub(super) fn shorten_name(name: &str, width: usize) -> String {
    if columns(name) <= width {
        return name.to_owned();
    }
    let back = width.saturating_sub(1) * 2 / 5;
    let front: String = take(name.chars(), width.saturating_sub(1 + back)).into_iter().collect();
    let back: String = take(name.chars().rev(), back).into_iter().rev().collect();
    format!("{front}\u{2026}{back}")
}

/// At most `width` columns, the last one three dots in one where something is missing.
#[must_use]
pub fn shorten(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut short: String = take(text.chars(), width.saturating_sub(1)).into_iter().collect();
    short.truncate(short.trim_end().len());
    short.push('\u{2026}');
    short
}

/// A whole number with commas between its thousands.
#[must_use]
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The mean over `runs` of what was counted in all of them, rounded: every count that people are shown.
#[must_use]
pub fn per_run(count: u64, runs: u32) -> String {
    thousands((count as f64 / f64::from(runs.max(1))).round() as u64)
}

/// A factor of the load to three significant figures, so that two of them that are 5 %
/// apart differ: `0.0412`, `1.93`, `12.4`.
#[must_use]
pub fn load_factor(factor: f64) -> String {
    let places = match factor {
        f if f >= 0.9995 => return three_figures(f),
        f if f >= 0.09995 => 3,
        _ => 4,
    };
    format::real(factor, places)
}

/// `1 goal`, `1,234 goals`.
pub(super) fn count(n: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(n as u64), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_their_sign() {
        assert_eq!(
            [850e3, 45.3e6, 2.1e9, 210e9, 7.2e12].map(duration),
            ["850 µs", "45.3 ms", "2.1 s", "3.5 min", "2 h"]
        );
    }

    #[test]
    fn means_of_counts_are_rounded() {
        assert_eq!(
            [(1_265, 3), (4_508, 3), (335, 3), (7, 0)].map(|(all, runs)| per_run(all, runs)),
            ["422", "1,503", "112", "7"]
        );
    }

    #[test]
    fn shares_have_their_sign() {
        assert_eq!(
            [0.0, 0.00001, 0.0123, 0.576, 23.52].map(percent),
            ["0 %", "<0.01 %", "1.23 %", "57.6 %", "2,352 %"]
        );
    }

    /// Each Chinese letter takes two columns, so that a column of a table stays upright.
    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(columns("東京 CAS"), 8);
        assert_eq!(shorten("東京東京", 6), "東京\u{2026}");
        assert_eq!(shorten_name("東京東京東京", 8), "東京\u{2026}京");
        assert_eq!(shorten_name("Amsterdam headquarters", 11), "Amster\u{2026}ters");
    }
}
