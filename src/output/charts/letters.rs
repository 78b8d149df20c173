//! How wide texts are in the bundled font, and how they are shortened, so that a layout can
//! keep them apart without any drawing library.

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

/// Width of a text; letters beyond ASCII count as a wide one.
#[must_use]
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &SEMIBOLD } else { &REGULAR };
    let thousandths: u32 = text
        .chars()
        .map(|c| match (c as u32).checked_sub(32).and_then(|i| table.get(i as usize)) {
            Some(&advance) => u32::from(advance),
            None => 960,
        })
        .sum();
    f64::from(thousandths) / 1000.0 * size
}

/// `text`, shortened by an ellipsis at its end where it is wider than `width`.
#[must_use]
pub(super) fn fit(text: &str, width: f64, size: f64, bold: bool) -> String {
    shorten(text, width, size, bold, 1.0)
}

/// A name, shortened by an ellipsis inside: what tells names apart is often their end.
#[must_use]
pub(super) fn fit_name(name: &str, width: f64, size: f64, bold: bool) -> String {
    shorten(name, width, size, bold, 0.6)
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
