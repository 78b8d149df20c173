//! The reference of every column of every file: what code writes as a header and
//! what `output/README.md` prints are both made from here.

/// What stands in a `protocol` column for the sources of a custom workload.
pub const CUSTOM: &str = "custom";

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// Its meaning, with the unit where the name has none.
    pub meaning: &'static str,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// File name inside the folder.
    pub file: &'static str,
    /// What a row is.
    pub row: &'static str,
    /// Columns in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The header line with its line end.
    #[must_use]
    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(",") + "\n"
    }
}

macro_rules! columns {
    ($($name:literal : $meaning:literal),+ $(,)?) => {
        &[$(Column { name: $name, meaning: $meaning }),+]
    };
}

/// `sessions.csv`.
pub const SESSIONS: Table = Table {
    file: "sessions.csv",
    row: "a session that overlaps the measured window, in the order in which sessions end, replication after replication",
    columns: columns! {
        "session_id": "16 hexadecimal digits; a hash of the session's name (seed, replication, population, client, number), the same whatever else the scenario holds",
        "replication": "from 0",
        "protocol": "`owa`, `eas`, `outlook-anywhere`, `outlook-cached`, `outlook-online`, `mapi-http`, `ews`, `autodiscover`, `oab`, `pop`, `imap`, or `custom`",
        "population": "population, or source of a custom workload",
        "client_location": "site or region where the client sits",
        "mailbox_site": "site of its mailbox",
        "entry_site": "site of the first Client Access server that it reached; blank when it reached none",
        "serving_site": "site that served it in the end, after a redirect; blank when nothing did",
        "decision": "the first decision: `local`, `redirect`, `proxy`, `direct` or `refused`",
        "requests": "user-visible requests that started inside the measured window",
        "redirects": "redirects followed",
        "server_hops": "server-to-server moves of the steady-state request: Client Access to Mailbox is 1, with a proxy between 2",
        "wan_hops": "site links crossed between servers",
        "start_s": "begin, s since the run began (the measured window begins at `warmup_s` of run.json); negative when it began before the run",
        "end_s": "end, s since the run began; the end of the window for an open one",
        "logon_latency_ms": "time until the first page or reply after logon; blank when the logon was not seen",
        "mean_latency_ms": "mean over its completed requests, to the nanosecond; blank when there was none",
        "max_latency_ms": "largest over its completed requests; blank when there was none",
        "retries": "attempts after the first, over all its requests",
        "outcome": "`completed`, `failed`, or `open`: still running at the end of the window",
        "failure": "why it failed, blank unless `outcome` is `failed`; `casim explain --list-failures` explains each",
        "mechanism": "the finer kind of `decision`: `serve_local`, `redirect_manual`, `redirect_silent`, `redirect_451`, `proxy`, `rpc_direct`, `legacy_proxy`, `legacy_redirect`, `refer`, `refuse`",
        "rule": "id of the access rule that decided; blank for custom sources",
        "namespace": "host name that the client used",
        "entry_server": "first Client Access server",
        "serving_server": "server that served it in the end",
        "client_wan_hops": "site links between the client and its entry server",
        "failed_requests": "of `requests`, how many failed",
        "held_requests": "requests held open for the server's pleasure (Ping, IDLE, PendingRequest); not in `requests`, no latency",
        "carried_in": "1 when it was running already as the measured window began, else 0",
    },
};

/// `summary.csv`.
pub const SUMMARY: Table = Table {
    file: "summary.csv",
    row: "a protocol x population x entry site x mailbox site x decision (x class of a custom source), over all replications",
    columns: columns! {
        "protocol": "as in sessions.csv",
        "population": "as in sessions.csv",
        "entry_site": "as in sessions.csv",
        "mailbox_site": "as in sessions.csv",
        "decision": "as in sessions.csv",
        "class": "class of a custom source; blank elsewhere",
        "users": "distinct clients with a session, summed over replications",
        "users_affected": "of these, with a failed session or request",
        "sessions": "sessions that overlap the measured window; the number of such rows in sessions.csv",
        "carried_in": "of these, running when the window began",
        "completed": "sessions that ended as their client wanted",
        "failed_sessions": "sessions that ended by a failure",
        "open": "sessions running at the end; completed + failed_sessions + open = sessions",
        "requests": "user-visible requests that started in the window",
        "failed": "of these, failed",
        "failure_rate": "failed / requests, 0 to 1; blank without requests",
        "failure_rate_ci95": "half-width of its 95 % interval over replications (ratio estimator, Student t); blank for one replication",
        "failure_rate_upper95": "where none failed: the 95 % upper bound of the rate, 1 - 0.05^(1/requests), about 3 / requests, if requests were independent; blank elsewhere",
        "mean_ms": "mean latency of completed requests",
        "mean_ms_ci95": "half-width of its 95 % interval over replications; blank for one",
        "p50_ms": "median; the smallest t with F(t) >= 0.5, within 0.05 %; blank below 20 requests",
        "p95_ms": "95th percentile; blank below 200 requests",
        "p99_ms": "99th percentile; blank below 1,000 requests",
        "max_ms": "largest latency, exact; blank without completed requests",
        "mean_server_hops": "mean over sessions of server_hops",
        "mean_wan_hops": "mean over sessions of wan_hops",
        "redirects": "redirects followed",
        "logon_p95_ms": "95th percentile of the latency of logons; blank below 200 logons",
        "p50_ms_ci95": "half-width of the 95 % interval from the medians of the replications; blank where one of them is",
        "p95_ms_ci95": "the same of p95",
        "p99_ms_ci95": "the same of p99",
        "mean_server_hops_ci95": "half-width of the 95 % interval of mean_server_hops",
        "mean_wan_hops_ci95": "half-width of the 95 % interval of mean_wan_hops",
        "retries": "attempts after the first",
        "held_requests": "requests held open for the server's pleasure; not in requests",
        "server_hops": "sum over sessions of server_hops",
        "wan_hops": "sum over sessions of wan_hops",
        "completed_requests": "requests that completed: what mean_ms and the percentiles are over, and the weight to merge means of rows with; requests less failed and those unanswered at the end",
        "idle_reconnects": "connections (held requests of ActiveSync included) that an idle time-out of a balancer, publisher, firewall or mail server ended, and that the client opened again",
    },
};

/// `servers.csv`.
pub const SERVERS: Table = Table {
    file: "servers.csv",
    row: "a group of servers (the Client Access or the Mailbox servers of a site, or custom stations). Means of queues and waits are blank for a custom station that is offered its capacity or more over the whole window and has no queue limit: they grow with the window",
    columns: columns! {
        "group": "name of the group",
        "role": "`cas`, `mailbox` or `custom`",
        "site": "its site; blank for custom stations",
        "servers": "servers in the group",
        "cores": "cores of each",
        "utilisation_mean": "busy share of a core, mean over the window and the servers, 0 to 1",
        "utilisation_mean_ci95": "half-width of its 95 % interval over replications; blank for one",
        "utilisation_peak": "highest mean over one interval, 0 to 1",
        "queue_mean": "mean number of requests waiting at one server",
        "queue_max": "highest number waiting at one server",
        "connections_mean": "mean number of web requests at one server, held ones included",
        "connections_peak": "highest number of them at one server",
        "arrivals": "requests that arrived",
        "rejected": "requests refused by the queue limit (HTTP 503)",
        "rejected_connections": "requests refused by the connection limit (HTTP 503)",
        "completed": "requests served",
        "killed": "requests killed by an outage of its servers: waiting or in service there, or holding a connection there (Ping, IDLE) without being among the arrivals",
        "wait_mean_ms": "mean wait for a core, accepted requests",
        "wait_mean_ms_ci95": "half-width of its 95 % interval over replications; blank for one",
        "service_mean_ms": "mean service demand",
        "number_mean": "mean number present (waiting and in service) at the group",
        "wait_p50_ms": "median wait, where the distribution is kept (custom stations); blank below 20",
        "wait_p95_ms": "95th percentile of the wait; blank below 200",
        "wait_p99_ms": "99th percentile of the wait; blank below 1,000",
        "sojourn_mean_ms": "mean of wait plus service",
        "sojourn_p95_ms": "95th percentile of wait plus service, where kept; blank below 200",
        "availability": "share of the window in which the servers were not down, 0 to 1",
        "queue_limit": "places to wait at one server; blank where unlimited",
        "connection_limit": "requests that one server takes at once; blank where unlimited",
        "rpc_http_limit": "most RPC/HTTP connections of Outlook Anywhere of one server; blank where unlimited",
        "rpc_http_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "rpc_http_peak": "highest number of them",
        "rpc_http_refused": "refused by this limit, or gave up waiting",
        "rpc_requests_limit": "most RPC requests in work at one server; blank where unlimited",
        "rpc_requests_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "rpc_requests_peak": "highest number of them",
        "rpc_requests_refused": "refused by this limit, or gave up waiting",
        "pop_limit": "most POP3 connections of one server; blank where unlimited",
        "pop_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "pop_peak": "highest number of them",
        "pop_refused": "refused by this limit, or gave up waiting",
        "imap_limit": "most IMAP4 connections of one server; blank where unlimited",
        "imap_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "imap_peak": "highest number of them",
        "imap_refused": "refused by this limit, or gave up waiting",
        "address_limit": "most POP3 or IMAP4 connections of one address at one server; blank where unlimited",
        "address_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "address_peak": "highest number of them",
        "address_refused": "refused by this limit, or gave up waiting",
        "user_limit": "most POP3 or IMAP4 connections of one user at one server; blank where unlimited",
        "user_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "user_peak": "highest number of them",
        "user_refused": "refused by this limit, or gave up waiting",
        "ports_limit": "most TCP ports of one server towards one Mailbox server; blank where unlimited",
        "ports_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "ports_peak": "highest number of them",
        "ports_refused": "refused by this limit, or gave up waiting",
        "proxy_limit": "most connections of one server to one that it proxies to; blank where unlimited",
        "proxy_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "proxy_peak": "highest number of them",
        "proxy_refused": "refused by this limit, or gave up waiting",
        "in_work_limit": "most web requests in work at one server (maxConcurrentRequestsPerCPU times cores); blank where unlimited",
        "in_work_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "in_work_peak": "highest number of them",
        "in_work_refused": "refused by this limit, or gave up waiting",
        "backend_limit": "most requests of a protocol outstanding from one server at one back end; blank where unlimited",
        "backend_mean": "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
        "backend_peak": "highest number of them",
        "backend_refused": "refused by this limit, or gave up waiting",
        "idle_reconnects": "connections to these servers (held requests of ActiveSync included) that an idle time-out on the way, or of their own mail services, ended, and that clients opened again",
    },
};

/// `links.csv`.
pub const LINKS: Table = Table {
    file: "links.csv",
    row: "one direction of a link or of an Internet pipe; means of transfers are blank for a custom pipe that is offered its bandwidth or more over the whole window",
    columns: columns! {
        "link": "`Amsterdam>Boston`, `Internet>Amsterdam`, or the name of a custom link",
        "bandwidth_mbps": "Mbit/s available to this traffic",
        "raw_bandwidth_mbps": "Mbit/s of the direction as bought",
        "utilisation_mean": "busy share of the available bandwidth, mean over the window, 0 to 1",
        "utilisation_mean_ci95": "half-width of its 95 % interval over replications; blank for one",
        "utilisation_peak": "highest mean over one interval, 0 to 1",
        "offered_mbps": "Mbit/s asked for by transfers that began in the window",
        "carried_mbps": "Mbit/s carried in the window",
        "carried_bytes": "bytes carried in the window",
        "transfers": "transfers begun in the window",
        "queue_mean": "mean number of concurrent transfers",
        "queue_max": "highest number of concurrent transfers",
        "transfer_mean_ms": "mean time of a transfer",
        "transfer_mean_ms_ci95": "half-width of its 95 % interval over replications; blank for one",
        "slowdown_mean": "mean of transfer time / time alone on the link, 1 and up",
        "both_over_one": "the planner's convention: Mbit/s carried in both directions over the raw bandwidth of this one; blank for a link of one direction",
    },
};

/// `timeline.csv`.
pub const TIMELINE: Table = Table {
    file: "timeline.csv",
    row: "an interval of the measured window x a key; means over the replications",
    columns: columns! {
        "start_s": "begin of the interval, s since the run began",
        "local_time": "the same on the scenario's clock, HH:MM (HH:MM:SS for intervals that are not whole minutes)",
        "kind": "`protocol`, `server`, `link` or `failure`",
        "key": "the protocol, server group, link direction or failure reason",
        "offered": "requests that started (protocol), arrivals (server), transfers begun (link)",
        "completed": "requests that completed",
        "failed": "requests that failed; failures of the reason",
        "p95_ms": "95th percentile of latency of requests that ended in the interval, all replications together; blank below 20",
        "utilisation": "0 to 1",
        "queue": "mean number waiting at one server, or of concurrent transfers of a link",
        "connections": "mean number of connections held",
    },
};

/// `failures.csv`.
pub const FAILURES: Table = Table {
    file: "failures.csv",
    row: "a reason x protocol x entry site x mailbox site",
    columns: columns! {
        "failure": "the reason, as in sessions.csv",
        "protocol": "as in sessions.csv",
        "entry_site": "as in sessions.csv",
        "mailbox_site": "as in sessions.csv",
        "count": "failed requests, over all replications",
        "first_s": "first of them, s since the run began",
        "last_s": "last of them, s since the run began",
        "example_session": "session_id of one to look at",
        "meaning": "the reason in a sentence",
    },
};

/// `hops.csv`.
pub const HOPS: Table = Table {
    file: "hops.csv",
    row: "a protocol x population x part of latency; the parts of one protocol and population add up to its mean latency exactly (within half a nanosecond a row)",
    columns: columns! {
        "protocol": "as in sessions.csv",
        "population": "as in sessions.csv",
        "part": "`client_network`, `dns`, `handshake`, `entry_queue`, `entry_service`, `target_queue`, `target_service`, `mailbox_queue`, `mailbox_service`, `wan_transfer`, `wan_propagation`, `retry`, `redirect` or `other`",
        "requests": "completed requests",
        "mean_ms": "mean time that a completed request spent there",
        "share": "of the mean latency, 0 to 1",
    },
};

/// `outages.csv`.
pub const OUTAGES: Table = Table {
    file: "outages.csv",
    row: "an outage that is on in the window or a change that happens in it x protocol x population, and a last one for all together (`all`); only where there are any, and populations: sources of one's own write no rows here. Of an outage that was on before the window began everything counts from the window's begin on. Rates are taken in bins of a minute (shorter in a run of less than an hour, longer in one beyond 33 hours), from its begin until something else begins or the run ends; normal is the half hour before, or what there is of it. Of an outage that comes again, rates and recovery are those of its first time",
    columns: columns! {
        "outage": "its name, else what it strikes or sets",
        "kind": "`outage` or `change`",
        "protocol": "as in sessions.csv, or `all`",
        "population": "as in sessions.csv, or `all`",
        "times": "how often it was on in the window, mean over the replications",
        "begin_s": "begin, s since the run began, warm-up included; mean over the replications, as all that follow that are no counts",
        "end_s": "end; of a change its begin",
        "normal_per_s": "attempts that clients make in a second before; blank where it begins with the window or before it",
        "peak_per_s": "the same in the busiest bin from its begin on, retries among them",
        "peak_per_s_ci95": "half-width of its 95 % interval over replications; blank for one",
        "peak_ratio": "peak over normal",
        "peak_after_s": "begin of that bin, s after its own begin",
        "peak_after_end_per_s": "the same in the busiest bin from its end on",
        "normal_connections_per_s": "connections that clients open in a second before: of Outlook `outlook_connections` a logon, else one",
        "peak_connections_per_s": "the same in the busiest bin from its begin on",
        "peak_connections_per_s_ci95": "half-width of its 95 % interval; blank for one",
        "threshold_ms": "beyond this an answer is late: the objective of the protocol for p95, else 1.5 times the p95 of the time before; blank where neither is known, and for all together",
        "recovery_s": "time from its end until p95 is below the threshold again, a failed request counted as never answered: until the first sixth of a bin from which on, for ten bins, no stretch of five bins has more than 5 % late; for all together the longest; mean over the replications in which that happens",
        "recovery_s_ci95": "half-width of its 95 % interval over these; blank for one",
        "recovered": "replications in which it happens before something else begins or the run ends",
        "judged": "replications with a threshold and at least 20 requests in a stretch",
        "clients_cut_off": "distinct clients that reached nobody or lost their connection (`server_down` or `link_down`) and noticed: who does not ask is not cut off; booked as failures are",
        "clients_cut_off_ci95": "half-width of its 95 % interval; blank for one",
        "client_hours": "sum of the times from the first such attempt until the first that is answered, or the last one of a client that gives up, h",
        "client_hours_ci95": "half-width of its 95 % interval; blank for one",
        "longest_s": "longest of these times, over all replications",
        "still_cut_off": "clients that are still trying at the end, over all replications",
        "retries": "attempts after the first, over all replications",
        "failed": "failed requests that began in the window and are booked to it, over all replications: the sum of the reasons that follow. A failure is booked once: of the outages that are on, to the one that struck the server or link where it failed (of several, to the one that began last); where none did (a time-out, a full queue), to the one that began last; when none is on, to the outage or change that began last",
        "server_down": "failed requests by reason, over all replications",
        "link_down": "the same",
        "timed_out": "the same",
        "queue_full": "the same",
        "connection_limit": "the same",
        "redirect_loop": "the same",
        "other": "the same, for every other reason",
        "gave_up": "times that a client gave up: an OWA user who has come back `owa_returns` times, Outlook and IMAP4 as their day ends; EWS, Autodiscover and OAB after each request, since they wait until they would ask anyway; over all replications",
    },
};

/// `bottlenecks.csv`.
pub const BOTTLENECKS: Table = Table {
    file: "bottlenecks.csv",
    row: "a server group or a link direction, worst first: the one first whose busiest hour, as simulated or by the utilisation law, comes closest to its limit; a last row `scenario` for the whole",
    columns: columns! {
        "rank": "from 1; blank for the whole",
        "kind": "`server`, `link` or `scenario`",
        "name": "as in servers.csv or links.csv; blank for the whole",
        "site": "its site; blank for links",
        "utilisation_mean": "as simulated, over the window, 0 to 1",
        "utilisation_peak": "as simulated, in its busiest hour; hours count from the window's beginning",
        "peak_at": "when that hour began on the scenario's clock",
        "law_mean": "demand / capacity by the utilisation law, over the window; above 1 where more is asked for than there is; blank where the law has none (closed sources). The law knows the organisation as it begins: what fails over, or changes in time, it leaves where it was",
        "law_peak": "the same in its busiest hour",
        "law_peak_at": "when that hour begins",
        "limit": "the objective for CPU or links, 1 where there is none",
        "headroom": "limit / law_peak: by what factor the load could grow until the busiest hour reaches the limit; for the whole the lowest of all",
        "headroom_met": "for the whole, with `--headroom`: highest factor of the load at which every objective was met as simulated; blank when none was found, or when what is missed above it sees too few requests there to be judged",
        "headroom_missed": "lowest factor at which one was missed; blank when none was found",
        "falls_first": "the objective that was missed by most at that factor, in words",
    },
};

/// Every file with rows, in the order of `output/README.md`.
pub const TABLES: &[&Table] =
    &[&SESSIONS, &SUMMARY, &SERVERS, &LINKS, &TIMELINE, &FAILURES, &HOPS, &BOTTLENECKS, &OUTAGES];

/// Keys of `run.json`, in order.
pub const MANIFEST: Table = Table {
    file: "run.json",
    row: "",
    columns: columns! {
        "casim_version": "version of casim that wrote the folder",
        "command": "`run`",
        "scenario": "name of the scenario",
        "scenario_digest": "SHA-256 of the resolved scenario without its comments: equal for equal models",
        "arguments": "what the command line changed, in canonical form; no paths and no `--jobs`, which do not change results",
        "seed": "seed of every draw",
        "generator": "generator, hash and laws of the draws, by name and version",
        "replications": "independent replications",
        "precision": "null, or what was asked for and how far it came: `asked` (largest half-width of a 95 % interval as a share of its estimate), `limit` of replications, `reached`, and the `hardest` metric with its `half_width` (null where nothing can be said)",
        "sessions": "which sessions have a row: `all`, `none` or `sample=F`",
        "session_rows": "rows of sessions.csv",
        "warmup_s": "warm-up before the measured window, s",
        "steady_state": "null for a terminating run; else how MSER-5 found the warm-up: number of `pilots`, their mean latency before and after the cut (`uncut_mean_ms`, `cut_mean_ms`), the `noise` left in their series, and `steady`: false when the cut falls into the last half. No `pilots` are played where more is offered than can be served: `steady` is false then, and the rest null, as where next to nothing completed",
        "window_s": "measured window, s",
        "interval_s": "interval of timeline.csv, s",
        "window_starts_at": "begin of the measured window on the scenario's clock, HH:MM",
        "totals": "sessions (carried in, completed, failed, open) and requests (failed, held), over all replications",
        "events": "events processed, over all replications",
        "trajectory_hash": "hash over every event; changes with any change of what happens when",
        "outcome_hash": "hash over every session and its outcome; survives changes that leave those alone",
        "slo": "the verdict: `met`, `missed` or `none`, and each goal that was missed",
        "headroom": "by the utilisation law (`law_factor`, and `law_name` of what reaches its limit first) and, with `--headroom`, as simulated (`met`, `missed`, `falls_first`, `others` missed beside it, `unjudged` goals that saw too few requests at `met`, `runs`)",
        "assumed_defaults": "settings that the scenario left to casim",
        "warnings": "findings about the run itself",
        "scenario_file": "SHA-256 of scenario.toml as it stands in the folder, comments included",
        "checksum": "SHA-256 of this file up to the line before this one",
    },
};
