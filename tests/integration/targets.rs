//! Selection among several targets in time (rules of target selection): OWA and EWS fail
//! over from a lost Client Access server of the mailbox's site to the next, ActiveSync does
//! not unless it goes by the name of a balancer.

use std::collections::BTreeSet;

use casim::kernel::SimTime;
use casim::model::access::Failure;
use casim::model::protocol::Protocol;
use casim::results::SessionRecord;

use crate::support::{self, read};

const SCENARIO: &str = r#"
exchange = "2007 SP1"
[run]
window = "09:00 - 10:00"
warmup = "5 min"
[organisation]
balancer_names = ["nlb-b.contoso.local"]
[[site]]
name = "A"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 1 }
mailbox = { servers = 1 }
owa = { ExternalUrl = "https://mail.contoso.com/owa", auth = ["forms"] }
[[site]]
name = "B"
[[site.server]]
name = "CAS-B1"
cas = { servers = 1, health_check = { interval = "5 s", failures = 1, successes = 1 } }
owa = { auth = ["integrated"] }
EAS
[[site.server]]
name = "CAS-B2"
cas = { servers = 1, health_check = { interval = "5 s", failures = 1, successes = 1 } }
owa = { auth = ["integrated"] }
EAS
[[site.server]]
name = "MBX-B"
mailbox = { servers = 1 }
[[link]]
between = ["A", "B"]
bandwidth = "50 Mbps"
latency = "20 ms"
[[namespace]]
name = "mail.contoso.com"
internet = ["A"]
[[population]]
name = "staff"
home = "B"
mailboxes = 1000
namespace = "mail.contoso.com"
clients = { owa = 0.5, ews = 0.2, eas = 0.2 }
[[outage]]
what = "server.CAS-B1"
at = "15 min"
for = "40 min"
"#;

/// Sessions that began while CAS-B1 was known to be down, with the names of their servers.
fn played(eas: &str) -> Vec<(SessionRecord, String)> {
    let text = SCENARIO.replace("EAS", eas);
    let scenario = read(&text);
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    let (from, to) = (SimTime(16 * 60_000_000_000), SimTime(54 * 60_000_000_000));
    rows.into_iter()
        .filter(|row: &SessionRecord| row.start >= from && row.start < to)
        .map(|row| {
            let name = result.names.servers.get(row.serving_server as usize).cloned().unwrap_or_default();
            (row, name)
        })
        .collect()
}

fn servers(rows: &[(SessionRecord, String)], protocol: Protocol) -> BTreeSet<&str> {
    rows.iter().filter(|(row, _)| row.protocol == Some(protocol)).map(|(_, name)| name.as_str()).collect()
}

fn failures(rows: &[(SessionRecord, String)], protocol: Protocol) -> BTreeSet<Failure> {
    rows.iter().filter(|(row, _)| row.protocol == Some(protocol)).filter_map(|(row, _)| row.failure).collect()
}

#[test]
fn owa_and_ews_fail_over_and_activesync_does_not() {
    let rows = played("");
    for protocol in [Protocol::Owa, Protocol::Ews] {
        assert_eq!(servers(&rows, protocol), BTreeSet::from(["CAS-B2"]), "{protocol}");
        assert_eq!(failures(&rows, protocol), BTreeSet::new(), "{protocol}");
    }
    assert_eq!(failures(&rows, Protocol::Eas), BTreeSet::from([Failure::ServerDown]));
    let balanced = played(r#"eas.InternalUrl = "https://nlb-b.contoso.local/Microsoft-Server-ActiveSync""#);
    assert_eq!(failures(&balanced, Protocol::Eas), BTreeSet::new());
}
