//! Reasons of failure: the closed set of the `failure` column, each with its token
//! and a sentence.
//!
//! Must not know how one is found ([`super::rules`], [`crate::clients`]).

/// Why a session or request failed: the closed set of the `failure` column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
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
    /// The service is not enabled on the entry server, or on the one that it forwards to.
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
    /// The target's URL is http, or the target demands SSL on an http hop.
    UrlNotSecure,
    /// The target's certificate is not trusted and must be.
    UntrustedCertificate,
    /// Kerberos knows no server by the name in the target's URL.
    NoServicePrincipal,
    /// A firewall between the sites closes the port.
    PortClosed,
    /// The entry server's build is older than the target's.
    EntryBuildTooOld,
    /// The entry server lacks the OWA resource folder of the target's build.
    NoResourceFolder,
    /// The target does not understand the entry's user context cookie.
    InvalidUserContext,
    /// This release does not proxy Exchange Web Services.
    EwsNotProxied,
    /// EWS proxying cannot find the server behind a load-balanced InternalURL.
    NoBypassUrl,
    /// The device cannot follow HTTP 451.
    DeviceCannotFollow,
    /// `BlockLegacyMailboxes` refuses mailboxes of Exchange 2003.
    LegacyBlocked,
    /// `/owa` does not find a mailbox that is still on Exchange 2003.
    LegacyMailbox,
    /// The Exchange 2003 back end refuses the forwarded request.
    BackEndRefused,
    /// `Exchange2003Url` is missing or names no virtual directory.
    NoLegacyUrl,
    /// The mailbox is on a newer release than the server that the client reached.
    MailboxNewer,
    /// The POP3 or IMAP4 service of the target does not run.
    TargetServiceStopped,
    /// The redirect leads back to a server that redirects again.
    RedirectLoop,
    /// A proxied request arrived in a site that does not hold the mailbox.
    ProxiedTwice,
    /// The entry server cannot reach the host of the target's ExternalURL.
    NameNotReachable,
    /// The server held as many RPC/HTTP connections of Outlook Anywhere as its limit allows.
    OutlookAnywhereLimit,
    /// The Client Access service had as many RPC requests in work as it takes; Outlook is disconnected.
    RpcRequestLimit,
    /// The POP3 or IMAP4 service held as many connections as MaxConnections allows.
    MailConnectionLimit,
    /// The client's address held as many POP3 or IMAP4 connections as MaxConnectionsFromSingleIP allows.
    AddressConnectionLimit,
    /// The user held as many POP3 or IMAP4 connections as MaxConnectionsPerUser allows.
    UserConnectionLimit,
    /// The Client Access server had no TCP port left towards the Mailbox server.
    PortsExhausted,
    /// Every connection to the target that maxconnection allows was in use for as long as the client waited.
    ProxyConnectionLimit,
    /// maxConcurrentRequestsPerCPU kept the request waiting for as long as the client did.
    ConcurrentRequestLimit,
    /// The front end had as many requests of this protocol outstanding at the back end as its guard allows; web clients see HTTP 503.
    BackendGuard,
    /// A firewall, balancer or publisher forgot the connection because nothing was sent on it.
    IdleTimeout,
    /// The balancer sent the browser to another server, which does not know its session: HTTP 440, logon again.
    AffinityLost,
    /// The balancer sent the browser to a server with another certificate, which cannot read its logon cookie.
    CookieUnreadable,
    /// The address that the client shares with others had no port left for another connection.
    AddressPorts,
    /// The publisher in front passes logons on by a method that the virtual directory does not take.
    DelegationRefused,
}

impl Failure {
    /// Every reason with its token and a sentence for `casim explain --list-failures`.
    pub const ALL: [(Self, &'static str, &'static str); 47] = [
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
            "The service is not enabled on the server that the client reached, or on the one that it is forwarded to.",
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
        (
            Self::UrlNotSecure,
            "url_not_secure",
            "The hop to the target would not use SSL, and one of its ends insists on SSL.",
        ),
        (
            Self::UntrustedCertificate,
            "untrusted_certificate",
            "The target's certificate is self-signed, and AllowInternalUntrustedCerts is 0 on the entry server.",
        ),
        (
            Self::NoServicePrincipal,
            "no_service_principal",
            "Kerberos knows no server by the name in the target's URL: an IP address, a shared or a public name, or no Negotiate provider.",
        ),
        (Self::PortClosed, "port_closed", "A firewall between the two sites closes the port that is needed."),
        (
            Self::EntryBuildTooOld,
            "entry_build_too_old",
            "The entry server's build is older than the target's: patch Internet-facing servers first.",
        ),
        (
            Self::NoResourceFolder,
            "no_resource_folder",
            "The entry server does not hold the OWA resource folder of the target's build.",
        ),
        (
            Self::InvalidUserContext,
            "invalid_user_context",
            "2010 SP2 RU1 as the entry server cannot proxy OWA to an older Client Access server.",
        ),
        (
            Self::EwsNotProxied,
            "ews_not_proxied",
            "Exchange Web Services are not proxied before Exchange 2007 SP1.",
        ),
        (
            Self::NoBypassUrl,
            "no_bypass_url",
            "The EWS InternalURL is a load-balanced name and InternalNLBBypassUrl is not set.",
        ),
        (
            Self::DeviceCannotFollow,
            "device_cannot_follow",
            "The device does not follow HTTP 451 to another URL.",
        ),
        (Self::LegacyBlocked, "legacy_blocked", "BlockLegacyMailboxes refuses mailboxes of Exchange 2003."),
        (
            Self::LegacyMailbox,
            "legacy_mailbox",
            "The mailbox is on Exchange 2003, and this virtual directory serves newer mailboxes alone.",
        ),
        (
            Self::BackEndRefused,
            "back_end_refused",
            "The Exchange 2003 back end refuses forwarded requests: no Integrated Windows Authentication, or SSL or forms authentication demanded.",
        ),
        (
            Self::NoLegacyUrl,
            "no_legacy_url",
            "There is no legacy URL to send the browser to, or it does not name a virtual directory.",
        ),
        (
            Self::MailboxNewer,
            "mailbox_newer",
            "The mailbox is on a newer release than the server that the client reached.",
        ),
        (
            Self::TargetServiceStopped,
            "target_service_stopped",
            "The POP3 or IMAP4 service does not run on any Client Access server of the mailbox's site.",
        ),
        (
            Self::RedirectLoop,
            "redirect_loop",
            "The redirect leads to a server that redirects again: ExternalURLs are mutually wrong, or lead back while \
             the site is lost that they stand for.",
        ),
        (
            Self::ProxiedTwice,
            "proxied_twice",
            "The request had been proxied once already, and the mailbox is not in this site: there is one hop at most.",
        ),
        (
            Self::NameNotReachable,
            "name_not_reachable",
            "RedirectToOptimalOWAServer is off, and the entry server cannot reach the host of the target's ExternalURL.",
        ),
        (
            Self::OutlookAnywhereLimit,
            "outlook_anywhere_limit",
            "The server held as many RPC/HTTP connections of Outlook Anywhere as its limit allows.",
        ),
        (
            Self::RpcRequestLimit,
            "rpc_request_limit",
            "The Client Access service had as many RPC requests in work as it takes; Outlook is disconnected.",
        ),
        (
            Self::MailConnectionLimit,
            "mail_connection_limit",
            "The POP3 or IMAP4 service held as many connections as MaxConnections allows.",
        ),
        (
            Self::AddressConnectionLimit,
            "address_connection_limit",
            "The client's address held as many POP3 or IMAP4 connections as MaxConnectionsFromSingleIP allows.",
        ),
        (
            Self::UserConnectionLimit,
            "user_connection_limit",
            "The user held as many POP3 or IMAP4 connections as MaxConnectionsPerUser allows.",
        ),
        (
            Self::PortsExhausted,
            "ports_exhausted",
            "The Client Access server had no TCP port left towards the Mailbox server.",
        ),
        (
            Self::ProxyConnectionLimit,
            "proxy_connection_limit",
            "Every connection to the target that maxconnection allows was in use for as long as the client waited.",
        ),
        (
            Self::ConcurrentRequestLimit,
            "concurrent_request_limit",
            "maxConcurrentRequestsPerCPU kept the request waiting for as long as the client did.",
        ),
        (
            Self::BackendGuard,
            "backend_guard",
            "The front end had as many requests of this protocol outstanding at the back end as its guard allows; web clients see HTTP 503.",
        ),
        (
            Self::IdleTimeout,
            "idle_timeout",
            "A firewall, balancer or publisher forgot the connection because nothing was sent on it.",
        ),
        (
            Self::AffinityLost,
            "affinity_lost",
            "The balancer sent the browser to another server, which does not know its session: HTTP 440, logon again.",
        ),
        (
            Self::CookieUnreadable,
            "cookie_unreadable",
            "The balancer sent the browser to a server that holds another certificate and cannot read the logon cookie: the logon page again.",
        ),
        (
            Self::AddressPorts,
            "address_ports",
            "The address that the client shares with others had no port left for another connection, and nobody answered.",
        ),
        (
            Self::DelegationRefused,
            "delegation_refused",
            "The publisher in front passes logons on by a method that the server's virtual directory does not accept.",
        ),
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
