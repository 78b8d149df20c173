//! What a plan is asked for, and how its folder keeps it.

use serde_json::{Value, json};

use super::super::error::Error;
use crate::decide::plan::play::{Asked as Search, FRESH};
use crate::model::workload::Zone;
use crate::output::{Pictures, manifest};
use crate::results::RESULTS;
use crate::scenario::Scenario;
use crate::stats::feasibility::Looks;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    /// The law alone.
    pub(super) law_only: bool,
    /// Runs of a candidate in a case at most.
    pub(super) most: u32,
    /// Whether the answer is studied.
    pub(super) sensitivity: bool,
    /// Which charts there are.
    pub(super) charts: Pictures,
}

/// The file of a design's scenario: `scenario.toml`, `scenario-2.toml` ...
pub(super) fn design_file(at: usize) -> String {
    numbered("scenario.toml", at)
}

/// A file of the design at this place.
pub(super) fn numbered(name: &str, at: usize) -> String {
    match (at, name.split_once('.')) {
        (1.., Some((stem, ending))) => format!("{stem}-{}.{ending}", at + 1),
        _ => name.to_owned(),
    }
}

impl Asked {
    /// How the goals of a design are asked.
    pub(super) fn search(&self, design: &Scenario) -> Result<Search, Error> {
        let half = design.purchase.plan.zone;
        let zone = Zone::of(half).ok_or_else(|| Error::question("plan.zone lies above 0 and below 50 %"))?;
        let first = Looks::USUAL.first().min(self.most);
        Ok(Search { looks: Looks::of(first, self.most), zone, fresh: FRESH })
    }

    /// By which the folder is known, and can be made again.
    pub(super) fn manifest(&self, designs: &[Scenario]) -> String {
        let scenarios = designs.iter().enumerate().map(|(at, design)| {
            json!({
                "name": design.name,
                "file": design_file(at),
                "scenario_digest": design.digest,
                "scenario_file": manifest::sha256(design.resolved.as_bytes()),
                "assumed_defaults": design.assumed,
            })
        });
        manifest::sealed(&json!({
            "format": manifest::FORMAT,
            "results": RESULTS,
            "casim_version": env!("CARGO_PKG_VERSION"),
            "command": "plan",
            "scenarios": scenarios.collect::<Vec<_>>(),
            "law_only": self.law_only,
            "max_replications": self.most,
            "sensitivity": self.sensitivity,
            "charts": self.charts.token(),
        }))
    }

    /// What a folder says that it was asked for, and for how many designs; nothing where it says not enough.
    pub(super) fn of_manifest(manifest: &Value) -> Option<(Self, usize)> {
        let designs = manifest.get("scenarios")?.as_array()?.len();
        let most = manifest.get("max_replications")?.as_u64()?;
        let asked = Self {
            law_only: manifest.get("law_only")?.as_bool()?,
            most: u32::try_from(most).ok()?,
            // Folders of casim before it could be studied do not say.
            sensitivity: manifest.get("sensitivity").and_then(Value::as_bool).unwrap_or(false),
            charts: Pictures::parse(manifest.get("charts")?.as_str()?).ok()?,
        };
        Some((asked, designs))
    }
}
