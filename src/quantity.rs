//! Quantities with units as an administrator writes them: `45 ms`, `10 Mbps`,
//! `64 KiB`, `5 /s`, `2 GHz`, `70 %`.
//!
//! [`parse`] reads one, [`print()`] writes one such that reading it again gives the
//! same number, bit for bit. Decimal prefixes are powers of 1,000, `Ki`, `Mi`, `Gi`
//! powers of 1,024. What could mean two things (a bare number, `MBps`, a decimal
//! comma) is refused.
//!
//! Must not know which quantity is allowed where; [`crate::scenario`] checks ranges.

use std::ops::Range;

/// What a quantity measures, and the unit in which it is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dimension {
    /// Length of time, kept in nanoseconds.
    Time,
    /// Data rate, kept in bit/s.
    Bandwidth,
    /// Volume of data, kept in bytes.
    Bytes,
    /// Volume of data, kept in bits.
    Bits,
    /// Events per time, kept in 1/s.
    Rate,
    /// Clock of a core, kept in MHz.
    Frequency,
    /// Processor work, kept in megacycles.
    Cycles,
    /// A part of the whole, kept as a fraction of 1.
    Share,
}

/// A unit: how it is written, and how many kept units it is.
type Unit = (&'static str, f64);

const TIME: &[Unit] = &[
    ("ns", 1.0),
    ("\u{b5}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("day", 86_400e9),
    ("us", 1e3),
    ("\u{3bc}s", 1e3),
    ("sec", 1e9),
    ("second", 1e9),
    ("seconds", 1e9),
    ("minute", 60e9),
    ("minutes", 60e9),
    ("hour", 3600e9),
    ("hours", 3600e9),
    ("days", 86_400e9),
];
const BANDWIDTH: &[Unit] = &[
    ("bps", 1.0),
    ("kbps", 1e3),
    ("Mbps", 1e6),
    ("Gbps", 1e9),
    ("Kbps", 1e3),
    ("bit/s", 1.0),
    ("kbit/s", 1e3),
    ("Mbit/s", 1e6),
    ("Gbit/s", 1e9),
];
const BYTES: &[Unit] = &[
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("kB", 1e3),
];
const BITS: &[Unit] = &[
    ("bit", 1.0),
    ("kbit", 1e3),
    ("Mbit", 1e6),
    ("Gbit", 1e9),
    ("B", 8.0),
    ("KB", 8e3),
    ("MB", 8e6),
    ("GB", 8e9),
    ("KiB", 8.0 * 1024.0),
    ("MiB", 8.0 * 1_048_576.0),
    ("GiB", 8.0 * 1_073_741_824.0),
    ("kB", 8e3),
];
const RATE: &[Unit] = &[
    ("/s", 1.0),
    ("/min", 1.0 / 60.0),
    ("/h", 1.0 / 3600.0),
    ("/day", 1.0 / 86_400.0),
    ("/d", 1.0 / 86_400.0),
];
const FREQUENCY: &[Unit] = &[("MHz", 1.0), ("GHz", 1e3)];
const CYCLES: &[Unit] = &[("Mcycles", 1.0), ("Gcycles", 1e3), ("megacycles", 1.0)];
const SHARE: &[Unit] = &[("%", 0.01)];

impl Dimension {
    /// Every one.
    pub(crate) const ALL: [Self; 8] = [
        Self::Time,
        Self::Bandwidth,
        Self::Bytes,
        Self::Bits,
        Self::Rate,
        Self::Frequency,
        Self::Cycles,
        Self::Share,
    ];

    fn units(self) -> &'static [Unit] {
        match self {
            Self::Time => TIME,
            Self::Bandwidth => BANDWIDTH,
            Self::Bytes => BYTES,
            Self::Bits => BITS,
            Self::Rate => RATE,
            Self::Frequency => FREQUENCY,
            Self::Cycles => CYCLES,
            Self::Share => SHARE,
        }
    }

    /// How many of the units are used for printing; the others are only understood.
    fn printed(self) -> usize {
        match self {
            Self::Time => 7,
            Self::Bandwidth | Self::Bits => 4,
            Self::Bytes => 7,
            Self::Rate => 4,
            Self::Frequency | Self::Cycles => 2,
            Self::Share => 1,
        }
    }

    /// What it is, with an article.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Time => "a length of time",
            Self::Bandwidth => "a bandwidth",
            Self::Bytes | Self::Bits => "a volume of data",
            Self::Rate => "a rate",
            Self::Frequency => "a clock frequency",
            Self::Cycles => "a number of cycles",
            Self::Share => "a share",
        }
    }

    /// What it is, in a word or two, for a table of keys.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Bandwidth => "bandwidth",
            Self::Bytes => "volume",
            Self::Bits => "volume in bits",
            Self::Rate => "rate",
            Self::Frequency => "clock of a core",
            Self::Cycles => "cycles",
            Self::Share => "share",
        }
    }

    /// A regular expression for texts that [`parse`] reads, blanks around them apart, as
    /// far as that does not depend on the number.
    #[must_use]
    pub fn pattern(self) -> String {
        let units: Vec<&str> = self.units().iter().map(|(name, _)| *name).collect();
        format!("[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?\\s*({})", units.join("|"))
    }

    /// The units that are understood, for a message.
    #[must_use]
    pub fn unit_list(self) -> String {
        let names: Vec<&str> = self.units()[..self.printed()].iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// The number `number` with likely units, to be offered when one was left out.
    #[must_use]
    pub fn offer(self, number: &str) -> String {
        let units: &[&str] = match self {
            Self::Time => &["ms", "s", "min"],
            Self::Bandwidth => &["kbps", "Mbps"],
            Self::Bytes => &["B", "KB", "MB"],
            Self::Bits => &["bit", "kbit", "KB"],
            Self::Rate => &["/s", "/h"],
            Self::Frequency => &["MHz", "GHz"],
            Self::Cycles => &["Mcycles"],
            Self::Share => &["%"],
        };
        let offers: Vec<String> = units.iter().map(|unit| format!("\"{number} {unit}\"")).collect();
        match offers.as_slice() {
            [only] => only.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => String::new(),
        }
    }
}

/// Why a text is no quantity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuantityError {
    /// The offending bytes of the text.
    pub range: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// Reads a quantity; the result is in the dimension's kept unit and finite, and may
/// be negative.
///
/// # Errors
/// A text that is no number with a unit of this dimension.
pub fn parse(text: &str, dimension: Dimension) -> Result<f64, QuantityError> {
    let lead = text.len() - text.trim_start().len();
    let body = text.trim();
    let length = number_length(body);
    let (number, rest) = body.split_at(length);
    let unit = rest.trim_start();
    let number_range = lead..lead + length;
    let unit_range = lead + body.len() - unit.len()..lead + body.len();
    let fault =
        |range: Range<usize>, message: String, help: String| Err(QuantityError { range, message, help });
    if number.is_empty() {
        let message = format!("expected {}: a number and a unit", dimension.noun());
        return fault(lead..lead + body.len(), message, format!("for example {}", dimension.offer("10")));
    }
    if let Some(mark) = rest.chars().next().filter(|c| matches!(c, ',' | '_' | '\'')) {
        let message = format!("`{mark}` is no part of a number");
        let help = "write 2.5 with a point, and 12000 without marks between thousands".to_owned();
        return fault(lead + length..lead + length + mark.len_utf8(), message, help);
    }
    let Ok(value) = number.parse::<f64>() else {
        return fault(
            number_range,
            "expected a number".to_owned(),
            format!("for example {}", dimension.offer("10")),
        );
    };
    let too_large =
        |range| fault(range, "this number is too large".to_owned(), "write a finite number".to_owned());
    if !value.is_finite() {
        return too_large(number_range);
    }
    if unit.is_empty() {
        return fault(
            number_range,
            "the unit is missing".to_owned(),
            format!("write {}", dimension.offer(number)),
        );
    }
    let Some((_, factor)) = dimension.units().iter().find(|(name, _)| *name == unit) else {
        let help = if dimension == Dimension::Bandwidth && (unit.ends_with("Bps") || unit.ends_with("B/s")) {
            format!(
                "that reads as bytes; bandwidth is written in bits: 10 MBps is \"80 Mbps\"; units: {}",
                dimension.unit_list()
            )
        } else if let Some(near) =
            dimension.units().iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(unit))
        {
            format!("did you mean `{near}`? units: {}", dimension.unit_list())
        } else {
            format!("units: {}", dimension.unit_list())
        };
        return fault(unit_range, format!("`{unit}` is no unit of {}", dimension.noun()), help);
    };
    let kept = match dimension {
        // Dividing keeps 70 % exactly 0.7.
        Dimension::Share => value / 100.0,
        Dimension::Rate if *factor < 1.0 => value / (1.0 / factor).round(),
        _ => value * factor,
    };
    if !kept.is_finite() {
        return too_large(number_range);
    }
    Ok(kept)
}

/// Bytes at the beginning that are a decimal number.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let signed = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(signed);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if end == signed {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// The texts of a number that may be the shortest that is read as it.
fn digits(number: f64) -> Vec<String> {
    const EXACT: f64 = 9e15;
    if number.abs() < EXACT && libm::trunc(number) == number && number != 0.0 {
        return vec![format!("{}", number as i64)];
    }
    // The number may end in rounding noise that a few digits fewer cure.
    let mut texts = vec![format!("{number:.6}"), format!("{number}")];
    for text in &mut texts {
        if text.contains('.') {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
    }
    texts
}

/// Writes a kept value with the unit that makes it shortest; [`parse`] of the text
/// gives back `value` exactly.
#[must_use]
pub fn print(value: f64, dimension: Dimension) -> String {
    let units = &dimension.units()[..dimension.printed()];
    let mut best: Option<String> = None;
    for (name, factor) in units.iter().rev() {
        let number = match dimension {
            Dimension::Share => value * 100.0,
            Dimension::Rate => value * (1.0 / factor).round(),
            _ => value / factor,
        };
        if number.abs() < 1.0 && *name != units[0].0 {
            continue;
        }
        for text in digits(number) {
            let length = text.len() + 1 + name.len();
            if best.as_ref().is_some_and(|known| length >= known.len()) {
                continue;
            }
            let candidate = [&*text, " ", *name].concat();
            if parse(&candidate, dimension).is_ok_and(|again| again.to_bits() == value.to_bits()) {
                best = Some(candidate);
            }
        }
    }
    if value == 0.0 {
        return format!("0 {}", if dimension == Dimension::Time { "s" } else { units[0].0 });
    }
    best.unwrap_or_else(|| match dimension {
        // A fraction whose hundredfold does not divide back is written as it is.
        Dimension::Share => format!("{value}"),
        _ => format!("{value} {}", units[0].0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documented_units_are_read() {
        for (text, dimension, kept) in [
            ("45 ms", Dimension::Time, 45e6),
            ("45ms", Dimension::Time, 45e6),
            (" 1.5 h ", Dimension::Time, 5400e9),
            ("24 h", Dimension::Time, 86_400e9),
            ("1e3 us", Dimension::Time, 1e6),
            ("10 Mbps", Dimension::Bandwidth, 1e7),
            ("1544 kbps", Dimension::Bandwidth, 1.544e6),
            ("2 GHz", Dimension::Frequency, 2000.0),
            ("2000 MHz", Dimension::Frequency, 2000.0),
            ("1.5 Gcycles", Dimension::Cycles, 1500.0),
            ("150 megacycles", Dimension::Cycles, 150.0),
            ("50 KB", Dimension::Bytes, 50_000.0),
            ("64 KiB", Dimension::Bytes, 65_536.0),
            ("250 kbit", Dimension::Bits, 250_000.0),
            ("1 KB", Dimension::Bits, 8000.0),
            ("5 /s", Dimension::Rate, 5.0),
            ("1000 /h", Dimension::Rate, 1000.0 / 3600.0),
            ("70 %", Dimension::Share, 0.7),
            ("-5 ms", Dimension::Time, -5e6),
        ] {
            assert_eq!(parse(text, dimension), Ok(kept), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused_at_the_offending_bytes() {
        for (text, dimension, offending) in [
            ("40", Dimension::Time, "40"),
            ("10 MBps", Dimension::Bandwidth, "MBps"),
            ("10 mbps", Dimension::Bandwidth, "mbps"),
            ("2,5 ms", Dimension::Time, ","),
            ("1_000 ms", Dimension::Time, "_"),
            ("1'000 ms", Dimension::Time, "'"),
            ("ms", Dimension::Time, "ms"),
            ("nan s", Dimension::Time, "nan s"),
            ("inf s", Dimension::Time, "inf s"),
            ("1e999 s", Dimension::Time, "1e999"),
            ("5 Mb", Dimension::Bytes, "Mb"),
            ("", Dimension::Time, ""),
        ] {
            let error = parse(text, dimension).expect_err(text);
            assert_eq!(&text[error.range], offending, "{text}: {}", error.message);
        }
    }

    #[test]
    fn printing_chooses_the_unit_that_a_reader_would() {
        for (value, dimension, text) in [
            (45e6, Dimension::Time, "45 ms"),
            (1800e9, Dimension::Time, "30 min"),
            (86_400e9, Dimension::Time, "24 h"),
            (110e9, Dimension::Time, "110 s"),
            (0.0, Dimension::Time, "0 s"),
            (1.544e6, Dimension::Bandwidth, "1544 kbps"),
            (50_000.0, Dimension::Bytes, "50 KB"),
            (65_536.0, Dimension::Bytes, "64 KiB"),
            (2000.0, Dimension::Frequency, "2 GHz"),
            (0.1, Dimension::Cycles, "0.1 Mcycles"),
            (0.7, Dimension::Share, "70 %"),
            (0.001, Dimension::Share, "0.1 %"),
            (5.0, Dimension::Rate, "5 /s"),
        ] {
            assert_eq!(print(value, dimension), text);
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_again_gives_the_same_bits(
            mantissa in 0_u64..1_000_000_000_000,
            exponent in -6_i32..8,
            pick in 0_usize..6,
        ) {
            let dimension = [
                Dimension::Time,
                Dimension::Bandwidth,
                Dimension::Bytes,
                Dimension::Bits,
                Dimension::Rate,
                Dimension::Frequency,
                Dimension::Cycles,
            ][pick];
            let value = mantissa as f64 * libm::pow(10.0, f64::from(exponent));
            let text = print(value, dimension);
            prop_assert_eq!(parse(&text, dimension).map(f64::to_bits), Ok(value.to_bits()), "{}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,20}") {
            let _ = parse(&text, Dimension::Time);
            let _ = parse(&text, Dimension::Share);
        }
    }
}
