//! Each table of a page as an HTML file of its own, to be opened and pasted into a document as a table:
//! no style sheet, no script, the units in the cells, and where it comes from below it.

use maud::{DOCTYPE, Markup, html};

use super::bits::count;
use super::built;
use super::decided::page;
use super::decided::parts::Decided;
use super::shown::Shown;
use crate::output::charts::axis::time_label;
use crate::output::charts::branches::Bar;
use crate::output::charts::layout::Layout;
use crate::output::format::may_stand;
use crate::output::sentences::{self, value_words};
use crate::output::words::{duration, percent, thousands};
use crate::output::{lookup, tokens};
use crate::results::RunResult;
use crate::stats::verdict::Word;

/// A table: its file's name without ending, its caption, its source, heads and rows. A column whose
/// head begins with `=` holds figures and stands at the right.
#[derive(Debug, Default)]
struct Sheet {
    name: &'static str,
    caption: String,
    source: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Every table of a result that has rows: the file's name and its text.
pub(super) fn all(shown: Shown<'_>) -> Vec<(String, String)> {
    let Shown { run, pictures, setup, about } = shown;
    let picture = |name: &str| pictures.iter().find(|drawn| drawn.name == name).map(|drawn| &drawn.layout);
    let mut sheets = vec![objectives(run), findings(shown), failures(run)];
    sheets.extend(picture("latency").and_then(latencies));
    sheets.extend(picture("latency_parts").and_then(parts));
    sheets.extend(picture("decisions").and_then(decisions));
    sheets.extend(picture("topology").and_then(topology));
    sheets.extend(picture("bottlenecks").and_then(capacity));
    let ([services, published], heads) = built::tables(setup);
    let caption = [
        "URLs and authentication by server group and service",
        "DNS records, names in certificates, and ports",
    ];
    for (((name, rows), heads), caption) in
        [("urls", services), ("published", published)].into_iter().zip(heads).zip(caption)
    {
        let heads = heads.iter().map(ToString::to_string).collect();
        sheets.push(Sheet {
            name,
            caption: caption.to_owned(),
            source: "the scenario".to_owned(),
            heads,
            rows,
        });
    }
    let assumed = crate::results::assumed::read(&about.assumed);
    sheets.push(Sheet {
        name: "assumptions",
        caption: "Settings that the scenario left to casim".to_owned(),
        source: "docs/defaults.md of casim".to_owned(),
        heads: ["path", "value", "rests on", "source"].map(str::to_owned).to_vec(),
        rows: assumed
            .iter()
            .map(|of| [of.path, of.value, of.kind.token(), of.source].map(str::to_owned).to_vec())
            .collect(),
    });
    let runs = match run.replications {
        1 => "1 replication".to_owned(),
        runs => format!("means over {runs} replications"),
    };
    let origin = format!(
        "casim {}, scenario \u{201c}{}\u{201d}, digest {}, seed {}, {runs}",
        about.played_by.0,
        about.title,
        about.digest.get(..12).unwrap_or(&about.digest),
        about.seed
    );
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets.iter().map(|sheet| written(sheet, sheet.name, &origin)).collect()
}

/// Every table of a decision that has rows, likewise.
pub(super) fn of_decision(shown: &Decided<'_>) -> Vec<(String, String)> {
    let basis = shown.basis;
    let of = |(name, digest): &(String, String)| {
        let called = if name.is_empty() { String::new() } else { format!("\u{201c}{name}\u{201d}, ") };
        format!("{called}digest {}", digest.get(..12).unwrap_or(digest))
    };
    let origin = format!(
        "casim {}, {}: {}",
        basis.decided_by.0,
        page::kind(shown),
        basis.scenarios.iter().map(of).collect::<Vec<_>>().join("; ")
    );
    let tables = page::tables(shown).into_iter().filter(|(_, table)| table.rows.len() > 1);
    tables
        .map(|(number, table)| {
            let mut rows = table.rows.into_iter();
            let heads = rows.next().unwrap_or_default().into_iter().enumerate();
            let heads =
                heads.map(|(at, head)| if table.figures.contains(&at) { format!("={head}") } else { head });
            let sheet = Sheet {
                name: table.name,
                caption: table.caption.to_owned(),
                source: table.source.to_owned(),
                heads: heads.collect(),
                rows: rows.collect(),
            };
            let name = if number == 0 { table.name.to_owned() } else { format!("{}-{number}", table.name) };
            written(&sheet, &name, &origin)
        })
        .collect()
}

fn written(sheet: &Sheet, name: &str, origin: &str) -> (String, String) {
    let mut text = file(sheet, origin).into_string() + "\n";
    text.retain(may_stand);
    (format!("{name}.html"), text)
}

/// Styles stand at each cell: Word and mail programs keep no others.
fn file(sheet: &Sheet, origin: &str) -> Markup {
    const CELL: &str = "border:1px solid #999;padding:3px 7px;vertical-align:top";
    let style = |head: &str| {
        if head.starts_with('=') {
            format!("{CELL};text-align:right;white-space:nowrap")
        } else {
            CELL.to_owned()
        }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (sheet.caption) } }
            body style="font-family:Calibri,Arial,sans-serif;font-size:10pt" {
                table style="border-collapse:collapse" {
                    caption style="text-align:left;font-weight:bold;padding:4px 0" { (sheet.caption) }
                    thead { tr { @for head in &sheet.heads {
                        th scope="col" style={ (style(head)) ";background:#eef1f4" } { (head.trim_start_matches('=')) }
                    } } }
                    tbody { @for row in &sheet.rows { tr {
                        @for (cell, head) in row.iter().zip(&sheet.heads) { td style=(style(head)) { (cell) } }
                    } } }
                }
                p style="font-size:8.5pt;color:#444" { "Source: " (sheet.source) ". " (origin) "." }
            }
        }
    }
}

fn heads(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn objectives(run: &RunResult) -> Sheet {
    let row = |goal: &crate::results::objectives::Finding| {
        let say = |value: f64| value_words(goal.measure, value);
        let seen = match (goal.verdict, goal.seen, goal.half_width.filter(|half| *half > 0.0)) {
            (Word::Never, ..) => "never".to_owned(),
            (_, Some(seen), Some(half)) => format!("{} ± {}", say(seen), say(half)),
            (_, Some(seen), None) => say(seen),
            (_, None, _) => "unknown".to_owned(),
        };
        let failed = goal.failed.map_or(String::new(), percent);
        let what = tokens::measure(goal).replace('_', " ");
        vec![
            sentences::subject(run, goal),
            what,
            seen,
            say(goal.goal),
            failed,
            goal.verdict.token().to_owned(),
        ]
    };
    Sheet {
        name: "objectives",
        caption: "Objectives; a failed request counts as later than any answer, \u{b1} is a 95 % interval"
            .to_owned(),
        source: "objectives.csv".to_owned(),
        heads: heads(&["for whom or what", "measure", "=result", "=goal", "=failed", "verdict"]),
        rows: run.objectives.iter().map(row).collect(),
    }
}

fn findings(shown: Shown<'_>) -> Sheet {
    let rows = shown.setup.findings.iter().map(|of| {
        let kind = format!("{} {}", of.gravity.words(), of.lint);
        vec![
            kind,
            of.message.clone(),
            of.path.clone(),
            of.users.join(", "),
            of.fix.clone(),
            of.command.clone(),
        ]
    });
    Sheet {
        name: "findings",
        caption: "What casim check finds of the organisation; a fix that is given was tried".to_owned(),
        source: "casim check".to_owned(),
        heads: heads(&["kind", "finding", "at", "mailboxes", "fix", "shell"]),
        rows: rows.collect(),
    }
}

fn failures(run: &RunResult) -> Sheet {
    let site = |index: u32| lookup::name(&run.names.sites, index).to_owned();
    let mut order: Vec<_> = run.failures.iter().filter(|row| row.count > 0).collect();
    order.sort_by_key(|row| std::cmp::Reverse(row.count));
    let rows = order.into_iter().map(|row| {
        let outage = run.storms.incidents.get(row.incident as usize).map_or("", |of| of.name.as_str());
        let protocol = row.protocol.map_or("", crate::model::protocol::Protocol::title);
        vec![
            row.failure.token().replace('_', " "),
            protocol.to_owned(),
            site(row.entry_site),
            site(row.mailbox_site),
            count(row.count as f64 / f64::from(run.replications.max(1))),
            lookup::local_time(run, row.first),
            lookup::local_time(run, row.last),
            outage.to_owned(),
        ]
    });
    Sheet {
        name: "failures",
        caption: "Failed requests by reason; a count is the mean over the replications".to_owned(),
        source: "failures.csv".to_owned(),
        heads: heads(&["reason", "protocol", "enters", "mailbox", "=requests", "first", "last", "outage"]),
        rows: rows.collect(),
    }
}

fn latencies(layout: &Layout) -> Option<Sheet> {
    let Layout::Ranges(chart) = layout else { return None };
    let time = |value: Option<f64>| {
        value.map_or("too few requests".to_owned(), |ns| {
            if ns.is_finite() { time_label(ns) } else { "never".to_owned() }
        })
    };
    let rows = chart.rows.iter().map(|row| {
        let goal = row.goal.map_or(String::new(), duration);
        vec![
            row.name.clone(),
            row.words.clone(),
            time(row.median),
            row.note.clone(),
            time(row.far),
            goal,
            row.more.clone(),
        ]
    });
    Some(Sheet {
        name: "latency",
        caption:
            "Latency of all requests; \u{201c}never\u{201d}: more failed than the percentile leaves over"
                .to_owned(),
        source: "charts/latency.csv".to_owned(),
        heads: heads(&[
            "population",
            "protocol",
            "=median",
            "=95th percentile",
            "=99th percentile",
            "=goal for the 95th",
            "remark",
        ]),
        rows: rows.collect(),
    })
}

fn parts(layout: &Layout) -> Option<Sheet> {
    let Layout::Rows(chart) = layout else { return None };
    let mut heads = heads(&["population", "protocol", "=all"]);
    heads.extend(chart.categories.iter().map(|of| format!("={}", of.name)));
    let rows = chart.rows.iter().map(|row| {
        let mut cells = vec![row.name.clone(), row.words.clone(), row.note.clone()];
        // What is there and rounds to nothing is not nothing.
        cells.extend(row.parts.iter().map(|part| match (chart.label)(*part) {
            _ if *part <= 0.0 => String::new(),
            words if words.starts_with("0 ") => "\u{2248} 0".to_owned(),
            words => words,
        }));
        cells
    });
    Some(Sheet {
        name: "parts",
        caption: "Mean time of a completed request by part".to_owned(),
        source: "charts/latency_parts.csv".to_owned(),
        heads,
        rows: rows.collect(),
    })
}

fn decisions(layout: &Layout) -> Option<Sheet> {
    let Layout::Matrix(chart) = layout else { return None };
    let mut heads = vec![chart.corner.clone()];
    heads.extend(chart.columns.iter().cloned());
    let rows = chart.rows.iter().map(|row| {
        let mut cells = vec![[&*row.name, &*row.words].join(" ").trim().to_owned()];
        cells.extend(row.cells.iter().map(|cell| {
            let parts =
                cell.amounts.iter().zip(&chart.categories).enumerate().filter(|(_, (many, _))| **many > 0.0);
            let parts = parts.map(|(at, (many, of))| {
                let notes = cell.notes.get(at).map(|notes| notes.join(", ")).unwrap_or_default();
                let comma = if notes.is_empty() { "" } else { ", " };
                format!("{} {}{comma}{notes}", of.name, count(*many))
            });
            parts.collect::<Vec<_>>().join("; ")
        }));
        cells
    });
    Some(Sheet {
        name: "flow",
        caption: "Decision and number of sessions by protocol and pair of sites".to_owned(),
        source: "charts/decisions.csv".to_owned(),
        heads,
        rows: rows.collect(),
    })
}

fn topology(layout: &Layout) -> Option<Sheet> {
    let Layout::Tree(chart) = layout else { return None };
    let rows = chart.rows.iter().map(|row| {
        let [down, up] = row
            .flows
            .as_ref()
            .map_or_else(Default::default, |flows| flows.each_ref().map(|of| of.words.clone()));
        let bar = |bar: &Bar| format!("{} {}", bar.name, percent(bar.share));
        let missed = if row.missed { "yes" } else { "" };
        vec![
            "\u{2003}".repeat(row.depth) + &row.name,
            row.words.clone(),
            down,
            up,
            row.cut.clone(),
            row.bars.iter().map(bar).collect::<Vec<_>>().join("; "),
            missed.to_owned(),
        ]
    });
    Some(Sheet {
        name: "sites",
        caption:
            "Sites below those through which they are reached; shares are of the limit, in the busiest hour"
                .to_owned(),
        source: "charts/topology.csv and links.csv".to_owned(),
        heads: heads(&[
            "site",
            "what is there",
            "=from above",
            "=to above",
            "line is out",
            "servers",
            "a goal is missed",
        ]),
        rows: rows.collect(),
    })
}

fn capacity(layout: &Layout) -> Option<Sheet> {
    let Layout::Ranked(chart) = layout else { return None };
    let rows = chart.rows.iter().map(|row| {
        let half = row.half_width.map_or(String::new(), |half| format!(" \u{b1} {}", percent(half)));
        let law = row.mark.map_or(String::new(), percent);
        vec![row.name.clone(), row.words.clone(), percent(row.share) + &half, law, row.note.clone()]
    });
    Some(Sheet {
        name: "capacity",
        caption: format!("What is closest to its limit, of {}", thousands(chart.rows.len() as u64)),
        source: "bottlenecks.csv".to_owned(),
        heads: heads(&["name", "what", "=share of its limit", "=by the utilisation law", "remark"]),
        rows: rows.collect(),
    })
}
