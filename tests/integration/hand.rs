//! Timelines computed by hand, to the nanosecond: no variance, one request
//! each, through the rules, the programs that they compile to, and the engine.
//!
//! The ground: Amsterdam (LAN round trip 0.5 ms) and Boston, a link of 10 Mbit/s and
//! 45 ms one way whose window (112,500 bytes over 90 ms, and the least of all) is just its bandwidth; every
//! core 2,000 MHz; a store access 5 ms; the clients sit on Amsterdam's LAN, so
//! there is no name resolution and no last mile. Costs are those of
//! `clients::compile::request_specs`: an OWA action is 2 round trips, 114 megacycles at the Client
//! Access server (57 ms), 300 at the Mailbox server and 5 store calls; of the Mailbox server's work 15 % are waited for
//! (22.5 ms), the rest is done behind the answer.

use std::sync::Arc;

use casim::clients::Cohort;
use casim::clients::steps::{EasStep, OutlookStep, OwaStep, PopStep, Step};
use casim::itinerary::{PARTS, Part, Program};
use casim::kernel::distribution::Distribution;
use casim::model::Model;
use casim::model::access::{Decision, Failure, Mechanism};
use casim::model::protocol::Protocol;
use casim::sim::Outcome;

use crate::support::once::played_once;
use crate::support::read_with;

const TOWN: &str = r#"
[run]
window = "1 h"
[traffic]
window_2003 = "1 MB"
window_http = "1 MB"
http_in_flight = "1 MB"
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
cas = { servers = 1, cores = CORES, mhz = "2000 MHz", queue_limit = QUEUE }
mailbox = { servers = 1, cores = 2, mhz = "2000 MHz", store_latency = "5 ms" }
owa = { external_url = "https://mail.contoso.com/owa", auth = ["forms"] }
[[site]]
name = "Boston"
pop_imap = true
cas = { servers = 1, cores = 2, mhz = "2000 MHz" }
mailbox = { servers = 1, cores = 2, mhz = "2000 MHz", store_latency = "5 ms" }
OWA
[[link]]
between = ["Amsterdam", "Boston"]
bandwidth = "10 Mbps"
latency = "45 ms"
window = "112500 B"
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[namespace]]
name = "mail.boston.contoso.com"
internet = ["Boston"]
[[population]]
name = "staff"
home = "HOME"
mailboxes = 10
from = "Amsterdam"
namespace = "mail.contoso.com"
profile = { sent = 0, received = 0, read = 0, deleted = 0, owa_logons = 2 }
clients = { owa = 1.0, eas = 1.0, outlook-anywhere = 1.0, pop = 1.0 }
"#;

struct Town {
    model: Model,
    home: &'static str,
}

impl Town {
    fn new(home: &'static str, boston_owa: &str, cores: u32, queue: u32) -> Self {
        let text = TOWN
            .replace("HOME", home)
            .replace("OWA", boston_owa)
            .replace("CORES", &cores.to_string())
            .replace("QUEUE", &queue.to_string());
        Self::load(home, &text, &[])
    }

    /// The town under another release, with Boston's `lines` and single settings.
    fn of(home: &'static str, release: &str, lines: &str, settings: &[(&str, &str)]) -> Self {
        let text = TOWN
            .replace("HOME", home)
            .replace("OWA", lines)
            .replace("CORES", "2")
            .replace("QUEUE", "1000")
            .replace("pop = 1.0 }", "pop = 1.0, outlook-cached = 1.0 }");
        Self::load(home, &format!("exchange = \"{release}\"\n{text}"), settings)
    }

    fn load(home: &'static str, text: &str, settings: &[(&str, &str)]) -> Self {
        let mut model = read_with(text, settings).model;
        for population in &mut model.workload.populations {
            let settings = Arc::make_mut(&mut population.settings);
            settings.service_cv = 0.0;
            settings.message_size = Distribution::Constant(50_000.0);
            settings.redirect_click = Distribution::Constant(4e9);
            settings.logon_typing = Distribution::Constant(10e9);
            settings.outlook_restart = Distribution::Constant(30e9);
        }
        Self { model, home }
    }

    fn proxied() -> Self {
        Self::new("Boston", r#"owa = { auth = ["integrated"] }"#, 2, 1000)
    }

    fn local(cores: u32, queue: u32) -> Self {
        Self::new("Amsterdam", "", cores, queue)
    }

    /// Opens step `step` of `protocol` at each instant (ms); the third parameter is `span`.
    fn play(&self, protocol: Protocol, step: impl Into<Step>, rtt: u64, span: u64, at: &[u64]) -> Played {
        let step = step.into();
        self.walk(protocol, [rtt, 1, span], at, |cohort| cohort.steps[step])
    }

    fn walk(
        &self,
        protocol: Protocol,
        params: [u64; 3],
        at: &[u64],
        program: impl Fn(&Cohort) -> Program,
    ) -> Played {
        let (cohort, ends) = played_once(&self.model, protocol, params, at, program);
        assert_eq!(self.model.topology.sites[cohort.mailbox_site as usize].name, self.home);
        Played { cohort, ends }
    }
}

struct Played {
    cohort: Cohort,
    ends: Vec<(u64, Outcome, [u64; PARTS])>,
}

const MS: u64 = 1_000_000;
/// Round trip on Amsterdam's LAN; the link to Boston stands in the programs.
const LAN: u64 = 500_000;

/// 2 LAN round trips 1; CAS 114 megacycles 57; Mailbox 15 % of 300 megacycles 22.5; 5
/// store calls of 0.5 (LAN) and 5 (store) 27.5: 108 ms.
#[test]
fn owa_local() {
    let played = Town::local(2, 1000).play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]);
    assert_eq!(played.cohort.identity.decision, Decision::Local);
    let (latency, outcome, parts) = played.ends[0];
    assert_eq!((latency, outcome), (108_000_000, Outcome::Completed));
    assert_eq!(parts[Part::ClientNetwork as usize], MS);
    assert_eq!(parts[Part::EntryService as usize], 57 * MS);
    assert_eq!(parts[Part::MailboxService as usize], 50 * MS);
}

/// 2 LAN round trips 1; at the entry 27.5 % of 114 megacycles and 2,000 bytes of
/// 286 cycles, 31.922 megacycles 15.961; proxying overhead 3; propagation there and
/// back 90; 800 bytes to Boston 0.64; CAS there 57; Mailbox 22.5; store 27.5; 1,200
/// bytes back 0.96: 218.561 ms. Window and link let as much through; what binds alike is the window's,
/// which is propagation.
#[test]
fn owa_proxied() {
    let played = Town::proxied().play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]);
    assert_eq!(played.cohort.identity.decision, Decision::Proxy);
    assert_eq!((played.cohort.identity.server_hops, played.cohort.identity.wan_hops), (2, 1));
    let (latency, outcome, parts) = played.ends[0];
    assert_eq!((latency, outcome), (218_561_000, Outcome::Completed));
    assert_eq!(parts[Part::WanTransfer as usize], 0);
    assert_eq!(parts[Part::WanPropagation as usize], 90 * MS + 1_600_000);
}

/// In Amsterdam: handshake 3 and logon 3 LAN round trips 3; the logon form 114
/// megacycles and TLS 7, 60.5; the link page is read for 4,000 and clicked. In Boston, 90.5 away:
/// handshake 3 round trips 271.5; typing 10,000; logon 4 round trips
/// 362. The page and its files are 1.6 messages of 50,000 bytes in the mean less what a
/// logoff takes of the day, 2,000 in 160,000: 79,000 bytes, 2,370 up and 76,630 down, which
/// half of the browsers spare 60 % of, so that the page alone is 40 % of 76,630 / 0.7;
/// of 350,309 bits three rounds from 2 segments on, 23,360 to 93,440, take 271.5, and the
/// 186,789 left 18.6789. Up 1.896; CAS 114 + 114 megacycles and TLS 117.5; Mailbox 15 % of 600
/// megacycles 45; 10 store calls 55: 15,206.5749 ms. This browser has the files.
#[test]
fn owa_redirected() {
    let published = r#"owa = { external_url = "https://mail.boston.contoso.com/owa", auth = ["forms"] }"#;
    let played = Town::new("Boston", published, 2, 1000).play(Protocol::Owa, OwaStep::Logon, LAN, LAN, &[0]);
    assert_eq!(played.cohort.identity.decision, Decision::Redirect);
    let (latency, outcome, parts) = played.ends[0];
    assert_eq!((latency, outcome), (15_206_574_900, Outcome::Completed));
    assert_eq!(parts[Part::Redirect as usize], 271_500_000);
    assert_eq!(parts[Part::Human as usize], 14_000_000_000, "click and typing");
}

/// What `casim explain` expects of an idle organisation is what the timelines above and
/// below come to.
#[test]
fn explain_expects_what_an_idle_network_takes() {
    use casim::clients::expected::unloaded::unloaded;
    use casim::kernel::Id;
    use casim::model::access::{AccessQuery, Caller, ClientPlace, explain};
    let whole = |town: &Town, protocol: Protocol, home: usize| -> u64 {
        let ask = AccessQuery {
            caller: Caller { place: Some(ClientPlace::Inside(Id::new(0))), ..Caller::default() },
            ..AccessQuery::new(&town.model.topology, protocol, Id::new(0), Id::new(home))
        };
        let hops = unloaded(&ask, &explain(&ask), &town.model.workload);
        hops.iter().flatten().map(|hop| hop.whole().0).sum()
    };
    assert_eq!(whole(&Town::local(2, 1000), Protocol::Owa, 0), 108_000_000);
    assert_eq!(whole(&Town::proxied(), Protocol::Owa, 1), 218_561_000);
    assert_eq!(whole(&Town::proxied(), Protocol::OutlookAnywhere, 1), 1_066_177_273);
    assert_eq!(whole(&Town::proxied(), Protocol::Pop, 1), 23_073_750);
}

/// From the Internet 800 bytes up and 1,200 down share the site's way: 0.64 and 0.96 ms at 10 Mbit/s,
/// 6.4 and 9.6 at 1 Mbit/s.
#[test]
fn explain_expects_what_crosses_the_way_to_the_internet() {
    use casim::clients::expected::unloaded::unloaded;
    use casim::kernel::Id;
    use casim::model::access::{AccessQuery, Caller, ClientPlace, explain};
    let whole = |rate: f64| {
        let mut town = Town::local(2, 1000);
        town.model.topology.sites[0].internet.as_mut().expect("it has one").bandwidth = [rate; 2];
        let ask = AccessQuery {
            caller: Caller { place: Some(ClientPlace::Internet), ..Caller::default() },
            ..AccessQuery::new(&town.model.topology, Protocol::Owa, Id::new(0), Id::new(0))
        };
        let hops = unloaded(&ask, &explain(&ask), &town.model.workload);
        hops.iter().flatten().map(|hop| hop.whole().0).sum::<u64>()
    };
    assert_eq!(whole(1e6) - whole(1e7), 16_000_000 - 1_600_000);
}

/// Who is published from another site is reached through it: the two round trips of an action are 90 ms longer each, and what crosses the
/// line takes as long as at the slower of both, 14.4 ms more at 1 Mbit/s than at 10.
#[test]
fn explain_expects_the_detour_over_the_site_that_publishes() {
    use casim::clients::expected::unloaded::unloaded;
    use casim::kernel::Id;
    use casim::model::access::{AccessQuery, Caller, ClientPlace, explain};
    let whole = |at: usize, rate: f64| {
        let mut town = Town::proxied();
        let topology = &mut town.model.topology;
        topology.sites[1].published_from = Some(Id::new(0));
        topology.sites[0].internet.as_mut().expect("it has one").bandwidth = [1e7; 2];
        topology.links[0].bandwidth = [rate; 2];
        let ask = AccessQuery {
            caller: Caller { place: Some(ClientPlace::Internet), ..Caller::default() },
            ..AccessQuery::new(topology, Protocol::Owa, Id::new(at), Id::new(at))
        };
        let found = explain(&ask);
        let links: Vec<&str> = found.moves[0][0].links.iter().map(String::as_str).collect();
        assert_eq!(links, if at == 1 { vec!["Amsterdam-Boston"] } else { Vec::new() });
        let hops = unloaded(&ask, &found, &town.model.workload);
        hops.iter().flatten().map(|hop| hop.whole().0).sum::<u64>()
    };
    assert_eq!(whole(1, 1e7) - whole(0, 1e7), 180 * MS);
    assert_eq!(whole(1, 1e6) - whole(1, 1e7), 16_000_000 - 1_600_000);
}

/// A window of 500 bytes lets 44 kbit/s through at a round trip of 90 ms: what crosses the line takes that long,
/// played and expected.
#[test]
fn explain_expects_what_the_window_of_a_line_lets_through() {
    use casim::clients::expected::unloaded::unloaded;
    use casim::kernel::Id;
    use casim::model::access::{AccessQuery, Caller, ClientPlace, explain};
    let mut town = Town::proxied();
    town.model.topology.links[0].window_bytes = 500.0;
    let played = town.play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]);
    let ask = AccessQuery {
        caller: Caller { place: Some(ClientPlace::Inside(Id::new(0))), ..Caller::default() },
        ..AccessQuery::new(&town.model.topology, Protocol::Owa, Id::new(0), Id::new(1))
    };
    let hops = unloaded(&ask, &explain(&ask), &town.model.workload);
    let expected: u64 = hops.iter().flatten().map(|hop| hop.whole().0).sum();
    let (latency, ..) = played.ends[0];
    assert!(latency > 500 * MS, "218.561 ms without: {latency}");
    assert!(expected.abs_diff(latency) < 1_000, "{expected} for {latency}");
    // Optimisers at both ends of the line: no window holds over it.
    town.model.topology.links[0].terminates = true;
    let played = town.play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]);
    assert_eq!(played.ends[0].0, 218_561_000);
    let ask = AccessQuery {
        caller: Caller { place: Some(ClientPlace::Inside(Id::new(0))), ..Caller::default() },
        ..AccessQuery::new(&town.model.topology, Protocol::Owa, Id::new(0), Id::new(1))
    };
    let hops = unloaded(&ask, &explain(&ask), &town.model.workload);
    assert_eq!(hops.iter().flatten().map(|hop| hop.whole().0).sum::<u64>(), 218_561_000);
}

/// Who runs what decides what is under way between two servers: 17,520 bytes over 90 ms are 1.557 Mbit/s, for 800 bytes
/// there 4.109589 ms in place of 0.64 and for 1,200 back 6.164384 in place of 0.96; Windows 2012 knows no bound there
/// but http.sys's.
#[test]
fn the_systems_of_two_servers_bound_what_is_under_way() {
    let old = [("traffic.window_2003", "\"17520 B\""), ("traffic.http_in_flight", "\"65536 B\"")];
    let of = |os: &str| {
        let text = TOWN.replace("HOME", "Boston").replace("OWA", r#"owa = { auth = ["integrated"] }"#);
        let text = text
            .replace("CORES", "2")
            .replace("QUEUE", "1000")
            .replace("mhz", &format!("os = \"{os}\", mhz"));
        let town = Town::load("Boston", &text, &old);
        town.play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]).ends[0].2[Part::WanTransfer as usize]
            + town.play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0]).ends[0].2[Part::WanPropagation as usize]
            - 90 * MS
    };
    assert!(of("2003").abs_diff(4_109_589 + 6_164_384) <= 2, "{}", of("2003"));
    // 65,536 bytes over 90 ms are 5.825 Mbit/s: 1.647949 ms back, and 0.64 there, where the line is all.
    assert!(of("2012").abs_diff(640_000 + 1_647_949) <= 2, "{}", of("2012"));
}

/// 1 LAN round trip 0.5; CAS 25 megacycles 12.5; Mailbox 50 x 1.25 / 1.6 = 39.0625
/// megacycles, 15 % of which are 2.9296875; one store call 5.5; held until mail comes 100,000; the answer
/// 25 megacycles 12.5: 100,033.929688 ms.
#[test]
fn eas_ping_answered_by_new_mail() {
    let played = Town::local(2, 1000).play(Protocol::Eas, EasStep::Ping, LAN, 100_000 * MS, &[0]);
    let (latency, outcome, _) = played.ends[0];
    assert_eq!((latency, outcome), (100_033_929_688, Outcome::Completed));
}

/// 10 RPCs of 1.05 LAN round trips 5.25; CAS 150 megacycles 75; 1,500 bytes to Boston 1.2; 10 RPCs of
/// 90 over the link 900; Mailbox 15 % of 57,600 / 132 = 436.36 megacycles 32.727273; 10
/// store accesses 50; 2,500 bytes back 2: 1,066.177273 ms.
#[test]
fn outlook_anywhere_direct() {
    let played = Town::proxied().play(Protocol::OutlookAnywhere, OutlookStep::Task, LAN, 0, &[0]);
    assert_eq!(played.cohort.identity.decision, Decision::Direct);
    let (latency, outcome, parts) = played.ends[0];
    assert_eq!((latency, outcome), (1_066_177_273, Outcome::Completed));
    assert_eq!(parts[Part::WanPropagation as usize], 900 * MS);
}

/// Handshake 3 and the first 4 commands, LAN round trips 3.5; 27.5 % of 7 commands of
/// 16.7 megacycles until the server knows whose mailbox it is, 32.1475 megacycles
/// 16.07375, and TLS 3.5: refused after 23.07375 ms.
#[test]
fn pop_refused_across_sites() {
    let played = Town::proxied().play(Protocol::Pop, PopStep::Open, LAN, 0, &[0]);
    assert_eq!(played.cohort.refused, Some(Failure::PopImapCrossSite));
    let (latency, outcome, _) = played.ends[0];
    assert_eq!((latency, outcome), (23_073_750, Outcome::Failed(Failure::PopImapCrossSite as u8)));
}

/// One core, no place to wait. The first request reaches the server at 1 ms and keeps
/// it until 58. The second, opened at 10 ms, comes there at 11 and meets HTTP 503.
#[test]
fn http_503_on_a_full_queue() {
    let played = Town::local(1, 0).play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0, 10]);
    let ends: Vec<_> = played.ends.iter().map(|&(latency, outcome, _)| (latency, outcome)).collect();
    assert_eq!(ends, [(MS, Outcome::QueueFull(0)), (108_000_000, Outcome::Completed)]);
}

/// Two proxied actions at once on servers of two cores: all as in `owa_proxied`, but
/// both cross the link at the same time, at half the rate: 1.28 for 0.64 and 1.92 for
/// 0.96, so 220.161 ms each.
#[test]
fn two_transfers_share_the_link() {
    let played = Town::proxied().play(Protocol::Owa, OwaStep::Delete, LAN, 0, &[0, 0]);
    let ends: Vec<_> = played.ends.iter().map(|&(latency, outcome, _)| (latency, outcome)).collect();
    assert_eq!(ends, [(220_161_000, Outcome::Completed), (220_161_000, Outcome::Completed)]);
}

fn latency(played: &Played) -> (Mechanism, u64) {
    let (latency, outcome, _) = played.ends[0];
    assert_eq!(outcome, Outcome::Completed);
    (played.cohort.identity.mechanism, latency)
}

/// 2010 SP2, forms at both ends: as `owa_redirected` without the 4,000 at the page, the
/// 10,000 of typing and the two exchanges (GET and form, 181) that one logon spares:
/// 1,025.5749 ms. With Integrated Windows Authentication in Boston there is a second logon:
/// 4,000 less than by the page, and for the form two exchanges less and Kerberos' one more,
/// 11,116.0749 ms.
#[test]
fn owa_redirected_silently_with_and_without_one_logon() {
    let silent = [("site.Amsterdam.CrossSiteRedirectType", "Silent")];
    for (auth, expected) in [("forms", 1_025_574_900), ("integrated", 11_116_074_900)] {
        let lines =
            format!(r#"owa = {{ external_url = "https://mail.boston.contoso.com/owa", auth = ["{auth}"] }}"#);
        let town = Town::of("Boston", "2010 SP2", &lines, &silent);
        let played = town.play(Protocol::Owa, OwaStep::Logon, LAN, LAN, &[0]);
        assert_eq!(latency(&played), (Mechanism::RedirectSilent, expected), "{auth}");
    }
}

/// The first contact of a device. In Amsterdam: handshake 3 and one question 1 LAN round
/// trips 2; TLS 3.5 and a quarter of 300 megacycles 37.5. In Boston, which knows Integrated
/// Windows Authentication alone: handshake 4 and 2 questions, 90.5 each, 543; 500 bytes up
/// 0.4; CAS and TLS 153.5; Mailbox 15 % of 234.375 megacycles 17.578125; 5
/// store calls 27.5; of 24,000 bits down 23,360 in a round of 90.5, and 640 in 0.064: 875.542125 ms. Once
/// told, 43 less.
#[test]
fn a_device_is_told_once() {
    let lines = r#"eas = { ExternalUrl = "https://mail.boston.contoso.com/Microsoft-Server-ActiveSync", auth = ["integrated"] }"#;
    let town = Town::of("Boston", "2007 SP1", lines, &[]);
    let first = town.play(Protocol::Eas, EasStep::Start, LAN, LAN, &[0]);
    assert_eq!(latency(&first), (Mechanism::Redirect451, 875_542_125));
    let next = town.walk(Protocol::Eas, [LAN, 1, LAN], &[0], |cohort| cohort.direct);
    assert_eq!(latency(&next).1, 832_542_125);
    assert_eq!(next.cohort.direct_identity.mechanism, Mechanism::ServeLocal);
}

/// In Amsterdam: connection 2 and one call 1 LAN round trips 1.5; a task is
/// (0.586 + 8 x 1.94e-5) MHz x 28,800 s / 132 = 127.888408 megacycles with the 8 users of
/// Amsterdam, and 127.854545 with Boston's none; a quarter 15.986051; 30,000 until Outlook is restarted. In Boston: connection 2 and 10
/// calls of 1.05, 90.5 each, 1,131.25; 1,500 bytes 1.2; CAS 63.927273; Mailbox 32.727273; 10 store calls
/// 55; 2,500 bytes 2: 31,303.590597 ms.
#[test]
fn outlook_is_referred_and_restarted() {
    let refer = [("site.Boston.mailbox.RpcClientAccessServer", "Amsterdam-CAS")];
    let town = Town::of("Boston", "2010 SP2 RU3", "", &refer);
    let played = town.play(Protocol::OutlookCached, OutlookStep::Connect, LAN, LAN, &[0]);
    assert_eq!(latency(&played), (Mechanism::Refer, 31_303_590_597));
}

/// A Sync forwarded to a 2003 back end. 1 LAN round trip 0.5; at the entry 27.5 % of 300
/// megacycles and 3,500 bytes of 195 cycles, 83.1825 megacycles 41.59125; overhead 3;
/// propagation 90; 500 bytes 0.4; the back end renders 300 megacycles and stores, 15 % of
/// 234.375, 167.578125; 5 store calls 27.5; 3,000 bytes back 2.4: 332.969375 ms.
#[test]
fn a_device_of_a_2003_mailbox() {
    let town = Town::of("Boston", "2007 SP1", r#"exchange = "2003""#, &[]);
    let played = town.play(Protocol::Eas, EasStep::Sync, LAN, 0, &[0]);
    assert_eq!(latency(&played), (Mechanism::LegacyProxy, 332_969_375));
}

/// /exchange of a 2007 mailbox: handshake 3 and a GET 1 LAN round trips 2; 5 megacycles
/// 2.5 and TLS 3.5; then the logon as ever on the same connection: 4 round trips 2; CAS 228
/// megacycles 114; Mailbox 15 % of 600 megacycles 45; 10 store calls 55: 224 ms. This browser has the files.
#[test]
fn the_old_path_costs_one_exchange() {
    let all = [("population.staff.settings.owa_exchange", "1")];
    let town = Town::of("Amsterdam", "2007 SP1", "", &all);
    let played = town.play(Protocol::Owa, OwaStep::Logon, LAN, LAN, &[0]);
    assert_eq!(latency(&played), (Mechanism::RedirectSilent, 224_000_000));
}

/// The first request of a proxied session. Handshake 3 and logon 4 LAN round trips 3.5;
/// entry 114 + 27.5 % of 114 megacycles and 46,158.57 bytes of 286 cycles, 158.551
/// megacycles and TLS 82.775676; overhead 40; TCP, TLS and Kerberos 4, the request 1 and the
/// question for the user's context 1, of 90 each, 540; 2,370 bytes 1.896; CAS there 57;
/// Mailbox 45; 10 store calls 55; 350,309 bits 35.0309: 860.202576 ms. This browser has the files.
#[test]
fn the_first_proxied_request_of_a_session() {
    let played = Town::proxied().play(Protocol::Owa, OwaStep::Logon, LAN, 0, &[0]);
    assert_eq!(latency(&played), (Mechanism::Proxy, 860_202_576));
}

/// A Ping under proxy occupies a place at the entry and one at the target for as long as
/// it is held: where either takes one request at a time, the second finds it full.
#[test]
fn direct_push_is_held_on_both_legs() {
    for limited in ["site.Amsterdam.cas.connection_limit", "site.Boston.cas.requestQueueLimit"] {
        let town = Town::of("Boston", "2007 SP1", "", &[(limited, "1")]);
        let played = town.play(Protocol::Eas, EasStep::Ping, LAN, 100_000 * MS, &[0, 50_000]);
        assert_eq!(played.cohort.identity.mechanism, Mechanism::Proxy);
        let outcomes: Vec<Outcome> = played.ends.iter().map(|end| end.1).collect();
        assert!(
            matches!(outcomes[..], [Outcome::PoolFull(_), Outcome::Completed]),
            "{limited}: {outcomes:?}"
        );
    }
}
