//! A picture before it is drawn: its figures and words, laid out by kind.
//!
//! Designed once and shown twice: as a [`Scene`], with a size of its own, and by the page in
//! HTML, whose text keeps its size on a narrow screen and on paper.

use super::bars::Columns;
use super::lines::LineChart;
use super::matrix::Matrix;
use super::ranges::Ranges;
use super::ranked::Ranked;
use super::rows::Rows;
use super::scene::{Head, Scene};
use super::streams::Streams;
use super::tree::Tree;

/// A picture by its kind.
#[derive(Clone, Debug)]
pub enum Layout {
    /// Lines over time.
    Lines(LineChart),
    /// Columns over time.
    Columns(Columns),
    /// A range a row.
    Ranges(Ranges),
    /// A bar a row, as a share of a limit.
    Ranked(Ranked),
    /// Stacked parts a row.
    Rows(Rows),
    /// Cells by row and column.
    Matrix(Matrix),
    /// What belongs below what.
    Tree(Tree),
    /// What flows from column to column.
    Streams(Streams),
    /// A sentence, since there is nothing to show.
    Nothing(Head, String),
    /// What is only drawn.
    Drawing(Scene),
}

impl Layout {
    /// The drawing.
    #[must_use]
    pub fn scene(&self) -> Scene {
        match self {
            Self::Lines(chart) => chart.scene(),
            Self::Columns(chart) => chart.scene(),
            Self::Ranges(chart) => chart.scene(),
            Self::Ranked(chart) => chart.scene(),
            Self::Rows(chart) => chart.scene(),
            Self::Matrix(chart) => chart.scene(),
            Self::Tree(chart) => chart.scene(),
            Self::Streams(chart) => chart.scene(),
            Self::Nothing(head, sentence) => Scene::nothing(head, sentence),
            Self::Drawing(scene) => scene.clone(),
        }
    }
}
