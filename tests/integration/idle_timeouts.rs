//! Idle time-outs on the way of clients that live by a connection or keep a session
//! beyond it: how often they open it again, and what that costs the user.
//!
//! Without messages Outlook says nothing between keep-alives (12 min) and IMAP4 nothing
//! between two IDLEs, so the number of reconnections is known by hand.

use casim::results::{RunResult, SessionRecord};
use casim::study;

use crate::support::{self, read};

const TOWN: &str = r#"
exchange = "RELEASE"
EXTRA
[run]
window = "11:00 - 12:00"
warmup = "0 s"
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps" }
cas = { servers = 1, cores = 8, CAS }
mailbox = { servers = 1, cores = 8 }
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "staff"
home = "Amsterdam"
mailboxes = MAILBOXES
concurrent = "100 %"
day = "flat24h"
profile = PROFILE
clients = { CLIENT = 1.0 }
settings = { SETTINGS }
"#;

const SILENT: &str = "{ sent = 0, received = 0, read = 0, deleted = 0, owa_logons = 0 }";
/// 240 messages a day of 24 h, 1,320 tasks in all: one in 65 s.
const BUSY: &str = "{ sent = 200, received = 800, read = 800, deleted = 200, owa_logons = 24 }";

struct Case<'a> {
    release: &'a str,
    client: &'a str,
    profile: &'a str,
    cas: &'a str,
    extra: &'a str,
    settings: &'a str,
    mailboxes: u32,
}

const OUTLOOK: Case<'static> = Case {
    release: "2010 SP3",
    client: "outlook-anywhere",
    profile: SILENT,
    cas: "",
    extra: "",
    settings: "",
    mailboxes: 20,
};

fn play(case: &Case<'_>) -> (RunResult, Vec<SessionRecord>) {
    let text = TOWN
        .replace("MAILBOXES", &case.mailboxes.to_string())
        .replace("RELEASE", case.release)
        .replace("EXTRA", case.extra)
        .replace("CAS", case.cas)
        .replace("PROFILE", case.profile)
        .replace("CLIENT", case.client)
        .replace("SETTINGS", case.settings);
    let scenario = read(&text);
    let (mut result, rows) = support::play(&scenario.model, &scenario.experiment);
    result.bottlenecks =
        study::bottlenecks::rank(&scenario.model, &scenario.experiment, &result, &Default::default());
    assert!(result.failures.is_empty(), "no request fails: {:?}", result.failures);
    assert_eq!(rows.iter().filter(|row| row.failure.is_some()).count(), 0, "no session fails");
    (result, rows)
}

/// As the cells count them and as the servers do.
fn reconnects(case: &Case<'_>) -> u64 {
    let (result, _) = play(case);
    counted(&result)
}

fn counted(result: &RunResult) -> u64 {
    let by_cell: u64 = result.cells.iter().map(|cell| cell.counts.idle_reconnects).sum();
    let by_server: u64 = result.servers.iter().map(|row| row.idle_reconnects).sum();
    assert_eq!(by_cell, by_server);
    by_cell
}

/// Latencies of at least `ns`.
fn beyond(result: &RunResult, ns: u64) -> u64 {
    let buckets = result.cells.iter().flat_map(|cell| cell.latency.buckets());
    buckets.filter(|(value, _)| *value >= ns).map(|(_, count)| count).sum()
}

const FIREWALL: &str = "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"5 min\"";

/// Closed at 5, 10, ..., 55 min: eleven times each.
#[test]
fn outlook_comes_back_at_once_from_a_balancer_that_closes() {
    let closed = Case { cas: "idle_timeout = \"5 min\"", ..OUTLOOK };
    let (result, rows) = play(&closed);
    assert_eq!(counted(&result), 20 * 11);
    assert_eq!(rows.len(), 20, "the sessions go on");
    // Beyond the keep-alive of 12 min there is nothing to close, nor by default.
    assert_eq!(reconnects(&Case { cas: "idle_timeout = \"13 min\"", ..OUTLOOK }), 0);
    assert_eq!(reconnects(&OUTLOOK), 0);
    // Each costs what connecting costs: TLS of eight connections and a task.
    let busy = result.servers[0].replications[0].utilisation;
    let quiet = play(&OUTLOOK).0.servers[0].replications[0].utilisation;
    assert!(busy > 5.0 * quiet, "{busy} against {quiet} with keep-alives");
}

/// Forgotten without a word: found by the keep-alive, at 12, 24, 36 and 48 min.
#[test]
fn a_keep_alive_finds_the_connection_that_a_firewall_forgot() {
    assert_eq!(reconnects(&Case { extra: FIREWALL, ..OUTLOOK }), 20 * 4);
    // From another direction it is no matter.
    let elsewhere = "[[firewall]]\nfrom = \"Amsterdam\"\nto = \"Amsterdam\"\nidle_timeout = \"5 min\"";
    assert_eq!(reconnects(&Case { extra: elsewhere, ..OUTLOOK }), 0);
}

/// With a keep-alive beyond the hour every forgotten connection is found by a task,
/// which waits the 21 s of three SYNs: as many as there are answers of that length.
#[test]
fn a_task_waits_for_the_connection_that_a_firewall_forgot() {
    let firewall = "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"2 min\"";
    for client in ["outlook-anywhere", "mapi-http"] {
        let release = if client == "mapi-http" { "2016" } else { "2010 SP3" };
        let settings = "outlook_keep_alive = \"2 h\"";
        let case = Case { release, client, profile: BUSY, extra: firewall, settings, ..OUTLOOK };
        let (result, _) = play(&case);
        let (found, all) = (counted(&result), result.cells[0].latency.count());
        // Those that wait as the hour ends are not answered in it.
        let waited = beyond(&result, 21_000_000_000);
        assert!(waited <= found && waited + 8 >= found, "{client}: {waited} of {found}");
        // One gap in e^(120 s / 65 s) = 6.2 is that long; five standard deviations of about 1,100.
        let share = found as f64 / all as f64;
        assert!((share - 0.16).abs() < 0.055, "{client}: {share}");
        // The wait is no work of a server: it is told apart as time lost.
        let parts = &result.cells[0].parts;
        let retry = parts[casim::itinerary::Part::Retry as usize] as f64;
        assert!(retry >= waited as f64 * 21e9, "{client}");
    }
}

/// MAPI/HTTP keeps its session: a closed connection costs the next task its handshake,
/// TCP and TLS and no more, and nothing while nobody asks.
#[test]
fn mapi_over_http_opens_a_connection_for_the_next_task() {
    let case = Case { release: "2016", client: "mapi-http", cas: "idle_timeout = \"2 min\"", ..OUTLOOK };
    assert_eq!(reconnects(&case), 0, "nobody asks");
    let (result, _) = play(&Case { profile: BUSY, ..case });
    let found = counted(&result);
    let share = found as f64 / result.cells[0].latency.count() as f64;
    assert!((share - 0.16).abs() < 0.055, "{share}");
    let handshake = result.cells[0].parts[casim::itinerary::Part::Handshake as usize] as f64;
    let each = handshake / found as f64 / 1e6;
    // TCP, TLS (full 2, resumed 1) and NTLM (2): four to five round trips of 10 to 60 ms.
    assert!((20.0..400.0).contains(&each), "{each} ms");
}

/// The server ends a session after 30 min in which nothing came: twice an hour, in a
/// phase of its own. The default IDLE of 28 min forestalls it.
#[test]
fn an_imap_server_ends_what_is_idle() {
    let late = Case { client: "imap", settings: "imap_idle = \"45 min\"", ..OUTLOOK };
    assert_eq!(reconnects(&late), 20 * 2);
    assert_eq!(reconnects(&Case { settings: "", ..late }), 0);
    let patient = "authenticated_connection_timeout = \"50 min\"";
    assert_eq!(reconnects(&Case { cas: patient, ..late }), 0);
    // A balancer that closes after 5 min: twelve times.
    assert_eq!(reconnects(&Case { cas: "idle_timeout = \"5 min\"", ..late }), 20 * 12);
}

/// A firewall that forgets IDLE after 2 min: mail of the 26 min after that is not heard of
/// until IDLE is issued anew, and then fetched at once, all but the first without a wait.
#[test]
fn mail_is_late_behind_a_firewall_that_forgets() {
    let firewall = "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"2 min\"";
    let case = Case { client: "imap", profile: "\"very heavy\"", extra: firewall, ..OUTLOOK };
    let (result, _) = play(&case);
    let found = counted(&result);
    // Five messages an hour: a wait is a minute and some, then it sleeps until 28 min.
    assert!((20..=20 * 4).contains(&found), "{found}");
    let waited = beyond(&result, 21_000_000_000);
    assert!(waited > 0 && waited <= found, "{waited} of {found} fetched something");
    let fetched = result.cells[0].latency.count();
    let heard = play(&Case { extra: "", ..case }).0.cells[0].latency.count();
    assert!(fetched <= heard && fetched + 20 * 5 >= heard, "{fetched} late against {heard}");
}

/// A browser opens a connection for the next request, and logs nobody on again.
#[test]
fn a_browser_opens_a_connection_for_the_next_request() {
    let cas = "idle_timeout = \"30 s\"";
    let case = Case { client: "owa", profile: BUSY, cas, ..OUTLOOK };
    let (result, rows) = play(&case);
    let found = counted(&result);
    assert!(found > 100, "{found}");
    let plain = Case { cas: "", ..case };
    let (calm, calm_rows) = play(&plain);
    assert_eq!(counted(&calm), 0);
    assert!(rows.len().abs_diff(calm_rows.len()) <= 1, "as many logons");
    // Polls more often than that keep it open.
    assert_eq!(reconnects(&Case { settings: "owa_poll = \"20 s\"", ..case }), 0);
}

/// Devices: a held request that fails is a connection ended, too.
#[test]
fn held_requests_count() {
    let text = Case { client: "eas", cas: "idle_timeout = \"2 min\"", ..OUTLOOK };
    let text = TOWN
        .replace("MAILBOXES", "20")
        .replace("RELEASE", text.release)
        .replace("EXTRA", "")
        .replace("CAS", text.cas)
        .replace("PROFILE", SILENT)
        .replace("CLIENT", "eas")
        .replace("SETTINGS", "");
    let scenario = read(&text);
    let result = support::result(&scenario.model, &scenario.experiment);
    let failed: u64 = result.failures.iter().map(|row| row.held).sum();
    // Held since before the window they do not count as its requests, and end in it.
    assert!((failed..=failed + 20).contains(&counted(&result)));
}

/// Mailboxes in Boston, whose balancer closes after half a minute what is idle. Amsterdam passes requests
/// on past it, to a server by the server's own name, so that nothing of anybody is closed.
#[test]
fn a_balancer_before_the_target_closes_nothing_that_passes_it_by() {
    let played = |client: &str| {
        let boston = "[[site]]\nname = \"Boston\"\ncas = { servers = 1, cores = 8, idle_timeout = \"30 s\" }\n\
                      mailbox = { servers = 1, cores = 8 }\nowa = { auth = [\"integrated\"] }\n\
                      [[link]]\nbetween = [\"Amsterdam\", \"Boston\"]\nbandwidth = \"100 Mbps\"\nlatency = \"5 ms\"\n";
        let text = TOWN
            .replace("[[namespace]]", &[boston, "[[namespace]]"].concat())
            .replace("home = \"Amsterdam\"", "home = \"Boston\"")
            .replace("MAILBOXES", "20")
            .replace("RELEASE", "2010 SP3")
            .replace("EXTRA", "")
            .replace("CAS", "")
            .replace("PROFILE", BUSY)
            .replace("CLIENT", client)
            .replace("SETTINGS", "");
        let scenario = read(&text);
        let result = support::result(&scenario.model, &scenario.experiment);
        assert!(result.cells.iter().any(|cell| cell.counts.requests > 100));
        counted(&result)
    };
    assert_eq!(["eas", "owa", "outlook-anywhere"].map(played), [0; 3]);
}

/// The utilisation law counts the reconnections: as much as is simulated, within 5 % for
/// over ten thousand of them.
#[test]
fn the_law_knows_of_reconnections() {
    // A wait of 21 s shortens the idle time that follows, which the law does not know.
    let settings = "connect_timeout = \"1 ms\", imap_idle = \"2 min\"";
    for (client, cas, extra) in [
        ("outlook-anywhere", "idle_timeout = \"40 s\"", ""),
        ("outlook-anywhere", "", "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"40 s\""),
        ("imap", "idle_timeout = \"40 s\"", ""),
        ("imap", "", "[[firewall]]\nto = \"Amsterdam\"\nidle_timeout = \"40 s\""),
    ] {
        let case = Case { client, cas, extra, profile: BUSY, mailboxes: 300, settings, ..OUTLOOK };
        let (result, _) = play(&case);
        let row = result
            .bottlenecks
            .iter()
            .find(|row| row.scarce == casim::results::Scarce::Server(0))
            .expect("listed");
        let law = row.law_mean.expect("has a law");
        let ratio = row.utilisation_mean / law;
        assert!((ratio - 1.0).abs() < 0.05, "{client} {cas}{extra}: {ratio}");
    }
}
