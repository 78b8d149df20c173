//! Colours, dashes and fills, fixed once: a protocol looks the same in every chart of
//! every run ([`crate::output::protocols`]); dashes and hatching tell neighbours apart in grey.

use super::bars::Fill;
use super::line::Style;
use super::lines::TOGETHER;
use super::scene::{Colour, INK, Scene, WHITE};
use crate::itinerary::Part;
use crate::model::protocol::Protocol;
use crate::output::protocols::{DASH_DOT, DASH_DOT_DOT, DASHED, DOTTED, LONG, SHORT, facts};

pub(super) use crate::output::protocols::{BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, SOLID, VERMILION};

pub(super) const YELLOW: Colour = [0xf0, 0xe4, 0x42];
pub(super) const GREY: Colour = [0x9a, 0x9a, 0x9a];

/// What is not good enough, always with a [`cross`].
pub(super) const BAD: Colour = [0xb9, 0x3f, 0x00];
/// What is, always with a [`tick`].
pub(super) const GOOD: Colour = [0x00, 0x62, 0x9c];

/// From this share on a limit is reached, as titles have it: what is shown as 100 %.
pub(super) const REACHED: f64 = 0.9995;

/// Use of a limit: up to a quarter, a half, four fifths, the whole, and beyond.
pub(super) fn class_of_use(share: f64) -> Colour {
    match share {
        share if share < 0.25 => [0x9a, 0xa3, 0xab],
        share if share < 0.5 => [0x5b, 0x8f, 0xb5],
        share if share < 0.8 => [0xc9, 0x85, 0x00],
        share if share < REACHED => [0xd5, 0x5e, 0x00],
        _ => [0x8f, 0x1d, 0x00],
    }
}

/// A cross around a point.
pub(super) fn cross(scene: &mut Scene, x: f64, y: f64) {
    for slope in [1.0, -1.0] {
        scene.line(vec![(x - 4.0, y - 4.0 * slope), (x + 4.0, y + 4.0 * slope)], 2.2, BAD, &[]);
    }
}

/// A tick around a point.
pub(super) fn tick(scene: &mut Scene, x: f64, y: f64) {
    scene.line(vec![(x - 4.5, y), (x - 1.5, y + 3.5), (x + 4.5, y - 4.0)], 2.2, GOOD, &[]);
}

/// White where its contrast on `fill` is 4.5 at least, else ink (WCAG 2.2, 1.4.3).
pub(super) fn readable_on(fill: Colour) -> Colour {
    if contrast(WHITE, fill) >= 4.5 { WHITE } else { INK }
}

/// Contrast of two colours, 1 to 21, as WCAG defines it.
fn contrast(a: Colour, b: Colour) -> f64 {
    let channel = |value: u8| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { libm::pow((share + 0.055) / 1.055, 2.4) }
    };
    let luminance = |[r, g, b]: Colour| 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Looks of lines that have no look of their own.
pub(super) const STYLES: [Style; TOGETHER] = [
    Style { colour: BLUE, dash: SOLID },
    Style { colour: VERMILION, dash: DASHED },
    Style { colour: GREEN, dash: DOTTED },
    Style { colour: ORANGE, dash: LONG },
    Style { colour: SKY, dash: DASH_DOT },
    Style { colour: PURPLE, dash: SHORT },
    Style { colour: BLACK, dash: DASH_DOT_DOT },
];

/// Fills of parts that have no look of their own.
pub(super) const FILLS: [Fill; TOGETHER] = [
    Fill { colour: BLUE, hatch: 0 },
    Fill { colour: ORANGE, hatch: 0 },
    Fill { colour: GREEN, hatch: 1 },
    Fill { colour: VERMILION, hatch: 0 },
    Fill { colour: SKY, hatch: 2 },
    Fill { colour: PURPLE, hatch: 3 },
    Fill { colour: BLACK, hatch: 0 },
];

/// The look of a protocol's line.
pub(super) fn style(protocol: Option<Protocol>) -> Style {
    let facts = facts(protocol);
    Style { colour: facts.colour, dash: facts.dash }
}

/// The name of a protocol in a chart.
pub(super) fn title(protocol: Option<Protocol>) -> &'static str {
    facts(protocol).title
}

/// Fill of a part of latency: what belongs together has one colour.
pub(super) fn part_fill(part: Part) -> Fill {
    let (colour, hatch) = match part {
        Part::ClientNetwork => (SKY, 0),
        Part::Dns => (GREY, 3),
        Part::Handshake => (YELLOW, 0),
        Part::EntryQueue => (VERMILION, 1),
        Part::EntryService => (VERMILION, 0),
        Part::TargetQueue => (ORANGE, 1),
        Part::TargetService => (ORANGE, 0),
        Part::MailboxQueue => (PURPLE, 1),
        Part::MailboxService => (PURPLE, 0),
        Part::WanTransfer => (BLUE, 0),
        Part::WanPropagation => (BLUE, 2),
        Part::Retry => (BLACK, 0),
        Part::Redirect => (GREEN, 3),
        Part::Other => (GREY, 0),
        Part::Human => (GREEN, 1),
    };
    Fill { colour, hatch }
}

/// An interval, with its ends.
pub(super) fn whisker(scene: &mut Scene, from: f64, to: f64, y: f64) {
    scene.line(vec![(from, y), (to, y)], 1.6, INK, &[]);
    for x in [from, to] {
        scene.line(vec![(x, y - 5.0), (x, y + 5.0)], 1.6, INK, &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is printed as 100 % of a limit has the colour of it.
    #[test]
    fn what_rounds_to_the_limit_is_at_it() {
        assert_eq!(class_of_use(0.9997), class_of_use(1.0));
        assert_ne!(class_of_use(0.999), class_of_use(1.0));
    }

    #[test]
    fn white_stands_only_on_what_is_dark_enough() {
        assert!((contrast(WHITE, [0; 3]) - 21.0).abs() < 1e-9);
        // The published contrast of white on #767676 is 4.54, on #777777 4.48.
        assert!((contrast(WHITE, [0x76; 3]) - 4.54).abs() < 0.005);
        assert_eq!(readable_on([0x76; 3]), WHITE);
        assert_eq!(readable_on([0x77; 3]), INK);
        // Vermilion has 3.9.
        assert_eq!(readable_on(VERMILION), INK);
        assert_eq!([BAD, GOOD].map(readable_on), [WHITE; 2]);
    }
}
