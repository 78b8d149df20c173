//! The same as in `found`, of what is down: who finds out, and where.

use std::collections::BTreeSet;

use casim::model::access::Failure;
use casim::results::{SessionOutcome, SessionRecord};

use super::found::{all_fail, people, played};
use super::questions;
use crate::support;

/// The sessions of a scenario in which something is down from 09:01 for two minutes, and in which
/// the four agree were it so all day.
fn down_for_two_minutes(name: &str) -> Vec<SessionRecord> {
    let path = format!("{}/tests/scenarios/outages/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a scenario");
    let all_day = text.replace("at = \"09:01\"", "at = \"00:00\"").replace("\"2 min\"", "\"24 h\"");
    let compared = questions::compared(&support::read(&all_day));
    let told: Vec<String> = compared.wrong.iter().map(|m| format!("{}: {}", m.kind, m.words)).collect();
    assert!(told.is_empty() && compared.questions > 0, "{told:#?}");
    let scenario = support::read(&text);
    support::play(&scenario.model, &scenario.experiment).1
}

/// Whether a session began in these minutes; the run begins a minute before its window.
fn meanwhile(row: &SessionRecord) -> bool {
    (120..240).contains(&(row.start.0 / 1_000_000_000))
}

/// The back end of 2003 to which a browser is sent has to be up.
#[test]
fn a_back_end_that_is_down_answers_no_browser() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
[[site.server]]
name = "NORTH-EX1"
exchange = "2003"
mailbox.servers = 1
[[site.server]]
name = "NORTH-EX2"
cas.servers = 1
owa.exchange2003_url = "https://legacy.example.com/exchange"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "server.NORTH-EX1"
at = "00:00"
for = "24 h"
"#;
    let people = people("North", "Internet", "mail.example.com", "owa");
    let (_, rows) = played("2010 SP2", organisation, &people.replace("mailboxes = 6", "mailboxes = 200"));
    assert!(rows.iter().any(|row| row.failure == Some(Failure::ServerDown)));
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Completed));
}

/// Whoever is sent on to a server that would send it on again finds out there: while its
/// service is stopped, it refuses first.
#[test]
fn a_loop_ends_at_a_stopped_service() {
    let rows = down_for_two_minutes("loop-at-a-stopped-service");
    let of = |failure| rows.iter().filter(move |row| row.failure == Some(failure));
    assert!(of(Failure::ServerDown).count() > 0 && of(Failure::RedirectLoop).count() > 0);
    assert!(of(Failure::ServerDown).all(meanwhile));
    assert!(!of(Failure::RedirectLoop).any(meanwhile));
}

/// A balancer knows who is down, not to whom the others send on or forward: it leads everybody to
/// whoever is up, and they find out there.
#[test]
fn who_is_up_sends_on_to_who_is_down() {
    let north = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
[[site.server]]
name = "NORTH-EX1"
exchange = "RELEASE"
cas.servers = 1
[[site.server]]
name = "NORTH-EX2"
cas.servers = 1
"#;
    let names = r#"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "server.NORTH-EX1"
at = "00:00"
for = "24 h"
"#;
    let redirected = r#"
[[site.server]]
name = "NORTH-EX3"
exchange = "2013"
mailbox.servers = 1
"#;
    let forwarded = r#"
[[site]]
name = "South"
mailbox.servers = 1
cas.servers = 1
ews.internal_nlb_bypass_url = "https://north-ex1/ews/exchange.asmx"
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
"#;
    for (release, other, more, home, protocol) in [
        ("2010 SP3", "2013", redirected, "North", "autodiscover"),
        ("2007 SP3", "2007 SP3", forwarded, "South", "ews"),
    ] {
        let organisation = format!("{}{more}{names}", north.replace("RELEASE", other));
        let (_, rows) =
            played(release, &organisation, &people(home, "Internet", "mail.example.com", protocol));
        assert!(all_fail(&rows, Failure::ServerDown), "{protocol}");
        // Were one of them counted at the dead one, there would be two entries.
        let entries: BTreeSet<u32> = rows.iter().map(|row| row.entry_server).collect();
        assert_eq!(entries.len(), 1, "{protocol}");
    }
}

/// Outlook inside whose database names a server of 2013 finds no RPC there; it named one that does
/// not even get to the mailbox, and `explain` had it served.
#[test]
fn a_server_of_2013_is_no_endpoint() {
    let site = |link: &str| {
        format!(
            r#"
[[site]]
name = "North"
internet = {{ bandwidth = "1 Gbps" }}
exchange = "2013"
cas.servers = 1
[[site]]
name = "East"
internet = {{ bandwidth = "1 Gbps" }}
cas.servers = 1
mailbox = {{ servers = 1, rpc_client_access_server = "North-CAS" }}
[[namespace]]
name = "mail.example.com"
internet = ["East"]
{link}"#
        )
    };
    let link = "[[link]]\nbetween = [\"North\", \"East\"]\nbandwidth = \"1 Gbps\"\nlatency = \"20 ms\"\n";
    for link in ["", link] {
        let (_, rows) = played(
            "2010 SP3",
            &site(link),
            &people("East", "Internet", "mail.example.com", "outlook-cached"),
        );
        assert!(all_fail(&rows, Failure::NotSupported));
    }
}

/// Sessions spread over a target that serves and one that never could fail each in its own way
/// while the store is down.
#[test]
fn who_goes_astray_does_so_before_a_dead_store() {
    let organisation = r#"
[[site]]
name = "South"
cas.servers = 1
[[site]]
name = "East"
[[site.server]]
name = "EAST-EX1"
cas.servers = 1
ews.internal_nlb_bypass_url = "https://south-cas/ews/exchange.asmx"
[[site.server]]
name = "EAST-EX2"
mailbox.servers = 1
[[site.server]]
name = "EAST-EX3"
cas.servers = 1
[[link]]
between = ["South", "East"]
bandwidth = "1 Gbps"
latency = "9 ms"
[[namespace]]
name = "mail.example.com"
inside = ["South"]
[[outage]]
what = "server.EAST-EX2"
at = "00:00"
for = "24 h"
"#;
    let (_, rows) = played("2007 SP3", organisation, &people("East", "South", "mail.example.com", "ews"));
    let of = |failure| rows.iter().filter(|row| row.failure == Some(failure)).count();
    assert!(of(Failure::ProxiedTwice) > 0 && of(Failure::ServerDown) > 0);
    assert_eq!(of(Failure::ProxiedTwice) + of(Failure::ServerDown), rows.len());
}

/// Whoever is sent on and refused there was sent on first: by a server that has to be up.
#[test]
fn a_server_that_is_down_sends_nobody_on_to_a_refusal() {
    let rows = down_for_two_minutes("sent-on-by-a-dead-server");
    let of = |failure| rows.iter().filter(move |row| row.failure == Some(failure));
    assert!(of(Failure::ServerDown).count() > 0 && of(Failure::ProxiedTwice).count() > 0);
    assert!(of(Failure::ServerDown).all(meanwhile));
    // Those that tried until it was up again were sent on after all.
    assert!(of(Failure::ProxiedTwice).all(|row| !meanwhile(row) || row.end.0 >= 240_000_000_000));
}

/// The same of a device that is told another name and finds a closed port behind it.
#[test]
fn nor_a_device() {
    let organisation = r#"
[[firewall]]
from = "North"
to = "East"
closed = [443]
[[site]]
name = "North"
exchange = "2013"
cas.servers = 1
[[site]]
name = "South"
cas.servers = 1
[[site]]
name = "East"
mailbox.servers = 1
cas.servers = 1
eas.external_url = "https://mail.example.com/Microsoft-Server-ActiveSync"
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "22 ms"
[[link]]
between = ["North", "East"]
bandwidth = "1 Gbps"
latency = "16 ms"
[[namespace]]
name = "mail.example.com"
inside = ["North"]
[[namespace]]
name = "south.example.com"
inside = ["South"]
"#;
    let outage = "[[outage]]\nwhat = \"server.South-CAS\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let people = people("East", "North", "south.example.com", "eas");
    for (outage, failure) in [("", Failure::PortClosed), (outage, Failure::ServerDown)] {
        let (_, rows) = played("2007 SP1", &format!("{organisation}{outage}"), &people);
        assert!(all_fail(&rows, failure));
    }
}

/// From 2013 on a server answers out of the back end on its own machine, Autodiscover and the
/// address book too: not while that is down.
#[test]
fn no_front_end_answers_without_its_own_back_end() {
    let organisation = r#"
[[site]]
name = "South"
[[site.server]]
name = "SOUTH-EX2"
mailbox.servers = 1
cas.servers = 1
[[namespace]]
name = "south.example.com"
inside = ["South"]
[[outage]]
what = "site.South.mailbox"
at = "00:00"
for = "24 h"
"#;
    for protocol in ["autodiscover", "oab"] {
        let (_, rows) =
            played("2016", organisation, &people("South", "South", "south.example.com", protocol));
        assert!(all_fail(&rows, Failure::ServerDown), "{protocol}");
    }
}

/// What 2013 passes on to an older Client Access server of Autodiscover and the address book, that
/// one answers by itself: no Mailbox server has to be up, nor counts as a move.
#[test]
fn an_older_server_answers_autodiscover_without_the_store() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[site]]
name = "East"
exchange = "2010 SP3"
mailbox.servers = 1
cas.servers = 2
[[link]]
between = ["North", "East"]
bandwidth = "1 Gbps"
latency = "34 ms"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "site.East.mailbox"
at = "00:00"
for = "24 h"
"#;
    for protocol in ["autodiscover", "oab"] {
        let (_, rows) =
            played("2013", organisation, &people("East", "Internet", "mail.example.com", protocol));
        let served = |row: &SessionRecord| row.failure.is_none() && row.server_hops == 1;
        assert!(rows.iter().all(served), "{protocol}");
    }
}

/// The old endpoint refers Outlook Anywhere to the new one, through the RPC proxy that it met: not
/// while it is down.
#[test]
fn an_endpoint_that_is_down_refers_nobody() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[site]]
name = "East"
cas.servers = 1
[[site]]
name = "West"
mailbox = { servers = 1, rpc_client_access_server = "east-cas" }
cas.servers = 1
[[link]]
between = ["North", "East"]
bandwidth = "1 Gbps"
latency = "3 ms"
[[link]]
between = ["East", "West"]
bandwidth = "1 Gbps"
latency = "36 ms"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
"#;
    let people = people("West", "Internet", "mail.example.com", "outlook-anywhere");
    let outage = "[[outage]]\nwhat = \"site.East.cas\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let (_, rows) = played("2010 SP3", organisation, &people);
    assert!(rows.iter().all(|row| row.failure.is_none()));
    let (_, rows) = played("2010 SP3", &format!("{organisation}{outage}"), &people);
    assert!(all_fail(&rows, Failure::ServerDown));
}
