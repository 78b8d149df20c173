//! Lints of capacity that lies idle.

use crate::check::finding::{Finding, Lint};
use crate::check::subject::{Subject, clock};
use crate::clients::expected::offered_load::{OfferedLoad, Resource};
use crate::diagnostics::Severity;
use crate::model::access::Confidence;

/// Cores below which nobody asks what they are for.
const MANY: f64 = 16.0;
/// Use in the busiest hour below which they lie idle, of 1.
const IDLE: f64 = 0.1;
/// Use in the busiest hour that leaves room for bursts, of 1.
const PLANNED: f64 = 0.4;
/// The same where servers are lost in the course of the run: who is left has it all.
const PLANNED_FOR_LOSS: f64 = 0.2;

/// Lints of idle capacity.
pub const LINTS: &[Lint] = &[Lint {
    id: "L83",
    severity: Severity::Note,
    title: "capacity lies idle",
    docs: "Servers with 16 cores and more are offered less than 10 % of their capacity in the busiest hour. The fix is \
           the number of servers, or where one or two are left of cores, that are used to 40 % then (20 % in a \
           scenario with outages); two servers at least where there are several, so that one may fail. Other limits \
           and growth may want more.",
    source: "utilisation law: arrival rate times mean demand over capacity",
    confidence: Confidence::Source,
    find: idle,
}];

fn idle(s: &Subject<'_>) -> Vec<Finding> {
    s.offered().iter().filter_map(|offered| of_servers(s, offered)).collect()
}

fn of_servers(s: &Subject<'_>, offered: &OfferedLoad) -> Option<Finding> {
    let (path, servers, cores) = match offered.resource {
        Resource::Cas(id) => (format!("{}.cas", s.cas_path(id)), s.cas(id).servers, s.cas(id).cores),
        // That is what it is there for.
        Resource::Mailbox(id) if s.mailbox(id).passive_of.is_some() => return None,
        Resource::Mailbox(id) => {
            (format!("{}.mailbox", s.mailbox_path(id)), s.mailbox(id).servers, s.mailbox(id).cores)
        }
        Resource::Publisher(..)
        | Resource::Host(_)
        | Resource::Link(..)
        | Resource::Pipe(..)
        | Resource::Station(_)
        | Resource::CustomLink(_) => {
            return None;
        }
    };
    let used = offered.utilisation();
    if offered.capacity < MANY || used >= IDLE || used <= 0.0 {
        return None;
    }
    let message = format!(
        "{}: {:.0} cores at {:.0} % in the hour from {}",
        offered.name,
        offered.capacity,
        used * 100.0,
        clock(s.scenario, offered.from)
    );
    let outages = !s.scenario.model.workload.outages.is_empty();
    let share = used / if outages { PLANNED_FOR_LOSS } else { PLANNED };
    let enough = (f64::from(servers) * share).ceil().max(2.0);
    let finding = Finding::at(format!("{path}.servers"), message);
    if enough < f64::from(servers) {
        let set = format!("{path}.servers={enough:.0}");
        return Some(finding.fix(set, "fewer servers, or fewer cores each; keep what outages need"));
    }
    // The lint speaks of 16 cores and more: half of a pair may be fewer.
    let fewer = (f64::from(cores) * share).ceil().max(2.0);
    let set = if fewer < f64::from(cores) { format!("{path}.cores={fewer:.0}") } else { String::new() };
    Some(finding.fix(set, "fewer cores each; keep what outages need"))
}
