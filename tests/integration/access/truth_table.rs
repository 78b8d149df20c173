//! The 45 open cases of the truth table, one row a case: decision, mechanism, hops
//! and class of what the client sees.

use casim::kernel::Id;
use casim::model::access::{AccessQuery, Caller, ClientPlace, Device, Explanation, OwaPath, explain};
use casim::model::directory::{Authentication, Service};
use casim::model::protocol::Protocol;
use casim::model::release::Build;
use casim::model::release::Generation;
use casim::model::switches::CrossSiteRedirectType;
use casim::model::topology::Topology;
use casim::model::topology::{FirewallRule, NameFact};

use super::fixture::{add_cas, cas, legacy, mixed, multi_role, publish, regional, single_name, url};

const A: usize = 0;
const B: usize = 1;
/// The 2003 back end of F7.
const BE_B: usize = 2;

/// One case: what is asked, what must come out.
pub(super) struct Case {
    pub(super) id: &'static str,
    pub(super) topology: Topology,
    pub(super) protocol: Protocol,
    pub(super) entry: usize,
    pub(super) mailbox: usize,
    pub(super) caller: Caller<'static>,
    expect: [&'static str; 4],
    event: Option<u16>,
}

/// `expect` is mechanism, hops of the legs, class of what the client sees, failure.
pub(super) fn case(
    id: &'static str,
    topology: Topology,
    (protocol, mailbox, entry): (Protocol, usize, usize),
    expect: [&'static str; 4],
) -> Case {
    Case { id, topology, protocol, entry, mailbox, caller: Caller::default(), expect, event: None }
}

impl Case {
    pub(super) fn event(self, id: u16) -> Self {
        Self { event: Some(id), ..self }
    }

    pub(super) fn caller(self, caller: Caller<'static>) -> Self {
        Self { caller, ..self }
    }

    pub(super) fn explain(&self) -> Explanation {
        explain(&AccessQuery {
            caller: self.caller,
            ..AccessQuery::new(&self.topology, self.protocol, Id::new(self.entry), Id::new(self.mailbox))
        })
    }
}

/// A topology with something changed.
pub(super) fn with(mut topology: Topology, change: impl FnOnce(&mut Topology)) -> Topology {
    change(&mut topology);
    topology
}

pub(super) fn auth(topology: &mut Topology, server: usize, service: Service, methods: &[Authentication]) {
    topology.cas[server].directories[service as usize].auth = methods.to_vec();
}

pub(super) fn internal(topology: &mut Topology, server: usize, service: Service, text: &str) {
    topology.cas[server].directories[service as usize].internal_url = url(text);
}

pub(super) fn builds(topology: &mut Topology, a: &str, b: &str) {
    for (index, text) in [a, b].into_iter().enumerate() {
        let (generation, build) = Build::parse_release(text).expect("a release");
        topology.cas[index].generation = generation;
        topology.cas[index].switches.build = Some(build);
    }
}

fn optimal_off(topology: &mut Topology) {
    topology.cas[A].switches.redirect_to_optimal_owa_server = false;
    auth(topology, B, Service::Owa, &[Authentication::Integrated]);
}

fn not_from_inside(host: &str) -> NameFact {
    NameFact { host: host.to_owned(), inside: false, internet: true }
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub(super) fn cases() -> Vec<Case> {
    use Authentication::{Basic, Forms};
    use Protocol::{Eas, Ews, Imap, OutlookAnywhere, OutlookOnline, Owa, Pop};
    let sp1 = Generation::E2007Sp1;
    let (f1, f2, f3) = (|| single_name(sp1), || regional(sp1), || mixed(sp1));
    let no_cas_in_b = |topology: &mut Topology| {
        topology.cas.truncate(1);
        topology.sites[1].cas.clear();
    };
    let self_signed = |topology: &mut Topology| topology.cas[B].switches.self_signed = true;
    let plain_http =
        |topology: &mut Topology| internal(topology, B, Service::Owa, "http://cas-b1.contoso.local/owa");
    let old_device = Device { version: 121, follows_451: Some(false) };
    let exchange = Caller { path: OwaPath::Exchange, ..Caller::default() };
    vec![
        case("C01", f1(), (Owa, A, A), ["serve_local", "CAS-A1 MBX-A", "page", ""]),
        case("C02", f1(), (Owa, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case("C03", f2(), (Owa, B, A), ["redirect_manual", "CAS-A1; CAS-B1 MBX-B", "link page", ""]),
        case("C04", f3(), (Owa, B, A), ["redirect_manual", "CAS-A1; CAS-B1 MBX-B", "link page", ""]),
        case("C05", f3(), (Eas, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case("C06", f3(), (Ews, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case(
            "C07",
            with(f1(), |t| auth(t, B, Service::Owa, &[Basic])),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_integrated_auth"],
        ),
        case(
            "C08",
            with(f1(), |t| auth(t, B, Service::Owa, &[Forms])),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_integrated_auth"],
        ),
        case("C09", with(f1(), no_cas_in_b), (Owa, B, A), ["refuse", "CAS-A1", "error page", "no_target"]),
        case(
            "C10",
            with(f1(), no_cas_in_b),
            (OutlookAnywhere, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case("C11", f1(), (OutlookAnywhere, B, A), ["rpc_direct", "CAS-A1 MBX-B", "page", ""]),
        case(
            "C12",
            with(f1(), |t| {
                let ports = vec![6001, 6002, 6003, 6004];
                t.switches.firewall =
                    vec![FirewallRule { from: None, to: Some(Id::new(1)), ports, idle_timeout: None }];
            }),
            (OutlookAnywhere, B, A),
            ["refuse", "CAS-A1", "connect error", "port_closed"],
        ),
        case("C13", f1(), (Pop, B, A), ["refuse", "CAS-A1", "login refused", "pop_imap_cross_site"])
            .event(1008),
        case(
            "C14",
            with(f1(), |t| t.cas[A].switches.allow_cross_site_sessions = true),
            (Pop, B, A),
            ["rpc_direct", "CAS-A1 MBX-B", "page", ""],
        ),
        case("C15", f1(), (Imap, B, B), ["serve_local", "CAS-B1 MBX-B", "page", ""]),
        case("C16", f2(), (Eas, B, A), ["redirect_451", "CAS-A1; CAS-B1 MBX-B", "451", ""]),
        case(
            "C17",
            regional(Generation::E2007Rtm),
            (Ews, B, A),
            ["refuse", "CAS-A1", "SOAP fault", "ews_not_proxied"],
        ),
        case("C18", f2(), (Ews, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case(
            "C19",
            with(f1(), plain_http),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "url_not_secure"],
        )
        .event(42),
        case(
            "C20",
            with(with(f1(), plain_http), |t| {
                t.cas[A].switches.allow_proxying_without_ssl = true;
                t.cas[B].switches.require_ssl = false;
            }),
            (Owa, B, A),
            ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""],
        ),
        case("C21", with(f1(), self_signed), (Owa, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case(
            "C22",
            with(with(f1(), self_signed), |t| t.cas[A].switches.allow_internal_untrusted_certs = false),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "untrusted_certificate"],
        )
        .event(43),
        case(
            "C23",
            with(f1(), |t| internal(t, B, Service::Owa, "https://10.2.0.5/owa")),
            (Owa, B, A),
            ["refuse", "CAS-A1", "error page", "no_service_principal"],
        )
        .event(71),
        case(
            "C24",
            with(f1(), |t| builds(t, "2007 SP1", "2007 SP1 RU4")),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "entry_build_too_old"],
        )
        .event(46),
        case(
            "C25",
            with(f1(), |t| builds(t, "2007 SP1 RU4", "2007 SP1")),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "no_resource_folder"],
        )
        .event(46),
        case(
            "C26",
            with(f1(), |t| {
                builds(t, "2007 SP1 RU4", "2007 SP1");
                t.cas[A].switches.owa_resource_folders = vec![Build([8, 1, 240, 6])];
            }),
            (Owa, B, A),
            ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""],
        ),
        case("C27", with(f2(), optimal_off), (Owa, B, A), ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""]),
        case(
            "C28",
            with(with(f2(), optimal_off), |t| t.switches.names = vec![not_from_inside("mail-b.contoso.com")]),
            (Owa, B, A),
            ["refuse", "CAS-A1", "404", "name_not_reachable"],
        ),
        case(
            "C29",
            with(f2(), |t| t.sites[B].internet = None),
            (Owa, B, A),
            ["redirect_manual", "CAS-A1", "link page", "dead_redirect"],
        ),
        case("C30", f1(), (Owa, A, B), ["redirect_manual", "CAS-B1; CAS-A1 MBX-A", "link page", ""])
            .caller(Caller { place: Some(ClientPlace::Inside(Id::new(1))), ..Caller::default() }),
        case(
            "C31",
            with(f2(), |t| {
                let mut second = cas("CAS-A2", 0, sp1);
                publish(&mut second, "mail.contoso.com");
                second.directories[Service::Eas as usize].external_url = None;
                add_cas(t, second);
            }),
            (Eas, A, 2),
            ["redirect_451", "CAS-A2; CAS-A1 MBX-A", "451", ""],
        ),
        case("C32", legacy(sp1), (Eas, BE_B, A), ["legacy_proxy", "CAS-A1 BE-B", "page", ""]),
        case(
            "C33",
            with(legacy(sp1), |t| t.mailbox[BE_B].switches.back_end_eas_integrated = false),
            (Eas, BE_B, A),
            ["refuse", "CAS-A1 BE-B", "403", "back_end_refused"],
        ),
        case(
            "C34",
            with(legacy(sp1), |t| t.cas[A].switches.block_legacy_mailboxes = true),
            (Eas, BE_B, A),
            ["refuse", "CAS-A1", "403", "legacy_blocked"],
        ),
        case("C35", legacy(sp1), (Owa, BE_B, A), ["refuse", "CAS-A1", "error page", "legacy_mailbox"]),
        case("C36", legacy(sp1), (Owa, BE_B, A), ["legacy_proxy", "CAS-A1 BE-B", "page", ""])
            .caller(exchange),
        case(
            "C37",
            with(regional(Generation::E2010Sp2), |t| {
                t.cas[A].switches.cross_site_redirect_type = CrossSiteRedirectType::Silent;
            }),
            (Owa, B, A),
            ["redirect_silent", "CAS-A1; CAS-B1 MBX-B", "302", ""],
        ),
        case(
            "C38",
            regional(Generation::E2010Sp1),
            (Owa, B, A),
            ["redirect_manual", "CAS-A1; CAS-B1 MBX-B", "link page", ""],
        ),
        case(
            "C39",
            single_name(Generation::E2010Sp1),
            (Pop, B, A),
            ["proxy", "CAS-A1 CAS-B1 MBX-B", "page", ""],
        ),
        case(
            "C40",
            with(regional(Generation::E2010Sp2), |t| builds(t, "2010 SP2 RU4", "2010 SP2 RU4")),
            (Eas, B, A),
            ["refuse", "CAS-A1", "451", "device_cannot_follow"],
        )
        .caller(Caller { device: old_device, ..Caller::default() }),
        case(
            "C41",
            with(single_name(Generation::E2010Sp2), |t| builds(t, "2010 SP2 RU1", "2010 SP1")),
            (Owa, B, A),
            ["refuse", "CAS-A1 CAS-B1", "error page", "invalid_user_context"],
        )
        .event(4999),
        case(
            "C42",
            with(single_name(Generation::E2010Sp2), |t| {
                builds(t, "2010 SP2 RU3", "2010 SP2 RU3");
                for (group, array) in t.cas.iter_mut().zip(["array-A", "array-B"]) {
                    group.switches.client_access_array = Some(array.to_owned());
                }
                // Database A, active in B.
                t.mailbox[B].switches.rpc_client_access_server = Some("array-A".to_owned());
            }),
            (OutlookOnline, B, A),
            ["refer", "array-A; array-B MBX-B", "restart prompt", ""],
        ),
        case(
            "C43",
            multi_role(Generation::E2016),
            (Owa, B, A),
            ["redirect_silent", "EX-A1; EX-B1", "302", ""],
        ),
        case(
            "C44",
            with(multi_role(Generation::E2016), |t| publish(&mut t.cas[B], "mail.contoso.com")),
            (Owa, B, A),
            ["proxy", "EX-A1 EX-B1", "page", ""],
        ),
        case("C45", multi_role(Generation::E2016), (Eas, B, A), ["proxy", "EX-A1 EX-B1", "page", ""]),
    ]
}

/// Holds every case to what it expects.
pub(super) fn judge(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let found = case.explain();
        let legs: Vec<String> = found.legs.iter().map(|leg| leg.join(" ")).collect();
        let answer = [
            found.mechanism.token(),
            &legs.join("; "),
            found.client_sees.token(),
            found.failure.map_or("", |failure| failure.token()),
        ];
        if answer != case.expect || found.event.map(|event| event.id) != case.event {
            wrong.push(format!("{}: {answer:?} {:?}, expected {:?}", case.id, found.event, case.expect));
        }
        assert_eq!(found.decision, found.mechanism.decision());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_open_case() {
    let cases = cases();
    assert_eq!(cases.len(), 45);
    judge(&cases);
}

#[test]
fn a_dead_link_is_seen_after_the_page() {
    let all = cases();
    let published = all.iter().find(|c| c.id == "C03").expect("C03").explain();
    let dead = all.iter().find(|c| c.id == "C29").expect("C29").explain();
    assert_eq!((published.decision, published.mechanism), (dead.decision, dead.mechanism));
    assert_eq!(dead.then_sees.token(), "connect error");
    assert_eq!(published.then_sees.token(), "page");
}
