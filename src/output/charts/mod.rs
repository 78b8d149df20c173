//! Charts of a run, each as SVG and PNG with the values that it shows as CSV.
//!
//! A chart is a value with its name, its columns and its drawing ([`chart`]); [`ALL`] lists
//! them in the order of a report. Each lays itself out as a [`Scene`], our own list of
//! marks, by one of the layouts [`lines`], [`bars`], [`rows`], [`ranges`], [`ranked`],
//! [`matrix`], [`tree`] and [`streams`]; `titles` says what it shows; [`render`], the only user of plotters, paints it. Must not know how a result came to be.
//! A new chart: a file here with its columns and its scene, and a line in [`ALL`].

pub mod axes;
pub mod axis;
pub mod bars;
mod bottlenecks;
pub mod branches;
mod called;
mod candidates;
mod changed;
pub mod chart;
mod databases;
mod decided;
mod decisions;
pub mod differences;
mod failures;
mod flow;
mod frontier;
pub mod happenings;
pub mod heat;
mod hubs;
mod labels;
mod latency;
pub mod layout;
mod letters;
pub mod line;
pub mod lines;
mod looks;
pub mod map;
pub mod matrix;
pub mod notices;
#[cfg(feature = "png")]
mod numbered;
pub mod others;
mod p95;
pub mod panels;
mod parts;
pub mod percentiles;
mod plot;
#[cfg(feature = "png")]
pub mod png;
pub mod ranges;
pub mod ranked;
mod reach;
#[cfg(feature = "png")]
mod renamed;
pub mod render;
pub mod rows;
pub mod scene;
mod sensitive;
mod storm;
pub mod streams;
mod svg;
pub mod swarm;
mod swept;
pub mod theme;
mod time;
mod titles;
mod topology;
pub mod tornado;
pub mod tree;
mod utilisation;
pub mod varied;
pub mod view;

#[cfg(test)]
mod decided_tests;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::chart::{Drawn, Entry};
use super::decision::Decision;
use super::error::OutputError;
use super::folder::RunFolder;
use crate::results::RunResult;

pub use scene::Scene;

/// The colour of a use, as a share of its limit.
#[must_use]
pub fn looks_of_use(share: f64) -> scene::Colour {
    looks::class_of_use(share)
}

/// Looks by which lines of one plot are told apart, where nothing else says theirs.
#[must_use]
pub fn styles() -> [line::Style; lines::TOGETHER] {
    looks::STYLES
}

/// Every chart, in the order of a report.
pub const ALL: &[Entry] = &[
    Entry::of::<latency::Latency>(),
    Entry::of::<p95::P95OverDay>(),
    Entry::of::<parts::LatencyParts>(),
    Entry::of::<failures::FailuresOverDay>(),
    Entry::of::<flow::Flow>(),
    Entry::of::<decisions::Decisions>(),
    Entry::of::<topology::Topology>(),
    Entry::of::<utilisation::ServerUtilisation>(),
    Entry::of::<utilisation::LinkUtilisation>(),
    Entry::of::<bottlenecks::Bottlenecks>(),
    Entry::of::<storm::StormArrivals>(),
    Entry::of::<storm::StormP95>(),
    Entry::of::<databases::Databases>(),
];

/// Every chart of a run laid out, in the order of [`ALL`].
#[must_use]
pub fn all(result: &RunResult) -> Vec<Drawn> {
    ALL.par_iter().filter_map(|entry| (entry.draw)(result)).collect()
}

/// Writes the charts of a run, [`all`] of them, to `charts/` of the folder: SVG, CSV and, where it
/// is wanted and this build can, PNG.
///
/// # Errors
/// When the disk refuses or a drawing fails.
pub fn write(
    folder: &RunFolder,
    result: &RunResult,
    drawn: Vec<Drawn>,
    png: bool,
) -> Result<(), OutputError> {
    #[cfg(feature = "png")]
    return put(folder, drawn, png, |drawn| for_png(result, drawn));
    #[cfg(not(feature = "png"))]
    {
        let _ = result;
        put(folder, drawn, png, |drawn| drawn)
    }
}

/// Every picture of what was decided.
#[must_use]
pub fn of_decision(decision: Decision<'_>) -> Vec<Drawn> {
    match decision {
        Decision::Comparison(comparison) => decided::of_comparison(comparison),
        Decision::Sweep(swept) => decided::of_sweep(swept),
        Decision::Plans(plans) => {
            let rests = plans.rests.iter().flat_map(|rests| sensitive::of_sensitivity(&rests.found));
            decided::of_plans(&plans.designs).into_iter().chain(rests).collect()
        }
        Decision::Sensitivity(found) => sensitive::of_sensitivity(found),
    }
}

/// Writes the pictures of what was decided likewise.
///
/// # Errors
/// As [`write()`].
pub fn write_decided(
    folder: &RunFolder,
    decision: Decision<'_>,
    drawn: Vec<Drawn>,
    png: bool,
) -> Result<(), OutputError> {
    #[cfg(feature = "png")]
    return put(folder, drawn, png, |drawn| decision_for_png(decision, drawn));
    #[cfg(not(feature = "png"))]
    {
        let _ = decision;
        put(folder, drawn, png, |drawn| drawn)
    }
}

/// Every picture of what was decided as PNG shows it, likewise.
#[cfg(feature = "png")]
#[must_use]
pub fn decision_for_png(decision: Decision<'_>, drawn: Vec<Drawn>) -> Vec<Drawn> {
    match decision {
        Decision::Comparison(comparison) => png::comparison(comparison, drawn),
        Decision::Sweep(swept) => png::sweep(swept, drawn),
        Decision::Plans(plans) => {
            let mut of_plans = drawn;
            let of_rests = of_plans.split_off(plans.designs.len());
            let mut all = png::plans(&plans.designs, of_plans);
            all.extend(plans.rests.iter().flat_map(|rests| png::sensitivity(&rests.found, of_rests.clone())));
            all
        }
        Decision::Sensitivity(found) => png::sensitivity(found, drawn),
    }
}

/// Writes pictures; `anew` gives those that PNG shows.
fn put(
    folder: &RunFolder,
    drawn: Vec<Drawn>,
    png: bool,
    anew: impl FnOnce(Vec<Drawn>) -> Vec<Drawn>,
) -> Result<(), OutputError> {
    // Drawn in parallel, written in order.
    let written: Vec<Vec<(String, Vec<u8>)>> = drawn.par_iter().map(files).collect::<Result<_, _>>()?;
    written.into_iter().flatten().try_for_each(|(name, bytes)| folder.write(&name, &bytes))?;
    #[cfg(feature = "png")]
    if png {
        let written: Vec<(String, Vec<u8>)> =
            anew(drawn).par_iter().map(png_file).collect::<Result<_, _>>()?;
        return written.into_iter().try_for_each(|(name, bytes)| folder.write(&name, &bytes));
    }
    let _ = (png, anew);
    Ok(())
}

/// The files of one chart but its PNG: name inside the folder, and bytes.
///
/// # Errors
/// When the drawing fails.
pub fn files(chart: &Drawn) -> Result<Vec<(String, Vec<u8>)>, OutputError> {
    let failed = |why| OutputError::Chart { name: chart.name.to_string(), why };
    let name = |ending: &str| format!("charts/{}.{ending}", chart.name);
    Ok(vec![
        (name("csv"), chart.data.clone()),
        (name("svg"), render::svg(&chart.scene).map_err(failed)?.into_bytes()),
    ])
}

/// Every chart as PNG shows it: `drawn`, or laid out anew where names have letters that its
/// font lacks.
#[cfg(feature = "png")]
#[must_use]
pub fn for_png(result: &RunResult, drawn: Vec<Drawn>) -> Vec<Drawn> {
    let numbers = png::numbers(result);
    if numbers.is_empty() {
        return drawn;
    }
    let mut drawn = all(&numbers.applied(result));
    drawn.iter_mut().for_each(|chart| numbers.explain(&mut chart.scene));
    drawn
}

/// One chart as PNG shows it, likewise; `draw` lays it out.
#[cfg(feature = "png")]
#[must_use]
pub fn one_for_png(result: &RunResult, draw: &dyn Fn(&RunResult) -> Drawn) -> Drawn {
    let numbers = png::numbers(result);
    if numbers.is_empty() {
        return draw(result);
    }
    let mut drawn = draw(&numbers.applied(result));
    numbers.explain(&mut drawn.scene);
    drawn
}

/// The PNG of one chart: name inside the folder, and bytes.
///
/// # Errors
/// When the drawing fails.
#[cfg(feature = "png")]
pub fn png_file(chart: &Drawn) -> Result<(String, Vec<u8>), OutputError> {
    let bytes =
        png::png(&chart.scene).map_err(|why| OutputError::Chart { name: chart.name.to_string(), why })?;
    Ok((format!("charts/{}.png", chart.name), bytes))
}
