//! What one request of each kind asks for: round trips, bytes, processor cycles and
//! store calls, from the scenario's [`Figures`].
//!
//! The figures themselves, with their sources, stand in [`crate::model::figures`];
//! what a client does when, in
//! [`ClientSettings`](crate::model::workload::ClientSettings). Here they are put
//! together by protocol and step. Must not know topology or routing. Next:
//! [`crate::clients::compile::program`], which turns a [`Spec`] and a way through the network into legs.

use crate::model::figures::{Figure, Figures};
use crate::model::switches::OperatingSystem;
use crate::model::topology::{Authentication, Protocol};
use crate::model::workload::{ClientSettings, OutlookAuthentication, Profile};

/// Seconds of the working day by which published figures a day become figures a second.
pub(in crate::clients) const WORKING_DAY_SECS: f64 = 28_800.0;
/// Messages sent and received by a heavy user a day.
const HEAVY_MESSAGES: f64 = 100.0;
/// Bandwidth of a client on a site's LAN is not modelled; its last mile is free.
/// Time until a TCP connection to an address that does not answer is given up, ns
/// (Windows: three attempts, 21 s).
pub(in crate::clients) const CONNECT_GIVES_UP_NS: u64 = 21_000_000_000;

/// Initial congestion window of servers of a release, bits.
pub(in crate::clients) fn initial_window_bits(major: u16, figures: &Figures) -> f64 {
    let segments = figures[if major >= 2013 { Figure::WindowLate } else { Figure::WindowEarly }];
    segments * 1_460.0 * 8.0
}

/// Round trips to open a connection from one CAS to another: TCP, TLS, Kerberos.
pub(in crate::clients) fn trunk_handshake(figures: &Figures) -> f64 {
    figures[Figure::Tcp] + figures[Figure::TlsFullTrips] + figures[Figure::KerberosTrips]
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
    figures: &Figures,
) -> Access {
    let has = |method| methods.contains(&method);
    let integrated = figures[if inside { Figure::KerberosTrips } else { Figure::NtlmTrips }];
    let challenged = figures[Figure::BasicTrips];
    let of = |authentication| Access { forms: false, authentication };
    match protocol {
        Protocol::Owa if methods.is_empty() || has(Authentication::Forms) => {
            Access { forms: true, authentication: 0.0 }
        }
        Protocol::OutlookAnywhere => of(match settings.outlook_auth {
            OutlookAuthentication::Basic => challenged,
            OutlookAuthentication::Ntlm => figures[Figure::NtlmTrips],
            OutlookAuthentication::Kerberos => figures[Figure::KerberosTrips],
        }),
        // An RPC bind carries a Kerberos ticket.
        Protocol::OutlookCached | Protocol::OutlookOnline => of(figures[Figure::KerberosTrips]),
        // Commands of their own, counted among the steps'.
        Protocol::Pop | Protocol::Imap => of(0.0),
        // Devices send Basic up front.
        Protocol::Eas if has(Authentication::Basic) => of(0.0),
        _ if has(Authentication::Integrated) || methods.is_empty() => of(integrated),
        _ if has(Authentication::Basic) || has(Authentication::Digest) => of(challenged),
        // A certificate goes with the TLS handshake.
        _ => of(0.0),
    }
}

/// Megacycles of an Outlook Anywhere task at a Client Access server with so many
/// connected users: (MHz a user) x 28,800 s over the tasks of a heavy day.
///
/// The MHz are a line in the number of users (Exchange Team, 2010-04-30); 2007
/// without a stated operating system has a figure of its own.
pub(in crate::clients) fn outlook_task(
    major: u16,
    os: Option<OperatingSystem>,
    users: f64,
    settings: &ClientSettings,
    figures: &Figures,
) -> f64 {
    if major <= 2007 && os.is_none() {
        return figures[Figure::OutlookTask];
    }
    let slope = figures[match os.unwrap_or_default() {
        OperatingSystem::Server2008R2 => Figure::OutlookSlopeR2,
        OperatingSystem::Server2008Sp2 => Figure::OutlookSlopeSp2,
    }];
    let mhz = figures[Figure::OutlookBase] + slope * users;
    mhz * WORKING_DAY_SECS / (settings.outlook_tasks_per_message * HEAVY_MESSAGES).max(1e-9)
}

/// A volume.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) enum Volume {
    /// So many bytes, always.
    Bytes(f64),
    /// So many times the size of a message, drawn once a request.
    Message(f64),
}

/// Opening of a connection that precedes a request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct Knock {
    /// Round trips of TCP, TLS and authentication.
    pub(in crate::clients) round_trips: f64,
    /// Work of its TLS handshakes at the entry, megacycles.
    pub(in crate::clients) tls: f64,
}

/// What one kind of request asks for, wherever it is served.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::clients) struct Spec {
    /// Name resolution and handshakes before it.
    pub(in crate::clients) knock: Option<Knock>,
    /// Sequential round trips between client and server, slow start not counted.
    pub(in crate::clients) round_trips: f64,
    /// From the client.
    pub(in crate::clients) up: Volume,
    /// To the client.
    pub(in crate::clients) down: Volume,
    /// Work that the entry CAS does whoever serves, megacycles (logon forms).
    pub(in crate::clients) entry: f64,
    /// Work of the CAS that serves, megacycles.
    pub(in crate::clients) cas: f64,
    /// Work of the Mailbox server, megacycles.
    pub(in crate::clients) mailbox: f64,
    /// Sequential calls to the store.
    pub(in crate::clients) store_calls: u32,
    /// The first request over a new connection between two CAS.
    pub(in crate::clients) cold: bool,
    /// A web request, counted against the CAS's limit of requests held.
    pub(in crate::clients) web: bool,
    /// After the work, hold the answer for the request's third parameter and then
    /// work so many megacycles at the serving CAS.
    pub(in crate::clients) hold: Option<f64>,
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

/// What the specifications of one population's requests depend on.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct Terms<'a> {
    pub(in crate::clients) protocol: Protocol,
    /// Release of the Mailbox server.
    pub(in crate::clients) major: u16,
    pub(in crate::clients) profile: &'a Profile,
    pub(in crate::clients) settings: &'a ClientSettings,
    pub(in crate::clients) figures: &'a Figures,
    pub(in crate::clients) access: Access,
    /// Work of an Outlook task at the Client Access server, megacycles.
    pub(in crate::clients) outlook_task: f64,
    /// Times a day that Outlook connects.
    pub(in crate::clients) connects: f64,
}

impl Terms<'_> {
    fn size(&self) -> f64 {
        self.settings.message_size.mean()
    }

    /// A request of web protocols with nothing in it.
    fn plain(&self) -> Spec {
        Spec {
            knock: None,
            round_trips: 1.0,
            up: Volume::Bytes(1_000.0),
            down: Volume::Bytes(1_000.0),
            entry: 0.0,
            cas: 0.0,
            mailbox: 0.0,
            store_calls: 0,
            cold: false,
            web: true,
            hold: None,
            passing: self.figures[Figure::ProxyShare],
            proxy_cycles_a_byte: self.figures[Figure::ProxyBytesWeb],
            tls_cycles_a_byte: self.figures[Figure::TlsBytesWeb],
            spread: false,
        }
    }

    /// A new connection; `connections` of them are opened at once.
    fn knock(&self, tls: bool, connections: f64) -> Option<Knock> {
        let f = self.figures;
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
        Some(Knock { round_trips: f[Figure::Tcp] + trips + self.access.authentication, tls: work })
    }

    /// One more connection of a session that goes on.
    pub(in crate::clients) fn reopening(&self) -> Option<Knock> {
        self.knock(true, 1.0)
    }

    /// Store calls as a whole number.
    fn calls(&self, figure: Figure) -> u32 {
        (self.figures[figure] + 0.5) as u32
    }

    /// Megacycles of a day of a heavy mailbox at its Mailbox server.
    fn mailbox_day(&self) -> f64 {
        self.figures[Figure::MailboxUser] * WORKING_DAY_SECS
    }
}

/// Programs of a cohort: one a step, and beside each that of [`REOPEN`].
pub(in crate::clients) const STEPS: usize = 16;

/// Set in a step that waits for its connection to be opened again, which comes first.
pub(in crate::clients) const REOPEN: u8 = 8;

/// Steps of OWA.
pub(in crate::clients) mod owa {
    /// Forms logon up to the mailbox page and its resources.
    pub(in crate::clients) const LOGON: u8 = 0;
    /// Opens a message.
    pub(in crate::clients) const READ: u8 = 1;
    /// Sends one.
    pub(in crate::clients) const SEND: u8 = 2;
    /// Deletes, moves or files one.
    pub(in crate::clients) const DELETE: u8 = 3;
    /// Asks for notifications.
    pub(in crate::clients) const POLL: u8 = 4;
    /// Logs off.
    pub(in crate::clients) const LOGOFF: u8 = 5;
}

/// Steps of ActiveSync.
pub(in crate::clients) mod eas {
    /// First contact of a partnership period: OPTIONS and FolderSync.
    pub(in crate::clients) const START: u8 = 0;
    /// Held until new mail or the end of the heartbeat.
    pub(in crate::clients) const PING: u8 = 1;
    /// A Ping that was held already when the run began.
    pub(in crate::clients) const RESUMED: u8 = 2;
    /// Fetches changes.
    pub(in crate::clients) const SYNC: u8 = 3;
    /// Sends a message.
    pub(in crate::clients) const SEND: u8 = 4;
    /// A Ping whose connection is forgotten while it is held.
    pub(in crate::clients) const CUT: u8 = 5;
}

/// Steps of Outlook, however it is connected.
pub(in crate::clients) mod outlook {
    /// Opens the connection and logs on.
    pub(in crate::clients) const CONNECT: u8 = 0;
    /// Downloads a message.
    pub(in crate::clients) const RECEIVE: u8 = 1;
    /// Sends one.
    pub(in crate::clients) const SEND: u8 = 2;
    /// Any other task: delete, move, calendar, free/busy.
    pub(in crate::clients) const TASK: u8 = 3;
    /// Keeps an idle connection alive.
    pub(in crate::clients) const KEEP_ALIVE: u8 = 4;
}

/// Steps of POP3.
pub(in crate::clients) mod pop {
    /// Connect, USER, PASS, STAT, LIST, UIDL and QUIT.
    pub(in crate::clients) const OPEN: u8 = 0;
    /// RETR of one message.
    pub(in crate::clients) const RETRIEVE: u8 = 1;
}

/// Steps of IMAP4.
pub(in crate::clients) mod imap {
    // Step 0 is the logon, CONNECT of Outlook: LOGIN, CAPABILITY, SELECT and IDLE.
    /// FETCH of a new message.
    pub(in crate::clients) const FETCH: u8 = 1;
    /// Ends IDLE and issues it again.
    pub(in crate::clients) const IDLE: u8 = 2;
}

/// Bytes a day by kind of message in units of the message size S.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct Bytes {
    /// Per message received and read.
    pub(in crate::clients) received: f64,
    /// Per message sent.
    pub(in crate::clients) sent: f64,
    /// Per OWA logon.
    pub(in crate::clients) logon: f64,
}

/// The row of a protocol that the published table has.
pub(in crate::clients) fn bytes(protocol: Protocol, figures: &Figures) -> Bytes {
    let of = |received, sent| Bytes { received: figures[received], sent: figures[sent], logon: 0.0 };
    match protocol {
        Protocol::Owa => {
            Bytes { logon: figures[Figure::OwaLogon], ..of(Figure::OwaReceived, Figure::OwaSent) }
        }
        Protocol::OutlookOnline => of(Figure::OnlineReceived, Figure::OnlineSent),
        Protocol::OutlookCached => of(Figure::CachedReceived, Figure::CachedSent),
        _ => of(Figure::AnywhereReceived, Figure::AnywhereSent),
    }
}

impl Bytes {
    /// Bytes a day in all.
    pub(in crate::clients) fn day(self, profile: &Profile, size: f64) -> f64 {
        (self.received * profile.received + self.sent * profile.sent + self.logon * profile.owa_logons) * size
    }
}

/// Actions in a mean OWA session: the day's reads, sends and deletions over its logons.
pub(in crate::clients) fn owa_actions(profile: &Profile) -> f64 {
    if profile.owa_logons > 0.0 {
        (profile.read + profile.sent + profile.deleted) / profile.owa_logons
    } else {
        0.0
    }
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
pub(in crate::clients) fn closure(terms: &Terms<'_>) -> f64 {
    let Terms { protocol, profile, settings, figures: f, .. } = terms;
    let total = bytes(*protocol, f).day(profile, terms.size());
    let small = match protocol {
        Protocol::Owa => {
            let session_secs = owa_actions(profile) * settings.owa_think.mean() / 1e9;
            let polls = profile.owa_logons * session_secs / settings.owa_poll.as_secs_f64().max(1.0);
            let logoffs = profile.owa_logons * settings.owa_logoff_share;
            polls * (f[Figure::OwaPollUp] + f[Figure::OwaPollDown])
                + (profile.deleted + logoffs) * (f[Figure::OwaDeleteUp] + f[Figure::OwaDeleteDown])
        }
        _ => {
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
    };
    if total > 0.0 { (1.0 - small / total).max(0.1) } else { 1.0 }
}

/// The steps of a protocol for one population, by step number.
pub(in crate::clients) fn specs(terms: &Terms<'_>) -> Vec<Spec> {
    let Terms { protocol, major, figures: f, .. } = *terms;
    let mut specs = specs_of_2010(terms);
    for spec in &mut specs {
        if major >= 2013 {
            // The Mailbox server renders all protocols, the front end passes on.
            let share =
                f[if protocol == Protocol::MapiHttp { Figure::FrontEndMapi } else { Figure::FrontEnd }];
            // What does not go to a mailbox stays with the front end.
            let mailbox = spec.mailbox * f[Figure::Mailbox2013];
            *spec = Spec {
                entry: spec.entry * share,
                cas: if mailbox > 0.0 { mailbox * share } else { spec.cas },
                mailbox,
                hold: spec.hold.map(|work| work * share),
                passing: 1.0,
                // The published ratio is the whole of a front end's work.
                proxy_cycles_a_byte: 0.0,
                ..*spec
            };
        } else if major <= 2003 {
            // A back end of 2003 renders the protocols itself.
            spec.mailbox += spec.cas;
        }
    }
    specs
}

/// The steps by figures of 2007 and 2010.
fn specs_of_2010(terms: &Terms<'_>) -> Vec<Spec> {
    let (f, plain) = (terms.figures, terms.plain());
    let volume = |figure| Volume::Bytes(f[figure]);
    match terms.protocol {
        Protocol::Owa => owa_specs(terms),
        Protocol::Eas => eas_specs(terms),
        Protocol::OutlookAnywhere
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp => outlook_specs(terms),
        Protocol::Pop => pop_specs(terms),
        Protocol::Imap => imap_specs(terms),
        Protocol::Ews => vec![Spec {
            knock: terms.knock(true, 1.0),
            up: volume(Figure::EwsUp),
            down: volume(Figure::EwsDown),
            cas: f[Figure::EwsRequest],
            mailbox: f[Figure::EwsMailbox],
            store_calls: terms.calls(Figure::EwsStoreCalls),
            cold: true,
            ..plain
        }],
        // Answered from directory data alone.
        Protocol::Autodiscover => vec![Spec {
            knock: terms.knock(true, 1.0),
            up: volume(Figure::AutodiscoverUp),
            down: volume(Figure::AutodiscoverDown),
            cas: f[Figure::AutodiscoverRequest],
            cold: true,
            ..plain
        }],
        // The day's differential files, fetched one after another by BITS.
        Protocol::Oab => vec![Spec {
            knock: terms.knock(true, 1.0),
            round_trips: f[Figure::OabTrips],
            up: volume(Figure::OabUp),
            down: volume(Figure::OabDown),
            cas: f[Figure::OabDownload],
            cold: true,
            ..plain
        }],
    }
}

/// OWA: an action is two requests, a logon four; the Mailbox server's day is spread
/// over the 140 actions of a heavy user and two logons worth two each.
fn owa_specs(terms: &Terms<'_>) -> Vec<Spec> {
    let Terms { profile, figures: f, access, .. } = terms;
    let plain = Spec {
        proxy_cycles_a_byte: f[Figure::ProxyBytesOwa],
        tls_cycles_a_byte: f[Figure::TlsBytesOwa],
        ..terms.plain()
    };
    let mailbox = terms.mailbox_day() / 144.0;
    let request = f[Figure::OwaRequest];
    let size = terms.size();
    let scale = closure(terms);
    let Bytes { received, sent, logon } = bytes(Protocol::Owa, f);
    // A message is paid for when it is read; profiles read what they receive.
    let read = if profile.read > 0.0 { received * profile.received / profile.read } else { received };
    let calls = terms.calls(Figure::OwaStoreCalls);
    let action =
        Spec { round_trips: f[Figure::OwaAction], cas: 2.0 * request, mailbox, store_calls: calls, ..plain };
    let light = Spec {
        up: Volume::Bytes(f[Figure::OwaDeleteUp]),
        down: Volume::Bytes(f[Figure::OwaDeleteDown]),
        ..action
    };
    let split = |volume: f64, up: f64| {
        let volume = volume * scale;
        (Volume::Message(up * volume), Volume::Message((1.0 - up) * volume))
    };
    let (read_up, read_down) = split(read, f[Figure::OwaReadUp]);
    let (send_up, send_down) = split(sent, 1.0 - f[Figure::OwaSendDown]);
    let page = logon * scale * size;
    let trips = f[if access.forms { Figure::FormsTrips } else { Figure::PlainTrips }];
    let away = f[Figure::MailboxPoll];
    vec![
        Spec {
            knock: terms.knock(true, 1.0),
            round_trips: trips + f[Figure::LogonFiles],
            up: Volume::Bytes(f[Figure::OwaLogonUp] * page),
            down: Volume::Bytes((1.0 - f[Figure::OwaLogonUp]) * page),
            entry: 2.0 * request,
            cas: 2.0 * request,
            mailbox: 2.0 * mailbox,
            store_calls: 2 * calls,
            cold: true,
            ..plain
        },
        Spec { up: read_up, down: read_down, ..action },
        Spec { up: send_up, down: send_down, ..action },
        light,
        Spec {
            up: Volume::Bytes(f[Figure::OwaPollUp]),
            down: Volume::Bytes(f[Figure::OwaPollDown]),
            cas: f[Figure::OwaPoll],
            mailbox: away,
            store_calls: 1,
            ..plain
        },
        Spec { round_trips: 1.0, cas: request, mailbox: away, store_calls: 1, ..light },
    ]
}

/// ActiveSync: cycles at the CAS, and a constant share of them at the Mailbox server.
fn eas_specs(terms: &Terms<'_>) -> Vec<Spec> {
    let (f, plain) = (terms.figures, terms.plain());
    let share = f[Figure::EasMailbox];
    let work = |figure: Figure| (f[figure], f[figure] * share);
    let calls = terms.calls(Figure::EasStoreCalls);
    let ping_bytes = Volume::Bytes(f[Figure::EasPingBytes]);
    let (whole, mailbox) = work(Figure::EasPing);
    let ping = Spec {
        up: ping_bytes,
        down: ping_bytes,
        cas: 0.5 * whole,
        mailbox,
        store_calls: 1,
        hold: Some(0.5 * whole),
        ..plain
    };
    let (cas, mailbox) = work(Figure::EasSync);
    let sync = Spec {
        up: Volume::Bytes(f[Figure::EasSyncUp]),
        down: Volume::Bytes(f[Figure::EasSyncDown]),
        cas,
        mailbox,
        store_calls: calls,
        ..plain
    };
    let (cas, mailbox) = work(Figure::EasSend);
    vec![
        Spec { knock: terms.knock(true, 1.0), round_trips: 2.0, cold: true, ..sync },
        ping,
        Spec { cas: 0.0, mailbox: 0.0, store_calls: 0, ..ping },
        sync,
        Spec {
            up: Volume::Bytes(f[Figure::EasSendUp]),
            down: Volume::Bytes(f[Figure::EasSendDown]),
            cas,
            mailbox,
            store_calls: calls.saturating_sub(1),
            ..plain
        },
    ]
}

/// Outlook: a task is a number of sequential RPCs, each with a round trip and a store
/// call; the tasks of a heavy day share the Mailbox server's day.
fn outlook_specs(terms: &Terms<'_>) -> Vec<Spec> {
    let Terms { protocol, settings, figures: f, .. } = terms;
    let scale = closure(terms);
    let Bytes { received, sent, .. } = bytes(*protocol, f);
    let rpcs = f[Figure::RpcsPerTask];
    let task = Spec {
        round_trips: rpcs * f[Figure::RpcTrips],
        up: Volume::Bytes(f[Figure::OutlookTaskUp]),
        down: Volume::Bytes(f[Figure::OutlookTaskDown]),
        cas: terms.outlook_task,
        mailbox: terms.mailbox_day() / (settings.outlook_tasks_per_message * HEAVY_MESSAGES).max(1e-9),
        store_calls: terms.calls(Figure::RpcsPerTask),
        web: false,
        proxy_cycles_a_byte: f[Figure::ProxyBytesRpc],
        tls_cycles_a_byte: f[Figure::TlsBytesRpc],
        spread: true,
        ..terms.plain()
    };
    let tunnelled = matches!(protocol, Protocol::OutlookAnywhere | Protocol::MapiHttp);
    let (up, down) = (f[Figure::OutlookReceiveUp], f[Figure::OutlookSendDown]);
    let message = |share: f64, volume: f64| Volume::Message(share * volume * scale);
    let alive = Volume::Bytes(f[Figure::KeepAliveBytes]);
    vec![
        Spec { knock: terms.knock(tunnelled, f64::from(settings.outlook_connections)), ..task },
        Spec { up: message(up, received), down: message(1.0 - up, received), ..task },
        Spec { up: message(1.0 - down, sent), down: message(down, sent), ..task },
        task,
        Spec {
            up: alive,
            down: alive,
            cas: f[Figure::OutlookKeepAlive],
            mailbox: f[Figure::OutlookKeepAlive],
            store_calls: 1,
            round_trips: 1.0,
            ..task
        },
    ]
}

/// 2007 spends more than 2010 on POP3 and IMAP4.
fn early(terms: &Terms<'_>) -> f64 {
    if terms.major <= 2007 { terms.figures[Figure::MailFactor2007] } else { 1.0 }
}

/// POP3: sequential commands, seven and one a message. The connection's TCP handshake
/// is one round trip and the greeting's half is in them.
fn pop_specs(terms: &Terms<'_>) -> Vec<Spec> {
    let f = terms.figures;
    let command = f[Figure::PopCommand] * early(terms);
    let plain = Spec { web: false, ..terms.plain() };
    vec![
        Spec {
            knock: terms.knock(true, 1.0),
            round_trips: f[Figure::PopTrips],
            up: Volume::Bytes(f[Figure::PopOpenUp]),
            down: Volume::Bytes(f[Figure::PopOpenDown]),
            cas: f[Figure::PopTrips] * command,
            mailbox: f[Figure::PopOpen],
            store_calls: 3,
            ..plain
        },
        Spec {
            up: Volume::Bytes(20.0),
            down: Volume::Message(1.0),
            cas: command,
            mailbox: f[Figure::PopRetrieve],
            store_calls: 2,
            ..plain
        },
    ]
}

/// IMAP4: sequential commands.
fn imap_specs(terms: &Terms<'_>) -> Vec<Spec> {
    let f = terms.figures;
    let command = f[Figure::ImapCommand] * early(terms);
    let plain = Spec { web: false, ..terms.plain() };
    vec![
        Spec {
            knock: terms.knock(true, 1.0),
            round_trips: f[Figure::ImapOpenTrips],
            up: Volume::Bytes(f[Figure::ImapOpenUp]),
            down: Volume::Bytes(f[Figure::ImapOpenDown]),
            cas: f[Figure::ImapOpenTrips] * command,
            mailbox: f[Figure::ImapOpen],
            store_calls: 4,
            ..plain
        },
        Spec {
            round_trips: f[Figure::ImapFetchTrips],
            up: Volume::Bytes(100.0),
            down: Volume::Message(1.0),
            cas: f[Figure::ImapFetchTrips] * command,
            mailbox: f[Figure::ImapFetch],
            store_calls: 2,
            ..plain
        },
        Spec {
            up: Volume::Bytes(50.0),
            down: Volume::Bytes(100.0),
            cas: 2.0 * command,
            mailbox: f[Figure::ImapIdle],
            store_calls: 0,
            ..plain
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimSpan;
    use crate::kernel::distribution::Distribution;

    fn mean(volume: Volume, size: f64) -> f64 {
        match volume {
            Volume::Bytes(bytes) => bytes,
            Volume::Message(factor) => factor * size,
        }
    }

    fn terms<'a>(
        protocol: Protocol,
        profile: &'a Profile,
        settings: &'a ClientSettings,
        figures: &'a Figures,
    ) -> Terms<'a> {
        let access = Access { forms: true, authentication: 0.0 };
        Terms {
            protocol,
            major: 2007,
            profile,
            settings,
            figures,
            access,
            outlook_task: 150.0,
            connects: 1.0,
        }
    }

    /// KB a user and day as published, light to very heavy, for messages of 75 KB.
    #[test]
    fn a_day_of_bytes_is_the_published_one_within_one_percent() {
        let table = [
            (Protocol::OutlookOnline, [4_050.0, 8_115.0, 16_215.0, 24_315.0]),
            (Protocol::OutlookCached, [1_950.0, 3_900.0, 7_800.0, 11_700.0]),
            (Protocol::OutlookAnywhere, [2_310.0, 4_635.0, 9_255.0, 13_875.0]),
            (Protocol::Owa, [9_285.0, 18_330.0, 36_405.0, 54_495.0]),
        ];
        let settings =
            ClientSettings { message_size: Distribution::Constant(75_000.0), ..ClientSettings::default() };
        let figures = Figures::default();
        for (protocol, row) in table {
            for (profile, kilobytes) in Profile::ALL.iter().zip(row) {
                let specs = specs(&terms(protocol, profile, &settings, &figures));
                let of = |step: u8| {
                    let spec = &specs[usize::from(step)];
                    mean(spec.up, 75_000.0) + mean(spec.down, 75_000.0)
                };
                let day = if protocol == Protocol::Owa {
                    let secs = owa_actions(profile) * settings.owa_think.mean() / 1e9;
                    let logons = profile.owa_logons;
                    logons * of(owa::LOGON)
                        + profile.read * of(owa::READ)
                        + profile.sent * of(owa::SEND)
                        + profile.deleted * of(owa::DELETE)
                        + logons * (secs / 60.0 * of(owa::POLL) + settings.owa_logoff_share * of(owa::LOGOFF))
                } else {
                    let tasks = outlook_tasks(profile, &settings);
                    let other = tasks - profile.sent - profile.received;
                    profile.received * of(outlook::RECEIVE)
                        + profile.sent * of(outlook::SEND)
                        + other * of(outlook::TASK)
                        + of(outlook::CONNECT)
                        + tasks * keep_alives_a_gap(WORKING_DAY_SECS / tasks, 720.0) * of(outlook::KEEP_ALIVE)
                };
                let ratio = day / 1_000.0 / kilobytes;
                assert!((ratio - 1.0).abs() < 0.01, "{protocol} {}: {ratio}", profile.name);
            }
        }
        assert_eq!(settings.owa_poll, SimSpan::from_secs(60));
    }

    /// 110 Pings, 120 Syncs and 20 sends: 46.5 G cycles, against 1.60 MHz x 28,800 s.
    #[test]
    fn a_device_costs_what_was_published() {
        let (settings, figures) = (ClientSettings::default(), Figures::default());
        let steps = eas_specs(&terms(Protocol::Eas, &Profile::ALL[2], &settings, &figures));
        let ping = &steps[usize::from(eas::PING)];
        let whole = 110.0 * (ping.cas + ping.hold.unwrap())
            + 120.0 * steps[usize::from(eas::SYNC)].cas
            + 20.0 * steps[usize::from(eas::SEND)].cas;
        assert_eq!(whole, 46_500.0);
        assert!((whole / (1.60 * 28_800.0) - 1.0).abs() < 0.01);
    }

    /// 12 GHz at 14,000 users of R2 and 6,500 of SP2; 150 Mcycles on 2007 that states no system.
    #[test]
    fn outlook_anywhere_costs_what_its_line_says() {
        let (settings, figures) = (ClientSettings::default(), Figures::default());
        let ghz = |os, users: f64| {
            let task = outlook_task(2010, os, users, &settings, &figures);
            users * task * 132.0 / 28_800.0 / 1_000.0
        };
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.01, "{a} {b}");
        close(ghz(None, 14_000.0), 12.0);
        close(ghz(Some(OperatingSystem::Server2008Sp2), 6_500.0), 12.0);
        assert_eq!(outlook_task(2007, None, 14_000.0, &settings, &figures), 150.0);
        let stated = Some(OperatingSystem::Server2008R2);
        assert_eq!(
            outlook_task(2007, stated, 9.0, &settings, &figures),
            outlook_task(2010, None, 9.0, &settings, &figures)
        );
    }

    /// By hand from the round trips of each method.
    #[test]
    fn methods_cost_their_round_trips() {
        use Authentication::{Basic, Certificate, Digest, Forms, Integrated};
        let (settings, figures) = (ClientSettings::default(), Figures::default());
        let of = |protocol, methods: &[Authentication], inside| {
            let access = access(protocol, methods, inside, &settings, &figures);
            (access.forms, access.authentication)
        };
        assert_eq!(of(Protocol::Owa, &[Forms], false), (true, 0.0));
        assert_eq!(of(Protocol::Owa, &[Integrated], false), (false, 2.0));
        assert_eq!(of(Protocol::Owa, &[Integrated], true), (false, 1.0));
        assert_eq!(of(Protocol::Owa, &[Digest], false), (false, 1.0));
        assert_eq!(of(Protocol::Eas, &[Basic, Integrated], false), (false, 0.0));
        assert_eq!(of(Protocol::Eas, &[Certificate], false), (false, 0.0));
        assert_eq!(of(Protocol::Ews, &[Basic, Integrated], false), (false, 2.0));
        assert_eq!(of(Protocol::Ews, &[Basic], true), (false, 1.0));
        assert_eq!(of(Protocol::OutlookAnywhere, &[], true), (false, 2.0));
        assert_eq!(of(Protocol::Imap, &[Basic], false), (false, 0.0));
    }
}
