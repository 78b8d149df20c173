//! Names in a comparison, a sweep and plans, and these with other names: PNG lacks letters.

use crate::results::compared::{About, Comparison};
use crate::results::planned::{Planned, PlannedGoal};
use crate::results::sensitive::Sensitivity;
use crate::results::swept::Swept;

fn of_about(about: &About) -> Option<(&'static str, &str)> {
    match about {
        About::All(_) => None,
        About::Users(_, population) => Some(("population", population)),
        About::Servers(name) => Some(("server group", name)),
        About::Link(name) => Some(("link", name)),
    }
}

fn renamed(about: &About, write: &dyn Fn(&str) -> String) -> About {
    match about {
        About::All(protocol) => About::All(*protocol),
        About::Users(protocol, population) => About::Users(*protocol, write(population)),
        About::Servers(name) => About::Servers(write(name)),
        About::Link(name) => About::Link(write(name)),
    }
}

/// Every name in a comparison, with what it is.
pub(super) fn names_of_comparison(comparison: &Comparison) -> Vec<(&'static str, &str)> {
    let mut names = vec![("scenario", comparison.base.name.as_str())];
    for against in &comparison.others {
        names.push(("scenario", against.other.name.as_str()));
        names.extend(against.rows.iter().filter_map(|row| of_about(&row.about)));
        for way in &against.affected {
            names.push(("population", way.population.as_str()));
            names.extend(way.retype.as_deref().map(|name| ("host name", name)));
        }
    }
    names
}

/// The comparison with other names.
pub(super) fn renamed_comparison(comparison: &Comparison, write: &dyn Fn(&str) -> String) -> Comparison {
    let mut comparison = comparison.clone();
    comparison.base.name = write(&comparison.base.name);
    for against in &mut comparison.others {
        against.base = write(&against.base);
        against.other.name = write(&against.other.name);
        for row in &mut against.rows {
            row.about = renamed(&row.about, write);
        }
        for way in &mut against.affected {
            way.population = write(&way.population);
            way.retype = way.retype.as_deref().map(write);
        }
    }
    comparison
}

/// Every name in a sweep, with what it is.
pub(super) fn names_of_sweep(swept: &Swept) -> Vec<(&'static str, &str)> {
    let mut names = vec![("scenario", swept.scenario.as_str())];
    names.extend(swept.parameters.iter().map(|path| ("path", path.as_str())));
    let points = swept.points.iter();
    names.extend(points.clone().flat_map(|point| &point.values).map(|value| ("value", value.as_str())));
    names.extend(points.flat_map(|point| &point.rows).filter_map(|row| of_about(&row.about)));
    names
}

/// The sweep with other names.
pub(super) fn renamed_sweep(swept: &Swept, write: &dyn Fn(&str) -> String) -> Swept {
    let mut swept = swept.clone();
    swept.scenario = write(&swept.scenario);
    swept.parameters.iter_mut().for_each(|path| *path = write(path));
    for point in &mut swept.points {
        point.values.iter_mut().for_each(|value| *value = write(value));
        for row in &mut point.rows {
            row.about = renamed(&row.about, write);
        }
    }
    swept
}

/// Every name in plans, with what it is.
pub(super) fn names_of_plans(plans: &[Planned]) -> Vec<(&'static str, &str)> {
    let mut names = Vec::new();
    for planned in plans {
        names.push(("scenario", planned.scenario.as_str()));
        names.extend(planned.currency.as_deref().map(|word| ("currency", word)));
        names.extend(
            planned
                .quantities
                .iter()
                .flat_map(|of| [("path", of.path.as_str()), ("group", of.short.as_str())]),
        );
        names.extend(planned.cases.iter().filter_map(|case| Some(("loss", case.struck.as_deref()?))));
        for candidate in &planned.candidates {
            names.extend(candidate.values.iter().map(|value| ("value", value.as_str())));
            names.extend(candidate.goals.iter().filter_map(|goal| of_about(&goal.about)));
        }
        names.extend(planned.beyond.iter().filter_map(|of| of_about(&of.about)));
    }
    names
}

/// The plans with other names.
pub(super) fn renamed_plans(plans: &[Planned], write: &dyn Fn(&str) -> String) -> Vec<Planned> {
    let mut plans = plans.to_vec();
    let goals = |goals: &mut Vec<PlannedGoal>| {
        goals.iter_mut().for_each(|goal| goal.about = renamed(&goal.about, write));
    };
    for planned in &mut plans {
        planned.scenario = write(&planned.scenario);
        planned.currency = planned.currency.as_deref().map(write);
        for of in &mut planned.quantities {
            (of.path, of.short, of.now) = (write(&of.path), write(&of.short), write(&of.now));
        }
        for case in &mut planned.cases {
            case.struck = case.struck.as_deref().map(write);
        }
        for candidate in &mut planned.candidates {
            candidate.values.iter_mut().for_each(|value| *value = write(value));
            goals(&mut candidate.goals);
        }
        for of in &mut planned.beyond {
            of.about = renamed(&of.about, write);
        }
    }
    plans
}

/// Every name in a study of sensitivity, with what it is.
pub(super) fn names_of_sensitivity(found: &Sensitivity) -> Vec<(&'static str, &str)> {
    let mut names = vec![("scenario", found.scenario.as_str())];
    names.extend(found.figures.iter().map(|figure| ("path", figure.path.as_str())));
    names.extend(found.objectives.iter().filter_map(|objective| of_about(&objective.about)));
    names
}

/// The study with other names.
pub(super) fn renamed_sensitivity(found: &Sensitivity, write: &dyn Fn(&str) -> String) -> Sensitivity {
    let mut found = found.clone();
    found.scenario = write(&found.scenario);
    found.figures.iter_mut().for_each(|figure| figure.path = write(&figure.path));
    for objective in &mut found.objectives {
        objective.about = renamed(&objective.about, write);
    }
    found
}
