//! Cases beyond the truth table, in its manner: coexistence, selection among several
//! targets, every stage at which a hop can end. Together the two tables let every
//! rule fire.

use std::collections::BTreeSet;

use casim::kernel::Id;
use casim::model::access::{Caller, ClientPlace, Device, OwaPath, Stop, rules};
use casim::model::directory::{Authentication, Service};
use casim::model::protocol::Protocol;
use casim::model::release::Build;
use casim::model::release::Generation;
use casim::model::switches::CrossSiteRedirectType;
use casim::model::topology::{
    Delegation, FirewallRule, NameFact, PreAuthentication, Publisher, RtmDevice, Topology,
};

use super::fixture::{
    add_cas, add_mailbox, cas, legacy, mailbox, multi_role, publish, regional, single_name, two_sites, url,
};
use super::truth_table::{Case, auth, builds, case, cases, internal, judge, with};

const A: usize = 0;
const B: usize = 1;
const BE_B: usize = 2;
/// A second server in B.
const B2: usize = 2;

fn close(ports: &[u16]) -> impl FnOnce(&mut Topology) {
    let ports = ports.to_vec();
    move |t| t.switches.firewall = vec![FirewallRule { from: None, to: None, ports, idle_timeout: None }]
}

/// F1 with a second Client Access server in B.
fn two_in_b(generation: Generation) -> Topology {
    with(single_name(generation), |t| {
        add_cas(t, cas("CAS-B2", 1, generation));
    })
}

fn shared_name(topology: &mut Topology, service: Service) {
    for server in [B, B2] {
        internal(topology, server, service, "https://nlb-b.contoso.local/x");
    }
}

/// A 2010 (or later) entry in A and servers of an older release in A and B.
/// Groups: 0 entry, 1 old server in A, 2 old server in B; mailboxes of the old release 0 in A, 1 in B.
fn coexistence(entry: Generation, old: Generation) -> Topology {
    let mut topology = two_sites(entry);
    let mut first = cas("CAS-A1", 0, entry);
    publish(&mut first, "mail.contoso.com");
    add_cas(&mut topology, first);
    add_cas(&mut topology, cas("OLD-A1", 0, old));
    add_cas(&mut topology, cas("OLD-B1", 1, old));
    add_mailbox(&mut topology, mailbox("MBX-A", 0, old));
    add_mailbox(&mut topology, mailbox("MBX-B", 1, old));
    topology
}

/// The OWA resource folders of older targets are copied to the entry.
fn folders(topology: &mut Topology) {
    topology.cas[A].switches.owa_resource_folders = vec![Build::of(Generation::E2007Sp2, 0)];
}

/// A 2007 entry in A, a 2010 server and mailbox in B (mailbox 0).
fn newer_in_b(entry: Generation) -> Topology {
    let mut topology = two_sites(entry);
    let mut first = cas("CAS-A1", 0, entry);
    publish(&mut first, "mail.contoso.com");
    add_cas(&mut topology, first);
    add_cas(&mut topology, cas("NEW-B1", 1, Generation::E2010Sp1));
    add_mailbox(&mut topology, mailbox("MBX-B", 1, Generation::E2010Sp1));
    topology
}

fn published(mut topology: Topology, server: usize) -> Topology {
    publish(&mut topology.cas[server], "other.contoso.com");
    topology.sites[B].internet = topology.sites[A].internet.clone();
    topology
}

fn failed_over(version: &str) -> Topology {
    with(single_name(Generation::E2010Sp2), |t| {
        builds(t, version, version);
        t.mailbox[B].switches.rpc_client_access_server = Some("cas-a1".to_owned());
    })
}

/// A 2003 front end (0) and a 2007 server (1) in A, a 2003 back end and a 2007 mailbox.
fn front_end() -> Topology {
    let mut topology = two_sites(Generation::E2003);
    add_cas(&mut topology, cas("FE-A", 0, Generation::E2003));
    add_mailbox(&mut topology, mailbox("BE-B", 1, Generation::E2003));
    add_mailbox(&mut topology, mailbox("MBX-A", 0, Generation::E2007Sp1));
    topology
}

fn device(version: u16, follows_451: Option<bool>) -> Caller<'static> {
    Caller { device: Device { version, follows_451 }, ..Caller::default() }
}

const EXCHANGE: Caller<'static> = Caller {
    path: OwaPath::Exchange,
    place: None,
    host: None,
    device: Device { version: 121, follows_451: None },
    proxied: false,
    down: &[],
    stopped: &[],
    behind: &[],
    cut: &[],
};

fn down(groups: &'static [Stop]) -> Caller<'static> {
    Caller { down: groups, ..Caller::default() }
}

/// Their services of this protocol are down.
fn stopped(group: usize, protocol: Protocol) -> Caller<'static> {
    Caller { stopped: Box::leak(Box::new([(Id::new(group), protocol)])), ..Caller::default() }
}

fn first_down() -> Caller<'static> {
    down(Box::leak(Box::new([Stop::Cas(Id::new(B))])))
}

const PROXIED: &str = "CAS-A1 CAS-B1 MBX-B";

/// 2007.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn of_2007() -> Vec<Case> {
    use Protocol::*;
    let sp1 = Generation::E2007Sp1;
    let (f1, f2) = (|| single_name(sp1), || regional(sp1));
    let unlinked = |t: &mut Topology| t.links.clear();
    let plain_http = |t: &mut Topology| internal(t, B, Service::Owa, "http://cas-b1/owa");
    let optimal_off = |t: &mut Topology| t.cas[A].switches.redirect_to_optimal_owa_server = false;
    vec![
        case("device of 12.0", f2(), (Eas, B, A), ["refuse", "CAS-A1", "403", "device_cannot_follow"])
            .caller(device(120, None)),
        case("device blind to 451", f2(), (Eas, B, A), ["refuse", "CAS-A1", "451", "device_cannot_follow"])
            .caller(device(121, Some(false))),
        case(
            "RTM proxies devices",
            regional(Generation::E2007Rtm),
            (Eas, B, A),
            ["proxy", PROXIED, "page", ""],
        ),
        case(
            "RTM refuses devices by setting",
            with(regional(Generation::E2007Rtm), |t| t.switches.contested.eas_rtm = RtmDevice::Refuse),
            (Eas, B, A),
            ["refuse", "CAS-A1", "403", "device_cannot_follow"],
        ),
        case(
            "the first without integrated authentication is passed over",
            with(two_in_b(sp1), |t| auth(t, B, Service::Owa, &[Authentication::Basic])),
            (Owa, B, A),
            ["proxy", "CAS-A1 CAS-B2 MBX-B", "page", ""],
        ),
        case("OWA fails over", two_in_b(sp1), (Owa, B, A), ["proxy", "CAS-A1 CAS-B2 MBX-B", "page", ""])
            .caller(first_down()),
        case("entry down", regional(sp1), (Owa, A, A), ["refuse", "CAS-A1", "connect error", "server_down"])
            .caller(down(Box::leak(Box::new([Stop::Cas(Id::new(A))])))),
        case("OWA down at the entry", regional(sp1), (Owa, A, A), ["refuse", "CAS-A1", "503", "server_down"])
            .caller(stopped(A, Owa)),
        case(
            "OWA down at the target",
            single_name(sp1),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "server_down"],
        )
        .caller(stopped(B, Owa)),
        case(
            "another service down at the target",
            single_name(sp1),
            (Ews, B, A),
            ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""],
        )
        .caller(stopped(B, Owa)),
        case(
            "the name of a hop leads home",
            with(two_in_b(sp1), |t| {
                internal(t, B, Service::Eas, "https://cas-a1/Microsoft-Server-ActiveSync");
            }),
            (Eas, B, A),
            ["refuse", "CAS-A1 CAS-A1", "403", "proxied_twice"],
        ),
        case(
            "OWA goes on where another's name leads home",
            with(two_in_b(sp1), |t| internal(t, B, Service::Owa, "https://cas-a1/owa")),
            (Owa, B, A),
            ["proxy", "CAS-A1 CAS-B2 MBX-B", "page", ""],
        ),
        case(
            "the Internet does not get into a site without it",
            single_name(sp1),
            (Owa, B, B),
            ["refuse", "CAS-B1", "connect error", "name_not_resolved"],
        )
        .caller(Caller { place: Some(ClientPlace::Internet), ..Caller::default() }),
        case(
            "the publisher passes on what is not taken",
            with(single_name(sp1), |t| {
                t.sites[A].publisher = Some(Publisher {
                    ends_connections: true,
                    pre_authentication: PreAuthentication::Forms,
                    delegation: Delegation::Kerberos,
                    idle_timeout: None,
                    capacity: None,
                });
            }),
            (Owa, A, A),
            ["refuse", "CAS-A1", "error page", "delegation_refused"],
        )
        .caller(Caller { place: Some(ClientPlace::Internet), ..Caller::default() }),
        case(
            "the store is down",
            single_name(sp1),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "server_down"],
        )
        .caller(down(Box::leak(Box::new([Stop::Mailbox(Id::new(B))])))),
        case("EAS does not", two_in_b(sp1), (Eas, B, A), ["refuse", "CAS-A1", "503", "server_down"])
            .caller(first_down()),
        case(
            "EAS behind a balancer does",
            with(two_in_b(sp1), |t| shared_name(t, Service::Eas)),
            (Eas, B, A),
            ["proxy", "CAS-A1 CAS-B2 MBX-B", "page", ""],
        )
        .caller(first_down()),
        case(
            "OWA by a shared name",
            with(two_in_b(sp1), |t| shared_name(t, Service::Owa)),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_service_principal"],
        )
        .event(71),
        case(
            "RTM devices by a shared name",
            with(two_in_b(Generation::E2007Rtm), |t| shared_name(t, Service::Eas)),
            (Eas, B, A),
            ["refuse", "CAS-A1", "403", "no_service_principal"],
        ),
        case(
            "EWS by a shared name",
            with(two_in_b(sp1), |t| shared_name(t, Service::Ews)),
            (Ews, B, A),
            ["refuse", "CAS-A1", "SOAP fault", "no_bypass_url"],
        ),
        case(
            "EWS by a shared name with a bypass",
            with(two_in_b(sp1), |t| {
                shared_name(t, Service::Ews);
                t.cas[B].switches.internal_nlb_bypass_url =
                    url("https://cas-b1.contoso.local/ews/exchange.asmx");
            }),
            (Ews, B, A),
            ["proxy", PROXIED, "page", ""],
        ),
        case(
            "443 closed",
            with(f1(), close(&[443])),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "port_closed"],
        ),
        case(
            "the name of the hop is unknown inside",
            with(f1(), |t| {
                let host = "cas-b1.contoso.local".to_owned();
                t.switches.names = vec![NameFact { host, inside: false, internet: false }];
            }),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "name_not_resolved"],
        ),
        case(
            "SSL demanded by the target",
            with(with(f1(), plain_http), |t| t.cas[A].switches.allow_proxying_without_ssl = true),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "url_not_secure"],
        )
        .event(42),
        case(
            "no InternalURL",
            with(f1(), |t| t.cas[B].directories[Service::Owa as usize].internal_url = None),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_internal_url"],
        ),
        case(
            "redirect off, forms at the target",
            with(f2(), optimal_off),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "no_integrated_auth"],
        ),
        case(
            "redirect off, nowhere to go",
            with(f1(), optimal_off),
            (Owa, B, A),
            ["proxy", PROXIED, "page", ""],
        ),
        case(
            "no links, OWA",
            with(f1(), unlinked),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_route"],
        ),
        case(
            "no links, Outlook Anywhere",
            with(f1(), unlinked),
            (OutlookAnywhere, B, A),
            ["refuse", "CAS-A1", "connect error", "no_route"],
        ),
        case(
            "no links, redirect",
            with(f2(), unlinked),
            (Owa, B, A),
            ["redirect_manual", "CAS-A1; CAS-B1 MBX-B", "link page", ""],
        ),
        case(
            "IMAP4 across sites without RPC",
            with(with(f1(), close(&[135])), |t| t.cas[A].switches.allow_cross_site_sessions = true),
            (Imap, B, A),
            ["refuse", "CAS-A1", "login refused", "port_closed"],
        ),
        case(
            "IMAP4 across sites",
            f1(),
            (Imap, B, A),
            ["refuse", "CAS-A1", "login refused", "pop_imap_cross_site"],
        )
        .event(1008),
        case(
            "the article's POP3",
            with(single_name(Generation::E2007), |t| t.cas[A].switches.allow_cross_site_sessions = true),
            (Pop, B, A),
            ["refuse", "CAS-A1", "login refused", "pop_imap_cross_site"],
        ),
        case("the article's EAS", regional(Generation::E2007), (Eas, B, A), ["proxy", PROXIED, "page", ""]),
        case("Outlook inside", f1(), (OutlookCached, B, A), ["rpc_direct", "MBX-B", "page", ""]),
        case("MAPI/HTTP", f1(), (MapiHttp, A, A), ["refuse", "CAS-A1", "404", "not_supported"]),
        case("Autodiscover", f1(), (Autodiscover, B, A), ["serve_local", "CAS-A1", "page", ""]),
        case("OAB from the Internet", f1(), (Oab, B, A), ["serve_local", "CAS-A1", "page", ""])
            .caller(Caller { place: Some(ClientPlace::Internet), ..Caller::default() }),
        case("OAB from somewhere", f1(), (Oab, B, A), ["serve_local", "CAS-B1", "page", ""]),
        case(
            "the article's redirect, silent by setting",
            with(f2(), |t| t.switches.contested.owa_2007_redirect = CrossSiteRedirectType::Silent),
            (Owa, B, A),
            ["redirect_silent", "CAS-A1; CAS-B1 MBX-B", "302", ""],
        ),
        case(
            "OAB where it is asked for, by setting",
            with(f1(), |t| t.switches.contested.oab_from_mailbox_site = false),
            (Oab, B, A),
            ["serve_local", "CAS-A1", "page", ""],
        ),
        case(
            "SP1 and a target without service pack, by setting",
            with(f1(), |t| {
                t.cas[B].generation = Generation::E2007Rtm;
                t.switches.contested.eas_sp1_proxies_rtm = false;
            }),
            (Eas, B, A),
            ["refuse", "CAS-A1", "403", "no_service_principal"],
        ),
        case(
            "a proxied device is not sent on",
            with(two_in_b(sp1), |t| {
                t.cas[B2].directories[Service::Eas as usize].external_url = url("https://b2.contoso.com/x");
            }),
            (Eas, B, B),
            ["serve_local", "CAS-B1 MBX-B", "page", ""],
        )
        .caller(Caller { proxied: true, ..Caller::default() }),
        case("OAB inside", f1(), (Oab, B, A), ["serve_local", "CAS-B1", "page", ""])
            .caller(Caller { place: Some(ClientPlace::Inside(Id::new(0))), ..Caller::default() }),
        case(
            "Outlook Anywhere off",
            with(f1(), |t| t.cas[A].outlook_anywhere = false),
            (OutlookAnywhere, A, A),
            ["refuse", "CAS-A1", "connect error", "service_disabled"],
        ),
        case(
            "POP3 stopped",
            with(f1(), |t| (t.cas[A].pop, t.cas[A].imap) = (false, false)),
            (Pop, A, A),
            ["refuse", "CAS-A1", "connect error", "service_disabled"],
        ),
        case("/exchange", f1(), (Owa, A, A), ["redirect_silent", "CAS-A1; CAS-A1 MBX-A", "302", ""])
            .caller(EXCHANGE),
        case("proxied before", f1(), (Owa, B, A), ["refuse", "CAS-A1", "error page", "proxied_twice"])
            .caller(Caller { proxied: true, ..Caller::default() }),
        case(
            "one name for two sites",
            with(f2(), |t| publish(&mut t.cas[B], "mail.contoso.com")),
            (Owa, B, A),
            ["redirect_manual", "CAS-A1", "link page", "redirect_loop"],
        ),
    ]
}

/// 2003 behind 2007 and 2010, and before them.
fn of_2003() -> Vec<Case> {
    use Protocol::*;
    let (sp1, ten) = (Generation::E2007Sp1, Generation::E2010Sp1);
    let legacy_url = |t: &mut Topology| {
        t.cas[A].switches.exchange2003_url = url("https://legacy.contoso.com/exchange");
        t.sites[B].internet = t.sites[A].internet.clone();
    };
    vec![
        case(
            "SSL on the back end",
            with(legacy(sp1), |t| t.mailbox[BE_B].switches.back_end_ssl_or_forms = true),
            (Eas, BE_B, A),
            ["refuse", "CAS-A1 BE-B", "403", "back_end_refused"],
        )
        .event(1805),
        case("2003 POP3", legacy(sp1), (Pop, BE_B, A), ["legacy_proxy", "CAS-A1 BE-B", "page", ""]),
        case(
            "2003 Outlook Anywhere",
            legacy(sp1),
            (OutlookAnywhere, BE_B, A),
            ["rpc_direct", "CAS-A1 BE-B", "page", ""],
        ),
        case("2003 EWS", legacy(sp1), (Ews, BE_B, A), ["refuse", "CAS-A1", "SOAP fault", "legacy_mailbox"]),
        case(
            "2003 behind a firewall",
            with(legacy(sp1), close(&[80])),
            (Eas, BE_B, A),
            ["refuse", "CAS-A1", "403", "port_closed"],
        ),
        case(
            "2010 without Exchange2003Url",
            legacy(ten),
            (Owa, BE_B, A),
            ["refuse", "CAS-A1", "error page", "no_legacy_url"],
        ),
        case(
            "2010 with Exchange2003Url",
            with(legacy(ten), legacy_url),
            (Owa, BE_B, A),
            ["legacy_redirect", "CAS-A1; BE-B", "302", ""],
        ),
        case(
            "2010 with a bare Exchange2003Url",
            with(legacy(ten), |t| t.cas[A].switches.exchange2003_url = url("https://legacy.contoso.com/")),
            (Owa, BE_B, A),
            ["refuse", "CAS-A1", "error page", "no_legacy_url"],
        ),
        case(
            "2010 forwards /exchange by setting",
            with(legacy(ten), |t| t.switches.contested.owa_2010_proxies_2003 = true),
            (Owa, BE_B, A),
            ["legacy_proxy", "CAS-A1 BE-B", "page", ""],
        )
        .caller(EXCHANGE),
        case(
            "2010, device of 2003",
            legacy(ten),
            (Eas, BE_B, A),
            ["legacy_proxy", "CAS-A1 BE-B", "page", ""],
        ),
        case(
            "2010, Outlook inside of 2003",
            legacy(ten),
            (OutlookOnline, BE_B, A),
            ["rpc_direct", "BE-B", "page", ""],
        ),
        case(
            "2016 and 2003",
            legacy(Generation::E2016),
            (Owa, BE_B, A),
            ["refuse", "CAS-A1", "error page", "not_supported"],
        ),
        case("front end", front_end(), (Owa, 0, A), ["legacy_proxy", "FE-A BE-B", "page", ""]),
        case(
            "front end, newer mailbox",
            front_end(),
            (Pop, 1, A),
            ["refuse", "FE-A", "login refused", "mailbox_newer"],
        ),
    ]
}

/// 2010, alone and with 2007.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn of_2010() -> Vec<Case> {
    use Protocol::*;
    let (sp1, old) = (Generation::E2010Sp1, Generation::E2007Sp2);
    let both = || coexistence(sp1, old);
    let sp2 = |version: &'static str| with(regional(Generation::E2010Sp2), |t| builds(t, version, version));
    vec![
        case(
            "Outlook goes to the server that its database names",
            with(two_in_b(Generation::E2010Sp3), |t| {
                t.mailbox[B].switches.rpc_client_access_server = Some("CAS-B2".to_owned());
            }),
            (OutlookCached, B, B),
            ["serve_local", "CAS-B2 MBX-B", "page", ""],
        ),
        case(
            "RU6 does not know what a device ignores",
            sp2("2010 SP2 RU6"),
            (Eas, B, A),
            ["refuse", "CAS-A1", "451", "device_cannot_follow"],
        )
        .caller(device(121, Some(false))),
        case(
            "2010 device",
            sp2("2010 SP2 RU4"),
            (Eas, B, A),
            ["redirect_451", "CAS-A1; CAS-B1 MBX-B", "451", ""],
        ),
        case("2010 EWS", sp2("2010 SP2"), (Ews, B, A), ["proxy", PROXIED, "page", ""]),
        case(
            "SP2 RU2 mends the cookie",
            with(single_name(sp1), |t| builds(t, "2010 SP2 RU2", "2010 SP1")),
            (Owa, B, A),
            ["proxy", PROXIED, "page", ""],
        ),
        case(
            "POP3 stopped at the target",
            with(single_name(sp1), |t| (t.cas[B].pop, t.cas[B].imap) = (false, false)),
            (Pop, B, A),
            ["refuse", "CAS-A1", "login refused", "target_service_stopped"],
        ),
        case(
            "POP3 behind a firewall",
            with(single_name(sp1), close(&[110, 995])),
            (Pop, B, A),
            ["refuse", "CAS-A1", "login refused", "port_closed"],
        ),
        case("IMAP4", single_name(sp1), (Imap, B, A), ["proxy", PROXIED, "page", ""]),
        case(
            "2010 at home",
            single_name(sp1),
            (OutlookOnline, A, A),
            ["serve_local", "CAS-A1 MBX-A", "page", ""],
        ),
        case(
            "Outlook Anywhere by its endpoint",
            single_name(sp1),
            (OutlookAnywhere, B, A),
            ["proxy", PROXIED, "page", ""],
        ),
        case(
            "failed over, RU2",
            failed_over("2010 SP2 RU2"),
            (OutlookOnline, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case(
            "failed over, RU2, Outlook Anywhere",
            failed_over("2010 SP2 RU2"),
            (OutlookAnywhere, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case(
            "failed over, RU3, Outlook Anywhere",
            failed_over("2010 SP2 RU3"),
            (OutlookAnywhere, B, A),
            ["refer", "CAS-A1; CAS-A1 CAS-B1 MBX-B", "restart prompt", ""],
        ),
        case(
            "failed over, RU3, allowed",
            with(failed_over("2010 SP2 RU3"), |t| t.switches.allow_cross_site_rpc_client_access = true),
            (OutlookOnline, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case(
            "moved, not enforced",
            with(sp2("2010 SP2 RU3"), |t| t.cas[A].switches.enable_preferred_site_enforcement = false),
            (OutlookOnline, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case(
            "2007 mailbox, Outlook inside",
            both(),
            (OutlookCached, B, A),
            ["rpc_direct", "MBX-B", "page", ""],
        ),
        case(
            "2007 mailbox, Outlook Anywhere",
            both(),
            (OutlookAnywhere, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case("2007 mailbox, POP3", both(), (Pop, B, A), ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""]),
        case("2007 mailbox here, POP3", both(), (Pop, A, A), ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""]),
        case("2007 mailbox here, EWS", both(), (Ews, A, A), ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""]),
        case(
            "2007 mailbox here, OWA, legacy name",
            published(both(), 1),
            (Owa, A, A),
            ["legacy_redirect", "CAS-A1; OLD-A1 MBX-A", "302", ""],
        ),
        case(
            "2007 mailbox here, OWA, no legacy name",
            with(both(), folders),
            (Owa, A, A),
            ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""],
        ),
        case(
            "2007 mailbox here, OWA, no legacy name, by setting",
            with(both(), |t| t.switches.contested.owa_2010_proxies_2007 = false),
            (Owa, A, A),
            ["refuse", "CAS-A1", "error page", "no_legacy_url"],
        ),
        case(
            "Outlook Anywhere of 2010 by setting",
            with(single_name(sp1), |t| t.switches.contested.outlook_anywhere_2010_direct = true),
            (OutlookAnywhere, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case(
            "2007 mailbox there, OWA, folder copied",
            with(both(), folders),
            (Owa, B, A),
            ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""],
        ),
        case(
            "2007 mailbox there, OWA, folder missing",
            both(),
            (Owa, B, A),
            ["refuse", "CAS-A1 OLD-B1", "error page", "no_resource_folder"],
        )
        .event(46),
        case(
            "2007 mailbox there, OWA, its own name",
            published(both(), 2),
            (Owa, B, A),
            ["redirect_manual", "CAS-A1; OLD-B1 MBX-B", "link page", ""],
        ),
        case("2007 mailbox here, device", both(), (Eas, A, A), ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""]),
        case(
            "2007 mailbox here, device, legacy name",
            published(both(), 1),
            (Eas, A, A),
            ["redirect_451", "CAS-A1; OLD-A1 MBX-A", "451", ""],
        ),
        case(
            "2007 mailbox here, old device, legacy name",
            published(both(), 1),
            (Eas, A, A),
            ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""],
        )
        .caller(device(120, None)),
        case(
            "2010 mailbox at 2007, old device",
            newer_in_b(old),
            (Eas, 0, A),
            ["refuse", "CAS-A1", "403", "device_cannot_follow"],
        )
        .caller(device(120, None)),
        case(
            "2010 mailbox at 2007, device, no name",
            newer_in_b(old),
            (Eas, 0, A),
            ["refuse", "CAS-A1", "403", "mailbox_newer"],
        ),
        case(
            "2010 mailbox at 2007, device",
            published(newer_in_b(old), 1),
            (Eas, 0, A),
            ["redirect_451", "CAS-A1; NEW-B1 MBX-B", "451", ""],
        ),
        case(
            "2010 mailbox at 2007, OWA",
            published(newer_in_b(old), 1),
            (Owa, 0, A),
            ["redirect_manual", "CAS-A1; NEW-B1 MBX-B", "link page", ""],
        ),
        case(
            "2010 mailbox at 2007, POP3",
            newer_in_b(old),
            (Pop, 0, A),
            ["refuse", "CAS-A1", "login refused", "mailbox_newer"],
        ),
        case(
            "2010 mailbox at 2007, Autodiscover",
            with(newer_in_b(old), |t| t.sites[B].internet = t.sites[A].internet.clone()),
            (Autodiscover, 0, A),
            ["redirect_silent", "CAS-A1; NEW-B1", "302", ""],
        ),
        case(
            "2010 mailbox at 2007 SP1, Autodiscover",
            newer_in_b(Generation::E2007Sp1),
            (Autodiscover, 0, A),
            ["refuse", "CAS-A1", "error page", "mailbox_newer"],
        ),
        case(
            "2010 mailbox at 2007, Outlook inside",
            newer_in_b(old),
            (OutlookCached, 0, A),
            ["serve_local", "NEW-B1 MBX-B", "page", ""],
        ),
        case(
            "2016 mailbox at 2010, Outlook inside",
            with(newer_in_b(sp1), |t| {
                t.cas[B].generation = Generation::E2016;
                t.mailbox[A].generation = Generation::E2016;
            }),
            (OutlookCached, 0, A),
            ["serve_local", "NEW-B1 MBX-B", "page", ""],
        ),
    ]
}

/// 2013 and later.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn of_2013() -> Vec<Case> {
    use Protocol::*;
    let new = Generation::E2016;
    let f6 = || multi_role(new);
    let old = |generation| coexistence(new, generation);
    let (seven, ten) = (Generation::E2007Sp3, Generation::E2010Sp3);
    let direct = "EX-A1 EX-B1";
    vec![
        case("at home", f6(), (Owa, A, A), ["serve_local", "EX-A1", "page", ""]),
        case(
            "another server of the site",
            single_name(new),
            (Eas, A, A),
            ["proxy", "CAS-A1 MBX-A", "page", ""],
        ),
        case("MAPI/HTTP", f6(), (MapiHttp, B, A), ["proxy", direct, "page", ""]),
        case("Outlook Anywhere", f6(), (OutlookAnywhere, B, A), ["proxy", direct, "page", ""]),
        case("POP3", f6(), (Pop, B, A), ["proxy", direct, "page", ""]),
        case(
            "POP3 stopped",
            with(f6(), |t| (t.cas[A].pop, t.cas[A].imap) = (false, false)),
            (Pop, B, A),
            ["refuse", "EX-A1", "connect error", "service_disabled"],
        ),
        case(
            "no links",
            with(f6(), |t| t.links.clear()),
            (Ews, B, A),
            ["refuse", "EX-A1", "SOAP fault", "no_route"],
        ),
        case(
            "444 closed",
            with(f6(), close(&[444])),
            (Ews, B, A),
            ["refuse", "EX-A1", "SOAP fault", "port_closed"],
        ),
        case("/exchange", f6(), (Owa, A, A), ["redirect_silent", "EX-A1; EX-A1", "302", ""]).caller(EXCHANGE),
        case(
            "OWA by setting",
            with(f6(), |t| t.switches.contested.owa_2013_redirects = false),
            (Owa, B, A),
            ["proxy", direct, "page", ""],
        ),
        case(
            "devices by setting",
            with(f6(), |t| t.switches.contested.eas_2013_redirects = true),
            (Eas, B, A),
            ["redirect_451", "EX-A1; EX-B1", "451", ""],
        ),
        case(
            "2007 OWA",
            published(old(seven), 2),
            (Owa, B, A),
            ["legacy_redirect", "CAS-A1; OLD-B1 MBX-B", "302", ""],
        ),
        case(
            "2007 OWA without a name",
            old(seven),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_legacy_url"],
        ),
        case(
            "2007 OWA by the legacy name of the entry's own site",
            with(published(old(seven), 2), |t| {
                t.cas[2].site = Id::new(0);
                t.sites[1].cas.retain(|id| id.index() != 2);
                t.sites[0].cas.push(Id::new(2));
                add_cas(t, cas("OLD-B2", 1, seven));
            }),
            (Owa, B, A),
            ["legacy_redirect", "CAS-A1; OLD-B1 OLD-B2 MBX-B", "302", ""],
        ),
        case(
            "2010 Outlook Anywhere off at the target",
            with(old(ten), |t| t.cas[2].outlook_anywhere = false),
            (OutlookAnywhere, B, A),
            ["refuse", "CAS-A1", "connect error", "service_disabled"],
        ),
        case(
            "2010 Outlook Anywhere by Basic alone at the target",
            with(old(ten), |t| {
                t.cas[2].switches.outlook_anywhere.auth = Some(vec![Authentication::Basic]);
            }),
            (OutlookAnywhere, B, A),
            ["refuse", "CAS-A1 OLD-B1", "connect error", "no_integrated_auth"],
        ),
        case(
            "2010 OWA needs integrated authentication by setting",
            with(old(ten), |t| {
                t.switches.contested.owa_2013_needs_integrated = true;
                auth(t, 2, Service::Owa, &[Authentication::Forms]);
            }),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_integrated_auth"],
        ),
        case(
            "MAPI/HTTP is off",
            with(f6(), |t| t.switches.mapi_http = Some(false)),
            (MapiHttp, B, A),
            ["refuse", "EX-A1", "404", "service_disabled"],
        ),
        case(
            "2007 EWS by setting",
            with(old(seven), |t| t.switches.contested.ews_2013_proxies_2007 = false),
            (Ews, B, A),
            ["refuse", "CAS-A1", "SOAP fault", "not_supported"],
        ),
        case(
            "2007 OWA by setting",
            with(old(seven), |t| t.switches.contested.owa_2013_proxies_2007 = true),
            (Owa, B, A),
            ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""],
        ),
        case("2007 EWS", old(seven), (Ews, B, A), ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""]),
        case(
            "2007 device",
            published(old(seven), 2),
            (Eas, B, A),
            ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""],
        ),
        case("2007 Autodiscover", old(seven), (Autodiscover, B, A), ["serve_local", "CAS-A1", "page", ""]),
        case("2007 Outlook inside", old(seven), (OutlookCached, B, A), ["rpc_direct", "MBX-B", "page", ""]),
        case(
            "2010 OWA",
            published(old(ten), 2),
            (Owa, B, A),
            ["redirect_silent", "CAS-A1; OLD-B1 MBX-B", "302", ""],
        ),
        case(
            "2010 OWA here",
            published(old(ten), 1),
            (Owa, A, A),
            ["proxy", "CAS-A1 OLD-A1 MBX-A", "page", ""],
        ),
        case("2010 POP3", old(ten), (Pop, B, A), ["proxy", "CAS-A1 OLD-B1 MBX-B", "page", ""]),
        case(
            "2010 POP3 stopped",
            with(old(ten), |t| (t.cas[B2].pop, t.cas[B2].imap) = (false, false)),
            (Pop, B, A),
            ["refuse", "CAS-A1", "login refused", "target_service_stopped"],
        ),
        case("2010 MAPI/HTTP", old(ten), (MapiHttp, B, A), ["refuse", "CAS-A1", "404", "not_supported"]),
        case(
            "2010 without its server",
            with(old(ten), |t| t.cas.truncate(2)),
            (Eas, B, A),
            ["refuse", "CAS-A1", "403", "no_target"],
        ),
    ]
}

fn all() -> Vec<Case> {
    [of_2007(), of_2003(), of_2010(), of_2013()].into_iter().flatten().collect()
}

#[test]
fn every_further_case() {
    judge(&all());
}

#[test]
fn every_rule_fires() {
    let fired: BTreeSet<&str> = cases().iter().chain(&all()).map(|case| case.explain().rule.id).collect();
    let silent: Vec<&str> =
        rules::all().iter().map(|rule| rule.id).filter(|id| !fired.contains(id)).collect();
    assert!(silent.is_empty(), "never fired: {}", silent.join(", "));
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    for (generation, _) in Generation::ALL {
        let mut ids: Vec<&str> = rules::of(generation).map(|rule| rule.id).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{generation}");
    }
}
