//! What a TCP connection has under way between two systems, each way: what its receiver takes, what
//! its sender keeps in flight, and with how much it begins.
//!
//! Whoever has been silent for longer than `restart_after` begins again with the initial window (RFC
//! 5681, 4.1); between requests clients are silent for longer. Must not know paths. Next:
//! [`super::placement`].

use crate::clients::steps::{Machine, ProtocolFacts, Transport};
use crate::model::switches::OperatingSystem;
use crate::model::unit_costs::{Figure, Figures};

/// Bytes of a segment.
const SEGMENT: f64 = 1_460.0;

/// Who holds the client's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::clients) enum End {
    /// Windows.
    Windows(OperatingSystem),
    /// A telephone.
    Device,
}

/// Towards the server.
pub(in crate::clients) const UP: usize = 0;
/// Back.
pub(in crate::clients) const DOWN: usize = 1;

/// What a connection has under way, [`UP`] and [`DOWN`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct Windows {
    /// In its first round trip, bits.
    pub(in crate::clients) initial_bits: [f64; 2],
    /// In a round trip at most, bytes.
    pub(in crate::clients) bytes: [f64; 2],
}

/// Whether a protocol is HTTP, which http.sys serves.
fn is_http(facts: &ProtocolFacts) -> bool {
    match facts.transport {
        Transport::Web | Transport::RpcOverHttp | Transport::MapiOverHttp => true,
        Transport::Rpc | Transport::Mail => false,
    }
}

impl End {
    /// Of clients of a protocol whose computers run `os`.
    pub(in crate::clients) fn of(facts: &ProtocolFacts, os: OperatingSystem) -> Self {
        if facts.machine == Machine::Eas { Self::Device } else { Self::Windows(os) }
    }

    fn initial_bits(self, figures: &Figures) -> f64 {
        use OperatingSystem as Os;
        let segments = match self {
            Self::Device | Self::Windows(Os::Server2003 | Os::Server2008Sp2 | Os::Server2008R2) => {
                Figure::WindowEarly
            }
            Self::Windows(Os::Server2012 | Os::Server2012R2) => Figure::WindowLate,
            Self::Windows(Os::Server2016 | Os::Server2019) => Figure::WindowLatest,
        };
        figures[segments] * SEGMENT * 8.0
    }

    /// What it takes in a round trip, bytes; `by_http`: an HTTP client of Windows (WinINet or WinHTTP), for
    /// which auto-tuning is off.
    fn takes(self, by_http: bool, figures: &Figures) -> f64 {
        use OperatingSystem as Os;
        figures[match (self, by_http) {
            (Self::Device, _) => Figure::WindowDevice,
            (Self::Windows(Os::Server2003), _) => Figure::Window2003,
            (Self::Windows(Os::Server2008Sp2), true) => Figure::WindowHttpVista,
            (Self::Windows(_), true) => Figure::WindowHttp,
            (Self::Windows(_), false) => Figure::WindowTuned,
        }]
    }
}

/// Between a client and a server on `server`.
pub(in crate::clients) fn to_client(
    facts: &ProtocolFacts,
    client: End,
    server: OperatingSystem,
    figures: &Figures,
) -> Windows {
    let (http, server) = (is_http(facts), End::Windows(server));
    let answers = figures[if http { Figure::HttpInFlight } else { Figure::SendBuffer }];
    Windows {
        initial_bits: [client.initial_bits(figures), server.initial_bits(figures)],
        bytes: [
            server.takes(false, figures).min(figures[Figure::SendBuffer]),
            client.takes(http, figures).min(answers),
        ],
    }
}

/// Between a server that passes a request on, or reads a store (`in_store`), and the one that answers it. Exchange
/// opens these by sockets, for which auto-tuning is on.
pub(in crate::clients) fn between(
    facts: &ProtocolFacts,
    in_store: bool,
    [from, to]: [OperatingSystem; 2],
    figures: &Figures,
) -> Windows {
    let [from, to] = [from, to].map(End::Windows);
    let answers =
        figures[if is_http(facts) && !in_store { Figure::HttpInFlight } else { Figure::SendBuffer }];
    Windows {
        initial_bits: [from, to].map(|end| end.initial_bits(figures)),
        bytes: [
            to.takes(false, figures).min(figures[Figure::SendBuffer]),
            from.takes(false, figures).min(answers),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::protocol::Protocol;

    /// Each by hand from the table of windows.
    #[test]
    fn the_least_of_receiver_and_sender_is_under_way() {
        let figures = Figures::default();
        let of = |protocol, client, server| {
            let facts = ProtocolFacts::of(protocol);
            to_client(&facts, End::of(&facts, client), server, &figures).bytes
        };
        use OperatingSystem::{Server2003, Server2008R2, Server2008Sp2, Server2016};
        // XP and 2003: 17,520 both ways, whatever the protocol.
        assert_eq!(of(Protocol::Owa, Server2003, Server2003), [17_520.0; 2]);
        assert_eq!(of(Protocol::Pop, Server2003, Server2003), [17_520.0; 2]);
        // Windows 7 by HTTP: its own 65,535 before the 65,536 of http.sys; up as the server tunes itself.
        assert_eq!(of(Protocol::Owa, Server2008R2, Server2008R2), [16_777_216.0, 65_535.0]);
        // Vista by HTTP would take 262,140; http.sys sends 65,536.
        assert_eq!(of(Protocol::Owa, Server2008Sp2, Server2008R2)[DOWN], 65_536.0);
        // Not by HTTP nobody holds back.
        assert_eq!(of(Protocol::Imap, Server2008R2, Server2008R2), [16_777_216.0; 2]);
        // A telephone, whatever its owner's computer.
        assert_eq!(of(Protocol::Eas, Server2003, Server2008R2), [16_777_216.0, 65_535.0]);
        let facts = ProtocolFacts::of(Protocol::Owa);
        let bits = |os| to_client(&facts, End::Windows(os), Server2016, &figures).initial_bits;
        assert_eq!(bits(Server2003), [2.0 * 11_680.0, 10.0 * 11_680.0]);
        let pair = |os| between(&facts, false, [os, os], &figures).bytes;
        assert_eq!((pair(Server2003), pair(Server2008R2)), ([17_520.0; 2], [16_777_216.0, 65_536.0]));
        assert_eq!(between(&facts, true, [Server2008R2; 2], &figures).bytes, [16_777_216.0; 2]);
    }
}
