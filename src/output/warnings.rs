//! Findings about a run itself, in words.

use super::manifest::percent;
use crate::results::{NotSteady, Overflow, Warning};

/// One line, without an end.
#[must_use]
pub fn sentence(warning: &Warning) -> String {
    match warning {
        Warning::Overload { name, utilisation, from, overflow } => {
            let minute = from.0 / 60_000_000_000;
            let share = percent(*utilisation);
            let what = match overflow {
                Overflow::Refused => "its queue is full most of the time, and it refuses the rest",
                Overflow::Queued => "the queue grows as long as that lasts, and there is no steady state",
                Overflow::Shared => {
                    "ever more transfers share it as long as that lasts, and there is no steady state"
                }
            };
            format!(
                "overload: {name} is offered {share} of its capacity from minute {minute} of the run on: {what}"
            )
        }
        Warning::BusyServers { name, utilisation } => busy("server group", name, *utilisation),
        Warning::BusyLink { name, utilisation } => busy("link", name, *utilisation),
        Warning::NotSteady(NotSteady::Overloaded) => {
            "overloaded: there is no steady state; means are of this window, which begins with empty queues"
                .to_owned()
        }
        Warning::NotSteady(NotSteady::Drifting) => {
            "the run does not become steady: means are of this window, not of a steady state; lengthen it"
                .to_owned()
        }
        Warning::NotSteady(NotSteady::Silent) => {
            "no warm-up was found, since next to nothing completed; lengthen the window".to_owned()
        }
    }
}

fn busy(what: &str, name: &str, utilisation: f64) -> String {
    format!(
        "{what} {name} was busy {:.1} % of the window: waiting times grow with the length of the run",
        utilisation * 100.0
    )
}
