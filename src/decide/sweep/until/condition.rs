//! What is asked: every goal of the scenario, or one of its own, as `link.A-B <= 70 %`.
//!
//! A condition is a goal like those of `[slo]`, and judged as these are.

use std::collections::BTreeSet;

use crate::decide::sweep::rows;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::model::workload::{Objective, Population, Slo};
use crate::quantity::{self, Dimension};
use crate::results::compared::About;
use crate::results::swept::{SweptMetric, SweptRow};
use crate::scenario::Scenario;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// As it was given.
    pub text: String,
    /// The goals; `None` are those of the scenario.
    slo: Option<Slo>,
    whom: Whom,
}

/// For whom.
#[derive(Clone, PartialEq, Debug)]
enum Whom {
    Everything,
    Link(String),
    Servers(String),
    Users(Option<String>),
}

/// What can be asked, for whoever asked for something else.
const OFFER: &str = "slo, link.A-B <= 70 %, server.GROUP <= 60 %, site.SITE.cas <= 60 %, owa.POPULATION.p95 <= 2 s, \
owa.failures <= 1 % or owa.availability >= 99.9 %";

impl Condition {
    /// Reads a condition on a scenario.
    ///
    /// # Errors
    /// A sentence.
    pub fn of(scenario: &Scenario, text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "slo" {
            return match scenario.model.workload.slo == Slo::default() {
                true => Err("--until slo asks for the goals of the scenario, and it has no [slo]".to_owned()),
                false => Ok(Self { text: text.to_owned(), slo: None, whom: Whom::Everything }),
            };
        }
        let fault = || format!("`{text}` is no condition: as in {OFFER}");
        let (subject, least, value) = match (text.split_once("<="), text.split_once(">=")) {
            (Some((subject, value)), None) => (subject.trim(), false, value.trim()),
            (None, Some((subject, value))) => (subject.trim(), true, value.trim()),
            _ => return Err(fault()),
        };
        let (first, rest) = subject.split_once('.').ok_or_else(fault)?;
        let (slo, whom) = match first {
            "link" => (Slo { link: Some(share(text, value)?), ..Slo::default() }, link(scenario, rest)?),
            "server" => (Slo { cpu: Some(share(text, value)?), ..Slo::default() }, servers(scenario, rest)?),
            "site" => {
                let (site, role) = rest.rsplit_once('.').ok_or_else(fault)?;
                let name = format!("{site}-{role}");
                (Slo { cpu: Some(share(text, value)?), ..Slo::default() }, servers(scenario, &name)?)
            }
            token => {
                let protocol = Protocol::parse(token)
                    .ok_or_else(|| format!("nothing is called `{token}`: as in {OFFER}"))?;
                let (population, measure) = match rest.rsplit_once('.') {
                    Some((population, measure)) => (Some(population), measure),
                    None => (None, rest),
                };
                let goals = objective(text, measure, value)?;
                let protocols = vec![(protocol, goals)];
                (Slo { protocols, ..Slo::default() }, users(scenario, protocol, population)?)
            }
        };
        let availability = slo.protocols.iter().any(|(_, goals)| goals.availability.is_some());
        match (least, availability) {
            (true, false) => Err(format!("`{text}`: less is better here, so it wants <=")),
            (false, true) => Err(format!("`{text}`: more is better here, so it wants >=")),
            _ => Ok(Self { text: text.to_owned(), slo: Some(slo), whom }),
        }
    }

    /// Whether the law knows anything of it.
    #[must_use]
    pub fn is_of_law(&self) -> bool {
        !matches!(self.whom, Whom::Users(_))
    }

    /// The goals by which a point is judged.
    #[must_use]
    pub fn slo<'s>(&'s self, scenario: &'s Scenario) -> &'s Slo {
        self.slo.as_ref().unwrap_or(&scenario.model.workload.slo)
    }

    /// Whether a row of these goals is asked for.
    #[must_use]
    pub fn asks(&self, row: &SweptRow) -> bool {
        let goal = row.goal.is_some();
        goal && match (&self.whom, &row.about) {
            (Whom::Everything, _) => true,
            (Whom::Link(name), About::Link(of)) => is_link(name, of),
            (Whom::Servers(name), About::Servers(of)) => {
                is_group(name, of) && !matches!(row.metric, SweptMetric::Limit(_))
            }
            (Whom::Users(None), About::Users(..)) => true,
            (Whom::Users(Some(name)), About::Users(_, of)) => name == of,
            _ => false,
        }
    }
}

/// A share below 1, with its sign.
fn share(text: &str, value: &str) -> Result<f64, String> {
    let fault = |why: &str| format!("`{text}`: {why}; expected a share such as 70 %");
    let share = quantity::parse(value, Dimension::Share).map_err(|error| fault(&error.message))?;
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err(fault("it lies above 0 and at most at 100 %")) }
}

fn objective(text: &str, measure: &str, value: &str) -> Result<Objective, String> {
    let time = || {
        let ns = quantity::parse(value, Dimension::Time)
            .map_err(|error| format!("`{text}`: {}; expected a time such as 2 s", error.message))?;
        if ns > 0.0 { Ok(Some(SimSpan(ns as u64))) } else { Err(format!("`{text}`: a time lies above 0")) }
    };
    let none = Objective::default();
    Ok(match measure {
        "p95" => Objective { p95: time()?, ..none },
        "logon_p95" => Objective { logon_p95: time()?, ..none },
        "logon_with_human_p95" => Objective { logon_with_human_p95: time()?, ..none },
        "failures" => Objective { failures: Some(share(text, value)?), ..none },
        "availability" => Objective { availability: Some(share(text, value)?), ..none },
        _ => {
            return Err(format!(
                "`{text}`: nothing is measured as `{measure}`; there are p95, logon_p95, logon_with_human_p95, failures and availability"
            ));
        }
    })
}

/// Whether `A>B` is a direction of the link `A-B`, or its own name.
fn is_link(name: &str, of: &str) -> bool {
    let ends =
        of.split_once('>').is_some_and(|(a, b)| name == format!("{a}-{b}") || name == format!("{b}-{a}"));
    name == "*" || name == of || ends
}

fn is_group(name: &str, of: &str) -> bool {
    name == "*" || of.eq_ignore_ascii_case(name)
}

/// A name that is there, of a link or a server group, as the law has them.
fn named(
    scenario: &Scenario,
    kind: &str,
    name: &str,
    is: fn(&str, &str) -> bool,
    of: fn(&About) -> Option<&str>,
) -> Result<String, String> {
    let rows = rows::of_law(scenario, &Slo::default());
    let mut all: Vec<&str> = rows.iter().filter_map(|row| of(&row.about)).collect();
    let mut seen = BTreeSet::new();
    all.retain(|name| seen.insert(*name));
    if all.iter().any(|of| is(name, of)) {
        return Ok(name.to_owned());
    }
    let mut list = all.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if all.len() > 12 {
        list += " ...";
    }
    Err(format!("no {kind} is called `{name}`; there are {list}"))
}

fn link_name(about: &About) -> Option<&str> {
    if let About::Link(name) = about { Some(name) } else { None }
}

fn group_name(about: &About) -> Option<&str> {
    if let About::Servers(name) = about { Some(name) } else { None }
}

fn link(scenario: &Scenario, name: &str) -> Result<Whom, String> {
    named(scenario, "link", name, is_link, link_name).map(Whom::Link)
}

fn servers(scenario: &Scenario, name: &str) -> Result<Whom, String> {
    named(scenario, "server group", name, is_group, group_name).map(Whom::Servers)
}

fn users(scenario: &Scenario, protocol: Protocol, population: Option<&str>) -> Result<Whom, String> {
    let all = &scenario.model.workload.populations;
    let uses =
        |of: &Population| of.clients.iter().any(|usage| usage.protocol == protocol && usage.share > 0.0);
    let title = protocol.title();
    let Some(name) = population.filter(|name| *name != "*") else {
        return match all.iter().any(uses) {
            true => Ok(Whom::Users(None)),
            false => Err(format!("nobody uses {title} here, so that nothing of it is judged")),
        };
    };
    match all.iter().find(|population| population.name == name) {
        Some(found) if uses(found) => Ok(Whom::Users(Some(name.to_owned()))),
        Some(_) => Err(format!("nobody in `{name}` uses {title}, so that nothing of it is judged")),
        None => {
            let list = all.iter().take(12).map(|population| format!("`{}`", population.name));
            let list = list.collect::<Vec<_>>().join(", ");
            Err(format!("no population is called `{name}`; there are {list}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starter() -> Scenario {
        let path = std::path::Path::new("");
        crate::scenario::load_text("starter.toml", crate::scenario::starter(), path, &[]).unwrap()
    }

    #[test]
    fn links_are_known_by_their_ends() {
        assert!(
            is_link("A-B", "A>B") && is_link("A-B", "B>A") && is_link("*", "B>A") && is_link("bus", "bus")
        );
        assert!(!is_link("A-B", "A>C"));
        assert!(is_group("boston-cas", "Boston-CAS"));
    }

    #[test]
    fn what_is_no_condition_is_told() {
        let scenario = starter();
        let population = scenario.model.workload.populations[0].name.clone();
        let told = |text: &str| Condition::of(&scenario, &text.replace("NAME", &population)).unwrap_err();
        for (text, word) in [
            ("", "no condition"),
            ("link.A-B", "no condition"),
            ("owa <= 2 s", "no condition"),
            ("link.Mars-Venus <= 70 %", "no link is called `Mars-Venus`; there are"),
            ("server.none <= 70 %", "no server group"),
            ("link.* <= 70", "70 %"),
            ("link.* <= 170 %", "100 %"),
            ("link.* >= 70 %", "wants <="),
            ("owa.NAME.availability <= 99 %", "wants >="),
            ("owa.NAME.p95 <= 70 %", "a time such as 2 s"),
            ("owa.nobody.p95 <= 2 s", "no population is called `nobody`"),
            ("mapi-http.p95 <= 2 s", "nobody uses"),
            ("mapi-http.NAME.p95 <= 2 s", "nobody in `"),
            ("owa.NAME.p77 <= 2 s", "nothing is measured as `p77`"),
            ("telnet.p95 <= 2 s", "nothing is called `telnet`"),
        ] {
            assert!(told(text).contains(word), "{text}: {}", told(text));
        }
        // Each name once, of however many rows.
        let list = told("server.none <= 70 %");
        let names: Vec<&str> = list.split('`').skip(3).step_by(2).collect();
        let once: BTreeSet<&&str> = names.iter().collect();
        assert!(!names.is_empty() && once.len() == names.len(), "{list}");
        let good = Condition::of(&scenario, &format!("owa.{population}.p95 <= 2 s")).unwrap();
        assert!(!good.is_of_law());
        assert!(Condition::of(&scenario, "link.* <= 70 %").unwrap().is_of_law());
    }
}
