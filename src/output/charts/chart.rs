//! What a chart is: a value with its name, its columns and its drawing.
//!
//! A chart is a table as well, so that the CSV beside a picture holds the values that it
//! shows. Knows no chart; read `charts::latency` as an example, [`super::scene`] for what
//! a drawing is.

use std::borrow::Cow;

use super::layout::Layout;
use super::scene::Scene;
use super::view::By;
use crate::output::tables::columns::{Description, Table, Value, real};
use crate::output::tables::csv_table;
use crate::results::RunResult;

/// A chart: its table's name is its own.
pub trait Chart: Table {
    /// The drawing and the rows that it shows.
    fn draw(run: &RunResult) -> Picture<'_, Self>;

    /// Whether the folder has it.
    fn is_drawn(_: &RunResult) -> bool {
        true
    }

    /// Why a folder may not have it.
    const LACKS: &'static str = "";

    /// By what it may be narrowed when it is drawn again: all that it shows and says is kept by that.
    const BY: &'static [By] = &[];

    /// Whether it may be cut to a part of the window, likewise.
    const OVER_TIME: bool = false;

    /// Whether other percentiles of it are kept.
    const HAS_PERCENTILES: bool = false;
}

/// A drawing and the values that it shows.
pub struct Picture<'r, C: Chart> {
    /// What it shows.
    pub layout: Layout,
    /// Rows of its CSV.
    pub rows: Vec<C::Row<'r>>,
}

impl<C: Chart> std::fmt::Debug for Picture<'_, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture")
            .field("name", &C::NAME)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// A chart laid out.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// File name without folder and ending.
    pub name: Cow<'static, str>,
    /// What it shows.
    pub layout: Layout,
    /// The drawing.
    pub scene: Scene,
    /// The CSV behind it.
    pub data: Vec<u8>,
}

/// A chart in a list of them.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// File name without folder and ending.
    pub name: &'static str,
    /// What the README says of its CSV.
    pub describe: fn() -> Description,
    /// Lays it out; nothing where the folder has no such chart.
    pub draw: fn(&RunResult) -> Option<Drawn>,
    /// Lays it out in any case.
    pub lay_out: fn(&RunResult) -> Drawn,
    /// Whether the folder has it.
    pub is_drawn: fn(&RunResult) -> bool,
    /// Why a folder may not have it.
    pub lacks: &'static str,
    /// By what it may be narrowed.
    pub by: &'static [By],
    /// Whether it may be cut to a part of the window.
    pub over_time: bool,
    /// Whether other percentiles of it are kept.
    pub has_percentiles: bool,
}

impl Entry {
    /// The chart `C`.
    #[must_use]
    pub const fn of<C: Chart>() -> Self {
        Self {
            name: C::NAME,
            describe: Description::of::<C>,
            draw: |run| C::is_drawn(run).then(|| drawn::<C>(run)),
            lay_out: drawn::<C>,
            is_drawn: C::is_drawn,
            lacks: C::LACKS,
            by: C::BY,
            over_time: C::OVER_TIME,
            has_percentiles: C::HAS_PERCENTILES,
        }
    }
}

impl Drawn {
    /// What is only drawn.
    pub(super) fn drawing(name: impl Into<Cow<'static, str>>, scene: Scene, data: Vec<u8>) -> Self {
        Self { name: name.into(), layout: Layout::Drawing(scene.clone()), scene, data }
    }
}

/// Lays out one chart.
#[must_use]
pub fn drawn<C: Chart>(run: &RunResult) -> Drawn {
    let Picture { layout, rows } = C::draw(run);
    Drawn { name: C::NAME.into(), scene: layout.scene(), layout, data: csv_table::file::<C>(rows) }
}

/// A count over all replications as one of a replication.
pub(super) fn of_run(run: &RunResult, count: u64) -> f64 {
    count as f64 / f64::from(run.replications.max(1))
}

/// The same as a field.
pub(super) fn per_run<'v>(run: &RunResult, count: u64) -> Value<'v> {
    real(of_run(run, count))
}
