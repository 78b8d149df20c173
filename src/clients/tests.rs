//! Programs against timelines computed by hand, walked by the engine itself.
//!
//! The organisation: sites A (Internet pipe of 10 Mbit/s, 4 ms) and B, joined by 4 Mbit/s of 45 ms one way; LANs
//! of 1 ms; CAS and Mailbox servers of 2,000 MHz; store accesses of 2 ms; clients 30 ms and 10 Mbit/s from the
//! Internet; messages of 20,000 bytes; no variance in work. A client's round trip to A is so 30 + 2 x 4 = 38 ms, A
//! to B and back is 90 ms, and a pipe carries 10,000 bits a millisecond, the link 4,000. No flow is held back by an
//! open window: 524,288 bits in 38 ms are 13.8 Mbit/s, in 90 ms 5.8. Slow start has 23,360 bits in its first round, of
//! two segments. A client's line is as fast as the pipe, so that alone on both its time is the line's: the client's
//! network. A full TLS handshake is 7 Mcycles, 3.5 ms, at entry.

use std::sync::Arc;

use super::steps::{EasStep, OutlookStep, PopStep, Step};
use super::{Roster, compile};
use crate::itinerary::{Balancing, Network, PARAMS, PARTS, Part};
use crate::kernel::{Id, SimSpan, SimTime, distribution::Distribution, random::Key};
use crate::model::access::{Decision, Failure, Mechanism, Rules};
use crate::model::directory::{Authentication, Service, Url, VirtualDirectory};
use crate::model::switches::OperatingSystem;
use crate::model::topology::{
    CasGroup, InternetPipe, MailboxGroup, Namespace, Region, Site, SiteLink, Topology,
};
use crate::model::unit_costs::{Figure, Figures};
use crate::model::workload::{
    ClientSettings, DayCurve, Location, Population, Profile, ProtocolUse, Workload,
};
use crate::model::{Model, protocol::Protocol, release::Generation};
use crate::sim::{self, Driver, Ended, Engine, Horizon, Opening, Outcome, Unwatched};

mod limits;
mod logon;

const MS: u64 = 1_000_000;

fn named(host: &str, site: usize) -> Namespace {
    let (internet, health_check) = (vec![Id::new(site)], crate::model::topology::HealthCheck::NAME);
    let (inside, servers, ttl) = (Vec::new(), Vec::new(), SimSpan::from_secs(300));
    let (name, addresses, leads_to) = (host.to_owned(), Vec::new(), None);
    Namespace { name, internet, inside, servers, addresses, leads_to, ttl, health_check }
}

fn topology(regional: bool) -> Topology {
    let pipe = InternetPipe { bandwidth: [1e7; 2], latency: SimSpan::from_millis(4) };
    let site = |name: &str, index: usize| Site {
        name: name.to_owned(),
        stream: name.to_owned(),
        internet: (index == 0 || regional).then(|| pipe.clone()),
        published_from: (index > 0).then(|| Id::new(0)),
        publisher: None,
        balancer: Default::default(),
        utc_offset_minutes: 0,
        lan_rtt: SimSpan::from_millis(1),
        cas: vec![Id::new(index)],
        mailbox: vec![Id::new(index)],
    };
    let cas = |name: &str, index: usize, host: Option<&str>| CasGroup {
        name: name.to_owned(),
        site: Id::new(index),
        generation: Generation::E2007,
        servers: 1,
        cores: 1,
        mhz: 2_000.0,
        hosts: Vec::new(),
        queue_limit: Some(1),
        connection_limit: None,
        balancing: Balancing::RoundRobin,
        health_check: crate::model::topology::HealthCheck::BALANCER,
        directories: Service::ALL.map(|(_, _, path)| VirtualDirectory {
            internal_url: Url::parse(&format!("https://{name}.contoso.local{path}")),
            external_url: host.and_then(|host| Url::parse(&format!("https://{host}{path}"))),
            // Without a name from outside nobody is shown a form.
            auth: [Authentication::Forms, Authentication::Integrated][usize::from(host.is_none())..].to_vec(),
        }),
        outlook_anywhere: true,
        pop: true,
        imap: true,
        switches: Default::default(),
    };
    let mailbox = |name: &str, index: usize| MailboxGroup {
        name: name.to_owned(),
        site: Id::new(index),
        generation: Generation::E2007,
        servers: 1,
        cores: 1,
        mhz: 2_000.0,
        hosts: Vec::new(),
        store_latency: Distribution::Constant(2e6),
        copies: None,
        passive_of: None,
        switches: Default::default(),
    };
    Topology {
        sites: vec![site("A", 0), site("B", 1)],
        cas: vec![
            cas("cas-a", 0, Some("mail.contoso.com")),
            cas("cas-b", 1, regional.then_some("mail-b.contoso.com")),
        ],
        mailbox: vec![mailbox("mbx-a", 0), mailbox("mbx-b", 1)],
        links: vec![SiteLink {
            name: "A-B".to_owned(),
            stream: "A-B".to_owned(),
            between: [Id::new(0), Id::new(1)],
            bandwidth: [4e6; 2],
            available: 1.0,
            latency: SimSpan::from_millis(45),
            cost: 100,
            window_bytes: 65_536.0,
            terminates: false,
        }]
        .into(),
        namespaces: vec![named("mail.contoso.com", 0), named("mail-b.contoso.com", 1)],
        regions: vec![Region {
            name: "Internet".to_owned(),
            rtt: Distribution::Constant(30e6),
            bandwidth: Distribution::Constant(1e7),
            site_rtt: Default::default(),
            utc_offset_minutes: None,
            addresses: None,
            ports: None,
            idle_timeout: None,
        }],
        ..Topology::empty(Generation::E2007)
    }
}

/// One client of `protocol` with its mailbox in `home`, using the name of site `name`.
fn one(
    topology: Topology,
    protocol: Protocol,
    home: usize,
    name: usize,
    from: Location,
) -> (Network, Roster) {
    one_of(topology, protocol, home, name, from, |_| {})
}

fn one_of(
    topology: Topology,
    protocol: Protocol,
    home: usize,
    name: usize,
    from: Location,
    set: impl Fn(&mut ClientSettings),
) -> (Network, Roster) {
    let mut settings = ClientSettings {
        message_size: Distribution::Constant(20_000.0),
        redirect_click: Distribution::Constant(4e9),
        logon_typing: Distribution::Constant(10e9),
        service_cv: 0.0,
        ..ClientSettings::default()
    };
    set(&mut settings);
    let namespace = Id::new(name);
    let usage = ProtocolUse { protocol, share: 1.0, namespace, inside: None, misdirected: None };
    let population = Population {
        name: "Staff".to_owned(),
        stream: "Staff".to_owned(),
        was: Vec::new(),
        home: Id::new(home),
        mailboxes: 1,
        from,
        server: None,
        moved: None,
        roaming: None,
        addresses: None,
        ports: None,
        profile: Profile::parse("heavy").unwrap(),
        concurrent: 1.0,
        day: DayCurve::parse("office").unwrap(),
        clients: vec![usage],
        settings: Arc::new(settings),
        os: OperatingSystem::Server2003,
    };
    let rules = Rules::new(&topology);
    let workload = Workload { populations: vec![population], figures: wide(), ..Workload::default() };
    let model = Model { topology, workload };
    let mut network = Network::default();
    let roster = compile(&model, &mut network, |ask| rules.decide(ask));
    (network, roster)
}

/// Windows as wide as the line between the sites lets through.
fn wide() -> Arc<Figures> {
    let mut figures = Figures::default();
    figures.set(Figure::Window2003, 65_536.0);
    Arc::new(figures)
}

fn internet() -> Location {
    Location::Internet(Id::new(0))
}

/// Opens so many requests of one step at once and keeps their ends.
struct Once<'p> {
    roster: &'p Roster,
    step: Step,
    times: u64,
    hold: u64,
    ends: Vec<(Ended, SimTime)>,
}

impl Driver for Once<'_> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        let cohort = &self.roster.cohorts[0];
        let rtt = if matches!(cohort.location, Location::Site(_)) { MS } else { 30 * MS };
        let last = if self.hold > 0 { self.hold } else { rtt + cohort.first_rtt };
        let params: [u64; PARAMS] = [rtt + cohort.rtt, 10_000_000, last];
        for n in 0..self.times {
            engine.open(&Opening {
                program: cohort.steps[self.step],
                key: Key::root(1, 0).child(n),
                owner: n as u32,
                tag: 0,
                class: 0,
                params,
                slots: [sim::UNBOUND; crate::itinerary::SLOTS],
                patience: SimSpan::ZERO,
            });
        }
    }

    fn timer(&mut self, _: &mut Engine<'_>, _: u32) {}

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        self.ends.push((*ended, engine.now()));
    }
}

fn walk(
    network: &Network,
    roster: &Roster,
    step: impl Into<Step>,
    times: u64,
    hold: u64,
) -> Vec<(Ended, SimTime)> {
    let mut once = Once { roster, step: step.into(), times, hold, ends: Vec::new() };
    let horizon = Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime::ZERO + SimSpan::from_secs(3_600),
        interval: SimSpan::from_secs(600),
        most_in_flight: u32::MAX,
        run_off: false,
    };
    let report = sim::run(network, &mut once, horizon, &mut Unwatched).unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
    once.ends
}

/// The parts of the one request; name resolution, which is drawn, apart.
fn parts(
    network: &Network,
    roster: &Roster,
    step: impl Into<Step>,
    hold: u64,
) -> (Outcome, [u64; PARTS], u64) {
    let ends = walk(network, roster, step, 1, hold);
    let mut parts = ends[0].0.parts;
    let dns = std::mem::take(&mut parts[Part::Dns as usize]);
    (ends[0].0.outcome, parts, dns)
}

fn expected(rows: &[(Part, u64)]) -> [u64; PARTS] {
    let mut parts = [0; PARTS];
    for &(part, ns) in rows {
        parts[part as usize] += ns;
    }
    parts
}

/// Sync: 500 bytes up, 3,000 down, 300 Mcycles, 234.375 at the Mailbox server, 5 store calls.
///
/// Client: one round trip 38 ms; 4,000 bits over line and pipe at once 0.4 ms; of 24,000 bits
/// back 23,360 leave in a first round, 38 ms, and 640 follow in 0.064. CAS: 150 ms. Mailbox:
/// 15 % of 117.1875 ms, 17.578125, and 5 x (1 + 2) ms; the rest is done behind it.
#[test]
fn sync_served_locally() {
    let (network, roster) = one(topology(false), Protocol::Eas, 0, 0, internet());
    let (outcome, parts, _) = parts(&network, &roster, EasStep::Sync, 0);
    assert_eq!(outcome, Outcome::Completed);
    let hand = [
        (Part::ClientNetwork, 38 * MS + 400_000 + 38_064_000),
        (Part::EntryService, 150 * MS),
        (Part::MailboxService, 32_578_125),
    ];
    assert_eq!(parts, expected(&hand));
}

/// As above, and: link 1 ms there, and 90 ms of propagation. Back the entry passes on what comes
/// over the link at once: 38 ms, and the 640 bits at the link's rate in 0.16. Entry:
/// 0.275 x 300 Mcycles and 3,500 bytes x 195 cycles are 83.1825 Mcycles, 41.59125
/// ms, and 3 ms of overhead; target 150 ms.
#[test]
fn sync_proxied() {
    let (network, roster) = one(topology(false), Protocol::Eas, 1, 0, internet());
    let cohort = &roster.cohorts[0];
    assert_eq!((cohort.identity.decision, cohort.identity.mechanism), (Decision::Proxy, Mechanism::Proxy));
    assert_eq!((cohort.identity.server_hops, cohort.identity.wan_hops), (2, 1));
    let (_, parts, _) = parts(&network, &roster, EasStep::Sync, 0);
    let hand = [
        (Part::ClientNetwork, 38 * MS + 400_000 + 38_160_000),
        (Part::WanTransfer, MS),
        (Part::EntryService, 41_591_250 + 3 * MS),
        (Part::TargetService, 150 * MS),
        (Part::WanPropagation, 90 * MS),
        (Part::MailboxService, 32_578_125),
    ];
    assert_eq!(parts, expected(&hand));
}

/// A Ping answered by mail after 100 s: 300 bytes each way. Client 38 ms and 2,400
/// bits in 0.24 ms twice; CAS 12.5 ms before and after; Mailbox 39.0625
/// Mcycles = 19.53125 ms, 15 % of which are 2.9296875, and one store call of 3 ms.
#[test]
fn ping_answered_by_new_mail() {
    let (network, roster) = one(topology(false), Protocol::Eas, 0, 0, internet());
    let (_, parts, _) = parts(&network, &roster, EasStep::Ping, 100_000 * MS);
    let hand = [
        (Part::ClientNetwork, 38_480_000),
        (Part::EntryService, 25 * MS),
        (Part::MailboxService, 5_929_688),
        (Part::Other, 100_000 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}

/// Ten RPCs of 1.05 round trips of 38 ms, and of 90 ms each behind the CAS; 1,500 bytes up and 2,500 down: line and pipe at
/// once 1.2 + 2 ms, link 3 + 5 ms. CAS 75 ms. Mailbox 57,600 / 132 Mcycles = 218.181818
/// ms, 15 % of which are 32.727273, and ten store accesses of 2 ms.
#[test]
fn outlook_anywhere_direct() {
    let (network, roster) = one(topology(false), Protocol::OutlookAnywhere, 1, 0, internet());
    assert_eq!(roster.cohorts[0].identity.mechanism, Mechanism::RpcDirect);
    let (_, parts, _) = parts(&network, &roster, OutlookStep::Task, 0);
    let hand = [
        (Part::ClientNetwork, 399 * MS + 3_200_000),
        (Part::WanTransfer, 8 * MS),
        (Part::EntryService, 75 * MS),
        (Part::WanPropagation, 900 * MS),
        (Part::MailboxService, 32_727_273 + 20 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}

/// TCP and TLS 114 ms, four commands 152, line and pipe 0.8 + 1.6, 0.275 x 116.9 Mcycles 16.07375, TLS 3.5, then `-ERR`.
#[test]
fn pop_refused_across_sites() {
    let (network, roster) = one(topology(false), Protocol::Pop, 1, 0, internet());
    let cohort = &roster.cohorts[0];
    assert_eq!(cohort.refused, Some(Failure::PopImapCrossSite));
    let (outcome, parts, dns) = parts(&network, &roster, PopStep::Open, 0);
    assert_eq!(outcome, Outcome::Failed(Failure::PopImapCrossSite as u8));
    assert!((20 * MS..=120 * MS).contains(&dns));
    let hand = [
        (Part::Handshake, 114 * MS),
        (Part::ClientNetwork, 152 * MS + 2_400_000),
        (Part::EntryService, 16_073_750 + 3_500_000),
    ];
    assert_eq!(parts, expected(&hand));
}

/// POP at its own site's name, through A's pipe and the link: 38 + 90 ms a round
/// trip. Handshake 384 ms; seven commands 896 ms; 100 and 2,000 bytes leave in one round
/// each, over line, pipe and link at once, at the link's rate: 0.2 + 4 ms; CAS 58.45 + 3.5 ms;
/// Mailbox 15 % of 25 ms and 3 x 3 ms.
#[test]
fn pop_at_its_own_site_through_the_nearest_pipe() {
    let (network, roster) = one(topology(false), Protocol::Pop, 1, 1, internet());
    assert_eq!(roster.cohorts[0].identity.client_wan_hops, 1);
    assert_eq!(roster.cohorts[0].identity.decision, Decision::Local);
    let (_, parts, _) = parts(&network, &roster, PopStep::Open, 0);
    let hand = [
        (Part::Handshake, 384 * MS),
        (Part::ClientNetwork, 266 * MS),
        (Part::WanPropagation, 630 * MS),
        (Part::WanTransfer, 4_200_000),
        (Part::EntryService, 58_450_000 + 3_500_000),
        (Part::MailboxService, 12_750_000),
    ];
    assert_eq!(parts, expected(&hand));
}

/// Outlook inside site B with its mailbox in A: no CAS, ten RPCs of 1.05 x (1 + 90) ms; link
/// 3 ms and 5 ms; Mailbox 32.727273 ms and 20 ms.
#[test]
fn outlook_inside_talks_to_the_mailbox_server() {
    let (network, roster) = one(topology(false), Protocol::OutlookCached, 0, 0, Location::Site(Id::new(1)));
    let identity = roster.cohorts[0].identity;
    assert_eq!((identity.mechanism, identity.client_wan_hops), (Mechanism::RpcDirect, 1));
    assert_eq!((identity.server_hops, identity.wan_hops), (0, 0));
    let (_, parts, _) = parts(&network, &roster, OutlookStep::Task, 0);
    let hand = [
        (Part::ClientNetwork, 10_500_000),
        (Part::WanPropagation, 945 * MS),
        (Part::WanTransfer, 8 * MS),
        (Part::MailboxService, 32_727_273 + 20 * MS),
    ];
    assert_eq!(parts, expected(&hand));
}

/// Two Syncs at once: their 4,000 bits share the pipe, so each takes 0.8 ms instead of 0.4.
#[test]
fn two_transfers_share_a_link() {
    let (network, roster) = one(topology(false), Protocol::Eas, 0, 0, internet());
    let ends = walk(&network, &roster, EasStep::Sync, 2, 0);
    for (ended, _) in &ends {
        // Out again they come one after the other, and the pipe binds nobody.
        assert_eq!(ended.parts[Part::WanTransfer as usize], 800_000);
    }
}

/// S2: one request draws the same work wherever it is served. Proxied, the CAS's variate tells
/// 0.275 of it and the re-encryption at the entry, and the whole of it at the target.
#[test]
fn routes_move_no_draw() {
    let at = |home: usize| {
        let (network, roster) =
            one_of(topology(false), Protocol::Eas, home, 0, internet(), |settings| settings.service_cv = 1.5);
        parts(&network, &roster, EasStep::Sync, 0).1
    };
    let (local, proxied) = (at(0), at(1));
    // 15 ms of the Mailbox server's part are no work, and the same.
    assert_eq!(local[Part::MailboxService as usize], proxied[Part::MailboxService as usize]);
    let variate = local[Part::EntryService as usize] as f64 / 150e6;
    assert!((variate - 1.0).abs() > 1e-3, "a draw, not a constant");
    let expected = variate * 41_591_250.0 + 3e6;
    assert!((proxied[Part::EntryService as usize] as f64 - expected).abs() < 3.0);
    assert_eq!(proxied[Part::TargetService as usize], local[Part::EntryService as usize]);
}
