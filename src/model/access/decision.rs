//! The vocabulary of answers: decisions, mechanisms, reasons of failure.
//!
//! Tokens here are what CSV columns and JSON carry. Must not know how an answer is
//! found ([`super::rules`]).

/// The class of a decision, as in the `decision` column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Decision {
    /// The entry server serves the request itself.
    Local,
    /// The client is sent to another URL.
    Redirect,
    /// The entry server forwards to a Client Access server of the mailbox's site.
    Proxy,
    /// The entry server talks to the remote Mailbox server.
    Direct,
    /// Nothing serves it.
    Refused,
}

impl Decision {
    /// Every class, in the order of tables.
    pub const ALL: [Self; 5] = [Self::Local, Self::Redirect, Self::Proxy, Self::Direct, Self::Refused];

    /// The token of CSV columns.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Redirect => "redirect",
            Self::Proxy => "proxy",
            Self::Direct => "direct",
            Self::Refused => "refused",
        }
    }
}

/// The finer kind of a decision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Mechanism {
    /// Served by the entry server.
    ServeLocal,
    /// A page with a link that the user clicks, then a second logon.
    RedirectManual,
    /// An HTTP redirect that the browser follows.
    RedirectSilent,
    /// EAS HTTP 451 with the new URL.
    Redirect451,
    /// Client Access server to Client Access server.
    Proxy,
    /// RPC from the entry server to a Mailbox server of another site.
    RpcDirect,
    /// Forwarded to an Exchange 2003 back end.
    LegacyProxy,
    /// The browser is sent to a legacy URL.
    LegacyRedirect,
    /// Outlook is told that it has the wrong endpoint.
    Refer,
    /// Refused.
    Refuse,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 10] = [
        Self::ServeLocal,
        Self::RedirectManual,
        Self::RedirectSilent,
        Self::Redirect451,
        Self::Proxy,
        Self::RpcDirect,
        Self::LegacyProxy,
        Self::LegacyRedirect,
        Self::Refer,
        Self::Refuse,
    ];

    /// The token of CSV columns.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::ServeLocal => "serve_local",
            Self::RedirectManual => "redirect_manual",
            Self::RedirectSilent => "redirect_silent",
            Self::Redirect451 => "redirect_451",
            Self::Proxy => "proxy",
            Self::RpcDirect => "rpc_direct",
            Self::LegacyProxy => "legacy_proxy",
            Self::LegacyRedirect => "legacy_redirect",
            Self::Refer => "refer",
            Self::Refuse => "refuse",
        }
    }

    /// The class that the mechanism belongs to.
    #[must_use]
    pub fn decision(self) -> Decision {
        match self {
            Self::ServeLocal => Decision::Local,
            Self::RedirectManual
            | Self::RedirectSilent
            | Self::Redirect451
            | Self::LegacyRedirect
            | Self::Refer => Decision::Redirect,
            Self::Proxy | Self::LegacyProxy => Decision::Proxy,
            Self::RpcDirect => Decision::Direct,
            Self::Refuse => Decision::Refused,
        }
    }
}

/// Why a session or request failed: the closed set of the `failure` column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Failure {
    /// The proxy target's virtual directory lacks Integrated Windows Authentication.
    NoIntegratedAuth,
    /// POP3 or IMAP4 reached a Client Access server outside the mailbox's site.
    PopImapCrossSite,
    /// No Client Access server in the mailbox's site can take the request.
    NoTarget,
    /// Proxying is needed, but the target has no InternalURL.
    NoInternalUrl,
    /// The service is not enabled on the entry server.
    ServiceDisabled,
    /// No site links join the sites.
    NoRoute,
    /// The name that the client uses resolves to no site that it can reach.
    NameNotResolved,
    /// The server's request queue was full: HTTP 503.
    QueueFull,
    /// The server's connection limit was reached.
    ConnectionLimit,
    /// A server on the way was down.
    ServerDown,
    /// A link on the way was down.
    LinkDown,
    /// The client waited longer than its time-out.
    TimedOut,
    /// The redirect led to a name that the client cannot reach.
    DeadRedirect,
    /// The same-version rule set has no way to serve this mailbox from here.
    NotSupported,
}

impl Failure {
    /// Every reason with its token and a sentence for `casim explain --list-failures`.
    pub const ALL: [(Self, &'static str, &'static str); 14] = [
        (
            Self::NoIntegratedAuth,
            "no_integrated_auth",
            "Proxying needs Integrated Windows Authentication on the target's virtual directory, and it is off.",
        ),
        (
            Self::PopImapCrossSite,
            "pop_imap_cross_site",
            "POP3 and IMAP4 are never proxied: the client must reach a Client Access server in its mailbox's own site.",
        ),
        (
            Self::NoTarget,
            "no_target",
            "The mailbox's site has no Client Access server that can take the request.",
        ),
        (
            Self::NoInternalUrl,
            "no_internal_url",
            "Proxying follows the target's InternalURL, and none of its virtual directories has one.",
        ),
        (
            Self::ServiceDisabled,
            "service_disabled",
            "The service is not enabled on the server that the client reached.",
        ),
        (Self::NoRoute, "no_route", "No chain of site links joins the two sites."),
        (
            Self::NameNotResolved,
            "name_not_resolved",
            "The host name that the client uses resolves to no site that it can reach from where it sits.",
        ),
        (Self::QueueFull, "queue_full", "The server's request queue was full; web clients see HTTP 503."),
        (
            Self::ConnectionLimit,
            "connection_limit",
            "The server already held as many requests as its connection limit allows; web clients see HTTP 503.",
        ),
        (Self::ServerDown, "server_down", "A server on the way was down."),
        (Self::LinkDown, "link_down", "A link on the way was down."),
        (Self::TimedOut, "timed_out", "The client gave up waiting."),
        (Self::DeadRedirect, "dead_redirect", "The redirect led to a URL that the client cannot reach."),
        (Self::NotSupported, "not_supported", "No rule of this release serves this mailbox from here."),
    ];

    /// The token of the `failure` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}
