//! Limits that sessions meet, from scenario to results: so many are in as the limit
//! lets in, the rest fail with the limit's own reason, and `servers.csv` says so.
//!
//! All clients sit at work all day when the run begins at 11:00, so the limit is full
//! from the first instant and stays so.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use casim::experiment::{self, Options, Quiet};
use casim::model::access::Failure;
use casim::results::{LimitUse, RunResult, SessionOutcome, SessionRecord};
use casim::scenario;

const TOWN: &str = r#"
exchange = "RELEASE"
[run]
window = "11:00 - 12:00"
warmup = "0 s"
[clients]
retries = 0
[[site]]
name = "Amsterdam"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 1, cores = 8, CAS }
mailbox = { servers = 2, cores = 8 }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "staff"
home = "Amsterdam"
mailboxes = MAILBOXES
concurrent = "100 %"
profile = "light"
clients = { CLIENTS }
POPULATION
"#;

struct Played {
    result: RunResult,
    rows: Vec<SessionRecord>,
}

fn play(release: &str, cas: &str, mailboxes: u32, clients: &str, population: &str) -> Played {
    let text = TOWN
        .replace("RELEASE", release)
        .replace("CAS", cas)
        .replace("MAILBOXES", &mailboxes.to_string())
        .replace("CLIENTS", clients)
        .replace("POPULATION", population);
    let scenario = scenario::load_text("town.toml", &text, Path::new("."), &[])
        .unwrap_or_else(|faults| panic!("{faults}"));
    let stop = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &stop, progress: &Quiet };
    let mut rows: Vec<SessionRecord> = Vec::new();
    let result =
        experiment::run(&scenario.model, &scenario.experiment, &options, |_| Vec::new(), |_, r| rows = r)
            .unwrap_or_else(|error| panic!("{error}"));
    Played { result, rows }
}

impl Played {
    fn limit(&self, kind: &str) -> &LimitUse {
        self.result.servers[0].limits.iter().find(|met| met.kind == kind).expect("the limit is met")
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

/// Three devices of four connections each: two fit into ten.
#[test]
fn a_user_holds_so_many_connections() {
    let settings = "settings = { imap_connections = 4 }";
    let played = play("2007 SP1", "", 1, "imap = 3.0", settings);
    played.expect("user", 8, 2, Failure::UserConnectionLimit);
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
    assert!(newer.result.servers[0].limits.iter().all(|met| met.kind != "ports"));
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
