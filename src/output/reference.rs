//! `output/README.md`: what stands in every file of an output folder, made from the
//! columns that write it.

use std::fmt::Write;

use super::charts;
use super::tables::columns::{Column, MANIFEST, TABLES};

/// The text of `output/README.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    for table in TABLES.iter().copied().chain(charts::TABLES.iter().copied()) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {}\n\nOne row: {}.\n\n", table.file, table.row);
        push_columns(&mut text, "column", table.columns);
    }
    text.push_str("\n## run.json\n\nOne object.\n\n");
    push_columns(&mut text, "key", MANIFEST.columns);
    text.push_str(TAIL);
    text
}

fn push_columns(text: &mut String, head: &str, columns: &[Column]) {
    let _ = write!(text, "| {head} | meaning |\n|---|---|\n");
    for column in columns {
        let _ = writeln!(text, "| `{}` | {} |", column.name, column.meaning);
    }
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
nanosecond; counts are sums over all replications; rates, utilisations and means are means over
them. Half-widths (`_ci95`) come from Student's t over replications, widened where they are skewed
to the right (Johnson's modified t, see docs/verification.md), and are blank for a single one.

A session is counted when it overlaps the measured window, a request where it starts. Opened plus
carried in = completed + failed + open, always; a run that breaks this stops with an error. With
`--sessions all` the counts of summary.csv are the sums over the rows of sessions.csv.
";

const TAIL: &str = "
## scenario.toml

The resolved scenario: every default written out with where it comes from. It runs as it is and
gives the same folder.

## charts

Each chart as SVG and PNG, with the values that it shows in a CSV of the same name (above).
";

#[cfg(test)]
mod tests {
    use super::*;

    /// `CASIM_BLESS=1 cargo test` writes the file anew.
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
        for table in TABLES.iter().copied().chain(charts::TABLES.iter().copied()) {
            let mut names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.file);
        }
    }
}
