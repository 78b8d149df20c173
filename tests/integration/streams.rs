//! Nobody's draws depend on anybody else: scenarios that differ in what does not
//! concern a session leave its row as it is, byte by byte. Through the scenario's
//! text, with Exchange clients.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use casim::kernel::SimTime;
use casim::results::{RunResult, SessionRecord};

use crate::support::{self, SMALL, read};

/// Rows by session, with names in place of indices.
pub(crate) type Rows = BTreeMap<u64, String>;

pub(crate) fn play(text: &str) -> (RunResult, Rows) {
    let scenario = read(text);
    let (result, all) = support::play(&scenario.model, &scenario.experiment);
    let rows = by_names(&result, &all);
    (result, rows)
}

/// Sessions by id, with names in place of indices.
pub(crate) fn by_names(result: &RunResult, all: &[SessionRecord]) -> Rows {
    let names = &result.names;
    let name = |list: &[String], index: u32| list.get(index as usize).cloned().unwrap_or_default();
    let rows: Rows = all
        .iter()
        .map(|row| {
            let mut text = format!("{:?}|{}", row.protocol, name(&names.populations, row.population));
            for site in [row.mailbox_site, row.entry_site, row.serving_site] {
                let _ = write!(text, "|{}", name(&names.sites, site));
            }
            let _ = write!(text, "|{}", name(&names.locations, row.client_location));
            for server in [row.entry_server, row.serving_server] {
                let _ = write!(text, "|{}", name(&names.servers, server));
            }
            let _ = write!(text, "|{}", name(&names.namespaces, row.namespace));
            // Everything else, without the indices above.
            let rest = SessionRecord {
                population: 0,
                mailbox_site: 0,
                entry_site: 0,
                serving_site: 0,
                client_location: 0,
                entry_server: 0,
                serving_server: 0,
                namespace: 0,
                ..*row
            };
            let _ = write!(text, "|{rest:?}");
            (row.session_id, text)
        })
        .collect();
    assert_eq!(rows.len(), all.len(), "ids are unique");
    assert!(rows.len() > 500, "{} sessions say little", rows.len());
    rows
}

/// The rows of one population.
fn of(rows: &Rows, population: &str) -> Rows {
    let is = |row: &String| row.split('|').nth(1) == Some(population);
    rows.iter().filter(|(_, row)| is(row)).map(|(id, row)| (*id, row.clone())).collect()
}

pub(crate) fn same(one: &Rows, other: &Rows, what: &str) {
    let differ = one.iter().find(|(id, row)| other.get(id) != Some(row));
    if let Some((id, row)) = differ {
        panic!("{what}: session {id:016x}\n{row}\nbecame\n{:?}", other.get(id));
    }
    assert_eq!(one.len(), other.len(), "{what}: sessions have come");
}

/// A site with its own Internet pipe, servers and users, and one that nobody uses.
const UNRELATED: &str = r#"
[[site]]
name = "Chennai"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "50 Mbps", latency = "6 ms" }
cas = { servers = 1, cores = 2 }
mailbox = { servers = 1, cores = 4 }
owa = { external_url = "https://mail.chennai.contoso.com/owa", auth = ["forms"] }
[[site]]
name = "Empty"
pop_imap = true
cas = { servers = 3, cores = 8 }
mailbox = { servers = 3, cores = 8 }
[[namespace]]
name = "mail.chennai.contoso.com"
internet = ["Chennai"]
[[population]]
name = "Chennai staff"
home = "Chennai"
mailboxes = 200
from = "Internet"
namespace = "mail.chennai.contoso.com"
clients = { owa = 0.5, eas = 0.5, imap = 0.3 }
"#;

#[test]
fn an_unrelated_site_changes_no_row() {
    let (_, before) = play(SMALL);
    let (_, after) = play(&format!("{SMALL}{UNRELATED}"));
    same(&before, &of(&after, "Boston staff"), "with an unrelated site");
    assert!(after.len() > before.len() + 100);
    // Declared first instead of last.
    let (head, tail) = SMALL.split_at(SMALL.find("[[site]]").unwrap());
    let (_, turned) = play(&format!("{head}{UNRELATED}{tail}"));
    same(&after, &turned, "declared in another order");
}

/// Sites, links, names, populations and the keys inside them in reverse.
#[test]
fn the_order_of_declarations_does_not_show() {
    let text = format!("{SMALL}{UNRELATED}");
    let (_, before) = play(&text);
    let mut blocks: Vec<&str> = Vec::new();
    let mut rest = &text[text.find("[[site]]").unwrap()..];
    let head = &text[..text.find("[[site]]").unwrap()];
    while let Some(next) = rest[1..].find("\n[[") {
        let (block, tail) = rest.split_at(next + 2);
        blocks.push(block);
        rest = tail;
    }
    blocks.push(rest);
    assert_eq!(blocks.len(), 10, "{blocks:?}");
    let turned: String = blocks
        .iter()
        .rev()
        .map(|block| {
            let mut lines: Vec<&str> = block.trim().lines().collect();
            lines[1..].reverse();
            format!("{}\n", lines.join("\n"))
        })
        .collect();
    let (_, after) = play(&format!("{head}{turned}"));
    same(&before, &after, "in reverse");
}

/// A new name with `stream = "old name"` changes the name and nothing else; without
/// it, the draws of what was renamed and of nobody else.
#[test]
fn a_renamed_site_population_or_link_keeps_its_stream() {
    let text = format!("{SMALL}{UNRELATED}");
    let (_, before) = play(&text);
    let site = text
        .replace("name = \"Boston\"\n", "name = \"Beantown\"\nstream = \"Boston\"\n")
        .replace("\"Amsterdam\", \"Boston\"", "\"Amsterdam\", \"Beantown\"")
        .replace("home = \"Boston\"", "home = \"Beantown\"")
        .replace("internet = [\"Boston\"]", "internet = [\"Beantown\"]");
    assert!(site.contains("between = [\"Amsterdam\", \"Beantown\"]"));
    let expected: Rows = before
        .iter()
        .map(|(id, row)| (*id, row.replace("|Boston|", "|Beantown|").replace("|Boston-", "|Beantown-")))
        .map(|(id, row)| (id, row.replace("|Boston|", "|Beantown|")))
        .collect();
    let (_, after) = play(&site);
    same(&expected, &after, "a renamed site");
    let population =
        text.replace("name = \"Boston staff\"\n", "name = \"Engineers\"\nstream = \"Boston staff\"\n");
    let expected: Rows =
        before.iter().map(|(id, row)| (*id, row.replace("|Boston staff|", "|Engineers|"))).collect();
    same(&expected, &play(&population).1, "a renamed population");
    let link = text.replace("[[link]]\n", "[[link]]\nname = \"Atlantic\"\nstream = \"Amsterdam-Boston\"\n");
    same(&before, &play(&link).1, "a renamed link");
    // Without the old stream, only the renamed population draws anew.
    let moved = text.replace("name = \"Boston staff\"\n", "name = \"Engineers\"\n");
    let (_, after) = play(&moved);
    same(&of(&before, "Chennai staff"), &of(&after, "Chennai staff"), "users of another site");
    let kept = of(&after, "Engineers").keys().filter(|id| before.contains_key(id)).count();
    assert_eq!(kept, 0, "a session's id is a hash of its names");
}

/// Clients on a LAN in front of servers that never queue share nothing, so one more
/// protocol and one more population leave every row of the others.
#[test]
fn one_more_protocol_changes_no_other_row() {
    let text = |clients: &str, more: &str| {
        format!(
            r#"
[run]
window = "1 h"
warmup = "10 min"
[[site]]
name = "Amsterdam"
pop_imap = true
cas = {{ servers = 1, cores = 1000 }}
mailbox = {{ servers = 1, cores = 1000 }}
[[namespace]]
name = "mail.contoso.com"
inside = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = 1500
from = "Amsterdam"
clients = {{ {clients} }}
{more}
"#
        )
    };
    let (_, before) = play(&text("owa = 0.5, eas = 0.5, imap = 0.2", ""));
    let not_pop =
        |rows: Rows| -> Rows { rows.into_iter().filter(|(_, row)| !row.starts_with("Some(Pop)")).collect() };
    let (_, after) = play(&text("pop = 0.5, owa = 0.5, eas = 0.5, imap = 0.2", ""));
    assert!(after.len() > before.len() + 100, "POP3 polls");
    same(&before, &not_pop(after), "with POP3");
    let more = "[[population]]\nname = \"A new hall\"\nhome = \"Amsterdam\"\nmailboxes = 300\n\
                from = \"Amsterdam\"\nclients = { owa = 0.5, ews = 0.5 }\n";
    let (_, after) = play(&text("owa = 0.5, eas = 0.5, imap = 0.2", more));
    same(&before, &of(&after, "Staff"), "with a second population");
}

/// One of four servers is killed at 09:20, 30 min after the run began: what failed at
/// that instant failed at that server, and an unrelated site changes nothing of where the
/// balancer sends whom next.
#[test]
fn a_killed_server_is_named_and_an_unrelated_site_changes_no_row() {
    for retries in [0, 2] {
        let text = format!(
            r#"
exchange = "2010 SP1"
[run]
window = "09:00 - 10:00"
warmup = "10 min"
[clients]
retries = {retries}
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = {{ bandwidth = "1 Gbps" }}
cas = {{ servers = 4, cores = 8 }}
mailbox = {{ servers = 2, cores = 32 }}
[[namespace]]
name = "mail.contoso.com"
internet = ["Amsterdam"]
[[population]]
name = "Staff"
home = "Amsterdam"
mailboxes = 400
concurrent = 1.0
profile = "heavy"
day = "flat24h"
namespace = "mail.contoso.com"
clients = {{ owa = 0.5, eas = 1.0, outlook-anywhere = 0.5, pop = 0.3, imap = 0.3, ews = 0.5 }}
[[outage]]
what = "site.Amsterdam.cas.2"
at = "09:20"
for = "10 min"
effect = "kill"
"#
        );
        let (_, before) = play(&text);
        let at = format!("end: {:?}", SimTime(30 * 60 * 1_000_000_000));
        let died = before.values().filter(|row| row.contains(&at) && row.contains("outcome: Failed"));
        let mut devices = 0;
        for row in died {
            let fields: Vec<&str> = row.split('|').collect();
            assert!(fields[6].ends_with("CAS-2") && fields[7].ends_with("CAS-2"), "{row}");
            devices += usize::from(fields[0] == "Some(Eas)");
        }
        assert_eq!(devices > 80, retries == 0, "{devices} devices lost their session at once");
        let (_, after) = play(&format!("{text}{UNRELATED}"));
        same(&before, &of(&after, "Staff"), &format!("with {retries} retries and an unrelated site"));
    }
}

/// An outage of no length of any kind strikes nobody.
#[test]
fn an_outage_of_no_length_changes_no_row() {
    let (_, before) = play(SMALL);
    for what in ["site.Boston.cas", "site.Amsterdam.mailbox", "link.Amsterdam-Boston", "site.Amsterdam"] {
        for effect in ["kill", "drain", "hold"] {
            let outage = format!(
                "[[outage]]\nwhat = \"{what}\"\nat = \"09:10\"\nfor = \"0 s\"\neffect = \"{effect}\"\n"
            );
            let (_, after) = play(&format!("{SMALL}{outage}"));
            same(&before, &after, &format!("{effect} of {what}"));
        }
    }
}

/// A population in two halves feels what the whole one feels: mean latency of OWA,
/// by the users of 10 replications each, within 4 standard errors of the difference
/// (false alarm about 1 in 1,000, 18 degrees of freedom; seed fixed).
#[test]
fn a_population_in_halves_agrees_in_distribution() {
    let base = SMALL.replace("seed = 7", "seed = 7\nreplications = 10");
    let split = base.replace("mailboxes = 300", "mailboxes = 150");
    let at = split.find("[[population]]").unwrap();
    let other = split[at..].replace("Boston staff", "Other half");
    let means = |result: &RunResult| -> Vec<f64> {
        (0..10)
            .map(|n| {
                let owa =
                    |u: &&casim::results::Users| u.protocol == Some(casim::model::protocol::Protocol::Owa);
                let of = |pick: fn(&casim::results::UserReplication) -> u128| -> f64 {
                    result.users.iter().filter(owa).map(|u| pick(&u.replications[n])).sum::<u128>() as f64
                };
                of(|r| r.latency_sum) / of(|r| u128::from(r.completed))
            })
            .collect()
    };
    let whole = means(&play(&base).0);
    let halves = means(&play(&format!("{split}{other}")).0);
    let moments = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        (mean, squares / (values.len() - 1) as f64 / values.len() as f64)
    };
    let ((a, va), (b, vb)) = (moments(&whole), moments(&halves));
    let off = (a - b) / (va + vb).sqrt();
    assert!(off.abs() < 4.0, "{a} ns whole, {b} ns in halves: {off:+.2} standard errors");
    assert!((va + vb).sqrt() < 0.05 * a, "the comparison says something");
}
