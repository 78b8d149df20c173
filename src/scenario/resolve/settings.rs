//! `[clients]` and a population's `settings`: every figure of [`ClientSettings`].

use std::sync::Arc;

use super::super::amounts::{Count, Number, Share, Time};
use super::super::fields::{Cx, Fields};
use super::super::kinds::Token;
use super::super::law::Law;
use super::super::moments::{MomentsKind, Week};
use super::Settings;
use crate::model::workload::{ClientSettings, Connected, OutlookAuthentication};
use crate::quantity::Dimension;

const CONNECTED: Token<Connected> = Token { words: &Connected::ALL };
const OUTLOOK_AUTH: Token<OutlookAuthentication> = Token { words: &OutlookAuthentication::ALL };

const BYTES: Law = Law { dimension: Dimension::Bytes, zero: false };

/// The table `[clients]`, with the published defaults written out.
pub(super) fn clients(cx: &mut Cx, root: &mut Fields<'_>) -> Settings {
    cx.section("[clients]");
    let mut fields = root.table_or_empty(cx, "clients").into_section();
    let settings = figures(cx, &mut fields, &ClientSettings::default(), None);
    fields.finish(cx);
    Arc::new(settings)
}

/// A population's own figures; what it does not state is as in `[clients]`.
pub(super) fn of_population(cx: &mut Cx, fields: &mut Fields<'_>, base: &Settings) -> Settings {
    let Some(mut own) = fields.table(cx, "settings") else { return Arc::clone(base) };
    let settings = figures(cx, &mut own, base, Some("as in [clients]"));
    own.finish(cx);
    Arc::new(settings)
}

/// Every figure: its key, its kind, and where its default comes from.
fn figures(
    cx: &mut Cx,
    f: &mut Fields<'_>,
    base: &ClientSettings,
    inherited: Option<&'static str>,
) -> ClientSettings {
    let source = |origin: &'static str| inherited.unwrap_or(origin);
    let mut small =
        |cx: &mut Cx, key: &'static str, min: u64, max: u64, default: u32, origin: &'static str| {
            u32::try_from(f.or(cx, key, &Count { min, max }, u64::from(default), source(origin)))
                .unwrap_or(default)
        };
    let outlook_connections = small(
        cx,
        "outlook_connections",
        1,
        100,
        base.outlook_connections,
        "up to 8 TCP connections a cached client",
    );
    let backlog = small(
        cx,
        "backlog",
        0,
        100_000,
        base.backlog,
        "ASSUMED: nothing waits for those who first connect in the run",
    );
    let imap_connections =
        small(cx, "imap_connections", 1, 100, base.imap_connections, "ASSUMED; some clients open up to 5");
    let retries = small(cx, "retries", 0, 100, base.retries, "ASSUMED");
    let owa_returns = small(cx, "owa_returns", 0, 100, base.owa_returns, "ASSUMED");
    let law = base.message_size.clone();
    let message_size =
        f.or(cx, "message_size", &BYTES, law, source("Exchange 2007 paper: 50 KB mean; cv 2.9 ASSUMED"));
    let time = &Time::POSITIVE;
    ClientSettings {
        message_size,
        eas_heartbeat: f.or(
            cx,
            "eas_heartbeat",
            time,
            base.eas_heartbeat,
            source("480 s at the client's start (KB905013), from memory"),
        ),
        owa_think: f.or(
            cx,
            "owa_think",
            &Law::TIME,
            base.owa_think.clone(),
            source("11 actions in 10 min (TechNet bb124014)"),
        ),
        owa_poll: f.or(
            cx,
            "owa_poll",
            time,
            base.owa_poll,
            source("OWA 2007 keep-alive of 60 s, from memory"),
        ),
        owa_session_spread: f.or(
            cx,
            "owa_session_spread",
            &Share::WHOLE,
            base.owa_session_spread,
            source("ASSUMED: half to one and a half times the mean number of actions"),
        ),
        owa_logoff_share: f.or(
            cx,
            "owa_logoff_share",
            &Share::WHOLE,
            base.owa_logoff_share,
            source("ASSUMED; the others close the browser"),
        ),
        owa_idle_timeout: f.or(
            cx,
            "owa_idle_timeout",
            time,
            base.owa_idle_timeout,
            source("15 min on a public computer (KB2573296)"),
        ),
        eas_syncs_per_mail: f.or(
            cx,
            "eas_syncs_per_mail",
            &Number { min: 1.0, closed: true, max: 2.0 },
            base.eas_syncs_per_mail,
            source("120 Syncs a day for 80 received and 20 sent reproduce 1.60 MHz a device"),
        ),
        outlook_tasks_per_message: f.or(
            cx,
            "outlook_tasks_per_message",
            &Number { min: 1.0, closed: true, max: 1e3 },
            base.outlook_tasks_per_message,
            source("LoadGen: 132 tasks a heavy user and 8 hours (Dell BP1013) over 100 messages"),
        ),
        outlook_keep_alive: f.or(
            cx,
            "outlook_keep_alive",
            time,
            base.outlook_keep_alive,
            source("12 min from client to server (CSS-Exchange HealthChecker)"),
        ),
        outlook_auth: f.or(cx, "outlook_auth", &OUTLOOK_AUTH, base.outlook_auth, source("ASSUMED")),
        connected: f.or(
            cx,
            "connected",
            &CONNECTED,
            base.connected,
            source("ASSUMED: always along flat8h, peak2x and flat24h, else for the working day"),
        ),
        day_begins: f.or(
            cx,
            "day_begins",
            &MomentsKind,
            base.day_begins,
            source("ASSUMED; 07:11 to 08:45 of the office curve"),
        ),
        day_ends: f.or(
            cx,
            "day_ends",
            &MomentsKind,
            base.day_ends,
            source("ASSUMED; 16:22 to 19:00 of the office curve"),
        ),
        week: f.or(cx, "week", &Week, base.week, source("ASSUMED: every day alike")),
        tls_resumption: f.or(
            cx,
            "tls_resumption",
            &Share::WHOLE,
            base.tls_resumption,
            source("ASSUMED: servers behind a balancer share no session cache"),
        ),
        name_lookup: f.or(
            cx,
            "name_lookup",
            &Law::TIME,
            base.name_lookup.clone(),
            source("recursion of 20 to 120 ms, from memory"),
        ),
        backlog,
        pop_poll: f.or(cx, "pop_poll", time, base.pop_poll, source("5 to 30 min, from memory")),
        imap_idle: f.or(cx, "imap_idle", time, base.imap_idle, source("re-issue before 29 min (RFC 2177)")),
        outlook_connections,
        imap_connections,
        ews_requests_per_day: f.or(
            cx,
            "ews_requests_per_day",
            &Number { min: 0.0, closed: true, max: 1e6 },
            base.ews_requests_per_day,
            source("ASSUMED"),
        ),
        eas_version: (f.or(
            cx,
            "eas_version",
            &Number { min: 1.0, closed: true, max: 99.0 },
            f64::from(base.eas_version) / 10.0,
            source("the oldest version documented to follow 451"),
        ) * 10.0)
            .round() as u16,
        eas_without_451: f.or(
            cx,
            "eas_without_451",
            &Share::WHOLE,
            base.eas_without_451,
            source("ASSUMED: all devices of that version follow"),
        ),
        owa_exchange: f.or(
            cx,
            "owa_exchange",
            &Share::WHOLE,
            base.owa_exchange,
            source("ASSUMED: everybody types /owa"),
        ),
        redirect_click: f.or(
            cx,
            "redirect_click",
            &Law::TIME,
            base.redirect_click.clone(),
            source("3 to 5 s, from memory"),
        ),
        logon_typing: f.or(
            cx,
            "logon_typing",
            &Law::TIME,
            base.logon_typing.clone(),
            source("about 10 s, from memory"),
        ),
        outlook_restart: f.or(
            cx,
            "outlook_restart",
            &Law::TIME,
            base.outlook_restart.clone(),
            source("ASSUMED"),
        ),
        service_cv: f.or(
            cx,
            "service_cv",
            &Number { min: 0.0, closed: true, max: 100.0 },
            base.service_cv,
            source("ASSUMED; 0 makes demands constant"),
        ),
        request_timeout: f.or(
            cx,
            "request_timeout",
            time,
            base.request_timeout,
            source("ASSUMED patience of browsers and devices"),
        ),
        retries,
        retry_backoff: f.or(
            cx,
            "retry_backoff",
            time,
            base.retry_backoff,
            source("ASSUMED; doubles each time"),
        ),
        connect_timeout: f.or(
            cx,
            "connect_timeout",
            time,
            base.connect_timeout,
            source("three SYNs of Windows, 3 + 6 + 12 s, from memory"),
        ),
        owa_return: f.or(cx, "owa_return", &Law::TIME, base.owa_return.clone(), source("ASSUMED")),
        owa_returns,
        eas_backoff: f.or(cx, "eas_backoff", time, base.eas_backoff, source("ASSUMED; doubles each time")),
        eas_backoff_max: f.or(cx, "eas_backoff_max", time, base.eas_backoff_max, source("ASSUMED")),
        reconnect: f.or(cx, "reconnect", time, base.reconnect, source("ASSUMED; doubles each time")),
        reconnect_max: f.or(cx, "reconnect_max", time, base.reconnect_max, source("ASSUMED")),
        backoff_spread: f.or(
            cx,
            "backoff_spread",
            &Share::WHOLE,
            base.backoff_spread,
            source("ASSUMED; 0 lets all who were cut off together come back together"),
        ),
    }
}
