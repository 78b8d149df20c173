//! What clients do when they do it: every figure that a scenario may override, with
//! the published or assumed default and its source.
//!
//! Must not know how a request is routed ([`crate::model::access`]).

use super::Heartbeats;
use crate::kernel::SimSpan;
use crate::kernel::distribution::Distribution;

/// How long the connections of Outlook and IMAP4 live.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Connected {
    /// As [`DayCurve::comes_and_goes`](super::DayCurve::comes_and_goes) says.
    #[default]
    ByCurve,
    /// For the working day of the mailbox.
    WorkingDay,
    /// Without an end.
    Always,
}

impl Connected {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::ByCurve, "by curve"), (Self::WorkingDay, "working day"), (Self::Always, "always")];
}

/// How Outlook authenticates over HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutlookAuthentication {
    /// Basic.
    Basic,
    /// NTLM.
    Ntlm,
    /// Kerberos.
    Kerberos,
}

impl OutlookAuthentication {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Basic, "basic"), (Self::Ntlm, "ntlm"), (Self::Kerberos, "kerberos")];
}

/// Between which moments the working days of mailboxes begin, or end, uniformly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moments {
    /// While the day curve stands between these shares of the day's work.
    Work(f64, f64),
    /// Between these local times of day, minutes after midnight.
    Clock(u32, u32),
}

/// What clients do when they do it: every figure that a scenario may override,
/// with the published or assumed default. Times in ns, volumes in bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientSettings {
    /// Message size, bytes.
    pub message_size: Distribution,
    /// Largest message that the organisation lets through, bytes.
    pub max_message: f64,
    /// EAS heartbeat interval.
    pub eas_heartbeat: Heartbeats,
    /// Think time between two actions of an OWA user.
    pub owa_think: Distribution,
    /// Looks into the inbox, or at another page of it, for each message read in OWA.
    pub owa_inbox: f64,
    /// Searches for each message read in OWA.
    pub owa_searches: f64,
    /// Share of the OWA logons whose browser has the files behind the mailbox page, 0 to 1.
    pub owa_cached: f64,
    /// OWA notification poll interval.
    pub owa_poll: SimSpan,
    /// Actions of an OWA session lie uniformly within this share of their mean, 0 to 1.
    pub owa_session_spread: f64,
    /// Share of OWA sessions that end by a logoff rather than a closed browser.
    pub owa_logoff_share: f64,
    /// Idle time after which the server ends an OWA session.
    pub owa_idle_timeout: SimSpan,
    /// Syncs of a device for a received mail, 1 to 2.
    pub eas_syncs_per_mail: f64,
    /// POP3 poll interval.
    pub pop_poll: SimSpan,
    /// IMAP4 IDLE re-issue interval.
    pub imap_idle: SimSpan,
    /// RPC associations of one Outlook client, each a TCP connection, and two of
    /// them where it is tunnelled through HTTP.
    pub outlook_connections: u32,
    /// Tasks of Outlook for every message sent or received.
    pub outlook_tasks_per_message: f64,
    /// Keep-alive of an idle Outlook connection.
    pub outlook_keep_alive: SimSpan,
    /// How Outlook authenticates over HTTP.
    pub outlook_auth: OutlookAuthentication,
    /// How long connections of Outlook and IMAP4 live.
    pub connected: Connected,
    /// When working days begin.
    pub day_begins: Moments,
    /// When working days end.
    pub day_ends: Moments,
    /// Work of each day of the week by that of the profile's, Monday first.
    pub week: [f64; 7],
    /// Messages that wait for clients that download when they first connect in the run.
    pub backlog: u32,
    /// Share of new connections that resume a TLS session, 0 to 1.
    pub tls_resumption: f64,
    /// Name resolution on the Internet, ns.
    pub name_lookup: Distribution,
    /// Connections of one IMAP4 client.
    pub imap_connections: u32,
    /// EWS requests of one client a working day.
    pub ews_requests_per_day: f64,
    /// Protocol version of ActiveSync devices, times ten.
    pub eas_version: u16,
    /// Share of the ActiveSync devices that do not follow HTTP 451, 0 to 1.
    pub eas_without_451: f64,
    /// Share of the OWA users who type `/exchange`, 0 to 1.
    pub owa_exchange: f64,
    /// Human time at an OWA link page before the click.
    pub redirect_click: Distribution,
    /// Human time to type credentials at a second logon.
    pub logon_typing: Distribution,
    /// Human time until Outlook is restarted that asked for it.
    pub outlook_restart: Distribution,
    /// Coefficient of variation of service demands (lognormal).
    pub service_cv: f64,
    /// Patience of a client before it gives a request up.
    pub request_timeout: SimSpan,
    /// Attempts after the first that a client makes on 503 or a lost connection.
    pub retries: u32,
    /// First wait before trying again; it doubles each time.
    pub retry_backoff: SimSpan,
    /// How long it takes until a connection to something that does not answer (a dead
    /// site or link, not a stopped server, which refuses at once) is given up.
    pub connect_timeout: SimSpan,
    /// How long an OWA user who was cut off stays away before logging on again, ns.
    pub owa_return: Distribution,
    /// Times that an OWA user who was cut off comes back in vain before giving up.
    pub owa_returns: u32,
    /// First wait of a device that was cut off before it connects again; it doubles.
    pub eas_backoff: SimSpan,
    /// Longest such wait.
    pub eas_backoff_max: SimSpan,
    /// First wait of Outlook or an IMAP4 client that lost its connection; it doubles.
    pub reconnect: SimSpan,
    /// Longest such wait.
    pub reconnect_max: SimSpan,
    /// Share of a wait after being cut off that is drawn: a wait of w lasts between
    /// (1 - spread) w and w, 0 to 1.
    pub backoff_spread: f64,
}

impl ClientSettings {
    /// Size of the messages that are let through, bytes.
    #[must_use]
    pub fn messages(&self) -> Distribution {
        self.message_size.at_most(self.max_message)
    }
}

impl Default for ClientSettings {
    fn default() -> Self {
        let secs = |s: f64| s * 1e9;
        Self {
            // Mean 50 KB: Exchange 2007 paper's assumption; cv 2.9 = lognormal sigma 1.5, ASSUMED.
            message_size: Distribution::LogNormal { mean: 50_000.0, cv: 2.9 },
            // What setup leaves from 2007 on, MEMORY.
            max_message: 10e6,
            eas_heartbeat: Heartbeats::adaptive(),
            // 10 min for 11 actions (TechNet bb124014, measured script): about 55 s.
            owa_think: Distribution::Exponential { mean: secs(55.0) },
            // 2 checks and 4 reads of the same script.
            owa_inbox: 0.5,
            // ASSUMED.
            owa_searches: 0.05,
            // ASSUMED: files expire after a day (help of Exchange 2000), so that the first of two
            // logons a day asks for them.
            owa_cached: 0.5,
            // OWA 2007 keep-alive 60 s (MEMORY).
            owa_poll: SimSpan::from_secs(60),
            // ASSUMED.
            owa_session_spread: 0.5,
            // ASSUMED.
            owa_logoff_share: 0.5,
            // 15 min for a public computer (KB2573296).
            owa_idle_timeout: SimSpan::from_secs(900),
            // 110 Pings, 120 Syncs and 20 SendMails a day reproduce 1.60 MHz a device.
            eas_syncs_per_mail: 1.25,
            // 10 min (MEMORY, range 5 to 30).
            pop_poll: SimSpan::from_secs(600),
            // Re-issue before 29 min (RFC 2177).
            imap_idle: SimSpan::from_secs(28 * 60),
            // Up to 8 TCP connections a cached client.
            outlook_connections: 8,
            // LoadGen: 132 tasks in the 8 hours of a heavy user (Dell BP1013 p. 19), 100 messages.
            outlook_tasks_per_message: 1.32,
            // 12 min from client to server (CSS-Exchange HealthChecker).
            outlook_keep_alive: SimSpan::from_secs(720),
            // ASSUMED.
            outlook_auth: OutlookAuthentication::Ntlm,
            connected: Connected::ByCurve,
            // ASSUMED; 07:11 to 08:45 and 16:22 to 19:00 of the office curve.
            day_begins: Moments::Work(0.04, 0.12),
            day_ends: Moments::Work(0.86, 0.98),
            // ASSUMED: every day alike, and nothing waits.
            week: [1.0; 7],
            backlog: 0,
            // ASSUMED: servers behind a balancer share no session cache.
            tls_resumption: 0.0,
            // Recursion of 20 to 120 ms (MEMORY).
            name_lookup: Distribution::Uniform { low: 20e6, high: 120e6 },
            // ASSUMED; some clients open up to five.
            imap_connections: 1,
            // ASSUMED.
            ews_requests_per_day: 24.0,
            // Oldest version that is documented to follow 451.
            eas_version: 121,
            eas_without_451: 0.0,
            owa_exchange: 0.0,
            // 3 to 5 s click (MEMORY).
            redirect_click: Distribution::Uniform { low: secs(3.0), high: secs(5.0) },
            // About 10 s of typing (MEMORY).
            logon_typing: Distribution::LogNormal { mean: secs(10.0), cv: 0.4 },
            // ASSUMED.
            outlook_restart: Distribution::Uniform { low: secs(20.0), high: secs(60.0) },
            // ASSUMED.
            service_cv: 1.5,
            // Browser and device default patience, ASSUMED.
            request_timeout: SimSpan::from_secs(110),
            // ASSUMED.
            retries: 2,
            retry_backoff: SimSpan::from_secs(5),
            // Three SYNs of Windows: 3 + 6 + 12 s (MEMORY).
            connect_timeout: SimSpan::from_secs(21),
            // ASSUMED.
            owa_return: Distribution::LogNormal { mean: secs(120.0), cv: 1.0 },
            owa_returns: 4,
            eas_backoff: SimSpan::from_secs(60),
            eas_backoff_max: SimSpan::from_secs(1_800),
            reconnect: SimSpan::from_secs(30),
            reconnect_max: SimSpan::from_secs(600),
            backoff_spread: 0.5,
        }
    }
}
