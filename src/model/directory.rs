//! Virtual directories: the services of a Client Access server that have a URL, and
//! how a client logs on there.
//!
//! Must not know whose they are ([`super::topology`]).

use std::fmt;

/// An authentication method of a virtual directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Authentication {
    /// Forms-based authentication.
    Forms,
    /// Basic.
    Basic,
    /// Integrated Windows Authentication (Kerberos or NTLM).
    Integrated,
    /// Digest.
    Digest,
    /// Client certificate.
    Certificate,
}

impl Authentication {
    /// Every method with the token that a scenario writes.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Forms, "forms"),
        (Self::Basic, "basic"),
        (Self::Integrated, "integrated"),
        (Self::Digest, "digest"),
        (Self::Certificate, "certificate"),
    ];
}

/// An absolute URL as an administrator writes it into a virtual directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Url {
    /// The whole text.
    pub text: String,
    /// `https` (true) or `http`.
    pub secure: bool,
    /// The host, lower case, without port.
    pub host: String,
}

impl Url {
    /// Parses `http://` or `https://` followed by a host and an optional port and
    /// path; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (secure, rest) = if let Some(rest) = lower.strip_prefix("https://") {
            (true, rest)
        } else {
            (false, lower.strip_prefix("http://")?)
        };
        let authority = rest.split('/').next().unwrap_or("");
        let host = authority.split(':').next().unwrap_or("");
        let valid = !host.is_empty()
            && host.len() <= 253
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        valid.then(|| Self { text: text.to_owned(), secure, host: host.to_owned() })
    }

    /// The TCP port: the one that is written, else 443 or 80 by the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        let written = || {
            let authority = self.text.split('/').nth(2)?;
            authority.split_once(':')?.1.parse().ok()
        };
        written().unwrap_or(if self.secure { 443 } else { 80 })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The settings of one service's virtual directory on a group of Client Access servers.
#[derive(Clone, PartialEq, Debug)]
pub struct VirtualDirectory {
    /// `InternalURL`; `None` when an administrator has cleared it.
    pub internal_url: Option<Url>,
    /// `ExternalURL`; `None` makes the site intranet-only for this service.
    pub external_url: Option<Url>,
    /// Enabled authentication methods, sorted.
    pub auth: Vec<Authentication>,
}

impl VirtualDirectory {
    /// Whether Integrated Windows Authentication is on.
    #[must_use]
    pub fn integrated(&self) -> bool {
        self.auth.contains(&Authentication::Integrated)
    }
}

/// The services that have a virtual directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Service {
    /// /owa
    Owa,
    /// /Microsoft-Server-ActiveSync
    Eas,
    /// /EWS
    Ews,
    /// /Autodiscover
    Autodiscover,
    /// /OAB
    Oab,
    /// /mapi
    Mapi,
}

impl Service {
    /// Every service with its scenario key and the path of its directory.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Owa, "owa", "/owa"),
        (Self::Eas, "eas", "/Microsoft-Server-ActiveSync"),
        (Self::Ews, "ews", "/EWS/Exchange.asmx"),
        (Self::Autodiscover, "autodiscover", "/Autodiscover/Autodiscover.xml"),
        (Self::Oab, "oab", "/OAB"),
        (Self::Mapi, "mapi", "/mapi"),
    ];

    /// The path of its directory.
    #[must_use]
    pub fn path(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}
