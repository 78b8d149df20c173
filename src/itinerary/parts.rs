//! The parts of a latency.
//!
//! Every nanosecond of a request is booked as one of these; their sum is the whole.
//! Must not know the legs that book them ([`super::legs`]).

/// Parts into which a latency is divided.
pub const PARTS: usize = 15;

/// The parts of a latency, by which each leg's time is booked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Part {
    /// Round trips between client and entry server, site links apart, and transfers as long as the client's
    /// own line binds them, or a window over the round trip where no site link is on the way.
    ClientNetwork,
    /// Name resolution.
    Dns,
    /// TCP, TLS and authentication round trips.
    Handshake,
    /// Waiting for a core at the Client Access server that the client reached (or a custom station).
    EntryQueue,
    /// Service there.
    EntryService,
    /// Waiting for a core, or for a connection to it, at the Client Access server that the entry forwards to.
    TargetQueue,
    /// Service there, LAN round trips on the way included.
    TargetService,
    /// Waiting for a core at a Mailbox server.
    MailboxQueue,
    /// Service at a Mailbox server, store latency and LAN round trips included.
    MailboxService,
    /// Transfers as long as site links and Internet pipes bind them.
    WanTransfer,
    /// Propagation over site links, and transfers over them as long as a window over the round trip binds them.
    WanPropagation,
    /// Failed attempts and waits before trying again.
    Retry,
    /// Following a redirect: link page and second logon, as the system takes them.
    Redirect,
    /// Anything a custom model does.
    Other,
    /// What the user takes to follow a link, to type a name and password, to start a program anew.
    Human,
}

impl Part {
    /// Every part with its token.
    pub const ALL: [(Self, &'static str); PARTS] = [
        (Self::ClientNetwork, "client_network"),
        (Self::Dns, "dns"),
        (Self::Handshake, "handshake"),
        (Self::EntryQueue, "entry_queue"),
        (Self::EntryService, "entry_service"),
        (Self::TargetQueue, "target_queue"),
        (Self::TargetService, "target_service"),
        (Self::MailboxQueue, "mailbox_queue"),
        (Self::MailboxService, "mailbox_service"),
        (Self::WanTransfer, "wan_transfer"),
        (Self::WanPropagation, "wan_propagation"),
        (Self::Retry, "retry"),
        (Self::Redirect, "redirect"),
        (Self::Other, "other"),
        (Self::Human, "human"),
    ];
}

impl Part {
    /// Its token.
    #[must_use]
    pub fn token(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The part that service is booked as when waiting is booked as this one.
    #[must_use]
    pub fn service(self) -> Self {
        match self {
            Self::EntryQueue => Self::EntryService,
            Self::TargetQueue => Self::TargetService,
            Self::MailboxQueue => Self::MailboxService,
            other => other,
        }
    }
}
