//! Settings of the organisation and facts of the network that routing reads: closed
//! ports, names, contested questions.
//!
//! Must not know the rules that read them ([`crate::model::access`]).

use super::sites::Site;
use crate::kernel::{Id, SimSpan};
use crate::model::switches::CrossSiteRedirectType;

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
    /// Whether MAPI over HTTP is on (`MapiHttpEnabled`); `None`: as setup leaves it.
    pub mapi_http: Option<bool>,
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
    /// OWA of 2013 and later needs Integrated Windows Authentication at a 2010 target.
    pub owa_2013_needs_integrated: bool,
    /// OWA of 2013 and later before a 2007 mailbox whose site has no ExternalURL redirects
    /// to the legacy URL of a 2007 server in its own site, which proxies.
    pub owa_2013_by_legacy_here: bool,
    /// Exchange 2010 answers `/exchange` for a 2003 mailbox by proxying (early help)
    /// instead of redirecting to `Exchange2003Url`.
    pub owa_2010_proxies_2003: bool,
    /// Outlook over MAPI/RPC goes on to the next address of its endpoint's name where the
    /// first is dead, after 15 to 30 s; false: it waits until that answers, or its record goes.
    pub rpc_next_address: bool,
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
            owa_2013_needs_integrated: false,
            owa_2013_by_legacy_here: true,
            rpc_next_address: false,
        }
    }
}
