//! Charts of a run, each as SVG and PNG with the values that it shows as CSV.
//!
//! [`all`] makes every chart as a [`Scene`], our own list of marks; [`render`], the only
//! user of plotters, paints it. Layouts: [`lines`], [`bars`],
//! [`ranked`], [`matrix`]; what goes into
//! them: [`data`]; columns of the CSV: [`columns`]. Must not know how a result came to be.

pub mod axis;
pub mod bars;
pub mod columns;
pub mod data;
pub mod lines;
mod looks;
pub mod matrix;
pub mod ranked;
pub mod render;
pub mod scene;
mod storm;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::error::OutputError;
use super::folder::RunFolder;
use super::tables::columns::Table;
use crate::model::workload::Slo;
use crate::results::RunResult;

pub use columns::TABLES;
pub use scene::Scene;

/// A chart laid out, and the values that it shows.
#[derive(Clone, Debug)]
pub struct Chart {
    /// File name without folder and ending.
    pub name: &'static str,
    /// The drawing.
    pub scene: Scene,
    /// The CSV behind it.
    pub data: Vec<u8>,
}

/// Every chart of a run, in the order of a report. `slo` adds goals to the charts that
/// have room for them.
#[must_use]
pub fn all(result: &RunResult, slo: &Slo) -> Vec<Chart> {
    let mut makers: Vec<fn(&RunResult, &Slo) -> Chart> = vec![
        data::latency,
        data::p95_over_day,
        data::latency_parts,
        data::failures_over_day,
        data::decisions,
        data::server_hops,
        data::server_utilisation,
        data::link_utilisation,
        data::bottlenecks,
    ];
    if !result.storms.rows.is_empty() {
        makers.extend([storm::arrivals as fn(&RunResult, &Slo) -> Chart, storm::p95]);
    }
    makers.par_iter().map(|make| make(result, slo)).collect()
}

/// Draws every chart and writes it to `charts/` of the folder: SVG, CSV and, with the
/// feature `png`, PNG.
///
/// # Errors
/// When the disk refuses or a drawing fails.
pub fn write(folder: &RunFolder, result: &RunResult, slo: &Slo) -> Result<(), OutputError> {
    // Drawn in parallel, a PNG takes a seventh of a second; written in order.
    let drawn: Vec<Vec<(String, Vec<u8>)>> =
        all(result, slo).into_par_iter().map(|chart| files(&chart)).collect::<Result<_, _>>()?;
    drawn.into_iter().flatten().try_for_each(|(name, bytes)| folder.write(&name, &bytes))
}

/// The files of one chart: name inside the folder, and bytes.
///
/// # Errors
/// When the drawing fails.
pub fn files(chart: &Chart) -> Result<Vec<(String, Vec<u8>)>, OutputError> {
    let failed = |why| OutputError::Chart { name: chart.name.to_owned(), why };
    let name = |ending: &str| format!("charts/{}.{ending}", chart.name);
    let mut files = vec![
        (name("csv"), chart.data.clone()),
        (name("svg"), render::svg(&chart.scene).map_err(failed)?.into_bytes()),
    ];
    #[cfg(feature = "png")]
    files.push((name("png"), render::png(&chart.scene).map_err(failed)?));
    files.sort();
    Ok(files)
}

/// Looks a chart's table up by the chart's name.
fn table(name: &str) -> &'static Table {
    TABLES
        .iter()
        .copied()
        .find(|table| table.file.strip_prefix("charts/").and_then(|f| f.strip_suffix(".csv")) == Some(name))
        .expect("every chart has its table in TABLES")
}
