//! What output says of a protocol: its word in columns, its name, its looks. The one place
//! of this layer that tells protocols apart.

use crate::model::protocol::Protocol;

/// What stands in a `protocol` column for the sources of a custom workload.
pub(super) const CUSTOM: &str = "custom";

/// Words and looks of a protocol.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Facts {
    /// In columns of CSV files.
    pub(super) token: &'static str,
    /// In headings and charts.
    pub(super) title: &'static str,
    /// Red, green, blue. No two protocols share one: in panels, where there are no dashes,
    /// they are told apart by it alone.
    pub(super) colour: [u8; 3],
    /// Strokes and gaps of its line in turn; empty is solid.
    pub(super) dash: &'static [f64],
}

/// The facts of a protocol; of the sources of a custom workload for `None`.
///
/// Colours are those of Okabe and Ito, distinguishable with any colour vision, and for the
/// protocols beyond their number three of Tol's muted scheme and a brown.
pub(super) fn facts(protocol: Option<Protocol>) -> Facts {
    let (colour, dash) = match protocol {
        None | Some(Protocol::Owa) => (BLUE, SOLID),
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
    };
    Facts {
        token: protocol.map_or(CUSTOM, Protocol::token),
        title: protocol.map_or("Custom", Protocol::title),
        colour,
        dash,
    }
}

pub(super) const BLUE: [u8; 3] = [0x00, 0x72, 0xb2];
pub(super) const VERMILION: [u8; 3] = [0xd5, 0x5e, 0x00];
pub(super) const GREEN: [u8; 3] = [0x00, 0x9e, 0x73];
pub(super) const ORANGE: [u8; 3] = [0xe6, 0x9f, 0x00];
pub(super) const SKY: [u8; 3] = [0x56, 0xb4, 0xe9];
pub(super) const PURPLE: [u8; 3] = [0xcc, 0x79, 0xa7];
pub(super) const BLACK: [u8; 3] = [0x00, 0x00, 0x00];
const INDIGO: [u8; 3] = [0x33, 0x22, 0x88];
const WINE: [u8; 3] = [0x88, 0x22, 0x55];
const OLIVE: [u8; 3] = [0x99, 0x99, 0x33];
const BROWN: [u8; 3] = [0x8c, 0x51, 0x0a];

pub(super) const SOLID: &[f64] = &[];
pub(super) const DASHED: &[f64] = &[9.0, 4.0];
pub(super) const DOTTED: &[f64] = &[2.5, 3.5];
pub(super) const LONG: &[f64] = &[18.0, 5.0];
pub(super) const DASH_DOT: &[f64] = &[11.0, 4.0, 2.5, 4.0];
pub(super) const SHORT: &[f64] = &[5.0, 3.0];
pub(super) const DASH_DOT_DOT: &[f64] = &[11.0, 3.0, 2.5, 3.0, 2.5, 3.0];
