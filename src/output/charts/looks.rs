//! Colours, dashes and fills, fixed once: a protocol looks the same in every chart of
//! every run ([`crate::output::protocols`]); dashes and hatching tell neighbours apart in grey.

use super::bars::Fill;
use super::lines::{Style, TOGETHER};
use super::scene::Colour;
use crate::itinerary::Part;
use crate::model::protocol::Protocol;
use crate::output::protocols::{DASH_DOT, DASH_DOT_DOT, DASHED, DOTTED, LONG, SHORT, facts};

pub(super) use crate::output::protocols::{BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, SOLID, VERMILION};

pub(super) const YELLOW: Colour = [0xf0, 0xe4, 0x42];
pub(super) const GREY: Colour = [0x9a, 0x9a, 0x9a];

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
