//! Limits of Client Access servers beyond queues: connections and requests that a
//! server counts, each with the value that setup or the release has.
//!
//! `None` is unlimited. Must not know who counts ([`crate::clients`]).

use super::release::Generation;
use crate::kernel::SimSpan;

/// What each server of a group counts, and how far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CasLimits {
    /// RPC/HTTP connections of Outlook Anywhere, two an RPC association.
    pub outlook_anywhere_connections: Option<u32>,
    /// RPC requests in work at once (RPC Client Access service, 2010).
    pub rpc_requests: Option<u32>,
    /// `MaxConnections` of POP3, and of IMAP4.
    pub mail_connections: Option<u32>,
    /// `MaxConnectionsFromSingleIP` of POP3, and of IMAP4.
    pub mail_connections_from_single_ip: Option<u32>,
    /// `MaxConnectionsPerUser` of POP3, and of IMAP4.
    pub mail_connections_per_user: Option<u32>,
    /// TCP ports towards one Mailbox server (2007, where RPC/HTTP goes on by direct RPC).
    pub ephemeral_ports: Option<u32>,
    /// `maxconnection` of .NET: connections to one Client Access server that it
    /// proxies to; further requests wait.
    pub maxconnection: Option<u32>,
    /// `maxConcurrentRequestsPerCPU` of ASP.NET: web requests in work at once a core;
    /// further ones wait.
    pub concurrent_requests_per_cpu: Option<u32>,
    /// Requests outstanding at one back end of one protocol (2013 and later).
    pub target_backend_guard: Option<u32>,
    /// `AuthenticatedConnectionTimeout` of POP3 and IMAP4: time after which the server
    /// ends a session in which nothing is sent.
    pub mail_idle: Option<SimSpan>,
}

impl CasLimits {
    /// What a release has where nobody has changed it.
    #[must_use]
    pub fn of(generation: Generation) -> Self {
        let of = |e2007: Option<u32>, e2010: Option<u32>| match generation.major() {
            2007 => e2007,
            2010 => e2010,
            _ => None,
        };
        Self {
            // From 2010 SP3 on (blogs.msdn.com/jamec); none published before, unlimited later.
            outlook_anywhere_connections: (generation == Generation::E2010Sp3).then_some(25_000),
            rpc_requests: of(None, Some(500)),
            mail_connections: of(Some(2_000), Some(2_000)),
            mail_connections_from_single_ip: of(Some(20), Some(2_000)),
            mail_connections_per_user: (generation.major() >= 2007)
                .then(|| if generation.major() == 2007 { 10 } else { 16 }),
            // About 60,000 of 65,535 with a raised MaxUserPort (MEMORY).
            ephemeral_ports: of(Some(60_000), None),
            // At their old defaults these would choke proxied Direct Push: off unless set.
            maxconnection: None,
            concurrent_requests_per_cpu: None,
            // 150, but a notice only since 2013 CU7.
            target_backend_guard: None,
            // Setup's, and the least that RFC 3501 allows (MEMORY).
            mail_idle: (generation.major() >= 2007).then_some(SimSpan::from_secs(1_800)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_published_ones_by_release() {
        let mail = |generation| {
            let limits = CasLimits::of(generation);
            [
                limits.mail_connections,
                limits.mail_connections_from_single_ip,
                limits.mail_connections_per_user,
            ]
        };
        assert_eq!(mail(Generation::E2007Sp1), [Some(2_000), Some(20), Some(10)]);
        assert_eq!(mail(Generation::E2010Sp3), [Some(2_000), Some(2_000), Some(16)]);
        assert_eq!(mail(Generation::E2016), [None, None, Some(16)]);
        let e2010 = CasLimits::of(Generation::E2010Sp3);
        assert_eq!((e2010.outlook_anywhere_connections, e2010.rpc_requests), (Some(25_000), Some(500)));
        assert_eq!(e2010.ephemeral_ports, None);
        let e2007 = CasLimits::of(Generation::E2007);
        assert_eq!((e2007.outlook_anywhere_connections, e2007.rpc_requests), (None, None));
        assert_eq!(e2007.ephemeral_ports, Some(60_000));
        assert_eq!(CasLimits::of(Generation::E2003), CasLimits::default());
    }
}
