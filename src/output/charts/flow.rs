//! Who goes where: clients from where they sit over the site that they enter and what is decided
//! there to the site of their mailbox.
//!
//! Where there are many sites `fold` says which have a node of their own.

mod fold;

use std::collections::{BTreeMap, BTreeSet};

use self::fold::{Fold, Key};
use super::bars::Category;
use super::chart::{Chart, Picture, of_run};
use super::decisions::fill;
use super::layout::Layout;
use super::scene::Head;
use super::streams::{Column, Node, Ribbon, Streams};
use super::titles::streamed::{self, Streamed};
use super::view::By;
use crate::model::access::Decision;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{self, Table, columns, name, per_run, text};
use crate::output::words::count;
use crate::results::{Flow as Way, NONE, RunResult};

/// Places where clients sit that have a node of their own.
const PLACES: usize = 6;

/// The chart.
#[derive(Debug)]
pub(super) struct Flow;

/// A way with the names under which it is drawn.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    way: &'r Way,
    drawn: Drawn,
}

/// Names of nodes.
#[derive(Debug)]
struct Drawn {
    place: String,
    entry: String,
    mailbox: String,
}

impl Table for Flow {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "flow";
    const ROW: &'static str = "a way through the organisation, as in flows.csv, with the nodes that it is drawn at; the chart adds up places beyond 6 and, of more than 16 sites, branches beyond the 8 most hit";
    const COLUMNS: &'static [&'static [columns::Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.way.key.cell.protocol)),
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.way.key.cell.population)),
        "client_location" Word "as in sessions.csv" => |row| name(named(&row.run.names.locations, row.way.key.client_location)),
        "namespace" Word "as in sessions.csv" => |row| name(named(&row.run.names.namespaces, row.way.key.namespace)),
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.way.key.cell.entry_site)),
        "decision" Word "as in sessions.csv" => |row| text(row.way.key.cell.decision.token()),
        "mechanism" Word "as in sessions.csv" => |row| text(row.way.key.mechanism.token()),
        "serving_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.way.key.serving_site)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.way.key.cell.mailbox_site)),
        "clients" Count "distinct clients with a session of this way" => |row| per_run(row.way.counts.clients, row.run.replications),
        "clients_affected" Count "of these, with a failed session or request on it" => |row| per_run(row.way.counts.clients_affected, row.run.replications),
        "sessions" Count "sessions that overlap the measured window" => |row| per_run(row.way.counts.sessions, row.run.replications),
        "requests" Count "user-visible requests that started in the window" => |row| per_run(row.way.counts.requests, row.run.replications),
        "failed" Count "of these, failed" => |row| per_run(row.way.counts.failed, row.run.replications),
        "place_drawn" Word "node of the first column" => |row| name(&*row.drawn.place),
        "entry_drawn" Word "node of the second column" => |row| name(&*row.drawn.entry),
        "node_drawn" Word "node of the last column, that of the mailbox" => |row| name(&*row.drawn.mailbox),
    }];
}

/// Nodes of a way in the four columns.
type Nodes = (Key, Key, Decision, Key);

impl Chart for Flow {
    const BY: &'static [By] = &[By::Protocol, By::Population, By::EntrySite, By::MailboxSite];

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let ways: Vec<&Way> = run.flows.iter().filter(|way| is_drawn(way)).collect();
        let mut head = Head {
            topic: "Where clients go".to_owned(),
            finding: streamed::flow(&figures(run, &ways)),
            how: "Height: clients, counted once for each protocol and way that they take".to_owned(),
        };
        if ways.is_empty() {
            let sentence = match run.flows.is_empty() {
                true => "No session overlapped the window",
                false => "This workload has no sites to go through",
            };
            return Picture { layout: Layout::Nothing(head, sentence.to_owned()), rows: Vec::new() };
        }
        if run.replications > 1 {
            head.how += ", means over the replications";
        }
        let (places, sites) = (fold::places(&ways, PLACES), Fold::of(run, &ways));
        if sites.is_folded() {
            head.how += ". The sites that face the Internet or lead to others, the branches with most clients \
                         that failures hit, and all others together";
        }
        let nodes: Vec<Nodes> = ways
            .iter()
            .map(|way| {
                let cell = &way.key.cell;
                let place = places.get(&way.key.client_location).copied().unwrap_or(Key::Others);
                (place, sites.key(cell.entry_site), cell.decision, sites.key(cell.mailbox_site))
            })
            .collect();
        let (streams, names) = streams(run, &ways, &nodes, &sites, head);
        let rows = ways.iter().zip(&nodes).map(|(way, nodes)| {
            let name = |column: usize, key: Key| names[column].get(&key).cloned().unwrap_or_default();
            let drawn = Drawn { place: name(0, nodes.0), entry: name(1, nodes.1), mailbox: name(2, nodes.3) };
            Row { run, way, drawn }
        });
        Picture { rows: rows.collect(), layout: Layout::Streams(streams) }
    }
}

/// Of a custom workload nothing is known but that it was served.
fn is_drawn(way: &Way) -> bool {
    way.key.cell.entry_site != NONE || way.key.cell.mailbox_site != NONE
}

/// Names of the nodes of three columns: places, entries, mailboxes.
type Names = [BTreeMap<Key, String>; 3];

/// Columns, ribbons and the names of nodes.
fn streams(
    run: &RunResult,
    ways: &[&Way],
    nodes: &[Nodes],
    sites: &Fold<'_>,
    head: Head,
) -> (Streams, Names) {
    let amounts: Vec<f64> = ways.iter().map(|way| of_run(run, way.counts.clients)).collect();
    let decisions: BTreeSet<Decision> = nodes.iter().map(|node| node.2).collect();
    let decisions: Vec<Decision> = Decision::ALL.into_iter().filter(|of| decisions.contains(of)).collect();
    let decided = |of: Decision| decisions.iter().position(|&other| other == of).unwrap_or(0);

    let firsts = order(nodes.iter().zip(&amounts).map(|(node, many)| (node.0, 0, *many)), |_| Key::None);
    let first = |key: Key| firsts.iter().position(|&other| other == key).unwrap_or(0);
    let entries =
        order(nodes.iter().zip(&amounts).map(|(node, many)| (node.1, first(node.0), *many)), |key| {
            sites.group(key)
        });
    let entry = |key: Key| entries.iter().position(|&other| other == key).unwrap_or(0);
    let lasts =
        order(nodes.iter().zip(&amounts).map(|(node, many)| (node.3, decided(node.2), *many)), |key| {
            sites.group(key)
        });
    let last = |key: Key| lasts.iter().position(|&other| other == key).unwrap_or(0);

    let places: BTreeSet<(Key, u32)> =
        nodes.iter().zip(ways).map(|(node, way)| (node.0, way.key.client_location)).collect();
    let names = [
        firsts.iter().map(|key| (*key, place_name(run, *key, &places))).collect(),
        sites.names(&entries, ways.iter().map(|way| way.key.cell.entry_site)),
        sites.names(&lasts, ways.iter().map(|way| way.key.cell.mailbox_site)),
    ];
    let column = |name: &str, keys: &[Key], names: &BTreeMap<Key, String>, of: &dyn Fn(&Nodes) -> Key| {
        let node = |key: &Key| {
            let amount =
                nodes.iter().zip(&amounts).filter(|(node, _)| of(node) == *key).map(|(_, many)| many);
            Node { name: names[key].clone(), amount: amount.sum(), category: None }
        };
        Column { name: name.to_owned(), nodes: keys.iter().map(node).collect() }
    };
    let happens = decisions.iter().enumerate().map(|(index, decision)| {
        let amount = nodes.iter().zip(&amounts).filter(|(node, _)| node.2 == *decision).map(|(_, many)| many);
        Node { name: decision.token().to_owned(), amount: amount.sum(), category: Some(index) }
    });
    let ribbons = [
        ribbons(ways, &amounts, nodes.iter().map(|node| (first(node.0), entry(node.1), decided(node.2)))),
        ribbons(ways, &amounts, nodes.iter().map(|node| (entry(node.1), decided(node.2), decided(node.2)))),
        ribbons(ways, &amounts, nodes.iter().map(|node| (decided(node.2), last(node.3), decided(node.2)))),
    ];
    let streams = Streams {
        head,
        categories: decisions
            .iter()
            .map(|decision| Category { name: decision.token().to_owned(), fill: fill(*decision) })
            .collect(),
        meanings: decisions.iter().map(|decision| meaning(*decision).to_owned()).collect(),
        columns: vec![
            column("Where clients sit", &firsts, &names[0], &|node| node.0),
            column("Site they enter", &entries, &names[1], &|node| node.1),
            Column { name: "What happens".to_owned(), nodes: happens.collect() },
            column("Site of the mailbox", &lasts, &names[2], &|node| node.3),
        ],
        ribbons: ribbons.into(),
        unit: "clients".to_owned(),
        wrong: "share of their requests that failed".to_owned(),
    };
    (streams, names)
}

/// What a decision means, for the key.
fn meaning(decision: Decision) -> &'static str {
    match decision {
        Decision::Local => "served where they enter",
        Decision::Redirect => "told to go to another server",
        Decision::Proxy => "by way of another server",
        Decision::Direct => "straight to the Mailbox server",
        Decision::Refused => "",
    }
}

fn place_name(run: &RunResult, key: Key, places: &BTreeSet<(Key, u32)>) -> String {
    match key {
        Key::Site(place) => named(&run.names.locations, place).to_owned(),
        Key::None | Key::Behind(_) | Key::Others => {
            count(places.iter().filter(|(of, _)| *of == key).count(), "other place")
        }
    }
}

/// Keys from the top: groups by the mean place of what feeds them, largest first among equals; in a
/// group the one that it is called by, the others by amount, what is added up last.
fn order(ways: impl Iterator<Item = (Key, usize, f64)>, group: impl Fn(Key) -> Key) -> Vec<Key> {
    let mut keys: BTreeMap<Key, f64> = BTreeMap::new();
    // Amount, and amount times place, of each group.
    let mut groups: BTreeMap<Key, (f64, f64)> = BTreeMap::new();
    for (key, place, amount) in ways {
        *keys.entry(key).or_default() += amount;
        let of = groups.entry(group(key)).or_default();
        of.0 += amount;
        of.1 += amount * place as f64;
    }
    let mean = |key: Key| {
        let (amount, places) = groups[&group(key)];
        places / amount.max(f64::MIN_POSITIVE)
    };
    let rank = |key: Key| match key {
        Key::Site(_) if key == group(key) => 0,
        Key::Site(_) | Key::None => 1,
        Key::Behind(_) | Key::Others => 2,
    };
    let mut order: Vec<Key> = keys.keys().copied().collect();
    order.sort_by(|&a, &b| {
        mean(a)
            .total_cmp(&mean(b))
            .then(groups[&group(b)].0.total_cmp(&groups[&group(a)].0))
            .then(group(a).cmp(&group(b)))
            .then(rank(a).cmp(&rank(b)))
            .then(keys[&b].total_cmp(&keys[&a]))
    });
    order
}

/// What flows between two columns, added up by nodes and category.
fn ribbons(
    ways: &[&Way],
    amounts: &[f64],
    nodes: impl Iterator<Item = (usize, usize, usize)>,
) -> Vec<Ribbon> {
    let mut sums: BTreeMap<(usize, usize, usize), (f64, u64, u64)> = BTreeMap::new();
    for ((node, way), amount) in nodes.zip(ways).zip(amounts) {
        let sum = sums.entry(node).or_default();
        sum.0 += amount;
        sum.1 += way.counts.requests;
        sum.2 += way.counts.failed;
    }
    let ribbon = |((from, to, category), (amount, requests, failed)): (_, (f64, u64, u64))| Ribbon {
        from,
        to,
        category,
        amount,
        failed: failed as f64 / requests.max(failed).max(1) as f64,
    };
    sums.into_iter().map(ribbon).collect()
}

/// The figures of the title.
fn figures<'r>(run: &'r RunResult, ways: &[&Way]) -> Streamed<'r> {
    let mut of = Streamed::default();
    let mut refused: BTreeMap<u32, f64> = BTreeMap::new();
    for way in ways {
        let (cell, clients) = (&way.key.cell, of_run(run, way.counts.clients));
        of.clients += clients;
        if cell.entry_site != NONE && cell.mailbox_site != NONE {
            of.placed += clients;
            of.elsewhere += if cell.entry_site == cell.mailbox_site { 0.0 } else { clients };
        }
        if cell.decision == Decision::Refused {
            of.refused += clients;
            *refused.entry(cell.mailbox_site).or_default() += clients;
        }
    }
    let most = refused.into_iter().reduce(|most, of| if of.1 > most.1 { of } else { most });
    of.refused_of = most
        .filter(|(site, _)| *site != NONE)
        .map(|(site, clients)| (named(&run.names.sites, site), clients));
    of
}

#[cfg(test)]
mod tests;
