//! What setup leaves behind, by release: the defaults of what a scenario does not state.
//!
//! One function a setting, so that the reader of scenarios and the table of
//! docs/defaults.md say the same. Limits have theirs in [`super::limits`]. Must not know
//! who reads it.

use std::fmt::Write as _;

use super::directory::{Authentication, Service};
use super::limits::CasLimits;
use super::release::Generation;

/// Authentication methods of a virtual directory, whatever the site.
#[must_use]
pub fn authentication(service: Service) -> Vec<Authentication> {
    match service {
        Service::Owa => vec![Authentication::Forms, Authentication::Basic],
        Service::Eas => vec![Authentication::Basic],
        Service::Autodiscover => vec![Authentication::Basic, Authentication::Integrated],
        Service::Ews | Service::Oab | Service::Mapi => vec![Authentication::Integrated],
    }
}

/// Whether servers of a release have the directory of a service at all: Autodiscover, Exchange Web Services and
/// the offline address book by HTTP came with 2007, MAPI over HTTP with 2013 SP1.
#[must_use]
pub fn has_directory(generation: Generation, service: Service) -> bool {
    let first = match service {
        Service::Owa | Service::Eas => 2003,
        Service::Autodiscover | Service::Ews | Service::Oab => 2007,
        Service::Mapi => 2013,
    };
    generation.major() >= first
}

/// Whether Outlook Anywhere is enabled: by setup from 2013 on. Up to 2010 setup leaves it
/// off; where a site on the Internet has clients of it (`used`), somebody is taken to have
/// enabled it by hand.
#[must_use]
pub fn outlook_anywhere(generation: Generation, used: bool) -> bool {
    generation.major() >= 2013 || used
}

/// Whether MAPI over HTTP is on in an organisation whose servers have these releases:
/// from 2016 on, unless servers of 2013 were there first.
#[must_use]
pub fn mapi_http(mut releases: impl Iterator<Item = Generation>) -> bool {
    let mut later = false;
    releases.all(|generation| {
        later |= generation.major() >= 2016;
        generation.major() != 2013
    }) && later
}

/// Whether `InternalNLBBypassUrl` of EWS holds the server's own name: up to 2010 (MSDN bb856576).
#[must_use]
pub fn fills_bypass_url(generation: Generation) -> bool {
    generation.major() < 2013
}

/// Whether the POP3 and IMAP4 services are started.
#[must_use]
pub fn mail_services() -> bool {
    false
}

/// Requests at once, held ones too (ASP.NET `requestQueueLimit`), each server; published
/// for 2007, CONTESTED for 2010 (it counts a worker process there), unknown later.
#[must_use]
pub fn connection_limit(generation: Generation) -> Option<u32> {
    (generation.major() <= 2010).then_some(5_000)
}

/// One line of the table: setting, value by release, source.
type Row = (&'static str, Box<dyn Fn(Generation) -> String>, &'static str);

/// The releases of the table.
const RELEASES: [Generation; 6] = [
    Generation::E2007Sp3,
    Generation::E2010Sp2,
    Generation::E2010Sp3,
    Generation::E2013,
    Generation::E2016,
    Generation::E2019,
];

fn limit(value: Option<u32>) -> String {
    value.map_or_else(|| "none known".to_owned(), |most| most.to_string())
}

fn on(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

fn methods(service: Service) -> Box<dyn Fn(Generation) -> String> {
    Box::new(move |_| {
        let all = authentication(service);
        let words = Authentication::ALL.iter().filter(|(method, _)| all.contains(method));
        words.map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
    })
}

fn of_limits(of: fn(&CasLimits) -> Option<u32>) -> Box<dyn Fn(Generation) -> String> {
    Box::new(move |generation| limit(of(&CasLimits::of(generation))))
}

fn rows() -> Vec<Row> {
    let same =
        |text: &'static str| -> Box<dyn Fn(Generation) -> String> { Box::new(move |_| text.to_owned()) };
    let by = |early: &'static str, late: &'static str| -> Box<dyn Fn(Generation) -> String> {
        Box::new(move |g| if g.major() < 2013 { early } else { late }.to_owned())
    };
    vec![
        (
            "`owa.auth`, in any site",
            methods(Service::Owa),
            "TechNet bb125207; SP3 of 2010 CONTESTED (Integrated \"implicitly\", rmilne 2014-09-12): forms",
        ),
        ("`eas.auth`", methods(Service::Eas), "SOURCE, MEMORY"),
        (
            "`eas.proxy_integrated` (subdirectory `Proxy`)",
            by("on (`exchange = \"2007\"`: as `eas.auth` says, where that is stated)", "not used"),
            "MEMORY",
        ),
        ("`ews.auth`", methods(Service::Ews), "gg247612 (no Basic on EWS), MEMORY"),
        ("`autodiscover.auth`", methods(Service::Autodiscover), "MEMORY"),
        ("`oab.auth`", methods(Service::Oab), "MEMORY"),
        ("`external_url`", same("none"), "TechNet bb310763"),
        ("`internal_url`", same("the server's own name, https"), "TechNet bb310763"),
        (
            "`ews.internal_nlb_bypass_url`",
            Box::new(|g| {
                if fills_bypass_url(g) { "the server's own name" } else { "empty, and must stay empty" }
                    .to_owned()
            }),
            "MSDN bb856576; HealthChecker",
        ),
        (
            "`outlook_anywhere`",
            Box::new(|g| {
                match outlook_anywhere(g, false) {
                true => on(true),
                false => "off; ASSUMED enabled by hand where clients of it are at home in, or led to, a site on the Internet".to_owned(),
            }
            }),
            "MEMORY",
        ),
        (
            "`organisation.mapi_http`",
            Box::new(|g| match g.major() {
                ..2013 => "does not exist".to_owned(),
                2013 => "off (from SP1)".to_owned(),
                _ => "on; off where 2013 servers were there first".to_owned(),
            }),
            "Microsoft, \"MAPI over HTTP in Exchange Server\"",
        ),
        (
            "`pop`, `imap`",
            Box::new(|_| if mail_services() { "started" } else { "stopped" }.to_owned()),
            "wmlcloud guide; MEMORY",
        ),
        (
            "`cas.connection_limit`, each server",
            Box::new(|g| limit(connection_limit(g))),
            "Exchange 2007 help, requestQueueLimit; 2010 CONTESTED (counts a worker process)",
        ),
        (
            "`cas.outlook_anywhere_connection_limit`, each server",
            of_limits(|l| l.outlook_anywhere_connections),
            "blogs.msdn.com/jamec, SP3; 2013 on: unlimited",
        ),
        ("`cas.rpc_request_limit`, each server", of_limits(|l| l.rpc_requests), "docs/scenario.md"),
        ("`cas.max_connections`, each server", of_limits(|l| l.mail_connections), "Set-PopSettings"),
        (
            "`cas.max_connections_from_single_ip`",
            of_limits(|l| l.mail_connections_from_single_ip),
            "Set-PopSettings",
        ),
        ("`cas.max_connections_per_user`", of_limits(|l| l.mail_connections_per_user), "Set-PopSettings"),
    ]
}

/// The table of docs/defaults.md.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# What setup leaves\n\nWhat a scenario does not state is as setup leaves it, in every site. Made of the code that reads\n\
         scenarios; a test keeps it so. `none known`: no figure is published for the release, and none is\n\
         carried over from another. MEMORY is practitioners' knowledge without a page; CONTESTED is a setting\n\
         on which sources disagree.\n\n| setting |",
    );
    for release in RELEASES {
        let _ = write!(text, " {release} |");
    }
    text.push_str(" source |\n|---|");
    text.push_str(&"---|".repeat(RELEASES.len() + 1));
    text.push('\n');
    for (setting, value, source) in rows() {
        let _ = write!(text, "| {setting} |");
        for release in RELEASES {
            let _ = write!(text, " {} |", value(release));
        }
        let _ = writeln!(text, " {source} |");
    }
    text
}
