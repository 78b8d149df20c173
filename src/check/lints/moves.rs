//! Lints of mailboxes that move: whether they can be there in time.

use crate::check::finding::{Finding, Lint};
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::topology::Site;
use crate::model::workload::{MoveTraffic, Moved, Population};
use crate::quantity::{self, Dimension};
use crate::scenario::key;

/// Lints of mailboxes that move.
pub const LINTS: &[Lint] = &[Lint {
    id: "L99",
    severity: Severity::Warning,
    title: "mailboxes cannot be copied before the change that moves them",
    docs: "What the mailboxes hold takes longer over the narrowest line between the sites, with nobody else on it, than \
           lies between the begin of the copying and the change: the wave cannot be completed then. A run shows how much is \
           there by then while clients use the lines too (moves.csv).",
    source: "volume over bandwidth",
    confidence: Confidence::Source,
    find: too_late,
}];

/// What crosses from one site to another before a change.
struct Crossing {
    between: [Id<Site>; 2],
    mailboxes: f64,
}

fn too_late(s: &Subject<'_>) -> Vec<Finding> {
    let workload = &s.scenario.model.workload;
    let mut found = Vec::new();
    for (number, population) in workload.populations.iter().enumerate() {
        let mut before = population.moved.as_ref();
        for change in &workload.changes {
            let after = change.moved.get(number).and_then(Option::as_ref);
            if let Some(traffic) = after.and_then(|moved| moved.traffic) {
                let crossing = crossing(s, population, (before, after)).into_iter();
                found.extend(crossing.filter_map(|of| late(s, population, &traffic, (&change.name, of))));
            }
            before = after;
        }
    }
    found
}

/// The sites between which a change moves mailboxes, with how many.
fn crossing(
    s: &Subject<'_>,
    population: &Population,
    (before, after): (Option<&Moved>, Option<&Moved>),
) -> Vec<Crossing> {
    let Some(after) = after else { return Vec::new() };
    let more = after.share - before.map_or(0.0, |moved| moved.share);
    let servers: f64 = after.to.iter().map(|id| f64::from(s.mailbox(*id).servers)).sum();
    let mut all: Vec<Crossing> = Vec::new();
    for id in &after.to {
        let to = s.mailbox(*id);
        let share = more * f64::from(to.servers) / servers.max(1.0);
        let mailboxes = share * f64::from(population.mailboxes);
        let between = [population.home, to.site];
        if between[0] == between[1] || mailboxes <= 0.0 {
            continue;
        }
        match all.iter_mut().find(|of| of.between == between) {
            Some(of) => of.mailboxes += mailboxes,
            None => all.push(Crossing { between, mailboxes }),
        }
    }
    all
}

fn late(
    s: &Subject<'_>,
    population: &Population,
    traffic: &MoveTraffic,
    (change, of): (&str, Crossing),
) -> Option<Finding> {
    let path = s.topology.path(of.between[0], of.between[1])?;
    let (capacity, line) = path
        .into_iter()
        .map(|(id, way)| {
            let link = &s.topology.links[id.index()];
            (link.bandwidth[way] * link.available, link.name.as_str())
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))?;
    let bits = of.mailboxes * traffic.mailbox_bytes * 8.0;
    let takes = bits / capacity.min(traffic.rate) * 1e9;
    let has = traffic.ahead.map_or(bits / traffic.rate * 1e9, |ahead| ahead.0 as f64);
    if takes <= has * (1.0 + 1e-9) {
        return None;
    }
    let minutes = |ns: f64| (ns / 60e9).ceil();
    let message = format!(
        "{:.0} mailboxes of {} hold {}, which take {} over {line}, and {} lie between the begin of the copying and \u{201c}{change}\u{201d}",
        of.mailboxes,
        population.name,
        quantity::print(of.mailboxes * traffic.mailbox_bytes, Dimension::Bytes),
        in_words(minutes(takes)),
        in_words(minutes(has)),
    );
    let own = format!("population.{}.moved.traffic", key(&population.name));
    let set = match traffic.ahead {
        Some(_) => format!("{own}.ahead=\"{:.0} min\"", minutes(takes)),
        None => format!("{own}.rate=\"{}\"", quantity::print(capacity, Dimension::Bandwidth)),
    };
    let shell =
        "begin sooner: New-MoveRequest -SuspendWhenReadyToComplete, and Resume-MoveRequest at the change";
    Some(Finding::at(own, message).fix(set, shell))
}

/// Whole minutes, `2 h 14 min`.
fn in_words(minutes: f64) -> String {
    let (hours, rest) = ((minutes / 60.0).floor(), minutes % 60.0);
    match (hours > 0.0, rest > 0.0) {
        (false, _) => format!("{rest:.0} min"),
        (true, false) => format!("{hours:.0} h"),
        (true, true) => format!("{hours:.0} h {rest:.0} min"),
    }
}
