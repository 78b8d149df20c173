//! Decisions, a row a pair of sites and a column a protocol.

use std::collections::{BTreeMap, BTreeSet};

use super::bars::{Category, Fill};
use super::chart::{Chart, Picture};
use super::looks::{BLUE, GREEN, ORANGE, SKY, VERMILION, title};
use super::matrix::Matrix;
use crate::model::access::Decision;
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{Column, Table, columns, int, name, text};
use crate::results::{NONE, RunResult};

/// Rows of the chart.
const PAIRS: usize = 24;

/// The chart.
#[derive(Debug)]
pub(super) struct Decisions;

/// A decision of a protocol between two sites.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    entry_site: u32,
    mailbox_site: u32,
    protocol: Option<Protocol>,
    decision: Decision,
    sessions: u64,
}

impl Table for Decisions {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "decisions";
    const ROW: &'static str =
        "a pair of sites x protocol x decision; the chart adds up pairs beyond the 23 with most sessions";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.entry_site)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.mailbox_site)),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "decision" Word "as in sessions.csv" => |row| text(row.decision.token()),
        "sessions" Count "sessions, over all replications" => |row| int(row.sessions),
    }];
}

/// Sessions by protocol and decision.
type Counts = BTreeMap<Option<Protocol>, [u64; 5]>;
/// The same by entry and mailbox site.
type Pairs = BTreeMap<(u32, u32), Counts>;

impl Chart for Decisions {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        let mut pairs = Pairs::new();
        let mut protocols: BTreeSet<Option<Protocol>> = BTreeSet::new();
        for cell in run.cells.iter().filter(|cell| cell.counts.sessions > 0) {
            let key = &cell.key;
            let counts = pairs.entry((key.entry_site, key.mailbox_site)).or_default();
            counts.entry(key.protocol).or_default()[key.decision as usize] += cell.counts.sessions;
            protocols.insert(key.protocol);
        }
        let chart = Matrix {
            title: "Decisions by protocol and pair of sites".to_owned(),
            subtitle: "First decision and number of sessions; a divided cell shows the shares of each"
                .to_owned(),
            categories: Decision::ALL
                .map(|d| Category { name: d.token().to_owned(), fill: fill(d) })
                .to_vec(),
            columns: protocols.iter().map(|key| title(*key).to_owned()).collect(),
            rows: shown(run, &pairs, &protocols),
            corner: "Entry > mailbox".to_owned(),
            empty: "No session overlapped the window".to_owned(),
        };
        Picture { scene: chart.scene(), rows: rows(run, &pairs) }
    }
}

fn rows<'r>(run: &'r RunResult, pairs: &Pairs) -> Vec<Row<'r>> {
    let mut rows = Vec::new();
    for (&(entry_site, mailbox_site), counts) in pairs {
        for (&protocol, counts) in counts {
            for (decision, &sessions) in Decision::ALL.into_iter().zip(counts) {
                if sessions > 0 {
                    rows.push(Row { run, entry_site, mailbox_site, protocol, decision, sessions });
                }
            }
        }
    }
    rows
}

/// Rows of the matrix: the pairs with most sessions, and the others as one.
fn shown(
    run: &RunResult,
    pairs: &Pairs,
    protocols: &BTreeSet<Option<Protocol>>,
) -> Vec<(String, Vec<Vec<u64>>)> {
    let cells = |counts: &Counts| -> Vec<Vec<u64>> {
        protocols.iter().map(|key| counts.get(key).map_or(vec![0; 5], |c| c.to_vec())).collect()
    };
    let sessions = |counts: &Counts| -> u64 { counts.values().flatten().sum() };
    let mut shown: Vec<&(u32, u32)> = pairs.keys().collect();
    let mut rest = Vec::new();
    if shown.len() > PAIRS {
        shown.sort_by_key(|pair| std::cmp::Reverse(sessions(&pairs[pair])));
        rest = shown.split_off(PAIRS - 1);
        shown.sort();
    }
    let mut rows: Vec<(String, Vec<Vec<u64>>)> =
        shown.into_iter().map(|pair| (pair_words(run, *pair), cells(&pairs[pair]))).collect();
    if !rest.is_empty() {
        let mut sum = Counts::new();
        for (key, counts) in rest.iter().flat_map(|pair| &pairs[pair]) {
            for (sum, count) in sum.entry(*key).or_default().iter_mut().zip(counts) {
                *sum += count;
            }
        }
        rows.push((format!("{} other pairs", rest.len()), cells(&sum)));
    }
    rows
}

fn pair_words(run: &RunResult, pair: (u32, u32)) -> String {
    let site = |index: u32| if index == NONE { "no site" } else { named(&run.names.sites, index) };
    match pair {
        (NONE, NONE) => "no sites".to_owned(),
        (entry, mailbox) if entry == mailbox => format!("{} (same site)", site(entry)),
        (entry, mailbox) => format!("{} > {}", site(entry), site(mailbox)),
    }
}

fn fill(decision: Decision) -> Fill {
    let colour = match decision {
        Decision::Local => BLUE,
        Decision::Redirect => ORANGE,
        Decision::Proxy => GREEN,
        Decision::Direct => SKY,
        Decision::Refused => VERMILION,
    };
    Fill { colour, hatch: 0 }
}
