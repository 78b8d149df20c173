//! Writing numbers and names so that they are exact, short and safe to open in a
//! spreadsheet.

use super::clock::Local;

/// Whether a letter is a mark that turns the direction of what follows it, whatever that is: a name with
/// one would turn the figures beside it. Letters that run from right to left need none.
#[must_use]
pub fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a letter may stand in a page: no control character but a line break and a tab, and no mark that
/// turns the direction.
#[must_use]
pub fn may_stand(letter: char) -> bool {
    !turns_direction(letter) && (!letter.is_control() || matches!(letter, '\n' | '\t'))
}

/// Appends `ns` nanoseconds as milliseconds: exact, at least three decimals, no
/// more than needed (`1.500`, `0.000001`).
#[inline]
pub fn push_millis(out: &mut Vec<u8>, ns: u64) {
    push_fraction(out, ns / 1_000_000, (ns % 1_000_000) as u32, 6);
}

/// Appends `ns` nanoseconds as seconds: exact, at least three decimals.
#[inline]
pub fn push_seconds(out: &mut Vec<u8>, ns: i128) {
    if ns < 0 {
        out.push(b'-');
    }
    let ns = ns.unsigned_abs();
    push_fraction(out, (ns / 1_000_000_000) as u64, (ns % 1_000_000_000) as u32, 9);
}

/// Appends a time of day by ISO 8601 with its offset from UTC, `08:15:00+01:00`; with
/// milliseconds, cut off, where it is no whole second.
pub fn push_local(out: &mut Vec<u8>, local: Local) {
    let two =
        |out: &mut Vec<u8>, n: u64| out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
    let millis = local.since_midnight / 1_000_000;
    let second = millis / 1000;
    two(out, second / 3600);
    out.push(b':');
    two(out, second / 60 % 60);
    out.push(b':');
    two(out, second % 60);
    if !local.since_midnight.is_multiple_of(1_000_000_000) {
        out.push(b'.');
        out.push(b'0' + (millis % 1000 / 100) as u8);
        two(out, millis % 100);
    }
    out.push(if local.offset_minutes < 0 { b'-' } else { b'+' });
    let offset = u64::from(local.offset_minutes.unsigned_abs());
    two(out, offset / 60);
    out.push(b':');
    two(out, offset % 60);
}

/// Appends a whole number.
#[inline]
pub fn push_int(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
fn push_fraction(out: &mut Vec<u8>, whole: u64, mut fraction: u32, digits: usize) {
    push_int(out, whole);
    let mut text = [b'0'; 10];
    text[0] = b'.';
    for place in text[1..=digits].iter_mut().rev() {
        *place = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
    let mut end = digits + 1;
    while end > 4 && text[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&text[..end]);
}

/// `ns` nanoseconds as milliseconds, as [`push_millis`] writes them.
#[must_use]
pub fn millis(ns: u64) -> String {
    ascii(|out| push_millis(out, ns))
}

/// `ns` nanoseconds as seconds, as [`push_seconds`] writes them.
#[must_use]
pub fn seconds(ns: i128) -> String {
    ascii(|out| push_seconds(out, ns))
}

fn ascii(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(24);
    write(&mut out);
    out.into_iter().map(char::from).collect()
}

/// A real number with at most `places` decimals and no trailing zeros; empty
/// when it is not finite.
#[must_use]
pub fn real(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let mut text = format!("{value:.places$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if text == "-0" { "0".to_owned() } else { text }
}

/// A name as a spreadsheet may see it: one that begins like a formula (`=`, `+`,
/// `-`, `@`, tab or carriage return) gets an apostrophe in front, which
/// spreadsheets do not show.
#[must_use]
pub fn safe(name: &str) -> std::borrow::Cow<'_, str> {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{name}").into() } else { name.into() }
}

/// A name as a CSV field: [`safe`], and quoted where it must be.
#[must_use]
pub fn quoted(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len() + 3);
    push_field(&mut out, &safe(name));
    // Bytes of a string, and quotes between them.
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends a CSV field, quoted where it holds a comma, a quote or a line break.
#[inline]
pub fn push_field(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for &byte in text.as_bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Appends 16 hexadecimal digits.
#[inline]
pub fn push_hash(out: &mut Vec<u8>, value: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0_u8; 16];
    for (place, digit) in text.iter_mut().enumerate() {
        *digit = DIGITS[(value >> (60 - 4 * place)) as usize & 15];
    }
    out.extend_from_slice(&text);
}

/// Appends a real number as [`real`] writes it.
pub fn push_real(out: &mut Vec<u8>, value: f64, places: usize) {
    out.extend_from_slice(real(value, places).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_and_short() {
        assert_eq!(millis(0), "0.000");
        assert_eq!(millis(1_500_000), "1.500");
        assert_eq!(millis(1), "0.000001");
        assert_eq!(millis(12_345_678), "12.345678");
        assert_eq!(millis(12_345_600), "12.3456");
        assert_eq!(seconds(1_800_000_000_000), "1800.000");
        assert_eq!(seconds(-1), "-0.000000001");
        assert_eq!(seconds(-90_250_000_000), "-90.250");
    }

    #[test]
    fn local_times_are_iso() {
        let iso = |since_midnight, offset_minutes| {
            ascii(|out| push_local(out, Local { day: 1, since_midnight, offset_minutes }))
        };
        assert_eq!(iso(29_700_000_000_000, 60), "08:15:00+01:00");
        assert_eq!(iso(86_399_999_999_999, -270), "23:59:59.999-04:30");
        assert_eq!(iso(1_050_000_000, 0), "00:00:01.050+00:00");
    }

    #[test]
    fn real_numbers_have_no_noise() {
        assert_eq!(real(0.5, 6), "0.5");
        assert_eq!(real(0.1 + 0.2, 6), "0.3");
        assert_eq!(real(1234.0, 3), "1234");
        assert_eq!(real(100.0, 0), "100");
        assert_eq!(real(-1e-9, 6), "0");
        assert_eq!(real(f64::NAN, 6), "");
        assert_eq!(real(f64::INFINITY, 6), "");
    }

    #[test]
    fn names_cannot_break_a_row_or_run_in_a_spreadsheet() {
        assert_eq!(quoted("Boston"), "Boston");
        assert_eq!(quoted("Boston, MA"), "\"Boston, MA\"");
        assert_eq!(quoted("the \"hub\""), "\"the \"\"hub\"\"\"");
        for begin in ["=", "+", "-", "@", "\t"] {
            assert_eq!(quoted(&format!("{begin}cmd()")), format!("'{begin}cmd()"));
        }
        assert_eq!((quoted("\rx"), quoted("a-b")), ("\"'\rx\"".to_owned(), "a-b".to_owned()));
        assert_eq!(quoted("@a,b"), "\"'@a,b\"");
    }
}
