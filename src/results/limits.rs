//! Kinds of limits that servers count.

/// Requests that wait for a core.
pub const QUEUE: &str = "queue";
/// Web requests at a server, held ones included.
pub const CONNECTIONS: &str = "connections";
/// RPC/HTTP connections of Outlook Anywhere.
pub const RPC_HTTP: &str = "rpc_http";
/// RPC requests in work.
pub const RPC_REQUESTS: &str = "rpc_requests";
/// POP3 connections.
pub const POP: &str = "pop";
/// IMAP4 connections.
pub const IMAP: &str = "imap";
/// POP3 or IMAP4 connections of one address.
pub const ADDRESS: &str = "address";
/// POP3 or IMAP4 connections of one user.
pub const USER: &str = "user";
/// Ports towards one Mailbox server.
pub const PORTS: &str = "ports";
/// Connections to one Client Access server that is proxied to.
pub const PROXY: &str = "proxy";
/// Web requests in work.
pub const IN_WORK: &str = "in_work";
/// Requests outstanding at one back end.
pub const BACKEND: &str = "backend";
/// Connections of one address of a translation.
pub const TRANSLATED: &str = "translated";

/// Every kind with what one of its pools counts, in the order of columns and of
/// [`LimitKind::ALL`](super::LimitKind::ALL).
pub const ALL: [(&str, &str); 13] = [
    (QUEUE, "requests waiting for a core of one server"),
    (CONNECTIONS, "web requests at one server, held ones included"),
    (RPC_HTTP, "RPC/HTTP connections of Outlook Anywhere of one server"),
    (RPC_REQUESTS, "RPC requests in work at one server"),
    (POP, "POP3 connections of one server"),
    (IMAP, "IMAP4 connections of one server"),
    (ADDRESS, "POP3 or IMAP4 connections of one address at one server"),
    (USER, "POP3 or IMAP4 connections of one user at one server"),
    (PORTS, "TCP ports of one server towards one Mailbox server"),
    (PROXY, "connections of one server to one that it proxies to"),
    (IN_WORK, "web requests in work at one server (maxConcurrentRequestsPerCPU times cores)"),
    (BACKEND, "requests of a protocol outstanding from one server at one back end"),
    (TRANSLATED, "connections of all clients behind one address"),
];

/// The token of a kind, one of [`ALL`]. By an alias, since serde takes a reference for one into the file.
pub type Token = &'static str;

/// A kind as a file holds it: by its token.
pub(super) mod by_token {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::results) fn serialize<S: Serializer>(
        token: &&'static str,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(token)
    }

    pub(in crate::results) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<&'static str, D::Error> {
        let token = String::deserialize(from)?;
        let known = super::ALL.iter().find(|(known, _)| *known == token);
        known
            .map(|(known, _)| *known)
            .ok_or_else(|| D::Error::custom(format!("no limit is called `{token}`")))
    }
}
