//! The base with the names of the other, where sites and populations are only called otherwise.
//!
//! What draws from the same stream is the same thing (docs/compare.md). The base is read again
//! with the other's names in every place that refers to one, and is taken only if giving the old
//! names back makes the base again: what that does not hold for is told as gone and come.

use toml::{Table, Value};

use super::elements::element;
use crate::scenario::{self, Scenario};

/// What is called otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Site,
    Population,
    /// A line that is called by its two sites.
    Link,
}

impl Kind {
    /// Its table.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Population => "population",
            Self::Link => "link",
        }
    }
}

/// A name and the one that follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub(super) kind: Kind,
    pub(super) old: String,
    pub(super) new: String,
}

/// The base with the other's names.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) scenario: Scenario,
    pub(super) names: Vec<Name>,
}

/// `None` where nothing is only called otherwise.
pub(super) fn renamed(base: &Scenario, other: &Scenario) -> Option<Renamed> {
    let names = names(base, other);
    if names.is_empty() {
        return None;
    }
    let there = read_as(base, &names)?;
    let back: Vec<Name> = names
        .iter()
        .map(|name| Name { kind: name.kind, old: name.new.clone(), new: name.old.clone() })
        .collect();
    let again = read_as(&there, &back)?;
    let same = again.model.topology == base.model.topology && again.model.workload == base.model.workload;
    same.then_some(Renamed { scenario: there, names })
}

fn names(base: &Scenario, other: &Scenario) -> Vec<Name> {
    let of = |kind: Kind, ours: &[(&str, &str)], theirs: &[(&str, &str)]| -> Vec<Name> {
        let has = |all: &[(&str, &str)], name: &str| all.iter().any(|(own, _)| *own == name);
        let gone = ours.iter().filter(|(name, _)| !has(theirs, name));
        let pair = |(old, stream): &(&str, &str)| {
            let came = theirs.iter().find(|(name, theirs)| theirs == stream && !has(ours, name))?;
            Some(Name { kind, old: (*old).to_owned(), new: came.0.to_owned() })
        };
        gone.filter_map(pair).collect()
    };
    let sites = |scenario: &'_ Scenario| -> Vec<(String, String)> {
        let all = scenario.model.topology.sites.iter();
        all.map(|site| (site.name.clone(), site.stream.clone())).collect()
    };
    let populations = |scenario: &'_ Scenario| -> Vec<(String, String)> {
        // Who says what it was is matched by that.
        let all = scenario.model.workload.populations.iter().filter(|of| of.was.is_empty());
        all.map(|of| (of.name.clone(), of.stream.clone())).collect()
    };
    let found = |kind: Kind, ours: Vec<(String, String)>, theirs: Vec<(String, String)>| {
        let ours: Vec<(&str, &str)> = ours.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let theirs: Vec<(&str, &str)> = theirs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        of(kind, &ours, &theirs)
    };
    let mut all = found(Kind::Site, sites(base), sites(other));
    all.extend(found(Kind::Population, populations(base), populations(other)));
    all
}

/// The scenario as it was given, without what nobody gave, with these names.
fn read_as(scenario: &Scenario, names: &[Name]) -> Option<Scenario> {
    let mut table: Table = scenario.resolved.parse().ok()?;
    let origin = table.remove("origin");
    let defaults = origin.as_ref().and_then(|origin| origin.get("defaults")).and_then(Value::as_array);
    let defaults: Vec<&str> = defaults.into_iter().flatten().filter_map(Value::as_str).collect();
    let mut whole = Value::Table(table);
    leave_out(&mut whole, "", &defaults);
    let table = whole.as_table_mut()?;
    let lines = lines(table, names);
    rename_in(table, &mut Vec::new(), &[names, lines.as_slice()].concat());
    // The name draws nothing: the stream that it was by default stays.
    for name in names {
        let of = table.get_mut(name.kind.table()).and_then(Value::as_array_mut)?;
        let is_it = |item: &&mut Value| element(item).is_some_and(|own| own == name.new);
        let item = of.iter_mut().find(is_it)?.as_table_mut()?;
        item.entry("stream".to_owned()).or_insert_with(|| Value::String(name.old.clone()));
    }
    scenario::load_made("renamed.toml", &table.to_string(), &scenario.beside).ok()
}

/// Lines without a name of their own that are called otherwise with their sites.
fn lines(table: &Table, names: &[Name]) -> Vec<Name> {
    let all = table.get("link").and_then(Value::as_array).into_iter().flatten();
    let called = all.filter(|line| line.get("name").is_none()).filter_map(|line| {
        let ends: Vec<&str> = line.get("between")?.as_array()?.iter().filter_map(Value::as_str).collect();
        let now = ends.iter().map(|end| {
            let of_site = |name: &&Name| name.kind == Kind::Site && name.old == *end;
            names.iter().find(of_site).map_or(*end, |name| name.new.as_str())
        });
        let (old, new) = (ends.join("-"), now.collect::<Vec<_>>().join("-"));
        (old != new).then_some(Name { kind: Kind::Link, old, new })
    });
    called.collect()
}

fn leave_out(value: &mut Value, path: &str, defaults: &[&str]) {
    let join = |key: &str| match path {
        "" => scenario::key(key),
        path => format!("{path}.{}", scenario::key(key)),
    };
    match value {
        Value::Table(table) => {
            table.retain(|key, _| !defaults.contains(&join(key).as_str()));
            for (key, inner) in table.iter_mut() {
                leave_out(inner, &join(key), defaults);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (at, item) in items.iter_mut().enumerate() {
                let key = element(item).unwrap_or_else(|| (at + 1).to_string());
                leave_out(item, &join(&key), defaults);
            }
        }
        _ => {}
    }
}

fn rename_in(table: &mut Table, path: &mut Vec<String>, names: &[Name]) {
    for (key, value) in table.iter_mut().filter(|(key, _)| *key != "stream" && *key != "was") {
        path.push(key.clone());
        rename(value, path, names);
        path.pop();
    }
}

fn rename(value: &mut Value, path: &mut Vec<String>, names: &[Name]) {
    match value {
        Value::Table(table) => rename_in(table, path, names),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, path, names)),
        Value::String(text) => {
            let own = |name: &&Name| match path.as_slice() {
                [table, key] if key == "name" => table == name.kind.table(),
                [.., key] if key == "name" => false,
                _ => true,
            };
            if let Some(new) = names.iter().filter(own).find_map(|name| followed(text, name)) {
                *text = new;
            }
        }
        _ => {}
    }
}

/// What a text that refers to a name is with the one that follows: the name itself, a path to it, or
/// servers of the site that are called by it.
fn followed(text: &str, name: &Name) -> Option<String> {
    if text == name.old {
        return Some(name.new.clone());
    }
    let behind = |start: &str| {
        let rest = text.strip_prefix(start)?;
        (rest.is_empty() || rest.starts_with(['.', '-'])).then_some(rest)
    };
    let (table, old, new) = (name.kind.table(), scenario::key(&name.old), scenario::key(&name.new));
    if let Some(rest) = behind(&format!("{table}.{old}")) {
        return Some(format!("{table}.{new}{rest}"));
    }
    let servers = ["CAS", "MBX"].into_iter().filter(|_| name.kind == Kind::Site);
    servers.flat_map(|role| ["", "server."].map(|before| (before, role))).find_map(|(before, role)| {
        let rest = behind(&format!("{before}{}-{role}", name.old))?;
        Some(format!("{before}{}-{role}{rest}", name.new))
    })
}
