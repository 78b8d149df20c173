//! Server-to-server moves of a session, a row a protocol.

use std::collections::BTreeMap;

use super::bars::{Category, Fill};
use super::chart::{Chart, Picture};
use super::looks::{BLUE, GREY, ORANGE, VERMILION, title};
use super::rows::{Row, Rows};
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::format;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Column, Table, columns, int, real, text};
use crate::output::words::{percent, thousands};
use crate::results::RunResult;

/// The chart.
#[derive(Debug)]
pub(super) struct ServerHops;

/// A number of hops of a protocol.
#[derive(Debug)]
pub(super) struct HopRow {
    protocol: Option<Protocol>,
    hops: u64,
    sessions: u64,
    share: f64,
}

impl Table for ServerHops {
    type Row<'r> = HopRow;
    const NAME: &'static str = "server_hops";
    const ROW: &'static str = "a protocol x number of hops";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "server_hops" Count "server-to-server moves; 3 stands for 3 or more" => |row| int(row.hops),
        "sessions" Count "sessions with so many" => |row| int(row.sessions),
        "share" Share "of the protocol's sessions, 0 to 1" => |row| real(row.share),
    }];
}

impl Chart for ServerHops {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        draw(run)
    }
}

/// Server hops by protocol.
fn draw(result: &RunResult) -> Picture<'_, ServerHops> {
    let mut hops: BTreeMap<Option<Protocol>, ([u64; 4], u64)> = BTreeMap::new();
    for cell in &result.cells {
        let (counts, sum) = hops.entry(cell.key.protocol).or_default();
        for (count, more) in counts.iter_mut().zip(cell.counts.hop_counts) {
            *count += more;
        }
        *sum += cell.counts.server_hops;
    }
    hops.retain(|_, (counts, _)| counts.iter().sum::<u64>() > 0);
    let mut table = Vec::new();
    let mut rows = Vec::new();
    for (key, (counts, sum)) in &hops {
        let sessions: u64 = counts.iter().sum();
        let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / sessions as f64).collect();
        for (number, (&count, &share)) in (0..).zip(counts.iter().zip(&shares)) {
            table.push(HopRow { protocol: *key, hops: number, sessions: count, share });
        }
        let mean = format::real(*sum as f64 / sessions as f64, 2);
        rows.push(Row {
            name: title(*key).to_owned(),
            parts: shares,
            note: format!("{} sessions, mean {mean}", thousands(sessions)),
        });
    }
    let fills = [
        Fill { colour: GREY, hatch: 0 },
        Fill { colour: BLUE, hatch: 0 },
        Fill { colour: ORANGE, hatch: 0 },
        Fill { colour: VERMILION, hatch: 1 },
    ];
    let names = ["none", "1: entry to Mailbox", "2: over a second Client Access server", "3 or more"];
    let used = (0..4).map(|i| hops.values().any(|(counts, _)| counts[i] > 0)).collect::<Vec<_>>();
    let keep = |i: &usize| used[*i];
    for row in &mut rows {
        row.parts = (0..4).filter(keep).map(|i| row.parts[i]).collect();
    }
    let chart = Rows {
        title: "Server-to-server moves of a session".to_owned(),
        subtitle: "Share of sessions by number of server hops".to_owned(),
        categories: (0..4)
            .filter(keep)
            .map(|i| Category { name: names[i].to_owned(), fill: fills[i] })
            .collect(),
        rows,
        label: percent,
        full: Some(1.0),
        caption: "share of sessions".to_owned(),
        empty: "No session overlapped the window".to_owned(),
    };
    Picture { scene: chart.scene(), rows: table }
}
