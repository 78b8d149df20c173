//! From the tree of values to the model: names to ids, units to numbers, checks
//! across keys. Every fault is collected; nothing stops at the first.
//!
//! Read [`topology`], [`population`], [`custom`], [`timing`], in the order of a
//! scenario. Must not know the engine.

mod change;
mod custom;
mod elements;
mod figures;
mod growth;
mod instants;
mod names;
mod organisation;
mod outage;
mod plan;
mod population;
mod prices;
mod release;
mod settings;
mod slo;
mod steady;
mod switches;
mod timing;
mod topology;

use self::release::{Release, ReleaseKind};
use super::context::Cx;
use super::fields::Fields;
use super::keys::Key;
use super::kinds::Text;
use super::tree::Table;
use crate::diagnostics::{Diagnostic, Span};
use crate::model::purchase::Purchase;
use crate::model::release::Generation;
use crate::model::workload::{Arrivals, CustomSource, Workload};
use crate::model::{Adaptive, Experiment, Model};

/// Keys that name files.
const FILES: [Key; 6] = [
    ("base", "the scenario that this one starts from"),
    ("sites", "CSV file: a row is a `[[site]]`"),
    ("links", "CSV file: a row is a `[[link]]`"),
    ("namespaces", "CSV file: a row is a `[[namespace]]`"),
    ("regions", "CSV file: a row is a `[[region]]`"),
    ("populations", "CSV file: a row is a `[[population]]`"),
];

/// What resolving yields when nothing is wrong.
#[derive(Debug)]
pub(super) struct Resolved {
    /// Name of the scenario.
    pub(super) name: String,
    /// The model.
    pub(super) model: Model,
    /// What can be bought, and what is asked of a plan.
    pub(super) purchase: Purchase,
    /// How to run it.
    pub(super) experiment: Experiment,
    /// What a run finds out for itself.
    pub(super) adaptive: Adaptive,
    /// UTC offset of the scenario's clock, minutes.
    pub(super) clock: i32,
    pub(super) weekday: Option<u8>,
    /// The percentiles that are shown, 0 to 100, ascending.
    pub(super) percentiles: Vec<f64>,
}

pub(super) use figures::show as show_figure;

/// Resolves a scenario's tree. `whole` is the place to blame for what is missing,
/// `stem` the name of a scenario that has none, `with_load` demands that somebody
/// asks for something.
pub(super) fn resolve(cx: &mut Cx, table: &Table, whole: Span, stem: &str, with_load: bool) -> Resolved {
    let mut root = Fields::new(table, whole, String::new(), String::new());
    let name = root.or(cx, ("name", "title of reports"), &Text, stem.to_owned(), "the file's name");
    // These are dealt with before; asking makes them known keys.
    for key in FILES {
        root.node(cx, key, &Text);
    }
    let article = Release::plain(Generation::E2007);
    let release = root.or(
        cx,
        ("exchange", "the rule set; `2007` is the founding article's, word for word"),
        &ReleaseKind,
        article,
        "the founding article's rules",
    );
    let run = timing::run(cx, &mut root);
    let mut topology = topology::topology(cx, &mut root, release, run.clock);
    let settings = settings::clients(cx, &mut root);
    let figures = std::sync::Arc::new(figures::figures(cx, &mut root));
    let changes = change::changes(cx, &mut root, &run);
    let (changed, moved): (Vec<_>, Vec<_>) =
        change::topologies(cx, (table, &topology), &changes, (release, run.clock)).into_iter().unzip();
    let mut extra = names::of_external_urls(&topology, &changed);
    let declared = topology.namespaces.len();
    names::of_populations(cx, table, &topology, &mut extra);
    let changed = names::add(cx, &mut topology, changed, &extra, declared);
    let populations = population::populations(cx, &mut root, &topology, &settings);
    let custom = custom::custom(cx, &mut root);
    let (slo, survive) = slo::slo(cx, &mut root);
    let mut workload = Workload {
        populations,
        stations: custom.stations,
        links: custom.links,
        delays: custom.delays,
        sources: custom.sources,
        outages: Vec::new(),
        changes: change::finish(changes, changed.into_iter().zip(moved).collect()),
        slo,
        figures,
        weekday_utc: run.weekday_utc,
    };
    workload.outages = outage::outages(cx, &mut root, &run, &topology, &workload);
    let prices = prices::prices(cx, &mut root, &topology, &workload);
    let plan = plan::plan(cx, &mut root, &topology, &workload);
    if cx.faults.is_empty() {
        population::reachable(cx, &topology, &workload);
        population::autodiscover_alone(cx, &topology, &workload);
    }
    if with_load {
        load_at_all(cx, table, &workload, whole);
    }
    scale(cx, table, &mut workload, run.load);
    steady::steady(cx, &mut root, &run, &workload);
    root.finish(cx);
    let weekday = run.told_weekday(&workload);
    Resolved {
        name,
        model: Model { topology, workload },
        purchase: Purchase { prices, plan, survive },
        experiment: run.experiment,
        adaptive: run.adaptive,
        clock: run.clock,
        weekday,
        percentiles: run.percentiles,
    }
}

/// Multiplies the load by `run.load`.
fn scale(cx: &mut Cx, table: &Table, workload: &mut Workload, factor: f64) {
    if factor == 1.0 {
        return;
    }
    let traced = |source: &CustomSource| matches!(source.arrivals, Arrivals::Trace(_));
    if let Some(source) = workload.sources.iter().find(|source| traced(source)) {
        let run = table.get("run").and_then(|entry| entry.node.as_table());
        let place = run.and_then(|run| run.get("load")).map_or(Span::default(), |entry| entry.node.span);
        cx.fault(
            "out-of-range",
            format!("`run.load` cannot multiply the trace of `{}`", source.name),
            place,
            "arrivals at given instants stay as they are",
        );
    }
    workload.scale(factor);
}

/// A scenario must have somebody who asks for something.
fn load_at_all(cx: &mut Cx, table: &Table, workload: &Workload, whole: Span) {
    let written = table.get("population").is_some() || table.get("source").is_some();
    let busy =
        workload.populations.iter().any(|p| p.mailboxes > 0 && p.clients.iter().any(|c| c.share > 0.0));
    if !written {
        cx.faults.push(
            Diagnostic::error("no-load", "the scenario has neither a [[population]] nor a [[source]]")
                .at(whole, "nobody asks for anything")
                .help("`casim new` writes a scenario to begin with"),
        );
    } else if !busy && workload.sources.is_empty() && cx.faults.is_empty() {
        let place = table.get("population").map_or(whole, |entry| entry.key_span);
        cx.fault(
            "no-load",
            "no population has both mailboxes and clients",
            place,
            "nobody asks for anything",
        );
    }
}
