//! What a balancer sees of its servers, what it takes out, and what becomes of clients when it
//! fails itself.

use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::SessionRecord;

use crate::outages::{STORE, outage, staff, two_sites};
use crate::support::{self, read};

const SEC: u64 = 1_000_000_000;
/// The run begins at 09:00; what fails fails at 10:00 for 20 min.
const TEN: u64 = 3600 * SEC;
const OVER: u64 = TEN + 1200 * SEC;
/// Three checks at 5 s, and the phase of the first.
const FOUND_OUT: u64 = 15 * SEC;

/// 200 mailboxes behind four servers of `release` in Amsterdam, with `check` and `lines` of the site.
fn play(release: &str, check: &str, lines: &str, what: &str) -> Vec<SessionRecord> {
    let all = "owa = 1.0, eas = 1.0, imap = 1.0, pop = 1.0, outlook-anywhere = 1.0";
    let rest = [staff("Amsterdam", all), outage(what, "10:00", "20 min")].concat();
    let cas = format!("cas = {{ servers = 4, cores = 64, health_check = {{ {check} }} }}\n{lines}");
    let text = two_sites(release, STORE, &rest)
        .replacen("cas = { servers = 1, cores = 64 }", &cas, 1)
        .replace("internet = [\"Amsterdam\", \"London\"]", "internet = [\"Amsterdam\"]");
    let scenario = read(&text);
    support::play(&scenario.model, &scenario.experiment).1
}

/// Sessions of a protocol that began between two instants.
fn begun(rows: &[SessionRecord], protocol: Protocol, from: u64, to: u64) -> Vec<&SessionRecord> {
    let inside = |row: &&SessionRecord| row.protocol == Some(protocol) && (from..to).contains(&row.start.0);
    rows.iter().filter(inside).collect()
}

fn failed(rows: &[&SessionRecord]) -> usize {
    rows.iter().filter(|row| row.failure == Some(Failure::ServerDown) || row.failed_requests > 0).count()
}

/// Servers at which sessions entered: Amsterdam's are the first four.
fn entered(rows: &[&SessionRecord], server: u32) -> usize {
    rows.iter().filter(|row| row.entry_server == server).count()
}

const OWA_OF_ONE: &str = "server.Amsterdam-CAS-2.owa";

/// A check that looks at the server, or at the port that all web services share, never finds OWA
/// down: a quarter of those who log on is refused for as long as it is.
#[test]
fn who_looks_at_the_server_or_its_port_never_finds_owa_down() {
    for check in ["", "looks_at = \"port\"", "looks_at = \"page\", services = [\"eas\"]"] {
        let rows = play("2010 SP2", check, "", OWA_OF_ONE);
        let late = begun(&rows, Protocol::Owa, TEN + 600 * SEC, OVER);
        let lost = failed(&late) as f64 / late.len() as f64;
        assert!((0.1..0.5).contains(&lost), "{check}: {lost} of {}", late.len());
        assert!(entered(&begun(&rows, Protocol::Pop, TEN + FOUND_OUT, OVER), 1) > 0, "{check}");
    }
}

/// Three looks at the page take OWA out, and nothing else of the server, or the server with all
/// that it does; one good look brings it back.
#[test]
fn three_looks_take_out_the_service_or_the_server() {
    for (takes_out, others) in [("service", true), ("server", false)] {
        let check = format!("looks_at = \"page\", takes_out = \"{takes_out}\"");
        let rows = play("2010 SP2", &check, "", OWA_OF_ONE);
        let soon = begun(&rows, Protocol::Owa, TEN, TEN + FOUND_OUT);
        let after = begun(&rows, Protocol::Owa, TEN + FOUND_OUT, OVER);
        assert_eq!(failed(&after), 0, "{takes_out}");
        assert!(after.len() >= 5 && soon.len() < after.len(), "{}", after.len());
        assert_eq!(entered(&after, 1), 0, "{takes_out}");
        let polls = begun(&rows, Protocol::Pop, TEN + FOUND_OUT, OVER);
        assert_eq!(entered(&polls, 1) > 0, others, "{takes_out}");
        // One good check, at most 5 s later, and it has sessions again.
        let back = begun(&rows, Protocol::Owa, OVER + 5 * SEC, OVER + 7800 * SEC);
        assert!(entered(&back, 1) > 0, "{takes_out}");
    }
}

/// A server of its own settings beside another, under the same name. Where OWA of the one is taken out
/// its users go to the other; those of POP3 stay at both.
#[test]
fn a_service_that_is_out_sends_its_own_users_to_the_other_group() {
    let all =
        [staff("Amsterdam", "owa = 1.0, pop = 1.0"), outage("server.Amsterdam-CAS.owa", "10:00", "20 min")];
    let cas = "cas = { servers = 1, cores = 64, \
               health_check = { looks_at = \"page\", takes_out = \"service\" } }";
    let owa = "owa = { external_url = \"https://mail.contoso.com/owa\", auth = [\"forms\"] }";
    let other = format!(
        "[[site.server]]\nname = \"OTHER\"\npop_imap = true\n{cas}\n{owa}\n[[site]]\nname = \"London\""
    );
    let text = two_sites("2010 SP2", STORE, &all.concat())
        .replacen("cas = { servers = 1, cores = 64 }", cas, 1)
        .replace("[[site]]\nname = \"London\"", &other)
        .replace("internet = [\"Amsterdam\", \"London\"]", "internet = [\"Amsterdam\"]");
    let scenario = read(&text);
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    let place = |name: &str| result.names.servers.iter().position(|server| server == name).unwrap() as u32;
    let (one, other) = (place("Amsterdam-CAS"), place("OTHER"));
    let logons = begun(&rows, Protocol::Owa, TEN + FOUND_OUT, OVER);
    assert!(logons.len() >= 5 && entered(&logons, other) == logons.len(), "{}", logons.len());
    let polls = begun(&rows, Protocol::Pop, TEN + FOUND_OUT, OVER);
    assert!(entered(&polls, one) > 50 && entered(&polls, other) > 50, "{}", polls.len());
}

/// The port of POP3 closes with it.
#[test]
fn a_look_at_ports_finds_pop3_down() {
    let rows =
        play("2010 SP2", "looks_at = \"port\", takes_out = \"service\"", "", "server.Amsterdam-CAS-2.pop");
    let polls = begun(&rows, Protocol::Pop, TEN + FOUND_OUT, OVER);
    assert_eq!((failed(&polls), entered(&polls, 1)), (0, 0));
    assert!(polls.len() > 100);
    assert!(entered(&begun(&rows, Protocol::Owa, TEN + FOUND_OUT, OVER), 1) > 0);
}

/// A single balancer takes everybody with it for 20 minutes; of a pair the other one answers three
/// seconds later, and nobody is refused who comes then.
#[test]
fn a_balancer_fails_alone_or_in_a_pair() {
    let single = play("2010 SP2", "", "", "balancer.Amsterdam");
    // Later ones are tried again when it is back.
    let polls = begun(&single, Protocol::Pop, TEN + SEC, OVER - 300 * SEC);
    assert!(polls.len() > 100 && polls.iter().all(|row| row.failure == Some(Failure::ServerDown)));
    assert_eq!(failed(&begun(&single, Protocol::Pop, OVER, OVER + 1800 * SEC)), 0);
    let pair = play("2010 SP2", "", "balancer = { pair = true, take_over = \"3 s\" }", "balancer.Amsterdam");
    let polls = begun(&pair, Protocol::Pop, TEN + 3 * SEC, OVER);
    assert!(polls.len() > 100);
    assert_eq!(failed(&polls), 0);
    // Connections are reset at the instant of the loss, or go on.
    let cut = |rows: &[SessionRecord]| {
        let imap = |row: &&SessionRecord| row.protocol == Some(Protocol::Imap) && row.failure.is_some();
        rows.iter().filter(imap).filter(|row| row.end.0 == TEN).count()
    };
    assert!(cut(&pair) > 150, "{}", cut(&pair));
    let kept = "balancer = { pair = true, take_over = \"3 s\", keeps_connections = true }";
    assert_eq!(cut(&play("2010 SP2", "", kept, "balancer.Amsterdam")), 0);
}

/// The other balancer of a pair takes over within 3 s and does not know at which of four servers sessions
/// are. Browsers think for a minute: within a minute of the take-over each that is open asks a server of
/// which three of four do not know it, fails with that, and its user logs on again. From 2013 on it goes on
/// at the other server, unless that holds a certificate of its own. Where the pair shares what it knows
/// nobody notices but who asks meanwhile.
#[test]
fn what_a_balancer_forgets_is_logged_on_again() {
    // The run begins at 09:45.
    const LOST: u64 = 900 * SEC;
    let run = |release: &str, cas: &str, keeps: bool| {
        let pair = format!("balancer = {{ pair = true, take_over = \"3 s\", keeps_affinity = {keeps} }}");
        let people = staff("Amsterdam", "owa = 1.0, eas = 1.0, pop = 1.0").replace("= 200", "= 600");
        let rest = [people, outage("balancer.Amsterdam", "10:00", "20 min")].concat();
        let text = two_sites(release, STORE, &rest)
            .replacen(
                "cas = { servers = 1, cores = 64 }",
                &format!("cas = {{ servers = 4, cores = 64{cas} }}\n{pair}"),
                1,
            )
            .replace("internet = [\"Amsterdam\", \"London\"]", "internet = [\"Amsterdam\"]")
            .replace("09:30 - 12:30", "09:55 - 10:06")
            .replace("warmup = \"30 min\"", "warmup = \"10 min\"");
        let scenario = read(&text);
        support::play(&scenario.model, &scenario.experiment).1
    };
    // Open at the take-over, ended by this a minute later at most, and begun anew since.
    let told = |rows: &[SessionRecord], failure: Failure| {
        let open = |row: &&SessionRecord| {
            row.protocol == Some(Protocol::Owa) && row.start.0 < LOST && row.end.0 > LOST + 3 * SEC
        };
        let lost: Vec<_> = rows.iter().filter(|row| row.failure == Some(failure)).collect();
        assert!(lost.iter().all(|row| row.protocol == Some(Protocol::Owa)));
        assert!(lost.iter().all(|row| (LOST..LOST + 65 * SEC).contains(&row.end.0)));
        (rows.iter().filter(open).count(), lost.len())
    };
    for affinity in ["", ", affinity = \"source address\""] {
        let rows = run("2010 SP2", affinity, false);
        let (open, lost) = told(&rows, Failure::AffinityLost);
        let share = lost as f64 / open as f64;
        assert!(open > 30 && (0.55..0.95).contains(&share), "{affinity}: {lost} of {open}");
        assert_eq!(told(&run("2010 SP2", affinity, true), Failure::AffinityLost).1, 0, "{affinity}");
    }
    let own = ", certificate = \"own\"";
    assert!(told(&run("2016", own, false), Failure::CookieUnreadable).1 > 15);
    assert_eq!(told(&run("2016", "", false), Failure::CookieUnreadable).1, 0);
}

/// Other servers reach the Client Access servers past the balancer: who enters in London for a
/// mailbox in Amsterdam is served while Amsterdam's balancer is dead.
#[test]
fn what_is_forwarded_passes_no_balancer() {
    let town = |what: &[&str]| {
        let rest: String = what.iter().map(|what| outage(what, "10:00", "20 min")).collect();
        let text = two_sites("2010 SP2", STORE, &[staff("Amsterdam", "ews = 1.0"), rest].concat())
            .replace("internet = [\"Amsterdam\", \"London\"]", "internet = [\"London\"]");
        let scenario = read(&text);
        let rows = support::play(&scenario.model, &scenario.experiment).1;
        let asked = begun(&rows, Protocol::Ews, TEN, OVER);
        (asked.len() > 5, failed(&asked))
    };
    assert_eq!(town(&["balancer.Amsterdam"]), (true, 0));
    assert!(town(&["balancer.London"]).1 > 5);
}
