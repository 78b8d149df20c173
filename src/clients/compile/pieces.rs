//! A path in the pieces into which whatever ends TCP connections on it cuts it.
//!
//! Must not know who sends what. Next: [`super::placement`].

use super::tcp::Windows;
use crate::kernel::Id;
use crate::model::topology::{SiteLink, Topology};

/// What lies between two ends of TCP.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct Piece {
    /// Round trip over site links, ns.
    pub(in crate::clients) rtt: u64,
    /// Largest window that they let through, bytes.
    pub(in crate::clients) window: f64,
}

impl Piece {
    /// Rate of a flow that has `bytes` under way, at most, bit/s.
    pub(in crate::clients) fn cap(&self, bytes: f64) -> f64 {
        if self.rtt == 0 { f64::INFINITY } else { self.window.min(bytes) * 8e9 / self.rtt as f64 }
    }
}

/// A path in the pieces into which line optimisers cut it, at least one; over their own line there is none.
pub(in crate::clients) fn pieces(topology: &Topology, path: &[(Id<SiteLink>, usize)]) -> Vec<Piece> {
    let mut pieces = vec![Piece { rtt: 0, window: f64::INFINITY }];
    for (link, _) in path {
        let link = &topology.links[link.index()];
        if link.terminates {
            pieces.push(Piece { rtt: 0, window: f64::INFINITY });
        } else if let Some(piece) = pieces.last_mut() {
            piece.rtt += 2 * link.latency.0;
            piece.window = piece.window.min(link.window_bytes);
        }
    }
    pieces
}

/// Rate of a flow over these, one after another, each way.
pub(super) fn least(pieces: &[Piece], windows: &Windows) -> [f64; 2] {
    windows.bytes.map(|bytes| pieces.iter().map(|piece| piece.cap(bytes)).fold(f64::INFINITY, f64::min))
}
