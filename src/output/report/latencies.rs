//! `#latency`: what users feel, and the table of all of them.

use maud::html;

use super::bits::{Section, Table};
use super::layouts;
use crate::output::charts::layout::Layout;
use crate::output::lookup::name;
use crate::output::words::{duration, per_run, percent};
use crate::results::{LateBy, RunResult, Users};

pub(super) fn section(run: &RunResult, picture: Option<&Layout>, shown: usize) -> Section {
    let columns = [
        ("protocol", false),
        ("population", false),
        ("requests", true),
        ("failed", true),
        ("median", true),
        ("p95", true),
        ("p99", true),
        ("logon p95", true),
    ];
    let rows = run.users.iter().filter_map(|users| row(run, users)).collect();
    let table = Table {
        caption: "Latency of all requests; one that failed counts as later than any",
        columns: &columns,
        rows,
    };
    let section = layouts::section("latency", "Users", picture, shown);
    let body = html! { (section.body) (table.folded("Table of latencies")) };
    Section { body, ..section }
}

fn row(run: &RunResult, users: &Users) -> Option<Vec<String>> {
    let sum =
        |of: fn(&crate::results::UserReplication) -> u64| users.replications.iter().map(of).sum::<u64>();
    let (requests, failed) = (sum(|of| of.requests), sum(|of| of.failed));
    let share = failed as f64 / requests.max(1) as f64;
    let time = |value: Option<f64>| match value {
        Some(value) if value.is_finite() => duration(value),
        Some(_) => "never".to_owned(),
        None => "\u{2013}".to_owned(),
    };
    let late = |by: LateBy| users.late_p95[by as usize].map(|late| late.value);
    (requests > 0).then(|| {
        vec![
            users.protocol.map_or("Custom", crate::model::protocol::Protocol::title).to_owned(),
            name(&run.names.populations, users.population).to_owned(),
            per_run(requests, run.replications),
            percent(share),
            time(users.felt[0].map(|of| of.value)),
            time(late(LateBy::Request)),
            time(users.felt[1].map(|of| of.value)),
            time(late(LateBy::Logon)),
        ]
    })
}
