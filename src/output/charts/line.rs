//! A line of a plot: its look, its points, and where it has none.

use super::scene::Colour;

/// Colour and dash pattern; both differ between the lines of one plot, so that it can
/// be read in grey.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Style {
    /// Colour.
    pub colour: Colour,
    /// Strokes and gaps, empty for solid.
    pub dash: &'static [f64],
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Its runs of neighbouring points; a gap is where a value is missing.
    pub runs: Vec<Vec<(f64, f64)>>,
    /// Around them where the true value may be, from and to: runs of neighbouring points.
    pub band: Vec<Vec<(f64, f64, f64)>>,
    /// Where there is no value since too much failed: a bar at the top, from and to.
    pub broken: Vec<(f64, f64)>,
    /// A goal on another statistic than this line's, for orientation.
    pub orientation: Option<f64>,
}

impl Line {
    /// A line of a name, without intervals or bars.
    #[must_use]
    pub fn new(name: &str, style: Style, runs: Vec<Vec<(f64, f64)>>) -> Self {
        let name = name.to_owned();
        Self { name, style, runs, band: Vec::new(), broken: Vec::new(), orientation: None }
    }

    /// Whether there is anything to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.broken.is_empty()
    }
}
