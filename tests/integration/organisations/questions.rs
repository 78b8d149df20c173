//! What `explain` answers to every question about an organisation, and whether `check`,
//! `names` and a run say the same.

use std::collections::BTreeSet;

use casim::check::{Report, findings, flows};
use casim::diagnostics::Severity;
use casim::kernel::Id;
use casim::model::access::{
    AccessQuery, After, Caller, ClientPlace, Explanation, Failure, Stop, decide, explain, outlook_endpoints,
};
use casim::model::protocol::Protocol;
use casim::model::topology::{CasGroup, Topology};
use casim::model::workload::{Location, Target};
use casim::results::{NONE, RunResult, SessionOutcome, SessionRecord};
use casim::scenario::Scenario;

use crate::support;

/// Two of the four that differ.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    /// Which two, and in what: the same for mismatches of one kind.
    pub(crate) kind: String,
    /// The question, and what they say.
    pub(crate) words: String,
}

/// How a client fares: served, or why not.
type Fate = Option<Failure>;

/// A question, and what `explain` answers.
pub(crate) struct Asked<'s> {
    pub(crate) ask: AccessQuery<'s>,
    pub(crate) population: usize,
    pub(crate) location: Location,
    pub(crate) found: Explanation,
    /// How sessions may fare: where they are spread over several servers, some may fail.
    fates: BTreeSet<Fate>,
}

impl Asked<'_> {
    pub(crate) fn words(&self, scenario: &Scenario) -> String {
        let topology = &scenario.model.topology;
        let place = match self.location {
            Location::Site(site) => topology.sites[site.index()].name.as_str(),
            Location::Internet(_) => "the Internet",
        };
        format!(
            "{} of {} from {place} by {} at {} for {}: {} {:?} by {}, {:?}",
            self.ask.protocol,
            scenario.model.workload.populations[self.population].name,
            self.ask.caller.host.unwrap_or("?"),
            topology.cas[self.ask.entry.index()].name,
            topology.mailbox[self.ask.mailbox.index()].name,
            self.found.mechanism.token(),
            self.found.failure,
            self.found.rule.id,
            self.found.legs,
        )
    }
}

/// What is down for the whole run, as `--down` names it.
#[derive(Default)]
pub(crate) struct Down {
    groups: Vec<Stop>,
    services: Vec<(Id<CasGroup>, Protocol)>,
}

/// The groups and services that are down for the whole run.
pub(crate) fn down(scenario: &Scenario) -> Down {
    let topology = &scenario.model.topology;
    let mut all = Vec::new();
    let mut services = Vec::new();
    for outage in &scenario.model.workload.outages {
        match &outage.target {
            Target::Cas(site, None) => {
                all.extend(topology.sites[site.index()].cas.iter().map(|id| Stop::Cas(*id)));
            }
            Target::Mailbox(site, None) => {
                all.extend(topology.sites[site.index()].mailbox.iter().map(|id| Stop::Mailbox(*id)));
            }
            Target::Server { cas, mailbox, number: None } => {
                all.extend(cas.map(Stop::Cas));
                all.extend(mailbox.map(Stop::Mailbox));
            }
            Target::Service(site, protocol) => {
                services.extend(topology.sites[site.index()].cas.iter().map(|id| (*id, *protocol)));
            }
            Target::ServerService { cas, number: None, protocol } => services.push((*cas, *protocol)),
            other => panic!("not drawn: {other:?}"),
        }
    }
    Down { groups: all, services }
}

/// The servers that a client's name leads to, site by site: those of the first that has one up.
fn entries(topology: &Topology, flow: &flows::Flow, down: &[Stop]) -> Vec<Id<CasGroup>> {
    let up = |id: &Id<CasGroup>| !down.contains(&Stop::Cas(*id));
    if flow.protocol.is_outlook_inside() {
        // It goes by its profile; before 2010 to the Mailbox server itself.
        let named = outlook_endpoints(topology, flow.mailbox);
        if !named.is_empty() {
            let live: Vec<_> = named.iter().copied().filter(up).collect();
            return if live.is_empty() { named } else { live };
        }
        return flow.entry.into_iter().collect();
    }
    let name = &topology.namespaces[flow.namespace.index()];
    let inside = matches!(flow.location, Location::Site(_)) && !name.inside.is_empty();
    let sites = if inside { &name.inside } else { &name.internet };
    let of = |site: &Id<_>| -> Vec<_> {
        name.groups_in(&topology.sites[Id::<casim::model::topology::Site>::index(*site)]).collect()
    };
    let mut all = sites.iter().map(of);
    let live = all.clone().map(|groups| groups.into_iter().filter(up).collect::<Vec<_>>());
    live.into_iter().find(|groups| !groups.is_empty()).or_else(|| all.next()).unwrap_or_default()
}

/// Every question, asked; and those whose name leads nowhere.
pub(crate) fn asked<'s>(scenario: &'s Scenario, down: &'s Down) -> Vec<Asked<'s>> {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let mut all: Vec<Asked<'s>> = Vec::new();
    for flow in flows::of(topology, workload) {
        for entry in entries(topology, &flow, &down.groups) {
            let known = |other: &Asked<'_>| {
                (other.population, other.location, other.ask.protocol, other.ask.entry, other.ask.mailbox)
                    == (flow.population, flow.location, flow.protocol, entry, flow.mailbox)
            };
            if all.iter().any(known) {
                continue;
            }
            let place = match flow.location {
                Location::Site(site) => ClientPlace::Inside(site),
                Location::Internet(_) => ClientPlace::Internet,
            };
            let caller = Caller {
                place: Some(place),
                host: Some(topology.namespaces[flow.namespace.index()].name.as_str()),
                path: flow.path,
                device: flow.device,
                proxied: false,
                down: &down.groups,
                stopped: &down.services,
                behind: &[],
                cut: &[],
            };
            let ask = AccessQuery { topology, protocol: flow.protocol, entry, mailbox: flow.mailbox, caller };
            let found = explain(&ask);
            let mut fates = BTreeSet::from([found.failure]);
            let mut route = Some(decide(&ask).0);
            while let Some(here) = route {
                fates.extend(here.failing.iter().map(|(_, failure)| Some(*failure)));
                route = match here.after {
                    Some(After::Arrives(next)) => Some(*next),
                    Some(After::Dead | After::Loop(_)) | None => None,
                };
            }
            let (population, location) = (flow.population, flow.location);
            all.push(Asked { ask, population, location, found, fates });
        }
    }
    all
}

/// What differs in a scenario, of one kind alone.
pub(crate) fn of_kind(scenario: &Scenario, kind: &str) -> Vec<Mismatch> {
    let down = down(scenario);
    let mut wrong = Vec::new();
    if kind.starts_with("run") {
        run(scenario, &asked(scenario, &down), &mut wrong);
    } else {
        checked(scenario, &asked(scenario, &Down::default()), &mut wrong);
    }
    wrong.retain(|mismatch| mismatch.kind == kind);
    wrong
}

/// What came of the questions about a scenario.
pub(crate) struct Compared {
    pub(crate) questions: usize,
    /// Those whose clients had a session in the run of which it can be told how it went.
    pub(crate) met: usize,
    pub(crate) wrong: Vec<Mismatch>,
}

/// Asks all of them about a scenario.
pub(crate) fn compared(scenario: &Scenario) -> Compared {
    let down = down(scenario);
    let asked_now = asked(scenario, &down);
    let mut wrong = Vec::new();
    let met = run(scenario, &asked_now, &mut wrong);
    // The other two look at the organisation while nothing fails.
    let nothing = Down::default();
    let whole = if down.groups.is_empty() && down.services.is_empty() {
        asked_now
    } else {
        asked(scenario, &nothing)
    };
    checked(scenario, &whole, &mut wrong);
    Compared { questions: whole.len(), met, wrong }
}

fn fates_in_words(fates: &BTreeSet<Fate>) -> String {
    let words: Vec<&str> = fates.iter().map(|fate| fate.map_or("served", Failure::token)).collect();
    words.join(" or ")
}

/// Plays the scenario; the number of questions that it answers.
fn run(scenario: &Scenario, asked: &[Asked<'_>], wrong: &mut Vec<Mismatch>) -> usize {
    let (result, rows) = support::play(&scenario.model, &scenario.experiment);
    let topology = &scenario.model.topology;
    let flows = flows::of(topology, &scenario.model.workload);
    // Of a client whose name leads to nobody there is nobody to ask `explain` about.
    let lost = |row: &SessionRecord, fate: Fate| {
        flows.iter().filter(|flow| flow.route.is_none()).any(|flow| {
            flow.population == row.population as usize
                && Some(flow.protocol) == row.protocol
                && place(topology, flow.location) == row.client_location
                && flow.failure() == fate
        })
    };
    let mut met: BTreeSet<usize> = BTreeSet::new();
    for row in &rows {
        let Some(fate) = fate(row) else { continue };
        let entry = group(&result, topology, row.entry_server);
        let of_row = |asked: &&Asked<'_>| {
            let (location, home) = (place(topology, asked.location), asked.ask.mailbox);
            asked.population == row.population as usize
                && Some(asked.ask.protocol) == row.protocol
                && location == row.client_location
                && topology.mailbox[home.index()].site.index() as u32 == row.mailbox_site
        };
        let all: Vec<&Asked<'_>> = asked.iter().filter(of_row).collect();
        if lost(row, fate) {
            continue;
        }
        let at = |asked: &&&Asked<'_>| match (entry, asked.found.stops.first().and_then(|s| s.first())) {
            // It stopped before it reached anybody, or reached the Mailbox server itself.
            (None, _) => true,
            (Some(entry), Some(Stop::Cas(first))) => *first == entry || asked.ask.entry == entry,
            (Some(_), _) => false,
        };
        let here: Vec<&&Asked<'_>> = all.iter().filter(at).collect();
        let who = row.protocol.map_or("?", Protocol::token);
        if here.is_empty() {
            let at = entry.map_or("nobody", |id| topology.cas[id.index()].name.as_str());
            let said: Vec<String> = all.iter().map(|asked| asked.words(scenario)).collect();
            wrong.push(Mismatch {
                kind: format!("run and explain: entry, {who}"),
                words: format!("the run enters at {at} ({fate:?}); explain: {said:#?}"),
            });
            continue;
        }
        for (number, asked) in asked.iter().enumerate() {
            if here.iter().any(|other| std::ptr::eq(**other, asked)) {
                met.insert(number);
            }
        }
        agrees(scenario, row, &here, wrong);
    }
    met.len()
}

/// Whether a session fared as `explain` says of those that it may be one of, and by the same way.
fn agrees(scenario: &Scenario, row: &SessionRecord, here: &[&&Asked<'_>], wrong: &mut Vec<Mismatch>) {
    let Some(fate) = fate(row) else { return };
    let who = row.protocol.map_or("?", Protocol::token);
    let fates: BTreeSet<Fate> = here.iter().flat_map(|asked| asked.fates.iter().copied()).collect();
    let words: Vec<String> = here.iter().map(|asked| asked.words(scenario)).collect();
    if !fates.contains(&fate) {
        let run = fate.map_or("served", Failure::token);
        wrong.push(Mismatch {
            kind: format!("run and explain: {run}, not {}, {who}", fates_in_words(&fates)),
            words: format!("the run: {run} by {} ({}); explain: {words:#?}", row.rule, row.mechanism.token()),
        });
        return;
    }
    if fate.is_some() {
        return;
    }
    let served = || here.iter().filter(|asked| asked.found.failure.is_none());
    if !served().any(|asked| asked.found.mechanisms.contains(&row.mechanism)) {
        wrong.push(Mismatch {
            kind: format!("run and explain: mechanism {}, {who}", row.mechanism.token()),
            words: format!("the run: {} by {}; explain: {words:#?}", row.mechanism.token(), row.rule),
        });
    }
    let moves = |asked: &&&Asked<'_>| asked.found.stops.last().map_or(0, |s| s.len().saturating_sub(1));
    if !served().any(|asked| moves(asked) == row.server_hops as usize) {
        wrong.push(Mismatch {
            kind: format!("run and explain: {} moves, {who}", row.server_hops),
            words: format!("the run: {} moves; explain: {words:#?}", row.server_hops),
        });
    }
}

/// How a session fared, where that can be told.
fn fate(row: &SessionRecord) -> Option<Fate> {
    match row.outcome {
        SessionOutcome::Failed => Some(row.failure),
        SessionOutcome::Completed => Some(None),
        SessionOutcome::Open if row.latency_count > 0 || row.held_requests > 0 => Some(None),
        SessionOutcome::Open => None,
    }
}

fn place(topology: &Topology, location: Location) -> u32 {
    match location {
        Location::Site(site) => site.index() as u32,
        Location::Internet(region) => (topology.sites.len() + region.index()) as u32,
    }
}

/// The Client Access group of a server by its number in the results.
fn group(result: &RunResult, topology: &Topology, server: u32) -> Option<Id<CasGroup>> {
    if server == NONE {
        return None;
    }
    let name = &result.names.servers[server as usize];
    let own = |group: &CasGroup| {
        group.name == *name || (1..=group.servers).any(|n| format!("{}-{n}", group.name) == *name)
    };
    topology.cas.iter().position(own).map(Id::new)
}

/// A refusal is found, and what is called refused is.
fn checked(scenario: &Scenario, asked: &[Asked<'_>], wrong: &mut Vec<Mismatch>) {
    let reports = findings(scenario);
    let populations = &scenario.model.workload.populations;
    let touches = |report: &&Report, population: usize| {
        let touched = |name: &str| report.finding.users.iter().any(|users| users.population == name);
        let users = &report.finding.users;
        report.severity != Severity::Note && (users.is_empty() || touched(&populations[population].name))
    };
    for asked in asked {
        let Some(failure) = asked.found.failure else { continue };
        if !reports.iter().any(|report| touches(&report, asked.population)) {
            wrong.push(Mismatch {
                kind: format!("check and explain: silent on {}, {}", failure.token(), asked.ask.protocol),
                words: asked.words(scenario),
            });
        }
    }
    let flows = flows::of(&scenario.model.topology, &scenario.model.workload);
    let lost: Vec<usize> = flows.iter().filter(|f| f.route.is_none()).map(|f| f.population).collect();
    for at in &lost {
        if !reports.iter().any(|report| touches(&report, *at)) {
            wrong.push(Mismatch {
                kind: "check and explain: silent on a name that leads nowhere".to_owned(),
                words: populations[*at].name.clone(),
            });
        }
    }
    for report in reports.iter().filter(|report| report.lint.id == "L41") {
        for users in &report.finding.users {
            if lost.iter().any(|at| populations[*at].name == users.population) {
                continue;
            }
            let refused = asked.iter().any(|asked| {
                populations[asked.population].name == users.population
                    && asked.found.failure.is_some_and(|f| report.finding.message.contains(f.sentence()))
            });
            if !refused {
                wrong.push(Mismatch {
                    kind: "check and explain: refused in check alone".to_owned(),
                    words: format!("{}: {}", users.population, report.finding.message),
                });
            }
        }
    }
}
