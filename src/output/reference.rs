//! `output/README.md`: what stands in every file of an output folder, made from the
//! columns that write it.

use std::fmt::Write;

#[cfg(feature = "charts")]
use super::charts;
use super::manifest;
use super::tables;
use super::tables::columns::Description;
use super::{compared, planned, sensitive, swept};

/// The text of `output/README.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    for (folder, table) in files() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {folder}{}.csv\n\nOne row: {}.\n\n", table.name, table.row);
        text.push_str("| column | unit | meaning |\n|---|---|---|\n");
        for column in &table.columns {
            let _ = writeln!(text, "| `{}` | {} | {} |", column.name, column.unit.words(), column.meaning);
        }
    }
    text.push_str("\n## run.json\n\nOne object.\n\n| key | meaning |\n|---|---|\n");
    let keys = manifest::KEYS.iter().map(|key| (key.name, key.meaning));
    for (name, meaning) in keys.chain([(manifest::CHECKSUM, manifest::CHECKSUM_MEANING)]) {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    text.push_str(TAIL);
    compared(&mut text);
    swept(&mut text);
    planned(&mut text);
    sensitivity(&mut text);
    text
}

/// What `casim plan` writes.
fn planned(text: &mut String) {
    text.push_str(PLANNED);
    let mut table = |name: &str, columns: &[(&str, &str)]| {
        let _ = write!(text, "\n### {name}.csv\n\n| column | meaning |\n|---|---|\n");
        for (name, meaning) in columns {
            let _ = writeln!(text, "| `{name}` | {meaning} |");
        }
    };
    table("plan", &planned::tables::COLUMNS);
    table("plan_groups", &planned::tables::GROUPS);
    table("plan_damages", &planned::tables::DAMAGES);
}

/// What `casim sweep` writes.
fn swept(text: &mut String) {
    text.push_str(SWEPT);
    text.push_str("| column | meaning |\n|---|---|\n");
    for (name, meaning) in swept::tables::COLUMNS {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
}

/// What `casim sensitivity` writes.
fn sensitivity(text: &mut String) {
    text.push_str(SENSITIVITY);
    let table = sensitive::tables::description();
    let _ = write!(text, "One row: {}.\n\n", table.row);
    text.push_str("| column | unit | meaning |\n|---|---|---|\n");
    for column in &table.columns {
        let _ = writeln!(text, "| `{}` | {} | {} |", column.name, column.unit.words(), column.meaning);
    }
}

/// What `casim compare` writes.
fn compared(text: &mut String) {
    text.push_str(COMPARED);
    for table in compared::tables::descriptions() {
        let _ = write!(text, "\n### {}.csv\n\nOne row: {}.\n\n", table.name, table.row);
        text.push_str("| column | unit | meaning |\n|---|---|---|\n");
        for column in &table.columns {
            let _ = writeln!(text, "| `{}` | {} | {} |", column.name, column.unit.words(), column.meaning);
        }
    }
}

/// Every CSV file with the folder it stands in.
fn files() -> impl Iterator<Item = (&'static str, Description)> {
    let tables = tables::descriptions().map(|table| ("", table));
    #[cfg(feature = "charts")]
    let tables = tables.chain(charts::ALL.iter().map(|entry| ("charts/", (entry.describe)())));
    tables
}

const HEAD: &str = "\
# What is in an output folder

`casim run SCENARIO` writes one folder, by default `output/<scenario file stem>`. The same
scenario, seed and version of casim give the same bytes, on any number of threads and in any
folder; so nothing in it tells when, where or how fast it was made.

A folder is whole or not there: it is written under a hidden name beside its place and renamed at
the end. A folder that casim wrote (known by its `run.json`) is replaced as a whole; any other that
is not empty only with `--force`.

All tables are CSV: UTF-8, comma, a header, `.` as decimal point, fields quoted where needed. A
blank field means \"not known or does not apply\", never zero. A name that begins like a
spreadsheet formula (`=`, `+`, `-`, `@`) has an apostrophe in front. Latencies are exact to the
nanosecond. Half-widths (`_ci95`) come from Student's t over replications, widened where they are skewed
to the right (Johnson's modified t, see docs/verification.md), and are blank for a single one.

**One rule for replications.** Every count is per run: the mean over the replications, written so that
count x replications, rounded, is the number of rows or events in all of them together. Rates,
utilisations and means are means over the replications as well. A maximum is the mean of the
replications' maxima; the highest of all stands in a column of its own (`_highest`). Percentiles are of all
replications together. First, last and example are of all replications. What is said of single
replications stands in replications.csv; of run.json `session_rows`, `events` and `replications` count
what was done in all.

A session is counted when it overlaps the measured window, a request where it starts. Opened plus
carried in = completed + failed + open, always; a run that breaks this stops with an error. With
`--sessions all` the counts of summary.csv and of flows.csv, times the replications, are the sums over the
rows of sessions.csv. Of the requests of summary.csv those that ended in the window are the sum of `ended`
in timeline.csv; the rest was unanswered at its end.
";

const TAIL: &str = "
## scenario.toml

The resolved scenario: every default written out with where it comes from. It runs as it is and
gives the same folder. More than a thousand observed values, of a trace or of an `empirical` law, stand beside it in
`values-….csv`, named after what is in it, and not in it.

## result.bin

The whole result, exact to the bit: what the tables round, the histograms of latencies and the values
of each replication. For casim itself, which reads it by its format number and digest
(`casim::store`).

## charts

Each chart as SVG and PNG, with the values that it shows in a CSV of the same name (above);
`--charts svg` leaves the PNG out, `--charts none` the folder, and with it report.html and the
summaries.

## report.html

The result on one page: it opens offline, asks for nothing, and prints. `casim report DIR` makes it again from what the
folder keeps, and one page of several folders; [docs/report.md](../docs/report.md) tells how to read it.

The folders of `compare`, `sweep`, `plan` and `sensitivity` have a page too, and `decided.bin` in place of `result.bin`: what was
decided, exact to the bit, of which the page is made.

## summary.md and summary.json

Verdict, objectives that are not met, failures, findings and capacity in a few lines: to be pasted into a ticket, and for
scripts. The JSON has a `format` of its own, 1; within one number keys are only added. `casim report DIR` renews both.
";

const COMPARED: &str = "
## What casim compare writes

`casim compare BASE OTHER...` writes a folder of its own, by default `output/compare-BASE-OTHER`: the tables below,
`comparison.json` (what `--json` prints: the same rows, and the figures above them), `comparison.md` to paste, `steps` with the
scenario after each step of changes.csv, `charts` (as `casim run` has them; the CSV of `comparison` and `affected` are rows of
the tables of these names), the scenarios of all sides (`base.toml`, `other-1.toml` ...), and a `run.json` by which the folder is
known. [docs/compare.md](../docs/compare.md) tells how to read it.
";

const SWEPT: &str = "
## What casim sweep writes

`casim sweep SCENARIO --vary PATH=VALUES` writes a folder of its own, by default `output/sweep-NAME`: `sweep.csv`, `sweep.md`
to paste, `sweep.json` (what `--json` prints), `charts` (`sweep`, whose CSV has rows of `sweep.csv`), `scenario.toml`, a `run.json` by which the
folder is known, and `items`, one file for each finished run of a point. [docs/sweep.md](../docs/sweep.md) tells how to read it.

### sweep.csv

One row: a metric at a point. Behind `item` stands a column for each parameter, by its path.

";

const PLANNED: &str = "
## What `casim plan` writes

`output/plan-NAME` has `plan.csv`, a row a goal and case of each candidate that was played and one of each that was not, with a
column for each thing that can be bought behind `cost`; `plan_groups.csv` and `plan_damages.csv`; `plan.md` to paste,
`plan.json` (what `--json` prints), `charts`, `scenario.toml`, `run.json`, and `items`. Of several designs each has its files
with a number (`plan-2.csv`), `plan.md` and `plan.json` are of all.
";

const SENSITIVITY: &str = "
## What casim sensitivity writes

`casim sensitivity SCENARIO` writes a folder of its own, by default `output/sensitivity-NAME`: `sensitivity.csv`,
`sensitivity.md` to paste, `sensitivity.json` (what `--json` prints), `charts` (`tornado`, a picture for each of the objectives
that are moved most, whose CSV has rows of `sensitivity.csv`), `scenario.toml`, a `run.json` by which the folder is
known, and `items`, one file for each finished run. [docs/sensitivity.md](../docs/sensitivity.md) tells how to read it.

### sensitivity.csv

";

#[cfg(test)]
mod tests {
    use super::*;

    /// `CASIM_BLESS=1 cargo test` writes the file anew.
    #[cfg(feature = "charts")]
    #[test]
    fn the_readme_documents_exactly_the_columns_that_are_written() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/output/README.md");
        if std::env::var_os("CASIM_BLESS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let file = std::fs::read_to_string(path).unwrap();
        assert!(file == reference(), "output/README.md is not what the code writes; run with CASIM_BLESS=1");
    }

    #[test]
    fn no_column_stands_twice() {
        for (_, table) in files() {
            let mut names: Vec<_> = table.columns.iter().map(|column| &column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
    }

    /// A name that tells a unit tells the right one.
    #[test]
    fn names_and_units_agree() {
        let endings = ["_ms", "_s", "_bytes", "_mbps"];
        for (_, table) in files() {
            for column in &table.columns {
                let name = column.name.trim_end_matches("_ci95").trim_end_matches("_end_per_s");
                let told = if name.ends_with("_per_s") {
                    Some("_per_s")
                } else {
                    endings.into_iter().find(|end| name.ends_with(end))
                };
                if let Some(told) = told {
                    assert_eq!(column.unit.ending(), Some(told), "{} of {}", column.name, table.name);
                }
            }
        }
    }

    /// Words that a column may hold are listed by hand where a reader looks for them.
    #[test]
    fn lists_of_words_are_whole() {
        use crate::itinerary::Part;
        use crate::model::protocol::Protocol;
        let text = reference();
        let row = |name: &str| text.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        for protocol in Protocol::ALL {
            let word = format!("`{}`", protocol.token());
            assert!(row("protocol").contains(&word), "{word}");
        }
        for (_, token) in Part::ALL {
            assert!(row("part").contains(&format!("`{token}`")), "{token}");
        }
        for role in ["cas", "mailbox", "service", "custom"] {
            assert!(row("role").contains(&format!("`{role}`")), "{role}");
        }
    }

    #[test]
    fn no_key_stands_twice() {
        let mut names: Vec<_> = manifest::KEYS.iter().map(|key| key.name).collect();
        names.push(manifest::CHECKSUM);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), manifest::KEYS.len() + 1);
    }
}
