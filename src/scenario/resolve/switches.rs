//! Settings that most scenarios leave alone: registry values, rare parameters of the
//! administration shell, firewalls, facts about names, contested rules.
//!
//! Keys are the official names in lower case with underscores, in the table of the
//! directory or server that carries them.

use super::super::amounts::{Count, Limit, Number, Time};
use super::super::fields::{Cx, Fields};
use super::super::kinds::{Address, Host, Kind, List, Name, Switch, Text, Token};
use super::super::tree::{self, Node};
use super::release::BuildKind;
use super::topology::Names;
use crate::kernel::Id;
use crate::model::directory::{Authentication, Url};
use crate::model::limits::CasLimits;
use crate::model::release::Generation;
use crate::model::switches::{
    Affinity, CasSwitches, CrossSiteRedirectType, MailboxSwitches, OperatingSystem, Publishing,
};
use crate::model::topology::{Contested, FirewallRule, NameFact, OrganisationSwitches, RtmDevice};

const SETUP: &str = "what setup leaves behind";
const CONTESTED: &str = "sources disagree; the rule that reads it says why";

const REDIRECT_TYPE: Token<CrossSiteRedirectType> =
    Token { words: &[(CrossSiteRedirectType::Manual, "manual"), (CrossSiteRedirectType::Silent, "silent")] };

/// Settings of the table `cas`.
pub(super) fn of_cas(cx: &mut Cx, cas: &mut Fields<'_>) -> CasSwitches {
    let default = CasSwitches::default();
    const OS: Token<OperatingSystem> = Token { words: &OperatingSystem::ALL };
    CasSwitches {
        os: cas.read(cx, "os", &OS),
        build: cas.read(cx, "build", &BuildKind),
        fqdn: cas.read(cx, "fqdn", &Host),
        service_principal_names: cas.read(cx, "service_principal_names", &List(Host)).unwrap_or_default(),
        client_access_array: cas.read(cx, "client_access_array", &Name),
        negotiate_provider: cas.or(cx, "negotiate_provider", &Switch, default.negotiate_provider, SETUP),
        self_signed: cas.or(cx, "self_signed", &Switch, default.self_signed, SETUP),
        require_ssl: cas.or(cx, "require_ssl", &Switch, default.require_ssl, SETUP),
        owa_resource_folders: cas.read(cx, "owa_resource_folders", &List(BuildKind)).unwrap_or_default(),
        allow_proxying_without_ssl: cas.or(
            cx,
            "allow_proxying_without_ssl",
            &Switch,
            default.allow_proxying_without_ssl,
            SETUP,
        ),
        allow_internal_untrusted_certs: cas.or(
            cx,
            "allow_internal_untrusted_certs",
            &Switch,
            default.allow_internal_untrusted_certs,
            SETUP,
        ),
        block_legacy_mailboxes: cas.or(
            cx,
            "block_legacy_mailboxes",
            &Switch,
            default.block_legacy_mailboxes,
            SETUP,
        ),
        allow_cross_site_sessions: cas.or(
            cx,
            "allow_cross_site_sessions",
            &Switch,
            default.allow_cross_site_sessions,
            SETUP,
        ),
        internal_connection_settings: cas.read(cx, "internal_connection_settings", &Host),
        enable_preferred_site_enforcement: cas.or(
            cx,
            "enable_preferred_site_enforcement",
            &Switch,
            default.enable_preferred_site_enforcement,
            SETUP,
        ),
        publishing: publishing(cx, cas),
        ..default
    }
}

/// What each server counts, by the release unless stated.
pub(super) fn limits(cx: &mut Cx, cas: &mut Fields<'_>, generation: Generation) -> CasLimits {
    let default = CasLimits::of(generation);
    let key = "authenticated_connection_timeout";
    let mail_idle = match default.mail_idle {
        Some(idle) => Some(cas.or(
            cx,
            key,
            &Time::POSITIVE,
            idle,
            "AuthenticatedConnectionTimeout of POP3 and IMAP4 after setup, from memory",
        )),
        None => cas.read(cx, key, &Time::POSITIVE),
    };
    let mut limit = |key, default: Option<u32>, source| cas.or(cx, key, &Limit, default, source);
    CasLimits {
        outlook_anywhere_connections: limit(
            "outlook_anywhere_connection_limit",
            default.outlook_anywhere_connections,
            "ASP.NET connection limit of Outlook Anywhere on 2010 SP3; no figure for other releases",
        ),
        rpc_requests: limit(
            "rpc_request_limit",
            default.rpc_requests,
            "RPC requests a Client Access service of 2010",
        ),
        mail_connections: limit(
            "max_connections",
            default.mail_connections,
            "MaxConnections of POP3 and IMAP4 by release",
        ),
        mail_connections_from_single_ip: limit(
            "max_connections_from_single_ip",
            default.mail_connections_from_single_ip,
            "MaxConnectionsFromSingleIP of POP3 and IMAP4 by release",
        ),
        mail_connections_per_user: limit(
            "max_connections_per_user",
            default.mail_connections_per_user,
            "MaxConnectionsPerUser of POP3 and IMAP4 by release",
        ),
        ephemeral_ports: limit(
            "ephemeral_ports",
            default.ephemeral_ports,
            "usable with a raised MaxUserPort, from memory (2003: 3976, 2008: 16384 unchanged); direct RPC of 2007",
        ),
        maxconnection: limit("maxconnection", default.maxconnection, "off unless set"),
        concurrent_requests_per_cpu: limit(
            "max_concurrent_requests_per_cpu",
            default.concurrent_requests_per_cpu,
            "off unless set",
        ),
        target_backend_guard: limit(
            "target_backend_guard",
            default.target_backend_guard,
            "150 before 2013 CU7, a notice only since",
        ),
        mail_idle,
    }
}

/// Facts about what stands in front of the servers.
fn publishing(cx: &mut Cx, cas: &mut Fields<'_>) -> Publishing {
    const AFFINITY: Token<Affinity> = Token {
        words: &[
            (Affinity::None, "none"),
            (Affinity::Cookie, "cookie"),
            (Affinity::SourceAddress, "source address"),
        ],
    };
    let names = cas.read(cx, "certificate_names", &List(Text)).unwrap_or_default();
    Publishing {
        certificate_names: names.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
        auto_discover_site_scope: cas.read(cx, "auto_discover_site_scope", &List(Text)),
        affinity: cas.read(cx, "affinity", &AFFINITY),
        hides_client_addresses: cas.or(cx, "hides_client_addresses", &Switch, false, SETUP),
        idle_timeout: cas.read(cx, "idle_timeout", &Time::POSITIVE),
    }
}

/// Settings of the table `owa` of a site.
pub(super) fn of_owa(cx: &mut Cx, owa: &mut Fields<'_>, switches: &mut CasSwitches) {
    switches.redirect_to_optimal_owa_server =
        owa.or(cx, "redirect_to_optimal_owa_server", &Switch, switches.redirect_to_optimal_owa_server, SETUP);
    switches.cross_site_redirect_type =
        owa.or(cx, "cross_site_redirect_type", &REDIRECT_TYPE, switches.cross_site_redirect_type, SETUP);
    switches.exchange2003_url = url(cx, owa, "exchange2003_url");
    switches.failback_url = url(cx, owa, "failback_url");
}

/// Settings of the table `eas` of a site.
pub(super) fn of_eas(cx: &mut Cx, eas: &mut Fields<'_>, switches: &mut CasSwitches) {
    let version = Number { min: 1.0, closed: true, max: 99.0 };
    switches.eas_proxy_integrated = eas.read(cx, "proxy_integrated", &Switch);
    switches.eas_same_site_451 = eas.or(cx, "same_site_451", &Switch, switches.eas_same_site_451, CONTESTED);
    let from = f64::from(switches.eas_451_from) / 10.0;
    let from = eas.or(cx, "redirect_451_from", &version, from, "devices know 451 from protocol 12.1 on");
    switches.eas_451_from = (from * 10.0).round() as u16;
}

/// Settings of the table `ews` of a site.
pub(super) fn of_ews(cx: &mut Cx, ews: &mut Fields<'_>, switches: &mut CasSwitches) {
    switches.internal_nlb_bypass_url = url(cx, ews, "internal_nlb_bypass_url");
}

fn url(cx: &mut Cx, fields: &mut Fields<'_>, key: &'static str) -> Option<Url> {
    fields.or(cx, key, &Address, None, SETUP)
}

/// Settings of the table `mailbox`.
pub(super) fn of_mailbox(cx: &mut Cx, mailbox: &mut Fields<'_>) -> MailboxSwitches {
    let default = MailboxSwitches::default();
    MailboxSwitches {
        rpc_client_access_server: mailbox.read(cx, "rpc_client_access_server", &Name),
        back_end_eas_integrated: mailbox.or(
            cx,
            "back_end_eas_integrated",
            &Switch,
            default.back_end_eas_integrated,
            "KB937031",
        ),
        back_end_ssl_or_forms: mailbox.or(
            cx,
            "back_end_ssl_or_forms",
            &Switch,
            default.back_end_ssl_or_forms,
            "KB817379",
        ),
    }
}

/// Virtual directories of an Exchange 2003 back end, in the words of later releases.
pub(super) fn of_back_end(cx: &mut Cx, server: &mut Fields<'_>, switches: &mut MailboxSwitches) {
    const AUTH: List<Token<Authentication>> = List(Token { words: &Authentication::ALL });
    if let Some(mut eas) = server.has("eas").then(|| server.table(cx, "eas")).flatten() {
        if let Some(auth) = eas.read(cx, "auth", &AUTH) {
            switches.back_end_eas_integrated = auth.contains(&Authentication::Integrated);
        }
        eas.finish(cx);
    }
    if let Some(mut owa) = server.has("owa").then(|| server.table(cx, "owa")).flatten() {
        let forms = owa.read(cx, "auth", &AUTH).is_some_and(|auth| auth.contains(&Authentication::Forms));
        let ssl = owa.read(cx, "require_ssl", &Switch).unwrap_or(false);
        switches.back_end_ssl_or_forms |= forms || ssl;
        owa.finish(cx);
    }
}

/// `[organisation]`, `[contested]`, `[[firewall]]` and `[[resolution]]`.
pub(super) fn organisation(cx: &mut Cx, root: &mut Fields<'_>, sites: &Names) -> OrganisationSwitches {
    const DEVICE: Token<RtmDevice> =
        Token { words: &[(RtmDevice::Proxy, "proxy"), (RtmDevice::Refuse, "refuse")] };
    let mut switches = OrganisationSwitches::default();
    cx.section("[organisation]");
    let mut fields = root.table_or_empty(cx, "organisation").into_section();
    switches.allow_cross_site_rpc_client_access =
        fields.or(cx, "allow_cross_site_rpc_client_access", &Switch, false, SETUP);
    switches.balancer_names = fields.read(cx, "balancer_names", &List(Host)).unwrap_or_default();
    fields.finish(cx);
    cx.section("[contested]");
    let mut fields = root.table_or_empty(cx, "contested").into_section();
    let default = Contested::default();
    switches.contested = Contested {
        eas_rtm: fields.or(cx, "eas_rtm", &DEVICE, default.eas_rtm, CONTESTED),
        owa_2007_redirect: fields.or(
            cx,
            "owa_2007_redirect",
            &REDIRECT_TYPE,
            default.owa_2007_redirect,
            CONTESTED,
        ),
        eas_sp1_proxies_rtm: fields.or(
            cx,
            "eas_sp1_proxies_rtm",
            &Switch,
            default.eas_sp1_proxies_rtm,
            CONTESTED,
        ),
        oab_from_mailbox_site: fields.or(
            cx,
            "oab_from_mailbox_site",
            &Switch,
            default.oab_from_mailbox_site,
            CONTESTED,
        ),
        outlook_anywhere_2010_direct: fields.or(
            cx,
            "outlook_anywhere_2010_direct",
            &Switch,
            default.outlook_anywhere_2010_direct,
            CONTESTED,
        ),
        owa_2010_proxies_2007: fields.or(
            cx,
            "owa_2010_proxies_2007",
            &Switch,
            default.owa_2010_proxies_2007,
            CONTESTED,
        ),
        owa_2013_proxies_2007: fields.or(
            cx,
            "owa_2013_proxies_2007",
            &Switch,
            default.owa_2013_proxies_2007,
            CONTESTED,
        ),
        ews_2013_proxies_2007: fields.or(
            cx,
            "ews_2013_proxies_2007",
            &Switch,
            default.ews_2013_proxies_2007,
            CONTESTED,
        ),
        owa_2013_redirects: fields.or(
            cx,
            "owa_2013_redirects",
            &Switch,
            default.owa_2013_redirects,
            CONTESTED,
        ),
        eas_2013_redirects: fields.or(
            cx,
            "eas_2013_redirects",
            &Switch,
            default.eas_2013_redirects,
            CONTESTED,
        ),
        owa_2010_proxies_2003: fields.or(
            cx,
            "owa_2010_proxies_2003",
            &Switch,
            default.owa_2010_proxies_2003,
            CONTESTED,
        ),
    };
    fields.finish(cx);
    for (number, (table, span)) in root.elements(cx, "firewall").into_iter().enumerate() {
        cx.section("[[firewall]]");
        let path = format!("firewall.{}", number + 1);
        let mut fields = Fields::new(table, span, path, "firewall.*".to_owned());
        let from = end(cx, &mut fields, "from", sites);
        let to = end(cx, &mut fields, "to", sites);
        let idle_timeout = fields.read(cx, "idle_timeout", &Time::ANY);
        // A firewall that closes nothing may still forget what is idle.
        let ports = if idle_timeout.is_some() && !fields.has("closed") {
            Vec::new()
        } else {
            fields.require(cx, "closed", &Ports).unwrap_or_default()
        };
        fields.finish(cx);
        switches.firewall.push(FirewallRule { from, to, ports, idle_timeout });
    }
    for (number, (table, span)) in root.elements(cx, "resolution").into_iter().enumerate() {
        cx.section("[[resolution]]");
        let path = format!("resolution.{}", number + 1);
        let mut fields = Fields::new(table, span, path, "resolution.*".to_owned());
        let host = fields.require(cx, "host", &Host).unwrap_or_default();
        let inside = fields.or(cx, "inside", &Switch, true, "as names do that are declared");
        let internet = fields.or(cx, "internet", &Switch, true, "as names do that are declared");
        fields.finish(cx);
        switches.names.push(NameFact { host, inside, internet });
    }
    switches
}

fn end(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    key: &'static str,
    sites: &Names,
) -> Option<Id<crate::model::topology::Site>> {
    let name = fields.read(cx, key, &Text)?;
    let span = fields.entry(key).map_or(fields.span, |entry| entry.node.span);
    let found = sites.get(&name);
    if found.is_none() {
        cx.unknown("[[site]]", &name, span, sites.keys().map(String::as_str));
    }
    found.map(|site| Id::new(*site))
}

/// TCP ports; a single number stands for a list of one.
struct Ports;

impl Kind for Ports {
    type Out = Vec<u16>;
    fn read(&self, cx: &mut Cx, node: &Node, path: &str) -> Option<Vec<u16>> {
        let port = Count { min: 1, max: 65_535 };
        let one = |cx: &mut Cx, node: &Node| port.read(cx, node, path).and_then(|n| u16::try_from(n).ok());
        match &node.value {
            tree::Value::List(items) => {
                let read: Vec<Option<u16>> = items.iter().map(|item| one(cx, item)).collect();
                read.into_iter().collect()
            }
            _ => Some(vec![one(cx, node)?]),
        }
    }
    fn show(&self, value: &Vec<u16>) -> String {
        format!("{value:?}")
    }
    fn expected(&self) -> String {
        "a list of TCP ports such as [6001, 6002, 6004]".to_owned()
    }
}
