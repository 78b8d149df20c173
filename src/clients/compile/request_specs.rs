//! What one request of each kind asks for: round trips, bytes, processor cycles and
//! store calls, from the scenario's unit costs.
//!
//! The unit costs themselves, with their sources, stand in [`crate::model::unit_costs`];
//! what a client does when, in
//! [`ClientSettings`](crate::model::workload::ClientSettings). Here they are put
//! together by protocol. Must not know topology or routing. Next: [`super::step_specs`]
//! for each step, then [`super::program`], which turns a [`RequestSpec`] and a path
//! through the network into legs.

use crate::clients::steps::{LogsOn, Machine, OwaStep, ProtocolFacts};
use crate::model::directory::Authentication;
use crate::model::protocol::Protocol;
use crate::model::switches::OperatingSystem;
use crate::model::unit_costs::{Figure, Figures};
use crate::model::workload::{ClientSettings, OutlookAuthentication, Profile};

/// Seconds of the working day by which published figures a day become figures a second.
pub(in crate::clients) const WORKING_DAY_SECS: f64 = 28_800.0;
/// Messages sent and received by a heavy user a day.
pub(super) const HEAVY_MESSAGES: f64 = 100.0;
/// Time until a TCP connection to an address that does not answer is given up, ns
/// (Windows: three attempts, 21 s).
pub(super) const CONNECT_GIVES_UP_NS: u64 = 21_000_000_000;

/// Round trips to open a connection from one CAS to another: TCP, TLS, Kerberos.
pub(super) fn path_handshake(unit_costs: &Figures) -> f64 {
    unit_costs[Figure::Tcp] + unit_costs[Figure::TlsFullTrips] + unit_costs[Figure::KerberosTrips]
}

/// How a client gets in at its entry.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct Access {
    /// OWA shows a form to log on.
    pub(in crate::clients) forms: bool,
    /// Round trips of authentication on a new connection.
    pub(in crate::clients) authentication: f64,
}

/// What the methods of a virtual directory cost a client of `protocol`. Browsers,
/// Outlook and services take the strongest method on offer, devices Basic. Whoever
/// sits `inside` a site uses Kerberos where others use NTLM.
pub(in crate::clients) fn access(
    protocol: Protocol,
    methods: &[Authentication],
    inside: bool,
    settings: &ClientSettings,
    unit_costs: &Figures,
) -> Access {
    let has = |method| methods.contains(&method);
    let integrated = unit_costs[if inside { Figure::KerberosTrips } else { Figure::NtlmTrips }];
    let challenged = unit_costs[Figure::BasicTrips];
    let of = |authentication| Access { forms: false, authentication };
    let strongest = if has(Authentication::Integrated) || methods.is_empty() {
        integrated
    } else if has(Authentication::Basic) || has(Authentication::Digest) {
        challenged
    } else {
        // A certificate goes with the TLS handshake.
        0.0
    };
    match ProtocolFacts::of(protocol).logs_on {
        LogsOn::Form if methods.is_empty() || has(Authentication::Forms) => {
            Access { forms: true, authentication: 0.0 }
        }
        LogsOn::OutlookSetting => of(match settings.outlook_auth {
            OutlookAuthentication::Basic => challenged,
            OutlookAuthentication::Ntlm => unit_costs[Figure::NtlmTrips],
            OutlookAuthentication::Kerberos => unit_costs[Figure::KerberosTrips],
        }),
        LogsOn::Ticket => of(unit_costs[Figure::KerberosTrips]),
        LogsOn::Commands => of(0.0),
        LogsOn::BasicFirst if has(Authentication::Basic) => of(0.0),
        LogsOn::Form | LogsOn::BasicFirst | LogsOn::Strongest => of(strongest),
    }
}

/// Megacycles of an Outlook Anywhere task at a Client Access server with so many
/// connected users: (MHz a user) x 28,800 s over the tasks of a heavy day.
///
/// The MHz are a line in the number of users (Exchange Team, 2010-04-30); 2007
/// on Windows 2003, of which nothing is published, has a figure of its own.
pub(in crate::clients) fn outlook_task(
    major: u16,
    os: OperatingSystem,
    users: f64,
    settings: &ClientSettings,
    unit_costs: &Figures,
) -> f64 {
    if major <= 2007 && os == OperatingSystem::Server2003 {
        return unit_costs[Figure::OutlookTask];
    }
    let early = matches!(os, OperatingSystem::Server2003 | OperatingSystem::Server2008Sp2);
    let slope = unit_costs[if early { Figure::OutlookSlopeSp2 } else { Figure::OutlookSlopeR2 }];
    let mhz = unit_costs[Figure::OutlookBase] + slope * users;
    mhz * WORKING_DAY_SECS / (settings.outlook_tasks_per_message * HEAVY_MESSAGES).max(1e-9)
}

/// A volume.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) enum Volume {
    /// So many bytes, always.
    Bytes(f64),
    /// So many times the size of a message, drawn once a request.
    Message(f64),
    /// The same, and a page of so many bytes around it.
    Page {
        /// Of the page.
        bytes: f64,
        /// Sizes of the message, more than 0.
        message: f64,
    },
}

/// Opening of a connection that precedes a request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct ConnectionSetup {
    /// Round trips of TCP, TLS and authentication.
    pub(in crate::clients) round_trips: f64,
    /// Work of its TLS handshakes at the entry, megacycles.
    pub(in crate::clients) tls: f64,
}

/// Files behind a page, which a browser asks for unless it has them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct PageFiles {
    /// Sequential round trips.
    pub(in crate::clients) round_trips: f64,
    /// To the client.
    pub(in crate::clients) bytes: f64,
    /// Probability that the browser has them, 0 to 1.
    pub(in crate::clients) cached: f64,
}

/// What one kind of request asks for, wherever it is served.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct RequestSpec {
    /// Name resolution and handshakes before it.
    pub(in crate::clients) setup: Option<ConnectionSetup>,
    /// Sequential round trips between client and server, slow start not counted.
    pub(in crate::clients) round_trips: f64,
    /// From the client.
    pub(in crate::clients) up: Volume,
    /// To the client, without what is in [`Self::files`].
    pub(in crate::clients) down: Volume,
    /// Fetched once the answer is there.
    pub(in crate::clients) files: Option<PageFiles>,
    /// Work that the entry CAS does whoever serves, megacycles (logon forms).
    pub(in crate::clients) entry: f64,
    /// Work of the CAS that serves, megacycles.
    pub(in crate::clients) cas: f64,
    /// Work of the Mailbox server, megacycles.
    pub(in crate::clients) mailbox: f64,
    /// Share of that for which nobody waits, 0 to 1.
    pub(in crate::clients) beside: f64,
    /// Sequential calls to the store.
    pub(in crate::clients) store_calls: u32,
    /// The first request over a new connection between two CAS.
    pub(in crate::clients) cold: bool,
    /// A web request, counted against the CAS's limit of requests held.
    pub(in crate::clients) web: bool,
    /// After the work, hold the answer for the request's third parameter and then
    /// work so many megacycles at the serving CAS.
    pub(in crate::clients) hold: Option<f64>,
    /// The connection is forgotten while the answer is held: nothing comes back.
    pub(in crate::clients) forgotten: bool,
    /// Share of [`Self::cas`] that a server pays when it passes the request on.
    pub(in crate::clients) passing: f64,
    /// Cycles a byte that a proxying hop adds.
    pub(in crate::clients) proxy_cycles_a_byte: f64,
    /// Cycles a byte of TLS at the entry, on top of the work above.
    pub(in crate::clients) tls_cycles_a_byte: f64,
    /// Volumes are spread evenly over the round trips (RPC): slow start goes on
    /// while they last, and each of them carries a window.
    pub(in crate::clients) spread: bool,
}

impl RequestSpec {
    /// Work of the Mailbox server that is waited for, megacycles.
    pub(in crate::clients) fn waited_for(&self) -> f64 {
        self.mailbox * (1.0 - self.beside)
    }

    /// Work that it does beside, once that is done, megacycles.
    pub(in crate::clients) fn background(&self) -> f64 {
        self.mailbox * self.beside
    }
}

/// What the specifications of one population's requests depend on.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct Terms<'a> {
    pub(in crate::clients) protocol: Protocol,
    /// Release of the Mailbox server.
    pub(in crate::clients) major: u16,
    pub(in crate::clients) profile: &'a Profile,
    pub(in crate::clients) settings: &'a ClientSettings,
    pub(in crate::clients) unit_costs: &'a Figures,
    pub(in crate::clients) access: Access,
    /// Work of an Outlook task at the Client Access server, megacycles.
    pub(in crate::clients) outlook_task: f64,
    /// Times a day that Outlook connects.
    pub(in crate::clients) connects: f64,
}

impl Terms<'_> {
    pub(super) fn size(&self) -> f64 {
        self.settings.messages().mean()
    }

    /// A request of web protocols with nothing in it.
    pub(super) fn plain(&self) -> RequestSpec {
        RequestSpec {
            setup: None,
            round_trips: 1.0,
            up: Volume::Bytes(1_000.0),
            down: Volume::Bytes(1_000.0),
            files: None,
            entry: 0.0,
            cas: 0.0,
            mailbox: 0.0,
            beside: 1.0 - self.unit_costs[Figure::Foreground],
            store_calls: 0,
            cold: false,
            web: true,
            hold: None,
            forgotten: false,
            passing: self.unit_costs[Figure::ProxyShare],
            proxy_cycles_a_byte: self.unit_costs[Figure::ProxyBytesWeb],
            tls_cycles_a_byte: self.unit_costs[Figure::TlsBytesWeb],
            spread: false,
        }
    }

    /// A new connection; `connections` of them are opened at once.
    pub(super) fn setup(&self, tls: bool, connections: f64) -> Option<ConnectionSetup> {
        let f = self.unit_costs;
        let resumed = self.settings.tls_resumption;
        let mean = |full: Figure, again: Figure| f[full] * (1.0 - resumed) + f[again] * resumed;
        let (trips, work) = if tls {
            (
                mean(Figure::TlsFullTrips, Figure::TlsResumedTrips),
                connections * mean(Figure::TlsFull, Figure::TlsResumed),
            )
        } else {
            (0.0, 0.0)
        };
        Some(ConnectionSetup { round_trips: f[Figure::Tcp] + trips + self.access.authentication, tls: work })
    }

    /// One more connection of a session that goes on.
    pub(super) fn reopening(&self) -> Option<ConnectionSetup> {
        self.setup(true, 1.0)
    }

    /// Store calls as a whole number.
    pub(super) fn calls(&self, figure: Figure) -> u32 {
        (self.unit_costs[figure] + 0.5) as u32
    }

    /// Megacycles of a day of a heavy mailbox at its Mailbox server.
    pub(super) fn mailbox_day(&self) -> f64 {
        self.unit_costs[Figure::MailboxUser] * WORKING_DAY_SECS
    }
}

/// Bytes a day by kind of message in units of the message size S.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    /// Per message received and read.
    pub(in crate::clients) received: f64,
    /// Per message sent.
    pub(in crate::clients) sent: f64,
    /// Per OWA logon.
    pub(in crate::clients) logon: f64,
}

/// The row of a protocol that the published table has; nothing for another.
pub(super) fn bytes(protocol: Protocol, unit_costs: &Figures) -> Bytes {
    let facts = ProtocolFacts::of(protocol);
    let [received, sent] = facts.message_bytes.map_or([0.0; 2], |row| row.map(|figure| unit_costs[figure]));
    let logon = if facts.machine == Machine::Owa { unit_costs[Figure::OwaLogon] } else { 0.0 };
    Bytes { received, sent, logon }
}

impl Bytes {
    /// Bytes a day in all.
    pub(super) fn day(self, profile: &Profile, size: f64) -> f64 {
        (self.received * profile.received + self.sent * profile.sent + self.logon * profile.owa_logons) * size
    }
}

/// Actions of an OWA user a day, by kind.
pub(in crate::clients) fn owa_day(profile: &Profile, settings: &ClientSettings) -> [(OwaStep, f64); 5] {
    [
        (OwaStep::Read, profile.read),
        (OwaStep::Send, profile.sent),
        (OwaStep::Delete, profile.deleted),
        (OwaStep::Inbox, profile.read * settings.owa_inbox),
        (OwaStep::Search, profile.read * settings.owa_searches),
    ]
}

/// Actions in a mean OWA session: the day's over its logons.
pub(in crate::clients) fn owa_actions(profile: &Profile, settings: &ClientSettings) -> f64 {
    let day: f64 = owa_day(profile, settings).iter().map(|(_, count)| count).sum();
    if profile.owa_logons > 0.0 { day / profile.owa_logons } else { 0.0 }
}

/// Tasks of Outlook a day: LoadGen's, scaled by messages.
pub(in crate::clients) fn outlook_tasks(profile: &Profile, settings: &ClientSettings) -> f64 {
    settings.outlook_tasks_per_message * (profile.sent + profile.received)
}

/// Keep-alives for every exponential gap between tasks of mean `gap`, both in
/// seconds: as many as it holds whole idle times.
pub(in crate::clients) fn keep_alives_a_gap(gap: f64, idle: f64) -> f64 {
    1.0 / libm::expm1(idle / gap).max(1e-12)
}

/// Factor by which volumes in units of S shrink so that, together with the small
/// requests that have bytes of their own, a day of 8 hours comes to the published total.
pub(super) fn closure(terms: &Terms<'_>) -> f64 {
    let Terms { protocol, profile, settings, unit_costs: f, .. } = terms;
    let total = bytes(*protocol, f).day(profile, terms.size());
    let small = match ProtocolFacts::of(*protocol).machine {
        Machine::Owa => {
            let session_secs = owa_actions(profile, settings) * settings.owa_think.mean() / 1e9;
            let polls = profile.owa_logons * session_secs / settings.owa_poll.as_secs_f64().max(1.0);
            let logoffs = profile.owa_logons * settings.owa_logoff_share;
            let [_, _, _, (_, lists), (_, searches)] = owa_day(profile, settings);
            polls * (f[Figure::OwaPollUp] + f[Figure::OwaPollDown])
                + (profile.deleted + logoffs) * (f[Figure::OwaDeleteUp] + f[Figure::OwaDeleteDown])
                + lists * (f[Figure::OwaInboxUp] + f[Figure::OwaInboxDown])
                + searches * (f[Figure::OwaSearchUp] + f[Figure::OwaSearchDown])
        }
        Machine::Outlook => {
            let messages = profile.sent + profile.received;
            let tasks = outlook_tasks(profile, settings);
            let others = (tasks - messages).max(0.0) + terms.connects;
            let idle = settings.outlook_keep_alive.as_secs_f64().max(1.0);
            let alive = if tasks > 0.0 {
                tasks * keep_alives_a_gap(WORKING_DAY_SECS / tasks, idle)
            } else {
                WORKING_DAY_SECS / idle
            };
            others * (f[Figure::OutlookTaskUp] + f[Figure::OutlookTaskDown])
                + alive * 2.0 * f[Figure::KeepAliveBytes]
        }
        // Nothing is published of their days.
        Machine::Eas | Machine::Pop | Machine::Imap | Machine::Web(_) => 0.0,
    };
    if total > 0.0 { (1.0 - small / total).max(0.1) } else { 1.0 }
}
