//! Routing settings that most scenarios leave alone: registry values, rarely used
//! parameters of the administration shell, facts about firewalls and names.
//!
//! Every `Default` is what setup leaves behind, or the documented choice where the
//! sources are silent. The official name stands in each description. Must not know
//! the rules that read them ([`super::access`]); [`super::topology`] holds the rest
//! of a server's settings.

use std::fmt;

use super::limits::CasLimits;
use super::topology::{Generation, Site, Url};
use crate::kernel::{Id, SimSpan};

/// The build of a server, as in `Version 14.2 (Build 309.2)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Build(pub [u16; 4]);

impl Build {
    /// Parses `14.2.309.2`, `14.2.309` or `Version 14.2 (Build 309.2)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter_map(|c| match c {
                '0'..='9' | '.' => Some(c),
                '(' => Some('.'),
                _ => None,
            })
            .collect();
        let mut parts = [0u16; 4];
        let mut count = 0;
        for piece in plain.split('.').filter(|p| !p.is_empty()) {
            *parts.get_mut(count)? = piece.parse().ok()?;
            count += 1;
        }
        (count >= 3).then_some(Self(parts))
    }

    /// The release that the build belongs to, if it is one of 2007 to 2019.
    #[must_use]
    pub fn generation(self) -> Option<Generation> {
        Some(match (self.0[0], self.0[1]) {
            (6, _) => Generation::E2003,
            (8, 0) => Generation::E2007Rtm,
            (8, 1) => Generation::E2007Sp1,
            (8, 2) => Generation::E2007Sp2,
            (8, _) => Generation::E2007Sp3,
            (14, 0) => Generation::E2010Rtm,
            (14, 1) => Generation::E2010Sp1,
            (14, 2) => Generation::E2010Sp2,
            (14, _) => Generation::E2010Sp3,
            (15, 0) => Generation::E2013,
            (15, 1) => Generation::E2016,
            (15, _) => Generation::E2019,
            _ => return None,
        })
    }

    /// The build of a release with an update rollup (0: none). Where no published
    /// number is known the rollup counts on from the last one known, so that order
    /// is kept.
    #[must_use]
    pub fn of(generation: Generation, rollup: u16) -> Self {
        let (major, minor, numbers): (u16, u16, &[[u16; 2]]) = match generation {
            Generation::E2003 => (6, 5, &[[7638, 2]]),
            Generation::E2007Rtm => {
                (8, 0, &[[685, 25], [708, 3], [711, 2], [730, 1], [744, 0], [754, 0], [783, 2], [813, 0]])
            }
            Generation::E2007 => (8, 0, &[[685, 25]]),
            Generation::E2007Sp1 => (
                8,
                1,
                &[
                    [240, 6],
                    [263, 1],
                    [278, 2],
                    [291, 2],
                    [311, 3],
                    [336, 1],
                    [340, 1],
                    [359, 2],
                    [375, 2],
                    [393, 1],
                    [436, 0],
                ],
            ),
            Generation::E2007Sp2 => (8, 2, &[[176, 2], [217, 3], [234, 1], [247, 2], [254, 0], [305, 3]]),
            Generation::E2007Sp3 => (
                8,
                3,
                &[
                    [83, 6],
                    [106, 2],
                    [137, 3],
                    [159, 2],
                    [192, 1],
                    [213, 1],
                    [245, 2],
                    [264, 0],
                    [279, 3],
                    [297, 2],
                    [298, 3],
                ],
            ),
            Generation::E2010Rtm => (14, 0, &[[639, 21], [682, 1], [689, 0], [694, 0], [702, 1], [726, 0]]),
            Generation::E2010Sp1 => (
                14,
                1,
                &[[218, 15], [255, 2], [270, 1], [289, 7], [323, 6], [339, 1], [355, 2], [421, 0], [438, 0]],
            ),
            Generation::E2010Sp2 => (
                14,
                2,
                &[[247, 5], [283, 3], [298, 4], [309, 2], [318, 2], [328, 5], [342, 3], [375, 0], [390, 3]],
            ),
            Generation::E2010Sp3 => {
                (14, 3, &[[123, 4], [146, 0], [158, 1], [169, 1], [174, 1], [181, 6], [195, 1]])
            }
            Generation::E2013 => (15, 0, &[[516, 32]]),
            Generation::E2016 => (15, 1, &[[225, 42]]),
            Generation::E2019 => (15, 2, &[[221, 12]]),
        };
        let known = numbers.len() - 1;
        let [third, fourth] = numbers[usize::from(rollup).min(known)];
        let beyond = usize::from(rollup).saturating_sub(known);
        Self([major, minor, third.saturating_add(u16::try_from(beyond).unwrap_or(u16::MAX)), fourth])
    }

    /// Parses a release with an optional update rollup, as `2010 SP2 RU3` or
    /// `2007 SP1`.
    #[must_use]
    pub fn parse_release(text: &str) -> Option<(Generation, Self)> {
        let (release, rollup) = match text.rsplit_once(' ') {
            Some((head, tail)) if tail.len() > 2 && tail[..2].eq_ignore_ascii_case("RU") => {
                (head, tail[2..].parse().ok()?)
            }
            _ => (text, 0),
        };
        let (generation, _) =
            Generation::ALL.into_iter().find(|(_, token)| token.eq_ignore_ascii_case(release.trim()))?;
        Some((generation, Self::of(generation, rollup)))
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a}.{b}.{c}.{d}")
    }
}

/// How an OWA redirect is played (`CrossSiteRedirectType`, 2010 SP2 on).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CrossSiteRedirectType {
    /// A page with a link.
    #[default]
    Manual,
    /// An HTTP redirect that the browser follows.
    Silent,
}

/// Windows of a Client Access server, as far as Outlook Anywhere's cost differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OperatingSystem {
    /// Windows Server 2008 R2.
    #[default]
    Server2008R2,
    /// Windows Server 2008 SP2.
    Server2008Sp2,
}

impl OperatingSystem {
    /// Every one with its word.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::Server2008R2, "2008 R2"), (Self::Server2008Sp2, "2008 SP2")];
}

/// Settings of the Client Access servers of a group beyond URLs and authentication.
#[derive(Clone, PartialEq, Debug)]
pub struct CasSwitches {
    /// Operating system, where it is stated; the cost of Outlook Anywhere depends on it.
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

/// Facts about certificates, balancers and publishing. No rule of routing reads them;
/// the linter does, and a run those of the balancer and the publisher.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Publishing {
    /// Names in the certificate, lower case, `*.` for any first label; empty: not stated.
    pub certificate_names: Vec<String>,
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

impl Default for CasSwitches {
    fn default() -> Self {
        Self {
            os: None,
            build: None,
            fqdn: None,
            service_principal_names: Vec::new(),
            negotiate_provider: true,
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
        Self { rpc_client_access_server: None, back_end_eas_integrated: true, back_end_ssl_or_forms: false }
    }
}

/// TCP ports closed from one site to another; `None` is any site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirewallRule {
    /// Where the connection begins.
    pub from: Option<Id<Site>>,
    /// Where it would end.
    pub to: Option<Id<Site>>,
    /// Closed ports.
    pub ports: Vec<u16>,
    /// Time after which it forgets a connection on which nothing is sent; `None`: not stated.
    pub idle_timeout: Option<SimSpan>,
}

/// What is known of a host name beyond `[[namespace]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameFact {
    /// Host, lower case.
    pub host: String,
    /// Whether it resolves inside and can be reached there.
    pub inside: bool,
    /// Whether it resolves on the Internet and is published there.
    pub internet: bool,
}

/// Settings of the organisation and facts of the network that routing reads.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OrganisationSwitches {
    /// `AllowCrossSiteRpcClientAccess` of the database availability group (2010 SP2 RU3 on).
    pub allow_cross_site_rpc_client_access: bool,
    /// Closed ports between sites.
    pub firewall: Vec<FirewallRule>,
    /// Names that do not behave as their `[[namespace]]` or owner says.
    pub names: Vec<NameFact>,
    /// Shared names of network load balancers, lower case.
    pub balancer_names: Vec<String>,
    /// What releases do where sources disagree or are silent.
    pub contested: Contested,
}

/// What a 2007 server without service pack does with a device whose mailbox's site
/// has an EAS ExternalURL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RtmDevice {
    /// Proxies, as the founding article says.
    #[default]
    Proxy,
    /// Answers 403.
    Refuse,
}

/// Questions on which sources disagree or are silent; each default is the one of
/// the rule that reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contested {
    /// EAS across sites with an ExternalURL at the target, 2007 without service pack.
    pub eas_rtm: RtmDevice,
    /// How OWA of 2007 redirects: by a page with a link, or silently as the article's
    /// words can be read.
    pub owa_2007_redirect: CrossSiteRedirectType,
    /// ActiveSync of 2007 SP1 and later proxies to a target without service pack.
    pub eas_sp1_proxies_rtm: bool,
    /// The address book is fetched from the mailbox's site; false: where it is asked for.
    pub oab_from_mailbox_site: bool,
    /// Outlook Anywhere of 2010 opens RPC to a Mailbox server of another site itself;
    /// false: it goes by the database's RPC Client Access endpoint.
    pub outlook_anywhere_2010_direct: bool,
    /// OWA of 2010 proxies for a 2007 mailbox of its own site without a legacy name.
    pub owa_2010_proxies_2007: bool,
    /// OWA of 2013 and later proxies for a 2007 mailbox without a legacy name.
    pub owa_2013_proxies_2007: bool,
    /// EWS of 2013 and later is proxied for a 2007 mailbox.
    pub ews_2013_proxies_2007: bool,
    /// OWA of 2013 and later redirects where the target's ExternalURL names another
    /// host; false proxies always.
    pub owa_2013_redirects: bool,
    /// EAS of 2013 and later answers 451 where the target's ExternalURL names
    /// another host (the article's comments of 2022); false proxies always.
    pub eas_2013_redirects: bool,
    /// Exchange 2010 answers `/exchange` for a 2003 mailbox by proxying (early help)
    /// instead of redirecting to `Exchange2003Url`.
    pub owa_2010_proxies_2003: bool,
}

impl Default for Contested {
    fn default() -> Self {
        Self {
            eas_rtm: RtmDevice::Proxy,
            owa_2007_redirect: CrossSiteRedirectType::Manual,
            eas_sp1_proxies_rtm: true,
            oab_from_mailbox_site: true,
            outlook_anywhere_2010_direct: false,
            owa_2010_proxies_2007: true,
            owa_2013_proxies_2007: false,
            ews_2013_proxies_2007: true,
            owa_2013_redirects: true,
            eas_2013_redirects: false,
            owa_2010_proxies_2003: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_parse_and_order() {
        assert_eq!(Build::parse("Version 14.2 (Build 309.2)"), Some(Build([14, 2, 309, 2])));
        assert_eq!(Build::parse("8.1.240"), Some(Build([8, 1, 240, 0])));
        assert_eq!(Build::parse("8.1"), None);
        assert!(Build::of(Generation::E2010Sp2, 3) > Build::of(Generation::E2010Sp2, 2));
        assert!(Build::of(Generation::E2007Sp3, 40) > Build::of(Generation::E2007Sp3, 39));
        for (generation, token) in Generation::ALL {
            assert_eq!(Build::parse_release(token).map(|(g, _)| g), Some(generation));
        }
        assert_eq!(
            Build::parse_release("2010 SP2 RU3"),
            Some((Generation::E2010Sp2, Build([14, 2, 309, 2])))
        );
    }
}
