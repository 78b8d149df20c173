//! What a page says beside a result: whose it is, and what it rests on.
//!
//! Stands without the pictures too, so that whoever writes a folder need not know what a build
//! can draw.

/// What a page says beside a result.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Name of the scenario, or the title that was asked for.
    pub title: String,
    /// The author's text, placed first: Markdown is shown as it is written.
    pub notes: Option<String>,
    /// Version of casim that played it, and the number of its results.
    pub played_by: (String, u64),
    /// SHA-256 of the resolved scenario.
    pub digest: String,
    /// Seed.
    pub seed: u64,
    /// What the command line changed.
    pub arguments: Vec<String>,
    /// Settings that the scenario left to casim.
    pub assumed: Vec<String>,
}
