//! What a scenario left to casim, and what each value rests on.
//!
//! The lines are those of [`Scenario::assumed`](crate::scenario::Scenario::assumed) and of
//! `assumed_defaults` in `run.json`: `path = value (source)`.

use std::collections::BTreeMap;

/// What a value rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Somebody's published figure or documented default, or arithmetic on one.
    Published,
    /// Recalled, not read again.
    Memory,
    /// casim's own choice.
    Assumed,
}

impl Kind {
    /// As tables have it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Memory => "memory",
            Self::Assumed => "assumed",
        }
    }
}

/// A setting that was left to casim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assumption<'l> {
    /// Path of its key, names replaced by `*`.
    pub path: &'l str,
    /// What was taken, as a scenario writes it.
    pub value: &'l str,
    /// What it rests on.
    pub kind: Kind,
    /// Where it comes from.
    pub source: &'l str,
}

impl Assumption<'_> {
    /// Whether it names something, or says how a run is played: nobody's figure.
    #[must_use]
    pub fn is_own(&self) -> bool {
        ["run.", "outage.", "contested."].iter().any(|head| self.path.starts_with(head))
            || self.path.ends_with(".stream")
            || self.path.ends_with(".name")
    }
}

/// Takes the lines apart, each with what it rests on.
#[must_use]
pub fn read(lines: &[String]) -> Vec<Assumption<'_>> {
    let lines: Vec<(&str, &str, &str)> = lines.iter().filter_map(|line| parts(line)).collect();
    let sources: BTreeMap<&str, &str> = lines.iter().map(|(path, _, source)| (*path, *source)).collect();
    let one = |&(path, value, source): &(_, _, _)| {
        let assumption = Assumption { path, value, kind: Kind::Assumed, source };
        Assumption { kind: kind(&assumption, source, &sources, 0), ..assumption }
    };
    lines.iter().map(one).collect()
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
fn kind(of: &Assumption<'_>, source: &str, sources: &BTreeMap<&str, &str>, depth: u32) -> Kind {
    if source.contains("ASSUMED") {
        return Kind::Assumed;
    }
    if source.contains("MEMORY") || source.contains("from memory") {
        return Kind::Memory;
    }
    // "as owa_received": what that rests on.
    let table = of.path.rsplit_once('.').map_or("", |(table, _)| table);
    let other = source.strip_prefix("as ").map(|rest| rest.split([' ', ';', ',']).next().unwrap_or(rest));
    let path_of_other = other.map(|key| format!("{table}.{key}"));
    if let (Some(other), 0..8) = (path_of_other.as_deref(), depth)
        && let Some((&other, source)) = sources.get_key_value(other)
    {
        return kind(&Assumption { path: other, ..*of }, source, sources, depth + 1);
    }
    if of.is_own() { Kind::Assumed } else { Kind::Published }
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
        let kinds: Vec<&str> = read(&lines).iter().map(|one| one.kind.token()).collect();
        assert_eq!(kinds, ["published", "published", "assumed", "assumed", "memory", "assumed"]);
    }
}
