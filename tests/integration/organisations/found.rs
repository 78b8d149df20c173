//! What drawn organisations brought to light, made small: each scenario is one in which two
//! of the four said different things of the same clients.

use casim::check::flows;
use casim::model::access::Failure;
use casim::results::{SessionOutcome, SessionRecord};
use casim::scenario::Scenario;

use super::questions;
use crate::support;

const RUN: &str = r#"
[run]
window = "09:00 - 09:25"
warmup = "1 min"
[clients]
day_begins = "09:00 - 09:04"
day_ends = "09:30 - 09:34"
pop_poll = "4 min"
"#;

/// A population of six at a home, with one protocol.
pub(super) fn people(home: &str, from: &str, namespace: &str, protocol: &str) -> String {
    format!(
        "[[population]]\nname = \"staff\"\nhome = \"{home}\"\nfrom = \"{from}\"\nmailboxes = 6\n\
         concurrent = \"100 %\"\nday = \"flat8h\"\nnamespace = \"{namespace}\"\nclients.{protocol} = 1.0\n"
    )
}

/// The scenario, in which the four agree, and its sessions.
pub(super) fn played(release: &str, organisation: &str, people: &str) -> (Scenario, Vec<SessionRecord>) {
    let scenario = support::read(&format!("exchange = \"{release}\"\n{RUN}{organisation}{people}"));
    let compared = questions::compared(&scenario);
    let told: Vec<String> = compared.wrong.iter().map(|m| format!("{}: {}", m.kind, m.words)).collect();
    assert!(told.is_empty(), "{told:#?}");
    let (_, rows) = support::play(&scenario.model, &scenario.experiment);
    assert!(!rows.is_empty());
    (scenario, rows)
}

pub(super) fn all_fail(rows: &[SessionRecord], failure: Failure) -> bool {
    rows.iter().all(|row| row.outcome == SessionOutcome::Failed && row.failure == Some(failure))
}

const TWO_SITES: &str = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[site]]
name = "South"
internet = { bandwidth = "1 Gbps" }
exchange = "2007 SP3"
cas.servers = 1
[[site.server]]
name = "SOUTH-EX1"
exchange = "2016"
mailbox.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "north.example.com"
internet = ["North"]
"#;

/// Outlook inside goes by its profile: where no server of its release stands in its site it
/// finds none, whatever name its user types into a browser.
#[test]
fn outlook_inside_is_not_led_by_the_name_of_the_web() {
    let (_, rows) =
        played("2016", TWO_SITES, &people("South", "North", "north.example.com", "outlook-online"));
    assert!(all_fail(&rows, Failure::NoTarget));
}

/// The same while its user's name for the web fails over.
#[test]
fn nor_where_that_name_fails_over() {
    let organisation = r#"
[[site]]
name = "North"
cas.servers = 1
[[site]]
name = "South"
mailbox.servers = 1
cas.servers = 1
[[site]]
name = "East"
cas.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[link]]
between = ["North", "East"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
inside = ["North", "East"]
[[outage]]
what = "site.North.cas"
at = "00:00"
for = "24 h"
"#;
    let (_, rows) =
        played("2010 SP3", organisation, &people("South", "South", "mail.example.com", "outlook-cached"));
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed && row.entry_site == 1));
}

/// Autodiscover of 2013 is passed on to the server of the mailbox, which has to be up although
/// nothing is read from its store.
#[test]
fn a_mailbox_server_that_is_down_answers_no_autodiscover() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
mailbox.servers = 1
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "site.North.mailbox"
at = "00:00"
for = "24 h"
"#;
    for protocol in ["autodiscover", "oab"] {
        let (_, rows) =
            played("2013", organisation, &people("North", "Internet", "mail.example.com", protocol));
        assert!(all_fail(&rows, Failure::ServerDown), "{protocol}");
    }
}

/// A client whose server is down is led to the other by the balancer, also where that one
/// refuses it.
#[test]
fn who_answers_refuses_for_a_server_that_is_down() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
mailbox.servers = 1
[[site.server]]
name = "NORTH-A"
cas.servers = 1
[[site.server]]
name = "NORTH-B"
cas.servers = 1
pop = true
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "server.NORTH-B"
at = "00:00"
for = "24 h"
"#;
    let (_, rows) = played("2010 SP3", organisation, &people("North", "Internet", "mail.example.com", "pop"));
    assert!(all_fail(&rows, Failure::ServiceDisabled));
}

/// Where servers and databases take turns alike, nobody with a database on EX1 enters by B:
/// who enters by A is led to B all the same when A is down.
#[test]
fn a_balancer_leads_on_to_a_server_by_which_nobody_of_the_kind_enters() {
    let organisation = r#"
[[site]]
name = "West"
internet = { bandwidth = "1 Gbps" }
[[site.server]]
name = "WEST-A"
cas.servers = 1
[[site.server]]
name = "WEST-B"
cas.servers = 1
[[site.server]]
name = "WEST-EX1"
mailbox.servers = 1
[[site.server]]
name = "WEST-EX2"
mailbox.servers = 1
[[namespace]]
name = "mail.example.com"
internet = ["West"]
[[outage]]
what = "server.WEST-A"
at = "00:00"
for = "24 h"
"#;
    let (_, rows) =
        played("2010 SP3", organisation, &people("West", "Internet", "mail.example.com", "autodiscover"));
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed));
}

/// A URL that leads astray leads to a server that is down.
#[test]
fn who_would_refuse_must_be_up() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[site]]
name = "South"
cas.servers = 1
[[site]]
name = "West"
mailbox.servers = 1
cas.servers = 1
ews.internal_nlb_bypass_url = "https://south-cas/ews/exchange.asmx"
[[link]]
between = ["North", "West"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
"#;
    let outage = "[[outage]]\nwhat = \"site.South.cas\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let people = people("West", "Internet", "mail.example.com", "ews");
    let (_, rows) = played("2007 SP3", organisation, &people);
    assert!(all_fail(&rows, Failure::ProxiedTwice));
    let (_, rows) = played("2007 SP3", &format!("{organisation}{outage}"), &people);
    assert!(all_fail(&rows, Failure::ServerDown));
}

/// The address book of 2013 comes from the server of the mailbox, by way of the one whose URL
/// was handed out.
#[test]
fn the_address_book_of_2013_is_passed_on_where_its_url_leads() {
    let organisation = r#"
[[site]]
name = "North"
exchange = "2010 SP3"
cas.servers = 1
[[site]]
name = "South"
mailbox.servers = 1
cas.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
inside = ["North"]
"#;
    let (_, rows) = played("2013", organisation, &people("South", "South", "mail.example.com", "oab"));
    assert!(rows.iter().all(|row| row.mechanism.token() == "proxy" && row.server_hops == 1));
}

/// Who cannot get to the endpoint of his database never knocks at the server of his name.
#[test]
fn out_of_reach_is_no_matter_of_who_is_up() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
exchange = "2007 SP3"
cas.servers = 1
[[site]]
name = "South"
exchange = "2007 SP3"
[[site.server]]
name = "SOUTH-EX1"
mailbox.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = ["North"]
[[outage]]
what = "site.North.cas"
at = "00:00"
for = "24 h"
"#;
    let (_, rows) =
        played("2007 SP3", organisation, &people("South", "Internet", "mail.example.com", "outlook-cached"));
    assert!(all_fail(&rows, Failure::NameNotResolved));
}

/// One refusal does not explain another of the same reason: the mailboxes of South are told of
/// although those of North have a finding already.
#[test]
fn check_is_not_silent_on_the_second_who_is_refused() {
    let organisation = r#"
[[site]]
name = "North"
mailbox.servers = 1
cas.servers = 1
[[site]]
name = "South"
mailbox.servers = 1
cas.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
inside = ["North"]
[[namespace]]
name = "south.example.com"
internet = ["South"]
"#;
    let second = people("North", "Internet", "south.example.com", "owa").replace("staff", "others");
    let first = people("South", "Internet", "mail.example.com", "owa");
    let (scenario, _) = played("2010 SP3", organisation, &format!("{first}{second}"));
    let flows = flows::of(&scenario.model.topology, &scenario.model.workload);
    assert!(flows.iter().all(|flow| flow.failure() == Some(Failure::NameNotResolved)));
}

/// Up to 2007 Outlook inside asks its Mailbox server itself, whether or not its user's name for
/// the web leads anywhere.
#[test]
fn check_refuses_nobody_who_needs_no_client_access_server() {
    let organisation = r#"
[[site]]
name = "North"
cas.servers = 1
[[site]]
name = "South"
mailbox.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = []
"#;
    let (scenario, rows) =
        played("2007 SP3", organisation, &people("South", "South", "mail.example.com", "outlook-cached"));
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed));
    let flows = flows::of(&scenario.model.topology, &scenario.model.workload);
    assert!(flows.iter().all(|flow| flow.failure().is_none()));
}

const PEER: &str = r#"
[[site]]
name = "North"
mailbox.servers = 1
cas.servers = 1
eas.internal_url = "https://eas.example.local/Microsoft-Server-ActiveSync"
[[site.server]]
name = "NORTH-EX1"
cas.servers = 1
eas.internal_url = "https://eas.example.local/Microsoft-Server-ActiveSync"
eas.proxy_integrated = false
[[site]]
name = "South"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = ["South"]
"#;

/// A balancer's name leads to a server that would refuse: while that is down nobody goes there.
#[test]
fn who_would_refuse_is_passed_over_while_it_is_down() {
    let people = people("North", "Internet", "mail.example.com", "eas");
    let (_, rows) = played("2010 SP3", PEER, &people);
    assert!(rows.iter().any(|row| row.failure == Some(Failure::NoIntegratedAuth)));
    let outage = "[[outage]]\nwhat = \"server.NORTH-EX1\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let (_, rows) = played("2010 SP3", &format!("{PEER}{outage}"), &people);
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed));
}

/// The host of a URL is a name of two sites, the first of which is down: what is forwarded goes
/// to the second, which may not forward again.
#[test]
fn the_name_in_a_url_fails_over() {
    let organisation = r#"
[[site]]
name = "North"
mailbox.servers = 1
cas.servers = 1
eas.internal_url = "https://eas.example.local/Microsoft-Server-ActiveSync"
[[site]]
name = "South"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
[[site]]
name = "West"
cas.servers = 1
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[link]]
between = ["West", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = ["South"]
[[namespace]]
name = "eas.example.local"
inside = ["North", "West"]
"#;
    let people = people("North", "Internet", "mail.example.com", "eas");
    let (_, rows) = played("2010 SP3", organisation, &people);
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed));
    let outage = "[[outage]]\nwhat = \"site.North.cas\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let (_, rows) = played("2010 SP3", &format!("{organisation}{outage}"), &people);
    assert!(all_fail(&rows, Failure::ProxiedTwice));
}

/// So does the name that a client is sent to.
#[test]
fn the_name_of_a_redirect_fails_over() {
    let organisation = r#"
[[site]]
name = "North"
internet = { bandwidth = "1 Gbps" }
mailbox.servers = 1
cas.servers = 1
owa.external_url = "https://north.example.com/owa"
[[site]]
name = "South"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
owa.external_url = "https://mail.example.com/owa"
[[site]]
name = "West"
internet = { bandwidth = "1 Gbps" }
cas.servers = 1
owa.auth = ["integrated"]
[[link]]
between = ["North", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[link]]
between = ["West", "South"]
bandwidth = "1 Gbps"
latency = "20 ms"
[[namespace]]
name = "mail.example.com"
internet = ["South"]
[[namespace]]
name = "north.example.com"
internet = ["North", "West"]
"#;
    let people = people("North", "Internet", "mail.example.com", "owa");
    let people = people.replace("mailboxes = 6", "mailboxes = 200");
    let (_, rows) = played("2010 SP3", organisation, &people);
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Failed));
    let outage = "[[outage]]\nwhat = \"site.North.cas\"\nat = \"00:00\"\nfor = \"24 h\"\n";
    let (_, rows) = played("2010 SP3", &format!("{organisation}{outage}"), &people);
    let failures: Vec<Failure> = rows.iter().filter_map(|row| row.failure).collect();
    assert!(!failures.is_empty() && !failures.contains(&Failure::DeadRedirect));
    assert!(rows.iter().all(|row| row.outcome != SessionOutcome::Completed));
}
