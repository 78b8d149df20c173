//! What casim says of a metric: one value a replication, or one exact value.

use casim::results::{Cell, LinkRow, RunResult, ServerRow, SessionOutcome, SessionRecord};

use crate::judge::Figure;
use crate::schema::Metric;
use crate::translate::Translated;

const NANOS: f64 = 1e9;

/// Where a metric is measured.
enum Scope<'r> {
    Station(&'r ServerRow),
    Link(&'r LinkRow),
    /// Classes or sources, or everything.
    Cells(Vec<&'r Cell>),
}

fn scope<'r>(metric: &Metric, result: &'r RunResult, translated: &Translated) -> Result<Scope<'r>, String> {
    let all = || Scope::Cells(result.cells.iter().collect());
    if let Some(name) = metric.scope.as_deref() {
        if let Some(server) = result.servers.iter().find(|s| s.name == name) {
            return Ok(Scope::Station(server));
        }
        if let Some(link) = result.links.iter().find(|l| l.name == name) {
            return Ok(Scope::Link(link));
        }
        if name == "all" {
            return Ok(all());
        }
        let classes: Vec<&Cell> = result.cells.iter().filter(|c| c.class == name).collect();
        if !classes.is_empty() {
            return Ok(Scope::Cells(classes));
        }
        // A source, by its name or by its site (`site1` for `site1_clients`).
        let of_source = |c: &&Cell| {
            let source = &translated.sources[c.key.population as usize];
            source == name || source.split('_').next() == Some(name)
        };
        let cells: Vec<&Cell> = result.cells.iter().filter(of_source).collect();
        if cells.is_empty() {
            return Err(format!("no station, link, class or source is called `{name}`"));
        }
        return Ok(Scope::Cells(cells));
    }
    let of_one_place =
        matches!(metric.name.as_str(), "utilisation" | "prob_wait" | "loss_prob" | "slowdown_mean")
            || ["goodput_bps", "availability", "arrival_rate"].contains(&metric.name.as_str())
            || ["killed", "refused", "wait_", "sojourn_"].iter().any(|p| metric.name.starts_with(p))
            || metric.name == "time_in_system_mean_accepted";
    match (result.servers.as_slice(), result.links.as_slice()) {
        ([server], []) if of_one_place => Ok(Scope::Station(server)),
        ([], [link]) if of_one_place => Ok(Scope::Link(link)),
        ([server], _) if of_one_place => Ok(Scope::Station(server)),
        // Of a whole path, what is asked is the time on the way.
        _ if metric.name.starts_with("sojourn_") => Ok(all()),
        _ if of_one_place => Err("which station or link is meant?".to_owned()),
        _ => Ok(all()),
    }
}

/// Values of a metric by replication.
pub fn estimates(metric: &Metric, result: &RunResult, translated: &Translated) -> Result<Vec<f64>, String> {
    let scope = scope(metric, result, translated)?;
    (0..result.replications as usize)
        .map(|n| match &scope {
            Scope::Station(server) => station(metric, server, n, result, translated),
            Scope::Link(link) => on_link(metric, link, n, result, translated),
            Scope::Cells(cells) => of_sessions(metric, cells, n, result, translated),
        })
        .collect()
}

fn seconds(ns: Option<u64>) -> Result<f64, String> {
    ns.map(|ns| ns as f64 / NANOS).ok_or_else(|| "the sample is too small".to_owned())
}

fn unknown(metric: &Metric) -> String {
    format!("no such metric as `{}` here", metric.name)
}

fn station(
    metric: &Metric,
    server: &ServerRow,
    n: usize,
    result: &RunResult,
    translated: &Translated,
) -> Result<f64, String> {
    let r = &server.replications[n];
    let window = result.window.as_secs_f64();
    let sessions = || result.cells.iter().map(|c| c.replications[n]);
    let offered = || sessions().map(|c| c.requests).sum::<u64>() as f64;
    // What failed and was not killed was refused.
    let refused = || sessions().map(|c| c.failed).sum::<u64>() as f64 - r.killed as f64;
    Ok(match metric.name.as_str() {
        "utilisation" => r.utilisation,
        "prob_wait" => r.prob_wait,
        "wait_mean" => r.wait_mean / NANOS,
        "wait_std" => r.wait_std / NANOS,
        "wait_p50" => seconds(r.wait_percentiles[0])?,
        "wait_p95" => seconds(r.wait_percentiles[1])?,
        "wait_p99" => seconds(r.wait_percentiles[2])?,
        "sojourn_mean" => r.sojourn_mean / NANOS,
        "sojourn_std" => r.sojourn_std / NANOS,
        "sojourn_p50" => seconds(r.sojourn_percentiles[0])?,
        "sojourn_p95" => seconds(r.sojourn_percentiles[1])?,
        "sojourn_p99" => seconds(r.sojourn_percentiles[2])?,
        "number_mean" => r.number_mean,
        "arrival_rate" => r.arrivals as f64 / window,
        "throughput" => r.completed as f64 / window,
        "loss_prob" => r.rejected as f64 / r.arrivals as f64,
        "availability" => r.availability,
        "refused_fraction" => refused() / offered(),
        "killed_fraction" => r.killed as f64 / offered(),
        "killed_per_cycle" => {
            let (_, period) = translated.cycle.ok_or("no periodic outage")?;
            r.killed as f64 / (window / period)
        }
        // The window is made of whole cycles that begin and end empty, so the
        // integral of the number present is the sum of the times of those accepted.
        "time_in_system_mean_accepted" => r.number_mean * window / (r.arrivals as f64 - refused()),
        _ => return Err(unknown(metric)),
    })
}

fn on_link(
    metric: &Metric,
    link: &LinkRow,
    n: usize,
    result: &RunResult,
    translated: &Translated,
) -> Result<f64, String> {
    let r = &link.replications[n];
    // Percentiles are kept by session: the same where a session is one transfer.
    if Figure::of(&metric.name) != Figure::Mean && metric.name != "sojourn_std" && translated.single_stop {
        return of_sessions(metric, &result.cells.iter().collect::<Vec<_>>(), n, result, translated);
    }
    Ok(match metric.name.as_str() {
        "utilisation" => r.utilisation,
        "sojourn_mean" => r.sojourn_mean / NANOS,
        "sojourn_std" => r.sojourn_std / NANOS,
        "number_mean" => r.number_mean,
        "slowdown_mean" => r.slowdown_mean,
        "goodput_bps" => r.goodput,
        "throughput" | "arrival_rate" => r.completed as f64 / result.window.as_secs_f64(),
        _ => return Err(unknown(metric)),
    })
}

fn of_sessions(
    metric: &Metric,
    cells: &[&Cell],
    n: usize,
    result: &RunResult,
    translated: &Translated,
) -> Result<f64, String> {
    let window = result.window.as_secs_f64();
    let mine = || cells.iter().map(|c| &c.replications[n]);
    let completed = mine().map(|r| r.completed).sum::<u64>() as f64;
    let offered = mine().map(|r| r.requests).sum::<u64>() as f64;
    let mean = mine().map(|r| r.latency_sum).sum::<u128>() as f64 / completed;
    let percentile = |which: usize| match cells {
        [cell] => seconds(cell.replications[n].percentiles[which]),
        _ => {
            // All classes of one source are kept together too.
            let population = cells.first().map(|c| c.key.population);
            let whole = |cell: &&Cell| Some(cell.key.population) == population;
            let users = result.users.iter().find(|u| Some(u.population) == population);
            match users {
                Some(users)
                    if cells.iter().all(whole)
                        && result.cells.iter().filter(whole).count() == cells.len() =>
                {
                    seconds(users.replications[n].percentiles[which])
                }
                _ => Err("a percentile over several sources is not kept".to_owned()),
            }
        }
    };
    Ok(match metric.name.as_str() {
        "end_to_end_mean" | "response_mean" | "sojourn_mean" => mean / NANOS,
        "end_to_end_std" | "response_std" | "sojourn_std" => {
            let squares = mine().map(|r| r.latency_squares).sum::<f64>() / completed;
            (squares - mean * mean).max(0.0).sqrt() / NANOS
        }
        "end_to_end_p50" | "response_p50" | "sojourn_p50" => percentile(0)?,
        "end_to_end_p95" | "response_p95" | "sojourn_p95" => percentile(1)?,
        "end_to_end_p99" | "response_p99" | "sojourn_p99" => percentile(2)?,
        "throughput" | "completed_rate" | "success_rate" => completed / window,
        "arrival_rate" | "offered_rate" => offered / window,
        "success_prob" => completed / offered,
        "fail_prob" | "loss_prob" => mine().map(|r| r.failed).sum::<u64>() as f64 / offered,
        "number_mean" => {
            let stations = result.servers.iter().map(|s| s.replications[n].number_mean);
            stations.chain(result.links.iter().map(|l| l.replications[n].number_mean)).sum()
        }
        "visits_mean" => {
            result.servers.iter().map(|s| s.replications[n].arrivals).sum::<u64>() as f64 / offered
        }
        "hops_mean" => {
            let sessions = mine().map(|r| r.sessions).sum::<u64>() as f64;
            let hops = cells.iter().map(|cell| {
                let r = &cell.replications[n];
                let entry = translated.entry_hops.get(&cell.class).copied().unwrap_or(0.0);
                r.server_hops as f64 + entry * r.sessions as f64
            });
            hops.sum::<f64>() / sessions
        }
        _ => return Err(unknown(metric)),
    })
}

/// The value of a metric of a deterministic model, from the rows of its sessions.
pub fn exact(
    metric: &Metric,
    result: &RunResult,
    rows: &[SessionRecord],
    translated: &Translated,
) -> Result<f64, String> {
    let mut ended: Vec<&SessionRecord> =
        rows.iter().filter(|r| r.outcome == SessionOutcome::Completed).collect();
    ended.sort_by_key(|r| (r.end, r.session_id));
    let users = (translated.users as usize).max(1);
    if ended.len() < 3 * users {
        return Err("too few sessions".to_owned());
    }
    let response = |r: &&SessionRecord| r.end.since(r.start).as_secs_f64();
    // All users' first sessions begin before any second one.
    let mut by_start = ended.clone();
    by_start.sort_by_key(|r| (r.start, r.end, r.session_id));
    let (first, later) = by_start.split_at(users);
    let mean = |rows: &[&SessionRecord]| {
        // Sum of integers: a mean of equal values is that value.
        rows.iter().map(|r| u128::from(r.end.since(r.start).0)).sum::<u128>() as f64
            / rows.len() as f64
            / NANOS
    };
    // "Each" is answered by the one that is farthest off.
    let worst = |rows: &[&SessionRecord]| {
        let off = |r: &f64| (r - metric.value).abs();
        rows.iter().map(response).max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(f64::NAN)
    };
    Ok(match metric.name.as_str() {
        "response_mean" => mean(&by_start),
        "response_each" => worst(&by_start),
        "response_each_after_first_cycle" => worst(later),
        "response_max" => ended.iter().map(response).fold(0.0, f64::max),
        "response_min" => ended.iter().map(response).fold(f64::INFINITY, f64::min),
        "response_first_cycle_mean" => mean(first),
        "response_first_cycle_sum" => mean(first) * users as f64,
        "response_first_cycle_max" => first.iter().map(response).fold(0.0, f64::max),
        // Over whole cycles, in each of which every user ends once.
        "throughput_long_run" | "throughput" => {
            let last = ended.len() - 1;
            let cycles = (last - users) / users;
            let span = ended[last].end.since(ended[last - cycles * users].end).as_secs_f64();
            (cycles * users) as f64 / span
        }
        name if ordinal(name).is_some() => {
            let at = ordinal(name).unwrap_or(0);
            by_start.get(at).map(response).ok_or("too few sessions")?
        }
        _ => *estimates(metric, result, translated)?.first().ok_or("no replication")?,
    })
}

/// Place of the session that `response_second` speaks of, from 0.
fn ordinal(name: &str) -> Option<usize> {
    const WORDS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let word = name.strip_prefix("response_")?;
    WORDS.iter().position(|known| *known == word)
}
