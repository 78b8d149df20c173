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

/// Lints of idle capacity.
pub const LINTS: &[Lint] = &[Lint {
    id: "L83",
    severity: Severity::Note,
    title: "capacity lies idle",
    docs: "Servers with 16 cores and more are offered less than 10 % of their capacity in the busiest hour. The fix is \
           the number of servers that are used to 40 % then, two at least where there are several, so that one may \
           fail; outages, other limits and growth may want more.",
    source: "utilisation law: arrival rate times mean demand over capacity",
    confidence: Confidence::Source,
    find: idle,
}];

fn idle(s: &Subject<'_>) -> Vec<Finding> {
    s.offered.iter().filter_map(|offered| of_servers(s, offered)).collect()
}

fn of_servers(s: &Subject<'_>, offered: &OfferedLoad) -> Option<Finding> {
    let (path, servers) = match offered.resource {
        Resource::Cas(id) => (format!("{}.cas", s.cas_path(id)), s.cas(id).servers),
        // Where databases are mounted after a loss: its cores are there for that.
        Resource::Mailbox(id) if id.index() >= s.topology.mailbox.len() => return None,
        Resource::Mailbox(id) => (format!("{}.mailbox", s.mailbox_path(id)), s.mailbox(id).servers),
        Resource::Link(..) | Resource::Pipe(..) | Resource::Station(_) | Resource::CustomLink(_) => {
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
    let enough = (f64::from(servers) * used / PLANNED).ceil().max(2.0);
    let finding = Finding::at(format!("{path}.servers"), message);
    Some(if enough < f64::from(servers) {
        finding.fix(
            format!("{path}.servers={enough:.0}"),
            "fewer servers, or fewer cores each; keep what outages need",
        )
    } else {
        finding.fix("", "fewer cores would do")
    })
}
