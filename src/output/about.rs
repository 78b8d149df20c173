//! What a page says beside a result or a decision: whose it is, and what it rests on.
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

/// What a page says beside a comparison, a sweep, plans or a study of sensitivity.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The title that was asked for; `None` for the names of the scenarios.
    pub title: Option<String>,
    /// The author's text, placed first: Markdown is shown as it is written.
    pub notes: Option<String>,
    /// Version of casim that decided it, and the number of its results.
    pub decided_by: (String, u64),
    /// Scenarios: a name, where the folder says one, and the SHA-256 of what it means.
    pub scenarios: Vec<(String, String)>,
    /// What the command line asked for, in words.
    pub asked: Vec<(String, String)>,
    /// Settings that each scenario left to casim, where the folder says so.
    pub assumed: Vec<Vec<String>>,
}
