//! Lists in a line: as many items as the width holds whole; and lines in a width.

use crate::output::words::{columns, count, shorten, thousands};

/// `head item, item and 2 others 34`: as many items as fit the width whole, at least one,
/// and what the counts of the others add up to.
pub(super) fn counts_within(head: &str, items: &[(u64, String)], width: usize) -> String {
    let line = |shown: usize| {
        let texts: Vec<&str> = items[..shown].iter().map(|(_, text)| text.as_str()).collect();
        let rest = match &items[shown..] {
            [] => String::new(),
            rest => format!(
                " and {} {}",
                count(rest.len(), "other"),
                thousands(rest.iter().map(|(count, _)| count).sum())
            ),
        };
        (format!("{head} {}", texts.join(", ")), rest)
    };
    let fits = |shown: &usize| {
        let (line, rest) = line(*shown);
        columns(&line) + columns(&rest) <= width
    };
    let (line, rest) = line((1..=items.len()).rev().find(fits).unwrap_or(items.len().min(1)));
    // A single name that is too long gives way to what is said of the others.
    shorten(&line, width.saturating_sub(columns(&rest))) + &rest
}

/// `head: item, item`, with as many items as fit the width whole, at least one.
pub(super) fn list_within(head: &str, items: impl Iterator<Item = String>, width: usize) -> String {
    let mut line = format!("{head}:");
    for (place, item) in items.enumerate() {
        if place > 0 && columns(&line) + 2 + columns(&item) > width {
            break;
        }
        line.push_str(if place > 0 { ", " } else { " " });
        line.push_str(&item);
    }
    shorten(&line, width)
}

/// Words that stand behind a number.
const UNITS: [&str; 7] = ["%", "\u{b5}s", "ms", "s", "min", "h", "Mbit/s"];

/// Every line in so many columns: one that is longer goes on in the next, further in.
/// Colours take no columns.
pub(in crate::output) fn wrapped(text: &str, width: usize) -> String {
    let seen = |part: &str| columns(&anstream::adapter::strip_str(part).to_string());
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let whole = line.trim_end_matches('\n');
        if seen(whole) <= width {
            out.push_str(line);
            continue;
        }
        let indent = whole.len() - whole.trim_start().len();
        let further = " ".repeat(indent + 2);
        let mut used = 0;
        let words: Vec<&str> = whole.split(' ').collect();
        for (place, word) in words.iter().enumerate() {
            let room = seen(word);
            // A number stays with its unit.
            let unit =
                words.get(place + 1).filter(|next| UNITS.contains(&next.trim_end_matches([',', ')', ';'])));
            let together = room + unit.map_or(0, |unit| 1 + seen(unit));
            if place > 0 && used + 1 + together > width && used > further.len() {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                out.push_str(&further);
                used = further.len();
            } else if place > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += room;
        }
        if line.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}
