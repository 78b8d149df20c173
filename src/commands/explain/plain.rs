//! `--plain`: two sentences for the help desk.

use crate::model::access::{AccessQuery, Decision, Explanation, Mechanism};

/// Two sentences: what happens, and what that means for the user.
pub(super) fn sentences(ask: &AccessQuery<'_>, found: &Explanation) -> String {
    let topology = ask.topology;
    let entry = &topology.cas[ask.entry.index()];
    let mailbox = &topology.mailbox[ask.mailbox.index()];
    let home = &topology.sites[mailbox.site.index()].name;
    let service = ask.protocol.title();
    let hops = found.hops();
    let last = hops.last().copied().unwrap_or("");
    let host = found.redirect_host.as_deref().unwrap_or("another server");
    if let Some(failure) = found.failure {
        return format!(
            "{service} for a mailbox in {home} does not work through {}: {} {}",
            entry.name,
            lower_first(failure.sentence()),
            advice(found),
        );
    }
    match found.mechanism {
        Mechanism::ServeLocal if hops.first().is_some_and(|first| *first != entry.name) => format!(
            "{service} for a mailbox in {home} does not use {}: the client goes to {} by itself. \
             There is nothing for the user to do.",
            entry.name, hops[0]
        ),
        Mechanism::ServeLocal => format!(
            "{service} for a mailbox in {home} is served by {} itself. The user notices nothing.",
            entry.name
        ),
        Mechanism::Proxy | Mechanism::LegacyProxy => format!(
            "{} passes {service} for a mailbox in {home} on to {}. The user notices nothing{}.",
            entry.name,
            hops.get(1).copied().unwrap_or(last),
            if entry.site == mailbox.site {
                ""
            } else {
                ", except that every request travels between the sites"
            },
        ),
        Mechanism::RpcDirect if found.legs[0].len() == 1 => format!(
            "{service} for a mailbox in {home} goes straight to {last}, without a Client Access server. The \
             user notices nothing but the distance."
        ),
        Mechanism::RpcDirect if entry.site == mailbox.site => format!(
            "{} serves {service} for a mailbox in {home} by reading from {last} in the same site. The user \
             notices nothing.",
            entry.name
        ),
        Mechanism::RpcDirect => format!(
            "{} serves {service} for a mailbox in {home} by reading from {last} over the network between \
             the sites. It works, but many small requests travel that way, so it may be slow.",
            entry.name
        ),
        Mechanism::RedirectManual => format!(
            "{} cannot serve {service} for a mailbox in {home} and shows a page with a link to {host}. The \
             user clicks the link and logs on once more; {host} is the better bookmark.",
            entry.name
        ),
        Mechanism::RedirectSilent | Mechanism::LegacyRedirect => format!(
            "{} sends the browser on to {host}, which serves {service} for a mailbox in {home}. The address \
             changes by itself, and the user {}.",
            entry.name,
            if found.second_logon() == Some(false) {
                "need not log on again"
            } else {
                "is asked to log on again"
            },
        ),
        Mechanism::Redirect451 => format!(
            "{} tells the device to use {host} for a mailbox in {home}. The device remembers that address, \
             and the user has nothing to do.",
            entry.name
        ),
        Mechanism::Refer => format!(
            "{} tells Outlook that the mailbox in {home} is reached through another server. Outlook \
             changes its profile and asks for a restart, once.",
            entry.name
        ),
        Mechanism::Refuse => {
            debug_assert_eq!(found.decision, Decision::Refused);
            format!("{service} for a mailbox in {home} is refused. {}", found.rule.docs)
        }
    }
}

/// What would mend a refusal, in a sentence.
fn advice(found: &Explanation) -> String {
    let fix = found.counterfactuals.iter().find(|c| c.failure.is_none());
    fix.map_or_else(
        || "No single setting would mend this.".to_owned(),
        |c| format!("It would work with this setting: {}: {}.", c.setting, c.to),
    )
}

fn lower_first(text: &str) -> String {
    // Names such as POP3 or InternalURL keep their capitals.
    let mut chars = text.chars();
    match (chars.next(), text.chars().nth(1)) {
        (Some(first), Some(second)) if first.is_uppercase() && (second.is_lowercase() || second == ' ') => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
