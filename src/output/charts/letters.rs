//! How wide texts are in the bundled font, and how they are shortened, so that a layout can
//! keep them apart without any drawing library.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthChar;

/// Advances of the letters from blank to tilde in thousandths of an em: Inter Regular.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357,
    625, 464, 605, 636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507,
    936, 676, 651, 727, 719, 598, 587, 743, 740, 264, 543, 652, 562, 889, 753, 761,
    635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469, 452,
    497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597,
    609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];

/// The same of Inter SemiBold.
#[rustfmt::skip]
const SEMIBOLD: [u16; 95] = [
    248, 309, 396, 643, 649, 844, 663, 213, 393, 393, 543, 673, 295, 466, 290, 379,
    667, 481, 621, 652, 666, 632, 648, 587, 646, 648, 290, 295, 673, 673, 673, 544,
    999, 724, 657, 744, 724, 608, 586, 755, 744, 275, 561, 677, 566, 906, 741, 775,
    643, 776, 651, 649, 660, 734, 724, 1007, 690, 705, 653, 393, 379, 393, 481, 468,
    497, 575, 630, 577, 630, 593, 377, 625, 613, 261, 261, 569, 261, 898, 610, 608,
    625, 625, 397, 549, 380, 608, 576, 837, 562, 576, 562, 393, 358, 393, 673,
];

/// Width of a text. Letters beyond ASCII count as a wide one, those of East Asia, which the
/// reader's font has as wide as high, as an em, and accents and marks that stand on others not at all.
#[must_use]
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &SEMIBOLD } else { &REGULAR };
    let thousandths: u32 = text
        .chars()
        .map(|c| match (c as u32).checked_sub(32).and_then(|i| table.get(i as usize)) {
            Some(&advance) => u32::from(advance),
            None => match c.width() {
                Some(0) => 0,
                Some(2) => 1_000,
                _ => 960,
            },
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size
}

/// `text`, shortened by an ellipsis at its end where it is wider than `width`.
#[must_use]
pub(super) fn fit(text: &str, width: f64, size: f64, bold: bool) -> String {
    shorten(text, width, size, bold, 1.0)
}

/// Between the ends of a link or a pair of sites.
const ARROW: &str = " \u{2192} ";

/// A name, shortened by an ellipsis inside: what tells names apart is often their end. Of
/// `A → B` each end is shortened by itself, and the arrow stays.
#[must_use]
pub(super) fn fit_name(name: &str, width: f64, size: f64, bold: bool) -> String {
    shorten_name(name, width, size, bold, HEADS[0])
}

/// Shares of the room that the beginning of a shortened name takes, tried in turn.
const HEADS: [f64; 4] = [0.6, 0.3, 0.85, 0.1];

/// Names of one picture: as [`fit_name`], but where two different names would look the same,
/// they are shortened elsewhere, and at last less, until they differ.
#[must_use]
pub(super) fn fit_apart(names: &[&str], width: f64, size: f64, bold: bool) -> Vec<String> {
    let mut fitted: Vec<String> = names.iter().map(|name| fit_name(name, width, size, bold)).collect();
    let wider = |step: usize| width * (1.0 + 0.25 * (step / HEADS.len()) as f64);
    // Twelve times a quarter more is four times the room: what is still equal is longer than a picture.
    for step in 1..HEADS.len() * 12 {
        let mut owners: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, label) in fitted.iter().enumerate() {
            owners.entry(label).or_default().push(index);
        }
        let alike = |of: &&Vec<usize>| of.iter().any(|&index| names[index] != names[of[0]]);
        let alike: Vec<usize> = owners.values().filter(alike).flatten().copied().collect();
        if alike.is_empty() {
            break;
        }
        for index in alike {
            fitted[index] = shorten_name(names[index], wider(step), size, bold, HEADS[step % HEADS.len()]);
        }
    }
    fitted
}

/// The widest of some texts.
#[must_use]
pub(super) fn widest<'t>(texts: impl IntoIterator<Item = &'t str>, size: f64, bold: bool) -> f64 {
    texts.into_iter().map(|text| text_width(text, size, bold)).fold(0.0, f64::max)
}

/// `text` in lines of at most `width`, `most` of them; a word that is wider than a line is
/// shortened inside, the last line at its end. A number and its unit stay together.
#[must_use]
pub(super) fn wrap(text: &str, width: f64, size: f64, bold: bool, most: usize) -> Vec<String> {
    const UNITS: [&str; 7] = ["%", "s", "ms", "\u{b5}s", "min", "h", "Mbit/s"];
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let unit = word.trim_end_matches([',', '.', ';', ':', ')']);
        match words.last_mut() {
            // A short quotation stays together as well.
            Some(quoted)
                if quoted.starts_with('\u{201c}') && !quoted.contains('\u{201d}') && quoted.len() < 24 =>
            {
                quoted.push(' ');
                quoted.push_str(word);
            }
            // `88.3 a second` is a figure with its unit.
            Some(figure) if unit == "a" && figure.ends_with(|c: char| c.is_ascii_digit()) => {
                figure.push(' ');
                figure.push_str(word);
            }
            Some(figure) if unit == "second" && figure.ends_with(" a") => {
                figure.push(' ');
                figure.push_str(word);
            }
            // A line does not begin with the arrow of a link.
            Some(from) if word == "\u{2192}" => from.push_str(" \u{2192}"),
            Some(number) if UNITS.contains(&unit) && number.ends_with(|c: char| c.is_ascii_digit()) => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    for word in &mut words {
        *word = fit_name(word, width, size, bold);
    }
    let mut lines = broken(&words, width, size, bold);
    // The narrowest that takes no more lines, so that none is much shorter than the others.
    if (2..=most).contains(&lines.len()) {
        let narrower = (50..100).map(|percent| width * f64::from(percent) / 100.0);
        let mut narrower = narrower.map(|width| broken(&words, width, size, bold));
        lines = narrower.find(|narrow| narrow.len() <= lines.len()).unwrap_or(lines);
    }
    if lines.len() > most {
        let rest = lines.split_off(most).join(" ");
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last} {rest}"), width, size, bold);
        }
    }
    lines
}

/// Words in lines of at most `width`, as many in each as fit.
fn broken(words: &[String], width: f64, size: f64, bold: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size, bold) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

fn shorten_name(name: &str, width: f64, size: f64, bold: bool, head: f64) -> String {
    let Some((from, to)) = name.split_once(ARROW) else { return shorten(name, width, size, bold, head) };
    let room = width - text_width(ARROW, size, bold);
    let [from_needs, to_needs] = [from, to].map(|end| text_width(end, size, bold));
    // An end that needs less than half leaves the rest to the other.
    let half = room / 2.0;
    let (from_room, to_room) = if from_needs <= half {
        (from_needs, room - from_needs)
    } else if to_needs <= half {
        (room - to_needs, to_needs)
    } else {
        (half, half)
    };
    let [from, to] =
        [(from, from_room), (to, to_room)].map(|(end, room)| shorten(end, room, size, bold, head));
    format!("{from}{ARROW}{to}")
}

fn shorten(text: &str, width: f64, size: f64, bold: bool, head: f64) -> String {
    // A width that was measured from this very text must hold it, whatever the last bit says.
    if text_width(text, size, bold) <= width + 0.01 {
        return text.to_owned();
    }
    let room = width - text_width("\u{2026}", size, bold);
    let advance = |c: char| text_width(c.encode_utf8(&mut [0; 4]), size, bold);
    let take = |chars: &mut dyn Iterator<Item = char>, room: f64| -> Vec<char> {
        let mut left = room;
        chars
            .take_while(|&c| {
                left -= advance(c);
                left >= 0.0
            })
            .collect()
    };
    let front: String = take(&mut text.chars(), room * head).into_iter().collect();
    let back: String = take(&mut text.chars().rev(), room * (1.0 - head)).into_iter().rev().collect();
    format!("{}\u{2026}{}", front.trim_end(), back.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_of_a_link_is_shortened_by_itself() {
        let long = "Amsterdam headquarters \u{2192} Frankfurt am Main data centre";
        let fitted = fit_name(long, 220.0, 13.0, false);
        let (from, to) = fitted.split_once(ARROW).unwrap();
        assert!(from.starts_with("Amst") && from.contains('\u{2026}') && from.ends_with("rs"), "{fitted}");
        assert!(to.starts_with("Fran") && to.contains('\u{2026}') && to.ends_with("re"), "{fitted}");
        assert!(text_width(&fitted, 13.0, false) <= 220.0);
        // A short end leaves its room to the long one.
        let fitted = fit_name("Oslo \u{2192} Frankfurt am Main data centre", 220.0, 13.0, false);
        assert!(fitted.starts_with("Oslo \u{2192} Frankfurt"), "{fitted}");
    }

    /// Names that differ in their middle alone, where a short form would leave it out.
    #[test]
    fn no_two_labels_are_equal() {
        let names: Vec<String> = (10..40)
            .map(|n| format!("Regional headquarters number {n} and data centre of the north"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let fitted = fit_apart(&names, 150.0, 13.0, false);
        let different: std::collections::BTreeSet<_> = fitted.iter().collect();
        assert_eq!(different.len(), names.len(), "{fitted:?}");
        assert!(fitted.iter().all(|label| label.contains('\u{2026}')));
        // Equal names may have equal labels, short ones stay.
        assert_eq!(fit_apart(&["Boston", "Boston"], 150.0, 13.0, false), ["Boston", "Boston"]);
    }

    #[test]
    fn lines_break_between_words_but_not_before_a_unit() {
        let lines = wrap("aaaa bbbb 12 ms cccc", text_width("aaaa bbbb 12", 13.0, false), 13.0, false, 3);
        assert_eq!(lines, ["aaaa bbbb", "12 ms cccc"]);
        let cut = wrap("aaaa bbbb cccc dddd", text_width("aaaa bbbb", 13.0, false), 13.0, false, 1);
        assert!(cut.len() == 1 && cut[0].ends_with('\u{2026}'), "{cut:?}");
        assert!(wrap("", 10.0, 13.0, false, 2).is_empty());
        let link =
            wrap("that of Hull \u{2192} Bath", text_width("that of Hull", 13.0, false) + 1.0, 13.0, false, 3);
        assert!(link.iter().all(|line| !line.starts_with('\u{2192}')), "{link:?}");
    }
}
