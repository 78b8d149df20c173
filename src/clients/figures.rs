//! What one request of each kind costs: round trips, bytes, processor cycles and
//! store calls, each with where the figure comes from.
//!
//! A figure that is nobody's published number says ASSUMED; one that is arithmetic
//! on a published number shows the arithmetic. Figures that a scenario may
//! override stand in [`ClientSettings`](crate::model::workload::ClientSettings)
//! instead. Must not know topology or routing. Next: [`super::program`], which
//! turns a [`Spec`] and a way through the network into legs.

use crate::model::topology::Protocol;
use crate::model::workload::{ClientSettings, Profile};

/// Megacycles in the day of a heavy mailbox at its Mailbox server: 2 MHz a mailbox
/// of 100 messages a day (Exchange 2010 sizing, MEMORY) times 28,800 s.
const MAILBOX_DAY: f64 = 2.0 * 28_800.0;
/// LoadGen tasks in the 8 hours of a heavy user (Dell BP1013 p. 19).
pub(super) const TASKS_PER_HEAVY_DAY: f64 = 132.0;
/// Messages sent and received in that day.
const HEAVY_MESSAGES: f64 = 100.0;
/// Share of a request's normal cost that a proxying CAS pays to parse it and pass
/// it on: the middle of 25 to 30 % (ASSUMED split).
pub(super) const PROXY_SHARE: f64 = 0.275;
/// Latency that a proxying CAS adds on a warm connection, ms (Exchange 2016
/// HttpProxy logs: overhead of 2 to 4 ms).
pub(super) const PROXY_OVERHEAD_MS: u64 = 3;
/// The same when the connection is new and the directory has to be asked, ms (same logs).
pub(super) const PROXY_OVERHEAD_COLD_MS: u64 = 40;
/// Round trips to open a connection from CAS to CAS: TCP 1, TLS 2, Kerberos 1.
pub(super) const TRUNK_HANDSHAKE: u64 = 4;
/// TCP handshake 1 and full TLS handshake 2, round trips.
pub(super) const WEB_HANDSHAKE: f64 = 3.0;
/// The same and NTLM's two more.
pub(super) const NTLM_HANDSHAKE: f64 = 5.0;
/// Name resolution on the Internet, ns: recursion of 20 to 120 ms (MEMORY).
pub(super) const DNS_NS: (f64, f64) = (20e6, 120e6);
/// Bandwidth of a client on a site's LAN is not modelled; its last mile is free.
/// Window of a TCP flow over an Internet pipe, bytes, unless links say less.
pub(super) const INTERNET_WINDOW_BYTES: f64 = 65_536.0;
/// Time until a TCP connection to an address that does not answer is given up, ns
/// (Windows: three attempts, 21 s).
pub(super) const CONNECT_GIVES_UP_NS: u64 = 21_000_000_000;

/// Initial congestion window in segments of 1,460 bytes: RFC 3390's three for the
/// releases of 2007 and 2010, ten from 2013 on (RFC 6928).
pub(super) fn initial_window_bits(major: u16) -> f64 {
    let segments = if major >= 2013 { 10.0 } else { 3.0 };
    segments * 1_460.0 * 8.0
}

/// A volume.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Volume {
    /// So many bytes, always.
    Bytes(f64),
    /// So many times the size of a message, drawn once a request.
    Message(f64),
}

/// Opening of a connection that precedes a request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Knock {
    /// Round trips of TCP, TLS and authentication.
    pub(super) round_trips: f64,
}

/// What one kind of request asks for, wherever it is served.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Spec {
    /// Name resolution and handshakes before it.
    pub(super) knock: Option<Knock>,
    /// Sequential round trips between client and server, slow start not counted.
    pub(super) round_trips: f64,
    /// From the client.
    pub(super) up: Volume,
    /// To the client.
    pub(super) down: Volume,
    /// Work that the entry CAS does whoever serves, megacycles (logon forms).
    pub(super) entry: f64,
    /// Work of the CAS that serves, megacycles.
    pub(super) cas: f64,
    /// Work of the Mailbox server, megacycles.
    pub(super) mailbox: f64,
    /// Sequential calls to the store.
    pub(super) store_calls: u32,
    /// The first request over a new connection between two CAS.
    pub(super) cold: bool,
    /// A web request, counted against the CAS's limit of requests held.
    pub(super) web: bool,
    /// After the work, hold the answer for the request's third parameter and then
    /// work so many megacycles at the serving CAS.
    pub(super) hold: Option<f64>,
    /// Share of [`Self::cas`] that a server pays when it passes the request on.
    pub(super) passing: f64,
    /// Cycles a byte that a proxying hop adds (ISA 2004 SSL capacity: difference of
    /// TLS-to-plain and TLS-to-TLS): OWA 286, other web 195, RPC 149.
    pub(super) proxy_cycles_a_byte: f64,
}

const PLAIN: Spec = Spec {
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
    passing: PROXY_SHARE,
    proxy_cycles_a_byte: 195.0,
};

const RPC: Spec = Spec { web: false, proxy_cycles_a_byte: 149.0, ..PLAIN };

/// Steps that a protocol may have at most.
pub(super) const STEPS: usize = 6;

/// Share of OWA sessions that end by a logoff rather than a closed browser (ASSUMED).
pub(super) const OWA_LOGOFF_SHARE: f64 = 0.5;
/// Idle time-out of a public OWA session (15 min, KB2573296).
pub(super) const OWA_IDLE_SECS: u64 = 900;
/// Syncs after a received mail beyond the first (1.25 in all: 110 Pings, 120 Syncs
/// and 20 SendMails a day reproduce 1.60 MHz a device).
pub(super) const EAS_EXTRA_SYNC: f64 = 0.25;
/// Keep-alive of an idle Outlook connection, client to server (12 min, CSS-Exchange).
pub(super) const OUTLOOK_KEEP_ALIVE_SECS: u64 = 720;
/// An Outlook opens while the mailbox's day stands between these shares of its
/// work, and closes likewise (ASSUMED; 07:11 to 08:45 and 16:22 to 19:00 of the office curve).
pub(super) const DAY_BEGINS: (f64, f64) = (0.04, 0.12);
/// See [`DAY_BEGINS`].
pub(super) const DAY_ENDS: (f64, f64) = (0.86, 0.98);

/// Steps of OWA.
pub(super) mod owa {
    /// Forms logon up to the mailbox page and its resources.
    pub(in super::super) const LOGON: u8 = 0;
    /// Opens a message.
    pub(in super::super) const READ: u8 = 1;
    /// Sends one.
    pub(in super::super) const SEND: u8 = 2;
    /// Deletes, moves or files one.
    pub(in super::super) const DELETE: u8 = 3;
    /// Asks for notifications.
    pub(in super::super) const POLL: u8 = 4;
    /// Logs off.
    pub(in super::super) const LOGOFF: u8 = 5;
}

/// Steps of ActiveSync.
pub(super) mod eas {
    /// First contact of a partnership period: OPTIONS and FolderSync.
    pub(in super::super) const START: u8 = 0;
    /// Held until new mail or the end of the heartbeat.
    pub(in super::super) const PING: u8 = 1;
    /// A Ping that was held already when the run began.
    pub(in super::super) const RESUMED: u8 = 2;
    /// Fetches changes.
    pub(in super::super) const SYNC: u8 = 3;
    /// Sends a message.
    pub(in super::super) const SEND: u8 = 4;
    /// A Ping whose connection is forgotten while it is held.
    pub(in super::super) const CUT: u8 = 5;
}

/// Steps of Outlook, however it is connected.
pub(super) mod outlook {
    /// Opens the connection and logs on.
    pub(in super::super) const CONNECT: u8 = 0;
    /// Downloads a message.
    pub(in super::super) const RECEIVE: u8 = 1;
    /// Sends one.
    pub(in super::super) const SEND: u8 = 2;
    /// Any other task: delete, move, calendar, free/busy.
    pub(in super::super) const TASK: u8 = 3;
    /// Keeps an idle connection alive.
    pub(in super::super) const KEEP_ALIVE: u8 = 4;
}

/// Steps of POP3.
pub(super) mod pop {
    /// Connect, USER, PASS, STAT, LIST, UIDL and QUIT.
    pub(in super::super) const OPEN: u8 = 0;
    /// RETR of one message.
    pub(in super::super) const RETRIEVE: u8 = 1;
}

/// Steps of IMAP4.
pub(super) mod imap {
    // Step 0 is the logon, CONNECT of Outlook: LOGIN, CAPABILITY, SELECT and IDLE.
    /// FETCH of a new message.
    pub(in super::super) const FETCH: u8 = 1;
    /// Ends IDLE and issues it again.
    pub(in super::super) const IDLE: u8 = 2;
}

/// Bytes a day by kind of message in units of the message size S, fitted to the
/// published table of KB a user and day (cgoosen.com 2010/07; fit error 0.2 %).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    /// Per message received and read.
    pub(super) received: f64,
    /// Per message sent.
    pub(super) sent: f64,
    /// Per OWA logon.
    pub(super) logon: f64,
}

/// The row of a protocol that the table has.
pub(super) fn bytes(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::Owa => Bytes { received: 5.23, sent: 3.20, logon: 1.6 },
        Protocol::OutlookOnline => Bytes { received: 2.51, sent: 0.76, logon: 0.0 },
        Protocol::OutlookCached => Bytes { received: 1.04, sent: 1.04, logon: 0.0 },
        // MAPI/HTTP has no row of its own: ASSUMED as RPC/HTTP.
        _ => Bytes { received: 1.23, sent: 1.24, logon: 0.0 },
    }
}

impl Bytes {
    /// Bytes a day in all.
    pub(super) fn day(self, profile: &Profile, size: f64) -> f64 {
        (self.received * profile.received + self.sent * profile.sent + self.logon * profile.owa_logons) * size
    }
}

/// Actions in a mean OWA session: the day's reads, sends and deletions over its logons.
pub(super) fn owa_actions(profile: &Profile) -> f64 {
    if profile.owa_logons > 0.0 {
        (profile.read + profile.sent + profile.deleted) / profile.owa_logons
    } else {
        0.0
    }
}

/// Tasks of Outlook a day: LoadGen's, scaled by messages.
pub(super) fn outlook_tasks(profile: &Profile) -> f64 {
    TASKS_PER_HEAVY_DAY * (profile.sent + profile.received) / HEAVY_MESSAGES
}

const OWA_POLL_BYTES: (f64, f64) = (400.0, 300.0);
const OWA_DELETE_BYTES: (f64, f64) = (800.0, 1_200.0);
const OUTLOOK_TASK_BYTES: (f64, f64) = (1_500.0, 2_500.0);
const KEEP_ALIVE_BYTES: (f64, f64) = (100.0, 100.0);

/// Factor by which volumes in units of S shrink so that, together with the small
/// requests that have bytes of their own, a day comes to the published total.
pub(super) fn closure(protocol: Protocol, profile: &Profile, settings: &ClientSettings) -> f64 {
    let total = bytes(protocol).day(profile, settings.message_size.mean());
    let both = |(up, down): (f64, f64)| up + down;
    let small = match protocol {
        Protocol::Owa => {
            let session_secs = owa_actions(profile) * settings.owa_think.mean() / 1e9;
            let polls = profile.owa_logons * session_secs / settings.owa_poll.as_secs_f64().max(1.0);
            let logoffs = profile.owa_logons * OWA_LOGOFF_SHARE;
            polls * both(OWA_POLL_BYTES) + (profile.deleted + logoffs) * both(OWA_DELETE_BYTES)
        }
        _ => {
            let messages = profile.sent + profile.received;
            (outlook_tasks(profile) - messages).max(0.0) * both(OUTLOOK_TASK_BYTES)
        }
    };
    if total > 0.0 { (1.0 - small / total).max(0.1) } else { 1.0 }
}

/// Work of a Mailbox server of 2013 and later by that of 2010: 4.25 against 2
/// megacycles a second at 100 messages a day (MEMORY); it renders all protocols.
const MAILBOX_2013: f64 = 4.25 / 2.0;
/// Work of the front end of 2013 and later by that of the Mailbox server: the
/// published ratios of cores, 1:4 and with MAPI/HTTP 3:8.
const FRONT_END: f64 = 0.25;
/// See [`FRONT_END`].
const FRONT_END_MAPI: f64 = 0.375;

/// The steps of a protocol for one population, by step number, for a mailbox on a
/// server of the release `major`.
pub(super) fn specs(
    protocol: Protocol,
    major: u16,
    profile: &Profile,
    settings: &ClientSettings,
) -> Vec<Spec> {
    let mut specs = specs_of_2010(protocol, major, profile, settings);
    for spec in &mut specs {
        if major >= 2013 {
            let share = if protocol == Protocol::MapiHttp { FRONT_END_MAPI } else { FRONT_END };
            // What does not go to a mailbox stays with the front end.
            let mailbox = spec.mailbox * MAILBOX_2013;
            *spec = Spec {
                entry: spec.entry * share,
                cas: if mailbox > 0.0 { mailbox * share } else { spec.cas },
                mailbox,
                hold: spec.hold.map(|work| work * share),
                passing: 1.0,
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
fn specs_of_2010(protocol: Protocol, major: u16, profile: &Profile, settings: &ClientSettings) -> Vec<Spec> {
    match protocol {
        Protocol::Owa => owa_specs(profile, settings),
        Protocol::Eas => eas_specs(),
        Protocol::OutlookAnywhere
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp => outlook_specs(protocol, profile, settings),
        Protocol::Pop => pop_specs(major),
        Protocol::Imap => imap_specs(major),
        // ASSUMED: an EWS request of a Mac client or a mobile application.
        Protocol::Ews => vec![Spec {
            knock: Some(Knock { round_trips: NTLM_HANDSHAKE }),
            up: Volume::Bytes(2_000.0),
            down: Volume::Bytes(12_000.0),
            cas: 100.0,
            mailbox: 150.0,
            store_calls: 4,
            cold: true,
            ..PLAIN
        }],
        // ASSUMED: a POST of 1 KB answered by 5 KB of XML from directory data alone.
        Protocol::Autodiscover => vec![Spec {
            knock: Some(Knock { round_trips: NTLM_HANDSHAKE }),
            down: Volume::Bytes(5_000.0),
            cas: 60.0,
            cold: true,
            ..PLAIN
        }],
        // ASSUMED: the day's differential files, fetched one after another by BITS.
        Protocol::Oab => vec![Spec {
            knock: Some(Knock { round_trips: NTLM_HANDSHAKE }),
            round_trips: 6.0,
            up: Volume::Bytes(3_000.0),
            down: Volume::Bytes(500_000.0),
            cas: 40.0,
            cold: true,
            ..PLAIN
        }],
    }
}

/// OWA costs: 0.86 MHz a user x 28,800 s = 24.8 G cycles a heavy day at the CAS. An
/// action is two requests of the mean 75 Mcycles; two logons of four, 140 actions and 128
/// polls at an ASSUMED 20 come to 2 x 300 + 140 x 150 + 128 x 20 = 24.2 G.
fn owa_specs(profile: &Profile, settings: &ClientSettings) -> Vec<Spec> {
    const OWA: Spec = Spec { proxy_cycles_a_byte: 286.0, ..PLAIN };
    // The Mailbox server's day spread over 140 actions and two logons worth two each.
    const ACTION: f64 = MAILBOX_DAY / 144.0;
    let size = settings.message_size.mean();
    let scale = closure(Protocol::Owa, profile, settings);
    let Bytes { received, sent, logon } = bytes(Protocol::Owa);
    // A message is paid for when it is read; profiles read what they receive.
    let read = if profile.read > 0.0 { received * profile.received / profile.read } else { received };
    let action = Spec { round_trips: 2.0, cas: 150.0, mailbox: ACTION, store_calls: 5, ..OWA };
    let light =
        Spec { up: Volume::Bytes(OWA_DELETE_BYTES.0), down: Volume::Bytes(OWA_DELETE_BYTES.1), ..action };
    vec![
        Spec {
            knock: Some(Knock { round_trips: WEB_HANDSHAKE }),
            // GET /owa, logon page, POST of the form, mailbox page; then twelve files
            // over the two connections of a browser of the time (ASSUMED count).
            round_trips: 4.0 + 6.0,
            up: Volume::Bytes(0.03 * logon * scale * size),
            down: Volume::Bytes(0.97 * logon * scale * size),
            entry: 150.0,
            cas: 150.0,
            mailbox: 2.0 * ACTION,
            store_calls: 10,
            cold: true,
            ..OWA
        },
        Spec {
            up: Volume::Message(0.04 * read * scale),
            down: Volume::Message(0.96 * read * scale),
            ..action
        },
        Spec { up: Volume::Message(0.9 * sent * scale), down: Volume::Message(0.1 * sent * scale), ..action },
        light,
        Spec {
            up: Volume::Bytes(OWA_POLL_BYTES.0),
            down: Volume::Bytes(OWA_POLL_BYTES.1),
            cas: 20.0,
            mailbox: 5.0,
            store_calls: 1,
            ..OWA
        },
        Spec { round_trips: 1.0, cas: 75.0, mailbox: 5.0, store_calls: 1, ..light },
    ]
}

/// ActiveSync costs: Ping 50, Sync 300, SendMail 250 Mcycles at the CAS, and 1.25 /
/// 1.60 of that at the Mailbox server (figures of Exchange 2010, a 100 profile).
/// Bytes: 600 an empty heartbeat (TechNet cc182263); a Sync of 3 KB and a send of
/// 5 KB reproduce 4 to 6 MB a month (ASSUMED split).
fn eas_specs() -> Vec<Spec> {
    const MAILBOX: f64 = 1.25 / 1.60;
    let ping = Spec {
        up: Volume::Bytes(300.0),
        down: Volume::Bytes(300.0),
        cas: 25.0,
        mailbox: 50.0 * MAILBOX,
        store_calls: 1,
        hold: Some(25.0),
        ..PLAIN
    };
    let sync = Spec {
        up: Volume::Bytes(500.0),
        down: Volume::Bytes(3_000.0),
        cas: 300.0,
        mailbox: 300.0 * MAILBOX,
        store_calls: 5,
        ..PLAIN
    };
    vec![
        Spec { knock: Some(Knock { round_trips: WEB_HANDSHAKE }), round_trips: 2.0, cold: true, ..sync },
        ping,
        Spec { cas: 0.0, mailbox: 0.0, store_calls: 0, ..ping },
        sync,
        Spec {
            up: Volume::Bytes(5_000.0),
            down: Volume::Bytes(300.0),
            cas: 250.0,
            mailbox: 250.0 * MAILBOX,
            store_calls: 4,
            ..PLAIN
        },
    ]
}

/// Outlook: a LoadGen task is about ten RPCs and 150 Mcycles at the CAS; 132 of
/// them share the Mailbox server's day. Each RPC is one sequential round trip.
fn outlook_specs(protocol: Protocol, profile: &Profile, settings: &ClientSettings) -> Vec<Spec> {
    let scale = closure(protocol, profile, settings);
    let Bytes { received, sent, .. } = bytes(protocol);
    let task = Spec {
        round_trips: 10.0,
        up: Volume::Bytes(OUTLOOK_TASK_BYTES.0),
        down: Volume::Bytes(OUTLOOK_TASK_BYTES.1),
        cas: 150.0,
        mailbox: MAILBOX_DAY / TASKS_PER_HEAVY_DAY,
        store_calls: 10,
        ..RPC
    };
    let tunnelled = matches!(protocol, Protocol::OutlookAnywhere | Protocol::MapiHttp);
    vec![
        Spec { knock: Some(Knock { round_trips: if tunnelled { NTLM_HANDSHAKE } else { 2.0 } }), ..task },
        Spec {
            up: Volume::Message(0.05 * received * scale),
            down: Volume::Message(0.95 * received * scale),
            ..task
        },
        Spec { up: Volume::Message(0.95 * sent * scale), down: Volume::Message(0.05 * sent * scale), ..task },
        task,
        Spec {
            up: Volume::Bytes(KEEP_ALIVE_BYTES.0),
            down: Volume::Bytes(KEEP_ALIVE_BYTES.1),
            cas: 1.0,
            mailbox: 1.0,
            store_calls: 1,
            round_trips: 1.0,
            ..task
        },
    ]
}

/// 2007 spends 1.67 times what 2010 does on POP3 and IMAP4 (eightwone.com 2010-08-17).
fn early(major: u16) -> f64 {
    if major <= 2007 { 1.67 } else { 1.0 }
}

/// POP3: 7 + n sequential commands of 10 Mcycles (ASSUMED). The seven cost seven
/// round trips, the connection's TCP handshake one and the greeting's half are in them.
fn pop_specs(major: u16) -> Vec<Spec> {
    let command = 10.0 * early(major);
    vec![
        Spec {
            knock: Some(Knock { round_trips: WEB_HANDSHAKE }),
            round_trips: 7.0,
            up: Volume::Bytes(100.0),
            down: Volume::Bytes(2_000.0),
            cas: 7.0 * command,
            mailbox: 50.0,
            store_calls: 3,
            web: false,
            ..PLAIN
        },
        Spec {
            up: Volume::Bytes(20.0),
            down: Volume::Message(1.0),
            cas: command,
            mailbox: 100.0,
            store_calls: 2,
            web: false,
            ..PLAIN
        },
    ]
}

/// IMAP4: commands of 15 Mcycles (ASSUMED).
fn imap_specs(major: u16) -> Vec<Spec> {
    let command = 15.0 * early(major);
    vec![
        Spec {
            knock: Some(Knock { round_trips: WEB_HANDSHAKE }),
            round_trips: 5.0,
            up: Volume::Bytes(300.0),
            down: Volume::Bytes(3_000.0),
            cas: 5.0 * command,
            mailbox: 60.0,
            store_calls: 4,
            web: false,
            ..PLAIN
        },
        Spec {
            round_trips: 2.0,
            up: Volume::Bytes(100.0),
            down: Volume::Message(1.0),
            cas: 2.0 * command,
            mailbox: 120.0,
            store_calls: 2,
            web: false,
            ..PLAIN
        },
        Spec {
            up: Volume::Bytes(50.0),
            down: Volume::Bytes(100.0),
            cas: 2.0 * command,
            mailbox: 5.0,
            store_calls: 0,
            web: false,
            ..PLAIN
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
        for (protocol, row) in table {
            for (profile, kilobytes) in Profile::ALL.iter().zip(row) {
                let specs = specs(protocol, 2007, profile, &settings);
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
                        + logons * (secs / 60.0 * of(owa::POLL) + OWA_LOGOFF_SHARE * of(owa::LOGOFF))
                } else {
                    let other = outlook_tasks(profile) - profile.sent - profile.received;
                    profile.received * of(outlook::RECEIVE)
                        + profile.sent * of(outlook::SEND)
                        + other * of(outlook::TASK)
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
        let steps = eas_specs();
        let ping = &steps[usize::from(eas::PING)];
        let whole = 110.0 * (ping.cas + ping.hold.unwrap())
            + 120.0 * steps[usize::from(eas::SYNC)].cas
            + 20.0 * steps[usize::from(eas::SEND)].cas;
        assert_eq!(whole, 46_500.0);
        assert!((whole / (1.60 * 28_800.0) - 1.0).abs() < 0.01);
    }
}
