//! Colours, dashes and fills, fixed once: a protocol looks the same in every chart of
//! every run. The colours are those of Okabe and Ito, distinguishable with any colour
//! vision, and for the protocols beyond their number three of Tol's muted scheme and a brown; dashes
//! and hatching tell neighbours apart in grey.

use super::bars::Fill;
use super::lines::{Style, TOGETHER};
use super::scene::Colour;
use crate::itinerary::Part;
use crate::model::topology::Protocol;

pub(super) const BLUE: Colour = [0x00, 0x72, 0xb2];
pub(super) const VERMILION: Colour = [0xd5, 0x5e, 0x00];
pub(super) const GREEN: Colour = [0x00, 0x9e, 0x73];
pub(super) const ORANGE: Colour = [0xe6, 0x9f, 0x00];
pub(super) const SKY: Colour = [0x56, 0xb4, 0xe9];
pub(super) const PURPLE: Colour = [0xcc, 0x79, 0xa7];
pub(super) const BLACK: Colour = [0x00, 0x00, 0x00];
pub(super) const YELLOW: Colour = [0xf0, 0xe4, 0x42];
const INDIGO: Colour = [0x33, 0x22, 0x88];
const WINE: Colour = [0x88, 0x22, 0x55];
const OLIVE: Colour = [0x99, 0x99, 0x33];
const BROWN: Colour = [0x8c, 0x51, 0x0a];
pub(super) const GREY: Colour = [0x9a, 0x9a, 0x9a];

pub(super) const SOLID: &[f64] = &[];
pub(super) const DASHED: &[f64] = &[9.0, 4.0];
pub(super) const DOTTED: &[f64] = &[2.5, 3.5];
pub(super) const LONG: &[f64] = &[18.0, 5.0];
pub(super) const DASH_DOT: &[f64] = &[11.0, 4.0, 2.5, 4.0];
pub(super) const SHORT: &[f64] = &[5.0, 3.0];
pub(super) const DASH_DOT_DOT: &[f64] = &[11.0, 3.0, 2.5, 3.0, 2.5, 3.0];

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

/// A protocol looks the same everywhere, and has a colour of its own: in panels, where
/// there are no dashes, it is told by that alone.
pub(super) fn style(protocol: Option<Protocol>) -> Style {
    let (colour, dash) = match protocol {
        Some(Protocol::Owa) => (BLUE, SOLID),
        Some(Protocol::Eas) => (VERMILION, DASHED),
        Some(Protocol::OutlookAnywhere) => (GREEN, LONG),
        Some(Protocol::OutlookCached) => (INDIGO, SOLID),
        Some(Protocol::OutlookOnline) => (BROWN, DASHED),
        Some(Protocol::MapiHttp) => (WINE, DASH_DOT),
        Some(Protocol::Ews) => (PURPLE, SHORT),
        Some(Protocol::Autodiscover) => (BLACK, DOTTED),
        Some(Protocol::Oab) => (OLIVE, DASH_DOT),
        Some(Protocol::Pop) => (ORANGE, DASH_DOT_DOT),
        Some(Protocol::Imap) => (SKY, SOLID),
        None => (BLUE, SOLID),
    };
    Style { colour, dash }
}

/// The name of a protocol in a chart.
pub(super) fn title(protocol: Option<Protocol>) -> &'static str {
    protocol.map_or("Custom", Protocol::title)
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
    };
    Fill { colour, hatch }
}
