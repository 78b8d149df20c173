//! What would change a decision: every single setting that this request could
//! depend on is turned over, and the request decided again.
//!
//! Only one setting at a time; what needs two is not found. Must not know which rule
//! reads which setting, so that it cannot disagree with the rules.

mod change;
mod organisation;
mod servers;

use change::Change;
pub use change::{Owner, SetLine};
use organisation::{of_mailbox, of_organisation};
use servers::{of_entry, of_group, of_target};

use super::names::names;
use crate::kernel::Id;
use crate::model::access::answer::{ClientSees, Mechanism, Route, Stop};
use crate::model::access::decision::decide_with;
use crate::model::access::failure::Failure;
use crate::model::access::query::{AccessQuery, Caller, Device, Index, OwaPath, Query};
use crate::model::access::trace::Trace;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Topology};

/// A single setting that would change the decision.
#[derive(Clone, PartialEq, Debug)]
pub struct Counterfactual {
    /// The setting and whose it is: `ExternalURL of CAS-B1 /owa`.
    pub setting: String,
    /// Its value now.
    pub from: String,
    /// The value that changes the decision.
    pub to: String,
    /// What would be decided.
    pub mechanism: Mechanism,
    /// Names of the servers that would be reached, leg by leg.
    pub legs: Vec<Vec<String>>,
    /// What the client would be shown first.
    pub client_sees: ClientSees,
    /// Why it would still not get what it asks for.
    pub failure: Option<Failure>,
    /// Host that it would be sent to.
    pub redirect_host: Option<String>,
    /// Command of the administration shell that makes the change; empty where there is none.
    pub shell: String,
    /// The scenario's line that makes it; `None` for what the client does.
    pub set: Option<SetLine>,
    /// What is turned over.
    pub turned: Turned,
}

/// What is turned over: a setting, or what the client does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Turned {
    /// A setting of the organisation.
    Setting,
    /// The server that the client is pointed at.
    Entry(Id<CasGroup>),
    /// The device.
    Device(Device),
    /// The path that the user typed.
    Path(OwaPath),
}

/// Every single change that leads to another decision, those that serve the client first.
pub(super) fn search(ask: &AccessQuery<'_>, now: &Route) -> Vec<Counterfactual> {
    let mut found: Vec<Counterfactual> = Vec::new();
    let mut scratch = ask.topology.clone();
    // No setting that is turned over here moves a server or a link.
    let index = Index::new(ask.topology);
    for change in changes(ask) {
        (change.make)(&mut scratch);
        let caller: Caller<'_> = ask.caller;
        let changed = AccessQuery { topology: &scratch, caller, ..*ask };
        let route = decide_with(&changed, &index, &mut Trace::silent());
        if differs(&route, now) {
            found.push(Counterfactual {
                legs: names(&changed, &route),
                setting: change.setting,
                from: change.from,
                to: change.to,
                mechanism: route.mechanism,
                client_sees: route.sees,
                failure: route.final_failure(),
                redirect_host: route.redirect_host,
                shell: change.shell,
                set: change.set,
                turned: Turned::Setting,
            });
        }
        restore(&mut scratch, ask);
    }
    if now.final_failure().is_some() {
        found.extend(elsewhere(ask, now));
    }
    found.extend(other_device(ask, &index, now));
    found.extend(other_path(ask, &index, now));
    // What mends comes first, of that what an administrator of the servers sets.
    found.sort_by_key(|c| (c.failure.is_some(), c.set.is_none() && c.shell.is_empty()));
    found
}

/// The client's own setting: a server of the mailbox's site instead of this one.
fn elsewhere(ask: &AccessQuery<'_>, now: &Route) -> Option<Counterfactual> {
    let index = Index::new(ask.topology);
    let (entry, route) = Query::new(ask, &index)
        .candidates()
        .filter(|id| *id != ask.entry && !ask.caller.down.contains(&Stop::Cas(*id)))
        .find_map(|id| {
            let there = AccessQuery { entry: id, ..*ask };
            let route = decide_with(&there, &index, &mut Trace::silent());
            (route.final_failure().is_none() && differs(&route, now)).then_some((id, route))
        })?;
    let name = |id: Id<CasGroup>| ask.topology.cas[id.index()].name.clone();
    Some(Counterfactual {
        setting: "server that the client is pointed at".to_owned(),
        from: name(ask.entry),
        to: name(entry),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: None,
        redirect_host: route.redirect_host,
        shell: String::new(),
        set: None,
        turned: Turned::Entry(entry),
    })
}

/// The device's own setting: one that follows HTTP 451, or one that does not.
fn other_device(ask: &AccessQuery<'_>, index: &Index, now: &Route) -> Option<Counterfactual> {
    if ask.protocol != Protocol::Eas {
        return None;
    }
    let device = ask.caller.device;
    let other = if device.can_follow() {
        Device { follows_451: Some(false), ..device }
    } else {
        Device { version: device.version.max(141), follows_451: Some(true) }
    };
    let caller = Caller { device: other, ..ask.caller };
    let route = decide_with(&AccessQuery { caller, ..*ask }, index, &mut Trace::silent());
    let words = |device: Device| {
        let follows = if device.can_follow() { "follows" } else { "does not follow" };
        format!("protocol {}.{}, {follows} 451", device.version / 10, device.version % 10)
    };
    differs(&route, now).then(|| Counterfactual {
        setting: "device".to_owned(),
        from: words(device),
        to: words(other),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: route.final_failure(),
        redirect_host: route.redirect_host.clone(),
        shell: String::new(),
        set: None,
        turned: Turned::Device(other),
    })
}

/// The user's own choice: `/owa` for `/exchange`, or the other way round.
fn other_path(ask: &AccessQuery<'_>, index: &Index, now: &Route) -> Option<Counterfactual> {
    if ask.protocol != Protocol::Owa {
        return None;
    }
    let (path, from, to) = match ask.caller.path {
        OwaPath::Owa => (OwaPath::Exchange, "/owa", "/exchange"),
        OwaPath::Exchange => (OwaPath::Owa, "/exchange", "/owa"),
    };
    let caller = Caller { path, ..ask.caller };
    let route = decide_with(&AccessQuery { caller, ..*ask }, index, &mut Trace::silent());
    // From /owa only where it mends something: elsewhere /exchange just leads back.
    let worth = path == OwaPath::Owa || (now.final_failure().is_some() && route.final_failure().is_none());
    (worth && differs(&route, now)).then(|| Counterfactual {
        setting: "path that the user typed".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        legs: names(ask, &route),
        mechanism: route.mechanism,
        client_sees: route.sees,
        failure: route.final_failure(),
        redirect_host: route.redirect_host.clone(),
        shell: String::new(),
        set: None,
        turned: Turned::Path(path),
    })
}

/// Only what the client or the way would notice: not the rule's name.
pub(super) fn differs(a: &Route, b: &Route) -> bool {
    a.mechanism != b.mechanism
        || a.final_failure() != b.final_failure()
        || a.redirect_host != b.redirect_host
        || a.legs() != b.legs()
}

/// Undoes whatever a change may have touched.
fn restore(scratch: &mut Topology, ask: &AccessQuery<'_>) {
    let original = ask.topology;
    let (here, home) = (original.cas[ask.entry.index()].site, original.mailbox[ask.mailbox.index()].site);
    for (group, was) in scratch.cas.iter_mut().zip(&original.cas) {
        if was.site == here || was.site == home {
            group.clone_from(was);
        }
    }
    scratch.mailbox[ask.mailbox.index()].clone_from(&original.mailbox[ask.mailbox.index()]);
    scratch.switches.clone_from(&original.switches);
}

fn changes(ask: &AccessQuery<'_>) -> Vec<Change> {
    let topology = ask.topology;
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let mut all = Vec::new();
    of_group(&mut all, ask, ask.entry);
    of_entry(&mut all, ask);
    for (index, group) in topology.cas.iter().enumerate() {
        let id = Id::new(index);
        if group.site == mailbox.site && id != ask.entry {
            of_group(&mut all, ask, id);
            of_target(&mut all, ask, id);
        }
    }
    of_organisation(&mut all, ask);
    of_mailbox(&mut all, ask);
    all
}
