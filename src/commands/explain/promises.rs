//! What would change a decision, re-asked: each setting is laid on the scenario by its `--set`
//! line, each choice of the client put into the question, and the question asked again, so
//! that a line that is printed does what is said.

use super::args::Args;
use super::question::Question;
use crate::check::subject::{cas_path, mailbox_path};
use crate::model::access::{
    AccessQuery, Caller, Counterfactual, Device, Explanation, OwaPath, Turned, decide, leg_names,
};
use crate::model::topology::Topology;
use crate::scenario::{Override, Scenario};

/// How to ask again for what would change a decision.
#[derive(Clone, Debug)]
pub(super) enum Promise {
    /// `--set` with this line.
    Set(String),
    /// Other options of the question: what the client or its user does.
    Ask(String),
}

impl Promise {
    /// As options of the command line.
    pub(super) fn options(&self) -> String {
        match self {
            Self::Set(line) => Override::option(line),
            Self::Ask(options) => options.clone(),
        }
    }

    /// The line, where it is one.
    pub(super) fn set(&self) -> Option<&str> {
        match self {
            Self::Set(line) => Some(line),
            Self::Ask(_) => None,
        }
    }

    /// The options, where it is no line.
    pub(super) fn ask(&self) -> Option<&str> {
        match self {
            Self::Set(_) => None,
            Self::Ask(options) => Some(options),
        }
    }

    /// Settings of servers before what the client does, and that before questions on which
    /// sources disagree, which nobody can set.
    fn rank(&self) -> u8 {
        match self {
            Self::Set(line) if line.starts_with("contested.") => 2,
            Self::Set(_) => 0,
            Self::Ask(_) => 1,
        }
    }
}

/// The question of `args` as it is put to a topology.
pub(super) fn query<'a>(args: &Args, topology: &'a Topology, question: &'a Question) -> AccessQuery<'a> {
    AccessQuery {
        caller: Caller {
            place: question.place,
            host: question.host.as_deref(),
            path: question.path,
            device: question.device,
            proxied: args.proxied,
            ..question.down.lost.caller()
        },
        ..AccessQuery::new(topology, question.protocol, question.entry, question.mailbox)
    }
}

/// Of what was found to change the decision, what does so when it is asked again: with the
/// answer of that. What mends comes first.
pub(super) fn kept(args: &Args, scenario: &Scenario, found: &mut Explanation) -> Vec<Promise> {
    let others = std::mem::take(&mut found.counterfactuals);
    let mut all: Vec<(Counterfactual, Promise)> =
        others.into_iter().filter_map(|other| again(args, scenario, found, other)).collect();
    all.sort_by_key(|(other, promise)| (other.failure.is_some(), promise.rank()));
    let (others, promises) = all.into_iter().unzip();
    found.counterfactuals = others;
    promises
}

fn again(
    args: &Args,
    scenario: &Scenario,
    found: &Explanation,
    other: Counterfactual,
) -> Option<(Counterfactual, Promise)> {
    let Some(set) = &other.set else {
        let (args, options) = asked_otherwise(args, scenario, &other.turned)?;
        let now = answered(&args, &scenario.model.topology, found, other)?;
        return Some((now, Promise::Ask(options)));
    };
    let line = set.whole(|id| cas_path(scenario, id), |id| mailbox_path(scenario, id));
    let changed = scenario.with(&[Override::parse(&line).ok()?]).ok()?;
    let now = answered(args, &changed.model.topology, found, other)?;
    Some((now, Promise::Set(line)))
}

/// The same counterfactual with what is answered now; `None` where that is what was found.
fn answered(
    args: &Args,
    topology: &Topology,
    found: &Explanation,
    other: Counterfactual,
) -> Option<Counterfactual> {
    let question = Question::read(args, topology).ok()?;
    let ask = query(args, topology, &question);
    let (route, _) = decide(&ask);
    let now = Counterfactual {
        mechanism: route.mechanism,
        legs: leg_names(&ask, &route),
        client_sees: route.sees,
        failure: route.final_failure(),
        redirect_host: route.redirect_host,
        ..other
    };
    let same = (now.mechanism, now.failure, &now.redirect_host, &now.legs)
        == (found.mechanism, found.failure, &found.redirect_host, &found.legs);
    (!same).then_some(now)
}

/// The question of a client that does something else, and the options that ask it.
fn asked_otherwise(args: &Args, scenario: &Scenario, turned: &Turned) -> Option<(Args, String)> {
    let mut next = args.clone();
    let options = match turned {
        Turned::Setting => return None,
        Turned::Entry(id) => {
            let name = scenario.model.topology.cas[id.index()].name.clone();
            // The name that was typed led to the other one.
            if let Some(url) = next.url.take() {
                next.protocol = next.protocol.or(super::question::protocol_of(&url));
            }
            let protocol = match (&args.protocol, &next.protocol) {
                (None, Some(protocol)) => format!("--protocol {protocol} "),
                _ => String::new(),
            };
            let options = format!("{protocol}--entry \"{name}\"");
            next.entry = Some(name);
            options
        }
        Turned::Device(Device { version, follows_451 }) => {
            next.device = format!("{}.{}", version / 10, version % 10);
            next.no_451 = *follows_451 == Some(false);
            let without = if args.no_451 { ", without --no-451" } else { "" };
            if next.no_451 { "--no-451".to_owned() } else { format!("--device {}{without}", next.device) }
        }
        Turned::Path(path) => {
            let word = match path {
                OwaPath::Owa => "owa",
                OwaPath::Exchange => "exchange",
            };
            match &args.url {
                Some(url) => {
                    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
                    let host = rest.split('/').next().unwrap_or_default();
                    let url = format!("{scheme}://{host}/{word}");
                    next.url = Some(url.clone());
                    format!("--url {url}")
                }
                None => {
                    next.path = *path;
                    format!("--path {word}")
                }
            }
        }
    };
    Some((next, options))
}
