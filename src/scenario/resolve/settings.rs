//! `[clients]` and a population's `settings`: every figure of [`ClientSettings`].

use std::sync::Arc;

use super::super::amounts::{Count, Number, Quantity, Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::heartbeats::HeartbeatsKind;
use super::super::keys::Key;
use super::super::kinds::{Kind, Token};
use super::super::law::Law;
use super::super::moments::{MomentsKind, Week};
use crate::model::workload::{ClientSettings, Connected, OutlookAuthentication};
use crate::quantity::Dimension;

const CONNECTED: Token<Connected> = Token { words: &Connected::ALL };
const OUTLOOK_AUTH: Token<OutlookAuthentication> = Token { words: &OutlookAuthentication::ALL };

const BYTES: Law = Law { dimension: Dimension::Bytes, zero: false };
const TIME: Time = Time::POSITIVE;

/// Settings shared by populations that state none of their own.
pub(super) type Settings = Arc<ClientSettings>;

/// The table `[clients]`, with the published defaults written out.
pub(super) fn clients(cx: &mut Cx, root: &mut Fields<'_>) -> Settings {
    cx.section("[clients]");
    let fields = root.table_or_empty(cx, ("clients", "what clients do")).into_section();
    Arc::new(settings(cx, fields, &ClientSettings::default(), None))
}

/// A population's own figures; what it does not state is as in `[clients]`.
pub(super) fn of_population(cx: &mut Cx, fields: &mut Fields<'_>, base: &Settings) -> Settings {
    const KEY: Key = ("settings", "keys of `[clients]` for this population alone");
    let Some(own) = fields.table(cx, KEY) else { return Arc::clone(base) };
    Arc::new(settings(cx, own, base, Some("as in [clients]")))
}

/// A table of figures, each of which begins with its default.
struct Table<'c, 't> {
    cx: &'c mut Cx,
    fields: Fields<'t>,
    /// Where all defaults come from, if from one place.
    inherited: Option<&'static str>,
}

impl Table<'_, '_> {
    /// Reads one figure; `origin` is where its default comes from.
    fn read<K: Kind>(&mut self, key: Key, kind: &K, value: &mut K::Out, origin: &'static str)
    where
        K::Out: Clone,
    {
        *value = self.fields.or(self.cx, key, kind, value.clone(), self.inherited.unwrap_or(origin));
    }

    /// Reads a small whole number.
    fn count(&mut self, key: Key, (min, max): (u64, u64), value: &mut u32, origin: &'static str) {
        let mut wide = u64::from(*value);
        self.read(key, &Count { min, max }, &mut wide, origin);
        *value = u32::try_from(wide).unwrap_or(*value);
    }
}

/// Every figure: its key and meaning, its kind, and where its default comes from.
fn settings(
    cx: &mut Cx,
    fields: Fields<'_>,
    base: &ClientSettings,
    inherited: Option<&'static str>,
) -> ClientSettings {
    let mut s = base.clone();
    let mut t = Table { cx, fields, inherited };
    // In this order they stand in a resolved scenario.
    counts(&mut t, &mut s);
    owa(&mut t, &mut s);
    outlook(&mut t, &mut s);
    connections(&mut t, &mut s);
    redirects(&mut t, &mut s);
    failures(&mut t, &mut s);
    let Table { cx, fields, .. } = t;
    fields.finish(cx);
    s
}

fn counts(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.count(
        (
            "outlook_connections",
            "RPC associations of one Outlook; each is a TCP connection, and two of HTTP where it \
             is tunnelled",
        ),
        (1, 100),
        &mut s.outlook_connections,
        "up to 8 TCP connections a cached client",
    );
    t.count(
        (
            "backlog",
            "messages that wait for a client that downloads (Outlook, POP3, IMAP4) when it first \
             connects in the run",
        ),
        (0, 100_000),
        &mut s.backlog,
        "ASSUMED: nothing waits for those who first connect in the run",
    );
    t.count(
        (
            "imap_connections",
            "of one client; it works over those that a limit leaves it; each that is refused as a \
             session begins in the window is counted in `limits.csv`",
        ),
        (1, 100),
        &mut s.imap_connections,
        "ASSUMED; some clients open up to 5",
    );
    t.count(
        ("retries", "further attempts on HTTP 503 or a lost connection"),
        (0, 100),
        &mut s.retries,
        "ASSUMED",
    );
    t.count(
        ("owa_returns", "how often an OWA user who was cut off comes back in one session before he gives up"),
        (0, 100),
        &mut s.owa_returns,
        "ASSUMED",
    );
    t.read(
        ("message_size", "size of a message"),
        &BYTES,
        &mut s.message_size,
        "Exchange 2007 paper: 50 KB mean; cv 2.9 ASSUMED",
    );
    t.read(
        (
            "max_message",
            "largest message that the organisation lets through: `message_size` is that of those below",
        ),
        &Quantity { dimension: Dimension::Bytes, min: 0.0, closed: false, max: 1e15 },
        &mut s.max_message,
        "what setup leaves from 2007 on, MEMORY",
    );
    t.read(
        (
            "eas_heartbeat",
            "for so long a device lets its Ping be held, within what its server allows (60 s to 59 min, 45 min in 2003); a list \
             gives shares of the devices heartbeats of their own; `adaptive`: from 8 min on they grow to 13 to 18 min, or to a \
             minute below what forgets a silent connection on the way",
        ),
        &HeartbeatsKind,
        &mut s.eas_heartbeat,
        "a log on a device has 780 to 1,080 s (msexchange.blogspot.com, 2006-06-20); 480 s at the start from memory, one in ten there ASSUMED",
    );
}

fn owa(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.read(
        ("owa_think", "between two actions"),
        &Law::TIME,
        &mut s.owa_think,
        "11 actions in 10 min (TechNet bb124014)",
    );
    t.read(
        ("owa_inbox_per_read", "looks into the inbox, or at another page of it, for each message read"),
        &Number { min: 0.0, closed: true, max: 1e3 },
        &mut s.owa_inbox,
        "2 checks and 4 reads of a measured script (TechNet bb124014)",
    );
    t.read(
        ("owa_searches_per_read", "searches for each message read"),
        &Number { min: 0.0, closed: true, max: 1e3 },
        &mut s.owa_searches,
        "ASSUMED",
    );
    t.read(
        ("owa_cached", "logons whose browser has the files behind the mailbox page and does not ask for them"),
        &Share::WHOLE,
        &mut s.owa_cached,
        "ASSUMED: files expire after a day (help of Exchange 2000), so that the first of two logons a day asks for them",
    );
    t.read(
        ("owa_poll", "from one request for news to the next"),
        &TIME,
        &mut s.owa_poll,
        "OWA 2007 keep-alive of 60 s, from memory",
    );
    t.read(
        ("owa_session_spread", "actions of a session are uniform within it around their mean"),
        &Share::WHOLE,
        &mut s.owa_session_spread,
        "ASSUMED: half to one and a half times the mean number of actions",
    );
    t.read(
        ("owa_logoff_share", "sessions that end by a logoff, the others by closing the browser"),
        &Share::WHOLE,
        &mut s.owa_logoff_share,
        "ASSUMED; the others close the browser",
    );
    t.read(
        ("owa_idle_timeout", "after so long the server ends a session left behind"),
        &TIME,
        &mut s.owa_idle_timeout,
        "15 min on a public computer (KB2573296)",
    );
    t.read(
        ("eas_syncs_per_mail", "Syncs for a received mail; one sent has one"),
        &Number { min: 1.0, closed: true, max: 2.0 },
        &mut s.eas_syncs_per_mail,
        "120 Syncs a day for 80 received and 20 sent reproduce 1.60 MHz a device",
    );
}

fn outlook(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.read(
        ("outlook_tasks_per_message", "Outlook's tasks for each message sent or received"),
        &Number { min: 1.0, closed: true, max: 1e3 },
        &mut s.outlook_tasks_per_message,
        "LoadGen: 132 tasks a heavy user and 8 hours (Dell BP1013) over 100 messages",
    );
    t.read(
        ("outlook_keep_alive", "after so long an idle connection is kept alive"),
        &TIME,
        &mut s.outlook_keep_alive,
        "12 min from client to server (CSS-Exchange HealthChecker)",
    );
    t.read(("outlook_auth", "of Outlook Anywhere"), &OUTLOOK_AUTH, &mut s.outlook_auth, "ASSUMED");
    t.read(
        (
            "connected",
            "how long connections of Outlook and IMAP4 live; `by curve`: always along `flat8h`, \
             `peak2x` and `flat24h`, the curves of sizing figures",
        ),
        &CONNECTED,
        &mut s.connected,
        "ASSUMED: always along flat8h, peak2x and flat24h, else for the working day",
    );
    t.read(
        (
            "day_begins",
            "when the working days of mailboxes begin, uniformly: local time, or shares of the day's work",
        ),
        &MomentsKind,
        &mut s.day_begins,
        "ASSUMED; 07:11 to 08:45 of the office curve",
    );
    t.read(
        ("day_ends", "when they end"),
        &MomentsKind,
        &mut s.day_ends,
        "ASSUMED; 16:22 to 19:00 of the office curve",
    );
    t.read(
        ("week", "work of each day of the week, Monday first, by that of the profile"),
        &Week,
        &mut s.week,
        "ASSUMED: every day alike",
    );
}

fn connections(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.read(
        ("tls_resumption", "new connections that resume a TLS session"),
        &Share::WHOLE,
        &mut s.tls_resumption,
        "ASSUMED: servers behind a balancer share no session cache",
    );
    t.read(
        ("name_lookup", "name resolution on the Internet"),
        &Law::TIME,
        &mut s.name_lookup,
        "recursion of 20 to 120 ms, from memory",
    );
    t.read(
        ("pop_poll", "from one look at a POP3 mailbox to the next"),
        &TIME,
        &mut s.pop_poll,
        "5 to 30 min, from memory",
    );
    t.read(
        ("imap_idle", "after so long IDLE is issued anew"),
        &TIME,
        &mut s.imap_idle,
        "re-issue before 29 min (RFC 2177)",
    );
    t.read(
        ("ews_requests_per_day", "EWS requests of a mailbox a day"),
        &Number { min: 0.0, closed: true, max: 1e6 },
        &mut s.ews_requests_per_day,
        "ASSUMED",
    );
    let mut version = f64::from(s.eas_version) / 10.0;
    t.read(
        ("eas_version", "protocol version of ActiveSync devices"),
        &Number { min: 1.0, closed: true, max: 99.0 },
        &mut version,
        "the oldest version documented to follow 451",
    );
    s.eas_version = (version * 10.0).round() as u16;
}

fn redirects(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.read(
        ("eas_without_451", "devices that do not follow HTTP 451 whatever their version"),
        &Share::WHOLE,
        &mut s.eas_without_451,
        "ASSUMED: all devices of that version follow",
    );
    t.read(
        ("owa_exchange", "OWA users who type `/exchange` instead of `/owa`"),
        &Share::WHOLE,
        &mut s.owa_exchange,
        "ASSUMED: everybody types /owa",
    );
    t.read(
        ("redirect_click", "at a page with a link"),
        &Law::TIME,
        &mut s.redirect_click,
        "3 to 5 s, from memory",
    );
    t.read(
        ("logon_typing", "to type credentials again"),
        &Law::TIME,
        &mut s.logon_typing,
        "about 10 s, from memory",
    );
    t.read(
        (
            "outlook_restart",
            "until a user restarts Outlook that was referred to another endpoint and asks for it",
        ),
        &Law::TIME,
        &mut s.outlook_restart,
        "ASSUMED",
    );
    t.read(
        ("service_cv", "coefficient of variation of service demands"),
        &Number { min: 0.0, closed: true, max: 100.0 },
        &mut s.service_cv,
        "ASSUMED; 0 makes demands constant",
    );
}

fn failures(t: &mut Table<'_, '_>, s: &mut ClientSettings) {
    t.read(
        ("request_timeout", "for so long a client waits for an answer"),
        &TIME,
        &mut s.request_timeout,
        "ASSUMED patience of browsers and devices",
    );
    t.read(
        ("retry_backoff", "before the first of the `retries`"),
        &TIME,
        &mut s.retry_backoff,
        "ASSUMED; doubles each time",
    );
    t.read(
        (
            "connect_timeout",
            "until a connection to what does not answer is given up: a dead site or link; a \
             stopped server refuses at once",
        ),
        &TIME,
        &mut s.connect_timeout,
        "three SYNs of Windows, 3 + 6 + 12 s, from memory",
    );
    t.read(
        ("owa_return", "for so long an OWA user who was cut off stays away"),
        &Law::TIME,
        &mut s.owa_return,
        "ASSUMED",
    );
    t.read(
        (
            "eas_backoff",
            "before a device whose session failed (cut off, refused, timed out) connects again; \
             doubles until a Ping has come back",
        ),
        &TIME,
        &mut s.eas_backoff,
        "ASSUMED; doubles each time",
    );
    t.read(("eas_backoff_max", "longest such time"), &TIME, &mut s.eas_backoff_max, "ASSUMED");
    t.read(
        ("reconnect", "the same for Outlook and IMAP4; doubles until it is connected"),
        &TIME,
        &mut s.reconnect,
        "ASSUMED; doubles each time",
    );
    t.read(("reconnect_max", "longest such time"), &TIME, &mut s.reconnect_max, "ASSUMED");
    t.read(
        (
            "backoff_spread",
            "share of these times that is drawn: a wait of w lasts between (1 - spread) w and w",
        ),
        &Share::WHOLE,
        &mut s.backoff_spread,
        "ASSUMED; 0 lets all who were cut off together come back together",
    );
}
