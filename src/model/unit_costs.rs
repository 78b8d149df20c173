//! What one request costs: processor cycles, bytes, round trips, each with its key
//! in the scenario, its default and where the default comes from.
//!
//! The registry [`ROWS`] is the only place that states them. The scenario reader
//! offers every row as a key, writes it with its source into the resolved scenario,
//! and `docs/figures.md` is generated from it. A figure that is nobody's published
//! number says ASSUMED, one that was recalled and not read again says MEMORY, one
//! that is arithmetic on a published number shows the arithmetic.
//!
//! Figures of a client's habit stand in [`super::workload::ClientSettings`] instead.
//! Must not know who uses a figure for what.

use std::fmt::Write as _;
use std::ops::Index;

/// What a figure counts, and so how a scenario writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Megacycles of a core, as the tables up to 2010 count them.
    Megacycles,
    /// Megacycles a second: the clock that one user keeps busy.
    Megahertz,
    /// Cycles for each byte.
    CyclesPerByte,
    /// A part of the whole.
    Share,
    /// A plain factor or count.
    Number,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Time,
}

/// One figure of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which.
    pub figure: Figure,
    /// Table of the scenario that holds it: `costs`, `traffic` or `round_trips`.
    pub table: &'static str,
    /// Its key there.
    pub key: &'static str,
    /// How it is written.
    pub unit: Unit,
    /// Default in the unit's kept form.
    pub default: f64,
    /// What it is of.
    pub meaning: &'static str,
    /// Where the default comes from.
    pub source: &'static str,
}

macro_rules! figures {
    ($($table:literal { $($name:ident $key:literal $unit:ident $default:expr; $meaning:literal; $source:literal)* })*) => {
        /// Every figure, by its place in [`ROWS`].
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Figure {
            $($(#[doc = $meaning] $name,)*)*
        }

        /// The registry, in the order of the resolved scenario.
        pub const ROWS: &[Row] = &[
            $($(Row {
                figure: Figure::$name,
                table: $table,
                key: $key,
                unit: Unit::$unit,
                default: $default,
                meaning: $meaning,
                source: $source,
            },)*)*
        ];
    };
}

figures! {
"costs" {
    OwaRequest "owa_request" Megacycles 57.0; "an OWA request at the Client Access server; an action is two, a logon four";
        "0.86 MHz a user x 28,800 s = 24.8 G cycles a heavy day over 376 requests and the polls"
    OwaPoll "owa_poll" Megacycles 20.0; "an OWA notification poll";
        "ASSUMED; 169 of them, 184 actions and two logons come to the day's 24.8 G cycles"
    OwaSearch "owa_search" Number 2.0; "work of the Mailbox server and store calls of a search in OWA, in those of another action"; "ASSUMED"
    EasPing "eas_ping" Megacycles 50.0; "a Ping, half when it is issued and half when it wakes up";
        "110 Pings, 120 Syncs and 20 sends are 46.5 G cycles, 1.60 MHz x 28,800 s (2010 relative costs)"
    EasSync "eas_sync" Megacycles 300.0; "an ActiveSync Sync"; "as eas_ping"
    EasSend "eas_send" Megacycles 250.0; "an ActiveSync SendMail"; "as eas_ping"
    EasMailbox "eas_mailbox" Number 1.25 / 1.60; "work of the Mailbox server by that of the Client Access server, ActiveSync";
        "1.25 against 1.60 MHz a device (2010 relative costs)"
    OutlookTask "outlook_task" Megacycles 150.0; "an Outlook task at a 2007 Client Access server that does not state `os`";
        "ASSUMED as on 2010: most of it was spent in the operating system's RPC proxy"
    OutlookBase "outlook_user" Megahertz 0.586; "a connected Outlook user of the heavy profile at a 2010 server (or one that states `os`) by itself";
        "Outlook Anywhere on Windows 2008 R2 (Exchange Team, 2010-04-30); the intercept common to both is ASSUMED"
    OutlookSlopeR2 "outlook_user_slope_2008_r2" Megahertz 1.94e-5; "what each further user of the server adds to every user, Windows 2008 R2";
        "12 GHz at 14,000 users (Exchange Team, 2010-04-30)"
    OutlookSlopeSp2 "outlook_user_slope_2008_sp2" Megahertz 1.94e-4; "the same on Windows 2008 SP2";
        "12 GHz at 6,500 users (Exchange Team, 2010-04-30)"
    OutlookKeepAlive "outlook_keep_alive" Megacycles 1.0; "a keep-alive of an idle Outlook connection, at either server"; "ASSUMED"
    PopCommand "pop_command" Megacycles 10.0; "a POP3 command on 2010 and later"; "ASSUMED"
    ImapCommand "imap_command" Megacycles 15.0; "an IMAP4 command on 2010 and later"; "ASSUMED"
    MailFactor2007 "pop_imap_2007" Number 1.67; "POP3 and IMAP4 on 2007 and earlier by 2010";
        "2010 needs 40 % less (eightwone.com, 2010-08-17)"
    PopOpen "pop_open_mailbox" Megacycles 50.0; "a POP3 poll at the Mailbox server"; "ASSUMED"
    PopRetrieve "pop_retrieve_mailbox" Megacycles 100.0; "a POP3 RETR at the Mailbox server"; "ASSUMED"
    ImapOpen "imap_open_mailbox" Megacycles 60.0; "an IMAP4 logon at the Mailbox server"; "ASSUMED"
    ImapFetch "imap_fetch_mailbox" Megacycles 120.0; "an IMAP4 FETCH at the Mailbox server"; "ASSUMED"
    ImapIdle "imap_idle_mailbox" Megacycles 5.0; "an IMAP4 IDLE at the Mailbox server"; "ASSUMED"
    EwsRequest "ews_request" Megacycles 100.0; "an EWS request"; "ASSUMED"
    EwsMailbox "ews_request_mailbox" Megacycles 150.0; "an EWS request at the Mailbox server"; "ASSUMED"
    AutodiscoverRequest "autodiscover_request" Megacycles 60.0; "an Autodiscover request"; "ASSUMED"
    OabDownload "oab_download" Megacycles 40.0; "a download of the offline address book"; "ASSUMED"
    MailboxUser "mailbox_user" Megahertz 2.0; "a mailbox of 100 messages a day at its Mailbox server, 2010 and earlier";
        "Exchange 2010 sizing, MEMORY"
    Foreground "mailbox_foreground" Share 0.15; "part of a Mailbox server's work for a request that its client waits for; the rest (indexing, assistants, transport, replication) follows on the same cores";
        "ASSUMED, no split is published: with it a store call without load takes 4 to 7 ms, as measured (RPC averaged latency 3.8 and 6.6 ms in production, samdrey 2014-06-13)"
    MailboxPoll "mailbox_poll" Megacycles 5.0; "an OWA poll or logoff at the Mailbox server"; "ASSUMED"
    Mailbox2013 "mailbox_2013" Number 4.25 / 2.0; "work of a Mailbox server of 2013 and later, in megacycles of its tables, by that of 2010 in its own: one of 2013's is 3.0 of 2010's";
        "4.25 (SizingChecker.ps1, 2015-03-30) against 2 (MEMORY) megacycles a second at 100 messages a day"
    FrontEnd "front_end" Share 0.25; "front end of 2013 and later by its Mailbox server";
        "published ratio of cores 1:4 with RPC/HTTP (Exchange Team, 2014-04-03)"
    FrontEndMapi "front_end_mapi" Share 0.375; "the same with MAPI/HTTP";
        "published ratio of cores 3:8 with MAPI/HTTP (Exchange Team, 2014-04-03)"
    ProxyShare "proxy" Share 0.275; "part of a request's normal cost that a proxying server pays; the target pays all of it";
        "25 to 30 %, ASSUMED split"
    ProxyBytesOwa "proxy_cycles_per_byte_owa" CyclesPerByte 286.0; "what a proxying hop adds for each byte, OWA";
        "ISA 2004 SSL capacity: 1,200 - 914"
    ProxyBytesWeb "proxy_cycles_per_byte_web" CyclesPerByte 195.0; "the same, other web protocols, POP3 and IMAP4";
        "ISA 2004 SSL capacity: 25 % on top of 768 (192 to 195)"
    ProxyBytesRpc "proxy_cycles_per_byte_rpc" CyclesPerByte 149.0; "the same, RPC/HTTP and MAPI/HTTP";
        "ISA 2004 SSL capacity: 835 - 686"
    ProxyOverhead "proxy_overhead" Time 3e6; "time that a proxying server adds on a warm connection";
        "2 to 4 ms (Exchange 2016 HttpProxy logs)"
    ProxyOverheadCold "proxy_overhead_cold" Time 40e6; "the same on a new connection, directory look-ups included";
        "40 ms (Exchange 2016 HttpProxy logs)"
    TlsFull "tls_full_handshake" Megacycles 7.0; "a full TLS handshake with RSA-2048 at the server";
        "3 to 4 ms of a 2 GHz core of 2007, MEMORY; 1 to 3 ms in a secondary source"
    TlsResumed "tls_resumed_handshake" Megacycles 0.1; "a resumed TLS handshake at the server";
        "0.05 ms of a 2 GHz core, secondary source"
    TlsBytesOwa "tls_cycles_per_byte_owa" CyclesPerByte 0.0; "bulk TLS at the entry on top of the request's cycles, OWA; a pure TLS terminator: 914";
        "0: the cycles of requests were fitted to totals that contain TLS"
    TlsBytesWeb "tls_cycles_per_byte_web" CyclesPerByte 0.0; "the same, other web protocols, POP3 and IMAP4; a pure terminator: 768"; "as tls_cycles_per_byte_owa"
    TlsBytesRpc "tls_cycles_per_byte_rpc" CyclesPerByte 0.0; "the same, RPC/HTTP and MAPI/HTTP; a pure terminator: 686"; "as tls_cycles_per_byte_owa"
}
"traffic" {
    OwaReceived "owa_received" Number 5.23; "bytes for a message received and read in OWA, in sizes of the message";
        "fitted to the published KB a user and day (cgoosen.com, 2010-07), within 0.2 %"
    OwaSent "owa_sent" Number 3.20; "the same, sent"; "as owa_received"
    OwaReceivedMessage "owa_received_message" Number 1.04; "of these, what grows with the message; the rest is the page around it, as large whatever the message";
        "ASSUMED as outlook_cached_received: the message itself on the wire"
    OwaSentMessage "owa_sent_message" Number 1.04; "the same, sent"; "ASSUMED as outlook_cached_sent"
    OwaLogon "owa_logon" Number 1.6; "the same, an OWA logon in sizes of the mean message"; "as owa_received"
    OnlineReceived "outlook_online_received" Number 2.51; "the same, received by Outlook in online mode"; "as owa_received"
    OnlineSent "outlook_online_sent" Number 0.76; "the same, sent"; "as owa_received"
    CachedReceived "outlook_cached_received" Number 1.04; "the same, received by Outlook in cached mode"; "as owa_received"
    CachedSent "outlook_cached_sent" Number 1.04; "the same, sent"; "as owa_received"
    AnywhereReceived "outlook_anywhere_received" Number 1.23; "the same, received over RPC/HTTP"; "as owa_received; MAPI/HTTP ASSUMED alike"
    AnywhereSent "outlook_anywhere_sent" Number 1.24; "the same, sent"; "as outlook_anywhere_received"
    OwaLogonUp "owa_logon_up" Share 0.03; "part of an OWA logon's bytes that the client sends"; "ASSUMED"
    OwaLogonStatic "owa_logon_static" Share 0.60; "part of what the server sends at a logon to a browser without them that is script, style and images"; "ASSUMED"
    OwaReadUp "owa_read_up" Share 0.04; "the same of a message read"; "ASSUMED"
    OwaSendDown "owa_send_down" Share 0.10; "part of a message sent in OWA that the server sends"; "ASSUMED"
    OutlookReceiveUp "outlook_receive_up" Share 0.0; "part of a message received by Outlook that the client sends";
        "none: planners count received messages outwards and sent ones inwards (4:1)"
    OutlookSendDown "outlook_send_down" Share 0.0; "part of a message sent by Outlook that the server sends"; "as outlook_receive_up"
    OwaPollUp "owa_poll_up" Bytes 400.0; "an OWA poll, sent by the client"; "ASSUMED"
    OwaPollDown "owa_poll_down" Bytes 300.0; "the same, sent by the server"; "ASSUMED"
    OwaDeleteUp "owa_delete_up" Bytes 800.0; "a deletion or logoff in OWA, sent by the client"; "ASSUMED"
    OwaDeleteDown "owa_delete_down" Bytes 1_200.0; "the same, sent by the server"; "ASSUMED"
    OwaInboxUp "owa_inbox_up" Bytes 800.0; "a look into the inbox in OWA, sent by the client"; "ASSUMED"
    OwaInboxDown "owa_inbox_down" Bytes 40_000.0; "the same, sent by the server: a page of the list, compressed"; "ASSUMED; reading, sending and logons have the less of the published bytes"
    OwaSearchUp "owa_search_up" Bytes 1_200.0; "a search in OWA, sent by the client"; "ASSUMED"
    OwaSearchDown "owa_search_down" Bytes 40_000.0; "the same, sent by the server"; "ASSUMED as owa_inbox_down"
    OutlookTaskUp "outlook_task_up" Bytes 1_500.0; "an Outlook task that moves no message, sent by the client; ten RPCs"; "ASSUMED"
    OutlookTaskDown "outlook_task_down" Bytes 2_500.0; "the same, sent by the server"; "ASSUMED"
    KeepAliveBytes "outlook_keep_alive_bytes" Bytes 100.0; "a keep-alive, each way"; "ASSUMED"
    EasPingBytes "eas_ping_bytes" Bytes 300.0; "a Ping, each way";
        "600 B an empty heartbeat (TechNet cc182263)"
    EasSyncUp "eas_sync_up" Bytes 500.0; "a Sync, sent by the device"; "ASSUMED split of 4 to 6 MB a month"
    EasSyncDown "eas_sync_down" Bytes 3_000.0; "the same, sent by the server"; "as eas_sync_up"
    EasSendUp "eas_send_up" Bytes 5_000.0; "a SendMail, sent by the device"; "as eas_sync_up"
    EasSendDown "eas_send_down" Bytes 300.0; "the same, sent by the server"; "as eas_sync_up"
    EwsUp "ews_up" Bytes 2_000.0; "an EWS request"; "ASSUMED"
    EwsDown "ews_down" Bytes 12_000.0; "its answer"; "ASSUMED"
    AutodiscoverUp "autodiscover_up" Bytes 1_000.0; "an Autodiscover request"; "ASSUMED"
    AutodiscoverDown "autodiscover_down" Bytes 5_000.0; "its answer"; "ASSUMED"
    OabUp "oab_up" Bytes 3_000.0; "a download of the address book, sent by the client"; "ASSUMED"
    OabDown "oab_down" Bytes 500_000.0; "the day's differential files"; "ASSUMED"
    PopOpenUp "pop_open_up" Bytes 100.0; "a POP3 poll, sent by the client"; "ASSUMED"
    PopOpenDown "pop_open_down" Bytes 2_000.0; "the same, sent by the server"; "ASSUMED"
    ImapOpenUp "imap_open_up" Bytes 300.0; "an IMAP4 logon, sent by the client"; "ASSUMED"
    ImapOpenDown "imap_open_down" Bytes 3_000.0; "the same, sent by the server"; "ASSUMED"
    InternetWindow "internet_window" Bytes 16_777_216.0; "largest TCP window that the way over the Internet lets through"; "the most that auto-tuning asks for"
    Window2003 "window_2003" Bytes 17_520.0; "receive window of Windows 2003 and XP";
        "12 segments on Ethernet (KB224829; TechNet cc757802)"
    WindowHttp "window_http" Bytes 65_535.0; "the same of HTTP clients of Windows 7 and later (WinINet, WinHTTP), for which auto-tuning is off";
        "KB947239; of Windows 8.1 and 10 ASSUMED alike"
    WindowHttpVista "window_http_vista" Bytes 262_140.0; "the same of Vista: a scale factor of 2";
        "GEANT PERT knowledge base; 65,535 x 4 in the table of KB224829"
    WindowTuned "window_tuned" Bytes 16_777_216.0; "the same of everything else from Vista and Windows 2008 on, by auto-tuning";
        "scale factor 8, at most 16 MB (Windows 7 Resource Kit, copy)"
    WindowDevice "window_device" Bytes 65_535.0; "the same of a telephone"; "ASSUMED"
    HttpInFlight "http_in_flight" Bytes 65_536.0; "what http.sys has under way of a response";
        "MaxBytesPerSend (KB820129, for 2008 to 2012); of 2003 and later ASSUMED alike"
    SendBuffer "send_buffer" Bytes 16_777_216.0; "what any other sender has under way";
        "ASSUMED: overlapped sends keep a connection full, whatever the buffer (8,192 B by default on 2003, copy of the registry appendix)"
}
"round_trips" {
    Tcp "tcp" Number 1.0; "opening a TCP connection"; "protocol, MEMORY"
    TlsFullTrips "tls_full" Number 2.0; "a full TLS handshake, TLS 1.0 to 1.2"; "protocol, MEMORY"
    TlsResumedTrips "tls_resumed" Number 1.0; "a resumed TLS handshake"; "protocol, MEMORY"
    BasicTrips "basic" Number 1.0; "Basic or Digest when the server asks for it; ActiveSync, POP3 and IMAP4 send it up front"; "protocol, MEMORY"
    NtlmTrips "ntlm" Number 2.0; "NTLM on a new connection: Integrated Windows Authentication of a client on the Internet"; "protocol, MEMORY"
    KerberosTrips "kerberos" Number 1.0; "Kerberos on a new connection, when the server asks for it: clients in a site, and servers"; "protocol, MEMORY"
    FormsTrips "forms_logon" Number 4.0; "OWA logon by form: GET, form, POST, mailbox page"; "protocol, MEMORY"
    PlainTrips "owa_logon" Number 2.0; "OWA logon without a form: GET, mailbox page; authentication comes on top"; "protocol, MEMORY"
    LogonFiles "owa_logon_files" Number 6.0; "files behind the mailbox page: twelve over the two connections of a browser of the time"; "ASSUMED count"
    OwaAction "owa_action" Number 2.0; "an OWA action"; "ASSUMED: two requests"
    RpcsPerTask "outlook_rpcs" Number 10.0; "sequential RPCs of an Outlook task, each with a store call"; "ASSUMED: 132 LoadGen tasks of about ten RPCs"
    RpcTrips "rpc" Number 1.05; "one RPC"; "fits the response of online mode against the round trip (itgeeknotes, 2019-07), 1.0 to 1.2"
    PopTrips "pop_open" Number 7.0; "a POP3 poll: greeting, USER, PASS, STAT, LIST, UIDL, QUIT"; "protocol, MEMORY"
    ImapOpenTrips "imap_open" Number 5.0; "an IMAP4 logon"; "protocol, MEMORY"
    ImapFetchTrips "imap_fetch" Number 2.0; "an IMAP4 FETCH: DONE, FETCH"; "protocol, MEMORY"
    OabTrips "oab" Number 6.0; "files of the address book, one after another"; "ASSUMED"
    WindowEarly "initial_window_2010" Number 2.0; "initial congestion window, segments of 1,460 bytes, Windows up to 2008 R2 and 7, and telephones"; "netsh on Windows 2008 R2 (andydavies.me, 2011-11-21)"
    WindowLate "initial_window_2013" Number 4.0; "the same, Windows 2012 and 2012 R2, and 8.1"; "Microsoft's networking blog, by windowsreport.com (2016-07-21)"
    WindowLatest "initial_window_2016" Number 10.0; "the same, Windows from 2016 on, and 10"; "Microsoft's networking blog, by windowsreport.com (2016-07-21)"
    RestartAfter "restart_after" Time 200e6; "silence after which a sender begins with the initial window again";
        "smallvoid.com on older Windows, weak; RFC 5681 says after a retransmission time-out"
    OwaStoreCalls "owa_store_calls" Number 5.0; "sequential store calls of an OWA action; a logon has twice as many"; "ASSUMED"
    EasStoreCalls "eas_store_calls" Number 5.0; "sequential store calls of a Sync; a SendMail has one less"; "ASSUMED"
    EwsStoreCalls "ews_store_calls" Number 4.0; "sequential store calls of an EWS request"; "ASSUMED"
}
}

/// The figures of a scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct Figures(Vec<f64>);

impl Default for Figures {
    fn default() -> Self {
        Self(ROWS.iter().map(|row| row.default).collect())
    }
}

impl Index<Figure> for Figures {
    type Output = f64;

    fn index(&self, figure: Figure) -> &f64 {
        &self.0[figure as usize]
    }
}

impl Figures {
    /// Sets one figure, in its unit's kept form.
    pub fn set(&mut self, figure: Figure, value: f64) {
        self.0[figure as usize] = value;
    }
}

/// The text of `docs/figures.md`; `show` writes a default as a scenario does.
#[must_use]
pub fn document(show: impl Fn(&Row) -> String) -> String {
    let mut text = String::from(HEAD);
    let mut table = "";
    for row in ROWS {
        if row.table != table {
            table = row.table;
            // Writing to a string cannot fail.
            let _ =
                write!(text, "\n## `[{table}]`\n\n| key | default | meaning | source |\n|---|---|---|---|\n");
        }
        let _ = writeln!(text, "| `{}` | `{}` | {} | {} |", row.key, show(row), row.meaning, row.source);
    }
    text
}

const HEAD: &str = "\
# Figures of costs, traffic and round trips

Every figure by which a request becomes work, bytes and time has a key in one of three tables of the
scenario. What a scenario leaves out has the default below; the `scenario.toml` of an output folder
states every one with its source. ASSUMED is nobody's number but a modelling choice, MEMORY was
recalled and not read again. This page is generated from the registry that the simulator reads.

A megacycle is one of the sizing tables up to 2010, whose base core has 18.75 of SPECint_rate2006 at 3,333 MHz. A core of
2013 and later does 3.0 of them for each megahertz, since its tables have a base core of 33.75 at 2,000 MHz; only
`mailbox_2013` is a figure of those tables, and is taken as that.

```toml
[costs]
tls_full_handshake = \"4 Mcycles\"
proxy = \"30 %\"

[traffic]
owa_poll_up = \"600 B\"

[round_trips]
rpc = 1.1
```
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_the_place_of_their_figure_and_keys_are_unique() {
        let mut keys: Vec<_> = ROWS.iter().map(|row| (row.table, row.key)).collect();
        for (at, row) in ROWS.iter().enumerate() {
            assert_eq!(row.figure as usize, at);
            assert!(!row.source.is_empty() && !row.meaning.is_empty(), "{}", row.key);
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ROWS.len());
    }
}
