//! Decisions and server-to-server moves, a row a pair of sites and a column a protocol.

use std::collections::{BTreeMap, BTreeSet};

use super::bars::{Category, Fill};
use super::chart::{Chart, Picture, of_run, per_run};
use super::layout::Layout;
use super::looks::{BLUE, GREEN, ORANGE, SKY, VERMILION, title};
use super::matrix::{self, Matrix};
use super::scene::Head;
use super::titles::{self, Decided};
use super::view::By;
use crate::model::access::Decision;
use crate::model::protocol::Protocol;
use crate::output::format;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{Column, Table, columns, name, real, text};
use crate::output::words::percent;
use crate::results::{NONE, RunResult};

/// Rows of the chart.
const PAIRS: usize = 20;

/// The chart.
#[derive(Debug)]
pub(super) struct Decisions;

/// A decision of a protocol between two sites.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    pair: Pair,
    protocol: Option<Protocol>,
    decision: Decision,
    counts: Counts,
}

impl Table for Decisions {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "decisions";
    const ROW: &'static str = "a pair of sites x protocol x decision; the chart folds pairs with the same decisions beyond 20, and adds up the rest";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.pair.0)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.pair.1)),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "decision" Word "as in sessions.csv" => |row| text(row.decision.token()),
        "sessions" Count "sessions, mean over the replications" => |row| per_run(row.run, row.counts.sessions),
        "server_hops" Ratio "server-to-server moves of a session, mean" => |row| real(row.counts.mean_hops()),
        "requests" Count "requests, mean over the replications" => |row| per_run(row.run, row.counts.requests),
        "failed" Count "of these, failed" => |row| per_run(row.run, row.counts.failed),
    }];
}

/// Entry and mailbox site.
type Pair = (u32, u32);

/// What was counted, over all replications.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    sessions: u64,
    server_hops: u64,
    requests: u64,
    failed: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.server_hops += other.server_hops;
        self.requests += other.requests;
        self.failed += other.failed;
    }

    fn mean_hops(&self) -> Option<f64> {
        (self.sessions > 0).then(|| self.server_hops as f64 / self.sessions as f64)
    }
}

/// By protocol and decision.
type Protocols = BTreeMap<Option<Protocol>, [Counts; Decision::ALL.len()]>;

/// Adds what another pair of sites has.
fn absorb(sum: &mut Protocols, other: &Protocols) {
    for (key, counts) in other {
        for (mine, theirs) in sum.entry(*key).or_default().iter_mut().zip(counts) {
            mine.add(theirs);
        }
    }
}

fn sessions(counts: &Protocols) -> u64 {
    counts.values().flatten().map(|counts| counts.sessions).sum()
}

impl Chart for Decisions {
    const BY: &'static [By] = &[By::Protocol, By::Population, By::EntrySite, By::MailboxSite];

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let mut pairs: BTreeMap<Pair, Protocols> = BTreeMap::new();
        for cell in run.cells.iter().filter(|cell| cell.counts.sessions > 0) {
            let (key, counts) = (&cell.key, &cell.counts);
            let of = pairs.entry((key.entry_site, key.mailbox_site)).or_default();
            of.entry(key.protocol).or_default()[key.decision as usize].add(&Counts {
                sessions: counts.sessions,
                server_hops: counts.server_hops,
                requests: counts.requests,
                failed: counts.failed,
            });
        }
        let protocols: BTreeSet<Option<Protocol>> =
            pairs.values().flat_map(|of| of.keys().copied()).collect();
        let mean = if run.replications > 1 { ", means over the replications" } else { "" };
        let mut head = Head {
            topic: "Who goes where".to_owned(),
            finding: titles::decisions(&decided(run, &pairs)),
            how: format!(
                "First decision and number of sessions by protocol and pair of sites{mean}; hops: moves of a session \
                 from server to server"
            ),
        };
        if pairs.keys().all(|pair| *pair == (NONE, NONE)) && !pairs.is_empty() {
            // A custom workload decides nothing.
            let sentence = head.finding.clone();
            return Picture { layout: Layout::Nothing(head, sentence), rows: rows(run, &pairs) };
        }
        let taken =
            |d: Decision| pairs.values().flat_map(|of| of.values()).any(|c| c[d as usize].sessions > 0);
        let used: Vec<Decision> = Decision::ALL.into_iter().filter(|&decision| taken(decision)).collect();
        let shown = shown(run, &pairs, &protocols, &used);
        if shown.iter().flat_map(|row| &row.cells).any(matrix::Cell::is_divided) {
            head.how += "; a divided cell shows the shares of each decision";
        }
        let chart = Matrix {
            head,
            categories: used
                .iter()
                .map(|d| Category { name: d.token().to_owned(), fill: fill(*d) })
                .collect(),
            columns: protocols.iter().map(|key| title(*key).to_owned()).collect(),
            rows: shown,
            corner: "Entry \u{2192} mailbox".to_owned(),
            empty: "No session overlapped the window".to_owned(),
        };
        Picture { layout: Layout::Matrix(chart), rows: rows(run, &pairs) }
    }
}

fn rows<'r>(run: &'r RunResult, pairs: &BTreeMap<Pair, Protocols>) -> Vec<Row<'r>> {
    let mut rows = Vec::new();
    for (&pair, counts) in pairs {
        for (&protocol, counts) in counts {
            for (decision, &counts) in Decision::ALL.into_iter().zip(counts) {
                if counts.sessions > 0 {
                    rows.push(Row { run, pair, protocol, decision, counts });
                }
            }
        }
    }
    rows
}

/// The figures of the title.
fn decided<'r>(run: &RunResult, pairs: &BTreeMap<Pair, Protocols>) -> Decided<'r> {
    let mut of = Decided::default();
    let mut by_protocol: BTreeMap<Option<Protocol>, f64> = BTreeMap::new();
    for (&pair, protocols) in pairs {
        let all = of_run(run, sessions(protocols));
        of.sessions += all;
        if pair.0 != NONE && pair.1 != NONE {
            of.placed += all;
            of.elsewhere += if pair.0 == pair.1 { 0.0 } else { all };
        }
        for (key, counts) in protocols {
            let refused = of_run(run, counts[Decision::Refused as usize].sessions);
            of.refused += refused;
            *by_protocol.entry(*key).or_default() += refused;
            if of.refused_pair.as_ref().map_or(0.0, |most| most.2) < refused {
                of.refused_pair = Some((title(*key), pair_words(run, pair), refused));
            }
        }
    }
    let most = by_protocol.into_iter().reduce(|most, of| if of.1 > most.1 { of } else { most });
    of.refused_protocol = most.map(|(protocol, refused)| (title(protocol), refused));
    of
}

/// Rows of the matrix. Where there are many pairs, those with the same decisions are folded
/// into the one of them with most sessions; what is still too much is added up.
fn shown(
    run: &RunResult,
    pairs: &BTreeMap<Pair, Protocols>,
    protocols: &BTreeSet<Option<Protocol>>,
    used: &[Decision],
) -> Vec<matrix::Row> {
    let row = |name: String, words: String, counts: &Protocols| matrix::Row {
        name,
        words,
        cells: protocols.iter().map(|key| cell(run, counts.get(key), used)).collect(),
    };
    if pairs.len() <= PAIRS {
        let alone = |(pair, counts): (&Pair, &Protocols)| row(pair_words(run, *pair), String::new(), counts);
        return pairs.iter().map(alone).collect();
    }
    let mut order: Vec<(&Pair, &Protocols)> = pairs.iter().collect();
    order.sort_by_key(|(_, counts)| std::cmp::Reverse(sessions(counts)));
    // The pair that stands for it, those folded into it, and their sums.
    let mut folded: Vec<(Pair, usize, Vec<u8>, Protocols)> = Vec::new();
    for (pair, counts) in order {
        let looks = looks(*pair, counts, protocols);
        match folded.iter_mut().find(|(.., of, _)| *of == looks) {
            Some((_, more, _, sum)) => {
                *more += 1;
                absorb(sum, counts);
            }
            None => folded.push((*pair, 0, looks, counts.clone())),
        }
    }
    let rest = folded.split_off(folded.len().min(PAIRS));
    let mut rows: Vec<matrix::Row> = folded
        .into_iter()
        .map(|(pair, more, _, counts)| {
            let words = if more > 0 { format!("and {more} more like it") } else { String::new() };
            row(pair_words(run, pair), words, &counts)
        })
        .collect();
    if !rest.is_empty() {
        let mut sum = Protocols::new();
        rest.iter().for_each(|(.., counts)| absorb(&mut sum, counts));
        let many: usize = rest.iter().map(|(_, more, ..)| more + 1).sum();
        rows.push(row(format!("{many} other pairs"), String::new(), &sum));
    }
    rows
}

/// What a row looks like: within a site or not, and the decisions of each protocol as bits.
fn looks(pair: Pair, counts: &Protocols, protocols: &BTreeSet<Option<Protocol>>) -> Vec<u8> {
    let taken = |of: &[Counts; Decision::ALL.len()]| {
        let bits = (0_u8..).zip(of).map(|(bit, counts)| u8::from(counts.sessions > 0) << bit);
        bits.sum()
    };
    let decisions = protocols.iter().map(|key| counts.get(key).map_or(0, taken));
    std::iter::once(u8::from(pair.0 == pair.1)).chain(decisions).collect()
}

fn cell(run: &RunResult, counts: Option<&[Counts; Decision::ALL.len()]>, used: &[Decision]) -> matrix::Cell {
    let Some(counts) = counts else {
        let (notes, urgent) = (vec![Vec::new(); used.len()], vec![None; used.len()]);
        return matrix::Cell { amounts: vec![0.0; used.len()], notes, urgent };
    };
    let of = || used.iter().map(|decision| &counts[*decision as usize]);
    let amounts = of().map(|counts| of_run(run, counts.sessions)).collect();
    // What is refused fails by its name.
    let urgent =
        used.iter().zip(of()).map(|(decision, of)| failed(of).filter(|_| *decision != Decision::Refused));
    matrix::Cell { amounts, notes: of().map(notes).collect(), urgent: urgent.collect() }
}

/// The share of their requests that failed, in words, where any did.
fn failed(of: &Counts) -> Option<String> {
    let share = of.failed as f64 / of.requests.max(of.failed) as f64;
    (of.failed > 0).then(|| format!("{} failed", percent(share)))
}

/// What else there is to say of the sessions of a decision.
fn notes(of: &Counts) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(hops) = of.mean_hops() {
        let hops = format::real(hops, 2);
        notes.push(if hops == "1" { "1 hop".to_owned() } else { format!("{hops} hops") });
    }
    notes.extend(failed(of));
    notes
}

fn pair_words(run: &RunResult, pair: Pair) -> String {
    let site = |index: u32| if index == NONE { "no site" } else { named(&run.names.sites, index) };
    match pair {
        (NONE, NONE) => "no sites".to_owned(),
        (entry, mailbox) if entry == mailbox => format!("{}, same site", site(entry)),
        (entry, mailbox) => format!("{} \u{2192} {}", site(entry), site(mailbox)),
    }
}

/// The colour of a decision.
pub(super) fn fill(decision: Decision) -> Fill {
    let colour = match decision {
        Decision::Local => BLUE,
        Decision::Redirect => ORANGE,
        Decision::Proxy => GREEN,
        Decision::Direct => SKY,
        Decision::Refused => VERMILION,
    };
    Fill { colour, hatch: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    /// Moves and failures stand at the decision that has them, not at the largest one.
    #[test]
    fn each_part_of_a_divided_cell_tells_its_own() {
        let mut counts = [Counts::default(); Decision::ALL.len()];
        let of = |sessions, server_hops, failed| Counts { sessions, server_hops, requests: 100, failed };
        counts[Decision::Local as usize] = of(800, 0, 0);
        counts[Decision::Proxy as usize] = of(400, 400, 5);
        counts[Decision::Refused as usize] = of(3, 0, 100);
        let used = [Decision::Local, Decision::Proxy, Decision::Refused];
        let cell = cell(&sample::small(), Some(&counts), &used);
        assert!(cell.is_divided());
        let words = |notes: &[&str]| notes.iter().map(|&note| note.to_owned()).collect::<Vec<String>>();
        assert_eq!(
            cell.notes,
            [words(&["0 hops"]), words(&["1 hop", "5 % failed"]), words(&["0 hops", "100 % failed"])]
        );
        assert_eq!(cell.urgent, [None, Some("5 % failed".to_owned()), None]);
    }
}
