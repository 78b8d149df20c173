//! What the utilisation law says of a case: how much of what its goal allows each resource is asked.
//!
//! Must not know candidates. Next: [`super::bounds`].

use super::case::{Damage, InCase};
use super::machines::Pool;
use super::places::Of;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::model::purchase::Line;
use crate::model::topology::Topology;
use crate::model::workload::{ProtocolUse, Slo};
use crate::results::limits;
use crate::scenario::Scenario;
use crate::study::{HeldOf, Thing, Work, strains};

/// By how much law and run may differ, as a share of the law's figure: what differs by less prunes
/// nothing (docs/verification.md: the law is within 2 % of the simulated mean).
pub(super) const MARGIN: f64 = 0.02;
/// What is expected to hold where no goal is stated for the resource itself.
const COMFORT: f64 = 0.9;
/// Over the goal of what has no measure.
const BEYOND: f64 = 2.0;
/// Requests that may be late of a 95th percentile.
const MAY_BE_LATE: f64 = 0.05;

/// What is asked of one resource.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    /// What is chosen there, if anything is.
    pub(super) of: Option<Of>,
    /// Over its goal; where there is none, over what is comfortable.
    pub(super) ratio: f64,
    /// Over its goal, or over all that there is.
    pub(super) whole: f64,
    /// Over its goal, where there is one that this proves to be missed above 1 (margin taken off).
    pub(super) bound: Option<f64>,
    /// Whether a limit says so, not the work.
    pub(super) limit: bool,
    /// In words; `{}` stands for the share that is asked.
    pub(super) what: String,
    /// Share of the whole that the goal is.
    pub(super) goal: f64,
}

/// Every resource and limit in a case that is played; `loss`: something is lost in it.
pub(super) fn asked(found: &InCase, scenario: &Scenario, pools: &[Pool], loss: bool) -> Vec<Asked> {
    let model = &scenario.model;
    let slo = &model.workload.slo;
    let answers: Vec<SimSpan> = std::iter::once(SimSpan::ZERO).chain(longest_answers(scenario)).collect();
    let strains = strains(model, &scenario.experiment, &found.lost.caller(), &answers);
    let (strain, least) = (&strains[0], strains.last().unwrap_or(&strains[0]));
    let topology = &model.topology;
    let of = |thing| place(thing, topology, pools);
    let one = |(at, load): (usize, &Work)| work((load, &least.work[at]), slo, of(load.thing), topology, loss);
    let mut all: Vec<Asked> = strain.work.iter().enumerate().map(one).collect();
    all.extend(strain.held.iter().map(|held| limit(held, scenario, pools)));
    all
}

/// How long users of OWA wait for an answer in the mean at most where its goal is met: no longer than all but
/// 5 % of them, and for ever where there is no goal. A mean above the 95th percentile would need twenty times as
/// long for the rest. `None` where nobody uses it.
fn longest_answers(scenario: &Scenario) -> Option<SimSpan> {
    let workload = &scenario.model.workload;
    let uses = |one: &ProtocolUse| one.protocol == Protocol::Owa;
    workload.populations.iter().any(|of| of.clients.iter().any(uses)).then(|| {
        let goals = workload.slo.protocols.iter().find(|(protocol, _)| *protocol == Protocol::Owa);
        goals.and_then(|(_, goals)| goals.p95).unwrap_or(scenario.experiment.window)
    })
}

/// Where what a resource can do is chosen.
fn place(thing: Thing, topology: &Topology, pools: &[Pool]) -> Option<Of> {
    let by_name = |name: &str, role: usize| {
        pools.iter().position(|pool| pool.has[role] && pool.name == name).map(Of::Pool)
    };
    match thing {
        Thing::Cas(id) => by_name(&topology.cas[id.index()].name, 0),
        Thing::Mailbox(id) => {
            let group = &topology.mailbox[id.index()];
            let active = group.passive_of.map_or(group, |active| &topology.mailbox[active.index()]);
            by_name(&active.name, 1)
        }
        Thing::Link(id) => Some(Of::Line(Line::Link(id))),
        Thing::Pipe(site) => Some(Of::Line(Line::Internet(site))),
        _ => None,
    }
}

/// `patient`: the same where users wait for their answers as long as a goal lets them.
fn work(
    (load, patient): (&Work, &Work),
    slo: &Slo,
    of: Option<Of>,
    topology: &Topology,
    loss: bool,
) -> Asked {
    let link = load.link;
    let (peak, mean) = if link { (slo.link, slo.link_mean) } else { (slo.cpu, slo.cpu_mean) };
    let (used, used_mean) = (load.busiest, load.mean);
    let over = |used: f64, goal: Option<f64>| goal.map(|goal| used / goal.max(f64::MIN_POSITIVE));
    let (by_peak, by_mean) = (over(used, peak), over(used_mean, mean));
    let either = |peak, mean| [peak, mean].into_iter().flatten().reduce(f64::max);
    let stated = either(by_peak, by_mean);
    // What is asked for later may make another hour the busiest.
    let least = either(over(used.min(patient.busiest), peak), over(used_mean.min(patient.mean), mean));
    // After a loss the law leaves databases that are mounted elsewhere where they are at home.
    let moved = matches!(load.thing, Thing::Mailbox(id)
        if loss && topology.mailbox[id.index()].copies.is_some());
    // Of a host it knows the machines that there are, not those that come.
    let sure = !moved && !matches!(load.thing, Thing::Host(_));
    let kind = if link { "of the line " } else { "of the cores of " };
    let by_hour = by_peak.is_none_or(|peak| by_mean.is_none_or(|mean| peak >= mean));
    let (when, goal) = if by_hour { ("in the busiest hour", peak) } else { ("in the mean", mean) };
    Asked {
        of,
        ratio: stated.unwrap_or(used / COMFORT),
        whole: stated.unwrap_or(used),
        bound: least.filter(|_| sure).map(|ratio| ratio / (1.0 + MARGIN)),
        limit: false,
        what: format!("{{}} {kind}{} are asked for {when}", load.name),
        goal: goal.unwrap_or(1.0),
    }
}

/// A limit on sessions, which refuses whoever comes beyond it.
fn limit(held: &HeldOf, scenario: &Scenario, pools: &[Pool]) -> Asked {
    let of = place(Thing::Cas(held.servers), &scenario.model.topology, pools);
    let (peak, mean) = (held.busiest, held.mean);
    // Refused is what is beyond the limit over the whole window; a goal allows so much of that.
    let protocol = match held.kind {
        limits::RPC_HTTP => Some(Protocol::OutlookAnywhere),
        limits::POP => Some(Protocol::Pop),
        limits::IMAP => Some(Protocol::Imap),
        _ => None,
    };
    let slo = &scenario.model.workload.slo;
    let goals = slo.protocols.iter().find(|(known, _)| Some(*known) == protocol).map(|(_, goals)| goals);
    let allowed = goals.and_then(|goals| {
        let late = goals.p95.or(goals.logon_p95).map(|_| MAY_BE_LATE);
        [goals.failures, late].into_iter().flatten().reduce(f64::max)
    });
    let bound = allowed.map(|allowed| mean * (1.0 - allowed) / (1.0 + MARGIN)).filter(|_| held.by_sessions);
    Asked {
        of,
        ratio: peak,
        whole: peak,
        bound,
        limit: true,
        what: format!(
            "{{}} of the {} {} of {} are held in the busiest hour",
            held.limit, held.kind, held.name
        ),
        goal: 1.0,
    }
}

impl Asked {
    /// Somebody has no way, where everybody has to have one.
    pub(super) fn unserved(damage: &Damage) -> Self {
        let what =
            format!("{:.0} users of {} have no way ({})", damage.users, damage.population, damage.protocol);
        Self { of: None, ratio: BEYOND, whole: BEYOND, bound: Some(BEYOND), limit: true, what, goal: 0.0 }
    }

    /// Whether it is that.
    pub(super) fn is_unserved(&self) -> bool {
        self.goal == 0.0
    }

    /// The same of so many times as much.
    pub(super) fn times(&self, factor: f64) -> Self {
        Self {
            ratio: self.ratio * factor,
            whole: self.whole * factor,
            bound: self.bound.map(|bound| bound * factor),
            ..self.clone()
        }
    }

    /// How much is asked for, in words.
    pub(super) fn told(&self) -> String {
        self.reason(1.0)
    }

    /// Why it refuses, where more or less can be done by a factor than was asked about.
    pub(super) fn reason(&self, factor: f64) -> String {
        let share = format!("{:.0} %", self.whole * self.goal * factor * 100.0);
        let told = self.what.replacen("{}", &share, 1);
        if self.limit { told } else { format!("{told}, and {:.0} % are allowed", self.goal * 100.0) }
    }
}
