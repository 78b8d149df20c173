//! What fails together and what moves: a few minutes of the shipped scenarios that ask for it, declared in
//! another order, on another number of threads, and read back from what a run writes.

use std::fs;
use std::path::Path;

use casim::results::{CellCounts, SessionOutcome, SessionRecord};

use crate::streams::{by_names, same};
use crate::support::{self, read};

/// A shipped scenario with a tenth of its mailboxes, around what happens in it.
fn tenth(name: &str, window: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let text = fs::read_to_string(path).expect("a shipped scenario");
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("window", _)) => format!("window = \"{window}\"\n"),
        Some(("warmup", _)) => "warmup = \"3 min\"\n".to_owned(),
        Some(("mailboxes", many)) => {
            format!("mailboxes = {}\n", many.parse::<u32>().expect("a number") / 10)
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Its tables in reverse, the servers of a site behind it and in reverse too.
fn turned(text: &str) -> String {
    let (head, tables) = text.split_once("\n[[").expect("tables");
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for table in tables.split("\n[[") {
        match blocks.last_mut() {
            Some(site) if table.starts_with("site.server]]") => site.insert(1, table),
            _ => blocks.push(vec![table]),
        }
    }
    assert!(blocks.len() > 4);
    blocks.reverse();
    [head, &blocks.concat().join("\n[[")].join("\n[[")
}

#[test]
fn neither_order_nor_threads_nor_reading_back_changes_what_fails_together() {
    for (name, window) in [
        ("dag-two-sites", "09:58 - 10:06"),
        ("migration-in-waves", "11:58 - 12:03"),
        ("layer-4-or-layer-7", "10:58 - 11:03"),
        ("eight-machines-three-hosts", "10:28 - 10:33"),
    ] {
        let text = tenth(name, window);
        let scenario = read(&text);
        let (result, all) = support::play_on(2, &scenario.model, &scenario.experiment);
        let rows = by_names(&result, &all);
        // Whatever has begun is over or open, and what has failed was asked for.
        let counts = || result.cells.iter().map(|cell| &cell.counts);
        assert!(counts().all(|of| of.sessions == of.completed + of.failed_sessions + of.open), "{name}");
        assert!(counts().all(|of| of.failed <= of.requests), "{name}");
        let of = |outcome| all.iter().filter(|row| row.outcome == outcome).count() as u64;
        let told = [SessionOutcome::Completed, SessionOutcome::Failed, SessionOutcome::Open].map(of);
        assert_eq!(told.iter().sum::<u64>(), all.len() as u64, "{name}");
        assert_eq!(told[2], counts().map(|of| of.open).sum::<u64>(), "{name}");
        assert!(told[0] > 0 && told[2] > 0, "{name}: {told:?}");
        // Each request, and each that is held, is in one session and in one cell.
        let sum = |of: fn(&SessionRecord) -> u32| all.iter().map(|row| u64::from(of(row))).sum::<u64>();
        let in_cells = |of: fn(&CellCounts) -> u64| counts().map(of).sum::<u64>();
        assert_eq!(sum(|row| row.requests), in_cells(|of| of.requests), "{name}");
        assert_eq!(sum(|row| row.failed_requests), in_cells(|of| of.failed), "{name}");
        assert_eq!(sum(|row| row.held_requests), in_cells(|of| of.held), "{name}");
        assert_eq!(sum(|row| row.held_failed_requests), in_cells(|of| of.held_failed), "{name}");
        assert!(sum(|row| row.failed_requests) > 0 || name == "migration-in-waves", "{name}");

        let again = read(&scenario.resolved);
        let (reloaded, others) = support::play(&again.model, &again.experiment);
        assert_eq!(result.trajectory_hash, reloaded.trajectory_hash, "{name}");
        assert_eq!(result.outcome_hash, reloaded.outcome_hash, "{name}");
        assert!(all == others, "{name}: one thread, read back");

        let other = read(&turned(&text));
        let (result, all) = support::play(&other.model, &other.experiment);
        same(&rows, &by_names(&result, &all), name);
    }
}
