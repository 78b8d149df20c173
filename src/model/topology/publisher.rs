//! What stands between the Internet and a site: a publisher (reverse proxy) or a balancer.
//!
//! Must not know who comes through it.

use crate::kernel::SimSpan;
use crate::kernel::distribution::Distribution;
use crate::model::directory::{Authentication, VirtualDirectory};

/// How a publisher logs users on before it lets them through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PreAuthentication {
    /// Not at all.
    #[default]
    None,
    /// By Basic.
    Basic,
    /// By a form for browsers, and Basic for all others.
    Forms,
}

impl PreAuthentication {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::None, "none"), (Self::Basic, "basic"), (Self::Forms, "forms")];
}

/// How a publisher passes a logon on to the servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Delegation {
    /// As Basic.
    #[default]
    Basic,
    /// By NTLM.
    Ntlm,
    /// By Kerberos constrained delegation.
    Kerberos,
}

impl Delegation {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Basic, "basic"), (Self::Ntlm, "ntlm"), (Self::Kerberos, "kerberos")];

    /// The method that a directory needs for it.
    #[must_use]
    pub fn needs(self) -> Authentication {
        match self {
            Self::Basic => Authentication::Basic,
            Self::Ntlm | Self::Kerberos => Authentication::Integrated,
        }
    }

    /// Whether a directory takes a logon that is passed on so. Forms authentication has Basic
    /// switched on under it.
    #[must_use]
    pub fn is_taken_by(self, directory: &VirtualDirectory) -> bool {
        let has = |method| directory.auth.contains(&method);
        has(self.needs()) || (self == Self::Basic && has(Authentication::Forms))
    }
}

/// What a publisher can bear, where that is stated.
#[derive(Clone, PartialEq, Debug)]
pub struct PublisherCapacity {
    /// Machines among which requests take turns, at least 1.
    pub servers: u32,
    /// Cores of each, at least 1.
    pub cores: u32,
    /// Time of a core for each request, ns.
    pub service_time: Distribution,
}

/// A publisher or balancer between the Internet and a site.
#[derive(Clone, PartialEq, Debug)]
pub struct Publisher {
    /// It ends TCP and reads requests (layer 7); else it passes packets on (layer 4).
    pub ends_connections: bool,
    /// How it logs users on.
    pub pre_authentication: PreAuthentication,
    /// How it passes their logon on.
    pub delegation: Delegation,
    /// Time after which it closes a connection on which nothing is sent; `None`: never.
    pub idle_timeout: Option<SimSpan>,
    /// What it can bear; `None`: anything, in no time.
    pub capacity: Option<PublisherCapacity>,
}
