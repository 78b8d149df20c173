//! What people are shown has nothing in it that they cannot see: control characters, those that turn the direction of a
//! line around, and those without width, of names and paths, are written as `\u{202e}`. Data (JSON, CSV, files) stays.

use std::io::{self, Write};

/// Passes text on, escaped. Colours (`ESC [ ... m`) are let through.
pub(crate) struct Visible<'w>(pub(crate) &'w mut dyn Write);

impl Write for Visible<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
        if bytes.iter().all(plain) {
            self.0.write_all(bytes)?;
            return Ok(bytes.len());
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(escaped(text).as_bytes())?,
            // A part of a letter, or of no text at all.
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let colour = colour_of(rest);
        if colour > 0 {
            shown.push_str(&rest[..colour]);
            rest = &rest[colour..];
            continue;
        }
        if is_unseen(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
        rest = &rest[letter.len_utf8()..];
    }
    shown
}

/// Bytes of the colour with which a text begins.
fn colour_of(text: &str) -> usize {
    let Some(inside) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = inside.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(inside.len());
    if inside[end..].starts_with('m') { 2 + end + 1 } else { 0 }
}

fn is_unseen(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        // Bidirectional marks, embeddings, overrides and isolates; without width; separators of lines; tags.
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{ad}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        letter => letter.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        let mut out = Vec::new();
        let said = "Zürich 日本 \u{202e}evil\u{200b} \u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}\r\n";
        Visible(&mut out).write_all(said.as_bytes()).unwrap();
        let shown =
            "Zürich 日本 \\u{202e}evil\\u{200b} \u{1b}[1;31mred\u{1b}[0m \\u{1b}]0;title\\u{7}\\u{d}\n";
        assert_eq!(String::from_utf8(out).unwrap(), shown);
    }
}
