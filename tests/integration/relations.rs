//! The relations of `metamorphic.rs` with Exchange clients, as far as they hold for them:
//! a session there asks, waits for the answer and asks again, several clients share a
//! line, and bytes and cycles are whole numbers.

use std::collections::BTreeMap;

use casim::itinerary::Part;
use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::{RunResult, SessionRecord};

use crate::outages::outage;
use crate::support::{self, read};

/// Sessions by their ids.
type Sessions = BTreeMap<u64, SessionRecord>;

fn play(text: &str) -> (RunResult, Sessions) {
    let (result, sessions) = play_any(text);
    assert!(sessions.len() > 500, "{} sessions say little", sessions.len());
    (result, sessions)
}

fn play_any(text: &str) -> (RunResult, Sessions) {
    let scenario = read(text);
    let (result, all) = support::play(&scenario.model, &scenario.experiment);
    (result, all.into_iter().map(|row| (row.session_id, row)).collect())
}

/// Every kind of client, in a site and on the Internet, proxied over a link; `{}` are
/// the scale of bits and what else is to be set.
#[expect(clippy::too_many_lines, reason = "one scenario with every figure of bits")]
fn bits(scale: f64) -> String {
    let bytes = |table: &[(&str, f64)], unit: &str, scale: f64| -> String {
        table.iter().map(|(key, value)| format!("{key} = \"{} {unit}\"\n", value * scale)).collect()
    };
    let traffic = [
        ("owa_poll_up", 400.0),
        ("owa_poll_down", 300.0),
        ("owa_delete_up", 800.0),
        ("owa_delete_down", 1200.0),
        ("owa_inbox_up", 800.0),
        ("owa_inbox_down", 40_000.0),
        ("owa_search_up", 1200.0),
        ("owa_search_down", 40_000.0),
        ("outlook_task_up", 1500.0),
        ("outlook_task_down", 2500.0),
        ("outlook_keep_alive_bytes", 100.0),
        ("eas_ping_bytes", 300.0),
        ("eas_sync_up", 500.0),
        ("eas_sync_down", 3000.0),
        ("eas_send_up", 5000.0),
        ("eas_send_down", 300.0),
        ("ews_up", 2000.0),
        ("ews_down", 12_000.0),
        ("autodiscover_up", 1000.0),
        ("autodiscover_down", 5000.0),
        ("oab_up", 3000.0),
        ("oab_down", 500_000.0),
        ("pop_open_up", 100.0),
        ("pop_open_down", 2000.0),
        ("imap_open_up", 300.0),
        ("imap_open_down", 3000.0),
        ("internet_window", 65_536.0),
        ("window_2003", 17_520.0),
        ("window_http", 65_535.0),
        ("window_tuned", 16_777_216.0),
        ("window_device", 65_535.0),
        ("http_in_flight", 65_536.0),
        ("send_buffer", 16_777_216.0),
    ];
    format!(
        r#"
exchange = "2007"
[run]
window = "09:00 - 09:30"
warmup = "5 min"
[clients]
message_size = {{ lognormal = {{ mean = "{message} KB", cv = 2.9 }} }}
max_message = "{most} MB"
[costs]
proxy_cycles_per_byte_owa = {owa}
proxy_cycles_per_byte_web = {web}
proxy_cycles_per_byte_rpc = {rpc}
[traffic]
{traffic}
[round_trips]
initial_window_2010 = {initial}
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = {{ bandwidth = "{pipe} Mbps", latency = "4 ms" }}
cas = {{ servers = 2, cores = 2 }}
mailbox = {{ servers = 1, cores = 4 }}
owa = {{ external_url = "https://mail.contoso.com/owa", auth = ["forms"] }}
[[site]]
name = "Boston"
pop_imap = true
owa = {{ auth = ["integrated"] }}
cas = {{ servers = 1, cores = 2 }}
mailbox = {{ servers = 1, cores = 4 }}
[[link]]
between = ["Amsterdam", "Boston"]
bandwidth = "{line} Mbps"
latency = "45 ms"
window = "{window} B"
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
inside = ["Boston"]
[[region]]
name = "Home"
bandwidth = "{mile} Mbps"
[[population]]
name = "At home"
home = "Boston"
mailboxes = 200
from = "Home"
namespace = "mail.contoso.com"
profile = "heavy"
clients = {{ owa = 0.5, eas = 0.5, outlook-anywhere = 0.5, ews = 0.2, autodiscover = 0.5, oab = 0.5 }}
[[population]]
name = "In Boston"
home = "Amsterdam"
mailboxes = 200
from = "Boston"
namespace = "mail.contoso.com"
profile = "heavy"
clients = {{ owa = 0.3, outlook-cached = 0.5, eas = 0.2, ews = 0.2 }}
[[population]]
name = "At their desks"
home = "Amsterdam"
mailboxes = 200
from = "Amsterdam"
namespace = "pop.contoso.com"
clients = {{ pop = 0.5, imap = 0.5 }}
[[namespace]]
name = "pop.contoso.com"
inside = ["Amsterdam"]
"#,
        message = 50.0 * scale,
        most = 10.0 * scale,
        owa = 286.0 / scale,
        web = 195.0 / scale,
        rpc = 149.0 / scale,
        traffic = bytes(&traffic, "B", scale),
        initial = 3.0 * scale,
        pipe = 20.0 * scale,
        line = 4.0 * scale,
        window = 65_535.0 * scale,
        mile = 20.0 * scale,
    )
}

/// Bits and bandwidth doubled together (messages, answers, windows, every line; cycles a
/// byte halved) leave every session's requests and times. A message is whole bytes, so
/// that its double is not quite twice as long: within 5 us a request, of about a second.
#[test]
fn twice_the_bits_over_twice_the_bandwidth() {
    let (once, twice) = (play(&bits(1.0)).1, play(&bits(2.0)).1);
    assert_eq!(once.len(), twice.len());
    let mut exact = 0;
    for (id, row) in &once {
        let other = &twice[id];
        let counts = |r: &SessionRecord| (r.requests, r.latency_count, r.retries, r.outcome, r.wan_hops);
        assert_eq!(counts(row), counts(other), "{row:?}");
        let off = other.latency_sum.abs_diff(row.latency_sum);
        assert!(off <= 5000 * u64::from(row.latency_count), "{row:?}\n{other:?}");
        exact += usize::from(off == 0);
        // Nothing in these has a drawn size.
        if matches!(row.protocol, Some(Protocol::Pop | Protocol::Oab)) {
            assert_eq!(row, other);
        }
    }
    assert!(exact > once.len() / 2, "{exact} of {} to the nanosecond", once.len());
}

fn cores(cas: u32, clients: &str) -> String {
    format!(
        r#"
[run]
window = "09:00 - 10:00"
warmup = "5 min"
[costs]
tls_full_handshake = "0 Mcycles"
[[site]]
name = "Amsterdam"
pop_imap = true
lan_rtt = "0.5 ms"
cas = {{ servers = 1, cores = {cas}, mhz = "200 MHz" }}
mailbox = {{ servers = 1, cores = 1000 }}
[[namespace]]
name = "mail.contoso.com"
inside = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = 900
from = "Amsterdam"
profile = "heavy"
clients = {{ {clients} }}
"#
    )
}

/// EWS requests visit the one station that queues once each, and none waits for another:
/// with one core more none takes longer, under the same draws, request by request.
#[test]
fn one_more_core_raises_no_wait() {
    let mut last: Option<(Sessions, u128)> = None;
    for count in 1..=4 {
        let (result, sessions) = play(&cores(count, "ews = 3.0"));
        let waits = result.cells.iter().map(|c| c.parts[Part::EntryQueue as usize]).sum::<u128>();
        if let Some((fewer, longer)) = last {
            let both = |(id, row): (&u64, &SessionRecord)| {
                let more = sessions.get(id).filter(|more| more.latency_count == row.latency_count)?;
                Some((row.latency_sum, more.latency_sum))
            };
            let pairs: Vec<(u64, u64)> = fewer.iter().filter_map(both).collect();
            assert!(pairs.len() + 20 > fewer.len(), "all but those at the edges of the window");
            assert!(pairs.iter().all(|(fewer, more)| more <= fewer), "{count} cores");
            assert!(pairs.iter().any(|(fewer, more)| more < fewer), "{count} cores do something");
            assert!(waits < longer / 2);
        }
        last = Some((sessions, waits));
    }
}

/// Clients that ask again after an answer come in another order when answers are quicker,
/// so that single ones can meet a longer queue; all together they wait less, and fewer
/// than one in a thousand takes longer.
#[test]
fn one_more_core_shortens_the_waits_of_clients_who_ask_again() {
    for clients in ["pop = 1.0", "imap = 1.0, pop = 0.4"] {
        let (result, fewer) = play(&cores(2, clients));
        let (more_result, more) = play(&cores(3, clients));
        let waits = |r: &RunResult| r.cells.iter().map(|c| c.parts[Part::EntryQueue as usize]).sum::<u128>();
        assert!(waits(&more_result) < waits(&result) / 2, "{clients}");
        let longer = fewer.iter().filter(|(id, row)| {
            more.get(id)
                .is_some_and(|m| m.latency_count == row.latency_count && m.latency_sum > row.latency_sum)
        });
        let longer = longer.count();
        assert!(longer * 1000 < fewer.len(), "{clients}: {longer} of {}", fewer.len());
    }
}

fn times(scale: f64, clients: &str) -> String {
    let q = |seconds: f64| format!("{} s", seconds * scale);
    format!(
        r#"
[run]
window = "{window}"
warmup = "{warmup}"
[clients]
message_size = {{ constant = "50 KB" }}
pop_poll = "{pop}"
imap_idle = "{idle}"
eas_heartbeat = "{heart}"
owa_think = {{ exponential = {{ mean = "{think}" }} }}
owa_poll = "{owapoll}"
owa_idle_timeout = "{idleout}"
outlook_keep_alive = "{keep}"
request_timeout = "{rto}"
connected = "always"
ews_requests_per_day = {ews}
[[site]]
name = "Amsterdam"
pop_imap = true
lan_rtt = "{rtt}"
cas = {{ servers = 1, cores = 2, mhz = "{mhz} MHz", authenticated_connection_timeout = "{mail}" }}
mailbox = {{ servers = 1, cores = 2, mhz = "{mhz} MHz", store_latency = {{ exponential = {{ mean = "{store}" }} }} }}
[[namespace]]
name = "mail.contoso.com"
inside = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = 700
from = "Amsterdam"
profile = {{ sent = {sent}, received = {received}, read = {received}, deleted = {sent}, owa_logons = {logons} }}
day = "flat24h"
clients = {{ {clients} }}
"#,
        window = q(3600.0),
        warmup = q(600.0),
        pop = q(600.0),
        idle = q(1680.0),
        mail = q(1800.0),
        heart = q(480.0),
        think = q(55.0),
        owapoll = q(60.0),
        idleout = q(900.0),
        keep = q(720.0),
        rto = q(110.0),
        ews = 24.0 / scale,
        rtt = q(0.0005),
        mhz = 1000.0 / scale,
        store = q(0.01),
        sent = 40.0 / scale,
        received = 160.0 / scale,
        logons = 4.0 / scale,
    )
}

/// All times doubled (windows, timers, think times, round trips, store accesses; clocks and
/// daily counts halved) double every session's times, within 20 ns a request: what the rounding of its steps to whole
/// nanoseconds comes to, though draws, queues and timers are in between. OWA is left out: a run begins
/// amid its sessions of the day before, and that day is not doubled.
#[test]
fn all_times_doubled_doubles_all_times() {
    for clients in ["pop = 1.0", "imap = 1.0", "ews = 2.0", "eas = 1.0", "outlook-cached = 1.0"] {
        let (once, twice) = (play(&times(1.0, clients)).1, play(&times(2.0, clients)).1);
        assert_eq!(once.len(), twice.len(), "{clients}");
        for (id, row) in &once {
            let Some(other) = twice.get(id) else { panic!("{clients}: {row:?}") };
            let counts = |r: &SessionRecord| (r.requests, r.latency_count, r.retries, r.outcome);
            assert_eq!(counts(row), counts(other), "{clients}: {row:?}\n{other:?}");
            let near = |one: u64, two: u64, within: u64| two.abs_diff(2 * one) <= within;
            assert!(near(row.start.0, other.start.0, 2), "{clients}: {row:?}\n{other:?}");
            let sum = 20 * u64::from(row.latency_count);
            assert!(near(row.latency_sum, other.latency_sum, sum), "{clients}: {row:?}\n{other:?}");
            assert!(near(row.latency_max.0, other.latency_max.0, 20), "{clients}: {row:?}\n{other:?}");
        }
    }
}

/// One site, as good as empty, whose Mailbox server has a core for what it does beside each request: `clients` of `mailboxes` users for `hours`.
fn idle(clients: &str, mailboxes: u32, hours: u32, messages: u32) -> String {
    format!(
        r#"
[run]
window = "{hours} h"
warmup = "5 h"
[clients]
service_cv = 0
message_size = "50 KB"
connected = "always"
[[site]]
name = "Amsterdam"
pop_imap = true
cas = {{ servers = 1, cores = 1 }}
mailbox = {{ servers = 1, cores = 64, store_latency = "5 ms" }}
owa = {{ auth = ["forms"] }}
[[namespace]]
name = "mail.contoso.com"
inside = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = {mailboxes}
concurrent = 1.0
from = "Amsterdam"
profile = {{ sent = {messages}, received = {messages}, read = {messages}, deleted = 1, owa_logons = 1 }}
clients = {{ {clients} }}
day = "flat24h"
"#
    )
}

/// Next to no load, and nothing drawn: a poll and a request take what the sum of their
/// round trips, bytes and work comes to, which `casim explain` states, every time.
#[test]
fn without_load_a_request_takes_what_explain_states() {
    use casim::clients::expected::unloaded::unloaded;
    use casim::kernel::Id;
    use casim::model::access::{AccessQuery, Caller, ClientPlace, explain};
    let text = idle("pop = 1.0, ews = 1.0", 2, 600, 0);
    let model = read(&text).model;
    let (_, sessions) = play(&text);
    for protocol in [Protocol::Pop, Protocol::Ews] {
        let ask = AccessQuery {
            caller: Caller { place: Some(ClientPlace::Inside(Id::new(0))), ..Caller::default() },
            ..AccessQuery::new(&model.topology, protocol, Id::new(0), Id::new(0))
        };
        let hops = unloaded(&ask, &explain(&ask), &model.workload);
        let whole: u64 = hops.iter().flatten().map(|hop| hop.whole().0).sum();
        let mine: Vec<&SessionRecord> =
            sessions.values().filter(|row| row.protocol == Some(protocol)).collect();
        assert!(mine.len() > 500, "{} sessions of {protocol}", mine.len());
        for row in mine {
            assert_eq!(row.latency_sum, whole * u64::from(row.latency_count), "{protocol}: {row:?}");
        }
    }
}

/// One user of one protocol waits for nobody: the parts of his latency that are queues
/// are nothing, so that the others, services and delays, are the whole (a check inside
/// every run holds the parts to their sum).
#[test]
fn without_load_nobody_waits() {
    for protocol in
        ["owa", "eas", "outlook-cached", "outlook-online", "ews", "autodiscover", "oab", "pop", "imap"]
    {
        let text = idle(&format!("{protocol} = 1.0"), 1, 900, 10);
        let (result, _) = play_any(&text);
        let parts = |part: Part| result.cells.iter().map(|c| c.parts[part as usize]).sum::<u128>();
        let requests: u64 = result.cells.iter().map(|c| c.counts.requests).sum();
        assert!(requests > 30, "{requests} of {protocol}");
        for queue in [Part::EntryQueue, Part::TargetQueue, Part::MailboxQueue] {
            assert_eq!(parts(queue), 0, "{protocol}: {queue:?}");
        }
        assert!(parts(Part::EntryService) + parts(Part::MailboxService) > 0, "{protocol}");
    }
}

/// Both servers to which browsers are sent on are down from 09:10 on, for 20 and for 30 min. That one is
/// down again for moments after ten changes nothing before.
#[test]
fn later_outages_change_nothing_before() {
    let server = |name: &str| {
        let owa = "owa = { external_url = \"https://b.example.com/owa\", auth = [\"forms\"] }";
        format!("[[site.server]]\nname = \"{name}\"\ncas = {{ servers = 1 }}\n{owa}\n")
    };
    let town = |outages: &[String]| {
        format!(
            r#"
exchange = "2010 SP3"
[run]
window = "09:00 - 10:10"
warmup = "1 min"
[clients]
owa_think = "5 s"
[[site]]
name = "Hub"
internet = {{ bandwidth = "1 Gbps" }}
cas = {{ servers = 1, cores = 16 }}
mailbox = {{ servers = 1, cores = 16 }}
[[site]]
name = "Branch"
internet = {{ bandwidth = "1 Gbps" }}
mailbox = {{ servers = 1, cores = 16 }}
{}{}
[[link]]
between = ["Hub", "Branch"]
bandwidth = "1 Gbps"
latency = "10 ms"
[[namespace]]
name = "mail.example.com"
internet = ["Hub"]
[[namespace]]
name = "b.example.com"
internet = ["Branch"]
[[population]]
name = "staff"
home = "Branch"
mailboxes = 12
namespace = "mail.example.com"
concurrent = "100 %"
day = "flat8h"
profile = {{ sent = 60, received = 60, read = 100, deleted = 20, owa_logons = 40 }}
clients = {{ owa = 1.0 }}
{}"#,
            server("B1"),
            server("B2"),
            outages.concat()
        )
    };
    let mut outages = vec![outage("server.B1", "09:10", "20 min"), outage("server.B2", "09:10", "30 min")];
    let before = |outages: &[String]| {
        let scenario = read(&town(outages));
        let (_, mut rows) = support::play(&scenario.model, &scenario.experiment);
        rows.retain(|row| row.end.0 < 3_600_000_000_000);
        rows.iter().map(|row| (row.start, row.end, row.failure, row.entry_server)).collect::<Vec<_>>()
    };
    let two = before(&outages);
    assert!(two.iter().filter(|row| row.2 == Some(Failure::ServerDown)).count() > 20);
    outages.extend(["10:02", "10:04", "10:06"].map(|at| outage("server.B1", at, "10 s")));
    assert_eq!(before(&outages), two);
}
