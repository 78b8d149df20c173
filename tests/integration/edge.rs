//! What stands between clients and servers: addresses that many share, carriers that forget.
//! Public questions (tests/advice/public; the heads of their files say whose) with numbers.

use std::path::Path;

use casim::model::access::Failure;
use casim::results::{LimitUse, RunResult, SessionOutcome, SessionRecord};
use casim::scenario::{self, Override, Scenario};
use casim::study;

use crate::support::{self, read};

const TOWN: &str = r#"
exchange = "2010 SP3"
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
cas = { servers = 2, cores = 8 }
mailbox = { servers = 2, cores = 8 }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[region]]
name = "Office"
REGION
[[population]]
name = "staff"
home = "Amsterdam"
from = "Office"
mailboxes = MAILBOXES
concurrent = "100 %"
profile = "light"
clients = { CLIENTS }
"#;

fn town(region: &str, mailboxes: u32, clients: &str) -> Scenario {
    let text = TOWN.replace("REGION", region).replace("MAILBOXES", &mailboxes.to_string());
    read(&text.replace("CLIENTS", clients))
}

fn play(scenario: &Scenario) -> (RunResult, Vec<SessionRecord>) {
    support::play(&scenario.model, &scenario.experiment)
}

/// The limit on connections of shared addresses.
fn translated(result: &RunResult) -> &LimitUse {
    let row = result.servers.iter().find(|row| row.name == "addresses of Office").expect("a row of theirs");
    assert_eq!(row.limits.len(), 1);
    &row.limits[0]
}

/// Twelve Outlooks of 16 connections each, six behind each address: five find ports, whichever
/// server they are at, and the sixth asks in vain.
#[test]
fn ports_of_shared_addresses_are_a_limit() {
    let scenario = town("addresses = 2\nports = 90", 12, "outlook-anywhere = 1.0");
    let (result, rows) = play(&scenario);
    let met = translated(&result);
    assert_eq!((met.kind.token(), met.limit, met.pools, met.peak), ("translated", Some(90), 2, 80));
    assert!(met.refused > 0);
    let open = rows.iter().filter(|row| row.carried_in && row.outcome == SessionOutcome::Open).count();
    assert_eq!(open, 10);
    assert!(result.failures.iter().all(|row| row.failure == Failure::AddressPorts));
    let failed: Vec<_> = rows.iter().filter(|row| row.failure.is_some()).collect();
    assert!(!failed.is_empty() && failed.iter().all(|row| row.failure == Some(Failure::AddressPorts)));
    // With a third address there are four of 16 behind each.
    let (result, _) = play(&town("addresses = 3\nports = 90", 12, "outlook-anywhere = 1.0"));
    assert_eq!((translated(&result).peak, translated(&result).refused), (64, 0));
    // By default so many ports that nobody notices; without shared addresses none are counted.
    let (result, _) = play(&town("addresses = 2", 12, "outlook-anywhere = 1.0"));
    assert_eq!((translated(&result).limit, translated(&result).peak), (Some(64_000), 96));
    let (result, _) = play(&town("addresses = 2\nports = \"unlimited\"", 12, "outlook-anywhere = 1.0"));
    assert!(result.servers.iter().all(|row| !row.name.starts_with("addresses")));
}

/// A phone holds one connection, an IMAP4 client its own, and who is in stays in.
#[test]
fn phones_and_mail_programs_share_the_ports() {
    let (result, rows) = play(&town("addresses = 1\nports = 20", 15, "eas = 1.0, imap = 1.0"));
    assert_eq!(translated(&result).peak, 20);
    assert_eq!(rows.iter().filter(|row| row.carried_in).count(), 20);
    assert!(result.failures.iter().all(|row| row.failure == Failure::AddressPorts));
}

/// What the law says of the ports is what a run counts where nobody is refused.
#[test]
fn the_law_counts_ports_as_a_run_does() {
    for (clients, mailboxes) in [
        ("eas = 1.0", 50),
        ("outlook-anywhere = 1.0", 20),
        ("owa = 1.0", 400),
        ("pop = 1.0", 300),
        ("ews = 1.0", 400),
    ] {
        let scenario = town("addresses = 1", mailboxes, clients);
        let (mut result, _) = play(&scenario);
        let (model, experiment) = (&scenario.model, &scenario.experiment);
        result.bottlenecks = study::bottlenecks::rank(model, experiment, &result, &Default::default());
        let met = translated(&result).mean;
        let place = result.servers.iter().position(|row| row.name == "addresses of Office").unwrap() as u32;
        let row = result.bottlenecks.iter().find(|row| row.scarce == casim::results::Scarce::Limit(place, 0));
        let law = row.and_then(|row| row.law_mean).expect("the law has it") * 64_000.0;
        assert!((law / met - 1.0).abs() < 0.12, "{clients}: {law} by the law, {met} in the run");
    }
}

fn public(file: &str, overrides: &[&str]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/advice/public").join(file);
    let overrides: Vec<Override> =
        overrides.iter().map(|line| Override::parse(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    scenario::load(&path, &overrides).unwrap_or_else(|faults| panic!("{file}: {faults}"))
}

/// 8,000 phones of which 80 % are there, behind one address: one of four servers holds 5,000
/// requests and refuses the rest, the others hold none. Cookies spread them.
#[test]
fn phones_behind_one_address_fill_one_server() {
    let scenario = public("04-source-address-behind-nat.toml", &["run.window=\"30 min\""]);
    let (result, _) = play(&scenario);
    let group = result.servers.iter().find(|row| row.name == "DC-CAS").expect("the servers");
    let mut held: Vec<f64> = group.each.iter().map(|server| server.connections_mean).collect();
    held.sort_by(f64::total_cmp);
    assert!(held[3] > 4_900.0 && held[3] <= 5_000.0, "{held:?}");
    assert!(held[0] < 1.0 && held[1] < 1.0, "{held:?}");
    assert!(result.failures.iter().any(|row| row.failure == Failure::ConnectionLimit));
    let cookies = ["run.window=\"30 min\"", "site.DC.cas.affinity=\"cookie\""];
    let (result, _) = play(&public("04-source-address-behind-nat.toml", &cookies));
    let group = result.servers.iter().find(|row| row.name == "DC-CAS").expect("the servers");
    assert!(group.each.iter().all(|server| (server.connections_mean - 1_600.0).abs() < 60.0));
    assert!(result.failures.iter().all(|row| row.failure != Failure::ConnectionLimit));
}

/// A hundred phones without mail under a carrier that forgets after 4 min: the forty whose
/// heartbeat is 8 min hear nothing until that is over, seven times an hour at most, the sixty
/// whose heartbeat is 3 min nothing of it; `check` names the same forty.
#[test]
fn a_carrier_cuts_the_devices_whose_heartbeat_is_longer() {
    let silent = "{ sent = 0, received = 0, read = 0, deleted = 0, owa_logons = 0 }";
    let beats =
        "eas_heartbeat = [{ share = \"60 %\", value = \"3 min\" }, { share = \"40 %\", value = \"8 min\" }]";
    let of = |timeout: &str, beats: &str| {
        let region = format!("idle_timeout = \"{timeout}\"");
        let text =
            TOWN.replace("REGION", &region).replace("MAILBOXES", "100").replace("CLIENTS", "eas = 1.0");
        read(
            &text
                .replace("profile = \"light\"", &format!("profile = {silent}"))
                .replace("retries = 0", beats),
        )
    };
    let failed = |scenario: &Scenario| {
        let (result, rows) = play(scenario);
        assert!(result.failures.iter().all(|row| row.failure == Failure::IdleTimeout));
        let held: Vec<u32> = rows.iter().map(|row| row.held_failed_requests).filter(|n| *n > 0).collect();
        assert!(held.iter().all(|n| [6, 7].contains(n)), "{held:?}");
        held.len()
    };
    let told = |scenario: &Scenario| {
        let found = casim::check::check(scenario);
        let carrier = found.into_iter().find(|report| report.lint.id == "L23").expect("a finding");
        assert_eq!(carrier.finding.path, "region.Office.idle_timeout");
        carrier.finding.message
    };
    let some = of("4 min", beats);
    assert_eq!(failed(&some), 40);
    assert!(
        told(&some).ends_with("40 of 100 ActiveSync devices (40 %) hold a request longer"),
        "{}",
        told(&some)
    );
    let all = of("4 min", "eas_heartbeat = \"8 min\"");
    assert_eq!(failed(&all), 100);
    assert!(told(&all).ends_with("each of 100 ActiveSync devices holds a request longer"), "{}", told(&all));
    let none = of("9 min", beats);
    assert_eq!(failed(&none), 0);
    assert!(told(&none).contains("no ActiveSync device"), "{}", told(&none));
    // Who is not cut asks every 3 min, who is cut every 8: 60 of the first, 40 of the second.
    let loads = casim::clients::expected::offered_load::offered_load(&some.model, &some.experiment);
    let (result, _) = play(&some);
    let (run, law) = (&result.servers[0], loads.iter().find(|load| load.name == "Amsterdam-CAS").unwrap());
    assert!((run.utilisation_mean / law.mean_utilisation() - 1.0).abs() < 0.15);
}

/// The balancer before the inner servers closes after 5 min what the outer ones hold towards
/// it for 8: each of 240 phones at work is cut again and again, and no longer with 30 min.
#[test]
fn a_proxied_ping_is_cut_by_the_inner_balancer() {
    let file = "05-proxied-ping-through-a-balancer.toml";
    let cut = |overrides: &[&str]| {
        let (result, rows) = play(&public(file, overrides));
        let reconnects: u64 = result.cells.iter().map(|cell| cell.counts.idle_reconnects).sum();
        let failed: u32 = rows.iter().map(|row| row.held_failed_requests).sum();
        (rows.len(), reconnects, u64::from(failed))
    };
    let (sessions, reconnects, failed) = cut(&[]);
    assert_eq!(sessions, 240);
    // Mail comes in between, so that fewer than 24 Pings of 5 min in two hours end so.
    assert!((240 * 15..240 * 24).contains(&reconnects) && failed > 240 * 15, "{reconnects}, {failed}");
    assert_eq!(cut(&["site.Inner.cas.idle_timeout=\"30 min\""]).1, 0);
}

const PUBLISHED: &str = r#"
exchange = "2010 SP3"
[run]
window = "10:00 - 12:00"
warmup = "10 min"
[[site]]
name = "Amsterdam"
internet = { bandwidth = "100 Mbps" }
publisher = { PUBLISHER }
cas = { servers = 2, cores = 8 }
mailbox = { servers = 2, cores = 8 }
owa = { AUTH }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "outside"
home = "Amsterdam"
mailboxes = 300
clients = { CLIENTS }
[[population]]
name = "inside"
home = "Amsterdam"
from = "Amsterdam"
mailboxes = 300
clients = { CLIENTS }
"#;

fn published(publisher: &str, auth: &str, clients: &str) -> Scenario {
    read(&text(publisher, auth, clients))
}

fn text(publisher: &str, auth: &str, clients: &str) -> String {
    let text = PUBLISHED.replace("PUBLISHER", publisher).replace("AUTH", auth);
    text.replace("CLIENTS", clients)
}

/// Kerberos constrained delegation and a directory as setup leaves it: nobody from outside is
/// served, everybody inside is; `check` says why, and its fix cures. Basic goes through.
#[test]
fn what_the_publisher_passes_on_has_to_be_taken() {
    let kerberos = "pre_authentication = \"forms\", delegation = \"kerberos\"";
    let refused = published(kerberos, "", "owa = 1.0");
    let (result, rows) = play(&refused);
    assert!(!result.failures.is_empty());
    assert!(result.failures.iter().all(|row| row.failure == Failure::DelegationRefused));
    for row in &rows {
        let outside = row.population == 0;
        assert_eq!(row.failure, outside.then_some(Failure::DelegationRefused));
    }
    let found = casim::check::check(&refused);
    let of = |id: &str| found.iter().find(|report| report.lint.id == id);
    assert!(of("L41").is_none() && of("L74").is_none());
    let advice = of("L73").expect("a finding");
    assert_eq!(advice.finding.fix.set, "site.Amsterdam.owa.auth=[\"basic\", \"integrated\"]");
    let touched: Vec<&str> = advice.finding.users.iter().map(|users| users.population.as_str()).collect();
    assert_eq!(touched, ["outside"]);
    let cured = published(kerberos, "auth = [\"basic\", \"integrated\"]", "owa = 1.0");
    assert!(play(&cured).0.failures.is_empty());
    let ids: Vec<&str> = casim::check::check(&cured).iter().map(|report| report.lint.id).collect();
    assert!(!ids.contains(&"L73") && !ids.contains(&"L74"), "{ids:?}");
    // Basic is under forms: served, and asked twice, as `check` says.
    let basic = published("pre_authentication = \"forms\"", "", "owa = 1.0");
    assert!(play(&basic).0.failures.is_empty());
    assert!(casim::check::check(&basic).iter().any(|report| report.lint.id == "L74"));
}

/// A publisher closes what devices outside hold, and not what those inside do.
#[test]
fn the_idle_time_out_of_a_publisher_cuts_those_who_come_through_it() {
    let scenario = published("idle_timeout = \"5 min\"", "", "eas = 1.0");
    let (result, rows) = play(&scenario);
    assert!(result.failures.iter().all(|row| row.failure == Failure::IdleTimeout));
    let cut = |population: u32| {
        rows.iter().filter(|r| r.population == population && r.held_failed_requests > 0).count()
    };
    assert_eq!((cut(0), cut(1)), (240, 0));
    let found = casim::check::check(&scenario);
    let report = found.iter().find(|report| report.lint.id == "L23").expect("a finding");
    assert_eq!(report.finding.path, "site.Amsterdam.publisher.idle_timeout");
    assert!(report.finding.message.ends_with("each of 240 ActiveSync devices holds a request longer"));
}

/// Each request from outside costs 20 ms of a core there: a station like any other, with the
/// law beside it, and one core that is asked for more than it has is found.
#[test]
fn a_publisher_is_a_station_where_its_work_is_stated() {
    // So many that a run is near its mean.
    let text = text("servers = 2, cores = 1, service_time = \"20 ms\"", "", "owa = 1.0");
    let scenario = read(&text.replace("mailboxes = 300", "mailboxes = 3000"));
    let (mut result, _) = play(&scenario);
    let row = result.servers.iter().find(|row| row.role.token() == "publisher").expect("a row");
    assert_eq!((row.name.as_str(), row.servers, row.cores), ("publisher of Amsterdam", 2, 1));
    let requests: u64 =
        result.cells.iter().filter(|c| c.key.population == 0).map(|c| c.counts.requests).sum();
    // Polls in the background come on top of what users see.
    assert!(row.arrivals >= requests && requests > 1_000, "{} and {requests}", row.arrivals);
    let busy = row.arrivals as f64 * 0.020 / (2.0 * 7_200.0);
    assert!((row.utilisation_mean / busy - 1.0).abs() < 0.01, "{} against {busy}", row.utilisation_mean);
    let seen = row.utilisation_mean;
    let (model, experiment) = (&scenario.model, &scenario.experiment);
    result.bottlenecks = study::bottlenecks::rank(model, experiment, &result, &Default::default());
    let place = result.servers.iter().position(|row| row.role.token() == "publisher").unwrap() as u32;
    let row =
        result.bottlenecks.iter().find(|row| row.scarce == casim::results::Scarce::Server(place)).unwrap();
    assert!((row.law_mean.expect("the law has it") / seen - 1.0).abs() < 0.1);
    assert!(row.headroom().is_some());
    // As long at each request as it takes there.
    let slow = published("service_time = \"2 s\", cores = 1", "", "owa = 1.0");
    let found = casim::check::check(&slow);
    let report = found.iter().find(|report| report.lint.id == "L42").expect("overload");
    assert_eq!(report.finding.path, "site.Amsterdam.publisher.servers");
}
