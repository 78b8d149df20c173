//! Settings that most scenarios leave alone: registry values, rare parameters of the
//! administration shell, limits of servers, facts about what stands in front of them.
//!
//! Keys are the official names in lower case with underscores, in the table of the
//! directory or server that carries them.

use super::super::amounts::{Limit, Number, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Address, Host, List, Name, Switch, Text, Token};
use super::release::{BuildKind, FolderKind};
use crate::kernel::SimSpan;
use crate::model::directory::{Authentication, Url};
use crate::model::limits::CasLimits;
use crate::model::release::Generation;
use crate::model::setup;
use crate::model::switches::{
    Affinity, CasSwitches, Certificate, CrossSiteRedirectType, MailboxSwitches, OperatingSystem, Publishing,
};

/// Key of a virtual directory's authentication methods.
pub(super) const AUTHENTICATION: Key = ("auth", "authentication methods of the virtual directory");

/// Where a default of Exchange itself comes from.
pub(super) const SETUP: &str = "what setup leaves behind";
/// What sources disagree about.
pub(super) const CONTESTED: &str = "sources disagree; the rule that reads it says why";

/// How a browser is sent on.
pub(super) const REDIRECT_TYPE: Token<CrossSiteRedirectType> =
    Token { words: &[(CrossSiteRedirectType::Manual, "manual"), (CrossSiteRedirectType::Silent, "silent")] };

/// A switch that setup leaves as `default`.
fn set_up(cx: &mut Cx, fields: &mut Fields<'_>, key: Key, default: bool) -> bool {
    fields.or(cx, key, &Switch, default, SETUP)
}

/// Settings of the table `cas`.
pub(super) fn of_cas(cx: &mut Cx, cas: &mut Fields<'_>, generation: Generation) -> CasSwitches {
    let mut switches = CasSwitches { os: Some(system(cx, cas, generation)), ..CasSwitches::default() };
    identity(cx, cas, &mut switches);
    sessions(cx, cas, &mut switches);
    switches.publishing = publishing(cx, cas);
    switches
}

/// What Windows the servers run.
fn system(cx: &mut Cx, group: &mut Fields<'_>, generation: Generation) -> OperatingSystem {
    const OS: Token<OperatingSystem> = Token { words: &OperatingSystem::ALL };
    group.or(
        cx,
        (
            "os",
            "Windows of the servers: how much TCP has under way, and the line by which Outlook Anywhere's cost grows \
             with the users of a server (2007 on Windows 2003: a flat `outlook_task`)",
        ),
        &OS,
        OperatingSystem::of_servers(generation),
        "ASSUMED of this release",
    )
}

/// What the servers are, and how they are known to others.
fn identity(cx: &mut Cx, cas: &mut Fields<'_>, s: &mut CasSwitches) {
    s.build = cas.read(
        cx,
        ("build", "a build number, or a release with its update rollup; left out, the release without one"),
        &BuildKind,
    );
    s.fqdn =
        cas.read(cx, ("fqdn", "host name of the servers; left out, the group's name in lower case"), &Host);
    s.service_principal_names = cas
        .read(cx, ("service_principal_names", "names registered for Kerberos"), &List(Host))
        .unwrap_or_default();
    s.client_access_array =
        cas.read(cx, ("client_access_array", "name of the array that MAPI clients connect to"), &Name);
    s.negotiate_provider =
        set_up(cx, cas, ("negotiate_provider", "IIS offers Kerberos"), s.negotiate_provider);
    s.self_signed =
        set_up(cx, cas, ("self_signed", "the certificate is the one that setup made"), s.self_signed);
    s.require_ssl = set_up(cx, cas, ("require_ssl", "the virtual directories demand TLS"), s.require_ssl);
    s.owa_resource_folders = cas
        .read(
            cx,
            (
                "owa_resource_folders",
                "builds whose folder of OWA resources was copied here, whole or as a line: `8.3`",
            ),
            &List(FolderKind),
        )
        .unwrap_or_default();
}

/// Whose sessions they serve.
fn sessions(cx: &mut Cx, cas: &mut Fields<'_>, s: &mut CasSwitches) {
    s.allow_proxying_without_ssl = set_up(
        cx,
        cas,
        ("allow_proxying_without_ssl", "proxy over plain HTTP where the target demands no TLS"),
        s.allow_proxying_without_ssl,
    );
    s.allow_internal_untrusted_certs = set_up(
        cx,
        cas,
        ("allow_internal_untrusted_certs", "accept any certificate of a server that it proxies to"),
        s.allow_internal_untrusted_certs,
    );
    s.block_legacy_mailboxes = set_up(
        cx,
        cas,
        ("block_legacy_mailboxes", "refuse mailboxes of an older release"),
        s.block_legacy_mailboxes,
    );
    s.allow_cross_site_sessions = set_up(
        cx,
        cas,
        ("allow_cross_site_sessions", "serve OWA sessions of mailboxes in other sites"),
        s.allow_cross_site_sessions,
    );
    s.internal_connection_settings = cas.read(
        cx,
        ("internal_connection_settings", "host name that clients inside are given for POP3 and IMAP4"),
        &Host,
    );
    s.enable_preferred_site_enforcement = set_up(
        cx,
        cas,
        ("enable_preferred_site_enforcement", "a mailbox is served from its preferred site"),
        s.enable_preferred_site_enforcement,
    );
}

/// What each server counts, by the release unless stated.
pub(super) fn limits(cx: &mut Cx, cas: &mut Fields<'_>, generation: Generation) -> CasLimits {
    let default = CasLimits::of(generation);
    let mail_idle = mail_idle(cx, cas, default.mail_idle);
    let mut limit = |key, default: Option<u32>, source| cas.or(cx, key, &Limit, default, source);
    CasLimits {
        outlook_anywhere_connections: limit(
            (
                "outlook_anywhere_connection_limit",
                "RPC/HTTP connections at each server, two an RPC association",
            ),
            default.outlook_anywhere_connections,
            "ASP.NET connection limit of Outlook Anywhere on 2010 SP3; no figure for other releases",
        ),
        rpc_requests: limit(
            ("rpc_request_limit", "RPC requests in work at each server"),
            default.rpc_requests,
            "RPC requests a Client Access service of 2010",
        ),
        mail_connections: limit(
            (
                "max_connections",
                "POP3, and IMAP4, connections at each server (MaxConnections): 2000 (2007, 2010)",
            ),
            default.mail_connections,
            "MaxConnections of POP3 and IMAP4 by release",
        ),
        mail_connections_from_single_ip: limit(
            (
                "max_connections_from_single_ip",
                "the same from one address (MaxConnectionsFromSingleIP): 20 (2007), 2000 (2010)",
            ),
            default.mail_connections_from_single_ip,
            "MaxConnectionsFromSingleIP of POP3 and IMAP4 by release",
        ),
        mail_connections_per_user: limit(
            (
                "max_connections_per_user",
                "the same of one user (MaxConnectionsPerUser): 10 (2007), 16 (2010 on)",
            ),
            default.mail_connections_per_user,
            "MaxConnectionsPerUser of POP3 and IMAP4 by release",
        ),
        ephemeral_ports: limit(
            (
                "ephemeral_ports",
                "TCP ports of each server towards one Mailbox server, for Outlook Anywhere by direct RPC",
            ),
            default.ephemeral_ports,
            "usable with a raised MaxUserPort, from memory (2003: 3976, 2008: 16384 unchanged); \
             direct RPC of 2007",
        ),
        maxconnection: limit(
            ("maxconnection", "connections of each server to one that it proxies to; further requests wait"),
            default.maxconnection,
            "off unless set",
        ),
        concurrent_requests_per_cpu: limit(
            (
                "max_concurrent_requests_per_cpu",
                "web requests in work at each server, a core; further ones wait",
            ),
            default.concurrent_requests_per_cpu,
            "off unless set",
        ),
        target_backend_guard: limit(
            (
                "target_backend_guard",
                "requests of a protocol outstanding from each server at one back end (2013 on), \
                 beyond it HTTP 503",
            ),
            default.target_backend_guard,
            "150 before 2013 CU7, a notice only since",
        ),
        mail_idle,
    }
}

/// After how long the IMAP4 service ends an idle session, by the release unless stated.
fn mail_idle(cx: &mut Cx, cas: &mut Fields<'_>, default: Option<SimSpan>) -> Option<SimSpan> {
    let key = (
        "authenticated_connection_timeout",
        "after so long without a request the IMAP4 service ends a session \
         (AuthenticatedConnectionTimeout)",
    );
    match default {
        Some(idle) => Some(cas.or(
            cx,
            key,
            &Time::POSITIVE,
            idle,
            "AuthenticatedConnectionTimeout of POP3 and IMAP4 after setup, from memory",
        )),
        None => cas.read(cx, key, &Time::POSITIVE),
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
    let names = cas
        .read(
            cx,
            ("certificate_names", "names in the servers' certificate; without them `check` judges no name"),
            &List(Text),
        )
        .unwrap_or_default();
    let identity = cas.read(
        cx,
        (
            "certificate",
            "which certificate the servers hold: a thumbprint or any word for it, the same on all that it was \
             exported to, or `own`: each server one of its own; left out, told by `certificate_names`, and \
             `own` where `self_signed`. From 2013 on a server with another one cannot read the logon cookie",
        ),
        &Name,
    );
    Publishing {
        certificate_names: names.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
        certificate: identity.map(|name| match name.as_str() {
            "own" => Certificate::Own,
            _ => Certificate::Shared(name),
        }),
        auto_discover_site_scope: cas.read(
            cx,
            (
                "auto_discover_site_scope",
                "AD sites (AutoDiscoverSiteScope); read by `check` alone, which judges nothing without it",
            ),
            &List(Text),
        ),
        affinity: cas.read(
            cx,
            (
                "affinity",
                "of the balancer in front: `cookie`: a session stays at its server, as without this \
                 key; `source address`: all behind one address reach one server; `none`: every \
                 request of OWA, ActiveSync and MAPI/HTTP goes to a server of its own, and an OWA \
                 session breaks (a failed request and a logon again) at 2007 and 2010 (HTTP 440), and \
                 from 2013 on at a server with another `certificate`",
            ),
            &AFFINITY,
        ),
        hides_client_addresses: cas.or(
            cx,
            (
                "hides_client_addresses",
                "the publisher in front shows its own address in place of the clients'",
            ),
            &Switch,
            false,
            SETUP,
        ),
        idle_timeout: cas.read(
            cx,
            (
                "idle_timeout",
                "after so long the balancer or publisher in front closes an idle connection; left \
                 out, never; what clients do then: [idle time-outs](#idle-time-outs)",
            ),
            &Time::POSITIVE,
        ),
    }
}

/// Settings of the table `owa` of a site.
pub(super) fn of_owa(cx: &mut Cx, owa: &mut Fields<'_>, switches: &mut CasSwitches) {
    switches.redirect_to_optimal_owa_server = owa.or(
        cx,
        (
            "redirect_to_optimal_owa_server",
            "send a user who came to the wrong site to the URL of the right one",
        ),
        &Switch,
        switches.redirect_to_optimal_owa_server,
        SETUP,
    );
    switches.cross_site_redirect_type = owa.or(
        cx,
        ("cross_site_redirect_type", "by a page with a link, or by an answer that the browser follows"),
        &REDIRECT_TYPE,
        switches.cross_site_redirect_type,
        SETUP,
    );
    switches.exchange2003_url =
        owa.or(cx, ("exchange2003_url", "where users of Exchange 2003 are sent"), &Address, None, SETUP);
    switches.failback_url =
        owa.or(cx, ("failback_url", "where users are sent while databases move back"), &Address, None, SETUP);
}

/// Settings of the table `eas` of a site.
pub(super) fn of_eas(cx: &mut Cx, eas: &mut Fields<'_>, switches: &mut CasSwitches) {
    let version = Number { min: 1.0, closed: true, max: 99.0 };
    switches.eas_proxy_integrated = eas.read(
        cx,
        ("proxy_integrated", "proxying by integrated authentication; left out, as the release has it"),
        &Switch,
    );
    switches.eas_same_site_451 = eas.or(
        cx,
        ("same_site_451", "a device that came by another name of its own site is told by HTTP 451"),
        &Switch,
        switches.eas_same_site_451,
        CONTESTED,
    );
    let from = f64::from(switches.eas_451_from) / 10.0;
    let from = eas.or(
        cx,
        ("redirect_451_from", "lowest protocol version of a device that is sent HTTP 451"),
        &version,
        from,
        "devices know 451 from protocol 12.1 on",
    );
    switches.eas_451_from = (from * 10.0).round() as u16;
}

/// Settings of the table `ews` of a site.
pub(super) fn of_ews(
    cx: &mut Cx,
    ews: &mut Fields<'_>,
    generation: Generation,
    own: Option<Url>,
    switches: &mut CasSwitches,
) {
    let filled = setup::fills_bypass_url(generation);
    switches.internal_nlb_bypass_url = ews.or(
        cx,
        (
            "internal_nlb_bypass_url",
            "URL of one server behind a balancer, for proxying; up to 2010 setup fills in the server's own name, \
             from 2013 on it leaves it empty",
        ),
        &Address,
        own.filter(|_| filled),
        if filled { "setup fills in the server's own name up to 2010" } else { "setup leaves it empty from 2013 on" },
    );
}

/// Settings of the table `mailbox`.
pub(super) fn of_mailbox(cx: &mut Cx, mailbox: &mut Fields<'_>, generation: Generation) -> MailboxSwitches {
    let default = MailboxSwitches::default();
    MailboxSwitches {
        os: Some(system(cx, mailbox, generation)),
        rpc_client_access_server: mailbox.read(
            cx,
            (
                "rpc_client_access_server",
                "where MAPI clients of these databases connect (RpcClientAccessServer)",
            ),
            &Name,
        ),
        back_end_eas_integrated: mailbox.or(
            cx,
            (
                "back_end_eas_integrated",
                "2003: ActiveSync of the back end has integrated authentication, as KB937031 wants it",
            ),
            &Switch,
            default.back_end_eas_integrated,
            "KB937031",
        ),
        back_end_ssl_or_forms: mailbox.or(
            cx,
            (
                "back_end_ssl_or_forms",
                "2003: `/Exchange` of the back end demands TLS or forms, which breaks ActiveSync",
            ),
            &Switch,
            default.back_end_ssl_or_forms,
            "KB817379",
        ),
    }
}

/// Virtual directories of an Exchange 2003 back end, in the words of later releases.
pub(super) fn of_back_end(cx: &mut Cx, server: &mut Fields<'_>, switches: &mut MailboxSwitches) {
    const AUTH: List<Token<Authentication>> = List(Token { words: &Authentication::ALL });
    if let Some(mut eas) = server.has("eas").then(|| server.table(cx, ("eas", "virtual directory"))).flatten()
    {
        if let Some(auth) = eas.read(cx, AUTHENTICATION, &AUTH) {
            switches.back_end_eas_integrated = auth.contains(&Authentication::Integrated);
        }
        eas.finish(cx);
    }
    if let Some(mut owa) = server.has("owa").then(|| server.table(cx, ("owa", "virtual directory"))).flatten()
    {
        let forms =
            owa.read(cx, AUTHENTICATION, &AUTH).is_some_and(|auth| auth.contains(&Authentication::Forms));
        let ssl =
            owa.read(cx, ("require_ssl", "the virtual directories demand TLS"), &Switch).unwrap_or(false);
        switches.back_end_ssl_or_forms |= forms || ssl;
        owa.finish(cx);
    }
}
