//! Limits that sessions meet, from scenario to results: so many are in as the limit
//! lets in, the rest fail with the limit's own reason, and `limits.csv` says so.
//!
//! All clients sit at work all day when the run begins at 11:00, so the limit is full
//! from the first instant and stays so.

use casim::model::access::Failure;
use casim::results::{LimitUse, RunResult, SessionOutcome, SessionRecord};

use crate::support::{self, read};

const TOWN: &str = r#"
exchange = "RELEASE"
[run]
window = "11:00 - 12:00"
warmup = "0 s"
[clients]
retries = 0
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps" }
cas = { servers = SERVERS, cores = 8, CAS }
mailbox = { servers = 2, cores = 8 }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "staff"
home = "Amsterdam"
mailboxes = MAILBOXES
concurrent = "100 %"
PROFILE
clients = { CLIENTS }
POPULATION
"#;

struct Played {
    result: RunResult,
    rows: Vec<SessionRecord>,
}

fn play(release: &str, cas: &str, mailboxes: u32, clients: &str, population: &str) -> Played {
    play_on(1, release, cas, mailboxes, clients, population)
}

fn play_on(
    servers: u32,
    release: &str,
    cas: &str,
    mailboxes: u32,
    clients: &str,
    population: &str,
) -> Played {
    let text = TOWN
        .replace("SERVERS", &servers.to_string())
        .replace("RELEASE", release)
        .replace("CAS", cas)
        .replace("MAILBOXES", &mailboxes.to_string())
        .replace("CLIENTS", clients)
        .replace("POPULATION", population)
        .replace("PROFILE", if population.contains("profile") { "" } else { "profile = \"light\"" });
    let scenario = read(&text);
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    Played { result, rows }
}

impl Played {
    fn limit(&self, kind: &str) -> &LimitUse {
        self.result.servers[0].limits.iter().find(|met| met.kind.token() == kind).expect("the limit is met")
    }

    /// So many got in at the beginning, and all failures have this reason.
    fn expect(&self, kind: &str, units: u64, inside: usize, failure: Failure) {
        let met = self.limit(kind);
        assert_eq!(met.peak, units, "{kind}");
        assert!(met.refused > 0);
        assert!(met.mean > 0.0 && met.mean <= met.peak as f64);
        let open = self.rows.iter().filter(|row| row.carried_in && row.outcome == SessionOutcome::Open);
        assert_eq!(open.count(), inside, "sessions carried in and still open");
        let reasons: std::collections::BTreeSet<_> = self.rows.iter().filter_map(|row| row.failure).collect();
        assert_eq!(reasons, [failure].into());
        assert!(self.result.failures.iter().all(|row| row.failure == failure));
    }
}

/// 2007: twenty connections from one address, and thirty clients behind it.
#[test]
fn twenty_imap_clients_of_thirty_get_in_behind_one_address() {
    let played = play("2007 SP1", "", 30, "imap = 1.0", "addresses = 1");
    played.expect("address", 20, 20, Failure::AddressConnectionLimit);
    assert_eq!(played.limit("address").limit, Some(20));
    assert_eq!((played.limit("imap").limit, played.limit("imap").peak), (Some(2_000), 20));
    // The same clients, each at an address of its own.
    let free = play("2007 SP1", "", 30, "imap = 1.0", "");
    assert_eq!(free.limit("address").refused, 0);
    assert_eq!(free.limit("imap").peak, 30);
    // 2010 allows 2,000 from one address.
    let newer = play("2010 SP3", "", 30, "imap = 1.0", "addresses = 1");
    assert_eq!((newer.limit("address").limit, newer.limit("address").peak), (Some(2_000), 30));
}

/// Three addresses: twenty each.
#[test]
fn addresses_of_a_population_share_its_clients() {
    let played = play("2007 SP1", "", 90, "imap = 1.0", "addresses = 3");
    played.expect("address", 20, 60, Failure::AddressConnectionLimit);
}

#[test]
fn a_publisher_that_hides_addresses_is_one_address() {
    let played = play("2007 SP1", "hides_client_addresses = true", 30, "imap = 1.0", "");
    played.expect("address", 20, 20, Failure::AddressConnectionLimit);
}

#[test]
fn a_service_holds_so_many_connections() {
    let cas = "max_connections = 7, max_connections_from_single_ip = \"unlimited\"";
    let played = play("2007 SP1", cas, 8, "imap = 1.0", "");
    played.expect("imap", 7, 7, Failure::MailConnectionLimit);
}

/// Four devices of four connections each, ten in all: two have four, one has two, and
/// the last is refused.
#[test]
fn a_user_holds_so_many_connections() {
    let settings = "settings = { imap_connections = 4 }";
    let played = play("2007 SP1", "", 1, "imap = 4.0", settings);
    played.expect("user", 10, 3, Failure::UserConnectionLimit);
}

/// Of eleven connections of one client ten are accepted, and it gets its mail over them.
#[test]
fn an_imap_client_works_over_the_connections_that_it_has() {
    let played = play("2007 SP1", "", 40, "imap = 1.0", "settings = { imap_connections = 11 }");
    let user = played.limit("user");
    assert_eq!((user.peak, user.refused), (10, 40));
    assert_eq!(played.limit("imap").peak, 400);
    assert_eq!(played.rows.len(), 40);
    assert!(played.rows.iter().all(|row| row.failure.is_none() && row.failed_requests == 0));
    assert!(played.rows.iter().any(|row| row.requests > 0));
}

/// Two connections an association, eight associations a client: 80 let five in.
#[test]
fn outlook_anywhere_holds_two_connections_an_association() {
    let cas = "outlook_anywhere_connection_limit = 80";
    let played = play("2010 SP3", cas, 6, "outlook-anywhere = 1.0", "");
    played.expect("rpc_http", 80, 5, Failure::OutlookAnywhereLimit);
    let default = play("2010 SP3", "", 6, "outlook-anywhere = 1.0", "");
    assert_eq!((default.limit("rpc_http").limit, default.limit("rpc_http").peak), (Some(25_000), 96));
    assert_eq!(default.limit("rpc_requests").limit, Some(500));
}

/// Mailboxes take turns at two Mailbox servers, so four clients stand at each; 24 ports
/// a pair let three in there.
#[test]
fn ports_are_counted_by_pair_of_servers() {
    let played = play("2007 SP1", "ephemeral_ports = 24", 8, "outlook-anywhere = 1.0", "");
    played.expect("ports", 24, 6, Failure::PortsExhausted);
    // 2010 does not go on by direct RPC.
    let newer = play("2010 SP3", "ephemeral_ports = 24", 8, "outlook-anywhere = 1.0", "");
    assert!(newer.result.servers[0].limits.iter().all(|met| met.kind.token() != "ports"));
}

/// What a session holds is free when it ends: polls come one after the other for ever.
#[test]
fn connections_are_given_back() {
    let cas = "max_connections = 1";
    let played = play("2007 SP1", cas, 1, "pop = 1.0", "settings = { pop_poll = \"1 min\" }");
    assert_eq!((played.limit("pop").peak, played.limit("pop").refused), (1, 0));
    assert!(played.rows.len() >= 59);
    assert!(played.rows.iter().all(|row| row.failure.is_none()));
}

impl Played {
    fn failures(&self) -> Vec<(Failure, u64)> {
        self.result.failures.iter().map(|row| (row.failure, row.count + row.held)).collect()
    }

    /// Entry servers of the sessions.
    fn entries(&self) -> std::collections::BTreeSet<u32> {
        self.rows.iter().map(|row| row.entry_server).collect()
    }
}

const NO_MAIL: &str =
    "profile = { sent = 0, received = 0, read = 40, deleted = 20, owa_logons = 2 }\nday = \"flat24h\"";

fn devices(cas: &str, extra: &str) -> Played {
    let text = format!("{NO_MAIL}\n{extra}");
    // The profile stands in the text already.
    play_on(1, "2007 SP1", cas, 20, "eas = 1.0", &text)
}

/// Twenty devices without mail: a balancer that closes idle connections after 2 min
/// ends thirty requests an hour and device, each of which is asked again at once.
/// Requests that end within the hour: those that began in its first 58 minutes, so
/// 29 a device and a bit.
#[test]
fn a_balancer_closes_held_requests() {
    let played = devices("idle_timeout = \"2 min\"", "");
    let [(Failure::IdleTimeout, count)] = played.failures()[..] else { panic!("{:?}", played.failures()) };
    assert!((20 * 28..=20 * 30).contains(&count), "{count}");
    assert!(played.rows.iter().all(|row| row.outcome == SessionOutcome::Open), "no session is lost");
    assert_eq!(devices("idle_timeout = \"9 min\"", "").failures(), [], "beyond the heartbeat of 8 min");
}

/// A firewall says nothing: the device waits for its heartbeat of 8 min, seven and a
/// half requests an hour.
#[test]
fn a_firewall_forgets_held_requests_silently() {
    let played = devices("", "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"2 min\"");
    let [(Failure::IdleTimeout, count)] = played.failures()[..] else { panic!("{:?}", played.failures()) };
    assert!((20 * 5..=20 * 8).contains(&count), "{count}");
}

/// Two servers in turn and no affinity: the next action of an OWA user of 2007 lands on
/// the server that does not know him every second time in a crowd, and nearly always
/// where nobody else asks in between; of 2013 any server will do, and with a cookie he
/// stays.
#[test]
fn owa_before_2013_needs_affinity() {
    // Nobody logs off: a logoff that is lost costs no session.
    let settings = format!("{NO_MAIL}\nsettings = {{ owa_logoff_share = 0 }}");
    let owa = |release: &str, cas: &str| play_on(2, release, cas, 50, "owa = 1.0", &settings);
    for release in ["2007 SP1", "2010 SP3"] {
        let broken = owa(release, "affinity = \"none\"");
        let [(Failure::AffinityLost, count)] = broken.failures()[..] else {
            panic!("{:?}", broken.failures())
        };
        let requests: u64 = broken.result.cells.iter().map(|cell| cell.counts.requests).sum();
        let logons: u64 = broken.result.cells.iter().map(|cell| cell.logon.count()).sum();
        let share = count as f64 / (requests - logons) as f64;
        assert!((0.35..1.0).contains(&share), "{share}");
        let lost = broken.rows.iter().filter(|row| row.failure == Some(Failure::AffinityLost)).count();
        assert_eq!(lost as u64, count, "each is a session lost");
        assert!(logons + 5 >= count, "and a logon again: {logons} logons, {count} lost");
        assert_eq!(owa(release, "affinity = \"cookie\"").failures(), []);
    }
    let newer = owa("2013", "affinity = \"none\"");
    assert_eq!(newer.failures(), []);
}

/// A publisher that hides addresses leaves affinity by source address one address: one
/// server has all the load. Without it both are used.
#[test]
fn affinity_by_source_address_needs_addresses() {
    let source = |extra: &str, population: &str| {
        let cas = format!("affinity = \"source address\"{extra}");
        play_on(2, "2007 SP1", &cas, 40, "owa = 1.0", population)
    };
    assert_eq!(source("", NO_MAIL).entries().len(), 2);
    assert_eq!(source(", hides_client_addresses = true", NO_MAIL).entries().len(), 1);
    assert_eq!(source("", &format!("{NO_MAIL}\naddresses = 1")).entries().len(), 1);
    assert_eq!(source("", &format!("{NO_MAIL}\naddresses = 30")).entries().len(), 2);
}
