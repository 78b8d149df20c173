//! What is no number: profiles, day curves, and the answers to questions on which sources disagree.
//!
//! A profile or curve is swapped for its neighbours, a lighter and a heavier one; an answer for the other.
//! Must not know what is played.

use super::figures::{Figure, Setting};
use crate::results::sensitive::{Nature, Rests};
use crate::scenario::{Override, Resolved, Scenario, Stated};

/// Profiles from the lightest.
static PROFILES: [&str; 4] = ["light", "medium", "heavy", "very heavy"];
/// Day curves from that with the least busy hour.
static CURVES: [&str; 4] = ["flat24h", "office", "flat8h", "peak2x"];
/// Answers to contested questions that are words.
const ANSWERS: [(&str, [&str; 2]); 2] =
    [("contested.eas_rtm", ["proxy", "refuse"]), ("contested.owa_2007_redirect", ["manual", "silent"])];

/// All of them.
pub(super) fn swaps(scenario: &Scenario, wanted: impl Fn(&str) -> bool) -> Vec<Figure> {
    let resolved = Resolved::of(&scenario.resolved);
    let defaults = resolved.defaults();
    let mut found = Vec::new();
    for (nature, path, words) in
        [(Nature::Profile, "population.*.profile", &PROFILES), (Nature::Day, "population.*.day", &CURVES)]
    {
        found.extend(neighbours(&resolved, nature, path, words).filter(|figure| wanted(&figure.path)));
    }
    found.extend(contested(&resolved).filter(|figure| wanted(&figure.path)));
    for figure in &mut found {
        let nobody = figure.ends.iter().flatten().flat_map(|end| &end.sets);
        if nobody.clone().any(|set| !defaults.contains(&set.path)) {
            figure.rests = Rests::Given;
        }
    }
    found
}

/// Populations that have one of these words, all by one place up or down.
fn neighbours(
    resolved: &Resolved,
    nature: Nature,
    path: &str,
    words: &'static [&'static str],
) -> impl Iterator<Item = Figure> + use<> {
    let place = |value: &Option<Stated>| match value {
        Some(Stated::Text(text)) => words.iter().position(|word| word == text),
        _ => None,
    };
    let found = resolved.find(path);
    let known: Vec<(String, usize)> =
        found.into_iter().filter_map(|(path, value)| Some((path, place(&value)?))).collect();
    let end = |up: bool| {
        let to = |at: usize| if up { Some(at + 1).filter(|at| *at < words.len()) } else { at.checked_sub(1) };
        let moved: Vec<(Override, &str)> = known
            .iter()
            .filter_map(|(path, at)| {
                let word = words[to(*at)?];
                Some((Override { path: path.clone(), value: word.to_owned() }, word))
            })
            .collect();
        let first = moved.first()?.1;
        let alike = moved.len() == known.len() && moved.iter().all(|(_, word)| *word == first);
        let shown = match (alike, up) {
            (true, _) => first.to_owned(),
            (false, true) => "the next one up".to_owned(),
            (false, false) => "the next one down".to_owned(),
        };
        Some(Setting { shown, sets: moved.into_iter().map(|(set, _)| set).collect(), bounded: false })
    };
    let base = known.first().map(|(_, at)| match known.iter().all(|(_, other)| other == at) {
        true => words[*at].to_owned(),
        false => "as they are".to_owned(),
    });
    let ends = [end(false), end(true)];
    let figure = base.map(|base| Figure { path: path.to_owned(), nature, rests: Rests::Assumed, base, ends });
    figure.filter(|figure| figure.ends.iter().any(Option::is_some)).into_iter()
}

fn contested(resolved: &Resolved) -> impl Iterator<Item = Figure> + use<> {
    let words = |path: &str| ANSWERS.iter().find(|(known, _)| *known == path).map(|(_, words)| *words);
    let one = |(path, value): (String, Option<Stated>)| {
        let (base, other) = match (value?, words(&path)) {
            (Stated::Text(text), Some(words)) => {
                let other = words.into_iter().find(|word| *word != text)?;
                (text, other.to_owned())
            }
            (Stated::Flag(flag), None) => (flag.to_string(), (!flag).to_string()),
            _ => return None,
        };
        let sets = vec![Override { path: path.clone(), value: other.clone() }];
        let ends = [None, Some(Setting { shown: other, sets, bounded: false })];
        Some(Figure { path, nature: Nature::Contested, rests: Rests::Assumed, base, ends })
    };
    resolved.find("contested.*").into_iter().filter_map(one).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_swapped_for_their_neighbours() {
        let path = std::path::Path::new("");
        let scenario = crate::scenario::load_text("starter.toml", crate::scenario::starter(), path, &[]);
        let scenario = scenario.unwrap();
        let found = swaps(&scenario, |_| true);
        let of = |nature| found.iter().filter(move |figure| figure.nature == nature);
        let day = of(Nature::Day).next().unwrap();
        let shown = |at: usize| day.ends[at].as_ref().unwrap().shown.as_str();
        assert_eq!((day.base.as_str(), shown(0), shown(1)), ("office", "flat24h", "flat8h"));
        assert_eq!(of(Nature::Profile).count(), 1);
        let contested: Vec<&Figure> = of(Nature::Contested).collect();
        // Every question that has an answer in the scenario is asked the other way.
        let asked = scenario.assumed.iter().filter(|line| line.starts_with("contested."));
        assert_eq!(contested.len(), asked.count(), "a contested answer is neither a flag nor among ANSWERS");
    }
}
