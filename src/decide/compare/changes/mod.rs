//! The change request: every setting, record, name and rule that turns the base into the other,
//! in an order after each step of which nobody is refused who was served.
//!
//! Read `edits` for what differs, `steps` for what is made at once, `states` for the scenarios
//! in between, `served` for who is served in one, `order` for the search, `words` and
//! `questions` for what a row says.

mod edits;
mod order;
mod questions;
mod served;
mod states;
mod steps;
mod words;

use std::collections::BTreeSet;

use super::renamed::{Renamed, renamed};
use crate::check::names;
use crate::model::protocol::Protocol;
use crate::results::changes::{ChangeKind, ChangeRequest, ChangeRow, Refused};
use crate::scenario::Scenario;
use order::{Done, Search};
use questions::{Asked, Question, difference, same};
use served::Served;
use states::Between;
use steps::{Published, Step};
use words::Sides;

/// A change request, and the scenarios after each of its steps.
#[derive(Clone, PartialEq, Debug)]
pub struct Requested {
    /// The request.
    pub request: ChangeRequest,
    /// The base, then the scenario after each step, as texts that load by themselves.
    pub scenarios: Vec<String>,
    /// Records, names and ports that the base uses and the other only does not because it refuses who needs
    /// them: they stay until that is mended.
    pub left: Vec<names::Row>,
}

/// What is made at a step: edits, or something that no key states.
enum Made<'m> {
    Steps(Vec<&'m Step>),
    Published(&'m Published),
}

/// Who is served in `base` and refused in `other`.
#[must_use]
pub fn refused(base: &Scenario, other: &Scenario) -> Vec<Refused> {
    Served::of(base, base).refused_in(&Served::of(other, base))
}

/// Finds the steps from `base` to `other`, and an order.
#[must_use]
pub fn request(base: &Scenario, other: &Scenario) -> Requested {
    request_after(&[], base, other)
}

/// The same of a step of a migration, where those before it `left` something to go.
#[must_use]
pub fn request_after(left: &[names::Row], base: &Scenario, other: &Scenario) -> Requested {
    match renamed(base, other) {
        Some(called) if refused(base, &called.scenario).is_empty() => of_renamed(left, base, &called, other),
        _ => steps_after(0, left, base, other),
    }
}

/// What is only called otherwise is the first step, which refuses nobody; the others begin at the base with
/// the other's names.
fn of_renamed(left: &[names::Row], base: &Scenario, called: &Renamed, other: &Scenario) -> Requested {
    let mut found = steps_after(1, left, &called.scenario, other);
    let rows: Vec<ChangeRow> = called.names.iter().map(words::renamed).collect();
    found.request.rows.splice(0..0, rows);
    found.scenarios.insert(0, Between::of(base, base).text(&base.name, &BTreeSet::new()));
    found
}

/// The steps behind `first` others.
fn steps_after(first: u32, left: &[names::Row], base: &Scenario, other: &Scenario) -> Requested {
    let between = Between::of(base, other);
    let steps = steps::steps(&between.edits, base, other);
    let edits_of = |done: &Done| -> BTreeSet<usize> {
        done.iter().flat_map(|step| steps[*step].edits.clone()).collect()
    };
    let (before, end) = (Served::of(base, base), Served::of(other, base));
    let (published, left) = steps::published((base, left), other, &between.edits, &before.refused_in(&end));
    let look = |done: &Done| between.load(&edits_of(done)).map(|scenario| Served::of(&scenario, base));
    let mut ranked: Vec<usize> = (0..steps.len()).collect();
    ranked.sort_by_key(|step| steps::rank(&steps[*step], &between.edits));
    let found = Search::new(ranked, &look, &before, &end).run();

    let coming = published.iter().filter(|of| of.comes).map(|of| (Made::Published(of), None));
    let going = published.iter().filter(|of| !of.comes).map(|of| (Made::Published(of), None));
    let changing = found.order.iter().zip(&found.refused);
    let changing = changing
        .map(|(made, refused)| (Made::Steps(made.iter().map(|at| &steps[*at]).collect()), Some(refused)));
    let sides = Sides { base, other };
    let ask = Asking::new(sides);
    let mut rows: Vec<ChangeRow> = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    let behind = |number: u32| match number {
        0 => base.name.clone(),
        number => format!("{}, step {number}", base.name),
    };
    let mut scenarios = vec![between.text(&behind(first), &done)];
    let mut now = base.clone();
    let mut now_refused: Vec<Refused> = Vec::new();
    let own = u32::try_from(published.len() + found.order.len()).unwrap_or(u32::MAX);
    let last = first.saturating_add(own);
    for (number, (made, refused)) in (first + 1..).zip(coming.chain(changing).chain(going)) {
        let mut own: Vec<ChangeRow> = Vec::new();
        match made {
            Made::Published(of) => {
                let mut row = words::published(of);
                ask.about_published(of, (first, last), &mut row);
                own.push(row);
            }
            Made::Steps(made) => {
                done.extend(made.iter().flat_map(|step| step.edits.iter().copied()));
                let shown = made.iter().flat_map(|step| {
                    step.edits[..step.shown].iter().map(|at| words::row(sides, step, &between.edits[*at]))
                });
                own.extend(shown);
                if let Some(next) = between.load(&done) {
                    ask.about_step((&now, &next), (number, last), &mut own);
                    now = next;
                }
            }
        }
        for row in &mut own {
            row.step = number;
        }
        if let Some(refused) = refused {
            now_refused.clone_from(refused);
        }
        if let Some(row) = own.last_mut() {
            row.refused.clone_from(&now_refused);
        }
        rows.extend(own);
        scenarios.push(between.text(&behind(number), &done));
    }
    let request =
        ChangeRequest { rows, steps: last, order: found.known, trials: found.trials, asked: before.kinds() };
    Requested { request, scenarios, left }
}

/// What clients ask on either side.
struct Asking<'s> {
    sides: Sides<'s>,
    clients: BTreeSet<Question>,
}

impl<'s> Asking<'s> {
    fn new(sides: Sides<'s>) -> Self {
        let mut clients = questions::of_clients(sides.base);
        clients.extend(questions::of_clients(sides.other));
        Self { sides, clients }
    }

    /// What shows a step: a client's question that is answered otherwise, else anybody's, else one that is
    /// answered otherwise in the end; where no answer depends on it, one that has to stay the same.
    fn about_step(
        &self,
        (before, after): (&Scenario, &Scenario),
        (number, last): (u32, u32),
        rows: &mut [ChangeRow],
    ) {
        let now = (Asked::of(&before.model.topology), Asked::of(&after.model.topology));
        let whole = (Asked::of(&self.sides.base.model.topology), Asked::of(&self.sides.other.model.topology));
        for row in rows.iter_mut().filter(|row| row.kind != ChangeKind::Assumption) {
            let parts = crate::scenario::split_path(&row.path);
            let of = |table: &str| parts.get(1).filter(|_| parts[0] == table).map(String::as_str);
            let (site, name) = (of("site"), of("namespace"));
            let wanted = protocols(&row.path);
            let about = |protocol: Protocol| wanted.is_none_or(|service| service(protocol));
            let clients: Vec<Question> =
                self.clients.iter().filter(|question| about(question.protocol)).cloned().collect();
            let everybody = || -> Vec<Question> {
                let of = |scenario: &Scenario| {
                    questions::of_everybody(&scenario.model.topology, (site, name), about)
                };
                of(after).into_iter().chain(of(before)).collect()
            };
            let at_home = || -> Vec<Question> {
                let topology = &self.sides.base.model.topology;
                clients
                    .iter()
                    .filter(|question| site.is_some() && question.home(topology) == site)
                    .cloned()
                    .collect()
            };
            let found = difference(&now.0, &now.1, &clients)
                .or_else(|| difference(&now.0, &now.1, &everybody()))
                .map(|shown| (shown, number))
                .or_else(|| Some((difference(&whole.0, &whole.1, &at_home())?, last)))
                .or_else(|| Some((same(&now.0, &now.1, at_home().into_iter().next()?), number)));
            let Some((shown, asked_after)) = found else { continue };
            row.test = shown.question.options();
            row.asked_after = asked_after;
            (row.before, row.after) = (shown.before, shown.after);
        }
    }

    /// What uses something that is published: asked where it is used.
    fn about_published(&self, of: &Published, (first, last): (u32, u32), row: &mut ChangeRow) {
        let scenario = if of.comes { self.sides.other } else { self.sides.base };
        let asked = Asked::of(&scenario.model.topology);
        let wanted: Vec<&str> = of.row.protocols.split(';').collect();
        let uses = |question: &&Question| {
            wanted.contains(&question.protocol.token()) && asked.uses(question, &of.row)
        };
        if let Some(question) = self.clients.iter().find(uses) {
            row.test = question.options();
            let said = asked.answer(question).words;
            // What comes is used later, and what goes was used before.
            if of.comes {
                (row.after, row.asked_after) = (said, last);
            } else {
                (row.before, row.asked_after) = (said, first);
            }
        }
    }
}

/// Which protocols something is about.
type Wanted = fn(Protocol) -> bool;

/// The protocols that a key of a virtual directory or service is about; `None`: any.
fn protocols(path: &str) -> Option<Wanted> {
    let of: [(&str, Wanted); 9] = [
        (".owa.", |protocol| protocol == Protocol::Owa),
        (".eas.", |protocol| protocol == Protocol::Eas),
        (".ews.", |protocol| protocol == Protocol::Ews),
        (".autodiscover.", |protocol| protocol == Protocol::Autodiscover),
        (".oab.", |protocol| protocol == Protocol::Oab),
        (".mapi.", |protocol| protocol == Protocol::MapiHttp),
        (".outlook_anywhere", |protocol| protocol == Protocol::OutlookAnywhere),
        (".pop", |protocol| protocol == Protocol::Pop),
        (".imap", |protocol| protocol == Protocol::Imap),
    ];
    of.into_iter().find(|(key, _)| path.starts_with("site.") && path.contains(key)).map(|(_, wanted)| wanted)
}
