//! `assumptions.csv`: what the scenario left to casim, and where each value comes from.

use std::collections::BTreeMap;

use super::columns::{Column, Table, columns, text};
use super::csv_table;

/// The table.
#[derive(Debug)]
pub(super) struct Assumptions;

/// A setting that was left to casim.
#[derive(Debug)]
pub(super) struct Row<'r> {
    path: &'r str,
    value: &'r str,
    kind: &'static str,
    source: &'r str,
}

/// Takes `path = value (source)` apart.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (path, rest) = line.split_once(" = ")?;
    let inner = rest.strip_suffix(')')?;
    // The bracket that the last one closes; sources have brackets of their own.
    let mut depth = 0_u32;
    let open = inner.char_indices().rev().find_map(|(at, c)| match c {
        ')' => {
            depth += 1;
            None
        }
        '(' if depth == 0 => Some(at),
        '(' => {
            depth -= 1;
            None
        }
        _ => None,
    })?;
    Some((path, inner[..open].trim_end(), &inner[open + 1..]))
}

/// What a source is worth: `assumed` is casim's own choice.
fn kind(path: &str, source: &str, sources: &BTreeMap<&str, &str>, depth: u32) -> &'static str {
    if source.contains("ASSUMED") {
        return "assumed";
    }
    if source.contains("MEMORY") || source.contains("from memory") {
        return "memory";
    }
    // "as owa_received": what that rests on.
    let table = path.rsplit_once('.').map_or("", |(table, _)| table);
    let other = source.strip_prefix("as ").map(|rest| rest.split([' ', ';', ',']).next().unwrap_or(rest));
    let path_of_other = other.map(|key| format!("{table}.{key}"));
    if let (Some(other), 0..8) = (path_of_other.as_deref(), depth)
        && let Some((&other, source)) = sources.get_key_value(other)
    {
        return kind(other, source, sources, depth + 1);
    }
    // Names, and how a run is played, are nobody's figures.
    let own = ["run.", "outage.", "contested."].iter().any(|head| path.starts_with(head))
        || path.ends_with(".stream")
        || path.ends_with(".name");
    if own { "assumed" } else { "published" }
}

/// The bytes of the file, from lines `path = value (source)` as run.json has them.
#[must_use]
pub fn file(assumed: &[String]) -> Vec<u8> {
    let lines: Vec<(&str, &str, &str)> = assumed.iter().filter_map(|line| parts(line)).collect();
    let sources: BTreeMap<&str, &str> = lines.iter().map(|(path, _, source)| (*path, *source)).collect();
    let rows = lines.iter().map(|&(path, value, source)| Row {
        path,
        value,
        kind: kind(path, source, &sources, 0),
        source,
    });
    csv_table::file::<Assumptions>(rows)
}

impl Table for Assumptions {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "assumptions";
    const ROW: &'static str = "a setting that the scenario left to casim, as in `assumed_defaults` of run.json; of many sites, links or populations (`site.*`) the value of the first";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "path" Word "path of the key" => |row| text(row.path),
        "value" Word "what was taken, as a scenario writes it" => |row| text(row.value),
        "kind" Word "`published`: somebody's published figure or documented default, or arithmetic on one; `memory`: recalled, not read again; `assumed`: casim's own choice" => |row| text(row.kind),
        "source" Word "where it comes from" => |row| text(row.source),
    }];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        assert_eq!(
            parts(r#"link.*.name = "A (x)-B" (the two sites)"#),
            Some(("link.*.name", r#""A (x)-B""#, "the two sites"))
        );
        assert_eq!(
            parts("costs.x = 1.32 (LoadGen: 132 (Dell BP1013) over 100)"),
            Some(("costs.x", "1.32", "LoadGen: 132 (Dell BP1013) over 100"))
        );
        assert_eq!(parts("nothing"), None);
    }

    #[test]
    fn a_source_says_what_it_is_worth() {
        let lines = [
            "traffic.a = 1 (fitted to a published figure)",
            "traffic.b = 2 (as a)",
            "traffic.c = 3 (ASSUMED)",
            "traffic.d = 4 (as c; or so)",
            "costs.e = 5 (of a sizing guide, MEMORY)",
            "run.load = 1.0 (the load as stated)",
        ];
        let lines = lines.map(str::to_owned);
        let text = String::from_utf8(file(&lines)).unwrap();
        let kinds: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
        assert_eq!(kinds, ["published", "published", "assumed", "assumed", "memory", "assumed"]);
    }
}
