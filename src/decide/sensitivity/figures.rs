//! What can be moved: every number that rests on an assumption or on memory, and numbers that were asked
//! for; each with a lower and a higher value as far as the scenario takes them.
//!
//! Whole numbers stay whole. Of a distribution the numbers that place it are moved together, and how much
//! it varies is a figure of its own. What may not go as far as it should goes as far as it may. A share of
//! 0 goes to a half, a count of 0 to 1. Must not know what is played.

use std::collections::BTreeSet;

use crate::decide::sweep::vary::scaled;
use crate::results::assumed::{self, Kind};
use crate::results::sensitive::{Nature, Rests};
use crate::scenario::{Override, Range, Resolved, Scenario, Stated};

use super::fellows;

/// Steps in which the farthest value that a scenario takes is looked for.
const STEPS: u32 = 8;

/// A figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Path of it, names replaced by `*` where all move together.
    pub path: String,
    /// What it is.
    pub nature: Nature,
    /// What its value rests on.
    pub rests: Rests,
    /// The value that it has, as it is shown.
    pub base: String,
    /// Lower and higher; `None` where there is none.
    pub ends: [Option<Setting>; 2],
}

/// A value that a figure is moved to.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// As it is shown.
    pub shown: String,
    /// What is set.
    pub sets: Vec<Override>,
    /// A bound stopped it on its way.
    pub bounded: bool,
}

/// A number in a scenario: at a path of its own, or inside a distribution.
#[derive(Clone, Debug)]
struct Place {
    /// Path that is set.
    key: String,
    value: Stated,
    law: Option<Law>,
}

/// A distribution, and which of its numbers are moved.
#[derive(Clone, Debug)]
struct Law {
    name: String,
    parts: Vec<(String, Stated, bool)>,
}

/// Distributions of several numbers.
const LAWS: [&str; 4] = ["exponential", "lognormal", "gamma", "uniform"];

/// How much a distribution varies, beside where it lies.
const SPREAD: [&str; 1] = ["cv"];

/// Whether a path is one that a pattern stands for: `*` is any part, and what is behind the pattern is in it.
#[must_use]
pub fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (crate::scenario::split_path(pattern), crate::scenario::split_path(path));
    let same = |(a, b): (&String, &String)| a == "*" || b == "*" || a == b;
    pattern.len() <= path.len() && pattern.iter().zip(&path).all(same)
}

/// The numbers that rest on an assumption or on memory.
#[must_use]
pub fn assumed(scenario: &Scenario, range: [f64; 2], wanted: impl Fn(&str) -> bool) -> Vec<Candidate> {
    let resolved = Resolved::of(&scenario.resolved);
    let defaults = resolved.defaults();
    let mut found = Vec::new();
    for one in assumed::read(&scenario.assumed) {
        let rests = match one.kind {
            Kind::Assumed => Rests::Assumed,
            Kind::Memory => Rests::Memory,
            Kind::Published => continue,
        };
        if one.is_own() || !wanted(one.path) {
            continue;
        }
        for (path, places) in figures_at(&resolved, one.path, Some(&defaults)) {
            found.push(Candidate { path, rests, places, factors: range, stated: None, fellows: Vec::new() });
        }
    }
    found
}

/// The paths of values whose ranges the scenario states.
#[must_use]
pub fn ranged(scenario: &Scenario) -> Vec<String> {
    let ranges = Resolved::of(&scenario.resolved).ranges();
    // A number inside a distribution goes by the path of the whole.
    let whole = |path: String| {
        let parts = crate::scenario::split_path(&path);
        let law = parts.len() > 2 && LAWS.contains(&parts[parts.len() - 2].as_str());
        let parts = if law { &parts[..parts.len() - 2] } else { &parts[..] };
        parts.iter().map(|part| crate::scenario::key(part)).collect::<Vec<_>>().join(".")
    };
    ranges.into_keys().map(whole).collect()
}

/// The numbers that a path stands for, each a figure of its own.
///
/// # Errors
/// A sentence, where there is no number.
pub fn given(scenario: &Scenario, pattern: &str, range: [f64; 2]) -> Result<Vec<Candidate>, String> {
    let resolved = Resolved::of(&scenario.resolved);
    let found: Vec<(String, Option<Stated>)> = resolved.find(pattern);
    if found.is_empty() {
        return Err(format!("nothing in the scenario is called as in `{pattern}`"));
    }
    let ranges = resolved.ranges();
    let mut all = Vec::new();
    for (path, _) in &found {
        for (path, places) in figures_at(&resolved, path, None) {
            let fellows = fellows::of(&resolved, &path);
            let stated = ranges.get(&path).cloned();
            all.push(Candidate { path, rests: Rests::Given, places, factors: range, stated, fellows });
        }
    }
    if all.is_empty() {
        let names: Vec<&str> = found.iter().take(3).map(|(path, _)| path.as_str()).collect();
        return Err(format!("`{pattern}` is no number that could be moved: {}", names.join(", ")));
    }
    Ok(all)
}

/// A number that is to be moved by factors, before it is known how far it may go.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Path of it.
    pub path: String,
    rests: Rests,
    places: Vec<Place>,
    factors: [f64; 2],
    /// Where the scenario states in which range it may lie.
    stated: Option<Range>,
    /// Shares that add up to a whole with it: they give way.
    fellows: Vec<(String, f64)>,
}

/// The figures at a path, each with the places that it is written at; with `defaults` of those alone.
fn figures_at(
    resolved: &Resolved,
    path: &str,
    defaults: Option<&BTreeSet<String>>,
) -> Vec<(String, Vec<Place>)> {
    let mut figures: Vec<(String, Vec<Place>)> = Vec::new();
    let mut add = |figure: String, place: Place| match figures.iter_mut().find(|(known, _)| *known == figure)
    {
        Some((_, places)) => places.push(place),
        None => figures.push((figure, vec![place])),
    };
    for (key, value) in resolved.find(path) {
        if defaults.is_some_and(|defaults| !defaults.contains(&key)) {
            continue;
        }
        match value {
            Some(value @ (Stated::Integer(_) | Stated::Number(_))) => {
                add(path.to_owned(), Place { key, value, law: None });
            }
            Some(value @ Stated::Text(_)) if scaled(Some(&value), 1.0).is_some() => {
                add(path.to_owned(), Place { key, value, law: None });
            }
            Some(Stated::Other) => {
                for (figure, place) in of_law(resolved, path, &key) {
                    add(figure, place);
                }
            }
            _ => {}
        }
    }
    figures
}

/// Where a distribution lies, and how much it varies.
fn of_law(resolved: &Resolved, path: &str, key: &str) -> Vec<(String, Place)> {
    let found = resolved.find(&format!("{key}.*.*"));
    let parts: Vec<(Vec<String>, &Stated)> = found
        .iter()
        .filter_map(|(path, value)| Some((crate::scenario::split_path(path), value.as_ref()?)))
        .collect();
    let number = |value: &Stated| scaled(Some(value), 1.0).is_some();
    let Some((first, _)) = parts.first().filter(|_| parts.iter().all(|(_, value)| number(value))) else {
        return Vec::new();
    };
    let [.., name, _] = first.as_slice() else { return Vec::new() };
    let last = |path: &[String]| path.last().cloned().unwrap_or_default();
    let of = |moved: &dyn Fn(&str) -> bool| -> Option<(String, Place)> {
        let parts: Vec<(String, Stated, bool)> =
            parts.iter().map(|(path, value)| (last(path), (*value).clone(), moved(&last(path)))).collect();
        let own: Vec<&(String, Stated, bool)> = parts.iter().filter(|part| part.2).collect();
        let figure = match own.as_slice() {
            [] => return None,
            [(key, ..)] => format!("{path}.{name}.{key}"),
            _ => format!("{path}.{name}"),
        };
        let value = own[0].1.clone();
        let law = Some(Law { name: name.clone(), parts: parts.clone() });
        Some((figure, Place { key: key.to_owned(), value, law }))
    };
    let spread = |key: &str| SPREAD.contains(&key);
    [of(&|key| !spread(key)), of(&spread)].into_iter().flatten().collect()
}

impl Place {
    /// What sets it to so many times what it has; `None` where that is the same.
    fn moved(&self, factor: f64) -> Option<(String, String)> {
        let shown = moved(&self.value, factor)?;
        if Some(&shown) == scaled(Some(&self.value), 1.0).as_ref() {
            return None;
        }
        let Some(law) = &self.law else { return Some((shown.clone(), shown)) };
        let written = |(key, value, own): &(String, Stated, bool)| {
            let text = if *own { moved(value, factor)? } else { scaled(Some(value), 1.0)? };
            let text = if matches!(value, Stated::Text(_)) { format!("\"{text}\"") } else { text };
            Some((text.clone(), format!("{key} = {text}")))
        };
        let parts: Vec<(String, String)> = law.parts.iter().map(written).collect::<Option<_>>()?;
        let own = law.parts.iter().zip(&parts).filter(|(part, _)| part.2);
        let shown: Vec<&str> = own.map(|(_, (text, _))| text.trim_matches('"')).collect();
        let whole: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
        Some((shown.join(" to "), format!("{{ {} = {{ {} }} }}", law.name, whole.join(", "))))
    }

    /// What sets it to a value; of a distribution with all else as it is.
    fn written(&self, value: &str) -> Option<String> {
        let Some(law) = &self.law else { return Some(value.to_owned()) };
        let quoted =
            |text: &str| if text.parse::<f64>().is_ok() { text.to_owned() } else { format!("\"{text}\"") };
        let part = |(key, stated, own): &(String, Stated, bool)| {
            let text = if *own { value.to_owned() } else { scaled(Some(stated), 1.0)? };
            Some(format!("{key} = {}", quoted(&text)))
        };
        let parts: Vec<String> = law.parts.iter().map(part).collect::<Option<_>>()?;
        Some(format!("{{ {} = {{ {} }} }}", law.name, parts.join(", ")))
    }

    fn shown(&self) -> String {
        let one = |value: &Stated| scaled(Some(value), 1.0).unwrap_or_default();
        match &self.law {
            None => one(&self.value),
            Some(law) => {
                let own = law.parts.iter().filter(|part| part.2).map(|(_, value, _)| one(value));
                own.collect::<Vec<_>>().join(" to ")
            }
        }
    }
}

/// A value times a factor: a whole number by one at least, and 0 upwards to a half of a share, or one.
fn moved(value: &Stated, factor: f64) -> Option<String> {
    match value {
        Stated::Integer(number) => {
            let scaled = libm::round(*number as f64 * factor) as i64;
            let step = if factor > 1.0 { 1 } else { -1 };
            let whole = if scaled == *number { number + step } else { scaled };
            (whole >= 0).then(|| whole.to_string())
        }
        Stated::Text(text) if factor > 1.0 && text.trim() == "0 %" => Some("50 %".to_owned()),
        value => scaled(Some(value), factor),
    }
}

impl Candidate {
    /// The figure, moved as far as the scenario takes it.
    #[must_use]
    pub fn figure(self, scenario: &Scenario) -> Figure {
        let shown: BTreeSet<String> = self.places.iter().map(Place::shown).collect();
        let base = match shown.len() {
            1 => shown.into_iter().next().unwrap_or_default(),
            _ => "as they are".to_owned(),
        };
        let ends = match &self.stated {
            Some(range) => [0, 1].map(|end| self.to(scenario, range[end].as_deref()?)),
            None => self.factors.map(|factor| self.end(scenario, factor)),
        };
        Figure { path: self.path, nature: Nature::Number, rests: self.rests, base, ends }
    }

    /// An end that the scenario states.
    fn to(&self, scenario: &Scenario, value: &str) -> Option<Setting> {
        let place = self.places.first()?;
        let written = place.written(value)?;
        let mut sets = vec![Override { path: place.key.clone(), value: written }];
        sets.extend(fellows::give_way(&self.fellows, &sets)?);
        let taken = value != place.shown() && scenario.with(&sets).is_ok();
        taken.then(|| Setting { shown: value.to_owned(), sets, bounded: false })
    }

    fn end(&self, scenario: &Scenario, factor: f64) -> Option<Setting> {
        if factor == 1.0 {
            return None;
        }
        if let Some(setting) = self.taken(scenario, factor) {
            return Some(setting);
        }
        // The farthest that is taken.
        let (mut good, mut bad, mut best) = (1.0, factor, None);
        for _ in 0..STEPS {
            let middle = f64::midpoint(good, bad);
            match self.taken(scenario, middle) {
                Some(setting) => (good, best) = (middle, Some(setting)),
                None => bad = middle,
            }
        }
        let whole = self.taken(scenario, self.to_whole().filter(|at| (at - good) * (factor - good) >= 0.0)?);
        whole.or(best).map(|setting| Setting { bounded: true, ..setting })
    }

    /// The factor that makes a share the whole, or a number 1.
    fn to_whole(&self) -> Option<f64> {
        let number = match &self.places.first()?.value {
            Stated::Integer(number) => *number as f64,
            Stated::Number(number) => *number,
            Stated::Text(text) => text.strip_suffix('%')?.trim().parse::<f64>().ok()? / 100.0,
            _ => return None,
        };
        (number > 0.0).then(|| 1.0 / number)
    }

    /// What sets it to so many times what it has, where the scenario takes that.
    fn taken(&self, scenario: &Scenario, factor: f64) -> Option<Setting> {
        let each: Vec<(String, Override)> = self
            .places
            .iter()
            .filter_map(|place| {
                let (shown, value) = place.moved(factor)?;
                Some((shown, Override { path: place.key.clone(), value }))
            })
            .collect();
        let shown: BTreeSet<&String> = each.iter().map(|(shown, _)| shown).collect();
        let shown = match shown.len() {
            0 => return None,
            1 if each.len() == self.places.len() => each[0].0.clone(),
            _ => format!("x{factor}"),
        };
        let mut sets: Vec<Override> = each.into_iter().map(|(_, set)| set).collect();
        sets.extend(fellows::give_way(&self.fellows, &sets)?);
        scenario.with(&sets).is_ok().then_some(Setting { shown, sets, bounded: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_moved_by_their_kind() {
        let text = |text: &str| Stated::Text(text.to_owned());
        for (value, factor, wanted) in [
            (Stated::Integer(5), 0.5, Some("3")),
            (Stated::Integer(1), 0.5, Some("0")),
            (Stated::Integer(2), 1.1, Some("3")),
            (Stated::Integer(0), 1.5, Some("1")),
            (Stated::Integer(0), 0.5, None),
            (Stated::Number(1.24), 0.5, Some("0.62")),
            (text("27.5 %"), 1.5, Some("41.25 %")),
            (text("0 %"), 1.5, Some("50 %")),
            (text("60 Mcycles"), 0.5, Some("30 Mcycles")),
            (text("by curve"), 0.5, None),
        ] {
            assert_eq!(moved(&value, factor).as_deref(), wanted, "{value:?} {factor}");
        }
    }

    #[test]
    fn patterns_stand_for_paths() {
        assert!(fits("costs", "costs.proxy") && fits("costs.*", "costs.proxy"));
        assert!(fits("site.Boston.lan_rtt", "site.*.lan_rtt"));
        assert!(!fits("costs.*", "traffic.ews_up") && !fits("costs.proxy.x", "costs.proxy"));
    }

    #[test]
    fn the_starter_has_figures_of_every_kind() {
        let path = std::path::Path::new("");
        let scenario = crate::scenario::load_text("starter.toml", crate::scenario::starter(), path, &[]);
        let scenario = scenario.unwrap();
        let wanted = |path: &str| {
            [
                "clients.message_size",
                "clients.retries",
                "clients.tls_resumption",
                "region.*.rtt",
                "costs.proxy",
                "run.interval",
            ]
            .contains(&path)
        };
        let all = assumed(&scenario, [0.5, 1.5], wanted);
        let figures: Vec<Figure> = all.into_iter().map(|one| one.figure(&scenario)).collect();
        let of = |path: &str| {
            let figure = figures.iter().find(|figure| figure.path == path);
            let figure = figure.unwrap_or_else(|| panic!("{path}: {figures:?}"));
            let end = |at: usize| figure.ends[at].as_ref().map_or("none", |end| end.shown.as_str());
            (figure.base.clone(), end(0).to_owned(), end(1).to_owned())
        };
        let told = |base: &str, low: &str, high: &str| (base.to_owned(), low.to_owned(), high.to_owned());
        assert_eq!(of("clients.message_size.lognormal.mean"), told("50 KB", "25 KB", "75 KB"));
        assert_eq!(of("clients.message_size.lognormal.cv"), told("2.9", "1.45", "4.35"));
        assert_eq!(of("clients.retries"), told("2", "1", "3"));
        assert_eq!(of("clients.tls_resumption"), told("0 %", "none", "50 %"));
        assert_eq!(of("region.*.rtt.uniform"), told("15 ms to 40 ms", "7.5 ms to 20 ms", "22.5 ms to 60 ms"));
        assert_eq!(of("costs.proxy"), told("27.5 %", "13.75 %", "41.25 %"));
        assert!(figures.iter().all(|figure| figure.path != "run.interval"));
        // 80 % may not become 120 %.
        let all = given(&scenario, "population.*.concurrent", [0.5, 1.5]).unwrap();
        let one = all[0].clone().figure(&scenario);
        let high = one.ends[1].as_ref().unwrap();
        assert_eq!((one.base.as_str(), high.shown.as_str(), high.bounded), ("80 %", "100 %", true));
        assert!(given(&scenario, "population.*.nonsense", [0.5, 1.5]).is_err());
        assert!(given(&scenario, "population.*.name", [0.5, 1.5]).unwrap_err().contains("no number"));
    }
}
