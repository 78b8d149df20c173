//! The one fact of a trace that an answer hangs on.
//!
//! Must not know which rule reads which fact: whatever is named has been turned over, and the
//! request decided again.

use super::counterfactual::{Counterfactual, differs};
use crate::model::access::answer::{After, Route, Stop};
use crate::model::access::decision::decide_with;
use crate::model::access::query::{AccessQuery, Caller, Index, Query};
use crate::model::access::trace::{Fact, Trace};

/// What was turned over: the question of a fact, and whether the client is served then.
type Turned = (String, bool);

/// The fact whose change would change the answer: where the client is refused, one that would
/// serve it, before others; of the rule that decided before those that were looked at earlier.
/// Of a redirect that leads nowhere, where it leads. Where nothing changes anything by itself,
/// what the rule that decided looked at last.
pub(super) fn deciding(
    ask: &AccessQuery<'_>,
    index: &Index,
    now: &Route,
    (trace, others): (&Trace, &[Counterfactual]),
) -> Option<Fact> {
    let own = trace.steps.last().map_or(&[][..], |step| &step.facts);
    let mut turned: Vec<Turned> =
        others.iter().map(|other| (other.setting.clone(), other.failure.is_none())).collect();
    turned.extend(lifted(ask, index, now));
    let find = |mends: bool| {
        let wanted = || turned.iter().filter(|(_, serves)| *serves || !mends);
        let of_rule = own.iter().rev().find(|fact| wanted().any(|(question, _)| *question == fact.question));
        of_rule.or_else(|| wanted().find_map(|(question, _)| trace.facts().find(|f| f.question == *question)))
    };
    let refused = now.final_failure().is_some();
    let leads_nowhere = matches!(now.after, Some(After::Dead | After::Loop(_)));
    let mending = if refused { find(true) } else { None };
    let led = if leads_nowhere { own.last() } else { None };
    // What would only have it refused for another reason is no reason of this refusal, unless this rule looked at it.
    let otherwise = || find(false).filter(|fact| !refused || own.contains(fact));
    mending.or(led).or_else(otherwise).or(own.last()).cloned()
}

/// What is down, each by itself up again: those that change the answer.
fn lifted(ask: &AccessQuery<'_>, index: &Index, now: &Route) -> Vec<Turned> {
    let q = Query::new(ask, index);
    let name = |stop: Stop| match stop {
        Stop::Cas(id) => &q.cas(id).name,
        Stop::Mailbox(id) => &ask.topology.mailbox[id.index()].name,
    };
    let again = |caller: Caller<'_>| {
        let route = decide_with(&AccessQuery { caller, ..*ask }, index, &mut Trace::silent());
        differs(&route, now).then(|| route.final_failure().is_none())
    };
    let (down, stopped) = (ask.caller.down, ask.caller.stopped);
    let mut found = Vec::new();
    for &up in down {
        // A machine with both roles is up with both.
        let rest: Vec<Stop> = down.iter().copied().filter(|&other| name(other) != name(up)).collect();
        if let Some(serves) = again(Caller { down: &rest, ..ask.caller }) {
            found.push((q.serves(up), serves));
        }
    }
    for (at, &id) in ask.caller.behind.iter().enumerate() {
        let rest = [&ask.caller.behind[..at], &ask.caller.behind[at + 1..]].concat();
        if let Some(serves) = again(Caller { behind: &rest, ..ask.caller }) {
            found.push((q.balancer_is_up(id), serves));
        }
    }
    for (at, &link) in ask.caller.cut.iter().enumerate() {
        let rest = [&ask.caller.cut[..at], &ask.caller.cut[at + 1..]].concat();
        if let Some(serves) = again(Caller { cut: &rest, ..ask.caller }) {
            found.push((q.link_is_up(link), serves));
        }
    }
    for (at, &(id, _)) in stopped.iter().enumerate().filter(|(_, (_, stopped))| *stopped == ask.protocol) {
        let rest = [&stopped[..at], &stopped[at + 1..]].concat();
        if let Some(serves) = again(Caller { stopped: &rest, ..ask.caller }) {
            found.push((q.service_down(&q.cas(id).name).0, serves));
        }
    }
    found
}
