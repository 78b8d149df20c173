//! The columns of the CSV behind each chart.

use crate::output::tables::columns::{Column, Table};

macro_rules! chart_tables {
    ($($constant:ident $file:literal $row:literal { $($name:literal : $meaning:literal),+ $(,)? })+) => {
        $(pub(super) const $constant: Table = Table {
            file: $file,
            row: $row,
            columns: &[$(Column { name: $name, meaning: $meaning }),+],
        };)+
        /// Tables behind the charts, in the order of a report.
        pub const TABLES: &[&Table] = &[$(&$constant),+];
    };
}

chart_tables! {
    LATENCY "charts/latency.csv" "a point of a protocol's line" {
        "protocol": "as in sessions.csv",
        "requests": "completed requests behind the line",
        "percentile": "0 to 100; a line ends where ten requests are beyond it",
        "latency_ms": "this share of the requests was answered within this time",
    }
    P95 "charts/p95_over_day.csv" "an interval x protocol" {
        "start_s": "begin of the interval, s since the run began",
        "local_time": "the same on the scenario's clock",
        "protocol": "as in sessions.csv",
        "p95_ms": "95th percentile of latency; blank below 20 requests, a gap in the line",
    }
    PARTS_TABLE "charts/latency_parts.csv" "a protocol x part of latency" {
        "protocol": "as in sessions.csv",
        "part": "as in hops.csv",
        "requests": "completed requests",
        "mean_ms": "mean time that a completed request spent there",
    }
    FAILURES "charts/failures_over_day.csv" "an interval x reason" {
        "start_s": "begin of the interval, s since the run began",
        "local_time": "the same on the scenario's clock",
        "failure": "the reason, or `other` for all beyond the six most frequent",
        "failed": "failures in the interval, mean over the replications",
    }
    DECISIONS "charts/decisions.csv" "a pair of sites x protocol x decision; the chart adds up pairs beyond the 23 with most sessions" {
        "entry_site": "as in sessions.csv",
        "mailbox_site": "as in sessions.csv",
        "protocol": "as in sessions.csv",
        "decision": "as in sessions.csv",
        "sessions": "sessions, over all replications",
    }
    HOPS "charts/server_hops.csv" "a protocol x number of hops" {
        "protocol": "as in sessions.csv",
        "server_hops": "server-to-server moves; 3 stands for 3 or more",
        "sessions": "sessions with so many",
        "share": "of the protocol's sessions, 0 to 1",
    }
    SERVERS "charts/server_utilisation.csv" "an interval x server group" {
        "start_s": "begin of the interval, s since the run began",
        "local_time": "the same on the scenario's clock",
        "group": "server group",
        "utilisation": "busy share of a core, mean over the interval, 0 to 1",
        "in_colour": "1 when the group's line is named in the chart, 0 when it is grey",
    }
    LINKS "charts/link_utilisation.csv" "an interval x link direction" {
        "start_s": "begin of the interval, s since the run began",
        "local_time": "the same on the scenario's clock",
        "link": "link direction",
        "utilisation": "busy share of the available bandwidth, mean over the interval, 0 to 1",
        "in_colour": "1 when the direction's line is named in the chart, 0 when it is grey",
    }
    BOTTLENECKS "charts/bottlenecks.csv" "a server group or link direction of the chart, worst first; all are in bottlenecks.csv" {
        "kind": "`server` or `link`",
        "name": "as in servers.csv or links.csv",
        "utilisation_peak": "as simulated, in its busiest hour, 0 to 1",
        "peak_at": "when that hour began on the scenario's clock",
        "law_peak": "by the utilisation law in its busiest hour; blank where the law has none",
        "limit": "the objective for it, 1 where there is none",
    }
    STORM_ARRIVALS "charts/storm_arrivals.csv" "a bin around an outage or a change x protocol; only where there are any" {
        "start_s": "begin of the bin, s since the run began",
        "local_time": "the same on the scenario's clock",
        "protocol": "as in sessions.csv",
        "arrivals_per_s": "attempts that clients make in a second, retries among them; mean over the replications",
    }
    STORM_P95 "charts/storm_p95.csv" "a bin around an outage or a change x protocol; only where there are any" {
        "start_s": "begin of the bin, s since the run began",
        "local_time": "the same on the scenario's clock",
        "protocol": "as in sessions.csv",
        "p95_ms": "95th percentile of the latency of requests that ended in it, of the slowest population; mean over the replications that have 20 of them, blank without",
    }
}
