//! Routing settings that most scenarios leave alone: registry values, rarely used
//! parameters of the administration shell, facts about publishing.
//!
//! Every `Default` is what setup leaves behind, or the documented choice where the
//! sources are silent. The official name stands in each description. Must not know
//! the rules that read them ([`super::access`]); [`super::topology`] holds the rest
//! of a server's settings.

use super::directory::{Authentication, Url};
use super::limits::CasLimits;
use super::release::{Build, Generation};
use crate::kernel::SimSpan;

/// How an OWA redirect is played (`CrossSiteRedirectType`, 2010 SP2 on).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CrossSiteRedirectType {
    /// A page with a link.
    #[default]
    Manual,
    /// An HTTP redirect that the browser follows.
    Silent,
}

/// Windows of a server, or of a client's computer of the same age, as far as TCP and the cost of
/// Outlook Anywhere differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperatingSystem {
    /// Windows Server 2003; XP.
    Server2003,
    /// Windows Server 2008 SP2; Vista.
    Server2008Sp2,
    /// Windows Server 2008 R2; Windows 7.
    Server2008R2,
    /// Windows Server 2012.
    Server2012,
    /// Windows Server 2012 R2; Windows 8.1.
    Server2012R2,
    /// Windows Server 2016; Windows 10.
    Server2016,
    /// Windows Server 2019.
    Server2019,
}

impl OperatingSystem {
    /// Every one of a server with its word.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Server2003, "2003"),
        (Self::Server2008Sp2, "2008 SP2"),
        (Self::Server2008R2, "2008 R2"),
        (Self::Server2012, "2012"),
        (Self::Server2012R2, "2012 R2"),
        (Self::Server2016, "2016"),
        (Self::Server2019, "2019"),
    ];
    /// Every one of a client with its word.
    pub const CLIENTS: [(Self, &'static str); 5] = [
        (Self::Server2003, "XP"),
        (Self::Server2008Sp2, "Vista"),
        (Self::Server2008R2, "7"),
        (Self::Server2012R2, "8.1"),
        (Self::Server2016, "10"),
    ];

    /// What servers of a release run on, where nobody says: the newest that it was first made for, but 2003 for
    /// 2007 (ASSUMED).
    #[must_use]
    pub fn of_servers(generation: Generation) -> Self {
        match generation.major() {
            ..=2007 => Self::Server2003,
            2008..=2010 => Self::Server2008R2,
            2011..=2013 => Self::Server2012,
            2014..=2016 => Self::Server2012R2,
            _ => Self::Server2019,
        }
    }

    /// What the computers of its users run, where nobody says: the commonest of its years (ASSUMED).
    #[must_use]
    pub fn of_clients(generation: Generation) -> Self {
        match generation.major() {
            ..=2007 => Self::Server2003,
            2008..=2013 => Self::Server2008R2,
            _ => Self::Server2016,
        }
    }
}

/// Outlook Anywhere on a server, beyond whether it is enabled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OutlookAnywhere {
    /// `IISAuthenticationMethods`, NTLM and Negotiate counting as Integrated; `None`: not
    /// stated, and fit for whoever comes.
    pub auth: Option<Vec<Authentication>>,
    /// `ExternalHostname`, lower case.
    pub external_host: Option<String>,
    /// `InternalHostname` (2013 on), lower case; `None` is the server's own name.
    pub internal_host: Option<String>,
    /// `SSLOffloading`.
    pub ssl_offloading: bool,
}

/// Settings of the Client Access servers of a group beyond URLs and authentication.
#[derive(Clone, PartialEq, Debug)]
pub struct CasSwitches {
    /// Operating system; `None`: [`OperatingSystem::of_servers`].
    pub os: Option<OperatingSystem>,
    /// Build; `None` is the release without an update rollup.
    pub build: Option<Build>,
    /// The servers' own host name, lower case; `None` is the group's name.
    pub fqdn: Option<String>,
    /// Names besides its own that carry a Kerberos service principal name, lower case.
    pub service_principal_names: Vec<String>,
    /// Whether Integrated Windows Authentication offers Negotiate (Kerberos); NTLM
    /// alone cannot carry a proxied logon.
    pub negotiate_provider: bool,
    /// Outlook Anywhere beyond whether it is enabled.
    pub outlook_anywhere: OutlookAnywhere,
    /// Name of the Client Access array (2010) that Outlook's profiles name.
    pub client_access_array: Option<String>,
    /// Whether the certificate is self-signed.
    pub self_signed: bool,
    /// Whether the virtual directories demand SSL.
    pub require_ssl: bool,
    /// `RedirectToOptimalOWAServer` of the OWA directory; false proxies to the
    /// target's ExternalURL instead of redirecting.
    pub redirect_to_optimal_owa_server: bool,
    /// `CrossSiteRedirectType` of the OWA directory.
    pub cross_site_redirect_type: CrossSiteRedirectType,
    /// `Exchange2003Url` of the OWA directory, with the path of the directory.
    pub exchange2003_url: Option<Url>,
    /// `FailbackUrl` of the OWA directory.
    pub failback_url: Option<Url>,
    /// Builds whose OWA resource folder was copied here besides the server's own.
    pub owa_resource_folders: Vec<Build>,
    /// Registry `AllowProxyingWithoutSSL`.
    pub allow_proxying_without_ssl: bool,
    /// Registry `AllowInternalUntrustedCerts`; true unless set to 0.
    pub allow_internal_untrusted_certs: bool,
    /// `InternalNLBBypassUrl` of the EWS directory.
    pub internal_nlb_bypass_url: Option<Url>,
    /// `BlockLegacyMailboxes`: EAS refuses mailboxes of Exchange 2003.
    pub block_legacy_mailboxes: bool,
    /// Integrated Windows Authentication on the `Proxy` subdirectory of the EAS
    /// directory. `None`: on (MEMORY), except under `exchange = "2007"`, where the
    /// article speaks of the directory itself and nothing else.
    pub eas_proxy_integrated: Option<bool>,
    /// The same-site 451 of 2007 SP1 on: an entry server without an EAS ExternalURL
    /// sends devices to a sibling that has one.
    pub eas_same_site_451: bool,
    /// Lowest protocol version of a device (times ten: 12.1 is 121) that is sent 451.
    pub eas_451_from: u16,
    /// `AllowCrossSiteSessions` in the POP3 and IMAP4 services' configuration files
    /// (2007 SP1 on).
    pub allow_cross_site_sessions: bool,
    /// Host of `InternalConnectionSettings` (POP3 and IMAP4, 2010); `None` is the
    /// server's own name.
    pub internal_connection_settings: Option<String>,
    /// Registry `EnablePreferredSiteEnforcement` (2010 SP2 RU3 on); false leaves
    /// Outlook on its old endpoint after a mailbox move.
    pub enable_preferred_site_enforcement: bool,
    /// What each server counts, and how far.
    pub limits: CasLimits,
    /// What stands in front of the servers.
    pub publishing: Publishing,
}

/// How the balancer before a group keeps a client at one server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Affinity {
    /// Not at all.
    None,
    /// By a cookie.
    Cookie,
    /// By the client's address.
    SourceAddress,
}

/// Which certificate the servers of a group hold, besides the names in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// This one, exported to all of them: a thumbprint or any other word for it.
    Shared(String),
    /// Each server one of its own.
    Own,
}

/// Facts about certificates, balancers and publishing. The linter reads them, and a run those
/// of the certificate, the balancer and the publisher; of the rules of routing one reads the
/// names of a certificate: where an entry is told to trust no other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Publishing {
    /// Names in the certificate, lower case, `*.` for any first label; empty: not stated.
    pub certificate_names: Vec<String>,
    /// Which certificate it is; `None`: told by its names alone.
    pub certificate: Option<Certificate>,
    /// `AutoDiscoverSiteScope`: sites, by name; `None`: the server's own.
    pub auto_discover_site_scope: Option<Vec<String>>,
    /// Affinity of the balancer before these servers; `None`: not stated, and a run
    /// keeps a session at its server as a cookie would.
    pub affinity: Option<Affinity>,
    /// Time after which the balancer or publisher closes a connection on which
    /// nothing is sent; `None`: never.
    pub idle_timeout: Option<SimSpan>,
    /// A publisher before these servers shows them its own address instead of the clients'.
    pub hides_client_addresses: bool,
}

/// Whether a certificate with these names is good for a host; `*.` stands for one label.
#[must_use]
pub fn covers(held: &[String], host: &str) -> bool {
    held.iter().any(|name| match name.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(_, tail)| tail == rest),
        None => name == host,
    })
}

impl Publishing {
    /// Whether the certificate is good for a host, `*.` standing for one label; it is where its
    /// names are not stated.
    #[must_use]
    pub fn certified(&self, host: &str) -> bool {
        self.certificate_names.is_empty() || covers(&self.certificate_names, host)
    }
}

impl Default for CasSwitches {
    fn default() -> Self {
        Self {
            os: None,
            build: None,
            fqdn: None,
            service_principal_names: Vec::new(),
            negotiate_provider: true,
            outlook_anywhere: OutlookAnywhere::default(),
            client_access_array: None,
            self_signed: false,
            require_ssl: true,
            redirect_to_optimal_owa_server: true,
            cross_site_redirect_type: CrossSiteRedirectType::Manual,
            exchange2003_url: None,
            failback_url: None,
            owa_resource_folders: Vec::new(),
            allow_proxying_without_ssl: false,
            allow_internal_untrusted_certs: true,
            internal_nlb_bypass_url: None,
            block_legacy_mailboxes: false,
            eas_proxy_integrated: None,
            eas_same_site_451: true,
            eas_451_from: 121,
            allow_cross_site_sessions: false,
            internal_connection_settings: None,
            enable_preferred_site_enforcement: true,
            limits: CasLimits::default(),
            publishing: Publishing::default(),
        }
    }
}

/// Settings of a group of Mailbox servers that routing reads.
#[derive(Clone, PartialEq, Debug)]
pub struct MailboxSwitches {
    /// Operating system; `None`: [`OperatingSystem::of_servers`].
    pub os: Option<OperatingSystem>,
    /// `RpcClientAccessServer` of the databases (2010): name of a Client Access
    /// array or server; `None` is a Client Access server of the same site.
    pub rpc_client_access_server: Option<String>,
    /// Exchange 2003: Integrated Windows Authentication on the
    /// `Microsoft-Server-ActiveSync` directory (KB937031).
    pub back_end_eas_integrated: bool,
    /// Exchange 2003: SSL required or forms authentication on the `Exchange`
    /// directory (KB817379).
    pub back_end_ssl_or_forms: bool,
}

impl Default for MailboxSwitches {
    fn default() -> Self {
        Self {
            os: None,
            rpc_client_access_server: None,
            back_end_eas_integrated: true,
            back_end_ssl_or_forms: false,
        }
    }
}
